"""Tables whose columns are months: recognised by the names of their columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from insights.errors import DataError, listed
from insights.ingest.dates import parse_dates
from insights.ingest.draft import Draft, quoted
from insights.ingest.profile import Profile
from insights.messages import _

__all__ = ["wide_dates"]

_FORMS = ("", "%b-%y", "%b %y", "%y-%m", "%m/%Y", "%m-%Y", "%m/%y", "%m.%Y")
_TOTAL = re.compile(
    r"(?:grand |sub)?totals?|sum|all|gesamt(?:summe)?|summe|总计|合计|总和|小计|total général|somme"
    r"|totale|suma|soma|totaal|итого|всего|toplam|合計|합계",
    re.I,
)


def wide_dates(columns: dict[str, Profile], frame: pd.DataFrame) -> Draft | None:
    """Recognise a table whose columns are months or days, with a row for each series."""
    names = list(columns)
    forms = [form for form in _FORMS if len(_dated(names, form)) >= max(3, len(names) // 2)]
    if not forms or any(columns[name].is_date for name in names):
        return None
    dated = _dated(names, forms[0])
    rest = [name for name in names if name not in dated]
    keys = [name for name in rest if columns[name].numeric < 0.5 and columns[name].distinct > 0.99]
    if any(columns[name].numeric < 0.9 for name in dated if columns[name].filled):
        return None
    why = _("{n} columns are named by dates, such as {first}", n=len(dated), first=dated[0])
    guess = Draft("market", why)
    if not keys:
        guess.ask(_("which column names the series? None has a different word in each row"))
        keys = rest[:1]
    if not keys:
        return None
    kept = ", ".join(quoted(name) for name in keys[:1])
    guess.options.append((f"melt: {{id: {kept}, name: date, value: value}}", _("a row a date")))
    if forms[0]:
        guess.options.append((f"dates: '{forms[0]}'", _("reads {value}", value=repr(dated[0]))))
    guess.map("series_id", keys[0], _("a different word in each row"))
    left = [name for name in rest if name not in keys[:1]]
    if left:
        guess.ask(_("what are the columns left out: {names}?", names=listed(left)))
    total = [str(v) for v in frame[keys[0]].dropna() if _TOTAL.fullmatch(str(v).strip())]
    if total:
        row = repr(total[0])
        guess.ask(_("is the row {row} the sum of the others? It is kept as a series", row=row))
    return guess


def _dated(names: Sequence[str], form: str) -> list[str]:
    """The names that are months or days, under one format where it is given."""
    column = pd.Series(names, dtype=object)
    plain = column.str.fullmatch(r"\d{1,3}|\d{5,}")
    try:
        read = parse_dates(column, formats=[form] if form else (), day_first=True)
    except DataError:
        return []
    found = read.values.notna() & ~plain
    days = read.values[found]
    return column[found].tolist() if days.is_unique else []
