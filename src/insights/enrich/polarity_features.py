"""What a classifier of polarity reads of a text, at two prices.

The *teacher's* sentence vectors cost milliseconds a text. A study of at most 8,000 distinct texts
is read by the teacher whole, a larger one by a seeded sample, rated texts first. What is learnt on
these from the ratings is passed on (Hinton et al. 2015, arXiv 1503.02531) to a linear *student*
that sees words and parts of words only, at microseconds a text, and scores every text. It does
better than what it is taught by, since it learns from the texts without a rating too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge

from insights import scale
from insights.enrich.lexicon import lexicon_scores, script
from insights.enrich.ngrams import COLUMNS, occurrences
from insights.enrich.prior import head, neutral_logits, prior_logits, teach
from insights.enrich.shift import Shift, shift
from insights.stats.sampling import stable_sample

__all__ = ["Learner", "PolarityFeatures", "learner", "polarity_features"]

Learner = Callable[[np.ndarray, np.ndarray], np.ndarray]  # positions learnt from, scored → logits

_WHOLE = 8_000  # distinct texts up to which the teacher reads them all
_SAMPLE = 5_000  # else: texts the teacher reads
_RATED = 4_000  # of these, the most that are rated
_MOST = 12_000  # ratings learnt from; more cost time and change little
# how much each part may say beside the others, with up to a thousand ratings: chosen on five sets
# of reviews that no figure is reported on
_WORDS, _LISTS = 2.0, 2.0
# log-odds of neutral without a letter: unsure, and what a whole unit of the lists' score takes
_BARE, _LISTED = 0.4, 10.0
_RIDGE = 1.0  # of the student; chosen on the same sets


@dataclass(frozen=True, eq=False)
class Words:
    """Hashed features of n texts, weighted by rarity, each row over its length.

    Attributes
    ----------
    distinct, code
        The distinct texts, sorted, and shape (n,) which of them each text is.
    counts
        Shape (distinct, columns), float32: counts times rarity, of features in two texts or more.
    length
        Shape (distinct,), what each row is divided by.
    """

    distinct: np.ndarray
    code: np.ndarray
    counts: sparse.csr_matrix
    length: np.ndarray

    @classmethod
    def of(cls, distinct: np.ndarray, code: np.ndarray) -> Words:
        """Read the texts in partitions: how rare each feature is, then the rows."""
        copies = np.bincount(code, minlength=len(distinct))
        parts = scale.in_parts(distinct)
        found = scale.map_partitions(
            _frequency, zip(parts, scale.in_parts(copies), strict=True), jobs=None
        )
        frequency = np.sum(found, axis=0) if found else np.zeros(COLUMNS)
        idf = np.where(frequency >= 2, np.log((1 + len(code)) / (1 + frequency)) + 1, 0.0)
        made = scale.map_partitions(partial(_weighted, idf=idf), parts, jobs=None)
        width = int(np.sum(idf > 0))
        empty = sparse.csr_matrix((0, width), dtype=np.float32)
        counts = sparse.vstack([rows for rows, _ in made] or [empty], format="csr")
        return cls(distinct, code, counts, np.concatenate([np.zeros(0), *(n for _, n in made)]))

    def rows(self, positions: np.ndarray) -> sparse.csr_matrix:
        """Return the rows of some texts; shape (positions, columns)."""
        at = self.code[positions]
        return sparse.csr_matrix(sparse.diags_array(1 / self.length[at]) @ self.counts[at])


def _frequency(part: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """In how many texts each feature occurs; shape (COLUMNS,)."""
    texts, copies = part
    words = occurrences(texts.tolist())
    there = np.unique(words.row.astype(np.int64) * COLUMNS + words.column)
    return np.bincount(there % COLUMNS, copies[there // COLUMNS], minlength=COLUMNS)


def _weighted(texts: np.ndarray, *, idf: np.ndarray) -> tuple[sparse.csr_matrix, np.ndarray]:
    words = occurrences(texts.tolist())
    counts = words.counts()
    counts.data *= idf[counts.indices]
    return counts[:, idf > 0], words.length(idf)


@dataclass(frozen=True, eq=False)
class PolarityFeatures:
    """What was read of n texts.

    Attributes
    ----------
    words
        The hashed features.
    taught
        Positions of the texts that the teacher read.
    vectors
        Shape (len(taught), 512), centred.
    prior
        Shape (n,), log-odds of positive by head and word lists, or by the student of them.
    unrated
        Shape (n, 2), log-odds of positive and of a text that takes no side, where no rating is to
        be learnt from: of every copy of a text that the teacher read as the heads say.
    lexicon
        Shape (n,), score of the word lists; not-a-number where the teacher did not read.
    shift
        How far the texts that the teacher read lie from those the prior was taught on.
    """

    words: Words
    taught: np.ndarray
    vectors: np.ndarray
    prior: np.ndarray
    unrated: np.ndarray
    lexicon: np.ndarray
    shift: Shift

    @property
    def whole(self) -> bool:
        """Whether the teacher read every text."""
        return len(self.taught) == len(self.words.code)

    def learner(
        self, target: np.ndarray, order: np.ndarray, blocks: np.ndarray, *, rich: bool, seed: int
    ) -> Learner:
        """Return the function that learns from some positions of `order` and scores others.

        `target` and `blocks` are in the order of the texts; -1 where a text has no class. Without
        `rich` only the prior's log-odds are recalibrated.
        """
        label = target[order]
        z = _standard(self.prior)[order]
        if not rich:
            design = sparse.csr_matrix(np.column_stack([z, np.abs(z)]))
            return learner(design.__getitem__, label, seed, balanced=True)
        if not self.whole and np.sum(target >= 0) > _RATED:
            words = self.words
            return learner(lambda at: _joined([words.rows(order[at]), z[at, None]]), label, seed)
        return self._student(target, order, blocks)

    def _student(self, target: np.ndarray, order: np.ndarray, blocks: np.ndarray) -> Learner:
        """Learn on what the teacher read, pass it on to words; held labels teach nothing.

        Where the teacher read a sample, a held text is no example for the student either: it is
        to be scored as well, or as badly, as the many that the teacher did not read.
        """
        ranked = np.argsort(np.argsort(order)[self.taught])
        taught, vectors = self.taught[ranked], self.vectors[ranked]
        z, lists = _standard(self.prior[taught]), self.lexicon[taught]
        lists = np.column_stack([lists, np.abs(lists)])
        words = self.words.rows(taught)
        rich = _joined([_WORDS * words, _LISTS * lists, vectors, z[:, None]])
        label, block = target[taught], blocks[taught]

        def fit(_train: np.ndarray, scored: np.ndarray) -> np.ndarray:
            rated = order[scored][target[order[scored]] >= 0]
            out = np.isin(block, blocks[rated])
            known = np.flatnonzero(~out & (label >= 0))
            read = np.flatnonzero(~out | self.whole)
            predicted = _logits(
                _classifier(rich[known], label[known]), rich[read], target.max() + 1
            )
            predicted -= predicted.mean(axis=1, keepdims=True)
            student = _taught_to(words[read], predicted)
            return _in_parts(lambda at: student.predict(self.words.rows(at)), order[scored])

        return fit


def polarity_features(texts: np.ndarray, truth: np.ndarray, *, seed: int) -> PolarityFeatures:
    """Read n texts; `truth` is -1 where a text has no rating. The order does not matter."""
    # as objects: an array of strings takes the room of the longest for each
    distinct, first, code = np.unique(texts, return_index=True, return_inverse=True)
    words = Words.of(distinct, code)
    chosen = _chosen(distinct, code, truth, seed)
    taught = (
        np.arange(len(texts))
        if len(chosen) == len(distinct)
        else _rated_first(chosen, code, first, truth)
    )
    read, inverse = np.unique(code[taught], return_inverse=True)
    names = distinct[read]
    vectors = teach(names.tolist())
    lists = lexicon_scores(names.tolist())
    written = np.array([script(name) != "unknown" for name in names], bool)
    # a sentence vector of emoji or digits alone means nothing to the heads
    side = np.where(written, prior_logits(vectors, lists), head().lists * lists)
    neutral = np.where(written, neutral_logits(vectors, lists), _BARE - _LISTED * np.abs(lists))
    lexicon = np.full(len(texts), np.nan)
    lexicon[taught] = lists[inverse]
    logits = np.column_stack([side, neutral])[inverse]
    unrated = logits
    if len(taught) < len(texts):
        logits = _passed_on(words, taught, logits, inverse % 5)
        at = np.searchsorted(read, code).clip(max=len(read) - 1)
        known = read[at] == code
        unrated = np.where(known[:, None], np.column_stack([side, neutral])[at], logits)
    centred = (vectors - vectors.mean(axis=0))[inverse]
    found = shift(vectors[written], lists[written])
    return PolarityFeatures(words, taught, centred, logits[:, 0], unrated, lexicon, found)


def _taught_to(rows: sparse.csr_matrix, logits: np.ndarray) -> Ridge:
    """Fit a student that sees words to what was told of some texts."""
    return Ridge(_RIDGE, solver="sparse_cg", tol=1e-4).fit(rows, logits)


def _passed_on(
    words: Words, taught: np.ndarray, logits: np.ndarray, fold: np.ndarray
) -> np.ndarray:
    """Log-odds of every text by a student of those taught; shape (n, 2), as `logits`.

    A ridge draws what it says of new texts together: the line of what was told on what is said
    of texts left out, fold by fold, draws it apart again.
    """
    rows = words.rows(taught)
    predicted = np.empty_like(logits)
    for k in np.unique(fold):
        student = _taught_to(rows[fold != k], logits[fold != k])
        predicted[fold == k] = student.predict(rows[fold == k])
    student = _taught_to(rows, logits)
    found = _in_parts(lambda at: student.predict(words.rows(at)), np.arange(len(words.code)))
    for column in range(logits.shape[1]):
        if np.ptp(predicted[:, column]) > 0:
            line = np.polyfit(predicted[:, column], logits[:, column], 1)
            found[:, column] = np.polyval(line, found[:, column])
    return found


def _chosen(distinct: np.ndarray, code: np.ndarray, truth: np.ndarray, seed: int) -> np.ndarray:
    """Which distinct texts the teacher reads: all, or a sample, rated ones first.

    It is drawn by content: of tables with the same texts mostly the same are read, and so once.
    """
    if len(distinct) <= _WHOLE:
        return np.arange(len(distinct))
    rated = np.zeros(len(distinct), bool)
    rated[code[truth >= 0]] = True
    first = _drawn(distinct, np.flatnonzero(rated), _RATED, seed)
    others = np.setdiff1d(np.arange(len(distinct)), first)
    return np.sort(np.r_[first, _drawn(distinct, others, _SAMPLE - len(first), seed)])


def _drawn(distinct: np.ndarray, among: np.ndarray, size: int, seed: int) -> np.ndarray:
    return among[stable_sample(distinct[among].tolist(), size, seed=seed)]


def _rated_first(
    chosen: np.ndarray, code: np.ndarray, first: np.ndarray, truth: np.ndarray
) -> np.ndarray:
    """Every rated record of a chosen text, and one record of each other chosen text."""
    inside = np.isin(code, chosen)
    rated = np.flatnonzero(inside & (truth >= 0))
    rest = first[np.setdiff1d(chosen, code[rated])]
    return np.sort(np.r_[rated, rest])


def _standard(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / max(float(values.std()), 1e-9)


def _joined(parts: list) -> sparse.csr_matrix:
    return sparse.hstack([sparse.csr_matrix(part) for part in parts]).tocsr().astype(np.float32)


def _in_parts(function: Callable[[np.ndarray], np.ndarray], positions: np.ndarray) -> np.ndarray:
    """Return what `function` makes of all positions, a partition at a time to bound memory."""
    return np.concatenate([function(at) for at in scale.in_parts(positions) or [positions]])


def learner(
    rows: Callable[[np.ndarray], sparse.csr_matrix],
    label: np.ndarray,
    seed: int,
    *,
    balanced: bool = False,
) -> Learner:
    """Return the function that learns `label` from some rows of a design and scores others.

    Parameters
    ----------
    rows
        The design: positions to rows, shape (positions, columns).
    label
        Shape (n,), class numbers.
    balanced
        Classes weigh equally, however many records each has.
    """

    def fit(train: np.ndarray, scored: np.ndarray) -> np.ndarray:
        if len(train) > _MOST:
            rng = np.random.default_rng(seed)
            train = np.sort(rng.choice(train, _MOST, replace=False))
        model = _classifier(rows(train), label[train], balanced=balanced)
        return _in_parts(lambda at: _logits(model, rows(at), label.max() + 1), scored)

    return fit


def _classifier(
    design: sparse.csr_matrix, label: np.ndarray, *, balanced: bool = False
) -> LogisticRegression:
    weight = "balanced" if balanced else None
    model = LogisticRegression(C=1.0, class_weight=weight, max_iter=400, tol=1e-3)
    return model.fit(design, label)


def _logits(model: LogisticRegression, design: sparse.csr_matrix, classes: int) -> np.ndarray:
    """Log-probabilities; a class that the model did not see is as unlikely as can be told."""
    found = np.full((design.shape[0], classes), -12.0)
    found[:, model.classes_] = model.predict_log_proba(design)
    return found
