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
        "kept": drawing.GOOD, "quarantined": drawing.BAD,
        "duplicates": drawing.PALETTE[4], "screened": drawing.MUTED,
    }  # fmt: skip
    for name, colour in parts.items():
        width = frame[name] / frame["rows_in"].clip(lower=1)
        ax.barh(frame["source"], width, left=left, color=colour, label=name, height=0.62)
        left = left + width
    for place, row in enumerate(frame.itertuples()):
        ax.text(1.01, place, f"{row.kept:,} of {row.rows_in:,}", va="center", fontsize=8)
    drawing.percent(ax, "x")
    ax.set(xlim=(0, 1), xlabel="share of rows in", ylabel="")
    ax.grid(visible=False, axis="y")
    ax.set_title(f"{result.n:,} rows in, every one accounted for", pad=24)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, borderaxespad=0.2)
    return ax


def quality(result: Quality, ax: Axes | None = None) -> Axes:
    """Draw each judged share with its interval and its threshold."""
    frame = result.judged[result.judged["value"].notna()]
    frame = frame.sort_values("value", kind="stable").head(_MOST).iloc[::-1]
    ax = drawing.axes(ax, height=_height(len(frame)))
    names = [f"{row.source}: {row.check}" for row in frame.itertuples()]
    colours = {True: drawing.GOOD, False: drawing.BAD}
    for place, row in enumerate(frame.itertuples()):
        colour = drawing.MUTED if pd.isna(row.passed) else colours[bool(row.passed)]
        drawing.intervals(ax, [place], [row.value], [row.low], [row.high], color=colour)
        ax.plot([row.threshold] * 2, [place - 0.35, place + 0.35], color="#222", linewidth=1.2)
    ax.set_yticks(range(len(names)), [_short(name, 50) for name in names])
    drawing.percent(ax, "x")
    ax.set(xlabel="share, with its interval; black stroke: threshold", ylabel="")
    verdict = result.judged["passed"]
    failed = int(verdict.eq(False).sum())
    ax.set_title(f"{failed} of {len(verdict)} quality checks fail" if failed else
                 f"No quality check of {len(verdict)} fails")  # fmt: skip
    drawing.caption(ax, f"{result.level:.0%} Wilson intervals; green passes, orange fails, "
                    f"grey cannot be told; the {len(frame)} lowest are shown")  # fmt: skip
    return ax


def screening(result: Screening, ax: Axes | None = None) -> Axes:
    """Draw the reasons, most frequent first."""
    by = result.reasons.groupby(["kind", "reason"])["rows"].sum().sort_values()
    by = by.tail(_MOST)
    title = f"{int(result.reasons['rows'].sum()):,} of {result.n:,} rows were set aside"
    colours = [drawing.BAD if kind == "quarantined" else drawing.MUTED for kind, _ in by.index]
    names = [f"{_short(reason, 52)}" for _, reason in by.index]
    return _bars(names, by.to_numpy(), colours, title, "rows (orange: quarantined, grey: screened)",
                 ax)  # fmt: skip


def repeats(result: Repeats, ax: Axes | None = None) -> Axes:
    """Draw the texts that recur most."""
    frame = result.messages.head(10).iloc[::-1]
    title = f"{result.merged:,} duplicates merged; {result.recurring:,} rows share their text"
    names = [_short(text, 40) for text in frame["text"]]
    colours = [drawing.ACCENT] * len(frame)
    return _bars(names, frame["copies"].to_numpy(), colours, title, "rows with this text", ax)


def redactions(result: Redactions, ax: Axes | None = None) -> Axes:
    """Draw findings by kind."""
    by = result.counts.groupby("kind")["findings"].sum().sort_values()
    title = f"{int(by.sum()):,} findings of personal data were replaced"
    return _bars(list(by.index), by.to_numpy(), [drawing.ACCENT] * len(by), title, "findings", ax)


def _bars(names, values, colours, title: str, label: str, ax: Axes | None) -> Axes:
    ax = drawing.axes(ax, height=_height(len(names)))
    ax.barh(range(len(names)), values, color=colours, height=0.62)
    ax.set_yticks(range(len(names)), names)
    for place, value in enumerate(values):
        ax.text(value, place, f" {int(value):,}", va="center", fontsize=8)
    if not len(names):
        ax.text(0.5, 0.5, "none found", ha="center", va="center", transform=ax.transAxes)
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
    ax.set(xlabel="share of feedback", ylabel="")
    top = result.shares.iloc[0] if len(frame) else None
    ax.set_title("No feedback" if top is None else
                 f"{top['share']:.0%} of feedback is '{top['language']}'")  # fmt: skip
    drawing.caption(ax, f"n = {result.n:,}; {result.level:.0%} Wilson intervals")
    return ax


def coverage(result: Coverage, ax: Axes | None = None) -> Axes:
    """Draw counts per period, one colour a source."""
    ax = drawing.axes(ax)
    wide = result.periods.pivot(index="period", columns="source", values="n").fillna(0)
    order = wide.sum().sort_values(ascending=False).index
    shown, rest = list(order[:7]), list(order[7:])
    parts = [wide[name] for name in shown] + ([wide[rest].sum(axis=1)] if rest else [])
    names = [_short(name, 24) for name in shown] + ([f"{len(rest)} others"] if rest else [])
    if len(wide):
        ax.stackplot(wide.index, *parts, labels=names, colors=drawing.PALETTE, step="post")
        ax.legend(loc="upper left")
    ax.set(xlabel="", ylabel=f"pieces of feedback a {result.period}", ylim=(0, None))
    holes = f", {result.holes} empty {result.period}s" if result.holes else ""
    ax.set_title(f"{result.n:,} pieces of feedback over time{holes}")
    return ax
