"""Figures of the sentiment analysis; they draw what the results hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from insights import drawing
from insights.analyses.sentiment.movement import mean_of, upper
from insights.analyses.sentiment.tables import shown
from insights.messages import _, fixed, number, percent
from insights.stats.calendar import period_noun

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .breaks import Breaks
    from .bursts import Bursts
    from .engine_comparison import EngineComparison
    from .label_evaluation import LabelEvaluation
    from .movement import Changes, Trend
    from .respondents import Respondents
    from .result import Aspects, Classified, Scores
    from .shares import Shares
    from .volume_changes import VolumeChanges

__all__ = [
    "aspects",
    "breaks",
    "bursts",
    "calibration",
    "changes",
    "class_shares",
    "engine_comparison",
    "label_evaluation",
    "respondents",
    "scores",
    "trend",
    "volume_changes",
]

_MOST = 18


def calibration(result: Classified, ax: Axes | None = None) -> Axes:
    """Stated against observed share of negative records; without ratings, counts of scores."""
    ax = drawing.axes(ax)
    if result.curve is None or result.curve.empty:
        score = result.records["score"].dropna()
        ax.hist(score, bins=np.linspace(-1, 1, 21).tolist(), color=drawing.ACCENT, alpha=0.7)
        ax.set(xlabel=_("score, -1 bad to 1 good"), ylabel=_("records"))
        ax.set_title(_("Scores of word lists; their error is not known here"))
        return drawing.caption(ax, _("n = {n} records with text", n=number(result.n)))
    curve = result.curve
    ax.plot([0, 1], [0, 1], color=drawing.MUTED, linewidth=1, linestyle="--")
    ax.vlines(curve["stated"], curve["low"], curve["high"], color=drawing.ACCENT, linewidth=2)
    ax.scatter(curve["stated"], curve["observed"], color=drawing.ACCENT, s=28, zorder=3)
    drawing.percent(ax, "x")
    drawing.percent(ax, "y")
    ax.set(xlabel=_("share negative that was stated"), ylabel=_("share negative by rating"))
    row = result.accuracy.iloc[0]
    error = row["calibration_error"]
    gap = _("unknown") if np.isnan(error) else fixed(error, 3)
    unrelated = result.trusted is False
    ax.set_title(
        _("Text does not predict the ratings: mean gap {gap}", gap=gap)
        if unrelated
        else _("Stated shares against ratings: mean gap {gap}", gap=gap)
    )
    n = int(curve["n"].sum())
    return drawing.caption(
        ax,
        _(
            "n = {n} rated records in {bins} bins; bars: 95 % intervals",
            n=number(n),
            bins=len(curve),
        ),
    )


def engine_comparison(result: EngineComparison, ax: Axes | None = None) -> Axes:
    """Share of right labels of each engine."""
    table = result.engines
    ax = drawing.axes(ax, height=2.6)
    y = np.arange(len(table))[::-1]
    drawing.intervals(ax, y, table["right"], table["low"], table["high"])
    ax.set_yticks(y, table["engine"])
    ax.set_ylim(-0.6, max(len(table), 1) - 0.4)
    drawing.percent(ax, "x")
    ax.set_xlabel(_("share of rated records that get the label of their rating"))
    ax.set_title(
        _("Engines on the same records") if len(table) else _("Too few ratings to compare")
    )
    return drawing.caption(ax, _("n = {n} rated records; 95 % intervals", n=number(result.n)))


def label_evaluation(result: LabelEvaluation, ax: Axes | None = None) -> Axes:
    """How far people agree with one another and with the classifier."""
    table = result.measures
    ax = drawing.axes(ax, height=max(2.0, 1.3 + 0.28 * len(table)))
    y = np.arange(len(table))[::-1]
    drawing.intervals(ax, y, table["estimate"], table["low"], table["high"])
    ax.set_yticks(
        y, [f"{shown(m)} ({n:,})" for m, n in zip(table["measure"], table["n"], strict=True)]
    )
    ax.set_ylim(-0.6, max(len(table), 1) - 0.4)
    ax.set_xlim(min(0, np.nanmin(table["low"], initial=0)), 1)
    ax.set_xlabel(_("0 to 1; alpha: 0 is chance, 1 perfect agreement"))
    ax.set_title(
        _("Hand labels and the classifier") if len(table) else _("No hand labels to compare")
    )
    return drawing.caption(
        ax, _("n = {n} records labelled by hand; 95 % intervals; (n)", n=number(result.n))
    )


def bursts(result: Bursts, ax: Axes | None = None) -> Axes:
    """Mean sentiment by message, by customer and without flagged messages."""
    table = result.means[result.means["measure"] == "sentiment"]
    ax = drawing.axes(ax, height=2.4)
    y = np.arange(len(table))[::-1]
    drawing.intervals(ax, y, table["mean"], table["low"], table["high"])
    ax.set_yticks(
        y,
        [
            _("by {per} ({n})", per=shown(per), n=number(n))
            for per, n in zip(table["per"], table["n"], strict=True)
        ],
    )
    ax.set_ylim(-0.6, max(len(table), 1) - 0.4)
    ax.set_xlabel(_("mean sentiment, -1 bad to 1 good"))
    marked = len(result.flagged)
    ax.set_title(
        _(
            "Messages and customers: {marked} messages in bursts or sent over and over",
            marked=number(marked),
        )
    )
    return drawing.caption(
        ax, _("n = {n} records with a score; 95 % intervals; (n)", n=number(result.n))
    )


def class_shares(result: Shares, ax: Axes | None = None) -> Axes:
    """Counted and corrected share of each class."""
    ax = drawing.axes(ax, height=2.8)
    table = result.shares
    y = np.arange(len(table))[::-1]
    drawing.intervals(
        ax, y + 0.13, table["raw"], table["raw_low"], table["raw_high"], color=drawing.MUTED
    )
    if result.corrected:
        drawing.intervals(ax, y - 0.13, table["corrected"], table["low"], table["high"])
    ax.set_yticks(y, table["label"].map(shown))
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.set_xlim(0, None)
    drawing.percent(ax, "x")
    ax.set_xlabel(_("share of records"))
    title = {
        "elsewhere": _("Classes: grey as counted, blue as far as other sets tell"),
        "nothing": _("Classes: as counted, which is no estimate"),
    }.get(result.basis, _("Classes: grey as counted, blue corrected for error"))
    ax.set_title(title)
    fields = {"n": number(result.n), "known": number(result.n_rated)}
    return drawing.caption(
        ax,
        _("n = {n} records, {known} labelled by hand; 95 % intervals", **fields)
        if result.by_hand
        else _("n = {n} records, {known} rated; 95 % intervals", **fields),
    )


def trend(
    result: Trend, ax: Axes | None = None, *, group: str = "all", measure: str = "sentiment"
) -> Axes:
    """Mean per period, raw and at a fixed mix, with the interval of the latter.

    Parameters
    ----------
    group
        One of `result.groups()`.
    measure
        'sentiment' or 'rating'.
    """
    ax = drawing.axes(ax)
    prefix = "rating_" if measure == "rating" else ""
    cells = result.cells[result.cells["group"] == group]
    columns = {c: cells[f"{prefix}{c}"].to_numpy() for c in ("n", "mean", "adjusted")}
    beside = not prefix and "rating" in result.measures()
    columns["rating"] = (
        2 * cells["rating_adjusted"].to_numpy(float) - 1 if beside else np.full(len(cells), np.nan)
    )
    low, high = (cells[f"{prefix}adjusted_{end}"].to_numpy(float) for end in ("low", "high"))
    x = cells["period"]
    x, columns, low, high = _with_holes(x, columns, low, high)
    if result.dimensions:
        ax.plot(x, columns["mean"], color=drawing.MUTED, linewidth=1.3, label=_("as it is"))
    label = _("at a fixed mix") if result.dimensions else _("mean")
    drawing.interval_band(ax, x, low, high)
    ax.plot(x, columns["adjusted"], color=drawing.ACCENT, marker="o", markersize=3.5, label=label)
    if beside:
        (line,) = ax.plot(x, columns["rating"], label=_("mean rating, stretched to -1 to 1"))
        line.set(color=drawing.PALETTE[4], linewidth=1.5, linestyle="--")
    _dates(ax)
    ax.set_xlabel(_("{period} beginning", period=period_noun(result.period)))
    name = _("rating, share of scale") if prefix else _("mean sentiment, -1 bad to 1 good")
    ax.set_ylabel(name)
    fields = {"period": period_noun(result.period), "group": shown(_plain(group))}
    ax.set_title(
        _("Rating per {period}, {group}", **fields)
        if prefix
        else _("Sentiment per {period}, {group}", **fields)
    )
    if result.dimensions or beside:
        ax.legend(loc="best")
    n = int(np.nansum(columns["n"].astype(float)))
    return drawing.caption(
        ax,
        _(
            "n = {n}; band: 95 % interval; periods with fewer than {min_cell} not shown",
            n=number(n),
            min_cell=result.min_cell,
        ),
    )


def changes(result: Changes, ax: Axes | None = None) -> Axes:
    """True change of each group from the first half to the second."""
    measure = "rating" if result.trusted is False else "sentiment"
    table = result.comparisons
    table = table[(table["comparison"] == "halves") & (table["measure"] == measure)]
    table = table.head(_MOST)
    ax = drawing.axes(ax, height=max(2.4, 1.5 + 0.28 * len(table)))
    y = np.arange(len(table))[::-1]
    sure = (table["q"] < result.fdr).to_numpy()
    for mask, colour in ((sure, drawing.ACCENT), (~sure, drawing.MUTED)):
        part = table[mask]
        drawing.intervals(
            ax, y[mask], part["true_change"], part["true_low"], part["true_high"], color=colour
        )
    ax.scatter(table["change"], y, marker="|", color="black", s=70, zorder=4)
    ax.axvline(0, color="#5F6B7A", linewidth=1)
    ax.set_yticks(
        y,
        [
            f"{shown(_plain(g))} ({n:,})"
            for g, n in zip(table["group"], table["n_first"] + table["n_second"], strict=True)
        ],
    )
    ax.set_xlabel(
        _("change of mean rating (share of scale), first half to second, at a fixed mix")
        if measure == "rating"
        else _("change of mean sentiment (-1 to 1), first half to second, at a fixed mix")
    )
    found = int(sure.sum())
    title = (
        _("{found} of {n} groups changed detectably", found=found, n=len(table))
        if found
        else (_("No detectable change") if len(table) else _("Too few records to compare"))
    )
    ax.set_title(_("Scores of a model not tried on such texts") if result.unlike else title)
    return drawing.caption(
        ax,
        _(
            "95 % intervals; blue: false discovery rate {fdr}; tick: raw change; (n)",
            fdr=percent(result.fdr),
        ),
    )


def breaks(result: Breaks, ax: Axes | None = None, *, measure: str = "sentiment") -> Axes:
    """Values per period with the limits of a stable level, changes of level and releases."""
    ax = drawing.axes(ax)
    rows = result.limits[result.limits["measure"] == measure]
    points = result.points[result.points["measure"] == measure]
    level = rows["without_season"]
    ax.plot(rows["period"], level, color=drawing.ACCENT, marker="o", markersize=3.5)
    if len(rows):
        for end in ("low", "high", "centre"):
            style = "-" if end == "centre" else "--"
            ax.axhline(rows[end].iloc[0], color=drawing.MUTED, linewidth=1, linestyle=style)
        out = rows[rows["outside"]]
        ax.scatter(out["period"], out["without_season"], color=drawing.PALETTE[1], s=42, zorder=4)
        _dates(ax)
    for row in points.itertuples():
        ax.axvspan(row.low, row.high, color=drawing.MUTED, alpha=0.25)
        ax.axvline(row.period, color="#5F6B7A", linewidth=1.4)
    for row in result.releases.itertuples():
        ax.axvline(row.date, color=drawing.PALETTE[4], linewidth=1, linestyle=":")
    mean = mean_of(measure)
    if (level != rows["value"]).any():
        mean = _("{mean}, season taken out", mean=mean)
    ax.set(
        xlabel=_("{period} beginning", period=period_noun(result.period)),
        ylabel=mean,
    )
    count = (
        _("{n} changes of level", n=len(points))
        if len(points)
        else _("No detectable change of level")
    )
    title = _("{name}: {detail}", name=upper(shown(measure)), detail=count)
    ax.set_title(title if len(rows) else _("Too few periods to tell"))
    return drawing.caption(
        ax,
        _(
            "n = {n} records; dashed: limits of a stable process; line and band: change, 95 % "
            "interval of its date",
            n=number(result.n),
        ),
    )


def volume_changes(result: VolumeChanges, ax: Axes | None = None) -> Axes:
    """Records a period of the channel whose number changed most, with the dates of change."""
    ax = drawing.axes(ax)
    name = next(iter(result.leading()), "")
    rows = result.counts[result.counts["channel"] == name]
    points = result.points[result.points["channel"] == name]
    length = period_noun(rows["length"].iloc[0]) if len(rows) else _("period")
    ax.plot(rows["period"], rows["n"], color=drawing.ACCENT, marker="o", markersize=3.5)
    for row in points.itertuples():
        weekly = not pd.isna(row.week)
        at, low, high = (
            (row.week, row.week_low, row.week_high) if weekly else (row.period, row.low, row.high)
        )
        ax.axvspan(low, high, color=drawing.MUTED, alpha=0.25)
        ax.axvline(at, color="#5F6B7A", linewidth=1.4)
    if len(rows):
        _dates(ax)
        ax.set_ylim(bottom=0)
    ax.set(
        xlabel=_("{period} beginning", period=length), ylabel=_("records a {period}", period=length)
    )
    title = _("Records in {channel}: no detectable change of level", channel=_plain(name))
    if len(points):
        title = _("Records in {channel}: {n} changes of level", channel=_plain(name), n=len(points))
    ax.set_title(title if name else _("Too few periods to tell"))
    n = int(rows["n"].sum())
    return drawing.caption(
        ax, _("n = {n} records; line and band: change, 95 % interval of its date", n=number(n))
    )


def aspects(result: Aspects, ax: Axes | None = None) -> Axes:
    """Share of negative messages of each aspect."""
    table = result.summary.head(_MOST)
    ax = drawing.axes(ax, height=max(2.4, 1.3 + 0.26 * len(table)))
    y = np.arange(len(table))[::-1]
    drawing.intervals(ax, y, table["negative_share"], table["low"], table["high"])
    ax.set_yticks(y, [f"{a} ({n:,})" for a, n in zip(table["aspect"], table["n"], strict=True)])
    ax.set_xlim(0, 1)
    drawing.percent(ax, "x")
    ax.set_xlabel(_("share of messages about it that are negative"))
    top = table["aspect"].iloc[0] if len(table) else ""
    ax.set_title(
        _("Most often negative: {top}", top=top) if top else _("No aspect is named often enough")
    )
    return drawing.caption(
        ax, _("n = {n} records (n per aspect); by word lists; 95 % intervals", n=number(result.n))
    )


def scores(result: Scores, ax: Axes | None = None) -> Axes:
    """Each score per period with its interval."""
    ax = drawing.axes(ax)
    dated = result.values[result.values["period"].notna()]
    shown = dated.groupby(["measure", "mode"])
    for colour, ((name, mode), part) in zip(drawing.PALETTE, shown, strict=False):
        drawing.interval_band(ax, part["period"], part["low"], part["high"], color=colour)
        names = {
            "nps": _("net promoter score"),
            "csat": _("share satisfied"),
            "ces": _("share easy"),
        }
        label = names[str(name)] + ("" if mode == "all" else f", {_plain(str(mode))}")
        ax.plot(part["period"], part["estimate"], color=colour, marker="o", ms=3.5, label=label)
    if len(dated):
        _dates(ax)
        drawing.percent(ax)
        ax.legend(loc="best")
    ax.set(xlabel=_("period beginning"), ylabel=_("score"))
    ax.set_title(_("Scores people gave") if len(dated) else _("No score was given often enough"))
    return drawing.caption(ax, _("n = {n} scores; bands: 95 % intervals", n=number(result.n)))


def respondents(result: Respondents, ax: Axes | None = None) -> Axes:
    """Each score as answered and weighted to the customer base."""
    table = result.values
    ax = drawing.axes(ax, height=max(2.2, 1.4 + 0.42 * len(table)))
    y = np.arange(len(table))[::-1]
    drawing.intervals(
        ax, y + 0.13, table["raw"], table["raw_low"], table["raw_high"], color=drawing.MUTED
    )
    drawing.intervals(ax, y - 0.13, table["weighted"], table["low"], table["high"])
    names = [
        f"{shown(m)}{'' if mode == 'all' else f', {_plain(mode)}'} ({n:,})"
        for m, mode, n in zip(table["measure"], table["mode"], table["n"], strict=True)
    ]
    ax.set_yticks(y, names)
    ax.set_ylim(-0.6, max(len(table), 1) - 0.4)
    ax.set_xlabel(_("score a customer (net promoter score: -1 to 1; others: 0 to 1)"))
    ax.set_title(_("Grey as answered, blue weighted to the customer base"))
    return drawing.caption(
        ax, _("n = {n} customers who answered; 95 % intervals; (n)", n=number(result.n))
    )


def _with_holes(
    x: pd.Series, columns: dict[str, np.ndarray], low: np.ndarray, high: np.ndarray
) -> tuple[pd.Series, dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Break lines where periods are missing, so that nothing is drawn across a hole."""
    steps = x.diff()
    wide = np.flatnonzero((steps > 1.6 * steps.median()).to_numpy())
    if not len(wide):
        return x, columns, low, high
    middle = pd.Series([x.iloc[i] - steps.iloc[i] / 2 for i in wide])
    times = pd.Series(np.insert(x.to_numpy(), wide, middle.to_numpy()))
    filled = {k: np.insert(v.astype(float), wide, np.nan) for k, v in columns.items()}
    return times, filled, np.insert(low, wide, np.nan), np.insert(high, wide, np.nan)


def _dates(ax: Axes) -> None:
    first, last = ax.dataLim.intervalx
    if first == last:  # a single period: no interval of ticks fits its zero width
        ax.set_xlim(first - 3, last + 3)
    drawing.dates(ax, 4, 9)


def _plain(name: str) -> str:
    """A label without the signs that the fonts lack."""
    visible = "".join(c for c in name if ord(c) < 0x1F000 and not 0x2600 <= ord(c) <= 0x27BF)
    return visible if len(visible) <= 34 else visible[:33] + "…"
