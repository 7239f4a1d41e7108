"""Results: the numbers, a sentence and the doubts, in one frozen object."""

from __future__ import annotations

import html
import importlib
import json
import math
from dataclasses import asdict, dataclass, is_dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from insights.claim import Claim
from insights.messages import _, prose

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Check", "Claim", "Estimate", "Result", "plain"]

_LEADING = (
    "estimate", "low", "high", "level", "unit", "direction", "since", "certainty", "weight",
    "money", "owner", "records", "next_step",
)  # fmt: skip


@dataclass(frozen=True)
class Check:
    """One doubt, looked into: passed, failed, or (None) for information or 'cannot tell'.

    `name` and `detail` are text in the reader's language; whoever looks a check up asks for `id`,
    which stays the same in every language. `about` holds the keys of the claims that a failure
    touches; empty: all claims of its result.
    """

    name: str
    passed: bool | None
    detail: str
    id: str = ""
    about: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.passed is not None:
            object.__setattr__(self, "passed", bool(self.passed))

    def text(self) -> str:
        """Write the check with what was found, as 'name (detail)'."""
        return _("{name} ({detail})", name=self.name, detail=self.detail)


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
    """What an analysis claims: `class Risk(Result, table="topics", figure="forest")`.

    A subclass adds fields and says in `sentences` what they mean; `table` names the field that
    holds its numbers, `figure` the function of the package's `plots` that draws it, `kind` the
    kind of finding where that is not the class's name (a contract, so it outlives a renaming);
    `needs_rows` says that without a row in the table there is nothing to draw.

    Attributes
    ----------
    n
        Units the claim rests on (records, customers, series: the subclass says which).
    checks
        The doubts that were looked into.
    """

    n: int
    checks: tuple[Check, ...] = ()
    _table: ClassVar[str] = ""
    _figure: ClassVar[str] = ""
    _needs_rows: ClassVar[bool] = False
    finding_kind: ClassVar[str] = "result"

    def __init_subclass__(
        cls,
        *,
        table: str = "",
        figure: str = "",
        kind: str = "",
        needs_rows: bool = False,
        **others: Any,
    ) -> None:
        super().__init_subclass__(**others)
        cls._table = table or cls._table
        cls._figure = figure or cls._figure
        cls._needs_rows = needs_rows or cls._needs_rows
        words = "".join(f"_{c.lower()}" if c.isupper() else c for c in cls.__name__)
        cls.finding_kind = kind or words.lstrip("_")

    def __post_init__(self) -> None:
        found = dict.fromkeys((*self.checks, *self.own_checks()))  # a replaced result keeps one
        object.__setattr__(self, "checks", tuple(found))

    def own_checks(self) -> tuple[Check, ...]:
        """Return the doubts that the fields themselves answer."""
        return ()

    def sentences(self) -> list[str]:
        """Return the finding, a sentence an item and the headline first; names n and interval."""
        raise TypeError(f"{type(self).__name__} must define sentences(): a list, headline first")

    def headline(self) -> str:
        """Return the sentence that stands for the finding."""
        return next(filter(None, self.sentences()), "")

    def details(self) -> str:
        """Return what follows the headline."""
        return prose([*filter(None, self.sentences())][1:])

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if check.passed is False)

    def check(self, key: str) -> Check | None:
        """Return the check with this id, or None."""
        return next((check for check in self.checks if check.id == key), None)

    def doubts(self) -> str:
        """Return one sentence that names every failed check, or nothing."""
        failed = _("; ").join(check.text() for check in self.failed)
        return _("Doubt: {checks}.", checks=failed) if failed else ""

    def text(self) -> str:
        """Return headline, details and doubts as prose."""
        return prose([self.headline(), self.details(), self.doubts()])

    def claims(self) -> list[Claim]:
        """Return what somebody can act on, everything that was looked at, the first leading."""
        return []

    def touching(self, claim: Claim) -> list[str]:
        """Return the failed checks that touch the claim, as text."""
        failed = () if claim.data else self.failed
        return [one.text() for one in failed if not one.about or claim.key in one.about]

    def table(self) -> pd.DataFrame:
        """Return the numbers, one row an estimate."""
        if not self._table:
            raise TypeError(f"{type(self).__name__} must declare its table")
        return getattr(self, self._table)

    def alt(self) -> str:
        """Return the alternative text of the figure; the finding itself unless overridden."""
        return self.text()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw what the result holds."""
        if not self._figure:
            raise TypeError(f"{type(self).__name__} must declare its figure")
        plots = importlib.import_module(f"{type(self).__module__.rpartition('.')[0]}.plots")
        return getattr(plots, self._figure)(self, ax)

    def html(self) -> str:
        """Return what the page shows in the figure's place; nothing: it shows the figure."""
        empty = self._needs_rows and not len(self.table())
        nothing = html.escape(_("There is nothing to draw."))
        return f'<p class="note">{nothing}</p>' if empty else ""

    def to_json(self) -> str:
        """Return the finding, n, checks and table as canonical JSON (sorted keys, no NaN)."""
        return json.dumps(
            plain(self.finding() | {"table": self.table().to_dict(orient="records")}),
            ensure_ascii=False,
            sort_keys=True,
        )

    def finding(self, key: str = "") -> dict[str, Any]:
        """Return what results.json holds of the result: its parts apart, its checks and claims.

        `text` is headline and details for readers who want one string; nobody has to cut it. The
        numbers are those of the claim that leads, null where there is none. `key` is the id of
        the finding, which its claims' ids begin with.
        """
        key = key or self.finding_kind
        claims = [one.saved(key, self.touching(one)) for one in self.claims()]
        lead = claims[0] if claims else {}
        return {
            **{name: lead.get(name) for name in _LEADING},
            "claims": claims,
            "id": key,
            "kind": self.finding_kind,
            "headline": self.headline(),
            "details": self.details(),
            "text": prose([self.headline(), self.details()]),
            "doubts": [check.text() for check in self.failed] if self.doubts() else [],
            "n": int(self.n),
            "checks": [asdict(check) for check in self.checks],
        }

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
