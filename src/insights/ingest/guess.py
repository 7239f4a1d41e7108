"""A stranger's files to a study: each guess with its reason, each doubt marked."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from insights.errors import DataError, ParamsError, listed
from insights.ingest.dates import format_hint, parse_times
from insights.ingest.draft import Draft, place, quoted, written
from insights.ingest.profile import Profile, named, profile
from insights.ingest.rating_words import word_scale
from insights.ingest.reading import read_file, sheets, stem
from insights.ingest.records import Raw
from insights.ingest.reshape import is_trends
from insights.ingest.schema import TABLES
from insights.ingest.sources import Source
from insights.ingest.values import numbers
from insights.ingest.wide_dates import wide_dates
from insights.ingest.workbook import ALL

__all__ = ["guess_study"]

_CHANNELS = {
    "ticket": ("ticket", "support", "case", "工单"),
    "review": ("review", "rating", "stars", "评论", "评价", "点评", "hotel", "comment"),
    "social": ("tweet", "twitter", "weibo", "微博"),
    "survey": ("survey", "nps", "csat", "response", "问卷", "调查", "remarks"),
    "complaint": ("complaint", "投诉"),
    "chat": ("chat", "conversation", "会话", "聊天"),
    "email": ("email", "mail", "邮件"),
}
_MOST_DIMENSIONS = 6


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
    for file in files:
        guess = _guess(*_fullest(file), file)
        entries.setdefault(guess.role, []).extend(written(guess, place(file, project)))
    lines = [
        f"# Study '{name}', guessed from {len(files)} file{'s' if len(files) > 1 else ''}.",
        "# Every guess carries its reason; 'cannot tell' marks what you should settle.",
        f"study: {name}",
        f"title: {quoted(name.replace('-', ' ').replace('_', ' ').capitalize())}",
        "timezone: UTC  # cannot tell: set the zone in which times without an offset were written",
        "sources:",
    ]
    for role in TABLES:
        if role in entries:
            lines += [f"  {role}:", *entries[role]]
    return "\n".join(lines) + "\n"


def _fullest(file: Path) -> tuple[Raw, str]:
    """Read a file; of a workbook with several sheets, those alike, or the one with most records."""
    found = sheets(file)
    full = {name: columns for name, (count, columns) in found.items() if count}
    if len(full) > 1 and len({frozenset(columns) for columns in full.values()}) == 1:
        return read_file(file, Source(path=(file.name,), sheet=ALL)), ALL
    most = max(found, key=lambda name: found[name][0]) if full else ""
    if len(found) < 2 or not most:
        return read_file(file), ""
    return read_file(file, Source(path=(file.name,), sheet=most)), most


def _guess(raw: Raw, sheet: str, file: Path) -> Draft:
    frame = raw.frame
    if frame.empty:
        raise DataError(f"{file.name}: has a header and no record; nothing can be guessed.")
    columns = {name: profile(name, frame[name]) for name in frame.columns}
    if is_trends(frame):
        guess = Draft("market", "recognised as a Google Trends export")
    else:
        guess = _role(columns, frame, file)
    if sheet:
        why = (
            "all sheets, which have the same columns"
            if sheet == ALL
            else "the sheet with most records"
        )
        guess.options.append((f"sheet: {quoted(sheet)}", why))
    for note in raw.notes:
        found = re.search(r"encoding: ([\w-]+)", note.detail)
        if note.check == "encoding" and found:
            guess.options.append((f"encoding: {found[1]}", "detected from the bytes"))
    for note in raw.notes:
        if note.check in ("no header", "mojibake", "encodings mixed", "sheet"):
            guess.doubts.append(note.detail)
    if raw.delimiter not in ("", ","):
        guess.options.append((f"delimiter: {json.dumps(raw.delimiter)}", "detected"))
    return guess


def _role(columns: dict[str, Profile], frame: pd.DataFrame, file: Path) -> Draft:
    """Decide what the file is, most telling sign first."""
    text = _best(columns, "text", lambda p: p.is_text, by_length=True)
    churned = _best(columns, "churned", lambda p: p.values == 2, need=0.3)
    customer = _customer(columns)
    dates = [p for p in columns.values() if p.is_date]
    wide = wide_dates(columns, frame)
    if wide is not None:
        return wide
    by_name = _by_names(columns)
    if by_name is not None:
        return by_name
    if churned and not (text and dates and text.filled > 0.5) and not dates:
        return _snapshot(columns, churned, customer)
    if text is not None:
        return _feedback(columns, text, frame, file)
    start = _best(columns, "started_at", lambda p: p.is_date, need=0.3)
    if customer and start and columns[customer.name].distinct > 0.98:
        return _customers(columns, customer, start)
    if dates and customer and customer.distinct < 0.98:
        return _usage(customer, dates)
    if dates and any(p.numeric > 0.95 and not p.is_date for p in columns.values()):
        return _market(columns, frame, dates)
    if churned:
        return _snapshot(columns, churned, customer)
    wordy = max(columns.values(), key=lambda p: p.length * (p.numeric < 0.5))
    guess = Draft("feedback", "nothing else fits")
    guess.doubts.append(
        f"what this file is: no column holds text that people wrote, nor dates with numbers. "
        f"Columns: {listed(columns, 12)}"
    )
    guess.map("text", wordy.name, "the longest texts")
    _when(guess, columns, frame)
    return guess


def _by_names(columns: dict[str, Profile]) -> Draft | None:
    """Recognise a table by the names of its required columns, where that is enough to tell."""
    for table in TABLES.values():
        found = {
            column: max(columns, key=lambda name: named(column, name)) for column in table.required
        }
        if table.named and all(named(column, name) > 0.5 for column, name in found.items()):
            guess = Draft(table.name, f"has {' and '.join(table.required)}")
            for column, name in found.items():
                if name.strip().lower() != column:
                    guess.map(column, name, "named so")
            return guess
    return None


def _best(columns, role: str, fits, *, need: float = 0.0, by_length: bool = False):
    """Return the fitting column whose name speaks most for the role, length breaking ties."""
    found = [
        (named(role, p.name) + (min(p.length, 200) / 250 + p.filled / 4 if by_length else 0), p)
        for p in columns.values()
        if p.filled > 0 and fits(p) and named(role, p.name) >= need
    ]
    return max(found, key=lambda item: item[0])[1] if found else None


def _customer(columns: dict[str, Profile]) -> Profile | None:
    return _best(
        columns,
        "customer_id",
        lambda p: (
            p.values > 2 and p.length < 45 and p.wordy < 0.5 and not p.is_date and not _property(p)
        ),
        need=0.25,
    )


def _property(p: Profile) -> bool:
    """Whether a name that holds 'customer' or 'user' speaks of a property, not of a person."""
    words = (
        r"age|gender|rating|satisf|(?<!ac)count|level|client|timezone|minutes|users$|type|segment|charge"
        r"|tenure|support|级别|等级"
    )
    return bool(re.search(words, p.name.lower())) or (p.name.lower().endswith("name"))


def _feedback(columns, text: Profile, frame: pd.DataFrame, file: Path) -> Draft:
    guess = Draft("feedback", f"{quoted(text.name)} holds text that people wrote")
    guess.map("text", text.name, f"mean length {text.length:.0f}, {text.distinct:.0%} distinct")
    _when(guess, columns, frame)
    _rating(guess, columns, frame)
    customer = _customer(columns)
    if customer is not None:
        reason = f"named so; {customer.values} different values"
        if customer.filled < 0.95:
            reason += f"; empty in {1 - customer.filled:.0%} of rows"
        guess.map("customer_id", customer.name, reason)
    key = _best(
        columns, "feedback_id",
        lambda p: p.distinct > 0.8 and p.filled > 0.99 and not p.is_text and not p.is_date
        and p.name not in guess.taken,
        need=0.2,
    )  # fmt: skip
    if key is not None:
        guess.map("feedback_id", key.name, f"named so, {key.distinct:.0%} distinct")
    for role, fits in (
        ("nps", lambda p: p.numeric > 0.95 and p.low >= 0 and p.high <= 10),
        ("csat", lambda p: p.numeric > 0.95),
        ("ces", lambda p: p.numeric > 0.95),
        ("channel", lambda p: p.values <= 30 and not p.is_date),
        ("status", lambda p: p.values <= 30 and not p.is_date and p.length < 40),
        ("closed_at", lambda p: p.is_date),
        ("ingested_at", lambda p: p.is_date),
        ("topic", lambda p: 2 <= p.values <= 150 and p.distinct < 0.2 and p.numeric < 0.5),
    ):
        found = _best(columns, role, fits, need=0.3)
        if found is not None and found.name not in guess.taken:
            guess.map(role, found.name, f"named so; {found.values} different values")
    if "topic" in guess.columns:
        reason = "at the end of the file: takes column 'topic' instead of a model"
        guess.options.append(("# notebooks: {topics: {source: given}}", reason))
    _channel(guess, columns, file)
    _dimensions(guess, columns)
    return guess


def _when(guess: Draft, columns: dict[str, Profile], frame: pd.DataFrame) -> None:
    """Choose the date on which feedback was given: full columns first, then by name."""
    found = [
        (round(p.filled, 2) >= 0.9, named("created_at", p.name) - 0.3 * _other_date(p), p)
        for p in columns.values()
        if p.is_date
    ]
    if not found:
        _unread_dates(guess, columns, frame)
        guess.doubts.append(
            "created_at: no column holds dates, and feedback needs the time it was given. "
            "A run is refused until columns: {created_at: …} names one."
        )
        return
    best = max(found, key=lambda item: item[:2])[2]
    others = [p.name for _, _, p in found if p is not best]
    example = str(frame[best.name].dropna().iloc[0])
    guess.map("created_at", best.name, f"reads as dates, such as {example}"
              + (f"; other dates: {listed(others, 4)}" if others else ""))  # fmt: skip
    if best.ambiguous:
        guess.doubts.append(f"the dates: {best.doubt} A run is refused until then")
    elif _other_date(best):
        guess.doubts.append(f"whether {best.name!r} is when the feedback was given")
    else:
        times = parse_times(frame[best.name])
        for note in times.notes:
            if note.check != "ambiguous dates":
                continue
            detail = note.detail.split(": ", 1)[1]
            guess.options.append(("# dates can in part be read both ways", detail))


def _unread_dates(guess: Draft, columns: dict[str, Profile], frame: pd.DataFrame) -> None:
    """Name columns that are called dates, with a value and the format that would read it."""
    for p in columns.values():
        if p.name in guess.taken or p.is_text or named("created_at", p.name) < 0.2 or not p.filled:
            continue
        example = str(frame[p.name].dropna().iloc[0])
        form = format_hint(example) if re.search(r"\d", example) else ""
        if form:
            guess.doubts.append(
                f"whether {quoted(p.name)}, such as {example!r}, is the date: if it is, set "
                f"columns: {{created_at: {quoted(p.name)}}} and dates: '{form}'"
            )


def _other_date(p: Profile) -> bool:
    pattern = (
        r"purchase|visit|flown|birth|due|response|resol|clos|updat|sent|购买|入住|出生|reference"
    )
    return bool(re.search(pattern, p.name.lower()))


def _rating(guess: Draft, columns: dict[str, Profile], frame: pd.DataFrame) -> None:
    found = _best(
        columns, "rating",
        lambda p: p.numeric > 0.95 and 1 <= p.values <= 101 and p.low >= 0 and p.high <= 100
        and not re.search(r"confidence|count|评论数|id$", p.name.lower())
        and p.name not in guess.taken,
        need=0.3,
    )  # fmt: skip
    if found is None:
        _rating_words(guess, columns, frame)
        return
    low, high = found.low, found.high
    if found.values == 2 and (low, high) == (0, 1):
        scale = (0, 1)
    elif high <= 5:
        scale = (0 if low < 1 else 1, 5)
    elif high <= 7:
        scale = (0 if low < 1 else 1, 7)
    elif high <= 10:
        scale = (0 if low < 1 else 1, 10)
    else:
        scale = (0, 100)
    guess.map("rating", found.name, f"numbers from {low:g} to {high:g}")
    reason = f"values found: {low:g} to {high:g}; the larger is taken as better"
    guess.options.append((f"rating_scale: [{scale[0]}, {scale[1]}]", reason))
    if found.values == 1:
        guess.doubts.append(f"the scale of {found.name!r}: every value is {low:g}")
    elif low < 1 and scale[1] > 1:
        guess.doubts.append(f"whether 0 in {found.name!r} is a rating or means 'not given'")


def _rating_words(guess: Draft, columns: dict[str, Profile], frame: pd.DataFrame) -> None:
    """Take a column of words such as positive, neutral and negative for the rating, or ask."""
    seen = {
        p.name: scale
        for p in columns.values()
        if p.name not in guess.taken and not p.is_date and not p.is_text
        and (scale := word_scale(p.name, frame[p.name])) is not None
    }  # fmt: skip
    sure = {name: scale for name, scale in seen.items() if scale.sure}
    if sure:
        name = max(sure, key=lambda key: (named("rating", key), sure[key].read))
        scale = sure[name]
        guess.map("rating", name, scale.why)
        words = ", ".join(f"{quoted(w)}: {round(v, 4):g}" for w, v in scale.shares.items())
        guess.options.append(("rating_scale: [0, 1]", "0 is the worst word, 1 the best"))
        guess.options.append((f"values: {{rating: {{{words}}}}}", "what each word stands for"))
    for name, scale in seen.items():
        if name not in sure:
            guess.doubts.append(
                f"whether {name!r} ({listed(scale.shares, 5)}) is a rating: {scale.why}; kept as a "
                f"dimension. If it is one, set columns: {{rating: {quoted(name)}}}"
            )


def _channel(guess: Draft, columns: dict[str, Profile], file: Path) -> None:
    if "channel" in guess.columns:
        return
    for words in (stem(file).lower(), " ".join(columns).lower()):
        for channel, signs in _CHANNELS.items():
            sign = next((sign for sign in signs if sign in words), None)
            if sign:
                where = "file's name" if words == stem(file).lower() else "names of columns"
                guess.options.append((f"channel: {channel}", f"from the {where}: {sign!r}"))
                return
    guess.doubts.append("the channel; add channel: review, survey, ticket, chat, email …")


def _dimensions(guess: Draft, columns: dict[str, Profile]) -> None:
    for p in columns.values():
        few = 2 <= p.values <= 60 and p.distinct < 0.2 and p.filled > 0.5 and p.length <= 60
        labels = p.numeric < 0.5 or re.search(
            r"(^|_)(id|sku|product|store|spot|hotel)", p.name.lower()
        )
        if few and labels and not p.is_date and p.name not in guess.taken:
            guess.dimensions.append(p.name)
    guess.dimensions = guess.dimensions[:_MOST_DIMENSIONS]


def _snapshot(columns, churned: Profile, customer: Profile | None) -> Draft:
    guess = Draft("snapshot", f"{quoted(churned.name)} says who left, and no column is a date")
    if customer is None:
        unique = [p for p in columns.values() if p.distinct > 0.99 and p.filled > 0.99]
        customer = unique[0] if unique else None
    if customer is None:
        guess.doubts.append("customer_id: no column tells customers apart; name one")
    else:
        guess.map("customer_id", customer.name, f"{customer.distinct:.0%} distinct")
    guess.map("churned", churned.name, "two values, named so")
    return guess


def _customers(columns, customer: Profile, start: Profile) -> Draft:
    guess = Draft("customers", f"one row for each {customer.name}, with a date {start.name}")
    guess.map("customer_id", customer.name, f"{customer.distinct:.0%} distinct")
    guess.map("started_at", start.name, "reads as dates, named so")
    end = _best(columns, "ended_at", lambda p: p.is_date, need=0.3)
    if end is not None and end.name not in guess.taken:
        guess.map("ended_at", end.name, f"reads as dates, empty in {1 - end.filled:.0%} of rows")
    else:
        guess.doubts.append("ended_at: no date of leaving; without it nobody has churned")
    money = _best(columns, "monthly_revenue", lambda p: p.numeric > 0.95, need=0.3)
    if money is not None:
        guess.map("monthly_revenue", money.name, "named so")
    _dimensions(guess, columns)
    return guess


def _usage(customer: Profile, dates: Sequence[Profile]) -> Draft:
    guess = Draft("usage", f"several rows for each {customer.name}, with dates and numbers")
    guess.map("customer_id", customer.name, f"{customer.values} different values")
    best = max(dates, key=lambda p: (p.filled > 0.9, named("period_start", p.name)))
    guess.map("period_start", best.name, "reads as dates")
    guess.doubts.append(
        "whether there is one row for each customer and period; sum up by sql if not"
    )
    return guess


def _market(columns, frame: pd.DataFrame, dates: Sequence[Profile]) -> Draft:
    guess = Draft("market", "dates with numbers, and no text that people wrote")
    date = max(dates, key=lambda p: (p.filled, named("created_at", p.name)))
    guess.map("date", date.name, f"reads as dates, such as {frame[date.name].dropna().iloc[0]}")
    if date.ambiguous:
        guess.doubts.append("day or month first in dates; set day_first: true or false")
    numeric = [
        p
        for p in columns.values()
        if p.numeric > 0.95 and not p.is_date and numbers(frame[p.name])[0].notna().any()
    ]
    key = _series_key(columns, frame, date.name)
    if key is not None and any(p.name != key for p in numeric):
        guess.map("series_id", key, "tells rows of one date apart")
        numeric = [p for p in numeric if p.name != key]
    elif frame[date.name].duplicated().any():
        guess.doubts.append("which column tells series apart: dates repeat, and no column does")
    value = max(numeric, key=lambda p: named("value", p.name))
    if named("value", value.name) == 0 and len(numeric) > 1 and key is None:
        wide = f"melt: {{id: {quoted(date.name)}, name: series_id, value: value}}"
        guess.options.append((wide, "several columns of numbers: each becomes a series"))
        guess.columns["date"] = (date.name, guess.columns["date"][1])
        return guess
    reason = "the column of numbers" if len(numeric) == 1 else "named so; the others are regressors"
    guess.map("value", value.name, reason)
    return guess


def _series_key(columns, frame: pd.DataFrame, date: str) -> str | None:
    """Find the column that, with the date, makes rows unique."""
    if not frame[date].duplicated().any():
        return None
    order = sorted(columns.values(), key=lambda p: (-named("series_id", p.name), p.numeric))
    for p in order:
        few = p.values <= max(2, len(frame) // 3) and p.filled > 0.99
        if p.name != date and few and not frame[[date, p.name]].duplicated().any():
            return p.name
    return None
