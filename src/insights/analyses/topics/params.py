"""Settings of the topics notebook."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, field_validator, model_validator

from insights import settings
from insights.enrich.endpoint import Endpoint, is_reference
from insights.enrich.model_names import check_encoder
from insights.errors import ParamsError
from insights.settings import Period

if TYPE_CHECKING:
    from insights.enrich.words import Tokeniser

__all__ = ["Params"]

MOST_TERMS = 20_000  # of the dictionary


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
    embedding: str = Field(
        "student",
        description="student (ours), sentence-transformers/MODEL, model2vec/MODEL or openai/MODEL",
    )
    labeller: str = Field(
        "phrases",
        pattern=r"^(phrases|openai:\S+)$",
        description="phrases (ours), or openai:MODEL, which is sent keywords and redacted quotes",
    )
    endpoint: str = Field(
        "", description="env:NAME of the variable with the address that openai models are asked at"
    )
    endpoint_key: str = Field("", description="env:NAME of the variable with its key, if any")
    period: Period = Field("auto", description="length of a period of the trend")
    fdr: float = Field(
        0.0, gt=0, le=0.5, description="share of false findings among those named; 0: the study's"
    )
    min_cell: int = Field(
        0, ge=3, le=1000, description="customers below which a cell is hidden; 0: the study's"
    )

    @field_validator("dictionary")
    @classmethod
    def _few_terms(cls, value: str) -> str:
        found = len(_terms(value))
        if found > MOST_TERMS:
            raise ValueError(f"holds {found:,} terms; at most {MOST_TERMS:,} are allowed")
        return value

    @field_validator("embedding")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            return check_encoder(value)
        except ParamsError as error:
            raise ValueError(str(error)) from None

    @field_validator("endpoint", "endpoint_key")
    @classmethod
    def _referred(cls, value: str) -> str:
        if value and not is_reference(value):
            raise ValueError(
                "must be a reference such as env:LLM_URL; put the address or key itself into that "
                "environment variable"
            )
        return value

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        for name in ("embedding", "labeller"):
            value = getattr(self, name)
            if value.startswith("openai") and not self.endpoint:
                raise ValueError(
                    f"{name} is {value!r}, but no endpoint is named: set endpoint: env:NAME to "
                    "the variable that holds its base address"
                )
        return self

    def asked(self, cache: Path | None = None) -> Endpoint | None:
        """Return the endpoint, when one is named; `cache` is the folder of earlier answers."""
        if not self.endpoint:
            return None
        return Endpoint(self.endpoint, self.endpoint_key, cache=cache)

    def tokeniser(self) -> Tokeniser:
        """Return what splits texts into words, with the dictionary's terms kept whole."""
        from insights.enrich.words import Tokeniser  # loads a dictionary of Chinese

        return Tokeniser.of(_terms(self.dictionary))


def _terms(text: str) -> list[str]:
    return [term.strip() for term in re.split(r"[;；\n]", text) if term.strip()]
