"""What the sentiment analysis claims, with its error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.sentiment.tables import shown
from insights.enrich.polarity import Used
from insights.messages import _, fixed, interval, number, percent, signed
from insights.result import Result

__all__ = ["LIKE", "MEASURED", "PREDICTS", "Aspects", "Classified", "Scores", "score_text"]

# ids of the checks that others look up
LIKE, PREDICTS, MEASURED = "texts_like_prior", "text_predicts_ratings", "error_measured"


def score_text(measure: str, estimate: float, low: float, high: float) -> str:
    """Write a score in its own unit: NPS in points, -100 to 100, others as a share.

    Parameters
    ----------
    measure
        'nps', 'csat', 'ces' or 'rating'.
    estimate, low, high
        Shares of 0 to 1; of NPS promoters less detractors, -1 to 1.
    """
    if measure == "nps":
        return f"{signed(100 * estimate, 0)} {interval(100 * low, 100 * high, '+.0f')}"
    return f"{percent(estimate)} {interval(low, high, '.0%')}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Classified(Result, table="accuracy", figure="calibration"):
    """Every record with its class, and the error of these classes. `n`: records with text.

    Attributes
    ----------
    records
        feedback_id, label, score, p_negative, p_neutral, p_positive, method, rated (class by
        rating, empty where there is none).
    accuracy
        One row over all and one a language; empty when no error can be measured.
    confusion
        Counts, class by rating (rows) against label (columns); None without ratings.
    curve
        Stated and observed share of negative records, in bins.
    trusted
        Whether text predicts the ratings; None when that cannot be told.
    """

    records: pd.DataFrame
    engine: Used
    reason: str
    accuracy: pd.DataFrame
    confusion: pd.DataFrame | None
    curve: pd.DataFrame | None
    trusted: bool | None
    rating_varies: bool
    languages: tuple[str, ...]

    @property
    def measured(self) -> bool:
        """Whether this study's ratings were enough to state the error."""
        return len(self.accuracy) > 0 and not np.isnan(self.accuracy["auc"].iloc[0])

    @property
    def unlike(self) -> bool:
        """Whether the texts lie beyond what the prior that scored them was tried on."""
        found = self.check(LIKE)
        return found is not None and found.passed is False

    def sentiment_table(self) -> pd.DataFrame:
        """Return one row a record: the table that other notebooks read."""
        return self.records

    def mismatches(self) -> pd.DataFrame:
        """Return the records whose text says with four to one the other side of their rating."""
        table = self.records
        bad = (table["rated"] == "positive") & (table["p_negative"] >= 0.8)
        good = (table["rated"] == "negative") & (table["p_positive"] >= 0.8)
        gap = table["score"].abs()
        found = (
            table[bad | good]
            .assign(gap=gap)
            .sort_values(["gap", "feedback_id"], ascending=[False, True], ignore_index=True)
        )
        return found[["feedback_id", "rated", "label", "score", "unsure"]]

    def confusion_table(self) -> pd.DataFrame:
        """Return the counts of class by rating against label, one row a class by rating."""
        if self.confusion is None:
            return pd.DataFrame(columns=["by rating", "negative", "neutral", "positive"])
        return self.confusion.rename_axis("by rating").reset_index()

    def sentences(self) -> list[str]:
        """Say what scored the records and how wrong it is."""
        how = {
            "calibrated": _("a model learnt from the study's own ratings"),
            "prior": _(
                "a model fitted on other texts, with word lists ({reason})", reason=self.reason
            ),
            "lexicon": _("word lists ({reason})", reason=self.reason),
            "transformers": _("a fine-tuned model of others ({reason})", reason=self.reason),
        }[self.engine]
        if not self.measured:
            found = self.check(MEASURED)
            reason = found.detail if found else ""
            return [
                _("{n} records were scored by {how}.", n=number(self.n), how=how),
                _("The error {reason}.", reason=reason),
            ]
        row = self.accuracy.iloc[0]
        fields = {
            "n_rated": number(int(row["n_rated"])),
            "auc": fixed(row["auc"]),
            "interval": interval(row["low"], row["high"]),
        }
        ranked = (
            _(
                "On {n_rated} rated records whose ratings it had not seen it ranks a negative one "
                "below another with probability {auc} {interval} (.5 is chance)",
                **fields,
            )
            if self.engine == "calibrated"
            else _(
                "On {n_rated} rated records it ranks a negative one below another with "
                "probability {auc} {interval} (.5 is chance)",
                **fields,
            )
        )
        useless = _("Text does not predict the ratings here: sentiment is not to be relied on.")
        return [
            _("{n} records were scored by {how}.", n=number(self.n), how=how),
            _("{ranked}; {found}.", ranked=ranked, found=_found(row)),
            useless if self.trusted is False else "",
        ]


def _found(row: pd.Series) -> str:
    """What part of the records called negative are so, and of the negative ones are called so."""
    recall = percent(row["recall_negative"])
    if np.isnan(row["precision_negative"]):
        return _(
            "no record is called negative, and of the negative ones {recall} are found",
            recall=recall,
        )
    return _(
        "of the records called negative {precision} are, and of the negative ones {recall} are "
        "found",
        precision=percent(row["precision_negative"]),
        recall=recall,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Aspects(Result, table="summary", figure="aspects"):
    """Aspects named in clauses, with polarity. `n`: records that name one."""

    records: pd.DataFrame
    messages: pd.DataFrame
    summary: pd.DataFrame
    n_records: int
    engine: str
    trusted: bool | None = None
    unlike: bool = False

    def sentences(self) -> list[str]:
        """Name the aspect with the largest share of negative messages."""
        named = _(
            "{n} of {n_records} records name a listed aspect.",
            n=number(self.n),
            n_records=number(self.n_records),
        )
        if self.summary.empty:
            return [named, _("None is named often enough to give a share.")]
        if self.trusted is False:
            return [
                named,
                _(
                    "How many of an aspect's messages are negative is not reported: text "
                    "does not predict the ratings here."
                ),
            ]
        if self.unlike:
            return [
                named,
                _(
                    "How many of an aspect's messages are negative cannot be told: the "
                    "texts are not like those the prior was tried on."
                ),
            ]
        row = self.summary.iloc[0]
        if row["negative_share"] == 0:
            return [
                named,
                _("No negative message was found about any aspect that is named often enough."),
            ]
        decimals = int(percent(row["low"]) == percent(row["high"]))  # never a point by rounding
        return [
            named,
            _(
                "The largest share of negative messages is about {aspect}: "
                "{negative_share} {interval} of {n}, as the engine '{engine}' reads "
                "clauses, and not corrected for its error.",
                aspect=row["aspect"],
                negative_share=percent(row["negative_share"], decimals),
                interval=interval(row["low"], row["high"], f".{decimals}%"),
                n=number(int(row["n"])),
                engine=self.engine,
            ),
        ]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores(Result, table="values", figure="scores"):
    """NPS, CSAT and CES over all (period empty), a channel and a period. `n`: scores given."""

    values: pd.DataFrame

    def sentences(self) -> list[str]:
        """Give each score over the whole time."""
        every = self.values[self.values["period"].isna() & (self.values["mode"] == "all")]
        whole = every[every["per"] == "message"]
        if whole.empty:
            return [
                _("The feedback holds no net promoter or satisfaction score that counts (n = 0).")
            ]
        parts = []
        for row in whole.itertuples():
            score = score_text(row.measure, row.estimate, row.low, row.high)
            if row.measure == "nps":
                parts.append(
                    _("The net promoter score is {score} (n = {n}).", score=score, n=number(row.n))
                )
            elif row.measure == "csat":
                parts.append(
                    _(
                        "{score} of {n} who gave a satisfaction score were satisfied.",
                        score=score,
                        n=number(row.n),
                    )
                )
            else:
                parts.append(
                    _(
                        "{score} of {n} who gave an effort score found it easy.",
                        score=score,
                        n=number(row.n),
                    )
                )
            parts.append(
                _(
                    "Between two such samples a change of {points} points would be found in four "
                    "cases of five.",
                    points=fixed(100 * row.smallest_change, 0),
                )
            )
        for row in every[every["per"] == "customer"].itertuples():
            parts.append(
                _(
                    "With one vote a customer ({measure}, {n} customers) it is {score}.",
                    measure=shown(row.measure),
                    n=number(row.n),
                    score=score_text(row.measure, row.estimate, row.low, row.high),
                )
            )
        return parts
