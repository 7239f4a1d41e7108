"""Words of English, Chinese and mixed text: what counts as one, and which say nothing.

Chinese has no spaces, so runs of Han characters are cut by a dictionary and hidden Markov model
(`rjieba`, a port of jieba); everything else is split at what is neither letter nor digit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib import resources

import rjieba
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

__all__ = ["is_han", "main_language", "normalise", "shown", "stop_words", "tokens"]

_NOISE = re.compile(
    r"<[^<>]{1,200}>"  # mark-up
    r"|https?://\S+|www\.\S+"
    r"|@\w+"
    r"|[\[<{【][a-z_\- ]{2,24}[\]>}】]"  # marks of redaction and template slots: [email], {product}
    r"|&[a-z]{2,8};|&#\d{1,6};"
)
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_RUN = re.compile(rf"[{_HAN}]+|[^\W\d_{_HAN}]+(?:['’][^\W\d_{_HAN}]+)*|\d+")
_HAN_ONE = re.compile(rf"[{_HAN}]")
_LATIN_ONE = re.compile(r"[^\W\d_]")


def normalise(text: str) -> str:
    """Fold width and case, drop addresses, handles, mark-up and marks of redaction."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return " ".join(_NOISE.sub(" ", folded).split())


def tokens(text: str) -> list[str]:
    """Split text into lower-case words, in order; digits and punctuation are left out."""
    found: list[str] = []
    for run in _RUN.findall(normalise(text)):
        if _HAN_ONE.match(run):
            found.extend(rjieba.cut(run))
        elif not run.isdigit():
            found.append(run.replace("’", "'"))
    return found


@cache
def stop_words() -> frozenset[str]:
    """Words of both languages that name no topic: function words, degree, bare praise."""
    folder = resources.files("insights.enrich")
    files = (folder / name for name in ("stopwords_en.txt", "stopwords_zh.txt"))
    return ENGLISH_STOP_WORDS.union(*(file.read_text(encoding="utf-8").split() for file in files))


def is_han(word: str) -> bool:
    """Whether the word is written in Chinese characters."""
    return _HAN_ONE.search(word) is not None


def main_language(text: str) -> str:
    """Return 'zh', 'en', 'mixed' or 'unknown' by script: one Han character counts two letters."""
    han = 2 * len(_HAN_ONE.findall(text))
    letters = len(_LATIN_ONE.findall(text)) - han // 2
    if han + letters == 0:
        return "unknown"
    share = han / (han + letters)
    return "zh" if share > 0.8 else "en" if share < 0.2 else "mixed"


def shown(words: Sequence[str]) -> str:
    """Write words for a person: 'sync · update / 同步 · 更新', Latin script first."""
    latin = [word for word in words if not is_han(word)]
    han = [word for word in words if is_han(word)]
    return " / ".join(" · ".join(part) for part in (latin, han) if part)
