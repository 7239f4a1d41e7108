"""Pictures of the atlas: the map, the tree's bars, the cards' shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insights import drawing
from insights.analyses.topics.plots import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox

    from insights.analyses.topics.atlas.cards import TopicCards
    from insights.analyses.topics.atlas.map import TopicMap
    from insights.analyses.topics.atlas.tree import TopicTree

__all__ = ["bubble_map", "card_shares", "divided_bars"]

_ROWS = 20
_LABEL = 26  # characters of a label on the map
_COLOURS = {"rose": drawing.BAD, "fell": drawing.ACCENT, "steady": drawing.MUTED}
_MARKS = {"rose": "↑", "fell": "↓", "steady": ""}
# where a label may stand, from its bubble: direction and horizontal alignment
_PLACES = (
    (1, 0, "left"), (-1, 0, "right"), (0, 1, "center"), (0, -1, "center"),
    (0.8, 0.8, "left"), (-0.8, 0.8, "right"), (0.8, -0.8, "left"), (-0.8, -0.8, "right"),
)  # fmt: skip
_GAPS = (3, 12, 22)  # points between a bubble and its label


def bubble_map(result: TopicMap, ax: Axes | None = None) -> Axes:
    """Draw one numbered bubble a topic, area by share, with labels where they do not overlap."""
    points = result.points
    ax = drawing.axes(ax, height=6.4)
    ax.set_title(f"{len(points)} topics by likeness; the plane keeps {result.kept:.0%} of it")
    ax.set_xticks([])
    ax.set_yticks([])
    if points.empty:
        return ax
    area = 2_600 * points["share"].to_numpy() / max(points["share"].max(), 1e-9) + 60
    colours = [_COLOURS[word] for word in points["change"]]
    x, y = points["x"].to_numpy(), points["y"].to_numpy()
    ax.scatter(x, y, s=area, c=colours, alpha=0.45, edgecolors=colours, linewidths=1.2)
    ax.set_xlim(*_wide(x, 0.28))
    ax.set_ylim(*_wide(y, 0.16))
    for row in points.itertuples():
        ax.annotate(
            f"{row.number}{_MARKS[row.change]}",
            (row.x, row.y),
            ha="center",
            va="center",
            fontsize=7.5,
            fontweight="bold",
        )
    drawing.caption(
        ax,
        f"n = {result.n:,} records; area: share of records; distances are approximate. "
        "Orange ↑ rose, blue ↓ fell lately, grey no detectable change.\n"
        "A number without a label stands in the table.",
    )
    _place_labels(ax, result, np.sqrt(area / np.pi))
    return ax


def divided_bars(result: TopicTree, ax: Axes | None = None) -> Axes:
    """Draw the largest topics as bars, divided by sub-topic."""
    nodes = result.nodes
    tops = nodes[nodes["level"] == "topic"].head(_ROWS)
    y = np.arange(len(tops))[::-1]
    ax = drawing.axes(ax, height=1.3 + 0.27 * max(len(tops), 2))
    ax.barh(y, tops["share"], color=drawing.MUTED, height=0.66, alpha=0.5)
    for at, topic in zip(y, tops["topic_id"], strict=True):
        parts = nodes[(nodes["topic_id"] == topic) & (nodes["level"] == "sub-topic")]
        left = np.append(0.0, parts["share"].cumsum())[:-1]
        ax.barh(
            at, parts["share"], left=left, height=0.66, color=drawing.ACCENT, alpha=0.55,
            edgecolor="white",
        )  # fmt: skip
    ax.set_yticks(y, [shortened(label) for label in tops["label"]])
    ax.set_xlabel("share of records")
    drawing.percent(ax, "x", None)
    ax.grid(axis="y", visible=False)
    parts = int(nodes["subtopic_id"].notna().sum())
    ax.set_title(f"{len(nodes[nodes['level'] == 'topic']) - 1} topics in {parts} sub-topics")
    drawing.caption(ax, f"n = {result.n:,} records; a bar's pieces are sub-topics")
    return ax


def card_shares(result: TopicCards, ax: Axes | None = None) -> Axes:
    """Draw each topic's share of messages with its interval, and its share of customers."""
    rows = result.cards.head(_ROWS)
    y = np.arange(len(rows))[::-1]
    ax = drawing.axes(ax, height=1.3 + 0.27 * max(len(rows), 2))
    drawing.intervals(ax, y, rows["share"], rows["low"], rows["high"])
    known = rows["customer_share"].astype(float)
    ax.scatter(known, y, facecolor="white", edgecolor=drawing.BAD, zorder=3, s=30)
    ax.set_yticks(y, [shortened(label) for label in rows["label"]])
    ax.set_xlabel("share of messages (filled), of customers (hollow)")
    drawing.percent(ax, "x", None)
    ax.set_title(f"{len(result.cards)} topics")
    drawing.caption(ax, f"n = {result.n:,} records; lines are 95 % intervals")
    return ax


def _wide(values: np.ndarray, margin: float) -> tuple[float, float]:
    span = max(float(np.ptp(values)), 1e-3)
    return float(values.min() - margin * span), float(values.max() + margin * span)


def _place_labels(ax: Axes, result: TopicMap, radii: np.ndarray) -> None:
    """Write the labels of the largest topics first, each in the first free place, or not at all.

    `radii` are in points. A label keeps off every bubble's number and all labels written before.
    """
    figure = ax.figure
    figure.canvas.draw()  # the layout decides where points lie
    scale = figure.dpi / 72
    centre = ax.transData.transform(result.points[["x", "y"]].to_numpy())
    inside = ax.get_window_extent()
    taken: list[Bbox] = []
    cores = np.minimum(radii, 9) * scale
    for row, radius in zip(result.points.itertuples(), radii, strict=True):
        for gap, (dx, dy, align) in ((g, p) for g in _GAPS for p in _PLACES):
            label = ax.annotate(
                shortened(row.label, _LABEL),
                (row.x, row.y),
                xytext=(dx * (radius + gap), dy * (radius + gap)),
                textcoords="offset points",
                ha=align,
                va="center" if dy == 0 else "bottom" if dy > 0 else "top",
                fontsize=7.5,
            )
            label.set_in_layout(False)
            box = label.get_window_extent()
            free = inside.x0 <= box.x0 and box.x1 <= inside.x1
            free &= inside.y0 <= box.y0 and box.y1 <= inside.y1
            free = free and not any(box.overlaps(other) for other in taken)
            if free and not _covers(box, centre, cores):
                taken.append(box)
                break
            label.remove()


def _covers(box: Bbox, centre: np.ndarray, cores: np.ndarray) -> bool:
    """Whether the box covers the number in the middle of some bubble."""
    near = np.column_stack(
        [np.clip(centre[:, 0], box.x0, box.x1), np.clip(centre[:, 1], box.y0, box.y1)]
    )
    return bool((np.linalg.norm(near - centre, axis=1) < cores).any())
