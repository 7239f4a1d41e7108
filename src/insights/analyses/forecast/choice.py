"""Which forecast is worth showing: candidates against the best naive one, on unseen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from insights import scale
from insights.analyses.forecast.calibration import LEVELS, Widths, achieved, coverage, learn
from insights.analyses.forecast.params import Params
from insights.analyses.forecast.rolling import NAIVE, PAIRED_LEVEL, Rolling, roll
from insights.result import Estimate

__all__ = ["Choice", "choose", "coverages", "pooled_coverage", "rolled", "widths"]

GROUP = 5  # series of one frequency from which they are judged together
CHUNK = 8


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is held for one series, and why.

    Attributes
    ----------
    model, benchmark
        The forecast kept, and the naive one a model had to beat.
    gain
        Back-test error of the best model minus the benchmark's, in MASE; None without a test.
    group
        The same over the series of this frequency; None below five.
    beats
        Model to whether it beats the benchmark.
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


def _chunk(series) -> list[Rolling]:
    return [roll(one) for one in series]


def rolled(series: Sequence, params: Params) -> list[Rolling]:
    """Roll all series, in chunks that may run on several processes."""
    chunks = [series[i : i + CHUNK] for i in range(0, len(series), CHUNK)]
    parts = scale.map_partitions(_chunk, chunks, jobs=params.jobs)
    return [one for part in parts for one in part]


def choose(rolls: list[Rolling]) -> dict[str, Choice]:
    """Choose for every series; a model is kept only when it beats the best naive forecast.

    It does when the paired interval of its gain lies below zero; or, with five or more series
    of one frequency, when the interval of their mean gain does and its own gain is negative. Its
    error must also be the lowest of all, whichever naive forecast was to be beaten. Elsewhere the
    naive forecast with the lowest back-test error is kept.
    """
    groups: dict[str, list[Rolling]] = {}
    for one in rolls:
        groups.setdefault(_frequency(one), []).append(one)
    shared = {
        (name, model): _group_gain(members, model)
        for name, members in groups.items()
        for model in ("arima", "arimax")
    }
    return {
        one.series.series_id: _choice(
            one, {m: shared[_frequency(one), m] for m in ("arima", "arimax")}
        )
        for one in rolls
    }


def _frequency(one: Rolling) -> str:
    return one.series.frequency.name if one.series.frequency else ""


def _group_gain(rolls: list[Rolling], model: str) -> Estimate | None:
    gains = np.array([o.gain(model, o.benchmark).estimate for o in rolls if model in o.past])
    if len(gains) < GROUP:
        return None
    mean, n = float(gains.mean()), len(gains)
    half = float(stats.t.ppf(0.5 + PAIRED_LEVEL / 2, n - 1) * gains.std(ddof=1) / np.sqrt(n))
    return Estimate(mean, mean - half, mean + half, PAIRED_LEVEL, n)


def _choice(one: Rolling, shared: dict[str, Estimate | None]) -> Choice:
    benchmark = one.benchmark
    beats = dict.fromkeys(one.future, False)
    rivals = [name for name in one.past if name not in NAIVE]
    if not rivals:
        why = "too short for a back-test" if not len(one.origins) else "no model could be fitted"
        return Choice(
            model=_simplest(one),
            benchmark=benchmark,
            rival=None,
            gain=None,
            group=None,
            beats=beats,
            reason=why,
        )
    gains = {name: one.gain(name, benchmark) for name in rivals}
    error = {name: float(one.scaled_errors(name).mean()) for name in one.past}
    simplest = _simplest(one)
    ways = {
        name: _way(gains[name], shared[name]) if error[name] < error[simplest] else ""
        for name in rivals
    }
    beats |= {name: bool(ways[name]) for name in rivals}
    rival = "arima" if "arima" in rivals else rivals[0]
    # regressors are kept only when they add something to the plain model, out of sample
    if beats.get("arimax") and one.gain("arimax", "arima").high < 0:
        rival = "arimax"
    kept = rival if beats[rival] else simplest
    lost = "loses to" if gains[rival].estimate >= 0 else "is not shown to beat"
    reason = ways[rival] or f"{rival} {lost} {benchmark.replace('_', ' ')}"
    return Choice(
        model=kept,
        benchmark=benchmark,
        rival=rival,
        gain=gains[rival],
        group=shared[rival],
        beats=beats,
        reason=reason,
    )


def _simplest(one: Rolling) -> str:
    """Name the naive forecast with the lowest back-test error, or the benchmark without one."""
    names = [name for name in one.past if name in NAIVE]
    if not names:
        return one.benchmark
    return min(names, key=lambda name: float(one.scaled_errors(name).mean()))


def _way(gain: Estimate, group: Estimate | None) -> str:
    if gain.high < 0:
        return "beats naive on its own back-test"
    if group is not None and group.high < 0 and gain.estimate < 0:
        return f"beats naive over the {group.n} series together, and its own gain agrees"
    return ""


def widths(rolls: list[Rolling], model: str, horizon: int) -> Widths:
    """Widths learned from all back-test errors of a model."""
    tested = [one for one in rolls if model in one.past]
    return learn(
        [one.z_scores(model) for one in tested], sum(one.windows for one in tested), horizon
    )


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
