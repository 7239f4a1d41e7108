"""What errors of the topic labels do to the odds ratios: what they hide and what they lend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.churn.design import adjustment
from insights.analyses.churn.misclassification import (
    ASSUMED,
    misclassification_corrected,
    precision,
)
from insights.analyses.churn.model import fit_topics
from insights.analyses.churn.periods import PersonPeriods
from insights.analyses.churn.result import ChurnRisk
from insights.analyses.churn.tables import OUTPUTS
from insights.messages import _, fixed, interval, number, percent
from insights.result import Check, Result
from insights.settings import DEFAULT_LEVEL

__all__ = ["LabelNoise", "label_noise"]


@dataclass(frozen=True, kw_only=True)
class LabelNoise(Result, table="rows", figure="noise_marks"):
    """Odds ratios as labelled, and put right for labels that are wrong at the stated rate.

    Attributes
    ----------
    rows
        topic_id, label, precision (share of its labels that are right), odds_ratio, low, high,
        corrected, corrected_low, corrected_high, label_spread (of the log odds ratio over labels
        drawn anew from their probabilities; not-a-number without probabilities).
    source
        Where the precision comes from.
    assumed
        Whether it is a supposition, since nothing tells how many labels are right.
    """

    rows: pd.DataFrame
    source: str
    level: float
    assumed: bool = False

    def sentences(self) -> list[str]:
        """Say how far label errors shade the odds ratio of the first topic."""
        if self.rows.empty or self.rows["corrected"].isna().all():
            return [
                _(
                    "Errors of topic labels: cannot be carried ({source}; {n} customers).",
                    source=self.source,
                    n=number(self.n),
                )
            ]
        row = self.rows[self.rows["corrected"].notna()].iloc[0]
        if self.assumed:
            return [
                _(
                    "Errors of topic labels ({source}; {n} customers): how many labels are "
                    "right is unknown, so nothing is put right elsewhere.",
                    source=self.source,
                    n=number(self.n),
                ),
                _(
                    "Were {precision} of them right and errors alike for leavers and "
                    "stayers, “{label}” would have an adjusted association of {corrected} "
                    "{interval} where the labels show {odds_ratio} {labelled}.",
                    precision=percent(row["precision"]),
                    label=row["label"],
                    corrected=fixed(row["corrected"]),
                    interval=interval(row["corrected_low"], row["corrected_high"]),
                    odds_ratio=fixed(row["odds_ratio"]),
                    labelled=interval(row["low"], row["high"]),
                ),
                _("Check some labels by hand and state the share as label_precision."),
            ]
        return [
            _(
                "Errors of topic labels ({source}; {n} customers): “{label}” is right "
                "in {precision} of its labels; its adjusted association of {odds_ratio} "
                "{labelled} would be {corrected} {interval} if errors fall on leavers "
                "and stayers alike.",
                source=self.source,
                n=number(self.n),
                label=row["label"],
                precision=percent(row["precision"]),
                odds_ratio=fixed(row["odds_ratio"]),
                labelled=interval(row["low"], row["high"]),
                corrected=fixed(row["corrected"]),
                interval=interval(row["corrected_low"], row["corrected_high"]),
            )
        ]


def label_noise(periods: PersonPeriods, risk: ChurnRisk) -> LabelNoise:
    """Carry the error of the topic labels into the odds ratios.

    Each month's true exposures are known by a chance given the labels in its window
    (`misclassification_corrected`), and the odds that these chances induce are fitted; precision
    is the setting `label_precision`, else the mean probability that the topic model gives, else,
    for labels of topics, a supposed four fifths, which bounds what better labels would hide.
    Where labels have probabilities, they were also drawn anew when the odds ratios were
    estimated: the spread over the draws is told here and is in the intervals.
    """
    known = risk.estimated
    periods = periods.without(risk.leaks)
    topics = known["topic_id"].tolist()
    certain, source = precision(periods, topics)
    assumed = certain is None and not periods.params.label_precision
    assumed = assumed and periods.kind in ("topics", "given")
    if assumed:
        certain = np.full(len(topics), ASSUMED)
    columns = OUTPUTS["label_noise"].names
    model = None
    if topics and certain is not None:
        model = fit_topics(periods, topics, periods.exposed(topics), adjustment(periods))
        right = misclassification_corrected(periods, model, dict(zip(topics, certain, strict=True)))
        source = (
            source if right else _("{source}; no estimate fits chances like these", source=source)
        )
    if model is None or right is None:
        unknown = dict.fromkeys(["precision", *columns[6:9]], np.nan)
        return LabelNoise(
            n=periods.n, rows=known.assign(**unknown)[columns], source=source, level=DEFAULT_LEVEL
        )
    log, se = pd.Series(right.log), pd.Series(right.se)
    z = stats.norm.ppf(0.5 + DEFAULT_LEVEL / 2)
    by_name = pd.DataFrame(
        {
            "precision": pd.Series(right.certain),
            "corrected": np.exp(log),
            "corrected_low": np.exp(log - z * se),
            "corrected_high": np.exp(log + z * se),
        }
    )
    rows = known.join(by_name, on="topic_id")[columns].reset_index(drop=True)
    widest = float((rows["corrected"] / rows["odds_ratio"]).max())
    return LabelNoise(
        n=periods.n,
        rows=rows,
        source=source,
        level=DEFAULT_LEVEL,
        assumed=assumed,
        checks=(
            Check(
                _("label errors shade odds ratios"),
                None,
                _(
                    "at a supposed precision the largest odds ratio put right is {widest} times "
                    "what the labels show",
                    widest=fixed(widest),
                )
                if assumed
                else _(
                    "at this precision the largest odds ratio put right is {widest} times what "
                    "the labels show",
                    widest=fixed(widest),
                ),
            ),
        ),
    )
