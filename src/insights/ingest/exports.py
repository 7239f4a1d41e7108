"""Exports of known tools, recognised by their headers: a declaration in YAML each."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, field_validator

from insights.errors import ParamsError, did_you_mean
from insights.ingest.schema import TABLES
from insights.ingest.sources import Source, Strings

__all__ = ["Export", "known_exports", "recognise"]

_DECLARED = Path(__file__).with_name("exports.yml")
FOLDER = "exports"  # beside the studies of a project


def _folded(value: Any) -> Any:
    """Give each canonical column a list of source columns."""
    if not isinstance(value, dict):
        return value
    return {key: item if isinstance(item, list) else [item] for key, item in value.items()}


class Export(BaseModel):
    """What a tool's export looks like, and what its columns are.

    Attributes
    ----------
    needs
        Headers that must all be there; 'A | B' is either, '*' any text, case does not count.
    labels
        Whether rows below the header repeat the questions.
    not_read
        Why the export is recognised, but not read; '' where it is read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    needs: Strings
    first: str = ""
    table: str = ""
    columns: Annotated[dict[str, tuple[str, ...]], BeforeValidator(_folded)] = {}
    questions: Strings = ()
    survey: bool = False
    labels: bool = False
    options: dict[str, Any] = {}
    ignore: Strings = ()
    ask: str = ""
    not_read: str = ""

    @field_validator("table")
    @classmethod
    def _known(cls, value: str) -> str:
        if value and value not in TABLES:
            raise ValueError(f"no such table.{did_you_mean(value, TABLES)}")
        return value

    @field_validator("options")
    @classmethod
    def _options(cls, value: dict[str, Any]) -> dict[str, Any]:
        Source.model_validate({"path": "x", **value})
        return value

    def matches(self, columns: Sequence[str]) -> bool:
        """Whether the headers are those of this export."""
        if self.first and not (columns and _match(self.first, columns[:1])):
            return False
        return all(_match(need, columns) for need in self.needs)

    def mapped(self, columns: Sequence[str]) -> dict[str, str]:
        """Return canonical column to the source column that is there."""
        found: dict[str, str] = {}
        for canonical, names in self.columns.items():
            column = next((hit for name in names if (hit := _match(name, columns))), "")
            if column and column not in found.values():
                found[canonical] = column
        return found

    def asked(self, columns: Sequence[str]) -> list[str]:
        """Return the declared columns of open questions that are there, in the file's order."""
        return [c for c in columns if any(_match(q, [c]) for q in self.questions)]

    def ignores(self, column: str) -> bool:
        """Whether a column is never offered."""
        return any(_match(name, [column]) for name in self.ignore)


def recognise(columns: Sequence[str], project: Path | None = None) -> Export | None:
    """Return the export whose headers these are, a project's own first; None for none.

    Of several the one that needs most headers is taken.
    """
    for exports in (_own(project), _shipped()):
        found = [export for export in exports if export.matches(columns)]
        if found:
            return max(found, key=lambda export: len(export.needs))
    return None


def known_exports(project: Path | None = None) -> tuple[Export, ...]:
    """Return every declared export, a project's own first."""
    return (*_own(project), *_shipped())


def _match(pattern: str, columns: Sequence[str]) -> str:
    """Return the first column that fits one of the alternatives; '' for none."""
    for choice in " ".join(pattern.split()).split("|"):
        wanted = choice.strip().casefold().replace("[", "[[]").replace("?", "[?]")
        for column in columns:
            if fnmatch.fnmatchcase(" ".join(column.split()).casefold(), wanted):
                return column
    return ""


@cache
def _shipped() -> tuple[Export, ...]:
    return tuple(_read(_DECLARED))


def _own(project: Path | None) -> list[Export]:
    if project is None:
        return []
    folder = project / "params" / FOLDER
    return [export for file in sorted(folder.glob("*.yml")) for export in _read(file)]


def _read(file: Path) -> Iterator[Export]:
    """Read one file: a list of exports, or one.

    Raises
    ------
    ParamsError
        It is not YAML, or declares what is none.
    """
    try:
        entries = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParamsError(f"{file.name}: is not YAML in UTF-8: {error}") from None
    for entry in entries if isinstance(entries, list) else [entries]:
        try:
            yield Export.model_validate(entry)
        except ValidationError as error:
            name = entry.get("name", "") if isinstance(entry, dict) else entry
            faults = "; ".join(
                f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()
            )
            raise ParamsError(f"{file.name}: export {name!r}: {faults}.") from None
