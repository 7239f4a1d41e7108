"""JSON, JSON lines, Excel and Parquet: bytes in, raw records out."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from insights.errors import DataError, did_you_mean, listed
from insights.ingest.records import Note, Raw, faults, from_rows
from insights.messages import _

__all__ = ["read_excel", "read_json", "read_json_lines", "read_parquet", "sheet_names", "tabulate"]

_RAW_LENGTH = 500


def read_json_lines(text: str, name: str) -> Raw:
    """Read one JSON object a line; a line that is none becomes a fault."""
    found: list[Mapping[str, Any]] = []
    places: list[int] = []
    bad: list[tuple[int, str, str]] = []
    for number, line in enumerate(io.StringIO(text), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError:
            bad.append((number, _cut(line), _("not valid JSON")))
            continue
        if isinstance(value, dict):
            found.append(value)
            places.append(number)
        else:
            bad.append((number, _cut(line), _("a JSON value that is not an object")))
    if not found:
        raise DataError(f"{name}: holds no JSON object; expected one on each line.")
    return tabulate(found, places, bad)


def read_json(text: str, name: str) -> Raw:
    """Read a JSON list of objects, also one nested under a key; else try JSON lines."""
    try:
        value = json.loads(text)
    except ValueError:
        return read_json_lines(text, name)
    if isinstance(value, dict):
        lists = {key: item for key, item in value.items() if _objects(item)}
        if len(lists) > 1:
            raise DataError(
                f"{name}: holds several lists ({listed(lists)}); save the one that is meant."
            )
        value = next(iter(lists.values()), [value])
    if not _objects(value):
        raise DataError(f"{name}: is JSON, but not a list of objects.")
    items = enumerate(value, 1)
    found = [(place, item) for place, item in items if isinstance(item, dict)]
    bad = [
        (place, _cut(json.dumps(item, ensure_ascii=False)), _("a JSON value that is not an object"))
        for place, item in enumerate(value, 1)
        if not isinstance(item, dict)
    ]
    return tabulate([item for _, item in found], [place for place, _ in found], bad)


def tabulate(
    found: list[Mapping[str, Any]], places: list[int], bad: list[tuple[int, str, str]]
) -> Raw:
    """Turn objects into records; nested objects become columns such as 'user.id'."""
    flat = [_flat(item) for item in found]
    header = list(dict.fromkeys(key for item in flat for key in item))
    rows = [[item.get(key) for key in header] for item in flat]
    return from_rows(header, rows, places, bad=bad)


def read_excel(
    data: bytes, name: str, *, sheet: str | int = "", skip_rows: int | None = None
) -> Raw:
    """Read one sheet; rows above the header are skipped as in delimited text."""
    book = _workbook(data, name)
    wanted = sheet if sheet != "" else 0
    names = book.sheetnames
    if isinstance(wanted, int) and wanted < len(names):
        wanted = names[wanted]
    if wanted not in names:
        raise DataError(
            f"{name}: has no sheet {wanted!r}.{did_you_mean(str(wanted), names)} "
            f"Sheets: {listed(names)}."
        )
    cells = [list(row) for row in book[wanted].iter_rows(values_only=True)]
    book.close()
    filled = [sum(value not in (None, "") for value in row) for row in cells]
    usual = Counter(count for count in filled if count).most_common(1)
    if not usual:
        raise DataError(f"{name}: sheet {wanted!r} is empty.")
    start = skip_rows
    if start is None:
        start = next(i for i, count in enumerate(filled) if count > usual[0][0] / 2)
    header = cells[start]
    while header and header[-1] in (None, ""):
        header = header[:-1]
    filled_rows = [i for i in range(start + 1, len(cells)) if filled[i]]
    rows = [(cells[i] + [None] * len(header))[: len(header)] for i in filled_rows]
    notes = []
    if len(names) > 1 and sheet == "":
        others = listed(other for other in names if other != wanted)
        notes.append(
            Note(
                "sheet",
                _(
                    "{name}: read sheet {wanted}; not read: {others}",
                    name=name,
                    wanted=repr(wanted),
                    others=others,
                ),
            )
        )
    return from_rows(header, rows, [i + 1 for i in filled_rows], notes=notes)


def sheet_names(data: bytes, name: str) -> list[str]:
    """Return the names of a workbook's sheets, in their order."""
    book = _workbook(data, name)
    names = list(book.sheetnames)
    book.close()
    return names


def _workbook(data: bytes, name: str):
    from openpyxl import load_workbook  # slow to load
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        return load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise DataError(f"{name}: is not an Excel workbook (.xlsx), or is damaged.") from None


def read_parquet(data: bytes, name: str) -> Raw:
    """Read a Parquet file; the line is the row number."""
    try:
        frame = pq.read_table(io.BytesIO(data)).to_pandas()
    except (pa.ArrowInvalid, OSError):
        raise DataError(f"{name}: is not a Parquet file, or is damaged.") from None
    frame = frame.reset_index(drop=isinstance(frame.index, pd.RangeIndex))
    frame.columns = [str(column) for column in frame.columns]
    return Raw(frame, pd.RangeIndex(1, len(frame) + 1).to_numpy(), faults())


def _objects(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _flat(item: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in item.items():
        name = f"{prefix}{key}"
        whole = isinstance(value, dict) and set(value) <= {"low", "mode", "high"}
        if isinstance(value, dict) and not whole:
            flat.update(_flat(value, f"{name}."))
        else:
            flat[name] = json.dumps(value) if whole else value
    return flat


def _cut(text: str) -> str:
    return text.strip()[:_RAW_LENGTH]
