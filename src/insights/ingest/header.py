"""Which row of a table names its columns, and whether one does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from insights.errors import DataError
from insights.ingest.dates import parse_times
from insights.ingest.records import Note
from insights.ingest.values import numbers
from insights.messages import _

__all__ = ["without_header"]

_ALIKE = 0.8  # share of a column's cells that must be what its heading is
_FEWEST = 3  # records below which nothing can be told
_YEAR = re.compile(r"(?:19|20)\d{2}")


def without_header(
    header: Sequence[Any], rows: Sequence[Sequence[Any]], name: str
) -> tuple[list[str], Note | None]:
    """Tell a first row that is data, and return names by place for it with a note.

    A heading that is a day or time over a column of them, or a number over numbers beside a
    sentence over sentences, is no heading. Where two headings or more are dates or years over
    numbers they name columns of a wide table.
    """
    cells = ["" if cell is None else str(cell).strip() for cell in header]
    places = [f"column {place}" for place in range(1, len(cells) + 1)]
    if len(rows) < _FEWEST or any(re.fullmatch(r"[A-Za-z_]+", cell) for cell in cells[:1]):
        return places, None
    kinds = [
        _kind(cell, [row[place] for row in rows if len(row) > place])
        for place, cell in enumerate(cells)
    ]
    data = kinds.count("date") == 1 or ("number" in kinds and "sentence" in kinds)
    if not data or len(set(cells)) < 2:
        return places, None
    detail = _(
        "{name}: the first row is a record and no header; columns are called by their place, from "
        "{first} on",
        name=name,
        first=repr(places[0]),
    )
    return places, Note("no header", detail, passed=None)


def _kind(cell: str, below: Sequence[Any]) -> str:
    """What a heading and the cells below it both are, '' where they differ."""
    known = pd.Series([value for value in below if value not in (None, "")], dtype=object)
    if not cell or known.empty:
        return ""
    if re.search(r"\d", cell) and not re.fullmatch(r"[\d.,]{1,11}", cell) and _dates([cell]) == 1:
        return "date" if _dates(known) >= _ALIKE else ""
    if re.fullmatch(r"-?\d+(?:[.,]\d+)?", cell) and not _YEAR.fullmatch(cell):
        values, bad = numbers(known)
        return "number" if values.notna().mean() >= _ALIKE and not bad.all() else ""
    wordy = known.astype(str).str.count(r"\s").mean() >= 2
    sentence = cell.count(" ") >= 3 and not cell.endswith(("?", ":", "？", "："))
    return "sentence" if sentence and wordy else ""


def _dates(values: Any) -> float:
    column = pd.Series(list(values), dtype=object)
    try:
        return 1 - float(parse_times(column, day_first=True).unread.mean())
    except DataError:
        return 0.0
