"""The probability of leaving within so many days, by topic: landmarks stacked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit

from insights.analyses.churn.design import adjustment, joined
from insights.analyses.churn.model import MIN_EVENTS
from insights.analyses.churn.periods import PersonPeriods
from insights.analyses.churn.result import ChurnRisk
from insights.analyses.churn.tables import OUTPUTS
from insights.messages import _, fixed, interval, number, percent
from insights.result import Result
from insights.settings import DEFAULT_LEVEL
from insights.stats.logit import independent_columns, logit

__all__ = ["Landmarks", "landmarks"]


@dataclass(frozen=True, kw_only=True)
class Landmarks(Result, table="rows", figure="landmark_marks"):
    """Chance of leaving within the horizon of those who raised a topic, and expected without it.

    Attributes
    ----------
    rows
        topic_id, label, exposed_leavers, chance, chance_off, difference, low, high (of the
        difference), estimand.
    months
        The horizon, in whole months.
    landmarks
        Months at whose beginning customers were looked at.
    """

    rows: pd.DataFrame
    months: int
    landmarks: int
    level: float
    reason: str

    def sentences(self) -> list[str]:
        """Say how much likelier those who raised a topic are to leave within the horizon."""
        if self.reason:
            return [
                _("Chance of leaving within months: cannot tell ({reason}).", reason=self.reason)
            ]
        row = self.rows.sort_values("difference", ascending=False).iloc[0]
        return [
            _(
                "Standardised association over {landmarks} landmarks, {n} customers: of "
                "those who raised “{label}” {chance} left within {months} months, where "
                "{chance_off} would be expected without it, a difference of "
                "{difference} {interval} percentage points, the largest of {topics} "
                "topics.",
                landmarks=self.landmarks,
                n=number(self.n),
                label=row["label"],
                chance=percent(row["chance"], 1),
                months=self.months,
                chance_off=percent(row["chance_off"], 1),
                difference=fixed(row["difference"] * 100, 1),
                interval=interval(row["low"] * 100, row["high"] * 100, ".1f"),
                topics=len(self.rows),
            )
        ]


def landmarks(periods: PersonPeriods, risk: ChurnRisk) -> Landmarks:
    """Look at all customers at the beginning of each month, and at who left within the horizon.

    One pooled logit over the landmarks, clustered by customer since one person is seen many
    times (van Houwelingen 2007, doi 10.1111/j.1467-9469.2006.00529.x). Only landmarks whose
    horizon ends within the observation; other endings count as not having left of one's own
    will (cumulative incidence). Differences by g-computation over those who raised the topic,
    intervals by the delta method.
    """
    months = max(1, round(periods.params.horizon_days / 30.4375))
    known = risk.estimated
    periods = periods.without(risk.leaks)
    topics = known["topic_id"].tolist()
    early, last = periods.whole[0], periods.whole[1] - months
    rows = (periods.month >= early) & (periods.month <= last)
    people = periods.people
    final = people["last"].to_numpy()[periods.customer]
    leaves = people["leaves"].to_numpy()[periods.customer]
    within = leaves & (final < periods.month + months)
    reason = ""
    if not topics:
        reason = _("no topic was estimated")
    elif last - early < 1:
        reason = _(
            "{observed} months hold no landmark with {months} months after it",
            observed=fixed(periods.months, 1),
            months=months,
        )
    elif within[rows].sum() < MIN_EVENTS:
        reason = _("only {left} leavings after a landmark", left=int(within[rows].sum()))
    labels = known.set_index("topic_id")["label"]
    found: list[tuple] = []
    if not reason:
        exposed = periods.exposed(topics)
        design = joined(
            [(f"topic {t}", exposed[:, k]) for k, t in enumerate(topics)], adjustment(periods)
        )
        good = independent_columns(design.x[rows])
        x, names = design.x[rows][:, good], np.array(design.names)[good].tolist()
        fit = logit(x, within[rows], periods.cluster[rows])
        if not fit.converged or fit.separated:
            fit = logit(x, within[rows], periods.cluster[rows], firth=True)
        for topic in topics:
            if f"topic {topic}" in names:
                place = names.index(f"topic {topic}")
                left = np.unique(periods.customer[rows][within[rows] & (x[:, place] > 0)])
                if len(left) >= periods.params.few:
                    found.append(
                        (topic, labels[topic], len(left), *_difference(x, fit.coef, fit.cov, place))
                    )
        few = periods.params.few
        reason = "" if found else _("no topic has {few} exposed leavers after a landmark", few=few)
    frame = pd.DataFrame(found, columns=OUTPUTS["landmarks"].names[:-1])
    return Landmarks(
        n=periods.n,
        rows=frame.assign(estimand="standardised association"),
        months=months,
        landmarks=max(last - early + 1, 0),
        level=DEFAULT_LEVEL,
        reason=reason,
    )


def _difference(
    x: np.ndarray, coef: np.ndarray, cov: np.ndarray, place: int
) -> tuple[float, float, float, float, float]:
    on = x[x[:, place] != 0]
    off = on.copy()
    off[:, place] = 0.0
    p, q = expit(on @ coef), expit(off @ coef)
    slope = (p * (1 - p)) @ on - (q * (1 - q)) @ off
    slope = slope / len(on)
    half = stats.norm.ppf(0.5 + DEFAULT_LEVEL / 2) * float(np.sqrt(slope @ cov @ slope))
    gap = float(p.mean() - q.mean())
    return float(p.mean()), float(q.mean()), gap, gap - half, gap + half
