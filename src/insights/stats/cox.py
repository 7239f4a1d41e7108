"""Cox regression on start-stop rows: arrays in, numbers out, linear in rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import linalg, sparse

__all__ = ["CoxFit", "cox", "proportional_hazards"]

_CHUNK = 1 << 12  # rows at a time: a block of the design then stays in the processor's cache
_AHEAD = 1 << 15  # rows from which a fit to a part of them is worth making first
_PART = 16  # every so many rows without an event make that part
_CLOSE = 1e-5  # a Newton step shorter than this leaves about its square, and is the last
_CLOSE_OF_MANY = 2e-4  # the same of many rows: standard errors then keep five digits and more
_SHRINKS = 0.2  # an information is kept while each step is shorter than this times the last
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
    where the events and a sixteenth of the other rows lead. Efron (1977), doi
    10.1080/01621459.1977.10480613; Lin and Wei (1989), doi 10.1080/01621459.1989.10478874.

    Raises
    ------
    ValueError
        Without an event, or when a row ends before it begins.
    """
    x, event = np.asarray(x, float), np.asarray(event, bool)
    start, stop = np.asarray(start, float), np.asarray(stop, float)
    risk = _Risk(x, start, stop, event, ties)
    coef, inverse = np.zeros(risk.x.shape[1]), None
    null = loglik = risk.loglik(coef)
    close = _CLOSE
    if len(risk.x) >= _AHEAD:
        close = _CLOSE_OF_MANY
        coef, inverse = _ahead(risk.x, start, stop, event, ties)
        loglik = risk.loglik(coef)
        if not loglik > null:
            coef, inverse, loglik = np.zeros(len(coef)), None, null
    coef, loglik, bread, done = _climb(risk, coef, loglik, inverse, close)
    converged = bread is not None
    if bread is None:
        bread = np.full((len(coef), len(coef)), np.nan)
    code = np.arange(len(risk.x)) if clusters is None else _codes(np.asarray(clusters))
    # where the last information was taken, less than `close` from where it led
    near = coef if risk.last is None else risk.last[0]
    influence = risk.residuals(near, code) @ bread
    return CoxFit(
        coef=coef,
        cov=influence.T @ influence,
        model_cov=bread,
        loglik_null=null,
        loglik=loglik,
        converged=converged,
        iterations=done,
    )


def _climb(
    risk: _Risk, coef: np.ndarray, loglik: float, inverse: np.ndarray | None, close: float
) -> tuple[np.ndarray, float, np.ndarray | None, int]:
    """Newton's method until a step is shorter than `close`, which leaves about its square.

    Returns coefficients, log likelihood, the inverse information of the last step (None without
    a maximum) and the number of steps. An inverse is kept, and mended by what the score did
    along each step (Broyden, Fletcher, Goldfarb, Shanno), while steps shrink fast: a score costs
    n p, an information n p^2. The last step is made with an information of its own.
    """
    score, before = risk.score(coef), np.inf
    for done in range(1, 41):
        fresh = inverse is None
        if inverse is None:
            inverse = _inverse(risk.information(coef))
            if inverse is None:
                return coef, loglik, None, done  # separated, or constant in every risk set
        step = inverse @ score
        if fresh and np.max(np.abs(step)) < close:
            return coef + step, loglik + 0.5 * float(step @ score), inverse, done
        trial = risk.loglik(coef + step)
        while trial < loglik - 1e-9 * abs(loglik) and np.max(np.abs(step)) > 1e-10:
            step, before = step / 2, 0.0  # overshot: go half the way
            trial = risk.loglik(coef + step)
        coef, loglik = coef + step, trial
        size = float(np.max(np.abs(step)))
        past, score = score, risk.score(coef)
        fall = past - score
        if size < close or size > before * _SHRINKS or step @ fall <= 0:
            inverse = None
        else:
            turn = np.eye(len(step)) - np.outer(step, fall) / (step @ fall)
            inverse = turn @ inverse @ turn.T + np.outer(step, step) / (step @ fall)
        before = size
    return coef, loglik, None, done


def _ahead(
    x: np.ndarray, start: np.ndarray, stop: np.ndarray, event: np.ndarray, ties: Ties
) -> tuple[np.ndarray, np.ndarray | None]:
    """Where to begin, and the inverse information there, from events and a part of the rest."""
    part = np.arange(len(x)) % _PART == 0
    rows = np.flatnonzero(part | event)
    offset = np.where(event[rows], 0.0, np.log(_PART))
    few = _Risk(x[rows], start[rows], stop[rows], event[rows], ties, offset)
    coef = np.zeros(x.shape[1])
    coef, _, inverse, _ = _climb(few, coef, few.loglik(coef), None, 0.1)
    return (np.zeros(len(coef)), None) if inverse is None else (coef, inverse)


def _codes(clusters: np.ndarray) -> np.ndarray:
    """Number each cluster from 0; those that stand in order need no sorting."""
    apart = clusters[1:] != clusters[:-1]
    if np.all(clusters[1:][apart] > clusters[:-1][apart]):
        return np.concatenate([[0], np.cumsum(apart)])
    return np.unique(clusters, return_inverse=True)[1]


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
    moments = [
        (risk.score(coef, scale**power), risk.information(coef, scale**power))
        for power in (0, 1, 2)
    ]
    p = risk.x.shape[1]
    (_, i0), (score, i1), (_, i2) = moments
    u = np.concatenate([moments[0][0], score])
    whole = np.block([[i0, i1], [i1, i2]])
    single = np.empty(p)
    for column in range(p):
        keep = [*range(p), p + column]
        single[column] = u[keep] @ np.linalg.solve(whole[np.ix_(keep, keep)], u[keep])
    return single, float(u @ np.linalg.solve(whole, u))


def _summed(
    values: np.ndarray | None, at: np.ndarray, weights: np.ndarray, size: int
) -> np.ndarray:
    """Sums of weights (times the rows of `values`) over equal places `at`; shape (size, …).

    One column of the sparse matrix a row of `values`: they are read once and in their order.
    """
    if values is None:
        return np.bincount(at, weights, minlength=size)
    shape = (size, len(at))
    return sparse.csc_array((weights, at, np.arange(len(at) + 1)), shape=shape) @ values


def _centred(x: np.ndarray) -> np.ndarray:
    """Return the columns less a constant where they lie far from 0, for the digits' sake.

    That changes no ratio of hazards. A part of the rows tells where they lie.
    """
    some = x[:: max(1, len(x) >> 12)]
    middle, spread = some.mean(axis=0), some.std(axis=0)
    return x - middle if np.any(np.abs(middle) > 10 * spread) else x


class _Risk:
    """Risk sets at the distinct event times, each row a range of them."""

    def __init__(self, x, start, stop, event, ties: Ties, offset=0.0) -> None:
        self.event = np.asarray(event, bool)
        self.offset = offset  # added to every row's log relative hazard
        # the last coefficients asked for, and what they gave
        self.last: tuple[np.ndarray, tuple[np.ndarray, float, np.ndarray]] | None = None
        self.mean: np.ndarray | None = None
        start, stop = np.asarray(start, float), np.asarray(stop, float)
        if not self.event.any():
            raise ValueError(f"a Cox model needs an event, got none in {len(stop):,} rows")
        if np.any(stop <= start):
            count = int(np.sum(stop <= start))
            raise ValueError(f"{count:,} of {len(stop):,} rows do not end after they begin")
        self.x = _centred(np.ascontiguousarray(x, float))
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
        self.idle = np.flatnonzero(self.low >= self.high)  # at risk at no event time
        self.short = bool(np.all(self.high - self.low <= 1))  # no row at risk at two of them

    def over(self, values: np.ndarray | None, weights: np.ndarray) -> np.ndarray:
        """Sums of weights (times values) over the risk set of each event time; (times, …)."""
        size = len(self.deaths) + 1
        change = _summed(values, self.low, weights, size)
        if self.short:
            return change[:-1]  # who enters at an event time leaves after it
        change -= _summed(values, self.high, weights, size)
        return np.cumsum(change, axis=0)[:-1]

    def dying(self, values: np.ndarray | None, weights: np.ndarray) -> np.ndarray:
        """The same over those who die at each event time."""
        seen = None if values is None else values[self.dead]
        return _summed(seen, self.when, weights[self.dead], len(self.deaths))

    def borders(self, each: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, float]]:
        """Where each row finds its sum of a value an event time: places, sums, and sign."""
        none = np.zeros((1, *each.shape[1:]))
        if self.short:
            return [(self.low, np.concatenate([each, none]), 1.0)]
        total = np.concatenate([none, np.cumsum(each, axis=0)])
        return [(self.high, total, 1.0), (self.low, total, -1.0)]

    def ranges(self, each: np.ndarray) -> np.ndarray:
        """Sums of a value an event time over each row's range; shape (n,). Idle rows: any."""
        return sum(sign * total[at] for at, total, sign in self.borders(each))

    def sums(self, each: np.ndarray) -> np.ndarray:
        """Sums of a value a slot over each event time."""
        if each.ndim == 1:
            return _summed(None, self.slot, each, len(self.deaths))
        return _summed(each, self.slot, np.ones(len(self.slot)), len(self.deaths))

    def elapsed(self) -> np.ndarray:
        """1 - S(t-) at each event time."""
        at_risk = self.over(None, (self.high > self.low).astype(float))
        surviving = np.cumprod(1 - self.deaths / at_risk)
        return 1 - np.concatenate([[1.0], surviving[:-1]])

    def relative(self, coef: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
        """Relative hazards (over their largest), the log of that, and S0 of each slot."""
        if self.last is not None and np.array_equal(self.last[0], coef):
            return self.last[1]
        eta = self.x @ coef if coef.any() else np.zeros(len(self.x))
        eta += self.offset
        eta[self.idle] = -np.inf
        top = float(eta.max())
        eta -= top
        hazard = np.exp(eta, out=eta)
        s0 = self.over(None, hazard)[self.slot] - self.part * self.dying(None, hazard)[self.slot]
        self.last, self.mean = (np.array(coef), (hazard, top, s0)), None
        return hazard, top, s0

    def loglik(self, coef: np.ndarray) -> float:
        _, top, s0 = self.relative(coef)
        return float((self.x[self.dead] @ coef).sum() - (np.log(s0) + top).sum())

    def means(self, coef: np.ndarray) -> np.ndarray:
        """Mean covariates of each slot's risk set, shape (deaths, p)."""
        hazard, _, s0 = self.relative(coef)
        if self.mean is None:
            dying = self.part[:, None] * self.dying(self.x, hazard)[self.slot]
            self.mean = (self.over(self.x, hazard)[self.slot] - dying) / s0[:, None]
        return self.mean

    def cumulated(self, each: np.ndarray) -> np.ndarray:
        """Sums of a value a slot over each row's range; the dying count in part in theirs."""
        total = self.ranges(self.sums(each))
        total[self.dead] -= self.sums(each * self.part)[self.when]
        return total

    def score(self, coef: np.ndarray, scale: np.ndarray | None = None) -> np.ndarray:
        """Slope of the log partial likelihood, event times weighted by `scale`."""
        hazard, _, s0 = self.relative(coef)
        slot, death = self._scaled(scale)
        excess = -hazard * self.cumulated(slot / s0)
        excess[self.dead] += death
        return excess @ self.x

    def information(self, coef: np.ndarray, scale: np.ndarray | None = None) -> np.ndarray:
        """Less the second derivative of the same."""
        hazard, _, s0 = self.relative(coef)
        slot, _ = self._scaled(scale)
        mean = self.means(coef)
        weight = np.sqrt(np.maximum(hazard * self.cumulated(slot / s0), 0.0))
        p = self.x.shape[1]
        upper = np.zeros((p, p), order="F")
        for low in range(0, len(self.x), _CHUNK):
            part = self.x[low : low + _CHUNK] * weight[low : low + _CHUNK, None]
            upper = linalg.blas.dsyrk(1.0, part.T, beta=1.0, c=upper, overwrite_c=1)
        return upper + np.triu(upper, 1).T - (mean * slot[:, None]).T @ mean

    def _scaled(self, scale: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Weights of the slots and of the deaths."""
        if scale is None:
            return np.ones(len(self.slot)), np.ones(len(self.dead))
        return scale[self.slot], scale[self.when]

    def residuals(self, coef: np.ndarray, code: np.ndarray) -> np.ndarray:
        """Sums of the rows' score residuals over clusters; shape (clusters, p)."""
        hazard, _, s0 = self.relative(coef)
        mean = self.means(coef)
        groups = int(code.max()) + 1
        each = mean / s0[:, None]
        found = _summed(self.x, code, -hazard * self.cumulated(1 / s0), groups)
        # each row's hazard times the sums over its range, added up by cluster
        order = np.argsort(code, kind="stable")
        ends = np.concatenate([[0], np.cumsum(np.bincount(code, minlength=groups))])
        for at, sums, sign in self.borders(self.sums(each)):
            member = (sign * hazard[order], at[order], ends)
            found += sparse.csr_array(member, shape=(groups, len(sums))) @ sums
        usual = self.sums(mean) / self.deaths[:, None]
        part = self.sums(each * self.part[:, None])[self.when]
        own = self.x[self.dead] - usual[self.when] - hazard[self.dead, None] * part
        return found + _summed(own, code[self.dead], np.ones(len(own)), groups)
