"""Source columns to canonical columns: what a study declares, and what names itself."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from insights.errors import did_you_mean, listed
from insights.ingest.schema import TABLES, Table
from insights.ingest.sources import Source
from insights.ingest.values import numbers

__all__ = ["Mapped", "map_columns"]

_NEAR = 0.8  # likeness from which a name is asked about: any other makes a dimension


@dataclass(frozen=True)
class Mapped:
    """Records under canonical names.

    Attributes
    ----------
    frame
        Canonical columns and dimensions, values as they were read.
    origin
        Canonical column to the source column it came from; constants are absent.
    failures
        Complaints about columns, empty when all is well.
    """

    frame: pd.DataFrame
    origin: Mapping[str, str]
    failures: tuple[str, ...] = ()


def map_columns(frame: pd.DataFrame, source: Source, table: str, name: str) -> Mapped:
    """Rename the columns a study maps, keep its dimensions, add its constants."""
    schema = TABLES[table]
    found = [str(column) for column in frame.columns]
    failures = [
        f"{name}: 'columns: {canonical}: {column}' names a column that is not there."
        f"{did_you_mean(column, found)} Columns found: {listed(found, 30)}."
        for canonical, column in source.columns.items()
        if column not in found
    ]
    failures += [
        f"{name}: 'columns: {canonical}' is no column of {table}."
        f"{did_you_mean(canonical, schema.names)} Allowed: {', '.join(schema.names)}; "
        f"to keep it under this name list it in dimensions too."
        for canonical in source.columns
        if canonical not in (*schema.names, *source.dimensions)
        and difflib.get_close_matches(canonical.lower(), schema.names, n=1, cutoff=_NEAR)
    ]
    origin = {key: column for key, column in source.columns.items() if column in found}
    taken = set(origin.values())
    folded = {column.strip().lower(): column for column in reversed(found)}
    for canonical in schema.names:
        if canonical not in origin and folded.get(canonical) not in (None, *taken):
            origin[canonical] = folded[canonical]
    origin |= _found_unasked(frame, schema, origin)
    used = set(origin.values())
    for dimension in source.dimensions:
        if dimension in origin:
            continue
        if dimension in found:
            origin[dimension] = dimension
        elif dimension not in source.set:
            failures.append(
                f"{name}: dimension '{dimension}' is not there.{did_you_mean(dimension, found)} "
                f"Columns found: {listed(found, 30)}."
            )
    if schema.further == "any":
        origin |= {c: c for c in found if c not in used and c not in origin}
    elif schema.further == "numbers":
        origin |= _further_numbers(frame, used | set(origin))
    out = pd.DataFrame({key: frame[column] for key, column in origin.items()}, index=frame.index)
    for key, value in source.set.items():
        out[key] = pd.Series(value, index=out.index, dtype=object)
    if source.channel:
        out["channel"] = pd.Series(source.channel, index=out.index, dtype=object)
    if schema.prose and schema.prose not in out and any(score in out for score in schema.scores):
        out[schema.prose] = pd.Series(None, index=out.index, dtype=object)  # scores alone
    for column in schema.required:
        if column not in out and not schema[column].made and column not in source.columns:
            failures.append(
                f"{name}: {table} needs a column '{column}' ({schema[column].about}). Add "
                f"columns: {{{column}: …}}. Columns found: {listed(found, 30)}."
            )
    return Mapped(out, origin, tuple(failures))


def _found_unasked(frame: pd.DataFrame, schema: Table, origin: Mapping[str, str]) -> dict[str, str]:
    """Find columns by their other names, and one by being the only column of numbers left."""
    found = dict[str, str]()
    taken = set(origin.values())
    for column in schema.columns:
        names = column.taken.split() if column.name not in origin else ()
        free = [c for c in frame.columns if str(c).strip().lower() in names and c not in taken]
        if free:
            found[column.name] = free[0]
            taken.add(free[0])
    for column in schema.columns:
        if column.lone and column.name not in origin:
            numeric = list(_further_numbers(frame, taken))
            if len(numeric) == 1:
                found[column.name] = numeric[0]
    return found


def _further_numbers(frame: pd.DataFrame, taken: set[str]) -> dict[str, str]:
    """Return the other columns in which every value is a number."""
    further = {}
    for column in frame.columns:
        if column in taken:
            continue
        values, bad = numbers(frame[column])
        if not bad.any() and values.notna().any():
            further[column] = column
    return further
