"""Settings of the topics notebook."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from insights import settings
from insights.enrich.words import Tokeniser
from insights.settings import Period

__all__ = ["Params"]

MOST_TERMS = 2_000  # of the dictionary: every text is searched for all of them


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
    dictionary: str = Field(
        "",
        description="terms to keep whole, one a line or parted by ';': single sign-on; 智能会议屏",
    )
    period: Period = Field("auto", description="length of a period of the trend")

    @field_validator("dictionary")
    @classmethod
    def _few_terms(cls, value: str) -> str:
        found = len(_terms(value))
        if found > MOST_TERMS:
            raise ValueError(f"holds {found:,} terms; at most {MOST_TERMS:,} are allowed")
        return value

    def tokeniser(self) -> Tokeniser:
        """Return what splits texts into words, with the dictionary's terms kept whole."""
        return Tokeniser.of(_terms(self.dictionary))


def _terms(text: str) -> list[str]:
    return [term.strip() for term in re.split(r"[;；\n]", text) if term.strip()]
