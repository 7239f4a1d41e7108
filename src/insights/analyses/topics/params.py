"""Settings of the topics notebook."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from insights import settings
from insights.settings import Period

__all__ = ["Params"]


class Params(settings.Params):
    """How topics are found and followed through time."""

    source: Literal["model", "given"] = Field(
        "model", description="topics found by a model, or labels given in the feedback table"
    )
    min_topic_size: int = Field(
        0,
        ge=0,
        le=100_000,
        description="fewest texts of a topic; 0: follows the size of the corpus",
    )
    max_topics: int = Field(
        30, ge=2, le=1_000, description="most topics; finer ones become sub-topics of these"
    )
    period: Period = Field("auto", description="length of a period of the trend")
