"""What ARIMA left in its residuals, and trend and season by STL."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.tsa.seasonal import MSTL, STL

from insights.analyses.forecast.naming import number, series_name, share
from insights.analyses.forecast.result import Backtest
from insights.analyses.forecast.rolling import Rolling
from insights.analyses.forecast.screening_result import SeriesScreening
from insights.analyses.forecast.series import Series
from insights.analyses.forecast.tables import OUTPUTS, shown
from insights.errors import listed
from insights.messages import _, plural
from insights.result import Check, Result

__all__ = ["Decomposition", "Diagnostics", "decomposition", "diagnostics", "parts_of"]

ALPHA = 0.01  # tests of residuals run once a series


@dataclass(frozen=True, kw_only=True)
class Diagnostics(Result, table="coefficients", figure="correlogram"):
    """What the ARIMA models left unexplained; n counts models.

    Attributes
    ----------
    coefficients, tests
        One row a series and coefficient; one row a series and test.
    correlations
        Series id to autocorrelations of the residuals from lag 1, and their 95 % bound.
    """

    coefficients: pd.DataFrame
    tests: pd.DataFrame
    correlations: dict[str, tuple[np.ndarray, float]]

    def sentences(self) -> list[str]:
        """Say which assumptions the residuals contradict."""
        if not self.n:
            return [_("No ARIMA was fitted, so there are no residuals to examine (n = 0).")]
        lost = self.tests[self.tests["p"] < 0.01].groupby("test")["series_id"].nunique()
        found = [_("{test} in {n}", test=shown(str(name)), n=count) for name, count in lost.items()]
        return [
            plural(
                "Residuals of {n} ARIMA model were tested at 1 %; assumptions contradicted: "
                "{found}.",
                "Residuals of {n} ARIMA models were tested at 1 %; assumptions contradicted: "
                "{found}.",
                self.n,
                found=listed(found) or _("none"),
            )
        ]


@dataclass(frozen=True, kw_only=True)
class Decomposition(Result, table="strengths", figure="decomposition"):
    """Trend, season and remainder of seasonal series; n counts series.

    Attributes
    ----------
    parts
        One row a series and date; `provisional` marks the last season.
    strengths
        One row a series: strength of trend and season, and how far the trend's end moved when
        a season of data was added.
    """

    parts: pd.DataFrame
    strengths: pd.DataFrame

    def sentences(self) -> list[str]:
        """Say how seasonal the first series is, and how provisional its end."""
        if not self.n:
            return [_("No series has two full seasons, so none is decomposed (n = 0).")]
        first = self.strengths.iloc[0]
        return [
            _(
                "{series}: season explains {season} and trend {trend} of what varies beside it "
                "(n = {n}; {count} series decomposed).",
                series=series_name(first["series_id"]),
                season=share(first["season_strength"]),
                trend=share(first["trend_strength"]),
                n=first["n"],
                count=self.n,
            ),
            _(
                "The trend over the last season is provisional: a season earlier its end has since "
                "moved by {revision}.",
                revision=number(first["revision"]),
            )
            if np.isfinite(first["revision"])
            else _(
                "The trend over the last season is provisional, and too few seasons are there to "
                "say by how much it will move."
            ),
        ]


def diagnostics(backtest: Backtest) -> Diagnostics:
    """Test the residuals of every ARIMA: correlation, normality, constant variance."""
    fitted = [one for one in backtest.rolls if "arima" in one.fits and len(one.residuals) > 12]
    tests = [row for one in fitted for row in _tests(one)]
    frame = pd.DataFrame(tests, columns=OUTPUTS["diagnostics"].names)
    checks = []
    for name, part in frame.groupby("test", sort=False):
        lost = part.loc[part["p"] < ALPHA, "series_id"]
        checks.append(
            Check(
                _("residuals: {test}", test=shown(str(name))),
                len(lost) <= stats.binom.ppf(0.95, len(part), ALPHA),
                _("contradicted at 1 % in {lost} of {n} series", lost=len(lost), n=len(part)),
            )
        )
    return Diagnostics(
        n=len(fitted),
        checks=tuple(checks),
        coefficients=pd.DataFrame(
            [row for one in fitted for row in _coefficients(one)],
            columns=OUTPUTS["coefficients"].names,
        ),
        tests=frame,
        correlations={one.series.series_id: _correlations(one) for one in fitted},
    )


def _settled(one: Rolling) -> np.ndarray:
    """Residuals after the first season, where the filter still learns."""
    burn = min(one.series.season, len(one.residuals) // 4)
    return one.residuals[burn:]


def _tests(one: Rolling):
    e = _settled(one)
    n, fit = len(e), one.fits["arima"]
    free = fit.order[0] + fit.order[2] + fit.seasonal[0] + fit.seasonal[2]
    lags = max(free + 3, min(2 * one.series.season if one.series.season > 1 else 10, n // 5))
    box = acorr_ljungbox(e, lags=[lags], model_df=free)
    key = one.series.series_id
    yield (
        key,
        "no autocorrelation (Ljung-Box)",
        float(box["lb_stat"].iloc[0]),
        float(box["lb_pvalue"].iloc[0]),
        n,
    )
    bera = stats.jarque_bera(e)
    yield key, "normality (Jarque-Bera)", float(bera.statistic), float(bera.pvalue), n
    third = max(n // 3, 2)
    ratio = float((e[-third:] ** 2).sum() / (e[:third] ** 2).sum())
    tail = stats.f.sf(ratio, third, third)
    yield (
        key,
        "constant variance (last third over first)",
        ratio,
        float(2 * min(tail, 1 - tail)),
        n,
    )


def _coefficients(one: Rolling):
    z = stats.norm.ppf(0.975)
    for model, fit in one.fits.items():
        for name, value, error in zip(fit.names, fit.estimates, fit.errors, strict=True):
            yield (
                one.series.series_id,
                model,
                fit.text(),
                name,
                float(value),
                float(value - z * error),
                float(value + z * error),
                fit.aicc,
                fit.n,
            )


def _correlations(one: Rolling) -> tuple[np.ndarray, float]:
    e = _settled(one)
    e = e - e.mean()
    lags = min(2 * one.series.season if one.series.season > 1 else 12, len(e) // 3, 36)
    values = np.array([e[lag:] @ e[:-lag] for lag in range(1, lags + 1)]) / (e @ e)
    return values, float(stats.norm.ppf(0.975) / np.sqrt(len(e)))


def decomposition(screening: SeriesScreening) -> Decomposition:
    """Split seasonal series into trend, season and remainder (STL; MSTL for years of days).

    Cleveland et al. (1990), Journal of Official Statistics 6(1). The last season of the trend is
    provisional: it will move as data come, by about the revision measured here.
    """
    seasonal = [s for s in screening.usable if s.season > 1]
    seasonal.sort(key=lambda s: (-s.level, s.series_id))
    pairs = [_parts(one) for one in seasonal]
    names = ["series_id", "n", "trend_strength", "season_strength", "revision"]
    return Decomposition(
        n=len(seasonal),
        checks=(
            Check(
                _("the trend's last season is provisional"),
                None,
                _("it moves as later values come; see revision"),
            ),
        ),
        parts=pd.concat([p for p, _row in pairs], ignore_index=True)
        if pairs
        else OUTPUTS["decomposition"].empty(),
        strengths=pd.DataFrame([row for _part, row in pairs], columns=names),
    )


def parts_of(
    values: np.ndarray, season: int, year: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Trend, season and remainder, which add up to the values; each of shape (n,).

    Robust STL (Cleveland et al. 1990); with a year besides the season of the week, MSTL
    (Bandara, Hyndman and Bergmeir 2021, arXiv 2107.13462); without a season the trend is a
    running median of thirteen, smoothed.
    """
    spread = float(values.std()) or 1.0
    y = values / spread
    if season == 1:
        middle = pd.Series(y).rolling(13, center=True, min_periods=4).median()
        trend = middle.rolling(7, center=True, min_periods=1).mean().to_numpy()
        return trend * spread, np.zeros(len(y)), (y - trend) * spread
    if year and len(y) >= 2 * year + season:
        found = MSTL(y, periods=(season, year)).fit()
        seasonal = np.asarray(found.seasonal).sum(axis=1)
    else:
        found = STL(y, period=season, robust=True).fit()
        seasonal = np.asarray(found.seasonal)
    return np.asarray(found.trend) * spread, seasonal * spread, np.asarray(found.resid) * spread


def _parts(one: Series) -> tuple[pd.DataFrame, tuple]:
    y, m = one.values, one.season
    year = 365 if one.frequency and one.frequency.name == "daily" else 0
    trend, season, rest = parts_of(y, m, year)
    revision = np.nan
    if len(y) >= 3 * m:
        earlier = parts_of(y[:-m], m, year)[0]
        revision = float(abs(earlier[-1] - trend[-m - 1]))
    frame = pd.DataFrame(
        {
            "series_id": one.series_id,
            "date": one.dates,
            "value": y,
            "trend": trend,
            "seasonal": season,
            "remainder": rest,
            "provisional": np.arange(len(y)) >= len(y) - m,
        }
    )
    return frame, (one.series_id, len(y), _strength(rest, trend), _strength(rest, season), revision)


def _strength(rest: np.ndarray, part: np.ndarray) -> float:
    """Share of the variance of part and remainder that is the part's (Wang et al. 2006)."""
    both = float(np.var(rest + part))
    return float(np.clip(1 - np.var(rest) / both, 0, 1)) if both > 0 else 0.0
