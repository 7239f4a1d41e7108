"""Every candidate forecast of one series: fitted before the first origin, and on the whole."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from insights.analyses.forecast import arima
from insights.analyses.forecast.arima import Arima
from insights.analyses.forecast.combination import Combination, combine
from insights.analyses.forecast.predictive import Scale, ahead, naive, seasonal_drift
from insights.analyses.forecast.regressors import Regressed, with_regressors
from insights.analyses.forecast.series import Series
from insights.analyses.forecast.structural import LONG, Structural, structural
from insights.messages import _

__all__ = [
    "Candidates",
    "Prediction",
    "Profiles",
    "averaged",
    "blended",
    "candidates",
    "fitted_at",
    "naive_kinds",
]

REFITS = 3  # of the combination over a back-test
LEAST = 3  # forecasts in a blend
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


# by the number of values that are known
Fits = dict[int, Structural]
Profiles = dict[int, np.ndarray | None]


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


YEARLY = (4, 12, 52)  # periods in seasons that are years, whose change is that of the level
YEARS = {"daily": 365.25, "business-daily": 261.0, "weekly": 365.25 / 7}  # periods in one


def naive_kinds(season: int) -> list[str]:
    """Naive forecasts of a series with this season."""
    return ["naive", "seasonal_naive"] if season > 1 else ["naive", "drift"]


def candidates(
    series: Series, scale: Scale, origins: np.ndarray, profiles: Profiles | None = None
) -> Candidates:
    """Fit every candidate on the part before the first origin, forecast all origins and the end.

    Without origins, the naive forecasts and the combination of the whole series alone. `profiles`
    are the season that other series share, as known at the origins of the fits and at the end.
    """
    z, found = scale.work(series.values), Candidates()
    _naive(found, z, series, origins)
    models = _structural(found, z, series, origins, profiles or {})
    _combination(found, series, scale, origins, models)
    searched = arima.search(z[: origins[0]], series.season) if len(origins) else None
    if searched is None:
        found.notes += [_("no ARIMA could be fitted")] if len(origins) else []
        _blend(found, series, scale, origins, None)
        return found
    first, found.trials = searched
    _arima(found, z, series, origins, first)
    if "arima" in found.fits:
        _regressors(found, z, series, origins, first)
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
    if season in YEARLY:
        if len(origins):
            found.past["seasonal_drift"] = Prediction(*seasonal_drift(z, origins, horizon, season))
        found.future["seasonal_drift"] = last_of(seasonal_drift(z, end, horizon, season))


def periods_of(series: Series) -> tuple[float, ...]:
    """Lengths of the seasons of a series in periods: its own, and the year of daily values."""
    name = series.frequency.name if series.frequency else ""
    year = YEARS.get(name, 0.0)
    if name in ("daily", "business-daily"):
        long = (year,) if len(series.values) >= year + series.horizon else ()
        return ((float(series.season),) if series.season > 1 else ()) + long
    if series.season == 1:
        return ()
    return (year or float(series.season),)


def fitted_at(origins: np.ndarray) -> list[np.ndarray]:
    """Split the origins into up to three runs, each with fits of what came before it."""
    if not len(origins):
        return []
    return np.array_split(origins, min(REFITS, -(-len(origins) // 4)))


def _structural(
    found: Candidates, z: np.ndarray, series: Series, origins: np.ndarray, profiles: Profiles
) -> Fits:
    """Forecast level, trend and season at once; returns the fits, by the origin they know."""

    def fit(known: int, near: np.ndarray | None) -> Structural | None:
        return structural(
            z,
            known,
            series.horizon,
            start=int(series.ordinals[0]),
            periods=periods_of(series),
            profile=profiles.get(known),
            near=near,
        )

    horizon = series.horizon
    fits: Fits = {}
    near = None
    runs = fitted_at(origins)
    for part in runs:
        known = int(part[0])
        one = fit(known, near)
        if one is not None:
            fits[known], near = one, one.variances
    whole = fit(len(z), near)
    if whole is None or len(fits) < len(runs):
        found.notes.append(_("no structural model could be fitted"))
        return {}
    fits[len(z)] = whole
    final = last_of(whole.forecast(np.array([len(z)]), horizon))
    if not len(origins):
        if sane(z, final):
            found.future["structural"] = final
        return fits
    parts = [fits[int(part[0])].forecast(part, horizon) for part in runs]
    tested = Prediction(
        np.concatenate([one[0] for one in parts]),
        np.concatenate([one[1] for one in parts]),
        parts[-1][2],
    )
    if sane(z, tested, final):
        found.past["structural"], found.future["structural"] = tested, final
    return fits


def _combination(
    found: Candidates,
    series: Series,
    scale: Scale,
    origins: np.ndarray,
    models: Fits,
) -> None:
    """Forecast by the mean of ETS, Theta and CES: origins by a fit of what came before them.

    A long season, which they cannot learn, is taken out before and added again: that of the
    structural model, from what came before the origins.
    """
    y, horizon = series.values, series.horizon
    adjusted = _adjusted(series, scale, models.get(len(y)), len(y))
    whole = combine(adjusted.values, series.season)
    found.notes += [
        _("{part} left out: {why}", part=name, why=why) for name, why in whole.left_out.items()
    ]
    if not whole.parts:
        return
    end = np.array([len(y)])
    final = last_of(adjusted.back(whole, end, horizon, series.log))
    if not sane(y, final):
        found.notes.append(_("mean of ETS, Theta and CES discarded: it is not finite"))
        return
    if len(origins):
        tested = _refitted(series, scale, origins, models)
        if tested is None or not sane(y, tested):
            found.notes.append(_("mean of ETS, Theta and CES discarded in the back-test"))
            return
        found.past["combination"] = tested
    found.future["combination"], found.combination = final, whole


@dataclass(frozen=True)
class Adjusted:
    """Values without their long season, and that season on the working scale."""

    values: np.ndarray
    season: np.ndarray
    scale: Scale

    def back(
        self, fitted: Combination, origins: np.ndarray, horizon: int, relative: bool
    ) -> tuple[np.ndarray, ...]:
        """Forecasts of the combination with the season again."""
        mean, sd, psi, parts = fitted.forecast(self.values, origins, horizon, relative=relative)
        if not self.season.any():
            return mean, sd, psi, parts
        added = ahead(self.season, origins, horizon)
        least = 0.01 * self.values.min() if self.scale.log else -np.inf
        back = self.scale.back
        level = self.scale.work(np.maximum(mean, least))
        seasonal = self.scale.work(np.maximum(parts, least)) + added[:, None]
        whole = back(level + added)
        return whole, sd * (whole / back(level) if self.scale.log else 1.0), psi, back(seasonal)


def _adjusted(series: Series, scale: Scale, model: Structural | None, origin: int) -> Adjusted:
    """Take the long season of the structural model out of a series, as known at an origin."""
    n = len(series.values)
    season = np.zeros(n + series.horizon) if model is None else model.season(origin)
    values = scale.back(scale.work(series.values) - season[:n]) if season.any() else series.values
    return Adjusted(values, season, scale)


def _refitted(series: Series, scale: Scale, origins: np.ndarray, models: Fits) -> Prediction | None:
    """Forecast the origins in up to three runs of them, each by a fit of what came before it."""
    found = []
    for part in fitted_at(origins):
        adjusted = _adjusted(series, scale, models.get(int(part[0])), int(part[0]))
        fitted = combine(adjusted.values[: part[0]], series.season)
        if not fitted.parts:
            return None
        found.append(adjusted.back(fitted, part, series.horizon, series.log))
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
        found.notes.append(
            _(
                "{model} discarded: it leaves the range of the history tenfold",
                model=first.text(),
            )
        )
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
            note = _("ARIMA with regressors discarded: it leaves the history's range tenfold")
    found.notes += [note] if note else []


def blended(season: int) -> tuple[str, ...]:
    """Forecasts whose median is the blend: the models, and a naive one that damps them.

    An ARIMA has no more than the last values of a long season.
    """
    if season > LONG:
        return "combination", "structural", "seasonal_drift"
    return "arima", "combination", "structural", "seasonal_naive" if season > 1 else "naive"


def _blend(
    found: Candidates, series: Series, scale: Scale, origins: np.ndarray, first: Arima | None
) -> None:
    """Median of ARIMA, combination, structural model and naive forecast, in the unit.

    One that goes astray does not move it (Petropoulos and Svetunkov 2020, doi
    10.1016/j.ijforecast.2019.01.006). Where the working scale is logarithmic, the same orders on
    the values themselves are a further part: which of the two is right is seldom clear.
    """
    names = [name for name in blended(series.season) if name in found.future]
    if len(origins):
        names = [name for name in names if name in found.past]
    elif series.season == 1:
        return
    if len(names) < LEAST:
        return
    fitted = first if "arima" in names and scale.log else None
    other = _unlogged(found, series, origins, fitted) if fitted else None
    for i, where in enumerate((found.past, found.future)):
        parts = [where[name].in_unit(scale) for name in names if name in where]
        if parts:
            where["blend"] = _median([*parts, other[i]] if other else parts)


def averaged(parts: list[Prediction], weights: list[float]) -> Prediction:
    """Weighted mean of predictions in the unit of the series."""
    mean, sd, psi = (
        np.tensordot(weights, [getattr(part, name) for part in parts], axes=1)
        for name in ("mean", "sd", "psi")
    )
    return Prediction(mean, sd, psi, plain=True)


def _median(parts: list[Prediction]) -> Prediction:
    """Median of predictions in the unit of the series, date by date."""
    mean, sd = (
        np.median([getattr(part, name) for part in parts], axis=0) for name in ("mean", "sd")
    )
    psi = np.mean([part.psi for part in parts], axis=0)
    return Prediction(mean, sd, psi, plain=True)


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
