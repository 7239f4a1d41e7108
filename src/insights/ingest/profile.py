"""What a column seems to hold, by its name and by its content."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from insights.errors import DataError
from insights.ingest.dates import parse_times
from insights.ingest.values import numbers

__all__ = ["HINTS", "Profile", "named", "profile"]

_SAMPLE = 600
_CHINESE = re.compile(r"[\u4e00-\u9fff]")

# words of a name, best first; a name scores by the first that it contains
HINTS: dict[str, tuple[str, ...]] = {
    "text": (
        "reviewtext", "reviewbody", "评论内容", "评价内容", "反馈内容", "reviewcontent",
        "comment", "verbatim", "narrative", "content", "remarks", "remark", "reviews", "review",
        "text",
        "message", "feedback", "description", "body", "内容", "评论", "评价", "反馈", "留言",
        "意见", "answer", "response",
    ),
    "created_at": (
        "createdat", "creationtime", "createdtime", "submittedat", "tweetcreated", "reviewdate",
        "datereceived", "created", "submitted", "timestamp", "posted", "评论时间", "创建时间",
        "提交时间", "反馈时间", "date", "日期", "时间", "datetime", "time", "at",
    ),
    "rating": (
        "overallrating", "reviewrating", "satisfactionrating", "starrating", "rating", "stars",
        "star", "score", "评分", "得分", "星级", "打分", "满意度", "satisfaction", "label",
    ),
    "customer_id": (
        "customerid", "accountid", "userid", "clientid", "memberid", "客户编号", "客户id", "用户id",
        "会员id", "客户", "用户", "account", "customer", "username", "user",
    ),
    "feedback_id": (
        "feedbackid", "reviewid", "ticketid", "commentid", "tweetid", "complaintid", "responseid",
        "messageid", "会话编号", "评论id", "编号", "id",
    ),
    "nps": ("nps", "recommendscore", "likelihood", "推荐意愿"),
    "csat": ("csat",),
    "ces": ("ces", "effortscore"),
    "channel": ("channel", "submittedvia", "渠道", "来源"),
    "status": ("status", "状态"),
    "closed_at": ("closedat", "closed", "resolvedat", "关闭时间"),
    "ingested_at": ("ingestedat", "ingested", "loadedat", "入库时间"),
    "topic": ("topic", "category", "negativereason", "reason", "issue", "tickettype", "intent",
              "主题", "类别", "分类"),
    "started_at": ("startedat", "signupdate", "signup", "startdate", "joined", "registered",
                   "createdat", "开始", "注册时间", "开户"),
    "ended_at": ("endedat", "churndate", "enddate", "cancelledat", "canceledat", "closedat",
                 "流失时间", "结束"),
    "monthly_revenue": ("monthlyrevenue", "mrr", "monthlycharge", "月收入", "月费"),
    "churned": ("churned", "churnlabel", "churnflag", "churnvalue", "churn", "exited", "attrition",
                "是否流失", "流失"),
    "value": ("value", "weeklysales", "sales", "turnover", "users", "takings", "quotes", "volume",
              "revenue", "count", "y", "数值", "值", "销量"),
    "series_id": ("seriesid", "series", "uniqueid", "store", "region", "product"),
    "initiative_id": ("initiativeid", "initiative", "项目编号"),
    "period_start": ("periodstart", "period", "usagedate", "month", "week", "date", "月份", "日期"),
}  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """One column.

    Attributes
    ----------
    filled, distinct
        Share of rows with a value; share of values that differ.
    dates, numeric
        Share of values that read as dates, as numbers.
    length
        Mean length in characters; a Chinese character counts for two.
    wordy
        Share of values with a space or a Chinese character: keys and codes have neither.
    low, high
        Bounds of the numbers, a hundredth of them left out: a slip of the key is no scale.
    ambiguous
        Whether day and month cannot be told apart.
    """

    name: str
    filled: float
    distinct: float
    values: int
    dates: float
    numeric: float
    length: float
    low: float
    high: float
    wordy: float
    ambiguous: bool = False

    @property
    def is_date(self) -> bool:
        """Whether nearly all values are dates, and not plain numbers."""
        return self.dates >= 0.9 and (self.numeric < 0.9 or named("created_at", self.name) > 0.5)

    @property
    def is_text(self) -> bool:
        """Whether people wrote it: long and varied."""
        long = self.length >= 14 and self.distinct >= 0.25 and self.wordy > 0.4
        return long and self.numeric < 0.5 and not self.is_date


def named(role: str, column: str) -> float:
    """How well a column's name fits a role, 0 to 1: the whole name beats a part of it."""
    plain = re.sub(r"[\W_]+", "", column.lower())
    best = 0.0
    for place, word in enumerate(HINTS[role]):
        weight = 1 - place / (2 * len(HINTS[role]))
        if plain == word:
            best = max(best, weight)
        elif (word in plain and (len(word) > 2 or not word.isascii())) or (
            len(word) == 2 and re.search(rf"(^|[\W_]){word}($|[\W_])", column.lower())
        ):
            best = max(best, 0.6 * weight)
    return best


def profile(name: str, column: pd.Series) -> Profile:
    """Look at a column's values; dates are judged on an even sample."""
    known = column.dropna()
    n = max(len(known), 1)
    sample = known.iloc[:: max(1, len(known) // _SAMPLE)][:_SAMPLE]
    number, bad = numbers(sample)
    dates, ambiguous = _dates(sample)
    written = sample.astype(str)
    lengths = written.map(lambda text: len(text) + len(_CHINESE.findall(text)))
    found, _ = numbers(known)
    return Profile(
        name=name,
        filled=len(known) / max(len(column), 1),
        distinct=known.astype(str).nunique() / n,
        values=int(known.astype(str).nunique()),
        dates=dates,
        numeric=1 - float(bad.mean()) if len(sample) and number.notna().any() else 0.0,
        length=float(lengths.mean()) if len(sample) else 0.0,
        low=float(found.quantile(0.005, interpolation="nearest")),
        high=float(found.quantile(0.995, interpolation="nearest")),
        wordy=float(written.str.contains(r"\s|[\u4e00-\u9fff]").mean()) if len(sample) else 0.0,
        ambiguous=ambiguous,
    )


def _dates(sample: pd.Series) -> tuple[float, bool]:
    if sample.empty:
        return 0.0, False
    try:
        return 1 - float(parse_times(sample).unread.mean()), False
    except DataError:
        unread = parse_times(sample, day_first=True).unread
        return 1 - float(unread.mean()), True
