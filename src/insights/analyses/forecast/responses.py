"""What an outlier, a level shift or a change of trend does to the shocks of an ARIMA."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, signal

from insights.analyses.forecast.arima import Arima

__all__ = ["KINDS", "RAMPS", "Family", "ModelEvent", "families", "scan"]

KINDS = ("outlier", "level shift", "trend change")
RAMPS = (1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 32)  # periods that a level shift may take


@dataclass(frozen=True)
class ModelEvent:
    """One event: its place, its kind, its size on the working scale and its t value.

    The size of a trend change is that of the slope, a period. A level shift takes `periods`, from
    its place on, and its size is the whole of it. `fit` and `shocks` are the model it
    was judged by and what that leaves without the events.
    """

    place: int
    kind: str
    size: float
    t: float
    fit: Arima | None = None
    shocks: np.ndarray | None = None
    periods: int = 1

    @property
    def end(self) -> int:
        """Place at which the event is complete."""
        return self.place + self.periods - 1


@dataclass(frozen=True)
class Family:
    """Events of one kind and length at every place: effect on the shocks, and where it may be."""

    kind: str
    periods: int
    effect: np.ndarray
    usable: np.ndarray

    def best(self, shocks: np.ndarray) -> tuple[ModelEvent, float]:
        """Event with the largest t value, and the factor by which such values spread too much.

        Sums of shocks that hang together spread more than their number says, so the t values of
        shifts that take long are held against their own robust spread where that is above 1.
        """
        size, t = scan(shocks, self.effect)
        place = int(np.argmax(np.where(self.usable, np.abs(t), 0.0)))
        wide = 1.4826 * float(np.median(np.abs(t[self.usable]))) if self.periods > 1 else 1.0
        event = ModelEvent(
            place, self.kind, float(size[place]), float(t[place]), periods=self.periods
        )
        return event, max(wide, 1.0)


def _whitened(change: np.ndarray, fit: Arima, polynomials) -> np.ndarray:
    """Turn an effect on the level into its effect on the shocks."""
    ar, ma = polynomials
    delta = fit.delta
    stationary = np.convolve(change, delta)[len(delta) - 1 : len(change)]
    return signal.lfilter(ar, ma, stationary)


def _responses(n: int, fit: Arima, polynomials, kind: str, periods: int = 1) -> np.ndarray:
    """Effect of a unit event at each place on the shocks; shape (places, shocks).

    A trend change starts with its place: the new slope has moved the value there by one unit. It
    is taken beside a straight line through everything, which is no change of anything. A level
    shift of several periods is a straight line over them.
    """
    after = np.arange(1.0, n + 1)
    change = {
        "outlier": (after == 1) * 1.0,
        "level shift": np.minimum(after / periods, 1.0),
        "trend change": after,
    }[kind]
    ar, ma = polynomials
    lags = len(fit.delta) - 1
    effect = signal.lfilter(ar, ma, np.convolve(change, fit.delta)[:n])
    # row p holds the effect from p on; the first lags are lost to differences
    found = linalg.toeplitz(np.r_[effect[0], np.zeros(n - 1)], effect)[:, lags:]
    return _beside_a_line(found, n, fit, polynomials) if kind == "trend change" else found


def families(n: int, fit: Arima, season: int) -> list[Family]:
    """Every kind, and every length of a level shift, with its effect and its usable places."""
    sigma, polynomials, lags = (
        float(np.sqrt(fit.estimates[-1])),
        fit.polynomials(),
        len(fit.delta) - 1,
    )
    usable = _usable(n, lags, season)
    found = []
    for kind in KINDS:
        for periods in RAMPS if kind == "level shift" else (1,):
            if periods > max(n // 10, 1):
                continue
            effect = _responses(n, fit, polynomials, kind, periods) / sigma
            # the new level is to be seen after a shift is over
            places = usable[kind] & (np.arange(n) <= n - 3 - periods if periods > 1 else True)
            found.append(Family(kind, periods, effect, places))
    return found


def _beside_a_line(responses: np.ndarray, n: int, fit: Arima, polynomials) -> np.ndarray:
    """Take out of responses what a constant and a steady slope would do to the shocks."""
    line = [
        _whitened(np.ones(n), fit, polynomials),
        _whitened(np.arange(n) * 1.0, fit, polynomials),
    ]
    # differences turn a constant, or both, into rounding errors
    there = [row for row in line if np.abs(row).max() > 1e-8]
    if not there:
        return responses
    basis = np.linalg.qr(np.array(there).T)[0]
    return responses - responses @ basis @ basis.T


def scan(shocks: np.ndarray, responses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least-squares size and t value of an event at every place (Chen and Liu 1993)."""
    sums = (responses**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = responses @ shocks / sums
        # spread from the median, which the events themselves do not widen
        spread = 1.4826 * np.median(np.abs(shocks - np.median(shocks)))
        t = size * np.sqrt(sums) / spread
    usable = sums > 1e-8
    return np.where(usable, size, 0.0), np.where(usable, t, 0.0)


def _usable(n: int, lags: int, season: int) -> dict[str, np.ndarray]:
    """Places at which each kind may be found: the first season is learning.

    A shift needs values on both sides, else it is an outlier; a slope needs more of them, a
    season on each side.
    """
    inside, apart = np.arange(n), max(season, 8)
    return {
        "outlier": inside >= lags,
        "level shift": (inside >= max(lags, max(season, 4) // 2)) & (inside <= n - 4),
        "trend change": (inside >= max(lags, apart)) & (inside <= n - apart),
    }
