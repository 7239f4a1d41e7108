"""Tables for people: every cell escaped, numbers in one form a column."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from insights.messages import _, number, translated

__all__ = ["html_table"]

_LONG = 40  # characters from which a column is prose and may wrap
_LONGEST = 2_000  # characters of one cell
_ROWS = 1_000  # of one table on a page, which shows them a screen at a time
# columns of names and of people's own words: what stands there is shown as it is
_NAMES = {
    "text", "raw", "label", "title", "source", "series_id", "series", "example", "examples",
    "keywords", "topic", "topics", "term", "words", "name", "column", "value", "initiative",
    "initiatives", "owner", "customer_id", "author", "setting",
}  # fmt: skip
_VERDICTS = {"passed": "passed", "failed": "failed", "for information": "information"}  # classes


def html_table(frame: pd.DataFrame, rows: int = _ROWS, *, caption: str = "") -> str:
    """Write a frame as an HTML table of at most `rows` rows, and say how many there are.

    Numbers of a column share their decimals, three significant digits of the largest; a column
    that spans more than four orders of magnitude has them cell by cell.
    """
    shown = frame.head(rows)
    columns = [_column(str(frame.columns[i]), shown.iloc[:, i]) for i in range(frame.shape[1])]
    head = "".join(
        f'<th scope="col"{_marked(kind)}>{html.escape(_heading(name))}</th>'
        for name, (kind, _cells) in zip(frame.columns, columns, strict=True)
    )
    cells = [texts for _, texts in columns]
    # columns of numbers are named once on the table: a class a cell is a tenth of a page
    numeric = [f"n{place}" for place, (kind, _) in enumerate(columns, 1) if kind == "number"]
    kinds = ["" if kind == "number" else _marked(kind) for kind, _ in columns]
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{text}</td>" for kind, text in zip(kinds, row, strict=True))
        + "</tr>"
        for row in zip(*cells, strict=True)
    )  # fmt: skip
    title = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    left = len(frame) - len(shown)
    rest = _("{n} more rows are in the table's file.", n=number(left))
    more = f'<p class="note">{rest}</p>' if left else ""
    opening = f"<table{_marked(' '.join(numeric))}>{title}<thead><tr>{head}</tr></thead>"
    return f"{opening}<tbody>{body}</tbody></table>{more}"


def _heading(column: object) -> str:
    return translated(str(column).replace("_", " "))


def _marked(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _column(name: str, values: pd.Series) -> tuple[str, list[str]]:
    """Return the class of a column and its cells as HTML."""
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    numbers = [value for value in plain if isinstance(value, int | float) and _known(value)]
    numeric = bool(numbers) and all(not isinstance(value, bool) for value in numbers)
    if numeric and all(isinstance(value, int | float) or not _known(value) for value in plain):
        form = _form(numbers, grouped=not _is_label(name))
        return "number", [form(value) if _known(value) else "" for value in plain]
    times = [value for value in plain if isinstance(value, pd.Timestamp)]
    if times and all(isinstance(value, pd.Timestamp) or not _known(value) for value in plain):
        whole = all(value == value.normalize() for value in times)
        form_of_day = "%Y-%m-%d" if whole else "%Y-%m-%d %H:%M"
        return "date", [value.strftime(form_of_day) if _known(value) else "" for value in plain]
    if name == "topic_id":  # the page makes them links to the topics' records
        return "topic-id", [html.escape(_text(value)) for value in plain]
    if name == "verdict":
        return "", [_verdict(_text(value)) for value in plain]
    texts = [_text(value) for value in plain]
    if name not in _NAMES:
        texts = [translated(text) for text in texts]  # such as a status or a kind
    long = max((len(text) for text in texts), default=0) > _LONG
    return "text" if long else "", [html.escape(text) for text in texts]


def _known(value: Any) -> bool:
    if value is None or value is pd.NaT or value is pd.NA:
        return False
    return not (isinstance(value, float) and math.isnan(value))


def _is_label(name: str) -> bool:
    """Whether whole numbers of this column name something and count nothing."""
    words = name.lower().split("_")
    return bool({"id", "year", "line", "code"} & set(words))


def _form(numbers: Iterable[float], *, grouped: bool) -> Callable[[float], str]:
    """Choose one way to write the numbers of a column."""
    comma = "," if grouped else ""
    sizes = [abs(number) for number in numbers if number and math.isfinite(number)]
    if all(float(number).is_integer() for number in sizes) and max(sizes, default=0) < 1e15:
        return lambda value: f"{value:{comma}.0f}" if math.isfinite(value) else _endless(value)
    most, least = max(sizes), min(sizes)
    if most / least > 1e4:
        return _alone
    decimals = max(0, 2 - math.floor(math.log10(most)))
    decimals += least < 5 * 10**-decimals
    if decimals > 9:
        return _alone
    return lambda value: f"{value:{comma}.{decimals}f}" if math.isfinite(value) else _endless(value)


def _alone(value: float) -> str:
    if not math.isfinite(value):
        return _endless(value)
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 1e-6:
        return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"
    return f"{value:.2e}"


def _endless(value: float) -> str:
    return "∞" if value > 0 else "−∞"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple | np.ndarray):
        return _(", ").join(str(item) for item in value)[:_LONGEST]
    if not _known(value):
        return ""
    if isinstance(value, pd.Timestamp):
        form = "%Y-%m-%d" if value == value.normalize() else "%Y-%m-%d %H:%M"
        return value.strftime(form)
    if isinstance(value, float):
        return _alone(value)
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _verdict(text: str) -> str:
    kind = _VERDICTS.get(text)
    words = {"passed": _("passed"), "failed": _("failed"), "information": _("for information")}
    shown = html.escape(words[kind] if kind else text)
    return f'<span class="verdict {kind}">{shown}</span>' if kind else shown
