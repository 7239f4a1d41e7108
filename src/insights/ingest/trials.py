"""The first rows of a source, read as a run would read them, and what is wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from insights.errors import DataError, listed
from insights.ingest.canonical import Canonical, canonical
from insights.ingest.dates import format_hint
from insights.ingest.heads import read_head
from insights.ingest.records import Raw
from insights.ingest.schema import TABLES
from insights.ingest.sources import Source, Sources
from insights.messages import _, number

__all__ = ["Problem", "Trial", "first_rows", "problems", "try_sources"]

_ROWS = 200


@dataclass(frozen=True)
class Problem:
    """What is wrong with a source: a sentence with the line that mends it, and whether it stops."""

    text: str
    stops: bool = False


@dataclass(frozen=True)
class Trial:
    """What the first rows of a source came to."""

    source: str
    rows: int
    kept: int
    problems: tuple[Problem, ...]


def try_sources(sources: Sources, project: Path, timezone: str) -> Iterator[Trial]:
    """Read the headers and the first 200 rows of every file that a study names.

    Databases and queries are left to the run.

    Raises
    ------
    DataError
        A file is missing, is no table, or lacks a column that the study names; all at once.
    """
    refused = []
    for table, source in sources.each():
        if source.sql:
            continue
        for path in source.matches(project):
            try:
                yield _trial(table, source, path, timezone)
            except DataError as error:
                refused.append(str(error))
    if refused:
        raise DataError("\n".join(dict.fromkeys(refused)))


def _trial(table: str, source: Source, path: Path, timezone: str) -> Trial:
    raw = first_rows(read_head(path, source).raw, _ROWS + source.header_rows - 1)
    found = canonical(raw, source, table, source.name or path.name, timezone=timezone)
    return Trial(found.source, found.rows_in, len(found.frame), tuple(problems(found)))


def first_rows(raw: Raw, count: int) -> Raw:
    """Return the first records of a file."""
    return replace(raw, frame=raw.frame.iloc[:count], lines=raw.lines[:count])


def problems(found: Canonical) -> list[Problem]:
    """Say which columns were not read, with a value that failed and the line that would read it."""
    told = []
    for name, bad in found.unread.items():
        column = TABLES[found.table][name]
        failed = listed([repr(value) for value in bad.examples], 2)
        remedy = _remedy(column.kind, name, bad.examples)
        text = _(
            "{name}: {bad} of {rows} not read, such as {failed}; add {remedy}",
            name=name, bad=number(bad.count), rows=number(bad.rows), failed=failed, remedy=remedy,
        )  # fmt: skip
        told.append(Problem(text, stops=column.required and bad.count == bad.rows))
    if not len(found.frame) and found.rows_in and not any(item.stops for item in told):
        reasons = Counter([*found.quarantine["reason"], *found.screened["reason"]])
        why = "; ".join(f"{reason}: {count}" for reason, count in reasons.most_common(3))
        text = _("nothing is left of the first {rows} rows ({why})",
                 rows=number(found.rows_in), why=why)  # fmt: skip
        told.append(Problem(text, stops=True))
    return told


def _remedy(kind: str, name: str, examples: Sequence[str]) -> str:
    """Return the line of YAML under which such values are read."""
    if kind in ("time", "date"):
        return f"`dates: {format_hint(examples[0]) or '…'!r}`"
    words = ", ".join(f"{value!r}: …" for value in list(examples)[:2])
    return f"`values: {{{name}: {{{words}}}}}`"
