"""One series of the market table, as the screening leaves it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from insights.analyses.forecast.frequency import Frequency
from insights.errors import DataError
from insights.stats.bounds import Bounds

__all__ = ["MIN_ORIGINS", "MIN_POINTS", "PREFIX", "RefusedSeries", "Series", "shortest_fit"]

Verdict = Literal["forecast", "not tested", "intermittent", "refused", "not forecast"]
PREFIX = "feedback: "  # of the names of series made from the feedback
MIN_POINTS = 10  # below it no model and no spread is believed
MIN_ORIGINS = 6  # of the back-test


@dataclass(frozen=True, kw_only=True)
class Series:
    """One series after the screening: regular, finite, with what was done to it.

    Attributes
    ----------
    ordinals, values
        Number of each period and its value, without holes; empty when refused.
    regressors
        Further numeric columns on the same calendar, shape (n, k).
    prepared, known_ahead
        Rows after the last value, in which someone prepared the regressors; those of the horizon,
        shape (horizon, k), empty when they are not all there.
    incomplete
        Whether a last period was taken for incomplete and dropped.
    verdict
        'forecast', 'not tested' (too short for a back-test), 'intermittent' (its mean ahead only),
        'refused', or 'not forecast' (beyond `max_series`).
    bounds
        Limits that estimates and intervals may not leave, and where they are known from.
    notes
        Every repair and reason, in words.
    """

    series_id: str
    rows: int
    verdict: Verdict = "forecast"
    notes: tuple[str, ...] = ()
    frequency: Frequency | None = None
    ordinals: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    values: np.ndarray = field(default_factory=lambda: np.empty(0))
    regressors: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    regressor_names: tuple[str, ...] = ()
    season: int = 1
    horizon: int = 0
    log: bool = False
    filled: int = 0
    dropped: int = 0
    duplicates: int = 0
    outlier_at_end: bool = False
    incomplete: bool = False
    bounds: Bounds = field(default_factory=Bounds)
    prepared: pd.DataFrame | None = None
    known_ahead: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))

    @property
    def dates(self) -> pd.DatetimeIndex:
        """Dates of the values."""
        if self.frequency is None:
            return pd.DatetimeIndex([])
        return self.frequency.dates(self.ordinals)

    @property
    def future(self) -> pd.DatetimeIndex:
        """Dates of the forecasts."""
        if self.frequency is None:
            return pd.DatetimeIndex([])
        return self.frequency.dates(self.ordinals[-1] + 1 + np.arange(self.horizon))

    @property
    def level(self) -> float:
        """Mean size over the last season: what makes one series larger than another."""
        if not len(self.values):
            return 0.0
        return float(np.abs(self.values[-max(self.season, 4) :]).mean())

    def noted(self, *notes: str, **changes) -> Series:
        """Return a copy with further notes and changed fields."""
        return replace(self, notes=self.notes + notes, **changes)


class RefusedSeries(DataError):
    """One series cannot be forecast; the others go on."""


def shortest_fit(season: int) -> int:
    """Fewest values before the first origin: two seasons, or one and a half of weeks."""
    return max(2 * season if season <= 24 else season + season // 2, MIN_POINTS)
