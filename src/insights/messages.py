"""Messages: the sentences, labels and headings that a reader sees, whole and with named fields.

The one place that looks a message up in the reader's language and writes numbers, shares,
intervals, counts and lists into it::

    _("{rows} were set aside: {reasons}.", rows=plural("{n} row", "{n} rows", 12), reasons=…)

`pybabel extract -k _ -k plural:1,2` finds the messages, since each stands in the code as it is:
never an f-string, which no catalogue could hold.
"""

from __future__ import annotations

import functools
import gettext
from collections.abc import Iterable
from contextvars import ContextVar
from pathlib import Path

__all__ = [
    "LANGUAGES", "fixed", "interval", "items", "number", "percent", "plural", "signed", "speak",
    "translated",
]  # fmt: skip

LANGUAGES = ("en", "zh")
_CATALOGUES = Path(__file__).with_name("locale")
_language: ContextVar[str] = ContextVar("language", default="en")


def translated(text: str) -> str:
    """Write a text that is declared, such as the meaning of a setting or a column's name."""
    return _catalogue(_language.get()).gettext(text) if text else ""


def speak(language: str) -> None:
    """Choose the language of what is written from now on: 'en' or 'zh'."""
    if language not in LANGUAGES:
        raise ValueError(f"language '{language}' is not one of {', '.join(LANGUAGES)}")
    _language.set(language)


def _(message: str, **fields: object) -> str:
    """Write a message in the reader's language; the fields are text already, or are so written."""
    found = _catalogue(_language.get()).gettext(message)
    return found.format(**fields) if fields else found


def plural(one: str, many: str, n: int, **fields: object) -> str:
    """Write the form of a message that `n` asks for; its field `{n}` is the number."""
    return _catalogue(_language.get()).ngettext(one, many, n).format(n=number(n), **fields)


@functools.cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("insights", _CATALOGUES, [language], fallback=True)


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
