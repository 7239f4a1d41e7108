"""The history of a study: every run, what became of it, and which headlines changed."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from insights.messages import _
from insights.report import safe
from insights.report.finding import (
    State,
    duration,
    estimate,
    mappings,
    moment,
    sentence,
    state,
    template,
)
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
_WORD = re.compile(r"\s+|(?<![\w.])[-+−]?\d[\d.,]*(?<=\d)(?:\s?%)?|[a-zA-Z]+|.", re.S)
_ALIKE = 0.6  # of two texts, below which they stand one after the other, each whole
_WIDTH, _HEIGHT, _MARGIN = 120, 26, 4  # of a sparkline, in pixels
# verdicts in the order in which a reader wants them, with the tone of their mark
_TONES = {
    "real change": "warn",
    "unexplained": "bad",
    "definition changed": "quiet",
    "data changed": "quiet",
    "new": "quiet",
    "gone": "quiet",
    "within noise": "good",
}


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
        """The values as a sparkline of blocks."""
        return sparkline(self.values)

    @property
    def points(self) -> list[tuple[float, float]]:
        """Where the known values lie in a picture of 120 by 26 pixels."""
        known = [(i, value) for i, value in enumerate(self.values) if value is not None]
        low, high = min(v for _i, v in known), max(v for _i, v in known)
        wide = (_WIDTH - 2 * _MARGIN) / max(len(self.values) - 1, 1)
        tall = (_HEIGHT - 2 * _MARGIN) / ((high - low) or 1.0)
        return [
            (round(_MARGIN + i * wide, 1),
             round(_HEIGHT - _MARGIN - (value - low) * tall if high > low else _HEIGHT / 2, 1))
            for i, value in known
        ]  # fmt: skip


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
        found.append(HeadlineNumbers(name, safe.plain_text(sentence(last)), tuple(values)))
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
    shown: dict[str, list[tuple]] = {verdict: [] for verdict in _TONES}
    for notebook, verdict, why, *texts in changes:
        shown.setdefault(verdict, []).append((notebook, why, _pieces(*map(safe.plain_text, texts))))
    groups = [
        (verdict_text(verdict), _TONES.get(verdict, "quiet"), found)
        for verdict, found in shown.items()
        if found
    ]
    links = [(_when(run), f"{quote(run)}/index.html") for run in runs]
    return render("changes.html.j2", title=title, runs=links, rows=rows, groups=groups)


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
    names = dict.fromkeys(name for group in groups for name in group["headlines"])
    told = {
        name: [
            (group["name"], group["page"], safe.plain_text(group["headlines"][name]))
            for group in groups
            if name in group["headlines"]
        ]
        for name in names
    }
    return render("over.html.j2", title=title, column=column, notes=notes, groups=groups, told=told)


def _when(run: str) -> str:
    """Write the time that a run's name begins with; another name as it is."""
    found = re.match(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)", run)
    return "{}-{}-{} {}:{} UTC".format(*found.groups()) if found else run


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
    return PastRun(
        run=name,
        when=moment(run.get("started") or run.get("finished")),
        seconds=_took(run),
        state=state(run.get("status")),
        page=link if safe.file_path(link) else "",
        cells=tuple(
            state(entries[column].get("outcome")) if entries.get(column) else None
            for column in columns
        ),
        changes=changes,
    )


def _took(run: Mapping[str, Any]) -> str:
    """Write the time from a run's start to its end; where that is not known, its notebooks'."""
    try:
        ends = [dt.datetime.fromisoformat(str(run.get(key))) for key in ("started", "finished")]
        return duration((ends[1] - ends[0]).total_seconds())
    except (TypeError, ValueError):
        entries = (run.get("notebooks") or {}).values()
        known = [s for e in entries if isinstance(s := (e or {}).get("seconds"), int | float)]
        return duration(sum(known)) if known else ""


def _headline(run: Mapping[str, Any], name: str) -> str:
    entry = (run.get("notebooks") or {}).get(name) or {}
    if not state(entry.get("outcome")).fine:
        return ""
    saved = (run.get("results") or {}).get(name) or {}
    return safe.plain_text(str(entry.get("headline") or saved.get("headline") or ""))


def _pieces(old: str, new: str) -> tuple[tuple[str, str], ...]:
    """Cut two texts into what stays, what went and what came, word by word."""
    a, b = _WORD.findall(old), _WORD.findall(new)
    same = difflib.SequenceMatcher(None, a, b, autojunk=False)
    if old and new and same.ratio() < _ALIKE:
        return ("old", old), ("new", new)
    pieces: list[tuple[str, str]] = []
    for kind, i, j, k, m in same.get_opcodes():
        if kind == "equal":
            pieces.append(("same", "".join(a[i:j])))
            continue
        if i < j:
            pieces.append(("old", "".join(a[i:j])))
        if k < m:
            pieces.append(("new", "".join(b[k:m])))
    return tuple(pieces)
