"""Topics on a plane, near in the picture where they are near in meaning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.topics.changes import TopicChange
from insights.analyses.topics.mix import TopicMix
from insights.analyses.topics.result import TopicModel
from insights.result import Check, Result
from insights.stats.scaling import classical_scaling

__all__ = ["TopicMap", "topic_map"]


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicMap(Result, table="points", figure="bubble_map"):
    """One point a topic; n counts records.

    Attributes
    ----------
    points
        number (1 is the largest topic), topic_id, label, x, y, share, stability, change (rose,
        fell or steady), nearest (label of the topic most like it), similarity (cosine, of
        centres less their common part).
    kept
        Share of the squared distances that the plane keeps.
    """

    points: pd.DataFrame
    kept: float

    def own_checks(self) -> tuple[Check, ...]:
        """Return what the fields themselves tell."""
        if len(self.points) <= 2:
            return ()
        detail = (
            f"the plane keeps {self.kept:.0%} of the squared distances between topics; "
            "read the column 'nearest' rather than the picture"
        )
        return (Check("distances on the map", None, detail),)

    def sentences(self) -> list[str]:
        """Name the two topics that are most alike, and how far the picture can be trusted."""
        if len(self.points) < 3:
            return [f"A map needs 3 topics, and there are {len(self.points)} (n = {self.n:,})."]
        pair = self.points.loc[self.points["similarity"].idxmax()]
        return [
            f"Of {len(self.points)} topics, “{pair['label']}” and “{pair['nearest']}” are most "
            f"alike (cosine {pair['similarity']:.2f}).",
            "Distances on the map are approximate: it "
            f"keeps {self.kept:.0%} of the squared distances (n = {self.n:,} records).",
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
    points, kept = classical_scaling(np.sqrt(np.maximum(2 - 2 * similar, 0.0)))
    others = similar - 3 * np.eye(count)
    nearest = others.argmax(axis=1) if count > 1 else np.zeros(count, int)
    labels = model.topics["label"].to_numpy(object)
    found = pd.DataFrame({"topic_id": [], "estimate": []}) if change is None else change.found
    if mix is not None and len(mix.parts):
        found = found[found["topic_id"].isin(mix.found["topic_id"])]
    moved = dict(zip(found["topic_id"], found["estimate"], strict=True))
    table = pd.DataFrame(
        {
            "number": np.arange(1, count + 1),
            "topic_id": model.topics["topic_id"].to_numpy(),
            "label": labels,
            "x": points[:, 0],
            "y": points[:, 1],
            "share": model.topics["share"].to_numpy(),
            "stability": model.topics["stability"].to_numpy(),
            "change": [_word(moved.get(topic, 0.0)) for topic in model.topics["topic_id"]],
            "nearest": labels[nearest] if count > 1 else "",
            "similarity": others.max(axis=1) if count > 1 else np.nan,
        }
    )
    return TopicMap(n=model.n, points=table, kept=kept)


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


def _word(estimate: float) -> str:
    return "rose" if estimate > 0 else "fell" if estimate < 0 else "steady"
