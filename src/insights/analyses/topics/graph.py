"""Communities of texts: a graph of nearest neighbours, cut by the Leiden algorithm."""

from __future__ import annotations

from dataclasses import dataclass

import graspologic_native
import numpy as np
from scipy import sparse
from sklearn.decomposition import PCA

__all__ = [
    "DIMENSIONS",
    "Neighbours",
    "Projection",
    "communities",
    "directions",
    "nearest_neighbours",
]

NEIGHBOURS = 15
DIMENSIONS = 200
_SPARE = 25  # further neighbours, so that a random part of the texts still has its fifteen
_BLOCK = 500  # rows compared at a time
_BIN = 32  # columns of which only the largest similarity is looked at first


@dataclass(frozen=True, eq=False)
class Projection:
    """Principal components of a sample of vectors; applied, rows come out with length one.

    Attributes
    ----------
    centre
        Shape (width,).
    components
        Shape (width, at most 100).
    """

    centre: np.ndarray
    components: np.ndarray

    @classmethod
    def fitted(cls, vectors: np.ndarray) -> Projection:
        """Fit to the rows of `vectors`, shape (n, width), n of at least 3."""
        width = min(DIMENSIONS, min(vectors.shape) - 1)
        pca = PCA(width, svd_solver="covariance_eigh").fit(vectors)
        return cls(pca.mean_, np.ascontiguousarray(pca.components_.T))

    def points(self, vectors: np.ndarray) -> np.ndarray:
        """Project; shape (n, at most 100), float32. A row at the centre becomes zeros."""
        reduced = (vectors - self.centre) @ self.components
        length = np.linalg.norm(reduced, axis=1, keepdims=True)
        unit = np.divide(reduced, length, out=np.zeros_like(reduced), where=length > 1e-6)
        return unit.astype(np.float32)


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

    def graph(self, kept: np.ndarray | None = None) -> sparse.csr_matrix:
        """Link each text to its 15 nearest; weights are cubed cosines, made symmetric.

        Parameters
        ----------
        kept
            Sorted rows of the texts to link with each other; all when None. What is returned has
            one row a kept text.
        """
        rows, similarity = self.rows, self.similarity
        if kept is not None:
            place = np.full(len(rows), -1)
            place[kept] = np.arange(len(kept))
            rows, similarity = place[rows[kept]], similarity[kept]
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
        mine = points[start : start + _BLOCK]
        similar = block[: len(mine)]
        similar[:, :n] = mine @ points.T
        each = np.arange(len(mine))
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


def directions(points: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Mean direction of the rows of each label 0 … count - 1; shape (count, d), unit rows or zero.

    Parameters
    ----------
    points
        Shape (n, d).
    labels
        Shape (n,); rows of -1 are left out.
    """
    inside = np.flatnonzero(labels >= 0)
    one = np.ones(len(inside), points.dtype)
    member = sparse.csr_matrix((one, (labels[inside], inside)), shape=(count, len(points)))
    sums = member @ points
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.divide(sums, length, out=np.zeros_like(sums), where=length > 1e-9)


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
