"""Resampling by whole units, and samples that change little when their frame grows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from insights.result import Estimate
from insights.settings import DEFAULT_LEVEL

__all__ = ["bootstrap", "cluster_weights", "stable_sample"]


def cluster_weights(clusters: ArrayLike, rng: np.random.Generator) -> np.ndarray:
    """How often each row is drawn when whole clusters are drawn with replacement; shape (n,)."""
    _, code = np.unique(np.asarray(clusters), return_inverse=True)
    count = code.max() + 1
    return np.bincount(rng.integers(0, count, count), minlength=count)[code]


def bootstrap(
    statistic: Callable[[np.ndarray], float],
    n: int,
    rng: np.random.Generator,
    *,
    draws: int = 999,
    level: float = DEFAULT_LEVEL,
) -> Estimate:
    """Percentile interval of `statistic(rows)`, where rows are positions 0 … n-1.

    Efron and Tibshirani (1993), chapter 13. The estimate is the statistic of all rows.
    """
    if n < 2:
        raise ValueError(f"a bootstrap needs at least 2 rows, got {n}")
    values = np.array([statistic(rng.integers(0, n, n)) for _ in range(draws)])
    low, high = np.nanquantile(values, [0.5 - level / 2, 0.5 + level / 2])
    centre = float(statistic(np.arange(n)))
    return Estimate(centre, float(min(low, centre)), float(max(high, centre)), level, n)


def stable_sample(texts: Sequence[str], size: int, *, seed: int) -> np.ndarray:
    """Draw `size` of the distinct texts by their content; sorted positions.

    Taken are the texts with the smallest keyed hashes: a uniform sample that does not depend on
    order, and of which a share p / (1 + p) changes when the table grows by a share p (bottom-k
    sampling; Cohen and Kaplan 2007, doi 10.1145/1281100.1281133).
    """
    if len(texts) <= size:
        return np.arange(len(texts))
    key = f"{seed}".encode()
    hashes = [hashlib.blake2b(text.encode(), digest_size=8, key=key).digest() for text in texts]
    value = np.frombuffer(b"".join(hashes), ">u8")
    return np.sort(np.argsort(value, kind="stable")[:size])
