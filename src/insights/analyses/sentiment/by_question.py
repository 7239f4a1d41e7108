"""Shares of negative and positive answers to each question that a study asks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.enrich.questions import asked_side
from insights.messages import _, interval, number, percent
from insights.result import Check, Result
from insights.stats.intervals import wilson_bounds

from .params import Params
from .result import Classified
from .tables import OUTPUTS

__all__ = ["QuestionShares", "by_question"]

_SHOWN = 60  # characters of a question in a sentence


@dataclass(frozen=True, kw_only=True, eq=False)
class QuestionShares(Result, table="shares"):
    """What the answers to each question say, as counted. `n`: answers with a known question.

    Attributes
    ----------
    shares
        One row a question and class: n (answers), customers, share with interval.
    asked
        Different questions, those with few answers among them.
    """

    shares: pd.DataFrame
    asked: int

    def own_checks(self) -> tuple[Check, ...]:
        """Return what the intervals leave out, and which questions ask for one side."""
        if self.shares.empty:
            return ()
        known = self.shares["question"].unique()
        leading = sum(asked_side(question) != 0 for question in known)
        detail = _(
            "labels are counted, mistakes of the classifier and all, which the intervals leave out"
        )
        sides = _(
            "{leading} of {known} questions ask for one side, which shares of their "
            "answers follow: they tell what was asked as much as how people feel",
            leading=leading,
            known=len(known),
        )
        return (
            Check(_("mistakes in shares by question"), None, detail),
            Check(_("questions that ask for one side"), None, sides),
        )

    def sentences(self) -> list[str]:
        """Name the questions whose answers are most and least often negative."""
        if self.asked < 2:
            return [
                _(
                    "Answers are not told apart by question: one question is known (n = {n}).",
                    n=number(self.n),
                )
                if self.asked
                else _(
                    "Answers are not told apart by question: no question is known (n = {n}).",
                    n=number(self.n),
                )
            ]
        negative = self.shares[self.shares["label"] == "negative"]
        if len(negative) < 2:
            return [
                _(
                    "Answers are not told apart by question: of {asked} questions fewer "
                    "than two have answers enough (n = {n}).",
                    asked=self.asked,
                    n=number(self.n),
                )
            ]
        rows = negative.sort_values("share", kind="stable")
        least, most = rows.iloc[0], rows.iloc[-1]
        return [
            _(
                "Asked “{question}”, {share} {interval} of {n} answers were called "
                "negative; asked “{least_question}”, {least_share} {least_interval} of "
                "{least_n}.",
                question=_short(most["question"]),
                share=percent(most["share"]),
                interval=interval(most["low"], most["high"], ".0%"),
                n=number(most["n"]),
                least_question=_short(least["question"]),
                least_share=percent(least["share"]),
                least_interval=interval(least["low"], least["high"], ".0%"),
                least_n=number(least["n"]),
            )
        ]


def by_question(
    feedback: pd.DataFrame, classified: Classified, *, params: Params
) -> QuestionShares:
    """Count the classes of the answers to each question, where a study has more than one.

    Questions with fewer than `params.min_cell` answers are left out. Intervals are Wilson's at the
    number of answers that the customers are worth (Kish's effective size).
    """
    declared = OUTPUTS["sentiment_by_question"]
    if "question" not in feedback:
        return QuestionShares(n=0, shares=declared.empty(), asked=0)
    who = feedback["feedback_id"].astype(str)
    if "customer_id" in feedback:
        who = feedback["customer_id"].astype(object).where(feedback["customer_id"].notna(), who)
    answers = pd.DataFrame(
        {"feedback_id": feedback["feedback_id"].astype(str), "question": feedback["question"],
         "who": who.astype(str)}
    ).dropna(subset=["question"])  # fmt: skip
    records = classified.records[classified.records["method"] != "empty"]
    answers = answers.merge(records[["feedback_id", "label"]], on="feedback_id")
    asked = answers["question"].nunique()
    rows = []
    for question, part in answers.groupby("question") if asked > 1 else ():
        people = part["who"].nunique()
        if len(part) < params.min_cell or 2 * people < params.min_cell:
            continue
        for label in ("negative", "positive"):
            hit = part["label"].eq(label).to_numpy(float)
            ends = _interval(hit, pd.factorize(part["who"])[0])
            rows.append((question, label, len(part), people, float(hit.mean()), *ends))
    return QuestionShares(n=len(answers), shares=declared.frame(rows), asked=asked)


def _interval(hit: np.ndarray, who: np.ndarray) -> tuple[float, float]:
    n, share = len(hit), float(hit.mean())
    effect = 1.0
    if 0 < share < 1:
        clustered = float(np.square(np.bincount(who, hit - share)).sum()) / n**2
        effect = max(1.0, clustered * n / (share * (1 - share)))
    low, high = wilson_bounds(hit.sum() / effect, n / effect)
    return min(float(low), share), max(float(high), share)


def _short(question: str) -> str:
    return question if len(question) <= _SHOWN else question[: _SHOWN - 1].rstrip() + "…"
