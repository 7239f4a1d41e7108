"""Polarity by word lists: what can be said of a text before anybody has rated one.

English is scored by VADER (Hutto and Gilbert 2014, doi 10.1609/icwsm.v8i1.14550) with words of
customer feedback added (`polarity_en.txt`), Chinese by a list of our own (`polarity_zh.txt`) with
negation and degree inside each clause. Both give a score from -1 to 1. The scores order texts; they
are no probabilities.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from insights.enrich.negation import plain, vader

__all__ = [
    "EXPECTED",
    "Clause",
    "Expected",
    "clauses",
    "lexicon_probabilities",
    "lexicon_scores",
    "script",
]

_LONGEST = 3_000  # characters of a text that are read: bounds the time one text can take
_NEAR = 5  # characters between a negator or degree word and the word it governs
_NEGATED = -0.75  # a negated word counts the other way, and less (VADER's factor is -0.74)
_DEGREE = {"strong": 1.4, "weak": 0.7}
_SPREAD = 4.0  # sum / sqrt(sum^2 + spread): three plain words give .83
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LATIN = re.compile(r"[^\W\d_]")
_BREAK = re.compile(
    r"[。！？；，!?;\n…~～]+|,(?=\s|[\u4e00-\u9fff])|\.(?=\s|$)"
    r"|\b(?:but|however|although|though|yet|while|except)\b"
    r"|但是|但|不过|可是|然而|就是(?!说)|虽然|只是|而且|另外",
    re.I,
)


@dataclass(frozen=True)
class Expected:
    """How well the lexicon told good from bad on public, labelled sets of one language."""

    language: str
    auc_low: float
    auc_high: float
    sets: str


# measured by the script described in docs/methods/sentiment.md
EXPECTED: dict[str, Expected] = {
    "en": Expected("English", 0.83, 0.92, "five sets of reviews and tweets"),
    "zh": Expected("Chinese", 0.90, 0.94, "four sets of reviews"),
}


@dataclass(frozen=True)
class Clause:
    """A part of a text between breaks; `start` and `end` are positions in the text."""

    start: int
    end: int
    text: str


def script(text: str) -> str:
    """Return 'zh', 'en', 'mixed' or 'unknown' by script; one Han character counts two letters."""
    han = len(_HAN.findall(text))
    latin = len(_LATIN.findall(text)) - han
    if han + latin == 0:
        return "unknown"
    share = 2 * han / (2 * han + latin)
    return "zh" if share > 0.8 else "en" if share < 0.2 else "mixed"


def clauses(text: str) -> list[Clause]:
    """Cut a text at punctuation and at words that turn it, such as 'but' and '但是'."""
    found, start = [], 0
    for mark in [*_BREAK.finditer(text), None]:
        end = mark.start() if mark else len(text)
        part = text[start:end]
        if part.strip():
            lead = len(part) - len(part.lstrip())
            found.append(Clause(start + lead, start + len(part.rstrip()), part.strip()))
        start = mark.end() if mark else end
    return found


def lexicon_scores(texts: Sequence[str]) -> np.ndarray:
    """Score each text from -1 (bad) to 1 (good); 0 where no listed word occurs. Shape (n,).

    Negated stretches are read as what they come to (`negation.plain`).
    """
    return np.array([_score(plain(str(text)[:_LONGEST])) for text in texts], float)


def lexicon_probabilities(scores: np.ndarray) -> np.ndarray:
    """Turn scores into shares of negative, neutral and positive; shape (n, 3), rows sum to 1.

    An ordered logistic with fixed, uncalibrated cuts: a score of 0 is most likely neutral.
    """
    negative = 1 / (1 + np.exp((scores + 0.3) / 0.2))
    positive = 1 / (1 + np.exp((0.3 - scores) / 0.2))
    return np.column_stack([negative, 1 - negative - positive, positive])


def _score(text: str) -> float:
    kind = script(text)
    if kind == "zh":
        return _chinese(text)
    english = vader().polarity_scores(text)["compound"] if text.strip() else 0.0
    if kind == "unknown":  # emoji stand in both lists
        return english or _chinese(text)
    if kind == "mixed":
        chinese = _chinese(text)
        return (english + chinese) / 2 if english and chinese else english or chinese
    return english


def _chinese(text: str) -> float:
    folded = unicodedata.normalize("NFKC", text).lower()
    total = sum(_clause(part) for part in _STOP.split(folded) if part)
    return float(total / np.sqrt(total**2 + _SPREAD))


_STOP = re.compile(r"[\s。!?;,.、:…~\n]+|但是|但|不过|可是|然而")


def _clause(part: str) -> float:
    """Sum the words of one clause, each turned by the negators and degrees just before it."""
    table, pattern = _lexicon()
    total, pending, strength = 0.0, [], 1.0
    matches = list(pattern.finditer(part))
    for index, match in enumerate(matches):
        kind, weight = table[match.group()]
        if kind == "neutral":
            continue
        follower = matches[index + 1] if index + 1 < len(matches) else None
        if match.group() == "好" and _governs(match, follower, table):
            pending.append((match.end(), "strong"))
            continue
        if kind != "word":
            pending.append((match.end(), kind))
            continue
        near = [what for end, what in pending if match.start() - end <= _NEAR]
        strength = float(np.prod([_DEGREE[what] for what in near if what in _DEGREE]))
        turns = sum(what == "negator" for what in near)
        total += weight * strength * (_NEGATED if turns % 2 else 1.0)
        pending = []
    return total


def _governs(match: re.Match, follower: re.Match | None, table: dict) -> bool:
    """Whether '好' is the degree word of what follows at once, as in '好难吃'."""
    return (
        follower is not None
        and follower.start() == match.end()
        and table[follower.group()][0] == "word"
    )


@cache
def _lexicon() -> tuple[dict[str, tuple[str, float]], re.Pattern]:
    """Read the list: word to (kind, weight), and a pattern that prefers the longest entry."""
    path = resources.files("insights.enrich").joinpath("polarity_zh.txt")
    table: dict[str, tuple[str, float]] = {}
    kind, weight = "word", 1.0
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        if line.startswith("["):
            name, _, amount = line.strip("[]").partition(" ")
            signed = float(amount or 0) * (-1 if name == "negative" else 1)
            kind, weight = ("word", signed) if amount else (name, 0.0)
            continue
        for word in line.split():
            table.setdefault(word, (kind, weight))
    ordered = sorted(table, key=lambda word: (-len(word), word))
    return table, re.compile("|".join(re.escape(word) for word in ordered))
