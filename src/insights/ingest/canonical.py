"""Raw records to one canonical table: typed, checked, and every row accounted for."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from insights.errors import DataError, ParamsError, SchemaError
from insights.ingest.chosen_rows import choose_rows, cut_quotes, speakers
from insights.ingest.dates import parse_dates, parse_times
from insights.ingest.mapping import Mapped, map_columns
from insights.ingest.rating_words import word_scale
from insights.ingest.records import Note, Raw
from insights.ingest.reshape import reshape
from insights.ingest.schema import TABLES, Column
from insights.ingest.screening import screen
from insights.ingest.sources import Source
from insights.ingest.values import amounts, labels, lists, numbers, texts
from insights.messages import _

__all__ = ["Canonical", "canonical", "reference_time"]

_GRACE = pd.Timedelta(days=1)  # a clock in another time zone may be ahead
_GAP = pd.Timedelta(days=366)
_EPOCHS = ("1970-01-01", "1900-01-01", "1899-12-30", "1899-12-31", "1904-01-01")
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


@dataclass
class _Work:
    """One source under way: the first fault found of each row counts."""

    name: str
    table: str
    source: Source
    frame: pd.DataFrame
    timezone: str
    fault: np.ndarray
    notes: list[Note] = field(default_factory=list)

    def reject(self, rows: np.ndarray, reason: str) -> None:
        self.fault[rows & (self.fault == "")] = reason

    def note(self, check: str, rows: np.ndarray, detail: str, passed: bool | None = None) -> None:
        count = int(rows.sum())
        if count:
            n = len(self.frame)
            self.notes.append(Note(check, f"{self.name}: {count} {detail}", passed, count, n))


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
    work = _Work(
        name, table, source, frame, source.timezone or timezone,
        np.full(len(frame), "", dtype=object),
    )  # fmt: skip
    empty = frame[[c for c in mapped.origin if c in frame]].isna().all(axis=1).to_numpy()
    written = frame.astype(object).copy()
    _coerce(work)
    _check_rows(work, as_of)
    if source.cut_quotes and "text" in work.frame:
        work.frame["text"], note = cut_quotes(work.frame["text"], name)
        work.notes.append(note)
    work.fault[empty] = ""
    screened = _screened(work, empty)
    if TABLES[table].prose and ("customer_id" not in frame or frame["customer_id"].isna().any()):
        told = raw.frame.drop(columns=mapped.origin.get("feedback_id", []))
        work.frame["row_hash"] = pd.util.hash_pandas_object(told, index=False).to_numpy()
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


def _coerce(work: _Work) -> None:
    schema = TABLES[work.table]
    for column in work.frame.columns:
        if column in schema.names:
            work.frame[column] = _typed(work, schema[column])
        elif schema.further == "numbers" or (
            schema.further == "any" and not numbers(work.frame[column])[1].any()
        ):
            work.frame[column] = numbers(work.frame[column])[0]
        else:
            work.frame[column] = labels(work.frame[column], strict=False)


def _typed(work: _Work, column: Column) -> pd.Series:
    cells = work.frame[column.name]
    if column.kind == "amount":
        values, bad = amounts(cells)
        work.note(
            column.name,
            bad,
            _(
                "values of {name} are neither a number nor {{low, mode, high}} in that "
                "order; left empty",
                name=column.name,
            ),
            False,
        )
        return values
    if column.kind in ("time", "date"):
        return _when(work, column)
    if column.kind in ("number", "share"):
        return _number(work, column)
    if column.kind == "list":
        return lists(cells)
    return texts(cells) if column.kind == "text" else labels(cells, strict=column.kind == "id")


def _when(work: _Work, column: Column) -> pd.Series:
    where, cells = f"{work.name}.{column.name}", work.frame[column.name]
    formats, day_first = work.source.dates, work.source.day_first
    if column.kind == "time":
        times = parse_times(
            cells, timezone=work.timezone, formats=formats, day_first=day_first, where=where
        )
    else:
        times = parse_dates(cells, formats=formats, day_first=day_first, where=where)
    work.notes.extend(times.notes)
    if column.required or column.empty:
        work.reject(times.unread, _("{name} is not a date that can be read", name=column.name))
    else:
        detail = _("values of {name} are not dates that can be read; left empty", name=column.name)
        work.note(column.name, times.unread, detail, False)
    return times.values


def _number(work: _Work, column: Column) -> pd.Series:
    cells = _worded(work, column)
    values, bad = numbers(cells)
    if column.kind == "share":
        values = _share(work, values)
    if column.required:
        work.reject(bad, _("{name} is not a number", name=column.name))
    else:
        work.note(
            column.name,
            bad,
            _("values of {name} are not numbers; left empty", name=column.name),
            False,
        )
    low = -np.inf if column.low is None else column.low
    high = np.inf if column.high is None else column.high
    outside = ((values < low - 1e-9) | (values > high + 1e-9)).to_numpy()
    if column.whole:
        outside = outside | (values.notna() & (values % 1 != 0)).to_numpy()
    allowed = f"{low:g} to {high:g}" if np.isfinite(high) else _("{low} or more", low=f"{low:g}")
    if column.kind == "share" and work.source.rating_scale:
        worst, best = work.source.rating_scale
        allowed = _("its declared scale {worst} to {best}", worst=f"{worst:g}", best=f"{best:g}")
    work.note(
        column.name,
        outside,
        _("values of {name} lie outside {allowed}; left empty", name=column.name, allowed=allowed),
        False,
    )
    return values.mask(outside).clip(low, high) if column.kind == "share" else values.mask(outside)


def _worded(work: _Work, column: Column) -> pd.Series:
    """The cells with words put into numbers: as the source says, else as a scale that is known."""
    cells = work.frame[column.name]
    stated = {
        str(word).strip().casefold(): number
        for word, number in work.source.values.get(column.name, {}).items()
    }
    if stated:
        plain = cells.astype("string").str.strip().str.casefold()
        return plain.map(stated).astype(object).where(plain.isin(stated), cells)
    if column.kind != "share" or numbers(cells)[0].notna().mean() > 0.5 * cells.notna().mean():
        return cells
    found = word_scale(column.name, cells)
    if found is None:
        return cells
    low, high = work.source.rating_scale or (0.0, 1.0)
    read = {word: low + share * (high - low) for word, share in found.shares.items()}
    words = ", ".join(f"{word} {share:.3g}" for word, share in found.shares.items())
    plain = cells.astype("string").str.strip()
    work.note(
        column.name,
        plain.isin(read).to_numpy(bool, na_value=False),
        _("ratings are words and were read as shares of a scale: {words}", words=words),
    )
    return plain.map(read).astype(object).where(plain.isin(read), cells)


def _share(work: _Work, values: pd.Series) -> pd.Series:
    scale = work.source.rating_scale
    if scale is not None:
        return (values - scale[0]) / (scale[1] - scale[0])
    known = values.dropna()
    if known.between(0, 1).all():
        return values
    raise DataError(
        f"{work.name}: rating has values from {known.min():g} to {known.max():g} and no scale. "
        f"Set rating_scale: [worst, best], such as [1, 5]."
    )


def _check_rows(work: _Work, as_of: pd.Timestamp | None) -> None:
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


def _plausible(work: _Work, column: str, as_of: pd.Timestamp | None) -> None:
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
    zero = sane.dt.strftime("%Y-%m-%d").isin(_EPOCHS)
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


def _screened(work: _Work, empty: np.ndarray) -> np.ndarray:
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


def _note_silent(work: _Work, silent: np.ndarray, wrote: np.ndarray, scores: list[str]) -> None:
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
    raw: Raw, work: _Work, written: pd.DataFrame, screened: np.ndarray, notes: Sequence[Note]
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


def _broken(raw: Raw, work: _Work) -> pd.DataFrame:
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
