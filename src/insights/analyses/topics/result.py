"""What the topics notebook claims about topics: which there are, and what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from insights.analyses.topics.events import TopicEvents
from insights.analyses.topics.registry import Registry
from insights.result import Check, Estimate, Result
from insights.stats.intervals import wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["SHAKY", "TopicModel", "Unexplained"]

STABLE = 0.6  # agreement of refits below which the whole set of topics is doubted
SHAKY = 0.5  # Jaccard below which a topic is doubted (Hennig 2007: "dissolved")
MOST_UNEXPLAINED = 0.10
MOST_TEMPLATES = 0.5
_LONG = 500  # characters


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicModel(Result):
    """The topics of a feedback table; n counts records.

    Attributes
    ----------
    texts
        Distinct texts with a word in them.
    topics
        Contract table `topics`, largest first.
    documents
        Contract table `doc_topics`, by feedback_id.
    quotes
        Seeded random records: topic_id, feedback_id, language, quote.
    ladder
        Resolutions tried: resolution, topics, stability, spread, chosen.
    agreement
        Mean adjusted Rand index between pairs of ten bootstrap refits.
    typical_length
        Median characters of a record.
    template_share
        Share of different texts that open word for word like many others.
    diversity
        Share of different words among the keywords of all topics.
    bertopic
        The fitted BERTopic model; None when there were too few texts.
    ended
        Rows of `topics` with n = 0: topics that this step ended.
    events
        What became of the topics of the last run; None when there were too few texts.
    registry
        What the next run starts from.
    """

    texts: int
    source: str
    topics: pd.DataFrame
    documents: pd.DataFrame
    quotes: pd.DataFrame
    ladder: pd.DataFrame
    agreement: float
    typical_length: int
    template_share: float = 0.0
    diversity: float = float("nan")
    bertopic: Any = None
    ended: pd.DataFrame | None = None
    events: TopicEvents | None = None
    registry: Registry | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "checks", (*self.checks, *_model_checks(self)))

    @property
    def unexplained(self) -> Estimate:
        """Share of records that no topic explains."""
        return wilson(int((self.documents["topic_id"] == "-1").sum()), self.n)

    def table(self) -> pd.DataFrame:
        """Return the contract table `topics`, those that ended in this step last."""
        if self.ended is None or self.ended.empty:
            return self.topics
        return pd.concat([self.topics, self.ended], ignore_index=True)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return topics, doc_topics, topic_quotes and topic_events."""
        found = {
            "topics": self.table(),
            "doc_topics": self.documents,
            "topic_quotes": self.quotes,
        }
        return found if self.events is None else {**found, "topic_events": self.events.table()}

    def text(self) -> str:
        """Say how many topics there are, which is largest, and what is left unexplained."""
        if self.topics.empty:
            return (
                f"Too few texts to model: {self.texts} different ones in {self.n:,} records, and "
                f"at least 100 are needed. Every record is left unexplained. {self.doubts()}"
            ).strip()
        largest = self.topics.iloc[0]
        how = "found" if self.source == "model" else "given by people"
        return (
            f"{len(self.topics)} topics were {how} in {self.n:,} records; the largest is "
            f"“{largest['label']}” with {_range(largest)} of them. "
            f"{_percent(self.unexplained)} belong to no topic. {self.doubts()}"
        ).strip()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw each topic's share with its interval."""
        from insights.analyses.topics.plots import topic_shares

        return topic_shares(self, ax)


@dataclass(frozen=True, kw_only=True, eq=False)
class Unexplained(Result):
    """What no topic explains: its share, and a random sample of it; n counts records."""

    share: Estimate
    sample: pd.DataFrame

    @classmethod
    def of(cls, model: TopicModel) -> Unexplained:
        """Take the unexplained part of a model."""
        sample = model.quotes[model.quotes["topic_id"] == "-1"]
        return cls(
            n=model.n,
            share=model.unexplained,
            sample=sample[["feedback_id", "language", "quote"]].reset_index(drop=True),
            checks=tuple(c for c in model.checks if c.name == "unexplained share"),
        )

    def table(self) -> pd.DataFrame:
        """Return the sample: feedback_id, language, quote."""
        return self.sample

    def text(self) -> str:
        """Say how much is unexplained."""
        shown = f"{len(self.sample)} of them, drawn at random, {_are(len(self.sample))} shown"
        share = f"{_percent(self.share)} of {self.n:,} records belong to no topic"
        return f"{share}; {shown}. {self.doubts()}".strip()


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _model_checks(model: TopicModel) -> list[Check]:
    if model.topics.empty:
        detail = f"{model.texts} different texts with words in them, at least 100 are needed"
        return [Check("enough texts to model", False, detail)]
    left = model.unexplained
    found = [
        Check(
            "unexplained share",
            left.estimate <= MOST_UNEXPLAINED,
            f"{_percent(left)}, at most {MOST_UNEXPLAINED:.0%} wanted",
        )
    ]
    if model.source == "model":
        found.append(
            Check(
                "topics come back when texts are drawn anew",
                model.agreement >= STABLE,
                f"adjusted Rand index {model.agreement:.2f} between ten bootstrap refits, "
                f"at least {STABLE} wanted",
            )
        )
        shaky = model.topics.loc[model.topics["stability"] < SHAKY, "label"].tolist()
        more = f": “{'”, “'.join(shaky[:3])}”{' …' if len(shaky) > 3 else ''}" if shaky else ""
        found.append(
            Check(
                "each topic is stable",
                not shaky,
                f"{len(shaky)} of {len(model.topics)} topics have a best overlap below {SHAKY} "
                f"in refits{more}",
            )
        )
        found.append(
            Check(
                "texts are people's own words",
                model.template_share <= MOST_TEMPLATES,
                f"{model.template_share:.0%} of the different texts open word for word like more "
                f"than 1 % of the others, at most {MOST_TEMPLATES:.0%} wanted; topics of "
                "templates describe the templates",
            )
        )
        copies = 1 - model.texts / model.n
        found.append(
            Check(
                "repeated texts",
                None,
                f"{copies:.0%} of records repeat another's "
                "wording or hold no word; each wording is modelled once",
            )
        )
    found.append(
        Check(
            "words of a topic go together",
            None,
            f"coherence (mean NPMI of keywords over texts, -1 to 1) is "
            f"{model.topics['coherence'].median():.2f} in the median topic and "
            f"{model.topics['coherence'].min():.2f} in the least coherent; {model.diversity:.0%} "
            "of the keywords belong to one topic alone",
        )
    )
    found.append(
        Check(
            "one topic a record",
            None,
            f"a record counts in one topic only; half of them are longer than "
            f"{model.typical_length} characters"
            + (", and long ones often speak of several" if model.typical_length > _LONG else ""),
        )
    )
    return found


def _percent(value: Estimate) -> str:
    return f"{value.estimate:.1%} [{value.low:.1%}, {value.high:.1%}]"


def _range(row: pd.Series) -> str:
    return f"{row['share']:.1%} [{row['low']:.1%}, {row['high']:.1%}]"
