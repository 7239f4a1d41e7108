"""How fine topics should be: the finest cut that resampling brings back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.metrics import adjusted_rand_score

from insights.analyses.topics.graph import communities

__all__ = ["LADDER", "Grain", "best_jaccard", "choose_grain", "finest_stable", "pair_agreement"]

LADDER = (0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
REFITS = 6
KEPT = 0.8  # share of the texts in a refit
TOLERANCE = (0.02, 0.05)  # stability given up for a finer cut: one standard deviation, in here


@dataclass(frozen=True, eq=False)
class Grain:
    """A cut of the graph, and what refits on subsamples make of it.

    Attributes
    ----------
    labels
        Shape (n,): the community of each text.
    refits
        Shape (refits, n): its community in each refit; -1 where the text was left out.
    ladder
        One row a resolution: level, resolution, topics, stability, spread, chosen.
    stability
        Mean adjusted Rand index between pairs of refits, at the resolution chosen.
    """

    resolution: float
    labels: np.ndarray
    refits: np.ndarray
    ladder: pd.DataFrame
    stability: float


def choose_grain(
    graph: sparse.csr_matrix,
    *,
    seed: int,
    ladder: tuple[float, ...] = LADDER,
    refits: int = REFITS,
) -> Grain:
    """Choose the finest resolution about as stable as the most stable one, without labels.

    At each resolution the graph is cut on `refits` random subsamples of 80 % of its texts. A
    resolution's stability is the mean adjusted Rand index between pairs of these cuts, on the
    texts they share (Ben-Hur, Elisseeff and Guyon 2002, doi 10.1142/9789812799623_0002). Taken
    is the finest within one standard deviation (.02 to .05) of the most stable.
    """
    n = graph.shape[0]
    rng = np.random.default_rng(seed)
    kept = [np.sort(rng.choice(n, max(2, round(KEPT * n)), replace=False)) for _ in range(refits)]
    parts = [graph[rows][:, rows].tocsr() for rows in kept]
    cuts = [_recut(parts, kept, n, resolution, seed=seed) for resolution in ladder]
    scores = [pair_agreement(cut) for cut in cuts]
    stability = np.array([score.mean() for score in scores])
    spread = np.array([score.std() for score in scores])
    chosen = finest_stable(stability, spread)
    found = pd.DataFrame(
        {
            "level": "sub-topic",
            "resolution": ladder,
            "topics": [int(np.mean([row.max() + 1 for row in cut])) for cut in cuts],
            "stability": stability,
            "spread": spread,
            "chosen": np.arange(len(ladder)) == chosen,
        }
    )
    labels = communities(graph, ladder[chosen], seed=seed)
    return Grain(ladder[chosen], labels, cuts[chosen], found, float(stability[chosen]))


def finest_stable(stability: np.ndarray, spread: np.ndarray) -> int:
    """Return the last place within one standard deviation of the most stable one.

    Both have one value a cut, coarse to fine. The deviation is that of the most stable cut,
    between .02 and .05.
    """
    best = int(np.argmax(stability))
    floor = stability[best] - float(np.clip(spread[best], *TOLERANCE))
    return int(np.flatnonzero(stability >= floor)[-1])


def best_jaccard(labels: np.ndarray, refits: np.ndarray, count: int) -> np.ndarray:
    """Return how well refits bring each topic back: mean over refits of its best overlap.

    Overlap is Jaccard's: texts in both over texts in either, among the texts of the refit
    (Hennig 2007, doi 10.1016/j.csda.2006.11.025). Shape (count,), values 0 to 1.
    """
    overlaps = np.full((len(refits), count), np.nan)
    for row, refit in enumerate(refits):
        here = refit >= 0
        wide = int(refit.max()) + 1
        inside = here & (labels >= 0)
        both = np.zeros((count, wide))
        np.add.at(both, (labels[inside], refit[inside]), 1)
        mine = both.sum(axis=1, keepdims=True)
        theirs = np.bincount(refit[here], minlength=wide)[None, :]
        with np.errstate(invalid="ignore"):
            overlaps[row] = (both / (mine + theirs - both)).max(axis=1)
        overlaps[row, mine[:, 0] == 0] = 0.0
    return overlaps.mean(axis=0)


def _recut(parts, kept, n: int, resolution: float, *, seed: int) -> np.ndarray:
    cuts = np.full((len(parts), n), -1)
    for row, (part, rows) in enumerate(zip(parts, kept, strict=True)):
        cuts[row, rows] = communities(part, resolution, seed=seed + 1 + row)
    return cuts


def pair_agreement(cuts: np.ndarray) -> np.ndarray:
    """Adjusted Rand index of each pair of cuts, shape (cuts, n), on the texts both hold."""
    pairs = []
    for i in range(len(cuts)):
        for j in range(i):
            shared = (cuts[i] >= 0) & (cuts[j] >= 0)
            pairs.append(adjusted_rand_score(cuts[i][shared], cuts[j][shared]))
    return np.array(pairs)
