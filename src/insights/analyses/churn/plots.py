"""Drawings of what the results hold."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from insights import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from insights.analyses.churn.coverage import FeedbackCoverage
    from insights.analyses.churn.cumulative_incidence import CumulativeIncidence
    from insights.analyses.churn.gap import GapCurve
    from insights.analyses.churn.label_noise import LabelNoise
    from insights.analyses.churn.landmarks import Landmarks
    from insights.analyses.churn.leaks import LeakReport
    from insights.analyses.churn.nonresponse import RespondentWeights, SilentSufferers
    from insights.analyses.churn.periods import PersonPeriods
    from insights.analyses.churn.permutation_test import PermutationTest
    from insights.analyses.churn.result import (
        ChurnRisk,
        MoneyAtRisk,
        NaiveBesideCorrect,
        OutOfTimePrediction,
    )
    from insights.analyses.churn.segments import BySegment
    from insights.analyses.churn.sensitivity import ModelSensitivity

__all__ = [
    "coverage_bars",
    "forest",
    "gain_mark",
    "gap_lines",
    "incidence_curves",
    "landmark_marks",
    "leak_bars",
    "money_bars",
    "noise_marks",
    "permutation_histogram",
    "ratios_by_way",
    "risk_set",
    "segment_marks",
    "share_marks",
    "silence_lines",
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
    risk = np.bincount(result.month, weights=result.days / 30.4375, minlength=len(starts))
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
    drawing.plain_log(ax, rows["low"].min(), rows["high"].max())
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


def coverage_bars(result: FeedbackCoverage, ax: Axes | None = None) -> Axes:
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
    ax.set_xlabel(f"{what.lower()} attached to the topic, over {result.months:.2f} months")
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
    drawing.plain_log(ax, result.rows["low"].min(), result.rows["high"].max())
    ax.set_yticks(np.arange(len(topics))[::-1], [_short(labels[t]) for t in topics])
    ax.grid(axis="y", visible=False)
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    ax.set_xlabel("odds ratio (log scale)")
    ax.set_title("What shorter ways would have said")
    drawing.caption(ax, f"only 'lagged, adjusted' is reported; n = {result.n:,} customers; "
                    f"{result.level:.0%} intervals")  # fmt: skip
    return ax


def gain_mark(result: OutOfTimePrediction, ax: Axes | None = None) -> Axes:
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


def ratios_by_way(result: ModelSensitivity, ax: Axes | None = None) -> Axes:
    """Each topic by the primary and by other models."""
    rows = result.rows[result.rows["odds_ratio"].notna()]
    order = list(dict.fromkeys(rows["way"]))
    ax = drawing.grouped_intervals(rows, order, ("odds_ratio", "low", "high"), ax, log=True)
    if rows.empty:
        return _empty(ax, "No other model", "no topic was estimated")
    ax.set_xlabel("odds ratio, or hazard ratio by Cox (log scale)")
    ax.set_title("The same topics by other models")
    drawing.caption(ax, f"adjusted association; n = {result.n:,} customers; "
                    f"{result.level:.0%} intervals")  # fmt: skip
    return ax


def noise_marks(result: LabelNoise, ax: Axes | None = None) -> Axes:
    """Odds ratios as labelled, and put right for wrong labels."""
    known = result.rows[result.rows["corrected"].notna()]
    right = known.assign(odds_ratio=known["corrected"], low=known["corrected_low"],
                         high=known["corrected_high"], way="put right")  # fmt: skip
    rows = pd.concat([known.assign(way="as labelled"), right])
    ax = drawing.grouped_intervals(
        rows, ["as labelled", "put right"], ("odds_ratio", "low", "high"), ax, log=True
    )
    if rows.empty:
        return _empty(ax, "Label errors cannot be carried", result.source)
    ax.set_xlabel("odds ratio of leaving in a month (log scale)")
    share = f" if {known['precision'].iloc[0]:.0%} were right" if result.assumed else ""
    ax.set_title(f"What wrong topic labels hide{share}")
    drawing.caption(ax, f"adjusted association; {result.source}; n = {result.n:,} customers; "
                    f"{result.level:.0%} intervals")  # fmt: skip
    return ax


def landmark_marks(result: Landmarks, ax: Axes | None = None) -> Axes:
    """Difference in the chance of leaving within the horizon, a topic each."""
    rows = result.rows.head(_ROWS).assign(way="difference")
    ax = drawing.grouped_intervals(rows, ["difference"], ("difference", "low", "high"), ax)
    if rows.empty:
        return _empty(ax, "Cannot tell who leaves within the horizon", result.reason)
    drawing.percent(ax, "x", decimals=1)
    ax.set_xlabel(f"leaving within {result.months} months, less what is expected without the topic")
    ax.set_title(f"Within {result.months} months of raising a topic")
    drawing.caption(ax, f"standardised association; n = {result.n:,} customers, "
                    f"{result.landmarks} landmarks; {result.level:.0%} intervals")  # fmt: skip
    return ax


def segment_marks(result: BySegment, ax: Axes | None = None) -> Axes:
    """Odds ratios of the pairs of topic and segment with the smallest q."""
    rows = result.rows[result.rows["odds_ratio"].notna()].head(12)
    rows = rows.assign(
        topic_id=np.arange(len(rows)).astype(str),
        label=[f"{_short(r.label, 22)}, {r.dimension} {r.level}" for r in rows.itertuples()],
        way=rows["status"],
    )
    ax = drawing.grouped_intervals(
        rows, ["reported", "exploratory"], ("odds_ratio", "low", "high"), ax, log=True
    )
    if rows.empty:
        return _empty(ax, "No pair of topic and segment was tested", "too few exposed leavers")
    ax.set_xlabel("odds ratio of leaving in a month (log scale)")
    found = int((result.rows["status"] == "reported").sum())
    ax.set_title(f"{found} of {result.tests} pairs of topic and segment go with leaving")
    drawing.caption(
        ax,
        f"adjusted association; n = {result.n:,} customers; {result.level:.0%} intervals; "
        f"false-discovery rate {result.fdr:.0%}; at most 12 shown",
    )
    return ax


def incidence_curves(result: CumulativeIncidence, ax: Axes | None = None) -> Axes:
    """Share still there by tenure, a step curve a segment."""
    ax = drawing.axes(ax, height=3.8)
    if result.curves.empty:
        return _empty(ax, "Cannot tell how long customers stay", "too few at risk")
    groups = list(dict.fromkeys(result.curves["group"]))[: len(drawing.PALETTE)]
    for colour, group in zip(drawing.PALETTE, groups, strict=False):
        rows = result.curves[result.curves["group"] == group]
        ax.step(rows["months"], rows["staying"], where="post", color=colour, label=_short(group))
        drawing.interval_band(ax, rows["months"], rows["low"], rows["high"], color=colour,
                              alpha=0.1, step="post")  # fmt: skip
    drawing.percent(ax)
    ax.set_ylim(0, 1.02)
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), title=result.dimension or None)
    ax.set_xlabel("months since joining")
    ax.set_ylabel("not yet left of their own will")
    ax.set_title(f"How long customers stay, by {result.dimension or 'tenure'}")
    drawing.caption(ax, f"n = {result.n:,} customers, entering when observed; {result.level:.0%} "
                    "bands; cut where fewer than 20 are at risk")  # fmt: skip
    return ax


def silence_lines(result: SilentSufferers, ax: Axes | None = None) -> Axes:
    """The ratio behind the observed one, against the share of the affected who report."""
    ax = drawing.axes(ax, height=3.2)
    known = result.rows[result.rows["true_ratio"].notna()]
    if known.empty:
        return _empty(ax, "No reported topic to look behind", "nothing is reported")
    for colour, (_, rows) in zip(drawing.PALETTE, known.groupby("topic_id", sort=False),
                                 strict=False):  # fmt: skip
        ax.plot(rows["reporting"], rows["true_ratio"], "-o", markersize=4, color=colour,
                label=_short(rows["label"].iloc[0]))  # fmt: skip
    ax.axhline(1, color=drawing.MUTED, linewidth=1)
    drawing.percent(ax, "x")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    ax.set_xlabel("share of the affected who report (not in the data)")
    ax.set_ylabel("ratio of leaving")
    ax.set_title("The fewer report, the larger the ratio behind")
    drawing.caption(ax, f"association; n = {result.n:,} customers; a range, no interval")
    return ax


def share_marks(result: RespondentWeights, ax: Axes | None = None) -> Axes:
    """Share leaving in a month: everybody, respondents, respondents weighted."""
    rows = result.rows.assign(topic_id=result.rows["who"], label=result.rows["who"], way="share")
    ax = drawing.grouped_intervals(rows, ["share"], ("share", "low", "high"), ax, zero=False)
    if rows.empty:
        return _empty(ax, "Respondents cannot be weighted", result.reason)
    drawing.percent(ax, "x", decimals=1)
    ax.set_xlabel("left in a month")
    ax.set_title("What respondents say of everybody")
    drawing.caption(ax, f"n = {result.n:,} customers; effective size {result.effective:,.0f}; "
                    f"{result.level:.0%} intervals")  # fmt: skip
    return ax


def permutation_histogram(result: PermutationTest, ax: Axes | None = None) -> Axes:
    """Largest |z| of dealt labels, and of the real ones."""
    ax = drawing.axes(ax, height=2.6)
    if result.reason:
        return _empty(ax, "Labels cannot be dealt anew", result.reason)
    ax.hist(result.drawn, bins=20, color="#C9DDEB")
    ax.axvline(result.observed, color=drawing.BAD, linewidth=2)
    ax.annotate("as they are", (result.observed, 0.95), xycoords=("data", "axes fraction"),
                xytext=(4, 0), textcoords="offset points", fontsize=8)  # fmt: skip
    ax.set_xlabel("largest |z| of all topics")
    ax.set_ylabel("dealings")
    ax.set_title(f"Labels dealt at random reach it with p = {result.p:.3f}")
    drawing.caption(ax, f"n = {result.n:,} customers; {len(result.drawn)} dealings within "
                    f"{result.strata:,} strata")  # fmt: skip
    return ax


def leak_bars(result: LeakReport, ax: Axes | None = None) -> Axes:
    """How well each column alone tells who left."""
    rows = result.columns[result.columns["auc"].notna() | result.columns["leak"]].head(15)
    ax = drawing.axes(ax, height=1.5 + 0.3 * max(len(rows), 2))
    if rows.empty:
        return _empty(ax, "No column to look at", "the table holds keys only")
    y = np.arange(len(rows))[::-1]
    colours = [drawing.BAD if leak else drawing.MUTED for leak in rows["leak"]]
    ax.barh(y, rows["auc"].fillna(1.0) - 0.5, left=0.5, color=colours, height=0.6)
    ax.set_yticks(y, [_short(c) + (" (leak)" if leak else "") for c, leak in
                      zip(rows["column"], rows["leak"], strict=True)])  # fmt: skip
    ax.set_xlim(0.5, 1.0)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("area under the curve of the column alone (text: found by its words)")
    count = len(result.leaks)
    ax.set_title(f"{count} of {len(result.columns)} columns give the outcome away")
    drawing.caption(ax, f"n = {result.n:,} customers, {result.left:,} of whom left")
    return ax


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
