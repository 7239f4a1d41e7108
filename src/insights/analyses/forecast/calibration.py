"""Interval widths learned from back-test errors, and the coverage they then reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from insights.analyses.forecast.rolling import Rolling
from insights.analyses.forecast.series import Series
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
# of the values ahead, and of their mean: windows that the usual spread is worth beside those of a
# study, and that spread for 60 values
POINTS, MEANS = (100.0, 0.88), (40.0, 1.0)
LOGARITHMS = 0.75  # usual spread on logarithms, where models exaggerate their errors
SHORTER = 0.1  # power with which the usual spread falls from 30 to 300 values
STUDY = 6.0  # windows that the spread of its study is worth beside those of a series
SHARED = 0.5  # correlation of how large the errors of two series are in the same window
LARGEST = 6.0  # a z-score beyond it counts as this
FREE, SHAPE = 5.0, 10.0  # usual degrees of freedom, and windows that they are worth
UNTESTED = 3.0  # at most, and one more for each window
INNER, OUTER = 0.8, 0.95  # levels at which the errors of a study are held against Student's t
# degrees of freedom from 60 down to 2.2, and the ratio of the two quantiles
_FREE = 1 / np.linspace(1 / 60, 1 / 2.2, 400)
_RATIO = stats.t.ppf(0.5 + OUTER / 2, _FREE) / stats.t.ppf(0.5 + INNER / 2, _FREE)


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
    return Widths(
        spreads(points, windows, usually, rule=POINTS), spreads(means, windows, usually, rule=MEANS)
    )


def usual(series: Series) -> float:
    """Spread of errors that is usual for a series of its length and scale, over that of 60 values.

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

    With m the mean square of a series' z-scores over the usual spread, w its windows and v the
    variance of its study, its variance is (6 v + w m) / (6 + w). That of the study is that of the
    other series, M, in W = Σw / (1 + (n - 1) / 2) windows: (c + W M) / (c + W). Series of a study
    live through the same time, so that more of them say less about another time. How much wider
    large errors are than middling ones is shrunk likewise: see `_shape`; of few windows less is
    known.

    Parameters
    ----------
    scores
        Series id to z-scores, each (origins, …), of the series that were tested.
    windows
        The same to the forecast windows that do not overlap.
    usually
        Every series id to its usual spread over that of 60 values.
    rule
        c, the windows that the usual spread is worth, and that spread for 60 values.
    """
    worth, level = rule
    squares = {
        key: float(np.mean(np.minimum(np.abs(z) / (level * usually[key]), LARGEST) ** 2))
        for key, z in scores.items()
    }
    seen = float(sum(windows[key] for key in scores))
    total = sum(windows[key] * squares[key] for key in scores)
    factor = {}
    for key, typical in usually.items():
        w, m = (windows[key], squares[key]) if key in scores else (0.0, 0.0)
        rest = _apart(seen - w, len(scores) - (key in scores))
        of_others = (total - w * m) / (seen - w) if rest else 1.0
        study = (worth + rest * of_others) / (worth + rest)
        own = (STUDY * study + w * m) / (STUDY + w)
        factor[key] = float(np.sqrt(own)) * level * typical
    stretch, free = _shape({key: z / factor[key] for key, z in scores.items()}, windows)
    return {
        key: Spread(one * stretch, min(free, UNTESTED + windows.get(key, 0.0)))
        for key, one in factor.items()
    }


def _apart(windows: float, series: int) -> float:
    """Windows of so many series together that are worth as many of one."""
    return windows / (1 + max(series - 1, 0) * SHARED)


def _shape(scores: dict[str, np.ndarray], windows: dict[str, float]) -> tuple[float, float]:
    """Student's t of the errors of a study over their spreads: a factor, and degrees of freedom.

    Its 80 and 95 % quantiles are those of the errors, each window worth the same, shrunk on
    logarithms to those of five degrees of freedom.
    """
    share = _apart(sum(windows[key] for key in scores), len(scores))
    share /= share + SHAPE
    usually = stats.t.ppf([0.5 + INNER / 2, 0.5 + OUTER / 2], FREE)
    if not share:
        return 1.0, FREE
    sizes = np.concatenate([np.abs(z).ravel() for z in scores.values()])
    weight = np.concatenate([np.full(z.size, windows[key] / z.size) for key, z in scores.items()])
    order = np.argsort(sizes)
    reached = np.cumsum(weight[order]) - weight[order] / 2
    seen = np.interp([INNER, OUTER], reached / weight.sum(), sizes[order])
    inner, outer = usually ** (1 - share) * np.maximum(seen, 1e-9) ** share
    free = float(np.interp(outer / inner, _RATIO, _FREE))
    return float(inner / stats.t.ppf(0.5 + INNER / 2, free)), free


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
