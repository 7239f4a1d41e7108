"""Cells to values: numbers, identifiers, labels, free text and lists as people write them."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["amounts", "labels", "lists", "numbers", "texts"]

_NULLS = frozenset({"", "na", "n/a", "nan", "null", "none", "\\n", "#n/a", "nil", "-", "--", "无"})
_LABEL_NULLS = frozenset({"", "nan", "null", "\\n", "#n/a"})
_MONEY = re.compile(r"[\s$€£¥￥元%]|usd|eur|gbp|rmb|cny", re.I)
_OUT_OF = re.compile(
    r"(?:rated )?(\d+(?:[.,]\d+)?)\s*"
    r"(?:/\s*\d+|(?:out )?of \d+(?: stars?)?|von \d+(?: sternen?)?|stars?|星|分)",
    re.I,
)
_POINT = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_COMMA = re.compile(r"[-+]?\d{1,3}(\.\d{3})+(,\d+)?")
# controls, except tab and line feed; also lone surrogates, which no file can hold
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\u202a-\u202e\u2066-\u2069]")


def numbers(column: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Return floats, and which values were there but are no number; shape (rows,).

    Thousands separators, currency signs, '<1' (read as 0.5), '4/5' and '4 stars' are read;
    '12,5' is twelve and a half.
    """
    if pd.api.types.is_bool_dtype(column):
        return column.astype("float64"), np.zeros(len(column), bool)
    if pd.api.types.is_numeric_dtype(column):
        return column.astype("float64"), np.zeros(len(column), bool)
    values = _distinct(column, _number)
    there = ~column.map(_null, na_action="ignore").fillna(True).astype(bool).to_numpy()
    plain = pd.to_numeric(values, errors="coerce").astype("float64")
    finite = plain.where(np.isfinite(plain))
    return finite, there & finite.isna().to_numpy()


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


def _number(value: Any) -> float | None:
    if isinstance(value, bool | int | float | np.number):
        return float(value)
    text = str(value).strip()
    try:
        return float(text)
    except ValueError:
        pass
    inside = _OUT_OF.fullmatch(text)
    text = _MONEY.sub("", inside[1] if inside else text).replace("−", "-")
    if text.startswith("<") and text[1:].isdigit():
        return float(text[1:]) / 2
    if _POINT.fullmatch(text):
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
