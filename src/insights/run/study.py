"""A study file: validated whole, with line numbers, before anything runs."""

from __future__ import annotations

import re
import zoneinfo
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from insights.errors import DataError, ParamsError, did_you_mean
from insights.ingest.sources import Sources
from insights.settings import complaint

__all__ = ["Privacy", "Quality", "Study", "load_study"]

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


class Quality(BaseModel):
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
    timezone: str = "UTC"
    week_start: Literal[
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
    ] = "monday"
    privacy: Privacy = Privacy()
    quality: Quality = Quality()
    sources: Sources
    notebooks: dict[str, Literal[False] | dict[str, bool | int | float | str]] = {}

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        zones = zoneinfo.available_timezones()
        if value not in zones:
            raise ValueError(f"no such time zone.{did_you_mean(value, zones)}")
        return value

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
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        raise ParamsError(f"{path.name}: is not UTF-8 text; save it as UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise ParamsError(f"{path.name}{line}: not valid YAML: {_reason(error)}.") from None
    if not isinstance(node, yaml.MappingNode):
        raise ParamsError(f"{path.name}:1: a study is a mapping such as 'study: demo'.")
    lines: dict[tuple, int] = {}
    _walk(node, (), lines, path.name)
    values = yaml.safe_load(text)
    _refuse_secrets(values, (), lines, path.name)
    try:
        return Study.model_validate(values)
    except ValidationError as error:
        raise ParamsError(_located(error, lines, path.name)) from None


def _reason(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]


def _walk(node: yaml.Node, place: tuple, lines: dict[tuple, int], name: str) -> None:
    """Note the line of every key and item; a key given twice is refused."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*place, key.value)
            if here in lines:
                raise ParamsError(
                    f"{name}:{key.start_mark.line + 1}: '{'.'.join(map(str, here))}' is given "
                    f"twice (first in line {lines[here]}); keep one."
                )
            lines[here] = key.start_mark.line + 1
            _walk(value, here, lines, name)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(value, (*place, index), lines, name)


def _refuse_secrets(value: Any, place: tuple, lines: dict[tuple, int], name: str) -> None:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        here = (*place, key)
        if isinstance(item, dict | list):
            _refuse_secrets(item, here, lines, name)
        elif isinstance(item, str) and not item.startswith("env:"):
            named = (
                isinstance(key, str) and bool(_SECRET_NAME.search(key)) and "columns" not in place
            )
            if named or _SECRET_VALUE.search(item):
                raise ParamsError(
                    f"{name}:{_line(here, lines)}: '{'.'.join(map(str, here))}' holds a literal "
                    f"secret. Put it in an environment variable and write env:NAME here."
                )


def _line(place: tuple, lines: dict[tuple, int]) -> int:
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _located(error: ValidationError, lines: dict[tuple, int], name: str) -> str:
    """Sort the complaints by line; each names its own."""
    found = []
    for fault, text in zip(
        error.errors(include_url=False), complaint(error, Study).splitlines(), strict=False
    ):
        place = tuple(part for part in fault["loc"])
        found.append((_line(place, lines), text))
    return "\n".join(f"{name}:{line}: {text}" for line, text in sorted(found))
