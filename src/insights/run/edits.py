"""Files beside a study that people edit: `params/demo.codebook.yml` for `edited = ["codebook"]`.

A name with an ending keeps it: `params/demo.labels.csv` for `edited = ["labels.csv"]`. An analysis
that has a module of that name, such as `analyses/topics/codebook.py`, is asked by its function
`refuse(text, where=..., state=...)` whether the file is valid, before any kernel starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from insights.errors import ParamsError
from insights.run.plan import ANALYSES, Spec, module_alone
from insights.run.state import BEFORE

__all__ = ["checked", "place"]


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
            snapshot = outputs / spec.name / BEFORE
            state = snapshot if snapshot.is_dir() else outputs
            rules = ANALYSES / spec.name / f"{name.partition('.')[0]}.py"
            if rules.is_file():
                faults += module_alone(rules).refuse(text, where=path.name, state=state)
    if faults:
        raise ParamsError("\n".join(faults))
    return found
