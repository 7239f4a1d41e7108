"""Settings: validated once, before anything runs."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from insights.errors import ParamsError, did_you_mean

__all__ = [
    "DEFAULT_CELL",
    "DEFAULT_FDR",
    "DEFAULT_LEVEL",
    "DEFAULT_SEED",
    "Assignment",
    "Evidence",
    "Params",
    "Period",
    "complaint",
]

Period = Literal["auto", "day", "week", "month", "quarter", "year"]
DEFAULT_LEVEL = 0.95  # of every interval, unless a result says otherwise
DEFAULT_FDR = 0.05  # false discovery rate; it goes with intervals of 95 %
DEFAULT_CELL = 5  # customers
DEFAULT_SEED = 7


class Evidence(BaseModel):
    """What a finding must stand, and how many a number must speak for, in the whole study."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fdr: float = Field(
        DEFAULT_FDR, gt=0, le=0.5, description="share of false findings accepted among those named"
    )
    min_cell: int = Field(
        DEFAULT_CELL,
        ge=3,
        le=1000,
        description="customers (records where none is known) below which a number is not shown",
    )

    def filled(self, model: type[Params], values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values with the study's own where a setting of `model` is 0 or absent."""
        own = {"fdr": self.fdr, "min_cell": model.cells * self.min_cell}
        return dict(values) | {
            name: value
            for name, value in own.items()
            if name in model.model_fields
            and not isinstance(values.get(name), bool)
            and values.get(name, 0) == 0
        }


class Params(BaseModel):
    """The settings of one notebook: flat scalars with a type, a range and a sentence each.

    Settings that `Evidence` names are the study's where they are 0.

    Attributes
    ----------
    cells
        How many of the study's smallest cells `min_cell` asks for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
    cells: ClassVar[int] = 1

    seed: int = Field(DEFAULT_SEED, ge=0, description="seed of every random draw")

    @model_validator(mode="before")
    @classmethod
    def _of_the_study(cls, values: Any) -> Any:
        return Evidence().filled(cls, values) if isinstance(values, dict) else values

    @classmethod
    def checked(cls, values: Mapping[str, Any], *, where: str = "") -> Self:
        """Validate `values`; every complaint is raised at once, as one ParamsError."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise ParamsError(complaint(error, cls, where=where)) from None


@dataclass(frozen=True)
class Assignment:
    """One line of a parameters cell: 'name: kind = value  # about'; no name: another statement."""

    line: int
    name: str = ""
    kind: str = ""
    value: ast.expr | None = None
    about: str = ""


def assignments(source: str) -> tuple[Assignment, ...]:
    """Read a parameters cell without running it; raises SyntaxError when it is not Python."""
    body = ast.parse(source).body
    about = {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    return tuple(_assignment(line, about.get(line.end_lineno or line.lineno, "")) for line in body)


def _assignment(line: ast.stmt, about: str) -> Assignment:
    if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
        kind, target = ast.unparse(line.annotation), line.target
    elif isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
        kind, target = "", line.targets[0]
    else:
        return Assignment(line.lineno)
    if line.value is None:
        return Assignment(line.lineno)
    return Assignment(line.lineno, target.id, kind, line.value, about)


def complaint(error: ValidationError, model: type[BaseModel], *, where: str = "") -> str:
    """Say in one line a fault where it is, what was found, what is allowed and what to do."""
    prefix = f"{where}: " if where else ""
    lines = []
    for fault in error.errors(include_url=False):
        place = ".".join(str(part) for part in fault["loc"]) or model.__name__
        if fault["type"] == "extra_forbidden":
            names = sorted(_model_at(model, fault["loc"][:-1]).model_fields)
            hint = did_you_mean(str(fault["loc"][-1]), names)
            lines.append(f"{prefix}'{place}' is unknown.{hint} Allowed: {', '.join(names)}.")
        elif fault["type"] == "missing":
            lines.append(f"{prefix}'{place}' is required and was not given.")
        else:
            lines.append(f"{prefix}'{place}' is {fault['input']!r}: {_lower(fault['msg'])}.")
    return "\n".join(lines)


def _model_at(model: type[BaseModel], place: tuple[int | str, ...]) -> type[BaseModel]:
    """Follow a place such as ('sources', 'feedback', 0) to the model that is declared there."""
    for part in place:
        field = model.model_fields.get(str(part))
        if field is not None:
            model = next(_models(field.annotation), model)
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _lower(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:].rstrip(".")
