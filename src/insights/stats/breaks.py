"""Changes of level in a series of periods, and the limits of a stable process."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Break", "Limits", "level_breaks", "process_limits"]

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
class Limits:
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
    each side is searched. Places are settled anew between their neighbours, and their interval is
    the quantiles of the place found in 499 series made of the two levels and resampled residuals
    (Antoch and Hušková 1999). Assumes values that are exchangeable between two breaks: trends
    and strong autocorrelation look like breaks.

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


def process_limits(values: ArrayLike) -> Limits:
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
    return Limits(centre, centre - half, centre + half, outside, run)


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
    start, at, end = ends
    part, place = x[start:end], at - start
    before, after = part[:place], part[place:]
    first = before.mean() + rng.choice(before - before.mean(), (_DRAWS, len(before)))
    second = after.mean() + rng.choice(after - after.mean(), (_DRAWS, len(after)))
    found = _contrast(np.hstack([first, second])).argmax(axis=1) + _LEAST
    tail = 0.5 - level / 2
    low = int(np.quantile(found, tail, method="lower"))
    high = int(np.quantile(found, 1 - tail, method="higher"))
    return Break(
        at=at,
        low=start + min(low, place),
        high=start + max(high, place),
        before=float(before.mean()),
        after=float(after.mean()),
        p=_tested(part, rng)[2],
    )
