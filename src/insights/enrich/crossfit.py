"""Cross-fitting: scores of every record by models that never saw it, and their calibration."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse, special
from scipy.sparse import csgraph
from sklearn.isotonic import isotonic_regression

__all__ = ["cross_fitted", "linked_blocks"]

_FOLDS = 5
_FEW = 2_000  # ratings up to which models of all folds are averaged, above which curves are free
_GROUP = 20  # targets that give one point of a curve, or a hundredth of them
_LARGEST = 0.34  # share of the records in one linked block above which customers are not linked


def cross_fitted(
    fit: Callable[[np.ndarray, np.ndarray], np.ndarray],
    target: np.ndarray,
    blocks: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Calibrated probabilities, each record by models of the other folds; shape (n, classes).

    A record whose block holds no `target` was seen by no model. With few targets it gets the mean
    of what all models say, which a rated record may not; so the error measured on rated records is
    that of a single model, at least as large. The mean is one of probabilities, so that the
    difference of labels and probabilities estimates what it should (Zrnic and Candès 2024, doi
    10.1073/pnas.2322083121).

    Parameters
    ----------
    fit
        Called with the positions to learn from and those to score; returns their logits, shape
        (scored, classes).
    target
        Shape (n,), class numbers from 0; -1 where there is none.
    blocks
        Shape (n,); records of one block are in one fold.
    """
    rated = target >= 0
    fold = _folds(target, blocks, rng)
    free = ~np.isin(blocks, blocks[rated]) & (rated.sum() <= _FEW)
    logits = np.zeros((len(target), target.max() + 1))
    unseen = np.zeros((_FOLDS, int(free.sum()), logits.shape[1]))
    for k in range(_FOLDS):
        scored = np.flatnonzero((fold == k) | free)
        if len(scored):
            train = np.flatnonzero((fold != k) & rated)
            logits[scored] = fit(train, scored)
            unseen[k] = logits[free]
    probability = np.zeros_like(logits)
    for k in range(_FOLDS):
        others, scored = (fold != k) & rated, (fold == k) & ~free
        scaling = _calibration(logits[others], target[others])
        probability[scored] = scaling(logits[scored])
        probability[free] += scaling(unseen[k]) / _FOLDS
    return probability


def linked_blocks(
    read: np.ndarray, customers: Sequence[str | None] | None
) -> tuple[np.ndarray, str]:
    """Link records that share a text or a customer; a block's number comes from its first text."""
    keys = [re.sub(r"\W+", "", text.lower()) or text for text in read]
    _, text = np.unique(np.array(keys, dtype=object), return_inverse=True)
    n = len(read)
    if customers is not None:
        known = np.array([isinstance(who, str) for who in customers], bool)
        names = np.array([who if isinstance(who, str) else "" for who in customers], dtype=object)
        _, who = np.unique(names, return_inverse=True)
        rows, columns = text[known], text.max() + 1 + who[known]
        size = int(text.max() + who.max() + 2)
        graph = sparse.coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(size, size))
        block = csgraph.connected_components(graph, directed=False)[1][text]
        if np.bincount(block).max() <= max(_LARGEST * n, 1):
            _, first = np.unique(block, return_inverse=True)
            smallest = np.full(first.max() + 1, text.max() + 1)
            np.minimum.at(smallest, first, text)
            return smallest[first], "customer and text"
    return text, "text"


def _folds(target: np.ndarray, blocks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Deal blocks to folds, class by class, so that every fold holds some of each."""
    _, first, code = np.unique(blocks, return_index=True, return_inverse=True)
    shuffled = rng.permutation(len(first))
    # a block counts as its rarest learnt class, so that rare classes are dealt evenly
    size = np.bincount(target[target >= 0])
    rank = np.where(target >= 0, size[np.maximum(target, 0)], len(target) + 1)
    rarest = np.full(len(first), len(target) + 1)
    np.minimum.at(rarest, code, rank)
    dealt = shuffled[np.argsort(rarest[shuffled], kind="stable")]
    fold = np.empty(len(first), int)
    fold[dealt] = np.arange(len(first)) % _FOLDS
    return fold[code]


@dataclass(frozen=True)
class _Scaling:
    """Slope, one shift a class and a share of noise that make log-probabilities honest."""

    values: np.ndarray
    base: np.ndarray

    def __call__(self, logits: np.ndarray) -> np.ndarray:
        noise = 0.5 * special.expit(self.values[-1] - 4)
        scaled = np.exp(self.values[0]) * logits + np.r_[0.0, self.values[1:-1]]
        return (1 - noise) * special.softmax(scaled, axis=1) + noise * self.base


@dataclass(frozen=True)
class _Curves:
    """A scaling, and for each class a rising curve from scaled to observed probability."""

    scaling: _Scaling
    knots: tuple[tuple[np.ndarray, np.ndarray], ...]

    def __call__(self, logits: np.ndarray) -> np.ndarray:
        scaled = self.scaling(logits)
        curved = [np.interp(scaled[:, k], *knots) for k, knots in enumerate(self.knots)]
        # a hundredth of the scaling keeps the order on flat stretches, and zero out
        found = 0.99 * np.column_stack(curved) + 0.01 * scaled
        return found / found.sum(axis=1, keepdims=True)


def _calibration(logits: np.ndarray, target: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Fit what makes log-probabilities honest: a scaling, and curves on it where they help.

    Curves are for more than 2,000 targets, and only where each half, with curves from the other,
    is told better than by the scaling alone: by more than one standard error of the log-likelihood.
    """
    if len(target) <= _FEW:
        return _scaling(logits, target)
    half = np.arange(len(target)) % 2
    gain = np.zeros(len(target))
    for k in range(2):
        scaling = _scaling(logits[half != k], target[half != k])
        curves = _curves(scaling, logits[half != k], target[half != k])
        rows, classes = np.arange(np.sum(half == k)), target[half == k]
        ours, plain = (way(logits[half == k])[rows, classes] for way in (curves, scaling))
        gain[half == k] = np.log(ours) - np.log(plain)
    scaling = _scaling(logits, target)
    helps = gain.mean() > gain.std() / np.sqrt(len(gain))
    return _curves(scaling, logits, target) if helps else scaling


def _curves(scaling: _Scaling, logits: np.ndarray, target: np.ndarray) -> _Curves:
    """Fit isotonic regression of each class against the others, made to sum to one.

    Zadrozny and Elkan 2002, doi 10.1145/775047.775151; on the means of up to a hundred groups of
    equal count, joined by lines: single ratings at the ends must not reach certainty.
    """
    count = min(100, len(target) // _GROUP + 1)
    knots = []
    for scaled, truth in zip(scaling(logits).T, np.eye(logits.shape[1])[target].T, strict=True):
        parts = np.array_split(np.argsort(scaled, kind="stable"), count)
        observed = np.array([truth[part].mean() for part in parts])
        size = np.array([len(part) for part in parts], float)
        middles = np.array([scaled[part].mean() for part in parts])
        knots.append((middles, isotonic_regression(observed, sample_weight=size)))
    return _Curves(scaling, tuple(knots))


def _scaling(logits: np.ndarray, target: np.ndarray) -> _Scaling:
    """Fit the scaling by maximum likelihood with a slight ridge.

    Vector scaling with one slope and shifts (Guo et al. 2017, arXiv 1706.04599), which also undo
    class weights. A share of the ratings, at most half, may have been given whatever the text
    says, so that even the clearest text need not reach certainty.
    """
    n = len(target)
    rows = np.arange(n)
    base = np.bincount(target, minlength=logits.shape[1]) / n

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        """Mean negative log-likelihood with its ridge, and its slope."""
        rate = special.expit(values[-1] - 4)
        chance = special.softmax(np.exp(values[0]) * logits + np.r_[0.0, values[1:-1]], axis=1)
        own = chance[rows, target]
        fit = np.maximum((1 - 0.5 * rate) * own + 0.5 * rate * base[target], 1e-12)
        along = chance * ((1 - 0.5 * rate) * own / fit / n)[:, None]  # by the scaled logits
        along[rows, target] -= (1 - 0.5 * rate) * own / fit / n
        noise = -0.5 * rate * (1 - rate) * float(np.mean((base[target] - own) / fit))
        slope = np.r_[np.exp(values[0]) * np.sum(along * logits), along.sum(axis=0)[1:], noise]
        value = float(-np.log(fit).mean() + 0.5 * np.square(values).sum() / n)
        return value, slope + values / n

    start = np.zeros(logits.shape[1] + 1)
    return _Scaling(optimize.minimize(loss, start, jac=True, method="BFGS").x, base)
