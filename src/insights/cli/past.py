"""Commands about runs that ended: listed, removed, compared, verified."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from insights.cli.options import (
    Output,
    Project,
    StudyFile,
    Yes,
    confirm,
    err,
    out,
    project_root,
    study_file,
)
from insights.messages import _, items, plural
from insights.run.outcome import EXIT_CODES

if TYPE_CHECKING:
    from insights.run.compare import Difference

__all__ = ["diff", "export", "history", "prune", "verify"]


def history(
    study: StudyFile,
    expect: Annotated[
        str, typer.Option(help="Say missed runs: hourly, daily, weekly, monthly, or 36h, 10d.")
    ] = "",
    output: Output = None,
    project: Project = None,
) -> None:
    """List the runs of a study and its headline numbers; write its history page.

    With --expect, exit code 3 when a good run is missing in the last four periods.
    """
    from insights.report import trends
    from insights.report.finding import duration
    from insights.run import past_runs, publish
    from insights.run.study import load_study

    every = past_runs.period(expect) if expect else None
    root = project_root(project)
    loaded = load_study(study_file(study, project), project=root)
    place = (output or root / "outputs") / loaded.study
    runs = publish.past(place)
    table = Table(_("run"), _("outcome"), _("took"), _("notebooks"))
    for values in runs:
        outcomes = Counter(entry["outcome"] for entry in values["notebooks"].values())
        counted = ", ".join(f"{n} {outcome}" for outcome, n in outcomes.items())
        ended = f"{values['status']} ({values['exit_code']})"
        table.add_row(values["run"], ended, duration(past_runs.duration(values)), counted)
    out.print(table)
    for trend in trends(runs):
        out.print(f"{trend.notebook:<12} {trend.line}  {trend.headline}", markup=False)
    times = past_runs.good_times([(place / values["run"], values) for values in runs])
    gaps = past_runs.missed(times, every, dt.datetime.now(dt.UTC)) if every else []
    for gap in gaps:
        err.print(gap, markup=False, style="red")
    if place.is_dir():
        secrets = publish.secrets_of(loaded, root)
        out.print(str(publish.history(place, secrets)), markup=False)
    raise typer.Exit(EXIT_CODES["failed"] if gaps else 0)


def prune(
    study: StudyFile,
    keep: Annotated[int, typer.Option(min=1, help="Newest runs to keep.")] = 12,
    keep_monthly: Annotated[
        bool, typer.Option("--keep-monthly", help="Keep the last good run of every month.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go.")] = False,
    yes: Yes = False,
    output: Output = None,
    project: Project = None,
) -> None:
    """Remove old runs; `latest` and what runs hand on (the topic registry) always stay."""
    from insights.run import folder, past_runs, publish
    from insights.run.study import load_study

    root = project_root(project)
    loaded = load_study(study_file(study, project), project=root)
    place = (output or root / "outputs") / loaded.study
    if not place.is_dir():
        out.print(_("there is no run in {place}", place=place), markup=False)
        return
    with folder.locked(place):
        old = past_runs.prunable(place, keep=keep, monthly=keep_monthly)
        for run in old:
            out.print(run.name, markup=False)
        size = plural("{n} run", "{n} runs", len(old))
        if dry_run or not old:
            out.print(_("{size} would be removed", size=size), markup=False)
            return
        confirm(_("Remove {size}?", size=size), yes)
        for run in old:
            shutil.rmtree(run)
        publish.history(place, publish.secrets_of(loaded, root))
    out.print(_("{size} removed", size=size), markup=False)


def diff(first: str, second: str, output: Output = None, project: Project = None) -> None:
    """Say which findings changed between two runs, by how much, and whether that is noise."""
    from insights.report import verdict_text
    from insights.run import changes, compare

    place = output or project_root(project) / "outputs"
    before, after = (compare.find_run(word, place) for word in (first, second))
    data, found = changes.rows(before, after), changes.changes(before, after)
    for line in [rows.text() for rows in data] or [_("no row of a table came, changed or went")]:
        out.print(line, markup=False)
    for change in found:
        said = verdict_text(change.verdict)
        if change.why:
            said = _("{verdict} ({reason})", verdict=said, reason=change.why)
        out.print(f"\n{change.notebook}: {said}", markup=False, style="bold")
        out.print(_("  then  {text}", text=change.before or "–"), markup=False)
        out.print(_("  now   {text}", text=change.after or "–"), markup=False)
    if not found:
        out.print(_("every finding reads the same"), markup=False)
    out.print(str(changes.page(before, after, found, data)), markup=False)


def verify(
    run_id: Annotated[str, typer.Argument(metavar="RUN")],
    output: Output = None,
    project: Project = None,
) -> None:
    """Check that a run's files are untouched and that running it again gives the same numbers.

    Exit code 3 when it does not.
    """
    from insights.run import compare, folder
    from insights.run.progress import teller

    root = project_root(project)
    place = compare.find_run(run_id, output or root / "outputs")
    touched = compare.intact(place)
    if touched:
        _differences(touched, "")
        raise typer.Exit(EXIT_CODES["failed"])
    told = teller(folder.read_manifest(place)["plan"])
    try:
        found = compare.verify(place, root, told)
    finally:
        told.close()
    _differences(found, _("verified: files untouched, and a rerun gives the same tables"))
    raise typer.Exit(EXIT_CODES["failed"] if found else 0)


def export(
    run_id: Annotated[str, typer.Argument(metavar="RUN")],
    target: Annotated[Path, typer.Argument(help="Folder for the files.")],
    form: Annotated[
        str, typer.Option("--as", metavar="FORM", help="Tables as csv, excel or parquet.")
    ] = "csv",
    figures: Annotated[bool, typer.Option(help="Figures too, as SVG and PNG.")] = False,
    pdf: Annotated[bool, typer.Option(help="Pages too, as PDF (needs Chromium).")] = False,
    output: Output = None,
    project: Project = None,
) -> None:
    """Write the tables of a run for other programs (a study's name means its latest run)."""
    from insights.run import compare
    from insights.run import export as files

    if form not in files.FORMS:
        raise typer.BadParameter(f"'{form}' is not one of {', '.join(files.FORMS)}")
    place = compare.find_run(run_id, output or project_root(project) / "outputs")
    made = len(files.export_tables(place, target, form))
    said = [plural("{n} table", "{n} tables", made)]
    if figures:
        made = len(files.export_figures(place, target))
        said.append(plural("{n} file of figures", "{n} files of figures", made))
    if pdf:
        said.append(plural("{n} page", "{n} pages", len(files.export_pages(place, target))))
    out.print(_("{files} in {folder}", files=items(said), folder=target), markup=False)


def _differences(found: list[Difference], none: str) -> None:
    if not found:
        out.print(none, markup=False)
        return
    table = Table(_("notebook"), _("what"), _("before"), _("after"))
    for item in found:
        table.add_row(item.notebook or _("run"), item.what, item.before, item.after)
    out.print(table)
