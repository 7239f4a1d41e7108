"""The command that runs a study."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from insights.cli.options import (
    Extra,
    Output,
    Project,
    StudyFile,
    code_of,
    err,
    out,
    project_root,
    study_file,
    warn,
)
from insights.errors import ParamsError, did_you_mean
from insights.messages import _, items

if TYPE_CHECKING:
    from insights.run.execute import Run

__all__ = ["run"]


def run(
    study: StudyFile,
    only: Annotated[str, typer.Option(help="Notebooks, comma-separated.")] = "",
    extra: Extra = None,
    jobs: Annotated[int, typer.Option(min=1, help="Notebooks at a time.")] = 2,
    output: Output = None,
    force: Annotated[bool, typer.Option(help="Run even what could be reused.")] = False,
    explain: Annotated[bool, typer.Option(help="Say what would run and why; run nothing.")] = False,
    scheduler: Annotated[str | None, typer.Option(help="Dask scheduler, tcp://…")] = None,
    cell_timeout: Annotated[int, typer.Option(min=0, help="Seconds a cell; 0: no limit.")] = 0,
    timeout: Annotated[int, typer.Option(min=0, help="Seconds a notebook; 0: no limit.")] = 0,
    if_locked: Annotated[
        str, typer.Option(help="When the study is being run: fail (code 6), wait, or skip (0).")
    ] = "fail",
    on_failure: Annotated[
        str, typer.Option(metavar="CMD", help="Shell command after a failure; see its INSIGHTS_….")
    ] = "",
    webhook: Annotated[
        str, typer.Option(metavar="URL", help="Where to send how it ended, or env:NAME.")
    ] = "",
    project: Project = None,
) -> None:
    """Run a study: its notebooks, their pages, an index; prints the address of the page."""
    from insights.run import execute, folder, notify
    from insights.run.process import Limits
    from insights.run.progress import teller

    options = execute.Options(
        only=tuple(name.strip() for name in only.split(",") if name.strip()),
        extra=tuple(extra or ()),
        jobs=jobs,
        output=output,
        force=force,
        limits=Limits(cell_timeout, timeout),
        scheduler=scheduler,
        command=_command(webhook),
        wait=if_locked == "wait",
    )
    if if_locked not in (allowed := ("fail", "wait", "skip")):
        said = _("--if-locked {word}: allowed are {names}.", word=if_locked, names=items(allowed))
        raise ParamsError(said + did_you_mean(if_locked, allowed))
    notice = notify.Notice(on_failure=on_failure, webhook=webhook, warn=warn)
    with notice.of(study.stem, code_of) as ending:
        prepared = execute.prepare(study_file(study, project), project_root(project), options)
        ending.study = prepared.study.study
        ending.silent = explain
        if explain:
            for name, said in execute.explain(prepared):
                out.print(f"{name:<12} {said}", markup=False)
            return
        told = teller(prepared.plan.names)
        try:
            done = execute.run_study(prepared, told)
        except folder.Locked as error:
            if if_locked != "skip":
                raise
            warn(_("skipped: {error}", error=error))
            ending.silent = True
            return
        finally:
            told.close()
        ending.exit_code, ending.page = done.exit_code, done.page
        ending.notebooks = {
            name: one["outcome"] for name, one in done.manifest["notebooks"].items()
        }
    _show(done)
    raise typer.Exit(done.exit_code)


def _command(webhook: str) -> str:
    """Return the command line as the manifest keeps it: a webhook's address is a secret."""
    words = " ".join(sys.argv[1:])
    return "insights " + (words.replace(webhook, "env:WEBHOOK") if webhook else words)


def _show(done: Run) -> None:
    """Say what did not end well and what was read undeclared; the page comes last."""
    for name, entry in done.manifest["notebooks"].items():
        if entry["outcome"] not in ("ok", "cached", "carried", "skipped"):
            text = entry.get("error") or entry.get("reason") or ""
            err.print(f"{name}: {entry['outcome']}: {text}", markup=False, style="red")
        if outside := entry.get("undeclared_reads"):
            warn(
                _(
                    "{name}: read what the study does not declare: {files}. A change of it will "
                    "not be noticed: name it under 'sources' of the study.",
                    name=name, files=items(outside),
                )
            )  # fmt: skip
    out.print(str(done.page), markup=False)
