"""The codebook: what people decided about topics, in a YAML file that every run obeys.

::

    topics:
      "3":
        label: Sync fails after update
        label_zh: 更新后同步失败
        definition: Calendar, rooms or files no longer agree after a release.
        owner: platform team
        merges: ["7"]                      # counted as topic 3 from now on
        pins: [{record: t-1042}, {text: sync button is grey}]
    guided:
      refunds: {label: Refunds, seeds: [refund, money back, 退款]}
      battery: {label: Sensor battery, seeds: [battery, 电池], within: "4"}   # a part of topic 4
    exclude:
      records: [t-77]
      words: [test ticket]

This module is read before any kernel starts, so it imports nothing that takes long to load.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from insights.errors import ParamsError, did_you_mean, listed
from insights.settings import complaint

__all__ = ["Codebook", "Exclusions", "Guide", "Pin", "Topic", "known_topics", "refuse"]

Words = list[Annotated[str, Field(min_length=1)]]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class Pin(_Entry):
    """A record by its feedback_id, or every record that holds a text."""

    record: str = ""
    text: str = ""

    @model_validator(mode="after")
    def _one(self) -> Pin:
        if bool(self.record.strip()) == bool(self.text.strip()):
            raise ValueError("a pin names either a record or a text")
        return self


class Topic(_Entry):
    """What people say of a topic."""

    label: str = ""
    label_zh: str = ""
    definition: str = ""
    owner: str = ""
    merges: list[str] = []
    pins: list[Pin] = []


class Guide(Topic):
    """A topic that exists because a person asked for it."""

    seeds: Words = Field(min_length=1)
    within: str = ""


class Exclusions(_Entry):
    """What is never counted: records by feedback_id, and records that hold a word."""

    records: list[str] = []
    words: Words = []


class Book(_Entry):
    """The file as a whole."""

    topics: dict[str, Topic] = {}
    guided: dict[str, Guide] = {}
    exclude: Exclusions = Exclusions()


@dataclass(frozen=True, eq=False)
class Codebook:
    """A valid codebook, and which of its topics are gone.

    Attributes
    ----------
    gone
        Topics that the file names and that no longer exist, with the line that names them.
    """

    book: Book = field(default_factory=Book)
    gone: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path, known: Mapping[str, str]) -> Codebook:
        """Read the codebook at `path`; a file that is not there is an empty codebook.

        Parameters
        ----------
        known
            Status of every topic there ever was; 'gone' and 'merged' ones may be named still.

        Raises
        ------
        ParamsError
            With every fault, each with file and line.
        """
        if not path.is_file():
            return cls()
        book, lines, faults = _read(path.read_text(encoding="utf-8"), path.name, known)
        if faults or book is None:
            raise ParamsError("\n".join(faults))
        named = [(name, ("topics", name)) for name in book.topics]
        return cls(book, {name: lines[place] for name, place in named if _over(name, known)})

    @property
    def entries(self) -> dict[str, Topic]:
        """Every entry by topic id, guided ones among them."""
        return {**self.book.topics, **self.book.guided}

    @property
    def merges(self) -> dict[str, str]:
        """Topic id to the id it is counted as; chains are followed to their end."""
        into = {item: name for name, entry in self.entries.items() for item in entry.merges}
        return {item: _end(item, into) for item in into}

    def label(self, topic_id: str) -> str:
        """Return the label people gave, in both languages where they did, or nothing."""
        entry = self.entries.get(topic_id)
        if entry is None:
            return ""
        return " / ".join(text for text in (entry.label, entry.label_zh) if text)


def _over(name: str, known: Mapping[str, str]) -> bool:
    return known.get(name) in ("gone", "merged")


def _end(item: str, into: Mapping[str, str]) -> str:
    while item in into:
        item = into[item]
    return item


def known_topics(registry: Path) -> dict[str, str]:
    """Return the status of every topic that a registry folder lists; empty without a registry."""
    path = registry / "topics.csv"
    if not path.is_file():
        return {}
    with open(path, encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return {row["topic_id"]: _status(row.get("kind", ""), row["status"]) for row in rows}


def _status(kind: str, status: str) -> str:
    return "guided" if kind == "guided" else status


def refuse(text: str, *, where: str, state: Path) -> list[str]:
    """Return every fault of a codebook, each with file and line; none when it is valid.

    Parameters
    ----------
    where
        How the file is called in messages.
    state
        Folder that holds `topics.registry`.
    """
    return _read(text, where, known_topics(state / "topics.registry"))[2]


def _read(
    text: str, where: str, known: Mapping[str, str]
) -> tuple[Book | None, dict[tuple, int], list[str]]:
    lines: dict[tuple, int] = {}
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        reason = str(getattr(error, "problem", None) or error).splitlines()[0]
        return None, lines, [f"{where}{line}: not valid YAML: {reason}."]
    if node is None:
        return Book(), lines, []
    if not isinstance(node, yaml.MappingNode):
        return None, lines, [f"{where}:1: a codebook is a mapping: topics, guided, exclude."]
    faults: list[tuple[int, str]] = []
    _walk(node, (), lines, faults)
    values = yaml.load(text, Loader=_Texts)
    try:
        book = Book.model_validate({key: item or {} for key, item in values.items()})
    except ValidationError as error:
        told = complaint(error, Book).splitlines()
        places = [fault["loc"] for fault in error.errors(include_url=False)]
        faults += [(_line(at, lines), said) for at, said in zip(places, told, strict=False)]
        return None, lines, [f"{where}:{line}: {said}" for line, said in sorted(faults)]
    faults += _unknown(book, known, lines)
    faults += _conflicts(book, lines)
    return book, lines, [f"{where}:{line}: {said}" for line, said in sorted(faults)]


class _Texts(yaml.SafeLoader):
    """Reads every scalar as text, so that topic 3 and topic '3' are the same."""


_Texts.yaml_implicit_resolvers = {}


def _walk(node: yaml.Node, place: tuple, lines: dict[tuple, int], faults: list) -> None:
    """Note the line of every key and item, and keys that are given twice."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*place, key.value)
            line = key.start_mark.line + 1
            if here in lines:
                faults.append((line, f"'{key.value}' is given twice (first in line "
                                     f"{lines[here]}); keep one."))  # fmt: skip
            lines[here] = line
            _walk(value, here, lines, faults)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(value, (*place, index), lines, faults)


def _line(place: Iterable[Any], lines: Mapping[tuple, int]) -> int:
    place = tuple(place)
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _unknown(book: Book, known: Mapping[str, str], lines: Mapping[tuple, int]) -> list:
    """Return complaints about topics that never existed."""
    there = [name for name, status in known.items() if status not in ("gone", "merged")]
    named: list[tuple[str, tuple]] = [(name, ("topics", name)) for name in book.topics]
    for kind, entries in (("topics", book.topics), ("guided", book.guided)):
        for name, entry in entries.items():
            named += [(item, (kind, name, "merges", i)) for i, item in enumerate(entry.merges)]
    named += [
        (entry.within, ("guided", name, "within"))
        for name, entry in book.guided.items()
        if entry.within
    ]
    advice = (
        f"Topics: {listed(there, 12)}."
        if known
        else "There is no registry yet: run the study once, then name topics by their id."
    )
    faults = [
        (_line(at, lines), f"topic '{name}' is not in the registry.{did_you_mean(name, there)} "
         f"{advice}")
        for name, at in named
        if name not in known and name not in book.guided
    ]  # fmt: skip
    taken = set(known) - {name for name, status in known.items() if status == "guided"}
    for name in book.guided:
        if name.lstrip("-").isdigit() or name in taken or name in book.topics:
            faults.append((_line(("guided", name), lines),
                           f"a guided topic cannot be called '{name}': that is a found topic's "
                           "id. Give it a word, such as 'refunds'."))  # fmt: skip
    return faults


def _conflicts(book: Book, lines: Mapping[tuple, int]) -> list:
    """Return complaints about decisions that contradict each other."""
    faults: list[tuple[int, str]] = []
    into: dict[str, str] = {}
    pinned: dict[tuple[str, str], str] = {}
    for kind, entries in (("topics", book.topics), ("guided", book.guided)):
        for name, entry in entries.items():
            for i, item in enumerate(entry.merges):
                at = _line((kind, name, "merges", i), lines)
                if item in into:
                    faults.append((at, f"topic '{item}' is merged into '{into[item]}' already; "
                                       "keep one."))  # fmt: skip
                elif item == name or _reaches(name, item, into):
                    faults.append((at, f"topic '{item}' cannot be merged into '{name}': that "
                                       "goes round in a circle."))  # fmt: skip
                else:
                    into[item] = name
            for i, pin in enumerate(entry.pins):
                what = ("record", pin.record) if pin.record else ("text", pin.text)
                if pinned.setdefault(what, name) != name:
                    faults.append((_line((kind, name, "pins", i), lines),
                                   f"{what[0]} '{what[1]}' is pinned to '{pinned[what]}' "
                                   "already; keep one."))  # fmt: skip
    return faults


def _reaches(name: str, item: str, into: Mapping[str, str]) -> bool:
    while name in into:
        name = into[name]
        if name == item:
            return True
    return False
