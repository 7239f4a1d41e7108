"""Keywords and labels of topics: words that set a topic apart, said once, in its languages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
from scipy import sparse

from insights.analyses.topics.coherence import Cooccurrence
from insights.analyses.topics.grammar import CAPITALISED, NEGATIONS
from insights.analyses.topics.phrases import Phrase
from insights.analyses.topics.support import Support
from insights.enrich.words import is_emoji, is_han, simplified, stem, stop_words, tokens

__all__ = ["BOTH", "candidates", "distinct", "keywords", "named", "topic_terms"]

BOTH = 0.15  # share of the smaller script from which a topic is named in both
_CANDIDATES = 40
_RELEVANCE = 0.7  # λ of maximal marginal relevance
_LEAST = 0.04  # share of a topic's texts that its label must speak for
_WIDE = 0.3  # share from which one phrase is enough
_RIVAL = 0.2  # score of a longer phrase, against that of one word, from which it is taken
_SECOND = 0.5  # the same for a second phrase beside the first
_NEW = 0.6  # share of the second phrase's texts that the first does not speak for
_TESTED = 40  # phrases of a topic that are tested for one that enough records hold
_FOREIGN = 0.5  # share of records in other languages from which a topic is named for that
_JOINING = frozenset({"and", "or", "和", "与", "及"})
_CASED = 0.6  # share of a word's uses in capitals from which they belong to it


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
        repeats = [i for i, said in enumerate(chosen) if _same(terms[best], said)]
        if not repeats:
            chosen.append(terms[best])
            redundancy = np.maximum(redundancy, cosine[best])
        elif len(repeats) == 1 and _widens(terms[best], chosen[repeats[0]]):
            chosen[repeats[0]] = terms[best]  # 'customer service' says more than 'service'
    return chosen


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
    return any(stem(x) == stem(y) for x in a.split() for y in b.split())


def named(
    latin: Sequence[Sequence[Phrase]],
    han: Sequence[Sequence[Phrase]],
    words: Sequence[Sequence[str]],
    *,
    han_share: Sequence[float],
    originals: Sequence[Sequence[str]],
    support: Support | None = None,
    foreign_share: Sequence[float] = (),
) -> list[str]:
    """Write the label of each topic: 'Sync fails after update / 更新后同步失败'.

    A label that fewer than a tenth of the topic's records hold gives way to a phrase that more
    hold, and where there is none to 'Mixed' with the words that they do hold.

    Parameters
    ----------
    latin, han
        Phrases of each topic in the two scripts, best first.
    words
        Keywords of each topic, for where no phrase speaks for enough of its texts.
    han_share
        Share of each topic's records in Chinese. The main language comes first, the other is
        added from 15 % of the records.
    originals
        Texts of each topic as written, for capitals and traditional characters.
    support
        What the records of each topic hold; without it no label is tested.
    foreign_share
        Share of each topic's records in languages other than these two, who are named for that.
    """
    labels: list[str] = []
    taken: set[str] = set()
    for k, share in enumerate(han_share):
        scripts = [(share, True, han[k]), (1 - share, False, latin[k])]
        parts: list[str] = []
        for spoken, chinese, phrases in sorted(scripts, key=lambda script: -script[0]):
            if spoken < BOTH:
                continue
            mine = [word for word in words[k] if is_han(word) == chinese]
            true = partial(support.true, k, chinese=chinese) if support else None
            part = _part(phrases, mine, taken, chinese=chinese, true=true)
            if not part and support:
                said = support.words(k, chinese=chinese)
                part = "" if parts and not said else _mixed(said, chinese=chinese)
            if foreign_share and foreign_share[k] >= _FOREIGN and not chinese and mine:
                part = "other languages: " + ", ".join(mine[:3])
            if part:
                taken.add(part)
                parts.append(_as_written(part, originals[k]))
        label = " / ".join(parts) or " ".join(words[k][:3]) or "(no telling word)"
        labels.append(distinct(label, words[k], labels))
    return labels


def _part(
    phrases: Sequence[Phrase],
    words: Sequence[str],
    taken: set[str],
    *,
    chinese: bool,
    true: Callable[[str], bool] | None,
) -> str:
    """Choose what stands for a topic in one language, unless another topic has it already.

    `true` says whether the topic's records in that language hold a label; nothing is returned
    where they hold no phrase.
    """
    able = [p for p in phrases if p.coverage >= _LEAST and p.text not in taken]
    if not able:
        return _mixed(words[:2], chinese=chinese) if words and not true else ""
    first = _title(able, chinese=chinese)
    if true is None or true(first):
        return first
    held = [p for p in able[:_TESTED] if true(p.text)]
    return _title(held, chinese=chinese) if held else ""


def _mixed(words: Sequence[str], *, chinese: bool) -> str:
    """Say that a topic has no title, and what its records hold."""
    lead = "混合：" if chinese else "mixed: "
    if not words:
        return lead + ("无共同词" if chinese else "no word is common")
    return lead + ("、" if chinese else ", ").join(words)


def _title(able: Sequence[Phrase], *, chinese: bool) -> str:
    """Join a second phrase to the best one where that speaks for few texts."""
    first = able[0]
    if len(first.words) == 1 and (not chinese or len(first.text) < 3):
        longer = (p for p in able if p.stems > first.stems and p.score >= _RIVAL * first.score)
        first = next(longer, first)
    if first.coverage >= _WIDE:
        return first.text
    limit = 10 if chinese else 5
    for other in able:
        new = len(other.texts - first.texts)
        if _JOINING & {*first.words, *other.words}:
            continue
        said = (first.stems & other.stems) or first.text.replace(" ", "") in other.text
        if said or other.score < _SECOND * first.score or NEGATIONS & (first.stems | other.stems):
            continue
        fits = _length(first, chinese=chinese) + 1 + _length(other, chinese=chinese) <= limit
        # another side of the topic, not another word for the same
        if fits and new >= _NEW * max(len(other.texts), len(first.texts)):
            pair = sorted((first, other), key=lambda phrase: -phrase.coverage)
            return ("、" if chinese else " and ").join(phrase.text for phrase in pair)
    return first.text


def _length(phrase: Phrase, *, chinese: bool) -> int:
    return len(phrase.text) if chinese else len(phrase.words)


def distinct(label: str, words: Sequence[str], labels: Sequence[str]) -> str:
    """Add the word that tells this topic from one of the same label, at last a number."""
    if label not in labels:
        return label
    tries = [f"{label} ({word})" for word in words if word.lower() not in label.lower()]
    tries += [f"{label} ({number})" for number in range(2, len(labels) + 3)]
    return next(found for found in tries if found not in labels)


def _as_written(part: str, originals: Sequence[str]) -> str:
    """Give back the capitals of names, and traditional characters where most people write them."""
    if is_han(part):
        plain = [simplified(text) for text in originals]
        spelt = Counter(
            text[at : at + len(part)]
            for text, folded in zip(originals, plain, strict=True)
            if (at := folded.find(part)) >= 0
        )
        return min(spelt, key=lambda form: (-spelt[form], form)) if spelt else part
    joined = "\n".join(originals)
    cased = " ".join(_cased(word, joined) for word in part.split(" "))
    return cased[:1].upper() + cased[1:]


def _cased(word: str, joined: str) -> str:
    if word in CAPITALISED:
        return word.capitalize()
    # a word that opens a sentence, or stands in a shouted one, says nothing about itself
    within = re.findall(rf"(?<=[a-z,] )\b({re.escape(word)})\b", joined, flags=re.IGNORECASE)
    forms = Counter(within)
    if not forms:
        return word
    best = min(forms, key=lambda form: (-forms[form], form))
    return best if forms[best] >= _CASED * len(within) else word
