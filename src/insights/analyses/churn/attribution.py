"""How many leavers, and how much revenue, go with a topic: g-computation on the fitted hazard."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
from scipy import stats
from scipy.special import expit

from insights.result import Estimate

__all__ = ["attached", "chances", "shapley"]

_EXACT = 8  # topics on one row up to which every order is counted


def attached(
    x: np.ndarray,
    coef: np.ndarray,
    cov: np.ndarray,
    columns: list[int],
    weights: np.ndarray,
    level: float,
) -> Estimate:
    """Return sum_i weights_i (p_i as observed - p_i with `columns` set to 0), delta method.

    Only rows where one of the columns is not 0 can differ. The interval carries the
    uncertainty of the coefficients; the customers observed are taken as they are. Robins
    (1986), doi 10.1016/0270-0255(86)90088-6.
    """
    touched = np.flatnonzero((x[:, columns] != 0).any(axis=1) & np.isfinite(weights))
    seen = x[touched]
    off = seen.copy()
    off[:, columns] = 0.0
    with_topic, without = expit(seen @ coef), expit(off @ coef)
    weight = weights[touched]
    total = float(weight @ (with_topic - without))
    slope = (weight * with_topic * (1 - with_topic)) @ seen
    slope = slope - (weight * without * (1 - without)) @ off
    half = stats.norm.ppf(0.5 + level / 2) * float(np.sqrt(max(slope @ cov @ slope, 0.0)))
    return Estimate(total, total - half, total + half, level, len(touched))


def chances(x: np.ndarray, coef: np.ndarray, column: int, *, months: float) -> tuple[float, float]:
    """Mean chance of leaving within `months` where `column` is on, and the same with it off.

    1 - (1 - p)^months at the monthly hazard of the row: the exposure and everything held equal
    are kept as they are in that month.
    """
    seen = x[x[:, column] != 0]
    off = seen.copy()
    off[:, column] = 0.0
    within = [1 - (1 - expit(rows @ coef)) ** months for rows in (seen, off)]
    return float(within[0].mean()), float(within[1].mean())


def shapley(
    x: np.ndarray,
    coef: np.ndarray,
    cov: np.ndarray,
    columns: list[int],
    weights: np.ndarray,
    level: float,
) -> list[Estimate]:
    """Share the total of `attached` among its columns, so that the parts sum; delta method.

    Each row's difference is shared among the topics on that row by Shapley's value, the mean
    gain over all orders of switching them on (Shapley 1953); rows with more than 8 topics are
    shared equally, which sums as well.
    """
    active = x[:, columns] != 0
    rows = np.flatnonzero(active.any(axis=1) & np.isfinite(weights))
    patterns, which = np.unique(active[rows], axis=0, return_inverse=True)
    value, slope = np.zeros(len(columns)), np.zeros((len(columns), len(coef)))
    for k, pattern in enumerate(patterns):
        mine = rows[which.ravel() == k]
        places = [columns[c] for c in np.flatnonzero(pattern)]
        off = x[mine].copy()
        off[:, places] = 0.0
        for on, share in _orders(places):
            eta = off @ coef + coef[list(on)].sum()
            p = expit(eta)
            total = float(weights[mine] @ p)
            lean = weights[mine] * p * (1 - p)
            grade = lean @ off
            grade[list(on)] += lean.sum()
            for place, factor in zip(places, share, strict=True):
                topic = columns.index(place)
                value[topic] += factor * total
                slope[topic] += factor * grade
    z = stats.norm.ppf(0.5 + level / 2)
    half = z * np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", slope, cov, slope), 0.0))
    exposed = active[rows].sum(axis=0)
    return [
        Estimate(float(v), float(v - h), float(v + h), level, int(n))
        for v, h, n in zip(value, half, exposed, strict=True)
    ]


def _orders(places: list[int]) -> list[tuple[tuple[int, ...], list[float]]]:
    """Sets of topics switched on, and the factor with which each topic's share counts it."""
    m = len(places)
    if m > _EXACT:
        return [(tuple(places), [1 / m] * m), ((), [-1 / m] * m)]
    found = []
    for size in range(m + 1):
        for on in combinations(places, size):
            share = [
                factorial(size - 1) * factorial(m - size) / factorial(m)
                if place in on
                else -factorial(size) * factorial(m - size - 1) / factorial(m)
                for place in places
            ]
            found.append((on, share))
    return found
