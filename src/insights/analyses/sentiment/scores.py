"""Scores people gave: promoters, satisfaction and effort, with intervals and what they can show."""

from __future__ import annotations

import numpy as np
import pandas as pd

from insights.analyses.sentiment.tables import shown
from insights.messages import _
from insights.result import Check
from insights.stats.calendar import Calendar
from insights.stats.intervals import mean_t, nps, wilson

from .params import Params
from .result import Scores

__all__ = ["points_of", "scores", "smallest_change"]

_COLUMNS = ["measure", "period", "mode", "per", "n", "estimate", "low", "high", "smallest_change"]
_FOUND = 2.8015852  # 1.96 + .84: a change found in four cases of five at 5 %


def scores(feedback: pd.DataFrame, *, calendar: Calendar, params: Params) -> Scores:
    """NPS, CSAT and CES over all, per channel, per customer and per period; small cells hidden.

    A CSAT of 4 or more of 5 counts as satisfied; on another scale, the upper two fifths of its
    range. NPS: 9 and 10 promote, 0 to 6 detract. CES counts the good two fifths of the scale and
    needs `ces_good`, since scales run both ways. Channels stand apart and periods are of one
    channel each where there are several: people answer differently on the phone and on the web.
    A customer who answered often counts once where the row says 'customer'.
    """
    ordered = feedback.sort_values("feedback_id", kind="stable")
    times = pd.to_datetime(ordered["created_at"], utc=True)
    period = calendar.resolve(times.dropna(), params.period)
    start = calendar.period_start(times, period)
    mode = pd.Series("all", index=ordered.index)
    if "channel" in ordered:
        mode = ordered["channel"].astype(object).where(ordered["channel"].notna(), "unknown")
    rows: list[tuple] = []
    checks: list[Check] = []
    for measure in ("nps", "csat", "ces"):
        if measure not in ordered:
            continue
        values = pd.to_numeric(ordered[measure], errors="coerce").dropna()
        if len(values) < params.min_cell:
            continue
        if measure == "ces" and params.ces_good == "undeclared":
            detail = _(
                "{n} effort scores are not counted: say by 'ces_good' which end is good",
                n=len(values),
            )
            checks.append(Check(_("direction of the effort scale"), None, detail))
            continue
        point, note = _points(measure, values, params.ces_good)
        if note:
            checks.append(Check(_("what counts in {measure}", measure=shown(measure)), None, note))
        rows.append(_row(measure, (pd.NaT, "all", "message"), point))
        rows.extend(_customers(measure, point, ordered, params.min_cell))
        modes = mode.loc[point.index]
        for name, part in point.groupby(modes):
            if modes.nunique() > 1 and len(part) >= params.min_cell:
                rows.append(_row(measure, (pd.NaT, str(name), "message"), part))
            for at, cell in part.groupby(start.loc[part.index]):
                if len(cell) >= params.min_cell:
                    where = str(name) if modes.nunique() > 1 else "all"
                    rows.append(_row(measure, (at, where, "message"), cell))
        checks.extend(_modes(measure, modes))
        checks.append(_rate(measure, len(values), len(ordered), params.surveys_sent))
    table = pd.DataFrame(rows, columns=_COLUMNS)
    table["period"] = pd.to_datetime(table["period"])
    whole = table["period"].isna() & (table["mode"] == "all") & (table["per"] == "message")
    return Scores(n=int(table.loc[whole, "n"].sum()), checks=tuple(checks), values=table)


def smallest_change(points: np.ndarray) -> float:
    """Change between two samples like this one that is found in four cases of five.

    2.80 √2 s / √n with s the standard deviation of a point (Cohen 1988, chapter 2); points are
    -1, 0, 1 for NPS and 0, 1 for shares.
    """
    n = len(points)
    return float(_FOUND * np.sqrt(2 * np.var(points) / n)) if n > 1 else np.nan


def points_of(measure: str, values: pd.Series, good: str) -> pd.Series:
    """What each answer counts: -1, 0, 1 for NPS, else 0 or 1; `good` is the end of effort."""
    return _points(measure, values, good)[0]


def _points(measure: str, values: pd.Series, good: str) -> tuple[pd.Series, str]:
    """What each answer counts: -1, 0, 1 for NPS, else 0 or 1; and which answers count."""
    if measure == "nps":
        return (values >= 9).astype(float) - (values <= 6).astype(float), ""
    five = values.between(1, 5).all()
    low, high = (1.0, 5.0) if five else (float(values.min()), float(values.max()))
    span = _("(values {low} to {high})", low=f"{values.min():g}", high=f"{values.max():g}")
    if measure == "ces" and good == "low":
        bar = 2.0 if five else float(np.round(high - 0.6 * (high - low), 6))
        return (values <= bar).astype(float), _(
            "{bar} or less counts as easy {span}", bar=f"{bar:g}", span=span
        )
    bar = 4.0 if five else float(np.round(low + 0.6 * (high - low), 6))
    note = (
        _("{bar} or more counts as easy {span}", bar=f"{bar:g}", span=span)
        if measure == "ces"
        else _("{bar} or more counts as satisfied {span}", bar=f"{bar:g}", span=span)
    )
    return (values >= bar).astype(float), note


def _row(measure: str, where: tuple, points: pd.Series) -> tuple:
    values = points.to_numpy(float)
    n = len(values)
    if measure == "nps":
        found = nps(int(np.sum(values > 0)), int(np.sum(values < 0)), n)
    else:
        found = wilson(int(values.sum()), n)
    at, mode, per = where
    return (measure, at, mode, per, n, found.estimate, found.low, found.high,
            smallest_change(values))  # fmt: skip


def _customers(measure: str, points: pd.Series, ordered: pd.DataFrame, least: int) -> list[tuple]:
    """The same with one vote a customer, where some customer answered twice."""
    if "customer_id" not in ordered:
        return []
    who = ordered.loc[points.index, "customer_id"]
    known = points[who.notna()]
    each = known.groupby(who[who.notna()].astype(str)).mean()
    if len(each) < least or len(each) == len(known):
        return []
    found = mean_t(each.to_numpy(float))
    floor = -1.0 if measure == "nps" else 0.0
    low, high = max(found.low, floor), min(found.high, 1.0)
    change = smallest_change(each.to_numpy(float))
    return [(measure, pd.NaT, "all", "customer", found.n, found.estimate, low, high, change)]


def _modes(measure: str, modes: pd.Series) -> list[Check]:
    if modes.nunique() < 2:
        return []
    detail = _(
        "{measure} was asked through {channels} channels; periods are shown a "
        "channel, and the score over all is not to be compared over time where "
        "their shares changed",
        measure=shown(measure),
        channels=modes.nunique(),
    )
    return [Check(_("survey modes are kept apart"), None, detail)]


def _rate(measure: str, given: int, records: int, sent: int) -> Check:
    """The response rate with its interval, or the refusal to print one."""
    if not sent:
        detail = _(
            "{measure} on {given} of {records} records; who was asked is not known, so no rate is "
            "printed (setting surveys_sent)",
            measure=shown(measure),
            given=given,
            records=records,
        )
        return Check(_("response rate"), None, detail)
    if given > sent:
        detail = _(
            "{given} answers to {sent} requests: surveys_sent cannot be right",
            given=given,
            sent=sent,
        )
        return Check(_("response rate"), False, detail)
    found = wilson(given, sent)
    detail = _(
        "{measure}: {given} of {sent} asked answered, {rate}; the others may think otherwise",
        measure=shown(measure),
        given=given,
        sent=sent,
        rate=found.text("{:.1%}"),
    )
    return Check(_("response rate"), None, detail)
