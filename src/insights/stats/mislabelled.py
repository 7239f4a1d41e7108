"""Logistic regression on exposures known by a chance only: arrays in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse
from scipy.special import expit, log_expit

__all__ = ["InducedFit", "induced_logit"]

_CHUNK = 1 << 14  # rows at a time
_FAR = 15.0  # a log odds ratio beyond this is separation


@dataclass(frozen=True)
class InducedFit:
    """A logit fitted through chances of exposure.

    Attributes
    ----------
    coef
        Log odds ratios, shape (p,); those of `columns` are of the true exposures.
    cov
        Cluster-robust covariance, shape (p, p).
    converged
        Whether Newton's method settled.
    """

    coef: np.ndarray
    cov: np.ndarray
    converged: bool


def induced_logit(
    x: np.ndarray,
    y: np.ndarray,
    clusters: np.ndarray,
    *,
    columns: list[int],
    chance: np.ndarray,
    start: np.ndarray,
    offset: np.ndarray | None = None,
) -> InducedFit:
    """Fit the odds that true exposures would induce, where each is known by its chance alone.

    With the odds of a row exp(z'g) prod_k exp(b_k X_k) and X_k = 1 with chance q_k given what
    was recorded, the odds given the record are exp(z'g) prod_k (1 + q_k (exp(b_k) - 1)), the
    exposures being independent of each other given the record and the event rare.

    Parameters
    ----------
    x
        Design, shape (n, p); what it holds in `columns` is not looked at.
    y, clusters
        Outcome (0 or 1) and cluster of each row, shape (n,).
    columns
        Places of the exposures in the design.
    chance
        Chance of each exposure given the record, shape (n, len(columns)).
    start
        Where to begin, shape (p,).
    offset
        What is known of the log odds, shape (n,).

    Notes
    -----
    Induced relative risk: Prentice (1982), doi 10.1093/biomet/69.2.331. Scoring steps on the
    derivatives of the predictor; sandwich by cluster with the factor G/(G-1). With chances of 0
    and 1 it is the logit.
    """
    coef, converged, best = np.array(start, float), False, -np.inf
    step = np.zeros(len(coef))
    known = np.zeros(len(x)) if offset is None else np.asarray(offset, float)
    _, code = np.unique(np.asarray(clusters), return_inverse=True)
    for _ in range(60):
        loglik, score, information, _ = _pass(x, y, known, coef, columns, chance)
        if loglik < best - 1e-9 * (1 + abs(best)) and np.max(np.abs(step)) > 1e-9:
            step = step / 2  # overshot: go half the way
            coef = coef - step
            continue
        best = loglik
        step = linalg.solve(information, score, assume_a="pos")
        step = step * min(1.0, 2.0 / max(np.max(np.abs(step)), 1e-300))
        if np.max(np.abs(step)) < 1e-8:
            converged = True
            break
        coef = coef + step
        if np.max(np.abs(coef)) > _FAR:
            break
    _, _, information, influence = _pass(x, y, known, coef, columns, chance, code)
    influence = influence @ np.linalg.pinv(information)
    groups = max(len(influence), 2)
    cov = influence.T @ influence * groups / (groups - 1)
    return InducedFit(coef, cov, converged)


def _pass(
    x: np.ndarray,
    y: np.ndarray,
    known: np.ndarray,
    coef: np.ndarray,
    columns: list[int],
    chance: np.ndarray,
    code: np.ndarray | None = None,
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Log likelihood, score, expected information, and the score of each cluster."""
    p = x.shape[1]
    rest = coef.copy()
    rest[columns] = 0.0
    rise = np.expm1(coef[columns])
    loglik, score, information = 0.0, np.zeros(p), np.zeros((p, p))
    groups = 0 if code is None else int(code.max()) + 1
    by_cluster = np.zeros((groups, p))
    for low in range(0, len(x), _CHUNK):
        part = np.array(x[low : low + _CHUNK], float)
        seen, likely = y[low : low + _CHUNK], chance[low : low + _CHUNK]
        factor = 1 + likely * rise
        eta = part @ rest + np.log(factor).sum(axis=1) + known[low : low + _CHUNK]
        part[:, columns] = likely * (1 + rise) / factor
        mean = expit(eta)
        residual = seen - mean
        loglik += float(seen @ eta + log_expit(-eta).sum())
        score += residual @ part
        information += part.T @ (part * (mean * (1 - mean))[:, None])
        if code is not None:
            member = (residual, (code[low : low + _CHUNK], np.arange(len(part))))
            by_cluster += sparse.csr_array(member, shape=(groups, len(part))) @ part
    return loglik, score, information, by_cluster
