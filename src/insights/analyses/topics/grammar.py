"""A little grammar of English and Chinese: which runs of words can stand as a title."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources

from insights.enrich.words import is_han, stem, stop_words

__all__ = [
    "CAPITALISED",
    "DROPPED",
    "LISTS",
    "NEGATIONS",
    "complete",
    "content",
    "shape",
    "word_stem",
]


def _lists() -> dict[str, frozenset[str]]:
    path = resources.files("insights.analyses.topics") / "grammar.txt"
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
NEGATIONS = frozenset({"not"})


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
    told = [word for word in words[i:j] if content(word) and word not in LISTS["negative"]]
    if all(word in LISTS["telling"] for word in told):
        return False
    kept = [word for word in words[i:j] if word not in DROPPED]
    if is_han(first):
        return 2 <= sum(map(len, kept)) <= 10
    return len(kept) <= 6


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
