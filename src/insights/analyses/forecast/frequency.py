"""The calendar of a series: daily, weekly, monthly, quarterly or yearly, made explicit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from insights.errors import DataError
from insights.messages import _, items

__all__ = ["Frequency", "infer"]

Name = Literal["daily", "business-daily", "weekly", "monthly", "quarterly", "yearly"]
_MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
_SEASON = {"daily": 7, "business-daily": 5, "weekly": 52, "monthly": 12, "quarterly": 4}
_HORIZON = {"daily": 28, "business-daily": 20, "weekly": 13, "monthly": 12, "quarterly": 8}
_UNIT = {
    "daily": "day",
    "business-daily": "business day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
}
_GAPS = {"weekly": (5, 9), "monthly": (26, 33), "quarterly": (85, 95), "yearly": (350, 380)}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Frequency:
    """A regular calendar: every period has a whole number, and every number a date.

    Attributes
    ----------
    name
        How often a value comes.
    anchor
        Weekday (weekly), or first month modulo the step (quarterly, yearly); else 0.
    day
        Day of the month of the dates; 31 stands for the last day.
    """

    name: Name
    anchor: int = 0
    day: int = 1

    @property
    def season(self) -> int:
        """Periods in a season (a week of days, else a year); 1 when there is none."""
        return _SEASON.get(self.name, 1)

    @property
    def horizon(self) -> int:
        """Periods forecast when nothing else is asked."""
        return _HORIZON.get(self.name, 4)

    @property
    def unit(self) -> str:
        """One period in words."""
        return _UNIT[self.name]

    def text(self) -> str:
        """Name the calendar with its anchor, such as 'weekly (Friday)'."""
        if self.name == "weekly":
            return f"weekly ({_DAYS[self.anchor]})"
        if self.name in _MONTHS:
            day = {1: "start", 31: "end"}.get(self.day, f"day {self.day}")
            return f"{self.name} ({day})"
        return self.name

    def ordinals(self, dates: pd.DatetimeIndex) -> np.ndarray:
        """Return the whole number of the period of each date; shape (n,)."""
        days = dates.to_numpy().astype("datetime64[D]")
        if self.name in _MONTHS:
            months = days.astype("datetime64[M]").astype(np.int64)
            return (months - self.anchor) // _MONTHS[self.name]
        if self.name == "weekly":
            # 1970-01-01 was a Thursday, weekday 3
            return (days.astype(np.int64) + 3 - self.anchor) // 7
        if self.name == "business-daily":
            return np.busday_count("1970-01-01", days)
        return days.astype(np.int64)

    def dates(self, ordinals: np.ndarray) -> pd.DatetimeIndex:
        """Return the date of each period's number, in the style of the data; shape (n,)."""
        k = np.asarray(ordinals, np.int64)
        if self.name in _MONTHS:
            first = (k * _MONTHS[self.name] + self.anchor).astype("datetime64[M]")
            start = pd.DatetimeIndex(first.astype("datetime64[ns]"))
            last = np.asarray(start.days_in_month)
            return start + pd.to_timedelta(np.minimum(self.day, last) - 1, unit="D")
        if self.name == "weekly":
            days = (k * 7 - 3 + self.anchor).astype("datetime64[D]")
        elif self.name == "business-daily":
            days = np.busday_offset(np.full(len(k), "1970-01-01", "datetime64[D]"), k)
        else:
            days = k.astype("datetime64[D]")
        return pd.DatetimeIndex(days.astype("datetime64[ns]"))

    def covering(self, days: pd.DatetimeIndex) -> np.ndarray:
        """Return the number of the period that holds each day; shape (n,).

        Weeks stamped Sunday or Monday are taken to begin there, others to end on their stamp, as
        sales weeks do.
        """
        if self.name == "weekly" and self.anchor not in (0, 6):
            return self.ordinals(days + pd.Timedelta(days=6))
        return self.ordinals(days)


def infer(dates: pd.DatetimeIndex) -> Frequency:
    """Infer the calendar of sorted, distinct dates, from the usual gap between them.

    Gaps may be missing periods, so the median decides; the dates must then agree with it.
    Raises DataError when no calendar fits (hourly, every second week, irregular).
    """
    if len(dates) < 3:
        raise DataError(_("{n} dates are too few to tell how often a value comes", n=len(dates)))
    usual = float(np.median(np.diff(dates.to_numpy()) / np.timedelta64(1, "D")))
    if usual == 1:
        on_weekend = bool((dates.day_of_week >= 5).any())
        span = (dates[-1] - dates[0]).days
        return Frequency("daily" if on_weekend or span < 14 else "business-daily")
    found = [name for name, (low, high) in _GAPS.items() if low <= usual <= high]
    if not found:
        raise DataError(
            _(
                "the usual gap between dates is {gap} days; daily, weekly, monthly, quarterly and "
                "yearly series can be forecast",
                gap=f"{usual:g}",
            )
        )
    if found[0] == "weekly":
        return _weekly(dates)
    return _of_months(dates, found[0])


def _weekly(dates: pd.DatetimeIndex) -> Frequency:
    counts = np.bincount(dates.day_of_week, minlength=7)
    if counts.max() < 0.9 * len(dates):
        raise DataError(
            _(
                "weekly dates fall on several weekdays ({days}); use one",
                days=items([_DAYS[i] for i in np.flatnonzero(counts)], 7),
            )
        )
    return Frequency("weekly", anchor=int(counts.argmax()))


def _of_months(dates: pd.DatetimeIndex, name: str) -> Frequency:
    step = _MONTHS[name]
    months = (dates.year * 12 + dates.month - 1).to_numpy() - 1970 * 12
    anchors = np.unique(months % step)
    if len(anchors) > 1:
        raise DataError(
            _("{calendar} dates fall on different months; use one month a period", calendar=name)
        )
    day = 31 if bool(dates.is_month_end.all()) else 1
    if day == 1 and dates.day.nunique() == 1:
        day = int(dates.day[0])
    return Frequency(name, anchor=int(anchors[0]), day=day)  # type: ignore[arg-type]
