"""What stands beside each topic in words: keywords, label, and how well they hold together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from insights.analyses.topics.coherence import Cooccurrence, chance_coherence, topic_diversity
from insights.analyses.topics.naming import candidates, keywords, named, topic_terms
from insights.analyses.topics.phrases import mine
from insights.analyses.topics.support import Support
from insights.enrich.words import is_han, tokens

__all__ = ["Wording", "word_topics"]

_COUNTED = 10_000  # texts in which words are counted together
_TOP = 10  # words of a topic, and of a script, whose coherence is measured
_WRITTEN = 200  # texts of a topic that are asked how a word is written


@dataclass(frozen=True, eq=False)
class Wording:
    """Words of each topic, in the order of its number."""

    labels: list[str]
    keywords: list[tuple[str, ...]]
    coherence: np.ndarray
    diversity: float
    chance_coherence: float
    support: Support


def word_topics(
    texts: Sequence[str],
    topics: np.ndarray,
    *,
    weights: sparse.csr_matrix,
    terms: Sequence[str],
    han_share: np.ndarray,
    foreign_share: np.ndarray | None = None,
    uses: np.ndarray | None = None,
    tokenise: Callable[[str], list[str]] = tokens,
) -> Wording:
    """Choose the words of topics from their texts.

    Parameters
    ----------
    texts
        Distinct texts as written, in a fixed order.
    topics
        Shape (len(texts),): 0 … k-1, or -1.
    weights
        Shape (k, len(terms)): c-TF-IDF.
    han_share
        Shape (k,): share of each topic's records in Chinese, mixed ones as half.
    foreign_share
        Shape (k,): share in languages other than English and Chinese.
    uses
        Shape (len(texts),): records of each text; one each by default.
    """
    count = weights.shape[0]
    minor = np.minimum(han_share, 1 - han_share)
    able = candidates(weights, terms, minor_share=minor)
    chosen = np.unique(np.linspace(0, len(texts) - 1, min(len(texts), _COUNTED)).astype(int))
    met = Cooccurrence.of(
        (texts[i] for i in chosen),
        (term for topic in able for script in topic for term in script),
        lambda text: topic_terms(text, tokenise=tokenise),
    )
    words = keywords(able, met)
    top = [[_top_words(script) for script in topic] for topic in able]
    latin, han = (mine(texts, topics, count, han=one, tokenise=tokenise) for one in (False, True))
    support = Support(texts, topics, count, uses=uses, tokenise=tokenise)
    rows = [np.flatnonzero(topics == k)[:_WRITTEN] for k in range(count)]
    return Wording(
        labels=named(
            latin,
            han,
            words,
            han_share=han_share.tolist(),
            originals=[[texts[i] for i in part] for part in rows],
            support=support,
            foreign_share=() if foreign_share is None else foreign_share.tolist(),
        ),
        keywords=words,
        coherence=np.array([met.coherence(scripts) for scripts in top]),
        diversity=topic_diversity([script for scripts in top for script in scripts]),
        chance_coherence=chance_coherence(met, top, topics[chosen], rng=np.random.default_rng(0)),
        support=support,
    )


def _top_words(weights: Mapping[str, float]) -> list[str]:
    """Return the heaviest single words: a pair of words always meets its own parts."""
    spaced = (term for term in weights if " " not in term)
    parts = {a + b for a in weights for b in weights if is_han(a) and is_han(b)}
    return [term for term in spaced if term not in parts][:_TOP]
