"""The topics as a reader meets them: a card each, a tree with counts that add up, and a map."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from insights.analyses.topics.changes import TopicChange, TopicTrend, day
from insights.analyses.topics.keywords import topic_terms
from insights.analyses.topics.labels import word_topics
from insights.analyses.topics.mix import TopicMix
from insights.analyses.topics.result import SHAKY, TopicModel, share_text
from insights.analyses.topics.segments import TopicCustomers
from insights.analyses.topics.tables import OUTPUTS
from insights.enrich.words import is_han
from insights.messages import _, interval, number, percent
from insights.result import Check, Result
from insights.stats.keyness import log_odds
from insights.stats.scaling import classical_scaling

__all__ = ["TopicCards", "TopicMap", "TopicTree", "bar", "topic_cards", "topic_map", "topic_tree"]

_NAMED_BY = 4_000  # records of a sub-topic that its name is made from
_QUOTES, _LONGEST = 3, 240  # quotes on a card, and characters of one
_OPEN = 12  # cards that are open; the others unfold


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicTree(Result, table="nodes"):
    """Records by topic and sub-topic, with a row for those in none of them; n counts records."""

    nodes: pd.DataFrame

    def own_checks(self) -> tuple[Check, ...]:
        """Say whether the parts of each node sum to it."""
        wrong = _unreconciled(self.nodes)
        detail = _(
            "sub-topics and the rest sum to their topic, topics and unexplained to all records"
        )
        if wrong:
            detail = _("counts below {labels} do not sum to it", labels=_(", ").join(wrong[:5]))
        return (Check(_("counts reconcile"), not wrong, detail),)

    def sentences(self) -> list[str]:
        """Say how many topics and sub-topics there are, and that the counts add up."""
        topics = self.nodes[(self.nodes["level"] == "topic") & (self.nodes["topic_id"] != "-1")]
        parts = self.nodes[self.nodes["subtopic_id"].notna()]
        left = int(self.nodes.loc[self.nodes["topic_id"] == "-1", "n"].sum())
        divided = parts["topic_id"].nunique()
        inside = _("{parts} sub-topics in {topics} of them", parts=len(parts), topics=divided)
        return [
            _(
                "{topics} topics with {parts} hold {held} of {n} records; {left} are unexplained.",
                topics=len(topics),
                parts=inside if len(parts) else _("no sub-topics"),
                held=number(self.n - left),
                n=number(self.n),
                left=number(left),
            )
        ]

    def html(self) -> str:
        """Return nested lists with a bar each; a topic's sub-topics unfold."""
        most = max(float(self.nodes.loc[self.nodes["level"] == "topic", "share"].max()), 1e-9)
        items = []
        for topic, part in self.nodes[self.nodes["level"] != "all"].groupby("topic_id", sort=False):
            line = _line(part.iloc[0], most, of=self.n)
            if len(part) > 1 and topic != "-1":
                rows = part.iloc[1:].iterrows()
                inner = "".join(f"<li>{_line(row, most)}</li>" for i, row in rows)
                line = f"<details><summary>{line}</summary><ul>{inner}</ul></details>"
            items.append(f"<li>{line}</li>")
        return f'<ul class="tree">{"".join(items)}</ul>'


def topic_tree(model: TopicModel, feedback: pd.DataFrame) -> TopicTree:
    """Count records by topic and sub-topic, and name each sub-topic.

    Its label is a phrase that its texts use more than the rest of its topic; keywords, where no
    phrase does, are ranked by weighted log-odds (Monroe, Colaresi and Quinn 2008).
    """
    below = _part_labels(model.documents, feedback)
    known = [
        *model.topics[["topic_id", "label", "label_support"]].itertuples(index=False),
        ("-1", _("unexplained"), np.nan),
    ]
    sizes = model.documents.groupby("topic_id")["subtopic_id"].value_counts()
    whole = model.documents["topic_id"].value_counts()
    rows = [("all", "", pd.NA, _("all records"), np.nan, model.n)]
    for topic, label, support in known:
        n = int(whole.get(topic, 0))
        rows.append(("topic", topic, pd.NA, label, support, n))
        parts = sizes.loc[[topic]].droplevel(0) if topic in sizes.index else sizes.iloc[:0]
        if topic == "-1" or len(parts) < 2:
            continue
        order = sorted(parts.index, key=lambda name: (-parts[name], name))
        rows += [("sub-topic", topic, name, *below[name], int(parts[name])) for name in order]
        if rest := n - int(parts.sum()):
            rows.append(("sub-topic", topic, pd.NA, _("(in no sub-topic)"), np.nan, rest))
    columns = ["level", "topic_id", "subtopic_id", "label", "label_support", "n"]
    nodes = pd.DataFrame(rows, columns=columns)
    nodes["share"] = nodes["n"] / model.n
    return TopicTree(n=model.n, nodes=OUTPUTS["topic_tree"].frame(nodes))


def bar(part: float) -> str:
    """Return a bar of the page's style sheet that is filled to the given part, 0 to 1."""
    return f'<span class="bar w{2 * round(50 * min(max(part, 0.0), 1.0))}"></span>'


def _part_labels(documents: pd.DataFrame, feedback: pd.DataFrame) -> dict[str, tuple[str, float]]:
    """What sets each sub-topic apart from the rest of its topic, and how many of it say so."""
    inside = documents[documents["subtopic_id"].notna()]
    by_part = inside.groupby("subtopic_id")["subtopic_id"]  # many are read evenly over their order
    inside = inside[by_part.cumcount() * _NAMED_BY % by_part.transform("size") < _NAMED_BY]
    texts = feedback.set_index(feedback["feedback_id"].astype(str))["text"].fillna("").astype(str)
    found: dict[str, tuple[str, float]] = {}
    for _topic, part in inside.groupby("topic_id", sort=False):
        if part["subtopic_id"].nunique() < 2:
            continue
        wordings = list(texts.loc[part["feedback_id"]])
        names, code = np.unique(part["subtopic_id"].to_numpy(str), return_inverse=True)
        words = [sorted(set(topic_terms(text))) for text in wordings]
        terms, place = np.unique(np.concatenate(words), return_inverse=True)
        counts = np.zeros((len(names), len(terms)))
        np.add.at(counts, (np.repeat(code, [len(one) for one in words]), place), 1)
        wording = word_topics(
            wordings,
            code,
            weights=sparse.csr_matrix([_score(row, counts.sum(axis=0) - row) for row in counts]),
            terms=terms.tolist(),
            han_share=np.bincount(code, [is_han(text) for text in wordings]) / np.bincount(code),
        )
        for k, (name, label) in enumerate(zip(names.tolist(), wording.labels, strict=True)):
            found[name] = label, wording.support.share(k, label)
    return found


def _score(own: np.ndarray, others: np.ndarray) -> np.ndarray:
    estimate, variance = log_odds(own, others, prior=max(float(own.sum()) / 10, 1.0))
    return np.maximum(estimate / np.sqrt(variance), 0.0)


def _unreconciled(nodes: pd.DataFrame) -> list[str]:
    """Labels of the nodes whose parts do not sum to them."""
    wrong = []
    tops = nodes[nodes["level"] == "topic"]
    if tops["n"].sum() != nodes.loc[nodes["level"] == "all", "n"].sum():
        wrong.append(_("all records"))
    parts = nodes[nodes["level"] == "sub-topic"].groupby("topic_id")["n"].sum()
    for row in tops.itertuples():
        if row.topic_id in parts.index and parts[row.topic_id] != row.n:
            wrong.append(str(row.label))
    return wrong


def _line(row: pd.Series, most: float, of: int = 0) -> str:
    size = number(row["n"])
    if of:
        size = _("{n} of {all}", n=size, all=number(of))
    if pd.notna(row["label_support"]):
        support = percent(row["label_support"])
        size = _("{size}, label held by {support}", size=size, support=support)
    return (
        f"<span>{html.escape(str(row['label']))}</span> "
        f"{bar(row['share'] / most)} "
        f'<span class="count">{row["share"]:.1%} <small>{size}</small></span>'
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicCards(Result, table="cards"):
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
        """Say how the quotes were drawn."""
        detail = _(
            "{count} quotes were drawn at random with a seed: usual records, not the most striking "
            "ones",
            count=len(self.quotes),
        )
        return (Check(_("how quotes were drawn"), None, detail),)

    def sentences(self) -> list[str]:
        """Say what the cards show, and how many topics are shaky or moving."""
        n = number(self.n)
        if self.cards.empty:
            return [_("There is no topic to show a card of (n = {n}).", n=n)]
        most = self.cards.iloc[0]
        return [
            _(
                "{count} topics, each with its share of {n} records, its words and {quotes} or "
                "fewer records drawn at random; the largest is “{label}” with {share}.",
                count=len(self.cards),
                n=n,
                quotes=_QUOTES,
                label=most["label"],
                share=share_text(most),
            ),
            _(
                "{moving} changed lately, by more than the mix of channels; {shaky} come back by "
                "less than half when texts are drawn anew.",
                moving=int(self.cards["rising"].notna().sum()),
                shaky=int((self.cards["stability"] < SHAKY).sum()),
            ),
        ]

    def html(self) -> str:
        """Return the cards, the largest topics open."""
        most = max(float(self.cards["high"].max()), 1e-9) if len(self.cards) else 1.0
        names = dict(zip(self.cards["topic_id"], self.cards["label"], strict=True))
        by = self.quotes["topic_id"]
        rows = [row for _place, row in self.cards.iterrows()]
        made = [_card(row, self.quotes[by == row["topic_id"]], most, names) for row in rows]
        shown = f'<div class="topic-cards">{"".join(made[:_OPEN])}</div>'
        left = made[_OPEN:]
        if not left:
            return shown
        more = _("{count} smaller topics", count=len(left))
        cards = f'<div class="topic-cards">{"".join(left)}</div>'
        return f"{shown}<details><summary>{more}</summary>{cards}</details>"


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
    known = OUTPUTS["topic_customers"].empty() if customers is None else customers.topics
    known = known[["topic_id", "customer_share", "few_loud"]]
    cards = cards.merge(known, on="topic_id", how="left")
    cards["few_loud"] = cards["few_loud"].eq(True)
    moved = _moved(change, mix).set_index("topic_id")
    there = cards["topic_id"].isin(moved.index)
    cards["trend"] = ""
    if change is not None:
        cards.loc[there, "trend"] = [
            _trend(moved.loc[topic], change.trend) for topic in cards.loc[there, "topic_id"]
        ]
    cards["rising"] = (cards["topic_id"].map(moved["estimate"]) > 0).astype("boolean").where(there)
    quotes = model.quotes[model.quotes["topic_id"] != "-1"].groupby("topic_id").head(_QUOTES)
    by = quotes.groupby("topic_id")["feedback_id"].agg(list)
    cards["records"] = [by.get(topic, []) for topic in cards["topic_id"]]
    return TopicCards(n=model.n, cards=cards, quotes=quotes.reset_index(drop=True))


def _moved(change: TopicChange | None, mix: TopicMix | None) -> pd.DataFrame:
    """Changes that stand as records came, and at a fixed mix where that could be told."""
    if change is None:
        return OUTPUTS["topic_changes"].empty()
    found = change.found
    if mix is not None and len(mix.parts):
        found = found[found["topic_id"].isin(mix.found["topic_id"])]
    return found


def _trend(row: pd.Series, trend: TopicTrend) -> str:
    fields = {
        "before": percent(row["earlier_share"], 1),
        "now": percent(row["recent_share"], 1),
        "since": day(trend.since, trend.period),
    }
    if row["estimate"] > 0:
        return _("rose from {before} to {now} since {since}", **fields)
    return _("fell from {before} to {now} since {since}", **fields)


def _card(row: pd.Series, quotes: pd.DataFrame, most: float, names: Mapping[str, str]) -> str:
    share = _(
        "{share} {interval} of records, n = {n}",
        share=f"<strong>{percent(row['share'], 1)}</strong>",
        interval=f"<small>{interval(row['low'], row['high'], '.1%')}</small>",
        n=number(row["n"]),
    )
    facts = [f"{bar(row['share'] / most)} {share}"]
    if pd.notna(row["label_support"]):
        facts.append(_("label held by {support} of them", support=percent(row["label_support"])))
    if pd.notna(row["customer_share"]):
        raised = percent(row["customer_share"], 1)
        few = _("raised by {share} of customers from a few loud ones", share=raised)
        many = _("raised by {share} of customers", share=raised)
        facts.append(few if row["few_loud"] else many)
    if pd.notna(row["stability"]):
        stable = number(row["stability"], 2)
        shaky = _("stability {value}, shaky", value=stable)
        facts.append(shaky if row["stability"] < SHAKY else _("stability {value}", value=stable))
    if row["told_with"]:
        others = _(", ").join(
            _("“{label}”", label=names.get(one, one)) for one in row["told_with"].split(", ")
        )
        facts.append(html.escape(_("cannot be told apart from {others}", others=others)))
    if row["owner"]:
        facts.append(_("owner: {owner}", owner=html.escape(row["owner"])))
    if row["told"] == "withheld":
        facts.append(_("no finding is told of it"))
    if row["trend"]:
        arrow, tone = ("↑", "up") if row["rising"] else ("↓", "down")
        facts.append(f'<span class="{tone}">{arrow} {html.escape(row["trend"])}</span>')
    blocks = "".join(
        f"<blockquote{_lang(quote.language)}>{html.escape(_short(str(quote.quote)))} "
        f"<cite>{html.escape(quote.feedback_id)}</cite></blockquote>"
        for quote in quotes.itertuples()
    )
    return (
        f'<div class="topic-card" id="topic-{html.escape(row["topic_id"])}">'
        f"<h4>{row['number']}. {html.escape(row['label'])}</h4>"
        f'<p class="facts">{"<br>".join(facts)}</p>'
        f'<p class="words">{html.escape(row["keywords"])}</p>{blocks}</div>'
    )


def _lang(language: str) -> str:
    return f' lang="{language}"' if language in ("en", "zh") else ""


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicMap(Result, table="points", figure="bubble_map"):
    """One point a topic; n counts records.

    Attributes
    ----------
    points
        Table `topic_map`.
    preserved
        Share of the squared distances that the plane keeps.
    """

    points: pd.DataFrame
    preserved: float

    def own_checks(self) -> tuple[Check, ...]:
        """Say how far the picture can be trusted."""
        if len(self.points) < 3:
            return ()
        detail = _(
            "the plane keeps {share} of the squared distances between topics; read the column "
            "'nearest' rather than the picture",
            share=percent(self.preserved),
        )
        return (Check(_("distances on the map"), None, detail),)

    def sentences(self) -> list[str]:
        """Name the two topics that are most alike, and how far the picture can be trusted."""
        n, count = number(self.n), len(self.points)
        if count < 3:
            return [_("A map needs 3 topics, and there are {count} (n = {n}).", count=count, n=n)]
        pair = self.points.loc[self.points["similarity"].idxmax()]
        return [
            _(
                "Of {count} topics, “{label}” and “{nearest}” are most alike (cosine {cosine}).",
                count=count,
                label=pair["label"],
                nearest=pair["nearest"],
                cosine=number(pair["similarity"], 2),
            ),
            _(
                "Distances on the map are approximate: it keeps {share} of the squared distances "
                "(n = {n} records).",
                share=percent(self.preserved),
                n=n,
            ),
        ]


def topic_map(
    model: TopicModel, change: TopicChange | None = None, mix: TopicMix | None = None
) -> TopicMap:
    """Place topics by classical scaling of the cosine distances between their centres.

    Centres are mean vectors of the topics' texts, or their c-TF-IDF weights where people gave
    the topics; what all centres have in common is taken out first. A change is marked where a
    card tells it: at a fixed mix, where `mix` could tell.
    """
    count = len(model.topics)
    similar = _similarity(_centres(model)) if count else np.zeros((0, 0))
    points, preserved = classical_scaling(np.sqrt(np.maximum(2 - 2 * similar, 0.0)))
    others = similar - 3 * np.eye(count)
    nearest = others.argmax(axis=1) if count > 1 else np.zeros(count, int)
    labels = model.topics["label"].to_numpy(object)
    moved = _moved(change, mix).set_index("topic_id")["estimate"]
    estimate = model.topics["topic_id"].map(moved)
    table = pd.DataFrame(
        {
            "number": np.arange(1, count + 1),
            "topic_id": model.topics["topic_id"].to_numpy(),
            "label": labels,
            "x": points[:, 0],
            "y": points[:, 1],
            "share": model.topics["share"].to_numpy(),
            "stability": model.topics["stability"].to_numpy(),
            "change": np.select([estimate > 0, estimate < 0], ["rose", "fell"], "steady"),
            "nearest": labels[nearest] if count > 1 else "",
            "similarity": others.max(axis=1) if count > 1 else np.nan,
        }
    )
    return TopicMap(n=model.n, points=table, preserved=preserved)


def _centres(model: TopicModel) -> np.ndarray:
    bertopic = model.bertopic
    offset = int(bool(len(bertopic.topics_)) and min(bertopic.topics_) < 0)
    if model.source == "model":
        return np.asarray(bertopic.topic_embeddings_, float)[offset:]
    return np.asarray(bertopic.c_tf_idf_.toarray(), float)[offset:]


def _similarity(centres: np.ndarray) -> np.ndarray:
    centred = centres - centres.mean(axis=0)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    direction = np.divide(centred, length, out=np.zeros_like(centred), where=length > 1e-9)
    similar = np.clip(direction @ direction.T, -1.0, 1.0)
    similar = (similar + similar.T) / 2
    np.fill_diagonal(similar, 1.0)
    return similar
