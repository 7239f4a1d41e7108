"""How sure topic labels are, and what the joint model says once that is carried."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from insights.analyses.churn.attribution import Odds
from insights.analyses.churn.design import Design
from insights.analyses.churn.mentions import OTHER
from insights.analyses.churn.model import Fitted, fit_topics
from insights.analyses.churn.periods import PersonPeriods
from insights.messages import _, fixed
from insights.stats.logit import LogitFit
from insights.stats.mislabelled import induced_logit

__all__ = [
    "ASSUMED",
    "WORST",
    "CorrectedOdds",
    "misclassification_corrected",
    "precision",
    "redrawn_label_covariance",
    "widened",
]

WORST = 0.5  # share of right labels below which nothing is put right
ASSUMED = 0.8  # share of right labels as if which labels of unknown precision are looked at
_DRAWS = 10


@dataclass(frozen=True)
class CorrectedOdds:
    """Log odds ratios of the true topics, their errors, and the precision assumed, by topic.

    `odds` holds the same for every row, through its chance of true exposure.
    """

    log: dict[str, float]
    se: dict[str, float]
    certain: dict[str, float]
    odds: Odds


def precision(periods: PersonPeriods, topics: list[str]) -> tuple[np.ndarray | None, str]:
    """Return the share of each topic's labels that are right, shape (topics,), and its source.

    The setting `label_precision`, else the mean probability that the topic model gives; None
    when neither is there.
    """
    seen = periods.mentions[~periods.mentions["excluded"]]
    stated = periods.params.label_precision
    if stated:
        if stated < WORST:
            return None, _(
                "a precision of {stated} is below {worst}", stated=fixed(stated), worst=WORST
            )
        return np.full(len(topics), stated), _("stated precision {stated}", stated=fixed(stated))
    if "probability" not in seen or seen["probability"].isna().all():
        return None, _("labels have no probability, and label_precision is not set")
    mean = seen.groupby("topic_id")["probability"].mean().reindex(topics).fillna(1.0)
    return np.clip(mean.to_numpy(float), WORST, 1.0), _(
        "mean probability of the topic model, not checked by hand"
    )


def misclassification_corrected(
    periods: PersonPeriods, model: Fitted, certain: dict[str, float]
) -> CorrectedOdds | None:
    """Return what the labels would show without errors, or None when no maximum is found.

    A mention labelled j is truly j with its precision, else one of the others in proportion to
    their mentions. So a month with labels in its window is truly exposed to topic k with chance
    1 - prod_j (1 - P(k | j))^n_j, and the odds that these chances induce are fitted. Errors
    alike for leavers and stayers. First-order bias is not taken off here.
    """
    topics = list(model.columns)
    columns = [model.columns[topic] for topic in topics]
    if not topics:
        return None
    sure = np.array([certain[topic] for topic in topics])
    chance = _chances(periods, topics, sure)
    fit = model.fit if model.firth is None else model.firth
    start = np.clip(fit.coef, -5, 5)
    found = induced_logit(model.design.x, periods.event.astype(float), periods.cluster,
                          columns=columns, chance=chance, start=start,
                          offset=model.design.offset)  # fmt: skip
    if not found.converged:
        return None
    se = np.sqrt(np.diag(found.cov))
    return CorrectedOdds(
        log={topic: float(found.coef[k]) for topic, k in zip(topics, columns, strict=True)},
        se={topic: float(se[k]) for topic, k in zip(topics, columns, strict=True)},
        certain=dict(zip(topics, sure.tolist(), strict=True)),
        odds=Odds(model.design.x, found.coef, found.cov, columns, chance, model.design.offset),
    )


def _chances(periods: PersonPeriods, topics: list[str], sure: np.ndarray) -> np.ndarray:
    """Chance that each row is truly exposed to each topic, shape (rows, topics)."""
    seen = periods.mentions[~periods.mentions["excluded"]]
    low, high = periods.window(seen["time"].to_numpy(), None)
    codes, label = seen["code"].to_numpy(), seen["topic_id"].to_numpy()
    missed = np.log1p(-np.minimum(_mixture(seen, topics, sure), 1 - 1e-12))
    total = np.zeros((periods.rows, len(topics)))
    for j, topic in enumerate(topics):
        own = label == topic
        count = periods.counts(codes[own], low[own], high[own])
        rows = np.flatnonzero(count)
        total[rows] += count[rows, None] * missed[j]
    return -np.expm1(total)


def _mixture(seen: pd.DataFrame, topics: list[str], sure: np.ndarray) -> np.ndarray:
    """P(truly k | labelled j) between the topics; what is left is feedback without effect."""
    count = seen["topic_id"].value_counts()
    sizes = count.reindex(topics).fillna(0).to_numpy(float)
    total = float(count.sum())
    mixture = np.tile(sizes, (len(topics), 1)) / np.maximum(total - sizes, 1)[:, None]
    mixture *= (1 - sure)[:, None]
    np.fill_diagonal(mixture, sure)
    return mixture


def redrawn_label_covariance(
    periods: PersonPeriods, model: Fitted, base: Design
) -> np.ndarray | None:
    """Covariance of the topics' log odds ratios over labels drawn from their probabilities.

    Shape (topics, topics), in the order of `model.columns`; None without probabilities. A label
    drawn wrong is another mention's topic; feedback without a topic stays without one.
    """
    seen = periods.mentions
    topics = list(model.columns)
    if not topics or "probability" not in seen or seen["probability"].isna().all():
        return None
    rng = np.random.default_rng(periods.params.seed)
    own = (seen["topic_id"] != OTHER).to_numpy(bool)
    sure = np.where(own, seen["probability"].fillna(1.0).to_numpy(float), 1.0)
    pool = seen.loc[own, "topic_id"].to_numpy()
    drawn = []
    for _draw in range(_DRAWS):
        wrong = rng.random(len(seen)) > sure
        label = np.where(wrong, rng.choice(pool, len(seen)), seen["topic_id"].to_numpy())
        again = replace(periods, mentions=seen.assign(topic_id=label))
        other = fit_topics(again, topics, again.exposed(topics), base, near=model)
        drawn.append([other.log_odds(topic, few=False)[0] for topic in topics])
    spread = np.cov(np.array(drawn), rowvar=False, ddof=1)
    return np.nan_to_num(np.atleast_2d(spread))


def widened(model: Fitted, between: np.ndarray) -> Fitted:
    """Return the model with the spread over draws added to its covariances.

    Rubin's rule for the variance of a multiply imputed estimate, W + (1 + 1/m) B (Rubin 1987,
    doi 10.1002/9780470316696); the estimate stays the one of the labels as they are.
    """
    places = list(model.columns.values())
    more = np.zeros_like(model.fit.cov)
    more[np.ix_(places, places)] = between * (1 + 1 / _DRAWS)

    def wider(fit: LogitFit) -> LogitFit:
        return replace(fit, cov=fit.cov + more, model_cov=fit.model_cov + more)

    return replace(
        model,
        fit=wider(model.fit),
        firth=wider(model.firth) if model.firth is not None else None,
    )
