"""Outliers, level shifts and trend changes against the model's shocks, and what outliers do."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.forecast.arima import fit as arima_fit
from insights.analyses.forecast.arima import level_stationary
from insights.analyses.forecast.candidates import blended, candidates, periods_of
from insights.analyses.forecast.combination import combine
from insights.analyses.forecast.hierarchy import SUM
from insights.analyses.forecast.naming import first_three, in_brackets, number, series_name
from insights.analyses.forecast.pelt import agrees, segments
from insights.analyses.forecast.predictive import Scale
from insights.analyses.forecast.responses import KINDS, RAMPS, ModelEvent, families, scan
from insights.analyses.forecast.result import Backtest
from insights.analyses.forecast.rolling import Rolling
from insights.analyses.forecast.slow_moves import season_columns, slow_move
from insights.analyses.forecast.structural import LONG
from insights.analyses.forecast.tables import OUTPUTS
from insights.messages import _, items, plural
from insights.result import Check, Result

__all__ = ["ModelEvent", "Unusual", "events", "unusual"]

ALPHA = 0.01  # share of series without any event in which one is said to be found
LASTING = KINDS[1:]  # kinds whose date has an interval
SLOW = "slow move"  # of a level, not told from wandering
MOST, EVERY = 10, 60  # events taken out one after the other, and values for each further one
DRAWS = 199
APART = 0.25  # share of a series beyond which the interval of a date says nothing


@dataclass(frozen=True, kw_only=True)
class Unusual(Result, table="rows", figure="unusual"):
    """Outliers, level shifts and trend changes; n counts series that were looked at.

    Attributes
    ----------
    rows
        One row an event: kind, size in the unit of the series (of a trend change: a period) with
        its 95 % interval at that date, as a share of what it would have been, t value, the periods
        that a level shift takes from its date on, the 95 % interval of the date of what lasts,
        the mean ahead with and without the outliers of the series, and whether it may go on after
        the last value. A slow move has neither t nor intervals.
    """

    rows: pd.DataFrame

    def sentences(self) -> list[str]:
        """Say what was found, what the largest shift is, and what outliers do to the forecast."""
        if not self.n:
            return [_("No ARIMA was fitted, so nothing could be told from its shocks (n = 0).")]
        counts = self.rows["kind"].value_counts()
        found = _(
            "{outliers}, {shifts} and {bends} stand out {where}.",
            outliers=plural("{n} outlier", "{n} outliers", int(counts.get("outlier", 0))),
            shifts=plural("{n} level shift", "{n} level shifts", int(counts.get("level shift", 0))),
            bends=plural(
                "{n} trend change", "{n} trend changes", int(counts.get("trend change", 0))
            ),
            where=_("in the one series") if self.n == 1 else _("in {n} series", n=self.n),
        )
        return [found, *self._lasting(), *self._slow()]

    def _lasting(self) -> list[str]:
        """Sentences on the clearest level shift and the clearest change of trend."""
        parts = []
        for kind in LASTING:
            lasting = self.rows[self.rows["kind"] == kind]
            if not len(lasting):
                continue
            row = lasting.loc[lasting["t"].abs().idxmax()]
            fields = {
                "size": f"{number(row['size'])} [{number(row['size_low'])}, "
                f"{number(row['size_high'])}]",
                "share": in_brackets(row["relative"]),
                "series": series_name(row["series_id"]),
                "when": _when_text(row),
                "low": f"{row['date_low']:%Y-%m-%d}",
                "high": f"{row['date_high']:%Y-%m-%d}",
                "n": row["n"],
            }
            if kind == "level shift":
                parts.append(
                    _(
                        "The clearest shift is of {size}{share} in {series}, {when} [{low}, "
                        "{high}] (95 % bootstrap interval, n = {n}).",
                        **fields,
                    )
                )
                if row["open_end"]:
                    parts.append(_("It may not be over, so that its whole size is not known."))
            else:
                parts.append(
                    _(
                        "The clearest change of trend is of {size} a period{share} in {series}, "
                        "{when} [{low}, {high}] (95 % bootstrap interval, n = {n}).",
                        **fields,
                    )
                )
        return parts

    def _slow(self) -> list[str]:
        """Sentence on the largest slow move, and which other series have one."""
        moves = self.rows[self.rows["kind"] == SLOW]
        if not len(moves):
            return []
        row = moves.loc[(moves["relative"].abs().fillna(0)).idxmax()]
        fields = {
            "series": series_name(row["series_id"]),
            "size": number(row["size"]),
            "share": in_brackets(row["relative"]),
            "periods": row["periods"],
            "date": f"{row['date']:%Y-%m-%d}",
        }
        text = (
            _(
                "The level of {series} has moved by {size}{share} since {date}, over about "
                "{periods} periods that may not be over, too slowly to be told from a level that "
                "wanders.",
                **fields,
            )
            if row["open_end"]
            else _(
                "The level of {series} moved by {size}{share} over about {periods} periods from "
                "{date} on, too slowly to be told from a level that wanders.",
                **fields,
            )
        )
        others = [key for key in moves["series_id"] if key != row["series_id"]]
        return [text, _("So did {series}.", series=items(others, 3)) if others else ""]


def _when_text(row: pd.Series) -> str:
    """Write 'over 6 periods from 2020-01-01', or 'on 2020-01-01'."""
    date = f"{row['date']:%Y-%m-%d}"
    if row["periods"] > 1:
        return _("over {periods} periods from {date}", periods=row["periods"], date=date)
    return _("on {date}", date=date)


def events(one: Rolling) -> list[ModelEvent]:
    """Find outliers, level shifts and trend changes of one series, the largest first.

    The scan takes the ARIMA of the whole series as true, so that a wandering level is no shift.
    The limit is Bonferroni's over all places and kinds.
    """
    fit, n = one.fits["arima"], len(one.series.values)
    lags = len(fit.delta) - 1
    shocks = one.residuals[-(n - lags) :].copy()
    kinds = families(n, fit, one.series.season)
    limit = stats.norm.isf(ALPHA / 2 / (len(kinds) * n))
    found: list[ModelEvent] = []
    for _round in range(max(MOST, n // EVERY)):
        largest = [(*family.best(shocks), family) for family in kinds if family.usable.any()]
        clear = [one for one in largest if abs(one[0].t) > limit * one[1]]
        if not clear:
            break
        event, wide, family = max(clear, key=lambda one: abs(one[0].t))
        shocks = shocks - event.size * family.effect[event.place]
        found.append(replace(event, t=event.t / wide))
    found = [
        _refitted(one, event, found)
        if event.kind == "level shift"
        else replace(event, fit=fit, shocks=shocks)
        for event in found
    ]
    if not any(event.kind == "level shift" for event in found):
        found += lasting(one)
    return found


def _refitted(one: Rolling, event: ModelEvent, events: list[ModelEvent]) -> ModelEvent:
    """A level shift by the ARIMA fitted beside it, which no longer takes it for wandering.

    The other events are taken out. Start and length are looked for once more, near the first.
    """
    fit, z = one.fits["arima"], one.scale.work(one.series.values)
    n, lags = len(z), len(fit.delta) - 1
    at = np.arange(n)
    for other in events:
        if other is not event:
            after = np.clip((at - other.place + 1) / other.periods, 0, 1)
            change = {
                "outlier": at == other.place,
                "trend change": np.maximum(at - other.place + 1, 0),
            }
            z = z - other.size * change.get(other.kind, after)
    x = _step(n, event.place, event.periods)[:, None]
    again = arima_fit(z, fit.order, fit.seasonal, constant=fit.constant, x=x)
    if again is None or not np.isfinite(again.estimates).all():
        return replace(event, fit=fit, shocks=one.residuals[-(n - lags) :])
    sigma = float(np.sqrt(again.estimates[-1]))
    size = float(dict(zip(again.names, again.estimates, strict=True))["x1"])
    kinds = [f for f in families(n, again, one.series.season) if f.kind == event.kind]
    own = next(f for f in kinds if f.periods == event.periods)
    left = again.residuals(z, x)[-(n - lags) :]
    whole = left + size * own.effect[event.place]
    best, reach = None, event.periods + 2
    for family in kinds:
        sizes, t = scan(whole, family.effect)
        near = family.usable & (at >= event.place - reach) & (at <= event.end + reach)
        place = int(np.argmax(np.where(near, np.abs(t), 0.0)))
        if near.any() and (best is None or abs(t[place]) > abs(best.t)):
            best = ModelEvent(place, event.kind, float(sizes[place]), float(t[place]))
            best = replace(best, periods=family.periods)
            left = whole - sizes[place] * family.effect[place]
    if best is None or sigma <= 0 or best.size * event.size <= 0:
        return replace(event, fit=again, shocks=left)
    return replace(best, fit=again, shocks=left)


def lasting(one: Rolling) -> list[ModelEvent]:
    """Find a shift of the level by PELT, and judge it in an AR(1) around two levels.

    A large shift can pass for wandering: then the ARIMA has taken it up and its shocks show
    nothing. Where the values around two levels are stationary (KPSS) the step's own t value is
    held against the same limit. Only for series without a season.
    """
    if one.series.season > 1:
        return []
    z = one.scale.work(one.series.values)
    best: ModelEvent | None = None
    n = len(z)
    limit = stats.norm.isf(ALPHA / 2 / (2 * n))
    for place in segments(one)[:3]:
        step = (np.arange(n) >= place).astype(float)
        around = np.where(step > 0, z - z[place:].mean(), z - z[:place].mean())
        if min(place, n - place) < 4 or not level_stationary(around):
            continue
        found = _around(z, place, 1)
        if found is None or abs(found.t) < limit or (best and abs(found.t) <= abs(best.t)):
            continue
        start, periods = _ramp(z, around, place)
        best = (_around(z, start, periods) or found) if periods > 1 else found
    return [best] if best is not None else []


def _ramp(z: np.ndarray, around: np.ndarray, place: int) -> tuple[int, int]:
    """Start and length of a shift near a place, by least squares after an AR(1)."""
    n, a = len(z), float(np.clip(around[1:] @ around[:-1] / (around @ around), 0, 0.95))
    target, best, found = z[1:] - a * z[:-1], np.inf, (place, 1)
    for periods in RAMPS:
        if periods > max(n // 10, 1):
            break
        for start in range(max(place - periods, 4), min(place + 3, n - 2 - periods)):
            x = _step(n, start, periods)
            columns = np.column_stack([np.full(n - 1, 1 - a), x[1:] - a * x[:-1]])
            left = target - columns @ np.linalg.lstsq(columns, target, rcond=None)[0]
            # one more parameter has to earn its place
            cost = n * np.log(float(left @ left) or 1e-300) + np.log(n) * (periods > 1)
            if cost < best - 1e-9:
                best, found = cost, (start, periods)
    return found


def _step(n: int, start: int, periods: int) -> np.ndarray:
    return np.clip((np.arange(n) - start + 1) / periods, 0.0, 1.0)


def _around(z: np.ndarray, start: int, periods: int) -> ModelEvent | None:
    """Size of a shift in an AR(1) around two levels."""
    x = _step(len(z), start, periods)[:, None]
    fit = arima_fit(z, (1, 0, 0), (0, 0, 0, 1), constant=True, x=x)
    if fit is None:
        return None
    size = dict(zip(fit.names, fit.estimates, strict=True))["x1"]
    error = dict(zip(fit.names, fit.errors, strict=True))["x1"]
    shocks = fit.residuals(z, x)
    return ModelEvent(start, "level shift", float(size), float(size / error), fit, shocks, periods)


def _without(one: Rolling, found: list[ModelEvent]) -> np.ndarray:
    """The series with its outliers taken out; shifts stay, as the level is now what it is."""
    z = one.scale.work(one.series.values).copy()
    for event in found:
        if event.kind == "outlier":
            z[event.place] -= event.size
    return one.scale.back(z)


def _mean_ahead(one: Rolling, values: np.ndarray, model: str) -> float:
    """Mean of the kept forecast over the horizon, from these values and the same model."""
    ahead = _forecast_again(one, values, model)
    if model == "blend" and one.share < 1:
        rest = [_forecast_again(one, values, name) for name in one.sound]
        ahead = one.share * ahead + (1 - one.share) * np.mean(rest, axis=0)
    return float(ahead.mean())


def _forecast_again(one: Rolling, values: np.ndarray, model: str) -> np.ndarray:
    """Forecast from these values by a model; not-a-number where that is not done."""
    end, horizon, season = np.array([len(values)]), one.series.horizon, one.series.season
    long = season > LONG and model in ("combination", "blend")
    if model in ("structural", "seasonal_drift") or long:
        changed = replace(one.series, values=values)
        again = candidates(changed, one.scale, np.empty(0, np.int64)).future.get(model)
        return np.array(np.nan) if again is None else again.in_unit(one.scale).mean
    if model == "arima":
        mean = one.fits["arima"].forecast(one.scale.work(values), end, horizon)[0]
        return one.scale.back(mean)[0]
    if model == "combination":
        three = combine(values, season)
        return three.forecast(values, end, horizon, relative=one.series.log)[0][0]
    if model == "blend":
        parts = [_forecast_again(one, values, n) for n in blended(season) if n in one.future]
        if one.unlogged is not None:
            scale = Scale.of(one.series.values, log=False)
            plain = one.unlogged.forecast(scale.work(values), end, horizon)[0]
            parts.append(scale.back(plain)[0])
        return np.median(parts, axis=0)
    if model not in ("naive", "seasonal_naive"):
        return np.array(np.nan)
    return np.resize(values[-(season if model == "seasonal_naive" else 1) :], horizon)


def _when(one: Rolling, event: ModelEvent, seed: int) -> tuple[int, int]:
    """95 % bootstrap interval of the place: shocks redrawn, the event put back, found again.

    A shift is looked for with every length, as it was found, and the interval of one that takes
    several periods is half of them wider to each side: its first steps are lost in noise. Bai
    (1997), doi
    10.1162/003465397557132, gives the limit law; the bootstrap needs none.
    """
    fit, shocks, n = event.fit, event.shocks, len(one.series.values)
    if fit is None or shocks is None:
        return event.place, event.place
    kinds = [f for f in families(n, fit, one.series.season) if f.kind == event.kind]
    own = next(f for f in kinds if f.periods == event.periods)
    rng = np.random.default_rng([seed, zlib.crc32(one.series.series_id.encode())])
    drawn = rng.choice(shocks - shocks.mean(), (DRAWS, len(shocks)))
    again = event.size * own.effect[event.place] + drawn
    best, places = np.zeros(DRAWS), np.full(DRAWS, event.place)
    for family in kinds:
        sums = (family.effect**2).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.abs(again @ family.effect.T) / np.sqrt(sums)
        t = np.where(family.usable & (sums > 1e-8), t, 0.0)
        highest = t.max(axis=1)
        places = np.where(highest > best, t.argmax(axis=1), places)
        best = np.maximum(best, highest)
    low, high = np.quantile(places, [0.025, 0.975], method="nearest")
    wider = -(-event.periods // 2) if event.periods > 1 else 0
    first, last = min(int(low), event.place) - wider, max(int(high), event.place) + wider
    return max(first, 0), min(last, n - 1)


def unusual(backtest: Backtest) -> Unusual:
    """Flag events of every series with an ARIMA, and forecast without its outliers."""
    rows, looked = [], [one for one in backtest.rolls if "arima" in one.fits]
    for one in looked:
        found = events(one)
        model = backtest.choices[one.series.series_id].model
        has, lacks = np.nan, np.nan
        # a sum of segments is not made again: the outlier may stand in any of them
        if model != SUM and any(event.kind == "outlier" for event in found):
            has = _mean_ahead(one, one.series.values, model)
            lacks = _mean_ahead(one, _without(one, found), model)
        told = [_row(one, event, (has, lacks), backtest.seed) for event in found]
        rows += [row for row in told if row is not None]
    lasting_in = {row[0] for row in rows if row[2] in LASTING}
    rows += [row for one in looked if one.series.series_id not in lasting_in for row in _slow(one)]
    frame = pd.DataFrame(rows, columns=OUTPUTS["events"].names)
    ends = {one.series.series_id: one.series.dates[-1] for one in looked}
    return Unusual(n=len(looked), rows=frame, checks=(_check(frame), *_last(frame, ends)))


def _row(one: Rolling, event: ModelEvent, means: tuple[float, float], seed: int) -> tuple | None:
    """Row of an event; None for what lasts and has no date to speak of."""
    dates, y = one.series.dates, one.series.values
    at, z = event.end, one.scale.work(y)
    error = stats.norm.ppf(0.975) * abs(event.size / event.t)
    before, *ends = (
        float(one.scale.back(z[at] - size))
        for size in (event.size, event.size - error, event.size + error)
    )
    size, size_low, size_high = (float(y[at]) - value for value in (before, *ends))
    low = high = event.place
    if event.kind in LASTING:
        low, high = _when(one, event, seed)
        if high - low > APART * len(y):
            return None
    shown = means if event.kind == "outlier" else (np.nan, np.nan)
    relative = event.kind != "trend change" and before > 0 and one.series.bounds.low >= 0
    return (
        one.series.series_id,
        dates[event.place],
        event.kind,
        size,
        event.t,
        dates[low],
        dates[high],
        agrees(one, event.kind, event.place, event.end),
        *shown,
        len(y),
        event.periods,
        size_low,
        size_high,
        size / before if relative else np.nan,
        event.kind == "level shift" and event.periods > 1 and len(y) - at <= event.periods,
    )


def _slow(one: Rolling) -> list[tuple]:
    """Row of the level's largest slow move, if there is one: described, not tested."""
    series, scale = one.series, one.scale
    n = len(series.values)
    move = slow_move(scale.work(series.values), season_columns(n, periods_of(series)))
    if move is None:
        return []
    before, after = scale.back(np.array([move.before, move.before + move.size])).tolist()
    relative = (after - before) / before if before > 0 and series.bounds.low >= 0 else np.nan
    return [
        (series.series_id, series.dates[move.place], SLOW, after - before, np.nan, pd.NaT, pd.NaT,
         False, np.nan, np.nan, n, move.periods, np.nan, np.nan, relative,
         move.place + move.periods >= n)
    ]  # fmt: skip


def _last(frame: pd.DataFrame, ends: dict[str, pd.Timestamp]) -> list[Check]:
    """A doubt where a last value is an outlier; nothing where none is."""
    outliers = frame[frame["kind"] == "outlier"]
    names = outliers.loc[outliers["date"] == outliers["series_id"].map(ends), "series_id"]
    if names.empty:
        return []
    detail = _(
        "it is one in {names}: perhaps the period was not complete",
        names=first_three(list(names)),
    )
    return [Check(_("the last value is no outlier"), False, detail)]


def _check(frame: pd.DataFrame) -> Check:
    outliers = frame[(frame["kind"] == "outlier") & frame["mean_without"].notna()]
    moved = (outliers["mean_with"] / outliers["mean_without"] - 1).abs()
    heavy = outliers.loc[moved > 0.1, "series_id"].unique()
    return Check(
        _("outliers do not move a forecast by more than a tenth"),
        not len(heavy),
        _("they do in {n}: {names}", n=len(heavy), names=items(heavy[:3]))
        if len(heavy)
        else _("in no series"),
    )
