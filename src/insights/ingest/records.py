"""Raw records: what a reader hands on, before any column is understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from insights.errors import DataError

__all__ = ["FAULT_COLUMNS", "Note", "Raw", "faults", "from_rows"]

FAULT_COLUMNS = ("line", "raw", "reason")
# what a spreadsheet writes where a formula failed, in its languages
_FAILED = frozenset({
    "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#N/A", "#NULL!", "#NUM!", "#SPILL!",
    "#CALC!", "#GETTING_DATA", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!",
    "#BEZUG!", "#WERT!", "#NV", "#ZAHL!", "#LEER!", "#ÜBERLAUF!", "#NOM?", "#VALEUR!",
    "#NOMBRE!", "#NUL!", "#¡REF!", "#¿NOMBRE?", "#¡VALOR!", "#¡DIV/0!", "#¡NUM!",
    "#¡NULO!", "#NOME?", "#VALOR!", "#RIF!", "#VALORE!", "#NULLO!", "#VERW!", "#NAAM?",
    "#WAARDE!", "#DEEL/0!", "#GETAL!", "#LEEG!", "#ССЫЛКА!", "#ИМЯ?", "#ЗНАЧ!", "#ДЕЛ/0!",
    "#Н/Д", "#ЧИСЛО!", "#ПУСТО!", "#ADR!", "#NAZWA?", "#ARG!", "#DZIEL/0!", "#LICZBA!",
    "#SAYI/0!", "#BAŞV!", "#AD?", "#DEĞER!", "#YOK", "#ERROR!", "#SIFR!",
})  # fmt: skip


@dataclass(frozen=True)
class Note:
    """Something worth a line in the quality table, found while reading or understanding.

    `passed` is None for information; `value` is a count or share where there is one.
    """

    check: str
    detail: str
    passed: bool | None = None
    value: float | None = None
    n: int = 0


@dataclass(frozen=True)
class Raw:
    """The records of one file or query.

    Attributes
    ----------
    frame
        One row a readable record, columns by their name in the source, null where empty.
    lines
        Line (or row number) where each record starts, counted from 1; shape (rows,).
    faults
        Records that could not be read: line, raw, reason.
    notes
        What was detected rather than declared.
    delimiter
        Of delimited text, by which the raw text of a fault can be taken apart.
    left_out
        Readable records that the study does not want: line, raw, reason, customer_id.
    """

    frame: pd.DataFrame
    lines: np.ndarray
    faults: pd.DataFrame
    notes: tuple[Note, ...] = ()
    delimiter: str = ""
    left_out: pd.DataFrame | None = None

    @property
    def rows_in(self) -> int:
        """Records found, readable or not, wanted or not."""
        left_out = 0 if self.left_out is None else len(self.left_out)
        return len(self.frame) + len(self.faults) + left_out


def faults(found: Sequence[tuple[int, str, str]] = ()) -> pd.DataFrame:
    """Return (line, raw, reason) triples as a frame, also when there are none."""
    frame = pd.DataFrame(list(found), columns=list(FAULT_COLUMNS))
    return frame.astype({"line": "int64", "raw": "str", "reason": "str"})


def from_rows(
    header: Sequence[Any],
    rows: Sequence[Sequence[Any]],
    lines: Sequence[int],
    *,
    bad: Sequence[tuple[int, str, str]] = (),
    notes: Sequence[Note] = (),
) -> Raw:
    """Build raw records from a header and rows of equal length.

    Empty text, and what a spreadsheet writes for a formula that failed, become null.
    """
    names = unique_names(header)
    frame = pd.DataFrame(list(rows), columns=names, dtype=object)
    for name in names:
        column = frame[name]
        blank = column.map(_is_blank)
        frame[name] = column.mask(blank.astype(bool), None)
    return Raw(frame, np.asarray(lines, dtype="int64"), faults(bad), tuple(notes))


def _is_blank(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    plain = value.strip()
    return not plain or (plain[0] == "#" and plain.upper() in _FAILED)


def unique_names(header: Sequence[Any]) -> list[str]:
    """Give every column a name of its own; an empty one is called by its place."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for place, cell in enumerate(header, 1):
        name = str(cell).strip().lstrip("\ufeff") if cell is not None else ""
        name = name.encode("utf-8", "surrogatepass").decode("utf-8", "replace")  # broken bytes
        name = name or f"column {place}"
        count = seen[name] = seen.get(name, 0) + 1
        names.append(name if count == 1 else f"{name}.{count - 1}")
    if not names:
        raise DataError("the file has no header")
    return names
