"""The command line: arguments in, one call out.

Each command imports what it calls, so that help and a refusal wait for nothing else.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import traceback
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from insights.errors import DataError, InsightsError, ParamsError
from insights.messages import _, items, plural
from insights.run.outcome import EXIT_CODES

if TYPE_CHECKING:
    from insights.run.compare import Difference

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Customer feedback and market data into decisions people can defend.",
)
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


def main() -> None:
    """Run the command line; every refusal is one message and its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # a shell starts background jobs with SIGINT ignored, and schedulers end them with SIGTERM
        signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except InsightsError as error:
        _refuse(str(error), _code(error))
    except (KeyboardInterrupt, typer.Abort):
        _refuse("interrupted", EXIT_CODES["interrupted"])
    except OSError as error:
        _refuse(f"storage: {error}", EXIT_CODES["storage"])
    except Exception as error:
        if hasattr(error, "show"):  # a usage error of the command line itself
            error.show()
            sys.exit(EXIT_CODES["invalid"])
        _refuse(_unforeseen(error), EXIT_CODES["failed"])


def _unforeseen(error: Exception) -> str:
    """Say what happened where; with INSIGHTS_TRACEBACK set, all of how it came to that."""
    if os.environ.get("INSIGHTS_TRACEBACK"):
        return "".join(traceback.format_exception(error))
    last = traceback.extract_tb(error.__traceback__)[-1]
    return _(
        "a fault of this program at {file}:{line}: {kind}: {text}. Set INSIGHTS_TRACEBACK=1 to see "
        "how it came to that.",
        file=Path(last.filename).name, line=last.lineno, kind=type(error).__name__, text=error,
    )  # fmt: skip


def _code(error: InsightsError) -> int:
    from insights.run import folder

    kinds = ((folder.Locked, "locked"), (ParamsError, "invalid"), (DataError, "refused"))
    name = next((name for kind, name in kinds if isinstance(error, kind)), "failed")
    return EXIT_CODES[name]


def _refuse(message: str, code: int) -> None:
    err.print(f"insights: {message}", markup=False, style="red")
    sys.exit(code)


@app.command()
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
    project: Project = None,
) -> None:
    """Run a study: its notebooks, their pages, an index; prints the address of the page."""
    from insights.run import execute
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
        command="insights " + " ".join(sys.argv[1:]),
    )
    prepared = execute.prepare(_found(study, project), _project(project), options)
    if explain:
        for name, said in execute.explain(prepared):
            out.print(f"{name:<12} {said}", markup=False)
        return
    told = teller(prepared.plan.names)
    try:
        done = execute.run_study(prepared, told)
    finally:
        told.close()
    for name, entry in done.manifest["notebooks"].items():
        if entry["outcome"] not in ("ok", "cached", "carried", "skipped"):
            text = entry.get("error") or entry.get("reason") or ""
            err.print(f"{name}: {entry['outcome']}: {text}", markup=False, style="red")
        if outside := entry.get("undeclared_reads"):
            said = _(
                "{name}: read what the study does not declare: {files}. A change of it will not be "
                "noticed: name it under 'sources' of the study.",
                name=name, files=items(outside),
            )  # fmt: skip
            err.print(said, markup=False, style="yellow")
    out.print(str(done.page), markup=False)
    raise typer.Exit(done.exit_code)


@app.command()
def check(study: StudyFile, extra: Extra = None, project: Project = None) -> None:
    """Validate a study whole, without running anything, and show the plan."""
    from insights.run import execute

    options = execute.Options(extra=tuple(extra or ()))
    prepared = execute.prepare(_found(study, project), _project(project), options)
    for spec in prepared.plan.specs:
        reason = prepared.plan.skipped.get(spec.name)
        settings = prepared.plan.settings[spec.name]
        said = (
            f"skipped: {reason}"
            if reason
            else ", ".join(f"{key}={value!r}" for key, value in settings.items())
        )
        out.print(f"{spec.name:<12} {said}", markup=False)
    out.print(f"{len(prepared.inputs)} input files; the study is valid.", markup=False)


@app.command()
def demo(seed: int = 7, project: Project = None) -> None:
    """Write the demo data (the firm Lumen Office) into data/demo."""
    from insights.synthetic import write_demo

    target = _project(project) / "data" / "demo"
    write_demo(target, seed=seed)
    out.print(str(target), markup=False)


@app.command()
def new(
    name: str,
    files: Annotated[list[Path], typer.Argument(help="Your own data files.")],
    project: Project = None,
    force: Annotated[bool, typer.Option(help="Replace a study of that name.")] = False,
) -> None:
    """Look at your own files and write params/NAME.yml, every guess with its reason."""
    from insights.ingest.guess import guess_study
    from insights.run.study import load_study

    root = _project(project)
    target = root / "params" / f"{name}.yml"
    if target.exists() and not force:
        raise ParamsError(f"{target} exists; choose another name or add --force.")
    text = guess_study(name, files, project=root)
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, encoding="utf-8")
    load_study(target, project=root)
    out.print(text, markup=False)
    out.print(f"Read it, correct it, then: insights run params/{name}.yml", markup=False)


@app.command()
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

    root, file = _project(project), _found(study, project)
    latest = (output or root / "outputs") / load_study(file, project=root).study / "latest"
    said = label_file(
        file, latest, LabelSample(size, seed), labeller=labeller, others=merge or (), copy=copy
    )
    out.print(said, markup=False)


@app.command()
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
    root = _project(project)
    loaded = load_study(_found(study, project), project=root)
    place = (output or root / "outputs") / loaded.study
    runs = publish.past(place)
    table = Table("run", "outcome", "took", "notebooks")
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


@app.command()
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

    root = _project(project)
    loaded = load_study(_found(study, project), project=root)
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
        _confirmed(_("Remove {size}?", size=size), yes)
        for run in old:
            shutil.rmtree(run)
        publish.history(place, publish.secrets_of(loaded, root))
    out.print(_("{size} removed", size=size), markup=False)


def _confirmed(question: str, yes: bool) -> None:
    """Go on when it was agreed to; where nobody can answer, --yes is needed."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ParamsError(_("{question} Nobody is there to answer: add --yes.", question=question))
    typer.confirm(question, abort=True)


@app.command()
def diff(first: str, second: str, output: Output = None, project: Project = None) -> None:
    """Say which findings changed between two runs, by how much, and whether that is noise."""
    from insights.run import changes, compare

    place = output or _project(project) / "outputs"
    before, after = (compare.find_run(word, place) for word in (first, second))
    data, found = changes.rows(before, after), changes.changes(before, after)
    for line in [rows.text() for rows in data] or [_("no row of a table came, changed or went")]:
        out.print(line, markup=False)
    for change in found:
        why = f" ({change.why})" if change.why else ""
        out.print(f"\n{change.notebook}: {change.verdict}{why}", markup=False, style="bold")
        out.print(_("  then  {text}", text=change.before or "–"), markup=False)
        out.print(_("  now   {text}", text=change.after or "–"), markup=False)
    if not found:
        out.print(_("every finding reads the same"), markup=False)
    out.print(str(changes.page(before, after, found, data)), markup=False)


@app.command()
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

    root = _project(project)
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
    _differences(found, "verified: files untouched, and a rerun gives the same tables")
    raise typer.Exit(EXIT_CODES["failed"] if found else 0)


@app.command()
def params(name: str, project: Project = None) -> None:
    """Show the parameters of a notebook: type, default, meaning."""
    from insights.run import plan

    specs = plan.all_specs(_project(project) / "notebooks")
    if name not in specs:
        from insights.errors import did_you_mean

        raise ParamsError(
            f"there is no notebook '{name}'.{did_you_mean(name, specs)} "
            f"Notebooks: {', '.join(specs)}."
        )
    table = Table("parameter", "type", "default", "meaning")
    for item in specs[name].parameters:
        table.add_row(item.name, item.kind, repr(item.default), item.about)
    out.print(table)


@app.command()
def lab(study: StudyFile = Path("params/demo.yml"), project: Project = None) -> None:
    """Open JupyterLab on the notebooks, set to read this study's latest run."""
    root = _project(project)
    env = {**os.environ, "INSIGHTS_STUDY": str(_found(study, project).resolve())}
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root / 'notebooks'}"]
    raise typer.Exit(subprocess.run(command, env=env, check=False).returncode)


def _project(given: Path | None) -> Path:
    if given is not None:
        if not (given / "notebooks").is_dir():
            raise ParamsError(f"--project {given}: holds no folder notebooks/.")
        return given.resolve()
    from insights.run.context import find_project

    return find_project()


def _found(study: Path, project: Path | None) -> Path:
    """Take a study by its path, else by its name among the project's studies."""
    if study.is_file():
        return study
    root = _project(project)
    for place in (root / study, root / "params" / f"{study.name}.yml"):
        if place.is_file():
            return place
    return study


def _differences(found: list[Difference], none: str) -> None:
    if not found:
        out.print(none, markup=False)
        return
    table = Table("notebook", "what", "before", "after")
    for item in found:
        table.add_row(item.notebook or "run", item.what, item.before, item.after)
    out.print(table)
