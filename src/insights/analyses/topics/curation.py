"""What people decide of topics: applied to a run, and a panel to decide it in."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
import pandas as pd
import yaml

from insights.analyses.topics.assignment import centres
from insights.analyses.topics.codebook import Codebook
from insights.analyses.topics.records import listing
from insights.analyses.topics.result import TopicModel
from insights.analyses.topics.tracking import Partition, Update
from insights.enrich.words import is_han, normalise
from insights.errors import ParamsError
from insights.messages import _
from insights.yaml_lines import read_yaml

__all__ = [
    "CurationPanel",
    "Guides",
    "apply_codebook",
    "curate",
    "holds",
    "pinned_rows",
    "without_excluded",
]

_WORTH = 0.3  # of a seed word, in cosine; a text without one must be nearer by as much
_HEADER = """\
# Codebook of topics: what people decided. Every run obeys it; edit it by hand or in the panel of
# the topics notebook. The panel rewrites the file: comments below this line are not kept.
"""


@dataclass(frozen=True, eq=False)
class Guides:
    """Guided topics of one run; G of them.

    Attributes
    ----------
    seeds
        One pattern a topic.
    within
        Topic whose texts alone are drawn, -1 for all; shape (G,).
    directions
        Shape (G, d): mean direction of the texts with a seed word; zero when there is none.
    first
        Number of the first guided sub-topic; the others follow.
    of
        Topic of every sub-topic.
    """

    seeds: tuple[re.Pattern[str], ...]
    within: np.ndarray
    directions: np.ndarray
    first: int
    of: np.ndarray

    def drawn(
        self, texts: Sequence[str], points: np.ndarray, parts: np.ndarray, own: np.ndarray
    ) -> np.ndarray:
        """Return the sub-topics of texts after guided topics have drawn theirs.

        A text is drawn when its cosine to the guided centre, plus .3 with a seed word in it and
        less .3 without, is above that to its own centre, `own`, shape (n,). The guided topic
        that wins by most takes it.
        """
        parts, best = parts.copy(), np.zeros(len(parts))
        topic = np.append(self.of, -1)[parts]
        for g, pattern in enumerate(self.seeds):
            if not self.directions[g].any():
                continue
            seeded = np.array([bool(pattern.search(text)) for text in texts], bool)
            lead = points @ self.directions[g] - own + np.where(seeded, _WORTH, -_WORTH)
            may = (lead > best) & ((self.within[g] < 0) | (topic == self.within[g]))
            parts[may], best[may] = self.first + g, lead[may]
        return parts


def holds(words: Sequence[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of the words in a normalised text.

    A word in Latin script must begin a word: 'refund' finds 'refunded', not 'prefund'.
    """
    folded = sorted({normalise(word) for word in words} - {""})
    parts = [re.escape(word) if is_han(word) else rf"\b{re.escape(word)}" for word in folded]
    return re.compile("|".join(parts) or r"(?!)")


def apply_codebook(
    update: Update, codebook: Codebook, texts: Sequence[str], points: np.ndarray
) -> Update:
    """Count merged topics as one and let guided topics draw their texts.

    What the model found stays in `update.found`, so that a decision that is taken back later
    leaves no trace.
    """
    found, asked = update.found, codebook.book.guided
    topic_ids = (*found.topic_ids, *asked)
    place = {name: k for k, name in enumerate(topic_ids) if name}
    topic_of = np.append(found.topic_of, [place[name] for name in asked]).astype(int)
    parts, guides = found.parts, None
    if asked:
        patterns = tuple(holds(guide.seeds) for guide in asked.values())
        directions = np.zeros((len(asked), points.shape[1]))
        for g, pattern in enumerate(patterns):
            rows = [bool(pattern.search(text)) for text in texts]
            total = points[np.array(rows, bool)].sum(axis=0)
            directions[g] = total / max(float(np.linalg.norm(total)), 1e-9)
        within = np.array([place.get(guide.within, -1) for guide in asked.values()], int)
        count = len(found.topic_of)
        guides = Guides(patterns, within, directions, count, topic_of.copy())
        middle = centres(points, parts, count=count)
        own = np.append(middle.directions, np.zeros((1, points.shape[1])), axis=0)[parts]
        own = np.where(parts >= 0, (points * own).sum(axis=1), middle.threshold)
        parts = guides.drawn(texts, points, parts, own)
    for name, into in codebook.merges.items():
        if name in place and into in place:
            topic_of[topic_of == place[name]] = place[into]
    part_ids = (*found.part_ids, *(f"{name}.0" for name in asked))
    decided = Partition(parts, topic_of, topic_ids, part_ids)
    return replace(update, decided=decided, draw=guides.drawn if guides else None)


def without_excluded(records: pd.DataFrame, codebook: Codebook) -> tuple[pd.DataFrame, int]:
    """Leave out the records that the codebook excludes, and say how many they are."""
    exclude = codebook.book.exclude
    out = records["feedback_id"].isin(exclude.records).to_numpy(copy=True)
    if exclude.words:
        pattern = holds(exclude.words)
        out |= np.array([bool(pattern.search(normalise(text))) for text in records["text"]])
    return records[~out].reset_index(drop=True), int(out.sum())


def pinned_rows(
    records: pd.DataFrame, codebook: Codebook, topic_ids: Sequence[str]
) -> dict[int, int]:
    """Return the rows of pinned records with the number of their topic; records beat texts."""
    found: dict[int, int] = {}
    place = {name: k for k, name in enumerate(topic_ids)}
    rows = {name: i for i, name in enumerate(records["feedback_id"])}
    pins = [(pin, codebook.merges.get(name, name)) for name, entry in codebook.entries.items()
            for pin in entry.pins]  # fmt: skip
    for pin, name in sorted(pins, key=lambda item: bool(item[0].record)):
        if name not in place:
            continue
        if pin.record:
            hits = [rows[pin.record]] if pin.record in rows else []
        else:
            part = normalise(pin.text)
            hits = [i for i, text in enumerate(records["text"]) if part in normalise(text)]
        found.update((i, place[name]) for i in hits)
    return found


class CurationPanel:
    """The controls, and the decisions they were used to make.

    Attributes
    ----------
    decisions
        Content of the codebook as it would be saved.
    box
        The widget to display.
    """

    def __init__(self, model: TopicModel, feedback: pd.DataFrame, path: Path) -> None:
        self.model, self.path = model, path
        self.joined = model.joined(feedback.reindex(columns=["feedback_id", "text", "created_at"]))
        self.decisions: dict[str, Any] = {"topics": {}, "guided": {}, "exclude": {}}
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            shape = "a codebook is a mapping: topics, guided, exclude"
            self.decisions |= read_yaml(text, path.name, shape=shape, texts=True).values
        self.choices = [
            (f"{row.topic_id}: {row.label} ({row.n:,})", row.topic_id)
            for row in model.topics.itertuples()
        ]
        self._controls()
        self._wire()
        self.show()

    def _controls(self) -> None:
        wide = {"layout": {"width": "36em"}, "style": {"description_width": "8em"}}
        self.topic = widgets.Dropdown(options=self.choices, description=_("Topic"), **wide)
        self.label = widgets.Text(description=_("Label"), **wide)
        self.label_zh = widgets.Text(description="标签", **wide)
        self.definition = widgets.Text(description=_("Definition"), **wide)
        self.owner = widgets.Text(description=_("Owner"), **wide)
        self.into = widgets.Dropdown(options=self.choices, description=_("Merge into"), **wide)
        self.name = widgets.Text(
            description=_("New topic"), placeholder=_("a word: battery"), **wide
        )
        self.seeds = widgets.Text(
            description=_("Seed words"), placeholder=_("battery, 电池"), **wide
        )
        self.record = widgets.Text(description=_("Record or text"), **wide)
        self.search = widgets.Text(
            description=_("Search"), placeholder=_("any word, 任何词"), **wide
        )
        self.draw = widgets.BoundedIntText(value=1, min=1, max=9_999, description=_("Draw"))
        names = {"rename": _("Rename"), "merge": _("Merge"), "split": _("Split off"),
                 "pin": _("Pin here"), "save": _("Save")}  # fmt: skip
        self.buttons = {key: widgets.Button(description=text) for key, text in names.items()}
        self.records, self.message = widgets.HTML(), widgets.HTML()
        row = widgets.HBox
        self.box = widgets.VBox(
            [
                self.topic,
                row([self.search, self.draw]),
                self.records,
                self.label, self.label_zh, self.definition,
                row([self.owner, self.buttons["rename"]]),
                row([self.into, self.buttons["merge"]]),
                self.name,
                row([self.seeds, self.buttons["split"]]),
                row([self.record, self.buttons["pin"]]),
                row([self.buttons["save"]]),
                self.message,
            ]
        )  # fmt: skip

    def _wire(self) -> None:
        for control in (self.topic, self.search, self.draw):
            control.observe(self.show, names="value")
        for key, button in self.buttons.items():
            button.on_click(getattr(self, key))

    def show(self, event: object = None) -> None:
        """Show the topic's entry and some of its records."""
        entry = self._section(self.topic.value).get(self.topic.value, {})
        current = dict(zip(self.model.topics["topic_id"], self.model.topics["label"], strict=True))
        self.label.value = entry.get("label", current.get(self.topic.value, ""))
        for key in ("label_zh", "definition", "owner"):
            getattr(self, key).value = entry.get(key, "")
        rows = self.joined[self.joined["topic_id"] == self.topic.value]
        word = self.search.value.strip()
        rows = rows[rows["text"].str.contains(word, case=False, regex=False, na=False)]
        self.records.value = listing(rows, words=(word,), draw=int(self.draw.value))

    def rename(self, event: object = None) -> None:
        """Note label, definition and owner of the topic."""
        values = {key: getattr(self, key).value.strip()
                  for key in ("label", "label_zh", "definition", "owner")}  # fmt: skip
        entry = {**self._entry(self.topic.value), **values}
        self._section(self.topic.value)[self.topic.value] = {
            key: value for key, value in entry.items() if value
        }
        self._tell(
            _(
                "topic {topic} is called “{label}”",
                topic=self.topic.value,
                label=values["label"],
            )
        )

    def merge(self, event: object = None) -> None:
        """Count the topic as another."""
        merges = self._entry(self.into.value).setdefault("merges", [])
        if self.topic.value not in merges:
            merges.append(self.topic.value)
        self._tell(
            _("topic {topic} is counted as {other}", topic=self.topic.value, other=self.into.value)
        )

    def split(self, event: object = None) -> None:
        """Ask for a part of the topic, or with no topic for a new one, by seed words."""
        seeds = [word.strip() for word in self.seeds.value.replace("，", ",").split(",")]
        name = self.name.value.strip()
        self.decisions["guided"][name] = {
            "label": name,
            "seeds": [word for word in seeds if word],
            "within": self.topic.value,
        }
        self._tell(_("“{name}” is split off topic {topic}", name=name, topic=self.topic.value))

    def pin(self, event: object = None) -> None:
        """Pin a record, by id, or every record that holds a text."""
        what = self.record.value.strip()
        known = set(self.joined["feedback_id"])
        pins = self._entry(self.topic.value).setdefault("pins", [])
        pins.append({"record" if what in known else "text": what})
        self._tell(_("{what} is pinned to topic {topic}", what=what, topic=self.topic.value))

    def save(self, event: object = None) -> None:
        """Write the codebook when it is valid; else say every fault and write nothing."""
        text = self.text()
        scratch = self.path.with_name(f".{self.path.name}.draft")
        scratch.write_text(text, encoding="utf-8")
        known = {} if self.model.registry is None else self.model.registry.known
        try:
            Codebook.of(scratch, known)
        except ParamsError as error:
            scratch.unlink()
            why = str(error).replace(scratch.name, self.path.name)
            self._tell(_("not saved: {why}", why=why))
            return
        scratch.replace(self.path)
        self._tell(_("saved to {file}; the next run obeys it", file=self.path.name))

    def text(self) -> str:
        """Return the codebook as it would be written."""
        entries = {key: value for key, value in self.decisions.items() if value}
        body = yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=100)
        return _HEADER + (body if entries else "")

    def _section(self, topic_id: str) -> dict[str, Any]:
        guided = topic_id in (self.decisions.get("guided") or {})
        return self.decisions["guided" if guided else "topics"]

    def _entry(self, topic_id: str) -> dict[str, Any]:
        return self._section(topic_id).setdefault(topic_id, {})

    def _tell(self, text: str) -> None:
        self.message.value = f"<p>{html.escape(text)}</p>"


def curate(model: TopicModel, feedback: pd.DataFrame, path: Path) -> widgets.Widget:
    """Rename, merge, split and pin topics; `path` is the codebook that 'Save' writes."""
    return CurationPanel(model, feedback, path).box
