"""Empirical Bayes: estimates pulled to their common mean by as much as they are noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

__all__ = ["Shrunken", "shrink"]


@dataclass(frozen=True)
class Shrunken:
    """Estimates after shrinkage.

    Attributes
    ----------
    mean
        Posterior means, shape (k,).
    weight
        Share of each estimate's distance from the common mean that is kept, 0-1.
    common
        The mean that estimates are pulled to.
    between
        Standard deviation of the true values, as estimated.
    """

    mean: np.ndarray
    weight: np.ndarray
    common: float
    between: float


def shrink(estimate: ArrayLike, se: ArrayLike) -> Shrunken:
    """Posterior means of normal estimates whose true values are Normal(common, between²).

    The largest of several noisy estimates is too large on average (the optimiser's curse: Smith
    and Winkler 2006, doi 10.1287/mnsc.1050.0451); these means are not. `between` is Paule and
    Mandel's (1982, doi 10.6028/jres.087.022) moment estimate; fewer than three estimates cannot
    show how far true values differ, and raise.
    """
    x, s = np.asarray(estimate, float), np.asarray(se, float)
    if x.size < 3:
        raise ValueError(f"shrinkage needs at least 3 estimates, got {x.size}")
    if np.any(s < 0) or not np.all(np.isfinite(x) & np.isfinite(s)):
        raise ValueError("estimates must be finite and standard errors at least 0")
    scale = float(np.ptp(x)) or 1.0  # so that the currency does not matter to the solver
    floor = (s / scale) ** 2 + 1e-18
    between = _between(x / scale, floor)
    total = floor + between
    common = float(np.sum(x / total) / np.sum(1 / total))
    weight = between / total
    return Shrunken(common + weight * (x - common), weight, common, float(between**0.5) * scale)


def _between(x: np.ndarray, variance: np.ndarray) -> float:
    """Variance at which the weighted sum of squares about the mean equals k - 1; 0 if none."""

    def excess(between: float) -> float:
        w = 1 / (variance + between)
        return float(np.sum(w * (x - np.sum(w * x) / np.sum(w)) ** 2)) - (x.size - 1)

    if excess(0.0) <= 0:
        return 0.0
    return float(optimize.brentq(excess, 0.0, float(np.ptp(x)) ** 2 + 1.0, xtol=1e-14))
