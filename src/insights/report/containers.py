"""What a file holds for whoever opens it: its bytes, and what is packed into them."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from insights.errors import ARCHIVE_ERRORS

__all__ = ["pieces"]

_CHUNK, _OVERLAP = 1 << 25, 1 << 16
_DEPTH = 3  # an archive in an archive in a page
_LARGEST = 1 << 28  # bytes of one packed file: what is larger is no table of a run
_PNG = b"\x89PNG\r\n\x1a\n"
_PARQUET, _ARROW = b"PAR1", b"ARROW1"
_STREAMS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
# base64 of a PNG, of gzip, of a zip archive and of Parquet, as pages and notebooks carry them
_SIGNS = (b"iVBORw0KGgo", b"H4sI", b"UEsDB", b"UEFSM")
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]+|\\n|\n)+")
_SHORTEST = 40


def pieces(path: Path) -> Iterator[bytes]:
    """Yield a file's content part by part, the parts overlapping, and what is packed into it.

    Looked into: Parquet and Arrow (every text of every column, and the names), zip and what is
    made of it (xlsx, npz), gzip, bzip2, xz, the texts of a PNG, and any of these as base64. What
    is broken or encrypted is given as it is.
    """
    with open(path, "rb") as file:
        kept = b""
        while part := file.read(_CHUNK):
            content = kept + part
            yield content
            yield from _embedded(content, _DEPTH)
            kept = content[-_OVERLAP:]
        file.seek(0)
        yield from _packed(file, _DEPTH)


def _packed(file: Any, depth: int) -> Iterator[bytes]:
    """Yield what is packed into an open file, by its first bytes and never by its name."""
    if not depth:
        return
    start = file.read(8)
    file.seek(0)
    try:
        if start.startswith(_PARQUET):
            yield from _parquet(file)
        elif start.startswith(_ARROW):
            yield from _arrow(file)
        elif start == _PNG:
            yield from _png(file.read())
        elif start.startswith(b"PK"):
            with zipfile.ZipFile(file) as archive:
                for name in archive.namelist():
                    with archive.open(name) as member:
                        yield from _inner(member.read(_LARGEST), depth)
        else:
            for sign, unpack in _STREAMS.items():
                if start.startswith(sign):
                    with unpack(file) as member:
                        yield from _inner(member.read(_LARGEST), depth)
    except ARCHIVE_ERRORS:
        return  # nothing can be unpacked; the file's own bytes were given before


def _inner(content: bytes, depth: int) -> Iterator[bytes]:
    yield content
    yield from _embedded(content, depth - 1)
    yield from _packed(io.BytesIO(content), depth - 1)


def _embedded(content: bytes, depth: int) -> Iterator[bytes]:
    for sign in _SIGNS if depth else ():
        at = content.find(sign)
        while at >= 0:
            hit = _BASE64.match(content, at)
            text = hit.group().replace(b"\\n", b"").replace(b"\n", b"") if hit else b""
            if len(text) > _SHORTEST:
                inside = base64.b64decode(text[: len(text) // 4 * 4])
                yield inside
                yield from _packed(io.BytesIO(inside), depth - 1)
            at = content.find(sign, at + max(len(text), 1))


def _png(content: bytes) -> Iterator[bytes]:
    """Yield the texts of a PNG that are compressed; the others stand in its bytes."""
    at = len(_PNG)
    while at + 8 <= len(content):
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        packed = content[at + 8 : at + 8 + size].partition(b"\0")[2]
        at += size + 12
        if kind in (b"zTXt", b"iCCP"):
            yield zlib.decompressobj().decompress(packed[1:], _LARGEST)
        elif kind == b"iTXt" and packed[:1] == b"\1":
            text = packed[2:].split(b"\0", 2)[-1]
            yield zlib.decompressobj().decompress(text, _LARGEST)


def _parquet(file: Any) -> Iterator[bytes]:
    import pyarrow.parquet as pq  # slow to load, and a run that is refused saved no table

    opened = pq.ParquetFile(file)
    yield _names(opened.schema_arrow)
    for batch in opened.iter_batches():
        for column in batch.columns:
            yield from _texts(column)


def _arrow(file: Any) -> Iterator[bytes]:
    import pyarrow as pa

    with pa.ipc.open_file(file) as opened:
        yield _names(opened.schema)
        for number in range(opened.num_record_batches):
            for column in opened.get_batch(number).columns:
                yield from _texts(column)


def _names(schema: Any) -> bytes:
    metadata = [item for pair in (schema.metadata or {}).items() for item in pair]
    return b"\n".join([*(name.encode() for name in schema.names), *metadata])


def _texts(column: Any) -> Iterator[bytes]:
    """Yield all texts of a column, a line each: none may grow together with its neighbour."""
    import pyarrow as pa

    kind = column.type
    if isinstance(column, pa.ExtensionArray):
        yield from _texts(column.storage)
    elif pa.types.is_dictionary(kind):
        yield from _texts(column.dictionary)
    elif pa.types.is_struct(kind):
        for part in column.flatten():
            yield from _texts(part)
    elif pa.types.is_map(kind):
        yield from _texts(column.keys)
        yield from _texts(column.items)
    elif pa.types.is_nested(kind):
        yield from _texts(column.flatten())
    elif str(kind).removeprefix("large_").removesuffix("_view") in ("string", "binary"):
        yield b"\n".join(filter(None, column.cast(pa.large_binary()).to_pylist()))
