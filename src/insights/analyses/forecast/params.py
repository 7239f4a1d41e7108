"""Settings of the forecast."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from insights import settings

__all__ = ["Params"]


class Params(settings.Params):
    """What the forecast notebook may be told."""

    horizon: int = Field(0, ge=0, le=120, description="periods ahead; 0 chooses by frequency")
    level: float = Field(0.95, ge=0.5, le=0.99, description="level of intervals in sentences")
    fdr: float = Field(
        0.0, gt=0, le=0.5, description="share of false findings among those named; 0: the study's"
    )
    min_cell: int = Field(
        0,
        ge=2,
        le=1000,
        description="records below which a period of the feedback has no score; 0: the study's",
    )
    max_series: int = Field(500, ge=1, le=5000, description="series forecast, largest level first")
    last_period: Literal["auto", "keep", "drop"] = Field(
        "auto", description="what to do with a last period that may be incomplete"
    )
    repeated: Literal["refuse", "sum", "mean"] = Field(
        "refuse", description="what to do with different values on one date, or with hours of a day"
    )
    bounds: str = Field(
        "",
        description="limits that series cannot leave, such as 'churn rate: 0 to 1; margin: none'",
    )
    holidays: str = Field(
        "",
        description="countries whose public holidays are looked at (ISO codes, such as 'US, DE')",
    )
    feedback: bool = Field(
        False, description="forecast volume, NPS and sentiment of the feedback as well"
    )
    total: str = Field(
        "", max_length=80, description="name of a series to add: the sum of all others of each date"
    )
    jobs: int = Field(1, ge=1, le=64, description="processes that share the series")
