"""Which language a text is in: English, Chinese, both, another, or none."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from importlib import resources
from typing import Literal

import numpy as np
import pandas as pd

from insights.enrich.words import stem, stop_words

__all__ = ["LANGUAGES", "detect_language", "normal_language"]

LANGUAGES = ("en", "zh", "mixed", "other", "unknown")

_MARK = re.compile(
    r"\[(?:email|phone|id|card|ip|token|url)\]|<[^<>]*>|&[a-z]+;|^\s*[=+@-][A-Z]+\("
    r"|(?:https?://|www\.)[^\s\"'<>，。！？、）\u4e00-\u9fff]+|[@#][A-Za-z0-9_-]+"
)
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LETTER = r"A-Za-z\u00c0-\u024f\u1e00-\u1eff"
_WORD = re.compile(rf"\d*[{_LETTER}][{_LETTER}\d]*(?:['’][A-Za-z]+)?")
# scripts that are neither Latin nor Han; kana and hangul make a text with Han characters
# Japanese or Korean
_OTHER = re.compile(
    r"[\u0370-\u03ff\u0400-\u052f\u0530-\u058f\u0590-\u05ff\u0600-\u06ff\u0900-\u0dff"
    r"\u0e00-\u0eff\u1000-\u10ff\u1100-\u11ff\u3041-\u30fa\u3131-\u318e\uac00-\ud7af]"
)
_DIGIT = re.compile(r"\d")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
_LETTERS = str.maketrans({"đ": "d", "ı": "i", "ł": "l", "ø": "o", "ß": "ss", "æ": "ae"})
_MIXED_SHARE = 0.25  # of units that each language must have for 'mixed'

_ENGLISH = frozenset({
    "the", "be", "to", "of", "and", "a", "in", "that", "have", "i", "it", "for", "not",
    "on", "with", "he", "as", "you", "do", "at", "this", "but", "his", "by", "from", "they",
    "we", "say", "her", "she", "or", "an", "will", "my", "one", "all", "would", "there",
    "their", "what", "so", "up", "out", "if", "about", "who", "get", "which", "go", "me",
    "when", "make", "can", "like", "no", "just", "him", "know", "take", "into", "your",
    "some", "could", "them", "see", "other", "than", "then", "now", "only", "its", "over",
    "also", "back", "after", "use", "how", "our", "work", "well", "even", "want", "because",
    "any", "is", "was", "are", "were", "been", "has", "had", "did", "does", "very", "too",
    "it's", "don't", "i'm", "can't", "didn't", "isn't", "more", "good", "great", "love",
})  # fmt: skip
_CODE = 4  # letters of a word in capitals that may be a code: SFO, HDMI
_FEW = 3  # words of a text in which a long foreign word weighs as much as an English one
_NAMED = 4  # letters from which one foreign word is enough, where there is no other


def detect_language(text: pd.Series) -> pd.Series:
    """Return en, zh, mixed, other or unknown for each text; null texts are unknown.

    The rule counts units: a Chinese character is two thirds of a unit (a Chinese word has about
    1.5 characters), a Latin word is one.

    1. No letter at all (emoji, figures, punctuation): unknown.
    2. Kana, hangul, Cyrillic, Arabic and so on above a fifth of the units: other.
    3. Chinese and Latin words each at least a quarter of the units: mixed when the Latin words
       read as a phrase (two or more, one of them English function or three long), else zh: a
       brand or model name in a Chinese text does not make it mixed.
    4. Mostly Chinese: zh.
    5. Mostly Latin: each different word is English, foreign (a function word of some thirty
       languages, romanised ones among them, or an unknown word with accents), unknown, or says
       nothing (a name, a code, a word of both). Other when foreign and unknown words outnumber
       the English ones and one of them is foreign, or when there are three unknown words and
       fewer than half as many English ones, or none of several words is English; else en.
    """
    codes, unique = pd.factorize(text, use_na_sentinel=True)
    table = np.array([*(_language(str(value)) for value in unique), "unknown"], dtype=object)
    return pd.Series(table[codes], index=text.index, dtype="str")


def normal_language(given: pd.Series) -> pd.Series:
    """Fold declared codes such as 'zh-CN', 'en_US', '中文', 'English' into our five; null stays."""
    names = {
        "english": "en", "eng": "en", "chinese": "zh", "中文": "zh", "英文": "en", "英语": "en",
        "汉语": "zh", "chi": "zh", "zho": "zh", "cn": "zh", "mandarin": "zh",
    }  # fmt: skip

    def fold(value: object) -> str:
        word = str(value).strip().lower()
        word = names.get(word, re.split(r"[-_]", word)[0])
        return word if word in LANGUAGES else "other"

    return given.map(fold, na_action="ignore").astype("str")


def _language(text: str) -> str:
    bare = _MARK.sub(" ", text)
    words = _WORD.findall(bare)
    if text.isascii():
        return _latin(words)
    han = len(_HAN.findall(bare)) / 1.5
    foreign = len(_OTHER.findall(bare)) / 3
    total = han + len(words) + foreign
    if total == 0:
        return "unknown"
    if foreign / total > 0.2:
        return "other"
    if han and len(words) / total < _MIXED_SHARE:
        return "zh"
    if han:
        lower = [word.lower().replace("’", "'") for word in words]
        phrase = len(words) >= 2 and (
            any(word in _ENGLISH for word in lower) or sum(len(word) > 3 for word in lower) >= 3
        )
        if han / total < _MIXED_SHARE:
            return "mixed" if han >= 2 and not phrase else _latin(words)
        return "mixed" if phrase else "zh"
    return _latin(words)


def _latin(words: list[str]) -> str:
    """Tell English from other languages in Latin letters; see `detect_language`, rule 5."""
    if not words:
        return "unknown"
    english, foreign, unknown = 0.0, 0, 0
    longest = 0
    seen = set()
    for place, word in enumerate(words):
        lower = word.lower()
        if lower in seen:
            continue
        seen.add(lower)
        kind = _kind(lower)
        if kind == "english":
            english += 1
        elif kind == "both":
            english += 0.5 * (lower in _ENGLISH)
        elif kind == "foreign":
            foreign += 1
            longest = max(longest, len(word))
        elif _telling(word, first=place == 0):
            unknown += 1
    if foreign == len(seen) == 1:
        return "other" if longest >= _NAMED else "en"
    if english < 1 and unknown and len(seen) > 1:
        return "other"  # no word of it is English alone
    if foreign and english <= 1 and longest > _NAMED and len(seen) <= _FEW:
        return "other"
    if foreign:
        weight = foreign + (foreign > 1) * foreign / 4 + unknown
        return "other" if foreign + unknown >= 2 and weight > english else "en"
    return "other" if unknown >= 3 and unknown > 2 * english else "en"


def _telling(word: str, *, first: bool) -> bool:
    """Whether an unknown word says something of the language: it is neither name nor code."""
    if len(word) < 3 or (word.isupper() and len(word) <= _CODE) or _DIGIT.search(word):
        return False
    return word.islower() or word.isupper() or (first and word.istitle())


@lru_cache(maxsize=1 << 16)
def _kind(word: str) -> Literal["english", "foreign", "both", "unknown"]:
    """Look a lower-case word up; letters said more than twice are said once or twice."""
    english, stems, foreign = _lists()
    word = word.replace("’", "'")
    known = word in english or stem(word) in stems or stem(word.partition("'")[0]) in stems
    if word in foreign:
        return "both" if known else "foreign"
    plain = _bare(word)
    shorter = (_DRAWN_OUT.sub(r"\1\1", plain), _DRAWN_OUT.sub(r"\1", plain))
    if known or any(stem(form) in stems for form in shorter):
        return "english"
    return "unknown" if plain == word else "foreign"


@cache
def _lists() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """English words, their stems, and words of other languages with and without accents."""
    folder = resources.files("insights.enrich")
    lines = {
        name: (folder / f"{name}_words.txt").read_text(encoding="utf-8").splitlines()
        for name in ("english", "foreign")
    }
    words = {
        name: {word for line in of if line[:1] not in "#[" for word in line.split()}
        for name, of in lines.items()
    }
    latin = {word for word in stop_words() if word.isascii()}
    english = frozenset(words["english"] | latin | _ENGLISH)
    foreign = {word for word in words["foreign"] if len(word) > 1 or not word.isascii()}
    return (
        english,
        frozenset(stem(word) for word in english),
        frozenset(foreign | {_bare(word) for word in foreign}),
    )


def _bare(word: str) -> str:
    """Take the accents off."""
    if word.isascii():
        return word
    parts = unicodedata.normalize("NFD", word.translate(_LETTERS))
    return "".join(part for part in parts if not unicodedata.combining(part))
