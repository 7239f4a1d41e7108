"""Cells to values: numbers, identifiers, labels, free text and lists as people write them."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["amounts", "labels", "lists", "numbers", "separator_doubt", "texts"]

_NULLS = frozenset({"", "na", "n/a", "nan", "null", "none", "\\n", "#n/a", "nil", "-", "--", "无"})
_LABEL_NULLS = frozenset({"", "nan", "null", "\\n", "#n/a"})
_MONEY = re.compile(
    r"r\$|[\s$€£¥￥元円원%₽₹₩₺₫฿₴₪]|\b(?:usd|eur|gbp|rmb|cny|chf|jpy|inr|brl|pln|czk|sek|nok|dkk|rub|try"
    r"|krw|aud|cad|zł|kč|kr|руб|rp|rm|tl|fr)\b\.?|(?<=\d)['’](?=\d{3})|(?<=\d)(?:usd|eur|gbp|rmb|cny)",
    re.I,
)
_OUT_OF = re.compile(
    r"(?:rated )?(\d+(?:[.,]\d+)?)\s*"
    r"(?:/\s*\d+|(?:out )?of \d+(?: stars?)?|von \d+(?: sternen?)?|stars?|星|分)",
    re.I,
)
_POINT = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_GROUPS_OF_POINT = re.compile(r"[-+]?[1-9]\d{0,2}\.\d{3}")  # 1.234: thousands, or a fraction?
_GROUPS_OF_COMMA = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")
_DECIMAL_COMMA = re.compile(
    r"[-+]?(?:\d+,(?:\d{1,2}|\d{4,})|0,\d+|\d{1,3}(?:\.\d{3})+,\d+|\d{4,},\d+)"
)
_DECIMAL_POINT = re.compile(
    r"[-+]?(?:\d+\.(?:\d{1,2}|\d{4,})|0\.\d+|\d{1,3}(?:,\d{3})+\.\d+|\d{4,}\.\d+)"
)
_COMMA_OR_GROUPS = re.compile(r"[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?")
_MANY_POINTS = re.compile(r"[-+]?\d{1,3}(?:\.\d{3}){2,}")
_MANY_COMMAS = re.compile(r"[-+]?\d{1,3}(?:,\d{3}){2,}")
_COMMA = re.compile(r"[-+]?\d{1,3}(\.\d{3})+(,\d+)?")
# controls, except tab and line feed; also lone surrogates, which no file can hold
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\u202a-\u202e\u2066-\u2069]")


def numbers(column: pd.Series, *, decimal: str = "") -> tuple[pd.Series, np.ndarray]:
    """Return floats, and which values were there but are no number; shape (rows,).

    Thousands separators, currency signs, '<1' (read as 0.5), '4/5' and '4 stars' are read;
    '12,5' is twelve and a half. What parts the fraction is the same in the whole column: where a
    value such as '999,5' shows it, '1.234' beside it is 1234. `decimal` says it instead.
    """
    if pd.api.types.is_bool_dtype(column):
        return column.astype("float64"), np.zeros(len(column), bool)
    if pd.api.types.is_numeric_dtype(column):
        return column.astype("float64"), np.zeros(len(column), bool)
    mark = decimal or _evident(column)
    values = _distinct(column, lambda value: _number(value, mark))
    there = ~column.map(_null, na_action="ignore").fillna(True).astype(bool).to_numpy()
    plain = pd.to_numeric(values, errors="coerce").astype("float64")
    finite = plain.where(np.isfinite(plain))
    return finite, there & finite.isna().to_numpy()


def separator_doubt(column: pd.Series) -> tuple[str, str]:
    """Return the mark that may part thousands or a fraction, with a value; '' where it is plain.

    It is not plain where all its uses are followed by three figures, as in '1.234'.
    """
    if pd.api.types.is_numeric_dtype(column) or _evident(column):
        return "", ""
    for mark, pattern in ((".", _GROUPS_OF_POINT), (",", _GROUPS_OF_COMMA)):
        found = [text for text in _bare_numbers(column) if pattern.fullmatch(text)]
        if found:
            return mark, found[0]
    return "", ""


def _evident(column: pd.Series) -> str:
    """What parts the fraction in a column, '' where no value shows it or values contradict."""
    texts_ = _bare_numbers(column)
    comma = any(_DECIMAL_COMMA.fullmatch(text) or _MANY_POINTS.fullmatch(text) for text in texts_)
    point = any(_DECIMAL_POINT.fullmatch(text) or _MANY_COMMAS.fullmatch(text) for text in texts_)
    return "" if comma == point else "," if comma else "."


def _bare_numbers(column: pd.Series) -> list[str]:
    """The different texts of a column that hold a point or comma, without signs of money."""
    if column.dtype.kind == "O" or pd.api.types.is_string_dtype(column):
        unique = pd.unique(column.dropna())
        marked = (v for v in unique if isinstance(v, str) and ("." in v or "," in v))
        return [_MONEY.sub("", value) for value in marked if len(value) < 40]
    return []


def labels(column: pd.Series, *, strict: bool = True) -> pd.Series:
    """Return trimmed strings; whole numbers lose '.0', null words become null.

    `strict` takes more words for null ('NA', 'none', '-'): right for identifiers.
    """
    nulls = _NULLS if strict else _LABEL_NULLS

    def read(value: Any) -> str | None:
        text = _plain(value)
        return None if text.lower() in nulls else text

    return _distinct(column, read).astype("str")


def texts(column: pd.Series) -> pd.Series:
    """Return free text verbatim but for control characters and outer space; empty is null.

    Markup and spreadsheet formulas stay what they are: text. Whoever shows it escapes it.
    """

    def read(value: Any) -> str | None:
        text = _CONTROL.sub("", _plain(value).replace("\r\n", "\n").replace("\r", "\n")).strip()
        return text or None

    return _distinct(column, read).astype("str")


def lists(column: pd.Series) -> pd.Series:
    """Return lists of strings from lists, JSON lists, or text split at ; and |."""

    def read(value: Any) -> list[str]:
        if isinstance(value, list | tuple | np.ndarray):
            items = [_plain(item) for item in value]
        else:
            text = _plain(value)
            items = re.split(r"[;|；]", text)
            if text.startswith("["):
                with contextlib.suppress(ValueError):
                    items = [_plain(item) for item in json.loads(text)]
        return [item.strip() for item in items if item.strip()]

    found = [[] if _missing(value) else read(value) for value in column]
    return pd.Series(found, index=column.index, dtype=object)


def amounts(column: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Return JSON text of numbers or {low, mode, high}, and which values are neither."""

    def read(value: Any) -> str | None:
        if isinstance(value, dict):
            return _range(value)
        text = _plain(value)
        if text.startswith("{"):
            try:
                return _range(json.loads(text))
            except ValueError:
                return None
        number = _number(text)
        return None if number is None else json.dumps(_whole(number))

    found = [None if _missing(value) else read(value) for value in column]
    there = np.array([not _missing(v) and not _null(v) for v in column], dtype=bool)
    out = pd.Series(found, index=column.index, dtype="str")
    return out, there & out.isna().to_numpy()


def _distinct(column: pd.Series, read: Callable[[Any], Any]) -> pd.Series:
    """Apply `read` once to each distinct value; null stays null."""
    codes, unique = pd.factorize(column, use_na_sentinel=True)
    table = np.array([*(read(value) for value in unique), None], dtype=object)
    return pd.Series(table[codes], index=column.index, dtype=object)


def _plain(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    text = str(value).strip()
    return text[:-2] if re.fullmatch(r"-?\d{1,15}\.0", text) else text


def _missing(value: Any) -> bool:
    return value is None or (
        not isinstance(value, list | tuple | dict | np.ndarray) and bool(pd.isna(value))
    )


def _null(value: Any) -> bool:
    return isinstance(value, str) and value.strip().lower() in _NULLS


def _number(value: Any, decimal: str = "") -> float | None:
    if isinstance(value, bool | int | float | np.number):
        return float(value)
    text = str(value).strip()
    if decimal != "," or "." not in text:
        with contextlib.suppress(ValueError):
            return float(text)
    inside = _OUT_OF.fullmatch(text)
    text = _MONEY.sub("", inside[1] if inside else text).replace("−", "-")
    if text.startswith("<") and text[1:].isdigit():
        return float(text[1:]) / 2
    if decimal == "," and text.count(",") <= 1 and _COMMA_OR_GROUPS.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif _POINT.fullmatch(text):
        text = text.replace(",", "")
    elif _COMMA.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return None


def _range(value: Any) -> str | None:
    if not isinstance(value, dict) or set(value) != {"low", "mode", "high"}:
        return None
    parts = {key: _number(value[key]) for key in ("low", "mode", "high")}
    low, mode, high = parts.values()
    if low is None or mode is None or high is None or not low <= mode <= high:
        return None
    return json.dumps({key: _whole(number) for key, number in parts.items() if number is not None})


def _whole(number: float) -> int | float:
    return int(number) if float(number).is_integer() else number
