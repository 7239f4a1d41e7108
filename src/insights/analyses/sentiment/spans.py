"""Which aspects a message names, and the stretch of text that speaks of each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise

import pandas as pd

from insights.enrich.intent import intent
from insights.enrich.lexicon import clauses
from insights.errors import ParamsError

__all__ = ["Span", "Terms", "mentioned", "spans", "terms", "topic_terms"]

LONGEST = 3_000  # characters of a text that are read
_LATIN = re.compile("[a-z]+")
_RUNS_ON = re.compile(r"^[\s,，、]*$")  # what stands between two clauses of one thought
_GREETING = re.compile(
    r"^(?:dear|hi|hello|hey|(?:kind |best |warm )?regards|greetings|cheers|thanks)\b[\w ]{0,40}$"
    r"|^(?:亲爱的)?[\u4e00-\u9fff]{0,4}(?:你好|您好|在吗)$"
)


class Terms:
    """What words and phrases stand for, found in a clause in one pass.

    A Latin word or phrase counts at word borders, with its plural, `*` standing for any ending; a
    Chinese one anywhere.

    Parameters
    ----------
    listed
        What is named, and the words that name it.
    """

    def __init__(self, listed: Iterable[tuple[Hashable, Iterable[str]]]) -> None:
        self.words: dict[str, set] = {}
        stems: dict[str, set] = {}
        phrases: dict[Hashable, list[str]] = {}
        for name, written in listed:
            for word in filter(None, (w.strip().lower() for w in written)):
                if _LATIN.fullmatch(word):
                    for form in (word, f"{word}s", f"{word}es"):
                        self.words.setdefault(form, set()).add(name)
                elif _LATIN.fullmatch(word.removesuffix("*")):
                    stems.setdefault(word[:-1], set()).add(name)
                else:
                    phrases.setdefault(name, []).append(word)
        self.stems = sorted(stems.items())
        self.starts = tuple(sorted(stems))
        self.phrases = [(name, _pattern(words)) for name, words in phrases.items()]
        self.phrase = _pattern([word for words in phrases.values() for word in words])

    def find(self, folded: str) -> set:
        """Return what the words of a clause in lower case stand for."""
        found: set = set()
        for word in set(_LATIN.findall(folded)):
            found |= self.words.get(word, set())
            if word.startswith(self.starts):
                for stem, names in self.stems:
                    if word.startswith(stem):
                        found |= names
        if self.phrase.search(folded):
            found |= {name for name, pattern in self.phrases if pattern.search(folded)}
        return found


def _pattern(words: Sequence[str]) -> re.Pattern:
    latin = [re.escape(word).replace(r"\*", "[a-z]*") for word in words if word.isascii()]
    parts = [rf"(?<![a-z])(?:{'|'.join(latin)})(?:s|es)?(?![a-z])"] if latin else []
    parts += [re.escape(word) for word in words if not word.isascii()]
    return re.compile("|".join(parts) or r"(?!)")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text that names aspects.

    Attributes
    ----------
    text, scored
        As written, and with the mark that ends it.
    aspects
        What it names, sorted.
    turned
        Whether a turning word stands before it.
    intent
        'statement', 'request' or 'question'.
    """

    text: str
    scored: str
    aspects: tuple[str, ...]
    turned: bool
    intent: str


def spans(text: str, named: Terms, topical: Terms | None = None) -> list[Span]:
    """Cut a text into stretches, each of which names at least one aspect.

    Clauses end at punctuation and at turning words. A clause that names nothing belongs to its
    neighbour before it, else after it, when no more than a comma stands between them: "it is
    freezing, the heating is off" is one stretch. `topical` is asked where `named` finds nothing.
    """
    read = text[:LONGEST]
    parts = [
        (c.start, c.end, mentioned(c.text, named) or _topics(c.text, topical))
        for c in clauses(read)
    ]
    if not any(found for *_, found in parts):
        return []
    runs_on = [bool(_RUNS_ON.match(read[a[1] : b[0]])) for a, b in pairwise(parts)]
    joined: list[tuple[int, int, list[str], bool]] = []
    for i, (start, end, found) in enumerate(parts):
        if i and runs_on[i - 1] and joined and (not found or not joined[-1][2]):
            first, _, before, turned = joined[-1]
            joined[-1] = (first, end, before or found, turned)
        else:
            turned = bool(i) and not runs_on[i - 1] and _turns(read[parts[i - 1][1] : start])
            joined.append((start, end, found, turned))
    return [
        Span(
            read[start:end],
            read[start : end + 1],
            tuple(found),
            turned,
            intent(read[start : end + 1]),
        )
        for start, end, found, turned in joined
        if found
    ]


def mentioned(clause: str, named: Terms) -> list[str]:
    """Return the aspects that a clause names, sorted; a greeting ("Dear support") names none."""
    folded = clause.strip().lower()
    return [] if _GREETING.search(folded) else sorted(named.find(folded))


def _topics(clause: str, topical: Terms | None) -> list[str]:
    """The topic most of whose keywords a clause names, if that is two at least."""
    if topical is None:
        return []
    counts = Counter((label, number) for label, number, _ in topical.find(clause.lower()))
    best = min(((-count, *topic) for topic, count in counts.items()), default=(0, "", 0))
    return [best[1]] if best[0] <= -2 else []


def topic_terms(topics: pd.DataFrame | None) -> Terms | None:
    """Keywords of each topic that has two; they stand for (label, which topic, which keyword)."""
    if topics is None:
        return None
    found: list[tuple[Hashable, list[str]]] = []
    for number, (label, keywords) in enumerate(
        zip(topics["label"], topics["keywords"], strict=True)
    ):
        words = re.split("[,，、;]", keywords) if isinstance(keywords, str) else list(keywords)
        listed = [str(word).replace(":", " ") for word in words if str(word).strip()]
        if len(listed) >= 2:
            found += [((str(label), number, k), w.split(",")) for k, w in enumerate(listed)]
    return Terms(found)


def _turns(between: str) -> bool:
    return bool(re.search(r"[a-z一-鿿]", between.lower()))


def terms(own: str, *, shipped: bool) -> Terms:
    """Aspects to look for; one of the study's own takes the place of a shipped one of its name.

    Raises
    ------
    ParamsError
        `own` is not written as 'name: word, word; name: word'.
    """
    words = _own(own)
    named = {name for name, _ in words}
    rest = [item for item in _shipped() if item[0] not in named] if shipped else []
    return Terms([*rest, *words])


@cache
def _shipped() -> list[tuple[str, list[str]]]:
    """Read the list of aspects that comes with the package."""
    path = resources.files("insights.analyses.sentiment").joinpath("aspects.txt")
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_listed(line) for line in lines if line.strip() and not line.startswith("#")]


def _own(written: str) -> list[tuple[str, list[str]]]:
    parts = [part for part in re.split("[;；]", written) if part.strip()]
    for part in parts:
        name, _, words = part.replace("：", ":").partition(":")
        if not name.strip() or not words.strip(" ,，"):
            raise ParamsError(
                f"sentiment: 'aspect_words' holds {part.strip()!r}; write each aspect as "
                "'name: word, word' and part aspects by ';'."
            )
    return [_listed(part.replace("：", ":").replace("，", ",")) for part in parts]


def _listed(line: str) -> tuple[str, list[str]]:
    name, _, words = line.partition(":")
    return name.strip(), words.split(",")
