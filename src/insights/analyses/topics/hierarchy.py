"""Sub-topics of distinct texts, and topics over them, before they are numbered and named."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.cluster import hierarchy

from insights.analyses.topics.assignment import (
    Assigner,
    Projection,
    centres,
    directions,
    dissolve_small,
)
from insights.analyses.topics.params import Params
from insights.analyses.topics.tracking import Fit, Partition, Update
from insights.enrich.encoders import Encoder, fit_encoder
from insights.enrich.words import is_han
from insights.stats.communities import (
    bootstrap_cuts,
    choose_resolution,
    communities,
    confused_groups,
    finest_stable,
    nearest_neighbours,
)
from insights.stats.partitions import best_jaccard, pair_agreement, recovery
from insights.stats.sampling import stable_sample

__all__ = [
    "FIT_SAMPLE",
    "Discovery",
    "Grouping",
    "discover",
    "group_subtopics",
    "one_level",
    "read_given",
]

RESOLUTIONS = (0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
STEPS = (0.25, 0.4, 0.55, 0.7, 0.85, 1.0)  # of the most topics wanted
_SWALLOWED = 0.25  # share of the texts above which a topic says too little
_JOINED = 0.6  # most topics for one sub-topic: two languages need about half as many
FIT_SAMPLE = 15_000  # distinct texts the model is fitted on; the others go to the nearest centre
Carry = Callable[[Fit, Sequence[str], Callable[[Sequence[str]], np.ndarray]], Update]
_MINOR = 0.05  # share of the smaller script from which languages are brought together


@dataclass(frozen=True, eq=False)
class Grouping:
    """Topics over sub-topics, and what refits make of them.

    Attributes
    ----------
    topic_of
        Shape (sub-topics,): the topic of each.
    refits
        Shape (refits, n): topic of each text in each refit, -1 where left out.
    resolutions
        One row a count tried: level, resolution, topics, stability, spread, chosen.
    stability
        Mean adjusted Rand index between pairs of refits.
    """

    topic_of: np.ndarray
    refits: np.ndarray
    resolutions: pd.DataFrame
    stability: float


def one_level(labels: np.ndarray, refits: np.ndarray, stability: float) -> Grouping:
    """Let every sub-topic be a topic."""
    count = int(labels.max(initial=-1)) + 1
    return Grouping(np.arange(count), refits, pd.DataFrame(), stability)


def group_subtopics(
    meaning: np.ndarray, labels: np.ndarray, refits: np.ndarray, *, most: int
) -> Grouping:
    """Merge sub-topics whose centres are near in meaning into at most `most` topics.

    The centres are cut like texts (graph and Leiden algorithm) and by Ward's method (1963, doi
    10.1080/01621459.1963.10500845). Links are divided by how much their two ends are linked
    (Chung 1997, Spectral graph theory): else two sub-topics that are near to each other and far
    from all others are drawn into whatever is large. Of the cuts with up to `most` topics, up to
    .6 of the sub-topics and no topic with more than a quarter of the texts, the finest is taken
    whose recovery by the bootstrap refits is at most .06 below the best, as in `choose_resolution`.

    Parameters
    ----------
    meaning
        Shape (n, d): vectors of the texts that do not show their language.
    labels, refits
        Sub-topic of each text, shape (n,), and in each refit, shape (refits, n); -1 for none.
    """
    parts = int(labels.max(initial=-1)) + 1
    if parts < 3:
        return one_level(labels, refits, float(pair_agreement(refits).mean()))
    finest = min(most, max(2, round(_JOINED * parts)))
    whole, again = (
        _candidates(_middle(meaning, labels), finest),
        [
            [_spread(refit, of) for of in _candidates(_middle(meaning, refit), finest)]
            for refit in refits
        ],
    )
    count = np.array([of.max() + 1 for of in whole])
    largest = np.array([_largest(_spread(labels, of)) for of in whole])
    allowed = np.flatnonzero((count >= 2) & (count <= finest))  # never empty: Ward's cuts are in
    balanced = allowed[largest[allowed] <= _SWALLOWED]
    allowed = balanced if len(balanced) else allowed
    order = allowed[np.argsort(count[allowed], kind="stable")]
    scores = np.array(
        [[recovery(_spread(labels, whole[k]), refit[k]) for refit in again] for k in order]
    )
    stability = scores.mean(axis=1)
    chosen = finest_stable(stability)
    tried = pd.DataFrame(
        {
            "level": "topic",
            "resolution": [RESOLUTIONS[k] if k < len(RESOLUTIONS) else np.nan for k in order],
            "topics": count[order],
            "stability": stability,
            "spread": scores.std(axis=1),
            "chosen": np.arange(len(order)) == chosen,
        }
    )
    best = order[chosen]
    cuts = np.array([refit[best] for refit in again])
    return Grouping(whole[best], cuts, tried, float(pair_agreement(cuts).mean()))


def _candidates(middle: np.ndarray, finest: int) -> list[np.ndarray]:
    """Topic of each community by each cut: Leiden's at each resolution, then Ward's."""
    if len(middle) < 3:
        return [np.arange(len(middle))] * (len(RESOLUTIONS) + len(STEPS))
    graph = _even(nearest_neighbours(middle).graph())
    tree = hierarchy.linkage(middle, "ward")
    found = [communities(graph, resolution, seed=0) for resolution in RESOLUTIONS]
    for step in STEPS:
        found.append(hierarchy.fcluster(tree, max(2, round(step * finest)), "maxclust"))
    return [_in_order(of) for of in found]


def _even(graph: sparse.csr_matrix) -> sparse.csr_matrix:
    """Divide each link by the geometric mean of the sums of links at its two ends."""
    scale = sparse.diags_array(1 / np.sqrt(np.asarray(graph.sum(axis=1)).ravel()))
    even = (scale @ graph @ scale).tocsr()
    even.sort_indices()
    return even


def _middle(meaning: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return directions(meaning, labels, int(labels.max()) + 1)


def _in_order(of: np.ndarray) -> np.ndarray:
    _, first, inverse = np.unique(of, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def _largest(topics: np.ndarray) -> float:
    return float(np.bincount(topics[topics >= 0]).max() / len(topics))


def _spread(labels: np.ndarray, of: np.ndarray) -> np.ndarray:
    return np.where(labels >= 0, of[labels], -1)


@dataclass(frozen=True, eq=False)
class Discovery:
    """Topic of each distinct text, before naming; texts are in sorted order."""

    labels: np.ndarray  # (distinct,): sub-topic 0 … k-1, or -1
    topic_of: np.ndarray  # (k,): topic 0 … m-1 of each sub-topic
    probability: np.ndarray  # (distinct,)
    stability: np.ndarray  # (m,)
    group: np.ndarray  # (m,): topics of one group cannot be told apart
    group_stability: np.ndarray  # (m,): of all topics of its group together
    fitted: np.ndarray  # rows of the distinct texts the model was fitted on
    vectors: np.ndarray  # (fitted, d)
    embedding: Encoder | None = None
    resolutions: pd.DataFrame = field(default_factory=pd.DataFrame)
    agreement: float = float("nan")
    update: Update | None = None  # names of topics and sub-topics, when something carries them over
    codes: np.ndarray | None = None  # (m,): the topic's number in `update`
    assigner: Assigner | None = None  # for texts that are not among these
    spellings: Mapping[str, str] = field(default_factory=dict)  # of topics people gave, by slug

    @property
    def topics(self) -> np.ndarray:
        """Topic of each distinct text, or -1."""
        return np.append(self.topic_of, -1)[self.labels]


def discover(
    texts: list[str], params: Params, carry: Carry | None = None, *, cache: Path | None = None
) -> Discovery:
    """Find sub-topics by the graph, and topics over them where there are too many or two scripts.

    Parameters
    ----------
    texts
        Distinct, sorted, each with a letter or an emoji in it; 100 or more.
    carry
        Turns the fresh cut of the fitted texts into one that keeps the topics of earlier runs.
    cache
        Folder of what an endpoint has answered, and the teacher has read, before.
    """
    n = len(texts)
    fitted = stable_sample(texts, FIT_SAMPLE, seed=params.seed)
    endpoint = params.asked(cache)
    embedding = fit_encoder(
        params.embedding, texts, seed=params.seed, endpoint=endpoint, cache=cache
    )
    vectors = embedding.vectors([texts[i] for i in fitted])
    projection = Projection.fitted(vectors)
    points = projection.points(vectors)
    neighbours = nearest_neighbours(points)
    cut = choose_resolution(neighbours, seed=params.seed)
    refits = bootstrap_cuts(neighbours, cut.resolution, seed=params.seed)
    least = params.min_topic_size or max(5, round(np.sqrt(n) / 5))
    least = max(2, round(least * len(fitted) / n))
    parts = dissolve_small(points, cut.labels, least)
    count = int(parts.max(initial=-1)) + 1
    han = np.array([is_han(texts[i]) for i in fitted])
    space = points
    if count > params.max_topics or _MINOR < han.mean() < 1 - _MINOR:
        space = embedding.meaning(vectors, han)
        grouping = group_subtopics(space, parts, refits, most=params.max_topics)
    else:
        grouping = one_level(parts, refits, float(pair_agreement(refits).mean()))
    topic_of, update = grouping.topic_of, None
    if carry is not None:
        used = np.isin(np.arange(len(topic_of)), parts)
        fresh = Partition(parts, np.where(used, topic_of, -1))
        links = neighbours.graph()
        fit = Fit(points, links, space, fresh, refits, grouping.refits, least)
        update = carry(
            fit,
            [texts[i] for i in fitted],
            lambda more: projection.points(embedding.vectors(more)),
        )
        parts, topic_of = update.decided.parts, update.decided.topic_of
    centre = centres(points, parts, count=len(topic_of))
    labels, probability = np.full(n, -1), np.zeros(n)
    labels[fitted] = parts
    probability[fitted] = centre.probability(points, parts, topic_of)
    assigner = Assigner(embedding, projection, centre, topic_of, update.draw if update else None)
    rest = np.setdiff1d(np.arange(n), fitted)
    labels[rest], probability[rest] = assigner.all([texts[i] for i in rest])
    codes = np.unique(np.append(topic_of, -1)[labels])
    codes = codes[codes >= 0]  # topics that have a text
    topic_of = np.where(np.isin(topic_of, codes), np.searchsorted(codes, topic_of), -1)
    topics = np.append(topic_of, -1)[parts]
    return Discovery(
        labels,
        topic_of,
        probability,
        best_jaccard(topics, grouping.refits, len(codes)),
        *confused_groups(topics, grouping.refits, len(codes)),
        fitted,
        vectors,
        embedding,
        pd.concat([grouping.resolutions, cut.resolutions], ignore_index=True),
        grouping.stability,
        update,
        codes,
        assigner,
    )


def read_given(labels: pd.Series) -> Discovery:
    """Read people's labels of records.

    Labels that differ only in case, spaces or punctuation are one topic.
    """
    slugs = labels.map(_slug, na_action="ignore").fillna("")
    order = sorted(set(slugs) - {""})
    code = pd.Index(order).get_indexer(slugs)
    fitted = np.arange(len(code))
    if len(fitted) > FIT_SAMPLE:
        fitted = np.unique(np.linspace(0, len(code) - 1, FIT_SAMPLE).astype(int))
    unknown = np.full(len(order), np.nan)
    return Discovery(
        labels=code,
        topic_of=np.arange(len(order)),
        probability=np.ones(len(code)),
        stability=unknown,
        group=np.arange(len(order)),
        group_stability=unknown,
        fitted=fitted,
        # one column a topic: BERTopic wants vectors, and no text is embedded here
        vectors=np.eye(len(order) + 1, dtype=np.float32)[code[fitted]],
        spellings={
            slug: str(labels[code == k].mode().iloc[0]).strip() for k, slug in enumerate(order)
        },
    )


def _slug(text: str) -> str:
    return re.sub(r"[\W_]+", "-", text.strip().lower()).strip("-")
