"""The head of a file of any size, read as the whole file would be."""

from __future__ import annotations

import gzip
import json
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from insights.errors import DataError
from insights.ingest.reading import read_file
from insights.ingest.records import Raw
from insights.ingest.sources import Source

__all__ = ["FirstRecords", "read_head"]

_BYTES = 1_000_000
_WHOLE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"$FL2", b"$FL3")  # their end is needed to read them


@dataclass(frozen=True)
class FirstRecords:
    """The first records of a file.

    Attributes
    ----------
    whole
        Whether these are all records.
    """

    raw: Raw
    whole: bool


def read_head(path: Path, source: Source | None = None, *, size: int = _BYTES) -> FirstRecords:
    """Read the records in about the first `size` bytes of a file.

    Raises
    ------
    DataError
        The file is no table.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"PAR1":
        return _parquet(path, source)
    if start in _WHOLE or (path.stat().st_size <= size and start[:2] != b"\x1f\x8b"):
        return FirstRecords(read_file(path, source), True)
    data, whole = _first_bytes(path, start, size)
    if whole or data[:4] in _WHOLE:
        return FirstRecords(read_file(path, source), True)
    cut = _cut(data)
    if cut is None:
        return FirstRecords(read_file(path, source), True)
    name = path.name.removesuffix(".gz")
    with _written(name, cut) as head:
        return FirstRecords(read_file(head, source), False)


def _first_bytes(path: Path, start: bytes, size: int) -> tuple[bytes, bool]:
    """Return the first bytes, unpacked, and whether they are all."""
    if start[:2] != b"\x1f\x8b":
        with path.open("rb") as file:
            data = file.read(size + 1)
        return data[:size], len(data) <= size
    try:
        with gzip.open(path) as packed:
            data = packed.read(size + 1)
    except (OSError, EOFError, zlib.error):
        raise DataError(f"{path.name}: is a damaged gzip file.") from None
    return data[:size], len(data) <= size


def _cut(data: bytes) -> bytes | None:
    """Cut at the end of a record; None where that cannot be done without the rest."""
    text = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] == b"[":
        return _json_items(text)
    wide = b"\n\x00" if data[:2] == b"\xff\xfe" else b"\x00\n" if data[:2] == b"\xfe\xff" else b""
    mark = wide or b"\n"
    if text[:1] == b"{" and b"}\n" not in text and b"}\r\n" not in text:
        return None  # one JSON object: its lists may lie anywhere
    end = data.rfind(mark)
    if end < 0:
        end, mark = data.rfind(b"\r"), b"\r"
    return data[: end + len(mark)] if end > 0 else None


def _json_items(text: bytes) -> bytes | None:
    """Return the whole items of a JSON list whose end is missing."""
    body, decoder, items = text.decode("utf-8", "ignore"), json.JSONDecoder(), []
    place = 1
    while True:
        while place < len(body) and body[place] in " \t\r\n,":
            place += 1
        try:
            item, place = decoder.raw_decode(body, place)
        except ValueError:
            break
        items.append(item)
    return json.dumps(items).encode() if items else None


def _parquet(path: Path, source: Source | None) -> FirstRecords:
    """Read the first rows of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 5_000
    try:
        file = pq.ParquetFile(path)
        count = file.metadata.num_rows
        if count <= rows:
            return FirstRecords(read_file(path, source), True)
        table = pa.Table.from_batches([next(file.iter_batches(batch_size=rows))])
    except (pa.ArrowException, OSError):
        return FirstRecords(read_file(path, source), True)  # says what is wrong with it
    with tempfile.TemporaryDirectory() as folder:
        head = Path(folder) / path.name
        pq.write_table(table, head)
        return FirstRecords(read_file(head, source), False)


@contextmanager
def _written(name: str, data: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        head = Path(folder) / name
        head.write_bytes(data)
        yield head
