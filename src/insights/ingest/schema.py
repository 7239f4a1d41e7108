"""The canonical tables: the only place that declares column names, types and meanings.

In memory, times are UTC-aware timestamps, dates are naive midnights, identifiers and labels are
strings, shares lie in 0-1. A column that is optional may be missing altogether; a study may
name further columns, which are kept as dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["TABLES", "Column", "Kind", "Table"]

Kind = Literal["id", "text", "time", "date", "number", "share", "label", "list"]


@dataclass(frozen=True)
class Column:
    """One declared column."""

    name: str
    kind: Kind
    about: str
    required: bool = False
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Table:
    """One canonical table: what a row is, and its columns."""

    name: str
    row: str
    columns: tuple[Column, ...]
    extra_numbers: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The declared column names."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.required)

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "feedback",
            "a piece of feedback",
            (
                Column("feedback_id", "id", "made from source and content when missing"),
                Column("created_at", "time", "when it was given, UTC", required=True),
                Column("text", "text", "what the customer wrote, redacted", required=True),
                Column("channel", "label", "ticket, review, survey, chat, email …"),
                Column("customer_id", "id", "keyed pseudonym of the customer"),
                Column("rating", "share", "0 worst to 1 best of its declared scale", low=0, high=1),
                Column("nps", "number", "likelihood to recommend, 0 to 10", low=0, high=10),
                Column("csat", "number", "satisfaction as given"),
                Column("ces", "number", "customer effort as given"),
                Column("question", "text", "the wording that was asked"),
                Column("language", "label", "en, zh, mixed, other or unknown"),
                Column("status", "label", "open, closed …"),
                Column("closed_at", "time", "when it was closed, UTC"),
                Column("ingested_at", "time", "when the data came to know it, UTC"),
                Column("topic", "label", "a label that people gave"),
            ),
        ),
        Table(
            "customers",
            "a customer",
            (
                Column("customer_id", "id", "keyed pseudonym of the customer", required=True),
                Column("started_at", "date", "first day as a customer", required=True),
                Column("ended_at", "date", "last day as a customer; null while active"),
                Column("ended_reason", "label", "voluntary or involuntary"),
                Column("monthly_revenue", "number", "recurring revenue a month", low=0),
            ),
        ),
        Table(
            "snapshot",
            "a customer in a flat, undated churn table",
            (
                Column("customer_id", "id", "keyed pseudonym of the customer", required=True),
                Column("churned", "label", "whether the customer had left", required=True),
            ),
        ),
        Table(
            "usage",
            "a customer in a period",
            (
                Column("customer_id", "id", "keyed pseudonym of the customer", required=True),
                Column("period_start", "date", "first day of the period", required=True),
            ),
            extra_numbers=True,
        ),
        Table(
            "market",
            "a value of a series",
            (
                Column("series_id", "label", "name of the series", required=True),
                Column("date", "date", "the day, or first day of the period", required=True),
                Column("value", "number", "the observed value", required=True),
            ),
            extra_numbers=True,
        ),
        Table(
            "initiatives",
            "an improvement under discussion",
            (
                Column("initiative_id", "id", "its key", required=True),
                Column("title", "text", "what would be done", required=True),
                Column("topics", "list", "topic ids or labels it addresses"),
                Column("cost_once", "text", "one-off cost: a number or {low, mode, high}"),
                Column("cost_monthly", "text", "running cost a month, likewise"),
                Column("effect", "text", "relative reduction of churn among those affected"),
                Column("effort", "number", "person-weeks"),
                Column("owner", "label", "who answers for it"),
                Column("perspective", "label", "customer, business or technical"),
            ),
        ),
    )
}
