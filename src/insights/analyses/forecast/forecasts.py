"""Screening of the market table, back-test of its series, forecasts of those kept."""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd

from insights.analyses.forecast.calibration import LEVELS, achieved_mean, learn
from insights.analyses.forecast.choice import Choice, choose, coverages, pooled_coverage, rolled
from insights.analyses.forecast.hierarchy import added_up
from insights.analyses.forecast.intermittent import demand, mean_ahead, unfit, windows
from insights.analyses.forecast.naming import share as spaced
from insights.analyses.forecast.params import Params
from insights.analyses.forecast.paths import chance_above, fan, path_mean, paths
from insights.analyses.forecast.result import Backtest, Forecast
from insights.analyses.forecast.rolling import Rolling
from insights.analyses.forecast.screening import screened
from insights.analyses.forecast.screening_result import Intermittent, SeriesScreening
from insights.analyses.forecast.series import PREFIX, Series
from insights.analyses.forecast.tables import OUTPUTS
from insights.errors import DataError, listed
from insights.messages import _, interval, number, percent, plural
from insights.result import Check

__all__ = ["backtest", "forecasts", "intermittent", "screening"]

PAST_DRAWS = 400  # for each window of the past of a series with many zeros


def screening(market: pd.DataFrame, params: Params) -> SeriesScreening:
    """Look at every series alone: repair by rule, or refuse with the reason.

    Raises DataError when a column is missing or no series is left.
    """
    lost = [name for name in ("series_id", "date", "value") if name not in market.columns]
    if lost:
        raise DataError(
            f"market: columns {listed(lost)} are missing; found {listed(market.columns, 10)}"
        )
    if not len(market):
        raise DataError("market: no rows; give at least one series of 10 values")
    named = market.assign(series_id=market["series_id"].astype("string").fillna("unnamed"))
    series = [
        screened(str(key), rows, params) for key, rows in named.groupby("series_id", sort=True)
    ]
    usable = [s for s in series if s.verdict != "refused"]
    if not usable:
        reasons = listed([f"{s.series_id}: {s.notes[-1]}" for s in series])
        raise DataError(f"market: none of {len(series)} series can be forecast. {reasons}")
    own = [s.series_id.startswith(PREFIX) for s in usable]
    largest = [
        one
        for _own, one in sorted(
            zip(own, usable, strict=True), key=lambda p: (not p[0], *_size(p[1]))
        )
    ]
    beyond = {s.series_id for s in largest[params.max_series :]}
    note = _("beyond the {most} largest (max_series)", most=params.max_series)
    limited = tuple(
        s.noted(note, verdict="not forecast") if s.series_id in beyond else s for s in series
    )
    return SeriesScreening(n=len(limited), series=limited, checks=_screening_checks(limited))


def _size(one: Series) -> tuple[float, str]:
    return -one.level, one.series_id


def _screening_checks(series: tuple[Series, ...]) -> tuple[Check, ...]:
    def names(chosen: list[Series]) -> str:
        return listed([s.series_id for s in chosen]) or _("none")

    live = [s for s in series if s.verdict in ("forecast", "not tested")]
    outliers = [s for s in live if s.outlier_at_end]
    filled = sum(s.filled for s in live)
    incomplete = [s for s in live if s.incomplete]
    refused = [s for s in series if s.verdict == "refused"]
    return (
        Check(
            _("no outlier at the end of a series"),
            not outliers,
            _not_in([s.series_id for s in outliers]),
        ),
        Check(_("holes filled"), None, _("{n} values by linear interpolation", n=filled)),
        Check(_("last period taken for incomplete and dropped"), None, names(incomplete)),
        Check(_("series refused"), None, f"{len(refused)}: {names(refused)}"),
        *_bound_checks(live),
    )


def _bound_checks(live: list[Series]) -> tuple[Check, ...]:
    """Say which limits are taken from the data, so that they can be contradicted."""
    reasons = dict.fromkeys(s.bounds.reason.split(" in ")[0] for s in live if s.bounds.reason)
    return tuple(
        Check(
            _("limits: {reason}", reason=reason),
            None,
            listed([s.series_id for s in live if s.bounds.reason.startswith(reason)], 3),
        )
        for reason in sorted(reasons)
    )


def _not_in(series: list[str]) -> str:
    if not series:
        return _("all series")
    return _("not so in {n}: {names}", n=len(series), names=listed(series, 3))


def backtest(screening: SeriesScreening, params: Params) -> Backtest:
    """Forecast every origin with every candidate, and choose by what it could not have seen."""
    rolls = rolled(list(screening.usable), params)
    rolls, choices, sums = added_up(rolls, choose(rolls))
    hits = coverages(rolls)
    covered = pooled_coverage(rolls, choices, hits)
    checks = [*sums]
    for level, share in covered.items():
        if level > 0.5:
            detail = _(
                "{share} {interval}, {n} dates",
                share=number(share.estimate, 3),
                interval=interval(share.low, share.high, ".3f"),
                n=share.n,
            )
            fine = share.low <= level <= share.high
            name = _("{level} intervals cover {level}", level=percent(level))
            checks.append(Check(name, fine, detail))
    warned = sum(fit.warned for one in rolls for fit in one.fits.values())
    fits = sum(len(one.fits) for one in rolls)
    checks.append(
        Check(
            _("optimiser of ARIMA converged"),
            warned == 0 if fits else None,
            plural(
                "{n} warning in {fits} final fits",
                "{n} warnings in {fits} final fits",
                warned,
                fits=fits,
            ),
        )
    )
    notes = [f"{one.series.series_id}: {note}" for one in rolls for note in one.notes]
    if notes:
        checks.append(Check(_("models left out"), None, listed(notes)))
    checks.append(_regressor_check(rolls, choices))
    return Backtest(
        n=sum(len(one.origins) for one in rolls),
        checks=tuple(checks),
        rolls=tuple(rolls),
        choices=choices,
        hits=hits,
        coverage=covered,
        level=params.level,
        seed=params.seed,
    )


def _regressor_check(rolls, choices) -> Check:
    tried = [one for one in rolls if "arimax" in one.past]
    useful = [o.series.series_id for o in tried if choices[o.series.series_id].model == "arimax"]
    if not tried:
        return Check(_("regressors"), None, _("none was tried"))
    detail = (
        _(
            "tried in {n} series, lagged by the horizon; they add something in {names}",
            n=len(tried),
            names=listed(useful),
        )
        if useful
        else _(
            "tried in {n} series, lagged by the horizon; the regressors add nothing out of sample",
            n=len(tried),
        )
    )
    return Check(_("regressors"), None, detail)


def forecasts(backtest: Backtest) -> Forecast:
    """Forecast each series by what was kept, with widths that cover the back-test."""
    models = dict.fromkeys(name for one in backtest.rolls for name in one.future)
    learned = {name: learn(list(backtest.rolls), name) for name in models}
    rows, candidates, means, chances = [], [], {}, {}
    for one in backtest.rolls:
        key, model = one.series.series_id, backtest.choices[one.series.series_id].model
        for name in one.future:
            candidates.append(fan(one, name, learned[name], backtest.level))
        rows.append(fan(one, model, learned[model], backtest.level))
        drawn = paths(one, model, learned[model], backtest.seed)
        means[key] = path_mean(drawn, backtest.level, len(one.series.values))
        chances[key] = chance_above(one, drawn, backtest.level)
    outliers = [o.series.series_id for o in backtest.rolls if o.series.outlier_at_end]
    untested = [o.series.series_id for o in backtest.rolls if not len(o.origins)]
    unseen = [o.series.series_id for o in backtest.rolls if not o.seen]
    checks = (
        Check(_("no forecast starts from an outlier"), not outliers, _not_in(outliers)),
        Check(_("every forecast was back-tested"), not untested, _not_in(untested)),
        Check(
            _("the back-test saw the part of the season now forecast"),
            not unseen,
            _(
                "not so in {n}, under half of it: {names}",
                n=len(unseen),
                names=listed(unseen, 3),
            )
            if unseen
            else _("all did"),
        ),
        Check(
            _("spread of errors over the predicted, learned from the back-test"),
            None,
            _(", ").join(
                f"{name} ×{np.mean([one.factor for one in w.points.values()]):.2f}"
                for name, w in learned.items()
            ),
        ),
        _mean_check(list(backtest.rolls), backtest.choices),
    )
    return Forecast(
        n=len(backtest.rolls),
        checks=checks,
        backtest=backtest,
        rows=_joined(rows, "forecast"),
        candidates=_joined(candidates, "candidates"),
        means=means,
        chances=chances,
    )


def _joined(parts: list[pd.DataFrame], table: str) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True) if parts else OUTPUTS[table].empty()


def intermittent(screening: SeriesScreening, params: Params) -> Intermittent:
    """Forecast the mean ahead of each series with many zeros, and of windows of its past."""
    ordered = sorted(screening.rare, key=_size)
    rows = [_mean_of_zeros(one, params) for one in ordered]
    return Intermittent(n=len(rows), rows=OUTPUTS["intermittent"].frame(rows))


def _mean_of_zeros(one: Series, params: Params) -> tuple:
    """Row of a series: its mean ahead, and how many intervals of its past held what came."""
    y, horizon, n = one.values, one.horizon, len(one.values)
    rng = np.random.default_rng([params.seed, zlib.crc32(one.series_id.encode())])
    ends = [0.5 - params.level / 2, 0.5 + params.level / 2]
    drawn = mean_ahead(y, horizon, rng)
    low, high = one.bounds.clip(np.quantile(drawn, ends))
    known = [o for o in windows(n, horizon) if y[:o].any() and not unfit(y[:o])]
    held = 0
    for o in known:
        bottom, top = np.quantile(mean_ahead(y[:o], horizon, rng, PAST_DRAWS), ends)
        held += bool(bottom <= y[o : o + horizon].mean() <= top)
    estimate = float(np.clip(drawn.mean(), low, high))
    some, before = float((drawn > 0).mean()), float(y[-horizon:].mean())
    unit, zeros = one.frequency.unit if one.frequency else "period", float((y == 0).mean())
    found = (estimate, float(low), float(high), params.level, some, before)
    return one.series_id, demand(y), unit, horizon, n, zeros, *found, held, len(known)


def _mean_check(rolls: list[Rolling], choices: dict[str, Choice]) -> Check:
    """Say how often intervals of the mean ahead held what came, widths learned without it."""
    rates = {model: achieved_mean(rolls, model) for model in {c.model for c in choices.values()}}
    keys = [one.series.series_id for one in rolls]
    hits = [rates[choices[key].model][key] for key in keys if key in rates[choices[key].model]]
    if not hits:
        return Check(_("95 % intervals of the mean ahead"), None, _("not tested"))
    share = float(np.concatenate([hit[LEVELS.index(0.95)] for hit in hits]).mean())
    windows = sum(one.windows for one in rolls)
    return Check(
        _("95 % intervals of the mean ahead"),
        None,
        _(
            "held {held} of what came in the back-test ({n} windows that do not overlap)",
            held=spaced(share),
            n=f"{windows:.0f}",
        ),
    )
