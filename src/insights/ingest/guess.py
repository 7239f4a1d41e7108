"""A stranger's files to a study: each guess with its reason, each doubt as a question."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from insights.errors import DataError, ParamsError, listed
from insights.ingest.canonical import Canonical, canonical
from insights.ingest.dates import parse_times
from insights.ingest.draft import Draft, place, quoted, written
from insights.ingest.exports import Export, recognise
from insights.ingest.guess_role import draft
from insights.ingest.heads import FirstRecords, read_head
from insights.ingest.profile import Profile, profile
from insights.ingest.reading import sheets
from insights.ingest.records import Raw
from insights.ingest.reshape import is_trends
from insights.ingest.schema import TABLES
from insights.ingest.sources import Source
from insights.ingest.trials import first_rows, problems
from insights.ingest.workbook import ALL
from insights.messages import _, number, percent, plural

__all__ = ["guess_study"]

_TRIED = 200  # rows read as the study would read them
_EXAMPLES = 2
_LONGEST = 40


def guess_study(name: str, files: Sequence[Path], *, project: Path) -> str:
    """Return the YAML text of a study over `files`; every guess carries its reason as a comment.

    Raises
    ------
    DataError
        A file is missing or is no table.
    ParamsError
        The name is not one a study may have.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
        raise ParamsError(
            f"study name {name!r}: use letters, digits, - and _ only, such as 'spring-reviews'."
        )
    missing = [str(file) for file in files if not file.is_file()]
    if missing or not files:
        raise DataError(f"no such file: {listed(missing) or 'none was given'}.")
    entries: dict[str, list[str]] = {}
    zoned = True
    for file in files:
        guess = guess_file(file, project)
        zoned = zoned and "timezone" in guess.source
        entries.setdefault(guess.role, []).extend(written(guess, place(file, project)))
    count = plural("{n} file", "{n} files", len(files))
    zone = _("question: in which zone were times without an offset written?")
    head = _("Study {name}, guessed from {files}.", name=repr(name), files=count)
    advice = _("Every guess carries its reason; answer each question, correct what is wrong.")
    lines = [
        f"# {head}",
        f"# {advice}",
        f"study: {name}",
        f"title: {quoted(name.replace('-', ' ').replace('_', ' ').capitalize())}",
        "timezone: UTC" if zoned else f"timezone: UTC  # {zone}",
        "sources:",
    ]
    for role in TABLES:
        if role in entries:
            lines += [f"  {role}:", *entries[role]]
    return "\n".join(lines) + "\n"


def guess_file(file: Path, project: Path) -> Draft:
    """Guess what one file is, and read its first rows as the draft says."""
    head, sheet, others = _fullest(file)
    raw = head.raw
    if raw.frame.empty:
        raise DataError(f"{file.name}: has a header and no record; nothing can be guessed.")
    export = recognise([str(column) for column in raw.frame.columns], project)
    frame, labels_found = _below_labels(raw.frame, export)
    wording = labels_found.iloc[0] if len(labels_found) else {}
    columns = {
        str(name): profile(str(name), frame[name], wording=str(wording.get(name) or ""))
        for name in frame.columns
    }
    if is_trends(frame):
        guess = Draft("market", _("recognised as a Google Trends export"))
    else:
        guess = draft(columns, frame, file, export)
    _read_options(guess, raw, sheet)
    if len(labels_found):
        _labelled(guess, labels_found)
    if not head.whole:
        rows = plural("{n} record", "{n} records", len(frame))
        guess.notes.append(_("judged by the first {rows} of the file", rows=rows))
    for other in others:
        guess.notes.append(_("sheet not used: {sheet}", sheet=quoted(other)))
    _settle_dimensions(guess)
    _try(guess, raw, file)
    _list_unused(guess, columns)
    return guess


def _fullest(file: Path) -> tuple[FirstRecords, str, list[str]]:
    """Read a file's head; of a workbook with several sheets, those alike, or the fullest one."""
    found = sheets(file)
    full = {name: columns for name, (count, columns) in found.items() if count}
    if len(full) > 1 and len({frozenset(columns) for columns in full.values()}) == 1:
        empty = [name for name in found if name not in full]
        return read_head(file, Source(path=(file.name,), sheet=ALL)), ALL, empty
    if len(found) < 2 or not full:
        return read_head(file), "", []
    most = max(full, key=lambda name: found[name][0] * len(found[name][1]))
    others = [name for name in found if name != most]
    return read_head(file, Source(path=(file.name,), sheet=most)), most, others


def _below_labels(frame: pd.DataFrame, export: Export | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take the rows below the header that repeat the questions off: those without a date."""
    if export is None or not export.labels:
        return frame, frame.iloc[:0]
    column = export.mapped([str(c) for c in frame.columns]).get("created_at")
    if column is None:
        return frame, frame.iloc[:0]
    unread = parse_times(frame[column].iloc[:3], day_first=True)
    bad = (unread.unread | frame[column].iloc[:3].isna().to_numpy()).tolist()
    count = next((place for place, wrong in enumerate(bad) if not wrong), 0)
    return frame.iloc[count:].reset_index(drop=True), frame.iloc[:count]


def _labelled(guess: Draft, found: pd.DataFrame) -> None:
    """Write how many rows the header takes, the zone that it states, and the question asked."""
    reason = plural("{n} row below the header repeats it", "{n} rows below the header repeat it",
                    len(found))  # fmt: skip
    guess.options.append((f"header_rows: {len(found) + 1}", reason))
    zone = re.search(r'"timeZone"\s*:\s*"([A-Za-z_/+-]+)"', " ".join(map(str, found.iloc[-1])))
    if zone:
        guess.options.append((f"timezone: {zone[1]}", _("stated in the header")))
    column = guess.columns.get("text", ("", ""))[0]
    if column in found and not any(line.startswith("set:") for line, _reason in guess.options):
        question = " ".join(str(found[column].iloc[0]).split())
        guess.options.append((f"set: {{question: {quoted(question)}}}", _("the question asked")))


def _read_options(guess: Draft, raw: Raw, sheet: str) -> None:
    """Write down what was detected rather than declared."""
    if sheet:
        why = _("the sheet with most records")
        if sheet == ALL:
            why = _("all sheets, which have the same columns")
        guess.options.append((f"sheet: {quoted(sheet)}", why))
    for note in raw.notes:
        found = re.search(r"encoding: ([\w-]+)", note.detail)
        if note.check == "encoding" and found:
            guess.options.append((f"encoding: {found[1]}", _("detected from the bytes")))
        elif note.check in ("preamble", "no header", "mojibake", "encodings mixed", "sheet"):
            guess.notes.append(note.detail)
    if raw.delimiter not in ("", ","):
        guess.options.append((f"delimiter: {json.dumps(raw.delimiter)}", _("detected")))


def _settle_dimensions(guess: Draft) -> None:
    if guess.role not in ("feedback", "customers"):
        guess.dimensions.clear()


def _try(guess: Draft, raw: Raw, file: Path) -> None:
    """Read the first rows as the study will: examples of each column, refusals as questions."""
    if guess.unsettled:
        return
    try:
        source = Source.model_validate({"path": (file.name,), **guess.source})
    except ValidationError as error:
        raise DataError(f"{file.name}: {error}") from None
    few = first_rows(raw, _TRIED + source.header_rows - 1)
    try:
        found = canonical(few, source, guess.role, file.name)
    except DataError as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        guess.unsettled.extend(lines[:5])
        return
    for problem in problems(found):
        (guess.unsettled if problem.stops else guess.questions).append(problem.text)
    _show(guess, found, few)


def _show(guess: Draft, found: Canonical, few: Raw) -> None:
    """Give each column two values as they were read."""
    rows = {int(line): place for place, line in enumerate(few.lines)}
    if len(rows) < len(few.lines):  # several sheets: a line does not tell which cell was read
        return
    for canonical_name, (column, _reason) in guess.columns.items():
        if canonical_name not in found.frame or column not in few.frame:
            continue
        known = found.frame[found.frame[canonical_name].notna()]
        shown: list[str] = []
        for line, value in zip(known["line"], known[canonical_name], strict=True):
            cell = few.frame[column].iloc[rows[int(line)]]
            pair = _pair(cell, value)
            if pair not in shown:
                shown.append(pair)
            if len(shown) == _EXAMPLES:
                break
        if shown:
            guess.examples[canonical_name] = _("read as {examples}", examples="; ".join(shown))


def _pair(cell: Any, value: Any) -> str:
    """Write a cell and what it was read as; text that is the same stands once."""
    before = _short(cell)
    if isinstance(value, pd.Timestamp):
        after = value.strftime("%Y-%m-%d %H:%M UTC" if value.tzinfo else "%Y-%m-%d")
    elif isinstance(value, float):
        after = f"{value:.4g}"
    else:
        after = _short(value)
    return repr(before) if before == after else f"{before!r} → {after}"


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _list_unused(guess: Draft, columns: dict[str, Profile]) -> None:
    """List every column that no line of the draft names, with what it seems to hold."""
    source = guess.source
    if "melt" in source or (guess.role == "market" and not guess.columns):
        return
    used = guess.taken | set(guess.dimensions) | set(source.get("rows", {}))
    further = TABLES[guess.role].further
    for name, p in columns.items():
        kept = further == "any" or (further == "numbers" and p.numeric == 1)
        if name in used or (kept and not guess.unsettled):
            continue
        guess.unused.append((name, _what(p)))


def _what(p: Profile) -> str:
    if p.filled == 0:
        return _("empty")
    if p.is_date:
        return _("dates, such as {example}", example=repr(_short(p.example)))
    if p.numeric > 0.95:
        return _("numbers, such as {example}", example=repr(_short(p.example)))
    if p.values == 1:
        return _("always {example}", example=repr(_short(p.example)))
    return _("{n} different values, such as {example}; filled in {share}",
             n=number(p.values), example=repr(_short(p.example)),
             share=percent(p.filled))  # fmt: skip
