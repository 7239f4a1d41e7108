"""Which columns divide the records, and which of them a comparison in time may hold fixed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.messages import _, percent

__all__ = ["Fixed", "fixed_dimensions", "is_dimension"]

_MOST_LEVELS = 60  # distinct values above which a column is an identifier, not held fixed
_KEPT_LEVELS = 20  # the largest; the rest are one level
_FOLLOWS = 0.7  # of the errors of guessing a value, saved by knowing the rating or score
# names of what comes of a rating, of how it was dealt with, or of the time
_AFTER = re.compile(
    r"\b(rat(ing|ed)s?|scores?|sentiment|polarity|emotion|mood|satisf\w+|recommend\w*|nps"
    r"|csat|ces|promoter|verdict|outcome|result|resol\w+|priority|severity|urgency|escalat\w+"
    r"|reasons?|churn\w*|helpful|reply|response|version|release|build|date|year|quarter|month"
    r"|week(day)?|day|hour|wave)\b|^((ticket|case|issue|order|request) )?status$"
)
_AFTER_ZH = re.compile(
    "评分|评级|得分|星级|情感|情绪|满意|推荐|状态|结果|优先级|严重|原因|版本|日期|年份|月份"
)


@dataclass(frozen=True)
class Fixed:
    """Codes of the dimensions, shape (n, dimensions), the channel first; and what was left out."""

    codes: np.ndarray
    names: tuple[str, ...]
    left_out: dict[str, str]


def fixed_dimensions(
    frame: pd.DataFrame, *, skipped: Iterable[str], outcomes: Iterable[np.ndarray]
) -> Fixed:
    """Choose the columns whose mix is held fixed: the channel and every label of few values.

    What comes of a rating, or of how it was dealt with, is no mix, nor is a name of the time:
    holding it fixed would take the change itself away. Such columns are known by name, or by an
    outcome telling them nearly. The twenty largest values are kept; a missing one has code -1.

    Parameters
    ----------
    skipped
        Columns that are never a dimension.
    outcomes
        Arrays of shape (n,): ratings, scores, or codes of classes.
    """
    channel = frame["channel"] if "channel" in frame else pd.Series("", index=frame.index)
    codes = [_coded(channel.astype(object).where(channel.notna(), "not given"))]
    names, left_out = ["channel"], {}
    rest = set(frame.columns) - set(skipped) - {"channel"}
    given = list(outcomes)
    for column in sorted(rest, key=lambda c: (c != "language", str(c))):
        if not is_dimension(frame[column], most=_MOST_LEVELS):
            continue
        if frame[column].nunique() > frame[column].notna().sum() / 5:
            continue
        if _named_after(str(column)):
            left_out[str(column)] = _("by its name it follows the rating or the time")
            continue
        code = _coded(frame[column])
        saved = max((_errors_saved(code, values) for values in given), default=0.0)
        if saved > _FOLLOWS:
            left_out[str(column)] = _(
                "the outcome tells it: {saved} of errors saved", saved=percent(saved)
            )
            continue
        codes.append(code)
        names.append(str(column))
    return Fixed(np.stack(codes, axis=1), tuple(names), left_out)


def _coded(values: pd.Series) -> np.ndarray:
    known = values.dropna().astype(str)
    largest = known.value_counts().index[:_KEPT_LEVELS]
    code = np.full(len(values), -1)
    code[values.notna().to_numpy()] = pd.factorize(
        known.where(known.isin(largest), "the rest"), sort=True
    )[0]
    return code


def _named_after(column: str) -> bool:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)
    words = " ".join(re.findall(r"[a-z]+", spaced.lower()))
    return bool(_AFTER.search(words) or _AFTER_ZH.search(column))


def _errors_saved(code: np.ndarray, values: np.ndarray) -> float:
    """Goodman and Kruskal's λ of the level given the value, in twenty bins where there are more."""
    known = np.isfinite(values)
    if known.sum() < 50:
        return 0.0
    place = np.unique(values[known], return_inverse=True)[1]
    if place.max() >= 200:
        place = np.ceil(pd.Series(values[known]).rank(pct=True).to_numpy() * 20).astype(int)
    table = pd.crosstab(place, code[known]).to_numpy()
    base = table.sum() - table.sum(axis=0).max()
    return float(1 - (table.sum() - table.max(axis=1).sum()) / base) if base else 0.0


def is_dimension(values: pd.Series, most: int) -> bool:
    """Whether a column holds two to `most` labels."""
    kind = values.dtype
    if pd.api.types.is_bool_dtype(kind):
        return True
    if not (pd.api.types.is_string_dtype(kind) or isinstance(kind, pd.CategoricalDtype)):
        return False
    known = values.dropna()
    if known.empty or not known.map(lambda value: isinstance(value, str)).all():
        return False
    return 2 <= known.nunique() <= most
