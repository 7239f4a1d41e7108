"""Amounts as people write them: a number, or {"low", "mode", "high"}, parsed and held to bounds.

A number alone is a guess whose width nobody said; it gets a stated one. Who knows an amount for
sure writes it as low, mode and high.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from insights.errors import SchemaError, did_you_mean
from insights.stats.distributions import Distribution, Pert, Point

__all__ = ["BOUNDS", "Amount", "amount", "amounts"]

_MOST = 1e15  # of money, in any currency; more is a slip of the pen
BOUNDS: Mapping[str, tuple[float, float]] = {
    "cost_once": (0.0, _MOST),
    "cost_monthly": (0.0, _MOST),
    "effect": (0.0, 1.0),
    "benefit_monthly": (-_MOST, _MOST),
    "affected_customers": (0.0, 1e10),
}
_KEYS = ("low", "mode", "high")
_EMPTY = {"", "null", "none", "<na>"}


@dataclass(frozen=True)
class Amount:
    """An amount, and whether a number alone was all that was given for it."""

    dist: Distribution
    alone: bool


def amounts(initiatives: pd.DataFrame, width: float) -> dict[str, dict[str, Amount | None]]:
    """Parse every amount of every initiative: id to column to amount (None: not given).

    A number alone, other than 0, becomes a range of `width`, a share of it, either way.

    Raises
    ------
    SchemaError
        With every amount that cannot be read, named by initiative and column.
    """
    parsed: dict[str, dict[str, Amount | None]] = {}
    failures: list[str] = []
    for row in initiatives.to_dict("records"):
        key = str(row["initiative_id"])
        parsed[key] = {}
        for column in BOUNDS:
            try:
                parsed[key][column] = amount(row.get(column), *BOUNDS[column], width=width)
            except ValueError as error:
                failures.append(f"initiative '{key}', column '{column}': {error}")
    if failures:
        more = f"\n… and {len(failures) - 5} more" if len(failures) > 5 else ""
        raise SchemaError(
            "table 'initiatives' holds amounts that cannot be used:\n"
            + "\n".join(failures[:5])
            + more,
            failures,
        )
    return parsed


def amount(
    value: object, least: float = -math.inf, most: float = math.inf, *, width: float = 0.0
) -> Amount | None:
    """Read one amount: a number, a mapping, or JSON text of either; None when not given.

    Parameters
    ----------
    value
        As written in the table of initiatives.
    least, most
        What is allowed, ends included, in the unit of the column.
    width
        Half the range given to a number alone, as a share of it.

    Raises
    ------
    ValueError
        When it is neither, or lies outside [least, most].
    """
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        if value.strip().lower() in _EMPTY:
            return None
        value = _read(value.strip())
    if isinstance(value, Mapping):
        return _range(value, least, most)
    number = _number(value, "the value", least, most)
    half = abs(number) * width
    low, high = max(number - half, least), min(number + half, most)
    dist = Pert(low, number, high) if low < high else Point(number)
    return Amount(dist, alone=number != 0)


def _read(text: str) -> object:
    """Read a number as people write it (.15 too), else JSON."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"{text!r} is not JSON ({error.msg} at character {error.pos + 1}); write a "
            'number such as 12000, or {"low": 8000, "mode": 12000, "high": 20000}'
        ) from None


def _range(value: Mapping, least: float, most: float) -> Amount:
    given = {str(key): item for key, item in value.items() if item is not None}
    unknown = [key for key in given if key not in _KEYS]
    missing = [key for key in _KEYS if key not in given]
    if unknown or missing:
        hint = did_you_mean(unknown[0], missing or _KEYS) if unknown else ""
        raise ValueError(
            f"found the keys {', '.join(given) or 'none'}; exactly low, mode and high are "
            f"needed.{hint}"
        )
    low, mode, high = (_number(given[key], key, least, most) for key in _KEYS)
    if not low <= mode <= high:
        raise ValueError(
            f"low {low:g}, mode {mode:g}, high {high:g} are out of order; low <= mode <= high "
            "is needed"
        )
    return Amount(Point(low) if low == high else Pert(low, mode, high), alone=False)


def _number(value: object, name: str, least: float, most: float) -> float:
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise ValueError(f"{name} is {value!r}; a number is needed")
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        raise ValueError(
            f"{name} is {number}; a finite number is needed. Leave the cell empty where the "
            "amount is not known"
        )
    if not least <= number <= most:
        allowed = f"at least {least:g}" if math.isinf(most) else f"from {least:g} to {most:g}"
        raise ValueError(f"{name} is {number:g}; {allowed} is allowed")
    return number
