"""Changes of level in a series of periods, and the limits of a stable process."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Break", "ProcessLimits", "level_breaks", "one_break", "process_limits"]

_LEAST = 3  # values on each side of a break
_DRAWS = 499
_XMR = 2.66  # 3 / 1.128: mean moving range to three standard deviations (Wheeler 1993)
_RUN = 8


@dataclass(frozen=True)
class Break:
    """A change of level.

    Attributes
    ----------
    at, low, high
        Position of the first value of the new level, with its interval.
    before, after
        Mean on each side, up to the neighbouring breaks.
    p
        From permutations of the values between the neighbouring breaks.
    """

    at: int
    low: int
    high: int
    before: float
    after: float
    p: float


@dataclass(frozen=True)
class ProcessLimits:
    """Centre and natural limits of an individuals chart, and the values that signal."""

    centre: float
    low: float
    high: float
    outside: np.ndarray
    run: np.ndarray


def level_breaks(
    values: ArrayLike, rng: np.random.Generator, *, alpha: float = 0.05, level: float = 0.95
) -> list[Break]:
    """Find changes of the mean, in order; none where chance could have made them.

    Binary segmentation (Vostrikova 1981): the split with the largest standardised difference of
    means is kept if at most `alpha` of 499 permutations of the values give as large a one, then
    each side is searched. Places are settled anew between their neighbours; their interval is the
    shortest stretch of places that holds `level` of the posterior probability (Smith 1975), which
    covers better and is shorter than that of a bootstrap of residuals. Assumes values that are
    exchangeable between two breaks: trends and strong autocorrelation look like breaks.

    No estimator finds the exact place more often than exp(-2 Σ Φ(-δ√k / 2) / k), k from 1, for a
    break of δ standard deviations far from the ends, were both levels known: 64 % at δ = 2, 86 %
    at 3, 95 % at 4 (Spitzer 1956, doi 10.1090/S0002-9947-1956-0079851-X, for the random walk of
    log-likelihoods; Hinkley 1970, doi 10.1093/biomet/57.1.1).

    Parameters
    ----------
    values
        Shape (n,), finite, in order of time.
    """
    x = np.asarray(values, float)
    if not np.isfinite(x).all():
        raise ValueError("values must be finite; leave out periods that are not known")
    places = _search(x, 0, len(x), alpha, rng)
    for _ in range(2):
        ends = [0, *places, len(x)]
        places = [ends[i - 1] + _best(x[ends[i - 1] : ends[i + 1]])[0] for i in _inner(ends)]
    ends = [0, *places, len(x)]
    return [_break(x, (ends[i - 1], ends[i], ends[i + 1]), rng, level) for i in _inner(ends)]


def one_break(values: ArrayLike, *, level: float = 0.95) -> Break | None:
    """Place a change of the mean that is known to be there, once; `p` is not-a-number.

    Nothing where the values are too few (fewer than six) or all the same. Place and interval as in
    `level_breaks`; nothing is tested, so a series without a change gets a place all the same.
    """
    x = np.asarray(values, float)
    if len(x) < 2 * _LEAST or np.ptp(x) == 0:
        return None
    at, _ = _best(x)
    return _placed(x, (0, at, len(x)), np.nan, level)


def process_limits(values: ArrayLike) -> ProcessLimits:
    """Centre ± 2.66 mean moving ranges; a value outside, or the eighth on one side, signals.

    Wheeler (1993), Understanding Variation. Not-a-number values are passed over.
    """
    x = np.asarray(values, float)
    known = x[np.isfinite(x)]
    if known.size < 2:
        raise ValueError(f"limits need at least 2 values, got {known.size}")
    centre = float(known.mean())
    half = _XMR * float(np.abs(np.diff(known)).mean())
    side = np.sign(np.where(np.isfinite(x), x, centre) - centre)
    run, last, length = np.zeros(len(x), bool), 0.0, 0
    for i in np.flatnonzero(np.isfinite(x)):
        length = length + 1 if side[i] == last and side[i] != 0 else 1
        last = side[i]
        run[i] = length >= _RUN
    outside = np.isfinite(x) & (np.abs(x - centre) > half)
    return ProcessLimits(centre, centre - half, centre + half, outside, run)


def _inner(ends: list[int]) -> range:
    return range(1, len(ends) - 1)


def _search(x: np.ndarray, start: int, end: int, alpha: float, rng: np.random.Generator) -> list:
    part = x[start:end]
    if len(part) < 2 * _LEAST or np.ptp(part) == 0:
        return []
    at, _, p = _tested(part, rng)
    if p > alpha:
        return []
    middle = start + at
    return [
        *_search(x, start, middle, alpha, rng),
        middle,
        *_search(x, middle, end, alpha, rng),
    ]


def _tested(part: np.ndarray, rng: np.random.Generator) -> tuple[int, float, float]:
    at, size = _best(part)
    shuffled = rng.permuted(np.tile(part, (_DRAWS, 1)), axis=1)
    p = (1 + np.sum(_contrast(shuffled).max(axis=1) >= size - 1e-12)) / (_DRAWS + 1)
    return at, size, float(p)


def _contrast(rows: np.ndarray) -> np.ndarray:
    """Standardised difference of means at every split; shape (rows, splits)."""
    n = rows.shape[1]
    left = np.arange(_LEAST, n - _LEAST + 1)
    total = np.cumsum(rows - rows.mean(axis=1, keepdims=True), axis=1)[:, left - 1]
    return np.abs(total) / np.sqrt(left * (n - left) / n)


def _best(part: np.ndarray) -> tuple[int, float]:
    contrast = _contrast(part[None])[0]
    return int(contrast.argmax()) + _LEAST, float(contrast.max())


def _break(
    x: np.ndarray, ends: tuple[int, int, int], rng: np.random.Generator, level: float
) -> Break:
    return _placed(x, ends, _tested(x[ends[0] : ends[2]], rng)[2], level)


def _placed(x: np.ndarray, ends: tuple[int, int, int], p: float, level: float) -> Break:
    start, at, end = ends
    part, place = x[start:end], at - start
    low, high = _shortest(_chances(part), level)
    return Break(
        at=at,
        low=start + min(low + _LEAST, place),
        high=start + max(high + _LEAST, place),
        before=float(part[:place].mean()),
        after=float(part[place:].mean()),
        p=p,
    )


def _chances(part: np.ndarray) -> np.ndarray:
    """Posterior probability of each split, shape (splits,).

    Every split as likely beforehand, flat levels, 1 / σ for the spread (Smith 1975, doi
    10.1093/biomet/62.2.407): (k (n - k))^-½ RSS_k^-(n-2)/2.
    """
    n = len(part)
    left = np.arange(_LEAST, n - _LEAST + 1)
    whole = float(np.square(part - part.mean()).sum())
    rest = np.maximum(whole - np.square(_contrast(part[None])[0]), 1e-12 * whole)
    log = -0.5 * np.log(left * (n - left)) - (n - 2) / 2 * np.log(rest)
    chance = np.exp(log - log.max())
    return chance / chance.sum()


def _shortest(chance: np.ndarray, level: float) -> tuple[int, int]:
    """First and last position of the shortest stretch that holds `level` of the probability."""
    total = np.r_[0.0, np.cumsum(chance)]
    best = (0, len(chance) - 1)
    for first in range(len(chance)):
        last = int(np.searchsorted(total, total[first] + level - 1e-12)) - 1
        if last < len(chance) and last - first < best[1] - best[0]:
            best = (first, last)
    return best
