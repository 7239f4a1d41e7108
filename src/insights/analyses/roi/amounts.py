"""Amounts as people write them: a number, or {"low", "mode", "high"}, parsed and held to bounds."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

import pandas as pd

from insights.errors import SchemaError, did_you_mean
from insights.stats.distributions import Distribution, Pert, Point

__all__ = ["BOUNDS", "amount", "amounts"]

BOUNDS: Mapping[str, tuple[float, float]] = {
    "cost_once": (0.0, math.inf),
    "cost_monthly": (0.0, math.inf),
    "effect": (0.0, 1.0),
    "benefit_monthly": (-math.inf, math.inf),
    "affected_customers": (0.0, math.inf),
}
_KEYS = ("low", "mode", "high")


def amounts(initiatives: pd.DataFrame) -> dict[str, dict[str, Distribution | None]]:
    """Parse every amount of every initiative: id to column to distribution (None: not given).

    Raises
    ------
    SchemaError
        With every amount that cannot be read, named by initiative and column.
    """
    parsed: dict[str, dict[str, Distribution | None]] = {}
    failures: list[str] = []
    for row in initiatives.to_dict("records"):
        key = str(row["initiative_id"])
        parsed[key] = {}
        for column in BOUNDS:
            try:
                parsed[key][column] = amount(row.get(column), *BOUNDS[column])
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


def amount(value: object, least: float = -math.inf, most: float = math.inf) -> Distribution | None:
    """Read one amount: a number, a mapping, or JSON text of either; None when not given.

    Raises
    ------
    ValueError
        When it is neither, or lies outside [least, most].
    """
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        if not value.strip() or value.strip().lower() in {"null", "nan", "none"}:
            return None
        value = _read(value.strip())
    if isinstance(value, Mapping):
        return _pert(value, least, most)
    return Point(_number(value, "the value", least, most))


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


def _pert(value: Mapping, least: float, most: float) -> Distribution:
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
    return Point(low) if low == high else Pert(low, mode, high)


def _number(value: object, name: str, least: float, most: float) -> float:
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise ValueError(f"{name} is {value!r}; a number is needed")
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        raise ValueError(f"{name} is {number}; a finite number is needed")
    if not least <= number <= most:
        allowed = f"at least {least:g}" if math.isinf(most) else f"from {least:g} to {most:g}"
        raise ValueError(f"{name} is {number:g}; {allowed} is allowed")
    return number
