"""One series through the rolling origin: every candidate forecasts every origin unseen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from insights.analyses.forecast.arima import Arima
from insights.analyses.forecast.candidates import (
    Prediction,
    Profiles,
    averaged,
    candidates,
    naive_kinds,
)
from insights.analyses.forecast.combination import Combination
from insights.analyses.forecast.predictive import Scale, ahead, error_correlation, naive
from insights.analyses.forecast.regressors import Regressed
from insights.analyses.forecast.series import MIN_ORIGINS, Series, shortest_fit
from insights.result import Estimate

__all__ = ["NAIVE", "Rolling", "origins_of", "paired", "roll"]

NAIVE = ("naive", "seasonal_naive", "drift")
UNSEEN = 0.5  # by which intervals widen where no part of the season was tested
HALF = 0.5  # share of the season's part now forecast that the back-test has to have seen
FEW, DOUBTFUL = 3.0, 1.5  # windows under which errors may exceed the last value's; by this factor
MAX_ORIGINS = 40
TRAIN_SHARE = 0.6  # of the series before the first origin, where the length permits
PAIRED_LEVEL = 0.9  # two-sided: a model without an edge is said to beat naive in 5 %
PLAIN = Scale(log=False, centre=0.0, spread=1.0)


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
    unlogged
        ARIMA of the same orders on the values, where the working scale is their logarithm.
    benchmark
        The naive forecast a model has to beat, chosen before the first origin.
    trials
        Models searched by AICc on the part before the first origin.
    share
        Of the median of forecasts in the blend; the rest is the mean of `sound`.
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
    unlogged: Arima | None = None
    combination: Combination | None = None
    regressed: Regressed | None = None
    trials: int = 0
    share: float = 1.0
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

    def mean_scores(self, model: str) -> np.ndarray:
        """Errors of the mean over the horizon, over the spread that the model predicts for it.

        The predicted errors of the steps hang together by the weights psi; shape (k,).
        """
        past = self.past[model].in_unit(self.scale)
        between = error_correlation(past.psi)
        sd = np.sqrt(np.einsum("kh,hj,kj->k", past.sd, between, past.sd)) / self.series.horizon
        return (self.actual - past.mean).mean(axis=1) / sd

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

    @property
    def limit(self) -> float:
        """Back-test error above which no forecast is kept: that of the last value.

        Whatever else a forecast knows, the last value is there without it. Under three windows
        that do not overlap, which of the two did better is mostly luck: half again as much.
        """
        error = float(self.scaled_errors("naive").mean())
        return error * (DOUBTFUL if self.windows < FEW else 1.0)

    @property
    def eligible(self) -> tuple[str, ...]:
        """Models that may be kept: those whose back-test error is within the limit."""
        if not self.past:
            return ()
        return tuple(n for n in self.past if float(self.scaled_errors(n).mean()) <= self.limit)

    @property
    def sound(self) -> tuple[str, ...]:
        """Eligible forecasts without the blend and regressors; the last value is one."""
        return tuple(name for name in self.eligible if name not in ("blend", "arimax"))

    @property
    def seen(self) -> bool:
        """Whether the back-test forecast at least half of the part of the season now forecast."""
        return self.tested_season >= HALF

    @property
    def unseen_widening(self) -> float:
        """Factor on intervals for the part of the season now forecast that was not tested."""
        return 1 + UNSEEN * (1 - self.tested_season)

    def gain(self, model: str, over: str, level: float = PAIRED_LEVEL) -> Estimate:
        """Mean scaled error of `model` minus that of `over`, paired by origin; negative is good."""
        difference = self.scaled_errors(model).mean(axis=1) - self.scaled_errors(over).mean(axis=1)
        return paired(difference, self.windows, level)


def origins_of(n: int, horizon: int, season: int) -> np.ndarray:
    """Origins of the back-test: up to 40, evenly spread over the last part of the series."""
    shortest = shortest_fit(season)
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


def roll(series: Series, profiles: Profiles | None = None) -> Rolling:
    """Fit every candidate on the part before the first origin, forecast all origins and the end."""
    n, horizon, season = len(series.values), series.horizon, series.season
    scale = Scale.of(series.values, log=series.log)
    z = scale.work(series.values)
    tested = series.verdict == "forecast"
    origins = origins_of(n, horizon, season) if tested else np.empty(0, np.int64)
    found = candidates(series, scale, origins, profiles)
    changes = np.abs(series.values[season:] - series.values[:-season])
    rolled = Rolling(
        series=series,
        benchmark=_benchmark(z, naive_kinds(season), origins, horizon, season),
        scale=scale,
        origins=origins,
        actual=ahead(series.values, origins, horizon),
        unit_error=np.cumsum(changes)[origins - season - 1] / (origins - season),
        past=found.past,
        future=found.future,
        fits=found.fits,
        residuals=found.fits["arima"].residuals(z) if "arima" in found.fits else np.empty(0),
        unlogged=found.unlogged,
        combination=found.combination,
        regressed=found.regressed,
        trials=found.trials,
        notes=tuple(found.notes),
    )
    return _mixed(rolled)


def _mixed(one: Rolling) -> Rolling:
    """Mix into a blend whose error is beyond the limit as little as it takes of what is not.

    That is the mean of the eligible forecasts: the error of a mean is at most the mean of errors.
    """
    if "blend" not in one.past or "blend" in one.eligible:
        return one
    names = one.sound
    for hundredths in range(99, -1, -1):
        share = hundredths / 100
        weights = [share, *[(1 - share) / len(names)] * len(names)]
        past, future = (
            where
            | {"blend": averaged([where[n].in_unit(one.scale) for n in ("blend", *names)], weights)}
            for where in (one.past, one.future)
        )
        mixed = replace(one, past=past, future=future, share=share)
        if float(mixed.scaled_errors("blend").mean()) <= one.limit:
            return mixed
    return one


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
