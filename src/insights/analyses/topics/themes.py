"""Topics made of sub-topics: wordings that mean the same are put together, across languages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.topics.grain import TOLERANCE, pair_agreement
from insights.analyses.topics.graph import communities, neighbour_graph

__all__ = ["Themes", "choose_themes", "one_level"]

LADDER = (0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)


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
        One row a resolution: level, resolution, topics, stability, spread, chosen.
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
    meaning: np.ndarray, labels: np.ndarray, refits: np.ndarray, *, most: int, seed: int
) -> Themes:
    """Merge sub-topics whose centres are near in meaning; at most `most` topics, if possible.

    The centres are linked and cut like texts. The resolution is the finest about as stable as
    the most stable one, as for sub-topics, among those that give between 2 and `most` topics.

    Parameters
    ----------
    meaning
        Shape (n, d): vectors of the texts that do not show their language.
    labels, refits
        Sub-topic of each text, shape (n,), and in each refit, shape (refits, n); -1 for none.
    """
    if labels.max(initial=-1) < 2:
        return one_level(labels, refits, float(pair_agreement(refits).mean()))
    whole = [_merged(meaning, labels, resolution, seed=seed) for resolution in LADDER]
    again = [
        np.array(
            [_spread(refit, _merged(meaning, refit, resolution, seed=seed)) for refit in refits]
        )
        for resolution in LADDER
    ]
    count = np.array([of.max(initial=0) + 1 for of in whole])
    scores = [pair_agreement(cut) for cut in again]
    stability = np.array([score.mean() for score in scores])
    spread = np.array([score.std() for score in scores])
    allowed = (count <= most) & (count >= 2)
    if not allowed.any():
        allowed = count == count.min()
    best = int(np.flatnonzero(allowed)[np.argmax(stability[allowed])])
    floor = stability[best] - max(TOLERANCE, float(spread[best]))
    chosen = int(np.flatnonzero(allowed & (stability >= floor))[-1])
    ladder = pd.DataFrame(
        {
            "level": "topic",
            "resolution": LADDER,
            "topics": count,
            "stability": stability,
            "spread": spread,
            "chosen": np.arange(len(LADDER)) == chosen,
        }
    )
    return Themes(whole[chosen], again[chosen], ladder, float(stability[chosen]))


def _merged(meaning: np.ndarray, labels: np.ndarray, resolution: float, *, seed: int) -> np.ndarray:
    """Topic of each sub-topic 0 … k-1."""
    count = int(labels.max()) + 1
    if count < 3:
        return np.arange(count)
    sums = np.zeros((count, meaning.shape[1]))
    inside = labels >= 0
    np.add.at(sums, labels[inside], meaning[inside])
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    centre = np.divide(sums, length, out=np.zeros_like(sums), where=length > 1e-9)
    return communities(neighbour_graph(centre), resolution, seed=seed)


def _spread(labels: np.ndarray, of: np.ndarray) -> np.ndarray:
    return np.where(labels >= 0, of[labels], -1)
