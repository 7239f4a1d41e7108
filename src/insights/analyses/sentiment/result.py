"""What the sentiment analysis claims, with its error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.enrich.polarity import Used
from insights.result import Result

__all__ = ["LIKE", "MEASURED", "PREDICTS", "Aspects", "Classified", "Scores", "score_text"]

# ids of the checks that others look up
LIKE, PREDICTS, MEASURED = "texts_like_prior", "text_predicts_ratings", "error_measured"


def score_text(measure: str, estimate: float, low: float, high: float) -> str:
    """Write a score in its own unit: NPS in points, -100 to 100, others as a share."""
    if measure == "nps":
        return f"{100 * estimate:+.0f} [{100 * low:+.0f}, {100 * high:+.0f}]"
    return f"{estimate:.0%} [{low:.0%}, {high:.0%}]"


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
            "calibrated": "a model learnt from the study's own ratings",
            "prior": f"a model fitted on other texts, with word lists ({self.reason})",
            "lexicon": f"word lists ({self.reason})",
            "transformers": f"a fine-tuned model of others ({self.reason})",
        }[self.engine]
        if not self.measured:
            found = self.check(MEASURED)
            reason = found.detail if found else ""
            return [f"{self.n:,} records were scored by {how}.", f"The error {reason}."]
        row = self.accuracy.iloc[0]
        area = f"{row['auc']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
        kept = " whose ratings it had not seen" if self.engine == "calibrated" else ""
        useless = "Text does not predict the ratings here: sentiment is not to be relied on."
        return [
            f"{self.n:,} records were scored by {how}.",
            f"On {int(row['n_rated']):,} rated records"
            f"{kept} it ranks a negative one below another with probability {area} (.5 is chance); "
            f"{_precision(row)}of the negative ones {row['recall_negative']:.0%} are found.",
            useless if self.trusted is False else "",
        ]


def _precision(row: pd.Series) -> str:
    """What part of the records called negative are; none may be called so."""
    if np.isnan(row["precision_negative"]):
        return "no record is called negative, and "
    return f"of the records called negative {row['precision_negative']:.0%} are, and "


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
        named = f"{self.n:,} of {self.n_records:,} records name a listed aspect."
        if self.summary.empty:
            return [named, "None is named often enough to give a share."]
        if self.trusted is False:
            return [
                named,
                "How many of an aspect's messages are negative is not reported: text does "
                "not predict the ratings here.",
            ]
        if self.unlike:
            return [
                named,
                "How many of an aspect's messages are negative cannot be told: the texts are not "
                "like those the prior was tried on.",
            ]
        row = self.summary.iloc[0]
        return [
            named,
            f"The largest share of negative messages is about {row['aspect']}: "
            f"{row['negative_share']:.0%} [{row['low']:.0%}, {row['high']:.0%}] of "
            f"{int(row['n']):,}, as the engine '{self.engine}' reads clauses, and not "
            "corrected for its error.",
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
            return ["The feedback holds no net promoter or satisfaction score that counts (n = 0)."]
        parts = []
        for row in whole.itertuples():
            score = score_text(row.measure, row.estimate, row.low, row.high)
            if row.measure == "nps":
                parts.append(f"The net promoter score is {score} (n = {row.n:,}).")
            elif row.measure == "csat":
                parts.append(f"{score} of {row.n:,} who gave a satisfaction score were satisfied.")
            else:
                parts.append(f"{score} of {row.n:,} who gave an effort score found it easy.")
            parts.append(
                f"Between two such samples a change of {100 * row.smallest_change:.0f} points "
                "would be found in four cases of five."
            )
        for row in every[every["per"] == "customer"].itertuples():
            parts.append(
                f"With one vote a customer ({row.measure}, {row.n:,} customers) it is "
                f"{score_text(row.measure, row.estimate, row.low, row.high)}."
            )
        return parts
