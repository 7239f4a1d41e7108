"""State that one run hands to the next: read from a snapshot, installed only by a good run.

A notebook's `state = ["topics.registry"]` names folders beside the study's outputs. A run copies
them into its own folder before anything starts (`<notebook>/state/before`), the notebook reads
that copy and writes a new one (`<notebook>/state/after`), and when the whole run has ended well
the new one takes the old one's place. So a run can be made again from what it started with.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from insights.run.folder import content_hash, file_hash

__all__ = [
    "AFTER",
    "BEFORE",
    "install",
    "recover",
    "state_hash",
    "states",
    "take_snapshot",
    "unchanged",
]

BEFORE, AFTER = "state/before", "state/after"


def state_hash(folder: Path) -> str:
    """Return one hash of a state folder's content; 'none' where there is none."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        return "none"
    return content_hash({str(path.relative_to(folder)): file_hash(path) for path in files})


def states(place: Path, names: Sequence[str]) -> dict[str, str]:
    """Return the hash of each named state folder in `place`."""
    return {name: state_hash(place / name) for name in names}


def take_snapshot(place: Path, target: Path, names: Sequence[str]) -> dict[str, str]:
    """Copy the state folders of `place` below a notebook's folder; return their hashes."""
    for name in names:
        if (place / name).is_dir():
            shutil.copytree(place / name, target / BEFORE / name)
    return states(target / BEFORE, names)


def unchanged(entry: Mapping[str, Any], now: Mapping[str, str]) -> bool:
    """Whether the state is what a run read, or what that very run left behind."""
    told = entry.get("state") or {}
    return all(value in told.get(name, {}).values() for name, value in now.items())


def recover(place: Path, names: Sequence[str]) -> None:
    """Put back a state folder that a killed run had set aside."""
    for name in names:
        old = place / f".{name}.old"
        if old.is_dir() and not (place / name).exists():
            os.replace(old, place / name)


def install(target: Path, place: Path, names: Sequence[str]) -> None:
    """Put what a notebook wrote beside the study's outputs, each folder by two renames.

    A run that is killed between them leaves the old folder aside, and `recover` puts it back.
    """
    for name in names:
        written = target / AFTER / name
        if not written.is_dir() or state_hash(written) == state_hash(place / name):
            continue
        fresh, old = (place / f".{name}.{word}" for word in ("new", "old"))
        for left in (fresh, old):
            shutil.rmtree(left, ignore_errors=True)
        shutil.copytree(written, fresh)
        if (place / name).exists():
            os.replace(place / name, old)
        os.replace(fresh, place / name)
        shutil.rmtree(old, ignore_errors=True)
