"""Which topic a text belongs to, or none: nearness to topic centres against a stated threshold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import cpu_count
from scipy import sparse, stats
from sklearn.decomposition import PCA

from insights import scale
from insights.enrich.encoders import Encoder

__all__ = [
    "DIMENSIONS",
    "Assigner",
    "Centres",
    "Projection",
    "centres",
    "directions",
    "dissolve_small",
]

DIMENSIONS = 200
PARTITION = 10_000  # texts at a time: bounds the memory
_MANY = 100_000  # texts from which several processes are worth their start
_SHARPNESS = 20.0  # of probabilities: a lead of .05 in cosine is worth odds of e to 1


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


@dataclass(frozen=True, eq=False)
class Centres:
    """Mean directions of the topics, and how near a text must be to count.

    Attributes
    ----------
    directions
        Shape (topics, d), rows of length one.
    threshold
        Cosine below which a text is left unexplained.
    """

    directions: np.ndarray
    threshold: float

    def similarity(self, points: np.ndarray) -> np.ndarray:
        """Cosine of each text to each topic; shape (n, topics)."""
        return points @ self.directions.T

    def nearest(self, points: np.ndarray) -> np.ndarray:
        """Nearest topic of each text, -1 when none is near enough."""
        if not len(self.directions):
            return np.full(len(points), -1)
        similar = self.similarity(points)
        best = similar.argmax(axis=1)
        return np.where(similar.max(axis=1) >= self.threshold, best, -1)

    def probability(
        self, points: np.ndarray, labels: np.ndarray, topic_of: np.ndarray
    ) -> np.ndarray:
        """Relative nearness of each text to the topic it was given; shape (n,), 0 to 1.

        A softmax over the sub-topics and 'none', whose similarity is the threshold, summed over
        the sub-topics of the topic. It says how clear the decision was; it is not a calibrated
        probability of being right.

        Parameters
        ----------
        labels
            Shape (n,): sub-topic of each text, or -1.
        topic_of
            Shape (sub-topics,): the topic each belongs to.
        """
        none = np.full((len(points), 1), self.threshold)
        score = np.hstack([self.similarity(points), none]) * _SHARPNESS
        score = np.exp(score - score.max(axis=1, keepdims=True))
        column = np.append(topic_of, topic_of.max(initial=-1) + 1)  # last: none
        same_topic = column[None, :] == column[labels][:, None]
        return (score * same_topic).sum(axis=1) / score.sum(axis=1)


@dataclass(frozen=True, eq=False)
class Assigner:
    """Gives further texts their topic, a partition at a time; picklable, so anywhere.

    Attributes
    ----------
    of
        Shape (sub-topics,): the topic each belongs to.
    draw
        What people's decisions make of the nearest sub-topic: (texts, points, labels, similarity
        to the nearest) → labels.
    """

    embedding: Encoder
    projection: Projection
    centres: Centres
    of: np.ndarray
    draw: Callable[[Sequence[str], np.ndarray, np.ndarray, np.ndarray], np.ndarray] | None = None

    def __call__(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return sub-topic, or -1, and probability of each text; two arrays of shape (n,)."""
        points = self.projection.points(self.embedding.vectors(texts))
        labels = self.centres.nearest(points)
        if self.draw is not None and len(texts):
            own = np.maximum(self.centres.similarity(points).max(axis=1), self.centres.threshold)
            labels = self.draw(texts, points, labels, own)
        return labels, self.centres.probability(points, labels, self.of)

    def all(
        self, texts: Sequence[str], *, jobs: int | None = None, scheduler: str | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Assign any number of texts in partitions of 10,000, on processes or on Dask.

        Parameters
        ----------
        jobs
            Local processes; None takes one a core from 100,000 texts up, else this one.
        scheduler
            As in `scale.map_partitions`.
        """
        if jobs is None:
            jobs = cpu_count() if len(texts) >= _MANY else 1
        parts = [texts[i : i + PARTITION] for i in range(0, len(texts), PARTITION)]
        done = scale.map_partitions(self, parts, jobs=jobs, scheduler=scheduler)
        if not done:
            return np.zeros(0, int), np.zeros(0)
        return np.concatenate([a for a, _ in done]), np.concatenate([b for _, b in done])


def centres(points: np.ndarray, labels: np.ndarray, *, count: int = 0) -> Centres:
    """Average the texts of each topic 0 … k-1.

    The threshold is how near an arbitrary direction typically lies to the nearest of k: the
    median of the largest of k cosines, each about normal with variance 1/d. A topic without
    texts (up to `count` of them are asked for) has the centre zero, to which nothing is near.
    """
    count, d = max(int(labels.max(initial=-1)) + 1, count), points.shape[1]
    typical = stats.norm.ppf(0.5 ** (1 / max(count, 1))) / np.sqrt(d)
    return Centres(directions(points, labels, count), float(max(typical, 0.0)))


def dissolve_small(points: np.ndarray, labels: np.ndarray, least: int) -> np.ndarray:
    """Give the texts of communities below `least` to the nearest larger one, or to none (-1).

    Texts of larger communities stay unless no topic is near enough to them. When no community
    is large enough, every text is -1.
    """
    size = np.bincount(labels)
    large = np.flatnonzero(size >= least)
    renumber = np.full(len(size), -1)
    renumber[large] = np.arange(len(large))
    renumbered = renumber[labels]
    if not len(large):
        return renumbered
    nearest = centres(points, renumbered).nearest(points)
    return np.where((renumbered >= 0) & (nearest >= 0), renumbered, nearest)
