"""Raw records to one canonical table: typed, checked, and every row accounted for."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from insights.errors import ParamsError, SchemaError
from insights.ingest.chosen_rows import choose_rows, cut_quotes, speakers
from insights.ingest.coercion import EPOCHS, Unread, Work, coerce
from insights.ingest.dates import parse_times
from insights.ingest.mapping import Mapped, map_columns
from insights.ingest.records import Note, Raw
from insights.ingest.reshape import reshape
from insights.ingest.schema import TABLES
from insights.ingest.screening import screen
from insights.ingest.sources import Source
from insights.messages import _

__all__ = ["Canonical", "canonical", "reference_time"]

_TITLE = re.compile(
    r"(?:review|comment|feedback)?[ _.-]?(?:title|headline)|title of (?:the )?review"
    r"|(?:评[论价])?标题|titel|überschrift|titre|título|titolo",
    re.I,
)
_GRACE = pd.Timedelta(days=1)  # a clock in another time zone may be ahead
_GAP = pd.Timedelta(days=366)
_LAST_YEAR = 2100


@dataclass(frozen=True)
class Canonical:
    """One source under canonical names and types.

    Attributes
    ----------
    frame
        Good rows with `source` and `line`; duplicates are still among them.
    quarantine, screened
        Set-aside rows: source, line, raw, reason, customer_id (not yet a pseudonym, and
        therefore left out of raw).
    rows_in
        Records found; equals the three lengths together.
    """

    table: str
    source: str
    frame: pd.DataFrame
    quarantine: pd.DataFrame
    screened: pd.DataFrame
    rows_in: int
    notes: tuple[Note, ...] = ()
    unread: Mapping[str, Unread] = field(default_factory=dict)


def canonical(
    raw: Raw,
    source: Source,
    table: str,
    name: str,
    *,
    timezone: str = "UTC",
    as_of: pd.Timestamp | None = None,
) -> Canonical:
    """Turn the raw records of one source into rows of a canonical table.

    Raises
    ------
    SchemaError
        Columns that are mapped or required are not there; all of them are named.
    DataError
        Day and month cannot be told apart, or a rating has no declared scale.
    """
    raw = choose_rows(raw, source, name)
    if source.questions:
        columns = {**source.columns, "text": "text", "question": "question"}
        source = source.model_copy(update={"columns": columns})
    raw = reshape(raw, source, table, name)
    mapped = map_columns(raw.frame, source, table, name)
    if mapped.failures:
        raise SchemaError("\n".join(mapped.failures), mapped.failures)
    frame = mapped.frame.copy()
    for column in TABLES[table].columns:
        if column.made == "source" and column.name not in frame:
            frame[column.name] = _source_name(mapped, source, name)
    work = Work(
        name, table, source, frame, source.timezone or timezone,
        np.full(len(frame), "", dtype=object), raw.delimiter,
    )  # fmt: skip
    empty = frame[[c for c in mapped.origin if c in frame]].isna().all(axis=1).to_numpy()
    written = frame.astype(object).copy()
    _titled(work, raw, mapped)
    coerce(work)
    _check_rows(work, as_of)
    if source.cut_quotes and "text" in work.frame:
        work.frame["text"], note = cut_quotes(work.frame["text"], name)
        work.notes.append(note)
    work.fault[empty] = ""
    screened = _screened(work, empty)
    if TABLES[table].prose and _unnamed(work.frame, TABLES[table].prose):
        told = raw.frame.drop(columns=mapped.origin.get("feedback_id", []))
        row_hash = pd.util.hash_pandas_object(told, index=False).to_numpy(copy=True)
        # two scores alone are two answers where their ids differ
        alone = work.frame[TABLES[table].prose].isna().to_numpy()
        row_hash[alone] = pd.util.hash_pandas_object(raw.frame[alone], index=False)
        work.frame["row_hash"] = row_hash
    notes = (*raw.notes, *work.notes)
    return _split(raw, work, written, screened, notes)


def reference_time(as_of: str) -> pd.Timestamp | None:
    """Read the collection time of a study; empty means that none is known."""
    if not as_of.strip():
        return None
    times = parse_times(pd.Series([as_of], dtype="str"), where="as_of")
    if times.unread.any():
        raise ParamsError(f"as_of is {as_of!r}: not a date; write it as 2026-11-30.")
    return times.values.iloc[0]


def _check_rows(work: Work, as_of: pd.Timestamp | None) -> None:
    frame, schema = work.frame, TABLES[work.table]
    columns = [column for column in schema.columns if column.name in frame]
    for column in columns:
        if column.required and column.name != schema.prose:
            work.reject(
                frame[column.name].isna().to_numpy(), _("{name} is missing", name=column.name)
            )
    for column in columns:
        if column.required and column.kind in ("time", "date"):
            _plausible(work, column.name, as_of)
    for column in columns:
        if column.empty and column.kind in ("time", "date"):
            days = frame[column.name]
            forever = (days.dt.year > _LAST_YEAR).to_numpy()
            detail = _(
                "{table} end after the year {year}; taken as {empty}",
                table=work.table,
                year=_LAST_YEAR,
                empty=column.empty,
            )
            work.note(column.name, forever, detail)
            frame[column.name] = days.mask(forever)
        if column.after and column.after in frame:
            early = (frame[column.name] < frame[column.after]).to_numpy()
            work.reject(early, _("{name} is before {after}", name=column.name, after=column.after))


def _plausible(work: Work, column: str, as_of: pd.Timestamp | None) -> None:
    """Reject dates after the collection time; without one, those far beyond all others.

    Without `as_of` a date is taken for a future one when it lies after the year 2100, or when
    it belongs to the last 1 % of rows (at least one row), and more than 366 days, and more than
    five times any other gap between days, part these rows from the rest.
    """
    days = work.frame[column]
    if as_of is not None:
        limit = as_of if days.dt.tz is not None else as_of.tz_localize(None)
        work.reject(
            (days > limit + _GRACE).to_numpy(), _("{column} is in the future", column=column)
        )
        return
    work.reject(
        (days.dt.year > _LAST_YEAR).to_numpy(), _("{column} is in the future", column=column)
    )
    sane = days[work.fault == ""].dropna()
    zero = sane.dt.strftime("%Y-%m-%d").isin(EPOCHS)
    rest = sane[~zero]
    if zero.any() and len(rest) and rest.min() - sane[zero].max() > 5 * _GAP:
        rows = days.index.isin(sane[zero].index)
        work.reject(
            rows, _("{column} is the zero of a computer's calendar, not a date", column=column)
        )
        sane = rest
    order = pd.Series(np.sort(sane.to_numpy(dtype="datetime64[us]")))
    gaps = order.diff()
    if len(order) < 5 or gaps.max() <= _GAP:
        return
    top = int(gaps.argmax())
    others = gaps.drop(index=top).max()
    if len(order) - top <= max(1, len(order) // 100) and gaps[top] > 5 * others:
        bound = order[top]
        late = days.to_numpy(dtype="datetime64[us]") >= bound.to_datetime64()
        work.reject(
            late, _("{column} is in the future: far beyond every other date", column=column)
        )


def _source_name(mapped: Mapped, source: Source, name: str) -> str:
    column = mapped.origin.get("value", "")
    plain = column.strip().lower() in ("", "value", "values", "y", "count", "数值", "值")
    several = len(source.path) > 1 or any("*" in pattern for pattern in source.path)
    return name if source.name or plain or several else column


def _titled(work: Work, raw: Raw, mapped: Mapped) -> None:
    """Take the title of a review for its text where there is no other."""
    prose = TABLES[work.table].prose
    used = {column for name, column in mapped.origin.items() if name in TABLES[work.table].names}
    titles = [c for c in raw.frame.columns if _TITLE.fullmatch(str(c).strip()) and c not in used]
    if not prose or not titles or prose not in mapped.origin:
        return
    lacking = work.frame[prose].isna() & raw.frame[titles[0]].notna()
    work.frame[prose] = work.frame[prose].where(~lacking, raw.frame[titles[0]])
    detail = _("texts were empty and are taken from {column}", column=repr(str(titles[0])))
    work.note("titles", lacking.to_numpy(), detail)


def _unnamed(frame: pd.DataFrame, prose: str) -> bool:
    """Whether some row names no customer, or has no text: then whole rows are compared."""
    columns = [column for column in ("customer_id", prose) if column in frame]
    return len(columns) < 2 or bool(frame[columns].isna().any(axis=None))


def _screened(work: Work, empty: np.ndarray) -> np.ndarray:
    """Return the reason why a row is screened out, '' where it is not."""
    reasons = np.where(empty, _("empty row"), "").astype(object)
    if "speaker" in work.frame:
        who = speakers(work.frame["speaker"], work.source.values.get("speaker", {}))
        work.frame["speaker"] = who.word
        work.reject(who.unknown, _("speaker is neither customer, agent nor bot"))
        reasons = np.where(reasons == "", who.reasons, reasons)
    schema = TABLES[work.table]
    if schema.prose:
        text = work.frame[schema.prose]
        found = screen(text).fillna("").to_numpy(dtype=object)
        good = (work.fault == "") & (reasons == "")
        scores = [column for column in schema.scores if column in work.frame]
        if scores:
            scored = work.frame[scores].notna().any(axis=1).to_numpy()
            silent = good & (found == _("empty text")) & scored
            work.frame[schema.prose] = text.mask(silent)
            _note_silent(work, silent, good & (found == "") & scored, scores)
            good &= ~silent
        reasons[good] = found[good]
    return reasons


def _note_silent(work: Work, silent: np.ndarray, wrote: np.ndarray, scores: list[str]) -> None:
    """Say how many gave a score and wrote nothing, and how their scores differ."""
    if not silent.any():
        return
    means = [
        (column, work.frame.loc[wrote, column].mean(), work.frame.loc[silent, column].mean())
        for column in scores
    ]
    compared = "; ".join(
        _(
            "mean {column} {without} without a text, {with_text} with one",
            column=column,
            without=f"{without:.2f}",
            with_text=f"{with_text:.2f}",
        )
        for column, with_text, without in means
        if with_text == with_text and without == without
    )
    detail = _(
        "rows have a score and no text; they count among the scores, and nothing that is said of "
        "texts holds for them"
    )
    work.note("no text", silent, f"{detail} ({compared})" if compared else detail)


def _split(
    raw: Raw, work: Work, written: pd.DataFrame, screened: np.ndarray, notes: Sequence[Note]
) -> Canonical:
    frame = work.frame.assign(source=work.name, line=raw.lines)
    apart = screened != ""
    fault = (work.fault != "") & ~apart
    aside = [
        _aside(written[rows], frame[rows], reasons[rows], work.name)
        for rows, reasons in ((fault, work.fault), (apart, screened))
    ]
    broken = _broken(raw, work)
    quarantine = pd.concat([broken, aside[0]], ignore_index=True).sort_values("line")
    accepted = frame[~fault & ~apart]
    if raw.left_out is not None:
        aside[1] = pd.concat([aside[1], raw.left_out.assign(source=work.name)]).sort_values("line")
    total = len(accepted) + len(quarantine) + len(aside[1])
    if total != raw.rows_in:
        raise ValueError(f"{work.name}: {raw.rows_in} rows in, {total} accounted for")
    return Canonical(
        work.table, work.name, accepted, quarantine.reset_index(drop=True),
        aside[1].reset_index(drop=True), raw.rows_in, tuple(notes),
        work.unread,
    )  # fmt: skip


def _aside(
    written: pd.DataFrame, frame: pd.DataFrame, reasons: np.ndarray, name: str
) -> pd.DataFrame:
    """Write rows out with the columns the study uses; a customer's id stays apart."""
    shown = [column for column in written.columns if column != "customer_id"]
    raw = [
        json.dumps(
            {key: str(value)[:500] for key, value in zip(shown, row, strict=True)
             if not (value is None or value is pd.NA or value != value)},
            ensure_ascii=False,
        )
        for row in written[shown].itertuples(index=False, name=None)
    ]  # fmt: skip
    customer = frame.get("customer_id")
    return _listed(name, frame["line"], raw, reasons, customer)


def _broken(raw: Raw, work: Work) -> pd.DataFrame:
    """List unreadable records, with the customer's id taken out where its place is known."""
    texts_, customers = [], []
    column = work.source.columns.get("customer_id", "customer_id")
    names = [str(name) for name in raw.frame.columns]
    place = names.index(column) if column in names else -1
    for text in raw.faults["raw"]:
        customer = None
        if raw.delimiter and place >= 0:
            fields = next(csv.reader([text], delimiter=raw.delimiter), [])
            if len(fields) > place and fields[place].strip():
                customer = fields[place].strip()
                text = text.replace(customer, "…")
        texts_.append(text)
        customers.append(customer)
    faults = raw.faults
    return _listed(work.name, faults["line"], texts_, faults["reason"], customers)


def _listed(name: str, line, raw, reason, customer) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "source": pd.Series([name] * len(raw), dtype="str"),
            "line": pd.Series(np.asarray(line, dtype="int64")),
            "raw": pd.Series(list(raw), dtype="str"),
            "reason": pd.Series([str(text) for text in reason], dtype="str"),
        }
    )
    known = [None] * len(frame) if customer is None else list(customer)
    return frame.assign(customer_id=pd.Series(known, dtype="str"))
