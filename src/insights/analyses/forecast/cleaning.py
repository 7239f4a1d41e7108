"""Rows of one series brought to a regular calendar: dates, repeats, hours, holes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from insights.analyses.forecast.exports import spliced
from insights.analyses.forecast.frequency import Frequency, infer
from insights.analyses.forecast.naming import units
from insights.analyses.forecast.params import Params
from insights.analyses.forecast.series import MIN_POINTS, RefusedSeries, Series
from insights.errors import DataError
from insights.messages import _

__all__ = ["dated", "regular"]

_CANONICAL = ("series_id", "date", "value")
_PLACE = ("source", "line")  # where a row was read, which is no regressor
FILL_SHARE, FILL_RUN = 0.05, 2  # gaps up to these are interpolated
WHOLE_DAY = 0.9  # share of a day's usual values without which its sum is taken for missing


def regressor_columns(market: pd.DataFrame) -> list[str]:
    """Name the further numeric columns of the market table, in its order."""
    return [
        str(name)
        for name in market.columns
        if name not in (*_CANONICAL, *_PLACE) and pd.api.types.is_numeric_dtype(market[name])
    ]


def dated(series: Series, rows: pd.DataFrame, params: Params) -> tuple[Series, pd.DataFrame]:
    """Drop what has no date or no finite value at the ends; settle duplicates."""
    columns = regressor_columns(rows)
    value = pd.to_numeric(rows["value"], errors="coerce").to_numpy(float, na_value=np.nan)
    wrong = rows["value"].notna().to_numpy() & np.isnan(value)
    if wrong.any():
        first = rows["value"].to_numpy()[wrong][0]
        raise RefusedSeries(
            _("{n} values are no numbers (first {first})", n=int(wrong.sum()), first=f"{first!r}")
        )
    table = pd.DataFrame(
        {
            "date": _read_dates(rows["date"]).to_numpy("datetime64[ns]"),
            "value": value,
            **{name: rows[name].to_numpy(float, na_value=np.nan) for name in columns},
        }
    )
    if "source" in rows:
        table["source"] = rows["source"].astype("string").fillna("").to_numpy(object)
    dateless = int(table["date"].isna().sum())
    if dateless:
        series = series.noted(_("{n} rows without a date dropped", n=dateless))
    table = table[table["date"].notna()]
    infinite = int(np.isinf(table["value"]).sum())
    if infinite:
        series = series.noted(_("{n} infinite values treated as missing", n=infinite))
    table = table.replace([np.inf, -np.inf], np.nan)
    series, table = _by_day(series, table, params)
    table = table.assign(date=lambda t: t["date"].dt.normalize())
    table = table.sort_values(["date", "value", *columns], ignore_index=True)
    missing = table["value"].isna() & table.duplicated("date", keep=False)
    table = table[~missing | ~table.duplicated("date", keep="first")]
    series, table = _single(series, table, params)
    known = np.flatnonzero(table["value"].notna())
    if not len(known):
        raise RefusedSeries(_("no finite value"))
    lead, trail = int(known[0]), len(table) - 1 - int(known[-1])
    if lead:
        series = series.noted(_("{n} missing values at the start trimmed", n=lead))
    if trail:
        series = series.noted(_("{n} rows at the end without a value dropped", n=trail))
    series = series.noted(dropped=dateless + lead + trail)
    prepared = table.iloc[known[-1] + 1 :].drop(columns="value") if columns else None
    return replace(series, prepared=prepared), table.iloc[known[0] : known[-1] + 1]


def _read_dates(column: pd.Series) -> pd.Series:
    """Dates as they are, or ISO text; a day is never guessed from other text."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.dt.tz_localize(None) if column.dt.tz is not None else column
    read = pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True).dt.tz_localize(None)
    unread = column.notna() & read.isna()
    if unread.any():
        raise RefusedSeries(
            _(
                "{n} dates are not ISO dates (first {first}); name the date format in the study",
                n=int(unread.sum()),
                first=f"{column[unread].iloc[0]!r}",
            )
        )
    return read


def _by_day(series: Series, table: pd.DataFrame, params: Params) -> tuple[Series, pd.DataFrame]:
    """Bring values of hours or minutes to days, by the sum or mean that `repeated` names."""
    times = np.sort(table["date"].unique())
    usual = float(np.median(np.diff(times) / np.timedelta64(1, "h"))) if len(times) > 2 else 24.0
    if usual >= 24:
        return series, table
    every = (
        _("a value every hour")
        if usual == 1
        else _("a value every {usual} hours", usual=f"{usual:.3g}")
    )
    if params.repeated == "refuse":
        raise RefusedSeries(
            _(
                "{every}: series of days and longer are forecast; repeated: sum brings amounts "
                "(sales, calls) to days, repeated: mean levels (prices, temperatures)",
                every=every,
            )
        )
    grouped = table.drop(columns="source", errors="ignore").groupby(table["date"].dt.normalize())
    others = [name for name in table.columns if name not in ("date", "value", "source")]
    counts = grouped["value"].count()
    full = float(counts.median())
    days = grouped[others].mean().assign(value=grouped["value"].agg(params.repeated))
    # a sum that lacks hours is too low, and so is no sum of a day
    short = counts < (WHOLE_DAY if params.repeated == "sum" else 0.5) * full
    days["value"] = days["value"].mask(short)
    fields = {"every": every, "rule": params.repeated, "full": f"{full:g}"}
    if short.any():
        note = _(
            "{every}: their {rule} a day is taken ({full} a day); {n} days that lack values are "
            "taken for missing",
            n=int(short.sum()),
            **fields,
        )
    else:
        note = _("{every}: their {rule} a day is taken ({full} a day)", **fields)
    series = series.noted(note)
    return series, days.rename_axis("date").reset_index()[["date", "value", *others]]


def _single(series: Series, table: pd.DataFrame, params: Params) -> tuple[Series, pd.DataFrame]:
    """Leave one value a date: merge equal ones, splice exports, aggregate if asked, or refuse."""
    several = table.groupby("date")["value"].nunique()
    several = several[several > 1]
    if len(several) and params.repeated != "refuse":
        numbers = table.drop(columns="source", errors="ignore")
        return series.noted(
            _(
                "{n} dates with different values: their {rule} is taken",
                n=len(several),
                rule=params.repeated,
            ),
            duplicates=int(table.duplicated("date").sum()),
        ), numbers.groupby("date", as_index=False).agg(params.repeated)
    if len(several) and "source" in table and table["source"].nunique() > 1:
        try:
            table, notes = spliced(table)
        except DataError as refusal:
            raise RefusedSeries(str(refusal)) from None
        return series.noted(*notes), table
    if len(several):
        raise RefusedSeries(
            _(
                "{n} dates carry different values (first {first}); aggregate them (repeated: "
                "sum or mean) or name the dimension that tells them apart",
                n=len(several),
                first=f"{several.index[0]:%Y-%m-%d}",
            )
        )
    table = table.drop(columns="source", errors="ignore")
    copies = int(table.duplicated("date").sum())
    if copies:
        series = series.noted(
            _("{n} repeated rows with equal values merged", n=copies), duplicates=copies
        )
    return series, table.drop_duplicates("date", ignore_index=True)


def regular(series: Series, table: pd.DataFrame) -> tuple[Series, Frequency]:
    """Put the values on an explicit calendar and deal with holes by rule."""
    if len(table) < MIN_POINTS:
        raise RefusedSeries(
            _(
                "{n} values are too few; at least {least} are needed for an interval",
                n=len(table),
                least=MIN_POINTS,
            )
        )
    frequency = infer(pd.DatetimeIndex(table["date"]))
    ordinals = frequency.ordinals(pd.DatetimeIndex(table["date"]))
    if len(np.unique(ordinals)) < len(ordinals):
        raise RefusedSeries(
            _("two dates fall in one {unit}; aggregate them first", unit=frequency.unit)
        )
    moved = int((frequency.dates(ordinals) != pd.DatetimeIndex(table["date"])).sum())
    if moved:
        series = series.noted(
            _("{n} dates moved to the {calendar} calendar", n=moved, calendar=frequency.text())
        )
    grid = np.arange(ordinals[0], ordinals[-1] + 1)
    names = tuple(name for name in table.columns if name not in _CANONICAL)
    columns = np.full((len(grid), 1 + len(names)), np.nan)
    columns[ordinals - grid[0]] = table[["value", *names]].to_numpy(float)
    holes = np.isnan(columns[:, 0])
    values = columns[:, 0]
    if holes.any():
        start, series = _holes(series, holes, frequency.unit)
        grid, columns = grid[start:], columns[start:]
        values = _interpolated(columns[:, 0])
    regular = [
        i
        for i, name in enumerate(names)
        if np.isfinite(columns[:, 1 + i]).all() and np.ptp(columns[:, 1 + i]) > 0
    ]
    series = series.noted(
        frequency=frequency,
        ordinals=grid,
        values=values,
        regressors=columns[:, [1 + i for i in regular]],
        regressor_names=tuple(names[i] for i in regular),
    )
    lost = [name for i, name in enumerate(names) if i not in regular]
    if lost:
        series = series.noted(
            _("regressors constant or with holes not used: {names}", names=", ".join(lost))
        )
    return series, frequency


def _holes(series: Series, holes: np.ndarray, unit: str) -> tuple[int, Series]:
    """Return where the usable part starts: 0 when the holes are few and short."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], holes.astype(int), [0]])))
    runs = edges[1::2] - edges[::2]
    count = int(holes.sum())
    found = _(
        "{n} of {all} {units} missing, longest run {longest}",
        n=count,
        all=len(holes),
        units=units(unit),
        longest=runs.max(),
    )
    if count <= FILL_SHARE * len(holes) and runs.max() <= FILL_RUN:
        return 0, series.noted(
            _("{found}: filled by linear interpolation", found=found), filled=count
        )
    long_runs = edges[1::2][runs > FILL_RUN]
    start = int(long_runs[-1]) if len(long_runs) else 0
    tail = holes[start:]
    if tail.sum() > FILL_SHARE * len(tail):
        start += int(np.flatnonzero(tail)[-1]) + 1
        tail = holes[start:]
    if len(tail) < MIN_POINTS:
        raise RefusedSeries(
            _(
                "{found}; at most {share} in runs of up to {run} are filled, and the last "
                "contiguous part has only {tail} values",
                found=found,
                share=f"{FILL_SHARE:.0%}",
                run=FILL_RUN,
                tail=len(tail),
            )
        )
    note = _(
        "{found}: cut to the last {tail} {units}", found=found, tail=len(tail), units=units(unit)
    )
    return start, series.noted(note, filled=int(tail.sum()), dropped=series.dropped + start)


def _interpolated(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    position = np.arange(len(values))
    return np.interp(position, position[known], values[known])
