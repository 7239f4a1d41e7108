"""What may be forecast: each series is looked at alone, and every repair is counted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.forecast.exports import spliced
from insights.analyses.forecast.frequency import Frequency, infer
from insights.analyses.forecast.intermittent import demand, described, unfit
from insights.analyses.forecast.params import Params
from insights.errors import DataError
from insights.stats.bounds import Bounds, bounds_of

__all__ = ["PREFIX", "Series", "regressor_columns", "screened"]

Verdict = Literal["forecast", "not tested", "intermittent", "refused", "not forecast"]
_CANONICAL = ("series_id", "date", "value")
_PLACE = ("source", "line")  # where a row was read, which is no regressor
PREFIX = "feedback: "  # of the names of series made from the feedback
MIN_POINTS = 10  # below it no model and no spread is believed
MIN_ORIGINS = 6  # of the back-test
FILL_SHARE, FILL_RUN = 0.05, 2  # gaps up to these are interpolated
WHOLE_DAY = 0.9  # share of a day's usual values without which its sum is taken for missing
OUTLIER = 8.0  # robust standard deviations of the last change
LONGEST = 1000  # values used; older ones add time rather than accuracy


@dataclass(frozen=True, kw_only=True)
class Series:
    """One series after the screening: regular, finite, with what was done to it.

    Attributes
    ----------
    ordinals, values
        Number of each period and its value, without holes; empty when refused.
    regressors
        Further numeric columns on the same calendar, shape (n, k).
    prepared, known_ahead
        Rows after the last value, in which someone prepared the regressors; those of the horizon,
        shape (horizon, k), empty when they are not all there.
    verdict
        'forecast', 'not tested' (too short for a back-test), 'intermittent' (its mean ahead only),
        'refused', or 'not forecast' (beyond `max_series`).
    bounds
        Limits that estimates and intervals may not leave, and where they are known from.
    notes
        Every repair and reason, in words.
    """

    series_id: str
    rows: int
    verdict: Verdict = "forecast"
    notes: tuple[str, ...] = ()
    frequency: Frequency | None = None
    ordinals: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    values: np.ndarray = field(default_factory=lambda: np.empty(0))
    regressors: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    regressor_names: tuple[str, ...] = ()
    season: int = 1
    horizon: int = 0
    log: bool = False
    filled: int = 0
    dropped: int = 0
    duplicates: int = 0
    outlier_at_end: bool = False
    bounds: Bounds = field(default_factory=Bounds)
    prepared: pd.DataFrame | None = None
    known_ahead: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))

    @property
    def dates(self) -> pd.DatetimeIndex:
        """Dates of the values."""
        if self.frequency is None:
            return pd.DatetimeIndex([])
        return self.frequency.dates(self.ordinals)

    @property
    def future(self) -> pd.DatetimeIndex:
        """Dates of the forecasts."""
        if self.frequency is None:
            return pd.DatetimeIndex([])
        return self.frequency.dates(self.ordinals[-1] + 1 + np.arange(self.horizon))

    @property
    def level(self) -> float:
        """Mean size over the last season: what makes one series larger than another."""
        if not len(self.values):
            return 0.0
        return float(np.abs(self.values[-max(self.season, 4) :]).mean())

    def noted(self, *notes: str, **changes) -> Series:
        """Return a copy with further notes and changed fields."""
        return replace(self, notes=self.notes + notes, **changes)


class _Refused(DataError):
    """One series cannot be forecast; the others go on."""


def regressor_columns(market: pd.DataFrame) -> list[str]:
    """Name the further numeric columns of the market table, in its order."""
    return [
        str(name)
        for name in market.columns
        if name not in (*_CANONICAL, *_PLACE) and pd.api.types.is_numeric_dtype(market[name])
    ]


def screened(series_id: str, rows: pd.DataFrame, params: Params) -> Series:
    """Repair by rule or refuse one series; never raises for what is in the data."""
    series = Series(series_id=series_id, rows=len(rows))
    try:
        series, table = _dated(series, rows, params)
        series, frequency = _regular(series, table)
        series = _last_period(series, frequency, params)
        return _measured(series, frequency, params)
    except DataError as refusal:
        empty = {"ordinals": np.empty(0, np.int64), "values": np.empty(0), "horizon": 0}
        return series.noted(str(refusal), verdict="refused", **empty)


def _dated(series: Series, rows: pd.DataFrame, params: Params) -> tuple[Series, pd.DataFrame]:
    """Drop what has no date or no finite value at the ends; settle duplicates."""
    columns = regressor_columns(rows)
    value = pd.to_numeric(rows["value"], errors="coerce").to_numpy(float, na_value=np.nan)
    wrong = rows["value"].notna().to_numpy() & np.isnan(value)
    if wrong.any():
        first = rows["value"].to_numpy()[wrong][0]
        raise _Refused(f"{int(wrong.sum())} values are no numbers (first {first!r})")
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
        series = series.noted(f"{dateless} rows without a date dropped")
    table = table[table["date"].notna()]
    infinite = int(np.isinf(table["value"]).sum())
    if infinite:
        series = series.noted(f"{infinite} infinite values treated as missing")
    table = table.replace([np.inf, -np.inf], np.nan)
    series, table = _by_day(series, table, params)
    table = table.assign(date=lambda t: t["date"].dt.normalize())
    table = table.sort_values(["date", "value", *columns], ignore_index=True)
    missing = table["value"].isna() & table.duplicated("date", keep=False)
    table = table[~missing | ~table.duplicated("date", keep="first")]
    series, table = _single(series, table, params)
    known = np.flatnonzero(table["value"].notna())
    if not len(known):
        raise _Refused("no finite value")
    lead, trail = int(known[0]), len(table) - 1 - int(known[-1])
    if lead:
        series = series.noted(f"{lead} missing values at the start trimmed")
    if trail:
        series = series.noted(f"{trail} rows at the end without a value dropped")
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
        raise _Refused(
            f"{int(unread.sum())} dates are not ISO dates (first {column[unread].iloc[0]!r}); "
            "name the date format in the study"
        )
    return read


def _by_day(series: Series, table: pd.DataFrame, params: Params) -> tuple[Series, pd.DataFrame]:
    """Bring values of hours or minutes to days, by the sum or mean that `repeated` names."""
    times = np.sort(table["date"].unique())
    usual = float(np.median(np.diff(times) / np.timedelta64(1, "h"))) if len(times) > 2 else 24.0
    if usual >= 24:
        return series, table
    every = "a value every hour" if usual == 1 else f"a value every {usual:.3g} hours"
    if params.repeated == "refuse":
        raise _Refused(
            f"{every}: series of days and longer are forecast; repeated: sum brings amounts (sales,"
            " calls) to days, repeated: mean levels (prices, temperatures)"
        )
    grouped = table.drop(columns="source", errors="ignore").groupby(table["date"].dt.normalize())
    others = [name for name in table.columns if name not in ("date", "value", "source")]
    counts = grouped["value"].count()
    full = float(counts.median())
    days = grouped[others].mean().assign(value=grouped["value"].agg(params.repeated))
    # a sum that lacks hours is too low, and so is no sum of a day
    short = counts < (WHOLE_DAY if params.repeated == "sum" else 0.5) * full
    days["value"] = days["value"].mask(short)
    note = f"{every}: their {params.repeated} a day is taken ({full:g} a day)"
    lacking = f"; {int(short.sum())} days that lack values are taken for missing"
    series = series.noted(note + (lacking if short.any() else ""))
    return series, days.rename_axis("date").reset_index()[["date", "value", *others]]


def _single(series: Series, table: pd.DataFrame, params: Params) -> tuple[Series, pd.DataFrame]:
    """Leave one value a date: merge equal ones, splice exports, aggregate if asked, or refuse."""
    several = table.groupby("date")["value"].nunique()
    several = several[several > 1]
    if len(several) and params.repeated != "refuse":
        numbers = table.drop(columns="source", errors="ignore")
        return series.noted(
            f"{len(several)} dates with different values: their {params.repeated} is taken",
            duplicates=int(table.duplicated("date").sum()),
        ), numbers.groupby("date", as_index=False).agg(params.repeated)
    if len(several) and "source" in table and table["source"].nunique() > 1:
        try:
            table, notes = spliced(table)
        except DataError as refusal:
            raise _Refused(str(refusal)) from None
        return series.noted(*notes), table
    if len(several):
        raise _Refused(
            f"{len(several)} dates carry different values (first {several.index[0]:%Y-%m-%d}); "
            "aggregate them (repeated: sum or mean) or name the dimension that tells them apart"
        )
    table = table.drop(columns="source", errors="ignore")
    copies = int(table.duplicated("date").sum())
    if copies:
        series = series.noted(f"{copies} repeated rows with equal values merged", duplicates=copies)
    return series, table.drop_duplicates("date", ignore_index=True)


def _regular(series: Series, table: pd.DataFrame) -> tuple[Series, Frequency]:
    """Put the values on an explicit calendar and deal with holes by rule."""
    if len(table) < MIN_POINTS:
        raise _Refused(
            f"{len(table)} values are too few; at least {MIN_POINTS} are needed for an interval"
        )
    frequency = infer(pd.DatetimeIndex(table["date"]))
    ordinals = frequency.ordinals(pd.DatetimeIndex(table["date"]))
    if len(np.unique(ordinals)) < len(ordinals):
        raise _Refused(f"two dates fall in one {frequency.unit}; aggregate them first")
    moved = int((frequency.dates(ordinals) != pd.DatetimeIndex(table["date"])).sum())
    if moved:
        series = series.noted(f"{moved} dates moved to the {frequency.text()} calendar")
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
        series = series.noted(f"regressors constant or with holes not used: {', '.join(lost)}")
    return series, frequency


def _holes(series: Series, holes: np.ndarray, unit: str) -> tuple[int, Series]:
    """Return where the usable part starts: 0 when the holes are few and short."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], holes.astype(int), [0]])))
    runs = edges[1::2] - edges[::2]
    count = int(holes.sum())
    found = f"{count} of {len(holes)} {unit}s missing, longest run {runs.max()}"
    if count <= FILL_SHARE * len(holes) and runs.max() <= FILL_RUN:
        return 0, series.noted(f"{found}: filled by linear interpolation", filled=count)
    long_runs = edges[1::2][runs > FILL_RUN]
    start = int(long_runs[-1]) if len(long_runs) else 0
    tail = holes[start:]
    if tail.sum() > FILL_SHARE * len(tail):
        start += int(np.flatnonzero(tail)[-1]) + 1
        tail = holes[start:]
    if len(tail) < MIN_POINTS:
        raise _Refused(
            f"{found}; at most {FILL_SHARE:.0%} in runs of up to {FILL_RUN} are filled, and the "
            f"last contiguous part has only {len(tail)} values"
        )
    note = f"{found}: cut to the last {len(tail)} {unit}s"
    return start, series.noted(note, filled=int(tail.sum()), dropped=series.dropped + start)


def _interpolated(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    position = np.arange(len(values))
    return np.interp(position, position[known], values[known])


def _last_period(series: Series, frequency: Frequency, params: Params) -> Series:
    """Drop a last period that looks unfinished, by rule and said; flag an outlier at the end."""
    y = series.values
    season = frequency.season if len(y) > 2 * frequency.season else 1
    # as it will be modelled: a peak that grows with the level is none on logarithms
    log = _wants_log(y, season)
    scaled = np.log(y) if log else y
    changes = scaled[season:] - scaled[:-season]
    spread = 1.4826 * float(np.median(np.abs(changes[:-1] - np.median(changes[:-1]))))
    # where over half of the changes are equal the median deviation is 0: use the mean
    spread = spread or float(np.abs(changes[:-1] - np.median(changes[:-1])).mean())
    size = (changes[-1] - np.median(changes[:-1])) / spread if spread > 0 else 0.0
    recent = y[-1 - max(season, 6) : -1]
    unfinished = y.min() >= 0 and y[-1] < 0.5 * recent.min() and size < -4
    if params.last_period == "drop" or (params.last_period == "auto" and unfinished):
        why = (
            "asked for"
            if params.last_period == "drop"
            else (
                f"{y[-1]:g} is under half of the lowest of the {len(recent)} before it, so it is "
                "taken for incomplete; last_period: keep uses it"
            )
        )
        cut = series.noted(
            f"last {frequency.unit} dropped ({why})",
            ordinals=series.ordinals[:-1],
            values=y[:-1],
            regressors=series.regressors[:-1],
            dropped=series.dropped + 1,
        )
        return _last_period(cut, frequency, params.model_copy(update={"last_period": "keep"}))
    if abs(size) > OUTLIER:
        note = (
            f"the last value {y[-1]:g} is an outlier: its change {_from(frequency, season)} is "
            f"{abs(size):.0f} times the usual spread of such changes"
            f"{' in logarithms' if log else ''}, and every forecast starts from it"
        )
        return series.noted(note, outlier_at_end=True)
    return series


def _from(frequency: Frequency, season: int) -> str:
    return f"over {season} {frequency.unit}s" if season > 1 else f"over one {frequency.unit}"


def _measured(series: Series, frequency: Frequency, params: Params) -> Series:
    """Decide season, horizon, transform and verdict."""
    y = series.values
    if len(y) > LONGEST:
        series = series.noted(
            f"the last {LONGEST} of {len(y)} values are used",
            ordinals=series.ordinals[-LONGEST:],
            values=y[-LONGEST:],
            regressors=series.regressors[-LONGEST:],
        )
        y = series.values
    n = len(y)
    if n < MIN_POINTS:
        raise _Refused(f"{n} values are too few; at least {MIN_POINTS} are needed")
    if np.ptp(y) <= 1e-12 * np.abs(y).max():
        raise _Refused(f"constant at {y[-1]:g}: nothing varies, so no interval can be given")
    horizon = params.horizon or max(1, min(frequency.horizon, n // 4))
    limits = _bounds(y, series.series_id, params.bounds)
    if demand(y):
        return _rare(replace(series, horizon=horizon, bounds=limits), frequency.unit)
    tail = y[-max(frequency.season if n > 3 * frequency.season else 6, 6) :]
    if np.ptp(tail) == 0:
        raise _Refused(f"the last {len(tail)} values all equal {y[-1]:g}: it may have stopped")
    season = frequency.season if n >= 2 * frequency.season + MIN_ORIGINS else 1
    if season < frequency.season:
        series = series.noted(f"{n} values are under two seasons of {frequency.season}: no season")
    series = replace(
        series, season=season, horizon=horizon, log=_wants_log(y, season), bounds=limits
    )
    series = _prepared(series)
    if n < shortest_fit(season) + horizon + MIN_ORIGINS - 1:
        return series.noted(
            f"{n} values are too few for {MIN_ORIGINS} back-test origins {horizon} "
            f"{frequency.unit}s ahead: not tested",
            verdict="not tested",
        )
    return series


def _rare(series: Series, unit: str) -> Series:
    """Take a series of many zeros for the forecast of its mean, or refuse it."""
    found, why = described(series.values, unit), unfit(series.values)
    if why:
        raise _Refused(f"{found}; {why}")
    return series.noted(f"{found}: only its mean ahead is forecast", verdict="intermittent")


def _bounds(y: np.ndarray, name: str, setting: str) -> Bounds:
    if not setting and name in (PREFIX + "NPS", PREFIX + "sentiment"):
        return Bounds(-1.0, 1.0, "by its definition")
    return bounds_of(y, name, setting)


def shortest_fit(season: int) -> int:
    """Fewest values before the first origin: two seasons, or one and a half of weeks."""
    return max(2 * season if season <= 24 else season + season // 2, MIN_POINTS)


def _prepared(series: Series) -> Series:
    """Keep the regressors of the horizon when all of them are known in advance."""
    rows, frequency = series.prepared, series.frequency
    series = replace(series, prepared=None)
    if rows is None or frequency is None or not series.regressor_names or not len(rows):
        return series
    at = frequency.ordinals(pd.DatetimeIndex(rows["date"])) - series.ordinals[-1] - 1
    ahead = np.full((series.horizon, len(series.regressor_names)), np.nan)
    inside = (at >= 0) & (at < series.horizon)
    ahead[at[inside]] = rows[list(series.regressor_names)].to_numpy(float)[inside]
    if np.isfinite(ahead).all():
        note = f"regressors of the {series.horizon} {frequency.unit}s ahead are given"
        return series.noted(note, known_ahead=ahead)
    share = np.isfinite(ahead).all(axis=1).sum()
    return series.noted(
        f"regressors are given for {share} of {series.horizon} {frequency.unit}s ahead, so their "
        "future is not used"
    )


def _wants_log(y: np.ndarray, season: int) -> bool:
    """Whether the spread grows with the level: log spread on log mean of blocks has slope > .5.

    The slope must also be told from 0 (one-sided 5 %), as few blocks make it noisy. The spread
    of a block is that of its changes, so that a trend within it does not count.
    """
    if y.min() <= 0:
        return False
    length = max(season, 6) if season <= 24 else 13
    blocks = len(y) // length
    if blocks < 4 or y.max() / y.min() < 1.5:
        return False
    parts = y[-blocks * length :].reshape(blocks, length)
    means, spreads = parts.mean(axis=1), np.diff(parts, axis=1).std(axis=1)
    if (spreads <= 0).any() or np.ptp(np.log(means)) < 0.2:
        return False
    line = stats.linregress(np.log(means), np.log(spreads))
    return bool(line.slope > 0.5 and line.slope > stats.t.ppf(0.95, blocks - 2) * line.stderr)
