"""What a column seems to hold, by its name and by its content."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

import pandas as pd

from insights.errors import DataError
from insights.ingest.dates import parse_times
from insights.ingest.schema import hints
from insights.ingest.values import numbers

__all__ = ["Profile", "named", "profile", "says_text"]

_SAMPLE = 600
_EARLIEST = 18_000  # a smaller number is no day of a spreadsheet, nor seconds since 1970
_TIME = re.compile(
    r"time(?!out|s\b)|date(?!d)|created|submitted|posted|stamp|epoch|_at$|时间|日期|datum|fecha"
)
_ROWS = 3_000
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SHORT_NUMBER = re.compile(
    r"\(?[-+]?[$€£¥￥]?\s*\d[\d.,\s]*\s*(?:[kKmMbB]|bn|mn|万|亿)?\s*[€%]?\)?"
)
_PROSE = re.compile(
    r"\b(?:reviews?|comments?|feedback|verbatim|remarks?|messages?|narrative|opinion|text|body"
    r"|content|description|answer|improve|suggestions?)\b"
)
_NO_PROSE = re.compile(
    r"\b(?:id|name|type|date|time|count|number|status|language|lang|url|link|rating|score|stars"
    r"|title|author|user|reviewer|by|at|source|channel|category|tags?|code|key|hash|length|label"
    r"|sentiment)\b"
)
_PROSE_ZH = re.compile(r"(评论|评价|反馈|留言|意见|建议|点评|评语|内容)(内容|文本|正文|详情)?$")


@dataclass(frozen=True)
class Profile:
    """One column.

    Attributes
    ----------
    filled, distinct
        Share of rows with a value; share of values that differ.
    dates, numeric
        Share of values that read as dates, as numbers.
    short
        Share of values that a person reads as a number, such as 1.2K or (350).
    length
        Mean length in characters; a Chinese character counts for two.
    wordy
        Share of values with a space or a Chinese character: keys and codes have neither.
    low, high
        Bounds of the numbers, a hundredth of them left out: a slip of the key is no scale.
    doubt
        What cannot be told of dates that can be read in two ways.
    label
        The question, where the header is only its code.
    example
        The first value.
    """

    name: str
    filled: float
    distinct: float
    values: int
    dates: float
    numeric: float
    short: float
    length: float
    low: float
    high: float
    wordy: float
    label: str = ""
    example: str = ""
    doubt: str = ""

    @property
    def ambiguous(self) -> bool:
        """Whether the dates can be read in two ways."""
        return bool(self.doubt)

    @property
    def wording(self) -> str:
        """The question asked: what the header says."""
        return self.label or self.name

    @property
    def is_date(self) -> bool:
        """Whether nearly all values are dates, and not plain numbers."""
        if self.dates < 0.9 or self.numeric < 0.9:
            return self.dates >= 0.9
        large = self.low >= _EARLIEST and bool(_TIME.search(self.name.lower()))
        return large or named("created_at", self.name) > 0.5

    @property
    def is_text(self) -> bool:
        """Whether people wrote it: long and varied, or called a text and made of words."""
        if self.numeric >= 0.5 or self.short >= 0.9 or self.is_date:
            return False
        long = self.length >= 14 and self.distinct >= 0.25 and self.wordy > 0.4
        return long or (says_text(self.name) and self.values > 4 and self.wordy > 0.02)


def says_text(column: str) -> bool:
    """Whether a column's name says that people wrote in it, as 'review' or 评论 do."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", column)
    words = " ".join(re.findall(r"[a-z]+", spaced.lower()))
    if words and not _CHINESE.search(column):
        return bool(_PROSE.search(words)) and not _NO_PROSE.search(words)
    return bool(_PROSE_ZH.search(column.strip()))


def named(role: str, column: str) -> float:
    """How well a column's name fits a role, 0 to 1: the whole name beats a part of it."""
    plain = re.sub(r"[\W_]+", "", column.lower())
    words = hints(role)
    best = 0.0
    for place, word in enumerate(words):  # the first that the name contains counts
        weight = 1 - place / (2 * len(words))
        if plain == word:
            best = max(best, weight)
        elif (word in plain and (len(word) > 2 or not word.isascii())) or (
            len(word) == 2 and re.search(rf"(^|[\W_]){word}($|[\W_])", column.lower())
        ):
            best = max(best, 0.6 * weight)
    return best


def profile(name: str, column: pd.Series, *, wording: str = "") -> Profile:
    """Look at a column's values; dates are judged on an even sample."""
    known = column.dropna()
    n = max(len(known), 1)
    sample = known.iloc[:: max(1, len(known) // _SAMPLE)][:_SAMPLE]
    number, bad = numbers(sample)
    dates, doubt = _dates(sample)
    written = sample.astype(str)
    lengths = written.map(lambda text: len(text) + len(_CHINESE.findall(text)))
    found, _ = numbers(known.iloc[:: max(1, len(known) // _ROWS)])
    values = int(known.astype(str).nunique())
    return Profile(
        name=name,
        filled=float(column.notna().mean()) if len(column) else 0.0,
        distinct=values / n,
        values=values,
        dates=dates,
        numeric=1 - float(bad.mean()) if len(sample) and number.notna().any() else 0.0,
        short=float(written.str.strip().map(lambda t: bool(_SHORT_NUMBER.fullmatch(t))).mean())
        if len(sample) else 0.0,
        length=float(lengths.mean()) if len(sample) else 0.0,
        low=float(found.quantile(0.005, interpolation="nearest")),
        high=float(found.quantile(0.995, interpolation="nearest")),
        wordy=float(written.str.contains(r"\s|[\u4e00-\u9fff]").mean()) if len(sample) else 0.0,
        doubt=doubt,
        label=wording,
        example=written.iloc[0] if len(sample) else "",
    )  # fmt: skip


def _dates(sample: pd.Series) -> tuple[float, str]:
    """Return the share of values that are dates, and what cannot be told of them."""
    if sample.empty:
        return 0.0, ""
    try:
        return 1 - float(parse_times(sample, where="dates").unread.mean()), ""
    except DataError as error:
        doubt = str(error).removeprefix("dates: ")
    zones = ("UTC", "America/Chicago", "Asia/Kolkata", "Europe/London", "America/Halifax")
    for timezone, day_first in itertools.product(zones, (None, True, False)):
        try:
            times = parse_times(sample, day_first=day_first, timezone=timezone)
        except DataError:
            continue
        return 1 - float(times.unread.mean()), doubt
    return 0.0, doubt
