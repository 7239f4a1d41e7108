"""Weights that give respondents the margins of the population they answer for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from insights.result import Estimate
from insights.settings import DEFAULT_LEVEL

__all__ = ["Raked", "rake", "weighted_mean"]

_ROUNDS = 500
_CLOSE = 1e-8


@dataclass(frozen=True)
class Raked:
    """Weights of mean 1, shape (n,), and whether every margin was met."""

    weights: np.ndarray
    settled: bool

    @property
    def design_effect(self) -> float:
        """Factor by which unequal weights widen a variance (Kish 1965): n Σw² / (Σw)²."""
        return float(len(self.weights) * np.square(self.weights).sum() / self.weights.sum() ** 2)


def rake(codes: Sequence[np.ndarray], targets: Sequence[np.ndarray]) -> Raked:
    """Fit weights to the margins in turn until all hold (Deming and Stephan 1940).

    doi 10.1214/aoms/1177731829. A value that no respondent has cannot be weighted up: the others
    of its margin share its part.

    Parameters
    ----------
    codes
        One array (n,) a margin: the value of each respondent, from 0.
    targets
        One array a margin: share of each value in the population.
    """
    n = len(codes[0])
    weights = np.ones(n)
    worst = np.inf
    for _ in range(_ROUNDS):
        worst = 0.0
        for code, target in zip(codes, targets, strict=True):
            have = np.bincount(code, weights, minlength=len(target))
            want = np.where(have > 0, target, 0.0)
            factor = np.divide(want * n / want.sum(), have, out=np.ones(len(want)), where=have > 0)
            worst = max(worst, float(np.abs(factor[have > 0] - 1).max()))
            weights = weights * factor[code]
        if worst < _CLOSE:
            break
    return Raked(weights * n / weights.sum(), worst < 1e-4)


def weighted_mean(
    values: np.ndarray, raked: Raked, codes: Sequence[np.ndarray], level: float = DEFAULT_LEVEL
) -> Estimate:
    """Mean with raked weights, its variance from the residuals about the margins.

    A raked mean is as precise as a regression on the margins (Deville and Särndal 1992, doi
    10.1080/01621459.1992.10475217), so what the margins explain is no error. Student's interval
    with n less the terms degrees of freedom; not-a-number bounds where there are none.
    """
    w, n = raked.weights, len(values)
    mean = float(w @ values / w.sum())
    columns = [np.ones((n, 1))]
    columns += [(c[:, None] == np.unique(c)[1:]).astype(float) for c in codes]
    design = np.hstack(columns)
    root = np.sqrt(w)[:, None]
    terms = np.linalg.lstsq(root * design, root[:, 0] * values, rcond=None)[0]
    spare = n - int(np.linalg.matrix_rank(design))
    if spare < 1:
        return Estimate(mean, np.nan, np.nan, level, n)
    rest = w * (values - design @ terms) / w.sum()
    error = np.sqrt(np.square(rest).sum() * n / spare)
    half = float(stats.t.ppf(0.5 + level / 2, spare) * error)
    return Estimate(mean, mean - half, mean + half, level, n)
