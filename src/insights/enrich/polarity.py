"""Negative, neutral or positive: learnt from the study's own ratings, in English and Chinese.

Every record, rated or not, is scored by a model that saw neither it, nor its text in another
record, nor another record of its customer (as far as the data can be cut that way). So the error
measured on the rated records is the error of the scores that are used.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import rjieba
from scipy import optimize, sparse, special
from scipy.sparse import csgraph
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from insights.enrich.embedding import fit_embedding
from insights.enrich.lexicon import lexicon_probabilities, lexicon_scores
from insights.errors import DataError

__all__ = ["CLASSES", "ENOUGH", "Engine", "Polarity", "rating_class", "score_polarity"]

CLASSES = ("negative", "neutral", "positive")
ENOUGH = 200  # ratings below which the word lists are used
Engine = Literal["auto", "lexicon", "calibrated"]

_FOLDS = 5
_FEW = 10  # ratings of a class below which the class is not learnt
_MOST = 12_000  # ratings learnt from; more cost time and change little
_TAUGHT = 3_000  # texts the multilingual teacher reads
_LONGEST_TAUGHT = 300  # characters of a text that its sentence vector is made from
_DIRECTIONS = 128  # of the sentence vectors
_WORDS = 80_000
_LONGEST = 1_200  # characters of a text that are read
_LONGEST_CHARS = 400  # of these, characters whose n-grams are read too
_BAND = 0.65  # without a neutral class: a larger probability than this, or no label is given
_LARGEST = 0.34  # share of the records in one linked block above which customers are not linked
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_RUN = re.compile(
    rf"[{_HAN}]+|[^\W\d_{_HAN}]+(?:['’][^\W\d_{_HAN}]+)*|[!?！？]+"
    "|[\U0001f300-\U0001faff\u2600-\u27bf]"
)
_ADDRESS = re.compile(r"https?://\S+|@\w+")


@dataclass(frozen=True, eq=False)
class Polarity:
    """Scores of n texts, in the order given.

    Attributes
    ----------
    probability
        Shape (n, 3), columns as `CLASSES`; a row of not-a-number for an empty text.
    label
        Shape (n,), one of `CLASSES`.
    method
        Shape (n,): 'calibrated', 'lexicon' or 'empty'.
    engine
        What scored the texts.
    reason
        Why that engine, in words.
    linked
        What was kept out together: 'customer and text' or 'text'.
    lexicon
        Shape (n,), the score of the word lists, for comparison.
    learnt
        The classes that were learnt; empty for the lexicon.
    """

    probability: np.ndarray
    label: np.ndarray
    method: np.ndarray
    engine: Literal["lexicon", "calibrated"]
    reason: str
    linked: str
    lexicon: np.ndarray
    learnt: tuple[str, ...] = ()

    @property
    def score(self) -> np.ndarray:
        """Probability of positive less that of negative, -1 to 1; shape (n,)."""
        return self.probability[:, 2] - self.probability[:, 0]


def rating_class(rating: np.ndarray) -> np.ndarray:
    """Class of a rating share: 0 below .4, 1 to .6, 2 above; -1 where there is none."""
    share = np.round(np.asarray(rating, float), 9)
    found = np.where(share < 0.4, 0, np.where(share <= 0.6, 1, 2))
    return np.where(np.isnan(share), -1, found)


def score_polarity(
    texts: Sequence[str],
    rating: np.ndarray,
    *,
    customers: Sequence[str | None] | None = None,
    engine: Engine = "auto",
    seed: int,
) -> Polarity:
    """Score texts from the ratings that some of them have, else by word lists.

    Parameters
    ----------
    texts
        Shape (n,).
    rating
        Shape (n,), shares 0-1 of the declared scale, not-a-number where there is none.
    customers
        Shape (n,), who wrote each; None where unknown.
    engine
        'auto' learns when there are at least 200 ratings and ten of each of two classes.

    Raises
    ------
    DataError
        `engine` is 'calibrated' and the ratings cannot be learnt from.
    """
    read = np.array([_readable(text) for text in texts], dtype=object)
    truth = rating_class(rating)
    truth[read == ""] = -1
    lexicon = lexicon_scores(read.tolist())
    reason = _obstacle(truth, np.asarray(rating, float))
    if engine == "calibrated" and reason:
        raise DataError(
            f"engine 'calibrated' cannot be used: {reason}. "
            "Use engine 'auto' or 'lexicon', or add ratings."
        )
    if engine == "lexicon" or reason:
        return _by_lexicon(read, lexicon, reason or "the setting engine is 'lexicon'")
    blocks, linked = _blocks(read, customers)
    order = np.lexsort([truth, blocks, read.astype(str)])
    learnt = np.array([k for k in range(3) if np.sum(truth == k) >= _FEW])
    target = np.where(np.isin(truth, learnt), np.searchsorted(learnt, truth), -1)
    design = _features(read, lexicon, seed=seed)
    inner = _cross_fitted(design[order], target[order], blocks[order], np.random.default_rng(seed))
    probability = np.zeros((len(read), 3))
    probability[np.ix_(order, learnt)] = inner
    label = _labels(probability, learnt)
    empty = read == ""
    probability[empty] = np.nan
    return Polarity(
        probability=probability,
        label=np.where(empty, "neutral", label),
        method=np.where(empty, "empty", "calibrated"),
        engine="calibrated",
        reason=f"{int((truth >= 0).sum())} ratings to learn from",
        linked=linked,
        lexicon=lexicon,
        learnt=tuple(CLASSES[k] for k in learnt),
    )


def _readable(text: object) -> str:
    return text.strip() if isinstance(text, str) else ""


def _obstacle(truth: np.ndarray, rating: np.ndarray) -> str:
    """Why these ratings cannot be learnt from; nothing when they can."""
    rated = truth >= 0
    n = int(rated.sum())
    if n == 0:
        return "no record with text has a rating"
    if np.unique(rating[rated]).size == 1:
        return f"all {n} ratings are the same"
    if n < ENOUGH:
        return f"{n} ratings are fewer than the {ENOUGH} needed to learn from"
    counts = [int(np.sum(truth == k)) for k in range(3)]
    if min(counts[0], counts[2]) < _FEW:
        return (
            f"the ratings hold {counts[0]} negative and {counts[2]} positive records, "
            f"at least {_FEW} of each are needed"
        )
    return ""


def _by_lexicon(read: np.ndarray, lexicon: np.ndarray, reason: str) -> Polarity:
    probability = lexicon_probabilities(lexicon)
    label = np.where(np.abs(lexicon) < 0.05, 1, np.where(lexicon > 0, 2, 0))
    empty = read == ""
    probability[empty] = np.nan
    return Polarity(
        probability=probability,
        label=np.where(empty, "neutral", np.array(CLASSES)[label]),
        method=np.where(empty, "empty", "lexicon"),
        engine="lexicon",
        reason=reason,
        linked="nothing",
        lexicon=lexicon,
    )


def _blocks(read: np.ndarray, customers: Sequence[str | None] | None) -> tuple[np.ndarray, str]:
    """Link records that share a text or a customer; a block's number comes from its first text."""
    keys = [re.sub(r"\W+", "", text.lower()) or text for text in read]
    _, text = np.unique(np.array(keys, dtype=str), return_inverse=True)
    n = len(read)
    if customers is not None:
        known = np.array([isinstance(who, str) for who in customers], bool)
        names = np.array([who if isinstance(who, str) else "" for who in customers], dtype=str)
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


def _pieces(text: str) -> list[str]:
    """Words, pairs of words, and parts of words: 2 characters of Chinese, 4 of Latin script."""
    folded = _ADDRESS.sub(" ", text[:_LONGEST].lower())
    words: list[str] = []
    parts: list[str] = []
    read = 0
    for run in _RUN.findall(folded):
        read += len(run)
        han = "\u3400" <= run[0] <= "\ufaff"
        words.extend(rjieba.cut(run) if han else [run])
        if read <= _LONGEST_CHARS:
            width, padded = (2, run) if han else (4, f"_{run}_")
            parts.extend("#" + padded[i : i + width] for i in range(len(padded) - width + 1))
    pairs = [f"{a} {b}" for a, b in itertools.pairwise(words)]
    return words + pairs + parts


def _features(read: np.ndarray, lexicon: np.ndarray, *, seed: int) -> sparse.csr_matrix:
    """TF-IDF of pieces, the lexicon's score, and the sentence vector; shape (n, features)."""
    lists = sparse.csr_matrix(2 * np.column_stack([lexicon, np.abs(lexicon)]))
    vectoriser = TfidfVectorizer(
        analyzer=_pieces, min_df=2, max_features=_WORDS, sublinear_tf=True, dtype=np.float32
    )
    texts = [str(text) for text in read]
    design = vectoriser.fit_transform(texts)
    opening = [text[:_LONGEST_TAUGHT] for text in texts]
    vectors = fit_embedding(opening, seed=seed, sample=_TAUGHT).vectors(opening)
    vectors = sparse.csr_matrix(2 * _principal(vectors).astype(np.float32))
    return sparse.hstack([design, lists, vectors], format="csr")


def _principal(vectors: np.ndarray) -> np.ndarray:
    """The directions in which sentence vectors differ most: as good to learn from, and faster."""
    centred = (vectors - vectors.mean(axis=0)).astype(float)
    _, directions = np.linalg.eigh(centred.T @ centred)
    return centred @ directions[:, -_DIRECTIONS:]


def _cross_fitted(
    design: sparse.csr_matrix, target: np.ndarray, blocks: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Calibrated probabilities, each record by a model of the other folds; shape (n, classes)."""
    fold = _folds(target, blocks, rng)
    logits = np.zeros((len(target), target.max() + 1))
    for k in range(_FOLDS):
        train = np.flatnonzero((fold != k) & (target >= 0))
        if len(train) > _MOST:
            train = np.sort(rng.choice(train, _MOST, replace=False))
        model = LogisticRegression(C=1.0, class_weight="balanced", max_iter=400, tol=1e-3)
        model.fit(design[train], target[train])
        held = fold == k
        logits[np.ix_(held, model.classes_)] = model.predict_log_proba(design[held])
    probability = np.empty_like(logits)
    for k in range(_FOLDS):
        others, held = (fold != k) & (target >= 0), fold == k
        probability[held] = _scaling(logits[others], target[others])(logits[held])
    return probability


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


def _scaling(logits: np.ndarray, target: np.ndarray) -> _Scaling:
    """Fit the scaling by maximum likelihood with a slight ridge.

    Vector scaling with one slope (Guo et al. 2017, arXiv 1706.04599); the shifts undo the class
    weights. A share of the ratings, at most half, may have been given whatever the text says, so
    that even the clearest text need not reach certainty.
    """
    rows = np.arange(len(target))
    base = np.bincount(target, minlength=logits.shape[1]) / len(target)

    def loss(values: np.ndarray) -> float:
        fit = np.log(np.maximum(_Scaling(values, base)(logits)[rows, target], 1e-12))
        return float(-fit.mean() + 0.5 * np.square(values).sum() / len(target))

    start = np.zeros(logits.shape[1] + 1)
    return _Scaling(optimize.minimize(loss, start, method="BFGS").x, base)


def _labels(probability: np.ndarray, learnt: np.ndarray) -> np.ndarray:
    """Likeliest class, a rare class counting for more; without a neutral one, a band abstains.

    Each probability is divided by the square root of the class's mean, a step halfway from
    'most often right' to 'every class found equally well'.
    """
    if 1 not in learnt:
        sure = probability.max(axis=1) >= _BAND
        return np.array(CLASSES)[np.where(sure, probability.argmax(axis=1), 1)]
    weight = np.zeros(3)
    weight[learnt] = 1 / np.sqrt(probability[:, learnt].mean(axis=0))
    return np.array(CLASSES)[(probability * weight).argmax(axis=1)]
