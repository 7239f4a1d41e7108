"""Intervals for shares, means and scores: arrays in, numbers out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from insights.result import Estimate
from insights.settings import DEFAULT_LEVEL

__all__ = ["mean_t", "newcombe", "nps", "wilson", "wilson_bounds"]


def wilson_bounds(
    successes: ArrayLike, n: ArrayLike, level: float = DEFAULT_LEVEL
) -> tuple[np.ndarray, np.ndarray]:
    """Score interval of a share, elementwise; not-a-number where n is 0.

    Parameters
    ----------
    successes, n
        Counts, broadcast against each other.
    level
        Confidence level in (0, 1).

    Notes
    -----
    Wilson (1927), doi 10.1080/01621459.1927.10502953; 81 of 263 gives .2553 to .3662
    (Newcombe 1998, doi 10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E).
    """
    k, m = np.broadcast_arrays(np.asarray(successes, float), np.asarray(n, float))
    if not 0 < level < 1:
        raise ValueError(f"level must lie in (0, 1), got {level}")
    if np.any((k < 0) | (k > m)):
        raise ValueError("successes must lie between 0 and n")
    z = stats.norm.ppf(0.5 + level / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = k / m
        centre = (share + z**2 / (2 * m)) / (1 + z**2 / m)
        half = z / (1 + z**2 / m) * np.sqrt(share * (1 - share) / m + z**2 / (4 * m**2))
    # rounding must never put the share outside its own interval
    low = np.where(k == 0, 0.0, np.minimum(centre - half, share))
    high = np.where(k == m, 1.0, np.maximum(centre + half, share))
    empty = m == 0
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


def wilson(successes: int, n: int, level: float = DEFAULT_LEVEL) -> Estimate:
    """Share of `n` with its score interval; raises when n is 0."""
    if n <= 0:
        raise ValueError("a share needs n of at least 1")
    low, high = wilson_bounds(successes, n, level)
    return Estimate(successes / n, float(low), float(high), level, int(n))


def newcombe(
    first: tuple[int, int], second: tuple[int, int], level: float = DEFAULT_LEVEL
) -> Estimate:
    """Difference of two shares, first minus second, each given as (successes, n).

    Newcombe's hybrid score interval (method 10), doi
    10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    """
    a, b = wilson(*first, level), wilson(*second, level)
    difference = a.estimate - b.estimate
    low = difference - np.hypot(a.estimate - a.low, b.high - b.estimate)
    high = difference + np.hypot(a.high - a.estimate, b.estimate - b.low)
    return Estimate(difference, float(low), float(high), level, a.n + b.n)


def mean_t(values: ArrayLike, level: float = DEFAULT_LEVEL) -> Estimate:
    """Mean with Student's interval; the bounds are not-a-number below two values."""
    x = np.asarray(values, float)
    x = x[np.isfinite(x)]
    if x.size == 0:
        raise ValueError("a mean needs at least one finite value")
    mean = float(x.mean())
    if x.size == 1:
        return Estimate(mean, np.nan, np.nan, level, 1)
    half = stats.t.ppf(0.5 + level / 2, x.size - 1) * x.std(ddof=1) / np.sqrt(x.size)
    return Estimate(mean, float(mean - half), float(mean + half), level, int(x.size))


def nps(promoters: int, detractors: int, n: int, level: float = DEFAULT_LEVEL) -> Estimate:
    """Net promoter score on -1 to 1 with the adjusted Wald interval.

    Three observations are added, 3/4 promoters and 3/4 detractors (Rocks 2016, doi
    10.1080/00031305.2016.1158124): 15 promoters and 5 detractors of 30 give an interval of
    .048 to .558 around an adjusted .303; the raw score .333 is the estimate returned.
    """
    if n <= 0 or promoters < 0 or detractors < 0 or promoters + detractors > n:
        raise ValueError("promoters and detractors must be counts within n")
    p, d = (promoters + 0.75) / (n + 3), (detractors + 0.75) / (n + 3)
    half = stats.norm.ppf(0.5 + level / 2) * np.sqrt((p + d - (p - d) ** 2) / (n + 3))
    raw = (promoters - detractors) / n
    low, high = min(p - d - half, raw), max(p - d + half, raw)
    return Estimate(raw, float(max(low, -1)), float(min(high, 1)), level, int(n))
