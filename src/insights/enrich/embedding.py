"""Vectors of short texts in English, Chinese and both, made offline on one core.

A multilingual *teacher* reads a seeded sample. A linear *student* learns its vectors from words
and pairs of words, so that every further text costs one sparse product. The student's vector is
joined with a *static* one (the mean of word-piece vectors, `wordllama`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from scipy import linalg, sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from insights import scale
from insights.enrich.teacher import taught
from insights.enrich.words import is_han, normalise, tokens
from insights.stats.sampling import stable_sample

__all__ = ["TEACHER_SAMPLE", "Embedding", "fit_embedding"]

TEACHER_SAMPLE = 4_000  # texts the teacher reads
_QUARTER = 0.25  # of the sample: what the rarer script gets if it has as much
_RIDGE = 1.0  # of the student; rows of its design have length one
_LONGEST = 600  # characters of a text that are read: enough to tell its topic, bounds the time
_PARTITION = 5_000
_OWN_CENTRE = 30
_SPACE = 29871  # the piece that marks the start of a word whose first letters are no piece


@dataclass(frozen=True, eq=False)
class Embedding:
    """A fitted student; picklable, so partitions can be embedded anywhere.

    Attributes
    ----------
    vectoriser
        Sparse TF-IDF of words and pairs of neighbouring words.
    weights
        Shape (words, 512), from TF-IDF to centred teacher vectors.
    n_taught
        Distinct texts the teacher read.
    """

    vectoriser: TfidfVectorizer
    weights: np.ndarray
    n_taught: int

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts, in partitions; shape (len(texts), 768), float32, rows of length one.

        A text in which no word is known becomes a row of zeros.
        """
        parts = [texts[i : i + _PARTITION] for i in range(0, len(texts), _PARTITION)]
        done = scale.map_partitions(partial(_partition, self), parts)
        width = self.weights.shape[1] + _model().embedding.shape[1]
        return np.vstack(done) if done else np.zeros((0, width), np.float32)

    def meaning(self, vectors: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """Keep what the teacher taught and take out the language; shape (n, 512), unit rows.

        The static part does not know that two languages say the same; the teacher's does, up to
        a shift between languages, which is removed by centring each group of texts.

        Parameters
        ----------
        vectors
            What `vectors` returned.
        groups
            Shape (n,): the language or script of each text. A group of fewer than 30 texts is
            centred with all texts.
        """
        taught = np.array(vectors[:, : self.weights.shape[1]])
        centre = taught.mean(axis=0)
        for group in np.unique(groups):
            rows = np.asarray(groups) == group
            taught[rows] -= taught[rows].mean(axis=0) if rows.sum() >= _OWN_CENTRE else centre
        return _unit(taught)


def fit_embedding(
    texts: Sequence[str], *, seed: int, sample: int = TEACHER_SAMPLE, cache: Path | None = None
) -> Embedding:
    """Fit the student to a seeded sample of the distinct texts; their order does not matter.

    The sample is drawn by content, so that a table that grows a little keeps most of it, and
    with it nearly the same vectors. It is stratified by script: where Chinese or other texts are
    few, up to a quarter of the sample is theirs.

    Parameters
    ----------
    texts
        At least one text with a word in it.
    sample
        The most texts the teacher reads.
    cache
        Folder of what the teacher read before; the result is the same without it.
    """
    distinct = sorted({_read(text) for text in texts} - {""})
    if not distinct:
        raise ValueError("an embedding needs at least one text that is not empty")
    distinct = [distinct[i] for i in _sample(distinct, sample, seed=seed)]
    target = taught(distinct, folder=cache and cache / "teacher")
    target -= target.mean(axis=0)
    words = [_words(text) for text in distinct]
    vectoriser = TfidfVectorizer(
        tokenizer=list,
        token_pattern=None,
        lowercase=False,
        ngram_range=(1, 2),
        sublinear_tf=True,
        min_df=2 if len(distinct) > 500 else 1,
        dtype=np.float32,
    )
    try:
        design = vectoriser.fit_transform(words)
    except ValueError:  # no word occurs twice
        design = vectoriser.set_params(min_df=1).fit_transform(words)
    # dual form of the ridge: the sample is smaller than the vocabulary
    gram = (design @ design.T).toarray()
    gram[np.diag_indices_from(gram)] += _RIDGE
    weights = design.T @ linalg.solve(gram, target, assume_a="pos", overwrite_a=True)
    return Embedding(vectoriser, np.asarray(weights, np.float32), len(distinct))


def _sample(texts: Sequence[str], size: int, *, seed: int) -> np.ndarray:
    """Draw by content in two strata, Chinese and other texts; sorted positions."""
    han = np.array([is_han(text) for text in texts])
    few = han if han.mean() <= 0.5 else ~han
    own = max(round(size * few.mean()), min(int(few.sum()), round(_QUARTER * size)))
    drawn = [
        rows[stable_sample([texts[i] for i in rows.tolist()], count, seed=seed)]
        for rows, count in ((np.flatnonzero(few), own), (np.flatnonzero(~few), size - own))
    ]
    return np.sort(np.concatenate(drawn))


def _partition(embedding: Embedding, texts: Sequence[str]) -> np.ndarray:
    words = [_words(_read(text)) for text in texts]
    student = embedding.vectoriser.transform(words) @ embedding.weights
    joined = np.hstack([_unit(student), _unit(_static(words))])
    return joined.astype(np.float32) / np.float32(2**0.5)


def _static(texts: Sequence[Sequence[str]]) -> np.ndarray:
    """Sum the vectors of the pieces of each text's words; shape (len(texts), 256).

    A word is cut into pieces once, however often it occurs: most of a text's cost otherwise.
    """
    pieces = [list(chain.from_iterable(map(_pieces, words))) for words in texts]
    pointer = np.append(0, np.cumsum([len(found) for found in pieces]))
    column = np.fromiter(chain.from_iterable(pieces), np.int32, pointer[-1])
    weights = _model().embedding
    ones = np.ones(len(column), np.float32)
    return sparse.csr_matrix((ones, column, pointer), (len(texts), len(weights))) @ weights


def _read(text: str) -> str:
    return normalise(text[: 2 * _LONGEST])[:_LONGEST]


def _words(text: str) -> list[str]:
    """Words and emoji; of a text without any, its digits and signs."""
    return tokens(text) or text.split()


@lru_cache(1 << 17)
def _pieces(word: str) -> tuple[int, ...]:
    found = _model().tokenizer.encode(word, add_special_tokens=False).ids
    return tuple(i for i in found if i != _SPACE)


def _unit(rows: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 1e-9)


@lru_cache(1)
def _model() -> Any:
    import wordllama

    # its weights lie in the package; without these two arguments it asks the network for them
    folder = Path(wordllama.__file__).parent
    return wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
