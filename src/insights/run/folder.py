"""The folders of a run: staged, renamed once, reused by content."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from insights.errors import InsightsError

__all__ = [
    "Locked",
    "content_hash",
    "file_hash",
    "locked",
    "manifest_of",
    "manifests",
    "point_latest",
    "salvage",
    "write_atomically",
]


class Locked(InsightsError):
    """Another run of the same study is under way."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the study's lock; it is freed by the system even when the process dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise Locked(
                f"another run of this study is under way (process {handle.read().strip() or '?'}); "
                f"wait for it to end, or give this one its own folder with --output"
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def content_hash(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def point_latest(study_folder: Path, run: str) -> None:
    """Move the symbolic link `latest` to a run, in one step."""
    fresh = study_folder / f".latest.{os.getpid()}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(run, target_is_directory=True)
    os.replace(fresh, study_folder / "latest")


def salvage(study_folder: Path) -> None:
    """Give what a killed run left behind its place: complete notebooks can be reused from it."""
    for stage in sorted(study_folder.glob(".staging-*")):
        run = stage.name.removeprefix(".staging-")
        target = study_folder / run
        if (stage / "manifest.json").is_file() and not target.exists():
            stage.rename(target)
        else:
            shutil.rmtree(stage, ignore_errors=True)


def manifests(study_folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Return folder and manifest of every run of a study, newest first."""
    found = []
    for path in sorted(study_folder.glob("[0-9]*/manifest.json"), reverse=True):
        try:
            found.append((path.parent, json.loads(path.read_text(encoding="utf-8"))))
        except ValueError:
            continue  # torn by a crash long ago; it can vouch for nothing
    return found


def manifest_of(run: Path) -> dict[str, Any]:
    """Return the manifest of a run."""
    return json.loads((run / "manifest.json").read_text(encoding="utf-8"))


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new, never half of it."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)
