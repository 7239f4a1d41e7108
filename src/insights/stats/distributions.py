"""Inputs that are not known exactly: each is a quantile function with a mean.

Every draw is made by inverting uniform numbers, so that Monte Carlo, tornado bars and Sobol
indices see one and the same distribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from insights.settings import DEFAULT_LEVEL

__all__ = [
    "Beta",
    "Distribution",
    "Pert",
    "Point",
    "Scaled",
    "SplitNormal",
    "Tabulated",
    "uniforms",
]


class Distribution(Protocol):
    """What a sensitivity needs of an input."""

    @property
    def mean(self) -> float:
        """Return the expected value."""

    def ppf(self, q: ArrayLike) -> np.ndarray:
        """Return the quantiles at `q` in (0, 1), in the shape of `q`."""


_NODES = np.linspace(-7.2, 7.2, 1441)  # normal scores; beyond 1e-12 nobody draws
_STEP = float(_NODES[1] - _NODES[0])
_MANY = 400  # quantiles from which a table of them is worth its making


@lru_cache(maxsize=1024)
def _beta_table(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Exact quantiles of Beta(a, b) at the nodes, and their slopes times the step."""
    knots = special.betaincinv(a, b, special.ndtr(_NODES))
    slopes = np.gradient(knots, edge_order=2)
    slopes[2:-2] = (knots[:-4] - 8 * knots[1:-3] + 8 * knots[3:-1] - knots[4:]) / 12
    return knots, slopes


def _beta_quantiles(a: float, b: float, q: ArrayLike) -> np.ndarray:
    """Quantiles of Beta(a, b); many of them from a cubic between exact ones.

    In the normal score of q a quantile is smooth: the error of the cubic is below 1e-7 standard
    deviations.
    """
    q = np.asarray(q, float)
    if q.size < _MANY:
        return special.betaincinv(a, b, q)
    knots, slopes = _beta_table(a, b)
    place = (np.clip(special.ndtri(q), _NODES[0], _NODES[-1]) - _NODES[0]) / _STEP
    cell = np.minimum(place.astype(np.int64), len(_NODES) - 2)
    t = place - cell
    low, high = knots[cell], knots[cell + 1]
    first, second, rise = slopes[cell], slopes[cell + 1], high - low
    bend = 3 * rise - 2 * first - second + t * (first + second - 2 * rise)
    return np.clip(low + t * (first + t * bend), low, high)


def uniforms(rng: np.random.Generator, n: int) -> np.ndarray:
    """`n` uniform numbers strictly inside (0, 1), so that no quantile is infinite."""
    return np.clip(rng.random(n), 1e-12, 1 - 1e-12)


@dataclass(frozen=True)
class Point:
    """A number taken as known."""

    value: float

    @property
    def mean(self) -> float:
        """Return the number itself."""
        return self.value

    def ppf(self, q: ArrayLike) -> np.ndarray:
        """Return the number, in the shape of `q`."""
        return np.full(np.shape(q), self.value)


@dataclass(frozen=True)
class Pert:
    """Least, most likely and greatest value, as a Beta stretched over [low, high].

    Mean (low + 4 mode + high) / 6; shapes 1 + 4 (mode - low) / (high - low) and
    1 + 4 (high - mode) / (high - low). Malcolm et al. (1959), doi 10.1287/opre.7.5.646.
    """

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.mode <= self.high or self.low == self.high:
            raise ValueError(
                f"low <= mode <= high and low < high are needed, got {self.low:g}, "
                f"{self.mode:g}, {self.high:g}"
            )

    @property
    def mean(self) -> float:
        """Return (low + 4 mode + high) / 6."""
        return (self.low + 4 * self.mode + self.high) / 6

    def ppf(self, q: ArrayLike) -> np.ndarray:
        """Return the quantiles at `q`."""
        width = self.high - self.low
        a = 1 + 4 * (self.mode - self.low) / width
        b = 1 + 4 * (self.high - self.mode) / width
        return self.low + width * _beta_quantiles(a, b, q)


@dataclass(frozen=True)
class Beta:
    """A share: Beta(a, b)."""

    a: float
    b: float

    def __post_init__(self) -> None:
        if self.a <= 0 or self.b <= 0:
            raise ValueError(f"both shapes must be above 0, got {self.a:g} and {self.b:g}")

    @classmethod
    def from_mean(cls, mean: float, weight: float) -> Beta:
        """Beta with this mean that counts as `weight` observations: .4 and 5 give Beta(2, 3)."""
        if not 0 < mean < 1:
            raise ValueError(f"the mean of a Beta lies in (0, 1), got {mean:g}")
        return cls(mean * weight, (1 - mean) * weight)

    @classmethod
    def from_counts(cls, successes: float, n: float) -> Beta:
        """What `successes` in `n` tell about a share, from Jeffreys' prior Beta(1/2, 1/2)."""
        if not 0 <= successes <= n:
            raise ValueError(f"successes must lie between 0 and n, got {successes:g} of {n:g}")
        return cls(successes + 0.5, n - successes + 0.5)

    @property
    def mean(self) -> float:
        """Return a / (a + b)."""
        return self.a / (self.a + self.b)

    def ppf(self, q: ArrayLike) -> np.ndarray:
        """Return the quantiles at `q`."""
        return _beta_quantiles(self.a, self.b, q)


@dataclass(frozen=True)
class SplitNormal:
    """An estimate with an interval that may be lopsided, and may reach below zero.

    Half a normal on either side of the median, scaled so that low and high are the quantiles
    of the stated level. Nothing is cut off at zero: an estimate that cannot be told from
    nothing keeps its probability of being nothing, or less.
    """

    median: float
    low: float
    high: float
    level: float = DEFAULT_LEVEL

    def __post_init__(self) -> None:
        if not self.low <= self.median <= self.high:
            raise ValueError(
                f"low <= estimate <= high is needed, got {self.median:g} "
                f"[{self.low:g}, {self.high:g}]"
            )

    @property
    def _scales(self) -> tuple[float, float]:
        z = float(special.ndtri(0.5 + self.level / 2))
        return (self.median - self.low) / z, (self.high - self.median) / z

    @property
    def mean(self) -> float:
        """Return median + (upper scale - lower scale) / sqrt(2 pi)."""
        below, above = self._scales
        return self.median + (above - below) / float(np.sqrt(2 * np.pi))

    def ppf(self, q: ArrayLike) -> np.ndarray:
        """Return the quantiles at `q`."""
        below, above = self._scales
        z = special.ndtri(np.asarray(q, float))
        return self.median + z * np.where(z < 0, below, above)


@dataclass(frozen=True)
class Scaled:
    """Another distribution times a factor, kept within [least, most]."""

    base: Distribution
    factor: float
    least: float = -np.inf
    most: float = np.inf

    @property
    def mean(self) -> float:
        """Return the factor times the mean, within the bounds (exact while none of them bites)."""
        return float(np.clip(self.base.mean * self.factor, self.least, self.most))

    def ppf(self, q: ArrayLike) -> np.ndarray:
        """Return the quantiles at `q`, for a factor of at least 0."""
        return np.clip(self.base.ppf(q) * self.factor, self.least, self.most)


@dataclass(frozen=True, eq=False)
class Tabulated:
    """Probabilities of values in ascending order, spread evenly between one and the next.

    Attributes
    ----------
    values
        Ascending, shape (k,), k at least 2.
    chance
        Probability around each of them, shape (k,), summing to 1.
    """

    values: np.ndarray
    chance: np.ndarray

    def __post_init__(self) -> None:
        if self.values.size < 2 or np.any(np.diff(self.values) < 0):
            raise ValueError("two values or more are needed, in ascending order")
        if np.any(self.chance < 0) or not np.isclose(self.chance.sum(), 1.0):
            raise ValueError("probabilities must be at least 0 and sum to 1")

    @property
    def mean(self) -> float:
        """Return the expected value."""
        return float(self.values @ self.chance)

    def ppf(self, q: ArrayLike) -> np.ndarray:
        """Return the quantiles at `q`."""
        below = np.cumsum(self.chance) - self.chance / 2
        return np.interp(np.asarray(q, float), below, self.values)
