"""Borders of periods, in the study's time zone and week."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from insights.settings import Period

__all__ = ["Calendar"]

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
