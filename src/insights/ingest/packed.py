"""Files in other clothes: zip archives, web pages named .xls, SPSS files."""

from __future__ import annotations

import io
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd

from insights.errors import ARCHIVE_ERRORS, DataError, listed
from insights.ingest.header import without_header
from insights.ingest.records import Note, Raw, faults, from_rows
from insights.messages import _

__all__ = ["is_page", "only_file", "read_page", "read_spss"]

_TABLES = ("csv", "tsv", "tab", "txt", "json", "jsonl", "ndjson", "xlsx", "xlsm", "xls", "xlsb",
           "ods", "parquet", "sav", "zsav", "gz")  # fmt: skip


def only_file(data: bytes, name: str) -> tuple[str, bytes]:
    """Return name and content of the one table in a zip archive.

    Raises
    ------
    DataError
        It holds none, several, or is damaged or locked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [
                item
                for item in archive.namelist()
                if not item.endswith("/") and "__MACOSX" not in item
                and not Path(item).name.startswith((".", "~$"))
            ]  # fmt: skip
            tables = [item for item in names if item.lower().rpartition(".")[2] in _TABLES]
            texts = [item for item in tables if not item.lower().endswith(".txt")]
            found = tables if len(tables) == 1 else texts
            if len(found) != 1:
                raise DataError(
                    f"{name}: the zip archive holds {len(tables)} tables "
                    f"({listed(tables or names) or 'no file'}); unpack it and name the one or "
                    f"those that are meant, such as path: [a.csv, b.csv]."
                )
            return Path(found[0]).name, archive.read(found[0])
    except (OverflowError, KeyError, *ARCHIVE_ERRORS) as error:
        raise DataError(
            f"{name}: the zip archive is damaged or locked with a password ({str(error)[:80]}); "
            f"unpack it by hand."
        ) from None


def is_page(data: bytes) -> bool:
    """Whether the bytes are a web page, whatever the file is called."""
    start = data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head")) or (
        start.startswith(b"<?xml") and b"<html" in start
    )


def read_page(text: str, name: str) -> Raw:
    """Read the largest table of a web page, as programs export it under the name .xls."""
    page = _Page()
    page.feed(text)
    page.close()
    tables = [table for table in page.tables if len(table) > 1]
    if not tables:
        raise DataError(
            f"{name}: is a web page without a table; open it in Excel and save it as .xlsx."
        )
    rows = max(tables, key=lambda table: sum(map(len, table)))
    usual = max(len(row) for row in rows)
    start = next(i for i, row in enumerate(rows) if sum(map(bool, row)) > usual / 2)
    header, body = rows[start], rows[start + 1 :]
    places, note = without_header(header, body[:200], name)
    if note is not None:
        header, body, start = places, rows[start:], start - 1
    wide = len(header)
    filled = [(i, row) for i, row in enumerate(body) if any(row)]
    detail = _("{name}: is a web page; its largest table was read", name=name)
    return from_rows(
        header, [(row + [""] * wide)[:wide] for _i, row in filled],
        [start + 2 + i for i, _row in filled],
        notes=[Note("web page", detail), *([note] if note is not None else [])],
    )  # fmt: skip


class _Page(HTMLParser):
    """Collects the rows of every table."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self._end()
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self._end()
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._end()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _end(self) -> None:
        if self._cell is not None:
            lines = (" ".join(line.split()) for line in "".join(self._cell).split("\n"))
            self.tables[-1][-1].append("\n".join(lines).strip())
            self._cell = None


def read_spss(path: Path) -> Raw:
    """Read an SPSS file: words for labelled values, questions as names of columns.

    Values keep their number where not every value that occurs has a label, or where the labels
    are themselves numbers, as on a scale whose ends alone are named.
    """
    import pyreadstat  # SPSS files are rare

    try:
        frame, about = pyreadstat.read_sav(str(path))
    except (pyreadstat.ReadstatError, ValueError, OSError) as error:
        raise DataError(
            f"{path.name}: is no SPSS file that can be read ({str(error)[:80]}); export it as CSV."
        ) from None
    for column, words in about.variable_value_labels.items():
        plain = {key: str(word).strip() for key, word in words.items()}
        values = set(frame[column].dropna())
        numeric = sum(word[:1].isdigit() and word.isdigit() for word in plain.values())
        if values <= set(plain) and numeric < 2:
            frame[column] = frame[column].map(plain).astype(object)
    labels = [str(label or "").strip() for label in about.column_labels]
    names = [
        label if 0 < len(label) <= 120 and labels.count(label) == 1 else column
        for column, label in zip(frame.columns, labels, strict=True)
    ]
    frame = frame.set_axis(names, axis=1).astype(object)
    frame = frame.where(frame.notna() & (frame != ""), None)
    lines = np.arange(1, len(frame) + 1, dtype="int64")
    detail = _(
        "{name}: read as SPSS; values have their labels, columns their questions", name=path.name
    )
    return Raw(pd.DataFrame(frame), lines, faults(), (Note("spss", detail),))
