"""What a run leaves for people and programs: pages, results, manifest."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from insights import report
from insights.messages import _, items, translated_prose
from insights.run import edits, folder
from insights.run.outcome import EXIT_CODES, exit_code
from insights.run.study import Study

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from insights.run.execute import Prepared

__all__ = [
    "history",
    "index",
    "inspected",
    "manifest",
    "notebook",
    "past",
    "read_results",
    "salvaged",
    "sealed",
    "secrets_of",
    "write_entries",
    "write_manifest",
]

_VERSIONS = ("insights", "pandas", "numpy", "scipy", "scikit-learn", "statsmodels", "bertopic",
             "papermill", "nbclient", "nbconvert", "duckdb", "pyarrow")  # fmt: skip

_OF_ITS_RUNNING = ("cell", "seconds", "peak_memory_mb")


def notebook(target: Path, entry: dict[str, Any], *, prepared: Prepared) -> dict[str, Any]:
    """Make the page of an executed notebook; return its entry with the normal-form hash."""
    path = target / "notebook.ipynb"
    if not path.is_file():
        return entry
    results = read_results(target)
    if entry["outcome"] == "ok" and results is None and (target / "results.json").exists():
        text = "its results.json is no JSON object: only nb.save writes it"
        entry = {**entry, "outcome": "failed", "error": text, "error_name": "BrokenResults"}
    study = prepared.study
    executed = _in_language(_tidy(_read(path)))
    folder.write_atomically(path, _written(executed))
    page = report.render_notebook(
        executed,
        results=results,
        manifest={
            "title": study.title or study.study,
            "study": study.study,
            "run": _run_name(target.parent),
            "finished": _now(),
            "notebooks": {target.name: entry},
            "versions": _versions(),
        },
        name=target.name,
        links={"topics": _topics(target)},
        project=prepared.project,
    )
    (target / "report.html").write_text(page, encoding="utf-8")
    return {**entry, "normal_form": report.normal_hash(executed)}


def _topics(target: Path) -> str:
    """Return the address of the page with a card for each topic, seen from a notebook's page."""
    there = (target.parent / "topics" / "report.html").is_file()
    return "../topics/report.html" if there or target.name == "topics" else ""


def _read(path: Path) -> NotebookNode:
    import nbformat  # takes seconds to load, and a refused study needs no notebook

    return nbformat.read(path, as_version=4)


def _written(executed: NotebookNode) -> str:
    import nbformat

    return nbformat.writes(executed) + "\n"


def _in_language(notebook: NotebookNode) -> NotebookNode:
    """Write a notebook's prose in the language of the run."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell["source"] = translated_prose(cell.source)
    return notebook


def _tidy(executed: NotebookNode) -> NotebookNode:
    """Take this machine's paths and random ids out of an executed notebook."""
    told = executed.metadata.get("papermill", {})
    for key in ("input_path", "output_path"):
        if told.get(key):
            told[key] = Path(told[key]).name
    for cell in executed.cells:
        if "injected-parameters" in cell.metadata.get("tags", ()):
            cell["id"] = "injected-parameters"
    return executed


def secrets_of(study: Study, project: Path) -> report.Secrets:
    """Return the secrets that a run could show: what the study refers to, and the project's key."""
    names = {part.split('"')[0] for part in study.model_dump_json().split('"env:')[1:]}
    names.add("INSIGHTS_KEY")
    known = {name: os.environ[name] for name in sorted(names) if os.environ.get(name)}
    key = project / ".insights" / "key"
    if study.privacy.key != "public" and key.is_file():
        known["the pseudonym key"] = key.read_text(encoding="utf-8")
    return report.Secrets(known)


def inspected(target: Path, entry: dict[str, Any], secrets: report.Secrets) -> dict[str, Any]:
    """Return a notebook's entry; when a file of its folder, or the entry, holds a secret,
    the folder is removed and the outcome says so.
    """
    try:
        found = secrets.in_folder(target)
    except OSError as error:
        found = {str(error.filename or target.name): [_("it cannot be read")]}
    if secrets.redact(entry) != entry:
        found["manifest.json"] = secrets.find(json.dumps(entry, ensure_ascii=False).encode())
    if not found:
        return entry
    shutil.rmtree(target, ignore_errors=True)
    where = items(f"{path} ({', '.join(said)})" for path, said in found.items())
    text = _("its output was withheld because of a secret in {where}", where=where)
    kept = {key: item for key, item in entry.items() if key in _OF_ITS_RUNNING}
    return {
        **kept, "outcome": "secret", "error": secrets.redact(text), "error_name": "SecretFound"
    }  # fmt: skip


def sealed(
    stage: Path,
    values: Mapping[str, Any],
    secrets: report.Secrets,
    *,
    project: Path,
    since: report.SinceLast | None = None,
) -> dict[str, Any]:
    """Write manifest and index of a run whose notebooks were inspected; return the manifest.

    What stands beside the notebooks' folders (log, study, edited files) is inspected here: a
    secret in it is withheld, and the run ends as one that showed it.

    Parameters
    ----------
    stage
        The run's folder.
    values
        Its manifest.
    since
        What reads differently from the run before.
    """
    clean = secrets.redact(values)
    leaks = [] if clean == values else ["manifest.json"]
    for path in sorted(path for path in stage.iterdir() if path.is_file()):
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        shown = secrets.redact(text)
        if shown != text:
            leaks.append(path.name)
            path.write_bytes(shown.encode("utf-8", "surrogateescape"))
    if leaks:
        clean |= {"status": "failed", "exit_code": EXIT_CODES["secret"], "withheld_in": leaks}
    index(stage, clean, secrets, project=project, since=since)
    write_manifest(stage, clean)
    return clean


def salvaged(stage: Path, secrets: report.Secrets, *, project: Path) -> None:
    """Make what a killed run left fit to be kept: notebooks that ended, each inspected again.

    One that had not ended is removed: nothing of it can be reused, and nobody looked at it.
    """
    values = folder.read_manifest(stage)
    entries = values["notebooks"]
    for place in [path for path in stage.iterdir() if path.is_dir()]:
        if place.name in entries:
            entries[place.name] = inspected(place, entries[place.name], secrets)
        else:
            shutil.rmtree(place)
    outputs = {path: value for path, value in values["outputs"].items() if (stage / path).is_file()}
    values |= {"notebooks": entries, "outputs": outputs}
    sealed(stage, values, secrets, project=project)


def read_results(target: Path) -> dict[str, Any] | None:
    """Read a notebook's results.json, when it got so far; one that is broken says nothing."""
    try:
        found = json.loads((target / "results.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def manifest(
    prepared: Prepared,
    entries: Mapping[str, dict[str, Any]],
    stage: Path,
    *,
    started: dt.datetime,
) -> dict[str, Any]:
    """Return the record of a run: what was made, from what, by what."""
    outcomes = [entry["outcome"] for entry in entries.values()]
    code = exit_code(outcomes)
    study, plan = prepared.study, prepared.plan
    commit, dirty = _commit(prepared.project)
    plans = {spec.name: _in_language(_read(spec.path)) for spec in plan.specs}
    titles = {name: report.notebook_title(one) or name for name, one in plans.items()}
    seeds = {key: values.get("seed") for key, values in plan.settings.items()}
    return {
        "run": _run_name(stage),
        "study": study.study,
        "title": study.title or study.study,
        "description": study.description,
        "language": prepared.language,
        "languages": list(study.languages),
        "started": started.isoformat(timespec="seconds"),
        "finished": _now(),
        "period": _period(stage, study.timezone),
        "status": "ok" if code == 0 else "interrupted" if code == 130 else "failed",
        "exit_code": code,
        "command": prepared.secrets.redact(prepared.options.command),
        "plan": list(plan.names),
        "notebooks": {name: {"title": titles[name], **entry} for name, entry in entries.items()},
        "inputs": {**prepared.inputs, **_edited(prepared)},
        "outputs": _output_hashes(stage),
        "versions": _versions(),
        "seeds": seeds,
        "commit": commit,
        "dirty": dirty,
    }


def _period(stage: Path, timezone: str) -> dict[str, list[str]]:
    """Return the first and the last day of feedback and market, in the study's time zone."""
    found = {}
    for table, column in (("feedback", "created_at"), ("market", "date")):
        path = next(iter(sorted(stage.glob(f"*/tables/{table}.parquet"))), None)
        if path is None:
            continue
        import pyarrow.compute as pc  # slow to load, and a refused study has no tables
        import pyarrow.parquet as pq

        ends = pc.min_max(pq.read_table(path, columns=[column])[column]).as_py()
        days = [value for value in (ends["min"], ends["max"]) if isinstance(value, dt.datetime)]
        zone = ZoneInfo(timezone)
        local = [day.astimezone(zone) if day.tzinfo else day for day in days]
        if local:
            found[table] = [f"{day:%Y-%m-%d}" for day in local]
    return found


def _edited(prepared: Prepared) -> dict[str, str]:
    study = Path(f"{prepared.study.study}.yml")
    return {edits.place(study, name).name: folder.file_hash(path)
            for name, path in prepared.edits.items()}  # fmt: skip


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def _run_name(stage: Path) -> str:
    return stage.name.removeprefix(".staging-")


def _output_hashes(stage: Path) -> dict[str, str]:
    files = (path for path in sorted(stage.glob("*/**/*")) if path.is_file())
    return {str(path.relative_to(stage)): folder.file_hash(path) for path in files}


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _VERSIONS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _commit(project: Path) -> tuple[str | None, bool | None]:
    """Return the commit of the project and whether its files differ from it."""
    try:
        head = _git(project, "rev-parse", "HEAD")
        return head, bool(_git(project, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.CalledProcessError):
        return None, None


def _git(project: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(project), *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def write_manifest(stage: Path, values: Mapping[str, Any]) -> None:
    """Write manifest.json."""
    text = json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True)
    folder.write_atomically(stage / "manifest.json", text + "\n")


def write_entries(stage: Path, entries: Mapping[str, dict[str, Any]]) -> None:
    """Keep what is known so far, so that a killed run can be resumed from it."""
    write_manifest(
        stage,
        {
            "run": _run_name(stage),
            "status": "interrupted",
            "exit_code": 130,
            "notebooks": dict(entries),
            "outputs": _output_hashes(stage),
        },
    )


def index(
    stage: Path,
    values: Mapping[str, Any],
    secrets: report.Secrets,
    *,
    project: Path,
    since: report.SinceLast | None = None,
) -> None:
    """Write the index page of a run, and its findings in their order; arguments as of `sealed`."""
    results, pictures = {}, {}
    for name in values["plan"]:
        found = read_results(stage / name)
        if found:
            results[name] = found
        path = stage / name / "notebook.ipynb"
        first = report.lead(found)
        picture = report.key_figure(_read(path), first) if path.is_file() else None
        if picture:
            pictures[name] = (report.thumbnail(picture[0]), picture[1])
    page = report.render_index(values, results, since=since, thumbnails=pictures, project=project)
    (stage / "index.html").write_text(secrets.redact(page), encoding="utf-8")
    listed = report.findings_json(values, report.ranked(values, results, project=project))
    (stage / "findings.json").write_text(secrets.redact(listed), encoding="utf-8")


def past(study_folder: Path) -> list[dict[str, Any]]:
    """Return the manifests of a study's runs, newest first, each with its notebooks' results."""
    return [
        {
            **values,
            "results": {name: read_results(place / name) or {} for name in values["notebooks"]},
        }
        for place, values in folder.manifests(study_folder)
    ]


def history(study_folder: Path, secrets: report.Secrets) -> Path:
    """Write the page of all runs of a study; return its path."""
    path = study_folder / "history.html"
    folder.write_atomically(path, secrets.redact(report.render_history(past(study_folder))))
    return path
