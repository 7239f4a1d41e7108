"""ARIMA with regressors: known ahead, or lagged far enough that nothing has to be guessed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from insights.analyses.forecast import arima
from insights.analyses.forecast.arima import Arima
from insights.analyses.forecast.predictive import ahead
from insights.analyses.forecast.series import Series
from insights.messages import _

__all__ = ["Regressed", "with_regressors"]

PER_COEFFICIENT = 10  # values before the first origin for each coefficient


@dataclass(frozen=True)
class Regressed:
    """Fits with regressors, and what they need to forecast.

    Attributes
    ----------
    first, whole
        Fitted on the part before the first origin, and on all.
    z, origins
        The series without the values that the lag costs, and the origins counted in it.
    x, x_ahead
        Regressors in force at each value, shape (n, k), and at each step from the end on,
        shape (horizon, k).
    lag
        Periods by which the regressors are ahead; 0 when their future is given.
    """

    first: Arima
    whole: Arima
    z: np.ndarray
    origins: np.ndarray
    x: np.ndarray
    x_ahead: np.ndarray
    lag: int

    @property
    def past(self) -> tuple[np.ndarray, np.ndarray]:
        """Regressors of the past and ahead of every origin."""
        return self.x, ahead(np.vstack([self.x, self.x_ahead]), self.origins, len(self.x_ahead))

    @property
    def future(self) -> tuple[np.ndarray, np.ndarray]:
        """Regressors of the past and ahead of the end; shape (1, horizon, k)."""
        return self.x, self.x_ahead[None]


def lags_of(series: Series) -> list[int]:
    """Lags that are explored: 0 alone when the future is given, else the horizon and beyond."""
    if len(series.known_ahead):
        return [0]
    h = series.horizon
    longer = [h + 1, h + 2, *([series.season] if series.season > h else [])]
    return sorted({h, *longer})


def with_regressors(
    series: Series, z: np.ndarray, origins: np.ndarray, plain: Arima
) -> tuple[Regressed | None, str]:
    """Fit the plain ARIMA's order with all regressors; the lag is the likeliest of a few.

    The lag is chosen by the part before the first origin, on the same values for every lag. What
    is not to be had is said in the note.
    """
    k, n = series.regressors.shape[1], len(z)
    if not k:
        return None, ""
    lags = lags_of(series)
    longest, lost = max(lags), len(plain.delta) - 1
    if origins[0] - longest - lost < PER_COEFFICIENT * (k + 3):
        return None, _(
            "regressors ({k}) not used: too few values for coefficients that mean much", k=k
        )
    every = np.vstack([series.regressors, series.known_ahead.reshape(-1, k)])
    centre, spread = series.regressors.mean(axis=0), series.regressors.std(axis=0)
    standard = (every - centre) / spread
    late, shifted = z[longest:], origins - longest
    fits = {}
    for lag in lags:
        x = standard[longest - lag : n - lag]
        one = _fit(late[: shifted[0]], plain, x[: shifted[0]])
        if one is not None:
            fits[lag] = one
    if not fits:
        return None, _("regressors ({k}) not used: no ARIMA with them could be fitted", k=k)
    lag = max(fits, key=lambda one: fits[one].log_likelihood)
    x = standard[longest - lag : n - lag]
    x_ahead = standard[n - lag : n - lag + series.horizon]
    whole = _fit(late, plain, x)
    if whole is None:
        return None, _("regressors ({k}) not used: no ARIMA with them could be fitted", k=k)
    note = (
        ""
        if len(lags) == 1
        else _(
            "regressors lagged by {lag} (of {low} to {high} tried)",
            lag=lag,
            low=lags[0],
            high=lags[-1],
        )
    )
    return Regressed(fits[lag], whole, late, shifted, x, x_ahead, lag), note


def _fit(z: np.ndarray, plain: Arima, x: np.ndarray) -> Arima | None:
    return arima.fit(z, plain.order, plain.seasonal, constant=plain.constant, x=x)
