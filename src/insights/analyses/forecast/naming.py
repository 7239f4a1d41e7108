"""Words of the forecast for what its tables hold: models, series, units, values."""

from __future__ import annotations

import numpy as np

from insights.messages import _, items, percent

__all__ = [
    "first_three",
    "in_brackets",
    "model_name",
    "number",
    "series_name",
    "share",
    "short_name",
    "units",
]


def model_name(model: str) -> str:
    """Write a model's name as prose."""
    return {
        "naive": _("last-value"),
        "seasonal_naive": _("seasonal naive"),
        "seasonal_drift": _("seasonal naive with drift"),
        "combination": _("mean of ETS, Theta and CES"),
        "structural": _("structural model"),
        "arima": _("ARIMA"),
        "blend": _("blend of models and naive"),
        "arimax": _("ARIMA with regressors"),
        "bottom_up": _("sum of the segments"),
    }.get(model, model)


def short_name(model: str) -> str:
    """Write a model's name for tables and figures."""
    return {
        "naive": _("last value"),
        "seasonal_naive": _("seasonal naive"),
        "drift": _("drift"),
        "seasonal_drift": _("seasonal naive, drift"),
        "structural": _("structural model"),
        "combination": _("ETS, Theta, CES"),
        "arima": _("ARIMA"),
        "blend": _("blend of all"),
        "arimax": _("ARIMA with regressors"),
        "bottom_up": _("sum of segments"),
    }.get(model, model)


def units(unit: str) -> str:
    """Write several periods of a length: 'weeks'."""
    return {
        "day": _("days"),
        "business day": _("business days"),
        "week": _("weeks"),
        "month": _("months"),
        "quarter": _("quarters"),
        "year": _("years"),
        "period": _("periods"),
    }.get(unit, unit)


def number(value: float) -> str:
    """Write a value of unknown scale with three digits and thousands separated."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.3g}"


def share(value: float) -> str:
    """Write the share .95 as '95 %'."""
    return percent(value).replace("%", " %")


def series_name(key: object) -> str:
    """Write the id of a series so that one of digits does not read as a number."""
    return _("series {name}", name=key) if str(key).isdigit() else str(key)


def in_brackets(relative: float) -> str:
    """Write the relative change ' (-60 %)', or nothing where there is none."""
    return f" ({relative:+.0%})".replace("%", " %") if np.isfinite(relative) else ""


def first_three(names: list[str]) -> str:
    """Write 'a, b, c and 2 more'."""
    shown = items(names[:3])
    if len(names) <= 3:
        return shown
    return _("{names} and {n} more", names=shown, n=len(names) - 3)
