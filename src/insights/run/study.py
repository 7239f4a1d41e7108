"""A study file: validated whole, with line numbers, before anything runs."""

from __future__ import annotations

import re
import zoneinfo
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from insights.errors import DataError, ParamsError, did_you_mean
from insights.ingest.segments import DEFAULT_SEGMENTS, Segments
from insights.ingest.sources import Sources
from insights.messages import LANGUAGES
from insights.settings import Evidence
from insights.yaml_lines import Document, read_yaml

__all__ = ["Privacy", "QualitySettings", "Study", "load_study"]

_SECRET_NAME = re.compile(r"(pass(word|wd)?|secret|token|api_?key|credential)s?$", re.I)
_SECRET_VALUE = re.compile(
    r"://[^/\s:@]+:[^@\s/]+@|AKIA[0-9A-Z]{16}|ghp_\w{20,}|sk-[\w-]{20,}|-----BEGIN [A-Z ]*PRIVATE"
    r"|[?&;](password|pwd|token|api_?key|secret)=[^&;\s]+",
    re.I,
)


class Privacy(BaseModel):
    """How customer ids become pseudonyms: 'private' key beside the project, or the public one."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    key: Literal["private", "public"] = "private"


class QualitySettings(BaseModel):
    """Thresholds that the collected data are held to."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    validity: float = Field(0.98, gt=0, le=1)
    coverage: float = Field(0.95, gt=0, le=1)
    timeliness_hours: float = Field(24, gt=0)


class Study(BaseModel):
    """One study: where the data lie, what is asked of them, with which settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    study: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
    title: str = ""
    description: str = ""
    language: Literal["en", "zh", "both"] = "en"
    timezone: str = "UTC"
    week_start: Literal[
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
    ] = "monday"
    privacy: Privacy = Privacy()
    quality: QualitySettings = QualitySettings()
    evidence: Evidence = Evidence()
    segments: Segments = DEFAULT_SEGMENTS
    sources: Sources
    notebooks: dict[str, Literal[False] | dict[str, bool | int | float | str]] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of its pages."""
        return LANGUAGES if self.language == "both" else (self.language,)

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        zones = zoneinfo.available_timezones()
        if value not in zones:
            raise ValueError(f"no such time zone.{did_you_mean(value, zones)}")
        return value

    @model_validator(mode="after")
    def _segments_are_columns(self) -> Self:
        sources = [s for name in ("feedback", "customers") for s in getattr(self.sources, name)]
        kept = {name for item in sources for name in (*item.dimensions, *item.columns, *item.set)}
        for name in self.segments.columns:
            if name not in kept | {"channel", "language"}:
                raise ValueError(
                    f"segments.columns: no source of feedback or customers has a column '{name}' "
                    f"under dimensions.{did_you_mean(name, kept)}"
                )
        return self

    @field_validator("notebooks", mode="before")
    @classmethod
    def _switched_on(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            key: {} if item in (True, None) and item != 0 else item for key, item in value.items()
        }


def load_study(path: Path, *, project: Path) -> Study:
    """Read and validate a study file; every complaint carries file and line.

    Raises
    ------
    DataError
        The file is not there.
    ParamsError
        It is not YAML, repeats a key, holds a literal secret, or does not fit the model.
    """
    if not path.is_file():
        known = sorted(file.stem for file in (project / "params").glob("*.yml"))
        raise DataError(
            f"study file {path} does not exist.{did_you_mean(path.stem, known)} "
            f"Studies here: {', '.join(known) or 'none'}; make one with: insights new NAME FILE…"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ParamsError(f"{path.name}: is not UTF-8 text; save it as UTF-8.") from None
    found = read_yaml(text, path.name, shape="a study is a mapping such as 'study: demo'")
    if found.repeated:
        raise ParamsError("\n".join(found.told(found.repeated)))
    _refuse_secrets(found.values, (), found)
    try:
        return Study.model_validate(found.values)
    except ValidationError as error:
        raise ParamsError("\n".join(found.told(found.misfits(error, Study)))) from None


def _refuse_secrets(value: Any, place: tuple, found: Document) -> None:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        here = (*place, key)
        if isinstance(item, dict | list):
            _refuse_secrets(item, here, found)
        elif isinstance(item, str) and not item.startswith("env:"):
            named = (
                isinstance(key, str) and bool(_SECRET_NAME.search(key)) and "columns" not in place
            )
            if named or _SECRET_VALUE.search(item):
                where = f"{found.name}:{found.line(here)}: '{'.'.join(map(str, here))}'"
                raise ParamsError(
                    f"{where} holds a literal secret. Put it in an environment variable and "
                    "write env:NAME here."
                )
