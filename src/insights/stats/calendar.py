"""Borders of periods in the study's time zone and week, which are whole, and their names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.messages import _, plural, spoken
from insights.settings import Period

__all__ = ["Calendar", "ordinals", "period_count", "period_name", "period_noun", "whole_periods"]

_EDGE = 0.1  # of a period that may be empty at its end before the data seem to stop inside it
_GAPS = 3  # usual gaps between records that may stand empty there

_LAST_DAY = {
    "monday": "SUN",
    "tuesday": "MON",
    "wednesday": "TUE",
    "thursday": "WED",
    "friday": "THU",
    "saturday": "FRI",
    "sunday": "SAT",
}


@dataclass(frozen=True)
class Calendar:
    """Where a day and a week begin."""

    timezone: str = "UTC"
    week_start: str = "monday"

    def local(self, times: pd.Series) -> pd.Series:
        """Return wall-clock times of the study's zone, without a zone; naive ones count as UTC."""
        aware = times.dt.tz_localize("UTC") if times.dt.tz is None else times
        return aware.dt.tz_convert(self.timezone).dt.tz_localize(None)

    def period_start(self, times: pd.Series, period: Period) -> pd.Series:
        """Return the first day (midnight, no zone) of the period each time falls in."""
        return self.local(times).dt.to_period(self.frequency(period)).dt.start_time

    def frequency(self, period: Period) -> str:
        """Return the pandas period alias, such as 'W-SUN' for weeks that begin on Monday."""
        aliases = {
            "day": "D",
            "week": f"W-{_LAST_DAY[self.week_start]}",
            "month": "M",
            "quarter": "Q",
            "year": "Y",
        }
        return aliases[period]

    def resolve(self, times: pd.Series, period: Period) -> Period:
        """Choose for 'auto' the period that suits the span: about 8 to 60 of them."""
        if period != "auto":
            return period
        days = (times.max() - times.min()).days + 1 if len(times) else 1
        limits: tuple[tuple[int, Period], ...] = ((45, "day"), (270, "week"), (1900, "month"))
        return next((name for limit, name in limits if days <= limit), "quarter")


def whole_periods(local: pd.Series, every: pd.PeriodIndex) -> np.ndarray:
    """Whether the records span each period; only the first and the last can fall short.

    A period is cut when the data begin, or end, further inside it than a tenth of its length (and
    than three usual gaps between records, where they are few, but no more than half of it). Times
    that are all midnights are dates: the day itself counts as spanned.

    Parameters
    ----------
    local
        Times of the records in the study's zone.
    every
        Consecutive periods, from that of the first to that of the last record.
    """
    whole = np.ones(len(every), bool)
    if not len(every):
        return whole
    length = every[0].end_time - every[0].start_time
    usual = max(local.dt.to_period(every.freq).value_counts().median(), 1)
    slack = min(max(_EDGE, _GAPS / usual), 0.5) * length
    if (local == local.dt.normalize()).all():
        slack = max(slack, pd.Timedelta(days=1))
    whole[0] = local.min() - every[0].start_time <= slack
    whole[-1] = whole[-1] and every[-1].end_time - local.max() <= slack
    return whole


def period_name(start: pd.Timestamp, period: str, record: pd.Timestamp | None = None) -> str:
    """Name a period as people do; a week or day by a record in it, so that no date is empty."""
    stamp = pd.Timestamp(start)
    chinese = spoken() == "zh"
    if period == "quarter":
        form = "{}年第{}季度" if chinese else "{} Q{}"
        return form.format(stamp.year, stamp.quarter)
    if period == "month":
        return f"{stamp.year}年{stamp.month}月" if chinese else stamp.strftime("%B %Y")
    if period == "year":
        return f"{stamp.year}年" if chinese else str(stamp.year)
    shown = stamp if record is None or pd.isna(record) else pd.Timestamp(record)
    day = f"{shown:%Y-%m-%d}"
    return _("the week of {day}", day=day) if period == "week" else day


def period_noun(period: str) -> str:
    """Write the length of a period in the reader's language, as 'month'."""
    return {
        "day": _("day"),
        "week": _("week"),
        "month": _("month"),
        "quarter": _("quarter"),
        "year": _("year"),
    }.get(period, period)


def period_count(n: int, period: str) -> str:
    """Write a number of periods, as '12 months'."""
    return {
        "day": plural("{n} day", "{n} days", n),
        "week": plural("{n} week", "{n} weeks", n),
        "month": plural("{n} month", "{n} months", n),
        "quarter": plural("{n} quarter", "{n} quarters", n),
        "year": plural("{n} year", "{n} years", n),
    }[period]


def ordinals(starts: pd.DatetimeIndex | np.ndarray, period: str) -> np.ndarray:
    """Number the periods by the calendar, so that consecutive ones differ by 1."""
    alias = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}[period]
    return pd.DatetimeIndex(starts).to_period(alias).asi8
