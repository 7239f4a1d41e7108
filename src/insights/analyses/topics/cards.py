"""A card for each topic: what it is, how large, how sure, and what people said."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from insights.analyses.topics.changes import TopicChange, day
from insights.analyses.topics.customers import TopicCustomers
from insights.analyses.topics.mix import TopicMix
from insights.analyses.topics.result import SHAKY, TopicModel
from insights.analyses.topics.tree import bar
from insights.result import Check, Result

__all__ = ["TopicCards", "topic_cards"]

_QUOTES = 3
_LONGEST = 240  # characters of a quote on a card
_OPEN = 12  # cards that are open; the others unfold


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicCards(Result, table="cards", figure="card_shares"):
    """One row a topic with all that a card shows; n counts records.

    Attributes
    ----------
    cards
        number, topic_id, label, label_support, n, share with interval, customer_share (null where
        no customer is known), few_loud, stability, told, told_with, owner, trend (words, only
        where a change stands), rising (null where none stands), keywords, records (feedback_id of
        the quotes).
    quotes
        Seeded random records: topic_id, feedback_id, language, quote.
    """

    cards: pd.DataFrame
    quotes: pd.DataFrame

    def own_checks(self) -> tuple[Check, ...]:
        """Return what the fields themselves tell."""
        detail = (
            f"{len(self.quotes)} quotes were drawn at random with a seed: usual records, not the "
            "most striking ones"
        )
        return (Check("how quotes were drawn", None, detail),)

    def sentences(self) -> list[str]:
        """Say what the cards show, and how many topics are shaky or moving."""
        if self.cards.empty:
            return [f"There is no topic to show a card of (n = {self.n:,})."]
        moving = int(self.cards["rising"].notna().sum())
        shaky = int((self.cards["stability"] < SHAKY).sum())
        most = self.cards.iloc[0]
        return [
            f"{len(self.cards)} topics, each with its share of {self.n:,} records, its words and "
            f"{_QUOTES} or fewer records drawn at random; the largest is “{most['label']}” with "
            f"{most['share']:.1%} [{most['low']:.1%}, {most['high']:.1%}].",
            f"{moving} changed "
            f"lately, by more than the mix of channels; {shaky} come back by less than half when "
            "texts are drawn anew.",
        ]

    def html(self) -> str:
        """Return the cards, the largest topics open."""
        most = max(float(self.cards["high"].max()), 1e-9) if len(self.cards) else 1.0
        names = dict(zip(self.cards["topic_id"], self.cards["label"], strict=True))
        made = [
            _card(row, self.quotes[self.quotes["topic_id"] == row["topic_id"]], most, names)
            for _, row in self.cards.iterrows()
        ]
        shown = f'<div class="topic-cards">{"".join(made[:_OPEN])}</div>'
        left = made[_OPEN:]
        if not left:
            return shown
        return (
            f"{shown}<details><summary>{len(left)} smaller topics</summary>"
            f'<div class="topic-cards">{"".join(left)}</div></details>'
        )


def topic_cards(
    model: TopicModel,
    customers: TopicCustomers | None = None,
    change: TopicChange | None = None,
    mix: TopicMix | None = None,
) -> TopicCards:
    """Bring together what is known of each topic.

    A change is told when it stands in `change`, and also at a fixed mix where `mix`
    could tell the two apart.
    """
    cards = model.topics[
        ["topic_id", "label", "label_support", "n", "share", "low", "high", "stability", "told",
         "told_with", "owner", "keywords"]
    ]  # fmt: skip
    cards = cards.reset_index(drop=True)
    cards.insert(0, "number", range(1, len(cards) + 1))
    known = pd.DataFrame({"topic_id": [], "customer_share": [], "few_loud": []})
    if customers is not None and len(customers.topics):
        known = customers.topics[["topic_id", "customer_share", "few_loud"]]
    cards = cards.merge(known.astype({"topic_id": "str"}), on="topic_id", how="left")
    cards["few_loud"] = cards["few_loud"].eq(True)
    moved = {} if change is None else {row.topic_id: row for row in change.found.itertuples()}
    if mix is not None and len(mix.parts):
        moved = {topic: moved[topic] for topic in mix.found["topic_id"] if topic in moved}
    cards["trend"] = [_trend(moved.get(topic), change) for topic in cards["topic_id"]]
    rising = [moved[t].estimate > 0 if t in moved else pd.NA for t in cards["topic_id"]]
    cards["rising"] = pd.array(rising, dtype="boolean")
    quotes = model.quotes[model.quotes["topic_id"] != "-1"].groupby("topic_id").head(_QUOTES)
    by = quotes.groupby("topic_id")["feedback_id"].agg(list)
    cards["records"] = [by.get(topic, []) for topic in cards["topic_id"]]
    return TopicCards(n=model.n, cards=cards, quotes=quotes.reset_index(drop=True))


def _trend(row, change: TopicChange | None) -> str:
    if row is None or change is None or change.since is None:
        return ""
    verb = "rose" if row.estimate > 0 else "fell"
    return (
        f"{verb} from {row.earlier_share:.1%} to {row.recent_share:.1%} "
        f"since {day(change.since, change.period)}"
    )


def _card(row: pd.Series, quotes: pd.DataFrame, most: float, names: Mapping[str, str]) -> str:
    facts = [
        bar(row["share"] / most),
        f"<strong>{row['share']:.1%}</strong> <small>[{row['low']:.1%}, {row['high']:.1%}]</small> "
        f"of records, n = {row['n']:,}",
    ]
    if pd.notna(row["label_support"]):
        facts.append(f"label held by {row['label_support']:.0%} of them")
    if pd.notna(row["customer_share"]):
        loud = " from a few loud ones" if row["few_loud"] else ""
        facts.append(f"raised by {row['customer_share']:.1%} of customers{loud}")
    if pd.notna(row["stability"]):
        shaky = ", shaky" if row["stability"] < SHAKY else ""
        facts.append(f"stability {row['stability']:.2f}{shaky}")
    if row["told_with"]:
        others = ", ".join(f"“{names.get(one, one)}”" for one in row["told_with"].split(", "))
        facts.append(html.escape(f"cannot be told apart from {others}"))
    if row["owner"]:
        facts.append(f"owner: {html.escape(row['owner'])}")
    if row["told"] == "withheld":
        facts.append("no finding is told of it")
    if row["trend"]:
        arrow, tone = ("↑", "up") if row["rising"] else ("↓", "down")
        facts.append(f'<span class="{tone}">{arrow} {html.escape(row["trend"])}</span>')
    said = "".join(
        f"<blockquote{_lang(quote.language)}>{html.escape(_short(str(quote.quote)))} "
        f"<cite>{html.escape(quote.feedback_id)}</cite></blockquote>"
        for quote in quotes.itertuples()
    )
    return (
        f'<div class="topic-card"><h4>{row["number"]}. {html.escape(row["label"])}</h4>'
        f'<p class="facts">{"<br>".join([" ".join(facts[:2]), *facts[2:]])}</p>'
        f'<p class="words">{html.escape(row["keywords"])}</p>{said}</div>'
    )


def _lang(language: str) -> str:
    return f' lang="{language}"' if language in ("en", "zh") else ""


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"
