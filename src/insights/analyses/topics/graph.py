"""Communities of texts: a graph of nearest neighbours, cut by the Leiden algorithm."""

from __future__ import annotations

from dataclasses import dataclass

import graspologic_native
import numpy as np
from scipy import sparse
from sklearn.decomposition import PCA

__all__ = ["DIMENSIONS", "Projection", "communities", "neighbour_graph"]

NEIGHBOURS = 15
DIMENSIONS = 100
_BLOCK = 1_000


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


def neighbour_graph(points: np.ndarray) -> sparse.csr_matrix:
    """Link each row to its 15 nearest by cosine; weights cubed, made symmetric.

    Parameters
    ----------
    points
        Shape (n, d), rows of length one.
    """
    n = len(points)
    k = min(NEIGHBOURS, n - 1)
    nearest = np.empty((n, k), np.int32)
    weight = np.empty((n, k), np.float64)
    for start in range(0, n, _BLOCK):
        similar = points[start : start + _BLOCK] @ points.T
        rows = np.arange(len(similar))
        similar[rows, start + rows] = -2.0  # nobody is a neighbour of himself
        # equal similarities are settled by row number, so that the result is one and the same
        best = np.argpartition(-similar, k - 1, axis=1)[:, :k]
        best.sort(axis=1)
        nearest[start : start + _BLOCK] = best
        weight[start : start + _BLOCK] = np.take_along_axis(similar, best, axis=1)
    weight = np.clip(weight, 1e-3, 1.0) ** 3
    pointer = np.arange(0, n * k + 1, k)
    directed = sparse.csr_matrix((weight.ravel(), nearest.ravel(), pointer), shape=(n, n))
    graph = (directed + directed.T).tocsr()
    graph.sort_indices()
    return graph


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
