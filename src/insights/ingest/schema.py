"""The canonical tables: each declares itself here, and nothing else lists them.

A table says what a row is, which columns it has, what keys its rows, and how it is told from
other files; reading, checking, redacting, guessing and the dictionary of tables follow from that.

In memory, times are UTC-aware timestamps, dates are naive midnights, identifiers and labels are
strings, shares lie in 0-1. A column that is optional may be missing altogether; a study may
name further columns, which are kept as dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

__all__ = ["IDS", "TABLES", "Column", "Kind", "Table", "hints"]

Kind = Literal["id", "text", "time", "date", "number", "share", "label", "list", "amount"]


@dataclass(frozen=True)
class Column:
    """One declared column.

    Attributes
    ----------
    kind
        How cells are read; an amount is a number or {low, mode, high}.
    low, high, whole
        What a number may be; others are left empty.
    empty
        What an empty cell says, such as 'active'. A value that cannot be read then sets the row
        aside, and a date after the year 2100 counts as empty.
    after
        Date column of the table that a value must not lie before.
    made
        What fills the column when no source has it: the record's content, or the source's name.
    hints
        Words that a source column's name may hold when it means this one, the best first.
    taken
        Names under which a source's column is taken unasked, beside its own.
    lone
        Whether the only column of numbers left over is taken for it.
    """

    name: str
    kind: Kind
    about: str
    required: bool = False
    low: float | None = None
    high: float | None = None
    whole: bool = False
    empty: str = ""
    after: str = ""
    made: Literal["", "content", "source"] = ""
    hints: str = ""
    taken: str = ""
    lone: bool = False


@dataclass(frozen=True)
class Table:
    """One canonical table: what a row is, and its columns.

    Attributes
    ----------
    key
        Columns that tell rows apart; two rows with one key and other content contradict each
        other, and neither is kept.
    latest
        Date column by which the last of such rows is kept instead.
    order
        Columns by which rows are sorted; the key when empty.
    further
        Columns beyond the declared ones that are kept unasked, and what they are called.
    prose
        Column in which people wrote: it is screened, searched for repeats, its language told;
        rows that repeat source, customer, time and text are merged.
    scores
        Columns of numbers that people gave: a row with one stays where nothing was written.
    named
        Whether a file is taken for this table by the names of its columns alone.
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    latest: str = ""
    order: tuple[str, ...] = ()
    further: Literal["", "numbers", "any"] = ""
    further_about: str = ""
    prose: str = ""
    scores: tuple[str, ...] = ()
    named: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The declared column names."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def ids(self) -> frozenset[str]:
        """Columns of identifiers, which hold no text to redact."""
        labels = {column.name for column in self.columns if column.kind == "label"}
        return IDS | (labels & set(self.key))

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


_CUSTOMER = Column(
    "customer_id", "id", "keyed pseudonym of the customer", required=True,
    hints="customerid accountid userid clientid memberid 客户编号 客户id 用户id 会员id 客户 用户 "
    "account customer username user authorid",
)  # fmt: skip

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "feedback",
            "a piece of feedback",
            (
                Column(
                    "feedback_id",
                    "id",
                    "made from source and content when missing",
                    made="content",
                    hints="feedbackid reviewid ticketid commentid tweetid complaintid responseid "
                    "messageid 会话编号 评论id 编号 id",
                ),
                Column(
                    "created_at",
                    "time",
                    "when it was given, UTC",
                    required=True,
                    hints="createdat creationtime createdtime submittedat tweetcreated reviewdate "
                    "datereceived created submitted timestamp posted 评论时间 创建时间 提交时间 "
                    "反馈时间 date 日期 时间 datetime time at",
                ),
                Column(
                    "text",
                    "text",
                    "what the customer wrote, redacted; null where only a score was given",
                    required=True,
                    hints="reviewtext reviewbody 评论内容 评价内容 反馈内容 reviewcontent comment "
                    "verbatim narrative content remarks remark reviews review text message "
                    "feedback description body 内容 评论 评价 反馈 留言 意见 answer response",
                ),
                Column(
                    "channel",
                    "label",
                    "ticket, review, survey, chat, email …",
                    hints="channel submittedvia 渠道 来源",
                ),
                replace(_CUSTOMER, required=False),
                Column(
                    "speaker",
                    "label",
                    "who wrote: customer, agent or bot; only customer enters",
                    hints="speaker sendertype authortype senderrole authorrole role sender author "
                    "发送者类型 发送方 角色",
                ),
                Column(
                    "rating",
                    "share",
                    "0 worst to 1 best of its declared scale",
                    low=0,
                    high=1,
                    hints="overallrating reviewrating satisfactionrating starrating rating stars "
                    "star score 评分 得分 星级 打分 满意度 satisfaction bewertung sterne "
                    "zufriedenheit "
                    "calificación puntuación valoración estrellas avaliação estrelas valutazione "
                    "stelle beoordeling sterren betyg ocena gwiazdki оценка рейтинг "
                    "評価 満足度 별점 평점 "
                    "만족도 puan penilaian label grade note nota voto",
                ),
                Column(
                    "nps",
                    "number",
                    "likelihood to recommend, 0 to 10",
                    low=0,
                    high=10,
                    whole=True,
                    hints="nps recommendscore likelihood 推荐意愿",
                ),
                Column("csat", "number", "satisfaction as given", hints="csat"),
                Column("ces", "number", "customer effort as given", hints="ces effortscore"),
                Column("question", "text", "the wording that was asked"),
                Column("language", "label", "en, zh, mixed, other or unknown"),
                Column("status", "label", "open, closed …", hints="status 状态"),
                Column(
                    "closed_at",
                    "time",
                    "when it was closed, UTC",
                    hints="closedat closed resolvedat 关闭时间",
                ),
                Column(
                    "ingested_at",
                    "time",
                    "when the data came to know it, UTC",
                    hints="ingestedat ingested loadedat 入库时间",
                ),
                Column(
                    "topic",
                    "label",
                    "a label that people gave",
                    hints="topic category negativereason reason issue tickettype intent 主题 "
                    "类别 分类",
                ),
            ),
            key=("feedback_id",),
            order=("created_at", "feedback_id"),
            prose="text",
            scores=("rating", "nps", "csat", "ces"),
        ),
        Table(
            "customers",
            "a customer",
            (
                _CUSTOMER,
                Column(
                    "started_at",
                    "date",
                    "first day as a customer",
                    required=True,
                    hints="startedat signupdate signup startdate joined registered createdat 开始 "
                    "注册时间 开户",
                ),
                Column(
                    "ended_at",
                    "date",
                    "last day as a customer; null while active",
                    empty="active",
                    after="started_at",
                    hints="endedat churndate enddate cancelledat canceledat closedat 流失时间 结束",
                ),
                Column("ended_reason", "label", "voluntary or involuntary"),
                Column(
                    "monthly_revenue",
                    "number",
                    "recurring revenue a month",
                    low=0,
                    hints="monthlyrevenue mrr monthlycharge 月收入 月费",
                ),
            ),
            key=("customer_id",),
            latest="started_at",
        ),
        Table(
            "snapshot",
            "a customer in a flat, undated churn table",
            (
                _CUSTOMER,
                Column(
                    "churned",
                    "label",
                    "whether the customer had left",
                    required=True,
                    hints="churned churnlabel churnflag churnvalue churn exited attrition "
                    "是否流失 流失",
                ),
            ),
            key=("customer_id",),
            further="any",
            further_about="anything known of the customer",
        ),
        Table(
            "usage",
            "a customer in a period",
            (
                _CUSTOMER,
                Column(
                    "period_start",
                    "date",
                    "first day of the period",
                    required=True,
                    hints="periodstart period usagedate month week date 月份 日期",
                ),
            ),
            key=("customer_id", "period_start"),
            further="numbers",
            further_about="what was used: every further numeric column",
        ),
        Table(
            "market",
            "a value of a series",
            (
                Column(
                    "series_id",
                    "label",
                    "name of the series",
                    required=True,
                    made="source",
                    hints="seriesid series uniqueid store region product",
                ),
                Column(
                    "date",
                    "date",
                    "the day, or first day of the period",
                    required=True,
                    taken="date ds week month day quarter time 日期 时间 月份",
                ),
                Column(
                    "value",
                    "number",
                    "the observed value",
                    required=True,
                    lone=True,
                    hints="value weeklysales sales turnover users takings quotes volume revenue "
                    "count y 数值 值 销量",
                ),
            ),
            key=("series_id", "date"),
            further="numbers",
            further_about="regressors: every further numeric column",
        ),
        Table(
            "initiatives",
            "an improvement under discussion",
            (
                Column(
                    "initiative_id",
                    "id",
                    "its key",
                    required=True,
                    hints="initiativeid initiative 项目编号",
                ),
                Column("title", "text", "what would be done", required=True, hints="title"),
                Column("topics", "list", "topic ids, labels, or words found in them, split at `;`"),
                Column(
                    "cost_once", "amount", "one-off cost: a number or {low, mode, high} as JSON"
                ),
                Column("cost_monthly", "amount", "running cost a month, likewise"),
                Column(
                    "effect", "amount", "relative reduction of churn among those affected, likewise"
                ),
                Column("effort", "number", "person-weeks"),
                Column("owner", "label", "who answers for it"),
                Column("perspective", "label", "customer, business or technical"),
            ),
            key=("initiative_id",),
            named=True,
        ),
    )
}

IDS = frozenset(
    column.name for table in TABLES.values() for column in table.columns if column.kind == "id"
)


@cache
def hints(name: str) -> tuple[str, ...]:
    """Return the words of a source column's name that speak for a canonical column."""
    columns = (column for table in TABLES.values() for column in table.columns)
    words = (column.hints for column in columns if column.name == name and column.hints)
    return tuple(next(words, "").split())
