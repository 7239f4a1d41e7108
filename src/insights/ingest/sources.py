"""Where the data lie: the source options of a study, and the files behind them."""

from __future__ import annotations

import codecs
import difflib
import glob
import os
import re
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    create_model,
    field_validator,
    model_validator,
)

from insights.errors import DataError, listed
from insights.ingest.schema import TABLES

__all__ = ["Melt", "Source", "Sources"]


def _many(value: Any) -> Any:
    """Wrap a single item, as a study may leave out the list."""
    return value if isinstance(value, list | tuple) else [value]


Strings = Annotated[tuple[str, ...], BeforeValidator(_many)]
Scalar = bool | int | float | str


class Melt(BaseModel):
    """How a wide table becomes long: kept columns, and names of the two new ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Strings
    name: str = "series_id"
    value: str = "value"


class Source(BaseModel):
    """One source of one canonical table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Strings = Field((), description="files, relative to the project; globs allowed")
    sql: str = Field("", description="a query, run at `url` or in DuckDB over `files`")
    url: str = Field("", description="env:NAME of a variable that holds an SQLAlchemy address")
    files: dict[str, str] = Field({}, description="table name to file, for `sql` without `url`")
    name: str = Field("", description="the source's name in reports; the file's stem if absent")
    columns: dict[str, str] = Field({}, description="canonical column to source column")
    channel: str = Field("", description="constant for the channel column")
    set: dict[str, Scalar] = Field({}, description="further constants")
    rating_scale: tuple[float, float] | None = Field(None, description="[worst, best]")
    values: dict[str, dict[Scalar, float | str]] = Field(
        {}, description="canonical column to what its words stand for, such as {rating: {good: 1}}"
    )
    dates: Strings = Field((), description="strptime formats, tried in order")
    day_first: bool | None = Field(None, description="settles 3/4/2024")
    timezone: str = Field("", description="of times without an offset; the study's if absent")
    decimal: Literal["", ",", "."] = Field(
        "", description="what parts a fraction, where 1.234 could be both"
    )
    encoding: str = Field("", description="of text files; detected if absent")
    delimiter: str = Field("", description="of text files; detected if absent")
    sheet: str | int = Field(
        "", description="of a workbook; the first if absent; '*': all those alike"
    )
    skip_rows: int | None = Field(None, ge=0, description="lines before the header")
    header_rows: int = Field(1, ge=1, description="records the header takes; the first has names")
    rows: dict[str, Strings] = Field(
        {}, description="source column to the values of the rows that are kept"
    )
    questions: Strings = Field(
        (), description="columns of answers in words: each answer becomes a piece of feedback"
    )
    cut_quotes: bool = Field(False, description="cut quoted mail and signatures from the text")
    dimensions: Strings = Field((), description="further columns kept")
    melt: Melt | None = Field(None, description="turns wide series long")
    unsettled: Strings = Field(
        (), description="questions about this source; it is not read before they are answered"
    )

    @field_validator("url")
    @classmethod
    def _reference(cls, value: str) -> str:
        if value and not (value.startswith("env:") and value[4:].isidentifier()):
            raise ValueError(
                "must be a reference such as env:WAREHOUSE_URL; put the address itself "
                "into that environment variable"
            )
        return value

    @field_validator("encoding")
    @classmethod
    def _codec(cls, value: str) -> str:
        if value:
            try:
                codecs.lookup(value)
            except LookupError:
                raise ValueError("no such encoding; try utf-8, gb18030, utf-16 or cp1252") from None
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value and value not in zoneinfo.available_timezones():
            near = difflib.get_close_matches(value, zoneinfo.available_timezones(), n=1)
            raise ValueError(f"no such time zone{f'; did you mean {near[0]!r}?' if near else ''}")
        return value

    @field_validator("rating_scale")
    @classmethod
    def _scale(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and value[0] == value[1]:
            raise ValueError("worst and best must differ, such as [1, 5]")
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if bool(self.path) == bool(self.sql):
            raise ValueError("needs either path or sql, and not both")
        if self.path and (self.url or self.files):
            raise ValueError("url and files belong to sql, not to path")
        if self.sql and bool(self.url) == bool(self.files):
            raise ValueError("sql needs either url: env:NAME or files: {name: path}")
        return self

    def matches(self, project: Path) -> list[Path]:
        """Return the local files behind this source, globs expanded, sorted.

        Raises
        ------
        DataError
            A pattern matches no file; all such patterns are named at once.
        """
        found: set[Path] = set()
        missing: list[str] = []
        for pattern in (*self.path, *self.files.values()):
            paths = _expand(pattern, project)
            found.update(paths)
            if not paths:
                missing.append(f"{pattern}: no such file in {project}.{_near(pattern, project)}")
        if missing:
            raise DataError("\n".join(missing))
        return sorted(found)


Several = Annotated[tuple[Source, ...], BeforeValidator(_many)]


# one field a table, as the schema declares them
_FIELDS: dict[str, Any] = {name: (Several, ()) for name in TABLES}
_Fields: Any = create_model("_Fields", **_FIELDS)


class Sources(_Fields):
    """Every source of a study, by canonical table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.tables():
            raise ValueError(
                f"names no source; give at least one of {', '.join(type(self).model_fields)}"
            )
        return self

    def tables(self) -> tuple[str, ...]:
        """Return the canonical tables that have a source, in the schema's order."""
        return tuple(name for name in type(self).model_fields if getattr(self, name))

    def each(self) -> Iterator[tuple[str, Source]]:
        """Yield every (table, source)."""
        for table in self.tables():
            for source in getattr(self, table):
                yield table, source

    def files(self, project: Path) -> list[Path]:
        """Return every local file behind the sources, sorted; complains of all missing at once.

        Raises
        ------
        DataError
            One line for each pattern that matches nothing, with near misses.
        """
        found: set[Path] = set()
        complaints: list[str] = []
        for _, source in self.each():
            try:
                found.update(source.matches(project))
            except DataError as error:
                complaints.append(str(error))
        if complaints:
            raise DataError("\n".join(dict.fromkeys(complaints)))
        return sorted(found)


def _expand(pattern: str, project: Path) -> list[Path]:
    exact = project / _filled(pattern)
    if exact.is_file():
        return [exact]
    return sorted(
        Path(path)
        for path in glob.glob(str(exact), recursive=True)
        if Path(path).is_file() and not Path(path).name.startswith((".", "~$"))
    )


def _filled(pattern: str) -> str:
    """Put environment variables into a path such as ${EXPORTS}/*.csv."""
    filled = os.path.expandvars(pattern)
    unset = re.findall(r"\$\{(\w+)\}", filled)
    if unset:
        raise DataError(f"{pattern}: the environment variable {unset[0]} is not set.")
    return filled


def _near(pattern: str, project: Path) -> str:
    """Name files that may have been meant."""
    place = project / _filled(pattern)
    folder = place.parent
    if place.is_dir():
        return f" It is a folder; write {pattern.rstrip('/')}/*.csv to read the files in it."
    if not folder.is_dir():
        while not folder.is_dir():
            folder = folder.parent
        return f" The folder {place.parent} does not exist; there is {folder}."
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    near = difflib.get_close_matches(place.name, names, n=3, cutoff=0.6)
    if near:
        return f" Did you mean {' or '.join(repr(name) for name in near)}?"
    return f" That folder holds {listed(names) or 'no file'}."
