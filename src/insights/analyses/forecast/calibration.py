"""Interval widths learned from back-test errors, and the coverage they then reach."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from insights.analyses.forecast.rolling import Rolling
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
WINDOWS = 10.0  # of a study, after which what was seen weighs as much as the nominal width
OWN_WINDOWS = 4.0  # of a series, after which its own errors weigh as much as those of the study
SHARED = 0.25  # correlation of how large the errors of two series are in the same window
MANY = 5  # series from which factors are cross-fitted by series
FOLDS = 10  # at most, of series
CLIP = 4.0  # z-scores beyond it count as this in the spread of one series
FLOOR = 0.1  # of that spread
# of the mean ahead: what its errors usually are over what a model predicts, and the windows that
# this is worth for a study and for a series
MEAN_SPREAD, MEAN_WINDOWS, MEAN_FREE = 1.2, 10.0, 4.0
MEAN_CLIP = 8.0  # z-scores beyond it count as this


@dataclass(frozen=True)
class Spread:
    """Spread of the error of the mean ahead over the predicted one, with degrees of freedom."""

    factor: float = MEAN_SPREAD
    free: float = MEAN_FREE

    def at(self, level: float) -> float:
        """Half-width of an interval in predicted standard deviations."""
        return float(self.factor * stats.t.ppf(0.5 + level / 2, self.free))


@dataclass(frozen=True)
class Widths:
    """Half-widths in predicted standard deviations: one row a level, one column a step ahead.

    Attributes
    ----------
    half
        Of a series whose errors are as large as those of the study; shape (levels, horizon).
    own
        Series id to the factor on them for that series.
    size
        Log spread of the z-scores of a typical series of the study.
    spread, means
        Of the mean ahead of a series that was not tested, and of each that was.
    """

    half: np.ndarray
    own: dict[str, float] = field(default_factory=dict)
    size: float = 0.0
    spread: Spread = field(default_factory=Spread)
    means: dict[str, Spread] = field(default_factory=dict)

    def of(self, key: str) -> Widths:
        """Half-widths of one series."""
        spread = self.means.get(key, self.spread)
        return Widths(self.half * self.own.get(key, 1.0), size=self.size, spread=spread)

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


def learn(errors: dict[str, np.ndarray], windows: dict[str, float], horizon: int) -> Widths:
    """Learn the factor on the nominal width for each level and half of the horizon, and by series.

    The factor of the study is the quantile of the absolute z-scores, each over the factor of its
    own series, over the normal quantile. The factor of a series is the spread of its z-scores over
    that of a typical series. Both are pulled on the log scale towards 1: that of a series by the
    weight w / (w + 4) with w its windows, that of the study by W / (W + 10) with
    W = sum of w / (1 + (n - 1) / 4). Series of a study live through the same time, so that more of
    them say less and less about another.

    Parameters
    ----------
    errors
        Series id to z-scores, each (origins, steps).
    windows
        Series id to the forecast windows that do not overlap.
    """
    half = _nominal(horizon)
    if not errors:
        return Widths(half)
    size = float(np.mean([_size(z) for z in errors.values()]))
    many = len(errors) > 1
    own = {key: _own(z, windows[key], size) if many else 1.0 for key, z in errors.items()}
    even = [
        np.abs(z) / (_without(z, windows[key], size)[:, None] if many else 1.0)
        for key, z in errors.items()
    ]
    weight = _weight([windows[key] for key in errors])
    nominal = stats.norm.ppf(0.5 + np.array(LEVELS) / 2)
    for near in (True, False):
        scores = np.concatenate([z[:, _near(z.shape[1]) == near].ravel() for z in even])
        if scores.size >= 20:
            raw = np.maximum(np.quantile(scores, LEVELS) / nominal, 0.2)
            half[:, _near(horizon) == near] *= (raw**weight)[:, None]
    half = np.maximum.accumulate(half * [[1.0], [1.0001], [1.0002]], axis=0)
    return Widths(half, own, size)


def spreads(scores: dict[str, np.ndarray], windows: dict[str, float]) -> dict[str, Spread]:
    """Spread of the error of the mean ahead of each series, and under '' of one not tested.

    The variance of a series is drawn from an inverse chi-square around that of its study, and that
    of the study around a usual one, so that the error is Student's t (Gelman et al. 2013, Bayesian
    Data Analysis, section 2.6): variance (c·v + w·m) / (c + w) with m the mean square of its
    z-scores, w its windows, v the variance of the others of the study; c + w degrees of freedom.

    Parameters
    ----------
    scores
        Series id to z-scores of the mean ahead, each (origins,).
    windows
        Series id to the forecast windows that do not overlap.
    """
    squares = {key: float(np.mean(np.minimum(np.abs(z), MEAN_CLIP) ** 2)) for key, z in
               scores.items()}  # fmt: skip
    found = {}
    for key in [*scores, ""]:
        others = [other for other in scores if other != key]
        variance = MEAN_SPREAD**2
        if others:
            seen = np.array([windows[other] for other in others])
            worth = _worth(list(seen))
            mean = float(np.average([squares[other] for other in others], weights=seen))
            variance = (MEAN_WINDOWS * variance + worth * mean) / (MEAN_WINDOWS + worth)
        w = windows.get(key, 0.0)
        own = (MEAN_FREE * variance + w * squares.get(key, 0.0)) / (MEAN_FREE + w)
        found[key] = Spread(float(np.sqrt(own)), MEAN_FREE + w)
    return found


def achieved_mean(rolls: list[Rolling], model: str, level: float) -> dict[str, np.ndarray]:
    """Which means ahead lay inside their intervals, learned without their third of the origins."""
    tested = {one.series.series_id: one for one in rolls if model in one.past}
    scores = {key: one.mean_scores(model) for key, one in tested.items()}
    windows = {key: one.windows * 2 / 3 for key, one in tested.items()}
    third = {key: np.arange(len(z)) * 3 // len(z) for key, z in scores.items()}
    found = {key: np.zeros(len(z), bool) for key, z in scores.items()}
    for one in range(3):
        learned = spreads({key: z[third[key] != one] for key, z in scores.items()}, windows)
        for key, z in scores.items():
            held = third[key] == one
            found[key][held] = np.abs(z[held]) <= learned[key].at(level)
    return found


def _nominal(horizon: int) -> np.ndarray:
    """Half-widths of normal errors; shape (levels, horizon)."""
    return np.tile(stats.norm.ppf(0.5 + np.array(LEVELS) / 2)[:, None], (1, horizon))


def _weight(windows: list[float]) -> float:
    """Weight of what a study saw in the windows of its series, which share their time."""
    worth = _worth(windows)
    return worth / (worth + WINDOWS)


def _worth(windows: list[float]) -> float:
    """Windows of independent series that those of a study are worth."""
    return float(sum(windows) / (1 + (len(windows) - 1) * SHARED))


def _size(z: np.ndarray) -> float:
    """Log root mean square of z-scores, single large ones bounded."""
    return float(np.log(max(np.sqrt(np.mean(np.minimum(np.abs(z), CLIP) ** 2)), FLOOR)))


def _own(z: np.ndarray, windows: float, size: float) -> float:
    """Factor of one series: its spread over that of a typical one, pulled towards 1."""
    return float(np.exp(windows / (windows + OWN_WINDOWS) * (_size(z) - size)))


def _without(z: np.ndarray, windows: float, size: float) -> np.ndarray:
    """Factor of one series at each origin, from the other two thirds of its origins."""
    third = np.arange(len(z)) * 3 // len(z)
    rest = [_own(z[third != one], windows * 2 / 3, size) for one in range(3)]
    return np.array(rest)[third]


def _near(horizon: int) -> np.ndarray:
    """Which steps lie in the first half of a horizon; weekly and monthly series share factors."""
    return np.arange(horizon) < (horizon + 1) // 2


def achieved(rolls: list[Rolling], model: str) -> dict[str, np.ndarray]:
    """Which outcomes lay inside the intervals, with widths learned without them.

    With five or more series the factors of the study come from other series (in up to ten folds),
    and that of the series from other thirds of its origins. With fewer, both come from the other
    thirds of all origins.

    Returns series id → booleans of shape (levels, origins, horizon).
    """
    tested = {one.series.series_id: one for one in rolls if model in one.past}
    scores = {key: one.z_scores(model) for key, one in tested.items()}
    windows = {key: one.windows for key, one in tested.items()}
    horizon = max((z.shape[1] for z in scores.values()), default=0)
    across = _by_series if len(scores) >= MANY else _by_time
    return across(scores, windows, horizon)


def _by_series(
    scores: dict[str, np.ndarray], windows: dict[str, float], horizon: int
) -> dict[str, np.ndarray]:
    keys, found = list(scores), {}
    folds = min(len(keys), FOLDS)
    for fold in range(folds):
        held = keys[fold::folds]
        widths = learn({k: scores[k] for k in keys if k not in held}, windows, horizon)
        for key in held:
            z = scores[key]
            own = _without(z, windows[key], widths.size)
            found[key] = _inside(z, widths.half[:, None, : z.shape[1]] * own[:, None])
    return {key: found[key] for key in keys}


def _by_time(
    scores: dict[str, np.ndarray], windows: dict[str, float], horizon: int
) -> dict[str, np.ndarray]:
    found = {key: np.zeros((len(LEVELS), *z.shape), bool) for key, z in scores.items()}
    third = {key: np.arange(len(z)) * 3 // len(z) for key, z in scores.items()}
    fewer = {key: count * 2 / 3 for key, count in windows.items()}
    for one in range(3):
        widths = learn({k: z[third[k] != one] for k, z in scores.items()}, fewer, horizon)
        for key, z in scores.items():
            half = widths.of(key).half[:, None, : z.shape[1]]
            found[key][:, third[key] == one] = _inside(z[third[key] == one], half)
    return found


def _inside(z: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Whether z-scores lie within half-widths; shape (levels, origins, steps)."""
    return np.abs(z)[None] <= half


def coverage(hits: list[np.ndarray], dates: int, level: int) -> Estimate | None:
    """Share of outcomes inside, with Wilson's interval on the number of distinct dates."""
    cells = np.concatenate([hit[level].ravel() for hit in hits]) if hits else np.empty(0)
    if not cells.size or dates < 1:
        return None
    share = float(cells.mean())
    found = wilson(round(share * dates), dates)
    return Estimate(share, min(found.low, share), max(found.high, share), found.level, dates)
