"""JSON, JSON lines and Parquet: bytes in, raw records out."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from insights.errors import DataError, listed
from insights.ingest.records import Note, Raw, faults, from_rows
from insights.messages import _

__all__ = ["read_json", "read_json_lines", "read_parquet", "tabulate"]

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
    notes: tuple[Note, ...] = ()
    if isinstance(value, dict):
        value, notes = _records(value, name)
    if not _objects(value):
        raise DataError(
            f"{name}: is JSON, but not a list of objects. Allowed: [{{…}}, …], one object a line, "
            f"or what pandas writes (orient records, columns, index, split, list or table)."
        )
    items = enumerate(value, 1)
    found = [(place, item) for place, item in items if isinstance(item, dict)]
    bad = [
        (place, _cut(json.dumps(item, ensure_ascii=False)), _("a JSON value that is not an object"))
        for place, item in enumerate(value, 1)
        if not isinstance(item, dict)
    ]
    raw = tabulate([item for _, item in found], [place for place, _ in found], bad)
    return replace(raw, notes=notes)


def _records(value: dict[str, Any], name: str) -> tuple[Any, tuple[Note, ...]]:
    """Find the records in one JSON object: a list of them, or what pandas writes."""
    if set(value) >= {"columns", "data"} and isinstance(value["data"], list):
        keys = [".".join(map(str, k)) if isinstance(k, list) else str(k) for k in value["columns"]]
        rows = [row for row in value["data"] if isinstance(row, list) and len(row) == len(keys)]
        if len(rows) < len(value["data"]):
            raise DataError(f"{name}: rows of 'data' are not as long as 'columns'.")
        return [dict(zip(keys, row, strict=True)) for row in rows], _shaped(name, "split")
    lists = dict(_nested(value))
    if len(lists) > 1:
        top = {key: item for key, item in lists.items() if "." not in key}
        lists = top if len(top) == 1 else lists
    if len(lists) > 1:
        raise DataError(
            f"{name}: holds several lists ({listed(lists)}); save the one that is meant."
        )
    if lists:
        return next(iter(lists.values())), ()
    parts = list(value.values())
    if len(parts) > 1 and all(isinstance(part, list) for part in parts):
        if len({len(part) for part in parts}) == 1:
            records = [dict(zip(value, row, strict=True)) for row in zip(*parts, strict=True)]
            return records, _shaped(name, "list")
        raise DataError(f"{name}: its lists differ in length: {listed(value)}.")
    if len(parts) > 1 and all(isinstance(part, dict) and part for part in parts):
        return _by_key(value, name)
    return [value], ()


def _by_key(value: dict[str, dict[str, Any]], name: str) -> tuple[Any, tuple[Note, ...]]:
    """Read an object of objects: records by their id, or columns by row, as pandas writes them."""
    inner = list(dict.fromkeys(key for part in value.values() for key in part))
    cells = sum(len(part) for part in value.values())
    if cells < 0.5 * len(inner) * len(value):  # objects that have little in common: one record
        return [value], ()
    outer_counts = all(str(key).isdigit() for key in value)
    inner_counts = all(str(key).isdigit() for key in inner)
    plain = all(not isinstance(item, dict) for part in value.values() for item in part.values())
    if inner_counts == outer_counts:
        alike = [len({type(item) for item in part.values()} - {type(None)}) <= 1
                 for part in value.values()]  # fmt: skip
        inner_counts = plain and len(inner) > len(value) and all(alike)
    if inner_counts and plain:
        rows = [{column: part.get(key) for column, part in value.items()} for key in inner]
        return rows, _shaped(name, "columns")
    key = "key" if "key" not in inner else "key of the object"
    return [{key: name_, **part} for name_, part in value.items()], _shaped(name, "index")


def _shaped(name: str, orient: str) -> tuple[Note, ...]:
    return (Note("json", _("{name}: read as JSON of orient {orient}", name=name, orient=orient)),)


def _nested(value: dict[str, Any], prefix: str = "", depth: int = 4):
    """Yield (path, list) of every list of objects that lies under objects alone."""
    for key, item in value.items():
        if _objects(item):
            yield f"{prefix}{key}", item
        elif isinstance(item, dict) and depth:
            yield from _nested(item, f"{prefix}{key}.", depth - 1)


def tabulate(
    found: list[Mapping[str, Any]], places: list[int], bad: list[tuple[int, str, str]]
) -> Raw:
    """Turn objects into records; nested objects become columns such as 'user.id'."""
    flat = [_flat(item) for item in found]
    header = list(dict.fromkeys(key for item in flat for key in item))
    rows = [[item.get(key) for key in header] for item in flat]
    return from_rows(header, rows, places, bad=bad)


def read_parquet(data: bytes, name: str) -> Raw:
    """Read a Parquet file; the line is the row number."""
    try:
        table = pq.read_table(io.BytesIO(data))
        while any(pa.types.is_struct(field.type) for field in table.schema):
            table = table.flatten()
        frame = table.to_pandas()
    except (pa.ArrowInvalid, OSError):
        raise DataError(f"{name}: is not a Parquet file, or is damaged.") from None
    frame = frame.reset_index(drop=isinstance(frame.index, pd.RangeIndex))
    frame.columns = [str(column) for column in frame.columns]
    for column in frame.columns:
        if frame[column].dtype.kind == "O":
            frame[column] = frame[column].map(_cell)
    return Raw(frame, pd.RangeIndex(1, len(frame) + 1).to_numpy(), faults())


def _objects(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _flat(item: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in item.items():
        name = f"{prefix}{key}"
        whole = isinstance(value, dict) and value and set(value) <= {"low", "mode", "high"}
        if isinstance(value, dict) and not whole:
            flat.update(_flat(value, f"{name}."))
        elif whole:
            flat[name] = json.dumps(value)
        else:
            flat[name] = _cell(value)
    return flat


def _cell(value: Any) -> Any:
    """Write a list as JSON text; an empty one is null."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, list | tuple | dict):
        return value
    return json.dumps(value, ensure_ascii=False, default=str) if value else None


def _cut(text: str) -> str:
    return text.strip()[:_RAW_LENGTH]
