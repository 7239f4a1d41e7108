"""What the screening of the series says: which may be forecast, and those with many zeros."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.forecast.naming import number, series_name, share, units
from insights.analyses.forecast.series import Series
from insights.errors import listed
from insights.messages import _, plural
from insights.result import Check, Result
from insights.stats.intervals import wilson

__all__ = ["Intermittent", "SeriesScreening"]


@dataclass(frozen=True, kw_only=True)
class SeriesScreening(Result, kind="gate", figure="screening"):
    """Which series may be forecast; n counts series."""

    series: tuple[Series, ...]

    @property
    def usable(self) -> tuple[Series, ...]:
        """The series that are forecast."""
        return tuple(s for s in self.series if s.verdict in ("forecast", "not tested"))

    @property
    def rare(self) -> tuple[Series, ...]:
        """The intermittent series, of which only the mean ahead is forecast."""
        return tuple(s for s in self.series if s.verdict == "intermittent")

    def table(self) -> pd.DataFrame:
        """One row a series."""
        return pd.DataFrame([_screening_row(one) for one in self.series])

    def sentences(self) -> list[str]:
        """Say how many series can be forecast, and why others cannot."""
        counts = pd.Series([s.verdict for s in self.series]).value_counts()
        full, short = int(counts.get("forecast", 0)), int(counts.get("not tested", 0))
        calendars = listed(dict.fromkeys(s.frequency.text() for s in self.usable if s.frequency))
        parts = []
        left = [s.series_id for s in self.series if s.verdict == "not forecast"]
        if left:
            parts.append(
                plural(
                    "{n} of {all} series is left out, the smallest (max_series: {most}): {names}.",
                    "{n} of {all} series are left out, the smallest (max_series: {most}): {names}.",
                    len(left),
                    all=self.n,
                    most=len(self.usable) + len(self.rare),
                    names=listed(left, 3),
                )
            )
        parts += [
            plural(
                "{usable} of {n} series is forecast ({calendars}): {full} with a back-test, "
                "{short} too short for one.",
                "{usable} of {n} series are forecast ({calendars}): {full} with a back-test, "
                "{short} too short for one.",
                self.n,
                usable=len(self.usable),
                calendars=calendars,
                full=full,
                short=short,
            )
        ]
        refused = [s for s in self.series if s.verdict == "refused"]
        if refused:
            why = listed([f"{s.series_id}: {s.notes[-1]}" for s in refused], 3)
            parts.append(_("{n} refused: {reasons}.", n=len(refused), reasons=why))
        return parts


def _screening_row(s: Series) -> dict:
    dates = s.dates
    return {
        "series_id": s.series_id,
        "verdict": s.verdict,
        "frequency": s.frequency.text() if s.frequency else "",
        "start": dates[0] if len(dates) else pd.NaT,
        "end": dates[-1] if len(dates) else pd.NaT,
        "rows": s.rows,
        "n": len(s.values),
        "filled": s.filled,
        "dropped": s.dropped,
        "duplicates": s.duplicates,
        "season": s.season,
        "horizon": s.horizon,
        "logarithm": s.log,
        "bound_low": s.bounds.low if np.isfinite(s.bounds.low) else np.nan,
        "bound_high": s.bounds.high if np.isfinite(s.bounds.high) else np.nan,
        "bounds_from": s.bounds.reason,
        "outlier_at_end": s.outlier_at_end,
        "notes": "; ".join(s.notes),
    }


@dataclass(frozen=True, kw_only=True)
class Intermittent(Result, table="rows", figure="intermittent", needs_rows=True):
    """Mean ahead of the series with many zeros; n counts them.

    Attributes
    ----------
    rows
        One row a series: share of zeros, mean ahead with its interval, chance of any value above
        zero, mean of as many values before, and how many windows of the past the intervals held.
    """

    rows: pd.DataFrame

    def sentences(self) -> list[str]:
        """Say what is expected of the largest, and how the intervals did."""
        if not self.n:
            return [_("No series is mostly zero, so none is forecast by its mean alone (n = 0).")]
        row = self.rows.iloc[0]
        return [
            plural(
                "{n} series has many zeros, so that only its mean is forecast.",
                "{n} series have many zeros, so that only their means are forecast.",
                self.n,
            ),
            _(
                "{series}: the mean of the next {horizon} {units} is expected at {mean} "
                "[{low}, {high}] ({level} interval, n = {n}, {zeros} of them zero); that of the "
                "{horizon} before was {before}.",
                series=series_name(row["series_id"]),
                horizon=row["horizon"],
                units=units(row["unit"]),
                mean=number(row["estimate"]),
                low=number(row["low"]),
                high=number(row["high"]),
                level=share(row["level"]),
                n=row["n"],
                zeros=share(row["zeros"]),
                before=number(row["before"]),
            ),
        ]

    def own_checks(self) -> tuple[Check, ...]:
        """Whether intervals made in the past held what came."""
        tested, held = int(self.rows["windows"].sum()), int(self.rows["held"].sum())
        if not tested:
            return ()
        level = float(self.rows["level"].iloc[0])
        name = _("intervals of means of many zeros cover {level}", level=share(level))
        detail = _("held {held} of {n} windows side by side", held=held, n=tested)
        return (Check(name, wilson(held, tested).high >= level, detail),)
