"""Which topic an initiative means, when it names one by id, by label or by words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.errors import did_you_mean

__all__ = ["Match", "match_topics", "topic_catalogue"]

_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Match:
    """One named topic and what was found for it; `topic_id` None: nothing."""

    name: str
    topic_id: str | None
    label: str
    how: str


def topic_catalogue(*tables: pd.DataFrame | None) -> pd.DataFrame:
    """Every topic that the tables know, once: topic_id, label, words, n, in order of id."""
    rows: dict[str, dict] = {}
    for table in tables:
        for row in [] if table is None else table.to_dict("records"):
            key = str(row["topic_id"])
            keywords = row.get("keywords")
            listed = isinstance(keywords, list | tuple | np.ndarray)
            words = " ".join(map(str, keywords)) if listed else _text(keywords)
            label = _text(row.get("label")) or key
            size = row.get("n", row.get("exposed_customers", 0))
            rows.setdefault(
                key,
                {
                    "topic_id": key,
                    "label": label,
                    "words": f"{label} {words}".lower(),
                    "n": 0 if pd.isna(size) else float(size),
                },
            )
    columns = ["topic_id", "label", "words", "n"]
    return pd.DataFrame([rows[key] for key in sorted(rows) if key != "-1"], columns=columns)


def match_topics(names: Sequence[str], catalogue: pd.DataFrame) -> list[Match]:
    """Match each name: by exact id, exact label, else all of its words in label or keywords.

    Case does not matter. Of several topics that hold all the words, those that hold them in the
    label come first, then the largest; the choice is reported, and never looks at money.
    """
    found = [_match(str(name).strip(), catalogue) for name in names if str(name).strip()]
    seen: dict[str, Match] = {}
    for match in found:  # two names of one topic are one topic
        seen.setdefault(match.topic_id or f"? {match.name}", match)
    return list(seen.values())


def _match(name: str, catalogue: pd.DataFrame) -> Match:
    low = name.lower()
    for column, how in (("topic_id", "id"), ("label", "label")):
        hit = catalogue[catalogue[column].str.lower() == low]
        if len(hit):
            return Match(name, hit["topic_id"].iloc[0], hit["label"].iloc[0], how)
    words = low.split()
    held = catalogue[[_holds(text, words) for text in catalogue["words"]]]
    if len(held):
        order = held.assign(
            labelled=[_holds(label.lower(), words) for label in held["label"]]
        ).sort_values(["labelled", "n", "topic_id"], ascending=[False, False, True])
        how = "words" if len(held) == 1 else f"words, of {len(held)} topics that hold them"
        return Match(name, order["topic_id"].iloc[0], order["label"].iloc[0], how)
    hint = did_you_mean(name, [*catalogue["label"], *catalogue["topic_id"]])
    return Match(name, None, "", f"no topic has the id, the label or the words '{name}'.{hint}")


def _holds(text: str, words: Sequence[str]) -> bool:
    """Whether the text holds every word: whole words in Latin script, anywhere in others."""
    whole = set(_WORD.findall(text))
    return all((word in whole) if _WORD.fullmatch(word) else (word in text) for word in words)


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)
