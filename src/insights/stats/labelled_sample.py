"""Estimates from a stratified random sample that people labelled, helped by predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from insights.result import Estimate
from insights.settings import DEFAULT_LEVEL

__all__ = ["error_estimates", "predicted_shares"]

_DRAWS = 999


def predicted_shares(
    truth: np.ndarray,
    stated: np.ndarray,
    stratum: np.ndarray,
    size: pd.Series,
    every: np.ndarray,
    *,
    level: float = DEFAULT_LEVEL,
) -> list[Estimate]:
    """Share of each class among all records: mean prediction, set right by the labelled sample.

    mean over all of p + Σ W_h mean_h(y - p), the difference estimator of survey sampling (Särndal,
    Swensson and Wretman 1992, section 6.3), of which prediction-powered inference is the case for
    independent draws (Angelopoulos et al. 2023, doi 10.1126/science.adi6000). Unbiased however
    wrong the predictions, as long as no model saw the label of a record it scored. Student's
    interval, degrees of freedom by Satterthwaite, finite population correction.

    Parameters
    ----------
    truth, stated
        Shape (n, k): labels (shares of votes) and stated probabilities of the sample.
    stratum
        Shape (n,).
    size
        Records of each stratum, by its name.
    every
        Shape (k,): mean stated probability of all records.
    """
    share, groups = _strata(stratum, size)
    gap = truth - stated
    pooled = gap.var(axis=0, ddof=1) if len(gap) > 1 else np.full(gap.shape[1], 0.25)
    shift, parts, freedom = np.zeros(gap.shape[1]), [], []
    for name, rows in groups.items():
        n, whole = len(rows), float(size[name])
        spread = gap[rows].var(axis=0, ddof=1) if n > 1 else pooled
        shift += share[name] * gap[rows].mean(axis=0)
        parts.append(share[name] ** 2 * max(1 - n / whole, 0.0) * spread / n)
        freedom.append(max(n - 1, 1))
    variance = np.sum(parts, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = variance**2 / np.sum(np.square(parts) / np.array(freedom)[:, None], axis=0)
    centre = np.clip(every + shift, 0, 1)
    half = stats.t.ppf(0.5 + level / 2, np.where(df > 1, df, 1)) * np.sqrt(variance)
    return [
        Estimate(float(c), float(max(c - h, 0)), float(min(c + h, 1)), level, len(truth))
        for c, h in zip(centre, half, strict=True)
    ]


def error_estimates(
    truth: np.ndarray,
    predicted: np.ndarray,
    p_negative: np.ndarray,
    stratum: np.ndarray,
    size: pd.Series,
    rng: np.random.Generator,
    *,
    level: float = DEFAULT_LEVEL,
) -> dict[str, Estimate]:
    """Error of a classifier over all records, from the sample; bootstrap within strata.

    Each sampled record stands for N_h / n_h others. The intervals are percentiles of 999 draws
    with replacement within strata, rescaled so that small strata are not too sure (Rao and Wu
    1988, doi 10.1080/01621459.1988.10478591).

    Parameters
    ----------
    truth
        Shape (n, 3): shares of votes for negative, neutral and positive.
    predicted
        Shape (n,): class the classifier gave, 0 to 2.
    p_negative
        Shape (n,): its probability of negative.
    """
    share, groups = _strata(stratum, size)
    weight = np.zeros(len(truth))
    drawn = np.zeros((_DRAWS, len(truth)))
    for name, rows in groups.items():
        n = len(rows)
        weight[rows] = share[name] / n
        if n == 1:
            drawn[:, rows] = share[name]
            continue
        # n - 1 draws of n records, each worth n / (n - 1)
        times = rng.multinomial(n - 1, np.full(n, 1 / n), _DRAWS)
        drawn[:, rows] = share[name] * times / (n - 1)
    every = np.vstack([weight, drawn])
    hit = np.zeros((len(truth), 3, 3))
    hit[np.arange(len(truth)), :, predicted] = truth
    counts = np.tensordot(every, hit, axes=1)  # draw, true class, said class
    measures = _measures(counts) | {
        "area under the curve, negative": _areas(every, truth[:, 0], p_negative)
    }
    found = {}
    for name, values in measures.items():
        if not np.isfinite(values[0]):
            continue
        low, high = np.nanquantile(values[1:], [0.5 - level / 2, 0.5 + level / 2])
        found[name] = Estimate(
            float(values[0]), float(min(low, values[0])), float(max(high, values[0])), level,
            len(truth),
        )  # fmt: skip
    return found


def _strata(stratum: np.ndarray, size: pd.Series) -> tuple[dict[str, float], dict]:
    """Share of each stratum that has a label, and its rows."""
    groups = {str(name): np.flatnonzero(stratum == name) for name in np.unique(stratum)}
    whole = sum(float(size[name]) for name in groups)
    return {name: float(size[name]) / whole for name in groups}, groups


def _measures(counts: np.ndarray) -> dict[str, np.ndarray]:
    right = np.diagonal(counts, axis1=1, axis2=2)
    called, true = counts.sum(axis=1), counts.sum(axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        f1 = np.where(true > 0, 2 * right / (called + true), np.nan)
        there = true[0] > 0
        return {
            "labelled as people do": right.sum(axis=1) / counts.sum(axis=(1, 2)),
            "macro-F1": np.nan_to_num(f1[:, there]).mean(axis=1),
            "precision, negative": right[:, 0] / called[:, 0],
            "recall, negative": right[:, 0] / true[:, 0],
        }


def _areas(weights: np.ndarray, negative: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Weighted share of pairs, negative and other, that the score puts in order; by draw."""
    above = (score[:, None] > score) + 0.5 * (score[:, None] == score)
    bad, rest = weights * negative, weights * (1 - negative)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.einsum("di,ij,dj->d", bad, above, rest, optimize=True) / (
            bad.sum(axis=1) * rest.sum(axis=1)
        )
