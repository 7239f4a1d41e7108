"""The command that runs a study."""

from __future__ import annotations

import sys
from dataclasses import replace
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
    from insights.run.execute import Prepared, Run
    from insights.run.over import Over

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
    over: Annotated[
        str, typer.Option(metavar="COLUMN[=A,B]", help="One study a value, side by side.")
    ] = "",
    project: Project = None,
) -> None:
    """Run a study: its notebooks, their pages, an index; prints the address of the page."""
    from insights.run import execute, notify
    from insights.run.over import Over
    from insights.run.process import Limits

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
    column = Over.read(over) if over else None
    notice = notify.Notice(on_failure=on_failure, webhook=webhook, warn=warn)
    with notice.of(study.stem, code_of) as ending:
        file, root = study_file(study, project), project_root(project)
        prepared = execute.prepare(file, root, options)
        ending.study = prepared.study.study
        ending.silent = explain
        if explain:
            for name, said in execute.explain(prepared):
                out.print(f"{name:<12} {said}", markup=False)
            return
        done = _done(prepared, column, skip=if_locked == "skip")
        for language in prepared.study.languages[1:] if not column else ():
            if done is None or done.exit_code:
                break
            _show(done)
            again = execute.prepare(file, root, replace(options, language=language))
            done = _done(again, None, skip=if_locked == "skip")
        if done is None:
            ending.silent = True
            return
        ending.exit_code, ending.page = done.exit_code, done.page
        entries = done.manifest["notebooks"].items()
        ending.notebooks = {name: entry["outcome"] for name, entry in entries}
    _show(done)
    raise typer.Exit(done.exit_code)


def _done(prepared: Prepared, over: Over | None, *, skip: bool) -> Run | None:
    """Run the study, or one a value of a column; nothing where it is being run, with `skip`."""
    from insights.run import execute, folder
    from insights.run.over import run_over
    from insights.run.progress import teller

    told = teller(prepared.plan.names)
    try:
        return run_over(prepared, over, told) if over else execute.run_study(prepared, told)
    except folder.Locked as error:
        if not skip:
            raise
        warn(_("skipped: {error}", error=error))
        return None
    finally:
        told.close()


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
