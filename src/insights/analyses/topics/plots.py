"""Pictures of topics: shares, trends, changes."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from insights import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from insights.analyses.topics.movement import TopicChange, TopicSurge, TopicTrend
    from insights.analyses.topics.result import Quotes, TopicModel

__all__ = [
    "change_intervals",
    "quote_languages",
    "surge_runs",
    "topic_shares",
    "trend_panels",
]

_ROWS = 20
_PANELS = 9


def topic_shares(result: TopicModel, ax: Axes | None = None) -> Axes:
    """Draw the share of each of the largest topics, and of no topic, with intervals."""
    shown = result.topics.head(_ROWS)
    left = result.unexplained
    labels = [*(_short(label) for label in shown["label"]), "no topic"]
    share = np.append(shown["share"].to_numpy(float), left.estimate)
    low = np.append(shown["low"].to_numpy(float), left.low)
    high = np.append(shown["high"].to_numpy(float), left.high)
    y = np.arange(len(labels))[::-1]
    ax = drawing.axes(ax, height=1.3 + 0.27 * len(labels))
    colours = [drawing.ACCENT] * len(shown) + [drawing.MUTED]
    ax.barh(y, share, color=colours, height=0.62, alpha=0.55)
    drawing.intervals(ax, y, share, low, high, color=colours)
    ax.set_yticks(y, labels)
    ax.set_xlabel("share of records")
    drawing.percent(ax, "x", None)
    ax.grid(axis="y", visible=False)
    ax.set_xlim(left=0)
    rest = len(result.topics) - len(shown)
    ax.set_title(_title(result))
    small = f"; {rest} smaller topics not drawn" if rest > 0 else ""
    drawing.caption(ax, f"n = {result.n:,} records; lines are 95 % intervals{small}")
    return ax


def quote_languages(result: Quotes, ax: Axes | None = None) -> Axes:
    """Draw how many quotes there are in each language."""
    counts = result.quotes["language"].value_counts().sort_index()
    ax = drawing.axes(ax, height=1.2 + 0.3 * max(len(counts), 1))
    ax.barh(np.arange(len(counts)), counts.to_numpy(), color=drawing.ACCENT, height=0.6)
    ax.set_yticks(np.arange(len(counts)), counts.index.to_list())
    ax.set_xlabel("quotes")
    ax.set_title("Languages of the quotes")
    drawing.caption(ax, f"n = {result.n} quotes, drawn at random")
    return ax


def trend_panels(result: TopicTrend, ax: Axes | None = None) -> Axes:
    """Draw the largest topics through time: one panel each, or lines on `ax` when given."""
    ids = [topic for topic in result.names if topic != "-1"][:_PANELS] or ["-1"]
    if ax is not None:
        for colour, topic in zip(drawing.PALETTE, ids, strict=False):
            _trend_line(ax, result, topic, colour)
        ax.legend([_short(result.names[topic], 30) for topic in ids[: len(drawing.PALETTE)]])
        return ax
    columns = min(3, len(ids))
    rows = -(-len(ids) // columns)
    width = plt.rcParams["figure.figsize"][0]
    figure, grid = plt.subplots(
        rows,
        columns,
        figsize=(width * 1.25, 0.7 + 1.75 * rows),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    panels = list(grid.ravel())
    for panel, topic in zip(panels, ids, strict=False):
        _trend_line(panel, result, topic, drawing.ACCENT)
        panel.set_title(_wrapped(result.names[topic]), fontsize=8.5, fontweight="normal")
        panel.set_ylim(bottom=0)
    for panel in panels[len(ids) :]:
        panel.set_visible(False)
    figure.suptitle(
        f"Share of records per {result.period}, {len(ids)} largest topics",
        fontsize=11,
        fontweight="bold",
        x=0.01,
        ha="left",
    )
    figure.supxlabel(
        f"n = {result.n:,} records; bands are 95 % intervals; hollow: period covered in part",
        fontsize=7.5,
        color="#5F6B7A",
        x=0.01,
        ha="left",
    )
    return panels[0]


def change_intervals(result: TopicChange, ax: Axes | None = None) -> Axes:
    """Draw each topic's change with its interval; named changes in colour."""
    order = result.changes.sort_values("estimate", key=abs, ascending=False, kind="stable")
    rows = order.head(_ROWS).sort_values("estimate", ascending=False, kind="stable")
    named = set(result.found["topic_id"])
    y = np.arange(len(rows))[::-1]
    ax = drawing.axes(ax, height=1.4 + 0.27 * max(len(rows), 3))
    for at, (_, row) in zip(y, rows.iterrows(), strict=True):
        colour = drawing.MUTED
        if row["topic_id"] in named:
            colour = drawing.BAD if row["estimate"] > 0 else drawing.ACCENT
        drawing.intervals(ax, [at], [row["estimate"]], [row["low"]], [row["high"]], color=colour)
    ax.axvline(0, color="#5F6B7A", linewidth=1)
    ax.set_yticks(y, [_short(label) for label in rows["label"]])
    ax.set_xlabel("recent share minus earlier share, percentage points")
    ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:+.1f}")
    ax.grid(axis="y", visible=False)
    ax.set_title("No detectable change" if not named else f"{len(named)} topics changed")
    drawing.caption(ax, f"n = {result.n:,} records; 95 % intervals; coloured: q at most .05")
    return ax


def surge_runs(result: TopicSurge, ax: Axes | None = None) -> Axes:
    """Draw on the calendar when the topics stood out that did."""
    rows = result.found.head(_ROWS)
    ax = drawing.axes(ax, height=1.4 + 0.4 * max(len(rows), 2))
    y = np.arange(len(rows))[::-1]
    step = pd.tseries.frequencies.to_offset(
        {"day": "D", "week": "W", "month": "MS", "quarter": "QS", "year": "YS"}[result.period]
    )
    for at, (_, row) in zip(y, rows.iterrows(), strict=True):
        ax.hlines(at, row["start"], row["end"] + step, color=drawing.BAD, linewidth=7)
        text = f" {row['share']:.1%} against {row['otherwise']:.1%}"
        ax.annotate(text, (row["start"], at), xytext=(0, 7), textcoords="offset points", fontsize=8)
    ax.set_yticks(y, [_short(label) for label in rows["label"]])
    ax.set_ylim(-0.6, max(len(rows), 2) - 0.2)
    if len(rows):
        _dates(ax)
    else:
        ax.set_xticks([])
    ax.set_xlabel(f"{result.period}s in which the topic stood out")
    ax.set_title(
        "No detectable surge" if rows.empty else f"{len(result.found)} topics stood out for a time"
    )
    drawing.caption(ax, f"n = {result.n:,} records; runs with q at most .05 after the search")
    return ax


def _trend_line(ax: Axes, result: TopicTrend, topic: str, colour: str) -> None:
    rows = result.trend[result.trend["topic_id"] == topic]
    drawing.interval_band(ax, rows["period"], rows["low"], rows["high"], color=colour)
    ax.plot(rows["period"], rows["share"], color=colour, linewidth=1.5)
    part = rows[~rows["complete"]]
    ax.scatter(part["period"], part["share"], s=22, facecolor="white", edgecolor=colour, zorder=4)
    drawing.percent(ax, "y", None)
    _dates(ax)


def _dates(ax: Axes) -> None:
    locator = mdates.AutoDateLocator(minticks=2, maxticks=4)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))


def _title(result: TopicModel) -> str:
    if result.topics.empty:
        return "Too few texts to model topics"
    return f"{len(result.topics)} topics; {result.unexplained.estimate:.1%} of the records in none"


def _short(label: str, width: int = 46) -> str:
    return label if len(label) <= width else label[: width - 1].rstrip(" ·/") + "…"


def _wrapped(label: str) -> str:
    return "\n".join(textwrap.wrap(label, 34)[:2])
