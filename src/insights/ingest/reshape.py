"""Wide series to long ones: as declared, or as Google Trends exports are recognised."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from insights.errors import SchemaError, did_you_mean, listed
from insights.ingest.records import Note, Raw
from insights.ingest.sources import Melt, Source
from insights.ingest.values import numbers
from insights.messages import _

__all__ = ["is_trends", "lengthen", "reshape"]

_PLACE = re.compile(r"^(?P<term>.*\S)\s*[:：]\s*\((?P<place>[^()]*)\)$", re.S)
_PERIOD = frozenset({
    "day", "week", "month", "time", "hour", "jour", "semaine", "mois", "heure", "tag",
    "woche", "monat", "zeit", "día", "semana", "mes", "giorno", "settimana", "mese", "ora",
    "dia", "mês", "dag", "maand", "tid", "vecka", "månad", "dzień", "tydzień", "miesiąc",
    "день", "неделя", "месяц", "日", "周", "週", "月", "天", "时间", "日期", "日曜日",
})  # fmt: skip


def reshape(raw: Raw, source: Source, table: str, name: str) -> Raw:
    """Turn a wide table long when the study says `melt`, or it is a Google Trends export."""
    if source.melt is not None:
        return lengthen(raw, source.melt, name)
    if table == "market" and not source.columns and is_trends(raw.frame):
        return _trends(raw, name)
    return raw


def is_trends(frame: pd.DataFrame) -> bool:
    """Whether the header is that of a Google Trends export, in any of its languages."""
    columns = [str(column) for column in frame.columns]
    if len(columns) < 2:
        return False
    terms = [bool(_PLACE.match(column)) for column in columns[1:]]
    period = columns[0].strip().lower() in _PERIOD
    return all(terms) or (period and any(terms))


def _trends(raw: Raw, name: str) -> Raw:
    """Series are named by their term; the place is added where one term has several."""
    period, *wide = [str(column) for column in raw.frame.columns]
    parts = {column: _PLACE.match(column) for column in wide}
    terms = [part["term"].strip() if part else column for column, part in parts.items()]
    names = {
        column: column if terms.count(term) > 1 else term
        for column, term in zip(wide, terms, strict=True)
    }
    frame = raw.frame.rename(columns={period: "date", **names})
    small = int(sum((frame[column] == "<1").sum() for column in names.values()))
    detail = _("{name}: recognised as a Google Trends export of {n} series", name=name, n=len(wide))
    if small:
        read = _("{n} values '<1' are read as 0.5", n=small)
        detail = f"{detail}; {read}"
    long = lengthen(replace(raw, frame=frame), Melt(id=("date",)), name)
    return replace(long, notes=(*long.notes, Note("google trends", detail, value=float(small))))


def lengthen(raw: Raw, melt: Melt, name: str) -> Raw:
    """Write each cell of a wide table as a row; empty cells are no records.

    Columns without any number are left out, with a note.
    """
    frame = raw.frame
    found = [str(column) for column in frame.columns]
    missing = [column for column in melt.id if column not in found]
    if missing:
        raise SchemaError(
            f"{name}: melt id {listed(missing)} is not there.{did_you_mean(missing[0], found)} "
            f"Columns found: {listed(found, 30)}.",
            missing,
        )
    wide = [column for column in found if column not in melt.id]
    if melt.name in ("date", "created_at", "period_start"):
        wide = [column for column in wide if re.search(r"\d", column)]
    series = [column for column in wide if numbers(frame[column])[0].notna().any()]
    notes = list(raw.notes)
    others = [column for column in found if column not in (*melt.id, *series)]
    if others:
        left = listed(others)
        notes.append(
            Note(
                "melt",
                _("{name}: columns without numbers were left out: {left}", name=name, left=left),
            )
        )
    place = pd.Series(raw.lines, index=frame.index)
    parts = []
    for column in series:
        part = frame[list(melt.id)].copy()
        part[melt.name] = column
        part[melt.value] = frame[column].astype(object)
        part["\x00line"] = place
        parts.append(part[part[melt.value].notna()])
    if not parts:
        raise SchemaError(f"{name}: melt finds no column of numbers beside {listed(melt.id)}.")
    long = pd.concat(parts, ignore_index=True)
    empty = len(frame) * len(series) - len(long)
    if empty:
        detail = _(
            "{name}: {empty} empty cells of the wide table are no records", name=name, empty=empty
        )
        notes.append(Note("melt", detail, value=float(empty)))
    lines = long.pop("\x00line").to_numpy(dtype=np.int64)
    return replace(raw, frame=long, lines=lines, notes=tuple(notes))
