"""Negation and its scope, in English and Chinese: what a negated word comes to.

"Nothing to complain about", "never disappointed" and 挑不出毛病 hold words of blame and mean
praise; a word list and a sentence vector see the words. `plain` says such a stretch without its
negation ("very good"), so that whatever reads the text after it reads what was meant. A negator
reaches over words that have no side of their own ("had", "any", 任何) to the next one that praises
or blames, or that names what everybody expects ("arrive") or nobody wants ("queue"). Where no such
word stands in reach, inability, a scalar ("not even", 连…都没) and an unmet promise are blame. Two
negators cancel out; one that governs a remedy ("cannot fix the problem") turns
nothing; and beside "could" or "never so" a comparison stands as it is ("could not be happier").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

__all__ = ["EITHER", "OPEN", "doubtful", "plain", "sections", "vader"]

EITHER = 2  # of `doubtful`: either side may be meant
OPEN = 3  # of `doubtful`: something is denied, so that it is not sure that no side is taken

_ENGLISH = {1: "very good", -1: "very bad"}
_CHINESE = {1: "非常满意", -1: "非常不满意"}
_ALONE = {1: "非常好，非常满意", -1: "非常差，非常不满意"}  # where a text is one clause
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
_THINKS = (
    "觉得",
    "认为",
    "感觉",
    "感到",
)  # what is not thought is denied, whatever it stands behind
_ANY = re.compile(".")
_PHRASE = re.compile(r"[^，。！？；,.!?;\s]{1,8}")
_COMPARES = frozenset(("so", "such", "more", "less", "better", "worse"))
_UNKNOWN = 2  # words without a side that a negator may pass besides
_ASKS = re.compile(
    r"^\W*(?:how|what|which|when|where|who|why|is|are|do|does|did|can|could|will|please)\b|[?？]\s*$"
    r"|吗|怎么办|如何|请问|能否|可否"
)
_SUPPOSED = re.compile(
    r"\b(?:if|unless|whether|why|what if)\b[^,;:]*$|(?:如果|要是|假如|万一)[^，,；;]*$"
)
_ENDING = re.compile("(?:过|了|的地方)?")
_STRESS = (
    "(?:(?:一点|丝毫|半点)儿?(?:也|都)?|一[次回](?:也|都)"
    "|完全|根本|几乎|从来|从头到尾都?|至今都?|一直都?|从)?"
)
_PREPOSED = re.compile(
    "(?:一[点丝]点?儿?|半点儿?|丝毫|任何|一[个处句次件条道些丁]点?|连一?[个点丝句]?)([^，。！？,.!?]{1,8}?)"
    "(?:都|也)(?:还)?(?:没有?|无|未)(?:再?(?:出现|发生|遇到|碰到|遇见|发现|看到|留下|有))?过?了?"
)  # what is denied stands before its negator: 一点架子都没有
_ANYBODY = re.compile(
    "nobody|no one|none|neither|(?:not|never) once|at no"
)  # any word may stand between these and what they turn
_AND = re.compile(r"(?:,? (?:or|nor|and|/))? ?(?:even |too |any )?\b([a-z]+)\b")
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
_PAUSE = re.compile(r"[，。！？；,.!?;\s]")
_MARKS = " ，。！？；,.!?;~～\n"
_HAN = re.compile(r"[\u3400-\u9fff]")


@lru_cache(1 << 14)  # analyses of one study read the same texts
def plain(text: str) -> str:
    """Say negated stretches without the negation; the rest of the text stays as it is.

    >>> plain("I have nothing to complain about.")
    'I have very good about.'
    """
    folded = text.lower().replace("’", "'")
    if len(folded) != len(text):  # a letter whose small form is longer: positions would shift
        return text
    found = list(_english(folded))
    found += _left(folded, "en", _ENGLISH, found)
    if _HAN.search(folded):
        say = _CHINESE if _PAUSE.search(folded.strip(_MARKS)) else _ALONE
        chinese = list(_chinese(folded, say))
        found += chinese
        found += _left(folded, "zh", say, chinese)
    for start, end, meaning in sorted(found, reverse=True):
        text = f"{text[:start]}{meaning}{text[end:]}"
    return text


def doubtful(text: str) -> int:
    """Side of the words that a negation of a short text may turn or not; 0 where none is left.

    What `plain` could not say otherwise: the negator stands before a word with a side, in the same
    clause, too far or across words that are not known to let it through. Where its negator stands
    before no word with a side at all ("not what I had in mind"), a text of a single clause is -1
    and one of several OPEN: what is negated cannot be told, and a vector reads a negator as blame.
    Where a short text sets what was expected, feared or claimed against what came ("I was afraid
    it would leak"), it is EITHER: words alone do not say which of the two they tell, unless what
    came is a negation that was read.
    """
    if len(text) > _SHORT:
        return 0
    folded = plain(text).lower().replace("’", "'")
    came = [folded.rfind(verdict) for verdict in (*_ENGLISH.values(), *_CHINESE.values())]
    if any(match.end() > max(came) for match in _expectation().finditer(folded)):
        return EITHER
    if not _MAYBE.search(text):
        return 0
    for verdict in (*_ENGLISH.values(), *_CHINESE.values()):  # what was read is decided
        folded = folded.replace(verdict, " " * len(verdict))
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
    bare = bare if single or not bare else OPEN
    return bare if max(came) < 0 and not _open_question(folded, 0) else 0


def sections(name: str) -> dict[str, list[str]]:
    """Lines of a list of this package by section."""
    table: dict[str, list[str]] = {}
    for line in resources.files("insights.enrich").joinpath(name).read_text("utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            lines = table.setdefault(line.strip("[]"), [])
        elif line.strip() and not line.startswith("#"):
            lines.append(line)
    return table


@cache
def vader() -> SentimentIntensityAnalyzer:
    """VADER with our own words of customer feedback (`polarity_en.txt`)."""
    found = SentimentIntensityAnalyzer()
    for name, lines in sections("polarity_en.txt").items():
        kind, amount = name.split()
        weight = float(amount) * (-1 if kind == "negative" else 1)
        found.lexicon.update(dict.fromkeys(" ".join(lines).split(), weight))
    return found


@cache
def _words(language: str) -> tuple[dict[str, int], frozenset[str], frozenset[str]]:
    """Words with a side (1 or -1); words a negator reaches over; words that stop it."""
    listed = {
        name: frozenset(" ".join(lines).split())
        for name, lines in sections(f"negation_{language}.txt").items()
    }
    side: dict[str, int] = {}
    if language == "en":
        for word, weight in vader().lexicon.items():
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
        "|".join(f"(?P<{name}>{'|'.join(table[name])})" for name in ("good", "skip", "bad"))
    )


@cache
def _rest(language: str) -> re.Pattern:
    """Negations that say something though no word with a side stands in their reach."""
    table = sections(f"negation_{language}.txt")
    named = (("good", table.get("rest_good", [])), ("bad", table["rest_bad"]))
    return re.compile("|".join(f"(?P<{name}>{'|'.join(lines)})" for name, lines in named if lines))


def _left(folded: str, language: str, say: dict[int, str], found: list) -> Iterator[tuple]:
    """Stretches of `_rest` that none of those found touches, outside questions."""
    if len(folded) * (1 + (language == "zh")) > _SHORT:
        return
    taken = [_whole(folded, match) for match in _fixed(language).finditer(folded)]
    taken += [(start, end) for start, end, _ in found]
    for match in _rest(language).finditer(folded):
        start, end = _whole(folded, match)
        touched = any(a < end and start < b for a, b in taken)
        if language == "zh" and not touched:  # the rest of its clause says more than it does
            clause = _PAUSE.split(folded[:start])[-1] + " " + _PAUSE.split(folded[end:])[0]
            touched = any(len(word) > 1 for word in _chinese_patterns()[2].findall(clause))
        if not touched and not _open_question(folded, start):
            yield start, end, say[1 if match.lastgroup == "good" else -1]


@cache
def _expectation() -> re.Pattern:
    """Words that set an expectation, fear or claim against what came."""
    listed = (sections(f"negation_{language}.txt")["expectation"] for language in ("en", "zh"))
    return re.compile("|".join(line for lines in listed for line in lines))


def _phrases(folded: str, language: str, say: dict[int, str]) -> tuple[list, list]:
    """Set phrases that stand for praise or blame, and stretches that are taken by any."""
    found, taken = [], []
    for match in _fixed(language).finditer(folded):
        span = _whole(folded, match)
        taken.append(span)
        if match.lastgroup != "skip":
            found.append((*span, say[1 if match.lastgroup == "good" else -1]))
    return found, taken


def _whole(folded: str, match: re.Match) -> tuple[int, int]:
    """Positions of a match from the beginning of its first word, as of "n't" that of "don't"."""
    start, end = match.span()
    while (
        start and "a" <= folded[start - 1] <= "z" and "a" <= folded[start + 1 : start + 2] <= "z'"
    ):
        start -= 1
    return start, end


def _inside(at: int, taken: list) -> bool:
    return any(start <= at < end for start, end in taken)


def _open_question(folded: str, at: int) -> bool:
    """Whether a position stands in a question or after "if", where nothing is said to be so."""
    start = max(folded.rfind(mark, 0, at) for mark in ".!?。！？\n") + 1
    end = re.search(r"[.!?。！？\n]|$", folded[at:])
    sentence = folded[start : at + (end.end() if end else 0)]
    return bool(_ASKS.search(sentence) or _SUPPOSED.search(folded[start:at]))


def _english(folded: str) -> Iterator[tuple[int, int, str]]:
    if not (_NEGATOR.search(folded) or _fixed("en").search(folded)):
        return
    found, taken = _phrases(folded, "en", _ENGLISH)
    yield from found
    side, fillers, stop = _words("en")
    phrase = _listed("phrase")  # beyond these no negator reaches that passed an unknown word
    until = 0
    for match in _NEGATOR.finditer(folded):
        if match.start() < until or _inside(match.start(), taken):
            continue
        turns, at, compared, modal = 1, match.end(), False, bool(_MODAL.match(match.group()))
        unknown, last = 0, ""
        ends = match.group()
        modal |= folded[: match.start()].endswith(("could ", "can ", "would "))
        for _ in range(_REACH):
            word = _WORD.match(folded, at)
            if not word or _inside(word.start(1), taken):
                break
            before, last = last, word[1]
            name, at = word[1], word.end()
            again = _NEGATOR.match(folded, word.start(1))
            if ends in ("no", "not") and name in ("longer",):
                continue
            modal |= name in ("could", "can")
            if again and (ends, again.group()) == ("neither", "nor"):
                continue
            if again and before in ("and", "but"):
                break
            if again and again.group() != "no":
                turns, at = turns + 1, again.end()
                modal |= bool(_MODAL.match(again.group()))
            elif name == "less":
                turns, compared = turns + 1, True
            elif value := side.get(name) or _higher(name, side) or _inflected(name):
                comparative = name in _COMPARES or bool(_higher(name, side))
                compared |= comparative
                event = name not in vader().lexicon and not comparative
                if event and _open_question(folded, match.start()):
                    break
                if before == "too" and name not in vader().lexicon:  # too much of what is wanted
                    value = -1
                turned = value * (-1) ** (turns - (compared and modal))
                until = _joined(folded, at, side, value)
                yield match.start(), until, _ENGLISH[turned]
                break
            elif name in _COMPARES:
                compared = True
            elif name in stop or (unknown and name in phrase):
                break
            elif name not in fillers and not _ANYBODY.match(ends):
                unknown += 1
                if unknown > _UNKNOWN:
                    break


def _higher(name: str, side: dict[str, int]) -> int:
    """Side of a comparative such as 'smoother' by its positive; 0 where it is none."""
    if not name.endswith("er") or name in _listed("neither"):
        return 0
    stems = (name[:-2], name[:-1], f"{name[:-3]}y", name[:-3])
    return next((side[stem] for stem in stems if stem in side and len(stem) > 2), 0)


def _inflected(name: str) -> int:
    """Side of a word such as 'smelled' by those listed of the same stem; 0 where none is."""
    stop = _words("en")[2]
    return 0 if name in stop or name in _listed("neither") else _stems().get(_stem(name), 0)


@cache
def _listed(section: str) -> frozenset[str]:
    return frozenset(" ".join(sections("negation_en.txt")[section]).split())


@cache
def _stems() -> dict[str, int]:
    listed = sections("negation_en.txt")
    found = {_stem(word): -1 for word in " ".join(listed["blame"]).split()}
    return found | {_stem(word): 1 for word in " ".join(listed["praise"]).split()}


def _stem(word: str) -> str:
    """Without the ending of a verb or plural: 'dropped', 'drops' and 'dropping' are 'drop'."""
    for ending in ("ing", "ed", "es", "s", "e"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2 and not (ending == "s" and stem.endswith("s")):
            twice = stem[-1] == stem[-2] and stem[-1] not in "ls" and ending in ("ing", "ed")
            return stem[:-1] if twice else stem.removesuffix("e") if len(stem) > 3 else stem
    return word


def _joined(folded: str, at: int, side: dict[str, int], same: int) -> int:
    """Where a list of words of one side ends: "rude or unhelpful"."""
    while more := _AND.match(folded, at):
        if side.get(more[1]) != same:
            break
        at = more.end()
    return at


def _chinese(folded: str, say: dict[int, str]) -> Iterator[tuple[int, int, str]]:
    found, taken = _phrases(folded, "zh", say)
    side, _, _ = _words("zh")
    negator, part, word = _chinese_patterns()
    for match in _PREPOSED.finditer(folded):
        named = word.search(match[1])
        if named and not any(start < match.end() and match.start() < end for start, end in taken):
            taken.append(match.span())
            found.append((*match.span(), say[-side[named.group()]]))
    yield from found
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
                sign, end = side[whole.group()] * (-1) ** turns, whole.end()
                while (more := word.match(folded, end)) and (
                    side[more.group()] == side[whole.group()]
                ):
                    end = more.end()
                until = _ENDING.match(folded, end).end()  # type: ignore[union-attr]
                # "不方便" and "不错" say themselves what they come to, "没问题" does not
                if turns or (sign > 0 and whole.group()[0] != "不"):
                    yield match.start(), until, say[sign]
                break
            step = again or part.match(folded, at)
            if not step and turns and match.group().endswith(_THINKS):
                step = _PHRASE.match(folded, at)
                step = (
                    step
                    and word.search(folded, at, step.end())
                    and re.compile(".").match(folded, at)
                )
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
