"""Sentences of our own that judge nothing, and their like that do, over many fields of life.

Questions, commands, facts and wishes judge nothing; praise and blame of the same things, in the
same frames, keep a model from taking the things, or the grammar, for what tells them apart.
Everything was written by hand for this purpose.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

__all__ = ["sentences"]

_FRAMES = ("question", "command", "fact", "wish", "praise", "blame")


@cache
def _lists(language: str) -> dict[str, list[str]]:
    """Lines of the file of a language by section; frames and words parted by '|' too."""
    table: dict[str, list[str]] = {}
    path = Path(__file__).with_name(f"plain_sentences_{language}.txt")
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
            table[name] = []
        elif line and not line.startswith("#"):
            table[name] += [line] if name == "fields" else line.split("|")
    return table


def sentences(
    language: str, each: int, rng: np.random.Generator, fields: slice = slice(None)
) -> list[tuple[str, str]]:
    """Return `each` distinct sentences of every kind with their kind, in 'en' or 'zh'.

    `fields` takes part of the fields of life, so that others can be kept out.
    """
    lists = _lists(language)
    found = []
    for kind in _FRAMES:
        seen: dict[str, None] = {}
        for _ in range(4 * each):
            seen.setdefault(_filled(str(rng.choice(lists[kind])), language, rng, fields))
        found += [(text, kind) for text in list(seen)[:each]]
    return found


def _filled(form: str, language: str, rng: np.random.Generator, fields: slice) -> str:
    lists = _lists(language)
    line = str(rng.choice(lists["fields"][fields])).split(":")[1]
    things, verbs = (part.split(",") for part in line.split("|"))
    one, two = rng.choice(len(things), 2, replace=False)
    values = {"verb": str(rng.choice(verbs)).strip(), "thing": things[one].strip()}
    values["thing2"] = things[two].strip()
    for name in ("place", "time", "who"):
        values[name] = str(rng.choice(lists[f"fill {name}"]))
    text = form.format(**values)
    if language == "en":
        if rng.random() < 0.5:
            text = text[0].upper() + text[1:]
        return text if text[-1] in "?!" or rng.random() < 0.5 else text + "."
    return text if text[-1] in "？！" or rng.random() < 0.6 else text + "。"
