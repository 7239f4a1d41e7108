"""What commands share: their options, where they print, a refusal and its exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from insights.errors import DataError, ParamsError
from insights.messages import _
from insights.run.outcome import EXIT_CODES

__all__ = ["Extra", "Output", "Project", "StudyFile", "Yes", "code_of", "confirm", "err", "out",
           "project_root", "study_file", "warn"]  # fmt: skip

out, err = Console(soft_wrap=True, highlight=False), Console(stderr=True, soft_wrap=True)

Project = Annotated[
    Path | None, typer.Option(help="Project root; default: upward from here, else the installed.")
]
Output = Annotated[Path | None, typer.Option(help="Where runs go; default: outputs/.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
StudyFile = Annotated[Path, typer.Argument(help="Study file, such as params/demo.yml.")]
Extra = Annotated[
    list[str] | None, typer.Option("-p", metavar="NOTEBOOK.KEY=VALUE", help="Set a parameter.")
]


def code_of(error: BaseException) -> int:
    """Return the exit code of what ended a command."""
    from insights.run import folder

    kinds = (
        ((KeyboardInterrupt, typer.Abort), "interrupted"), (folder.Locked, "locked"),
        (ParamsError, "invalid"), (DataError, "refused"), (OSError, "storage"),
    )  # fmt: skip
    name = next((name for kind, name in kinds if isinstance(error, kind)), "failed")
    return EXIT_CODES[name]


def warn(message: str) -> None:
    """Say what does not end the command."""
    err.print(message, markup=False, style="yellow")


def confirm(question: str, yes: bool) -> None:
    """Go on when it was agreed to; where nobody can answer, --yes is needed."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ParamsError(_("{question} Nobody is there to answer: add --yes.", question=question))
    typer.confirm(question, abort=True)


def project_root(given: Path | None) -> Path:
    """Return the project: the one that was given, else found upward from here."""
    if given is not None:
        if not (given / "notebooks").is_dir():
            raise ParamsError(_("--project {folder}: holds no folder notebooks/.", folder=given))
        return given.resolve()
    from insights.run.context import find_project

    return find_project()


def study_file(study: Path, project: Path | None) -> Path:
    """Take a study by its path, else by its name among the project's studies."""
    if study.is_file():
        return study
    root = project_root(project)
    for place in (root / study, root / "params" / f"{study.name}.yml"):
        if place.is_file():
            return place
    return study
