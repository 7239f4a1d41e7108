"""Commands about a study and its notebooks: written, checked, labelled, opened."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from insights.cli.options import (
    Extra,
    Output,
    Project,
    StudyFile,
    out,
    project_root,
    study_file,
)
from insights.errors import ParamsError, did_you_mean
from insights.messages import _, items, number, plural

__all__ = ["check", "demo", "lab", "label", "new", "params"]


def check(study: StudyFile, extra: Extra = None, project: Project = None) -> None:
    """Validate a study whole, read the first rows of every source, and show the plan."""
    from insights.errors import DataError
    from insights.run import execute

    options = execute.Options(extra=tuple(extra or ()))
    root = project_root(project)
    prepared = execute.prepare(study_file(study, project), root, options)
    from insights.ingest.trials import try_sources  # loads pandas, which a refusal needs not

    refused = []
    for trial in try_sources(prepared.study.sources, root, prepared.study.timezone):
        out.print(
            _("{source}: {kept} of the first {rows} rows are read",
              source=trial.source, kept=number(trial.kept), rows=number(trial.rows)),
            markup=False,
        )  # fmt: skip
        for problem in trial.problems:
            said = _("{source}: {problem}", source=trial.source, problem=problem.text)
            if problem.stops:
                refused.append(said)
            else:
                out.print(said, markup=False)
    if refused:
        raise DataError("\n".join(refused))
    for spec in prepared.plan.specs:
        reason = prepared.plan.skipped.get(spec.name)
        settings = prepared.plan.settings[spec.name]
        said = (
            _("skipped: {reason}", reason=reason)
            if reason
            else ", ".join(f"{key}={value!r}" for key, value in settings.items())
        )
        out.print(f"{spec.name:<12} {said}", markup=False)
    files = plural("{n} input file", "{n} input files", len(prepared.inputs))
    out.print(_("{files}; the study is valid.", files=files), markup=False)


def demo(seed: int = 7, project: Project = None) -> None:
    """Write the demo data (the firm Lumen Office) into data/demo."""
    from insights.synthetic import write_demo

    target = project_root(project) / "data" / "demo"
    write_demo(target, seed=seed)
    out.print(str(target), markup=False)


def new(
    name: str,
    files: Annotated[list[Path], typer.Argument(help="Your own data files.")],
    project: Project = None,
    force: Annotated[bool, typer.Option(help="Replace a study of that name.")] = False,
) -> None:
    """Look at your own files and write params/NAME.yml, every guess with its reason."""
    from insights.ingest.guess import guess_study
    from insights.run.study import load_study

    root = project_root(project)
    target = root / "params" / f"{name}.yml"
    if target.exists() and not force:
        raise ParamsError(f"{target} exists; choose another name or add --force.")
    text = guess_study(name, files, project=root)
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, encoding="utf-8")
    load_study(target, project=root)
    out.print(text, markup=False, highlight=False, soft_wrap=True)
    if "unsettled:" in text:
        out.print(_("Answer what is unsettled before it can run."), markup=False)
    out.print(
        _("Read it, correct it, then: insights check params/{name}.yml", name=name), markup=False
    )


def label(
    study: StudyFile,
    size: Annotated[int, typer.Option(min=30, max=5000, help="Records to draw.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draw.")] = 7,
    labeller: Annotated[str, typer.Option(help="Who gave labels that name nobody.")] = "",
    merge: Annotated[
        list[Path] | None, typer.Option("--from", help="A copy that somebody filled in.")
    ] = None,
    copy: Annotated[Path | None, typer.Option(help="Write an empty copy for a person.")] = None,
    output: Output = None,
    project: Project = None,
) -> None:
    """Draw records to label by hand to a CSV beside the study; run again to read it back."""
    from insights.run.labels import LabelSample, label_file
    from insights.run.study import load_study

    root, file = project_root(project), study_file(study, project)
    latest = (output or root / "outputs") / load_study(file, project=root).study / "latest"
    said = label_file(
        file, latest, LabelSample(size, seed), labeller=labeller, others=merge or (), copy=copy
    )
    out.print(said, markup=False)


def params(name: str, project: Project = None) -> None:
    """Show the parameters of a notebook: type, default, meaning."""
    from insights.run import plan

    specs = plan.all_specs(project_root(project) / "notebooks")
    if name not in specs:
        raise ParamsError(
            _("there is no notebook '{name}'.", name=name)
            + did_you_mean(name, specs)
            + _(" Notebooks: {names}.", names=items(specs, 20))
        )
    table = Table(_("parameter"), _("type"), _("default"), _("meaning"))
    for item in specs[name].parameters:
        table.add_row(item.name, item.kind, repr(item.default), item.about)
    out.print(table)


def lab(study: StudyFile = Path("params/demo.yml"), project: Project = None) -> None:
    """Open JupyterLab on the notebooks, set to read this study's latest run."""
    root = project_root(project)
    env = {**os.environ, "INSIGHTS_STUDY": str(study_file(study, project).resolve())}
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root / 'notebooks'}"]
    raise typer.Exit(subprocess.run(command, env=env, check=False).returncode)
