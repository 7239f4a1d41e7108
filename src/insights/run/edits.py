"""Files beside a study that people edit: `params/demo.codebook.yml` for `edited = ["codebook"]`.

A name with an ending keeps it: `params/demo.labels.csv` for `edited = ["labels.csv"]`. An analysis
that has a module of that name, such as `analyses/topics/codebook.py`, is asked by its function
`refuse(text, where=..., state=...)` whether the file is valid, before any kernel starts.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from insights.errors import ParamsError
from insights.run.plan import Spec
from insights.run.state import BEFORE

__all__ = ["checked", "place"]

_ANALYSES = Path(__file__).resolve().parents[1] / "analyses"


def place(study_file: Path, name: str) -> Path:
    """Return where the file `name` of a study lies."""
    ending = "" if "." in name else ".yml"
    return study_file.with_name(f"{study_file.stem}.{name}{ending}")


def checked(specs: Sequence[Spec], study_file: Path, outputs: Path) -> dict[str, Path]:
    """Return the edited files that are there, by name; each is validated.

    Parameters
    ----------
    outputs
        The study's outputs, where its state lies; or a run, to take the state it started from.

    Raises
    ------
    ParamsError
        With every complaint, each with file and line.
    """
    found: dict[str, Path] = {}
    faults = []
    for spec in specs:
        for name in spec.edited:
            path = place(study_file, name)
            if not path.is_file():
                continue
            found[name] = path
            try:
                text = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                faults.append(f"{path.name}: is not UTF-8 text; save it as UTF-8.")
                continue
            refuse = _refusal(spec.name, name)
            snapshot = outputs / spec.name / BEFORE
            state = snapshot if snapshot.is_dir() else outputs
            faults += refuse(text, where=path.name, state=state) if refuse else []
    if faults:
        raise ParamsError("\n".join(faults))
    return found


@cache
def _refusal(analysis: str, name: str) -> Callable[..., list[str]] | None:
    """Load an analysis' check alone: its package would bring every library it computes with."""
    name = name.partition(".")[0]
    path = _ANALYSES / analysis / f"{name}.py"
    if not path.is_file():
        return None
    label = f"insights_edits_{analysis}_{name}"
    found = importlib.util.spec_from_file_location(label, path)
    if found is None or found.loader is None:
        raise ParamsError(f"{analysis}/{name}.py cannot be loaded.")
    module = importlib.util.module_from_spec(found)
    sys.modules[label] = module
    found.loader.exec_module(module)
    return module.refuse
