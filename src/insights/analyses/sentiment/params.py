"""Settings of the sentiment notebook."""

from __future__ import annotations

from pydantic import Field

from insights.enrich.polarity import Engine
from insights.settings import Params as Base
from insights.stats.calendar import Period

__all__ = ["Params"]


class Params(Base):
    """How sentiment is scored, counted and compared."""

    period: Period = Field(
        "auto", description="length of a period: auto, day, week, month, quarter or year"
    )
    engine: Engine = Field(
        "auto", description="auto, lexicon (word lists) or calibrated (learnt from the ratings)"
    )
    min_cell: int = Field(
        10, ge=2, le=1000, description="records below which a mean or share is not shown"
    )
    fdr: float = Field(
        0.05, gt=0, lt=0.5, description="false discovery rate over all groups that are compared"
    )
