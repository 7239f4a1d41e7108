"""How much a customer used in the last complete month, and whether that was less than before."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["usage_features"]

_BEFORE = 3  # months that the trend looks back on, before the month of the level
_NOT_USAGE = ("customer_id", "period_start", "source", "line")  # keys, and where a row came from
_COLUMNS = 3  # numeric columns used, in the order of the table


def usage_features(
    usage: pd.DataFrame | None,
    people: pd.DataFrame,
    starts: np.ndarray,
    customer: np.ndarray,
    month: np.ndarray,
    *,
    lag: int = 1,
) -> pd.DataFrame:
    """Return level, trend and 'unknown' of each usage column, one row a customer-month.

    The level is the total of the calendar month `lag` months before the month at risk, as
    log(1 + x) when no value is negative; the trend is that level less the mean of up to three
    months before it. A month without a record is unknown: the level is 0 on the standard scale,
    with a mark.

    Parameters
    ----------
    usage
        customer_id, period_start and columns of numbers; None where usage is not known.
    people
        The customers observed, in the order of their codes.
    starts
        First day of each calendar month observed.
    customer, month
        Code of each row's customer and number of its month, shape (rows,).
    lag
        Months between the month of the level and the month at risk.
    """
    if usage is None or usage.empty:
        return pd.DataFrame(index=range(len(customer)))
    reach = lag + _BEFORE
    code = pd.Index(people["customer_id"]).get_indexer(pd.Index(usage["customer_id"].astype(str)))
    borders = pd.period_range(end=pd.Period(starts[0], "M"), periods=reach + 1, freq="M")
    origin = borders[0].ordinal
    when = pd.to_datetime(usage["period_start"]).dt.tz_localize(None).dt.to_period("M")
    position = when.astype("int64").to_numpy() - origin
    width = len(starts) + reach
    inside = (code >= 0) & (position >= 0) & (position < width)
    cell = code[inside].astype(np.int64) * width + position[inside]
    features: dict[str, np.ndarray] = {}
    for name in _numeric(usage):
        values = usage[name].to_numpy(float)[inside]
        good = np.isfinite(values)
        if not good.any() or values[good].min() == values[good].max():
            continue
        size = len(people) * width
        total = np.bincount(cell[good], weights=values[good], minlength=size)
        seen = np.bincount(cell[good], minlength=size) > 0
        total = np.log1p(total) if values[good].min() >= 0 else total
        grid = np.where(seen, total, np.nan)
        level = grid[customer * width + month + _BEFORE]
        before = np.column_stack(
            [grid[customer * width + month + _BEFORE - back] for back in range(1, _BEFORE + 1)]
        )
        count = np.isfinite(before).sum(axis=1)
        mean = np.where(np.isfinite(before), before, 0).sum(axis=1) / np.maximum(count, 1)
        trend = np.where(count > 0, level - mean, np.nan)
        features[f"{name} level"] = _standard(level)
        features[f"{name} trend"] = _standard(trend)
        features[f"{name} unknown"] = (~np.isfinite(level)).astype(float)
    return pd.DataFrame(features, index=range(len(customer)))


def _numeric(usage: pd.DataFrame) -> list[str]:
    names = [
        str(name)
        for name in usage.columns
        if name not in _NOT_USAGE
        and pd.api.types.is_numeric_dtype(usage[name])
        and not pd.api.types.is_bool_dtype(usage[name])
    ]
    return names[:_COLUMNS]


def _standard(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(len(values))
    spread = values[known].std()
    scaled = (values - values[known].mean()) / (spread if spread > 0 else 1.0)
    return np.where(known, scaled, 0.0)
