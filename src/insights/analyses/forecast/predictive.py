"""Gaussian predictions on the working scale: mean, spread and how errors hang together.

The working scale is the series itself, or its logarithm, made standard. Every model here is
linear there, so that its errors ahead are a moving average of future shocks with weights psi.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

__all__ = [
    "Scale",
    "ahead",
    "differences",
    "error_correlation",
    "error_covariance",
    "extend",
    "naive",
    "seasonal_drift",
]


@dataclass(frozen=True)
class Scale:
    """From values to the working scale and back; without a unit, so 1e-9 and 1e12 are alike."""

    log: bool
    centre: float
    spread: float

    @classmethod
    def of(cls, values: np.ndarray, *, log: bool) -> Scale:
        """Choose centre and spread from the values."""
        g = np.log(values) if log else values
        return cls(log, float(g.mean()), float(g.std()))

    def work(self, values: np.ndarray) -> np.ndarray:
        """Bring values to the working scale."""
        return ((np.log(values) if self.log else values) - self.centre) / self.spread

    def back(self, work: np.ndarray) -> np.ndarray:
        """Bring working values back; medians stay medians."""
        g = work * self.spread + self.centre
        # past e^700 a double overflows; such a forecast is discarded by its caller
        return np.exp(np.minimum(g, 700.0)) if self.log else g


def ahead(values: np.ndarray, origins: np.ndarray, horizon: int) -> np.ndarray:
    """Return what came after each origin; shape (origins, horizon)."""
    return values[origins[:, None] + np.arange(horizon)]


def differences(d: int, seasonal: int, season: int) -> np.ndarray:
    """Coefficients of (1-B)^d (1-B^m)^D, constant first."""
    delta = np.ones(1)
    for _ in range(d):
        delta = np.convolve(delta, [1.0, -1.0])
    for _ in range(seasonal):
        delta = np.convolve(delta, np.concatenate([[1.0], np.zeros(season - 1), [-1.0]]))
    return delta


def extend(z: np.ndarray, steps: np.ndarray, origins: np.ndarray, delta: np.ndarray) -> np.ndarray:
    """Undo the differences `delta`: from forecasts `steps` of the differences to the level.

    Parameters
    ----------
    z, origins
        Series on the working scale; an origin o stands after the first o values.
    steps
        Forecasts of the differenced series; shape (origins, horizon).
    """
    lags = len(delta) - 1
    horizon = steps.shape[1]
    path = np.empty((len(origins), lags + horizon))
    path[:, :lags] = z[origins[:, None] - lags + np.arange(lags)]
    for h in range(horizon):
        past = path[:, h : lags + h] @ delta[:0:-1] if lags else 0.0
        path[:, lags + h] = steps[:, h] - past
    return path[:, lags:]


def error_covariance(psi: np.ndarray) -> np.ndarray:
    """Covariance of the errors 1 … H ahead, from the weights psi_0 … psi_(H-1)."""
    horizon = len(psi)
    lower = np.array(
        [[psi[i - j] if i >= j else 0.0 for j in range(horizon)] for i in range(horizon)]
    )
    return lower @ lower.T


def error_correlation(psi: np.ndarray) -> np.ndarray:
    """Correlation of the errors 1 … H ahead, from the weights psi."""
    shape = error_covariance(psi)
    return shape / np.sqrt(np.outer(np.diag(shape), np.diag(shape)))


def naive(
    z: np.ndarray, origins: np.ndarray, horizon: int, *, kind: str, season: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Forecast by naive, seasonal naive or drift: means, standard deviations, psi.

    The spread at an origin is the root mean square of the one-step errors before it, widened to
    the same coverage by Student's t (Hyndman and Athanasopoulos, Forecasting, section 5.5).
    """
    lag = season if kind == "seasonal_naive" else 1
    steps = np.arange(1, horizon + 1)
    changes = z[lag:] - z[:-lag]
    seen = origins - lag  # changes known at each origin
    slope = (z[origins - 1] - z[0]) / (origins - 1) if kind == "drift" else np.zeros(len(origins))
    squares = np.concatenate([[0.0], np.cumsum(changes**2)])[seen]
    if kind == "drift":
        free = seen - 1
        squares = squares - seen * slope**2
    else:
        free = seen
    sigma = np.sqrt(np.maximum(squares, 0) / free) * student_widening(free)
    reach = lag * ((steps - 1) // lag + 1) - steps  # back from the last value
    mean = z[origins[:, None] - 1 - reach] + slope[:, None] * steps
    psi = (np.arange(horizon) % lag == 0).astype(float)
    width = np.sqrt(np.cumsum(psi**2))
    sd = sigma[:, None] * width
    if kind == "drift":
        sd = sd * np.sqrt(1 + steps / (origins[:, None] - 1))
    return mean, sd, psi


def seasonal_drift(
    z: np.ndarray, origins: np.ndarray, horizon: int, season: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Forecast last season plus the change on it over its last quarter, at least four periods.

    On logarithms that change is a ratio. The spread at an origin is that of the same forecast's
    errors one step ahead before it, with the psi of a level that wanders beside the season.
    """
    steps = np.arange(horizon)
    changes = z[season:] - z[:-season]
    window = min(max(season // 4, min(season, 4)), len(changes))
    sums = np.concatenate([[0.0], np.cumsum(changes)])
    seen = origins - season
    count = np.minimum(window, seen)
    shift = (sums[seen] - sums[seen - count]) / count
    mean = z[origins[:, None] - season + steps % season] + shift[:, None] * (1 + steps // season)
    sd = np.empty_like(mean)
    for row, last in enumerate(seen):
        k = np.arange(1, last)
        few = np.minimum(window, k)
        errors = changes[1:last] - (sums[k] - sums[k - few]) / few
        free = max(last - 2, 1)
        sd[row] = np.sqrt(float(errors @ errors) / free) * student_widening(np.array(free))
    psi = np.concatenate([[1.0], np.full(horizon - 1, 1.0 / window)])
    return mean, sd * np.sqrt(np.cumsum(psi**2)), psi


def student_widening(free: np.ndarray) -> np.ndarray:
    """Ratio of Student's to the normal 90 % point: small samples need wider intervals."""
    return stats.t.ppf(0.95, free) / stats.norm.ppf(0.95)
