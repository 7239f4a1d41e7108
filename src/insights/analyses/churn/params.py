"""Settings of the churn notebook."""

from __future__ import annotations

import datetime as dt

from pydantic import Field, field_validator

from insights import settings

__all__ = ["Params"]

_CANCELLATION = (
    "cancel, exit, churn, offboarding, closure, close account, retention, win-back, winback, "
    "unsubscribe, 退订, 注销, 取消, 解约, 流失, 销户, 挽留"
)


class Params(settings.Params):
    """What counts as feedback before a period, and what is said of it."""

    window_days: int = Field(
        90, ge=7, le=730, description="days of feedback looked back on before each month"
    )
    gap_days: int = Field(
        14, ge=0, le=180, description="days between the last feedback counted and the month"
    )
    horizon_days: int = Field(
        90, ge=28, le=730, description="days over which the probability of leaving is stated"
    )
    observed_from: str = Field(
        "", description="first day of observation, YYYY-MM-DD; empty: first month with feedback"
    )
    observed_to: str = Field(
        "", description="last day of observation, YYYY-MM-DD; empty: last month with feedback"
    )
    fdr: float = Field(
        0.0, gt=0, le=0.5, description="share of false findings among those named; 0: the study's"
    )
    min_cell: int = Field(
        0,
        ge=3,
        le=1000,
        description="exposed leavers below which a topic is suppressed; 0: the study's",
    )
    min_customers: int = Field(
        20, ge=5, description="customers who must have raised a topic before it is tested"
    )
    account: str = Field(
        "", description="column of the customers that names their account; they leave together"
    )
    placebo_topics: str = Field(
        "", description="topics, by label, that should not go with leaving, such as praise"
    )
    label_precision: float = Field(
        0, ge=0, le=1, description="share of topic labels that are right; 0: by their probability"
    )
    exclude_channels: str = Field(
        _CANCELLATION,
        description="channels whose name holds one of these words are cancellation talk",
    )

    @field_validator("observed_from", "observed_to")
    @classmethod
    def _date(cls, value: str) -> str:
        if value:
            try:
                dt.date.fromisoformat(value)
            except ValueError:
                raise ValueError("write a date as YYYY-MM-DD, or leave it empty") from None
        return value

    @property
    def few(self) -> int:
        """Exposed leavers below which a topic is exploratory at best: two smallest cells."""
        return 2 * self.min_cell

    @property
    def denied(self) -> tuple[str, ...]:
        """The words that mark a channel as cancellation talk, in lower case."""
        words = (word.strip().lower() for word in self.exclude_channels.split(","))
        return tuple(word for word in words if word)
