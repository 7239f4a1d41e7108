"""Drawings of what other models, other readings and chance say of the same topics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from insights import drawing
from insights.analyses.churn.tables import shown
from insights.messages import _, fixed, number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from insights.analyses.churn.label_noise import LabelNoise
    from insights.analyses.churn.leaks import LeakReport
    from insights.analyses.churn.nonresponse import RespondentWeights, SilentSufferers
    from insights.analyses.churn.permutation_test import PermutationTest
    from insights.analyses.churn.result import NaiveBesideCorrect, OutOfTimePrediction
    from insights.analyses.churn.sensitivity import ModelSensitivity

__all__ = [
    "gain_mark",
    "leak_bars",
    "noise_marks",
    "permutation_histogram",
    "ratios_by_way",
    "share_marks",
    "silence_lines",
    "ways",
]

_ROWS = 20  # columns drawn at most; the table holds all


def ways(result: NaiveBesideCorrect, ax: Axes | None = None) -> Axes:
    """Four ways beside each other, one group a topic."""
    topics = list(dict.fromkeys(result.rows["topic_id"]))[:10]
    ax = drawing.axes(ax, height=1.6 + 0.62 * max(len(topics), 2))
    if not topics:
        return drawing.empty(ax, _("Nothing to set beside each other"), _("no topic was estimated"))
    order = ("lagged, adjusted", "lagged, unadjusted", "same month", "ever or never")
    colours = (drawing.ACCENT, *drawing.PALETTE[3:5], drawing.MUTED)
    for k, (way, colour) in enumerate(zip(order, colours, strict=True)):
        rows = result.rows[result.rows["way"] == way].set_index("topic_id").loc[topics]
        y = np.arange(len(topics))[::-1] + 0.27 - 0.18 * k
        clipped = rows[["odds_ratio", "low", "high"]].clip(0.05, 100)
        drawing.intervals(ax, y, clipped["odds_ratio"], clipped["low"], clipped["high"],
                          color=colour, label=shown(way))  # fmt: skip
    labels = result.rows.drop_duplicates("topic_id").set_index("topic_id")["label"]
    ax.axvline(1.0, color=drawing.MUTED, linewidth=1)
    ax.set_xscale("log")
    drawing.plain_log(ax, result.rows["low"].min(), result.rows["high"].max())
    ax.set_yticks(np.arange(len(topics))[::-1], [drawing.short(labels[t]) for t in topics])
    ax.grid(axis="y", visible=False)
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    ax.set_xlabel(_("odds ratio (log scale)"))
    ax.set_title(_("What shorter ways would have said"))
    return drawing.caption(
        ax,
        _(
            "only 'lagged, adjusted' is reported; n = {n} customers; {level} intervals",
            n=number(result.n),
            level=percent(result.level),
        ),
    )


def ratios_by_way(result: ModelSensitivity, ax: Axes | None = None) -> Axes:
    """Each topic by the primary and by other models."""
    rows = result.rows[result.rows["odds_ratio"].notna()]
    rows = rows.assign(way=rows["way"].map(shown))
    order = list(dict.fromkeys(rows["way"]))
    ax = drawing.grouped_intervals(rows, order, ("odds_ratio", "low", "high"), ax, log=True)
    if rows.empty:
        return drawing.empty(ax, _("No other model"), _("no topic was estimated"))
    ax.set_xlabel(_("odds ratio, or hazard ratio by Cox (log scale)"))
    ax.set_title(_("The same topics by other models"))
    return drawing.caption(
        ax,
        _(
            "adjusted association; n = {n} customers; {level} intervals",
            n=number(result.n),
            level=percent(result.level),
        ),
    )


def noise_marks(result: LabelNoise, ax: Axes | None = None) -> Axes:
    """Odds ratios as labelled, and put right for wrong labels."""
    known = result.rows[result.rows["corrected"].notna()]
    right = known.assign(odds_ratio=known["corrected"], low=known["corrected_low"],
                         high=known["corrected_high"], way=_("put right"))  # fmt: skip
    rows = pd.concat([known.assign(way=_("as labelled")), right])
    ax = drawing.grouped_intervals(
        rows, [_("as labelled"), _("put right")], ("odds_ratio", "low", "high"), ax, log=True
    )
    if rows.empty:
        return drawing.empty(ax, _("Label errors cannot be carried"), result.source)
    ax.set_xlabel(_("odds ratio of leaving in a month (log scale)"))
    share = percent(known["precision"].iloc[0])
    ax.set_title(
        _("What wrong topic labels hide if {share} were right", share=share)
        if result.assumed
        else _("What wrong topic labels hide")
    )
    return drawing.caption(
        ax,
        _(
            "adjusted association; {source}; n = {n} customers; {level} intervals",
            source=result.source,
            n=number(result.n),
            level=percent(result.level),
        ),
    )


def silence_lines(result: SilentSufferers, ax: Axes | None = None) -> Axes:
    """The ratio behind the observed one, against the share of the affected who report."""
    ax = drawing.axes(ax, height=3.2)
    known = result.rows[result.rows["true_ratio"].notna()]
    if known.empty:
        return drawing.empty(ax, _("No reported topic to look behind"), _("nothing is reported"))
    for colour, (_id, rows) in zip(drawing.PALETTE, known.groupby("topic_id", sort=False),
                                 strict=False):  # fmt: skip
        ax.plot(rows["reporting"], rows["true_ratio"], "-o", markersize=4, color=colour,
                label=drawing.short(rows["label"].iloc[0]))  # fmt: skip
    ax.axhline(1, color=drawing.MUTED, linewidth=1)
    drawing.percent(ax, "x")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    ax.set_xlabel(_("share of the affected who report (not in the data)"))
    ax.set_ylabel(_("ratio of leaving"))
    ax.set_title(_("The fewer report, the larger the ratio behind"))
    return drawing.caption(
        ax, _("association; n = {n} customers; a range, no interval", n=number(result.n))
    )


def share_marks(result: RespondentWeights, ax: Axes | None = None) -> Axes:
    """Share leaving in a month: everybody, respondents, respondents weighted."""
    who = result.rows["who"]
    rows = result.rows.assign(topic_id=who, label=who.map(shown), way="share")
    ax = drawing.grouped_intervals(rows, ["share"], ("share", "low", "high"), ax, zero=False)
    if rows.empty:
        return drawing.empty(ax, _("Respondents cannot be weighted"), result.reason)
    drawing.percent(ax, "x", decimals=1)
    ax.set_xlabel(_("left in a month"))
    ax.set_title(_("What respondents say of everybody"))
    return drawing.caption(
        ax,
        _(
            "n = {n} customers; effective size {effective}; {level} intervals",
            n=number(result.n),
            effective=number(result.effective),
            level=percent(result.level),
        ),
    )


def permutation_histogram(result: PermutationTest, ax: Axes | None = None) -> Axes:
    """Largest |z| of dealt labels, and of the real ones."""
    ax = drawing.axes(ax, height=2.6)
    if result.reason:
        return drawing.empty(ax, _("Labels cannot be dealt anew"), result.reason)
    ax.hist(result.drawn, bins=20, color="#C9DDEB")
    ax.axvline(result.observed, color=drawing.BAD, linewidth=2)
    ax.annotate(_("as they are"), (result.observed, 0.95), xycoords=("data", "axes fraction"),
                xytext=(4, 0), textcoords="offset points", fontsize=8)  # fmt: skip
    ax.set_xlabel(_("largest |z| of all topics"))
    ax.set_ylabel(_("dealings"))
    ax.set_title(_("Labels dealt at random reach it with p = {p}", p=fixed(result.p, 3)))
    return drawing.caption(
        ax,
        _(
            "n = {n} customers; {drawn} dealings within {strata} strata",
            n=number(result.n),
            drawn=len(result.drawn),
            strata=number(result.strata),
        ),
    )


def leak_bars(result: LeakReport, ax: Axes | None = None) -> Axes:
    """How well each column alone tells who left."""
    rows = result.columns[result.columns["auc"].notna() | result.columns["leak"]].head(15)
    ax = drawing.axes(ax, height=1.5 + 0.3 * max(len(rows), 2))
    if rows.empty:
        return drawing.empty(ax, _("No column to look at"), _("the table holds keys only"))
    y = np.arange(len(rows))[::-1]
    colours = [drawing.BAD if leak else drawing.MUTED for leak in rows["leak"]]
    ax.barh(y, rows["auc"].fillna(1.0) - 0.5, left=0.5, color=colours, height=0.6)
    ax.set_yticks(y, [drawing.short(c) + (" (leak)" if leak else "") for c, leak in
                      zip(rows["column"], rows["leak"], strict=True)])  # fmt: skip
    ax.set_xlim(0.5, 1.0)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(_("area under the curve of the column alone (text: found by its words)"))
    count = len(result.leaks)
    ax.set_title(
        _(
            "{count} of {columns} columns give the outcome away",
            count=count,
            columns=len(result.columns),
        )
    )
    return drawing.caption(
        ax,
        _("n = {n} customers, {left} of whom left", n=number(result.n), left=number(result.left)),
    )


def gain_mark(result: OutOfTimePrediction, ax: Axes | None = None) -> Axes:
    """The gain in log loss with its interval."""
    ax = drawing.axes(ax, height=1.9)
    if result.gain is None:
        return drawing.empty(ax, _("Cannot tell whether feedback predicts leaving"), result.reason)
    gain = result.gain
    drawing.intervals(ax, [0], [gain.estimate], [gain.low], [gain.high])
    ax.axvline(0, color=drawing.MUTED, linewidth=1)
    ax.set_yticks([])
    ax.set_ylim(-1, 1)
    ax.set_xlabel(_("log loss gained by feedback, thousandths a customer-month (above 0: better)"))
    ax.set_title(result.verdict[0].upper() + result.verdict[1:])
    return drawing.caption(
        ax,
        _(
            "later months, n = {n} customers, {test} leavers; {level} interval, paired "
            "bootstrap of customers",
            n=number(result.n),
            test=result.test,
            level=percent(gain.level),
        ),
    )
