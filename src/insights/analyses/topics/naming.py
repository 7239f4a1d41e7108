"""Keywords and labels of topics: words that set a topic apart, said once, in its languages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from insights.enrich.words import is_han, shown, stop_words, tokens

__all__ = ["keywords", "label", "topic_terms"]

_CANDIDATES = 40
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "er", "ed", "es", "s", "y", "e")


def topic_terms(text: str) -> list[str]:
    """Return the words and pairs of adjacent words in `text` that can name a topic."""
    stops = stop_words()
    terms: list[str] = []
    before = ""
    for word in tokens(text):
        useful = len(word) > 1 and word not in stops and word.replace("'", "") not in stops
        if useful:
            terms.append(word)
            if before and is_han(before) == is_han(word) and before != word:
                terms.append(f"{before}{word}" if is_han(word) else f"{before} {word}")
        before = word if useful else ""
    return terms or tokens(text) or [text.strip()[:20]]


def keywords(
    weights: sparse.csr_matrix,
    terms: Sequence[str],
    *,
    minor_share: Sequence[float],
    count: int = 8,
) -> list[tuple[str, ...]]:
    """Choose the words of each topic by weight, passing over what has been said already.

    Parameters
    ----------
    weights
        Shape (topics, terms): c-TF-IDF.
    minor_share
        Share of each topic's records in the less used of its two scripts. From .15 up both
        scripts get half of the places; else the words are those of the main script first.
    """
    chosen = []
    for row, minor in zip(range(weights.shape[0]), minor_share, strict=True):
        line = weights.getrow(row)
        order = np.lexsort((line.indices, -line.data))
        ranked = [str(terms[line.indices[i]]) for i in order if line.data[i] > 0]
        if minor < 0.15:
            chosen.append(_distinct(ranked[:_CANDIDATES], count))
            continue
        latin = [term for term in ranked if not is_han(term)][:_CANDIDATES]
        han = [term for term in ranked if is_han(term)][:_CANDIDATES]
        chosen.append(_distinct(latin, count // 2) + _distinct(han, count // 2))
    return chosen


def label(words: Sequence[str], *, each: int = 3) -> str:
    """Write a label such as 'sync · update · fails / 同步 · 更新 · 失败'."""
    latin = [word for word in words if not is_han(word)][:each]
    han = [word for word in words if is_han(word)][:each]
    return shown(latin + han) or "(no telling word)"


def _distinct(ranked: Sequence[str], count: int) -> tuple[str, ...]:
    chosen: list[str] = []
    for term in ranked:
        if len(chosen) == count:
            break
        repeats = [i for i, said in enumerate(chosen) if _same(term, said)]
        if not repeats:
            chosen.append(term)
        elif len(repeats) == 1 and _widens(term, chosen[repeats[0]]):
            chosen[repeats[0]] = term  # 'customer service' says more than 'service'
    return tuple(chosen)


def _widens(term: str, said: str) -> bool:
    if is_han(term):
        return said in term and len(said) < len(term) <= 5
    return " " in term and " " not in said and said in term.split()


def _same(a: str, b: str) -> bool:
    """Whether two terms share a word stem, or most of their Chinese characters."""
    if is_han(a) != is_han(b):
        return False
    if is_han(a):
        shared = len(set(a) & set(b))
        return shared / min(len(set(a)), len(set(b))) > 0.5
    return any(_stem(x) == _stem(y) for x in a.split() for y in b.split())


def _stem(word: str) -> str:
    """Cut usual endings off an English word, twice: 'delayed' and 'delays' become 'del'."""
    for _ in range(2):
        fitting = (e for e in _ENDINGS if word.endswith(e) and len(word) - len(e) >= 3)
        word = word.removesuffix(next(fitting, ""))
    return word
