"""When a level changed: dates with intervals, limits of a stable process, marked releases."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from insights.analyses.sentiment.tables import OUTPUTS, shown
from insights.errors import ParamsError
from insights.messages import _, fixed, items, number, percent, signed
from insights.result import Check, Result
from insights.settings import Period
from insights.stats.breaks import level_breaks, process_limits
from insights.stats.calendar import Calendar, ordinals, period_count, period_name
from insights.stats.season import season

from .movement import Trend, caveat, mean_of, upper
from .params import Params

__all__ = ["FEWEST", "Breaks", "breaks", "level_points", "marked_releases", "seasonal"]

_LIMITS = ["measure", "period", "value", "without_season", "centre", "low", "high", "outside",
           "run_of_eight"]  # fmt: skip
FEWEST = 8  # periods below which no change of level is looked for
_ALPHA = 0.05
_CYCLES = 3  # whole cycles below which a season is not looked for


@dataclass(frozen=True, kw_only=True, eq=False)
class Breaks(Result, table="points", figure="breaks"):
    """Changes of level with the interval of their date. `n`: records with a score.

    Attributes
    ----------
    points
        measure, period (first of the new level), low, high (of that date), before, after, p.
    limits
        One row a measure and period (a first or last one that the records span in part, and those
        with too few, are not there): value, without_season (the same where none was found), and
        of the latter centre, low, high, outside, run_of_eight.
    releases
        date, name.
    caveat
        What the means leave out of the error, as a sentence.
    left_out
        Measure to the periods between its first and last one that are not looked at.
    records
        Day of the first record of each period.
    """

    points: pd.DataFrame
    limits: pd.DataFrame
    releases: pd.DataFrame
    period: Period
    caveat: str = ""
    left_out: dict[str, int] = field(default_factory=dict)
    records: pd.Series = field(default_factory=lambda: pd.Series(dtype="datetime64[ns]"))

    def sentences(self) -> list[str]:
        """Name the changes and their dates; 'no detectable change of level' by default.

        When the number of records changed is told channel by channel (`Arrivals`), not here, so
        that one change has one date.
        """
        looked = self.limits.groupby("measure", sort=False).size()
        if looked.empty:
            return [
                _("Cannot tell when anything changed: too few periods (n = {n}).", n=number(self.n))
            ]
        parts = []
        for name, periods in looked.items():
            if name == "records":
                continue
            mine = self.points[self.points["measure"] == name]
            gone = self.left_out.get(str(name), 0)
            over = _("over {periods}", periods=period_count(int(periods), self.period))
            if gone:
                over = _(
                    "over {periods} ({gone} between them, of too few records or none, left out)",
                    periods=period_count(int(periods), self.period),
                    gone=gone,
                )
            subject = mean_of(str(name))
            if mine.empty:
                parts.append(
                    _(
                        "No detectable change of level of {subject} {over}.",
                        subject=subject,
                        over=over,
                    )
                )
            parts.extend(self._said(subject, row) for row in mine.head(3).itertuples())
            if len(mine):
                looked_at = _("{subject} was looked at {over}.", subject=upper(subject), over=over)
                parts.append(looked_at)
            if len(mine) > 3:
                parts.append(
                    _(
                        "{n} more changes of {subject} stand in the table.",
                        n=len(mine) - 3,
                        subject=subject,
                    )
                )
        out = int((self.limits["outside"] & (self.limits["measure"] != "records")).sum())
        means = int((self.limits["measure"] != "records").sum())
        if means:
            parts.append(
                _(
                    "{out} of {means} period means lie outside the limits of a stable level.",
                    out=out,
                    means=means,
                )
            )
        parts.append(_("(n = {n})", n=number(self.n)))
        return [*parts, self.caveat if (looked.index == "sentiment").any() else ""]

    def _said(self, subject: str, row: Any) -> str:
        inside = self.releases[self.releases["date"].between(row.low, self._end(row.high))]
        at, low, high = (self._named(day) for day in (row.period, row.low, row.high))
        levels = _("{before} to {after}", before=signed(row.before), after=signed(row.after))
        if row.measure == "rating":
            levels = _(
                "{before} to {after} of its scale",
                before=percent(row.before, 1),
                after=percent(row.after, 1),
            )
        moved = _(
            "The level of {subject} moved from {levels}, from {at} on [{low}, {high}].",
            subject=subject,
            levels=levels,
            at=at,
            low=low,
            high=high,
        )
        if inside.empty:
            return moved
        near = _("Marked within that interval: {names}.", names=items(inside["name"], len(inside)))
        return f"{moved} {near}"

    def _named(self, start: pd.Timestamp) -> str:
        later = self.records[self.records.index >= start] if len(self.records) else self.records
        return period_name(start, self.period, later.iloc[0] if len(later) else None)

    def _end(self, start: pd.Timestamp) -> pd.Timestamp:
        alias = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}
        days = start.to_period(alias[self.period])
        return start + (days.end_time - days.start_time)


def breaks(trend: Trend, *, calendar: Calendar, params: Params) -> Breaks:
    """Look for changes of level in sentiment, rating and the number of records of all groups.

    Means are taken at a fixed mix where there is one. A first or last period that the records span
    in part is left out; a period without any record counts as 0 in the number of records and is
    left out of the means, and the interval of a change beside it reaches over it. With three full
    cycles or more (weeks of days, else years) a season that an F-test finds is taken out first;
    with fewer it cannot be told from a change, and is said not to be looked for. Numbers are
    compared as square roots, so that large ones do not vary more (Anscombe 1948, doi
    10.2307/2332343).
    """
    whole = trend.cells[trend.cells["group"] == "all"].sort_values("period")
    days = whole.set_index("period").get("first_record", pd.Series(dtype="datetime64[ns]"))
    whole = whole[~whole["period"].isin(trend.partial)]
    gone: dict[str, int] = {}
    points, limits, short, seasons = [], [], [], []
    for measure, series in _series(whole, calendar.frequency(trend.period)).items():
        if len(series) < FEWEST:
            short.append(f"{shown(measure)} {len(series)}")
            continue
        scaled = np.sqrt(series) if measure == "records" else series
        effect, season_note = seasonal(scaled, trend.period, params.seed)
        seasons.append(_("{name}: {detail}", name=shown(measure), detail=season_note))
        scaled, level = scaled - effect, series
        if effect.any():
            level = np.square(scaled) if measure == "records" else scaled
        limits.append(_limits(measure, series, level))
        points.append(level_points(measure, scaled, level, params.seed, trend.period))
        place = ordinals(pd.DatetimeIndex(series.index), trend.period)
        gone[measure] = int(place[-1] - place[0] + 1 - len(place))
    releases = marked_releases(params.releases)
    none = pd.DataFrame(columns=OUTPUTS["sentiment_breaks"].names)
    return Breaks(
        n=int(whole["n"].sum()),
        checks=_checks(short, seasons, releases),
        points=pd.concat([none, *points], ignore_index=True),
        limits=pd.concat([pd.DataFrame(columns=_LIMITS), *limits], ignore_index=True),
        releases=releases,
        period=trend.period,
        caveat=caveat(trend.trusted, trend.unlike),
        left_out=gone,
        records=days.dropna(),
    )


def level_points(
    measure: str, scaled: pd.Series, level: pd.Series, seed: int, period: Period
) -> pd.DataFrame:
    """The changes of level of one measure, with the mean on each side.

    Where periods are missing before the first of an interval, the change may lie in them: the
    interval begins with the first that is missing.

    Parameters
    ----------
    measure
        Its name, for the table.
    scaled
        Values in which changes are looked for, by period, season taken out.
    level
        The same in their own unit, from which the means are taken.
    seed
        Of the random orders that a change is compared with.
    period
        Length of a period.
    """
    found = level_breaks(scaled.to_numpy(), np.random.default_rng(seed))
    ends = [0, *(b.at for b in found), len(scaled)]
    mean = [float(level.iloc[a:b].mean()) for a, b in pairwise(ends)]
    days = pd.DatetimeIndex(scaled.index)
    alias = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}[period]
    after = [(day.to_period(alias) + 1).start_time for day in days]
    step = days[0] - days[0].to_period(alias).start_time if len(days) else pd.Timedelta(0)
    rows = [
        (measure, days[b.at], min(after[b.low - 1] + step, days[b.low]), days[b.high],
         mean[i], mean[i + 1], b.p)
        for i, b in enumerate(found)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=OUTPUTS["sentiment_breaks"].names)


def _limits(measure: str, series: pd.Series, level: pd.Series) -> pd.DataFrame:
    bounds = process_limits(level.to_numpy())
    return pd.DataFrame(
        {
            "measure": measure,
            "period": series.index,
            "value": series.to_numpy(),
            "without_season": level.to_numpy(),
            "centre": bounds.centre,
            "low": bounds.low,
            "high": bounds.high,
            "outside": bounds.outside,
            "run_of_eight": bounds.run,
        }
    )


def seasonal(series: pd.Series, period: Period, seed: int) -> tuple[pd.Series, str]:
    """What repeats in the series, zero where nothing is found, and a word on it."""
    none = pd.Series(0.0, index=series.index)
    columns, length, unit = _cycle(pd.DatetimeIndex(series.index), period)
    if not columns.shape[1]:
        return none, _("a year has no season between years")
    first, last = series.index.min(), series.index.max()
    cycles = round((last - first).days / length * len(series) / (len(series) - 1), 1)
    if cycles < _CYCLES or len(series) < columns.shape[1] + 2 * FEWEST:
        return none, _(
            "{cycles} are fewer than the {needed} needed, so a season was not looked for and could "
            "pass for a change",
            cycles=_cycles(cycles, unit),
            needed=_CYCLES,
        )
    values = series.to_numpy(float)
    found = season(values, columns, [])
    for _turn in range(
        2
    ):  # levels and season are found in turn, so that neither stands for the other
        left = values - (found.effect if found.p <= _ALPHA else 0.0)
        places = [b.at for b in level_breaks(left, np.random.default_rng(seed))]
        found = season(values, columns, places)
    if found.p > _ALPHA:
        return none, _(
            "no detectable season over {cycles} (p = {p})",
            cycles=_cycles(cycles, unit),
            p=fixed(found.p),
        )
    effect = pd.Series(found.effect, index=series.index)
    span = _("{low} to {high}", low=signed(effect.min()), high=signed(effect.max()))
    return effect, _(
        "a season of {span} over {cycles} was taken out (p = {p})",
        span=span,
        cycles=_cycles(cycles, unit),
        p=fixed(found.p, 3),
    )


def _cycles(number: float, unit: str) -> str:
    fields = {"n": fixed(number, 1)}
    return _("{n} weeks", **fields) if unit == "week" else _("{n} years", **fields)


def _cycle(starts: pd.DatetimeIndex, period: Period) -> tuple[np.ndarray, float, str]:
    """Columns of the place in the cycle, days of a cycle, and its name."""
    if period == "week":  # two waves a year: 52 indicators would need many years
        turn = 2 * np.pi * starts.day_of_year.to_numpy(float) / 365.25
        waves = [f(k * turn) for k in (1, 2) for f in (np.sin, np.cos)]
        return np.stack(waves, axis=1), 365.25, "year"
    places = {"day": starts.day_of_week, "month": starts.month, "quarter": starts.quarter}
    if period not in places:
        return np.zeros((len(starts), 0)), 365.25, "year"
    place = places[period].to_numpy()
    columns = (place[:, None] == np.unique(place)[1:]).astype(float)
    return columns, 7.0 if period == "day" else 365.25, "week" if period == "day" else "year"


def marked_releases(written: str) -> pd.DataFrame:
    """Read '2024-03-01 name; 2024-06-15 other name'; columns date and name.

    Raises
    ------
    ParamsError
        A mark does not begin with a date.
    """
    rows = []
    for part in filter(None, (piece.strip() for piece in written.split(";"))):
        found = re.match(r"(\d{4}-\d{2}-\d{2})\s*(.*)$", part)
        date = pd.to_datetime(found[1], errors="coerce") if found else pd.NaT
        if found is None or pd.isna(date):
            raise ParamsError(
                f"sentiment: 'releases' holds {part!r}; each mark is a date and a name, such as "
                "'2024-03-01 version 2', and marks are parted by ';'."
            )
        rows.append((date, found[2] or found[1]))
    return pd.DataFrame(rows, columns=["date", "name"]).sort_values("date", ignore_index=True)


def _series(whole: pd.DataFrame, frequency: str) -> dict[str, pd.Series]:
    """The values of each measure by period, known ones only."""
    at = whole.set_index("period")
    found = {"sentiment": at["adjusted"].fillna(at["mean"]).dropna()}
    if "rating_mean" in at and at["rating_mean"].notna().any():
        found["rating"] = at["rating_adjusted"].fillna(at["rating_mean"]).dropna()
    if len(at):
        every = pd.period_range(at.index.min(), at.index.max(), freq=frequency).start_time
        found["records"] = at["n"].reindex(every, fill_value=0).astype(float)
    return found


def _checks(short: list[str], seasons: list[str], releases: pd.DataFrame) -> tuple[Check, ...]:
    found = [
        Check(
            _("periods are exchangeable between two changes"),
            None,
            _(
                "a slow trend and what carries over from one period to the next look "
                "like changes of level; a change is called when at most one of twenty "
                "random orders of the periods shows as large a one"
            ),
        )
    ]
    if seasons:
        found.append(Check(_("season"), None, "; ".join(seasons)))
    if short:
        detail = _(
            "fewer than {fewest} periods: {short}", fewest=FEWEST, short=items(short, len(short))
        )
        found.append(Check(_("periods enough to date a change"), None, detail))
    if len(releases):
        detail = _("a release inside the interval of a date coincides with it, no more is claimed")
        found.append(Check(_("marked releases"), None, detail))
    return tuple(found)
