"""Communities in a graph of nearest neighbours, as fine as resampling brings them back."""

from __future__ import annotations

from dataclasses import dataclass

import graspologic_native
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from insights.stats.partitions import best_jaccard, confusion, recovery

__all__ = [
    "BOOTSTRAPS",
    "RESOLUTIONS",
    "Neighbours",
    "Resolution",
    "bootstrap_cuts",
    "choose_resolution",
    "communities",
    "confused_groups",
    "finest_stable",
    "nearest_neighbours",
]

NEIGHBOURS = 15
_SPARE = 25  # further neighbours, so that a random part of the texts still has its fifteen
_BLOCK = 500  # rows compared at a time
_BIN = 32  # columns of which only the largest similarity is looked at first
RESOLUTIONS = (0.55, 0.85, 1.3, 2.0, 3.2, 5.0, 8.0)  # coarser ones are steady and say little
REFITS = 5  # for each resolution
KEPT = 0.8  # share of the texts in each of them
LARGEST = 8_000  # texts in each of them
TOLERANCE = 0.06  # of recovery that is given up for a finer cut
CONFUSED = 0.5  # confusion from which two topics are not told apart
BOOTSTRAPS = 10  # of the resolution chosen, for the stability that is shown


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest neighbours of each text by cosine, nearest first.

    Attributes
    ----------
    rows
        Shape (n, up to 40).
    similarity
        Shape (n, up to 40).
    """

    rows: np.ndarray
    similarity: np.ndarray

    def graph(self, subset: np.ndarray | None = None) -> sparse.csr_matrix:
        """Link each text to its 15 nearest; weights are cubed cosines, made symmetric.

        Parameters
        ----------
        subset
            Sorted rows of the texts to link with each other; all when None. What is returned has
            one row a text of these.
        """
        rows, similarity = self.rows, self.similarity
        if subset is not None:
            place = np.full(len(rows), -1)
            place[subset] = np.arange(len(subset))
            rows, similarity = place[rows[subset]], similarity[subset]
        there = rows >= 0
        taken = there & (np.cumsum(there, axis=1) <= NEIGHBOURS)
        weight = np.clip(similarity[taken], 1e-3, 1.0).astype(np.float64) ** 3
        pointer = np.append(0, np.cumsum(taken.sum(axis=1)))
        n = len(rows)
        directed = sparse.csr_matrix((weight, rows[taken], pointer), shape=(n, n))
        graph = (directed + directed.T).tocsr()
        graph.sort_indices()
        return graph


def nearest_neighbours(points: np.ndarray) -> Neighbours:
    """Find the 40 nearest others of each row by cosine, exactly.

    Columns are put into bins of 32. The k nearest of a row lie in the k bins with the largest
    maxima, so that only those are sorted: several times as fast as a partition of whole rows.

    Parameters
    ----------
    points
        Shape (n, d), rows of length one.
    """
    n = len(points)
    k = min(NEIGHBOURS + _SPARE, n - 1)
    bins = -(-n // _BIN)
    found = np.empty((n, k), np.int32)
    similarity = np.empty((n, k), np.float32)
    block = np.full((_BLOCK, bins * _BIN), -2.0, np.float32)
    for start in range(0, n, _BLOCK):
        batch = points[start : start + _BLOCK]
        similar = block[: len(batch)]
        similar[:, :n] = batch @ points.T
        each = np.arange(len(batch))
        similar[each, start + each] = -2.0  # nobody is a neighbour of himself
        column = _largest(similar, k)
        value = np.take_along_axis(similar, column, axis=1)
        order = np.argsort(-value, axis=1, kind="stable")  # ties: the first text
        found[start : start + _BLOCK] = np.take_along_axis(column, order, axis=1)
        similarity[start : start + _BLOCK] = np.take_along_axis(value, order, axis=1)
    return Neighbours(found, similarity)


def _largest(similar: np.ndarray, k: int) -> np.ndarray:
    """Columns of the k largest values of each row, sorted by column; shape (rows, k)."""
    rows, width = similar.shape
    bins = width // _BIN
    if bins <= k:
        return np.sort(np.argpartition(similar, width - k, axis=1)[:, width - k :], axis=1)
    largest = similar.reshape(rows, bins, _BIN).max(axis=2)
    best = np.argpartition(largest, bins - k, axis=1)[:, bins - k :]
    column = (best[:, :, None] * _BIN + np.arange(_BIN)).reshape(rows, -1)
    value = np.take_along_axis(similar.reshape(rows, bins, _BIN), best[:, :, None], axis=1)
    inner = np.argpartition(value.reshape(rows, -1), k * _BIN - k, axis=1)[:, k * _BIN - k :]
    return np.sort(np.take_along_axis(column, inner, axis=1), axis=1)


def communities(graph: sparse.csr_matrix, resolution: float, *, seed: int) -> np.ndarray:
    """Cut the graph into communities of high modularity; labels 0 … in order of first member.

    Leiden algorithm (Traag, Waltman and van Eck 2019, doi 10.1038/s41598-019-41695-z).
    """
    _, found = graspologic_native.leiden_csr(
        graph.indptr.astype(np.int64),
        graph.indices.astype(np.int32),
        graph.data.astype(np.float64),
        graph.shape[0],
        resolution=resolution,
        iterations=2,
        seed=seed,
    )
    labels = np.array([found[i] for i in range(graph.shape[0])])
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


@dataclass(frozen=True, eq=False)
class Resolution:
    """A cut of the graph, and how well each resolution came back.

    Attributes
    ----------
    labels
        Shape (n,): the community of each text.
    resolutions
        One row a resolution: level, resolution, topics, stability, spread, chosen.
    """

    resolution: float
    labels: np.ndarray
    resolutions: pd.DataFrame


def choose_resolution(
    neighbours: Neighbours,
    *,
    seed: int,
    resolutions: tuple[float, ...] = RESOLUTIONS,
    refits: int = REFITS,
) -> Resolution:
    """Choose the finest resolution before recovery breaks down; no label is looked at.

    Texts are left out at random, a fifth or all but 8,000; the graph of the others is made and
    cut anew. A resolution's stability is the recovery of its cut of all texts: each community's
    best overlap (Jaccard; Hennig 2007, doi 10.1016/j.csda.2006.11.025), averaged over texts and
    refits, less what chance would give. Taken is the finest resolution whose stability is at
    most .06 below the best; the search, coarse to fine, ends when two in a row are not. That a
    cut which comes back is a true one is an assumption: von Luxburg 2010, doi
    10.1561/2200000008.
    """
    n = len(neighbours.rows)
    rng = np.random.default_rng(seed)
    size = min(max(2, round(KEPT * n)), LARGEST)
    samples = [np.sort(rng.choice(n, size, replace=False)) for _ in range(refits)]
    parts = [neighbours.graph(rows) for rows in samples]
    whole = neighbours.graph()
    cuts: list[np.ndarray] = []
    found: list[np.ndarray] = []
    for resolution in resolutions:
        cut = communities(whole, resolution, seed=seed)
        again = [communities(part, resolution, seed=seed + 1 + i) for i, part in enumerate(parts)]
        cuts.append(cut)
        found.append(
            np.array([recovery(cut[rows], new) for rows, new in zip(samples, again, strict=True)])
        )
        stability = np.array([value.mean() for value in found])
        if _given_up(stability):
            break
    chosen = finest_stable(stability)
    tried = pd.DataFrame(
        {
            "level": "sub-topic",
            "resolution": resolutions[: len(cuts)],
            "topics": [int(cut.max()) + 1 for cut in cuts],
            "stability": stability,
            "spread": [value.std() for value in found],
            "chosen": np.arange(len(cuts)) == chosen,
        }
    )
    return Resolution(resolutions[chosen], cuts[chosen], tried)


def finest_stable(stability: np.ndarray) -> int:
    """Return the last place whose stability, coarse to fine, is nearly the best."""
    return int(np.flatnonzero(stability >= stability.max() - TOLERANCE)[-1])


def _given_up(stability: np.ndarray) -> bool:
    """Whether the last two values both lie more than .06 below the best: one may be chance."""
    return len(stability) > 2 and bool((stability[-2:] < stability.max() - TOLERANCE).all())


def bootstrap_cuts(
    neighbours: Neighbours, resolution: float, *, seed: int, times: int = BOOTSTRAPS
) -> np.ndarray:
    """Cut the graphs of texts drawn with replacement; shape (times, n), -1 where not drawn.

    A text drawn twice counts twice in every link it has (Efron 1979, doi 10.1214/aos/1176344552).
    """
    n = len(neighbours.rows)
    cuts = np.full((times, n), -1)
    for row in range(times):
        rng = np.random.default_rng([seed, row])
        times_drawn = np.bincount(rng.integers(n, size=n), minlength=n)
        drawn = np.flatnonzero(times_drawn)
        weight = sparse.diags_array(times_drawn[drawn].astype(np.float64))
        graph = (weight @ neighbours.graph(drawn) @ weight).tocsr()
        cuts[row, drawn] = communities(graph, resolution, seed=seed + 1 + row)
    return cuts


def confused_groups(
    labels: np.ndarray, refits: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Group topics that refits cannot tell apart, and say how well each group comes back.

    Two topics are in one group when their confusion is at least .5, or both are with a third.

    Returns
    -------
    Group of each topic, shape (count,), and `best_jaccard` of the group, shape (count,).
    """
    if not count:
        return np.zeros(0, int), np.zeros(0)
    alike = confusion(labels, refits, count) >= CONFUSED
    _, group = connected_components(alike, directed=False)
    of_texts = np.where(labels >= 0, group[labels], -1)
    return group, best_jaccard(of_texts, refits, int(group.max()) + 1)[group]
