"""How well a number tells two groups apart."""

from __future__ import annotations

import numpy as np
from scipy import stats

__all__ = ["area_under_curve", "level_scores"]


def area_under_curve(score: np.ndarray, outcome: np.ndarray) -> float:
    """Chance that a unit with the outcome scores above one without, ties counting half.

    Not-a-number when all or none have the outcome (Mann and Whitney 1947).
    """
    seen = np.asarray(outcome, bool)
    ones = int(seen.sum())
    if not 0 < ones < len(seen):
        return float("nan")
    rank = stats.rankdata(score)
    return float((rank[seen].sum() - ones * (ones + 1) / 2) / (ones * (len(seen) - ones)))


def level_scores(codes: np.ndarray, outcome: np.ndarray, folds: int = 5) -> np.ndarray:
    """Share with the outcome among others of the same level, each row scored by other rows.

    Rows are dealt to folds in turn; a row's own fold does not take part in its score, so that
    levels of one row tell nothing. Shares are drawn towards the overall one by half a row.
    """
    seen = np.asarray(outcome, float)
    levels = int(codes.max()) + 1 if len(codes) else 0
    fold = np.arange(len(codes)) % folds
    score = np.empty(len(codes))
    for k in range(folds):
        mine, rest = fold == k, fold != k
        count = np.bincount(codes[rest], minlength=levels)
        ones = np.bincount(codes[rest], weights=seen[rest], minlength=levels)
        share = seen[rest].mean() if rest.any() else 0.5
        score[mine] = ((ones + 0.5 * share) / (count + 0.5))[codes[mine]]
    return score
