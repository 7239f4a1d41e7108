"""A total and the segments it is the sum of: forecast bottom-up, so that the pages add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from insights.analyses.forecast.candidates import Prediction
from insights.analyses.forecast.choice import Choice
from insights.analyses.forecast.naming import model_name
from insights.analyses.forecast.params import Params
from insights.analyses.forecast.rolling import NAIVE, Rolling
from insights.analyses.forecast.series import PREFIX, Series
from insights.errors import ParamsError
from insights.messages import _, number
from insights.result import Check

__all__ = ["SUM", "added_up", "totals", "with_total"]

SUM = "bottom_up"  # name of the forecast
CLOSE, ROUNDED = 1e-6, 2e-3  # shares of the total that its segments may miss, and by rounding


def with_total(market: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return the market table with the sum of its series below it, named as `total` says.

    Dates on which a series has no value have no total. Without the setting, and where a series of
    that name is there already, the table stays as it is.

    Raises
    ------
    ParamsError
        There are fewer than two series, or no date on which all of them have a value.
    """
    name = params.total
    if not name or (market["series_id"] == name).any():
        return market
    own = market["series_id"].astype("string").str.startswith(PREFIX).fillna(False)
    wide = market[~own].pivot_table(
        index="date", columns="series_id", values="value", aggfunc=lambda v: v.sum(min_count=1)
    )
    whole = wide.dropna()
    if wide.shape[1] < 2 or not len(whole):
        raise ParamsError(
            f"total: '{name}' would be the sum of {wide.shape[1]} series on {len(whole)} dates; "
            "at least two series with dates in common are needed"
        )
    total = pd.DataFrame(
        {"series_id": name, "date": whole.index, "value": whole.sum(axis=1).to_numpy()}
    )
    return pd.concat([market, total], ignore_index=True)


def totals(series: Sequence[Series]) -> dict[str, tuple[str, ...]]:
    """Total → its segments: a series that is the sum of all others of its calendar, at each date.

    It is told from the values alone, to a millionth, or to what rounding of each value explains
    where that is under two thousandths; series made of the feedback do not count.
    """
    groups: dict[object, list[Series]] = {}
    for one in series:
        if len(one.ordinals) and not one.series_id.startswith(PREFIX):
            groups.setdefault(one.frequency, []).append(one)
    found = {}
    for members in groups.values():
        if len(members) < 3:
            continue
        first = max(int(one.ordinals[0]) for one in members)
        last = min(int(one.ordinals[-1]) for one in members)
        if last - first < 10:
            continue
        table = np.array(
            [one.values[first - int(one.ordinals[0]) :][: last - first + 1] for one in members]
        )
        for row, one in enumerate(members):
            others = table.sum(axis=0) - table[row]
            if np.abs(table[row] - others).max() <= _tolerance(table, table[row]):
                found[one.series_id] = tuple(o.series_id for o in members if o is not one)
    return found


def _tolerance(table: np.ndarray, total: np.ndarray) -> float:
    size = float(np.abs(total).mean())
    places = [d for d in range(7) if np.abs(table - table.round(d)).max() <= 1e-9 * size]
    # half a unit of the last decimal for each value that was rounded
    rounding = 0.505 * len(table) * 10.0 ** -places[0] if places else 0.0
    return max(CLOSE * size, rounding if rounding <= ROUNDED * size else 0.0)


def added_up(
    rolls: list[Rolling], choices: dict[str, Choice]
) -> tuple[list[Rolling], dict[str, Choice], list[Check]]:
    """Forecast every total as the sum of what is kept for its segments, and say how it did.

    The points of the total are sums of the segments' points, in the back-test too, so that its
    error and the coverage of its intervals are those of the sum. The spread is that of its own
    model, which has the dependence between segments in it, with a factor learned from the errors
    of the sum.
    """
    by_name = {one.series.series_id: one for one in rolls}
    found = totals([one.series for one in rolls])
    checks = []
    for name, segments in found.items():
        total, parts = by_name[name], [by_name[key] for key in segments]
        if not _aligned(total, parts):
            detail = _(
                "{total}: its segments differ in length or end, so each is forecast alone",
                total=name,
            )
            checks.append(Check(_adds_up(), False, detail))
            continue
        models = [choices[key].model for key in segments]
        summed = _summed(total, parts, models)
        if SUM in summed.past and SUM not in summed.eligible:
            detail = _(
                "{total}: the sum of its segments' forecasts did worse in the back-test than the "
                "last value, so the total is forecast alone and the table does not add up",
                total=name,
            )
            checks.append(Check(_adds_up(), False, detail))
            continue
        by_name[name] = summed
        choices = {**choices, name: _of_sum(summed, choices[name], len(parts))}
        checks.append(_check(summed, len(parts)))
    return list(by_name.values()), choices, checks


def _aligned(total: Rolling, parts: list[Rolling]) -> bool:
    def place(one: Rolling) -> tuple:
        origins = one.origins + int(one.series.ordinals[0])
        return int(one.series.ordinals[-1]), one.series.horizon, origins.tolist()

    return all(place(one) == place(total) for one in parts)


def _summed(total: Rolling, parts: list[Rolling], models: list[str]) -> Rolling:
    past, future = dict(total.past), dict(total.future)
    for where, predictions in ((past, "past"), (future, "future")):
        if predictions == "past" and not len(total.origins):
            continue
        sums = np.sum([_points(one, model, predictions) for one, model in zip(
            parts, models, strict=True)], axis=0)  # fmt: skip
        own = "combination" if "combination" in where else total.benchmark
        spread = where[own].in_unit(total.scale)
        where[SUM] = Prediction(sums, spread.sd, spread.psi, plain=True)
    return replace(total, past=past, future=future)


def _points(one: Rolling, model: str, where: str) -> np.ndarray:
    points = one.scale_of(model).back(getattr(one, where)[model].mean)
    return one.series.bounds.clip(points)


def _of_sum(total: Rolling, own: Choice, count: int) -> Choice:
    """What is held for a total: the sum, and whether it beats naive by its own back-test."""
    if SUM not in total.past:
        return replace(own, model=SUM, beats={**own.beats, SUM: False})
    error = {name: float(total.scaled_errors(name).mean()) for name in total.past}
    gain = total.gain(SUM, own.benchmark)
    lowest = min(error[name] for name in error if name in NAIVE)
    beats = gain.high < 0 and error[SUM] < lowest and total.seen
    fields = {"n": count, "naive": model_name(own.benchmark)}
    if beats:
        reason = _("sum of {n} segments beats naive on its own back-test", n=count)
    elif gain.estimate >= 0:
        reason = _("sum of {n} segments loses to the {naive} forecast", **fields)
    else:
        reason = _("sum of {n} segments is not shown to beat the {naive} forecast", **fields)
    return replace(own, model=SUM, rival=SUM, gain=gain, group=None,
                   beats={**own.beats, SUM: beats}, reason=reason)  # fmt: skip


def _adds_up() -> str:
    return _("forecasts of segments add up to their total")


def _check(total: Rolling, count: int) -> Check:
    fields = {"total": total.series.series_id, "n": count}
    if SUM not in total.past:
        detail = _("{total} is the sum of {n} series and is forecast bottom-up", **fields)
        return Check(_adds_up(), True, detail)
    error = {key: float(total.scaled_errors(key).mean()) for key in total.past if key != SUM}
    best = min(error, key=lambda key: error[key])
    detail = _(
        "{total} is the sum of {n} series and is forecast bottom-up: error {error} MASE against "
        "{other} of its own best ({model})",
        **fields,
        error=number(float(total.scaled_errors(SUM).mean()), 2),
        other=number(error[best], 2),
        model=model_name(best),
    )
    return Check(_adds_up(), True, detail)
