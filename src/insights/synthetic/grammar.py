"""Texts from a clause grammar: clauses by topic and mood, with slots, in two languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TypeVar

import numpy as np

__all__ = ["Draw", "Grammar", "grammar"]

T = TypeVar("T")
_SLOT = re.compile(r"\{(\w+)\}")


class Draw:
    """Cheap random choices: uniforms drawn in blocks from one generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._block: list[float] = []

    def uniform(self) -> float:
        """Draw from 0 to 1."""
        if not self._block:
            self._block = self._rng.random(8192).tolist()
        return self._block.pop()

    def chance(self, share: float) -> bool:
        """Draw True with this probability."""
        return self.uniform() < share

    def below(self, n: int) -> int:
        """Draw an integer from 0 to n - 1."""
        return int(self.uniform() * n)

    def pick(self, items: Sequence[T]) -> T:
        """Draw one item."""
        return items[int(self.uniform() * len(items))]


@dataclass(frozen=True)
class Grammar:
    """Clauses and slots of one language."""

    clauses: dict[tuple[str, str], tuple[str, ...]]
    slots: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return sum(len(lines) for lines in self.clauses.values())

    def say(self, draw: Draw, subject: str, role: str, *, about: str = "") -> str:
        """Draw a clause of this subject and role, and fill its slots.

        `{thing}` is filled with what the topic `about` is called.
        """
        clause = draw.pick(self.clauses[subject, role])
        return self.fill(draw, clause.replace("{thing}", f"{{thing_{about or subject}}}"))

    def fill(self, draw: Draw, text: str) -> str:
        """Fill every slot; a filler may hold further slots."""
        while "{" in text:
            text = _SLOT.sub(lambda found: draw.pick(self.slots[found[1]]), text)
        return text


@cache
def grammar(language: str) -> Grammar:
    """Read the grammar of a language (`en`, `zh`) that ships with the package.

    `@ subject role` opens a list of clauses, `= name` a list of fillers, `#` is a remark.
    """
    text = resources.files(__package__).joinpath("phrases", f"{language}.txt").read_text("utf-8")
    clauses: dict[tuple[str, str], list[str]] = {}
    slots: dict[str, list[str]] = {}
    target: list[str] = []
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("@"):
            _, subject, role = line.split()
            target = clauses.setdefault((subject, role), [])
        elif line.startswith("="):
            target = slots.setdefault(line[1:].strip(), [])
        elif line and not line.startswith("#"):
            target.append(line)
    return Grammar(
        {key: tuple(lines) for key, lines in clauses.items()},
        {name: tuple(lines) for name, lines in slots.items()},
    )
