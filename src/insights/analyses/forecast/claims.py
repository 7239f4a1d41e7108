"""What forecasts ask for: a claim a series, against the same periods before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insights.analyses.forecast.naming import series_name, units
from insights.claim import Claim, unknown
from insights.messages import _, number

if TYPE_CHECKING:
    from insights.analyses.forecast.result import Forecast

__all__ = ["forecast_claims"]


def forecast_claims(forecast: Forecast) -> list[Claim]:
    """Return what is expected of each series whose forecast beats naive; the rest is unknown."""
    choices = forecast.backtest.choices
    keys = forecast.leading()
    found = [_expected(forecast, key) for key in keys if choices[key].headlined]
    rest = [key for key in keys if not choices[key].headlined]
    for key in rest:
        text = _(
            "Where {series} goes: no forecast is shown to beat the naive one.",
            series=series_name(key),
        )
        found.append(unknown(key, text, forecast.means[key].n))
    return found


def _expected(forecast: Forecast, key: str) -> Claim:
    roll = next(r for r in forecast.backtest.rolls if r.series.series_id == key)
    chance, mean, series = forecast.chances[key], forecast.chances[key].ahead, roll.series
    if mean is None:
        return unknown(key, _("Where {series} goes.", series=series_name(key)), forecast.n)
    decimals = 0 if max(abs(mean.estimate), abs(chance.past)) >= 10 else 2
    return Claim(
        key=key,
        text=_(
            "{series} is expected at {mean} [{low}, {high}] on average over {subject}, where it "
            "stood at {past} in {compared}; the forecast beats naive (n = {n} {units}).",
            series=series_name(key),
            mean=number(mean.estimate, decimals),
            low=number(mean.low, decimals),
            high=number(mean.high, decimals),
            subject=chance.subject,
            past=number(chance.past, decimals),
            compared=chance.compared,
            n=number(len(series.values)),
            units=units(series.frequency.unit if series.frequency else "period"),
        ),
        n=len(series.values),
        estimate=mean.estimate,
        low=mean.low,
        high=mean.high,
        level=mean.level,
        unit="value",
        nothing=chance.past,
        whole=abs(chance.past) or 1.0,
        chance=max(chance.probability, 1 - chance.probability),
        doubt=_("It says that what moved the series before goes on, and no more."),
        records={"table": "forecast", "filter": {"series_id": [key]}},
    )
