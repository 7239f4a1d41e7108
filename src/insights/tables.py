"""Tables that notebooks save: columns, types and meanings, declared once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from insights import messages

__all__ = ["OutputTable", "declared"]

# columns that mean the same wherever they stand without a meaning of their own
_COMMON = {
    "topic_id": "id of the topic; -1: no topic explains the record",
    "label": "name of the topic",
    "feedback_id": "id of the piece of feedback",
    "customer_id": "keyed pseudonym of the customer",
    "initiative_id": "id of the initiative",
    "title": "title of the initiative",
    "series_id": "name of the series",
    "period": "first day of the period",
    "low": "lower bound of the interval",
    "high": "upper bound of the interval",
    "p": "p-value",
    "q": "p-value corrected for all tests of the family (false discovery rate)",
}
_DTYPES = {"int": "int64", "float": "float64", "time": "datetime64[us, UTC]"}


@dataclass(frozen=True)
class OutputTable:
    """One table that a notebook saves: what a row is, and what each column holds.

    Attributes
    ----------
    dtypes, meanings
        By column, in the order of the table.
    """

    name: str
    row: str
    dtypes: Mapping[str, str]
    meanings: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """The columns, in order."""
        return list(self.dtypes)

    def about(self, frame: pd.DataFrame) -> list[tuple[str, str]]:
        """Say what the columns of a saved frame hold, as far as they are declared."""
        known = (key for key in frame.columns if key in self.meanings)
        return [(key, messages.translated(self.meanings[key])) for key in known]

    def empty(self) -> pd.DataFrame:
        """Return the table without a row, every column of its type."""
        return pd.DataFrame({key: pd.Series(dtype=kind) for key, kind in self.dtypes.items()})

    def frame(self, rows: pd.DataFrame | Iterable) -> pd.DataFrame:
        """Return rows as this table: its columns in order, each of its type."""
        return pd.DataFrame(rows, columns=self.names).astype(dict(self.dtypes))


def declared(text: str) -> dict[str, OutputTable]:
    """Read declarations: a line 'table: what a row is', then a line 'column type meaning' each.

    A column without a meaning has the common one of its name.

    Raises
    ------
    ValueError
        A column has no meaning, or is declared twice.
    """
    found: dict[str, OutputTable] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        table, colon, row = line.partition(": ")
        if colon and " " not in table:
            dtypes: dict[str, str] = {}
            meanings: dict[str, str] = {}
            found[table] = OutputTable(table, row, dtypes, meanings)
            continue
        column, kind, *meaning = line.split(None, 2)
        if column in dtypes or not (meaning or column in _COMMON):
            raise ValueError(f"column '{column}' is declared twice, or has no meaning: {line}")
        dtypes[column] = _DTYPES.get(kind, kind)
        meanings[column] = meaning[0] if meaning else _COMMON[column]
    return found
