"""The same topics by other models: Cox, other usage, one at a time, less held equal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse, stats

from insights.analyses.churn.design import adjustment
from insights.analyses.churn.model import Fitted, fit_topics
from insights.analyses.churn.periods import PersonPeriods
from insights.analyses.churn.result import ChurnRisk
from insights.analyses.churn.tables import OUTPUTS, shown
from insights.messages import _, fixed, interval, number
from insights.result import Check, Result
from insights.settings import DEFAULT_LEVEL
from insights.stats.confounding import e_value
from insights.stats.cox import cox
from insights.stats.logit import independent_columns

__all__ = ["WAYS", "ModelSensitivity", "sensitivity"]

WAYS = (
    "Cox, start-stop",
    "usage from before the window",
    "plan and usage not held equal",
    "one topic at a time",
)
_APART = 0.5  # standard errors between the pooled logit and Cox from which they are flagged


@dataclass(frozen=True, kw_only=True)
class ModelSensitivity(Result, table="rows", figure="ratios_by_way", kind="sensitivity"):
    """Ratios of each topic by the primary model and by others, on the same customer-months.

    Attributes
    ----------
    rows
        topic_id, label, way, odds_ratio (a hazard ratio for Cox), low, high, apart (distance
        from the primary, in its standard errors).
    """

    rows: pd.DataFrame
    level: float

    def sentences(self) -> list[str]:
        """Say where another model disagrees most with the primary one."""
        if self.rows.empty:
            return [
                _(
                    "Other models: cannot tell, no topic was estimated ({n} customers).",
                    n=number(self.n),
                )
            ]
        others = self.rows[self.rows["apart"].notna() & (self.rows["way"] != "primary")]
        if others.empty:
            return [_("Other models: none could be fitted ({n} customers).", n=number(self.n))]
        most = others.loc[others["apart"].abs().idxmax()]
        first = self.rows[
            (self.rows["topic_id"] == most["topic_id"]) & (self.rows["way"] == "primary")
        ].iloc[0]
        return [
            _(
                "Adjusted association by {models} other models, {n} customers: the largest "
                "distance is “{label}”, {odds_ratio} {interval} by “{way}” against "
                "{primary} {primary_interval}.",
                models=others["way"].nunique(),
                n=number(self.n),
                label=most["label"],
                odds_ratio=fixed(most["odds_ratio"]),
                interval=interval(most["low"], most["high"]),
                way=shown(most["way"]),
                primary=fixed(first["odds_ratio"]),
                primary_interval=interval(first["low"], first["high"]),
            ),
            _(
                "Usage from before the window leaves in what feedback and usage share: "
                "a total association, where the primary one is direct."
            ),
        ]


def sensitivity(
    periods: PersonPeriods, risk: ChurnRisk, ways: Iterable[str] = WAYS
) -> ModelSensitivity:
    """Fit the estimated topics again in other ways.

    Cox on the same rows (calendar month as time, Efron's ties, clustered errors) is a check:
    topics where it lies more than half a standard error from the pooled logit are named.
    """
    known = risk.estimated
    periods = periods.without(risk.leaks)
    topics = known["topic_id"].tolist()
    if not topics:
        return ModelSensitivity(n=periods.n, rows=OUTPUTS["models"].empty(), level=DEFAULT_LEVEL)
    exposed = periods.exposed(topics)
    primary = fit_topics(periods, topics, exposed, adjustment(periods))
    few = dict(zip(topics, periods.churners(exposed) < periods.params.few, strict=True))
    found = {"primary": _of(primary, few)}
    bare = replace(periods, usage=pd.DataFrame(index=range(periods.rows)), dimensions=())
    early = replace(periods, usage=periods.usage_before)
    for way in ways:
        if way == "Cox, start-stop":
            found[way] = _cox(periods, primary)
        elif way == "usage from before the window" and len(periods.usage.columns):
            found[way] = _of(fit_topics(early, topics, exposed, adjustment(early)), few)
        elif way == "plan and usage not held equal":
            found[way] = _of(fit_topics(bare, topics, exposed, adjustment(bare)), few)
        elif way == "one topic at a time" and len(topics) > 1:
            base = adjustment(periods)
            found[way] = {}
            for place, topic in enumerate(topics):
                alone = fit_topics(periods, [topic], exposed[:, [place]], base, near=primary)
                found[way] |= _of(alone, few)
    z = stats.norm.ppf(0.5 + DEFAULT_LEVEL / 2)
    primary_rows = known.set_index("topic_id")
    labels = primary_rows["label"]
    rows = []
    for topic in topics:
        log, se = found["primary"][topic]
        for way, ratios in found.items():
            other, spread = ratios.get(topic, (np.nan, np.nan))
            low, middle, high = np.exp(other + spread * np.array([-z, 0, z]))
            if way == "primary":  # as reported: less first-order bias, wider by label errors
                low, middle, high = primary_rows.loc[topic, ["low", "odds_ratio", "high"]]
            rows.append((topic, labels[topic], way, middle, low, high, (other - log) / se))
    frame = pd.DataFrame(rows, columns=OUTPUTS["models"].names)
    return ModelSensitivity(
        n=periods.n, rows=frame, level=DEFAULT_LEVEL, checks=_checks(frame, risk)
    )


def _of(model: Fitted, few: dict[str, bool]) -> dict[str, tuple[float, float]]:
    return {topic: model.log_odds(topic, few[topic]) for topic in model.columns}


def _cox(periods: PersonPeriods, model: Fitted) -> dict[str, tuple[float, float]]:
    """Log hazard ratios; the month is the time, so its levels are not columns."""
    names = model.design.names
    keep = np.array([n != "intercept" and not n.startswith("months ") for n in names])
    x = model.design.x[:, keep]
    # what is the same for all in a month, as tenure may be, says nothing of who leaves in it
    count = np.bincount(periods.month)
    shape = (len(count), periods.rows)
    member = sparse.csr_array((np.ones(shape[1]), (periods.month, np.arange(shape[1]))), shape)
    centred = x - ((member @ x) / np.maximum(count, 1)[:, None])[periods.month]
    flat = (centred**2).sum(axis=0) < 1e-9 * (x**2).sum(axis=0)
    good = independent_columns(np.where(flat, 0.0, centred))
    columns = [name for name, one in zip(np.array(names)[keep], good, strict=True) if one]
    fit = cox(x[:, good], periods.month, periods.event, clusters=periods.cluster)
    if not fit.converged or np.max(np.abs(fit.coef)) > 15:
        return {}
    places = {t: columns.index(f"topic {t}") for t in model.columns if f"topic {t}" in columns}
    return {topic: (float(fit.coef[k]), float(fit.se[k])) for topic, k in places.items()}


def _checks(frame: pd.DataFrame, risk: ChurnRisk) -> tuple[Check, ...]:
    checks = []
    beside = frame[frame["way"] == "Cox, start-stop"]
    far = beside[beside["apart"].abs() > _APART]
    if beside["apart"].notna().any():
        checks.append(
            Check(
                _("Cox agrees with the pooled logit"),
                far.empty,
                _(
                    "largest distance {distance} standard errors, {allowed} allowed",
                    distance=fixed(beside["apart"].abs().max()),
                    allowed=_APART,
                )
                + (": " + _(", ").join(f"“{label}”" for label in far["label"]) if len(far) else ""),
            )
        )
    less = frame[frame["way"] == "plan and usage not held equal"].set_index("topic_id")
    reported = risk.reported.set_index("topic_id")
    weak = []
    for topic in reported.index.intersection(less.index):
        factor = float(np.exp(abs(np.log(less.at[topic, "odds_ratio"]) -
                                  np.log(reported.at[topic, "odds_ratio"]))))  # fmt: skip
        if float(reported.at[topic, "e_value_limit"]) < float(e_value(factor)):
            weak.append(
                _(
                    "“{label}” (measured ones shift it by {factor})",
                    label=reported.at[topic, "label"],
                    factor=fixed(factor),
                )
            )
    if len(reported):
        checks.append(
            Check(
                _("findings outlast a confounder as strong as the measured ones"),
                not weak,
                _(
                    "plan and usage together shift {topics}, and an unmeasured trait that shifts "
                    "it as much could explain the interval away",
                    topics=_("; ").join(weak),
                )
                if weak
                else _(
                    "an unmeasured trait that shifts a reported odds ratio as much as plan "
                    "and usage together do could not explain its interval away"
                ),
            )
        )
    return tuple(checks)
