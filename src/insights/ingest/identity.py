"""Which records are the same: ids, exact duplicates, repeated texts."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.ingest.records import Note
from insights.messages import _

__all__ = ["Distinct", "distinct_feedback", "distinct_rows", "lost_zeros", "repeat_groups"]

_UNIT = "\x1f"
_NULL = "\x00"


@dataclass(frozen=True)
class Distinct:
    """Rows without their duplicates.

    Attributes
    ----------
    kept, duplicates
        The rows, split; duplicates carry `same_as`, the id of the row they repeat.
    conflicts
        Rows that contradict another under the same key, with a reason.
    """

    kept: pd.DataFrame
    duplicates: pd.DataFrame
    conflicts: pd.DataFrame
    notes: tuple[Note, ...] = ()


def distinct_feedback(frame: pd.DataFrame, *, key: bytes) -> Distinct:
    """Merge records equal in source, customer, time and text; give ids to those without.

    Where the customer is unknown, or nothing but a score was given, nothing shows that two equal
    rows are one, so every other column must agree too, those of the source that the study does
    not use among them (`row_hash`, which is taken out). Which copy is kept does not depend on
    the order of rows.
    Ids are keyed hashes of source and content: stable under reordering, and nobody without
    the key can test a guessed text against them. `copies` counts the merged records.
    """
    hashes = frame.get("row_hash")
    frame = frame.drop(columns="row_hash", errors="ignore")
    if frame.empty:
        empty = frame.assign(copies=pd.Series(dtype="int64"))
        return Distinct(empty, frame.assign(same_as=pd.Series(dtype="str")), _none(frame))
    content = _joined(frame, ("source", "customer_id", "created_at", "text"))
    rest = [column for column in frame.columns if column not in ("line", "file", "feedback_id")]
    whole = _joined(frame, rest)
    identity = content
    if hashes is not None:
        several = hashes.groupby(whole).transform("nunique") > 1
        apart = whole.where(~several, whole + _UNIT + hashes.astype(str))
    else:
        apart = whole
    if "customer_id" in frame:
        known = frame["customer_id"].notna() & frame["text"].notna()
        identity = content.where(known, apart)
    elif frame["text"].duplicated().any():
        identity = apart
    ordered = frame.assign(_content=content, _identity=identity, _whole=whole)
    order = ["_content", "_whole", *(["feedback_id"] if "feedback_id" in frame else []), "line"]
    ordered = ordered.sort_values(order, kind="stable")
    first = ~ordered["_identity"].duplicated()
    unique = ordered[first].copy()
    unique["copies"] = unique["_identity"].map(ordered["_identity"].value_counts()).astype("int64")
    ids, notes = _ids(unique, key)
    unique["feedback_id"] = ids
    duplicates = ordered[~first].copy()
    named = pd.Series(ids.to_numpy(), index=unique["_identity"].to_numpy())
    duplicates["same_as"] = duplicates["_identity"].map(named).astype("str")
    scratch = ["_content", "_identity", "_whole"]
    return Distinct(
        unique.drop(columns=scratch), duplicates.drop(columns=scratch), _none(frame), notes
    )


def _ids(unique: pd.DataFrame, key: bytes) -> tuple[pd.Series, tuple[Note, ...]]:
    """Return unique ids: supplied ones as they are, suffixed when reused for other content."""
    digests = [
        hmac.new(key, content.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16]
        for content in unique["_identity"]
    ]
    made = pd.Series([f"f_{digest}" for digest in digests], index=unique.index, dtype="str")
    if "feedback_id" not in unique:
        return made, ()
    supplied = unique["feedback_id"].astype("str")
    ids = supplied.where(supplied.notna(), made)
    place = ids.groupby(ids).cumcount()
    reused = int((place > 0).sum())
    if not reused:
        return ids, ()
    taken = set(ids)
    suffixed = []
    for name, count in zip(ids, place, strict=True):
        fresh, number = name, count + 1
        while count and fresh in taken:
            fresh, number = f"{name}-{number}", number + 1
        taken.add(fresh)
        suffixed.append(fresh)
    example = ids[place > 0].min()
    detail = _(
        "{reused} records reuse an id for other content, such as {example}; suffix added",
        reused=reused,
        example=example,
    )
    notes = (Note("ids reused", detail, passed=False, value=float(reused), n=len(unique)),)
    return pd.Series(suffixed, index=unique.index, dtype="str"), notes


def distinct_rows(frame: pd.DataFrame, keys: Sequence[str], latest: str = "") -> Distinct:
    """Merge equal rows; rows with one key and different content are conflicts.

    Where `latest` names a date the row with the last one is kept, as of customers that come back;
    else nobody can say which row is right, so none of them is kept.
    """
    keys = list(keys)
    rest = [column for column in frame.columns if column not in ("line", "file", "source")]
    whole = _joined(frame, rest)
    ordered = frame.assign(_whole=whole).sort_values(["_whole", "line"], kind="stable")
    copy = ordered["_whole"].duplicated()
    once = ordered[~copy]
    name = _joined(once, keys)
    if latest:
        spells = once.assign(_key=name).sort_values(["_key", latest, "_whole"])
        clash = spells["_key"].duplicated(keep="last").reindex(once.index)
        reason = _(
            "{keys} appears again with a later or different row, which is kept",
            keys=_(" and ").join(keys),
        )
    else:
        clash = name.duplicated(keep=False)
        reason = _("several different rows for one {keys}", keys=_(" and ").join(keys))
    duplicates = ordered[copy].assign(same_as=_joined(ordered[copy], keys, " "))
    conflicts = once[clash].assign(reason=reason)
    unique = once[~clash].sort_values(keys, kind="stable")
    return Distinct(*(part.drop(columns="_whole") for part in (unique, duplicates, conflicts)))


def lost_zeros(tables: Mapping[str, pd.DataFrame]) -> list[tuple[str, Note]]:
    """Say which customers would be known, had a spreadsheet not dropped zeros of their ids."""
    if "customers" not in tables:
        return []
    known = set(tables["customers"]["customer_id"].dropna())
    bare = {name.lstrip("0") for name in known}
    notes = []
    for table, frame in tables.items():
        if table == "customers" or "customer_id" not in frame:
            continue
        ids = set(frame["customer_id"].dropna()) - known
        lost = sorted(name for name in ids if name.lstrip("0") in bare)
        if lost:
            detail = _(
                "{n} customers of {table} would be known without leading zeros, such as {example}: "
                "a spreadsheet dropped them; export the ids as text",
                n=len(lost),
                table=table,
                example=repr(lost[0]),
            )
            notes.append((table, Note("ids without zeros", detail, False, len(lost), len(ids))))
    return notes


def repeat_groups(text: pd.Series) -> pd.DataFrame:
    """Return `repeat_group` (null where a text is unique) and `repeats`, its size; shape (rows, 2).

    Texts are compared without case and with space collapsed.
    """
    plain = text.str.lower().map(lambda value: " ".join(value.split()), na_action="ignore")
    count = plain.map(plain.value_counts()).fillna(1).astype("int64")
    names = {
        value: "r_" + hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:12]
        for value in plain[count > 1].unique()
    }
    return pd.DataFrame({"repeat_group": plain.map(names).astype("str"), "repeats": count})


def _joined(frame: pd.DataFrame, columns, mark: str = _UNIT) -> pd.Series:
    """Write the given columns of each row as one string, for comparing and hashing."""
    parts = [_written(frame[column]) for column in columns if column in frame]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + mark + part
    return pd.Series(joined, index=frame.index, dtype=object)


def _written(column: pd.Series) -> np.ndarray:
    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        unit = column.dt.as_unit("us").astype("int64")
        return unit.astype(str).to_numpy(dtype=object)
    return np.array([_NULL if _isnull(value) else str(value) for value in column], dtype=object)


def _isnull(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def _none(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:0].assign(reason=pd.Series(dtype="str"))
