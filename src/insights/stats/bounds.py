"""Limits that a quantity cannot leave: as declared, or as its name and values say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatch

import numpy as np

from insights.errors import DataError, ParamsError

__all__ = ["Bounds", "bounds_of", "declared"]

_FREE = re.compile(
    r"(?<![a-z])(?:change|growth|profit|margin|net|balance|diff|difference|delta|temp|temperature"
    r"|score|log|anomaly|nps|sentiment|gap|surplus|deficit)(?![a-z])"
    r"|[°℃]|利润|毛利|温度|气温|增长|增速|变化|同比|环比|净|差|得分|情感",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"(?<![a-z])(?:share|percent|percentage|pct|proportion|fraction|quota|probability"
    r"|(?:conversion|churn|response|completion|click|click.through|open|retention|bounce|occupancy"
    r"|unemployment|fill|utili[sz]ation|attendance|approval|renewal|availability|abandonment)"
    r"[ _-]?rate|ctr|uptime|occupancy|penetration)(?![a-z])"
    r"|%|占比|比例|百分比|份额|(?:转化|流失|留存|点击|打开|满意|入住|失业|出勤|完成|回复|好评|差评)率",
    re.IGNORECASE,
)
_SCALE = 100.0


@dataclass(frozen=True)
class Bounds:
    """The limits of a quantity and where they are known from; infinite where there is none.

    Attributes
    ----------
    low, high
        Values that can be reached and not left.
    reason
        In words, so that what was taken from the data can be contradicted; empty without a limit.
    """

    low: float = -np.inf
    high: float = np.inf
    reason: str = ""

    def clip(self, values: np.ndarray) -> np.ndarray:
        """Bring estimates or ends of intervals inside."""
        return np.clip(values, self.low, self.high)


def declared(text: str, name: str) -> Bounds | None:
    """Read what a setting says of one series; None where it says nothing.

    `text` is like ``"conversion*: 0 to 1; index: 0 to 100; stock: 0 to none; margin: none"``;
    names may hold ``*``, the first that fits counts.

    Raises ParamsError for what cannot be read.
    """
    for part in filter(None, (one.strip() for one in text.split(";"))):
        pattern, _, limits = part.rpartition(":")
        ends = [one.strip().lower() for one in re.split(r"\s+to\s+", limits.strip())]
        if ends == ["none"]:
            ends = ["none", "none"]
        try:
            low, high = (np.nan if one == "none" else float(one) for one in ends)
        except ValueError:
            low = high = np.inf
        low, high = (-np.inf if np.isnan(low) else low), (np.inf if np.isnan(high) else high)
        if not pattern or not low < high:
            raise ParamsError(
                f"bounds: '{part}' is not like 'name: 0 to 1', 'name: 0 to none' or 'name: none'; "
                "several are parted by ;"
            )
        if fnmatch(name.lower(), pattern.strip().lower()):
            free = np.isinf(low) and np.isinf(high)
            return Bounds(low, high, "" if free else "as the setting bounds says")
    return None


def bounds_of(values: np.ndarray, name: str, setting: str = "") -> Bounds:
    """Tell the limits of a series from a setting, or from its name and values together.

    In this order: what `setting` says; a name that says share, percentage or a rate of people,
    and values within 0 to 1 (else 0 to 100); twenty or more whole numbers that reach exactly 100
    and never more, taken for an index that ends there; never below zero, unless the name is one
    of something that may be (a change, a profit, a temperature, a score). The range alone never
    gives an upper limit, and whatever is taken from the data says so in `reason`.

    Parameters
    ----------
    values
        Shape (n,), finite.
    name
        What the series is called, with its unit where it is known.

    Raises DataError where values lie beyond declared limits.
    """
    stated = declared(setting, name)
    y = np.asarray(values, float)
    if stated is not None:
        if len(y) and (y.min() < stated.low or y.max() > stated.high):
            raise DataError(
                f"bounds: {name} runs from {y.min():g} to {y.max():g}, beyond "
                f"{stated.low:g} to {stated.high:g}"
            )
        return stated
    if not len(y) or y.min() < 0:
        return Bounds()
    if _SHARE.search(name) and not _FREE.search(name):
        for top in (1.0, _SCALE):
            if y.max() <= top:
                return Bounds(0.0, top, f"its name says a share and all values lie in 0 to {top:g}")
    whole = bool(np.all(y == np.round(y)))
    if whole and len(y) >= 20 and y.max() == _SCALE and len(np.unique(y)) > 5:
        return Bounds(
            0.0, _SCALE, "whole numbers up to exactly 100: taken for an index that ends there"
        )
    if _FREE.search(name) or not y.max() > 0:
        return Bounds()
    kind = "whole numbers never below 0" if whole else "never below 0"
    return Bounds(0.0, np.inf, f"{kind} in {len(y)} values, and its name says nothing else")
