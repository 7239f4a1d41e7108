"""Interval widths learned from back-test errors, and the coverage they then reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from insights.analyses.forecast.rolling import Rolling
from insights.analyses.forecast.screening import Series
from insights.result import Estimate
from insights.stats.intervals import wilson

__all__ = [
    "LEVELS",
    "Spread",
    "Widths",
    "achieved",
    "achieved_mean",
    "coverage",
    "learn",
    "spreads",
]

LEVELS = (0.5, 0.8, 0.95)
# what the usual spread is worth beside the windows of a study, and z-scores beyond which one
# counts as this: of the values ahead, and of their mean
POINTS, MEANS = (100.0, 6.0), (40.0, 6.0)
FREE = 3.0  # the same beside the windows of a series: degrees of freedom without any
SHARED = 0.25  # correlation of how large the errors of two series are in the same window
LOGARITHMS = 0.55  # usual spread on logarithms, where models exaggerate their errors
SHORTER = 0.1  # power with which the usual spread falls from 30 to 300 values; 1 at 60


@dataclass(frozen=True)
class Spread:
    """Spread of errors over the predicted one, and degrees of freedom of its Student's t."""

    factor: float = 1.0
    free: float = FREE

    def at(self, level: float) -> float:
        """Half-width of an interval in predicted standard deviations."""
        return float(self.factor * stats.t.ppf(0.5 + level / 2, self.free))


@dataclass(frozen=True)
class Widths:
    """Spread of a model's errors by series id: of the values ahead, and of their mean."""

    points: dict[str, Spread]
    means: dict[str, Spread]


def learn(rolls: list[Rolling], model: str) -> Widths:
    """Learn from the back-test errors of a model how wide its intervals have to be."""
    tested = [one for one in rolls if model in one.past]
    windows = {one.series.series_id: one.windows for one in tested}
    usually = {one.series.series_id: usual(one.series) for one in rolls}
    points = {one.series.series_id: one.z_scores(model) for one in tested}
    means = {one.series.series_id: one.mean_scores(model) for one in tested}
    return Widths(spreads(points, windows, usually), spreads(means, windows, usually, rule=MEANS))


def usual(series: Series) -> float:
    """Spread of errors over the predicted one that is usual for a series of its length and scale.

    Models of few values are worse than they say, and those on logarithms better.
    """
    length = float(np.clip(len(series.values), 30, 300))
    return (LOGARITHMS if series.log else 1.0) * (length / 60) ** -SHORTER


def spreads(
    scores: dict[str, np.ndarray],
    windows: dict[str, float],
    usually: dict[str, float],
    *,
    rule: tuple[float, float] = POINTS,
) -> dict[str, Spread]:
    """Spread of the errors of each series, its own errors shrunk to its study's, they to the usual.

    The variance of a series is drawn from a scaled inverse chi-square around that of its study, so
    that an error is Student's t (Gelman et al. 2013, Bayesian Data Analysis, section 2.6): with m
    the mean square of its z-scores over the usual, w its windows and v the variance of the study,
    the variance is (3 v + w m) / (3 + w) with 3 + w degrees of freedom. That of the study is that
    of the other series, M, in W = Σw / (1 + (n - 1) / 4) windows: (c + W M) / (c + W). Series of
    a study live through the same time, so that more of them say less about another time.

    Parameters
    ----------
    scores
        Series id to z-scores, each (origins, …), of the series that were tested.
    windows
        The same to the forecast windows that do not overlap.
    usually
        Every series id to its usual spread.
    rule
        c, and the bound of a z-score.
    """
    usual_windows, clip = rule
    squares = {
        key: float(np.mean(np.minimum(np.abs(z) / usually[key], clip) ** 2))
        for key, z in scores.items()
    }
    seen = float(sum(windows[key] for key in scores))
    total = sum(windows[key] * squares[key] for key in scores)
    found = {}
    for key, typical in usually.items():
        w, m = (windows[key], squares[key]) if key in scores else (0.0, 0.0)
        others = len(scores) - (key in scores)
        worth = (seen - w) / (1 + max(others - 1, 0) * SHARED)
        of_others = (total - w * m) / (seen - w) if others else 1.0
        study = (usual_windows + worth * of_others) / (usual_windows + worth)
        own = (FREE * study + w * m) / (FREE + w)
        found[key] = Spread(float(np.sqrt(own)) * typical, FREE + w)
    return found


def achieved(rolls: list[Rolling], model: str) -> dict[str, np.ndarray]:
    """Which outcomes lay inside the intervals, with widths learned without their third of origins.

    Returns series id → booleans of shape (levels, origins, horizon).
    """
    return _crossed(rolls, model, lambda one: one.z_scores(model), POINTS)


def achieved_mean(rolls: list[Rolling], model: str) -> dict[str, np.ndarray]:
    """Which means ahead lay inside theirs; booleans of shape (levels, origins)."""
    return _crossed(rolls, model, lambda one: one.mean_scores(model), MEANS)


def _crossed(
    rolls: list[Rolling],
    model: str,
    scored: Callable[[Rolling], np.ndarray],
    rule: tuple[float, float],
) -> dict[str, np.ndarray]:
    tested = {one.series.series_id: one for one in rolls if model in one.past}
    scores = {key: scored(one) for key, one in tested.items()}
    usually = {key: usual(one.series) for key, one in tested.items()}
    fewer = {key: one.windows * 2 / 3 for key, one in tested.items()}
    third = {key: np.arange(len(z)) * 3 // len(z) for key, z in scores.items()}
    found = {key: np.zeros((len(LEVELS), *z.shape), bool) for key, z in scores.items()}
    for part in range(3):
        rest = {key: z[third[key] != part] for key, z in scores.items()}
        learned = spreads(rest, fewer, usually, rule=rule)
        for key, z in scores.items():
            held = third[key] == part
            for row, level in enumerate(LEVELS):
                found[key][row, held] = np.abs(z[held]) <= learned[key].at(level)
    return found


def coverage(hits: list[np.ndarray], dates: int, level: int) -> Estimate | None:
    """Share of outcomes inside, with Wilson's interval on the number of distinct dates."""
    cells = np.concatenate([hit[level].ravel() for hit in hits]) if hits else np.empty(0)
    if not cells.size or dates < 1:
        return None
    share = float(cells.mean())
    found = wilson(round(share * dates), dates)
    return Estimate(share, min(found.low, share), max(found.high, share), found.level, dates)
