"""Topics made of sub-topics: wordings that mean the same are put together, across languages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.cluster import hierarchy

from insights.analyses.topics.grain import finest_stable, pair_agreement, recovery
from insights.analyses.topics.graph import communities, directions, nearest_neighbours

__all__ = ["Themes", "choose_themes", "one_level"]

RESOLUTIONS = (0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
STEPS = (0.25, 0.4, 0.55, 0.7, 0.85, 1.0)  # of the most topics wanted
_SWALLOWED = 0.25  # share of the texts above which a topic says too little
_JOINED = 0.6  # most topics for one sub-topic: two languages need about half as many


@dataclass(frozen=True, eq=False)
class Themes:
    """Topics over sub-topics, and what refits make of them.

    Attributes
    ----------
    of
        Shape (sub-topics,): the topic of each.
    refits
        Shape (refits, n): topic of each text in each refit, -1 where left out.
    ladder
        One row a count tried: level, resolution, topics, stability, spread, chosen.
    stability
        Mean adjusted Rand index between pairs of refits.
    """

    of: np.ndarray
    refits: np.ndarray
    ladder: pd.DataFrame
    stability: float


def one_level(labels: np.ndarray, refits: np.ndarray, stability: float) -> Themes:
    """Let every sub-topic be a topic."""
    count = int(labels.max(initial=-1)) + 1
    return Themes(np.arange(count), refits, pd.DataFrame(), stability)


def choose_themes(
    meaning: np.ndarray, labels: np.ndarray, refits: np.ndarray, *, most: int
) -> Themes:
    """Merge sub-topics whose centres are near in meaning into at most `most` topics.

    The centres are cut like texts (graph and Leiden algorithm) and by Ward's method (1963, doi
    10.1080/01621459.1963.10500845). Links are divided by how much their two ends are linked
    (Chung 1997, Spectral graph theory): else two sub-topics that are near to each other and far
    from all others are drawn into whatever is large. Of the cuts with up to `most` topics, up to
    .6 of the sub-topics and no topic with more than a quarter of the texts, the finest is taken
    whose recovery by the bootstrap refits is at most .06 below the best, as in `choose_grain`.

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
    ladder = pd.DataFrame(
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
    return Themes(whole[best], cuts, ladder, float(pair_agreement(cuts).mean()))


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
