"""Phrases that people use of a topic, mined in their own word order.

A candidate is a run of words within one clause that neither begins nor ends with a function word.
Candidates with the same content words ("card has not arrived", "card not arrived") are one phrase,
known by its stems. A phrase is scored by *coverage* (share of the topic's texts with a sentence
that holds all its stems, in any order), *specificity* (the log of how much larger that is than in
the other topics, as in c-TF-IDF) and *shape* (how much it reads like a title).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import numpy as np

from insights.enrich.words import is_emoji, is_han, normalise, stem, stop_words, tokens

__all__ = [
    "CAPITALISED",
    "DROPPED",
    "LISTS",
    "NEGATIONS",
    "SAMPLE",
    "Phrase",
    "complete",
    "content",
    "mine_phrases",
    "shape",
    "word_stem",
]

NEGATIONS = frozenset({"not"})
SAMPLE = 200  # texts of a topic that are read for its phrases
_READ = 400  # characters of a text that are read
_SENTENCE = re.compile(r"[.!?;。！？；\n]+")
_CLAUSE = re.compile(r"[,，、:：()\[\]\"“”‘~|/…—\d]+|\s[-–]\s|(?<=[\u4e00-\u9fff])\s+")
_LONGEST = 7  # words of a candidate, function words included
_CANDIDATES = 150  # phrases of a topic that are scored
_SIZE = {1: 0.35, 2: 1.0, 3: 1.1, 4: 0.9}  # weight by content words
_CUT = 0.4  # weight of a wording that one word follows in
_ALWAYS = 0.75  # of its uses, when there are
_SEEN = 3  # or more
_FLOOR = 0.005  # coverage elsewhere below which a phrase is no more specific


def _lists() -> dict[str, frozenset[str]]:
    path = resources.files("insights.enrich") / "grammar.txt"
    lists: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            lists[line.strip("[]")] = []
        elif line and not line.startswith("#"):
            lists[list(lists)[-1]] += line.split()
    return {name: frozenset(words) for name, words in lists.items()}


LISTS = _lists()
CAPITALISED = LISTS["capitalised"]
DROPPED = LISTS["dropped"]


@cache
def content(word: str) -> bool:
    """Whether the word says something by itself, or negates."""
    if word in LISTS["negative"] or word in LISTS["telling"]:
        return True
    if not is_han(word) and len(word) < 2:
        return False
    bare = word.replace("'", "")
    if word in LISTS["empty"]:
        return False
    return word not in stop_words() and bare not in stop_words() and word not in DROPPED


@cache
def word_stem(word: str) -> str:
    """Return what forms of one word share; negations are one word."""
    return "not" if word in LISTS["negative"] else word if is_han(word) else stem(word)


def complete(words: Sequence[str], i: int, j: int) -> bool:
    """Whether `words[i:j]` can stand alone: it waits for nothing before or after."""
    first, last = words[i], words[j - 1]
    if last in LISTS["open"] or last in LISTS["negative"] or first in LISTS["late"]:
        return False
    contents = [word for word in words[i:j] if content(word) and word not in LISTS["negative"]]
    if all(word in LISTS["telling"] for word in contents):
        return False
    title = [word for word in words[i:j] if word not in DROPPED]
    if is_han(first):
        return 2 <= sum(map(len, title)) <= 10
    return len(title) <= 6


def shape(words: Sequence[str]) -> float:
    """Weight of a wording by how much it reads like a title, about 1."""
    weight = 1.0
    if is_han(words[0]):
        length = sum(map(len, words))
        weight *= 0.7 if length < 3 else 1.0 if length <= 6 else 0.8
        weight *= 0.8 ** sum(word in ("的", "地", "得", "了", "着", "过") for word in words)
        weight *= 0.5 ** sum(word in LISTS["pointing"] for word in words)
    else:
        weight *= {1: 0.8, 5: 0.85, 6: 0.7}.get(len(words), 1.0)
        weight *= 0.8 ** sum(word in ("and", "or") for word in words)
        weight *= 0.4 ** sum(word in LISTS["persons"] for word in words)
        weight *= 0.6 ** sum(word in LISTS["asking"] for word in words)
        weight *= 0.8 ** sum(word in LISTS["wordy"] for word in words)
        if words[-1].endswith("ly"):
            weight *= 0.6
    if words[0] in LISTS["negative"]:
        weight *= 1.1
    return weight


@dataclass(frozen=True)
class Phrase:
    """A phrase of a topic.

    Attributes
    ----------
    words
        As most often said.
    stems
        As counted; 'not' stands for every negation.
    score
        Coverage times specificity times shape.
    coverage
        Share of the topic's texts that say it.
    texts
        Numbers of the sampled texts of the topic that say it.
    """

    words: tuple[str, ...]
    stems: frozenset[str]
    score: float
    coverage: float
    texts: frozenset[int]

    @property
    def text(self) -> str:
        """The words as they are written: without spaces in Chinese."""
        return ("" if is_han(self.words[0]) else " ").join(self.words)


@dataclass
class _SentenceIndex:
    """Sentences of the sampled texts: their text, their topic, and where each stem occurs."""

    text: list[int] = field(default_factory=list)  # of each sentence
    topic: list[int] = field(default_factory=list)  # of each text
    where: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    after: dict[tuple[int, tuple[str, ...]], Counter] = field(
        default_factory=lambda: defaultdict(Counter)  # of a topic's wording: the word after it
    )

    def texts(self, stems: frozenset[str]) -> set[int]:
        """Texts with a sentence that holds all stems."""
        found = sorted((self.where[stem] for stem in stems), key=len)
        return {self.text[i] for i in set.intersection(*found)}


def mine_phrases(
    texts: Sequence[str],
    topics: np.ndarray,
    count: int,
    *,
    han: bool,
    tokenise: Callable[[str], list[str]] = tokens,
) -> list[list[Phrase]]:
    """Return the phrases of each topic in one script, best first.

    Parameters
    ----------
    texts
        Distinct texts, sorted; those without the script add nothing.
    topics
        Shape (len(texts),): 0 … count-1, or -1.
    han
        Whether Chinese phrases are mined; else those in other scripts.
    """
    index = _SentenceIndex()
    wordings: list[dict[frozenset[str], Counter]] = [defaultdict(Counter) for _ in range(count)]
    sizes = np.zeros(count, int)
    for k in range(count):
        sample = [texts[i] for i in np.flatnonzero(topics == k).tolist() if is_han(texts[i]) == han]
        if len(sample) > SAMPLE:
            even = np.linspace(0, len(sample) - 1, SAMPLE).astype(int)
            sample = [sample[i] for i in even.tolist()]
        sizes[k] = len(sample)
        for text in sample:
            _read(text, k, index, wordings[k], han=han, tokenise=tokenise)
    return [_ranked(k, wordings[k], index, sizes) for k in range(count)]


def _read(
    text: str,
    topic: int,
    index: _SentenceIndex,
    wordings: dict[frozenset[str], Counter],
    *,
    han: bool,
    tokenise: Callable[[str], list[str]],
) -> None:
    number = len(index.topic)
    index.topic.append(topic)
    found: set[tuple[frozenset[str], tuple[str, ...], str]] = set()
    for sentence in _SENTENCE.split(normalise(text)[:_READ]):
        place = len(index.text)
        index.text.append(number)
        for clause in _CLAUSE.split(sentence):
            for words in _runs(tokenise(clause), han=han):
                stems = [word_stem(word) if content(word) else "" for word in words]
                for root in filter(None, stems):
                    index.where[root].add(place)
                found |= set(_candidates(words, stems))
    for _, words_of, following in found:
        index.after[topic, words_of][following] += 1
    for stems_of, words_of in {(stems, words) for stems, words, _ in found}:
        wordings[stems_of][words_of] += 1


def _runs(words: Sequence[str], *, han: bool) -> list[list[str]]:
    """Cut a clause where the script changes or an emoji stands."""
    runs: list[list[str]] = [[]]
    for word in words:
        if is_han(word) == han and not is_emoji(word):
            runs[-1].append(word)
        elif runs[-1]:
            runs.append([])
    return runs


def _candidates(words: list[str], stems: list[str]):
    for i in range(len(words)):
        if not stems[i]:
            continue
        for j in range(i + 1, min(i + _LONGEST, len(words)) + 1):
            if not stems[j - 1]:
                continue
            if not complete(words, i, j):
                continue
            wording = tuple(word for word in words[i:j] if word not in DROPPED)
            found = frozenset(stem for stem in stems[i:j] if stem)
            if found and len(found) <= max(_SIZE) and not found <= NEGATIONS:
                following = words[j] if j < len(words) and words[j] not in DROPPED else ""
                yield found, wording, following


def _ranked(
    topic: int, wordings: dict[frozenset[str], Counter], index: _SentenceIndex, sizes: np.ndarray
) -> list[Phrase]:
    if not sizes[topic]:
        return []
    uses = {stems: sum(of.values()) for stems, of in wordings.items()}
    least = 2 if sizes[topic] >= 20 else 1
    often = sorted((-n, sorted(stems)) for stems, n in uses.items() if n >= least)
    keys = [frozenset(stems) for _, stems in often[:_CANDIDATES]]
    found = []
    for stems in keys:
        texts = index.texts(stems - NEGATIONS)
        of_topic = [index.topic[i] for i in texts]
        coverage = np.bincount(of_topic, minlength=len(sizes)) / np.maximum(sizes, 1)
        elsewhere = np.delete(coverage, topic)
        other = (elsewhere.mean() + elsewhere.max()) / 2 if len(elsewhere) else 0.0
        lift = np.log((coverage[topic] + _FLOOR) / (other + _FLOOR))
        weight = {
            words: shape(words) * _ended(index.after[topic, words]) for words in wordings[stems]
        }
        words = min(weight, key=lambda words: (-wordings[stems][words] * weight[words], words))
        fit = weight[words]
        alone = uses[stems] / (uses[stems] + uses.get(stems ^ NEGATIONS, 0))
        # said as one, rather than only in one sentence
        whole = uses[stems] / (coverage[topic] * sizes[topic])
        longer = max((uses[other] for other in keys if stems < other), default=0)
        cut = max(0.0, 1 - longer / uses[stems])  # nested in one longer phrase (C-value)
        fit *= alone * min(whole, 1.0) ** 0.5 * cut**0.5
        score = coverage[topic] * lift * _SIZE[len(stems)] * fit
        if score > 0:
            own = frozenset(i for i in texts if index.topic[i] == topic)
            share = float(coverage[topic] * alone)
            found.append(Phrase(words, stems, float(score), share, own))
    return sorted(found, key=lambda phrase: (-phrase.score, phrase.words))


def _ended(after: Counter) -> float:
    """Weight of a wording by whether one word nearly always follows: then it is cut short."""
    total = sum(after.values())
    most = max((n for word, n in after.items() if word), default=0)
    return _CUT if total >= _SEEN and most >= _ALWAYS * total else 1.0
