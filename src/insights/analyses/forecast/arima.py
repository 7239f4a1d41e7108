"""One classical ARIMA: a small search of orders, several starts, exact forecasts at any origin."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.arima_process import arma2ma
from statsmodels.tsa.statespace.sarimax import SARIMAX

from insights.analyses.forecast.predictive import differences, extend, student_widening

__all__ = ["Arima", "fit", "level_stationary", "search"]

LONGEST_SEASONAL_MA = 24  # beyond it the state grows too large; seasonal differences only
# lbfgs stops when the likelihood gains less than this many machine precisions
_CLOSE, _ROUGH = 1e7, 1e10
_START = {"ar": 0.1, "ma": -0.3, "seasonal": -0.5}


@dataclass(frozen=True, kw_only=True)
class Arima:
    """A fitted seasonal ARIMA on the working scale.

    Attributes
    ----------
    order, seasonal
        (p, d, q) and (P, D, Q, m).
    names, estimates, errors
        Coefficients with standard errors (outer product of gradients); the last is the variance.
    regressors
        Number of regressors, whose coefficients come first after the constant.
    warned
        Warnings of the optimiser, counted.
    """

    order: tuple[int, int, int]
    seasonal: tuple[int, int, int, int]
    constant: bool
    names: tuple[str, ...]
    estimates: np.ndarray
    errors: np.ndarray
    aicc: float
    log_likelihood: float
    n: int
    regressors: int = 0
    warned: int = 0

    @property
    def delta(self) -> np.ndarray:
        """Coefficients of the differences, constant first."""
        return differences(self.order[1], self.seasonal[1], self.seasonal[3])

    def text(self) -> str:
        """Write 'ARIMA(1,1,1)(0,1,1)[12]'."""
        name = f"ARIMA({','.join(map(str, self.order))})"
        if self.seasonal[3] > 1:
            name += f"({','.join(map(str, self.seasonal[:3]))})[{self.seasonal[3]}]"
        drift = " with drift" if self.order[1] else " with mean"
        return name + (drift if self.constant else "")

    def _filtered(self, z: np.ndarray, x: np.ndarray | None):
        model = _model(z, self.order, self.seasonal, self.constant, x)
        return model, model.filter(self.estimates)

    def residuals(self, z: np.ndarray, x: np.ndarray | None = None) -> np.ndarray:
        """One-step errors, each over its own standard deviation; shape (n - differences,)."""
        return self._filtered(z, x)[1].filter_results.standardized_forecasts_error[0]

    def forecast(
        self,
        z: np.ndarray,
        origins: np.ndarray,
        horizon: int,
        x: np.ndarray | None = None,
        x_ahead: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return means, standard deviations and psi from every origin, in one filter pass.

        The state predicted after o values depends on those values only, so one pass over the
        series gives the exact forecast of every origin without refitting.

        Parameters
        ----------
        x, x_ahead
            Regressors of the past, shape (n, k), and those in force 1 … horizon ahead of each
            origin, shape (origins, horizon, k): both known at the origin.
        """
        lags = len(self.delta) - 1
        model, filtered = self._filtered(z, x)
        design, transition = model.ssm["design"], model.ssm["transition"]
        intercept = model.ssm["state_intercept"]
        intercept = intercept.reshape(len(intercept), -1)[:, :1]
        state = filtered.predicted_state[:, origins - lags]
        if x is not None and x_ahead is not None:
            beta = self.estimates[self.constant : self.constant + self.regressors]
            base, beyond = z - x @ beta, x_ahead @ beta
        else:
            base, beyond = z, np.zeros((len(origins), horizon))
        steps = np.empty((len(origins), horizon))
        for h in range(horizon):
            steps[:, h] = (design[..., 0] if design.ndim == 3 else design)[0] @ state
            state = transition.reshape(transition.shape[:2]) @ state + intercept
        mean = extend(base, steps, origins, self.delta) + beyond
        psi = self._psi(filtered, horizon)
        free = self.n - len(self.estimates)
        sigma = np.sqrt(self.estimates[-1] * self.n / free) * student_widening(np.array(free))
        sd = np.broadcast_to(sigma * np.sqrt(np.cumsum(psi**2)), mean.shape)
        return mean, sd, psi

    def polynomials(self) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients in B of the stationary AR and of the MA part, constant first."""
        values = dict(zip(self.names, self.estimates, strict=True))
        ar, ma = np.ones(1), np.ones(1)
        for letter in ("", "S."):
            # statsmodels names them ar.L1 … and ar.S.L12 …
            for kind, sign in (("ar", -1.0), ("ma", 1.0)):
                lags = {int(k.split("L")[1]): v for k, v in values.items()
                        if k.startswith(f"{kind}.{letter}L")}  # fmt: skip
                polynomial = np.zeros(max(lags, default=0) + 1)
                polynomial[0] = 1.0
                for lag, value in lags.items():
                    polynomial[lag] = sign * value
                if kind == "ar":
                    ar = np.convolve(ar, polynomial)
                else:
                    ma = np.convolve(ma, polynomial)
        return ar, ma

    def _psi(self, filtered, horizon: int) -> np.ndarray:
        """Weights of past shocks in the level, differences included."""
        ar = np.convolve(filtered.polynomial_reduced_ar, self.delta)
        return arma2ma(ar, filtered.polynomial_reduced_ma, horizon)


def _model(z, order, seasonal, constant, x) -> SARIMAX:
    """State space of the differenced series; differenced here so that orders are comparable."""
    delta = differences(order[1], seasonal[1], seasonal[3])
    lags = len(delta) - 1
    inner = (seasonal[0], 0, seasonal[2], seasonal[3] if seasonal[0] or seasonal[2] else 0)
    return SARIMAX(
        np.convolve(z, delta)[lags : len(z)],
        exog=None
        if x is None
        else np.column_stack([np.convolve(column, delta)[lags : len(z)] for column in x.T]),
        order=(order[0], 0, order[2]),
        seasonal_order=inner,
        trend="c" if constant else None,
    )


def _start(model: SARIMAX) -> np.ndarray:
    values = []
    for name in model.param_names:
        kind = "seasonal" if ".S." in name else name.split(".")[0]
        values.append(_START.get(kind, 0.0))
    values[-1] = float(np.var(model.endog)) or 1.0
    return np.array(values)


def fit(
    z: np.ndarray,
    order: tuple[int, int, int],
    seasonal: tuple[int, int, int, int],
    *,
    constant: bool = False,
    x: np.ndarray | None = None,
    near: np.ndarray | None = None,
) -> Arima | None:
    """Fit by exact likelihood from two starts and keep the better; None when none succeeds.

    The first start is `near` (coefficients found on other values or roughly), or the library's.
    """
    with _warnings() as caught:
        model = _model(z, order, seasonal, constant, x)
        best = _best(model, (near, _start(model)), tolerance=_CLOSE)
        if best is None:
            return None
        errors = _standard_errors(model, best.params)
    k, n = len(best.params), model.nobs
    return Arima(
        order=order,
        seasonal=seasonal,
        constant=constant,
        names=tuple(model.param_names),
        estimates=np.asarray(best.params, float),
        errors=errors,
        aicc=_aicc(best.llf, k, n),
        log_likelihood=float(best.llf),
        n=n,
        regressors=0 if x is None else x.shape[1],
        warned=len(caught),
    )


@contextlib.contextmanager
def _warnings() -> Iterator[list[warnings.WarningMessage]]:
    """Catch and count what the optimiser warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", category=ConvergenceWarning)
        warnings.filterwarnings("always", category=UserWarning, module="statsmodels")
        warnings.filterwarnings("always", category=RuntimeWarning, module="statsmodels")
        yield caught


def _best(model: SARIMAX, starts: tuple, *, tolerance: float):
    """Return the result with the highest likelihood over the starts, None when none is usable."""
    best = None
    if model.nobs < 3 + 2 * len(model.param_names):
        return None
    for start in starts:
        try:
            found = model.fit(start, disp=0, maxiter=80, cov_type="none", factr=tolerance)
        except (np.linalg.LinAlgError, ValueError):
            continue
        usable = np.isfinite(found.llf) and np.isfinite(found.params).all()
        if usable and found.params[-1] > 0 and (best is None or found.llf > best.llf):
            best = found
    return best


def _aicc(log_likelihood: float, k: int, n: int) -> float:
    return float(-2 * log_likelihood + 2 * k + 2 * k * (k + 1) / max(n - k - 1, 1))


def _standard_errors(model: SARIMAX, params: np.ndarray) -> np.ndarray:
    scores = model.score_obs(params, method="approx")
    try:
        covariance = np.linalg.inv(scores.T @ scores)
    except np.linalg.LinAlgError:
        return np.full(len(params), np.nan)
    diagonal = np.diag(covariance)
    return np.sqrt(np.where(diagonal > 0, diagonal, np.nan))


def search(z: np.ndarray, season: int) -> tuple[Arima, int] | None:
    """Search a small grid by AICc, roughly, and return the best, well fitted, with their number.

    Differences are decided first, as likelihoods after different differencing do not compare:
    seasonal series take one of each kind (with a season over 24: only the seasonal one where the
    rest is level-stationary); others one unless KPSS finds them level-stationary at 5 %.
    """
    tried, best = grid(z, season), None
    for order, seasonal, constant in tried:
        with _warnings():
            model = _model(z, order, seasonal, constant, None)
            rough = _best(model, (None,), tolerance=_ROUGH)
        if rough is None:
            continue
        aicc = _aicc(rough.llf, len(rough.params), model.nobs)
        if best is None or aicc < best[0]:
            best = aicc, (order, seasonal), constant, np.asarray(rough.params, float)
    if best is None:
        return None
    found = fit(z, *best[1], constant=best[2], near=best[3])
    return None if found is None else (found, len(tried))


def grid(z: np.ndarray, season: int) -> list[tuple]:
    """Orders tried: (p, d, q), (P, D, Q, m) and whether a constant is there."""
    if 1 < season <= LONGEST_SEASONAL_MA:
        shorts = ((1, 1, 1), (0, 1, 1), (2, 1, 1), (0, 1, 2))
        return [(short, (0, 1, 1, season), False) for short in shorts]
    seasonal = (0, 1, 0, season) if season > 1 else (0, 0, 0, 1)
    rest = z[season:] - z[:-season] if season > 1 else z
    if level_stationary(rest):
        shorts = ((1, 0, 0), (1, 0, 1), (2, 0, 0), (0, 0, 1))
        return [(short, seasonal, True) for short in shorts]
    walks = ((0, 1, 0), (1, 1, 0), (0, 1, 1), (1, 1, 1), (0, 1, 2), (2, 1, 1))
    drifts = (False, True) if season == 1 else (False,)
    return [(short, seasonal, drift) for short in walks for drift in drifts]


def level_stationary(z: np.ndarray) -> bool:
    """Whether KPSS accepts a constant level at 5 %.

    Kwiatkowski et al. (1992), doi 10.1016/0304-4076(92)90104-Y: critical value .463, Bartlett
    window of 4 (n/100)^(1/4) lags.
    """
    e = z - z.mean()
    n = len(e)
    lags = int(4 * (n / 100) ** 0.25)
    long_run = float(e @ e)
    for lag in range(1, lags + 1):
        long_run += 2 * (1 - lag / (lags + 1)) * float(e[lag:] @ e[:-lag])
    return bool(np.cumsum(e) @ np.cumsum(e) / (n * long_run) < 0.463)
