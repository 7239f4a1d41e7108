"""A run: the plan's notebooks executed, reused or carried, and their folder made whole."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from insights.errors import ParamsError, did_you_mean
from insights.messages import _, items, speaking
from insights.report import Secrets
from insights.run import cache, changes, edits, folder, publish, state
from insights.run.key import pseudonym_key
from insights.run.plan import Plan, Spec, make_plan
from insights.run.process import NO_LIMITS, Limits, stopped_by_signals
from insights.run.progress import Log, Teller
from insights.run.schedule import NOT_ASKED, Schedule
from insights.run.study import Study, load_study

__all__ = ["NOT_ASKED", "Options", "Prepared", "Run", "explain", "prepare", "run_study"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a study is run; what is computed does not depend on it."""

    only: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    jobs: int = 2
    output: Path | None = None
    force: bool = False
    limits: Limits = NO_LIMITS
    scheduler: str | None = None
    command: str = ""
    wait: bool = False  # for another run of the study to end
    states_of: Path | None = None  # a run: start from the state that it started from
    language: str = ""  # of a study in both; empty: its first


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A study that was validated whole: nothing of it has run yet."""

    study: Study
    study_file: Path
    project: Path
    plan: Plan
    inputs: Mapping[str, str]
    edits: Mapping[str, Path]
    outputs: Path
    language: str
    options: Options

    def state_place(self, name: str) -> Path:
        """Where the state that notebook `name` starts from lies."""
        run = self.options.states_of
        return self.outputs if run is None else run / name / state.BEFORE

    @cached_property
    def secrets(self) -> Secrets:
        """What no output may show."""
        return publish.secrets_of(self.study, self.project)

    @property
    def wanted(self) -> set[str]:
        """The notebooks to run or reuse: the ones named by `only` and all that they read."""
        if not self.options.only:
            return set(self.plan.names)
        specs = {spec.name: spec for spec in self.plan.specs}
        found: set[str] = set()
        queue = list(self.options.only)
        while queue:
            name = queue.pop()
            if name not in found:
                found.add(name)
                queue += [item for item in self.plan.upstream(specs[name]) if item in specs]
        return found

    def parts(self, spec: Spec, tables: Mapping[str, str]) -> dict[str, str]:
        """Return what a notebook's results depend on; `tables` are hashes of those it reads."""
        reads_sources = not spec.needs and not spec.uses
        upstream = {name: tables[name] for name in self.plan.upstream(spec) if name in tables}
        found = cache.parts(
            spec,
            self.plan.settings[spec.name],
            study=self.study,
            project=self.project,
            inputs=self.inputs if reads_sources else None,
            upstream=upstream,
            edits={name: folder.file_hash(path) for name, path in self.edits.items()},
            language=self.language,
        )
        if reads_sources:
            key = pseudonym_key(self.study, self.project)
            found["pseudonym key"] = folder.content_hash(key.hex())
            sources = (
                item
                for name in self.study.sources.tables()
                for item in getattr(self.study.sources, name)
            )
            if any(item.url for item in sources):
                found["database"] = dt.datetime.now(dt.UTC).isoformat()  # read anew by every run
        return found


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a run left behind."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def exit_code(self) -> int:
        """The code of the first cause, 0 when all is well."""
        return int(self.manifest["exit_code"])

    @property
    def page(self) -> Path:
        """The index page."""
        return self.folder / "index.html"


def _refuse_unsettled(study: Study, name: str) -> None:
    """Refuse a study that asks what it could not tell: nothing runs on a guess."""
    lines = [
        f"{name}: {table}: {', '.join(source.path)}: {question}"
        for table, source in study.sources.each()
        for question in source.unsettled
    ]
    if lines:
        raise ParamsError("\n".join([*lines, "Answer in the study, then delete `unsettled`."]))


def prepare(study_file: Path, project: Path, options: Options) -> Prepared:
    """Validate study, parameters and inputs before any kernel starts."""
    study_file = study_file.resolve()
    study = load_study(study_file, project=project)
    _refuse_unsettled(study, study_file.name)
    if options.scheduler:
        from insights.scale import check_scheduler

        check_scheduler(options.scheduler)
    language = options.language or study.languages[0]
    with speaking(language):
        plan = make_plan(
            study, project / "notebooks", where=f"{study_file.name}: ", extra=options.extra
        )
    for name in options.only:
        if name not in plan.names:
            raise ParamsError(
                f"--only {name}: this study runs no such notebook."
                f"{did_you_mean(name, plan.names)} It runs: {', '.join(plan.names)}."
            )
    outputs = (options.output or project / "outputs").resolve() / study.study
    if language != study.languages[0]:
        outputs /= language
    return Prepared(
        study=study,
        study_file=study_file,
        project=project,
        plan=plan,
        inputs=cache.input_hashes(study, project),
        edits=edits.checked(plan.specs, study_file, options.states_of or outputs),
        outputs=outputs,
        language=language,
        options=options,
    )


def explain(prepared: Prepared) -> list[tuple[str, str]]:
    """Say of each notebook whether it would be reused or run, and which part changed."""
    expected = _expected(prepared, folder.manifests(prepared.outputs))
    return [(name, text) for name, (_kind, text) in expected.items()]


def _expected(
    prepared: Prepared, history: Sequence[tuple[Path, Mapping[str, Any]]]
) -> dict[str, tuple[str, str]]:
    """Return of each notebook what would become of it, given the runs of `history`, and why.

    It is 'skipped', 'carried' from the latest run, 'absent' from it, 'cached' or 'run'.
    """
    latest = prepared.outputs / "latest"
    said: dict[str, tuple[str, str]] = {}
    for spec in prepared.plan.specs:
        upstream = prepared.plan.upstream(spec)
        waiting = [name for name in upstream if said.get(name, ("",))[0] == "run"]
        if spec.name in prepared.plan.skipped:
            why = _("skipped: {reason}", reason=prepared.plan.skipped[spec.name])
            said[spec.name] = "skipped", why
        elif spec.name not in prepared.wanted:
            there = (latest / spec.name).exists()
            carried, absent = ("carried", _("carried forward")), ("absent", _("not asked for"))
            said[spec.name] = carried if there else absent
        elif prepared.options.force:
            said[spec.name] = "run", _("run: forced")
        elif waiting:
            said[spec.name] = "run", _("run: after {notebooks}", notebooks=items(waiting))
        else:
            ready = [name for name in upstream if name not in prepared.plan.skipped]
            parts = prepared.parts(spec, {name: cache.tables_hash(latest / name) for name in ready})
            now = state.states(prepared.state_place(spec.name), spec.state)
            hit = cache.find(spec.name, folder.content_hash(parts), history, now)
            why = cache.what_changed(spec.name, parts, history, now)
            cached = "cached", _("cached: as in {run}", run=hit.run if hit else "")
            said[spec.name] = cached if hit else ("run", _("run: {reason}", reason=why))
    return said


def run_study(prepared: Prepared, teller: Teller) -> Run:
    """Run a prepared study and return its folder; raises `folder.Locked` when one is under way.

    The folder is built in staging and renamed once; `latest` moves only when all is well. Where
    everything would be as in `latest`, that run is returned, and its log notes the time. Ctrl-C or
    SIGTERM, once or often, ends the notebooks that run; the record is written all the same.
    """
    with (
        speaking(prepared.language),
        folder.locked(prepared.outputs, wait=prepared.options.wait),
        stopped_by_signals() as stop,
    ):
        clean = partial(publish.salvaged, secrets=prepared.secrets, project=prepared.project)
        folder.salvage(prepared.outputs, clean)
        for spec in prepared.plan.specs:
            state.recover(prepared.outputs, spec.state)
        if same := _unchanged(prepared):
            for name, entry in same.manifest["notebooks"].items():
                told = {key: entry.get(key, "") for key in ("outcome", "reason", "seconds")}
                teller.tell("end", notebook=name, **told)
            return same
        started, name = _new_name(prepared)
        stage = prepared.outputs / f".staging-{name}"
        stage.mkdir()
        for file, path in _study_files(prepared).items():
            shutil.copy2(path, stage / file)
        log = Log(stage / "run.log")
        try:
            entries = Schedule(prepared, stage, (teller, log), stop).execute()
        finally:
            log.close()
        manifest = publish.manifest(prepared, entries, stage, started=started)
        since = changes.since_last(prepared.outputs, stage, manifest)
        manifest = publish.sealed(
            stage, manifest, prepared.secrets, project=prepared.project, since=since
        )
        final = prepared.outputs / name
        stage.rename(final)
        if manifest["exit_code"] == 0:
            _install(prepared, final, entries)
            folder.point_latest(prepared.outputs, name)
        publish.history(prepared.outputs, prepared.secrets)
        return Run(folder=final, manifest=manifest)


def _study_files(prepared: Prepared) -> dict[str, Path]:
    """Return the study's file and those edited beside it, by their names in a run's folder."""
    edited = prepared.edits.items()
    names = {edits.place(Path("study.yml"), name).name: path for name, path in edited}
    return {"study.yml": prepared.study_file} | names


def _unchanged(prepared: Prepared) -> Run | None:
    """Return the latest run when a new one would only copy it; its log notes the time."""
    place = (prepared.outputs / "latest").resolve()
    before = folder.read_manifest(place)
    files = {name: folder.file_hash(path) for name, path in _study_files(prepared).items()}
    there = {path.name: folder.file_hash(path) for path in place.glob("study.*")}
    whole = before["exit_code"] == 0 and (place / "index.html").is_file() and files == there
    if not whole or before["plan"] != list(prepared.plan.names):
        return None
    said = _expected(prepared, [(place, before)])
    if any(kind == "run" for kind, _text in said.values()):
        return None
    log = Log(place / "run.log")
    log.tell("unchanged", at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"))
    log.close()
    entries = {name: dict(before["notebooks"].get(name, {})) for name in said}
    for name, (kind, _text) in said.items():
        if kind in ("cached", "carried"):
            again = {"outcome": kind, "reason": _("as in {run}", run=place.name), "seconds": 0.0}
            entries[name] |= again
    return Run(folder=place, manifest=before | {"notebooks": entries})


def _new_name(prepared: Prepared) -> tuple[dt.datetime, str]:
    """Name a run by the second it starts in; two reused runs can end within one."""
    while True:
        started = dt.datetime.now(dt.UTC)
        name = f"{started:%Y%m%dT%H%M%SZ}-{_run_key(prepared)[:8]}"
        if not (prepared.outputs / name).exists():
            return started, name
        time.sleep(0.1)


def _install(prepared: Prepared, run: Path, entries: Mapping[str, dict[str, Any]]) -> None:
    """Hand the state of notebooks that were run or reused to the next run."""
    for spec in prepared.plan.specs:
        if entries[spec.name]["outcome"] in ("ok", "cached"):
            state.install(run / spec.name, prepared.outputs, spec.state)


def _run_key(prepared: Prepared) -> str:
    settings = {name: dict(values) for name, values in prepared.plan.settings.items()}
    study = prepared.study.model_dump(mode="json")
    return folder.content_hash([study, settings, dict(prepared.inputs)])
