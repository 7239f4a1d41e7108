"""How long customers stay, by the way they end and by segment, entering when they are seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.churn.periods import PersonPeriods
from insights.analyses.churn.tables import OUTPUTS
from insights.messages import _, fixed, interval, number, percent
from insights.result import Check, Result
from insights.settings import DEFAULT_LEVEL
from insights.stats.survival import aalen_johansen, kaplan_meier, log_rank

__all__ = ["CumulativeIncidence", "cumulative_incidence"]

_DAY = np.timedelta64(1, "D")
_MARKS = (3, 6, 12, 24, 36, 60)  # months of tenure in the table
_LEAST = 20  # customers at risk below which a curve is not followed
_NAMES = {1: "left of their own will", 2: "ended otherwise"}  # in the table


@dataclass(frozen=True, kw_only=True)
class CumulativeIncidence(Result, table="endings", figure="incidence_curves"):
    """Cumulative incidence by way of ending, and customers still there by segment.

    Attributes
    ----------
    endings
        ending, months, share, low, high, naive (one less a curve that takes other endings for
        lost), at_risk.
    curves
        group, months, staying, low, high: curves of leaving of one's own will, one a level of
        the dimension whose levels differ most.
    dimension, p
        That dimension (or empty), and the log-rank p of its levels.
    begins
        Months of tenure at which the curves begin: before it too few are at risk.
    """

    endings: pd.DataFrame
    curves: pd.DataFrame
    dimension: str
    p: float
    begins: float
    level: float

    def sentences(self) -> list[str]:
        """Say what share leaves within a year, by way of ending."""
        rows = self.endings[self.endings["ending"] == _NAMES[1]]
        if rows.empty:
            return [_("How long customers stay: cannot tell for {n} customers.", n=number(self.n))]
        at = rows[rows["months"] <= 12].tail(1) if (rows["months"] <= 12).any() else rows.head(1)
        row = at.iloc[0]
        apart = (
            _(
                "Levels of “{dimension}” differ most (log-rank p {p}).",
                dimension=self.dimension,
                p="< .001" if self.p < 0.001 else f"= {fixed(self.p, 3)}",
            )
            if self.dimension
            else ""
        )
        fields = {
            "n": number(self.n),
            "level": percent(self.level),
            "share": percent(row["share"]),
            "interval": interval(row["low"], row["high"], ".0%"),
            "months": fixed(row["months"], 0),
        }
        if self.begins >= 1:
            head = _(
                "Of customers observed ({n}, entering at the tenure they had when observation "
                "began; from month {begins} on, {level} intervals) {share} {interval} leave of "
                "their own will by month {months} of being a customer.",
                begins=fixed(self.begins, 0),
                **fields,
            )
        else:
            head = _(
                "Of customers observed ({n}, entering at the tenure they had when observation "
                "began; {level} intervals) {share} {interval} leave of their own will by month "
                "{months} of being a customer.",
                **fields,
            )
        return [head, apart]


def cumulative_incidence(periods: PersonPeriods) -> CumulativeIncidence:
    """Return Aalen-Johansen incidences by way of ending, and Kaplan-Meier curves by segment.

    Time is tenure; a customer is at risk from the tenure he had when observation began (left
    truncation). Curves begin where 20 are at risk, and are conditional on having stayed so
    long.
    """
    entry, time, cause = _spells(periods)
    begins = _begins(entry, time)
    later = time > begins
    entry, time, cause = np.maximum(entry[later], begins), time[later], cause[later]
    z = stats.norm.ppf(0.5 + DEFAULT_LEVEL / 2)
    found = aalen_johansen(time, cause, entry)
    rows = []
    for place, code in enumerate(found.causes):
        alone = kaplan_meier(time, cause == code, entry)
        for mark in _MARKS:
            at_risk = int(np.sum((entry < mark) & (time >= mark)))
            step = int(np.searchsorted(found.times, mark, side="right")) - 1
            if mark <= begins or step < 0 or at_risk < _LEAST:
                continue
            share, se = found.share[step, place], found.se[step, place]
            low, high = _logit_bounds(share, se, z)
            rows.append((_NAMES[code], mark, share, low, high, 1 - alone.at(mark)[0], at_risk))
    dimension, p, curves = _segments(periods, later, entry, time, cause == 1)
    return CumulativeIncidence(
        n=periods.n,
        endings=pd.DataFrame(rows, columns=OUTPUTS["staying"].names),
        curves=curves,
        dimension=dimension,
        p=p,
        begins=begins,
        level=DEFAULT_LEVEL,
        checks=(
            Check(
                _("ways of ending compete"),
                None,
                _(
                    "{left} left of their own will, {otherwise} ended otherwise; the share of one "
                    "way is not one less its own survival curve",
                    left=int((cause == 1).sum()),
                    otherwise=int((cause == 2).sum()),
                ),
            ),
        ),
    )


def _spells(periods: PersonPeriods) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tenure at entry and at the end, in months, and the way of ending (0: still there)."""
    people = periods.people
    begin, border = periods.begin.to_datetime64(), periods.end.to_datetime64()
    started = people["started"].to_numpy("datetime64[ns]")
    ended = people["ended"].to_numpy("datetime64[ns]")
    over = ~np.isnat(ended) & (ended < border)
    until = np.where(over, ended, border)
    entry = np.maximum((begin - started) / _DAY, 0) / 30.4375
    # whoever leaves on the day he joined, or on the first day observed, was there half a day
    time = np.maximum((until - started) / _DAY / 30.4375, entry + 0.5 / 30.4375)
    cause = np.where(over, np.where(people["leaves"].to_numpy(), 1, 2), 0)
    return entry, time, cause


def _begins(entry: np.ndarray, time: np.ndarray) -> float:
    """First whole month of tenure from which at least 20 are at risk."""
    for month in range(int(time.max()) + 1):
        if np.sum((entry <= month) & (time > month)) >= _LEAST:
            return float(month)
    return float(np.floor(np.median(time)))


def _segments(
    periods: PersonPeriods,
    later: np.ndarray,
    entry: np.ndarray,
    time: np.ndarray,
    left: np.ndarray,
) -> tuple[str, float, pd.DataFrame]:
    best, p = "", float("nan")
    for name in periods.dimensions:
        labels = periods.people[name].astype("string").fillna("unknown").to_numpy(str)[later]
        if left.any() and len(np.unique(labels)) > 1:
            test = log_rank(time, left, labels, entry)
            if not best or test.p < p:
                best, p = name, test.p
    labels = np.full(len(time), _("all customers"))
    if best:
        labels = periods.people[best].astype("string").fillna("unknown").to_numpy(str)[later]
    parts = []
    for level in np.unique(labels):
        inside = labels == level
        curve = kaplan_meier(time[inside], left[inside], entry[inside])
        enough = np.flatnonzero(curve.at_risk >= _LEAST)
        bounds = [curve.at(t) for t in curve.times[enough]]
        parts.append(
            pd.DataFrame(
                {
                    "group": str(level),
                    "months": curve.times[enough],
                    "staying": [b[0] for b in bounds],
                    "low": [b[2] for b in bounds],
                    "high": [b[3] for b in bounds],
                }
            )
        )
    return best, p, pd.concat(parts, ignore_index=True)


def _logit_bounds(share: float, se: float, z: float) -> tuple[float, float]:
    if not 0 < share < 1:
        return share, share
    middle, half = np.log(share / (1 - share)), z * se / (share * (1 - share))
    low, high = (1 / (1 + np.exp(-(middle + side * half))) for side in (-1, 1))
    return float(low), float(high)
