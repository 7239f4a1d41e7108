"""Slope of a series whose errors may be anything from white noise to a random walk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from insights.settings import DEFAULT_LEVEL

__all__ = ["LEAST", "Slopes", "slopes"]

LEAST = 30  # values below which the interval was not shown to cover
_MEDIAN = -2.18  # of the Dickey-Fuller statistic with a trend under a unit root
_FAR = 10.0  # statistic beyond which Roy and Fuller's correction is that of a stationary root
_NEAR = 1.5  # distances n^-1/2 within which the sum is set to 1
_EDGE, _FADE = 1.0, 0.7  # widening just beyond that distance, and how fast it fades
_SHORT = 6.0  # widening at 1, times n


@dataclass(frozen=True)
class Slopes:
    """Slope a period of each row with its interval; arrays of shape (rows,).

    Attributes
    ----------
    persistence
        Bias-corrected sum of the autoregressive coefficients of the errors; 1 is a random walk.
    """

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    persistence: np.ndarray


def slopes(
    values: ArrayLike, *, beside: np.ndarray | None = None, level: float = DEFAULT_LEVEL
) -> Slopes:
    """Estimate the slope of a straight line by feasible GLS that is robust to a unit root.

    Perron and Yabu (2009), doi 10.1016/j.jeconom.2009.03.011: the sum of the autoregressive
    coefficients of the detrended series (lags by the modified AIC of Ng and Perron 2001, doi
    10.1111/1468-0262.00256), corrected for its bias (Roy and Fuller 2001, doi
    10.1198/073500101681019891) and set to 1 when it lies near, then least squares on the series
    filtered by that autoregression. The limit is normal for stationary and integrated errors
    alike. Three things differ from the paper: all lags are in the filter, quantiles are Student's,
    and the interval is widened where the sum is 1 (by 6 / n) and where it lies just short of it
    (doubled at 1.5 n^-1/2, fading over .7 n^-1/2), since a random walk may be taken for that.

    Parameters
    ----------
    values
        Shape (n,) or (rows, n), finite, n at least 8 more than the columns.
    beside
        Shape (n, c): what else moves the series, such as indicators of its season, no constant.

    Notes
    -----
    Coverage in simulations: ``docs/methods/forecast.md``. It does not hold for a wandering level
    under much larger noise (moving average near -1), which no finite series tells from noise.
    """
    y = np.atleast_2d(np.asarray(values, float))
    n = y.shape[1]
    line = (np.arange(n) - (n - 1) / 2) / n
    x = np.column_stack([np.ones(n), *([beside] if beside is not None else []), line])
    if n < x.shape[1] + 8:
        raise ValueError(f"{n} values do not suffice for {x.shape[1]} columns")
    spread = y.std(axis=1, keepdims=True)
    z = (y - y.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    rest = z - (z @ np.linalg.pinv(x).T) @ x.T
    exact = rest.std(axis=1) < 1e-9
    # a straight line leaves nothing: any noise does, its error is 0
    rest[exact] = np.random.default_rng(0).normal(size=n)
    most = min(int(12 * (n / 100) ** 0.25), (n - x.shape[1]) // 5)
    lags = _lags(rest, most)
    estimate, half, total = (np.empty(len(y)) for _ in range(3))
    for k in np.unique(lags):
        rows = lags == k
        found = _filtered(z[rows], rest[rows], x, int(k), level)
        estimate[rows], half[rows], total[rows] = found
    line_only = (z[exact] @ np.linalg.pinv(x).T)[:, -1]
    estimate[exact], half[exact] = line_only, 0.0
    estimate, half = (one * spread[:, 0] / n for one in (estimate, half))
    return Slopes(estimate, estimate - half, estimate + half, total)


def _regression(u: np.ndarray, k: int, start: int) -> tuple[np.ndarray, np.ndarray]:
    """Last value and k changes before each value from `start` on, and those values."""
    at, change = np.arange(start, u.shape[1]), np.diff(u, axis=1)
    past = [u[:, at - 1], *(change[:, at - 1 - i] for i in range(1, k + 1))]
    return np.stack(past, axis=2), u[:, at]


def _solved(gram: np.ndarray, right: np.ndarray) -> np.ndarray:
    tiny = 1e-11 * np.trace(gram, axis1=1, axis2=2)[:, None, None] * np.eye(gram.shape[1])
    return np.linalg.solve(gram + tiny, right[..., None])[..., 0]


def _lags(u: np.ndarray, most: int) -> np.ndarray:
    """Number of lagged changes by the modified AIC, on the same values for each number."""
    past, target = _regression(u, most, most + 1)
    gram = np.einsum("rti,rtj->rij", past, past)
    right = np.einsum("rti,rt->ri", past, target)
    n, best, chosen = target.shape[1], np.full(len(u), np.inf), np.zeros(len(u), int)
    for k in range(most + 1):
        c = _solved(gram[:, : k + 1, : k + 1], right[:, : k + 1])
        left = np.square(target).sum(axis=1) - (c * right[:, : k + 1]).sum(axis=1)
        variance = np.maximum(left / n, 1e-12)
        fit = np.square(c[:, 0] - 1) * gram[:, 0, 0] / variance
        criterion = np.log(variance) + 2 * (fit + k) / n
        better = criterion < best - 1e-12
        best, chosen = np.where(better, criterion, best), np.where(better, k, chosen)
    return chosen


def _sum(past: np.ndarray, target: np.ndarray, k: int, n: int) -> np.ndarray:
    """Sum of the coefficients, corrected for its bias: about median-unbiased at 1."""
    gram = np.einsum("rti,rtj->rij", past, past)
    c = _solved(gram, np.einsum("rti,rt->ri", past, target))
    error = target - np.einsum("rti,ri->rt", past, c)
    variance = np.square(error).sum(axis=1) / max(error.shape[1] - k - 1, 1)
    first = np.zeros((len(gram), k + 1))
    first[:, 0] = 1.0
    scale = np.sqrt(np.maximum(variance * _solved(gram, first)[:, 0], 1e-24))
    tau, order, size = (c[:, 0] - 1) / scale, (k + 2) // 2, 3 * n  # a constant and a slope, and 1
    bend = (size - _MEDIAN**2 * (order + n)) / (_MEDIAN * (_FAR + _MEDIAN) * (order + n))
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = order / n * tau - 3 / (tau + bend * (tau + _FAR))
        stationary = order / n * tau - 3 / tau
    places = [tau > _MEDIAN, tau > -_FAR, tau > -np.sqrt(size)]
    shift = np.select(places, [-tau, middle, stationary], 0.0)
    return np.minimum(c[:, 0] + shift * scale, 1.0)


def _filtered(
    z: np.ndarray, u: np.ndarray, x: np.ndarray, k: int, level: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slope (of the last column), half width and sum of rows that take k lagged changes."""
    n = z.shape[1]
    past, target = _regression(u, k, k + 1)
    corrected = _sum(past, target, k, n)
    distance = (1 - corrected) * np.sqrt(n)
    root = np.where(distance < _NEAR, 1.0, corrected)
    polynomial = np.zeros((len(z), k + 2))
    polynomial[:, 0], polynomial[:, 1] = 1.0, -root
    if k:
        changes, rest = past[:, :, 1:], target - root[:, None] * past[:, :, 0]
        gram = np.einsum("rti,rtj->rij", changes, changes)
        zeta = _solved(gram, np.einsum("rti,rt->ri", changes, rest))
        polynomial[:, 1 : k + 1] -= zeta
        polynomial[:, 2:] += zeta
    at = np.arange(k + 1, n)
    y = sum(polynomial[:, [j]] * z[:, at - j] for j in range(k + 2))
    columns = sum(polynomial[:, j, None, None] * x[at - j][None] for j in range(k + 2))
    columns = np.where(np.abs(columns) < 1e-9, 0.0, columns)  # a constant, differenced
    inverse = np.linalg.pinv(
        np.einsum("rti,rtj->rij", columns, columns), rcond=1e-10, hermitian=True
    )
    b = np.einsum("rij,rj->ri", inverse, np.einsum("rti,rt->ri", columns, y))
    error = y - np.einsum("rti,ri->rt", columns, b)
    free = np.maximum(len(at) - k - x.shape[1] + (root == 1) - (root < 1), 3)
    variance = np.square(error).sum(axis=1) / free
    beyond = 1 + _EDGE * np.exp(-(np.maximum(distance, _NEAR) - _NEAR) / _FADE)
    wider = np.where(root == 1, 1 + _SHORT / n, beyond)
    half = wider * stats.t.ppf(0.5 + level / 2, free) * np.sqrt(variance * inverse[:, -1, -1])
    return b[:, -1], half, root
