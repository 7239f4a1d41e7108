"""How far people who labelled the same units agree, beyond what chance would make."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from insights.result import Estimate
from insights.settings import DEFAULT_LEVEL

__all__ = ["Metric", "krippendorff"]

Metric = Literal["nominal", "ordinal", "interval"]
_DRAWS = 999


def krippendorff(
    values: ArrayLike,
    rng: np.random.Generator,
    metric: Metric = "nominal",
    *,
    level: float = DEFAULT_LEVEL,
) -> Estimate:
    """Reliability of labels: 1 is perfect, 0 is chance; any number of labellers, gaps allowed.

    1 - D_o / D_e over the matrix of coincidences (Krippendorff 2011, Computing Krippendorff's
    Alpha-Reliability, https://repository.upenn.edu/asc_papers/43), with the percentile interval
    of 999 bootstrap draws of whole units (Zapf et al. 2016, doi 10.1186/s12874-016-0200-9). `n`
    is the number of units that two or more labelled. Alpha is not-a-number where no unit was
    labelled twice or every label is the same: without variation agreement cannot be told from
    chance; so are its bounds where hardly a draw varies.

    Parameters
    ----------
    values
        Shape (units, labellers); numbers in the order of the classes, not-a-number where a
        labeller passed the unit over. A unit that fewer than two labelled counts for nothing.
    metric
        How far apart two labels are: the same or not, ranks, or the numbers themselves.
    """
    units, scale = _coincidences(values)
    n = len(units)
    centre = float(_alpha(units.sum(axis=0)[None], scale, metric)[0])
    if n < 2 or not np.isfinite(centre):
        return Estimate(centre, np.nan, np.nan, level, n)
    weight = rng.multinomial(n, np.full(n, 1 / n), _DRAWS)
    drawn = _alpha(np.tensordot(weight, units, axes=1), scale, metric)
    if np.isfinite(drawn).mean() < 0.5:
        return Estimate(centre, np.nan, np.nan, level, n)
    low, high = np.nanquantile(drawn, [0.5 - level / 2, 0.5 + level / 2])
    return Estimate(centre, float(min(low, centre)), float(max(high, centre)), level, n)


def _coincidences(values: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of labels within each unit labelled twice, (units, k, k); and the k values."""
    x = np.asarray(values, float)
    if x.ndim != 2:
        raise ValueError(f"values must be units by labellers, got {x.ndim} dimensions")
    scale = np.unique(x[np.isfinite(x)])
    count = (x[:, :, None] == scale).sum(axis=1).astype(float)
    count = count[count.sum(axis=1) >= 2]
    pairs = count[:, :, None] * count[:, None, :]
    pairs -= count[:, :, None] * np.eye(len(scale))
    return pairs / (count.sum(axis=1) - 1)[:, None, None], scale


def _alpha(pairs: np.ndarray, scale: np.ndarray, metric: Metric) -> np.ndarray:
    """Alpha of each matrix of coincidences, (draws, k, k) to (draws,)."""
    marginal = pairs.sum(axis=1)
    n = marginal.sum(axis=1)
    apart = _apart(marginal, scale, metric)
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = (pairs * apart).sum(axis=(1, 2)) / n
        expected = (marginal[:, :, None] * marginal[:, None, :] * apart).sum(axis=(1, 2))
        expected = expected / (n * (n - 1))
        return np.where(expected > 0, 1 - observed / expected, np.nan)


def _apart(marginal: np.ndarray, scale: np.ndarray, metric: Metric) -> np.ndarray:
    """Squared distance of each two labels; (draws or 1, k, k)."""
    if metric == "nominal":
        return (1.0 - np.eye(len(scale)))[None]
    if metric == "interval":
        return np.square(scale[:, None] - scale)[None]
    middle = np.cumsum(marginal, axis=1) - marginal / 2  # labels up to the middle of each value
    return np.square(middle[:, :, None] - middle[:, None, :])
