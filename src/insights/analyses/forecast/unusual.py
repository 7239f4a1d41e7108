"""Outliers, level shifts and trend changes against the model's shocks, and what outliers do."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import ruptures
from scipy import signal, stats

from insights.analyses.forecast.arima import Arima, level_stationary
from insights.analyses.forecast.arima import fit as arima_fit
from insights.analyses.forecast.beside import Unusual
from insights.analyses.forecast.candidates import BLEND, candidates
from insights.analyses.forecast.combination import combine
from insights.analyses.forecast.hierarchy import SUM
from insights.analyses.forecast.predictive import Scale
from insights.analyses.forecast.result import Backtest
from insights.analyses.forecast.rolling import Rolling
from insights.analyses.forecast.structural import LONG
from insights.result import Check

__all__ = ["Found", "events", "unusual"]

ALPHA = 0.01  # share of series without any event in which one is said to be found
KINDS = ("outlier", "level shift", "trend change")
LASTING = KINDS[1:]  # kinds whose date has an interval
MOST = 5  # events taken out one after the other
DRAWS = 199
_COLUMNS = (
    "series_id", "date", "kind", "size", "t", "date_low", "date_high",
    "pelt_agrees", "mean_with", "mean_without", "n",
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """One event: its place, its kind, its size on the working scale and its t value.

    The size of a trend change is that of the slope, a period. `fit` and `shocks` are the model it
    was judged by and what that leaves without the events.
    """

    place: int
    kind: str
    size: float
    t: float
    fit: Arima | None = None
    shocks: np.ndarray | None = None


def _whitened(change: np.ndarray, fit: Arima, polynomials) -> np.ndarray:
    """Turn an effect on the level into its effect on the shocks."""
    ar, ma = polynomials
    delta = fit.delta
    stationary = np.convolve(change, delta)[len(delta) - 1 : len(change)]
    return signal.lfilter(ar, ma, stationary)


def _responses(n: int, fit: Arima, polynomials, kind: str) -> np.ndarray:
    """Effect of a unit event at each place on the shocks; shape (places, shocks).

    A trend change starts with its place: the new slope has moved the value there by one unit. It
    is taken beside a straight line through everything, which is no change of anything.
    """
    rows = []
    for place in range(n):
        change = np.zeros(n)
        change[place] = 1.0
        if kind == "level shift":
            change[place:] = 1.0
        elif kind == "trend change":
            change[place:] = np.arange(1, n - place + 1)
        rows.append(_whitened(change, fit, polynomials))
    found = np.array(rows)
    return _beside_a_line(found, n, fit, polynomials) if kind == "trend change" else found


def _beside_a_line(responses: np.ndarray, n: int, fit: Arima, polynomials) -> np.ndarray:
    """Take out of responses what a constant and a steady slope would do to the shocks."""
    line = [
        _whitened(np.ones(n), fit, polynomials),
        _whitened(np.arange(n) * 1.0, fit, polynomials),
    ]
    # differences turn a constant, or both, into rounding errors
    there = [row for row in line if np.abs(row).max() > 1e-8]
    if not there:
        return responses
    basis = np.linalg.qr(np.array(there).T)[0]
    return responses - responses @ basis @ basis.T


def _scan(shocks: np.ndarray, responses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least-squares size and t value of an event at every place (Chen and Liu 1993)."""
    sums = (responses**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = responses @ shocks / sums
        # spread from the median, which the events themselves do not widen
        spread = 1.4826 * np.median(np.abs(shocks - np.median(shocks)))
        t = size * np.sqrt(sums) / spread
    usable = sums > 1e-8
    return np.where(usable, size, 0.0), np.where(usable, t, 0.0)


def events(one: Rolling) -> list[Found]:
    """Find outliers, level shifts and trend changes of one series, the largest first.

    The scan takes the ARIMA of the whole series as true, so that a wandering level is no shift.
    The limit is Bonferroni's over all places and kinds.
    """
    fit, z = one.fits["arima"], one.scale.work(one.series.values)
    n, polynomials = len(z), fit.polynomials()
    lags = len(fit.delta) - 1
    shocks = one.residuals[-(n - lags) :].copy()
    sigma = float(np.sqrt(fit.estimates[-1]))
    kinds = {kind: _responses(n, fit, polynomials, kind) / sigma for kind in KINDS}
    usable = _usable(n, lags, one.series.season)
    limit = stats.norm.isf(ALPHA / 2 / (len(KINDS) * n))
    found: list[Found] = []
    for _ in range(MOST):
        best: Found | None = None
        for kind, responses in kinds.items():
            size, t = _scan(shocks, responses)
            t = np.where(usable[kind], t, 0.0)
            place = int(np.argmax(np.abs(t)))
            if best is None or abs(t[place]) > abs(best.t):
                best = Found(place, kind, float(size[place]), float(t[place]))
        if best is None or abs(best.t) < limit:
            break
        shocks = shocks - best.size * kinds[best.kind][best.place]
        found.append(best)
    found = [replace(event, fit=fit, shocks=shocks) for event in found]
    if not any(event.kind == "level shift" for event in found):
        found += lasting(one)
    return found


def _usable(n: int, lags: int, season: int) -> dict[str, np.ndarray]:
    """Places at which each kind may be found: the first season is learning.

    A shift needs values on both sides, else it is an outlier; a slope needs more of them, a
    season on each side.
    """
    inside, apart = np.arange(n), max(season, 8)
    return {
        "outlier": inside >= lags,
        "level shift": (inside >= max(lags, max(season, 4) // 2)) & (inside <= n - 4),
        "trend change": (inside >= max(lags, apart)) & (inside <= n - apart),
    }


def lasting(one: Rolling) -> list[Found]:
    """Find a shift of the level by PELT, and judge it in an AR(1) around two levels.

    A large shift can pass for wandering: then the ARIMA has taken it up and its shocks show
    nothing. Where the values around two levels are stationary (KPSS) the step's own t value is
    held against the same limit. Only for series without a season.
    """
    if one.series.season > 1:
        return []
    z = one.scale.work(one.series.values)
    best: Found | None = None
    n = len(z)
    limit = stats.norm.isf(ALPHA / 2 / (2 * n))
    for place in segments(one)[:3]:
        step = (np.arange(n) >= place).astype(float)
        around = np.where(step > 0, z - z[place:].mean(), z - z[:place].mean())
        if min(place, n - place) < 4 or not level_stationary(around):
            continue
        fit = arima_fit(z, (1, 0, 0), (0, 0, 0, 1), constant=True, x=step[:, None])
        if fit is None:
            continue
        values = dict(zip(fit.names, fit.estimates, strict=True))
        errors = dict(zip(fit.names, fit.errors, strict=True))
        size, t = values["x1"], values["x1"] / errors["x1"]
        if abs(t) > limit and (best is None or abs(t) > abs(best.t)):
            shocks = fit.residuals(z, step[:, None])
            best = Found(place, "level shift", float(size), float(t), fit, shocks)
    return [best] if best is not None else []


def _without(one: Rolling, found: list[Found]) -> np.ndarray:
    """The series with its outliers taken out; shifts stay, as the level is now what it is."""
    z = one.scale.work(one.series.values).copy()
    for event in found:
        if event.kind == "outlier":
            z[event.place] -= event.size
    return one.scale.back(z)


def _mean_ahead(one: Rolling, values: np.ndarray, model: str) -> float:
    """Mean of the kept forecast over the horizon, from these values and the same model."""
    end, horizon = np.array([len(values)]), one.series.horizon
    if model in ("structural", "seasonal_drift") or (one.series.season > LONG and model in (
        "combination", "blend")):  # fmt: skip
        changed = replace(one.series, values=values)
        again = candidates(changed, one.scale, np.empty(0, np.int64)).future.get(model)
        return float("nan") if again is None else float(again.in_unit(one.scale).mean.mean())
    if model == "arima":
        mean = one.fits["arima"].forecast(one.scale.work(values), end, horizon)[0]
        return float(one.scale.back(mean).mean())
    if model == "combination":
        three = combine(values, one.series.season)
        return float(three.forecast(values, end, horizon, relative=one.series.log)[0].mean())
    if model == "blend":
        kinds = ("combination", "arima", "naive" if one.series.season == 1 else "seasonal_naive")
        means = [_mean_ahead(one, values, kind) for kind in kinds]
        if one.unlogged is not None:
            scale = Scale.of(one.series.values, log=False)
            plain = scale.back(one.unlogged.forecast(scale.work(values), end, horizon)[0]).mean()
            means[1] = (means[1] + float(plain)) / 2
        return float(np.dot(BLEND, means))
    lag = one.series.season if model == "seasonal_naive" else 1
    last = values[-lag:]
    return float(np.resize(last, horizon).mean()) if model != "drift" else float("nan")


def _when(one: Rolling, event: Found, seed: int) -> tuple[int, int]:
    """95 % bootstrap interval of the place: shocks redrawn, the event put back, found again.

    Bai (1997), doi 10.1162/003465397557132, gives the limit law; the bootstrap needs none.
    """
    fit, shocks, n = event.fit, event.shocks, len(one.series.values)
    if fit is None or shocks is None:
        return event.place, event.place
    sigma = float(np.sqrt(fit.estimates[-1]))
    responses = _responses(n, fit, fit.polynomials(), event.kind) / sigma
    rng = np.random.default_rng([seed, zlib.crc32(one.series.series_id.encode())])
    effect, places = event.size * responses[event.place], []
    lags = len(fit.delta) - 1
    allowed = _usable(n, lags, one.series.season)[event.kind]
    for _ in range(DRAWS):
        again = effect + rng.choice(shocks - shocks.mean(), len(shocks))
        t = np.where(allowed, np.abs(_scan(again, responses)[1]), 0.0)
        places.append(int(np.argmax(t)))
    low, high = np.quantile(places, [0.025, 0.975], method="nearest")
    return int(min(low, event.place)), int(max(high, event.place))


def segments(one: Rolling) -> list[int]:
    """Places where the mean of the shocks changes by PELT (Killick et al. 2012), as a second look.

    Run on the seasonally differenced working scale; penalty 3 log n in units of its variance.
    """
    z = one.scale.work(one.series.values)
    m = one.series.season
    rest = z[m:] - z[:-m] if m > 1 else z
    spread = 1.4826 * np.median(np.abs(np.diff(rest) - np.median(np.diff(rest)))) / np.sqrt(2)
    if spread <= 0 or len(rest) < 12:
        return []
    algorithm = ruptures.Pelt(model="l2", jump=1, min_size=4).fit((rest / spread)[:, None])
    ends = algorithm.predict(pen=3 * np.log(len(rest)))[:-1]
    return [end + (m if m > 1 else 0) for end in ends]


def bends(one: Rolling) -> list[int]:
    """Places where a continuous line through a series bends, by PELT.

    With a season: where its differences on the year change, which a bend does over one season.
    """
    if one.series.season > 1:
        return [place - one.series.season // 2 for place in segments(one)]
    z = one.scale.work(one.series.values)
    spread = 1.4826 * np.median(np.abs(np.diff(z) - np.median(np.diff(z)))) / np.sqrt(2)
    if spread <= 0 or len(z) < 16:
        return []
    jump = 1 + len(z) // 200
    algorithm = ruptures.Pelt(model="clinear", jump=jump, min_size=4).fit((z / spread)[:, None])
    return algorithm.predict(pen=6 * np.log(len(z)))[:-1]


def _agrees(one: Rolling, event: Found) -> bool:
    """Whether PELT puts a change near the place: within half a season, for a bend a season."""
    if event.kind == "trend change":
        near, places = max(4, one.series.season), bends(one)
    else:
        near, places = max(2, one.series.season // 2), segments(one)
    return any(abs(event.place - other) <= near for other in places)


def unusual(backtest: Backtest) -> Unusual:
    """Flag events of every series with an ARIMA, and forecast without its outliers."""
    rows, looked = [], [one for one in backtest.rolls if "arima" in one.fits]
    for one in looked:
        found = events(one)
        if not found:
            continue
        model = backtest.choices[one.series.series_id].model
        has, lacks = np.nan, np.nan
        # a sum of segments is not made again: the outlier may stand in any of them
        if model != SUM and any(event.kind == "outlier" for event in found):
            has = _mean_ahead(one, one.series.values, model)
            lacks = _mean_ahead(one, _without(one, found), model)
        for event in found:
            rows.append(_row(one, event, (has, lacks), backtest.seed))
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    return Unusual(n=len(looked), rows=frame, checks=(_check(frame),))


def _row(one: Rolling, event: Found, means: tuple[float, float], seed: int) -> tuple:
    dates, y = one.series.dates, one.series.values
    z = one.scale.work(y)
    before = one.scale.back(z[event.place] - event.size)
    low = high = event.place
    if event.kind in LASTING:
        low, high = _when(one, event, seed)
    shown = means if event.kind == "outlier" else (np.nan, np.nan)
    return (
        one.series.series_id,
        dates[event.place],
        event.kind,
        float(y[event.place] - before),
        event.t,
        dates[low],
        dates[high],
        _agrees(one, event),
        *shown,
        len(y),
    )


def _check(frame: pd.DataFrame) -> Check:
    outliers = frame[(frame["kind"] == "outlier") & frame["mean_without"].notna()]
    moved = (outliers["mean_with"] / outliers["mean_without"] - 1).abs()
    heavy = outliers.loc[moved > 0.1, "series_id"].unique()
    return Check(
        "outliers do not move a forecast by more than a tenth",
        not len(heavy),
        f"they do in {len(heavy)}: {', '.join(heavy[:3])}" if len(heavy) else "in no series",
    )
