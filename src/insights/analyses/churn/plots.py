"""Drawings of what the results hold; those of other models and of doubts stand apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from insights import drawing
from insights.analyses.churn.plots_robustness import (
    gain_mark,
    leak_bars,
    noise_marks,
    permutation_histogram,
    ratios_by_way,
    share_marks,
    silence_lines,
    ways,
)
from insights.analyses.churn.tables import shown
from insights.messages import _, fixed, number, percent, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from insights.analyses.churn.coverage import FeedbackCoverage
    from insights.analyses.churn.cumulative_incidence import CumulativeIncidence
    from insights.analyses.churn.gap import GapCurve
    from insights.analyses.churn.landmarks import Landmarks
    from insights.analyses.churn.periods import PersonPeriods
    from insights.analyses.churn.result import ChurnRisk, MoneyAtRisk
    from insights.analyses.churn.segments import BySegment

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
    ax.set_title(
        _(
            "{events} of {n} customers left while observed",
            events=number(result.events),
            n=number(result.n),
        )
    )
    ax.set_ylabel(_("left in the month, of those at risk"))
    ax.set_xlabel(_("month"))
    return drawing.caption(
        ax,
        _(
            "at risk a month: {least} to {most} customers",
            least=number(risk.min()),
            most=number(risk.max()),
        ),
    )


def forest(result: ChurnRisk, ax: Axes | None = None) -> Axes:
    """Odds ratios with intervals, one row a topic, with n, q and status at the right."""
    rows = result.topics[result.topics["odds_ratio"].notna()].head(_ROWS)
    ax = drawing.axes(ax, height=1.6 + 0.38 * max(len(rows), 2))
    found = len(result.reported)
    if rows.empty:
        return drawing.empty(ax, _("Cannot tell which topics go with leaving"), result.reason)
    y = np.arange(len(rows))[::-1]
    ax.axvline(1.0, color=drawing.MUTED, linewidth=1)
    for place, row in zip(y, rows.itertuples(index=False), strict=True):
        low, high = np.clip([row.low, row.high], 0.05, 50)
        colour = _STATUS.get(row.status, drawing.MUTED)
        drawing.intervals(ax, [place], [np.clip(row.odds_ratio, 0.05, 50)], [low], [high],
                          color=colour)  # fmt: skip
        note = _("{status}: {n} leavers", status=shown(row.status), n=row.exposed_churners)
        if not pd.isna(row.q):
            note += ", q < .001" if row.q < 0.001 else f", q = {fixed(row.q, 3)}"
        ink = colour if row.status == "reported" else "#5F6B7A"
        ax.annotate(note, (1.01, place), xycoords=("axes fraction", "data"), va="center",
                    fontsize=8, color=ink)  # fmt: skip
    ax.set_xscale("log")
    drawing.plain_log(ax, rows["low"].min(), rows["high"].max())
    ax.set_yticks(y, [drawing.short(label) for label in rows["label"]])
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(_("odds ratio of leaving in a month (log scale)"))
    ax.set_title(
        plural(
            "{n} of {tests} topics tested goes with leaving",
            "{n} of {tests} topics tested go with leaving",
            found,
            tests=result.tests,
        )
    )
    return drawing.caption(
        ax,
        _(
            "adjusted association; n = {n} customers, {events} leavers; {level} "
            "intervals; false-discovery rate {fdr}",
            n=number(result.n),
            events=number(result.events),
            level=percent(result.level),
            fdr=percent(result.fdr),
        ),
    )


def gap_lines(result: GapCurve, ax: Axes | None = None) -> Axes:
    """Log odds ratio against the gap, a line a topic; leaks stand out."""
    ax = drawing.axes(ax, height=3.9)
    if result.curve.empty:
        return drawing.empty(
            ax, _("Cannot tell what remains as the gap grows"), _("too few leavers")
        )
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
        label = drawing.short(lines["label"].iloc[0])
        label = _("{label} (leak)", label=label) if leak else label
        seen = lines[["log_odds", "low", "high"]].clip(*_LOG_ODDS)
        ax.plot(x, seen["log_odds"], "--o" if leak else "-o", markersize=4, label=label,
                color=colour)  # fmt: skip
        drawing.interval_band(ax, x, seen["low"], seen["high"], color=colour, alpha=0.07)
    ax.axhline(0, color=drawing.MUTED, linewidth=1)
    ax.set_xticks(range(len(gaps)), [_("same") if g < 0 else str(g) for g in gaps])
    ax.set_xlabel(
        _("days between the last feedback counted and the month (same: within the month)")
    )
    ax.set_ylabel(_("log odds ratio of leaving"))
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    ax.set_title(
        _(
            "{leaks} of {topics} topics collapse as the gap grows",
            leaks=len(leaks),
            topics=result.curve["topic_id"].nunique(),
        )
        if leaks
        else _("No topic collapses as the gap grows")
    )
    return drawing.caption(
        ax,
        _(
            "adjusted association; n = {n} customers; {level} bands, cut at {low} and "
            "{high}; gap in use: {gap_days} days",
            n=number(result.n),
            level=percent(result.level),
            low=f"{_LOG_ODDS[0]:g}",
            high=f"{_LOG_ODDS[1]:g}",
            gap_days=result.gap_days,
        ),
    )


def coverage_bars(result: FeedbackCoverage, ax: Axes | None = None) -> Axes:
    """Share of customers (bar) and of leavers (mark with interval) who gave feedback."""
    rows = result.groups[result.groups["customers"] > 0].head(_ROWS)
    ax = drawing.axes(ax, height=1.5 + 0.36 * max(len(rows), 2))
    y = np.arange(len(rows))[::-1]
    ax.barh(y, rows["share_customers"], color="#C9DDEB", height=0.6, label=_("all customers"))
    known = rows["share"].notna().to_numpy()
    drawing.intervals(ax, y[known], rows["share"][known], rows["low"][known], rows["high"][known],
                      color=drawing.BAD, label=_("leavers"))  # fmt: skip
    ax.set_yticks(y, [f"{drawing.short(g)} ({n:,})" for g, n in zip(rows["group"], rows["churners"],
                                                             strict=True)])  # fmt: skip
    ax.set_xlim(0, min(1.0, max(rows["high"].max(), rows["share_customers"].max(), 0.1) * 1.1))
    drawing.percent(ax, "x")
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(_("gave feedback in the window before the last month observed"))
    ax.legend(loc="lower left", bbox_to_anchor=(0.6, 1.0), ncols=2)
    silent = result.silent
    ax.set_title(
        _("{estimate} of leavers left in silence", estimate=percent(silent.estimate))
        if silent
        else _("Nobody left")
    )
    return drawing.caption(
        ax, _("n = {n} customers; leavers in brackets; 95% score intervals", n=number(result.n))
    )


def money_bars(result: MoneyAtRisk, ax: Axes | None = None) -> Axes:
    """Monthly revenue, or leavers, attached to each topic."""
    rows = result.money.tail(1) if result.money.empty else result.money
    rows = pd.concat([rows[rows["status"] != "total"].head(_ROWS), rows[rows["status"] == "total"]])
    ax = drawing.axes(ax, height=1.6 + 0.36 * max(len(rows), 2))
    if rows.empty:
        return drawing.empty(
            ax, _("No revenue is attached to a topic"), _("no topic was estimated")
        )
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
    ax.set_yticks(
        y, [f"{drawing.short(r['label'])} ({shown(r['status'])})" for r in rows.to_dict("records")]
    )
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, place: number(value)))
    months = fixed(result.months)
    if result.known:
        label = _("monthly revenue attached to the topic, over {months} months", months=months)
        title = _("Monthly revenue that went with each topic")
    else:
        label = _("leavers attached to the topic, over {months} months", months=months)
        title = _("Leavers that went with each topic")
    ax.set_xlabel(label)
    ax.set_title(title)
    return drawing.caption(
        ax,
        _(
            "standardised association; n = {n} customers; {level} intervals; parts overlap "
            "and do not sum",
            n=number(result.n),
            level=percent(result.level),
        ),
    )


def landmark_marks(result: Landmarks, ax: Axes | None = None) -> Axes:
    """Difference in the chance of leaving within the horizon, a topic each."""
    rows = result.rows.head(_ROWS).assign(way="difference")
    ax = drawing.grouped_intervals(rows, ["difference"], ("difference", "low", "high"), ax)
    if rows.empty:
        return drawing.empty(ax, _("Cannot tell who leaves within the horizon"), result.reason)
    drawing.percent(ax, "x", decimals=1)
    ax.set_xlabel(
        _(
            "leaving within {months} months, less what is expected without the topic",
            months=result.months,
        )
    )
    ax.set_title(_("Within {months} months of raising a topic", months=result.months))
    return drawing.caption(
        ax,
        _(
            "standardised association; n = {n} customers, {landmarks} landmarks; {level} intervals",
            n=number(result.n),
            landmarks=result.landmarks,
            level=percent(result.level),
        ),
    )


def segment_marks(result: BySegment, ax: Axes | None = None) -> Axes:
    """Odds ratios of the pairs of topic and segment with the smallest q."""
    rows = result.rows[result.rows["odds_ratio"].notna()].head(12)
    rows = rows.assign(
        topic_id=np.arange(len(rows)).astype(str),
        label=[f"{drawing.short(r.label, 22)}, {r.dimension} {r.level}" for r in rows.itertuples()],
        way=rows["status"].map(shown),
    )
    ax = drawing.grouped_intervals(
        rows, [shown("reported"), shown("exploratory")], ("odds_ratio", "low", "high"), ax, log=True
    )
    if rows.empty:
        return drawing.empty(
            ax, _("No pair of topic and segment was tested"), _("too few exposed leavers")
        )
    ax.set_xlabel(_("odds ratio of leaving in a month (log scale)"))
    found = int((result.rows["status"] == "reported").sum())
    ax.set_title(
        _(
            "{found} of {tests} pairs of topic and segment go with leaving",
            found=found,
            tests=result.tests,
        )
    )
    return drawing.caption(
        ax,
        _(
            "adjusted association; n = {n} customers; {level} intervals; "
            "false-discovery rate {fdr}; at most 12 shown",
            n=number(result.n),
            level=percent(result.level),
            fdr=percent(result.fdr),
        ),
    )


def incidence_curves(result: CumulativeIncidence, ax: Axes | None = None) -> Axes:
    """Share still there by tenure, a step curve a segment."""
    ax = drawing.axes(ax, height=3.8)
    if result.curves.empty:
        return drawing.empty(ax, _("Cannot tell how long customers stay"), _("too few at risk"))
    groups = list(dict.fromkeys(result.curves["group"]))[: len(drawing.PALETTE)]
    for colour, group in zip(drawing.PALETTE, groups, strict=False):
        rows = result.curves[result.curves["group"] == group]
        ax.step(
            rows["months"], rows["staying"], where="post", color=colour, label=drawing.short(group)
        )
        drawing.interval_band(ax, rows["months"], rows["low"], rows["high"], color=colour,
                              alpha=0.1, step="post")  # fmt: skip
    drawing.percent(ax)
    ax.set_ylim(0, 1.02)
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), title=result.dimension or None)
    ax.set_xlabel(_("months since joining"))
    ax.set_ylabel(_("not yet left of their own will"))
    by = result.dimension or _("tenure")
    ax.set_title(_("How long customers stay, by {dimension}", dimension=by))
    return drawing.caption(
        ax,
        _(
            "n = {n} customers, entering when observed; {level} bands; cut where fewer than "
            "20 are at risk",
            n=number(result.n),
            level=percent(result.level),
        ),
    )
