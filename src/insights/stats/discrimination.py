"""How well a number tells two groups apart."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from insights.result import Estimate
from insights.settings import DEFAULT_LEVEL

__all__ = ["area_under_curve", "area_with_interval", "level_scores"]


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


def area_with_interval(
    score: np.ndarray, outcome: np.ndarray, level: float = DEFAULT_LEVEL
) -> Estimate:
    """Area under the curve with DeLong's interval; of both groups there must be one.

    DeLong, DeLong and Clarke-Pearson (1988), doi 10.2307/2531595, on the logit scale so that the
    bounds stay within 0 and 1.
    """
    seen = np.asarray(outcome, bool)
    area = area_under_curve(score, seen)
    m, n = int(seen.sum()), int((~seen).sum())
    rank = stats.rankdata(score)
    above = (rank[seen] - stats.rankdata(score[seen])) / n
    below = 1 - (rank[~seen] - stats.rankdata(score[~seen])) / m
    variance = sum(v.var(ddof=1) / len(v) if len(v) > 1 else 0.25 for v in (above, below))
    safe = min(max(area, 0.5 / (m + n)), 1 - 0.5 / (m + n))
    half = stats.norm.ppf(0.5 + level / 2) * np.sqrt(variance) / (safe * (1 - safe))
    low, high = special.expit(special.logit(safe) + np.array([-half, half]))
    return Estimate(area, float(min(low, area)), float(max(high, area)), level, m + n)


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
        inside, rest = fold == k, fold != k
        count = np.bincount(codes[rest], minlength=levels)
        ones = np.bincount(codes[rest], weights=seen[rest], minlength=levels)
        share = seen[rest].mean() if rest.any() else 0.5
        score[inside] = ((ones + 0.5 * share) / (count + 0.5))[codes[inside]]
    return score
