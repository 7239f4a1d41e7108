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
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from insights.errors import ParamsError, did_you_mean, listed
from insights.yaml_lines import Document, Fault, read_yaml

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
        book, found, faults = _read(path.read_text(encoding="utf-8"), path.name, known)
        if faults or book is None:
            raise ParamsError("\n".join(faults))
        named = [(name, ("topics", name)) for name in book.topics]
        return cls(book, {name: found.lines[place] for name, place in named if _over(name, known)})

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

    def owner(self, topic_id: str) -> str:
        """Return who answers for the topic, or nothing."""
        entry = self.entries.get(topic_id)
        return "" if entry is None else entry.owner.strip()


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
) -> tuple[Book | None, Document, list[str]]:
    shape = "a codebook is a mapping: topics, guided, exclude"
    try:
        found = read_yaml(text, where, shape=shape, texts=True)
    except ParamsError as error:
        return None, Document(where, {}, {}), [str(error)]
    faults = list(found.repeated)
    try:
        book = Book.model_validate({key: item or {} for key, item in found.values.items()})
    except ValidationError as error:
        return None, found, found.told([*faults, *found.misfits(error, Book)])
    faults += _unknown(book, known, found)
    faults += _conflicts(book, found)
    return book, found, found.told(faults)


def _unknown(book: Book, known: Mapping[str, str], found: Document) -> list[Fault]:
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
        (found.line(at), f"topic '{name}' is not in the registry.{did_you_mean(name, there)} "
         f"{advice}")
        for name, at in named
        if name not in known and name not in book.guided
    ]  # fmt: skip
    taken = set(known) - {name for name, status in known.items() if status == "guided"}
    for name in book.guided:
        if name.lstrip("-").isdigit() or name in taken or name in book.topics:
            faults.append((found.line(("guided", name)),
                           f"a guided topic cannot be called '{name}': that is a found topic's "
                           "id. Give it a word, such as 'refunds'."))  # fmt: skip
    return faults


def _conflicts(book: Book, found: Document) -> list[Fault]:
    """Return complaints about decisions that contradict each other."""
    faults: list[tuple[int, str]] = []
    into: dict[str, str] = {}
    pinned: dict[tuple[str, str], str] = {}
    for kind, entries in (("topics", book.topics), ("guided", book.guided)):
        for name, entry in entries.items():
            for i, item in enumerate(entry.merges):
                at = found.line((kind, name, "merges", i))
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
                    faults.append((found.line((kind, name, "pins", i)),
                                   f"{what[0]} '{what[1]}' is pinned to '{pinned[what]}' "
                                   "already; keep one."))  # fmt: skip
    return faults


def _reaches(name: str, item: str, into: Mapping[str, str]) -> bool:
    while name in into:
        name = into[name]
        if name == item:
            return True
    return False
