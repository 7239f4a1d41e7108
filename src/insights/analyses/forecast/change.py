"""How a series has changed: trend, year on year, the usual season, holidays; each with interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.forecast.naming import series_name, share
from insights.analyses.forecast.params import Params
from insights.analyses.forecast.rolling import paired
from insights.analyses.forecast.screening_result import SeriesScreening
from insights.analyses.forecast.series import Series
from insights.analyses.forecast.structure import parts_of
from insights.analyses.forecast.tables import OUTPUTS
from insights.analyses.forecast.unusual import Unusual
from insights.errors import ParamsError, did_you_mean, listed
from insights.messages import _, items
from insights.result import Check, Estimate, Result
from insights.stats.intervals import mean_t
from insights.stats.trend import LEAST as LEAST_TREND
from insights.stats.trend import slopes

__all__ = ["SeriesChange", "change", "holiday_dates"]

LEAST = 3  # occurrences of a holiday below which nothing is said of it
_YEAR = {
    "daily": 365.25, "business-daily": 261, "weekly": 365.25 / 7, "monthly": 12, "quarterly": 4,
}  # periods a year  # fmt: skip
# periods that are set against as many before them: whole weeks, so that weekdays match
_COMPARED = {"daily": 364, "business-daily": 260, "weekly": 52, "monthly": 12, "quarterly": 4}


@dataclass(frozen=True, kw_only=True)
class SeriesChange(Result, kind="change", table="rows", figure="change"):
    """How series have changed; n counts series.

    Attributes
    ----------
    rows
        One row a series and measure: trend a year, the last year against the one before (in the
        unit, and as a share of the year before), with a verdict (rose, fell, cannot tell), the
        first and last date used, and the date of a level shift between them.
    profile, holidays
        Distance from the trend at each place of the season; mean remainder on each holiday.
    """

    rows: pd.DataFrame
    profile: pd.DataFrame
    holidays: pd.DataFrame

    def sentences(self) -> list[str]:
        """Say how many series rose and fell on the year, by how much the largest, and trends."""
        return [*self._year(), self._trend()]

    def _year(self) -> list[str]:
        shares = self.rows[self.rows["measure"] == "year on year, share"]
        if not len(shares):
            return [
                _("No series has two full years above zero to compare (n = {n} series).", n=self.n)
            ]
        counts = shares["verdict"].value_counts()
        row = shares.iloc[0]
        parts = [
            _(
                "Against the year before, {rose} of {n} series rose and {fell} fell beyond their "
                "{level} interval.",
                rose=counts.get("rose", 0),
                n=len(shares),
                fell=counts.get("fell", 0),
                level=share(row["level"]),
            ),
            _(
                "{series}: {change} [{low}, {high}], the last {n} of {all} periods ({start} to "
                "{end}) against those before.",
                series=series_name(row["series_id"]),
                change=_signed(row["estimate"]),
                low=_signed(row["low"]),
                high=_signed(row["high"]),
                n=row["n"],
                all=2 * row["n"],
                start=f"{row['start']:%Y-%m-%d}",
                end=f"{row['end']:%Y-%m-%d}",
            ),
        ]
        moved = shares[shares["shift"].notna()]
        if len(moved):
            named = listed(
                [f"{series_name(r.series_id)} ({r.shift:%Y-%m-%d})" for r in moved.itertuples()], 3
            )
            parts.append(
                _(
                    "Within the periods compared lies a level shift, in {series}: the change there "
                    "is one between two levels, not a steady one.",
                    series=named,
                )
            )
        return parts

    def _trend(self) -> str:
        trends = self.rows[self.rows["measure"] == "trend a year"]
        if not len(trends):
            return _("No series is long enough for a trend with an interval.")
        counts = trends["verdict"].value_counts()
        rose, fell = counts.get("rose", 0), counts.get("fell", 0)
        left = len(trends) - rose - fell
        level = share(trends["level"].iloc[0])
        allowed = _("{level} intervals that allow for a wandering level", level=level)
        if trends["shift"].notna().any():
            allowed = _(
                "{level} intervals that allow for a wandering level; level shifts found are taken "
                "out",
                level=level,
            )
        fields = {"rose": rose, "n": len(trends), "fell": fell, "intervals": allowed}
        if not left:
            return _(
                "Over the whole of each series, {rose} of {n} rise and {fell} fall ({intervals}).",
                **fields,
            )
        return _(
            "Over the whole of each series, {rose} of {n} rise and {fell} fall; in {left} the "
            "direction of the trend cannot be told ({intervals}).",
            left=left,
            **fields,
        )


def _signed(value: float) -> str:
    """Write a change as '+12.3 %'."""
    return f"{value:+.1%}".replace("%", " %")


def change(
    screening: SeriesScreening, params: Params, events: Unusual | None = None
) -> SeriesChange:
    """Measure trend, change on the year, seasonal profile and holidays of every usable series.

    With `events`, a level shift that lies within the years compared stands beside the change, and
    the trend is that beside the level shifts of its series.

    Raises ParamsError when a country of `holidays` is not known.
    """
    changes, profiles, days = [], [], []
    countries = [one.strip() for one in params.holidays.split(",") if one.strip()]
    usable = sorted(screening.usable, key=lambda s: (-s.level, s.series_id))
    for one in usable:
        changes += list(_changes(one, params.level, _steps(one, events)))
        if one.season > 1:
            profiles += list(_profile(one, params.level))
        if countries and one.frequency and one.frequency.name in ("daily", "weekly"):
            days += list(_holidays(one, countries, params.level))
    rows = pd.DataFrame(changes, columns=OUTPUTS["change"].names[:-1])
    return SeriesChange(
        n=len(usable),
        rows=rows.assign(shift=_shifts(rows, events)),
        profile=pd.DataFrame(profiles, columns=OUTPUTS["profile"].names),
        holidays=pd.DataFrame(days, columns=OUTPUTS["holidays"].names),
        checks=(_trend_check(rows, len(usable)), _holiday_check(usable, countries)),
    )


def _shifts(rows: pd.DataFrame, events: Unusual | None) -> list[pd.Timestamp]:
    """Date of the clearest level shift that may lie within the periods of each row."""
    found = []
    for row in rows.itertuples():
        inside = pd.DataFrame()
        if events is not None:
            known = events.rows[events.rows["series_id"] == row.series_id]
            inside = known[
                (known["kind"] == "level shift")
                & (known["date_high"] > row.start)
                & (known["date_low"] <= row.end)
            ]
        found.append(inside.loc[inside["t"].abs().idxmax(), "date"] if len(inside) else pd.NaT)
    return found


def _trend_check(rows: pd.DataFrame, n: int) -> Check:
    tested = int((rows["measure"] == "trend a year").sum())
    detail = _(
        "{tested} of {n} series have the {least} values that an interval needs",
        tested=tested,
        n=n,
        least=LEAST_TREND,
    )
    return Check(_("trend"), None, detail)


def _holiday_check(usable: list[Series], countries: list[str]) -> Check:
    fine = [s for s in usable if s.frequency and s.frequency.name in ("daily", "weekly")]
    if not fine:
        return Check(_("holidays"), None, _("no daily or weekly series, so none is looked at"))
    if not countries:
        detail = _("no country is named (holidays: US), so none is told from the other days")
        return Check(_("holidays"), None, detail)
    detail = _("those of {countries} in {n} series", countries=items(countries, 250), n=len(fine))
    return Check(_("holidays"), None, detail)


def _changes(one: Series, level: float, steps: list[np.ndarray]) -> Iterable[tuple]:
    """Trend a year, and the last year against the one before."""
    y = one.values
    name = one.frequency.name if one.frequency else ""
    found = _slope(one, level, steps)
    if found is not None:
        year, n = _YEAR.get(name, 1), found.n
        shown = [value * year for value in (found.estimate, found.low, found.high)]
        yield one.series_id, "trend a year", *shown, level, n, _verdict(*shown[1:]), *_span(one, n)
    span = _COMPARED.get(name, 1)
    if len(y) < 2 * span or span == 1:
        return
    first, last = y[-2 * span : -span], y[-span:]
    before = float(first.mean())
    # a share means something only of what has a zero: not of a temperature or a logarithm
    relative = one.bounds.low >= 0 and before > 0 and last.mean() > 0
    if relative:
        share = _ratio(first, last, level)
        moved = [before * part for part in (share.estimate, share.low, share.high)]
    else:
        # a year of differences is one window of a trend and several of a cycle: few terms
        found = paired(last - first, 4.0, level)
        moved = [found.estimate, found.low, found.high]
    # a mean cannot leave the bounds of what it is a mean of
    ends = one.bounds.clip(before + np.array(moved[1:])) - before
    low, high = min(float(ends[0]), moved[0]), max(float(ends[1]), moved[0])
    place = _verdict(low, high), *_span(one, 2 * span)
    yield one.series_id, "year on year", moved[0], low, high, level, span, *place
    if relative:
        inside = low / before, high / before
        yield one.series_id, "year on year, share", share.estimate, *inside, level, span, *place


def _ratio(first: np.ndarray, last: np.ndarray, level: float) -> Estimate:
    """Relative change of a mean; its interval is made on logarithms, so it stays above -1.

    The differences are those of each value from its own year's mean, as shares of it: what the
    logarithm of the ratio of means moves by (delta method), paired by the place in the year.
    """
    influence = last / last.mean() - first / first.mean()
    half = paired(influence, 4.0, level).high - float(influence.mean())
    middle = float(np.log(last.mean() / first.mean()))
    low, high = np.expm1(np.array([middle - half, min(middle + half, 700.0)]))
    return Estimate(float(np.expm1(middle)), float(low), float(high), level, len(last))


def _verdict(low: float, high: float) -> str:
    return "rose" if low > 0 else "fell" if high < 0 else "cannot tell"


def _span(one: Series, n: int) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last date of the last n values."""
    return one.dates[-n], one.dates[-1]


def _steps(one: Series, events: Unusual | None) -> list[np.ndarray]:
    """Level shifts of a series as columns: 0 before, 1 after, a line while they last."""
    if events is None:
        return []
    known = events.rows[
        (events.rows["series_id"] == one.series_id) & (events.rows["kind"] == "level shift")
    ]
    starts = one.dates.get_indexer(pd.DatetimeIndex(known["date"]))
    place = np.arange(len(one.values))
    return [
        np.clip((place - start + 1) / periods, 0.0, 1.0)
        for start, periods in zip(starts, known["periods"], strict=True)
        if start > 0
    ]


def _slope(one: Series, level: float, steps: list[np.ndarray]) -> Estimate | None:
    """Slope of a line beside a fixed season and steps, a period; None under thirty values."""
    n = len(one.values)
    parts = [part for part in (_seasons(one), *steps) if part is not None]
    beside = np.column_stack(parts) if parts else None
    columns = beside.shape[1] if beside is not None else 0
    if n < max(LEAST_TREND, columns + 10):
        return None
    found = slopes(one.values, beside=beside, level=level)
    estimate, low, high = (float(part[0]) for part in (found.estimate, found.low, found.high))
    return Estimate(estimate, low, high, level, n)


def _seasons(one: Series) -> np.ndarray | None:
    """Indicators of the place in the season, and waves of the year of days and weeks.

    Waves only where two and a half years are there: slow columns beside a random walk take much
    of it with them, and an interval that ignores this does not cover.
    """
    n, season = len(one.values), one.season
    parts = []
    if 1 < season <= 24 and n >= 3 * season:
        parts.append(np.eye(season)[np.arange(n) % season][:, 1:])
    name = one.frequency.name if one.frequency else ""
    if name in _COMPARED and _YEAR[name] > 24:
        years = n / _YEAR[name]
        waves = 0 if years < 2.5 else 1 if years < 4 else 2 if years < 5 else 3
        angle = 2 * np.pi * np.outer(np.arange(n) / _YEAR[name], np.arange(1, waves + 1))
        parts += [np.sin(angle), np.cos(angle)]
    return np.column_stack(parts) if parts and sum(p.shape[1] for p in parts) else None


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
