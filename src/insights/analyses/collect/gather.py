"""Sources to canonical tables without personal data, every row accounted for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from insights.analyses.collect.tables import OUTPUTS
from insights.enrich.language import detect_language, normal_language
from insights.enrich.privacy import KINDS, pseudonyms, redact
from insights.errors import DataError, SchemaError
from insights.ingest.canonical import Canonical, canonical, reference_time
from insights.ingest.identity import (
    Distinct,
    distinct_feedback,
    distinct_rows,
    lost_zeros,
    repeat_groups,
)
from insights.ingest.reading import read
from insights.ingest.records import Note
from insights.ingest.schema import TABLES
from insights.ingest.sources import Source, Sources
from insights.messages import _

__all__ = ["Collected", "gather"]

_NOT_TEXT = ("source", "repeat_group")


@dataclass(frozen=True)
class Collected:
    """What was collected.

    Attributes
    ----------
    tables
        Canonical tables, redacted, customer ids as pseudonyms.
    quarantine, screened, duplicates
        Rows that were set aside: source, line, raw (redacted), reason, customer_id, table.
    balance
        One row a source: rows_in = kept + quarantined + duplicates + screened.
    redactions
        table, column, kind, findings, rows.
    notes
        (source, note) pairs for the quality table.
    """

    tables: Mapping[str, pd.DataFrame]
    quarantine: pd.DataFrame
    screened: pd.DataFrame
    duplicates: pd.DataFrame
    balance: pd.DataFrame
    redactions: pd.DataFrame
    notes: tuple[tuple[str, Note], ...] = ()

    @property
    def saved(self) -> dict[str, pd.DataFrame]:
        """Every table to save but `balance` and `quality`, by name."""
        aside = {
            "quarantine": self.quarantine,
            "screened": self.screened,
            "duplicates": self.duplicates,
        }
        return {**self.tables, **aside}


def gather(
    sources: Sources, *, project: Path, key: bytes, timezone: str = "UTC", as_of: str = ""
) -> Collected:
    """Collect every source of a study.

    Parameters
    ----------
    sources
        The study's sources; paths are relative to `project`.
    key
        Of the pseudonyms, one for all tables.
    timezone
        Of times without an offset, where the source does not say.
    as_of
        Time of collection, after which nothing can have been given; empty when unknown.

    Raises
    ------
    DataError, SchemaError
        Whatever keeps a source from being read, all sources at once; or nothing is left.
    """
    parts = _canonical_parts(sources, project, timezone, reference_time(as_of))
    distinct = {table: _distinct(table, items, key) for table, items in parts.items()}
    balance = pd.DataFrame(
        [_balanced(item, distinct[table]) for table, items in parts.items() for item in items]
    )
    notes = [(item.source, note) for items in parts.values() for item in items
             for note in item.notes]  # fmt: skip
    notes += [(table, note) for table, found in distinct.items() for note in found.notes]
    notes += lost_zeros({table: found.kept for table, found in distinct.items()})
    quarantine = _aside(
        [item.quarantine.assign(table=table) for table, items in parts.items() for item in items]
        + [_shown(found.conflicts, table) for table, found in distinct.items()],
        key,
    )
    screened = _aside(
        [item.screened.assign(table=table) for table, items in parts.items() for item in items],
        key,
    )
    duplicates = _aside([_shown(found.duplicates, table) for table, found in distinct.items()], key)
    _refuse_empty(balance, quarantine, screened)
    tables, redactions = {}, []
    for table, found in distinct.items():
        tables[table], counts = _finished(table, found.kept, key)
        redactions.append(counts)
    return Collected(
        tables, quarantine, screened, duplicates, balance,
        pd.concat(redactions, ignore_index=True), tuple(notes),
    )  # fmt: skip


def _canonical_parts(
    sources: Sources, project: Path, timezone: str, as_of: pd.Timestamp | None
) -> dict[str, list[Canonical]]:
    parts: dict[str, list[Canonical]] = {}
    failures: list[DataError] = []
    names: Counter[str] = Counter()
    for table, source in sources.each():
        try:
            for name, raw in read(source, project, table=table):
                named = _fresh(name, table, names)
                part = _attempt(raw, source, table, named, (timezone, as_of), failures)
                parts.setdefault(table, []).extend(part)
        except DataError as error:
            failures.append(error)
    if failures:
        text = "\n".join(dict.fromkeys(str(failure) for failure in failures))
        if all(isinstance(failure, SchemaError) for failure in failures):
            raise SchemaError(text, text.splitlines())
        raise DataError(text)
    return parts


def _attempt(raw, source: Source, table: str, name: str, when, failures) -> list[Canonical]:
    """Understand one file; a refusal is noted, so that the other files are looked at too."""
    timezone, as_of = when
    try:
        return [canonical(raw, source, table, name, timezone=timezone, as_of=as_of)]
    except DataError as error:
        failures.append(error)
        return []


def _fresh(name: str, table: str, names: Counter[str]) -> str:
    """Give every source a name of its own."""
    names[name] += 1
    if names[name] == 1:
        return name
    return _fresh(
        f"{table}/{name}" if names[name] == 2 else f"{name} ({names[name]})", table, names
    )


def _distinct(table: str, items: Sequence[Canonical], key: bytes) -> Distinct:
    frames = [item.frame for item in items if len(item.frame)] or [items[0].frame]
    frame = pd.concat(frames, ignore_index=True)
    schema = TABLES[table]
    if schema.prose:
        return distinct_feedback(frame, key=key)
    return distinct_rows(frame, schema.key, schema.latest)


def _balanced(item: Canonical, found: Distinct) -> dict[str, object]:
    """Account for one source; a sum that does not hold is an error of ours."""
    count = {
        name: int((frame["source"] == item.source).sum())
        for name, frame in (
            ("kept", found.kept), ("duplicates", found.duplicates), ("conflicts", found.conflicts),
        )
    }  # fmt: skip
    parts = {
        "kept": count["kept"],
        "quarantined": len(item.quarantine) + count["conflicts"],
        "duplicates": count["duplicates"],
        "screened": len(item.screened),
    }
    if sum(parts.values()) != item.rows_in:
        raise ValueError(f"{item.source}: {item.rows_in} rows in, but accounted for {parts}")
    return {"source": item.source, "table": item.table, "rows_in": item.rows_in, **parts}


def _shown(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Write typed rows as the raw text of set-aside ones."""
    hidden = {"source", "line", "customer_id", "reason", "same_as", "copies"}
    columns = [column for column in frame.columns if column not in hidden]
    raw = [
        "; ".join(f"{key}={value}" for key, value in zip(columns, row, strict=True)
                  if isinstance(value, list) or not pd.isna(value))
        for row in frame[columns].itertuples(index=False, name=None)
    ]  # fmt: skip
    reason = (
        frame["reason"]
        if "reason" in frame
        else frame["same_as"].map(
            lambda other: _("duplicate of {id}", id=other), na_action="ignore"
        )
    )
    customer = frame.get("customer_id", pd.Series(None, index=frame.index, dtype="str"))
    out = frame[["source", "line"]].assign(
        raw=pd.Series(raw, index=frame.index, dtype="str"), reason=reason.astype("str"),
        customer_id=customer, table=table,
    )  # fmt: skip
    return out.assign(same_as=frame["same_as"]) if "same_as" in frame else out


def _aside(frames: Iterable[pd.DataFrame], key: bytes) -> pd.DataFrame:
    """Join set-aside rows, without personal data."""
    full = list(frames)
    filled = [frame for frame in full if len(frame)] or full[:1]
    frame = pd.concat(filled, ignore_index=True)
    columns = OUTPUTS["duplicates" if "same_as" in frame else "quarantine"].names
    ids = frame["customer_id"]
    named = pseudonyms(ids, key)
    lookup = {name: alias for name, alias in zip(ids, named, strict=True) if isinstance(name, str)}
    raw = redact(frame["raw"]).text
    frame = frame.assign(raw=_hidden(raw, lookup), customer_id=named)
    if "same_as" in frame:
        frame["same_as"] = _hidden(frame["same_as"], lookup)
        frame["reason"] = _hidden(frame["reason"], lookup)
    return frame[columns].sort_values(["source", "line"], kind="stable", ignore_index=True)


def _hidden(text: pd.Series, lookup: Mapping[str, str]) -> pd.Series:
    """Replace customer ids that are whole words by their pseudonyms."""
    known = {name: alias for name, alias in lookup.items() if len(name) > 3}
    if not known:
        return text
    word = re.compile(r"[\w@.+-]+")
    return text.map(
        lambda value: word.sub(lambda match: known.get(match[0], match[0]), value),
        na_action="ignore",
    ).astype("str")


def _refuse_empty(balance: pd.DataFrame, quarantine: pd.DataFrame, screened: pd.DataFrame) -> None:
    """Refuse when no row is left of the only table, or of any table at all."""
    left = balance.groupby("table", sort=False)["kept"].sum()
    if left.any():
        return
    lines = []
    for row in balance.itertuples():
        reasons = Counter(
            reason
            for frame in (quarantine, screened)
            for reason in frame.loc[frame["source"] == row.source, "reason"]
        )
        why = "; ".join(f"{reason}: {count}" for reason, count in reasons.most_common(3))
        why = f" ({why})" if why else ""
        lines.append(
            f"{row.source}: nothing left of {row.table}: {row.rows_in} rows in, "
            f"{row.quarantined} quarantined, {row.screened} screened{why}."
        )
    raise DataError("\n".join([*lines, "Check the file, the columns and the dates of the study."]))


def _finished(table: str, frame: pd.DataFrame, key: bytes) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Redact, pseudonymise, add language and repeats, and put columns and rows in order."""
    out, schema = frame.copy(), TABLES[table]
    if schema.prose:
        out[schema.prose] = out[schema.prose].astype("str")  # of scores alone all are null
        out = out.join(repeat_groups(out[schema.prose]))
    counts = []
    for column in out.columns:
        text = pd.api.types.is_string_dtype(out[column]) and out[column].dtype != object
        if not text or column in schema.ids or column in _NOT_TEXT:
            continue
        done = redact(out[column])
        out[column] = done.text
        counts += [
            (table, column, kind, int(done.counts[kind].sum()), int((done.counts[kind] > 0).sum()))
            for kind in KINDS
            if done.counts[kind].any()
        ]
    if "customer_id" in out:
        out["customer_id"] = pseudonyms(out["customer_id"], key)
    if schema.prose:
        found = detect_language(out[schema.prose])
        if "language" in out:
            given = normal_language(out["language"])
            found = given.where(given.notna(), found)
        out["language"] = found
    first = [column for column in schema.names if column in out]
    out = out[[*first, *(column for column in out.columns if column not in first)]]
    out = out.sort_values(list(schema.order or schema.key), kind="stable", ignore_index=True)
    columns = ["table", "column", "kind", "findings", "rows"]
    return out, pd.DataFrame(counts, columns=columns)
