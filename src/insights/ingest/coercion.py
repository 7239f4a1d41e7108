"""Cells to typed values, column by column, with what could not be read."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from insights.errors import DataError
from insights.ingest.dates import format_hint, parse_dates, parse_times
from insights.ingest.rating_words import word_scale
from insights.ingest.records import Note
from insights.ingest.schema import TABLES, Column
from insights.ingest.sources import Source
from insights.ingest.values import amounts, labels, lists, numbers, separator_doubt, texts
from insights.messages import _

__all__ = ["EPOCHS", "Unread", "Work", "coerce"]

_ROUNDED = re.compile(r"[-+]?\d[.,]?\d*[Ee]\+\d{2,}")
_SLASHED = re.compile(r"\s*(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4}")
_SEEN = 5  # real dates from which days of 12 or less alone are no chance (1 %)
# the zeros of computers' calendars, written where no date is known
EPOCHS = ("1970-01-01", "1980-01-01", "1900-01-01", "1899-12-30", "1899-12-31", "1904-01-01")


@dataclass(frozen=True)
class Unread:
    """Values of a column that were there and were not read: how many, of how many, and which."""

    count: int
    rows: int
    examples: tuple[str, ...]


@dataclass
class Work:
    """One source under way: the first fault found of each row counts."""

    name: str
    table: str
    source: Source
    frame: pd.DataFrame
    timezone: str
    fault: np.ndarray
    delimiter: str = ""
    notes: list[Note] = field(default_factory=list)
    unread: dict[str, Unread] = field(default_factory=dict)

    def miss(self, column: str, bad: np.ndarray) -> None:
        """Keep examples of values that were not read."""
        cells = self.frame[column]
        if bad.any():
            examples = tuple(dict.fromkeys(str(value)[:80] for value in cells[bad].iloc[:50]))
            self.unread[column] = Unread(int(bad.sum()), int(cells.notna().sum()), examples[:5])

    def reject(self, rows: np.ndarray, reason: str) -> None:
        """Set rows aside that were good so far."""
        self.fault[rows & (self.fault == "")] = reason

    def note(self, check: str, rows: np.ndarray, detail: str, passed: bool | None = None) -> None:
        """Add a line on how many rows are meant, if any."""
        count = int(rows.sum())
        if count:
            n = len(self.frame)
            self.notes.append(Note(check, f"{self.name}: {count} {detail}", passed, count, n))


def coerce(work: Work) -> None:
    """Give every column of the frame its declared type; faults and notes go to `work`."""
    schema = TABLES[work.table]
    for column in work.frame.columns:
        if column in schema.names:
            work.frame[column] = _typed(work, schema[column])
        elif schema.further == "numbers" or (
            schema.further == "any" and not numbers(work.frame[column])[1].any()
        ):
            work.frame[column] = numbers(work.frame[column], decimal=_decimal(work, column))[0]
        else:
            work.frame[column] = labels(work.frame[column], strict=False)


def _typed(work: Work, column: Column) -> pd.Series:
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
    if column.kind == "id":
        return _undamaged(work, column, labels(cells))
    return texts(cells) if column.kind == "text" else labels(cells, strict=False)


def _undamaged(work: Work, column: Column, ids: pd.Series) -> pd.Series:
    """Take out ids that a spreadsheet rounded, such as 4.10E+15: they name nobody."""
    bad = ids.str.fullmatch(_ROUNDED).fillna(False).to_numpy(bool)
    if not bad.any():
        return ids
    detail = _(
        "values of {name} such as {example} were rounded by a spreadsheet and name nobody; export "
        "them as text",
        name=column.name,
        example=repr(ids[bad].iloc[0]),
    )
    work.note("ids damaged", bad, detail, False)
    if column.required:
        work.reject(bad, _("{name} was rounded by a spreadsheet", name=column.name))
    return ids.mask(bad)


def _when(work: Work, column: Column) -> pd.Series:
    where, cells = f"{work.name}.{column.name}", work.frame[column.name]
    cells = _unswapped(work, cells, where)
    formats, day_first = work.source.dates, work.source.day_first
    if column.kind == "time":
        times = parse_times(
            cells, timezone=work.timezone, formats=formats, day_first=day_first, where=where
        )
    else:
        times = parse_dates(cells, formats=formats, day_first=day_first, where=where)
    work.notes.extend(times.notes)
    work.miss(column.name, np.asarray(times.unread))
    _readable(work, column, cells, times.unread)
    if column.required:
        _not_a_placeholder(where, times.values)
    if column.required or column.empty:
        work.reject(times.unread, _("{name} is not a date that can be read", name=column.name))
    else:
        detail = _("values of {name} are not dates that can be read; left empty", name=column.name)
        work.note(column.name, times.unread, detail, False)
    return times.values


def _unswapped(work: Work, cells: pd.Series, where: str) -> pd.Series:
    """Ask where a spreadsheet may have swapped day and month of the dates it could read.

    It turns 03/01/2025 into the third of January or the first of March by its own settings, and
    leaves 13/01/2025 as text: then every real date has a day of 12 or less, every text one above.
    """
    if cells.dtype.kind != "O":
        return cells
    real = cells.map(lambda value: isinstance(value, dt.date))
    days = [value.day for value in cells[real.astype(bool)]]
    texts_ = [
        (int(match[1]), int(match[2]))
        for value in cells[~real.astype(bool)].dropna()
        if (match := _SLASHED.match(str(value)))
    ]
    if len(days) < _SEEN or len(texts_) < 2 or max(days) > 12 or len(set(days)) < 3:
        return cells
    day, month = (all(pair[place] > 12 for pair in texts_) for place in (0, 1))
    if not (day or month):
        return cells
    if work.source.day_first is None:
        example = next(str(value) for value in cells[~real.astype(bool)].dropna())
        raise DataError(
            f"{where}: {len(days)} dates have a day of 12 or less, and {len(texts_)} texts such as "
            f"{example!r} a day above 12: a spreadsheet has perhaps swapped day and month of the "
            f"former. Set day_first: {str(day).lower()} to swap them back, or day_first: "
            f"{str(month).lower()} to take them as they are."
        )
    if work.source.day_first == day:
        swap = [
            value.replace(day=value.month, month=value.day) if isinstance(value, dt.date) else value
            for value in cells
        ]
        work.note("dates swapped", real.to_numpy(bool), _("dates had day and month swapped back"))
        return pd.Series(swap, index=cells.index, dtype=object)
    work.note("dates swapped", real.to_numpy(bool), _("dates were taken as they are"))
    return cells


def _readable(work: Work, column: Column, cells: pd.Series, unread: np.ndarray) -> None:
    """Say which values are no dates, and what would read them; refuse where that is all of them."""
    if not unread.any():
        return
    example, there = str(cells[unread].iloc[0]), int(cells.notna().sum())
    form = "" if work.source.dates else format_hint(example)
    remedy = f"add dates: {form!r}" if form else "name their format, such as dates: '%d.%m.%Y'"
    if column.required and unread.sum() == there:
        raise DataError(
            f"{work.name}.{column.name}: {there} of {there} not read, such as {example[:60]!r}; "
            f"{remedy}."
        )
    detail = _(
        "of {there} values of {name} are no dates that can be read, such as {example}",
        there=there,
        name=column.name,
        example=repr(example[:60]),
    )
    work.note("dates not read", unread, f"{detail}; {remedy}" if form else detail)


def _not_a_placeholder(where: str, times: pd.Series) -> None:
    """Refuse dates that are all the zero of a calendar: they stand for no date."""
    days = times.dropna().dt.strftime("%Y-%m-%d")
    if len(days) > 1 and days.isin(EPOCHS).all():
        raise DataError(
            f"{where}: every date is {days.iloc[0]}, which programs write where no date was kept. "
            f"Name another column, columns: {{created_at: …}}, or the day on which all of it was "
            f"collected, set: {{created_at: 2025-01-31}}."
        )


def _number(work: Work, column: Column) -> pd.Series:
    cells = _worded(work, column)
    values, bad = numbers(
        cells, decimal=_decimal(work, column.name, bounded=column.high is not None)
    )
    if bad.any() and values.notna().sum() == 0 and column.name not in work.source.columns:
        work.frame[f"{column.name} as written"] = labels(cells, strict=False)
    work.miss(column.name, bad)
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


def _decimal(work: Work, name: str, *, bounded: bool = False) -> str:
    """What parts a fraction, as the study says; refuses to guess where values show it nowhere."""
    if work.source.decimal or bounded:
        return work.source.decimal
    mark, example = separator_doubt(work.frame[name])
    if mark == "" or (mark == "," and work.delimiter != ";"):
        return ""
    if mark == "." and work.delimiter == ";":
        there = work.frame[name].notna().to_numpy()
        detail = _(
            "values of {name} such as {example} are read as thousands, as semicolons part the "
            "columns of the file; set decimal: '.' if they are fractions",
            name=name,
            example=repr(example),
        )
        work.note("thousands", there, detail)
        return ","
    whole, part = example.split(mark)
    other = "," if mark == "." else "."
    raise DataError(
        f"{work.name}.{name}: cannot tell whether {example!r} is {whole}{part} or {whole} and "
        f"{part} thousandths. Set decimal: {other!r} for {whole}{part}, or decimal: {mark!r}."
    )


def _worded(work: Work, column: Column) -> pd.Series:
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


def _share(work: Work, values: pd.Series) -> pd.Series:
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
