"""Settings of the collect notebook."""

from __future__ import annotations

from pydantic import Field

from insights import settings

__all__ = ["Params"]


class Params(settings.Params):
    """What the collect notebook lets its reader choose."""

    as_of: str = Field(
        "", description="time of collection, such as 2026-11-30; later dates are quarantined"
    )
    examples: int = Field(8, ge=0, le=100, description="quarantined and screened rows shown")
    level: float = Field(0.95, gt=0.5, lt=1, description="confidence level of the intervals")
