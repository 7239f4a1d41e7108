"""What the topics notebook claims about topics: which there are, and what they hold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from insights.analyses.topics.events import TopicEvents
from insights.analyses.topics.label_support import LEAST_SUPPORT
from insights.analyses.topics.registry import Registry
from insights.claim import Claim, unknown
from insights.messages import _, interval, number, percent, plural
from insights.result import Check, Estimate, Result
from insights.stats.intervals import wilson, wilson_bounds

__all__ = ["SHAKY", "TopicModel", "Unexplained", "share_text"]

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
    withheld
        Whether records of topics that no finding may be told of count as of no topic.
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
    withheld: bool = False
    bertopic: Any = None
    events: TopicEvents | None = None

    def own_checks(self) -> tuple[Check, ...]:
        """Say how far the topics can be trusted."""
        return tuple(_model_checks(self))

    @property
    def rest(self) -> str:
        """What records of no topic are called."""
        if self.withheld:
            return _("unexplained, or of a topic that is withheld")
        return _("unexplained")

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
        if (table["told"] == "alone").all():
            return self
        ids, others = table["topic_id"], table["told_with"].str.split(", ")
        names = {name: k for k, name in enumerate(ids)}
        unit = {
            name: "+".join(sorted([name, *with_], key=names.__getitem__))
            if told == "together"
            else "-1"
            if told == "withheld"
            else name
            for name, told, with_ in zip(ids, table["told"], others, strict=True)
        }
        rows, together = [table[table["told"] == "alone"]], table[table["told"] == "together"]
        for name, part in together.groupby(together["topic_id"].map(unit), sort=False):
            n = int(part["n"].sum())
            low, high = wilson_bounds(np.array([n]), self.n)
            rows.append(
                part.head(1).assign(
                    topic_id=name,
                    label=_(" together with ").join(part["label"]),
                    keywords=_(", ").join(part["keywords"]),
                    owner=_(" and ").join(dict.fromkeys(filter(None, part["owner"]))),
                    n=n,
                    share=n / self.n,
                    low=low,
                    high=high,
                )
            )
        of_records = self.documents["topic_id"].map(unit | {"-1": "-1"}).astype("str")
        return replace(
            self,
            checks=(),
            withheld="-1" in unit.values(),
            topics=pd.concat(rows).sort_values(
                "n", ascending=False, kind="stable", ignore_index=True
            ),
            documents=self.documents.assign(topic_id=of_records),
        )

    @property
    def registry(self) -> Registry | None:
        """What the next run starts from."""
        return None if self.events is None else self.events.registry

    def joined(self, feedback: pd.DataFrame, customers: pd.DataFrame | None = None) -> pd.DataFrame:
        """Join each record to its topic, and to the columns of its customer; by feedback_id."""
        columns = ["feedback_id", "topic_id", "subtopic_id"]
        documents = self.documents[columns].sort_values("feedback_id", kind="stable")
        place = pd.Index(feedback["feedback_id"].astype(str)).get_indexer(documents["feedback_id"])
        documents = documents[place >= 0].reset_index(drop=True)
        records = feedback.iloc[place[place >= 0]].reset_index(drop=True)
        records = records.drop(columns=columns[1:], errors="ignore").assign(**documents)
        if customers is not None and "customer_id" in records:
            further = [c for c in customers if c == "customer_id" or c not in records]
            known = customers[further].dropna(subset=["customer_id"])
            known = known.drop_duplicates("customer_id")
            records = records.merge(known, on="customer_id", how="left")
        return records

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

    def claims(self) -> list[Claim]:
        """Say of how many topics nothing can be told."""
        hidden = self.topics[self.topics["told"] == "withheld"]
        if hidden.empty:
            return []
        text = _(
            "What {topics} of {count} topics ({share} of {n} records) are about: they do not come "
            "back when texts are drawn anew.",
            topics=len(hidden),
            count=len(self.topics),
            share=percent(hidden["share"].sum()),
            n=number(self.n),
        )
        return [unknown("withheld", text, self.n, topics=tuple(hidden["topic_id"]))]

    def sentences(self) -> list[str]:
        """Say how many topics there are, which is largest, and what is left unexplained."""
        n, count = number(self.n), len(self.topics)
        if not count:
            return [
                _(
                    "Too few texts to model: {texts} different ones in {n} records, and at least "
                    "100 are needed.",
                    texts=self.texts,
                    n=n,
                ),
                _("Every record is left unexplained."),
            ]
        largest = _largest(self)
        found = _(
            "{count} topics were found in {n} records; {largest}.",
            count=count,
            n=n,
            largest=largest,
        )
        given = _(
            "{count} topics were given by people in {n} records; {largest}.",
            count=count,
            n=n,
            largest=largest,
        )
        return [
            found if self.source == "model" else given,
            _("{share} belong to no topic.", share=_share(self.unexplained)),
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
        return [
            _(
                "{share} of {n} records belong to no topic; {shown}.",
                share=_share(self.share),
                n=number(self.n),
                shown=plural(
                    "{n} of them, drawn at random, is shown",
                    "{n} of them, drawn at random, are shown",
                    len(self.sample),
                ),
            )
        ]


def share_text(row: pd.Series, column: str = "share") -> str:
    """Write a share and its interval: 12.3% [10.1%, 14.9%]."""
    return f"{percent(row[column], 1)} {interval(row['low'], row['high'], '.1%')}"


def _share(value: Estimate) -> str:
    return value.text("{:.1%}")


def _quoted(labels: list[str]) -> str:
    """Write up to three labels, each in quotation marks."""
    return _("”, “").join(labels[:3])


def _largest(model: TopicModel) -> str:
    """Name the largest topic that can be told of, and say how many of its records hold its name."""
    units = model.units.topics
    if units.empty:
        return _("none of them is stable enough to say which is the largest")
    first = units.iloc[0]
    fields = {"label": first["label"], "share": share_text(first)}
    if len(units) == len(model.topics):
        sentence = _("the largest is “{label}” with {share} of them", **fields)
    else:
        sentence = _(
            "of those that can be told apart the largest is “{label}” with {share} of them",
            **fields,
        )
    support = first["label_support"]
    if first["told"] == "together":
        return _("{largest}, which come back as one when texts are drawn anew", largest=sentence)
    if pd.isna(support):
        return sentence
    return _(
        "{largest} ({support} of its records hold these words)",
        largest=sentence,
        support=percent(support),
    )


def _model_checks(model: TopicModel) -> list[Check]:
    if model.topics.empty:
        detail = _(
            "{texts} different texts with words in them, at least 100 are needed",
            texts=model.texts,
        )
        return [Check(_("enough texts to model"), False, detail)]
    left = model.unexplained
    unexplained = Check(
        _("unexplained share"),
        left.estimate <= MOST_UNEXPLAINED,
        _("{share}, at most {most} wanted", share=_share(left), most=percent(MOST_UNEXPLAINED)),
        id="unexplained_share",
    )
    single = _(
        "a record counts in one topic only; half of them are longer than {length} characters",
        length=model.typical_length,
    )
    if model.typical_length > _LONG:
        single = _("{single}, and long ones often speak of several", single=single)
    fitted = _fit_checks(model) if model.source == "model" else []
    return [
        unexplained,
        *fitted,
        _label_check(model.topics),
        _coherence_check(model),
        Check(_("one topic a record"), None, single),
    ]


def _label_check(topics: pd.DataFrame) -> Check:
    known = topics[topics["label_support"].notna()]
    untrue = known.loc[known["label_support"] < LEAST_SUPPORT, "label"].tolist()
    detail = _(
        "in the median topic {median} of the records hold the words of its label, or forms of "
        "them, and do not negate them; {untrue} of {topics} labels are held by less than {least}",
        median=percent(known["label_support"].median()) if len(known) else _("none"),
        untrue=len(untrue),
        topics=len(topics),
        least=percent(LEAST_SUPPORT),
    )
    if untrue:
        detail = _("{detail}: “{labels}”", detail=detail, labels=_quoted(untrue))
    return Check(_("labels are what the records say"), not untrue, detail)


def _coherence_check(model: TopicModel) -> Check:
    median, chance = model.topics["coherence"].median(), model.chance_coherence
    # topics that people gave need not show in their words
    open_ = model.source == "given" or pd.isna(median) or pd.isna(chance)
    detail = _(
        "coherence (mean NPMI of keywords over texts, -1 to 1) is {median} in the median topic and "
        "{least} in the least coherent",
        median=number(median, 2),
        least=number(model.topics["coherence"].min(), 2),
    )
    if pd.notna(chance):
        detail = _(
            "{detail}; where texts are dealt to topics at random it stays below {chance} in "
            "nineteen of twenty deals",
            detail=detail,
            chance=number(chance, 2),
        )
    detail = _(
        "{detail}; {share} of the keywords belong to one topic alone",
        detail=detail,
        share=percent(model.diversity),
    )
    passed = None if open_ else bool(median > chance)
    return Check(_("words of a topic go together"), passed, detail)


def _fit_checks(model: TopicModel) -> list[Check]:
    """Checks of topics that a model found: stability, and what kind of texts it read."""
    topics = model.topics
    shaky = topics.loc[topics["stability"] < SHAKY, "label"].tolist()
    unstable = _(
        "best overlap in refits below {least}: {shaky} of {topics} topics",
        least=SHAKY,
        shaky=len(shaky),
        topics=len(topics),
    )
    if shaky:
        unstable = _("{detail}: “{labels}”", detail=unstable, labels=_quoted(shaky))
        unstable += " …" if len(shaky) > 3 else ""
    checks = [
        Check(
            _("topics come back when texts are drawn anew"),
            model.agreement >= STABLE,
            _(
                "adjusted Rand index {index} between ten bootstrap refits, at least {least} wanted",
                index=number(model.agreement, 2),
                least=STABLE,
            ),
        ),
        Check(_("each topic is stable"), not shaky, unstable),
        Check(
            _("texts are people's own words"),
            model.template_share <= MOST_TEMPLATES,
            _(
                "{share} of the different texts open word for word like more than 1 % of the "
                "others, at most {most} wanted; topics of templates describe the templates",
                share=percent(model.template_share),
                most=percent(MOST_TEMPLATES),
            ),
        ),
    ]
    answered, headings = model.form
    if answered > _MOST_FORMS:
        form = _(
            "{share} of the different texts stand under headings such as “{headings}”; topics, and "
            "when they rise or fall, may be those of the form",
            share=percent(answered),
            headings=_quoted(list(headings)),
        )
        checks.append(Check(_("texts are not the answers of a form"), False, form))
    repeated = _(
        "{share} of records repeat another's wording or hold no word; each wording is modelled "
        "once",
        share=percent(1 - model.texts / model.n),
    )
    apart = _(
        "withheld from changes, surges, warnings and segments, since refits give back less than "
        "{least} of them: {withheld} of {topics} topics; told of only together with another, since "
        "refits do not tell them apart: {joined}",
        least=SHAKY,
        withheld=int((topics["told"] == "withheld").sum()),
        topics=len(topics),
        joined=int((topics["told"] == "together").sum()),
    )
    return [
        *checks,
        Check(_("repeated texts"), None, repeated),
        Check(_("findings are told of topics that can be told apart"), None, apart),
    ]
