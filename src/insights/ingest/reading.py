"""Sources read: files by their content, databases by query, queries over files by DuckDB."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from insights.errors import DataError
from insights.ingest.database import query_files, query_url
from insights.ingest.delimited import read_delimited
from insights.ingest.encoding import decode, gunzip
from insights.ingest.mail import is_mail, read_mail
from insights.ingest.packed import is_page, only_file, read_page, read_spss
from insights.ingest.records import Raw
from insights.ingest.sources import Source
from insights.ingest.structured import read_json, read_json_lines, read_parquet
from insights.ingest.workbook import is_workbook, read_workbook, sheet_headers

__all__ = ["read", "read_file", "sheets", "stem", "typed"]


def read(source: Source, project: Path, *, table: str = "table") -> list[tuple[str, Raw]]:
    """Read one source: (name, raw records) for each of its files, or for its query.

    Raises
    ------
    DataError
        A file is missing, is no table, or a query fails.
    """
    if source.sql:
        name = source.name or f"{table} query"
        if source.url:
            return [(name, query_url(source.sql, source.url, name))]
        return [(name, _over_files(source, project, name))]
    paths = source.matches(project)
    prefix = f"{source.name}/" if len(paths) > 1 and source.name else ""
    alone = source.name if len(paths) == 1 else ""
    return [(alone or prefix + stem(path), read_file(path, source)) for path in paths]


def read_file(path: Path, source: Source | None = None) -> Raw:
    """Read one file; its kind is told by its content first, then by its name."""
    options = source or Source(path=(path.name,))
    name = path.name
    data = gunzip(path.read_bytes(), name)
    ending = name.lower().removesuffix(".gz").rpartition(".")[2]
    if data[:4] in (b"$FL2", b"$FL3"):
        return read_spss(path)
    if data[:4] == b"PK\x03\x04" and not is_workbook(data, ending):
        inner, data = only_file(data, name)
        name = f"{name}/{inner}"
        if data[:4] in (b"$FL2", b"$FL3"):
            raise DataError(f"{name}: unpack the archive; an SPSS file is read from the disk.")
        data = gunzip(data, name)
        ending = inner.lower().removesuffix(".gz").rpartition(".")[2]
    if not data.strip():
        raise DataError(f"{name}: is empty; a table needs a header and records.")
    if data[:4] == b"PAR1":
        return read_parquet(data, name)
    if is_workbook(data, ending):
        return read_workbook(data, name, sheet=options.sheet, skip_rows=options.skip_rows)
    if is_mail(data, ending):
        return read_mail(data, name)
    text, notes = decode(data, name, options.encoding)
    if is_page(data):
        raw = read_page(text, name)
    elif ending in ("jsonl", "ndjson"):
        raw = read_json_lines(text, name)
    elif ending == "json":
        raw = read_json(text, name)
    else:
        mark = options.delimiter or ("\t" if ending in ("tsv", "tab") else "")
        raw = read_delimited(text, name, delimiter=mark, skip_rows=options.skip_rows)
    return replace(raw, notes=(*notes, *raw.notes))


def sheets(path: Path) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Return the number of records and the columns of each sheet; nothing for other files."""
    data = gunzip(path.read_bytes(), path.name)
    ending = path.suffix.lower().removeprefix(".")
    return sheet_headers(data, path.name) if is_workbook(data, ending) else {}


def stem(path: Path) -> str:
    """Return the file's name without its endings: 'tickets' of 'tickets.csv.gz'."""
    name = path.name.removesuffix(".gz")
    return name.rpartition(".")[0] or name


def _over_files(source: Source, project: Path, name: str) -> Raw:
    """Query files in DuckDB; records that could not be read stay visible as faults."""
    frames: dict[str, pd.DataFrame] = {}
    bad: list[pd.DataFrame] = []
    for table, pattern in source.files.items():
        paths = source.model_copy(update={"files": {table: pattern}}).matches(project)
        raws = [read_file(path, source) for path in paths]
        frames[table] = pd.concat([typed(raw.frame) for raw in raws], ignore_index=True)
        bad.extend(raw.faults for raw in raws)
    raw = query_files(source.sql, frames, name)
    return replace(raw, faults=pd.concat([raw.faults, *bad], ignore_index=True))


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Give columns of text the type all their values have: whole number, number, date."""
    return frame.apply(_typed_column)


def _typed_column(column: pd.Series) -> pd.Series:
    known = column.dropna()
    if known.empty or not known.map(lambda value: isinstance(value, str)).all():
        return column.infer_objects()
    leading = known.str.fullmatch(r"[-+]?0\d+")
    numbers = pd.to_numeric(known, errors="coerce")
    if numbers.notna().all() and not leading.any() and (known.str.len() < 16).all():
        whole = known.str.fullmatch(r"[-+]?\d+").all()
        return pd.to_numeric(column, errors="coerce").astype("Int64" if whole else "float64")
    iso = known.str.fullmatch(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?")
    if iso.all():
        times = pd.to_datetime(column, format="ISO8601", errors="coerce")
        if times.notna().sum() == len(known):
            return times
    lowered = known.str.lower()
    if lowered.isin(["true", "false"]).all():
        return column.str.lower().map({"true": True, "false": False}).astype("boolean")
    return column.astype("str").where(column.notna(), None)
