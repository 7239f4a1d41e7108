"""What people decided, applied: guided topics, merges, pins, exclusions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from insights.analyses.topics.assign import centres
from insights.analyses.topics.codebook import Codebook
from insights.analyses.topics.continuity import Held
from insights.enrich.words import is_han, normalise

__all__ = ["Guides", "apply_codebook", "holds", "pinned_rows", "without_excluded"]

_WORTH = 0.3  # of a seed word, in cosine; a text without one must be nearer by as much


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
    held: Held, codebook: Codebook, texts: Sequence[str], points: np.ndarray
) -> Held:
    """Count merged topics as one and let guided topics draw their texts.

    What the model found stays in `held.auto` and `held.auto_of`, so that a decision that is
    taken back later leaves no trace.
    """
    place = {name: k for k, name in enumerate(held.topic_ids) if name}
    guides = codebook.book.guided
    ids, of = list(held.topic_ids), held.of.copy()
    part_ids, parts = list(held.part_ids), held.parts
    for name in guides:
        place[name] = len(ids)
        ids.append(name)
        of = np.append(of, place[name])
        part_ids.append(f"{name}.0")
    found = None
    if guides:
        patterns = tuple(holds(guide.seeds) for guide in guides.values())
        directions = np.zeros((len(guides), points.shape[1]))
        for g, pattern in enumerate(patterns):
            rows = [bool(pattern.search(text)) for text in texts]
            total = points[np.array(rows, bool)].sum(axis=0)
            directions[g] = total / max(float(np.linalg.norm(total)), 1e-9)
        within = np.array([place.get(guide.within, -1) for guide in guides.values()], int)
        found = Guides(patterns, within, directions, len(held.of), of)
        middle = centres(points, parts, count=len(held.of))
        own = np.append(middle.directions, np.zeros((1, points.shape[1])), axis=0)[parts]
        own = np.where(parts >= 0, (points * own).sum(axis=1), middle.threshold)
        parts = found.drawn(texts, points, parts, own)
    for name, into in codebook.merges.items():
        if name in place and into in place:
            of[of == place[name]] = place[into]
    return replace(
        held, parts=parts, of=of, topic_ids=tuple(ids), part_ids=tuple(part_ids),
        draw=None if found is None else found.drawn, auto=held.parts, auto_of=held.of,
    )  # fmt: skip


def without_excluded(records: pd.DataFrame, codebook: Codebook) -> tuple[pd.DataFrame, int]:
    """Leave out the records that the codebook excludes, and say how many they are."""
    told = codebook.book.exclude
    out = records["feedback_id"].isin(told.records).to_numpy(copy=True)
    if told.words:
        pattern = holds(told.words)
        out |= np.array([bool(pattern.search(normalise(text))) for text in records["text"]])
    return records[~out].reset_index(drop=True), int(out.sum())


def pinned_rows(records: pd.DataFrame, codebook: Codebook, topic_ids: list[str]) -> dict[int, int]:
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
