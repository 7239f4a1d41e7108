"""Tables for people: every cell escaped, numbers to three significant digits."""

from __future__ import annotations

import html

import pandas as pd

__all__ = ["html_table"]


def html_table(frame: pd.DataFrame, rows: int = 50) -> str:
    """Write a frame as an HTML table of at most `rows` rows, and say how many there are."""
    shown = frame.head(rows)
    head = "".join(f'<th scope="col">{_escape(_title(name))}</th>' for name in frame.columns)
    body = "".join(
        "<tr>" + "".join(_cell(value) for value in row) + "</tr>"
        for row in shown.itertuples(index=False, name=None)
    )
    more = f"<p class='note'>{len(frame) - rows:,} more rows.</p>" if len(frame) > rows else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _title(name: object) -> str:
    return str(name).replace("_", " ")


def _escape(value: object) -> str:
    return html.escape(str(value))


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return f"<td>{'yes' if value else 'no'}</td>"
    if isinstance(value, float):
        return f'<td class="number">{_number(value)}</td>'
    if isinstance(value, int):
        return f'<td class="number">{value:,}</td>'
    if isinstance(value, pd.Timestamp):
        form = "%Y-%m-%d" if value == value.normalize() else "%Y-%m-%d %H:%M"
        return f"<td>{value.strftime(form)}</td>"
    if value is None or value is pd.NaT or value is pd.NA:
        return "<td></td>"
    if isinstance(value, list | tuple):
        return f"<td>{_escape(', '.join(str(item) for item in value))}</td>"
    return f"<td>{_escape(value)}</td>"


def _number(value: float) -> str:
    if value != value:
        return ""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
