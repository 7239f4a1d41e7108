"""Which canonical table a file is: by its headers, its values, and its name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from insights.errors import listed
from insights.ingest.draft import Draft, quoted
from insights.ingest.exports import Export
from insights.ingest.guess_feedback import (
    asks_score,
    best,
    customer_column,
    fill_feedback,
    offer_dimensions,
)
from insights.ingest.profile import Profile, named, says_text
from insights.ingest.reading import stem
from insights.ingest.schema import TABLES
from insights.ingest.values import labels, numbers
from insights.ingest.wide_dates import wide_dates
from insights.messages import _, percent

__all__ = ["draft"]

_NAMES = {
    "customers": r"customers?|members?|subscri(?:bers?|ptions?)|accounts?|clients?|users"
    r"|客户|会员|用户",
    "feedback": r"reviews?|feedbacks?|survey|tickets?|comments?|nps|csat|complaints?|responses?"
    r"|评论|评价|反馈|问卷|工单|投诉",
    "usage": r"usage|activity|logins?",
}


def draft(
    columns: dict[str, Profile], frame: pd.DataFrame, file: Path, export: Export | None
) -> Draft:
    """Decide what the file is, most telling sign first; what cannot be told is asked."""
    if export is not None:
        return _of_export(export, columns, frame, file)
    text = best(columns, "text", lambda p: p.is_text, by_length=True)
    churned = best(columns, "churned", lambda p: p.values == 2, need=0.3)
    customer = customer_column(columns)
    dates = [p for p in columns.values() if p.is_date]
    wide = wide_dates(columns, frame)
    if wide is not None:
        return wide
    by_name = _by_names(columns)
    if by_name is not None:
        return by_name
    if churned and not (text and dates and text.filled > 0.5) and not dates:
        return _snapshot(columns, churned, customer)
    kin = _as_customers(columns, frame, file, text)
    if kin is not None:
        return kin
    if text is not None and (text.filled > 0.02 or not dates):
        why = _("{column} holds text that people wrote", column=quoted(text.name))
        return _feedback(Draft("feedback", why), columns, frame, file)
    if dates and _says(file, "feedback") and _scored(columns):
        guess = Draft("feedback", _("the file's name, and a score with its date"))
        return _feedback(guess, columns, frame, file)
    if dates and customer and customer.distinct < 0.98:
        return _usage(customer, dates, frame)
    if dates and any(_like_number(p) for p in columns.values()):
        return _market(columns, frame, dates)
    if churned:
        return _snapshot(columns, churned, customer)
    return _unknown(columns)


def _of_export(
    export: Export, columns: dict[str, Profile], frame: pd.DataFrame, file: Path
) -> Draft:
    """Take the columns as the export declares them; what it leaves open is looked at."""
    names = list(columns)
    guess = Draft(export.table or "feedback", _("recognised as {name}", name=export.name))
    if export.not_read:
        question = _(
            "recognised as {name}: {why}. Sum it up to one row for each customer and month, in a "
            "query over the file, and name that as usage.",
            name=export.name,
            why=export.not_read,
        )
        guess.role = "usage"
        guess.ask(question, "usage: {sql: 'select …', files: {events: FILE}}", stop=True)
        return guess
    for canonical, column in export.mapped(names).items():
        guess.map(canonical, column, _("as in every {name} export", name=export.name))
    for key, value in export.options.items():
        line = f"{key}: {_flow(value)}"
        guess.options.append((line, _("as in every {name} export", name=export.name)))
    asked = export.asked(names)
    if asked:
        line = f"questions: [{', '.join(quoted(name) for name in asked)}]"
        guess.options.append((line, _("each answer is a piece of feedback")))
    if export.ask:
        question, _mark, _rest = export.ask.partition("`")
        guess.ask(_("{name}: {ask}", name=export.name, ask=export.ask))
    offered = {
        name: p for name, p in columns.items() if name in guess.taken or not export.ignores(name)
    }
    if guess.role == "feedback":
        fill_feedback(guess, offered, frame, file, survey=export.survey)
        chosen = guess.columns.get("text", ("", ""))[0]
        declared = export.columns.get("text", ())
        if chosen and len(declared) > 1 and chosen == declared[-1] == "Subject":
            question = _(
                "text: only the subject is in this export. Is there one with descriptions?"
            )
            guess.ask(question, "columns: {text: Description}")
    elif guess.role == "customers":
        _yearly(guess, columns, frame)
        offer_dimensions(guess, offered)
    missing = [
        column.name
        for column in TABLES[guess.role].columns
        if column.required and column.name not in guess.columns and not column.made
    ]
    if guess.role == "customers" and missing:
        question = _("{columns}: which columns are they?", columns=listed(missing))
        guess.ask(question, f"columns: {{{missing[0]}: …}}", stop=True)
    return guess


def _flow(value: object) -> str:
    """Write a value of YAML on one line."""
    if isinstance(value, dict):
        inner = ", ".join(f"{quoted(str(key))}: {_flow(item)}" for key, item in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_flow(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value) if isinstance(value, str) else f"{value:g}"


def _feedback(guess: Draft, columns: dict[str, Profile], frame: pd.DataFrame, file: Path) -> Draft:
    fill_feedback(guess, columns, frame, file, survey=False)
    return guess


def _says(file: Path, role: str) -> bool:
    """Whether the file's name speaks for a role."""
    return bool(re.search(rf"(?:^|[\W_\d])(?:{_NAMES[role]})(?:$|[\W_\d])", stem(file), re.I)) or (
        not stem(file).isascii() and bool(re.search(_NAMES[role], stem(file), re.I))
    )


def _scored(columns: dict[str, Profile]) -> bool:
    return any(
        p.numeric > 0.95 and not p.is_date
        and (named("rating", p.name) >= 0.3 or named("nps", p.name) >= 0.3 or asks_score(p))
        for p in columns.values()
    )  # fmt: skip


def _like_number(p: Profile) -> bool:
    return not p.is_date and p.filled > 0 and (p.numeric > 0.95 or p.short > 0.95)


def _by_names(columns: dict[str, Profile]) -> Draft | None:
    """Recognise a table by the names of its required columns, where that is enough to tell."""
    for table in TABLES.values():
        found = {
            column: max(columns, key=lambda name: named(column, name)) for column in table.required
        }
        if table.named and all(named(column, name) > 0.5 for column, name in found.items()):
            guess = Draft(table.name, _("has {columns}", columns=listed(table.required)))
            for column, name in found.items():
                if name.strip().lower() != column:
                    guess.map(column, name, _("named so"))
            return guess
    return None


def _as_customers(
    columns: dict[str, Profile], frame: pd.DataFrame, file: Path, text: Profile | None
) -> Draft | None:
    """Tell a list of customers: one row each, and a date on which each began."""
    said = _says(file, "customers")
    if text is not None and says_text(text.name) and not said:
        return None
    start = best(columns, "started_at", lambda p: p.is_date, need=0.3)
    end = best(columns, "ended_at", lambda p: p.is_date, need=0.3)
    if end is not None and start is not None and end.name == start.name:
        end = None
    keys = [
        p for p in columns.values()
        if p.distinct > 0.98 and p.filled > 0.98 and not p.is_date
        and (p.numeric < 0.5 or named("customer_id", p.name) >= 0.25)
    ]  # fmt: skip
    key = best({p.name: p for p in keys}, "customer_id", lambda p: not p.is_text or p.length < 45)
    if key is None or start is None or (text is not None and not (said or end)):
        return None
    if not said and end is None and named("customer_id", key.name) < 0.25:
        return None
    why = _("one row for each {key}, with a date {start}", key=key.name, start=start.name)
    guess = Draft("customers", why)
    guess.map("customer_id", key.name, _("{share} distinct", share=percent(key.distinct)))
    people = {p.name: p for p in columns.values() if p is not key and p.distinct < 0.98}
    other = customer_column(people)
    if other is not None and re.search(r"subscri|contract|licen[cs]e|合同|订阅", key.name, re.I):
        question = _(
            "customer_id: a row is one {key}, and {other} repeats. Who is the customer?",
            key=repr(key.name),
            other=repr(other.name),
        )
        guess.ask(question, "columns: {customer_id: …}", stop=True)
    guess.map("started_at", start.name, _("reads as dates, named so"))
    if end is not None:
        share = percent(1 - end.filled)
        guess.map("ended_at", end.name, _("reads as dates, empty in {share} of rows", share=share))
    else:
        question = _(
            "ended_at: which date says when a customer left? Without it nobody has churned."
        )
        guess.ask(question, "columns: {ended_at: …}")
    money = best(columns, "monthly_revenue", lambda p: p.numeric > 0.95, need=0.3)
    if money is not None:
        guess.map("monthly_revenue", money.name, _("named so"))
    _yearly(guess, columns, frame)
    offer_dimensions(guess, columns)
    return guess


def _yearly(guess: Draft, columns: dict[str, Profile], frame: pd.DataFrame) -> None:
    """Leave out money that is paid a year for some customers and a month for others."""
    money = guess.columns.get("monthly_revenue", ("", ""))[0]
    if re.search(r"mrr|month|每月|月", money, re.I):  # says itself that it is a month's
        return
    for p in columns.values():
        if not money or not re.search(r"interval|billing|cycle|frequency|周期", p.name, re.I):
            continue
        words = labels(frame[p.name]).dropna().str.lower()
        yearly = words.str.contains(r"year|annual|yearly|jahr|年").sum()
        if yearly:
            del guess.columns["monthly_revenue"]
            question = _(
                "monthly_revenue: {money} is a year's price in {yearly} of {rows} rows ({column}), "
                "and is not used. Divide those by 12 in a query over the file.",
                money=repr(money), yearly=int(yearly), rows=len(words), column=repr(p.name),
            )  # fmt: skip
            guess.ask(question, "sql: 'select …', files: {customers: FILE}")
            return


def _snapshot(columns, churned: Profile, customer: Profile | None) -> Draft:
    why = _("{column} says who left, and no column is a date", column=quoted(churned.name))
    guess = Draft("snapshot", why)
    if customer is None:
        unique = [p for p in columns.values() if p.distinct > 0.99 and p.filled > 0.99]
        customer = unique[0] if unique else None
    if customer is None:
        question = _("customer_id: no column tells customers apart. Which one names them?")
        guess.ask(question, "columns: {customer_id: …}", stop=True)
    else:
        share = percent(customer.distinct)
        guess.map("customer_id", customer.name, _("{share} distinct", share=share))
    guess.map("churned", churned.name, _("two values, named so"))
    return guess


def _usage(customer: Profile, dates: Sequence[Profile], frame: pd.DataFrame) -> Draft:
    why = _("several rows for each {customer}, with dates and numbers", customer=customer.name)
    guess = Draft("usage", why)
    guess.map("customer_id", customer.name, _("{n} different values", n=customer.values))
    start = max(dates, key=lambda p: (p.filled > 0.9, named("period_start", p.name)))
    guess.map("period_start", start.name, _("reads as dates"))
    days = frame[start.name].nunique()
    repeated = frame[[customer.name, start.name]].duplicated().any()
    if repeated or days > 0.5 * len(frame):
        question = _(
            "what is a row of this file? It is not one row for each {customer} and period, as "
            "usage needs: events and orders are not read yet. Sum it up in a query over the file.",
            customer=customer.name,
        )
        guess.ask(question, "sql: 'select …', files: {events: FILE}", stop=True)
    return guess


def _market(columns: dict[str, Profile], frame: pd.DataFrame, dates: Sequence[Profile]) -> Draft:
    guess = Draft("market", _("dates with numbers, and no text that people wrote"))
    date = max(dates, key=lambda p: (p.filled, named("created_at", p.name)))
    example = str(frame[date.name].dropna().iloc[0])
    guess.map("date", date.name, _("reads as dates, such as {example}", example=example))
    if date.ambiguous:
        question = _("date: {doubt}", doubt=date.doubt)
        guess.ask(question, "day_first: true" if "day_first" in date.doubt else "", stop=True)
    numeric = [p for p in columns.values() if _like_number(p)]
    key = _series_key(columns, frame, date.name)
    if key is not None and any(p.name != key for p in numeric):
        guess.map("series_id", key, _("tells rows of one date apart"))
        numeric = [p for p in numeric if p.name != key]
    elif frame[date.name].duplicated().any():
        question = _(
            "series_id: dates repeat, and no column tells the series apart. Which one does?"
        )
        guess.ask(question, "columns: {series_id: …}", stop=True)
    value = max(numeric, key=lambda p: named("value", p.name))
    if named("value", value.name) == 0 and len(numeric) > 1 and key is None:
        wide = f"melt: {{id: {quoted(date.name)}, name: series_id, value: value}}"
        guess.options.append((wide, _("several columns of numbers: each becomes a series")))
        return guess
    reason = _("the column of numbers")
    if len(numeric) > 1:
        reason = _("named so; the others are regressors")
    guess.map("value", value.name, reason)
    cells, bad = numbers(frame[value.name])
    if bad.any():
        wrong = [repr(str(item)) for item in frame[value.name][bad].unique()]
        question = _(
            "value: {bad} of {rows} values of {column} are not read as numbers, such as {wrong}. "
            "Write them out in the file, or say what each stands for.",
            bad=int(bad.sum()), rows=int((cells.notna() | bad).sum()), column=repr(value.name),
            wrong=listed(wrong, 3),
        )  # fmt: skip
        guess.ask(question, f"values: {{value: {{{wrong[0]}: …}}}}", stop=True)
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


def _unknown(columns: dict[str, Profile]) -> Draft:
    guess = Draft("feedback", _("not told by its columns"))
    question = _(
        "what is this file? No column holds text that people wrote, nor dates with numbers. "
        "Write this entry under feedback, customers, snapshot, usage or market, and name its "
        "columns; they are: {columns}.",
        columns=listed(columns, 12),
    )
    guess.ask(question, "columns: {text: …, created_at: …}", stop=True)
    return guess
