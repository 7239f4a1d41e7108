"""A source of a study in the making: its lines of YAML, each with its reason."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Draft", "place", "quoted", "written"]


@dataclass
class Draft:
    """One file's entry: lines of YAML with their reasons."""

    role: str
    why: str
    columns: dict[str, tuple[str, str]] = field(default_factory=dict)  # canonical: column, reason
    options: list[tuple[str, str]] = field(default_factory=list)  # yaml, reason
    doubts: list[str] = field(default_factory=list)
    dimensions: list[str] = field(default_factory=list)

    def map(self, canonical: str, column: str, reason: str) -> None:
        """Note which source column a canonical one comes from, and why."""
        self.columns[canonical] = (column, reason)

    @property
    def taken(self) -> set[str]:
        """Source columns that have a role already."""
        return {column for column, _ in self.columns.values()}


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
    """Return the lines of one source in a study file, with reasons and doubts."""
    lines = [f"    - path: {quoted(path)}  # {guess.role}: {guess.why}"]
    for note in guess.doubts:
        lines.append(f"      # cannot tell: {note}")
    for option, reason in guess.options:
        lines.append(f"      {option}  # {reason}")
    if guess.columns:
        lines.append("      columns:")
        for canonical, (column, reason) in guess.columns.items():
            lines.append(f"        {canonical}: {quoted(column)}  # {reason}")
    if guess.dimensions:
        names = ", ".join(quoted(name) for name in guess.dimensions)
        lines.append(f"      dimensions: [{names}]  # few different values: for comparing groups")
    return lines
