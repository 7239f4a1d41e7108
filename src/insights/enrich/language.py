"""Which language a text is in: English, Chinese, both, another, or none."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

__all__ = ["LANGUAGES", "detect_language", "normal_language"]

LANGUAGES = ("en", "zh", "mixed", "other", "unknown")

_MARK = re.compile(
    r"\[(?:email|phone|id|card|ip|token|url)\]|<[^<>]*>|&[a-z]+;|^\s*[=+@-][A-Z]+\("
    r"|(?:https?://|www\.)[^\s\"'<>，。！？、）\u4e00-\u9fff]+|[@#][A-Za-z0-9_-]+"
)
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['’][A-Za-z]+)?")
# scripts that are neither Latin nor Han; kana and hangul make a text with Han characters
# Japanese or Korean
_OTHER = re.compile(
    r"[\u0370-\u03ff\u0400-\u052f\u0530-\u058f\u0590-\u05ff\u0600-\u06ff\u0900-\u0dff"
    r"\u0e00-\u0eff\u1000-\u10ff\u1100-\u11ff\u3041-\u30fa\u3131-\u318e\uac00-\ud7af]"
)
_ACCENT = re.compile(r"[\u00c0-\u024f]")
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
_FOREIGN = (
    frozenset(
        # French, Spanish, Portuguese, Italian, German, Dutch: function words that English lacks
        [
            "le",
            "la",
            "les",
            "des",
            "est",
            "une",
            "et",
            "pas",
            "pour",
            "que",
            "qui",
            "dans",
            "sur",
            "avec",
            "mais",
            "je",
            "vous",
            "nous",
            "très",
            "trop",
            "c'est",
            "j'ai",
            "el",
            "los",
            "las",
            "es",
            "una",
            "por",
            "con",
            "pero",
            "muy",
            "más",
            "como",
            "para",
            "del",
            "al",
            "lo",
            "se",
            "su",
            "mi",
            "está",
            "não",
            "muito",
            "com",
            "uma",
            "os",
            "são",
            "mas",
            "meu",
            "minha",
            "você",
            "bem",
            "ótimo",
            "bom",
            "il",
            "di",
            "che",
            "non",
            "per",
            "sono",
            "molto",
            "ma",
            "della",
            "ho",
            "mio",
            "questo",
            "gli",
            "anche",
            "der",
            "das",
            "und",
            "ist",
            "nicht",
            "ich",
            "sie",
            "mit",
            "auf",
            "ein",
            "eine",
            "für",
            "aber",
            "sehr",
            "auch",
            "dem",
            "den",
            "wir",
            "es",
            "zu",
            "von",
            "het",
            "een",
            "niet",
            "van",
            "ik",
            "je",
            "dat",
            "maar",
            "heel",
            "zijn",
            "voor",
        ]
    )
    - _ENGLISH
)


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
    5. Mostly Latin: other when function words of French, Spanish, Portuguese, Italian, German
       or Dutch outnumber English ones, or accents are frequent without English ones; else en.
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
    if text.isascii() and not _needs_care(text):
        return "en"
    bare = _MARK.sub(" ", text)
    han = len(_HAN.findall(bare)) / 1.5
    words = _WORD.findall(bare)
    foreign = len(_OTHER.findall(bare)) / 3
    total = han + len(words) + foreign
    if total == 0:
        return "unknown"
    if foreign / total > 0.2:
        return "other"
    if han and len(words) / total < _MIXED_SHARE:
        return "zh"
    lower = [word.lower().replace("’", "'") for word in words]
    if han:
        phrase = len(words) >= 2 and (
            any(word in _ENGLISH for word in lower) or sum(len(word) > 3 for word in lower) >= 3
        )
        if han / total < _MIXED_SHARE:
            return "mixed" if han >= 2 and not phrase else _latin(bare, lower)
        return "mixed" if phrase else "zh"
    return _latin(bare, lower)


def _needs_care(text: str) -> bool:
    """Whether an ASCII text may be other than English."""
    words = [word.lower() for word in _WORD.findall(_MARK.sub(" ", text))]
    if not words:
        return True
    foreign = sum(word in _FOREIGN for word in words)
    return foreign > 0 and foreign >= sum(word in _ENGLISH for word in words)


def _latin(text: str, words: list[str]) -> str:
    if not words:
        return "unknown"
    english = sum(word in _ENGLISH for word in words)
    foreign = sum(word in _FOREIGN for word in words)
    accented = sum(bool(_ACCENT.search(word)) for word in words)
    if foreign > english and foreign >= max(2, 0.12 * len(words)):
        return "other"
    if foreign >= 1 and english == 0 and (len(words) <= 4 or accented):
        return "other" if accented or foreign >= 2 else "en"
    if english == 0 and accented >= max(1, 0.2 * len(words)):
        return "other"
    return "en"
