"""Scores people gave: net promoter score and satisfaction, with their intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from insights.result import Check
from insights.stats.calendar import Calendar
from insights.stats.intervals import nps, wilson

from .params import Params
from .result import Scores

__all__ = ["scores"]


def scores(feedback: pd.DataFrame, *, calendar: Calendar, params: Params) -> Scores:
    """NPS and CSAT over all and per period, where the columns are there; small cells hidden.

    A CSAT of 4 or more of 5 counts as satisfied; on another scale, the upper two fifths of its
    range. NPS: 9 and 10 promote, 0 to 6 detract.
    """
    rows = []
    ordered = feedback.sort_values("feedback_id", kind="stable")
    times = pd.to_datetime(ordered["created_at"], utc=True)
    period = calendar.resolve(times.dropna(), params.period)
    start = calendar.period_start(times, period)
    checks = []
    for measure in ("nps", "csat"):
        if measure not in ordered:
            continue
        values = pd.to_numeric(ordered[measure], errors="coerce")
        if values.notna().sum() < params.min_cell:
            continue
        bar = _bar(values)
        if measure == "csat":
            detail = f"{bar:g} or more counts as satisfied (values {values.min():g} to "
            checks.append(Check("what counts as satisfied", None, f"{detail}{values.max():g})"))
        rows.append(_row(measure, pd.NaT, values.dropna().to_numpy(float), bar))
        for at, part in values[values.notna()].groupby(start):
            if len(part) >= params.min_cell:
                rows.append(_row(measure, at, part.to_numpy(float), bar))
        given = int(values.notna().sum())
        detail = f"{measure} on {given} of {len(ordered)} records; who was asked is not known"
        checks.append(Check("response rate", None, detail))
    columns = ["measure", "period", "n", "estimate", "low", "high"]
    table = pd.DataFrame(rows, columns=columns)
    table["period"] = pd.to_datetime(table["period"])
    n = int(table.loc[table["period"].isna(), "n"].sum())
    return Scores(n=n, checks=tuple(checks), values=table)


def _bar(values: pd.Series) -> float:
    if values.dropna().between(1, 5).all():
        return 4.0
    low, high = float(values.min()), float(values.max())
    return float(np.round(low + 0.6 * (high - low), 6))


def _row(measure: str, at: pd.Timestamp | object, values: np.ndarray, bar: float) -> tuple:
    n = len(values)
    if measure == "nps":
        found = nps(int(np.sum(values >= 9)), int(np.sum(values <= 6)), n)
    else:
        found = wilson(int(np.sum(values >= bar)), n)
    return (measure, at, n, found.estimate, found.low, found.high)
