"""A source of a study in the making: its lines of YAML, each with its reason."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from insights.messages import _

__all__ = ["Draft", "place", "quoted", "written"]


@dataclass
class Draft:
    """One file's entry: lines of YAML with their reasons.

    Attributes
    ----------
    columns
        Canonical column to source column and reason.
    options
        Further lines of the source, each with its reason.
    questions
        What the file does not tell, each with the line of YAML that answers it.
    unsettled
        Questions without whose answer the source is not read.
    unused
        Columns that no line names, each with what it holds.
    """

    role: str
    why: str
    columns: dict[str, tuple[str, str]] = field(default_factory=dict)
    options: list[tuple[str, str]] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    dimensions: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unused: list[tuple[str, str]] = field(default_factory=list)
    examples: dict[str, str] = field(default_factory=dict)

    def map(self, canonical: str, column: str, reason: str) -> None:
        """Note which source column a canonical one comes from, and why."""
        self.columns[canonical] = (column, reason)

    def ask(self, question: str, answer: str = "", *, stop: bool = False) -> None:
        """Ask what the file does not tell; `answer` is the line of YAML that answers it."""
        text = _("{question} Answer: {answer}", question=question, answer=f"`{answer}`")
        (self.unsettled if stop else self.questions).append(text if answer else question)

    @property
    def taken(self) -> set[str]:
        """Source columns that have a role already."""
        return {column for column, _reason in self.columns.values()} | set(self.asked)

    @property
    def asked(self) -> list[str]:
        """Columns of open questions."""
        return list(self.source.get("questions", ()))

    @property
    def source(self) -> dict[str, Any]:
        """The entry as a study reads it, without its path."""
        values: dict[str, Any] = {}
        for option, _reason in self.options:
            found = yaml.load(option, Loader=yaml.CSafeLoader)
            values.update(found if isinstance(found, Mapping) else {})
        values["columns"] = {key: column for key, (column, _reason) in self.columns.items()}
        values["dimensions"] = list(self.dimensions)
        return values


def place(file: Path, project: Path) -> str:
    """Write a path as a study holds it: relative where it lies in the project."""
    whole = file.resolve()
    try:
        return whole.relative_to(project.resolve()).as_posix()
    except ValueError:
        return whole.as_posix()


def quoted(text: str) -> str:
    """Write a string as YAML reads it back."""
    plain = re.fullmatch(r"[A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff./-]*", text)
    words = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
    return text if plain and text.lower() not in words else json.dumps(text, ensure_ascii=False)


def written(guess: Draft, path: str) -> list[str]:
    """Return the lines of one source in a study file, with reasons, examples and questions."""
    lines = [f"    - path: {quoted(path)}  # {guess.role}: {_line(guess.why)}"]
    comments = list(guess.notes)
    comments += [_("question: {question}", question=question) for question in guess.questions]
    lines += [f"      # {_line(comment)}" for comment in comments]
    if guess.unsettled:
        reason = _("not read before these are answered; then delete")
        lines.append(f"      unsettled:  # {reason}")
        lines += [f"        - {json.dumps(_line(q), ensure_ascii=False)}" for q in guess.unsettled]
    for option, reason in guess.options:
        lines.append(f"      {option}  # {_line(reason)}" if reason else f"      {option}")
    if guess.columns:
        lines.append("      columns:")
        for canonical, (column, reason) in guess.columns.items():
            seen = guess.examples.get(canonical, "")
            shown = f"{_line(reason)}; {_line(seen)}" if seen else _line(reason)
            lines.append(f"        {canonical}: {quoted(column)}  # {shown}")
    if guess.dimensions:
        names = ", ".join(quoted(name) for name in guess.dimensions)
        reason = _("few different values: for comparing groups")
        lines.append(f"      dimensions: [{names}]  # {reason}")
    for column, what in guess.unused:
        said = _("not used: {column} ({what})", column=quoted(column), what=what)
        lines.append(f"      # {_line(said)}")
    return lines


def _line(text: str) -> str:
    """Write a text on one line."""
    return " ".join(str(text).split())
