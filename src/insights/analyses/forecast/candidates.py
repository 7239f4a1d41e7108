"""Every candidate forecast of one series: fitted before the first origin, and on the whole."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from insights.analyses.forecast import arima
from insights.analyses.forecast.arima import Arima
from insights.analyses.forecast.combination import Combination, combine
from insights.analyses.forecast.predictive import Scale, naive
from insights.analyses.forecast.regressors import Regressed, with_regressors
from insights.analyses.forecast.screening import Series

__all__ = ["BLEND", "Candidates", "Prediction", "candidates", "naive_kinds"]

REFITS = 3  # of the combination over a back-test
BLEND = (0.45, 0.4, 0.15)  # weights of the combination, the ARIMA and the naive forecast
WILD = 10.0  # ranges of the history beyond which a forecast is discarded


@dataclass(frozen=True)
class Prediction:
    """Means and standard deviations on the working scale, and the weights of future shocks.

    `plain` says that they stand in the unit of the series instead. `parts` are the forecasts that
    were averaged, in the unit of the series; shape (…, parts, horizon).
    """

    mean: np.ndarray
    sd: np.ndarray
    psi: np.ndarray
    parts: np.ndarray | None = None
    plain: bool = False

    def in_unit(self, scale: Scale) -> Prediction:
        """Return the prediction in the unit of the series; a median stays a median."""
        if self.plain:
            return self
        mean = scale.back(self.mean)
        sd = self.sd * scale.spread * (np.abs(mean) if scale.log else 1.0)
        return Prediction(mean, sd, self.psi, plain=True)


@dataclass
class Candidates:
    """What could be fitted to one series, and what could not.

    Attributes
    ----------
    past, future
        Model to its predictions: of the origins, and from the end of the series.
    fits
        ARIMA models fitted on the whole series.
    unlogged
        ARIMA of the same orders on the values, where the working scale is their logarithm; a part
        of the blend.
    trials
        Models searched by AICc on the part before the first origin.
    """

    past: dict[str, Prediction] = field(default_factory=dict)
    future: dict[str, Prediction] = field(default_factory=dict)
    fits: dict[str, Arima] = field(default_factory=dict)
    unlogged: Arima | None = None
    combination: Combination | None = None
    regressed: Regressed | None = None
    trials: int = 0
    notes: list[str] = field(default_factory=list)


def naive_kinds(season: int) -> list[str]:
    """Naive forecasts of a series with this season."""
    return ["naive", "seasonal_naive"] if season > 1 else ["naive", "drift"]


def candidates(series: Series, scale: Scale, origins: np.ndarray) -> Candidates:
    """Fit every candidate on the part before the first origin, forecast all origins and the end.

    Without origins, the naive forecasts and the combination of the whole series alone.
    """
    z, found = scale.work(series.values), Candidates()
    _naive(found, z, series, origins)
    _combination(found, series, origins)
    if not len(origins):
        return found
    searched = arima.search(z[: origins[0]], series.season)
    if searched is None:
        found.notes.append("no ARIMA could be fitted")
        return found
    first, found.trials = searched
    _arima(found, z, series, origins, first)
    if "arima" in found.fits:
        _regressors(found, z, series, origins, first)
        if "combination" in found.past:
            _blend(found, series, scale, origins, first)
    return found


def last_of(found: tuple[np.ndarray, ...]) -> Prediction:
    """Prediction of the only origin in what a model returned."""
    mean, sd, psi, *parts = found
    return Prediction(mean[0], sd[0], psi, parts[0][0] if parts else None, plain=bool(parts))


def sane(z: np.ndarray, *predictions: Prediction) -> bool:
    """Whether forecasts are finite and within ten ranges of the history."""
    reach = WILD * np.ptp(z)
    return all(
        bool(np.isfinite(p.mean).all() and np.isfinite(p.sd).all())
        and float(np.abs(p.mean - z.mean()).max()) < reach
        and float(p.sd.max()) < reach
        for p in predictions
    )


def _naive(found: Candidates, z: np.ndarray, series: Series, origins: np.ndarray) -> None:
    horizon, season, end = series.horizon, series.season, np.array([len(z)])
    for kind in naive_kinds(season):
        if len(origins):
            found.past[kind] = Prediction(*naive(z, origins, horizon, kind=kind, season=season))
        found.future[kind] = last_of(naive(z, end, horizon, kind=kind, season=season))


def _combination(found: Candidates, series: Series, origins: np.ndarray) -> None:
    """Forecast by the mean of ETS, Theta and CES: origins by a fit of what came before them."""
    y, horizon = series.values, series.horizon
    whole = combine(y, series.season)
    found.notes += [f"{name} left out: {why}" for name, why in whole.left_out.items()]
    if not whole.parts:
        return
    final = last_of(whole.forecast(y, np.array([len(y)]), horizon, relative=series.log))
    if not sane(y, final):
        found.notes.append("mean of ETS, Theta and CES discarded: it is not finite")
        return
    if len(origins):
        tested = _refitted(series, origins)
        if tested is None or not sane(y, tested):
            found.notes.append("mean of ETS, Theta and CES discarded in the back-test")
            return
        found.past["combination"] = tested
    found.future["combination"], found.combination = final, whole


def _refitted(series: Series, origins: np.ndarray) -> Prediction | None:
    """Forecast the origins in up to three runs of them, each by a fit of what came before it."""
    y, found = series.values, []
    for part in np.array_split(origins, min(REFITS, -(-len(origins) // 4))):
        fitted = combine(y[: part[0]], series.season)
        if not fitted.parts:
            return None
        found.append(fitted.forecast(y, part, series.horizon, relative=series.log))
    mean, sd = (np.concatenate([one[i] for one in found]) for i in (0, 1))
    # a part that failed in one run leaves only the means
    same = len({one[3].shape[1] for one in found}) == 1
    parts = np.concatenate([one[3] for one in found]) if same else None
    return Prediction(mean, sd, found[-1][2], parts, plain=True)


def _both(
    z: np.ndarray, origins: np.ndarray, horizon: int, first: Arima, whole: Arima
) -> tuple[Prediction, Prediction] | None:
    """Forecasts of the origins and of the end; None where one leaves the history tenfold."""
    tested = Prediction(*first.forecast(z, origins, horizon))
    final = last_of(whole.forecast(z, np.array([len(z)]), horizon))
    return (tested, final) if sane(z, tested, final) else None


def _again(z: np.ndarray, like: Arima) -> Arima | None:
    """Fit the orders of an ARIMA to other values, from its coefficients on."""
    orders = like.order, like.seasonal
    return arima.fit(z, *orders, constant=like.constant, near=like.estimates)


def _arima(
    found: Candidates, z: np.ndarray, series: Series, origins: np.ndarray, first: Arima
) -> None:
    whole = _again(z, first) or first
    both = _both(z, origins, series.horizon, first, whole)
    if both is None:
        found.notes.append(f"{first.text()} discarded: it leaves the range of the history tenfold")
        return
    found.past["arima"], found.future["arima"] = both
    found.fits["arima"] = whole


def _regressors(
    found: Candidates, z: np.ndarray, series: Series, origins: np.ndarray, plain: Arima
) -> None:
    regressed, note = with_regressors(series, z, origins, plain)
    if regressed is not None:
        first, whole, horizon = regressed.first, regressed.whole, series.horizon
        late, end = regressed.z, np.array([len(regressed.z)])
        tested = Prediction(*first.forecast(late, regressed.origins, horizon, *regressed.past))
        final = last_of(whole.forecast(late, end, horizon, *regressed.future))
        if sane(z, tested, final):
            found.past["arimax"], found.future["arimax"] = tested, final
            found.fits["arimax"], found.regressed = whole, regressed
        else:
            note = "ARIMA with regressors discarded: it leaves the history's range tenfold"
    found.notes += [note] if note else []


def _blend(
    found: Candidates, series: Series, scale: Scale, origins: np.ndarray, first: Arima
) -> None:
    """Weighted mean of the combination, the ARIMA and the (seasonal) naive forecast, in the unit.

    The weight on the naive forecast damps what the models make of trend and season, which errors
    of estimation exaggerate. Where the working scale is logarithmic, half of the ARIMA's weight
    goes to the same orders on the values themselves: which of the two is right is seldom clear.
    """
    other = _unlogged(found, series, origins, first) if scale.log else None
    last = "seasonal_naive" if series.season > 1 else "naive"
    for i, where in enumerate((found.past, found.future)):
        classical = [where["arima"].in_unit(scale)] + ([other[i]] if other else [])
        parts = [where["combination"], *classical, where[last].in_unit(scale)]
        shares = [BLEND[1] / len(classical)] * len(classical)
        weights = [BLEND[0], *shares, BLEND[2]]
        mean, sd, psi = (
            np.tensordot(weights, [getattr(part, name) for part in parts], axes=1)
            for name in ("mean", "sd", "psi")
        )
        where["blend"] = Prediction(mean, sd, psi, plain=True)


def _unlogged(
    found: Candidates, series: Series, origins: np.ndarray, like: Arima
) -> tuple[Prediction, Prediction] | None:
    """Forecast by the orders of the ARIMA, fitted to the values instead of their logarithms."""
    scale = Scale.of(series.values, log=False)
    z = scale.work(series.values)
    first, whole = _again(z[: origins[0]], like), _again(z, like)
    both = _both(z, origins, series.horizon, first, whole) if first and whole else None
    if both is None:
        return None
    found.unlogged = whole
    return both[0].in_unit(scale), both[1].in_unit(scale)
