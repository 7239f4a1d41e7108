"""Results: the numbers, a sentence and the doubts, in one frozen object."""

from __future__ import annotations

import html
import json
import math
from dataclasses import asdict, dataclass, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Check", "Estimate", "Result"]


@dataclass(frozen=True)
class Check:
    """One doubt, looked into: passed, failed, or (None) for information or 'cannot tell'."""

    name: str
    passed: bool | None
    detail: str

    def __post_init__(self) -> None:
        if self.passed is not None:
            object.__setattr__(self, "passed", bool(self.passed))


@dataclass(frozen=True)
class Estimate:
    """A number with its interval: `low <= estimate <= high` at `level`, from `n` units."""

    estimate: float
    low: float
    high: float
    level: float
    n: int

    def text(self, form: str = "{:.2f}") -> str:
        """Write '0.42 [0.31, 0.54]' with the given number format."""
        return f"{form.format(self.estimate)} [{form.format(self.low)}, {form.format(self.high)}]"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an analysis claims. Subclasses add fields and compute the rest from them.

    Attributes
    ----------
    n
        Units the claim rests on (records, customers, series: the subclass says which).
    checks
        The doubts that were looked into.
    """

    n: int
    checks: tuple[Check, ...] = ()

    @property
    def finding_kind(self) -> str:
        """What kind of finding this is: a contract, so a class that is renamed states its own."""
        name = type(self).__name__
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if check.passed is False)

    def table(self) -> pd.DataFrame:
        """Return the numbers, one row an estimate."""
        raise TypeError(f"{type(self).__name__} must define table()")

    def text(self) -> str:
        """Return the finding as prose, computed from the fields; names n, interval, failures."""
        raise TypeError(f"{type(self).__name__} must define text()")

    def alt(self) -> str:
        """Return the alternative text of the figure; the finding itself unless overridden."""
        return self.text()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw what the result holds."""
        raise TypeError(f"{type(self).__name__} must define plot()")

    def html(self) -> str:
        """Return what the page shows in the figure's place; nothing: it shows the figure."""
        return ""

    def doubts(self) -> str:
        """Return one sentence that names every failed check, or nothing."""
        if not self.failed:
            return ""
        return "Doubt: " + "; ".join(f"{c.name} ({c.detail})" for c in self.failed) + "."

    def to_json(self) -> str:
        """Return the finding, n, checks and table as canonical JSON (sorted keys, no NaN)."""
        return json.dumps(
            plain(
                {
                    "kind": type(self).__name__,
                    "text": self.text(),
                    "n": self.n,
                    "checks": [asdict(check) for check in self.checks],
                    "table": self.table().to_dict(orient="records"),
                }
            ),
            ensure_ascii=False,
            sort_keys=True,
        )

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.text())}</p>{self.table().to_html(index=False)}"


def plain(value: Any) -> Any:
    """Turn numpy, pandas and dataclass values into what JSON can hold; not-a-number is null."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | np.ndarray | pd.Series):
        return [plain(item) for item in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return str(value)
