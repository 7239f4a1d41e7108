"""Figures of the collect notebook: they draw what a result holds."""

from __future__ import annotations

import re
import textwrap

import pandas as pd
from matplotlib.axes import Axes

from insights import drawing
from insights.analyses.collect.result import (
    Balance,
    Coverage,
    Languages,
    Quality,
    Redactions,
    Repeats,
    Screening,
)
from insights.analyses.collect.tables import shown
from insights.messages import _, number, percent, plural

__all__ = ["balance", "coverage", "languages", "quality", "redactions", "repeats", "screening"]

_MOST = 14
_UNDRAWABLE = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d\u20e3]")


def _height(rows: int) -> float:
    return max(1.8, 1.2 + 0.32 * rows)


def _short(text: str, width: int = 44) -> str:
    plain = _UNDRAWABLE.sub("", " ".join(str(text).split())).replace("$", r"\$")
    return textwrap.shorten(plain, width, placeholder=" …") if " " in plain else plain[:width]


def balance(result: Balance, ax: Axes | None = None) -> Axes:
    """Draw one bar a source, split by what became of its rows."""
    frame = result.sources.iloc[::-1]
    ax = drawing.axes(ax, height=_height(len(frame)))
    left = frame["rows_in"] * 0.0
    parts = {
        "kept": (drawing.GOOD, _("kept")),
        "quarantined": (drawing.BAD, _("quarantined")),
        "duplicates": (drawing.PALETTE[4], _("duplicates")),
        "screened": (drawing.MUTED, _("screened")),
    }
    for name, (colour, label) in parts.items():
        width = frame[name] / frame["rows_in"].clip(lower=1)
        ax.barh(frame["source"], width, left=left, color=colour, label=label, height=0.62)
        left = left + width
    for place, row in enumerate(frame.itertuples()):
        kept = _("{kept} of {rows}", kept=number(row.kept), rows=number(row.rows_in))
        ax.text(1.01, place, kept, va="center", fontsize=8)
    drawing.percent(ax, "x")
    ax.set(xlim=(0, 1), xlabel=_("share of rows in"), ylabel="")
    ax.grid(visible=False, axis="y")
    ax.set_title(_("{n} rows in, every one accounted for", n=number(result.n)), pad=24)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, borderaxespad=0.2)
    return ax


def quality(result: Quality, ax: Axes | None = None) -> Axes:
    """Draw each judged share with its interval and its threshold."""
    frame = result.judged[result.judged["value"].notna()]
    frame = frame.sort_values("value", kind="stable").head(_MOST).iloc[::-1]
    ax = drawing.axes(ax, height=_height(len(frame)))
    names = [f"{row.source}: {shown(row.check)}" for row in frame.itertuples()]
    colours = {True: drawing.GOOD, False: drawing.BAD}
    for place, row in enumerate(frame.itertuples()):
        colour = drawing.MUTED if pd.isna(row.passed) else colours[bool(row.passed)]
        drawing.intervals(ax, [place], [row.value], [row.low], [row.high], color=colour)
        ax.plot([row.threshold] * 2, [place - 0.35, place + 0.35], color="#222", linewidth=1.2)
    ax.set_yticks(range(len(names)), [_short(name, 50) for name in names])
    drawing.percent(ax, "x")
    ax.set(xlabel=_("share, with its interval; black stroke: threshold"), ylabel="")
    verdict = result.judged["passed"]
    failed, all_of_them = int(verdict.eq(False).sum()), len(verdict)
    ax.set_title(
        _("{failed} of {all} quality checks fail", failed=failed, all=all_of_them)
        if failed
        else _("No quality check of {all} fails", all=all_of_them)
    )
    return drawing.caption(
        ax,
        _(
            "{level} Wilson intervals; green passes, orange fails, grey cannot be told; the "
            "{shown} lowest are shown",
            level=percent(result.level),
            shown=len(frame),
        ),
    )


def screening(result: Screening, ax: Axes | None = None) -> Axes:
    """Draw the reasons, most frequent first."""
    by = result.reasons.groupby(["kind", "reason"])["rows"].sum().sort_values()
    by = by.tail(_MOST)
    total = int(result.reasons["rows"].sum())
    title = _("{total} of {n} rows were set aside", total=number(total), n=number(result.n))
    colours = [drawing.BAD if kind == "quarantined" else drawing.MUTED for kind, _ in by.index]
    names = [f"{_short(reason, 52)}" for _, reason in by.index]
    label = _("rows (orange: quarantined, grey: screened)")
    return _bars(names, by.to_numpy(), colours, title, label, ax)


def repeats(result: Repeats, ax: Axes | None = None) -> Axes:
    """Draw the texts that recur most."""
    frame = result.messages.head(10).iloc[::-1]
    title = _(
        "{merged} duplicates merged; {recurring} rows share their text",
        merged=number(result.merged),
        recurring=number(result.recurring),
    )
    names = [_short(text, 40) for text in frame["text"]]
    colours = [drawing.ACCENT] * len(frame)
    label = _("rows with this text")
    return _bars(names, frame["copies"].to_numpy(), colours, title, label, ax)


def redactions(result: Redactions, ax: Axes | None = None) -> Axes:
    """Draw findings by kind."""
    by = result.counts.groupby("kind")["findings"].sum().sort_values()
    title = _("{n} findings of personal data were replaced", n=number(by.sum()))
    colours = [drawing.ACCENT] * len(by)
    return _bars(list(by.index), by.to_numpy(), colours, title, _("findings"), ax)


def _bars(names, values, colours, title: str, label: str, ax: Axes | None) -> Axes:
    ax = drawing.axes(ax, height=_height(len(names)))
    ax.barh(range(len(names)), values, color=colours, height=0.62)
    ax.set_yticks(range(len(names)), names)
    for place, value in enumerate(values):
        ax.text(value, place, f" {int(value):,}", va="center", fontsize=8)
    if not len(names):
        ax.text(0.5, 0.5, _("none found"), ha="center", va="center", transform=ax.transAxes)
    ax.set(xlabel=label, ylabel="")
    ax.margins(x=0.12)
    ax.grid(visible=False, axis="y")
    ax.set_title(title)
    return ax


def languages(result: Languages, ax: Axes | None = None) -> Axes:
    """Draw the shares with their intervals."""
    frame = result.shares.iloc[::-1]
    ax = drawing.axes(ax, height=_height(len(frame)))
    places = range(len(frame))
    drawing.intervals(ax, places, frame["share"], frame["low"], frame["high"])
    ax.set_yticks(places, frame["language"])
    ax.set_ylim(-0.6, len(frame) - 0.4)
    drawing.percent(ax, "x")
    ax.set(xlabel=_("share of feedback"), ylabel="")
    title = _("No feedback")
    if len(frame):
        top = result.shares.iloc[0]
        share = percent(top["share"])
        title = _("{share} of feedback is '{language}'", share=share, language=top["language"])
    ax.set_title(title)
    level = percent(result.level)
    return drawing.caption(
        ax, _("n = {n}; {level} Wilson intervals", n=number(result.n), level=level)
    )


def coverage(result: Coverage, ax: Axes | None = None) -> Axes:
    """Draw counts per period, one colour a source."""
    ax = drawing.axes(ax)
    wide = result.periods.pivot(index="period", columns="source", values="n").fillna(0)
    order = wide.sum().sort_values(ascending=False).index
    shown, rest = list(order[:7]), list(order[7:])
    parts = [wide[name] for name in shown] + ([wide[rest].sum(axis=1)] if rest else [])
    names = [_short(name, 24) for name in shown] + ([_("{n} others", n=len(rest))] if rest else [])
    if len(wide):
        ax.stackplot(wide.index, *parts, labels=names, colors=drawing.PALETTE, step="post")
        ax.legend(loc="upper left")
    label = {
        "day": _("pieces of feedback a day"),
        "week": _("pieces of feedback a week"),
        "month": _("pieces of feedback a month"),
        "quarter": _("pieces of feedback a quarter"),
        "year": _("pieces of feedback a year"),
    }[result.period]
    ax.set(xlabel="", ylabel=label, ylim=(0, None))
    title = _("{n} pieces of feedback over time", n=number(result.n))
    if result.holes:
        empty = _empty_periods(result.period, result.holes)
        title = _("{n} pieces of feedback over time, {empty}", n=number(result.n), empty=empty)
    ax.set_title(title)
    return ax


def _empty_periods(period: str, n: int) -> str:
    return {
        "day": plural("{n} empty day", "{n} empty days", n),
        "week": plural("{n} empty week", "{n} empty weeks", n),
        "month": plural("{n} empty month", "{n} empty months", n),
        "quarter": plural("{n} empty quarter", "{n} empty quarters", n),
        "year": plural("{n} empty year", "{n} empty years", n),
    }[period]
