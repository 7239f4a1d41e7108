"""From one run's topics to the next: reads the registry into the kernel, and writes it anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from insights.analyses.topics.codebook import Codebook
from insights.analyses.topics.identity import (
    UNSEEN,
    Before,
    Cut,
    Step,
    carry_over,
    matched_parts,
    refitted,
)
from insights.analyses.topics.params import Params
from insights.analyses.topics.registry import Registry, digest, text_key

__all__ = ["Continuity", "Held", "Mode"]

Mode = Literal["first", "same", "carried", "refitted"]
_SHAPING = {"source", "min_topic_size", "max_topics", "embedding", "seed"}  # other topics
Draw = Callable[[Sequence[str], np.ndarray, np.ndarray, np.ndarray], np.ndarray]
Embed = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True, eq=False)
class Held:
    """A partition with names: L sub-topics of T topics.

    Attributes
    ----------
    mode
        first: no registry; same: data and settings of the last run; carried; refitted: settings
        that shape topics were changed.
    parts
        Shape (n,): sub-topic of each fitted text, or -1.
    of
        Shape (L,): topic of each sub-topic, -1 when it is gone.
    topic_ids, part_ids
        Their names; '' where the first run has yet to number them by size.
    step, before
        How the old partition was changed, and what it was; None in a first run.
    cosine
        Shape (T,): of a topic's centre then (its known texts and anchors) and now.
    draw
        Lets guided topics draw further texts: texts, points, parts and cosine to their own
        centre in, parts out.
    auto, auto_of
        `parts` and `of` as the model found them, before people's decisions.
    """

    mode: Mode
    parts: np.ndarray
    of: np.ndarray
    topic_ids: tuple[str, ...]
    part_ids: tuple[str, ...]
    step: Step | None = None
    before: Before | None = None
    cosine: np.ndarray = field(default_factory=lambda: np.zeros(0))
    draw: Draw | None = None
    auto: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    auto_of: np.ndarray = field(default_factory=lambda: np.zeros(0, int))

    @property
    def topics(self) -> np.ndarray:
        """Topic of each fitted text, or -1."""
        return np.append(self.of, -1)[self.parts]


class Continuity:
    """The registry of the last run, brought to bear on the cut of this one."""

    def __init__(self, registry: Registry, codebook: Codebook, params: Params) -> None:
        self.registry = registry
        self.codebook = codebook
        self.settings = digest([json.dumps(params.model_dump(include=_SHAPING), sort_keys=True)])

    def carry(self, cut: Cut, texts: Sequence[str], embed: Embed, *, data: str) -> Held:
        """Return the partition of this run in the names of the last.

        Parameters
        ----------
        texts
            The texts of the cut, in its order.
        embed
            Turns further texts into points.
        data
            Fingerprint of all texts of this run.
        """
        if self.registry.empty:
            return _first(cut)
        old_topics = self.registry.topics.loc[
            self.registry.topics["topic_id"].isin(self.registry.subtopics["topic_id"]), "topic_id"
        ].tolist()
        before = self._before(cut, texts, embed, old_topics)
        mode: Mode
        if self.registry.settings != self.settings:
            mode, step = "refitted", refitted(cut, before)
        elif self.registry.data == data and not (before.part == UNSEEN).any():
            mode, step = "same", Step(before.part, before.topic, (), (), 0)
        else:
            mode, step = "carried", carry_over(cut, before)
        count = max(int(step.topic.max(initial=-1)) + 1, len(old_topics))
        fresh = range(self.registry.next_topic, self.registry.next_topic + count - len(old_topics))
        topic_ids = (*old_topics, *(str(number) for number in fresh))
        return Held(
            mode,
            step.parts,
            step.topic,
            topic_ids,
            self._part_ids(step, before, topic_ids),
            step,
            before,
            _drift(cut.points, step, before, count),
        )

    def _before(self, cut: Cut, texts, embed: Embed, old_topics: list[str]) -> Before:
        parts = self.registry.subtopics
        place = {part: k for k, part in enumerate(parts["part_id"])}
        known = dict(
            zip(
                self.registry.records["key"],
                zip(
                    self.registry.records["part_id"].map(lambda part: place.get(part, -1)),
                    self.registry.records["founding"] == 1,
                    strict=True,
                ),
                strict=True,
            )
        )
        found = [known.get(text_key(text), (UNSEEN, False)) for text in texts]
        anchors = np.zeros((len(parts), cut.points.shape[1]))
        here = set(texts)
        further = self.registry.anchors
        further = further[~further["text"].isin(here) & further["part_id"].isin(place)]
        if len(further):
            points = embed(further["text"].tolist())
            np.add.at(anchors, further["part_id"].map(place).to_numpy(), points)
        return Before(
            part=np.array([part for part, _ in found], int),
            founding=np.array([flag for _, flag in found], bool),
            topic=np.array([old_topics.index(topic) for topic in parts["topic_id"]], int),
            anchors=anchors,
        )

    def _part_ids(self, step: Step, before: Before, topic_ids: tuple[str, ...]) -> tuple[str, ...]:
        """Keep a sub-topic's name while it stays in its topic; number new ones onwards."""
        old = self.registry.subtopics["part_id"].tolist()
        following = dict(
            zip(self.registry.topics["topic_id"], self.registry.topics["next_part"], strict=True)
        )
        origin = matched_parts(step, before)
        names: list[str] = []
        for k, topic in enumerate(step.topic):
            if topic < 0:
                names.append("")
            elif origin[k] >= 0 and before.topic[origin[k]] == topic:
                names.append(old[origin[k]])
            else:
                number = int(following.get(topic_ids[topic], 0))
                following[topic_ids[topic]] = number + 1
                names.append(f"{topic_ids[topic]}.{number}")
        return tuple(names)


def _first(cut: Cut) -> Held:
    count = int(cut.parts.max(initial=-1)) + 1
    of = np.full(count, -1)
    inside = cut.parts >= 0
    of[cut.parts[inside]] = cut.topics[inside]
    topics = int(of.max(initial=-1)) + 1
    return Held("first", cut.parts, of, ("",) * topics, ("",) * count)


def _drift(points: np.ndarray, step: Step, before: Before, count: int) -> np.ndarray:
    """Cosine of each topic's centre then and now; not-a-number where there was or is none."""
    then, now = np.zeros((count, points.shape[1])), np.zeros((count, points.shape[1]))
    np.add.at(then, before.topic, before.anchors)
    known = before.part >= 0
    np.add.at(then, before.topic[before.part[known]], points[known])
    held = np.append(step.topic, -1)[step.parts]
    np.add.at(now, held[held >= 0], points[held >= 0])
    length = np.linalg.norm(then, axis=1) * np.linalg.norm(now, axis=1)
    product = (then * now).sum(axis=1)
    return np.divide(product, length, out=np.full(count, np.nan), where=length > 1e-9)
