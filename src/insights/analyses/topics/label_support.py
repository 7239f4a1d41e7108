"""Whether a label is true of a topic: the share of its records that hold the label's words.

A text is read clause by clause. A word within the scope of a negation is denied, any other is
affirmed: the scope runs from the negation over the function words that follow it and the content
words after those, up to the next function word ("not a good *place* to eat": 'good' and 'place').
A record holds a phrase when it affirms every content word that the phrase affirms and denies every
one that the phrase denies, in any order, forms of one word alike. It holds a label when it holds
one of its phrases. A label is true of a topic when a tenth of its records hold it, also half of
those that hold its words without their sign ('best app' is not true where most who write of the app
do not call it the best), and no word tells of three times as many records.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from insights.analyses.topics.phrases import LISTS, content, word_stem
from insights.enrich.words import is_emoji, is_han, normalise, tokens

__all__ = ["LEAST_SUPPORT", "Statement", "Support", "phrases_of", "read"]

LEAST_SUPPORT = 0.1  # share of a topic's records below which a label is not true of it
_READ = 2_000  # different texts of a topic that are read, evenly over their order
_SPELT = 400  # of them that are asked how a word is written
_LONGEST = 3_000  # characters of a text that are read
_CLAUSE = re.compile(r"[.!?;:,()\[\]\n。！？；：，、（）…]+|\s[-–—]+\s|(?<=[\u4e00-\u9fff])\s+")
_DENYING = frozenset({"nothing", "none", "neither", "nor", "hardly", "barely", "ain't", "aint"})
_DENYING_HAN = frozenset(
    {"不太", "不够", "并不", "并没", "并没有", "不怎么", "毫无", "从不", "从未"}
)
_NOT_DENYING = frozenset(
    {"不错", "不仅", "不但", "不过", "不愧", "不止", "不锈钢", "无论", "无线", "没错", "未来"}
)
_HAN_NOT = ("不", "没", "无", "未")
_ONLY = frozenset({"only", "just", "仅", "只是", "只"})
_WAIT = 4  # function words between a negation and what it denies
_SCOPE = 3  # content words that one negation denies
_SIGNED = 0.5  # share of the records with a label's words that say it with the same sign
_MANY = 0.3  # share of the records from which a word leads,
_FEWER = 3  # and that a label may fall short of by this factor
_WORDS = 2  # of a label without a phrase
_LIFT = 0.005  # share elsewhere below which a word is no more telling
_ENOUGH = 0.05  # share from which a word is one that the topic holds
_JOINED = re.compile(r" and | or |[、,，;/&]| {2,}")
_LEAD = re.compile(r"^(?:mixed|other languages|混合)\s*[:：]\s*", re.IGNORECASE)
_NOTHING = re.compile("no word is common|无共同词")
_DISTINCTION = re.compile(r"\s\([^()]*\)$")  # what `distinct` adds


@dataclass(frozen=True)
class Statement:
    """What a text says: stems it affirms, stems it denies, and Chinese as it runs."""

    affirmed: frozenset[str]
    denied: frozenset[str]
    affirmed_han: str = ""
    denied_han: str = ""

    def holds(self, phrase: Statement) -> bool:
        """Whether the text says what the phrase says."""
        return all(
            _within(word, self.affirmed, self.affirmed_han) for word in phrase.affirmed
        ) and (all(_within(word, self.denied, self.denied_han) for word in phrase.denied))

    def speaks_of(self, phrase: Statement) -> bool:
        """Whether the text affirms or denies what the phrase affirms."""
        return all(
            _within(word, self.affirmed, self.affirmed_han)
            or _within(word, self.denied, self.denied_han)
            for word in phrase.affirmed
        )


def _within(word: str, words: frozenset[str], run: str) -> bool:
    if word in words or not is_han(word):
        return word in words
    if len(word) == 4 and word not in run:  # two words that jieba takes as one
        return all(_within(half, words, run) for half in (word[:2], word[2:]))
    return len(word) > 1 and word in run


def read(text: str, *, tokenise: Callable[[str], list[str]] = tokens) -> Statement:
    """Say which content words a text affirms and which it denies."""
    affirmed: set[str] = set()
    denied: set[str] = set()
    runs: dict[bool, list[str]] = {True: [], False: []}
    for clause in _CLAUSE.split(normalise(text[:_LONGEST])):
        for word, denies in _scoped(tokenise(clause)):
            if _prefixed(word) and not denies:
                word, denies = word[1:], True
                runs[True].append("|")
            if is_han(word):
                runs[not denies].append(word)
            if denies or telling(word):
                (denied if denies else affirmed).add(word_stem(word))
        runs[True].append("|")
        runs[False].append("|")
    return Statement(
        frozenset(affirmed), frozenset(denied), "".join(runs[True]), "".join(runs[False])
    )


def _scoped(words: Sequence[str]) -> list[tuple[str, bool]]:
    """Words of one clause but its negations, each with whether a negation reaches it."""
    found = []
    waiting = reached = -1  # function words since a negation, content words it denied; -1: none
    for place, word in enumerate(words):
        if _denies(word):
            only = place + 1 < len(words) and words[place + 1] in _ONLY
            waiting, reached = (-1, -1) if only else (0, 0)
            found.append(("|", False)) if is_han(word) else None
            continue
        if waiting >= 0 and not telling(word):
            waiting = -1 if reached or waiting >= _WAIT else waiting + 1
        found.append((word, waiting >= 0 and telling(word)))
        if waiting >= 0 and telling(word):
            reached += 1
            waiting = -1 if reached >= _SCOPE else waiting
    return found


@cache
def _denies(word: str) -> bool:
    if word in LISTS["negative"] or word in _DENYING or word in _DENYING_HAN:
        return True
    return word.endswith("n't")


@cache
def _prefixed(word: str) -> bool:
    """Whether a Chinese word is a negation and what it denies: 不好."""
    return len(word) > 1 and word.startswith(_HAN_NOT) and word not in _NOT_DENYING


@cache
def telling(word: str) -> bool:
    """Whether the word says something, praise and blame among it."""
    return content(word) or word in LISTS["judging"] or is_emoji(word)


@cache
def _naming(word: str) -> bool:
    """Whether the word may stand alone for what a topic holds."""
    if word in LISTS["judging"]:
        return True
    return is_emoji(word) or (content(word) and word not in LISTS["telling"])


def phrases_of(label: str, *, tokenise: Callable[[str], list[str]] = tokens) -> list[Statement]:
    """Return what a label says, phrase by phrase; those without a content word are left out."""
    bare = _LEAD.sub("", _DISTINCTION.sub("", label))
    found = []
    for part in bare.split(" / "):
        if _NOTHING.search(part):
            continue
        for phrase in _JOINED.split(_LEAD.sub("", part)):
            reading = read(phrase, tokenise=tokenise)
            if reading.affirmed or reading.denied:
                found.append(reading)
    return found


def _unsigned(phrase: Statement) -> Statement:
    """What a phrase speaks of, whether it affirms or denies it; without praise and blame."""
    return Statement(
        frozenset(word for word in phrase.affirmed | phrase.denied if word not in _judging()),
        frozenset(),
    )


@cache
def _judging() -> frozenset[str]:
    return frozenset(word_stem(word) for word in LISTS["judging"])


class Support:
    """What the records of each topic say.

    Parameters
    ----------
    texts
        Distinct texts as written.
    topics
        Shape (len(texts),): 0 … count-1, or -1.
    uses
        Shape (len(texts),): records of each text.
    """

    def __init__(
        self,
        texts: Sequence[str],
        topics: np.ndarray,
        count: int,
        *,
        uses: np.ndarray | None = None,
        tokenise: Callable[[str], list[str]] = tokens,
    ) -> None:
        self._tokenise = tokenise
        self._statements: list[list[Statement]] = []
        self._weights: list[np.ndarray] = []
        self._han: list[np.ndarray] = []
        self._forms: list[dict[str, str]] = []  # of each topic: stem to its usual form
        weight = np.ones(len(texts)) if uses is None else np.asarray(uses, float)
        for k in range(count):
            rows = np.flatnonzero(topics == k)
            if len(rows) > _READ:
                rows = rows[np.linspace(0, len(rows) - 1, _READ).astype(int)]
            sample = [texts[i] for i in rows.tolist()]
            self._statements.append([read(text, tokenise=tokenise) for text in sample])
            self._weights.append(weight[rows])
            self._han.append(np.array([is_han(text) for text in sample], bool))
            self._forms.append(self._spelt(sample[:_SPELT]))
        self._shares = [
            {chinese: self._word_shares(k, chinese=chinese) for chinese in (False, True)}
            for k in range(count)
        ]

    def share(self, topic: int, label: str, *, chinese: bool | None = None) -> float:
        """Share of the topic's records that hold the label; NaN when it has no content word.

        Parameters
        ----------
        chinese
            Count only the records with, or without, Chinese characters.
        """
        phrases = phrases_of(label, tokenise=self._tokenise)
        if not phrases:
            return float("nan")
        return self._share(topic, chinese, lambda text: any(text.holds(one) for one in phrases))

    def true(self, topic: int, label: str, *, chinese: bool | None = None) -> bool:
        """Whether enough of the topic's records say the label with its sign to be named so."""
        share = self.share(topic, label, chinese=chinese)
        phrases = [_unsigned(one) for one in phrases_of(label, tokenise=self._tokenise)]
        if not share >= max(LEAST_SUPPORT, self._leading(topic, chinese=chinese) / _FEWER):
            return False
        if not all(one.affirmed for one in phrases):  # a label of praise or blame alone
            return True
        speaking = self._share(
            topic, chinese, lambda text: any(text.speaks_of(one) for one in phrases)
        )
        return share >= _SIGNED * speaking

    def _share(
        self, topic: int, chinese: bool | None, wanted: Callable[[Statement], bool]
    ) -> float:
        """Share of the records, of one script or of both, whose text is wanted."""
        weight = self._weights[topic]
        if chinese is not None:
            weight = weight * (self._han[topic] == chinese)
        if not weight.sum():
            return float("nan")
        flags = np.array([wanted(text) for text in self._statements[topic]], float)
        return float(weight @ flags / weight.sum())

    def words(self, topic: int, *, chinese: bool, count: int = _WORDS) -> list[str]:
        """Return the words that most tell what the topic's records of one script do hold.

        Ranked by the share of records that affirm the word times the log of how much larger that
        is than in the other topics, as phrases are.
        """
        return [self._forms[topic][word] for word in self._ranked(topic, chinese)[:count]]

    def _leading(self, topic: int, *, chinese: bool | None) -> float:
        """Share of the records that affirm the most telling word, 0 where that is not many."""
        script = bool(self._han[topic].mean() > 0.5) if chinese is None else chinese
        first = self._ranked(topic, script)[:1]
        share = self._shares[topic][script][first[0]] if first else 0.0
        return share if share >= _MANY else 0.0

    def _ranked(self, topic: int, chinese: bool) -> list[str]:
        own = self._shares[topic][chinese]
        others = [shares[chinese] for k, shares in enumerate(self._shares) if k != topic]
        score = {}
        for word, share in own.items():
            if share >= _ENOUGH and word in self._forms[topic]:
                elsewhere = [shares.get(word, 0.0) for shares in others] or [0.0]
                usual = (np.mean(elsewhere) + np.max(elsewhere)) / 2
                score[word] = share * np.log((share + _LIFT) / (usual + _LIFT))
        ranked = sorted(score, key=lambda word: (-score[word], word))
        ranked = [word for word in ranked if not is_emoji(word)] or ranked
        above = [word for word in ranked if score[word] > 0]
        if not above:
            above = sorted(ranked, key=lambda word: (-own[word], word))
        return above

    def _word_shares(self, topic: int, *, chinese: bool) -> dict[str, float]:
        weight = self._weights[topic] * (self._han[topic] == chinese)
        total = weight.sum()
        shares: Counter[str] = Counter()
        for reading, one in zip(self._statements[topic], weight.tolist(), strict=True):
            if one:
                for word in reading.affirmed:
                    shares[word] += one / total
        return {word: share for word, share in shares.items() if is_han(word) == chinese}

    def _spelt(self, texts: Sequence[str]) -> dict[str, str]:
        """Return the most frequent form of each stem that may stand for a topic."""
        forms: dict[str, Counter[str]] = {}
        for text in texts:
            for word in self._tokenise(text[:_LONGEST]):
                if _naming(word):
                    forms.setdefault(word_stem(word), Counter())[word] += 1
        usual = {}
        for root, of in forms.items():
            most = max(of.values())
            usual[root] = min(form for form, n in of.items() if n == most)
        return usual
