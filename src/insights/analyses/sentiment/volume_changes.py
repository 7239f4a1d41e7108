"""How many records came, channel by channel, and to the week when that changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from insights.analyses.sentiment.tables import OUTPUTS
from insights.messages import _, items, number, plural
from insights.result import Check, Result
from insights.stats.breaks import one_break
from insights.stats.calendar import Calendar, period_name, period_noun

from .breaks import FEWEST, level_points, seasonal
from .params import Params

__all__ = ["VolumeChanges", "volume_changes"]

_MOST = 12  # channels that are looked at, largest first
_TOLD = 3  # channels of which a change is told in the sentence
_LONG = ("month", "quarter", "year")  # periods within which a week is looked for


@dataclass(frozen=True, kw_only=True, eq=False)
class VolumeChanges(Result, kind="arrivals", table="points", figure="volume_changes"):
    """Changes of the number of records of each channel. `n`: records with a date.

    Attributes
    ----------
    points
        channel, period (first of the new level), low, high (periods in which the change may lie),
        length of a period, before and after (records a period), p; week, week_low, week_high: the
        date to the week, where the period is longer and the week lies inside low to high.
    counts
        channel, length, period, n: whole periods, the first and the last left out.
    days
        Days with records, by channel.
    """

    points: pd.DataFrame
    counts: pd.DataFrame
    days: dict[str, pd.DatetimeIndex]

    def sentences(self) -> list[str]:
        """Name the largest change of each channel, dated to the week; none by default."""
        looked = list(dict.fromkeys(self.counts["channel"]))
        if not looked:
            return [
                _(
                    "Cannot tell when the number of records changed (n = {n}): no channel has "
                    "{fewest} whole periods.",
                    n=number(self.n),
                    fewest=FEWEST,
                )
            ]
        moved = [name for name in self.leading() if name in set(self.points["channel"])]
        still = [name for name in looked if name not in moved]
        parts = [self._said(self._largest(name)) for name in moved[:_TOLD]]
        rest = len(self.points) - len(parts)
        if rest:
            parts.append(
                plural(
                    "{n} more change stands in the table.",
                    "{n} more changes stand in the table.",
                    rest,
                )
            )
        if still:
            parts.append(
                _(
                    "No detectable change of the number of records in {channels}.",
                    channels=items(still, len(still)),
                )
            )
        return [*parts, _("(n = {n})", n=number(self.n))]

    def leading(self) -> list[str]:
        """Return the channels, the one with the largest change first."""
        size = self._size().groupby(self.points["channel"]).max()
        looked = dict.fromkeys(self.counts["channel"])
        return sorted(looked, key=lambda name: -size.get(name, 0.0))

    def _size(self) -> pd.Series:
        return np.log((self.points["after"] + 0.5) / (self.points["before"] + 0.5)).abs()

    def _largest(self, channel: str) -> Any:
        inside = self.points["channel"] == channel
        return self.points.loc[self._size()[inside].idxmax()]

    def _said(self, row: Any) -> str:
        digits = 0 if min(row["before"], row["after"]) >= 10 else 1
        when, low, high = self._when(row)
        return _(
            "The number of records in {channel} moved from {before} to {after} a {period}, in "
            "{when} [{low}, {high}].",
            channel=row["channel"],
            before=number(row["before"], digits),
            after=number(row["after"], digits),
            period=period_noun(row["length"]),
            when=when,
            low=low,
            high=high,
        )

    def _when(self, row: Any) -> tuple[str, str, str]:
        """The date of a change in words, and the ends of its interval."""
        if pd.isna(row["week"]) and row["length"] in _LONG:
            at, low, high = (period_name(row[c], row["length"]) for c in ("period", "low", "high"))
            return at, low, high
        weekly = not pd.isna(row["week"])
        columns = ("week", "week_low", "week_high") if weekly else ("period", "low", "high")
        at, low, high = (row[column] for column in columns)
        unit = "week" if weekly else row["length"]
        width = pd.Timedelta(days=7 if unit == "week" else 1)
        inside = self._record(row["channel"], at, width)
        ends = [self._record(row["channel"], day, width) for day in (low, high)]
        bounds = f"{min(*ends, inside):%Y-%m-%d}", f"{max(*ends, inside):%Y-%m-%d}"
        day = f"{inside:%Y-%m-%d}"
        if inside < at:  # silence: the last record is all that can be dated
            when = (
                _("the week after the last record on {day}", day=day)
                if unit == "week"
                else _("the day after the last record on {day}", day=day)
            )
        else:
            when = (
                _("the week of {day}", day=day) if unit == "week" else _("the day {day}", day=day)
            )
        return when, *bounds

    def _record(self, channel: str, start: pd.Timestamp, width: pd.Timedelta) -> pd.Timestamp:
        """The first day with a record in the week or day, else the last such day before it."""
        days = self.days[channel]
        inside = days[(days >= start) & (days < start + width)]
        return inside[0] if len(inside) else days[days < start][-1]


def volume_changes(feedback: pd.DataFrame, *, calendar: Calendar, params: Params) -> VolumeChanges:
    """Look for changes of level of the number of records of each channel.

    A channel is counted in periods that suit its own span where the setting is 'auto', so that
    one of eight months is seen by week beside one of six years. A change found in months or longer
    may lie late in the period before the new level, so the interval begins there. It is then placed
    to the week: the week counts between the neighbouring changes, two periods on each side of the
    interval at most, are cut once where they most likely change; outside the interval the week is
    not told. As in `breaks`, roots of the numbers are compared, and a season is taken out once
    three cycles show it; the first and the last period or week are left out, since they are seldom
    whole.
    """
    times = pd.to_datetime(feedback["created_at"], utc=True)
    dated = feedback[times.notna()].assign(created_at=times[times.notna()])
    named = (
        dated["channel"].astype(object).where(dated["channel"].notna(), "unknown").astype(str)
        if "channel" in dated
        else pd.Series(_("all channels"), index=dated.index)
    )
    sizes = named.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    points, counts, short, seasons = [], [], [], []
    days: dict[str, pd.DatetimeIndex] = {}
    for name in sizes.index[:_MOST]:
        arrivals = dated.loc[named == name, "created_at"]
        length = calendar.resolve(arrivals, params.period)
        series = _counted(calendar.period_start(arrivals, length), calendar.frequency(length))
        if len(series) < FEWEST:
            short.append(f"{name} {len(series)}")
            continue
        effect, season_note = seasonal(np.sqrt(series), length, params.seed)
        seasons.append(_("{name}: {detail}", name=name, detail=season_note))
        scaled = np.sqrt(series) - effect
        level = np.square(scaled) if effect.any() else series
        days[name] = pd.DatetimeIndex(
            calendar.local(arrivals).dt.normalize().drop_duplicates().sort_values()
        )
        found = level_points(name, scaled, level, params.seed, length)
        found = found.rename(columns={"measure": "channel"}).assign(length=length)
        if length in _LONG and len(found):
            weeks = _counted(calendar.period_start(arrivals, "week"), calendar.frequency("week"))
            found = _to_week(found, weeks, calendar.frequency(length))
        points.append(found)
        counts.append(
            pd.DataFrame(
                {"channel": name, "length": length, "period": series.index, "n": series.to_numpy()}
            )
        )
    empty = pd.DataFrame(columns=["channel", "length", "period", "n"])
    listed = pd.concat(points, ignore_index=True) if points else pd.DataFrame()
    return VolumeChanges(
        n=len(dated),
        checks=_checks(short, seasons, len(sizes)),
        points=listed.reindex(columns=OUTPUTS["arrivals"].names).astype(OUTPUTS["arrivals"].dtypes),
        counts=pd.concat(counts, ignore_index=True) if counts else empty,
        days=days,
    )


def _counted(starts: pd.Series, frequency: str) -> pd.Series:
    """Records a period, 0 where none came; the first and the last period are left out."""
    every = pd.period_range(starts.min(), starts.max(), freq=frequency).start_time
    return starts.value_counts().reindex(every, fill_value=0).astype(float).iloc[1:-1]


def _to_week(found: pd.DataFrame, weeks: pd.Series, frequency: str) -> pd.DataFrame:
    """Widen each interval by the period before it, and add the week where it lies inside."""
    placed = found.copy()
    starts = found["period"].dt.to_period(frequency)
    first = (found["low"].dt.to_period(frequency) - 1).combine(starts.shift(1), _later)
    last = found["high"].dt.to_period(frequency)
    low = (first - 1).combine(starts.shift(1), _later)
    high = (last + 2).combine(starts.shift(-1), _sooner)
    placed["low"] = first.dt.start_time
    for i in found.index:
        window = weeks[low[i].start_time : high[i].end_time]
        at = one_break(np.sqrt(window.to_numpy()))
        if at is None or np.sign(at.after - at.before) != np.sign(
            found["after"][i] - found["before"][i]
        ):
            continue
        begins, ends = first[i].start_time - pd.Timedelta(days=6), last[i].end_time
        week = window.index[at.at]
        if not begins <= week <= ends:
            continue
        placed.loc[i, "week"] = week
        placed.loc[i, "week_low"] = max(window.index[at.low], begins)
        placed.loc[i, "week_high"] = min(window.index[at.high], ends.normalize())
    return placed


def _later(one: pd.Period, other: pd.Period) -> pd.Period:
    return one if pd.isna(other) else max(one, other)


def _sooner(one: pd.Period, other: pd.Period) -> pd.Period:
    return one if pd.isna(other) else min(one, other - 1)


def _checks(short: list[str], seasons: list[str], channels: int) -> tuple[Check, ...]:
    found = [
        Check(
            _("records come independently of each other"),
            None,
            _(
                "slow growth and what carries over from one period to the next look like changes "
                "of level; a change is called, channel by channel, when at most one of twenty "
                "random orders of the periods shows as large a one"
            ),
        )
    ]
    if seasons:
        found.append(Check(_("season of the number of records"), None, "; ".join(seasons)))
    if short:
        detail = _(
            "fewer than {fewest} whole periods: {short}",
            fewest=FEWEST,
            short=items(short, len(short)),
        )
        found.append(Check(_("periods enough to date a change of numbers"), None, detail))
    if channels > _MOST:
        detail = _(
            "the {most} largest of {channels} channels were looked at",
            most=_MOST,
            channels=channels,
        )
        found.append(Check(_("all channels were looked at"), None, detail))
    return tuple(found)
