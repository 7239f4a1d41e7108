"""Shorter ways that go wrong, beside the one that does not."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.churn.design import Design, adjustment, joined
from insights.analyses.churn.model import MIN_EVENTS
from insights.analyses.churn.periods import PersonPeriods
from insights.analyses.churn.result import ChurnRisk, NaiveBesideCorrect
from insights.analyses.churn.tables import OUTPUTS
from insights.settings import DEFAULT_LEVEL
from insights.stats.logit import logit

__all__ = ["ever_never", "naive_beside_correct", "same_month", "unadjusted"]


def naive_beside_correct(periods: PersonPeriods, risk: ChurnRisk) -> NaiveBesideCorrect:
    """Set three shorter ways beside the adjusted one, for every topic estimated or flagged.

    The shorter ways take all feedback as it comes, cancellation talk included: *ever or never*
    compares customers who ever raised the topic; *same month* looks within the month of
    leaving, adjusted alike; *lagged, unadjusted* looks before the month and adjusts nothing.
    """
    known = risk.topics[risk.topics["odds_ratio"].notna() | (risk.topics["status"] == "leak")]
    if known.empty or periods.events < MIN_EVENTS:
        return NaiveBesideCorrect(n=periods.n, rows=OUTPUTS["naive"].empty(), level=DEFAULT_LEVEL)
    topics = sorted(known["topic_id"])
    tables = {
        "ever or never": ever_never(periods, topics),
        "same month": same_month(periods, topics),
        "lagged, unadjusted": unadjusted(periods, topics),
    }
    z = stats.norm.ppf(0.5 + DEFAULT_LEVEL / 2)
    by_id = known.set_index("topic_id")
    rows = []
    for place, topic in enumerate(topics):
        label = by_id.at[topic, "label"]
        for way, (log, se) in tables.items():
            bounds = np.exp(log[place] + np.array([0, -z, z]) * se[place])
            rows.append((topic, label, way, *bounds.tolist()))
        right = by_id.loc[topic, ["odds_ratio", "low", "high"]].tolist()
        rows.append((topic, label, "lagged, adjusted", *right))
    return NaiveBesideCorrect(
        n=periods.n, rows=pd.DataFrame(rows, columns=OUTPUTS["naive"].names), level=DEFAULT_LEVEL
    )


def ever_never(periods: PersonPeriods, topics: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Log odds ratio and standard error of having left, by ever having raised a topic.

    Half is added to each cell (Haldane 1956). Wrong: a long stay gives time to speak.
    """
    left = periods.people["leaves"].to_numpy()
    logs, errors = [], []
    for topic in topics:
        own = periods.mentions["topic_id"].to_numpy() == topic
        ever = np.zeros(len(left), bool)
        ever[periods.mentions["code"].to_numpy()[own]] = True
        cells = np.array(
            [(ever & left).sum(), (ever & ~left).sum(), (~ever & left).sum(), (~ever & ~left).sum()]
        )
        a, b, c, d = cells + 0.5
        logs.append(np.log(a * d / (b * c)))
        errors.append(np.sqrt(1 / a + 1 / b + 1 / c + 1 / d))
    return np.array(logs), np.array(errors)


def same_month(periods: PersonPeriods, topics: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Log odds ratios with mentions of the month itself, adjusted; wrong where farewells talk."""
    exposed = periods.exposed(topics, gap_days=-1, excluded=True)
    return _joint(periods, topics, exposed, adjustment(periods))


def unadjusted(periods: PersonPeriods, topics: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Log odds ratios with mentions before the month and nothing held equal."""
    alone = Design(np.ones((periods.rows, 1)), ("intercept",))
    return _joint(periods, topics, periods.exposed(topics), alone)


def _joint(
    periods: PersonPeriods, topics: list[str], exposed: np.ndarray, base: Design
) -> tuple[np.ndarray, np.ndarray]:
    design = joined([(f"topic {t}", exposed[:, k]) for k, t in enumerate(topics)], base)
    fit = logit(design.x, periods.event, periods.cluster, offset=design.offset)
    if not fit.converged or fit.separated:
        fit = logit(design.x, periods.event, periods.cluster, firth=True, offset=design.offset)
    logs, errors = np.full(len(topics), np.nan), np.full(len(topics), np.nan)
    for place, topic in enumerate(topics):
        if f"topic {topic}" in design.names:
            column = design.index(f"topic {topic}")
            logs[place], errors[place] = fit.coef[column], fit.se[column]
    return logs, errors
