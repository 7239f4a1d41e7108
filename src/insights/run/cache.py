"""Whether a notebook's results can be reused: by what they were made from, never by existing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from insights.messages import _, items
from insights.run.folder import content_hash, file_hash
from insights.run.plan import Spec
from insights.run.state import unchanged
from insights.run.study import Study

__all__ = [
    "CachedNotebook",
    "Parts",
    "find",
    "input_hashes",
    "parts",
    "tables_hash",
    "what_changed",
]

Parts = Mapping[str, str]  # part of the key -> hash


@dataclass(frozen=True)
class CachedNotebook:
    """Results of an earlier run that were made from the same parts."""

    folder: Path
    entry: Mapping[str, Any]
    run: str


def input_hashes(study: Study, project: Path) -> dict[str, str]:
    """Return the content hash of every file behind the study's sources, by its path.

    Raises DataError when a source matches no file.
    """
    found = {}
    for path in study.sources.files(project):
        inside = path.is_relative_to(project)
        found[str(path.relative_to(project) if inside else path)] = file_hash(path)
    return dict(sorted(found.items()))


@cache
def _code_hash(package: Path) -> str:
    files = sorted(path for path in package.rglob("*") if path.suffix not in (".pyc", ""))
    return content_hash({str(path.relative_to(package)): file_hash(path) for path in files})


def _notebook_hash(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return content_hash([(cell["cell_type"], "".join(cell["source"])) for cell in cells])


def tables_hash(folder: Path) -> str:
    """Return one hash of the tables that a notebook saved."""
    files = sorted((folder / "tables").glob("*.parquet"))
    return content_hash({path.name: file_hash(path) for path in files})


def parts(
    spec: Spec,
    settings: Mapping[str, Any],
    *,
    study: Study,
    project: Path,
    inputs: Mapping[str, str] | None,
    upstream: Mapping[str, str],
    edits: Mapping[str, str],
    language: str = "en",
) -> dict[str, str]:
    """Return what a notebook's results depend on, one hash a part.

    `inputs` are given to a notebook that reads sources itself (one without upstream); `edits`
    are the files beside the study that people edit; `language` is that of what is written. State
    is no part: see `find`.
    """
    lock = project / "requirements.lock"
    found = {
        "notebook": _notebook_hash(spec.path),
        "parameters": content_hash(dict(settings)),
        "study": content_hash(
            study.model_dump(
                include={"title", "timezone", "week_start", "quality", "privacy", "segments"}
            )
        ),
        "code": _code_hash(Path(__file__).resolve().parents[1]),
        "lock": file_hash(lock) if lock.is_file() else "none",
        "language": language,
    }
    if inputs is not None:
        found["sources"] = content_hash(study.sources.model_dump(mode="json"))
        found.update({f"input {path}": value for path, value in inputs.items()})
    found.update({f"upstream {name}": value for name, value in upstream.items()})
    found.update({name: edits[name] for name in spec.edited if name in edits})
    return found


def find(
    name: str,
    key: str,
    history: Sequence[tuple[Path, Mapping[str, Any]]],
    state: Mapping[str, str],
) -> CachedNotebook | None:
    """Find sound results with this key in the newest run that has them.

    The state they were made from must be there still, or be what that very run left behind.
    """
    for folder, manifest in history:
        entry = manifest.get("notebooks", {}).get(name, {})
        usable = entry.get("key") == key and entry.get("outcome") in ("ok", "cached", "carried")
        if usable and unchanged(entry, state) and _sound(folder, name, manifest):
            return CachedNotebook(folder / name, entry, folder.name)
    return None


def _sound(folder: Path, name: str, manifest: Mapping[str, Any]) -> bool:
    """Whether every file is still what the manifest says; an edited table is not reused."""
    files = {
        path: value
        for path, value in manifest.get("outputs", {}).items()
        if path.startswith(f"{name}/")
    }
    return bool(files) and all(
        (folder / path).is_file() and file_hash(folder / path) == value
        for path, value in files.items()
    )


def what_changed(
    name: str,
    now: Parts,
    history: Sequence[tuple[Path, Mapping[str, Any]]],
    state: Mapping[str, str],
) -> str:
    """Say which parts differ from the newest run of this notebook that ended well."""
    for _place, manifest in history:
        entry = manifest.get("notebooks", {}).get(name, {})
        before = entry.get("parts")
        if before and entry.get("outcome") in ("ok", "cached", "carried"):
            changed = [part for part in now if before.get(part) != now[part]]
            changed += [item for item in state if not unchanged(entry, {item: state[item]})]
            gone = [part for part in before if part not in now]
            if not changed and not gone:
                return _("nothing changed, but its results were removed or edited")
            changed += [_("{part} (gone)", part=part) for part in gone]
            return _("changed: {parts}", parts=items(changed, 50))
    return _("never ran to its end before")
