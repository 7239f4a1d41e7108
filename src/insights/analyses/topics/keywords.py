"""Keywords of topics: words that set a topic apart, said once, and how well they go together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from scipy import sparse

from insights.enrich.words import is_emoji, is_han, stem, stop_words, tokens

__all__ = [
    "BOTH",
    "Cooccurrence",
    "candidates",
    "chance_coherence",
    "keywords",
    "npmi",
    "topic_diversity",
    "topic_terms",
]

BOTH = 0.15  # share of the smaller script from which a topic is named in both
_CANDIDATES = 40
_RELEVANCE = 0.7  # λ of maximal marginal relevance
DEALS = 60  # random deals of the texts


def topic_terms(text: str, *, tokenise: Callable[[str], list[str]] = tokens) -> list[str]:
    """Return the words and pairs of adjacent words in `text` that can name a topic.

    Emoji and single letters name it only where there is no word.
    """
    stops = stop_words()
    terms: list[str] = []
    before = ""
    found = tokenise(text)
    for word in found:
        useful = len(word) > 1 and word not in stops and word.replace("'", "") not in stops
        useful = useful and not is_emoji(word)
        if useful:
            terms.append(word)
            if before and is_han(before) == is_han(word) and before != word:
                terms.append(f"{before}{word}" if is_han(word) else f"{before} {word}")
        before = word if useful else ""
    return terms or found or [text.strip()[:20]]


def candidates(
    weights: sparse.csr_matrix, terms: Sequence[str], *, minor_share: Sequence[float] | np.ndarray
) -> list[list[dict[str, float]]]:
    """Return the terms of each topic with their weight over its largest, heaviest first.

    Parameters
    ----------
    weights
        Shape (topics, terms): c-TF-IDF.
    minor_share
        Share of each topic's records in the less used of its two scripts. From .15 up each
        script has terms of its own; else there is one list for both.
    """
    found = []
    for row, minor in zip(range(weights.shape[0]), minor_share, strict=True):
        line = weights.getrow(row)
        order = np.lexsort((line.indices, -line.data))
        top = line.data.max(initial=1e-12)
        all_terms = {
            str(terms[line.indices[i]]): float(line.data[i] / top)
            for i in order
            if line.data[i] > 0
        }
        words = {term: w for term, w in all_terms.items() if not is_emoji(term)} or all_terms
        latin = [term for term in words if not is_han(term)]
        han = [term for term in words if is_han(term)]
        scripts = [latin, han] if minor >= BOTH and latin and han else [list(words)]
        found.append([{term: words[term] for term in part[:_CANDIDATES]} for part in scripts])
    return found


def keywords(
    able: Sequence[Sequence[Mapping[str, float]]], met: Cooccurrence, *, count: int = 8
) -> list[tuple[str, ...]]:
    """Choose the words of each topic by maximal marginal relevance (Carbonell, Goldstein 1998).

    The next word maximises λ·relevance - (1 - λ)·redundancy, λ = .7: relevance is the c-TF-IDF
    weight over the topic's largest, redundancy the largest cosine, over texts, with a word already
    chosen. A word that repeats the stem or most characters of a chosen one is passed over, or
    widens it ('customer service' takes the place of 'service').
    Source: doi 10.1145/290941.291025.

    Parameters
    ----------
    able
        What `candidates` returned; scripts share the places equally.
    met
        Where the candidates occur together.
    """
    return [
        tuple(word for script in topic for word in _marginal(script, met, count // len(topic)))
        for topic in able
    ]


def _marginal(ranked: Mapping[str, float], met: Cooccurrence, count: int) -> list[str]:
    """Choose up to `count` of the ranked terms, said once each."""
    terms = list(ranked)
    relevance = np.array([ranked[term] for term in terms])
    cosine = met.cosine(terms)
    redundancy = np.zeros(len(terms))
    open_ = np.ones(len(terms), bool)
    chosen: list[str] = []
    while open_.any() and len(chosen) < count:
        gain = _RELEVANCE * relevance - (1 - _RELEVANCE) * redundancy
        best = int(np.argmax(np.where(open_, gain, -np.inf)))
        open_[best] = False
        repeats = [i for i, other in enumerate(chosen) if _same(terms[best], other)]
        if not repeats:
            chosen.append(terms[best])
            redundancy = np.maximum(redundancy, cosine[best])
        elif len(repeats) == 1 and _widens(terms[best], chosen[repeats[0]]):
            chosen[repeats[0]] = terms[best]  # 'customer service' says more than 'service'
    return chosen


def _widens(term: str, other: str) -> bool:
    if is_han(term):
        return other in term and len(other) < len(term) <= 5
    return " " in term and " " not in other and other in term.split()


def _same(a: str, b: str) -> bool:
    """Whether two terms share a word stem, or most of their Chinese characters."""
    if is_han(a) != is_han(b):
        return False
    if is_han(a):
        shared = len(set(a) & set(b))
        return shared / min(len(set(a)), len(set(b))) > 0.5
    return any(stem(x) == stem(y) for x in a.split() for y in b.split())


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
