"""Settings of the sentiment notebook."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from insights.enrich.model_names import check_engine
from insights.settings import Params as Base
from insights.settings import Period

__all__ = ["Engine", "Params"]

Engine = Annotated[str, AfterValidator(check_engine)]


class Params(Base):
    """How sentiment is scored, counted and compared."""

    period: Period = Field(
        "auto", description="length of a period: auto, day, week, month, quarter or year"
    )
    engine: Engine = Field(
        "auto",
        description="auto, lexicon (word lists), prior (fitted elsewhere, recalibrated here), "
        "calibrated (learnt from the ratings) or transformers/MODEL (an optional extra)",
    )
    labels: Literal["with", "only", "check"] = Field(
        "with",
        description="hand labels, where there are some: learnt from with the ratings, only them, "
        "or to check by",
    )
    cells: ClassVar[int] = 2  # of five equal marks an interval would have no width

    min_cell: int = Field(
        0,
        ge=2,
        le=1000,
        description="records below which a mean or share is not shown; 0: twice the study's",
    )
    fdr: float = Field(
        0.0, gt=0, le=0.5, description="share of false findings among those named; 0: the study's"
    )
    cooldown: int = Field(
        3, ge=0, le=60, description="periods after an alert in which its group raises no other"
    )
    alert_budget: int = Field(
        5, ge=1, le=100, description="alerts a period at most; the rest stand in the digest"
    )
    releases: str = Field(
        "", description="dates to mark, such as '2024-03-01 version 2; 2024-06-15 new price'"
    )
    ces_good: Literal["undeclared", "high", "low"] = Field(
        "undeclared", description="which end of the effort scale is good: high, low or undeclared"
    )
    surveys_sent: int = Field(
        0, ge=0, description="people who were asked for a score; 0: not known, no rate is printed"
    )
    aspect_words: str = Field(
        "",
        description="the study's own aspects, such as 'sync: sync, syncing, 同步; desk: desk'",
    )
    shipped_aspects: bool = Field(
        True, description="look for the aspects of the shipped list beside the study's own"
    )
