"""Topics and their sub-topics, in counts that add up."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from insights.analyses.topics.keywords import topic_terms
from insights.analyses.topics.labels import word_topics
from insights.analyses.topics.result import TopicModel
from insights.enrich.words import is_han
from insights.result import Check, Result
from insights.stats.keyness import log_odds

__all__ = ["TopicTree", "bar", "topic_tree"]

_REST = "(in no sub-topic)"
_UNEXPLAINED = "unexplained"


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicTree(Result, table="nodes", figure="divided_bars"):
    """Records by topic and sub-topic; n counts records.

    Attributes
    ----------
    nodes
        level (all, topic, sub-topic), topic_id, subtopic_id (null above), label, label_support
        (share of its records that hold the label), n, share (of all records); a topic with parts
        has a row for its records in none of them.
    """

    nodes: pd.DataFrame

    def own_checks(self) -> tuple[Check, ...]:
        """Return what the fields themselves tell."""
        wrong = _unreconciled(self.nodes)
        detail = "sub-topics and the rest sum to their topic, topics and unexplained to all records"
        if wrong:
            detail = f"counts below {', '.join(wrong[:5])} do not sum to it"
        found = Check("counts reconcile", not wrong, detail)
        return (found,)

    def sentences(self) -> list[str]:
        """Say how many topics and sub-topics there are, and that the counts add up."""
        topics = self.nodes[(self.nodes["level"] == "topic") & (self.nodes["topic_id"] != "-1")]
        parts = self.nodes[self.nodes["subtopic_id"].notna()]
        left = int(self.nodes.loc[self.nodes["topic_id"] == "-1", "n"].sum())
        divided = parts["topic_id"].nunique()
        inside = f"{len(parts)} sub-topics in {divided} of them" if len(parts) else "no sub-topics"
        return [
            f"{len(topics)} topics with {inside} hold {self.n - left:,} of {self.n:,} records; "
            f"{left:,} are unexplained."
        ]

    def html(self) -> str:
        """Return nested lists with a bar each; a topic's sub-topics unfold."""
        most = max(float(self.nodes.loc[self.nodes["level"] == "topic", "share"].max()), 1e-9)
        items = []
        for topic, part in self.nodes[self.nodes["level"] != "all"].groupby("topic_id", sort=False):
            head, below = part.iloc[0], part.iloc[1:]
            line = _line(head, most, of=self.n)
            if below.empty:
                items.append(f"<li>{line}</li>")
                continue
            inner = "".join(f"<li>{_line(row, most)}</li>" for _, row in below.iterrows())
            items.append(
                f"<li><details><summary>{line}</summary><ul>{inner}</ul></details></li>"
                if topic != "-1"
                else f"<li>{line}</li>"
            )
        return f'<ul class="tree">{"".join(items)}</ul>'


def topic_tree(model: TopicModel, feedback: pd.DataFrame) -> TopicTree:
    """Count records by topic and sub-topic, and name each sub-topic.

    Its label is a phrase that its texts use more than the rest of its topic; keywords, where no
    phrase does, are ranked by weighted log-odds (Monroe, Colaresi and Quinn 2008).
    """
    documents = model.documents
    names = dict(zip(model.topics["topic_id"], model.topics["label"], strict=True))
    held = dict(zip(model.topics["topic_id"], model.topics["label_support"], strict=True))
    below = _part_labels(documents, feedback)
    rows = [("all", "", pd.NA, "all records", np.nan, model.n)]
    sizes = documents["topic_id"].value_counts()
    for topic in [*model.topics["topic_id"], "-1"]:
        mine = documents[documents["topic_id"] == topic]
        name, support = names.get(topic, _UNEXPLAINED), held.get(topic, np.nan)
        rows.append(("topic", topic, pd.NA, name, support, int(sizes.get(topic, 0))))
        parts = mine["subtopic_id"].value_counts()
        if topic == "-1" or len(parts) < 2:
            continue
        order = sorted(parts.index, key=lambda name: (-parts[name], name))
        rows += [("sub-topic", topic, name, *below[name], int(parts[name])) for name in order]
        rest = len(mine) - int(parts.sum())
        if rest:
            rows.append(("sub-topic", topic, pd.NA, _REST, np.nan, rest))
    columns = ["level", "topic_id", "subtopic_id", "label", "label_support", "n"]
    nodes = pd.DataFrame(rows, columns=columns)
    nodes = nodes.astype({"topic_id": "str", "subtopic_id": "string", "label": "str"})
    return TopicTree(n=model.n, nodes=nodes.assign(share=nodes["n"] / model.n))


def bar(part: float) -> str:
    """Return a bar of the page's style sheet that is filled to the given part, 0 to 1."""
    return f'<span class="bar w{2 * round(50 * min(max(part, 0.0), 1.0))}"></span>'


def _part_labels(documents: pd.DataFrame, feedback: pd.DataFrame) -> dict[str, tuple[str, float]]:
    """What sets each sub-topic apart from the rest of its topic, and how many of it say so."""
    inside = documents[documents["subtopic_id"].notna()]
    texts = feedback.set_index(feedback["feedback_id"].astype(str))["text"].fillna("").astype(str)
    found: dict[str, tuple[str, float]] = {}
    for _, part in inside.groupby("topic_id", sort=False):
        if part["subtopic_id"].nunique() < 2:
            continue
        said = list(texts.loc[part["feedback_id"]])
        names, code = np.unique(part["subtopic_id"].to_numpy(str), return_inverse=True)
        words = [sorted(set(topic_terms(text))) for text in said]
        terms = sorted(set().union(*words))
        place = {term: k for k, term in enumerate(terms)}
        counts = np.zeros((len(names), len(terms)))
        for k, held in zip(code, words, strict=True):
            counts[k, [place[term] for term in held]] += 1
        han = np.array([is_han(text) for text in said], float)
        wording = word_topics(
            said,
            code,
            weights=sparse.csr_matrix([_score(row, counts.sum(axis=0) - row) for row in counts]),
            terms=terms,
            han_share=np.bincount(code, han) / np.bincount(code),
        )
        for k, (name, label) in enumerate(zip(names.tolist(), wording.labels, strict=True)):
            found[name] = label, wording.support.share(k, label)
    return found


def _score(mine: np.ndarray, others: np.ndarray) -> np.ndarray:
    estimate, variance = log_odds(mine, others, prior=max(float(mine.sum()) / 10, 1.0))
    return np.maximum(estimate / np.sqrt(variance), 0.0)


def _unreconciled(nodes: pd.DataFrame) -> list[str]:
    """Labels of the nodes whose parts do not sum to them."""
    wrong = []
    tops = nodes[nodes["level"] == "topic"]
    if tops["n"].sum() != nodes.loc[nodes["level"] == "all", "n"].sum():
        wrong.append("all records")
    parts = nodes[nodes["level"] == "sub-topic"].groupby("topic_id")["n"].sum()
    for row in tops.itertuples():
        if row.topic_id in parts.index and parts[row.topic_id] != row.n:
            wrong.append(str(row.label))
    return wrong


def _line(row: pd.Series, most: float, of: int = 0) -> str:
    told = f"{row['n']:,} of {of:,}" if of else f"{row['n']:,}"
    if pd.notna(row["label_support"]):
        told += f", label held by {row['label_support']:.0%}"
    return (
        f"<span>{html.escape(str(row['label']))}</span> "
        f"{bar(row['share'] / most)} "
        f'<span class="count">{row["share"]:.1%} <small>{told}</small></span>'
    )
