"""Interval widths learned from back-test errors, and the coverage they then reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from insights.analyses.forecast.rolling import Rolling
from insights.result import Estimate
from insights.stats.intervals import wilson

__all__ = ["LEVELS", "Widths", "achieved", "coverage", "learn"]

LEVELS = (0.5, 0.8, 0.95)
PRIOR = (1.0, 1.0, 1.0)  # factors before any error is seen
PRIOR_WINDOWS = 20.0  # how many forecast windows the prior weighs
MANY = 5  # series from which factors are cross-fitted by series


@dataclass(frozen=True)
class Widths:
    """Half-widths in predicted standard deviations: one row a level, one column a step ahead."""

    half: np.ndarray

    def at(self, level: float) -> np.ndarray:
        """Half-widths of any level, between the learned ones; shape (horizon,)."""
        z = stats.norm.ppf(0.5 + np.array(LEVELS) / 2)
        target = stats.norm.ppf(0.5 + level / 2)
        if target >= z[-1]:
            return self.half[-1] * target / z[-1]
        grid = np.concatenate([[0.0], z])
        return np.array([np.interp(target, grid, [0.0, *column]) for column in self.half.T])

    @property
    def factor(self) -> np.ndarray:
        """Learned 80 % width over the nominal one; shape (horizon,)."""
        return self.half[1] / stats.norm.ppf(0.9)


def learn(errors: list[np.ndarray], windows: float, horizon: int) -> Widths:
    """Learn the factor on the nominal width for each level, apart for near and far steps.

    The factor is the quantile of the absolute z-scores over the normal one, pulled on the log
    scale towards the prior by `PRIOR_WINDOWS / (PRIOR_WINDOWS + windows)`.

    Parameters
    ----------
    errors
        One array of z-scores a series, each (origins, steps).
    windows
        Forecast windows that do not overlap, over all series.
    """
    nominal = stats.norm.ppf(0.5 + np.array(LEVELS) / 2)
    weight = windows / (windows + PRIOR_WINDOWS)
    factors = np.tile(np.array(PRIOR)[:, None], (1, horizon))
    for near in (True, False):
        pooled = [np.abs(z[:, _near(z.shape[1]) == near]).ravel() for z in errors]
        scores = np.concatenate(pooled) if pooled else np.empty(0)
        if scores.size < 20:
            continue
        raw = np.maximum(np.quantile(scores, LEVELS) / nominal, 0.2)
        pulled = np.exp(weight * np.log(raw) + (1 - weight) * np.log(PRIOR))
        factors[:, _near(horizon) == near] = pulled[:, None]
    half = np.maximum.accumulate(factors * nominal[:, None] * [[1.0], [1.0001], [1.0002]], axis=0)
    return Widths(half)


def _near(horizon: int) -> np.ndarray:
    """Which steps lie in the first half of a horizon; weekly and monthly series share factors."""
    return np.arange(horizon) < (horizon + 1) // 2


def _folds(rolls: list[Rolling]) -> list[list[tuple[int, slice]]]:
    """Parts held out together: whole series when there are many, else thirds of the origins."""
    if len(rolls) >= MANY:
        return [[(i, slice(None))] for i in range(len(rolls))]
    folds: list[list[tuple[int, slice]]] = []
    for third in range(3):
        fold = []
        for i, one in enumerate(rolls):
            k = len(one.origins)
            fold.append((i, slice(third * k // 3, (third + 1) * k // 3)))
        folds.append(fold)
    return folds


def achieved(rolls: list[Rolling], model: str) -> dict[str, np.ndarray]:
    """Which outcomes lay inside the intervals, with widths learned without them.

    Returns series id → booleans of shape (levels, origins, horizon).
    """
    rolls = [one for one in rolls if model in one.past]
    scores = [one.z_scores(model) for one in rolls]
    inside = [np.zeros((len(LEVELS), *z.shape), bool) for z in scores]
    for fold in _folds(rolls):
        held = dict(fold)
        rest, windows = [], 0.0
        for i, z in enumerate(scores):
            keep = np.ones(len(z), bool)
            keep[held.get(i, slice(0))] = False
            if keep.any():
                rest.append(z[keep])
                windows += rolls[i].windows * float(keep.mean())
        for i, part in fold:
            widths = learn(rest, windows, rolls[i].series.horizon)
            z = np.abs(scores[i][part])
            inside[i][:, part] = z[None] <= widths.half[:, None, :]
    return {one.series.series_id: hit for one, hit in zip(rolls, inside, strict=True)}


def coverage(hits: list[np.ndarray], dates: int, level: int) -> Estimate | None:
    """Share of outcomes inside, with Wilson's interval on the number of distinct dates."""
    cells = np.concatenate([hit[level].ravel() for hit in hits]) if hits else np.empty(0)
    if not cells.size or dates < 1:
        return None
    share = float(cells.mean())
    found = wilson(round(share * dates), dates)
    return Estimate(share, min(found.low, share), max(found.high, share), found.level, dates)
