"""Which forecast is kept, and whether it is shown to beat the naive one, on unseen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from insights import scale
from insights.analyses.forecast.calibration import LEVELS, achieved, coverage
from insights.analyses.forecast.candidates import Profiles, fitted_at
from insights.analyses.forecast.naming import model_name
from insights.analyses.forecast.params import Params
from insights.analyses.forecast.rolling import (
    NAIVE,
    PAIRED_LEVEL,
    Rolling,
    origins_of,
    roll,
)
from insights.analyses.forecast.series import Series
from insights.analyses.forecast.structural import LONG, profile_of, shared_profile
from insights.messages import _
from insights.result import Estimate

__all__ = ["Choice", "choose", "coverages", "pooled_coverage", "rolled"]

GROUP = 5  # series of one frequency from which they are judged together
CHUNK = 8
# from the simplest on
SIMPLICITY = (
    "naive",
    "seasonal_naive",
    "drift",
    "seasonal_drift",
    "combination",
    "structural",
    "arima",
    "blend",
    "arimax",
)
AGAINST_GROUP = 0.99  # level at which a series' own interval overrules the choice of its group
ENOUGH = 5.0  # windows below which a series' own interval rests on one or two degrees of freedom
DEFAULT = "blend"
AGAINST = 0.9  # level at which another model is shown to do better than it


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is held for one series, and why.

    Attributes
    ----------
    model, benchmark
        The forecast kept, and the naive one a model had to beat.
    rival
        The model that is set against the benchmark: the kept one, or the best when naive is kept.
    gain
        Back-test error of the rival minus the benchmark's, in MASE; None without a test.
    group
        The same over the series of this frequency; None below five.
    beats
        Model to whether it is shown to beat the benchmark.
    reason
        In words.
    """

    model: str
    benchmark: str
    rival: str | None
    gain: Estimate | None
    group: Estimate | None
    beats: dict[str, bool]
    reason: str

    @property
    def headlined(self) -> bool:
        """Whether the kept forecast is shown to beat the naive one."""
        return self.beats.get(self.model, False)


def _chunk(pairs) -> list[Rolling]:
    return [roll(*pair) for pair in pairs]


def profiles(series: Sequence[Series]) -> list[Profiles]:
    """Long season that the other series of the same calendar share, for each of the series.

    As known where its models are fitted: what other series say later is not used.
    """
    found: list[Profiles] = [{} for _ in series]
    groups: dict[object, list[int]] = {}
    for i, one in enumerate(series):
        if one.season > LONG:
            groups.setdefault(one.frequency, []).append(i)
    for members in groups.values():
        cuts: dict[int, dict[int, np.ndarray]] = {}

        def shared(i: int, cut: int, members=members, cuts=cuts) -> np.ndarray | None:
            if cut not in cuts:
                own = {j: profile_of(*_before(series[j], cut), series[j].season) for j in members}
                cuts[cut] = {j: p for j, p in own.items() if p is not None}
            return shared_profile([p for j, p in cuts[cut].items() if j != i])

        for i in members:
            n, start = len(series[i].values), int(series[i].ordinals[0])
            tested = series[i].verdict == "forecast"
            origins = origins_of(n, series[i].horizon, series[i].season)
            known = [int(part[0]) for part in fitted_at(origins) if tested] + [n]
            found[i] = {count: shared(i, start + count) for count in known}
    return found


def _before(one: Series, cut: int) -> tuple[np.ndarray, int]:
    """Values of a series before a period, and the number of its first."""
    start = int(one.ordinals[0])
    return one.values[: max(cut - start, 0)], start


def rolled(series: Sequence, params: Params) -> list[Rolling]:
    """Roll all series, in chunks that may run on several processes or a cluster."""
    pairs = list(zip(series, profiles(series), strict=True))
    chunks = [pairs[i : i + CHUNK] for i in range(0, len(pairs), CHUNK)]
    parts = scale.map_partitions(_chunk, chunks, jobs=params.jobs)
    return [one for part in parts for one in part]


def choose(rolls: list[Rolling]) -> dict[str, Choice]:
    """Choose a forecast for every series by its back-test error.

    Five or more series of one frequency choose together, alone where one series' own paired
    interval says otherwise; fewer choose alone. In both cases the simplest model is taken that
    lies within one standard error of the best (Breiman et al. 1984). Apart from that it is said of
    every model whether it is shown to beat naive: the 90 % paired interval of its gain lies below
    zero; or that of the mean gain of its group does and its own gain is negative.
    """
    groups: dict[str, list[Rolling]] = {}
    for one in rolls:
        groups.setdefault(_frequency(one), []).append(one)
    found: dict[str, Choice] = {}
    for members in groups.values():
        together = _together(members)
        shared = {name: _group_gain(members, name) for name in SIMPLICITY}
        for one in members:
            found[one.series.series_id] = _choice(one, together, shared)
    return {one.series.series_id: found[one.series.series_id] for one in rolls}


def _frequency(one: Rolling) -> str:
    return one.series.frequency.name if one.series.frequency else ""


def _together(members: list[Rolling]) -> str | None:
    """Choose one model for a group by the geometric mean of relative errors; None for under five.

    A mean of MASE would be decided by the few series with large errors (Davydenko and Fildes 2013,
    doi 10.1016/j.ijforecast.2012.09.002). A model that is missing in some series is compared
    where it is there, and is not chosen for a group when it is there in under half. The blend is
    taken where it lies within one standard error of the best.
    """
    tested = [one for one in members if len(one.origins)]
    if len(tested) < GROUP:
        return None
    errors = {
        name: np.array([o.scaled_errors(name).mean() if name in o.past else np.nan for o in tested])
        for name in SIMPLICITY
    }
    there = [n for n in SIMPLICITY if np.isfinite(errors[n]).sum() >= max(GROUP, len(tested) / 2)]
    complete = np.isfinite([errors[n] for n in there]).all(axis=0)
    if complete.sum() < GROUP:
        return None
    logs = {n: np.log(np.maximum(errors[n][complete], 1e-12)) for n in there}
    best = min(there, key=lambda n: float(logs[n].mean()))
    for name in (DEFAULT, *there):
        if name in logs:
            difference = logs[name] - logs[best]
            if difference.mean() <= difference.std(ddof=1) / np.sqrt(complete.sum()):
                return name
    return best


def _alone(one: Rolling, models: tuple[str, ...]) -> str:
    """Name the blend, unless another model is shown to do better or it may not be kept.

    A back-test of one series has few windows that do not overlap, and the least error in it is
    mostly luck: a mean of several models has the least error to be expected beforehand.
    """
    order = [name for name in SIMPLICITY if name in models]
    if not order:
        return one.benchmark
    error = {name: float(one.scaled_errors(name).mean()) for name in order}
    if DEFAULT not in order:
        return min(order, key=lambda name: error[name])
    better = [n for n in order if n != DEFAULT and one.gain(n, DEFAULT, AGAINST).high < 0]
    return min(better, key=lambda name: error[name], default=DEFAULT)


def _untested(one: Rolling, together: str | None) -> str:
    """Name the forecast of a series too short for a back-test: a blend, or naive without a season.

    A seasonal naive forecast that nothing was tested of takes every trend for noise, which a mean
    ahead does not average out. Where the others of its frequency chose a model that the series is
    too short for, it takes the mean of three, which short series can bear.
    """
    if DEFAULT in one.future:
        return DEFAULT
    modelled = together is not None and together not in NAIVE and "combination" in one.future
    return "combination" if modelled else one.benchmark


def _group_gain(rolls: list[Rolling], model: str) -> Estimate | None:
    """Mean gain of a model over each series' own benchmark; None for under five series."""
    gains = np.array([o.gain(model, o.benchmark).estimate for o in rolls if model in o.past])
    if len(gains) < GROUP or model in NAIVE:
        return None
    mean, n = float(gains.mean()), len(gains)
    half = float(stats.t.ppf(0.5 + PAIRED_LEVEL / 2, n - 1) * gains.std(ddof=1) / np.sqrt(n))
    return Estimate(mean, mean - half, mean + half, PAIRED_LEVEL, n)


def _choice(one: Rolling, together: str | None, shared: dict[str, Estimate | None]) -> Choice:
    benchmark = one.benchmark
    beats = dict.fromkeys(one.future, False)
    rivals = [name for name in one.past if name not in NAIVE]
    if not rivals:
        why = _("no model could be fitted") if len(one.origins) else _("too short for a back-test")
        kept = together if together in one.future else _untested(one, together)
        return Choice(
            model=kept,
            benchmark=benchmark,
            rival=None,
            gain=None,
            group=None,
            beats=beats,
            reason=why,
        )
    kept = _kept(one, together)
    error = {name: float(one.scaled_errors(name).mean()) for name in one.past}
    lowest_naive = min(error[name] for name in one.past if name in NAIVE)
    gains = {name: one.gain(name, benchmark) for name in rivals}
    ways = {
        name: _way(gains[name], shared.get(name)) if error[name] < lowest_naive else ""
        for name in rivals
    }
    beats |= {name: bool(ways[name]) and one.seen for name in rivals}
    if "arimax" in one.past and one.gain("arimax", "arima").high >= 0:
        beats["arimax"] = False
    rival = kept if kept in rivals else min(rivals, key=lambda name: error[name])
    reason = ways[rival] if beats[rival] else lost(one, rival, gains[rival], error)
    if kept != rival:
        # what is said is said of the forecast that is kept
        why = _("it forecasts the series of its frequency best together")
        why = why if beats[rival] else lost(one, rival, gains[rival], error)
        reason = _("kept, as {reason}", reason=why)
        beats = dict.fromkeys(beats, False)
    return Choice(
        model=kept,
        benchmark=benchmark,
        rival=rival,
        gain=gains[rival],
        group=shared.get(rival),
        beats=beats,
        reason=reason,
    )


def _kept(one: Rolling, together: str | None) -> str:
    """Name the choice of the group, unless the series' own back-test contradicts it."""
    models = one.eligible
    # regressors have to add something to the plain model, out of sample
    if "arimax" in one.past and one.gain("arimax", "arima").high >= 0:
        models = tuple(name for name in models if name != "arimax")
    own = _alone(one, models)
    if together not in models:
        return own
    overruled = one.windows >= ENOUGH and one.gain(own, together, AGAINST_GROUP).high < 0
    return own if overruled else str(together)


def lost(one: Rolling, rival: str, gain: Estimate, error: dict[str, float]) -> str:
    """Say why a model is not shown to beat naive."""
    name, naive = model_name(rival), model_name(one.benchmark)
    other = min((kind for kind in error if kind in NAIVE), key=lambda kind: error[kind])
    if gain.estimate >= 0:
        return _("{model} loses to the {naive} forecast", model=name, naive=naive)
    if error[rival] >= error[other]:
        return _("{model} loses to the {naive} forecast", model=name, naive=model_name(other))
    if not one.seen:
        return _("the part of the season now forecast was not tested")
    return _("{model} is not shown to beat the {naive} forecast", model=name, naive=naive)


def _way(gain: Estimate, group: Estimate | None) -> str:
    if gain.high < 0:
        return _("beats naive on its own back-test")
    if group is not None and group.high < 0 and gain.estimate < 0:
        return _("beats naive over the {n} series together, and its own gain agrees", n=group.n)
    return ""


def coverages(rolls: list[Rolling]) -> dict[str, dict[str, np.ndarray]]:
    """Model → series id → hits, with widths cross-fitted."""
    models = dict.fromkeys(name for one in rolls for name in one.past)
    return {name: achieved(rolls, name) for name in models}


def pooled_coverage(
    rolls: list[Rolling], choices: dict[str, Choice], hits: dict[str, dict[str, np.ndarray]]
) -> dict[float, Estimate]:
    """Coverage reached by the kept forecasts of all series, one estimate a level."""
    chosen, dates = [], 0
    for one in rolls:
        model = choices[one.series.series_id].model
        if model in one.past:
            chosen.append(hits[model][one.series.series_id])
            dates += len(np.unique(one.origins[:, None] + np.arange(one.series.horizon)))
    found = {level: coverage(chosen, dates, i) for i, level in enumerate(LEVELS)}
    return {level: share for level, share in found.items() if share is not None}
