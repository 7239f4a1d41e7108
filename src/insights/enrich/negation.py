"""Negation and its scope, in English and Chinese: what a negated word comes to.

"Nothing to complain about", "never disappointed" and 挑不出毛病 hold words of blame and mean
praise; a word list and a sentence vector see the words. `plain` says such a stretch without its
negation ("very good"), so that whatever reads the text after it reads what was meant. A negator
reaches over words that have no side of their own ("had", "any", 任何) to the next one that praises
or blames. Two of them cancel out; one that governs a remedy ("cannot fix the problem") turns
nothing; and beside "could" or "never so" a comparison stands as it is ("could not be happier").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

__all__ = ["EITHER", "doubtful", "plain", "sections"]

EITHER = 2  # of `doubtful`: either side may be meant

_ENGLISH = {1: "very good", -1: "very bad"}
_CHINESE = {1: "非常满意", -1: "非常不满意"}
_REACH = 9  # words, or parts of a Chinese clause, over which a negator reaches
_VERBS = "do|does|did|is|was|are|were|has|have|had|wo|would|ca|could|sha|should|ai|must|need"
_NEGATOR = re.compile(
    rf"\b(?:(?:{_VERBS})n't|(?:could|can) not|(?:not|never) once|at no (?:point|time)|not|no one"
    r"|no|never|none|nothing|nobody|nor|neither|without|zero|hardly|barely|rarely|seldom|scarcely"
    r"|cannot|lacks?|lacking|free (?:of|from)|stopped|far from|anything but|by no means"
    r"|in no way|yet to|(?:do|ca|did|does|is|was|wo|could|have|has|had)nt)\b"
)
_WORD = re.compile(r"[ ]*([a-z]+(?:'[a-z]+)?)")
_MODAL = re.compile(
    r"(?:can't|cannot|couldn't|never|nothing|rarely|seldom)$|(?:can|could) not$|(?:can|could)nt$"
)
_COMPARES = frozenset(("so", "such", "more", "less", "better", "worse"))
_ENDING = re.compile("(?:过|了|的地方)?")
_STRESS = (
    "(?:(?:一点|丝毫|半点)儿?(?:也|都)?|一[次回](?:也|都)"
    "|完全|根本|几乎|从来|从头到尾都?|至今都?|一直都?|从)?"
)
_ANYBODY = re.compile(
    "nobody|no one|none|neither|(?:not|never) once|at no"
)  # any word may stand between these and what they turn
_AND = re.compile(r",? (?:or|nor|and|/) ?(?:even |too |any )?([a-z]+)\b")
_SHORT = 100  # characters of a text whose negations are looked at one by one
_CLAUSE_END = re.compile(
    r"[,.;:!?，。；：！？\n]|\b(?:but|because|so|until|when|and)\b|但|不过|因为|所以"
)
# what every negator holds: most texts have none and are not looked at further
_MAYBE = re.compile(
    r"n['’]?t\b|\bno|\bne(?:ver|ither)|out\b|zero|seldom|ly\b|cannot|lack|free|stopped|far|but|means|way|yet"
    r"|[不没無无未非别零缺难绝谈算称挑找看想说谁]",
    re.I,
)
_HAN = re.compile(r"[\u3400-\u9fff]")


def plain(text: str) -> str:
    """Say negated stretches without the negation; the rest of the text stays as it is.

    >>> plain("I have nothing to complain about.")
    'I have very good about.'
    """
    folded = text.lower().replace("’", "'")
    if len(folded) != len(text):  # a letter whose small form is longer: positions would shift
        return text
    found = [*_english(folded), *(_chinese(folded) if _HAN.search(folded) else ())]
    for start, end, meaning in sorted(found, reverse=True):
        text = f"{text[:start]}{meaning}{text[end:]}"
    return text


def doubtful(text: str) -> int:
    """Side of the words that a negation of a short text may turn or not; 0 where none is left.

    What `plain` could not say otherwise: the negator stands before a word with a side, in the same
    clause, too far or across words that are not known to let it through. Where a text is a single
    clause and its negator stands before no word with a side at all ("not what I had in mind"), it
    is -1: what is negated cannot be told, and a vector reads a negator as blame. Where a short text
    sets what was expected, feared or claimed against what came ("I was afraid it would leak"), it
    is EITHER: words alone do not say which of the two they tell.
    """
    if len(text) > _SHORT:
        return 0
    folded = plain(text).lower().replace("’", "'")
    if _expectation().search(folded):
        return EITHER
    if not _MAYBE.search(text):
        return 0
    single, bare = len(_CLAUSE_END.split(folded.strip(" .!。！~"))) == 1, 0
    for language, negator in (("en", _NEGATOR), ("zh", _chinese_patterns()[0])):
        if language == "zh" and not _HAN.search(folded):
            continue
        side, _, stop = _words(language)
        word = re.compile(r"[a-z']+") if language == "en" else _chinese_patterns()[2]
        skipped = [match.span() for match in _fixed(language).finditer(folded)]
        for match in negator.finditer(folded):
            if _inside(match.start(), skipped):
                continue
            rest = _CLAUSE_END.split(folded[match.end() :], maxsplit=1)[0]
            for found in word.finditer(rest):
                if found.group() in stop:
                    break
                if found.group() in side:
                    return side[found.group()]
            else:
                bare = -1
    decided = any(verdict in folded for verdict in (*_ENGLISH.values(), *_CHINESE.values()))
    return bare if single and not decided else 0


def sections(name: str) -> dict[str, list[str]]:
    """Lines of a list of this package by section."""
    table: dict[str, list[str]] = {}
    for line in resources.files("insights.enrich").joinpath(name).read_text("utf-8").splitlines():
        if line.startswith("["):
            lines = table.setdefault(line.strip("[]"), [])
        elif line.strip() and not line.startswith("#"):
            lines.append(line)
    return table


@cache
def _words(language: str) -> tuple[dict[str, int], frozenset[str], frozenset[str]]:
    """Words with a side (1 or -1); words a negator reaches over; words that stop it."""
    listed = {
        name: frozenset(" ".join(lines).split())
        for name, lines in sections(f"negation_{language}.txt").items()
    }
    side: dict[str, int] = {}
    if language == "en":
        for word, weight in SentimentIntensityAnalyzer().lexicon.items():
            if abs(weight) >= 1 and word.isalpha() and word not in listed["neither"]:
                side[word] = 1 if weight > 0 else -1
    else:
        for name, lines in sections("polarity_zh.txt").items():
            kind = name.split()[0]
            for word in " ".join(lines).split() if kind in ("positive", "negative") else ():
                if len(word) > 1 and word not in listed["neither"]:
                    side[word] = 1 if kind == "positive" else -1
    side |= dict.fromkeys(listed["blame"], -1) | dict.fromkeys(listed["praise"], 1)
    stop = listed.get("remedies", frozenset())
    return {w: s for w, s in side.items() if w not in stop}, listed["fillers"], stop


@cache
def _fixed(language: str) -> re.Pattern:
    """Set phrases, in one pattern with a group a section."""
    table = sections(f"negation_{language}.txt")
    return re.compile(
        "|".join(f"(?P<{name}>{'|'.join(table[name])})" for name in ("good", "bad", "skip"))
    )


@cache
def _expectation() -> re.Pattern:
    """Words that set an expectation, fear or claim against what came."""
    listed = (sections(f"negation_{language}.txt")["expectation"] for language in ("en", "zh"))
    return re.compile("|".join(line for lines in listed for line in lines))


def _phrases(folded: str, language: str, say: dict[int, str]) -> tuple[list, list]:
    """Set phrases that stand for praise or blame, and stretches that are taken by any."""
    found, taken = [], []
    for match in _fixed(language).finditer(folded):
        taken.append(match.span())
        if match.lastgroup != "skip":
            found.append((*match.span(), say[1 if match.lastgroup == "good" else -1]))
    return found, taken


def _inside(at: int, taken: list) -> bool:
    return any(start <= at < end for start, end in taken)


def _english(folded: str) -> Iterator[tuple[int, int, str]]:
    if not (_NEGATOR.search(folded) or _fixed("en").search(folded)):
        return
    found, taken = _phrases(folded, "en", _ENGLISH)
    yield from found
    side, fillers, stop = _words("en")
    until = 0
    for match in _NEGATOR.finditer(folded):
        if match.start() < until or _inside(match.start(), taken):
            continue
        turns, at, compared, modal = 1, match.end(), False, bool(_MODAL.match(match.group()))
        ends = match.group()
        modal |= folded[: match.start()].endswith(("could ", "can ", "would "))
        for _ in range(_REACH):
            word = _WORD.match(folded, at)
            if not word or _inside(word.start(1), taken):
                break
            name, at = word[1], word.end()
            again = _NEGATOR.match(folded, word.start(1))
            if ends in ("no", "not") and name in ("longer",):
                continue
            modal |= name in ("could", "can")
            if again and (ends, again.group()) == ("neither", "nor"):
                continue
            if again and again.group() != "no":
                turns, at = turns + 1, again.end()
                modal |= bool(_MODAL.match(again.group()))
            elif name == "less":
                turns, compared = turns + 1, True
            elif value := side.get(name) or _higher(name, side) or _inflected(name, side):
                compared |= name in _COMPARES or name.endswith("er")
                turned = value * (-1) ** (turns - (compared and modal))
                until = _joined(folded, at, side, value)
                yield match.start(), until, _ENGLISH[turned]
                break
            elif name in _COMPARES:
                compared = True
            elif name in stop or (name not in fillers and not _ANYBODY.match(ends)):
                break


def _higher(name: str, side: dict[str, int]) -> int:
    """Side of a comparative such as 'smoother' by its positive; 0 where it is none."""
    if not name.endswith("er"):
        return 0
    stems = (name[:-2], name[:-1], f"{name[:-3]}y", name[:-3])
    return next((side[stem] for stem in stems if stem in side and len(stem) > 2), 0)


def _inflected(name: str, side: dict[str, int]) -> int:
    """Side of a word such as 'smelled' by its stem; 0 where that has none."""
    for ending in ("ing", "ed", "es", "s"):
        stem = name.removesuffix(ending)
        if stem != name and len(stem) > 3:
            return next((side[word] for word in (stem, f"{stem}e") if word in side), 0)
    return 0


def _joined(folded: str, at: int, side: dict[str, int], same: int) -> int:
    """Where a list of words of one side ends: "rude or unhelpful"."""
    while more := _AND.match(folded, at):
        if side.get(more[1]) != same:
            break
        at = more.end()
    return at


def _chinese(folded: str) -> Iterator[tuple[int, int, str]]:
    found, taken = _phrases(folded, "zh", _CHINESE)
    yield from found
    side, _, _ = _words("zh")
    negator, part, word = _chinese_patterns()
    until = 0
    for match in negator.finditer(folded):
        if match.start() < until or _inside(match.start(), taken):
            continue
        turns, at = 0, match.start()
        for _ in range(_REACH):
            if _inside(at, taken):
                break
            whole, again = word.match(folded, at), negator.match(folded, at)
            if whole and (not again or len(whole.group()) > len(again.group())):
                until = _ENDING.match(folded, whole.end()).end()  # type: ignore[union-attr]
                sign = side[whole.group()] * (-1) ** turns
                # "不方便" and "不错" say themselves what they come to, "没问题" does not
                if turns or (sign > 0 and whole.group()[0] != "不"):
                    yield match.start(), until, _CHINESE[sign]
                break
            step = again or part.match(folded, at)
            if not step:
                break
            turns, at = turns + bool(again), step.end()


@cache
def _chinese_patterns() -> tuple[re.Pattern, re.Pattern, re.Pattern]:
    """Negators, words they reach over, and words with a side; the longest first."""
    side, fillers, _ = _words("zh")
    negators = " ".join(sections("negation_zh.txt")["negators"]).split()

    def any_of(words: object) -> re.Pattern:
        return re.compile("|".join(sorted(map(re.escape, words), key=lambda w: (-len(w), w))))  # type: ignore[call-overload]

    negator = re.compile(f"{_STRESS}(?:{any_of(negators).pattern})")
    return negator, any_of(fillers), any_of(side)
