"""Messages: the sentences, labels and headings that a reader sees, whole and with named fields.

The one place that looks a message up in the reader's language and writes numbers, shares,
intervals, counts and lists into it::

    _("{rows} were set aside: {reasons}.", rows=plural("{n} row", "{n} rows", 12), reasons=…)

`tools/catalogue.py` finds the messages, since each stands in the code as it is: never an f-string,
which no catalogue could hold. Their Chinese stands in `locale/zh`, a file a part, and is read when
the first message is written in Chinese.
"""

from __future__ import annotations

import contextlib
import functools
import gettext
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

__all__ = [
    "LANGUAGES", "fixed", "interval", "items", "number", "ordinal", "paragraphs", "percent",
    "plural", "prose", "signed", "speak", "speaking", "spoken", "translated", "translated_prose",
]  # fmt: skip

LANGUAGES = ("en", "zh")
_CATALOGUES = Path(__file__).with_name("locale")
_VARIABLE = "INSIGHTS_LANGUAGE"  # processes that are started later write in the same language
_language = os.environ.get(_VARIABLE, "en")
_FULL = "[一-鿿，。；：、（）“”]"  # signs that fill a square


def translated(text: str) -> str:
    """Write a text that is declared, such as the meaning of a setting or a column's name."""
    return _catalogue(_language).gettext(text) if text else ""


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of Markdown, as a catalogue holds them."""
    return [one.strip("\n") for one in re.split(r"\n\s*\n", text) if one.strip()]


def translated_prose(text: str) -> str:
    """Write Markdown in the reader's language, paragraph by paragraph."""
    if _language == "en":
        return text
    return "\n\n".join(translated(one) for one in paragraphs(text))


def speak(language: str) -> None:
    """Choose the language of what this process, and those it starts, write from now on."""
    global _language
    if language not in LANGUAGES:
        raise ValueError(f"language '{language}' is not one of {', '.join(LANGUAGES)}")
    os.environ[_VARIABLE] = _language = language


def spoken() -> str:
    """Return the language of what is written: 'en' or 'zh'."""
    return _language


@contextlib.contextmanager
def speaking(language: str) -> Iterator[None]:
    """Write in a language for a while."""
    before = _language
    speak(language)
    try:
        yield
    finally:
        speak(before)


def _(message: str, **fields: object) -> str:
    """Write a message in the reader's language; the fields are text already, or are so written."""
    found = _catalogue(_language).gettext(message)
    return _filled(found, fields) if fields else found


def plural(one: str, many: str, n: int, **fields: object) -> str:
    """Write the form of a message that `n` asks for; its field `{n}` is the number."""
    return _filled(_catalogue(_language).ngettext(one, many, n), {"n": number(n), **fields})


def _filled(message: str, fields: Mapping[str, object]) -> str:
    """Put the fields in; beside one, Chinese has a space before or after Latin words only."""
    if _language != "zh":
        return message.format(**fields)
    made = re.sub(r"(\{\w+\})", "\0\\1\0", message).format(**fields)
    made = re.sub(f"(?<={_FULL}) *\0+ *(?={_FULL})", "", made)
    made = re.sub("(?<=[a-zA-Z])\0+(?=[一-鿿])|(?<=[一-鿿])\0+(?=[a-zA-Z])", " ", made)
    return made.replace("\0", "")


@functools.cache
def _catalogue(language: str) -> gettext.NullTranslations:
    files = sorted((_CATALOGUES / language).glob("*.po"))
    if not files:
        return gettext.NullTranslations()
    from babel.messages.catalog import Catalog  # English needs none of it
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    merged, compiled = Catalog(locale=language), io.BytesIO()
    for path in files:
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                merged[message.id] = message
    write_mo(compiled, merged)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def prose(sentences: Iterable[str]) -> str:
    """Write sentences one after the other, what is empty left out."""
    return ("" if _language == "zh" else " ").join(filter(None, sentences))


def number(value: float, decimals: int = 0) -> str:
    """Write 12345.6 as '12,346'."""
    return f"{value:,.{decimals}f}"


def fixed(value: float, decimals: int = 2) -> str:
    """Write 1234.5 as '1234.50': a ratio, a score or a p, no count of things."""
    return f"{value:.{decimals}f}"


def signed(value: float, decimals: int = 2) -> str:
    """Write a change with its sign, as '+0.50' or '-0.50'."""
    return f"{value:+.{decimals}f}"


def percent(share: float, decimals: int = 0) -> str:
    """Write the share .123 as '12%'."""
    return f"{share:.{decimals}%}"


def interval(low: float, high: float, form: str = ".2f") -> str:
    """Write '[0.31, 0.54]' with the given format of a number."""
    return f"[{low:{form}}, {high:{form}}]"


def items(values: Iterable[object], limit: int = 5) -> str:
    """Write values in bounded text: `limit` of them, then '… and 37 more'."""
    texts = [str(value) for value in values]
    shown = _(", ").join(texts[:limit])
    if len(texts) <= limit:
        return shown
    return _("{shown}, … and {more} more", shown=shown, more=len(texts) - limit)


def ordinal(rank: int) -> str:
    """Write 1 as '1st'."""
    ending = 0 if 10 <= rank % 100 <= 20 else rank % 10
    if ending in (1, 2):
        return _("{rank}st", rank=rank) if ending == 1 else _("{rank}nd", rank=rank)
    return _("{rank}rd", rank=rank) if ending == 3 else _("{rank}th", rank=rank)
