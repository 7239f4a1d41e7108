"""Logistic regression with a cluster sandwich: arrays in, numbers out, linear in rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg, sparse
from scipy.special import expit, log_expit

__all__ = ["LogitFit", "independent_columns", "logit", "without_bias"]

_CHUNK = 1 << 12  # rows at a time: a block of the design then stays in the processor's cache
_AHEAD = 1 << 15  # rows from which a fit to a part of them is worth making first
_PART = 16  # every so many rows make that part
_LARGE = 15.0  # a log odds ratio beyond this is separation


@dataclass(frozen=True)
class LogitFit:
    """A fitted logit.

    Attributes
    ----------
    coef
        Log odds ratios, shape (p,).
    cov, model_cov
        Cluster-robust and model-based covariance, shape (p, p).
    influence
        What each cluster adds to `coef`, shape (clusters, p); `cov` is its cross product times
        G/(G-1), and the difference of two fits on the same clusters has the cross product of
        the difference.
    loglik
        Log likelihood (without the Jeffreys term).
    condition
        Condition number of the information, columns scaled to unit length.
    converged, separated
        Whether Newton's method settled, and whether a coefficient ran away.
    """

    coef: np.ndarray
    cov: np.ndarray
    model_cov: np.ndarray
    influence: np.ndarray
    loglik: float
    condition: float
    converged: bool
    separated: bool
    iterations: int

    @property
    def se(self) -> np.ndarray:
        """Cluster-robust standard errors, shape (p,)."""
        return np.sqrt(np.diag(self.cov))


def logit(
    x: np.ndarray,
    y: np.ndarray,
    clusters: np.ndarray,
    *,
    firth: bool = False,
    start: np.ndarray | None = None,
    offset: np.ndarray | None = None,
    steps: int = 40,
) -> LogitFit:
    """Fit P(y = 1) = expit(x @ coef + offset) by Newton's method.

    Parameters
    ----------
    x
        Design, shape (n, p), with its intercept, columns linearly independent
        (`independent_columns`).
    y
        Outcome, shape (n,), 0 or 1.
    clusters
        Cluster of each row, shape (n,), integers; equal clusters need not be neighbours.
    firth
        Maximise the likelihood penalised by Jeffreys' prior, which is finite under separation
        (Firth 1993, doi 10.1093/biomet/80.1.27).
    start
        Where to begin; zeros and the overall share by default.
    offset
        What is known of the log odds, such as the logarithm of exposure, shape (n,).

    Notes
    -----
    Sandwich of Liang and Zeger (1986), doi 10.1093/biomet/73.1.13, with the factor G/(G-1).
    With many rows Newton's method begins where a sixteenth of them leads, which saves half of
    the passes and changes nothing in where it ends.
    """
    n, p = x.shape
    if n == 0 or p == 0:
        raise ValueError(f"a logit needs rows and columns, got {n} and {p}")
    outcome = np.asarray(y, float)
    known = np.zeros(n) if offset is None else np.asarray(offset, float)
    coef = _begin(x, outcome, known, firth=firth) if start is None else np.array(start, float)
    objective, converged, done = -np.inf, False, 0
    step = np.zeros(p)
    while done < steps:
        done += 1
        loglik, score, information = _derivatives(x, outcome, known, coef, firth=firth)
        value = loglik + (0.5 * _logdet(information) if firth else 0.0)
        if value < objective - 1e-9 * (1 + abs(objective)):
            step = step / 2  # overshot: go half the way
            coef = coef - step
            if np.max(np.abs(step)) < 1e-9:
                break
            continue
        objective = value
        step = _solve(information, score)
        step = step * min(1.0, 5.0 / max(np.max(np.abs(step)), 1e-300))
        if np.max(np.abs(step)) < 1e-8:
            converged = True
            break
        coef = coef + step
        if not firth and np.max(np.abs(coef)) > _LARGE:
            break  # the likelihood has no maximum within reach
    if not converged:
        loglik, _, information = _derivatives(x, outcome, known, coef, firth=False)
    bread = _solve(information, np.eye(p))
    residual = outcome - expit(x @ coef + known)
    influence = _sums(x, residual, clusters) @ bread
    groups = max(len(influence), 2)
    return LogitFit(
        coef=coef,
        cov=influence.T @ influence * groups / (groups - 1),
        model_cov=bread,
        influence=influence,
        loglik=float(loglik),
        condition=_condition(information),
        converged=converged,
        separated=bool(np.max(np.abs(coef)) > _LARGE),
        iterations=done,
    )


def without_bias(x: np.ndarray, fit: LogitFit, offset: np.ndarray | None = None) -> LogitFit:
    """Return a settled fit less the first-order bias of its coefficients, in one pass.

    The likelihood's coefficients lie a little too far from 0, the rarer a column the more; one
    step on Jeffreys' penalty takes that off. Covariances stay. Cordeiro and McCullagh (1991),
    J. R. Stat. Soc. B 53, 629-643; Firth (1993), doi 10.1093/biomet/80.1.27.
    """
    known = np.zeros(len(x)) if offset is None else offset
    return replace(fit, coef=fit.coef + fit.model_cov @ _lean(x, known, fit.coef, fit.model_cov))


def independent_columns(x: np.ndarray, tolerance: float = 1e-7) -> np.ndarray:
    """Which columns are not a linear combination of those before them; shape (p,), bool.

    A column is dropped when less than `tolerance` of its squared length is left after
    projection on the columns kept before it.
    """
    gram = np.zeros((x.shape[1], x.shape[1]))
    for low in range(0, len(x), _CHUNK):
        part = x[low : low + _CHUNK]
        gram += part.T @ part
    length = np.sqrt(np.diag(gram))
    keep = np.zeros(len(length), bool)
    scaled = gram / np.where(length > 0, length, 1)[:, None] / np.where(length > 0, length, 1)
    for column in range(len(length)):
        if length[column] == 0:
            continue
        chosen = np.flatnonzero(keep)
        cross = scaled[chosen, column]
        left = 1.0 - (
            cross @ np.linalg.solve(scaled[np.ix_(chosen, chosen)], cross) if chosen.size else 0
        )
        keep[column] = left > tolerance
    return keep


def _begin(x: np.ndarray, y: np.ndarray, known: np.ndarray, *, firth: bool) -> np.ndarray:
    """Where Newton's method begins: zeros, or where a part of many rows leads."""
    coef = np.zeros(x.shape[1])
    if len(x) < _AHEAD:
        return coef
    part, seen, known = np.ascontiguousarray(x[::_PART]), y[::_PART], known[::_PART]
    for _ in range(8):
        _, score, information = _derivatives(part, seen, known, coef, firth=firth)
        step = _solve(information, score)
        coef = coef + step * min(1.0, 5.0 / max(np.max(np.abs(step)), 1e-300))
        if np.max(np.abs(step)) < 1e-3:
            return coef
        if np.max(np.abs(coef)) > _LARGE / 2:
            break  # too few events in the part
    return np.zeros(x.shape[1])


def _derivatives(
    x: np.ndarray, y: np.ndarray, known: np.ndarray, coef: np.ndarray, *, firth: bool
) -> tuple[float, np.ndarray, np.ndarray]:
    p = x.shape[1]
    loglik, score = 0.0, np.zeros(p)
    upper = np.zeros((p, p), order="F")
    for low in range(0, len(x), _CHUNK):
        part, seen = x[low : low + _CHUNK], y[low : low + _CHUNK]
        eta = part @ coef + known[low : low + _CHUNK]
        chance = expit(eta)
        loglik += float(seen @ eta + log_expit(-eta).sum())
        score += (seen - chance) @ part
        part = part * np.sqrt(chance * (1 - chance))[:, None]
        # a symmetric product needs half of the multiplications of a general one
        upper = linalg.blas.dsyrk(1.0, part.T, beta=1.0, c=upper, overwrite_c=1)
    information = upper + np.triu(upper, 1).T
    if firth:
        score += _lean(x, known, coef, _solve(information, np.eye(p)))
    return loglik, score, information


def _lean(x: np.ndarray, known: np.ndarray, coef: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    """Slope of Jeffreys' penalty: sum of h (1/2 - p) x, h the leverage of a row."""
    slope = np.zeros(len(coef))
    for low in range(0, len(x), _CHUNK):
        part = x[low : low + _CHUNK]
        chance = expit(part @ coef + known[low : low + _CHUNK])
        leverage = chance * (1 - chance) * ((part @ inverse) * part).sum(axis=1)
        slope += (leverage * (0.5 - chance)) @ part
    return slope


def _sums(x: np.ndarray, weights: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Weighted column sums of each cluster, shape (clusters, p), without a copy of `x`."""
    _, code = np.unique(np.asarray(clusters), return_inverse=True)
    shape = (int(code.max()) + 1, len(x))
    return sparse.csr_array((weights, (code, np.arange(len(x)))), shape=shape) @ x


def _solve(information: np.ndarray, right: np.ndarray) -> np.ndarray:
    scale = np.sqrt(np.maximum(np.diag(information), 1e-10))
    scaled = information / scale[:, None] / scale
    try:
        factor = linalg.cho_factor(scaled + 1e-12 * np.eye(len(scale)))
    except linalg.LinAlgError:
        factor = linalg.cho_factor(scaled + 1e-6 * np.eye(len(scale)))
    shaped = right if right.ndim == 2 else right[:, None]
    solved = linalg.cho_solve(factor, shaped / scale[:, None]) / scale[:, None]
    return solved if right.ndim == 2 else solved[:, 0]


def _logdet(information: np.ndarray) -> float:
    return float(np.linalg.slogdet(information)[1])


def _condition(information: np.ndarray) -> float:
    scale = np.sqrt(np.maximum(np.diag(information), 1e-10))
    return float(np.sqrt(np.linalg.cond(information / scale[:, None] / scale)))
