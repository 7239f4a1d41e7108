"""CSV and its relatives: every record with its line, broken ones set aside with a reason."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from insights.errors import DataError
from insights.ingest.header import without_header
from insights.ingest.records import Note, Raw, from_rows
from insights.messages import _, plural

__all__ = ["detect_delimiter", "read_delimited"]

csv.field_size_limit(2**31 - 1)  # whole chats and pages of mail lie in one cell
_CANDIDATES = (",", ";", "\t", "|")
_SAMPLE_LINES = 400
_LONGEST_RECORD = 2_000  # lines; a longer one means a quotation mark that never closes
_RAW_LENGTH = 500
_BROKEN = re.compile("[\udc80-\udcff]")  # what is left of bytes that are not UTF-8


def read_delimited(
    text: str, name: str, *, delimiter: str = "", skip_rows: int | None = None
) -> Raw:
    """Read delimited text; preamble, delimiter and escapes are detected unless declared.

    A record spanning lines whose quotes or fields do not fit costs only its first line: reading
    starts again at the next, so one stray quotation mark cannot swallow the rest of the file.

    Raises
    ------
    DataError
        There is no header.
    """
    lines = list(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    if not any(line.strip() for line in lines):
        raise DataError(f"{name}: is empty; a table needs a header and records.")
    sample = lines[skip_rows or 0 :][:_SAMPLE_LINES]
    escape = _escape(text)
    mark = delimiter or detect_delimiter(sample, escape)
    start = skip_rows if skip_rows is not None else _preamble(sample, mark, escape)
    notes = []
    if skip_rows is None and any(line.strip() for line in lines[:start]):
        skipped = " / ".join(line.strip() for line in lines[:start] if line.strip())[:80]
        detail = _(
            "{name}: {start} lines before the header were skipped: {skipped}",
            name=name,
            start=start,
            skipped=repr(skipped),
        )
        notes.append(Note("preamble", detail, value=float(start)))
    records = [row for _, row in _parsed(lines[start:][:_SAMPLE_LINES], mark, escape) if row]
    if not records:
        raise DataError(f"{name}: has no header after line {start}.")
    header = _trimmed(records[0])
    usual = Counter(len(row) for row in records[1:]).most_common(1)
    named = bool(usual) and usual[0][0] == len(header) + 1 == len(_trimmed(records[1]))
    if named and usual[0][1] > 0.8 * (len(records) - 1):
        header = ["", *header]  # row names without a heading, as R writes them
    after = _after_header(lines, start, mark, escape)
    places, note = without_header(header, records[1:200], name)
    if note is not None and skip_rows is None:
        header, after = places, start
        notes.append(note)
    reader = _Reader(lines, mark, escape, len(header), bool(_BROKEN.search(text)))
    reader.read(after)
    raw = from_rows(header, reader.rows, reader.places, bad=reader.bad, notes=notes)
    return replace(raw, delimiter=mark)


def detect_delimiter(sample: Sequence[str], escape: str | None = None) -> str:
    """Choose the delimiter under which most records have the same number (> 1) of fields."""
    best, choice = 0.0, ","
    for mark in _CANDIDATES:
        widths = Counter(len(row) for _, row in _parsed(sample, mark, escape) if row)
        wide = {width: count for width, count in widths.items() if width > 1}
        if not wide:
            continue
        width, count = max(wide.items(), key=lambda item: (item[1], item[0]))
        score = count / widths.total() + 0.001 * min(width, 20)
        if score > best + 1e-9:
            best, choice = score, mark
    return choice


def _escape(text: str) -> str | None:
    r"""Tell whether quotes inside quotes are written \" rather than doubled."""
    sample = text[:2_000_000]
    slashed = sample.count('\\"')
    return "\\" if slashed > 2 and slashed > sample.count('""') else None


def _preamble(sample: Sequence[str], mark: str, escape: str | None) -> int:
    """Count the lines before the header: those with at most half as many fields as usual."""
    found = [(line, row) for line, row in _parsed(sample, mark, escape) if row]
    if not found:
        return 0
    usual = Counter(len(row) for _, row in found).most_common(1)[0][0]
    for line, row in found:
        if usual < 2 or sum(bool(cell.strip()) for cell in row) > usual / 2:
            return line
    return found[0][0]


def _parsed(lines: Sequence[str], mark: str, escape: str | None) -> Iterator[tuple[int, list[str]]]:
    """Yield (index of first line, fields) leniently, for looking at a sample."""
    reader = csv.reader(lines, delimiter=mark, escapechar=escape)
    before = 0
    try:
        for row in reader:
            yield before, row
            before = reader.line_num
    except csv.Error:
        return


def _after_header(lines: Sequence[str], start: int, mark: str, escape: str | None) -> int:
    parsed = _parsed(lines[start:], mark, escape)
    seen = False
    for line, row in parsed:
        if seen:
            return start + line
        seen = bool(row)
    return len(lines)


def _trimmed(row: list[str]) -> list[str]:
    end = len(row)
    while end > 1 and not row[end - 1].strip():
        end -= 1
    return row[:end]


@dataclass
class _Reader:
    """Collects records; `width` is the number of fields of the header."""

    lines: Sequence[str]
    mark: str
    escape: str | None
    width: int
    damaged: bool
    rows: list[list[str]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    bad: list[tuple[int, str, str]] = field(default_factory=list)

    def read(self, place: int) -> None:
        while place < len(self.lines):
            place = self._stretch(place)

    def _stretch(self, base: int) -> int:
        """Read from line index `base` to the next fault spanning lines; return where to go on."""
        reader = self._csv((self.lines[i] for i in range(base, len(self.lines))), strict=True)
        before = base
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return len(self.lines)
            except csv.Error:
                if base + reader.line_num - before > 1:
                    self._fault(before, _("its quotation marks do not match"))
                else:
                    lenient: list[str] = next(self._csv([self.lines[before]], strict=False), [])
                    self._take(before, lenient)
                return before + 1
            after = base + reader.line_num
            if row and after - before > 1 and not self._fits(row, after - before):
                self._fault(before, _("its quotation marks or fields do not match the header"))
                return before + 1
            if row:
                self._take(before, row)
            before = after

    def _csv(self, lines, *, strict: bool):
        return csv.reader(
            lines, delimiter=self.mark, escapechar=self.escape, doublequote=True, strict=strict
        )

    def _fits(self, row: list[str], span: int) -> bool:
        extra = row[self.width :]
        return len(row) >= self.width and not any(extra) and span <= _LONGEST_RECORD

    def _take(self, place: int, row: list[str]) -> None:
        if not self._fits(row, 1):
            reason = plural(
                "{n} field where the header has {width}",
                "{n} fields where the header has {width}",
                len(row),
                width=self.width,
            )
            self._fault(place, reason)
        elif self.damaged and _BROKEN.search("".join(row)):
            self._fault(place, _("bytes that are not UTF-8"))
        else:
            self.rows.append(row[: self.width])
            self.places.append(place + 1)

    def _fault(self, place: int, reason: str) -> None:
        raw = self.lines[place].rstrip("\r\n")[:_RAW_LENGTH]
        clean = raw.encode("utf-8", "replace").decode("utf-8")
        self.bad.append((place + 1, clean, reason))
