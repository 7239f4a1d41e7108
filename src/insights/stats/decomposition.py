"""Means at a fixed channel mix, and changes split into true change and change of mix.

The variance of every estimate is the sum over customers of their squared influence, so a customer
who wrote ten times counts as one source of chance, not ten.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from insights.settings import DEFAULT_LEVEL

__all__ = ["Mean", "Split", "cluster_mean", "split_change", "standardised_mean"]

_LEAST = 5  # records of a stratum below which its mean in one period is not used
_COVERED = 0.5  # share of the pooled mix that a period's channels must hold


@dataclass(frozen=True)
class Mean:
    """A mean with its interval; not-a-number where it cannot be told."""

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Split:
    """A change of means, second less first, as true change + change of mix, exactly.

    With shares p and means m of each channel, `true` is the sum of the mean share times the
    change of m, `mix` the sum of the mean m times the change of p (Kitagawa 1955, doi
    10.1080/01621459.1955.10501299; Das Gupta 1993). The interaction, sum of the two changes, is
    shared equally between them.
    """

    raw: float
    raw_low: float
    raw_high: float
    true: float
    true_low: float
    true_high: float
    mix: float
    mix_low: float
    mix_high: float
    interaction: float
    p: float
    n_first: int
    n_second: int


def cluster_mean(values: np.ndarray, clusters: np.ndarray, level: float = DEFAULT_LEVEL) -> Mean:
    """Mean with an interval that treats each cluster as one unit; Student's t with G - 1."""
    n = len(values)
    if n == 0:
        return Mean(np.nan, np.nan, np.nan, 0)
    mean = float(values.mean())
    low, high, _ = _interval(mean, (values - mean) / n, clusters, level)
    return Mean(mean, low, high, n)


def standardised_mean(
    values: np.ndarray,
    strata: np.ndarray,
    clusters: np.ndarray,
    *,
    weights: np.ndarray,
    levels: np.ndarray,
    level: float = DEFAULT_LEVEL,
) -> Mean:
    """Mean of one period at the pooled mix `weights`, given the pooled mean of each stratum.

    A stratum absent from the period (under five records) is taken to have moved as the others did:
    the estimate is the pooled mean plus the weighted deviation of the present strata from their
    own pooled means. Strata present must hold half of the pooled mix.
    """
    count = np.bincount(strata, minlength=len(weights))
    present = (count >= _LEAST) & (weights > 0)
    covered = float(weights[present].sum())
    if len(values) == 0 or covered < _COVERED:
        return Mean(np.nan, np.nan, np.nan, len(values))
    means = np.bincount(strata, values, minlength=len(weights)) / np.maximum(count, 1)
    share = np.where(present, weights, 0.0) / covered
    used = weights > 0
    mean = float(weights[used] @ levels[used] + share[present] @ (means - levels)[present])
    inside = present[strata]
    at = strata[inside]
    influence = share[at] / count[at] * (values[inside] - means[at])
    influence *= np.sqrt(count[at] / (count[at] - 1))  # each stratum's own degrees of freedom
    variance = np.bincount(at, influence**2, minlength=len(weights))
    total = variance.sum()
    freedom = total**2 / np.sum(variance[present] ** 2 / (count[present] - 1)) if total else np.inf
    low, high, _ = _interval(mean, influence, clusters[inside], level, freedom, corrected=False)
    return Mean(mean, low, high, len(values))


def split_change(
    first: tuple[np.ndarray, np.ndarray, np.ndarray],
    second: tuple[np.ndarray, np.ndarray, np.ndarray],
    *,
    level: float = DEFAULT_LEVEL,
    dispersion: float = 1.0,
    freedom: float = np.inf,
) -> Split:
    """Split second less first; each is (values, strata, clusters) with shared codes.

    A channel that is there in one window only counts wholly as a change of mix.

    Parameters
    ----------
    dispersion
        Factor of every variance: how much more the values move between the periods of a window
        than between their records (1: no more).
    freedom
        Most degrees of freedom of Student's t; clusters less one otherwise.
    """
    size = int(max(first[1].max(), second[1].max())) + 1
    p1, m1 = _composition(first, size)
    p2, m2 = _composition(second, size)
    m1, m2 = np.where(p1 > 0, m1, m2), np.where(p2 > 0, m2, m1)
    both = (p1 > 0) & (p2 > 0)
    dm, dp = np.where(both, m2 - m1, 0.0), p2 - p1
    mp, mm = (p1 + p2) / 2, (m1 + m2) / 2
    true, mix = float(mp @ dm), float(mm @ dp)
    parts: dict[str, list[np.ndarray]] = {"true": [], "mix": []}
    for sign, (values, strata, _), p, m in ((-1, first, p1, m1), (1, second, p2, m2)):
        n = len(values)
        around = (values - m[strata]) / (n * p[strata])  # influence on the stratum's mean
        alone = ~both[strata]
        of_true = sign * mp[strata] * np.where(alone, 0, around)
        of_true += 0.5 * (dm[strata] - dm @ p) / n
        # a stratum of one window only: its single mean is the mean of both
        of_mix = np.where(alone, 1.0, 0.5) * around * dp[strata]
        of_mix += sign * (mm[strata] - mm @ p) / n
        parts["true"].append(of_true)
        parts["mix"].append(of_mix)
    clusters = np.concatenate([first[2], second[2]])
    wide = np.sqrt(dispersion)
    influence = {name: wide * np.concatenate(pieces) for name, pieces in parts.items()}
    raw = true + mix
    both_parts = influence["true"] + influence["mix"]
    raw_low, raw_high, _ = _interval(raw, both_parts, clusters, level, freedom)
    true_low, true_high, p_value = _interval(true, influence["true"], clusters, level, freedom)
    mix_low, mix_high, _ = _interval(mix, influence["mix"], clusters, level, freedom)
    return Split(
        raw=raw,
        raw_low=raw_low,
        raw_high=raw_high,
        true=true,
        true_low=true_low,
        true_high=true_high,
        mix=mix,
        mix_low=mix_low,
        mix_high=mix_high,
        interaction=float(dp @ dm),
        p=p_value,
        n_first=len(first[0]),
        n_second=len(second[0]),
    )


def _composition(window: tuple[np.ndarray, ...], size: int) -> tuple[np.ndarray, np.ndarray]:
    values, strata = window[0], window[1]
    count = np.bincount(strata, minlength=size)
    means = np.bincount(strata, values, minlength=size) / np.maximum(count, 1)
    return count / len(values), means


def _interval(
    estimate: float,
    influence: np.ndarray,
    clusters: np.ndarray,
    level: float,
    freedom: float = np.inf,
    *,
    corrected: bool = True,
) -> tuple[float, float, float]:
    """Interval and two-sided p of no difference from 0, from influences summed by cluster."""
    _, code = np.unique(clusters, return_inverse=True)
    groups = int(code.max()) + 1 if len(code) else 0
    if groups < 2:
        return np.nan, np.nan, np.nan
    sums = np.bincount(code, influence)
    variance = float(np.square(sums).sum()) * (groups / (groups - 1) if corrected else 1.0)
    degrees = min(freedom, groups - 1)
    error = float(np.sqrt(variance))
    half = float(stats.t.ppf(0.5 + level / 2, degrees)) * error
    p = float(2 * stats.t.sf(abs(estimate) / error, degrees)) if error > 0 else np.nan
    return estimate - half, estimate + half, p
