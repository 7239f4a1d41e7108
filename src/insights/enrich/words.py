"""Words of English, Chinese and mixed text: what counts as one, and which say nothing.

Chinese has no spaces, so runs of Han characters are cut by a dictionary and hidden Markov model
(`rjieba`, a port of jieba); everything else is split at what is neither letter, digit nor emoji.
Traditional characters are folded into simplified ones, one to one, so that both spellings of a
word are one word.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

import rjieba

__all__ = [
    "Tokeniser",
    "form_headings",
    "is_emoji",
    "is_han",
    "main_language",
    "normalise",
    "simplified",
    "stem",
    "stop_words",
    "tokens",
]

_NOISE = re.compile(
    r"<[^<>]{1,200}>"  # mark-up
    r"|https?://\S+|www\.\S+"
    r"|@\w+"
    r"|[\[<{【][a-z_\- ]{2,24}[\]>}】]"  # marks of redaction and template slots: [email], {product}
    r"|&[a-z]{2,8};|&#\d{1,6};"
)
_SIGNS = ("<", "@", "[", "{", "&", "://", "www.", "【")  # without one of them there is no noise
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# pictures of a thing or a mood; not the stars, ticks and arrows that mark lists
_PICTURE = "\u2600-\u2604\u2614\u2615\u2639\u263a\u2665\u26a0\u26a1\u2708\u270a-\u270c\u2764" + (
    "\U0001f300-\U0001f3fa\U0001f400-\U0001f64f\U0001f680-\U0001f6ff\U0001f900-\U0001f9ff"
    "\U0001fa70-\U0001faff"
)
_FLAG = "\U0001f1e6-\U0001f1ff"
_EMOJI = f"(?:[{_FLAG}]{{2}}|[{_PICTURE}](?:\u200d[{_PICTURE}\u2640\u2642])*)"
_WORD = rf"[^\W\d_{_HAN}]+(?:'[^\W\d_{_HAN}]+)*"
_RUN = re.compile(rf"[{_HAN}]+|{_WORD}|{_EMOJI}")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_QUOTE = re.compile(r"(?<![a-z])'|'(?![a-z])")
_LETTERS = bytes(c if c == 0x27 or 0x61 <= c <= 0x7A else 0x20 for c in range(256))
_FIRST_HAN = "\u3400"
_HAN_ONE = re.compile(rf"[{_HAN}]")
_JOINED = re.compile(rf"[^\W_{_HAN}]")  # a letter or digit that belongs to the word beside it
_UNIT = re.compile(rf"[^\W_{_HAN}]+|\S")  # where a term of a dictionary can start
_EMOJI_ONE = re.compile(_EMOJI)
_PICTURED = re.compile(f"[{_PICTURE}{_FLAG}]")
_EMOJI_AGAIN = re.compile(rf"({_EMOJI})(?:\s*\1)+")
_LATIN_ONE = re.compile(r"[^\W\d_]")
_VOWEL = re.compile("[aeiouy]")
_DROPPED = (0xFE0E, 0xFE0F, *range(0x1F3FB, 0x1F400))  # looks and skin tones of an emoji
_CUT = "\n"  # no word of any dictionary holds it


def normalise(text: str) -> str:
    """Fold width, case and traditional characters; drop addresses, handles, mark-up, redactions.

    An emoji said several times in a row is said once: how often is no topic.
    """
    return " ".join(_folded(text).split())


def tokens(text: str) -> list[str]:
    """Split text into lower-case words and emoji, in order; digits and punctuation are left out."""
    return _split(_folded(text))


@dataclass(frozen=True)
class Tokeniser:
    """`tokens` that keeps the terms of a dictionary whole; picklable.

    Attributes
    ----------
    terms
        In any spelling, such as 'single sign-on' or '智能会议屏'. Where several fit the longest is
        taken; a term in Latin script is found only between other characters than letters.
    """

    terms: tuple[str, ...] = ()

    @classmethod
    def of(cls, terms: Iterable[str]) -> Tokeniser:
        """Fold and order terms, so that the same set gives the same tokeniser."""
        return cls(tuple(sorted({normalise(term) for term in terms} - {""})))

    def __call__(self, text: str) -> list[str]:
        """Split text into words, terms and emoji, in order."""
        if not self.terms:
            return tokens(text)
        folded = normalise(text)
        found: list[str] = []
        end = 0
        for unit in _UNIT.finditer(folded):
            terms = self._starting.get(unit[0])
            if terms is None or unit.start() < end:
                continue
            term = next((one for one in terms if _stands(one, folded, unit.start())), "")
            if term:
                found += [*_split(folded[end : unit.start()]), term]
                end = unit.start() + len(term)
        return found + _split(folded[end:])

    @cached_property
    def _starting(self) -> dict[str, list[str]]:
        """Terms by their first unit, the longest first."""
        starting: dict[str, list[str]] = {}
        for term in sorted(self.terms, key=lambda term: (-len(term), term)):
            starting.setdefault(_UNIT.findall(term)[0], []).append(term)
        return starting


@cache
def stop_words() -> frozenset[str]:
    """Words of both languages that name no topic: function words, degree, bare praise."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # slow to load

    folder = resources.files("insights.enrich")
    files = (folder / name for name in ("stopwords_en.txt", "stopwords_zh.txt"))
    return ENGLISH_STOP_WORDS.union(*(file.read_text(encoding="utf-8").split() for file in files))


def is_han(word: str) -> bool:
    """Whether the word is written in Chinese characters."""
    return _HAN_ONE.search(word) is not None


def is_emoji(word: str) -> bool:
    """Whether the token is one emoji."""
    return _EMOJI_ONE.fullmatch(word) is not None


def main_language(text: str) -> str:
    """Return 'zh', 'en', 'mixed' or 'unknown' by script: one Han character counts two letters."""
    han = 2 * len(_HAN_ONE.findall(text))
    letters = len(_LATIN_ONE.findall(text)) - han // 2
    if han + letters == 0:
        return "unknown"
    share = han / (han + letters)
    return "zh" if share > 0.8 else "en" if share < 0.2 else "mixed"


def stem(word: str) -> str:
    """Cut the endings of number, tense and person off an English word: 'charged' is 'charg'.

    Lighter than Porter's: derived words ('arrival', 'arrive') stay apart.
    """
    word = word.removesuffix("'s")
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "shes", "ches", "xes")):
        word = word[:-2]
    elif word.endswith("s") and len(word) > 3 and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if root != word and len(root) > 2 and _VOWEL.search(root):
            word = root[:-1] if root[-1] == root[-2] and root[-1] not in "lsz" else root
            break
    if len(word) > 4 and word.endswith("e"):
        return word[:-1]
    return word[:-1] + "i" if len(word) > 3 and word.endswith("y") else word


def simplified(text: str) -> str:
    """Write traditional characters as simplified ones; the length stays the same."""
    return text.translate(_spelling())


def _folded(text: str) -> str:
    if text.isascii():
        folded = text.lower()
    else:
        # the table holds the NFKC form of single characters: most texts need no more
        folded = _BEYOND_ASCII.sub(_fold, text)
        if not unicodedata.is_normalized("NFKC", folded):
            folded = unicodedata.normalize("NFKC", folded)
        folded = folded.lower()
        if _PICTURED.search(folded):
            folded = _EMOJI_AGAIN.sub(r"\1", folded)
    for sign in _SIGNS:
        if sign in folded:
            return _NOISE.sub(" ", folded)
    return folded


def _fold(found: re.Match[str]) -> str:
    return found[0].translate(_table())


def _split(folded: str) -> list[str]:
    folded = folded.replace("’", "'")
    if folded.isascii():
        if "'" in folded:
            folded = _QUOTE.sub(" ", folded)  # what is left of them is within a word
        return folded.encode().translate(_LETTERS).decode().split()
    runs = _RUN.findall(folded)
    han = [run for run in runs if run >= _FIRST_HAN and _HAN_ONE.match(run)]
    if not han:
        return runs
    # one call for all runs: the call itself costs as much as cutting a short run
    cut = rjieba.cut(_CUT.join(han))
    if len(han) == len(runs):
        return [word for word in cut if word != _CUT]
    found: list[str] = []
    words = iter(cut)
    for run in runs:
        if run < _FIRST_HAN or not _HAN_ONE.match(run):
            found.append(run)
        else:
            found.extend(iter(words.__next__, _CUT))  # up to the cut, or to the end
    return found


@cache
def _table() -> dict[int, str | None]:
    """Fold width and script of one character: NFKC, then OpenCC's first simplified choice."""
    spelling = _spelling()
    table: dict[int, str | None] = {}
    for code in range(0x80, 0x10000):
        plain = unicodedata.normalize("NFKC", chr(code)).translate(spelling)
        if plain != chr(code):
            table[code] = plain
    return table | dict.fromkeys(_DROPPED)


@cache
def _spelling() -> dict[int, str]:
    path = resources.files("opencc") / "dictionary" / "TSCharacters.txt"
    pairs = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line)
    first = ((one, choices.split(" ")[0]) for one, choices in pairs)
    # characters beyond the first plane are too rare to be worth a dictionary's attention
    return {ord(one): other for one, other in first if max(one + other) < "\U00010000"}


def _stands(term: str, text: str, at: int) -> bool:
    """Whether the term is at this place of the text, and not only the beginning of a word."""
    after = at + len(term)
    if not text.startswith(term, at):
        return False
    return not (_JOINED.match(term[-1]) and _JOINED.match(text[after : after + 1]))


# two to sixteen letters before a colon, at the start or after a mark
_HEADING = re.compile(r"(?:^|[\s。；;，,.!！、])([^\W\d_]{2,16}(?: [^\W\d_]{2,16})?)\s*[:：](?!//)")
_OF_A_FORM = 0.02  # share of texts from which on a heading is that of a form
_FEWEST = 20  # and texts


def form_headings(texts: Sequence[str]) -> tuple[float, tuple[str, ...]]:
    """Share of texts that stand under two or more headings of a form; these, most used first.

    A form ("Pros: … Cons: …", 外形外观：… 屏幕音效：…) puts words into everybody's mouth. A heading
    is of a form when one text in fifty, and twenty texts at least, hold it.
    """
    headings = [
        {name.lower() for name in _HEADING.findall(text)} if ":" in text or "：" in text else set()
        for text in texts
    ]
    uses = Counter(name for names in headings for name in names)
    least = max(_FEWEST, _OF_A_FORM * len(headings))
    of_form = {name for name, count in uses.items() if count >= least}
    under = [names & of_form for names in headings]
    named = Counter(name for names in under if len(names) > 1 for name in names)
    share = sum(len(names) > 1 for names in under) / max(len(headings), 1)
    return share, tuple(sorted(named, key=lambda name: (-named[name], name)))
