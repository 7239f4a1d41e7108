"""Cox regression on start-stop rows: arrays in, numbers out, linear in rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import linalg, sparse

__all__ = ["CoxFit", "cox", "proportional_hazards"]

_CHUNK = 1 << 12  # rows at a time: a block of the design then stays in the processor's cache
_AHEAD = 1 << 15  # rows from which a fit to a part of them is worth making first
_PART = 16  # every so many rows make that part
Ties = Literal["efron", "breslow"]


@dataclass(frozen=True)
class CoxFit:
    """A fitted Cox model.

    Attributes
    ----------
    coef
        Log hazard ratios, shape (p,).
    cov, model_cov
        Cluster-robust (Lin and Wei 1989) and model-based covariance, shape (p, p).
    loglik_null, loglik
        Log partial likelihood at 0 and at `coef`.
    converged
        Whether Newton's method settled; a column that separates, or is constant in every risk
        set, has no maximum, and the covariances are then not-a-number.
    """

    coef: np.ndarray
    cov: np.ndarray
    model_cov: np.ndarray
    loglik_null: float
    loglik: float
    converged: bool
    iterations: int

    @property
    def se(self) -> np.ndarray:
        """Cluster-robust standard errors, shape (p,)."""
        return np.sqrt(np.diag(self.cov))


def cox(
    x: np.ndarray,
    start: np.ndarray,
    stop: np.ndarray,
    event: np.ndarray,
    *,
    clusters: np.ndarray | None = None,
    ties: Ties = "efron",
) -> CoxFit:
    """Fit h(t) = h0(t) exp(x @ coef) by Newton's method on the log partial likelihood.

    A row is at risk at the event times t with start < t <= stop: a row that begins at an event
    time is not in that risk set.

    Parameters
    ----------
    x
        Covariates without intercept, shape (n, p), columns linearly independent.
    start, stop
        Interval of each row, shape (n,), stop > start.
    event
        Whether the row ends with the event, shape (n,).
    clusters
        Cluster of each row for the robust covariance; every row its own by default.
    ties
        Efron's or Breslow's handling of tied event times.

    Notes
    -----
    The information is one weighted cross product of the rows, sum_i r_i H_i x_i x_i', with H_i
    the cumulative hazard over the row's interval, less one rank-one term an event; so that a
    pass costs n p^2 however many event times there are. With many rows Newton's method begins
    where a sixteenth of them leads. Efron (1977), doi
    10.1080/01621459.1977.10480613; Lin and Wei (1989), doi 10.1080/01621459.1989.10478874.

    Raises
    ------
    ValueError
        Without an event, or when a row ends before it begins.
    """
    x, event = np.asarray(x, float), np.asarray(event, bool)
    start, stop = np.asarray(start, float), np.asarray(stop, float)
    risk = _Risk(x, start, stop, event, ties)
    coef = np.zeros(risk.x.shape[1])
    null = loglik = risk.loglik(coef)
    if len(risk.x) >= _AHEAD and np.sum(risk.event[::_PART]) >= 5 * len(coef):
        near = cox(x[::_PART], start[::_PART], stop[::_PART], event[::_PART], ties=ties)
        ahead = risk.loglik(near.coef)
        if near.converged and ahead > null:
            coef, loglik = near.coef, ahead
    converged, done = False, 0
    while done < 40 and not converged:
        done += 1
        score, information = risk.derivatives(coef)
        inverse = _inverse(information)
        if inverse is None:
            break  # a column separates, or is the same throughout every risk set
        step = inverse @ score
        trial = risk.loglik(coef + step)
        while trial < loglik - 1e-9 * abs(loglik) and np.max(np.abs(step)) > 1e-10:
            step = step / 2  # overshot: go half the way
            trial = risk.loglik(coef + step)
        coef, loglik = coef + step, trial
        converged = bool(np.max(np.abs(step)) < 1e-9)
    if not converged:  # else the last step moved nothing, and the information is at hand
        _, information = risk.derivatives(coef)
    bread = _inverse(information)
    if bread is None:
        bread, converged = np.full(information.shape, np.nan), False
    code = np.arange(len(risk.x))
    if clusters is not None:
        _, code = np.unique(np.asarray(clusters), return_inverse=True)
    influence = risk.residuals(coef, code) @ bread
    return CoxFit(
        coef=coef,
        cov=influence.T @ influence,
        model_cov=bread,
        loglik_null=null,
        loglik=loglik,
        converged=converged,
        iterations=done,
    )


def _inverse(information: np.ndarray) -> np.ndarray | None:
    """Inverse of a symmetric matrix, or None when it is not safely positive definite."""
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    scaled = information / scale[:, None] / scale
    if not np.isfinite(scaled).all() or np.linalg.eigvalsh(scaled)[0] < 1e-12:
        return None
    return np.linalg.inv(scaled) / scale[:, None] / scale


def proportional_hazards(
    x: np.ndarray, start: np.ndarray, stop: np.ndarray, event: np.ndarray, coef: np.ndarray
) -> tuple[np.ndarray, float]:
    """Score statistics against coefficients that change with time: one a column, and of all.

    The change is with 1 - S(t-), S being the Kaplan-Meier curve; compare with chi-squared on 1
    and on p degrees of freedom. Grambsch and Therneau (1994), doi 10.1093/biomet/81.3.515, as
    the score test of R's `cox.zph` (survival 3).
    """
    risk = _Risk(x, start, stop, event, "efron")
    scale = risk.elapsed()
    moments = [risk.derivatives(coef, scale**power) for power in (0, 1, 2)]
    p = risk.x.shape[1]
    (_, i0), (score, i1), (_, i2) = moments
    u = np.concatenate([moments[0][0], score])
    whole = np.block([[i0, i1], [i1, i2]])
    single = np.empty(p)
    for column in range(p):
        keep = [*range(p), p + column]
        single[column] = u[keep] @ np.linalg.solve(whole[np.ix_(keep, keep)], u[keep])
    return single, float(u @ np.linalg.solve(whole, u))


def _weighted(matrix: sparse.csr_array, weights: np.ndarray) -> sparse.csr_array:
    """Return the matrix with its columns times `weights`."""
    data = matrix.data * weights[matrix.indices]
    return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


class _Risk:
    """Risk sets at the distinct event times, each row a range of them."""

    def __init__(self, x, start, stop, event, ties: Ties) -> None:
        self.event = np.asarray(event, bool)
        # the last coefficients asked for, and what they gave
        self.last: tuple[np.ndarray, tuple[np.ndarray, float, np.ndarray]] | None = None
        start, stop = np.asarray(start, float), np.asarray(stop, float)
        if not self.event.any():
            raise ValueError(f"a Cox model needs an event, got none in {len(stop):,} rows")
        if np.any(stop <= start):
            count = int(np.sum(stop <= start))
            raise ValueError(f"{count:,} of {len(stop):,} rows do not end after they begin")
        values = np.asarray(x, float)
        self.x = np.ascontiguousarray(values - values.mean(axis=0))  # changes no ratio
        times = np.unique(stop[self.event])
        self.low = np.searchsorted(times, start, side="right")
        self.high = np.searchsorted(times, stop, side="right")
        self.dead = np.flatnonzero(self.event)
        self.when = self.high[self.dead] - 1  # position in `times` of each death
        self.deaths = np.bincount(self.when, minlength=len(times))
        # one slot a death: Efron takes k/d of the dying out of the k-th of d ties
        self.slot = np.repeat(np.arange(len(times)), self.deaths)
        place = np.arange(len(self.slot)) - np.repeat(
            np.cumsum(self.deaths) - self.deaths, self.deaths
        )
        self.part = place / self.deaths[self.slot] if ties == "efron" else np.zeros(len(place))
        n, rows = len(times), np.arange(len(stop))
        shape = (n + 1, len(stop))
        # + where a row enters the risk sets, - where it leaves them; one at risk nowhere is out
        seen = self.low < self.high
        borders = (np.concatenate([self.low[seen], self.high[seen]]), np.tile(rows[seen], 2))
        signs = np.repeat([1.0, -1.0], int(seen.sum()))
        self.change = sparse.csr_array((signs, borders), shape=shape)
        self.dying = sparse.csr_array((np.ones(len(self.dead)), (self.when, self.dead)),
                                      shape=(n, len(stop)))  # fmt: skip

    def over(self, values: np.ndarray) -> np.ndarray:
        """Sums over the risk set of each event time; shape (times, …)."""
        return np.cumsum(self.change @ values, axis=0)[:-1]

    def ranges(self, each: np.ndarray) -> np.ndarray:
        """Sums of a value an event time over each row's range; shape (n, …)."""
        total = np.concatenate([np.zeros((1, *each.shape[1:])), np.cumsum(each, axis=0)])
        return total[self.high] - total[self.low]

    def sums(self, each: np.ndarray) -> np.ndarray:
        """Sums of a value a slot over each event time."""
        shape = (len(self.deaths), len(self.slot))
        member = (np.ones(len(self.slot)), (self.slot, np.arange(len(self.slot))))
        return sparse.csr_array(member, shape=shape) @ each

    def elapsed(self) -> np.ndarray:
        """1 - S(t-) at each event time."""
        at_risk = self.over(np.ones(len(self.x)))
        surviving = np.cumprod(1 - self.deaths / at_risk)
        return 1 - np.concatenate([[1.0], surviving[:-1]])

    def relative(self, coef: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
        """Relative hazards (over their largest), the log of that, and S0 of each slot."""
        if self.last is not None and np.array_equal(self.last[0], coef):
            return self.last[1]
        eta = self.x @ coef
        top = float(eta.max())
        hazard = np.exp(eta - top)
        s0 = self.over(hazard)[self.slot] - self.part * (self.dying @ hazard)[self.slot]
        self.last = (np.array(coef), (hazard, top, s0))
        return hazard, top, s0

    def loglik(self, coef: np.ndarray) -> float:
        _, top, s0 = self.relative(coef)
        return float((self.x[self.dead] @ coef).sum() - (np.log(s0) + top).sum())

    def means(self, hazard: np.ndarray, s0: np.ndarray) -> np.ndarray:
        """Mean covariates of each slot's risk set, shape (deaths, p)."""
        first = np.cumsum(_weighted(self.change, hazard) @ self.x, axis=0)[:-1][self.slot]
        dying = _weighted(self.dying, hazard) @ self.x
        return (first - self.part[:, None] * dying[self.slot]) / s0[:, None]

    def cumulated(self, each: np.ndarray) -> np.ndarray:
        """Sums of a value a slot over each row's range; the dying count in part in theirs."""
        total = self.ranges(self.sums(each))
        part = self.part if each.ndim == 1 else self.part[:, None]
        total[self.dead] -= self.sums(each * part)[self.when]
        return total

    def derivatives(
        self, coef: np.ndarray, scale: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Score and information, event times weighted by `scale`."""
        hazard, _, s0 = self.relative(coef)
        mean = self.means(hazard, s0)
        slot = np.ones(len(s0)) if scale is None else scale[self.slot]
        death = np.ones(len(self.dead)) if scale is None else scale[self.when]
        score = death @ self.x[self.dead] - slot @ mean
        weight = np.sqrt(np.maximum(hazard * self.cumulated(slot / s0), 0.0))
        p = self.x.shape[1]
        upper = np.zeros((p, p), order="F")
        for low in range(0, len(self.x), _CHUNK):
            part = self.x[low : low + _CHUNK] * weight[low : low + _CHUNK, None]
            upper = linalg.blas.dsyrk(1.0, part.T, beta=1.0, c=upper, overwrite_c=1)
        information = upper + np.triu(upper, 1).T
        return score, information - (mean * slot[:, None]).T @ mean

    def residuals(self, coef: np.ndarray, code: np.ndarray) -> np.ndarray:
        """Sums of the rows' score residuals over clusters; shape (clusters, p).

        Each term is a sparse matrix of clusters against rows, event times or deaths, so that no
        table of rows and columns is made.
        """
        hazard, _, s0 = self.relative(coef)
        mean = self.means(hazard, s0)
        groups = int(code.max()) + 1
        rows, gone = np.arange(len(code)), code[self.dead]

        def summed(values: np.ndarray, at: tuple[np.ndarray, np.ndarray], width: int):
            return sparse.csr_array((values, at), shape=(groups, width))

        each = mean / s0[:, None]
        step = np.cumsum(self.sums(each), axis=0)
        total = np.concatenate([np.zeros((1, step.shape[1])), step])
        found = summed(-hazard * self.cumulated(1 / s0), (code, rows), len(code)) @ self.x
        found += summed(hazard, (code, self.high), len(total)) @ total
        found -= summed(hazard, (code, self.low), len(total)) @ total
        usual = self.sums(mean) / self.deaths[:, None]
        part = self.sums(each * self.part[:, None])[self.when]
        own = self.x[self.dead] - usual[self.when] - hazard[self.dead, None] * part
        return found + summed(np.ones(len(gone)), (gone, np.arange(len(gone))), len(gone)) @ own
