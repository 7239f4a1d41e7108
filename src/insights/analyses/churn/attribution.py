"""How many leavers, and how much revenue, go with a topic: g-computation on the fitted hazard."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from math import factorial

import numpy as np
from scipy import stats
from scipy.special import expit

from insights.result import Estimate

__all__ = ["Odds", "attributable", "chances", "shapley"]

_EXACT = 8  # topics on one row up to which every order is counted


@dataclass(frozen=True)
class Odds:
    """A fitted hazard, read as log odds of each row and what each topic adds to them.

    Attributes
    ----------
    x
        Design, shape (n, p).
    coef, cov
        Coefficients, shape (p,), and their covariance, shape (p, p).
    columns
        Places of the topics in the design.
    chance
        Chance that each row is truly exposed to each topic, shape (n, len(columns)), where labels
        are wrong at a known rate: a topic then multiplies the odds by 1 + chance (e^coef - 1)
        (Prentice 1982). None when the design says what each row is exposed to.
    offset
        What is known of the log odds of each row (its exposure), shape (n,).
    """

    x: np.ndarray
    coef: np.ndarray
    cov: np.ndarray
    columns: list[int]
    chance: np.ndarray | None = None
    offset: np.ndarray | None = None

    def touched(self, topics: list[int]) -> np.ndarray:
        """Which rows each topic (a place in `columns`) adds to; bool, shape (n, len(topics))."""
        if self.chance is not None:
            return self.chance[:, topics] > 0
        return self.x[:, [self.columns[k] for k in topics]] != 0

    def at(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Log odds (m,), what each topic adds (m, topics), and slopes by coefficient (m, p)."""
        slope = np.array(self.x[rows], float)
        own = self.coef[self.columns]
        rest = self.coef.copy()
        rest[self.columns] = 0.0
        eta = slope @ rest + (0.0 if self.offset is None else self.offset[rows])
        if self.chance is None:
            gain = slope[:, self.columns] * own
        else:
            likely = self.chance[rows]
            factor = 1 + likely * np.expm1(own)
            gain = np.log(factor)
            slope[:, self.columns] = likely * np.exp(own) / factor
        return eta + gain.sum(axis=1), gain, slope

    def half(self, slopes: np.ndarray, level: float) -> np.ndarray:
        """Half widths of the intervals of sums with these slopes, delta method."""
        variance = np.einsum("ij,jk,ik->i", slopes, self.cov, slopes)
        return stats.norm.ppf(0.5 + level / 2) * np.sqrt(np.maximum(variance, 0.0))


def attributable(odds: Odds, topics: list[int], weights: np.ndarray, level: float) -> Estimate:
    """Return sum_i weights_i (p_i as observed - p_i with `topics` off), delta method.

    Only rows that one of the topics touches can differ. The interval carries the uncertainty of
    the coefficients; the customers observed are taken as they are. Robins (1986), doi
    10.1016/0270-0255(86)90088-6.

    Parameters
    ----------
    odds
        Log odds of every row, with what each topic adds.
    topics
        Positions of the topics that are switched off together.
    weights
        What a row counts, shape (rows,): 1 for leavers, its monthly revenue for money.
    level
        Of the interval, as .95.
    """
    rows = np.flatnonzero(odds.touched(topics).any(axis=1) & np.isfinite(weights))
    eta, gain, slope = odds.at(rows)
    weight = weights[rows]
    with_topic, without = expit(eta), expit(eta - gain[:, topics].sum(axis=1))
    total = float(weight @ (with_topic - without))
    grade = (weight * without * (1 - without)) @ slope
    grade[[odds.columns[k] for k in topics]] = 0.0
    grade = (weight * with_topic * (1 - with_topic)) @ slope - grade
    half = float(odds.half(grade[None, :], level)[0])
    return Estimate(total, total - half, total + half, level, len(rows))


def chances(odds: Odds, topic: int, *, months: float) -> tuple[float, float]:
    """Mean chance of leaving within `months` where the topic is on, and the same with it off.

    1 - (1 - p)^months at the hazard of the row in a whole month: the topic and everything held
    equal are kept as they are in that month.
    """
    eta, gain, _ = replace(odds, offset=None).at(np.flatnonzero(odds.touched([topic])[:, 0]))
    within = [1 - (1 - expit(rows)) ** months for rows in (eta, eta - gain[:, topic])]
    return float(within[0].mean()), float(within[1].mean())


def shapley(odds: Odds, topics: list[int], weights: np.ndarray, level: float) -> list[Estimate]:
    """Share the total of `attributable` among its topics, so that the parts sum; delta method.

    Each row's difference is shared among the topics on that row by Shapley's value, the mean
    gain over all orders of switching them on (Shapley 1953). Rows with more than 8 topics are
    shared along the straight way from all off to all on, in proportion to what each topic adds
    to the log odds (Aumann and Shapley 1974), which sums as well.

    Parameters
    ----------
    odds
        Log odds of every row, with what each topic adds.
    topics
        Positions of the topics that share the total.
    weights
        What a row counts, shape (rows,); rows where it is not finite are left out.
    level
        Of the intervals, as .95.
    """
    active = odds.touched(topics)
    rows = np.flatnonzero(active.any(axis=1) & np.isfinite(weights))
    patterns, which = np.unique(active[rows], axis=0, return_inverse=True)
    value, slopes = np.zeros(len(topics)), np.zeros((len(topics), len(odds.coef)))
    for number, pattern in enumerate(patterns):
        members, on = rows[which.ravel() == number], np.flatnonzero(pattern)
        eta, gain, slope = odds.at(members)
        gain = gain[:, [topics[k] for k in on]]
        places = [odds.columns[topics[k]] for k in on]
        share = _orders if len(on) <= _EXACT else _straight
        part, grade = share(eta, gain, slope, places, weights[members])
        value[on] += part
        slopes[on] += grade
    half = odds.half(slopes, level)
    exposed = active[rows].sum(axis=0)
    return [
        Estimate(float(v), float(v - h), float(v + h), level, int(n))
        for v, h, n in zip(value, half, exposed, strict=True)
    ]


def _orders(
    eta: np.ndarray, gain: np.ndarray, slope: np.ndarray, places: list[int], weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Shapley's value of each topic over these rows, and its slopes by coefficient."""
    m = len(places)
    value, slopes = np.zeros(m), np.zeros((m, slope.shape[1]))
    none = eta - gain.sum(axis=1)
    for size in range(m + 1):
        for on in combinations(range(m), size):
            p = expit(none + gain[:, on].sum(axis=1))
            total, grade = float(weight @ p), (weight * p * (1 - p)) @ slope
            grade[[places[k] for k in range(m) if k not in on]] = 0.0
            for k in range(m):
                factor = (
                    factorial(size - 1) * factorial(m - size)
                    if k in on
                    else -factorial(size) * factorial(m - size - 1)
                ) / factorial(m)
                value[k] += factor * total
                slopes[k] += factor * grade
    return value, slopes


def _straight(
    eta: np.ndarray, gain: np.ndarray, slope: np.ndarray, places: list[int], weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Aumann and Shapley's value of each topic over these rows, and its slopes.

    The mean of p (1 - p) on the straight way is (p of all on - p of all off) / (sum of gains).
    """
    whole = gain.sum(axis=1)
    on, off, middle = expit(eta), expit(eta - whole), expit(eta - whole / 2)
    flat = np.abs(whole) < 1e-4  # the quotient would lose its digits
    by = np.where(flat, 1.0, whole)
    mean = np.where(flat, middle * (1 - middle), (on - off) / by)
    bend = middle * (1 - middle) * (1 - 2 * middle)
    high = np.where(flat, bend / 2, (on * (1 - on) - mean) / by)
    low = np.where(flat, bend / 2, (mean - off * (1 - off)) / by)
    value = (weight * mean) @ gain
    weighted = weight[:, None] * gain
    slopes = (weighted * high[:, None]).T @ slope
    without = (weighted * low[:, None]).T @ slope
    without[:, places] = 0.0
    slopes += without
    for k, place in enumerate(places):
        slopes[k, place] += float((weight * mean) @ slope[:, place])
    return value, slopes
