"""Cox regression on rows at risk in one period each: arrays in, numbers out, linear in rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

__all__ = ["CoxFit", "cox"]

_CLOSE = 1e-6  # a Newton step shorter than this leaves about its square, and is the last


@dataclass(frozen=True)
class CoxFit:
    """A fitted Cox model.

    Attributes
    ----------
    coef
        Log hazard ratios, shape (p,).
    cov, model_cov
        Cluster-robust (Lin and Wei 1989) and model-based covariance, shape (p, p).
    loglik
        Log partial likelihood at `coef`.
    converged
        Whether Newton's method settled; a column that separates, or is constant in every
        period, has no maximum, and the covariances are then not-a-number.
    """

    coef: np.ndarray
    cov: np.ndarray
    model_cov: np.ndarray
    loglik: float
    converged: bool

    @property
    def se(self) -> np.ndarray:
        """Cluster-robust standard errors, shape (p,)."""
        return np.sqrt(np.diag(self.cov))


def cox(
    x: np.ndarray, period: np.ndarray, event: np.ndarray, *, clusters: np.ndarray | None = None
) -> CoxFit:
    """Fit h(t) = h0(t) exp(x @ coef) to person-periods by Newton's method, with Efron's ties.

    A row is at risk in its period only, so that the rows of a period are a risk set.
    statsmodels' `PHReg` with a stratum a period gives the same coefficients and model-based
    errors in ten times the time; its clustered errors are not those of Efron's ties.

    Parameters
    ----------
    x
        Covariates without intercept, shape (n, p), columns linearly independent within periods.
    period
        Period in which the row is at risk, shape (n,).
    event
        Whether the row ends with the event, shape (n,).
    clusters
        Cluster of each row for the robust covariance; every row its own by default.

    Notes
    -----
    Efron (1977), doi 10.1080/01621459.1977.10480613; Lin and Wei (1989), doi
    10.1080/01621459.1989.10478874.

    Raises
    ------
    ValueError
        Without an event.
    """
    event = np.asarray(event, bool)
    if not event.any():
        raise ValueError(f"a Cox model needs an event, got none in {len(event):,} rows")
    seen = np.isin(period, np.unique(np.asarray(period)[event]))  # other rows are in no risk set
    x = np.asarray(x, float)[seen]
    sets = _RiskSets(x - x.mean(axis=0), np.asarray(period)[seen], event[seen])
    coef = np.zeros(x.shape[1])
    loglik = sets.at(coef)
    bread, done = None, False
    for _ in range(40):
        score, information = sets.slopes()
        bread = _inverse(information)
        if bread is None:
            break
        step = bread @ score
        done = bool(np.max(np.abs(step)) < _CLOSE)
        trial = sets.at(coef + step)
        while not done and trial < loglik - 1e-9 * abs(loglik) and np.max(np.abs(step)) > 1e-10:
            step = step / 2  # overshot: go half the way
            trial = sets.at(coef + step)
        coef, loglik = coef + step, trial
        if done:
            break
    if bread is None or not done:
        bread = np.full((len(coef), len(coef)), np.nan)
    codes = np.arange(len(x)) if clusters is None else np.asarray(clusters)[seen]
    influence = _sums(np.unique(codes, return_inverse=True)[1], sets.residuals()) @ bread
    return CoxFit(coef, influence.T @ influence, bread, loglik, done)


def _inverse(information: np.ndarray) -> np.ndarray | None:
    """Inverse of a symmetric matrix, or None when it is not safely positive definite."""
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    scaled = information / scale[:, None] / scale
    if not np.isfinite(scaled).all() or np.linalg.eigvalsh(scaled)[0] < 1e-12:
        return None
    return np.linalg.inv(scaled) / scale[:, None] / scale


def _sums(codes: np.ndarray, values: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Sums of the rows of `values`, times weights, over equal codes from 0."""
    weights = np.ones(len(codes)) if weights is None else weights
    shape = (int(codes.max()) + 1, len(codes))
    return sparse.csc_array((weights, codes, np.arange(len(codes) + 1)), shape) @ values


class _RiskSets:
    """The rows of each period at one vector of coefficients; one slot a death.

    Efron takes k/d of the dying out of the risk set of the k-th of d ties, k from 0.
    """

    def __init__(self, x: np.ndarray, period: np.ndarray, event: np.ndarray) -> None:
        self.x, self.event = np.column_stack([np.ones(len(x)), x]), event
        self.period = np.unique(period, return_inverse=True)[1]
        deaths = np.bincount(self.period[event])
        self.slot = np.repeat(np.arange(len(deaths)), deaths)
        place = np.arange(len(self.slot)) - np.repeat(np.cumsum(deaths) - deaths, deaths)
        self.part = (place / deaths[self.slot])[:, None]

    def at(self, coef: np.ndarray) -> float:
        """Go to these coefficients; return the log partial likelihood."""
        eta = self.x[:, 1:] @ coef
        top = float(eta.max())
        self.hazard = np.exp(eta - top)
        inside = _sums(self.period, self.x, self.hazard)[self.slot]
        dying = _sums(self.period[self.event], self.x[self.event], self.hazard[self.event])
        inside -= self.part * dying[self.slot]
        self.total = inside[:, :1]
        self.mean = inside / self.total  # of the columns, the first of which is 1
        return float(eta[self.event].sum() - (np.log(self.total) + top).sum())

    def _cumulated(self, each: np.ndarray) -> np.ndarray:
        """Sums of a value a slot over each row's period; the dying count in part in theirs."""
        rows = _sums(self.slot, each)[self.period]
        rows[self.event] -= _sums(self.slot, each * self.part)[self.period[self.event]]
        return rows

    def slopes(self) -> tuple[np.ndarray, np.ndarray]:
        """Slope of the log partial likelihood, and less its second derivative."""
        weight = self.hazard * self._cumulated(1 / self.total)[:, 0]
        root = self.x[:, 1:] * np.sqrt(weight)[:, None]
        mean = self.mean[:, 1:]
        return (self.event - weight) @ self.x[:, 1:], root.T @ root - mean.T @ mean

    def residuals(self) -> np.ndarray:
        """Score residuals of the rows, shape (n, p)."""
        rows = self._cumulated(self.mean / self.total)  # first the hazard, then its product
        rows = self.hazard[:, None] * (rows[:, 1:] - self.x[:, 1:] * rows[:, :1])
        usual = _sums(self.slot, self.mean) / np.bincount(self.slot)[:, None]
        rows[self.event] += (self.x - usual[self.period])[self.event, 1:]
        return rows
