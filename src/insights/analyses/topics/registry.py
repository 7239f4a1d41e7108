"""The registry: what a run of topics hands to the next one, as plain text files.

Bounded: only texts that the model was fitted on are listed (a hash and a sub-topic each), and a
dozen anchor texts a sub-topic stand for its centre, because vectors are fitted anew by every run
and cannot be compared across them.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from insights.errors import DataError

__all__ = ["Registry", "digest", "text_key"]

FORMAT = 1
_FILES = {
    "topics.csv": ("topic_id", "kind", "label", "keywords", "n", "first_seen", "last_seen",
                   "status", "matched_from", "next_part"),
    "subtopics.csv": ("part_id", "topic_id", "n"),
    "records.csv": ("key", "part_id", "founding"),
    "anchors.csv": ("part_id", "text"),
    "events.csv": ("run", "level", "event", "topic_id", "other_id", "label", "n_before", "n_now",
                   "shared", "jaccard", "cosine", "n_moved", "founding_share", "separation",
                   "separation_before", "comes_back", "detail"),
}  # fmt: skip
_WHOLE = {"n": "int64", "next_part": "int64", "founding": "int64", "run": "int64",
          "n_before": "int64", "n_now": "int64", "shared": "int64", "n_moved": "int64"}  # fmt: skip
_REAL = ("jaccard", "cosine", "founding_share", "separation", "separation_before", "comes_back")


def _empty(name: str) -> pd.DataFrame:
    kinds = {
        column: _WHOLE.get(column, "float64" if column in _REAL else "str")
        for column in _FILES[name]
    }
    return pd.DataFrame({column: pd.Series(dtype=kind) for column, kind in kinds.items()})


@dataclass(frozen=True, kw_only=True, eq=False)
class Registry:
    """Topics as the last run left them; an empty one before the first run.

    Attributes
    ----------
    run
        How many steps were taken; a rerun on the same data is none.
    next_topic
        The next unused number: those of topics that are gone are never used again.
    settings, data
        Fingerprints of the settings that shape topics, and of the texts.
    topics
        topic_id, kind (found, guided, given), label and keywords (the model's), n, first_seen,
        last_seen, status, matched_from, next_part.
    subtopics
        part_id, topic_id, n; only of topics that are not gone.
    records
        key (hash of a text), part_id ('' when unexplained), founding (1 when its topic was
        founded with it), by key.
    anchors
        part_id, text: texts near the middle of a sub-topic.
    events
        The lineage: every change ever accepted, and how the last step found what it kept.
    """

    run: int = 0
    next_topic: int = 0
    settings: str = ""
    data: str = ""
    topics: pd.DataFrame = field(default_factory=lambda: _empty("topics.csv"))
    subtopics: pd.DataFrame = field(default_factory=lambda: _empty("subtopics.csv"))
    records: pd.DataFrame = field(default_factory=lambda: _empty("records.csv"))
    anchors: pd.DataFrame = field(default_factory=lambda: _empty("anchors.csv"))
    events: pd.DataFrame = field(default_factory=lambda: _empty("events.csv"))

    @property
    def empty(self) -> bool:
        """Whether no run left anything."""
        return self.run == 0

    @property
    def known(self) -> dict[str, str]:
        """Status of every topic there ever was; of those that people asked for, 'guided'."""
        return {
            row.topic_id: "guided" if row.kind == "guided" else row.status
            for row in self.topics.itertuples()
        }

    def files(self) -> dict[str, str]:
        """Return the content of every file by its name; the same registry, the same bytes."""
        about = {
            "format": FORMAT,
            "run": self.run,
            "next_topic": self.next_topic,
            "settings": self.settings,
            "data": self.data,
        }
        found = {"registry.json": json.dumps(about, indent=1, sort_keys=True) + "\n"}
        for name, columns in _FILES.items():
            frame = getattr(self, name.removesuffix(".csv"))
            found[name] = frame[list(columns)].to_csv(
                index=False, float_format="%.4f", lineterminator="\n"
            )
        return found

    @classmethod
    def of(cls, files: Mapping[str, str]) -> Registry:
        """Read what `files` returned; no file at all is an empty registry.

        Raises
        ------
        DataError
            A file is missing, is no CSV, or lacks a column: says which, and what to do.
        """
        if not files:
            return cls()
        advice = (
            "Restore topics.registry from the last run's folder (topics/state/after), or remove "
            "it to begin anew with topics numbered from 0."
        )
        missing = sorted({"registry.json", *_FILES} - set(files))
        if missing:
            raise DataError(f"topics.registry: {', '.join(missing)} is missing. {advice}")
        try:
            about = json.loads(files["registry.json"])
            frames = {name: _read(name, files[name]) for name in _FILES}
            if about["format"] != FORMAT:
                raise ValueError(f"registry.json: format {about['format']}, readable is {FORMAT}")
            return cls(
                run=int(about["run"]),
                next_topic=int(about["next_topic"]),
                settings=str(about["settings"]),
                data=str(about["data"]),
                **{name.removesuffix(".csv"): frame for name, frame in frames.items()},
            )
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"topics.registry: {error}. {advice}") from None


def _read(name: str, text: str) -> pd.DataFrame:
    try:
        frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except pd.errors.ParserError as error:
        raise ValueError(f"{name}: {error}") from None
    lacking = [column for column in _FILES[name] if column not in frame]
    if lacking:
        raise ValueError(f"{name}: the column {', '.join(lacking)} is missing")
    for column in frame:
        kind = _WHOLE.get(str(column)) or ("float64" if column in _REAL else None)
        if kind:
            frame[column] = pd.to_numeric(frame[column]).astype(kind)
    return frame[list(_FILES[name])]


def text_key(text: str) -> str:
    """Return the hash under which a text is listed: 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digest(items: Sequence[str]) -> str:
    """Return one hash of many items, whatever their order."""
    return hashlib.sha256("\n".join(sorted(items)).encode()).hexdigest()[:16]
