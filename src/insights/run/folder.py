"""The folders of a run: staged, renamed once, reused by content."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from insights.errors import InsightsError
from insights.messages import _

__all__ = [
    "Locked",
    "content_hash",
    "file_hash",
    "locked",
    "manifests",
    "point_latest",
    "read_manifest",
    "salvage",
    "write_atomically",
]


class Locked(InsightsError):
    """Another run of the same study is under way."""


@contextlib.contextmanager
def locked(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the study's lock; it is freed by the system even when the process dies.

    Where another process holds it: wait until it is free, or raise `Locked`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            handle.seek(0)
            raise Locked(
                _(
                    "another run of this study is under way (process {number}); wait for it to end "
                    "(--if-locked wait), or give this one its own folder with --output",
                    number=handle.read().strip() or "?",
                )
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


def salvage(study_folder: Path, clean: Callable[[Path], None]) -> None:
    """Give what a killed run left behind its place: complete notebooks can be reused from it.

    `clean` makes a staging folder fit to be kept before it gets its name.
    """
    for stage in sorted(study_folder.glob(".staging-*")):
        run = stage.name.removeprefix(".staging-")
        target = study_folder / run
        if (stage / "manifest.json").is_file() and not target.exists():
            clean(stage)
            stage.rename(target)
        else:
            shutil.rmtree(stage, ignore_errors=True)


def manifests(study_folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Return folder and manifest of every run of a study, newest first."""
    paths = sorted(study_folder.glob("[0-9]*/manifest.json"), reverse=True)
    return [(path.parent, read_manifest(path.parent)) for path in paths]


def read_manifest(run: Path) -> dict[str, Any]:
    """Return the manifest of a run, as far as it is sound.

    Other people's files are read as they are: what is torn, or is not of the kind that a manifest
    holds there, says nothing and can vouch for nothing.
    """
    try:
        found = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        found = None
    values = found if isinstance(found, dict) else {}
    for key in ("notebooks", "outputs", "inputs", "versions", "seeds"):
        values[key] = _mapping(values.get(key))
    for key in ("outputs", "inputs", "versions"):
        values[key] = {name: str(value) for name, value in values[key].items()}
    values["notebooks"] = {
        name: _entry(entry) for name, entry in values["notebooks"].items() if _is_name(name)
    }
    plan = values.get("plan")
    if not (
        isinstance(plan, list) and all(isinstance(name, str) and _is_name(name) for name in plan)
    ):
        values["plan"] = list(values["notebooks"])
    for key in ("status", "started", "finished", "title", "study", "description", "command",
                "language"):  # fmt: skip
        values[key] = str(values.get(key) or "")
    code = values.get("exit_code")
    return values | {
        "run": run.resolve().name.removeprefix(".staging-"),
        "exit_code": code if type(code) is int else None,
    }


def _entry(value: Any) -> dict[str, Any]:
    entry = _mapping(value)
    for key in ("parts", "parameters", "state"):
        if key in entry:
            entry[key] = _mapping(entry[key])
    if "state" in entry:
        entry["state"] = {name: _mapping(told) for name, told in entry["state"].items()}
    seconds = entry.get("seconds")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        entry.pop("seconds", None)
    return entry | {"outcome": str(entry.get("outcome") or "unknown")}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_name(name: str) -> bool:
    """Whether a notebook's name is the name of a folder of the run, and leads nowhere else."""
    return bool(name) and name not in (".", "..") and not {"/", "\\", "\0"} & set(name)


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new, never half of it."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)
