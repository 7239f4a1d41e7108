"""Means of records that come in clusters: whoever wrote ten times is one source of chance.

The variance of an estimate is the sum over clusters (writers) of their squared influence, but for
one that carries much of it alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from insights.settings import DEFAULT_LEVEL

__all__ = ["Mean", "cluster_interval", "cluster_mean", "votes_apart"]


@dataclass(frozen=True)
class Mean:
    """A mean with its interval; not-a-number where it cannot be told."""

    mean: float
    low: float
    high: float
    n: int


def cluster_mean(values: np.ndarray, clusters: np.ndarray, level: float = DEFAULT_LEVEL) -> Mean:
    """Mean with an interval that treats each cluster as one unit.

    Student's t, with the clusters less one degrees of freedom where all are of a size.
    """
    n = len(values)
    if n == 0:
        return Mean(np.nan, np.nan, np.nan, 0)
    mean = float(values.mean())
    code = np.unique(clusters, return_inverse=True)[1]
    size = np.bincount(code)
    groups = len(size)
    if groups < 2:
        return Mean(mean, np.nan, np.nan, n)
    about = values - mean
    variance, free = _variance(about / n, np.full(n, 1 / n), about, code, size / n)
    half = float(special.stdtrit(free, 0.5 + level / 2)) * np.sqrt(variance)
    return Mean(mean, mean - half, mean + half, n)


def votes_apart(values: np.ndarray, clusters: np.ndarray, level: float = DEFAULT_LEVEL) -> Mean:
    """Mean with one vote a record less the mean with one vote a cluster, with its interval."""
    code = np.unique(clusters, return_inverse=True)[1]
    size = np.bincount(code)
    groups, n = len(size), len(values)
    if groups < 2:
        return Mean(np.nan, np.nan, np.nan, n)
    by_record = float(values.mean())
    by_cluster = float((np.bincount(code, values) / size).mean())
    loads = 1 / n - 1 / (groups * size[code])
    influence = (values - by_record) / n - (values - by_cluster) / (groups * size[code])
    variance, free = _variance(influence, loads, values - by_cluster, code, size / n)
    half = float(special.stdtrit(free, 0.5 + level / 2)) * float(np.sqrt(variance))
    gap = by_record - by_cluster
    return Mean(gap, gap - half, gap + half, n)


def cluster_interval(
    estimate: float,
    influence: np.ndarray,
    loads: np.ndarray,
    rest: np.ndarray,
    clusters: np.ndarray,
    level: float,
    freedom: float = np.inf,
    windows: np.ndarray | None = None,
    dispersion: float = 1.0,
) -> tuple[float, float, float]:
    """Interval and two-sided p of no difference from 0, from influences summed by cluster."""
    code = np.unique(clusters, return_inverse=True)[1]
    groups = int(code.max()) + 1 if len(code) else 0
    if groups < 2 or freedom < 1:
        return np.nan, np.nan, np.nan
    pull = np.zeros(groups)
    if groups < len(code):
        side = np.zeros(len(code)) if windows is None else windows
        for window in np.unique(side):
            size = np.bincount(code[side == window], minlength=groups)
            pull = np.maximum(pull, np.maximum(size - 1, 0) / size.sum())
    variance, free = _variance(influence, loads, rest, code, pull)
    error = float(np.sqrt(dispersion * variance))
    degrees = min(freedom, free)
    half = float(special.stdtrit(degrees, 0.5 + level / 2)) * error
    p = float(2 * special.stdtr(degrees, -abs(estimate) / error)) if error > 0 else np.nan
    return estimate - half, estimate + half, p


def _variance(
    influence: np.ndarray, loads: np.ndarray, rest: np.ndarray, code: np.ndarray, pull: np.ndarray
) -> tuple[float, float]:
    """Variance of a sum over clusters, and its degrees of freedom (at least 1).

    A cluster draws the estimate to itself by its share `pull` of the records, so its sum is too
    small, by a factor that is known once ρ is. One cluster's squared sum says little of its
    variance, so one that carries a part λ of the whole counts by (1 - λ)² of its square and the
    rest of what is usual for a cluster of its size: with the loads a, ρ (Σ a)² + (1 - ρ) Σ a²
    times the variance between clusters, the intraclass correlation ρ taken from the variance
    within them. Degrees of freedom after Satterthwaite
    (1946, doi 10.2307/3002019), at most the clusters less one.
    """
    size = np.bincount(code)
    groups = len(size)
    mean = np.bincount(code, rest) / size
    square = np.bincount(code, np.square(rest)) / size
    whole = float(square.mean() - mean.mean() ** 2)
    alike = 0.0
    if groups < len(code):
        inside = float((size * (square - np.square(mean))).sum()) / (len(code) - groups)
        alike = float(np.clip(1 - inside / whole, 0, 1)) if whole > 0 else 1.0
    part = alike * np.square(np.bincount(code, loads))
    part += (1 - alike) * np.bincount(code, np.square(loads))
    carried = part / part.sum() if part.sum() > 0 else np.full(groups, 1 / groups)
    usual = whole * groups / max(groups - 1, 1) * part
    alone = np.square(1 - carried)
    least = np.maximum(carried, pull)
    drawn = np.square(1 - pull) + np.where(
        pull > 0, np.square(pull) * (1 / np.maximum(least, 1e-12) - 1), 0.0
    )
    square = np.square(np.bincount(code, influence)) / np.where(drawn > 0, drawn, 1.0)
    variance = float((alone * square + (1 - alone) * usual).sum())
    noise = float(np.square(alone * carried).sum())
    free = 1 / noise - 1 if noise > 0 else 1.0
    return variance, float(np.clip(free, 1, max(groups - 1, 1)))
