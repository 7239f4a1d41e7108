"""What the topics notebook claims about topics: which there are, and what they hold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from insights.analyses.topics.events import TopicEvents
from insights.analyses.topics.label_support import LEAST_SUPPORT
from insights.analyses.topics.registry import Registry
from insights.result import Check, Estimate, Result
from insights.stats.intervals import wilson, wilson_bounds

__all__ = ["SHAKY", "TopicModel", "Unexplained"]

STABLE = 0.6  # agreement of refits below which the whole set of topics is doubted
SHAKY = 0.5  # Jaccard below which a topic is doubted (Hennig 2007: "dissolved")
MOST_UNEXPLAINED = 0.10
MOST_TEMPLATES = 0.5
_MOST_FORMS = 0.1  # share of texts under the headings of a form that is not told
_LONG = 500  # characters


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicModel(Result, figure="topic_shares"):
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
    resolutions
        Those tried: level, resolution, topics, stability, spread, chosen.
    agreement
        Mean adjusted Rand index between pairs of ten bootstrap refits.
    typical_length
        Median characters of a record.
    template_share
        Share of different texts that open word for word like many others.
    form
        Share of different texts that answer the headings of a form, and these headings.
    diversity
        Share of different words among the keywords of all topics.
    chance_coherence
        Coherence below which topics dealt at random stay in nineteen deals of twenty.
    rest
        What records of no topic are called.
    bertopic
        The fitted BERTopic model; None when there were too few texts.
    events
        What became of the topics of the last run, and what the next one starts from.
    """

    texts: int
    source: str
    topics: pd.DataFrame
    documents: pd.DataFrame
    quotes: pd.DataFrame
    agreement: float
    typical_length: int
    template_share: float = 0.0
    form: tuple[float, tuple[str, ...]] = (0.0, ())
    diversity: float = float("nan")
    chance_coherence: float = float("nan")
    resolutions: pd.DataFrame = field(default_factory=pd.DataFrame)
    rest: str = "unexplained"
    bertopic: Any = None
    events: TopicEvents | None = None

    def own_checks(self) -> tuple[Check, ...]:
        """Return what the fields themselves tell."""
        return tuple(_model_checks(self))

    @property
    def unexplained(self) -> Estimate:
        """Share of records that no topic explains."""
        return wilson(int((self.documents["topic_id"] == "-1").sum()), self.n)

    @property
    def units(self) -> TopicModel:
        """The same records by what findings may be told of.

        Topics that cannot be told apart are one, with the sum of their records; records of
        topics that are withheld belong to none.
        """
        table = self.topics
        if table.empty or (table["told"] == "alone").all():
            return self
        unit = dict.fromkeys(table.loc[table["told"] == "withheld", "topic_id"], "-1")
        rows = [table[table["told"] == "alone"]]
        together = table[table["told"] == "together"].set_index("topic_id")
        for names in dict.fromkeys(
            tuple(sorted([name, *row["told_with"].split(", ")], key=list(together.index).index))
            for name, row in together.iterrows()
        ):
            part = together.loc[list(names)]
            unit |= dict.fromkeys(names, "+".join(names))
            n = int(part["n"].sum())
            low, high = wilson_bounds(np.array([n]), self.n)
            rows.append(
                part.head(1).assign(
                    topic_id="+".join(names),
                    label=" together with ".join(part["label"]),
                    keywords=", ".join(part["keywords"]),
                    owner=" and ".join(dict.fromkeys(filter(None, part["owner"]))),
                    n=n, share=n / self.n, low=low, high=high,
                )
            )  # fmt: skip
        merged = pd.concat(rows, ignore_index=True)[list(table.columns)]
        documents = self.documents.assign(
            topic_id=[unit.get(name, name) for name in self.documents["topic_id"]]
        )
        withheld = "-1" in unit.values()
        return replace(
            self,
            checks=(),
            topics=merged.sort_values("n", ascending=False, kind="stable", ignore_index=True),
            documents=documents.astype({"topic_id": "str"}),
            rest="unexplained, or of a topic that is withheld" if withheld else self.rest,
        )

    @property
    def registry(self) -> Registry | None:
        """What the next run starts from."""
        return None if self.events is None else self.events.registry

    def joined(self, feedback: pd.DataFrame, customers: pd.DataFrame | None = None) -> pd.DataFrame:
        """Join each record to its topic, and to the columns of its customer; by feedback_id."""
        records = feedback.drop(columns=["topic_id", "subtopic_id"], errors="ignore")
        records = records.assign(feedback_id=records["feedback_id"].astype(str)).merge(
            self.documents[["feedback_id", "topic_id", "subtopic_id"]], on="feedback_id"
        )
        if customers is not None and "customer_id" in records:
            further = [c for c in customers if c == "customer_id" or c not in records]
            known = customers[further].dropna(subset=["customer_id"])
            known = known.drop_duplicates("customer_id")
            records = records.merge(known, on="customer_id", how="left")
        return records.sort_values("feedback_id", kind="stable", ignore_index=True)

    def table(self) -> pd.DataFrame:
        """Return the contract table `topics`, those that ended in this step last."""
        ended = None if self.events is None else self.events.ended
        if ended is None or ended.empty:
            return self.topics
        return pd.concat([self.topics, ended], ignore_index=True)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return topics, doc_topics, topic_quotes and topic_events."""
        found = {
            "topics": self.table(),
            "doc_topics": self.documents,
            "topic_quotes": self.quotes,
        }
        return found if self.events is None else {**found, "topic_events": self.events.table()}

    def sentences(self) -> list[str]:
        """Say how many topics there are, which is largest, and what is left unexplained."""
        if self.topics.empty:
            return [
                f"Too few texts to model: {self.texts} different ones in {self.n:,} records, and "
                "at least 100 are needed.",
                "Every record is left unexplained.",
            ]
        how = "found" if self.source == "model" else "given by people"
        return [
            f"{len(self.topics)} topics were {how} in {self.n:,} records; {_largest(self)}.",
            f"{_percent(self.unexplained)} belong to no topic.",
        ]


@dataclass(frozen=True, kw_only=True, eq=False)
class Unexplained(Result, table="sample"):
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
            checks=tuple(c for c in model.checks if c.id == "unexplained_share"),
        )

    def sentences(self) -> list[str]:
        """Say how much is unexplained."""
        shown = f"{len(self.sample)} of them, drawn at random, {_are(len(self.sample))} shown"
        share = f"{_percent(self.share)} of {self.n:,} records belong to no topic"
        return [f"{share}; {shown}."]


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _largest(model: TopicModel) -> str:
    """Name the largest topic that can be told of, and say how many of its records hold its name."""
    units = model.units.topics
    if units.empty:
        return "none of them is stable enough to say which is the largest"
    first = units.iloc[0]
    stable = "" if len(units) == len(model.topics) else "of those that can be told apart "
    sentence = f"{stable}the largest is “{first['label']}” with {_range(first)} of them"
    support = first["label_support"]
    if first["told"] == "together":
        return f"{sentence}, which come back as one when texts are drawn anew"
    if pd.isna(support):
        return sentence
    return f"{sentence} ({support:.0%} of its records hold these words)"


def _units_check(topics: pd.DataFrame) -> Check:
    withheld = topics.loc[topics["told"] == "withheld", "label"].tolist()
    joined = int((topics["told"] == "together").sum())
    return Check(
        "findings are told of topics that can be told apart",
        None,
        f"withheld from changes, surges, warnings and segments, since refits give back less than "
        f"{SHAKY} of them: {len(withheld)} of {len(topics)} topics; told of only together with "
        f"another, since refits do not tell them apart: {joined}",
    )


def _label_check(topics: pd.DataFrame) -> Check:
    known = topics[topics["label_support"].notna()]
    untrue = known[known["label_support"] < LEAST_SUPPORT]
    named = f": “{'”, “'.join(untrue['label'].head(3))}”" if len(untrue) else ""
    median = f"{known['label_support'].median():.0%}" if len(known) else "none"
    return Check(
        "labels are what the records say",
        untrue.empty,
        f"in the median topic {median} of the records hold the words of its label, or forms of "
        f"them, and do not negate them; {len(untrue)} of {len(topics)} labels are held by less "
        f"than {LEAST_SUPPORT:.0%}{named}",
    )


def _coherence_check(model: TopicModel) -> Check:
    median, chance = model.topics["coherence"].median(), model.chance_coherence
    # topics that people gave need not show in their words
    open_ = model.source == "given" or pd.isna(median) or pd.isna(chance)
    least = (
        ""
        if pd.isna(chance)
        else f"; where texts are dealt to topics at random it stays below {chance:.2f} in nineteen "
        "of twenty deals"
    )
    return Check(
        "words of a topic go together",
        None if open_ else bool(median > chance),
        f"coherence (mean NPMI of keywords over texts, -1 to 1) is {median:.2f} in the median "
        f"topic and {model.topics['coherence'].min():.2f} in the least coherent{least}; "
        f"{model.diversity:.0%} of the keywords belong to one topic alone",
    )


def _model_checks(model: TopicModel) -> list[Check]:
    if model.topics.empty:
        detail = f"{model.texts} different texts with words in them, at least 100 are needed"
        return [Check("enough texts to model", False, detail)]
    left = model.unexplained
    unexplained = Check(
        "unexplained share",
        left.estimate <= MOST_UNEXPLAINED,
        f"{_percent(left)}, at most {MOST_UNEXPLAINED:.0%} wanted",
        id="unexplained_share",
    )
    several = ", and long ones often speak of several" if model.typical_length > _LONG else ""
    single = Check(
        "one topic a record",
        None,
        f"a record counts in one topic only; half of them are longer than "
        f"{model.typical_length} characters{several}",
    )
    fitted = _fit_checks(model) if model.source == "model" else []
    return [unexplained, *fitted, _label_check(model.topics), _coherence_check(model), single]


def _fit_checks(model: TopicModel) -> list[Check]:
    """Checks of topics that a model found: stability, and what kind of texts it read."""
    shaky = model.topics.loc[model.topics["stability"] < SHAKY, "label"].tolist()
    more = f": “{'”, “'.join(shaky[:3])}”{' …' if len(shaky) > 3 else ''}" if shaky else ""
    found = [
        Check(
            "topics come back when texts are drawn anew",
            model.agreement >= STABLE,
            f"adjusted Rand index {model.agreement:.2f} between ten bootstrap refits, "
            f"at least {STABLE} wanted",
        ),
        Check(
            "each topic is stable",
            not shaky,
            f"best overlap in refits below {SHAKY}: {len(shaky)} of {len(model.topics)} "
            f"topics{more}",
        ),
        Check(
            "texts are people's own words",
            model.template_share <= MOST_TEMPLATES,
            f"{model.template_share:.0%} of the different texts open word for word like more "
            f"than 1 % of the others, at most {MOST_TEMPLATES:.0%} wanted; topics of "
            "templates describe the templates",
        ),
    ]
    answered, headings = model.form
    if answered > _MOST_FORMS:
        found.append(
            Check(
                "texts are not the answers of a form",
                False,
                f"{answered:.0%} of the different texts stand under headings such as "
                f"“{'”, “'.join(headings[:3])}”; topics, and when they rise or fall, may be "
                "those of the form",
            )
        )
    repeated = Check(
        "repeated texts",
        None,
        f"{1 - model.texts / model.n:.0%} of records repeat another's "
        "wording or hold no word; each wording is modelled once",
    )
    return [*found, repeated, _units_check(model.topics)]


def _percent(value: Estimate) -> str:
    return f"{value.estimate:.1%} [{value.low:.1%}, {value.high:.1%}]"


def _range(row: pd.Series) -> str:
    return f"{row['share']:.1%} [{row['low']:.1%}, {row['high']:.1%}]"
