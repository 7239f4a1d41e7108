"""Whether a series has a season, and the series without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

__all__ = ["Season", "season"]


@dataclass(frozen=True)
class Season:
    """What repeats in a series beside its levels.

    Attributes
    ----------
    effect
        Shape (n,), mean 0 over the series.
    p
        F-test of no season, given the levels.
    """

    effect: np.ndarray
    p: float


def season(values: np.ndarray, columns: np.ndarray, breaks: list[int]) -> Season:
    """Fit what repeats beside levels that change at `breaks`, and test it (F).

    Parameters
    ----------
    values
        Shape (n,), finite.
    columns
        Shape (n, c): indicators or waves of the place in the cycle, without a constant.
    breaks
        Positions of the first value of each further level.

    Notes
    -----
    Ordinary least squares; assumes independent errors of one variance. A constant series has no
    season (p = 1).

    Raises
    ------
    ValueError
        Not more values than the model has terms.
    """
    y = np.asarray(values, float)
    level = np.ones((len(y), 1 + len(breaks)))
    for i, at in enumerate(breaks, start=1):
        level[:, i] = np.arange(len(y)) >= at
    whole = np.hstack([level, columns])
    spare = len(y) - np.linalg.matrix_rank(whole)
    if spare < 1:
        raise ValueError(f"{len(y)} values do not suffice for {whole.shape[1]} terms")
    terms = np.linalg.lstsq(whole, y, rcond=None)[0]
    effect = columns @ terms[level.shape[1] :]
    left = float(np.square(y - whole @ terms).sum())
    without = np.linalg.lstsq(level, y, rcond=None)[0]
    gain = float(np.square(y - level @ without).sum()) - left
    ranks = np.linalg.matrix_rank(whole) - np.linalg.matrix_rank(level)
    if gain <= 1e-12 * max(float(np.square(y).sum()), 1e-300) or not ranks:
        return Season(np.zeros(len(y)), 1.0)
    ratio = (gain / ranks) / (left / spare) if left > 0 else np.inf
    return Season(effect - effect.mean(), float(stats.f.sf(ratio, ranks, spare)))
