"""Pictures of topics."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.ticker import NullLocator

from insights import drawing
from insights.analyses.topics.changes import periods_text
from insights.messages import _, number, percent, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from insights.analyses.topics.changes import TopicChange, TopicTrend
    from insights.analyses.topics.emerging_terms import EmergingTerms
    from insights.analyses.topics.mix import TopicMix
    from insights.analyses.topics.overview import TopicMap
    from insights.analyses.topics.result import TopicModel
    from insights.analyses.topics.segments import TopicCustomers, TopicSegments
    from insights.analyses.topics.surges import EarlyWarning, TopicSurge

__all__ = [
    "alarm_calendar",
    "bubble_map",
    "change_intervals",
    "customer_shares",
    "mix_parts",
    "segment_grid",
    "shortened",
    "surge_runs",
    "term_odds",
    "topic_shares",
    "trend_panels",
]

_ROWS = 20
_PANELS = 9
_SEGMENTS = 30
_LABEL = 26  # characters of a label on the map
_COLOURS = {"rose": drawing.BAD, "fell": drawing.ACCENT, "steady": drawing.MUTED}
_MARKS = {"rose": "↑", "fell": "↓", "steady": ""}


def topic_shares(result: TopicModel, ax: Axes | None = None) -> Axes:
    """Draw the share of each of the largest topics, and of no topic, with intervals."""
    shown, left = result.topics.head(_ROWS), result.unexplained
    rows = shown[["label", "share", "low", "high"]].astype({"label": object})
    rows.loc[len(rows)] = [_("no topic"), left.estimate, left.low, left.high]
    y, ax = _rows(ax, rows["label"], 1.3, 0.27, least=1)
    colours = [drawing.ACCENT] * len(shown) + [drawing.MUTED]
    ax.barh(y, rows["share"], color=colours, height=0.62, alpha=0.55)
    drawing.intervals(ax, y, rows["share"], rows["low"], rows["high"], color=colours)
    _share_axis(ax, _("share of records"))
    ax.set_xlim(left=0)
    if shown.empty:
        ax.set_title(_("Too few texts to model topics"))
    else:
        count, none = len(result.topics), percent(left.estimate, 1)
        ax.set_title(_("{count} topics; {share} of the records in none", count=count, share=none))
    note = _("n = {n} records; lines are 95 % intervals", n=number(result.n))
    if rest := len(result.topics) - len(shown):
        note = _("{note}; {rest} smaller topics not drawn", note=note, rest=rest)
    return drawing.caption(ax, note)


def trend_panels(result: TopicTrend, ax: Axes | None = None) -> Axes:
    """Draw the largest topics through time: one panel each, or lines on `ax` when given."""
    ids = [topic for topic in result.names if topic != "-1"][:_PANELS] or ["-1"]
    if ax is not None:
        for colour, topic in zip(drawing.PALETTE, ids, strict=False):
            _trend_line(ax, result, topic, colour)
        ax.legend([shortened(result.names[topic], 30) for topic in ids[: len(drawing.PALETTE)]])
        return ax
    columns = min(3, len(ids))
    rows = -(-len(ids) // columns)
    width = plt.rcParams["figure.figsize"][0]
    figure, grid = plt.subplots(
        rows, columns, figsize=(width * 1.25, 0.7 + 1.75 * rows), sharex=True, sharey=True,
        squeeze=False,
    )  # fmt: skip
    panels = list(grid.ravel())
    for panel, topic in zip(panels, ids, strict=False):
        _trend_line(panel, result, topic, drawing.ACCENT)
        wrapped = "\n".join(textwrap.wrap(result.names[topic], 34)[:2])
        panel.set_title(wrapped, fontsize=8.5, fontweight="normal")
        panel.set_ylim(bottom=0)
    for panel in panels[len(ids) :]:
        panel.set_visible(False)
    title = _(
        "Share of records per {period}, {count} largest topics",
        period=periods_text(result.period, 1),
        count=len(ids),
    )
    figure.suptitle(title, fontsize=11, fontweight="bold", x=0.01, ha="left")
    note = _(
        "n = {n} records; bands are 95 % intervals; hollow: period covered in part",
        n=number(result.n),
    )
    figure.supxlabel(note, fontsize=7.5, color="#5F6B7A", x=0.01, ha="left")
    return panels[0]


def change_intervals(result: TopicChange, ax: Axes | None = None) -> Axes:
    """Draw each topic's change with its interval; named changes in colour."""
    order = result.changes.sort_values("estimate", key=abs, ascending=False, kind="stable")
    rows = order.head(_ROWS).sort_values("estimate", ascending=False, kind="stable")
    named = set(result.found["topic_id"])
    y, ax = _rows(ax, rows["label"], 1.4, 0.27, least=3)
    colours = _directed(rows, rows["estimate"], named)
    drawing.intervals(ax, y, rows["estimate"], rows["low"], rows["high"], color=colours)
    _point_axis(ax, _("recent share minus earlier share, percentage points"))
    changed = plural("{n} topics changed", "{n} topics changed", len(named))
    ax.set_title(changed if named else _("No detectable change"))
    return drawing.caption(ax, _coloured(result.n, result.trend.fdr))


def surge_runs(result: TopicSurge, ax: Axes | None = None) -> Axes:
    """Draw on the calendar when the topics stood out that did."""
    rows = result.found.head(_ROWS)
    y, ax = _rows(ax, rows["label"], 1.4, 0.4, grid=True)
    period = result.trend.period
    step = pd.tseries.frequencies.to_offset(
        {"day": "D", "week": "W", "month": "MS", "quarter": "QS", "year": "YS"}[period]
    )
    for at, row in zip(y, rows.itertuples(), strict=True):
        ax.hlines(at, row.start, row.end + step, color=drawing.BAD, linewidth=7)
        _against(ax, row.start, at, " ", row.share, row.otherwise, rise=7)
    _time_axis(ax, len(rows))
    ax.set_xlabel(_("{periods} in which the topic stood out", periods=periods_text(period)))
    several = plural(
        "{n} topics stood out for a time", "{n} topics stood out for a time", len(result.found)
    )
    ax.set_title(several if len(rows) else _("No detectable surge"))
    note = _(
        "n = {n} records; runs with q at most {q} after the search",
        n=number(result.n),
        q=_decimal(result.trend.fdr),
    )
    return drawing.caption(ax, note)


def term_odds(result: EmergingTerms, ax: Axes | None = None) -> Axes:
    """Draw the odds ratios of the named terms, or of those nearest to being named."""
    found = result.found
    rows = found.head(_ROWS) if len(found) else result.terms.head(8)
    labels = [f"{row.term} ({row.recent})" for row in rows.itertuples()]
    y, ax = _rows(ax, labels, 1.5, 0.27, least=3)
    colour = drawing.BAD if len(found) else drawing.MUTED
    drawing.intervals(ax, y, rows["odds_ratio"], rows["low"], rows["high"], color=colour)
    ax.axvline(1, color="#5F6B7A", linewidth=1)
    if len(rows):
        ax.set_xscale("log")
        ticks = [t for t in (0.5, 1, 2, 4, 8, 16, 32, 64) if t <= rows["high"].max() * 1.2]
        ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
        ax.xaxis.set_minor_locator(NullLocator())
    ax.set_ylim(-0.6, max(len(rows), 2) - 0.4)
    ax.set_xlabel(_("odds of the term lately, as a multiple of before"))
    few = plural("One term emerges", "{n} terms emerge", len(found))
    ax.set_title(few if len(found) else _("No term emerges"))
    note = _(
        "n = {n} records; 95 % intervals; in brackets: recent uses; {colour}",
        n=number(result.n),
        colour=_("coloured: named") if len(found) else _("the nearest to being named"),
    )
    return drawing.caption(ax, note)


def alarm_calendar(result: EarlyWarning, ax: Axes | None = None) -> Axes:
    """Draw each alarm on the calendar, and where the look back dates the start."""
    rows = result.alarms.head(_ROWS)
    y, ax = _rows(ax, rows["label"], 1.5, 0.34, grid=True)
    for at, row in zip(y, rows.itertuples(), strict=True):
        ax.hlines(at, row.period, row.last, color=drawing.BAD, linewidth=4)
        ax.scatter([row.period], [at], color=drawing.BAD, s=45, zorder=3)
        if not pd.isna(row.began):
            ax.scatter([row.began], [at], marker="|", color="#1A2531", s=260, zorder=4)
        _against(ax, row.period, at, "", row.share, row.before, rise=9)
    if len(result.watched):
        first, last = result.watched[[0, -1]]
        ax.set_xlim(first - (last - first) * 0.04, last + (last - first) * 0.04)
    _time_axis(ax, len(rows), dated=len(result.watched) > 0)
    ax.set_xlabel(_("{periods} watched", periods=periods_text(result.trend.period)))
    several = plural("{n} alarm", "{n} alarms", len(result.alarms))
    ax.set_title(several if len(rows) else _("No topic would have set off the monitor"))
    note = _(
        "n = {n} records; dot and line: warned; bar: start as dated afterwards",
        n=number(result.n),
    )
    return drawing.caption(ax, note)


def segment_grid(result: TopicSegments, ax: Axes | None = None) -> Axes:
    """Draw the standardised residual of each topic in each segment; dots mark what stands."""
    cells = result.cells[~result.cells["value"].str.startswith("(")]
    ids = [topic for topic in cells["topic_id"].drop_duplicates() if topic != "-1"][:_ROWS]
    heads = cells[["dimension", "value"]].drop_duplicates().head(_SEGMENTS)
    ax = drawing.axes(ax, height=2.2 + 0.27 * max(len(ids), 2))
    if cells.empty:
        return ax
    names = cells.drop_duplicates("topic_id").set_index("topic_id")["label"]
    by = cells.set_index(["topic_id", "dimension", "value"])
    pairs = list(heads.itertuples(index=False))
    grid = np.array([[by["residual"].get((t, d, v), np.nan) for d, v in pairs] for t in ids], float)
    hidden = [[by["status"].get((t, d, v), "small") != "shown" for d, v in pairs] for t in ids]
    named = np.array([[by["q"].get((t, d, v), 1.0) for d, v in pairs] for t in ids], float)
    named = named <= result.fdr
    most = 6.0
    image = ax.imshow(np.clip(grid, -most, most), cmap="PuOr_r", vmin=-most, vmax=most,
                      aspect="auto")  # fmt: skip
    for (row, column), at in np.ndenumerate(np.array(hidden)):
        if at:
            ax.annotate("×", (column, row), ha="center", va="center", color=drawing.MUTED)
    rows, columns = np.nonzero(named)
    ax.scatter(columns, rows, s=16, color="#1A2531", edgecolor="white", linewidth=0.9)
    ax.set_yticks(range(len(ids)), [shortened(names[topic], 34) for topic in ids])
    ax.set_xticks(range(len(pairs)), [shortened(f"{v} · {d}", 36) for d, v in pairs],
                  rotation=60, ha="right", rotation_mode="anchor", fontsize=7.5)  # fmt: skip
    for edge in np.flatnonzero(
        heads["dimension"].to_numpy()[1:] != heads["dimension"].to_numpy()[:-1]
    ):
        ax.axvline(edge + 0.5, color="white", linewidth=4)
    ax.grid(visible=False)
    scale = _("standardised residual")
    ax.figure.colorbar(image, ax=ax, label=scale, fraction=0.04, pad=0.02)
    found = len(result.found)
    stands = _("{found} of {tests} stand out", found=found, tests=result.tests)
    ax.set_title(stands if found else _("No detectable difference"))
    note = _(
        "n = {n} records; dot: q at most {q}; ×: fewer than {least} customers, or protecting such "
        "a cell",
        n=number(result.n),
        q=_decimal(result.fdr),
        least=result.min_cell,
    )
    ax.set_xlabel(note, fontsize=7.5, loc="left")
    return ax


def customer_shares(result: TopicCustomers, ax: Axes | None = None) -> Axes:
    """Draw the share of messages beside the share of customers of each topic."""
    rows = result.topics.head(_ROWS)
    y, ax = _rows(ax, rows["label"], 1.5, 0.27)
    colours = [drawing.BAD if few else drawing.ACCENT for few in rows["few_loud"]]
    ax.hlines(y, rows["message_share"], rows["customer_share"], color="#C3CAD2", linewidth=1)
    drawing.intervals(ax, y, rows["customer_share"], rows["low"], rows["high"], color=colours)
    ax.scatter(rows["message_share"], y, facecolor="white", edgecolor="#5F6B7A", s=24, zorder=3)
    _share_axis(ax, _("share of customers who raised it (filled), share of messages (hollow)"))
    ax.set_xlim(left=0)
    loud = int(result.topics["few_loud"].sum())
    few = plural(
        "{n} topic rests on a few loud customers", "{n} topics rest on a few loud customers", loud
    )
    ax.set_title(few if loud else _("No topic rests on a few loud customers"))
    note = _(
        "n = {n} customers, {messages} messages; lines are 95 % intervals",
        n=number(result.n),
        messages=number(result.messages),
    )
    return drawing.caption(ax, note)


def mix_parts(result: TopicMix, ax: Axes | None = None) -> Axes:
    """Draw the change at a fixed mix and that of the mix, largest raw changes first."""
    rows = result.parts.sort_values("change", key=abs, ascending=False, kind="stable").head(12)
    rows = rows.sort_values("change", ascending=False, kind="stable")
    named = set(result.found["topic_id"])
    y, ax = _rows(ax, rows["label"], 1.6, 0.36)
    shift = rows[["within", "within_low", "within_high"]].to_numpy(float).T
    drawing.intervals(ax, y + 0.13, *shift, color=_directed(rows, rows["within"], named))
    ax.hlines(y - 0.17, rows["mix_low"], rows["mix_high"], color=drawing.PALETTE[4], linewidth=1.4)
    ax.scatter(rows["mix"], y - 0.17, marker="s", color=drawing.PALETTE[4], s=14, zorder=3)
    _point_axis(ax, _("change of share, percentage points: at a fixed mix (dot), by mix (square)"))
    some = plural(
        "{n} topic changed at a fixed mix", "{n} topics changed at a fixed mix", len(named)
    )
    ax.set_title(some if named else _("No detectable change at a fixed mix"))
    return drawing.caption(ax, _coloured(result.n, result.change.trend.fdr))


def _decimal(value: float) -> str:
    return f"{value:g}".removeprefix("0")


def _coloured(n: int, fdr: float) -> str:
    return _(
        "n = {n} records; 95 % intervals; coloured: q at most {q}", n=number(n), q=_decimal(fdr)
    )


def _against(ax: Axes, x, y: float, lead: str, share: float, other: float, *, rise: int) -> None:
    """Write a share and what it is set against above a point in time."""
    text = _("{share} against {other}", share=percent(share, 1), other=percent(other, 1))
    ax.annotate(lead + text, (x, y), xytext=(0, rise), textcoords="offset points", fontsize=8)


def _time_axis(ax: Axes, rows: int, *, dated: bool | None = None) -> None:
    """Leave room above the rows; without a date to show, no tick."""
    ax.set_ylim(-0.6, max(rows, 2) - 0.2)
    if rows if dated is None else dated:
        drawing.dates(ax, 2, 4)
    else:
        ax.set_xticks([])


def shortened(label: str, width: int = 46) -> str:
    """Cut a label to a width, marked with an ellipsis."""
    return label if len(label) <= width else label[: width - 1].rstrip(" ·/") + "…"


def _rows(
    ax: Axes | None,
    labels: Iterable[str],
    base: float,
    step: float,
    *,
    least: int = 2,
    grid: bool = False,
) -> tuple[np.ndarray, Axes]:
    """Heights of labelled rows, first on top, and axes of `base` inches and `step` for each."""
    labels = [shortened(label) for label in labels]
    y = np.arange(len(labels))[::-1]
    ax = drawing.axes(ax, height=base + step * max(len(labels), least))
    ax.set_yticks(y, labels)
    if not grid:
        ax.grid(axis="y", visible=False)
    return y, ax


def _directed(rows: pd.DataFrame, estimate: pd.Series, named: set[str]) -> list[str]:
    """Colour of each row: rose, fell, or grey where the change is not named."""
    rose = np.where(estimate > 0, drawing.BAD, drawing.ACCENT)
    return np.where(rows["topic_id"].isin(named), rose, drawing.MUTED).tolist()


def _share_axis(ax: Axes, label: str) -> None:
    ax.set_xlabel(label)
    drawing.percent(ax, "x", None)


def _point_axis(ax: Axes, label: str) -> None:
    ax.axvline(0, color="#5F6B7A", linewidth=1)
    ax.set_xlabel(label)
    ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:+.1f}")


def _trend_line(ax: Axes, result: TopicTrend, topic: str, colour: str) -> None:
    rows = result.trend[result.trend["topic_id"] == topic]
    drawing.interval_band(ax, rows["period"], rows["low"], rows["high"], color=colour)
    ax.plot(rows["period"], rows["share"], color=colour, linewidth=1.5)
    part = rows[~rows["complete"]]
    ax.scatter(part["period"], part["share"], s=22, facecolor="white", edgecolor=colour, zorder=4)
    drawing.percent(ax, "y", None)
    drawing.dates(ax, 2, 4)


def bubble_map(result: TopicMap, ax: Axes | None = None) -> Axes:
    """Draw one numbered bubble a topic, area by share, with labels where they do not overlap."""
    points = result.points
    ax = drawing.axes(ax, height=6.4)
    title = _(
        "{count} topics by likeness; the plane keeps {share} of it",
        count=len(points),
        share=percent(result.preserved),
    )
    ax.set_title(title)
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
        text = f"{row.number}{_MARKS[row.change]}"
        ax.annotate(text, (row.x, row.y), ha="center", va="center", fontsize=7.5, fontweight="bold")
    note = _(
        "n = {n} records; area: share of records; distances are approximate. Orange ↑ rose, blue ↓ "
        "fell lately, grey no detectable change.\nA number without a label stands in the table.",
        n=number(result.n),
    )
    drawing.caption(ax, note)
    labels = [shortened(label, _LABEL) for label in points["label"]]
    drawing.free_labels(ax, x, y, labels, radii=np.sqrt(area / np.pi))
    return ax


def _wide(values: np.ndarray, margin: float) -> tuple[float, float]:
    span = max(float(np.ptp(values)), 1e-3)
    return float(values.min() - margin * span), float(values.max() + margin * span)
