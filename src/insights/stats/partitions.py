"""Partitions of the same items side by side: overlap, recovery, agreement, separation."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score

__all__ = [
    "assortativity",
    "best_jaccard",
    "confusion",
    "jaccard",
    "matched",
    "pair_agreement",
    "recovery",
]

MATCHED = 0.1  # Jaccard overlap from which a group has a partner among others
_NEIGHBOURS = 10
_MOST = 1_500  # items a side that are compared


def jaccard(labels: np.ndarray, others: np.ndarray, count: int = 0) -> np.ndarray:
    """Return the overlap of each group with each of other groups: texts in both over in either.

    Shape (count or groups of `labels`, groups of `others`); a text that is -1 is in no group.
    """
    count, wide = max(count, int(labels.max(initial=-1)) + 1), int(others.max(initial=-1)) + 1
    inside = (labels >= 0) & (others >= 0)
    both = np.bincount(labels[inside] * wide + others[inside], minlength=count * wide)
    both = both.reshape(count, wide)
    rows = np.bincount(labels[labels >= 0], minlength=count)[:, None]
    columns = np.bincount(others[others >= 0], minlength=wide)[None, :]
    return both / np.maximum(rows + columns - both, 1)


def best_jaccard(labels: np.ndarray, refits: np.ndarray, count: int) -> np.ndarray:
    """Return how well refits bring each topic back: mean over refits of its best overlap.

    Overlap is Jaccard's: texts in both over texts in either, among the texts of the refit
    (Hennig 2007, doi 10.1016/j.csda.2006.11.025). Shape (count,), values 0 to 1.

    Parameters
    ----------
    labels
        Shape (n,): topic 0 … count-1, or -1.
    refits
        Shape (refits, n); -1 where a text was left out.
    """
    overlaps = np.zeros((len(refits), count))
    for row, refit in enumerate(refits):
        here = refit >= 0
        overlaps[row] = jaccard(labels[here], refit[here], count).max(axis=1, initial=0.0)
    return overlaps.mean(axis=0)


def recovery(labels: np.ndarray, others: np.ndarray) -> float:
    """Best overlap of the community of each text, averaged over texts, above chance.

    Two independent sets, each a share s of the texts, overlap by s / (2 - s).

    Parameters
    ----------
    labels, others
        Shape (n,); texts that are -1 in either are left out.
    """
    both = (labels >= 0) & (others >= 0)
    labels, others = labels[both], others[both]
    share = np.bincount(labels) / max(len(labels), 1)
    overlap = jaccard(labels, others).max(axis=1, initial=0.0)
    chance = float(share @ (share / (2 - share)))
    return (float(share @ overlap) - chance) / (1 - chance) if chance < 1 else 0.0


def pair_agreement(cuts: np.ndarray) -> np.ndarray:
    """Adjusted Rand index of each pair of cuts, shape (cuts, n), on the texts both hold."""
    pairs = []
    for i in range(len(cuts)):
        for j in range(i):
            shared = (cuts[i] >= 0) & (cuts[j] >= 0)
            pairs.append(adjusted_rand_score(cuts[i][shared], cuts[j][shared]))
    return np.array(pairs)


def confusion(labels: np.ndarray, refits: np.ndarray, count: int) -> np.ndarray:
    """Return how much alike refits treat each pair of topics; shape (count, count), 0 to 1.

    The cosine between the distributions of two topics' texts over the communities of a refit,
    averaged over refits: 0 where no text of one ever falls into a community with one of the other,
    1 where refits know no difference. In terms of a consensus matrix (Monti et al. 2003, doi
    10.1023/A:1023949509487) it is how often texts of the two are together, over the geometric mean
    of how often those of each are.

    Parameters
    ----------
    labels, refits
        As in `best_jaccard`.
    """
    found = np.zeros((len(refits), count, count))
    for row, refit in enumerate(refits):
        here = (refit >= 0) & (labels >= 0)
        wide = int(refit.max(initial=-1)) + 1
        both = np.bincount(labels[here] * wide + refit[here], minlength=count * wide)
        both = both.reshape(count, wide).astype(float)
        length = np.linalg.norm(both, axis=1, keepdims=True)
        both = np.divide(both, length, out=np.zeros_like(both), where=length > 0)
        found[row] = both @ both.T
    return found.mean(axis=0) if len(refits) else np.eye(count)


def matched(labels: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """Pair topics with fresh groups so that the sum of Jaccard overlaps is greatest.

    Returns the partner of each fresh group, shape (groups,), -1 for none with an overlap of .1.
    """
    overlap = jaccard(labels, fresh)
    partner = np.full(overlap.shape[1], -1)
    for i, j in zip(*linear_sum_assignment(-overlap), strict=True):
        if overlap[i, j] >= MATCHED:
            partner[j] = i
    return partner


def assortativity(space: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """Say how far nearest neighbours keep to their own of two groups: 1 wholly, 0 as by chance.

    Newman 2003, doi 10.1103/PhysRevE.67.026126, on directed links to the ten nearest by cosine
    (half of the smaller group when that is less). Not-a-number below four texts a side.

    Parameters
    ----------
    space
        Shape (n, d), rows of length one.
    first, second
        Rows of the two groups; at most 1,500 of each are compared, evenly drawn.
    """
    if min(len(first), len(second)) < 4:
        return float("nan")
    first, second = (_thinned(rows) for rows in (first, second))
    points = space[np.concatenate([first, second])]
    side = np.repeat([0, 1], [len(first), len(second)])
    k = min(_NEIGHBOURS, min(len(first), len(second)) // 2)
    similar = points @ points.T
    np.fill_diagonal(similar, -2.0)
    nearest = np.argpartition(-similar, k - 1, axis=1)[:, :k]
    links = np.zeros((2, 2))
    np.add.at(links, (np.repeat(side, k), side[nearest].ravel()), 1.0 / (k * len(points)))
    chance = float(links.sum(axis=1) @ links.sum(axis=0))
    return float((np.trace(links) - chance) / (1 - chance))


def _thinned(rows: np.ndarray) -> np.ndarray:
    if len(rows) <= _MOST:
        return rows
    return rows[np.unique(np.linspace(0, len(rows) - 1, _MOST).astype(int))]
