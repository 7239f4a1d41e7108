"""How a series has changed: trend, year on year, the usual season, holidays; each with interval."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.forecast.beside import Change
from insights.analyses.forecast.params import Params
from insights.analyses.forecast.result import Gate
from insights.analyses.forecast.rolling import paired
from insights.analyses.forecast.screening import Series
from insights.analyses.forecast.structure import parts_of
from insights.errors import ParamsError, did_you_mean
from insights.result import Check, Estimate
from insights.stats.intervals import mean_t

__all__ = ["change", "holiday_dates"]

LEAST = 3  # occurrences of a holiday below which nothing is said of it
_CHANGES = ("series_id", "measure", "estimate", "low", "high", "level", "n")
_PROFILE = ("series_id", "place", "effect", "low", "high", "level", "n")
_HOLIDAYS = ("series_id", "holiday", "effect", "low", "high", "level", "n")


def change(gate: Gate, params: Params) -> Change:
    """Measure trend, change on the year, seasonal profile and holidays of every usable series.

    Raises ParamsError when a country of `holidays` is not known.
    """
    changes, profiles, days = [], [], []
    countries = [one.strip() for one in params.holidays.split(",") if one.strip()]
    usable = sorted(gate.usable, key=lambda s: (-s.level, s.series_id))
    for one in usable:
        changes += list(_changes(one, params.level))
        if one.season > 1:
            profiles += list(_profile(one, params.level))
        if countries and one.frequency and one.frequency.name in ("daily", "weekly"):
            days += list(_holidays(one, countries, params.level))
    return Change(
        n=len(usable),
        rows=pd.DataFrame(changes, columns=list(_CHANGES)),
        profile=pd.DataFrame(profiles, columns=list(_PROFILE)),
        holidays=pd.DataFrame(days, columns=list(_HOLIDAYS)),
        checks=(_holiday_check(usable, countries),),
    )


def _holiday_check(usable: list[Series], countries: list[str]) -> Check:
    fine = [s for s in usable if s.frequency and s.frequency.name in ("daily", "weekly")]
    if not fine:
        return Check("holidays", None, "no daily or weekly series, so none is looked at")
    if not countries:
        detail = "no country is named (holidays: US), so none is told from the other days"
        return Check("holidays", None, detail)
    return Check("holidays", None, f"those of {', '.join(countries)} in {len(fine)} series")


def _changes(one: Series, level: float) -> Iterable[tuple]:
    """Trend a year, and the last season against the one before."""
    y, season = one.values, one.season
    yearly = {"daily": 365.25, "business-daily": 261, "weekly": 365.25 / 7, "monthly": 12}
    name = one.frequency.name if one.frequency else ""
    year = yearly.get(name, 4 if name == "quarterly" else 1)
    found = _slope(y, season, level)
    if found is not None:
        low, high = found.low * year, found.high * year
        yield one.series_id, "trend a year", found.estimate * year, low, high, level, found.n
    span = round(year)
    if len(y) >= 2 * span and span > 1:
        before = float(y[-2 * span : -span].mean())
        difference = y[-span:] - y[-2 * span : -span]
        # a year of differences is one window of a trend and several of a cycle: few terms
        moved = paired(difference, 4.0, level)
        yield one.series_id, "year on year", moved.estimate, moved.low, moved.high, level, span
        if before > 0 and y.min() >= 0:
            share = [value / before for value in (moved.estimate, moved.low, moved.high)]
            yield one.series_id, "year on year, share", *share, level, span


def _slope(y: np.ndarray, season: int, level: float) -> Estimate | None:
    """Slope of a straight line beside a fixed season, in units a period, with HAC errors.

    Equal-weighted cosine estimate of the long-run variance with .4 n^(2/3) terms and Student's t
    on as many degrees (Lazarus, Lewis, Stock and Watson 2018, doi 10.1080/07350015.2018.1506926):
    Newey and West's weights with a normal quantile cover 5 points less in short series.
    """
    n = len(y)
    columns = season if 1 < season <= 24 and n >= 3 * season else 1
    if n < 2 * columns + 8:
        return None
    places = np.eye(columns)[np.arange(n) % columns]
    own = places @ np.linalg.lstsq(places, np.arange(n, dtype=float), rcond=None)[0]
    x = np.arange(n) - own
    total = float(x @ x)
    slope = float(x @ y) / total
    rest = y - slope * np.arange(n)
    rest = rest - places @ np.linalg.lstsq(places, rest, rcond=None)[0]
    terms = max(int(0.4 * n ** (2 / 3)), 2)
    angle = np.pi * np.outer(np.arange(1, terms + 1), np.arange(n) + 0.5) / n
    projections = np.sqrt(2 / n) * (np.cos(angle) @ (x * rest))
    error = float(np.sqrt(n * np.mean(projections**2))) / total
    half = float(stats.t.ppf(0.5 + level / 2, terms)) * error
    return Estimate(slope, slope - half, slope + half, level, n)


def _profile(one: Series, level: float) -> Iterable[tuple]:
    """Mean distance from the trend at each place of the season, over the seasons there are."""
    trend, _, _ = parts_of(one.values, one.season)
    rest = one.values - trend
    places = _places(one)
    for place in np.unique(places):
        values = rest[places == place]
        if len(values) >= LEAST:
            found = mean_t(values, level)
            yield one.series_id, int(place), found.estimate, found.low, found.high, level, found.n


def _places(one: Series) -> np.ndarray:
    """Month 1-12, quarter 1-4, ISO week, or weekday 1-7 of each value."""
    dates, name = one.dates, one.frequency.name if one.frequency else ""
    if name == "weekly":
        return dates.isocalendar().week.to_numpy(int)
    if name == "quarterly":
        return dates.quarter.to_numpy()
    return (dates.day_of_week + 1 if name.endswith("daily") else dates.month).to_numpy()


def holiday_dates(countries: list[str], years: Iterable[int]) -> dict[str, list[pd.Timestamp]]:
    """Dates of the public holidays of countries (ISO codes), by name; moved days count as well.

    Raises ParamsError when a country is not known.
    """
    import holidays

    known = holidays.list_supported_countries()
    found: dict[str, list[pd.Timestamp]] = {}
    for country in countries:
        if country.upper() not in known:
            hint = did_you_mean(country.upper(), sorted(known))
            raise ParamsError(f"holidays: country '{country}' is not known.{hint}")
        calendar = holidays.country_holidays(country.upper(), years=list(years), language="en_US")
        for day, names in sorted(calendar.items()):
            for name in names.split("; "):
                key = name if len(countries) == 1 else f"{country.upper()} {name}"
                found.setdefault(key, []).append(pd.Timestamp(day))
    return found


def _holidays(one: Series, countries: list[str], level: float) -> Iterable[tuple]:
    """Mean remainder (after trend and season of the week or none) in periods with a holiday."""
    season = one.season if one.season <= 24 else 1
    trend, seasonal, _ = parts_of(one.values, season)
    rest = one.values - trend - seasonal
    ordinals = one.ordinals
    if one.frequency is None:
        return
    years = range(int(one.dates[0].year), int(one.dates[-1].year) + 1)
    for name, days in sorted(holiday_dates(countries, years).items()):
        at = np.unique(one.frequency.covering(pd.DatetimeIndex(days)))
        values = rest[np.isin(ordinals, at)]
        if len(values) >= LEAST:
            found = mean_t(values, level)
            yield one.series_id, name, found.estimate, found.low, found.high, level, found.n
