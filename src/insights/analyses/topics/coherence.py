"""How well the words of a topic go together, and how little topics share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from scipy import sparse

from insights.enrich.words import is_han

__all__ = ["Cooccurrence", "chance_coherence", "npmi", "topic_diversity"]

DEALS = 60  # random deals of the texts


@dataclass(frozen=True, eq=False)
class Cooccurrence:
    """In how many texts two terms occur together.

    Attributes
    ----------
    place
        Row of each term in `joint`.
    joint
        Shape (terms, terms): texts that hold both; the diagonal holds the uses of each term.
    texts
        Number of texts counted.
    used
        Shape (texts, terms): 1 where a text holds a term.
    """

    place: Mapping[str, int]
    joint: sparse.csr_matrix
    texts: int
    used: sparse.csr_matrix

    @classmethod
    def of(
        cls, texts: Iterable[str], terms: Iterable[str], analyse: Callable[[str], list[str]]
    ) -> Cooccurrence:
        """Count `terms` in texts, each once a text; `analyse` splits a text into terms."""
        place = {term: i for i, term in enumerate(sorted(set(terms)))}
        columns: list[int] = []
        starts = [0]
        for text in texts:
            columns += sorted({place[term] for term in analyse(text) if term in place})
            starts.append(len(columns))
        shape = (len(starts) - 1, len(place))
        data = np.ones(len(columns), np.int32)
        used = sparse.csr_matrix((data, columns, starts), shape=shape)
        return cls(place, (used.T @ used).tocsr(), shape[0], used)

    def counts(self, terms: Sequence[str]) -> np.ndarray:
        """Return the joint counts of some terms; shape (len(terms), len(terms))."""
        rows = [self.place[term] for term in terms]
        return self.joint[rows][:, rows].toarray()

    def cosine(self, terms: Sequence[str]) -> np.ndarray:
        """Return the cosine between uses over texts; shape (len(terms), len(terms))."""
        counts = self.counts(terms).astype(float)
        length = np.sqrt(np.diag(counts))
        scale = np.outer(length, length)
        return np.divide(counts, scale, out=np.zeros_like(counts), where=scale > 0)

    def coherence(self, groups: Sequence[Sequence[str]]) -> float:
        """Return the mean NPMI over pairs of terms within each group; NaN without a pair.

        A topic that is spoken in two languages has a group for each: a word and its translation
        are rarely in one text, and that says nothing against the topic.
        """
        pairs = [
            npmi(self.counts(group), self.texts)[np.triu_indices(len(group), 1)]
            for group in groups
            if len(group) > 1
        ]
        return float(np.concatenate(pairs).mean()) if pairs else float("nan")


def chance_coherence(
    met: Cooccurrence,
    topics: Sequence[Sequence[Sequence[str]]],
    of_texts: np.ndarray,
    *,
    rng: np.random.Generator,
) -> float:
    """Return the coherence that topics without meaning reach: 95 % quantile of their median.

    The texts are dealt out anew to topics of the same sizes, and each topic takes as many of the
    words, within each script, as it has: those it uses more than the other topics, by c-TF-IDF.
    Words that are chosen so occur together more often than others do, in any deal. NaN with fewer
    than two topics to deal to.

    Parameters
    ----------
    topics
        Words of each topic, a group for each script, as for `Cooccurrence.coherence`.
    of_texts
        Shape (texts,): topic of each text that was counted, or -1.
    """
    groups = [[(len(g), is_han(g[0])) for g in topic if len(g) > 1] for topic in topics]
    if sum(bool(topic) for topic in groups) < 2:
        return float("nan")
    terms = sorted(met.place, key=met.place.__getitem__)
    scores = npmi(met.joint.toarray(), met.texts)
    han = np.array([is_han(term) for term in terms])
    single = np.array([" " not in term and not _joined(term, met.place) for term in terms])
    able = {script: single & (han == script) for script in (False, True)}
    uses = np.maximum(np.asarray(met.used.sum(axis=0)).ravel(), 1)
    medians = []
    for _ in range(DEALS):
        dealt = rng.permutation(of_texts)
        rows = np.flatnonzero(dealt >= 0)
        shape = (len(groups), met.texts)
        member = sparse.csr_matrix((np.ones(len(rows)), (dealt[rows], rows)), shape=shape)
        count = (member @ met.used).toarray()
        length = np.maximum(count.sum(axis=1, keepdims=True), 1)
        weight = np.sqrt(count / length) * np.log1p(length.mean() / uses)
        found = [
            _dealt(row, topic, able, scores) for row, topic in zip(weight, groups, strict=True)
        ]
        medians.append(np.nanmedian(found))
    return float(np.quantile(medians, 0.95))


def _dealt(
    weight: np.ndarray,
    groups: Sequence[tuple[int, bool]],
    able: Mapping[bool, np.ndarray],
    scores: np.ndarray,
) -> float:
    """Mean NPMI of the heaviest words, so many of each script."""
    pairs = []
    for size, script in groups:
        heaviest = np.argsort(-np.where(able[script], weight, -1.0), kind="stable")
        chosen = heaviest[: min(size, int(able[script].sum()))]
        pairs.append(scores[np.ix_(chosen, chosen)][np.triu_indices(len(chosen), 1)])
    every = np.concatenate(pairs) if pairs else np.zeros(0)
    return float(every.mean()) if len(every) else float("nan")


def _joined(term: str, terms: Mapping[str, int]) -> bool:
    """Whether a Chinese term is two others put together."""
    if not is_han(term):
        return False
    return any(term[:at] in terms and term[at:] in terms for at in range(1, len(term)))


def npmi(joint: np.ndarray, texts: int) -> np.ndarray:
    """Normalised pointwise mutual information of pairs of words; between -1 and 1.

    ln(p(x,y) / (p(x) p(y))) / -ln p(x,y), with p the share of texts that hold a word or both: 1
    for words that only occur together, 0 for independent ones, -1 for words never together. Where
    both are in every text the limit, 1, is taken.

    Parameters
    ----------
    joint
        Shape (words, words): texts that hold both; the diagonal holds the uses of each word.
    texts
        Number of texts.

    Notes
    -----
    Bouma 2009, "Normalized (pointwise) mutual information in collocation extraction"; over whole
    texts as in Röder, Both, Hinneburg 2015, doi 10.1145/2684822.2685324, without smoothing.
    """
    share = np.asarray(joint, float) / max(texts, 1)
    alone = np.diag(share)
    found = np.full(share.shape, -1.0)
    seen = (share > 0) & (share < 1)
    expected = np.outer(alone, alone)
    found[seen] = np.log(share[seen] / expected[seen]) / -np.log(share[seen])
    found[share >= 1] = 1.0
    return found


def topic_diversity(words: Sequence[Sequence[str]]) -> float:
    """Share of different words among the keywords of all topics; 1 when none is shared.

    Dieng, Ruiz, Blei 2020, doi 10.1162/tacl_a_00325 (there of the top 25 words).
    """
    every = list(chain.from_iterable(words))
    return len(set(every)) / len(every) if every else float("nan")
