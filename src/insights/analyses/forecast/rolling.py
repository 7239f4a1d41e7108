"""One series through the rolling origin: every candidate forecasts every origin unseen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from insights.analyses.forecast import arima
from insights.analyses.forecast.arima import Arima
from insights.analyses.forecast.combination import Combination, combine
from insights.analyses.forecast.predictive import Scale, ahead, naive
from insights.analyses.forecast.regressors import Regressed, with_regressors
from insights.analyses.forecast.screening import MIN_ORIGINS, MIN_POINTS, Series
from insights.result import Estimate

__all__ = ["NAIVE", "PROSE", "Prediction", "Rolling", "origins_of", "paired", "roll"]

PROSE = {
    "naive": "last-value",
    "seasonal_naive": "seasonal naive",
    "combination": "mean of ETS, Theta and CES",
    "arima": "ARIMA",
    "blend": "blend of ETS, Theta, CES, ARIMA and naive",
    "arimax": "ARIMA with regressors",
    "bottom_up": "sum of the segments",
}  # of each model
NAIVE = ("naive", "seasonal_naive", "drift")
MAX_ORIGINS = 40
TRAIN_SHARE = 0.6  # of the series before the first origin, where the length permits
PAIRED_LEVEL = 0.9  # two-sided: a model without an edge is said to beat naive in 5 %
REFITS = 3  # of the combination over a back-test
PLAIN = Scale(log=False, centre=0.0, spread=1.0)
BLEND = (0.6, 0.25, 0.15)  # weights of the combination, the ARIMA and the naive forecast
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


@dataclass(frozen=True, kw_only=True)
class Rolling:
    """Back-test and forecast of one series.

    Attributes
    ----------
    origins
        Number of values known at each origin, shape (k,); empty without a back-test.
    actual
        What came, shape (k, horizon).
    unit_error
        Mean absolute seasonal-naive error before each origin, the divisor of MASE, shape (k,).
    past, future
        Model to its predictions: of the origins, and from the end of the series.
    fits
        ARIMA models fitted on the whole series.
    benchmark
        The naive forecast a model has to beat, chosen before the first origin.
    trials
        Models searched by AICc on the part before the first origin.
    """

    series: Series
    benchmark: str
    scale: Scale
    origins: np.ndarray
    actual: np.ndarray
    unit_error: np.ndarray
    past: dict[str, Prediction]
    future: dict[str, Prediction]
    fits: dict[str, Arima]
    residuals: np.ndarray
    combination: Combination | None = None
    regressed: Regressed | None = None
    trials: int = 0
    notes: tuple[str, ...] = ()

    def points(self, model: str) -> np.ndarray:
        """Point forecasts (medians) of the origins in units of the series."""
        return self.scale_of(model).back(self.past[model].mean)

    def scale_of(self, model: str) -> Scale:
        """Scale on which a model's predictions stand."""
        return PLAIN if self.future[model].plain else self.scale

    def scaled_errors(self, model: str) -> np.ndarray:
        """Absolute errors over the unit error (MASE by cell); shape (k, horizon)."""
        return np.abs(self.actual - self.points(model)) / self.unit_error[:, None]

    def z_scores(self, model: str) -> np.ndarray:
        """Errors over their predicted standard deviation, on the scale of the model."""
        past = self.past[model]
        return (self.scale_of(model).work(self.actual) - past.mean) / past.sd

    @property
    def windows(self) -> float:
        """How many forecast windows fit side by side into the back-test."""
        if not len(self.origins):
            return 0.0
        return float(self.origins[-1] - self.origins[0]) / self.series.horizon + 1

    @property
    def tested_season(self) -> float:
        """Share of the forecast's places in the season that the back-test also forecast.

        Where it is low, a Christmas say, neither error nor coverage was measured there.
        """
        season, horizon = self.series.season, self.series.horizon
        if season == 1 or not len(self.origins):
            return 1.0
        tested = np.unique((self.origins[:, None] + np.arange(horizon)) % season)
        return float(
            np.isin((len(self.series.values) + np.arange(horizon)) % season, tested).mean()
        )

    def gain(self, model: str, over: str, level: float = PAIRED_LEVEL) -> Estimate:
        """Mean scaled error of `model` minus that of `over`, paired by origin; negative is good."""
        difference = self.scaled_errors(model).mean(axis=1) - self.scaled_errors(over).mean(axis=1)
        return paired(difference, self.windows, level)


def origins_of(n: int, horizon: int, season: int) -> np.ndarray:
    """Origins of the back-test: up to 40, evenly spread over the last part of the series."""
    shortest = max(2 * season, MIN_POINTS)
    first = max(shortest, min(int(TRAIN_SHARE * n), n - horizon - MIN_ORIGINS + 1))
    last = n - horizon
    step = max(1, -(-(last - first + 1) // MAX_ORIGINS))
    return np.arange(last, first - 1, -step)[::-1]


def paired(difference: np.ndarray, windows: float, level: float = PAIRED_LEVEL) -> Estimate:
    """Mean of paired losses with an interval that stands overlapping forecasts.

    Equal-weighted cosine estimate of the long-run variance with few terms and Student's t on as
    many degrees of freedom (Lazarus et al. 2018, doi 10.1080/07350015.2018.1506926; for forecast
    comparison Coroneo and Iacone 2020, doi 10.1002/jae.2756). The number of terms is bounded by
    the number of windows that do not overlap.
    """
    k = len(difference)
    terms = int(np.clip(min(0.4 * k ** (2 / 3), windows - 1), 1, k - 1))
    angle = np.pi * np.outer(np.arange(1, terms + 1), np.arange(k) + 0.5) / k
    projections = np.sqrt(2 / k) * (np.cos(angle) @ difference)
    half = stats.t.ppf(0.5 + level / 2, terms) * np.sqrt(np.mean(projections**2) / k)
    mean = float(difference.mean())
    return Estimate(mean, mean - float(half), mean + float(half), level, k)


def roll(series: Series) -> Rolling:
    """Fit every candidate on the part before the first origin, forecast all origins and the end."""
    n, horizon, season = len(series.values), series.horizon, series.season
    scale = Scale.of(series.values, log=series.log)
    z = scale.work(series.values)
    end = np.array([n])
    tested = series.verdict == "forecast"
    origins = origins_of(n, horizon, season) if tested else np.empty(0, np.int64)
    kinds = ["naive", "seasonal_naive"] if season > 1 else ["naive", "drift"]
    past: dict[str, Prediction] = {}
    future: dict[str, Prediction] = {}
    for kind in kinds:
        if tested:
            past[kind] = Prediction(*naive(z, origins, horizon, kind=kind, season=season))
        future[kind] = last_of(naive(z, end, horizon, kind=kind, season=season))
    fits: dict[str, Arima] = {}
    combination, notes = _try_combination(series, origins, past, future)
    trials, residuals, regressed = 0, np.empty(0), None
    if tested:
        found = arima.search(z[: origins[0]], season)
        if found is not None:
            first, trials = found
            note = _try_arima(z, origins, horizon, first, past, future, fits)
            notes += [note] if note else []
            if "arima" in fits:
                residuals = fits["arima"].residuals(z)
                regressed, note = _try_regressors(series, z, origins, first, past, future, fits)
                notes += [note] if note else []
            if "arima" in past and "combination" in past:
                for where in (past, future):
                    where["blend"] = blended(
                        scale, where["combination"], where["arima"], where[kinds[season > 1]]
                    )
        else:
            notes.append("no ARIMA could be fitted")
    changes = np.abs(series.values[season:] - series.values[:-season])
    return Rolling(
        series=series,
        benchmark=_benchmark(z, kinds, origins, horizon, season),
        scale=scale,
        origins=origins,
        actual=ahead(series.values, origins, horizon),
        unit_error=np.cumsum(changes)[origins - season - 1] / (origins - season),
        past=past,
        future=future,
        fits=fits,
        residuals=residuals,
        combination=combination,
        regressed=regressed,
        trials=trials,
        notes=tuple(notes),
    )


def _benchmark(z, kinds: list[str], origins, horizon: int, season: int) -> str:
    """Choose naive, seasonal naive or drift by their errors before the first origin.

    Chosen on the back-test itself it would be the luckiest of them, and unfair to the model.
    """
    if not len(origins):
        return kinds[-1] if kinds[-1] == "seasonal_naive" else "naive"
    known = int(origins[0])
    earlier = np.arange(min(season + 2, known - 1), max(known - horizon, season + 2) + 1)
    reach = min(horizon, known - int(earlier[-1]))
    after = ahead(z, earlier, max(reach, 1))

    def error(kind: str) -> float:
        mean, _, _ = naive(z, earlier, max(reach, 1), kind=kind, season=season)
        return float(np.abs(after - mean).mean())

    return min(kinds, key=error)


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


def _try_combination(
    series: Series, origins: np.ndarray, past: dict, future: dict
) -> tuple[Combination | None, list[str]]:
    """Forecast by the mean of ETS, Theta and CES: origins by a fit of what came before them."""
    y, horizon, season = series.values, series.horizon, series.season
    whole = combine(y, season)
    notes = [f"{name} left out: {why}" for name, why in whole.left_out.items()]
    if not whole.parts:
        return None, notes
    final = last_of(whole.forecast(y, np.array([len(y)]), horizon, relative=series.log))
    if not sane(y, final):
        return None, [*notes, "mean of ETS, Theta and CES discarded: it is not finite"]
    if len(origins):
        tested = _refitted(y, origins, series)
        if tested is None or not sane(y, tested):
            return None, [*notes, "mean of ETS, Theta and CES discarded in the back-test"]
        past["combination"] = tested
    future["combination"] = final
    return whole, notes


def _refitted(y, origins: np.ndarray, series: Series) -> Prediction | None:
    """Forecast the origins in up to three runs of them, each by a fit of what came before it."""
    runs = np.array_split(origins, min(REFITS, -(-len(origins) // 4)))
    found = []
    for part in runs:
        fitted = combine(y[: part[0]], series.season)
        if not fitted.parts:
            return None
        found.append(fitted.forecast(y, part, series.horizon, relative=series.log))
    mean, sd = (np.concatenate([one[i] for one in found]) for i in (0, 1))
    # a part that failed in one run leaves only the means
    same = len({one[3].shape[1] for one in found}) == 1
    parts = np.concatenate([one[3] for one in found]) if same else None
    return Prediction(mean, sd, found[-1][2], parts, plain=True)


def blended(
    scale: Scale, three: Prediction, classical: Prediction, plain: Prediction
) -> Prediction:
    """Weighted mean of the combination, the ARIMA and the (seasonal) naive forecast.

    The weight on the naive forecast damps what the models make of trend and season, which errors
    of estimation exaggerate.
    """
    parts = [three]
    for one in (classical, plain):
        mean = scale.back(one.mean)
        parts.append(Prediction(mean, one.sd * scale.spread * (np.abs(mean) if scale.log else 1.0),
                                one.psi))  # fmt: skip
    mean, sd, psi = (
        np.tensordot(BLEND, [getattr(part, field) for part in parts], axes=1)
        for field in ("mean", "sd", "psi")
    )
    return Prediction(mean, sd, psi, plain=True)


def _try_arima(z, origins, horizon, first: Arima, past, future, fits) -> str:
    orders = first.order, first.seasonal
    whole = arima.fit(z, *orders, constant=first.constant, near=first.estimates) or first
    tested = Prediction(*first.forecast(z, origins, horizon))
    final = last_of(whole.forecast(z, np.array([len(z)]), horizon))
    if not sane(z, tested, final):
        return f"{first.text()} discarded: it leaves the range of the history tenfold"
    past["arima"], future["arima"], fits["arima"] = tested, final, whole
    return ""


def _try_regressors(
    series: Series, z, origins, plain: Arima, past, future, fits
) -> tuple[Regressed | None, str]:
    found, note = with_regressors(series, z, origins, plain)
    if found is not None:
        first, whole = found.first, found.whole
        tested = Prediction(*first.forecast(found.z, found.origins, series.horizon, *found.past))
        end = np.array([len(found.z)])
        final = last_of(whole.forecast(found.z, end, series.horizon, *found.future))
        if not sane(z, tested, final):
            return None, "ARIMA with regressors discarded: it leaves the history's range tenfold"
        past["arimax"], future["arimax"], fits["arimax"] = tested, final, whole
    return found, note
