"""Drawings of what the results hold."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, NullFormatter

from insights import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from insights.analyses.churn.coverage import Coverage
    from insights.analyses.churn.gap import GapCurve
    from insights.analyses.churn.periods import PersonPeriods
    from insights.analyses.churn.result import (
        ChurnRisk,
        MoneyAtRisk,
        NaiveBesideCorrect,
        Prediction,
    )

__all__ = [
    "coverage_bars",
    "forest",
    "gain_mark",
    "gap_lines",
    "money_bars",
    "picture",
    "risk_set",
    "ways",
]

_STATUS = {
    "reported": drawing.BAD,
    "exploratory": drawing.MUTED,
    "leak": drawing.PALETTE[4],
    "total": drawing.PALETTE[7],
}
_LOG_ODDS = (-2.5, 4.0)  # drawn range of the gap curve
_ROWS = 20  # topics drawn at most; the table holds all


def risk_set(result: PersonPeriods, ax: Axes | None = None) -> Axes:
    """Leavers a month, above the customers at risk."""
    ax = drawing.axes(ax, height=3.4)
    starts = pd.DatetimeIndex(result.starts)
    left = np.bincount(result.month[result.event], minlength=len(starts))
    risk = np.bincount(result.month, minlength=len(starts))
    share = left / np.maximum(risk, 1)
    ax.bar(starts, share, width=24, color=drawing.ACCENT)
    drawing.percent(ax, decimals=1)
    ax.set_title(f"{result.events:,} of {result.n:,} customers left while observed")
    ax.set_ylabel("left in the month, of those at risk")
    ax.set_xlabel("month")
    drawing.caption(ax, f"at risk a month: {risk.min():,} to {risk.max():,} customers")
    return ax


def forest(result: ChurnRisk, ax: Axes | None = None) -> Axes:
    """Odds ratios with intervals, one row a topic, with n, q and status at the right."""
    rows = result.topics[result.topics["odds_ratio"].notna()].head(_ROWS)
    ax = drawing.axes(ax, height=1.6 + 0.38 * max(len(rows), 2))
    found = len(result.reported)
    if rows.empty:
        return _empty(ax, "Cannot tell which topics go with leaving", result.reason)
    y = np.arange(len(rows))[::-1]
    ax.axvline(1.0, color=drawing.MUTED, linewidth=1)
    for place, row in zip(y, rows.itertuples(index=False), strict=True):
        low, high = np.clip([row.low, row.high], 0.05, 50)
        colour = _STATUS.get(row.status, drawing.MUTED)
        drawing.intervals(ax, [place], [np.clip(row.odds_ratio, 0.05, 50)], [low], [high],
                          color=colour)  # fmt: skip
        q = "" if pd.isna(row.q) else ", q < .001" if row.q < 0.001 else f", q = {row.q:.3f}"
        note = f"{row.status}: {row.exposed_churners} leavers{q}"
        ink = colour if row.status == "reported" else "#5F6B7A"
        ax.annotate(note, (1.01, place), xycoords=("axes fraction", "data"), va="center",
                    fontsize=8, color=ink)  # fmt: skip
    ax.set_xscale("log")
    _plain_log(ax, rows["low"].min(), rows["high"].max())
    ax.set_yticks(y, [_short(label) for label in rows["label"]])
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("odds ratio of leaving in a month (log scale)")
    verb = "goes" if found == 1 else "go"
    ax.set_title(f"{found} of {result.tests} topics tested {verb} with leaving")
    drawing.caption(
        ax,
        f"adjusted association; n = {result.n:,} customers, {result.events:,} leavers; "
        f"{result.level:.0%} intervals; false-discovery rate {result.fdr:.0%}",
    )
    return ax


def gap_lines(result: GapCurve, ax: Axes | None = None) -> Axes:
    """Log odds ratio against the gap, a line a topic; leaks stand out."""
    ax = drawing.axes(ax, height=3.9)
    if result.curve.empty:
        return _empty(ax, "Cannot tell what remains as the gap grows", "too few leavers")
    gaps = sorted(result.curve["gap_days"].unique())
    leaks, colours = set(result.leaks), iter((*drawing.PALETTE, *drawing.PALETTE * 9))
    largest = list(result.flags["topic_id"][: len(drawing.PALETTE) - 1])
    for topic, lines in result.curve.groupby("topic_id", sort=False):
        lines = lines.sort_values("gap_days")
        x = [gaps.index(gap) for gap in lines["gap_days"]]
        leak, named = topic in leaks, topic in largest or topic in leaks
        if not named or lines["log_odds"].isna().all():
            continue
        colour = drawing.BAD if leak else next(c for c in colours if c != drawing.BAD)
        label = _short(lines["label"].iloc[0]) + (" (leak)" if leak else "")
        seen = lines[["log_odds", "low", "high"]].clip(*_LOG_ODDS)
        ax.plot(x, seen["log_odds"], "--o" if leak else "-o", markersize=4, label=label,
                color=colour)  # fmt: skip
        drawing.interval_band(ax, x, seen["low"], seen["high"], color=colour, alpha=0.07)
    ax.axhline(0, color=drawing.MUTED, linewidth=1)
    ax.set_xticks(range(len(gaps)), ["same" if g < 0 else str(g) for g in gaps])
    ax.set_xlabel("days between the last feedback counted and the month (same: within the month)")
    ax.set_ylabel("log odds ratio of leaving")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    ax.set_title(
        f"{len(leaks)} of {result.curve['topic_id'].nunique()} topics collapse as the gap grows"
        if leaks
        else "No topic collapses as the gap grows"
    )
    drawing.caption(ax, f"adjusted association; n = {result.n:,} customers; "
                    f"{result.level:.0%} bands, cut at {_LOG_ODDS[0]:g} and {_LOG_ODDS[1]:g}; "
                    f"gap in use: {result.gap_days} days")  # fmt: skip
    return ax


def coverage_bars(result: Coverage, ax: Axes | None = None) -> Axes:
    """Share of customers (bar) and of leavers (mark with interval) who gave feedback."""
    rows = result.groups[result.groups["customers"] > 0].head(_ROWS)
    ax = drawing.axes(ax, height=1.5 + 0.36 * max(len(rows), 2))
    y = np.arange(len(rows))[::-1]
    ax.barh(y, rows["share_customers"], color="#C9DDEB", height=0.6, label="all customers")
    known = rows["share"].notna().to_numpy()
    drawing.intervals(ax, y[known], rows["share"][known], rows["low"][known], rows["high"][known],
                      color=drawing.BAD, label="leavers")  # fmt: skip
    ax.set_yticks(y, [f"{_short(g)} ({n:,})" for g, n in zip(rows["group"], rows["churners"],
                                                             strict=True)])  # fmt: skip
    ax.set_xlim(0, min(1.0, max(rows["high"].max(), rows["share_customers"].max(), 0.1) * 1.1))
    drawing.percent(ax, "x")
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("gave feedback in the window before the last month observed")
    ax.legend(loc="lower left", bbox_to_anchor=(0.6, 1.0), ncols=2)
    silent = result.silent
    ax.set_title(f"{silent.estimate:.0%} of leavers left in silence" if silent else "Nobody left")
    drawing.caption(ax, f"n = {result.n:,} customers; leavers in brackets; "
                    f"95% score intervals")  # fmt: skip
    return ax


def money_bars(result: MoneyAtRisk, ax: Axes | None = None) -> Axes:
    """Monthly revenue, or leavers, attached to each topic."""
    rows = result.money.tail(1) if result.money.empty else result.money
    rows = pd.concat([rows[rows["status"] != "total"].head(_ROWS), rows[rows["status"] == "total"]])
    ax = drawing.axes(ax, height=1.6 + 0.36 * max(len(rows), 2))
    if rows.empty:
        return _empty(ax, "No revenue is attached to a topic", "no topic was estimated")
    name, low, high = (
        ("mrr_at_risk", "mrr_low", "mrr_high")
        if result.known
        else ("excess_churners", "excess_low", "excess_high")
    )
    y = np.arange(len(rows))[::-1]
    for place, row in zip(y, rows.to_dict("records"), strict=True):
        drawing.intervals(ax, [place], [row[name]], [row[low]], [row[high]],
                          color=_STATUS.get(row["status"], drawing.MUTED))  # fmt: skip
    ax.axvline(0, color=drawing.MUTED, linewidth=1)
    ax.set_yticks(y, [f"{_short(r['label'])} ({r['status']})" for r in rows.to_dict("records")])
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    what = "Monthly revenue" if result.known else "Leavers"
    ax.set_xlabel(f"{what.lower()} attached to the topic, over {result.months} months")
    ax.set_title(f"{what} that went with each topic")
    drawing.caption(ax, f"standardised association; n = {result.n:,} customers; "
                    f"{result.level:.0%} intervals; parts overlap and do not sum")  # fmt: skip
    return ax


def ways(result: NaiveBesideCorrect, ax: Axes | None = None) -> Axes:
    """Four ways beside each other, one group a topic."""
    topics = list(dict.fromkeys(result.rows["topic_id"]))[:10]
    ax = drawing.axes(ax, height=1.6 + 0.62 * max(len(topics), 2))
    if not topics:
        return _empty(ax, "Nothing to set beside each other", "no topic was estimated")
    order = ("lagged, adjusted", "lagged, unadjusted", "same month", "ever or never")
    colours = (drawing.ACCENT, *drawing.PALETTE[3:5], drawing.MUTED)
    for k, (way, colour) in enumerate(zip(order, colours, strict=True)):
        rows = result.rows[result.rows["way"] == way].set_index("topic_id").loc[topics]
        y = np.arange(len(topics))[::-1] + 0.27 - 0.18 * k
        clipped = rows[["odds_ratio", "low", "high"]].clip(0.05, 100)
        drawing.intervals(ax, y, clipped["odds_ratio"], clipped["low"], clipped["high"],
                          color=colour, label=way)  # fmt: skip
    labels = result.rows.drop_duplicates("topic_id").set_index("topic_id")["label"]
    ax.axvline(1.0, color=drawing.MUTED, linewidth=1)
    ax.set_xscale("log")
    _plain_log(ax, result.rows["low"].min(), result.rows["high"].max())
    ax.set_yticks(np.arange(len(topics))[::-1], [_short(labels[t]) for t in topics])
    ax.grid(axis="y", visible=False)
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    ax.set_xlabel("odds ratio (log scale)")
    ax.set_title("What shorter ways would have said")
    drawing.caption(ax, f"only 'lagged, adjusted' is reported; n = {result.n:,} customers; "
                    f"{result.level:.0%} intervals")  # fmt: skip
    return ax


def gain_mark(result: Prediction, ax: Axes | None = None) -> Axes:
    """The gain in log loss with its interval."""
    ax = drawing.axes(ax, height=1.9)
    if result.gain is None:
        return _empty(ax, "Cannot tell whether feedback predicts leaving", result.reason)
    gain = result.gain
    drawing.intervals(ax, [0], [gain.estimate], [gain.low], [gain.high])
    ax.axvline(0, color=drawing.MUTED, linewidth=1)
    ax.set_yticks([])
    ax.set_ylim(-1, 1)
    ax.set_xlabel("log loss gained by feedback, thousandths a customer-month (above 0: better)")
    ax.set_title(result.verdict[0].upper() + result.verdict[1:])
    drawing.caption(ax, f"later months, n = {result.n:,} customers, {result.test} leavers; "
                    f"{gain.level:.0%} interval, paired bootstrap of customers")  # fmt: skip
    return ax


def picture(ax: Axes) -> bytes:
    """Turn a drawing into PNG bytes, and let go of it."""
    held = io.BytesIO()
    drawn = ax.get_figure(root=True)
    if drawn is None:
        raise ValueError("these axes belong to no figure")
    drawn.savefig(held, format="png", metadata={"Software": None})
    plt.close(drawn)
    return held.getvalue()


def _plain_log(ax: Axes, low: float, high: float) -> None:
    low, high = max(low, 0.05), min(max(high, 1.1), 100)
    marks = [t for t in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
             if low / 1.6 <= t <= high * 1.6]  # fmt: skip
    ax.set_xticks(marks, [f"{t:g}" for t in marks])
    ax.xaxis.set_minor_formatter(NullFormatter())


def _short(label: object, width: int = 34) -> str:
    plain = "".join(c for c in str(label) if ord(c) < 0x1F000 and not 0xFE00 <= ord(c) <= 0xFE0F)
    plain = plain.replace("$", r"\$")
    return textwrap.shorten(plain, width, placeholder="…") if " " in plain else plain[:width]


def _empty(ax: Axes, title: str, reason: str) -> Axes:
    ax.set_title(title)
    ax.text(0.5, 0.5, reason or "nothing to draw", ha="center", va="center",
            transform=ax.transAxes, color="#5F6B7A")  # fmt: skip
    ax.set_axis_off()
    return ax
