"""Which aspects a message names, and the stretch of text that speaks of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise

import pandas as pd

from insights.enrich.intent import intent
from insights.enrich.lexicon import clauses
from insights.errors import ParamsError

__all__ = ["Span", "mentioned", "spans", "terms", "topic_terms"]

LONGEST = 3_000  # characters of a text that are read
Terms = tuple[tuple[str, re.Pattern], ...]
Topical = tuple[tuple[str, tuple[re.Pattern, ...]], ...]  # a topic and its keywords

_RUNS_ON = re.compile(r"^[\s,，、]*$")  # what stands between two clauses of one thought
_GREETING = re.compile(
    r"^(?:dear|hi|hello|hey|(?:kind |best |warm )?regards|greetings|cheers|thanks)\b[\w ]{0,40}$"
    r"|^(?:亲爱的)?[\u4e00-\u9fff]{0,4}(?:你好|您好|在吗)$"
)


@dataclass(frozen=True)
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


def spans(text: str, named: Terms, topical: Topical = ()) -> list[Span]:
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
    if _GREETING.search(folded):
        return []
    return sorted({name for name, pattern in named if pattern.search(folded)})


def _topics(clause: str, topical: Topical) -> list[str]:
    """The topic most of whose keywords a clause names, if that is two at least."""
    folded = clause.lower()
    counts = [(-sum(bool(word.search(folded)) for word in words), name) for name, words in topical]
    best = min(counts, default=(0, ""))
    return [best[1]] if best[0] <= -2 else []


def topic_terms(topics: pd.DataFrame | None) -> Topical:
    """Label and keywords of each topic that has two keywords; `keywords` parted by commas."""
    if topics is None:
        return ()
    found = []
    for label, keywords in zip(topics["label"], topics["keywords"], strict=True):
        words = re.split("[,，、;]", keywords) if isinstance(keywords, str) else list(keywords)
        listed = [str(word).replace(":", " ") for word in words if str(word).strip()]
        if len(listed) >= 2:
            found.append((str(label), tuple(p for _, p in _patterns([f"x:{w}" for w in listed]))))
    return tuple(sorted(found, key=lambda item: item[0]))


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
    return tuple(sorted([*rest, *words], key=lambda item: item[0]))


@cache
def _shipped() -> Terms:
    """Read the list of aspects that comes with the package."""
    path = resources.files("insights.analyses.sentiment").joinpath("aspects.txt")
    lines = path.read_text(encoding="utf-8").splitlines()
    return _patterns([line for line in lines if line.strip() and not line.startswith("#")])


def _own(written: str) -> Terms:
    parts = [part for part in re.split("[;；]", written) if part.strip()]
    for part in parts:
        name, _, words = part.replace("：", ":").partition(":")
        if not name.strip() or not words.strip(" ,，"):
            raise ParamsError(
                f"sentiment: 'aspect_words' holds {part.strip()!r}; write each aspect as "
                "'name: word, word' and part aspects by ';'."
            )
    return _patterns([part.replace("：", ":").replace("，", ",") for part in parts])


def _patterns(lines: Sequence[str]) -> Terms:
    """Latin words at word borders (with plural; `*` for any ending), Chinese anywhere."""
    found = []
    for line in lines:
        name, _, words = line.partition(":")
        listed = [word.strip().lower() for word in words.split(",") if word.strip()]
        latin = [re.escape(word).replace(r"\*", "[a-z]*") for word in listed if word.isascii()]
        other = [re.escape(word) for word in listed if not word.isascii()]
        parts = [rf"(?<![a-z])(?:{'|'.join(latin)})(?:s|es)?(?![a-z])"] if latin else []
        found.append((name.strip(), re.compile("|".join(parts + other))))
    return tuple(found)
