"""The history of a study: every run, what became of it, and which headlines changed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from insights.messages import _
from insights.report import safe
from insights.report.finding import State, duration, estimate, mappings, moment, state, template
from insights.report.template import render

__all__ = [
    "HeadlineNumbers",
    "render_changes",
    "render_history",
    "render_over",
    "sparkline",
    "trends",
    "verdict_text",
]

_BLOCKS = "▁▂▃▄▅▆▇█"
_WORD = re.compile(r"\s+|\d[\d.,]*\d|[a-zA-Z]+|.", re.S)


@dataclass(frozen=True)
class HeadlineChange:
    """A headline that reads differently from the one before: pieces of equal, old, new text."""

    notebook: str
    pieces: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PastRun:
    """One row of the history."""

    run: str
    when: str
    seconds: str
    state: State
    page: str
    cells: tuple[State | None, ...]
    changes: tuple[HeadlineChange, ...]


@dataclass(frozen=True)
class HeadlineNumbers:
    """A headline's number in every run that says the same of another number, oldest first."""

    notebook: str
    headline: str
    values: tuple[float | None, ...]

    @property
    def line(self) -> str:
        """The values as a sparkline."""
        return sparkline(self.values)


def sparkline(values: Sequence[float | None]) -> str:
    """Draw values as blocks between the lowest and the highest; a gap where there is none."""
    known = [value for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    step = (high - low) / (len(_BLOCKS) - 1) or 1.0
    return "".join(
        " " if value is None else _BLOCKS[round((value - low) / step) if high > low else 3]
        for value in values
    )


def trends(runs: Sequence[Mapping[str, Any]]) -> list[HeadlineNumbers]:
    """Return the headline numbers of the newest run over all runs, given newest first."""
    found = []
    for name in _names(runs[0]) if runs else ():
        series = [_leading(run, name) for run in reversed(runs)]
        last = series[-1]
        if last is None or estimate(last) is None:
            continue
        values = [
            number[0] if one and template(one) == template(last) and (number := estimate(one))
            else None
            for one in series
        ]  # fmt: skip
        found.append(
            HeadlineNumbers(name, safe.plain_text(str(last.get("headline"))), tuple(values))
        )
    return found


def _leading(run: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """Return the first finding of a notebook that has a number, when it ended well."""
    entry = (run.get("notebooks") or {}).get(name) or {}
    if not state(entry.get("outcome")).fine:
        return None
    listed = mappings(((run.get("results") or {}).get(name) or {}).get("findings"))
    return next((one for one in listed if estimate(one)), None)


def render_history(runs: Sequence[Mapping[str, Any]]) -> str:
    """Return the page of all runs of a study, newest first.

    Each run is its manifest; the headline of a notebook is read from its entry's `headline`,
    or from `results[name]["headline"]` when the run carries `results`. A run's `link` is the
    address of its index; by default it is '<run>/index.html'.
    """
    ordered = sorted(runs, key=lambda run: (str(run.get("started") or ""), str(run.get("run"))))
    columns = tuple(dict.fromkeys(name for run in ordered for name in _names(run)))
    before: dict[str, str] = {}
    rows = []
    for run in ordered:
        now = {name: _headline(run, name) for name in columns}
        changes = tuple(
            HeadlineChange(name, _pieces(before[name], text))
            for name, text in now.items()
            if text and before.get(name) and before[name] != text
        )
        rows.append(_row(run, columns, changes))
        before |= {name: text for name, text in now.items() if text}
    last = ordered[-1] if ordered else {}
    return render(
        "history.html.j2",
        title=str(last.get("title") or last.get("study") or "Study"),
        study=str(last.get("study") or ""),
        columns=columns,
        runs=rows[::-1],
        trends=trends(ordered[::-1]),
    )


def verdict_text(verdict: str) -> str:
    """Return the reader's words for a verdict on a finding that changed."""
    return {
        "real change": _("real change"),
        "within noise": _("within noise"),
        "definition changed": _("definition changed"),
        "data changed": _("data changed"),
        "unexplained": _("unexplained"),
        "new": _("new"),
        "gone": _("gone"),
    }.get(verdict, verdict)


def render_changes(
    title: str,
    *,
    runs: tuple[str, str],
    rows: Sequence[str],
    changes: Sequence[tuple[str, str, str, str, str]],
) -> str:
    """Return the page of what changed between two runs of a study.

    Parameters
    ----------
    title
        The study's title.
    runs
        Names of the two runs, whose folders lie beside the page.
    rows
        A line for each table of which rows came, changed or went.
    changes
        Notebook, verdict, reason, headline then, headline now.
    """
    tones = {"real change": "warn", "unexplained": "bad", "within noise": "good"}
    shown = [
        (
            notebook,
            verdict_text(verdict),
            tones.get(verdict, "quiet"),
            why,
            _pieces(*map(safe.plain_text, texts)),
        )
        for notebook, verdict, why, *texts in changes
    ]
    links = [(run, f"{quote(run)}/index.html") for run in runs]
    return render("changes.html.j2", title=title, runs=links, rows=rows, changes=shown)


def render_over(
    title: str, *, column: str, notes: Sequence[str], groups: Sequence[Mapping[str, Any]]
) -> str:
    """Return the page over the studies of a column's values.

    Parameters
    ----------
    title
        The study's title.
    column
        What the groups differ in.
    notes
        What became of values without a group.
    groups
        Name, customers, records, exit code, address of the page and headlines by notebook.
    """
    shown = [
        {**group, "headlines": {k: safe.plain_text(v) for k, v in group["headlines"].items()}}
        for group in groups
    ]
    return render("over.html.j2", title=title, column=column, notes=notes, groups=shown)


def _names(run: Mapping[str, Any]) -> list[str]:
    entries = run.get("notebooks") or {}
    plan = list(run.get("plan") or ())
    return [*plan, *(name for name in entries if name not in plan)]


def _row(
    run: Mapping[str, Any], columns: tuple[str, ...], changes: tuple[HeadlineChange, ...]
) -> PastRun:
    entries = run.get("notebooks") or {}
    name = str(run.get("run") or "")
    link = str(run.get("link") or (f"{quote(name)}/index.html" if name else ""))
    spent = [entry.get("seconds") for entry in entries.values() if entry]
    known = [value for value in spent if isinstance(value, int | float)]
    return PastRun(
        run=name,
        when=moment(run.get("started") or run.get("finished")),
        seconds=duration(sum(known)) if known else "",
        state=state(run.get("status")),
        page=link if safe.file_path(link) else "",
        cells=tuple(
            state(entries[column].get("outcome")) if entries.get(column) else None
            for column in columns
        ),
        changes=changes,
    )


def _headline(run: Mapping[str, Any], name: str) -> str:
    entry = (run.get("notebooks") or {}).get(name) or {}
    if not state(entry.get("outcome")).fine:
        return ""
    saved = (run.get("results") or {}).get(name) or {}
    return safe.plain_text(str(entry.get("headline") or saved.get("headline") or ""))


def _pieces(old: str, new: str) -> tuple[tuple[str, str], ...]:
    """Cut two texts into what stays, what went and what came, word by word."""
    a, b = _WORD.findall(old), _WORD.findall(new)
    pieces: list[tuple[str, str]] = []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(("same", "".join(a[i:j])))
            continue
        if i < j:
            pieces.append(("old", "".join(a[i:j])))
        if k < m:
            pieces.append(("new", "".join(b[k:m])))
    return tuple(pieces)
