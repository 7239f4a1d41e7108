"""Workbooks: sheets of Excel and OpenDocument files to raw records."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from insights.errors import ARCHIVE_ERRORS, DataError, did_you_mean, listed
from insights.ingest.header import without_header
from insights.ingest.records import Note, Raw, from_rows
from insights.messages import _

__all__ = ["ALL", "is_workbook", "read_workbook", "sheet_headers"]

ALL = "*"  # every sheet with the columns of the first
_OLD = b"\xd0\xcf\x11\xe0"


def is_workbook(data: bytes, ending: str) -> bool:
    """Whether the bytes are a workbook: .xlsx, .xlsm, .xlsb, .ods, or an old .xls."""
    if data[:4] == b"PK\x03\x04":
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = archive.namelist()
        except (OverflowError, KeyError, *ARCHIVE_ERRORS):
            return ending in ("xlsx", "xlsm", "xlsb", "ods")
        sheet = any(item.startswith("xl/") for item in names)
        return sheet or {"content.xml", "mimetype"} <= set(names)
    return data[:4] == _OLD and (ending in ("xls", "xlt", "") or b"W\0o\0r\0k\0b\0o\0o\0k" in data)


def read_workbook(
    data: bytes, name: str, *, sheet: str | int = "", skip_rows: int | None = None
) -> Raw:
    """Read one sheet, or with '*' every sheet that has the columns of the first.

    Rows above the header are skipped as in delimited text. The line of a record is its row.
    """
    book = _cells(data, name)
    names = list(book)
    filled = [title for title in names if any(_filled(row) for row in book[title])]
    if sheet == ALL:
        return _together(book, filled, name, skip_rows)
    wanted = sheet if sheet != "" else 0
    if isinstance(wanted, int) and wanted < len(names):
        wanted = names[wanted]
    if wanted not in names:
        raise DataError(
            f"{name}: has no sheet {wanted!r}.{did_you_mean(str(wanted), names)} "
            f"Sheets: {listed(names)}."
        )
    raw = _sheet(book[wanted], name, str(wanted), skip_rows)
    others = [other for other in filled if other != wanted]
    if not others:
        return raw
    detail = _(
        "{name}: read sheet {wanted}; not read: {others}",
        name=name,
        wanted=repr(wanted),
        others=listed(others),
    )
    return replace(raw, notes=(*raw.notes, Note("sheet", detail)))


def sheet_headers(data: bytes, name: str) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Return the number of records and the columns of each sheet, in the workbook's order."""
    found: dict[str, tuple[int, tuple[str, ...]]] = {}
    for title, cells in _cells(data, name).items():
        try:
            raw = _sheet(cells, name, title, None)
        except DataError:
            found[title] = (0, ())  # an empty sheet
        else:
            found[title] = (len(raw.frame), tuple(raw.frame.columns))
    return found


def _together(
    book: dict[str, list[list[Any]]], filled: list[str], name: str, skip_rows: int | None
) -> Raw:
    parts: list[Raw] = []
    titles: list[str] = []
    left: list[str] = []
    for title in filled:
        raw = _sheet(book[title], name, title, skip_rows)
        if parts and set(raw.frame.columns) != set(parts[0].frame.columns):
            left.append(title)
        elif len(raw.frame):
            parts.append(raw)
            titles.append(title)
    if not parts:
        raise DataError(f"{name}: no sheet holds a record.")
    column = "sheet" if "sheet" not in parts[0].frame else "name of the sheet"
    frames = [raw.frame.assign(**{column: title}) for raw, title in zip(parts, titles, strict=True)]
    detail = _("{name}: read {n} sheets together: {titles}", name=name, n=len(titles),
               titles=listed(titles, 12))  # fmt: skip
    notes = [note for raw in parts for note in raw.notes] + [Note("sheets", detail)]
    if left:
        other = _("{name}: sheets with other columns were not read: {left}", name=name,
                  left=listed(left))  # fmt: skip
        notes.append(Note("sheet", other))
    return Raw(
        pd.concat(frames, ignore_index=True), np.concatenate([raw.lines for raw in parts]),
        pd.concat([raw.faults for raw in parts], ignore_index=True), tuple(notes),
    )  # fmt: skip


def _sheet(cells: list[list[Any]], name: str, sheet: str, skip_rows: int | None) -> Raw:
    filled = [_filled(row) for row in cells]
    usual = Counter(count for count in filled if count).most_common(1)
    if not usual:
        raise DataError(f"{name}: sheet {sheet!r} is empty.")
    start = skip_rows
    if start is None:
        start = next(i for i, count in enumerate(filled) if count > usual[0][0] / 2)
    header = list(cells[start])
    while header and header[-1] in (None, ""):
        header.pop()
    notes = []
    places, note = without_header(header, cells[start + 1 : start + 200], name)
    if note is not None and skip_rows is None:
        header, start = places, start - 1
        notes.append(note)
    rows = [i for i in range(start + 1, len(cells)) if filled[i]]
    wide = len(header)
    records = [(cells[i] + [None] * wide)[:wide] for i in rows]
    return from_rows(header, records, [i + 1 for i in rows], notes=notes)


def _filled(row: list[Any]) -> int:
    return sum(value not in (None, "") for value in row)


def _cells(data: bytes, name: str) -> dict[str, list[list[Any]]]:
    """Return the cells of every sheet; the range a file declares is not believed."""
    if data[:4] == b"PK\x03\x04" and b"xl/workbook.xml" in data:
        from openpyxl import load_workbook  # slow to load
        from openpyxl.utils.exceptions import InvalidFileException

        try:
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            cells = {}
            for sheet in book.worksheets:
                sheet.reset_dimensions()
                cells[sheet.title] = [list(row) for row in sheet.iter_rows(values_only=True)]
            book.close()
            return cells
        except (InvalidFileException, SyntaxError, TypeError, LookupError, *ARCHIVE_ERRORS):
            raise DataError(f"{name}: is not an Excel workbook, or is damaged.") from None
    return _other_cells(data, name)


def _other_cells(data: bytes, name: str) -> dict[str, list[list[Any]]]:
    """Read .xls, .xlsb and .ods."""
    import python_calamine  # old workbooks are rare

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        return {
            title: [
                [None if value == "" else value for value in row]
                for row in book.get_sheet_by_name(title).to_python(skip_empty_area=False)
            ]
            for title in book.sheet_names
        }
    except (python_calamine.CalamineError, ValueError, OSError) as error:
        raise DataError(
            f"{name}: is no workbook that can be read, or is damaged or locked with a password "
            f"({str(error)[:100]}); save it as .xlsx or CSV."
        ) from None
