"""Where a notebook runs: told by the run layer through the environment, or found by itself."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from insights.errors import DataError
from insights.run import edits, state

__all__ = ["CONTEXT", "Context", "find_project", "here"]

CONTEXT = "INSIGHTS_CONTEXT"  # path of the JSON that the run layer writes for one notebook
STUDY = "INSIGHTS_STUDY"  # study file for a notebook that a person opened


@dataclass(frozen=True)
class Context:
    """One notebook's surroundings.

    Attributes
    ----------
    folder
        Where this notebook's tables, figures and results go.
    upstream
        Notebook name to the folder of its results.
    inputs
        The files that the study's sources name.
    awaited
        Upstream notebook that is still under way to a file that is there when it has ended.
    live
        Whether a person opened the notebook (no run is under way).
    language
        The language of what is written; empty: the study's first.
    """

    project: Path
    study_file: Path
    study: str
    folder: Path
    upstream: Mapping[str, Path] = field(default_factory=dict)
    inputs: tuple[Path, ...] = ()
    awaited: Mapping[str, Path] = field(default_factory=dict)
    live: bool = False
    language: str = ""

    def ended(self, name: str) -> Path | None:
        """Folder of an upstream notebook's results, once there is nothing more to come."""
        while name in self.awaited and not self.awaited[name].exists():
            time.sleep(0.1)
        return self.upstream.get(name)

    def state(self, name: str) -> Path:
        """Folder of the state to start from: the run's snapshot, else what the last run left."""
        if self.live:
            return self.project / "outputs" / self.study / name
        return self.folder / state.BEFORE / name

    def edited(self, name: str) -> Path:
        """File beside the study that people edit; it need not be there."""
        return edits.place(self.study_file, name)

    def write(self, path: Path) -> None:
        """Write what `here` reads back."""
        path.write_text(
            json.dumps(
                {
                    "project": str(self.project),
                    "study_file": str(self.study_file),
                    "study": self.study,
                    "folder": str(self.folder),
                    "upstream": {name: str(place) for name, place in self.upstream.items()},
                    "awaited": {name: str(place) for name, place in self.awaited.items()},
                    "inputs": [str(path) for path in self.inputs],
                    "language": self.language,
                }
            ),
            encoding="utf-8",
        )


def find_project(start: Path | None = None) -> Path:
    """Find the project's root: upward from `start`, else the installed project."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "notebooks").is_dir() and (folder / "pyproject.toml").is_file():
            return folder
    return Path(__file__).resolve().parents[3]


def here(name: str) -> Context:
    """Return the context of notebook `name`: the run's, else that of the study's latest run."""
    told = os.environ.get(CONTEXT)
    if told:
        values = json.loads(Path(told).read_text(encoding="utf-8"))
        return Context(
            project=Path(values["project"]),
            study_file=Path(values["study_file"]),
            study=values["study"],
            folder=Path(values["folder"]),
            upstream={key: Path(place) for key, place in values["upstream"].items()},
            awaited={key: Path(place) for key, place in values["awaited"].items()},
            language=values["language"],
        )
    project = find_project()
    study_file = project / os.environ.get(STUDY, "params/demo.yml")
    if not study_file.is_file():
        raise DataError(
            f"{study_file} does not exist; set {STUDY} to a study file, "
            f"or make one with: insights new NAME FILE…"
        )
    study = study_file.stem
    latest = project / "outputs" / study / "latest"
    upstream = {place.name: place for place in sorted(latest.glob("*/")) if place.is_dir()}
    folder = project / "outputs" / study / "interactive" / name
    return Context(project, study_file, study, folder, upstream, live=True)
