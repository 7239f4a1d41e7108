"""What may be forecast: each series is looked at alone, and every repair is counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.forecast.cleaning import dated, regular
from insights.analyses.forecast.frequency import Frequency
from insights.analyses.forecast.intermittent import demand, described, unfit
from insights.analyses.forecast.naming import units
from insights.analyses.forecast.params import Params
from insights.analyses.forecast.series import (
    MIN_ORIGINS,
    MIN_POINTS,
    PREFIX,
    RefusedSeries,
    Series,
    shortest_fit,
)
from insights.errors import DataError
from insights.messages import _
from insights.stats.bounds import Bounds, bounds_of

__all__ = ["screened"]

OUTLIER = 8.0  # robust standard deviations of the last change
LONGEST = 1000  # values used; older ones add time rather than accuracy


def screened(series_id: str, rows: pd.DataFrame, params: Params) -> Series:
    """Repair by rule or refuse one series; never raises for what is in the data."""
    series = Series(series_id=series_id, rows=len(rows))
    try:
        series, table = dated(series, rows, params)
        series, frequency = regular(series, table)
        series = _last_period(series, frequency, params)
        return _measured(series, frequency, params)
    except DataError as refusal:
        empty = {"ordinals": np.empty(0, np.int64), "values": np.empty(0), "horizon": 0}
        return series.noted(str(refusal), verdict="refused", **empty)


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
            _("asked for")
            if params.last_period == "drop"
            else (
                _(
                    "{value} is under half of the lowest of the {n} before it, so it is taken "
                    "for incomplete; last_period: keep uses it",
                    value=f"{y[-1]:g}",
                    n=len(recent),
                )
            )
        )
        cut = series.noted(
            _("last {unit} dropped ({why})", unit=frequency.unit, why=why),
            incomplete=unfinished and params.last_period == "auto",
            ordinals=series.ordinals[:-1],
            values=y[:-1],
            regressors=series.regressors[:-1],
            dropped=series.dropped + 1,
        )
        return _last_period(cut, frequency, params.model_copy(update={"last_period": "keep"}))
    if abs(size) > OUTLIER:
        fields = {
            "value": f"{y[-1]:g}",
            "span": _from(frequency, season),
            "times": f"{abs(size):.0f}",
        }
        note = (
            _(
                "the last value {value} is an outlier: its change {span} is {times} times the "
                "usual spread of such changes in logarithms, and every forecast starts from it",
                **fields,
            )
            if log
            else _(
                "the last value {value} is an outlier: its change {span} is {times} times the "
                "usual spread of such changes, and every forecast starts from it",
                **fields,
            )
        )
        return series.noted(note, outlier_at_end=True)
    return series


def _from(frequency: Frequency, season: int) -> str:
    return (
        _("over {season} {units}", season=season, units=units(frequency.unit))
        if season > 1
        else _("over one {unit}", unit=frequency.unit)
    )


def _measured(series: Series, frequency: Frequency, params: Params) -> Series:
    """Decide season, horizon, transform and verdict."""
    y = series.values
    if len(y) > LONGEST:
        series = series.noted(
            _("the last {used} of {n} values are used", used=LONGEST, n=len(y)),
            ordinals=series.ordinals[-LONGEST:],
            values=y[-LONGEST:],
            regressors=series.regressors[-LONGEST:],
        )
        y = series.values
    n = len(y)
    if n < MIN_POINTS:
        raise RefusedSeries(
            _("{n} values are too few; at least {least} are needed", n=n, least=MIN_POINTS)
        )
    if np.ptp(y) <= 1e-12 * np.abs(y).max():
        raise RefusedSeries(
            _(
                "constant at {value}: nothing varies, so no interval can be given",
                value=f"{y[-1]:g}",
            )
        )
    horizon = params.horizon or max(1, min(frequency.horizon, n // 4))
    limits = _bounds(y, series.series_id, params.bounds)
    if demand(y):
        return _rare(replace(series, horizon=horizon, bounds=limits), frequency.unit)
    tail = y[-max(frequency.season if n > 3 * frequency.season else 6, 6) :]
    if np.ptp(tail) == 0:
        raise RefusedSeries(
            _(
                "the last {tail} values all equal {value}: it may have stopped",
                tail=len(tail),
                value=f"{y[-1]:g}",
            )
        )
    season = frequency.season if n >= 2 * frequency.season + MIN_ORIGINS else 1
    if season < frequency.season:
        series = series.noted(
            _(
                "{n} values are under two seasons of {season}: no season",
                n=n,
                season=frequency.season,
            )
        )
    series = replace(
        series, season=season, horizon=horizon, log=_wants_log(y, season), bounds=limits
    )
    series = _prepared(series)
    if n < shortest_fit(season) + horizon + MIN_ORIGINS - 1:
        return series.noted(
            _(
                "{n} values are too few for {least} back-test origins {horizon} {units} ahead: "
                "not tested",
                n=n,
                least=MIN_ORIGINS,
                horizon=horizon,
                units=units(frequency.unit),
            ),
            verdict="not tested",
        )
    return series


def _rare(series: Series, unit: str) -> Series:
    """Take a series of many zeros for the forecast of its mean, or refuse it."""
    found, why = described(series.values, unit), unfit(series.values)
    if why:
        raise RefusedSeries(f"{found}; {why}")
    return series.noted(
        _("{found}: only its mean ahead is forecast", found=found), verdict="intermittent"
    )


def _bounds(y: np.ndarray, name: str, setting: str) -> Bounds:
    if not setting and name in (PREFIX + "NPS", PREFIX + "sentiment"):
        return Bounds(-1.0, 1.0, _("by its definition"))
    return bounds_of(y, name, setting)


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
        note = _(
            "regressors of the {horizon} {units} ahead are given",
            horizon=series.horizon,
            units=units(frequency.unit),
        )
        return series.noted(note, known_ahead=ahead)
    share = np.isfinite(ahead).all(axis=1).sum()
    return series.noted(
        _(
            "regressors are given for {share} of {horizon} {units} ahead, so their future is "
            "not used",
            share=share,
            horizon=series.horizon,
            units=units(frequency.unit),
        )
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
