"""YAML files that people write, read with the line of every key, so that a complaint has one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from insights.errors import ParamsError
from insights.settings import complaint

__all__ = ["Document", "Fault", "read_yaml"]

Fault = tuple[int, str]  # line, what is wrong there


@dataclass(frozen=True)
class Document:
    """A mapping in YAML.

    Attributes
    ----------
    name
        How the file is called in messages.
    lines
        Place of a key or item, such as ('sources', 'feedback', 0), to its line.
    repeated
        Complaints about keys that are given twice.
    """

    name: str
    values: dict[str, Any]
    lines: Mapping[tuple, int]
    repeated: tuple[Fault, ...] = ()

    def line(self, place: Iterable[Any]) -> int:
        """Return the line of a place, or of what holds it."""
        at = tuple(place)
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at, 1)

    def misfits(self, error: ValidationError, model: type[BaseModel]) -> list[Fault]:
        """Give each complaint of a model its line."""
        places = [fault["loc"] for fault in error.errors(include_url=False)]
        texts = complaint(error, model).splitlines()
        return [(self.line(at), text) for at, text in zip(places, texts, strict=False)]

    def told(self, faults: Iterable[Fault]) -> list[str]:
        """Write faults as 'file:line: what', sorted by line."""
        return [f"{self.name}:{line}: {text}" for line, text in sorted(faults)]


def read_yaml(text: str, name: str, *, shape: str, texts: bool = False) -> Document:
    """Read a YAML file whose outermost part is a mapping.

    Parameters
    ----------
    name
        How the file is called in messages.
    shape
        What the file holds, for the message when it is no mapping.
    texts
        Whether every scalar is read as text, so that 3 and '3' are the same.

    Raises
    ------
    ParamsError
        It is not YAML, or no mapping; with file and line.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.load(text, Loader=_Texts if texts else yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        reason = str(getattr(error, "problem", None) or error).splitlines()[0]
        raise ParamsError(f"{name}{line}: not valid YAML: {reason}.") from None
    if node is None:
        return Document(name, {}, {})
    if not isinstance(node, yaml.MappingNode):
        raise ParamsError(f"{name}:1: {shape}.")
    lines: dict[tuple, int] = {}
    repeated: list[Fault] = []
    _walk(node, (), lines, repeated)
    return Document(name, values, lines, tuple(repeated))


class _Texts(yaml.SafeLoader):
    """Reads every scalar as text."""


_Texts.yaml_implicit_resolvers = {}


def _walk(node: yaml.Node, place: tuple, lines: dict[tuple, int], repeated: list[Fault]) -> None:
    """Note the line of every key and item, and keys that are given twice."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here, line = (*place, key.value), key.start_mark.line + 1
            if here in lines:
                told = f"'{'.'.join(map(str, here))}' is given twice (first in line {lines[here]})"
                repeated.append((line, f"{told}; keep one."))
            lines[here] = line
            _walk(value, here, lines, repeated)
    elif isinstance(node, yaml.SequenceNode):
        for index, part in enumerate(node.value):
            _walk(part, (*place, index), lines, repeated)
