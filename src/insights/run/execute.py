"""A run: the plan's notebooks executed, reused or carried, and their folder made whole."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from insights.errors import ParamsError, did_you_mean
from insights.report import Secrets
from insights.run import cache, edits, folder, publish, reads, state
from insights.run.context import Context
from insights.run.forkserver import ForkServer, needs
from insights.run.key import pseudonym_key
from insights.run.outcome import fine, from_error
from insights.run.plan import Plan, Spec, make_plan
from insights.run.process import NO_LIMITS, Limits, Worker, environment, stopped_by_signals
from insights.run.progress import Log, Teller
from insights.run.study import Study, load_study

__all__ = ["NOT_ASKED", "Options", "Prepared", "Run", "explain", "prepare", "run_study"]

NOT_ASKED = "not asked for (--only), never run before"


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


def prepare(study_file: Path, project: Path, options: Options) -> Prepared:
    """Validate study, parameters and inputs before any kernel starts."""
    study_file = study_file.resolve()
    study = load_study(study_file, project=project)
    if options.scheduler:
        from insights.scale import check_scheduler

        check_scheduler(options.scheduler)
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
    return Prepared(
        study=study,
        study_file=study_file,
        project=project,
        plan=plan,
        inputs=cache.input_hashes(study, project),
        edits=edits.checked(plan.specs, study_file, options.states_of or outputs),
        outputs=outputs,
        options=options,
    )


def explain(
    prepared: Prepared, history: Sequence[tuple[Path, Mapping[str, Any]]] | None = None
) -> list[tuple[str, str]]:
    """Say of each notebook whether it would be reused (from a run of `history`; by default of
    any run) or run, and which part changed.
    """
    history = folder.manifests(prepared.outputs) if history is None else history
    latest = prepared.outputs / "latest"
    said: dict[str, str] = {}
    for spec in prepared.plan.specs:
        upstream = prepared.plan.upstream(spec)
        waiting = [name for name in upstream if said.get(name, "").startswith("run")]
        if spec.name in prepared.plan.skipped:
            said[spec.name] = f"skipped: {prepared.plan.skipped[spec.name]}"
        elif spec.name not in prepared.wanted:
            there = (latest / spec.name).exists()
            said[spec.name] = "carried forward" if there else "not asked for"
        elif prepared.options.force:
            said[spec.name] = "run: forced"
        elif waiting:
            said[spec.name] = f"run: after {', '.join(waiting)}"
        else:
            ready = [name for name in upstream if name not in prepared.plan.skipped]
            parts = prepared.parts(spec, {name: cache.tables_hash(latest / name) for name in ready})
            now = state.states(prepared.state_place(spec.name), spec.state)
            hit = cache.find(spec.name, folder.content_hash(parts), history, now)
            why = cache.what_changed(spec.name, parts, history, now)
            said[spec.name] = f"cached: as in {hit.run}" if hit else f"run: {why}"
    return list(said.items())


def run_study(prepared: Prepared, teller: Teller) -> Run:
    """Run a prepared study and return its folder; raises `folder.Locked` when one is under way.

    The folder is built in staging and renamed once; `latest` moves only when all is well. Where
    everything would be as in `latest`, that run is returned, and its log notes the time. Ctrl-C or
    SIGTERM, once or often, ends the notebooks that run; the record is written all the same.
    """
    with (
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
            entries = _Schedule(prepared, stage, (teller, log), stop).execute()
        finally:
            log.close()
        manifest = publish.manifest(prepared, entries, stage, started=started)
        manifest = publish.sealed(stage, manifest, prepared.secrets, project=prepared.project)
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
    said = dict(explain(prepared, [(place, before)]))
    if any(text.startswith("run") for text in said.values()):
        return None
    log = Log(place / "run.log")
    log.tell("unchanged", at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"))
    log.close()
    entries = {name: dict(before["notebooks"].get(name, {})) for name in said}
    for name, text in said.items():
        if not text.startswith(("skipped", "not asked")):
            outcome = "cached" if text.startswith("cached") else "carried"
            again = {"outcome": outcome, "reason": f"as in {place.name}", "seconds": 0.0}
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


class _Schedule:
    """Starts every notebook as soon as what it reads is there, `jobs` at a time."""

    def __init__(
        self, prepared: Prepared, stage: Path, tellers: tuple[Teller, ...], stop: threading.Event
    ) -> None:
        self.prepared = prepared
        self.stage = stage
        self.tellers = tellers
        self.jobs = max(prepared.options.jobs, 1)
        self.history = folder.manifests(prepared.outputs)
        self.entries: dict[str, dict[str, Any]] = {}
        self.tables: dict[str, str] = {}
        self.left = {spec.name: spec for spec in prepared.plan.specs}
        self.running: dict[Future[dict[str, Any]], str] = {}
        self.stop = stop
        self.forks: ForkServer | None = None

    def execute(self) -> dict[str, dict[str, Any]]:
        """Run to the end, or until `stop` is set; return what became of each notebook."""
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                while (self.left or self.running) and not self.stop.is_set():
                    while not self.stop.is_set() and self._advance(pool):
                        pass
                    done, _ = wait(self.running, timeout=0.2, return_when=FIRST_COMPLETED)
                    for future in done:
                        self._settle(self.running.pop(future), future.result())
                for future, name in self.running.items():
                    self._settle(name, future.result())
                for name in self.left:
                    self._settle(name, {"outcome": "interrupted", "reason": "not started"})
            finally:
                if self.forks:
                    self.forks.close()
        return self.entries

    def _advance(self, pool: ThreadPoolExecutor) -> bool:
        """Settle or start one notebook that waits for nothing; say whether there was one."""
        busy = {*self.left, *self.running.values()}
        for name, spec in self.left.items():
            if busy.intersection(self.prepared.plan.upstream(spec)):
                continue
            entry = self._without_process(spec)
            if entry is None and len(self.running) >= self.jobs:
                continue
            del self.left[name]
            if entry is not None:
                self._settle(name, entry)
            else:
                self._tell("start", notebook=name)
                self.running[pool.submit(self._run_one, spec, self._later(name))] = name
            return True
        return False

    def _later(self, name: str) -> list[str]:
        """Start a server of forks, if there is none; return what readers of `name` will load."""
        if self.forks is None:
            values = environment(self.stage, self.prepared.options.scheduler)
            self.forks = ForkServer.start(values, self.prepared.project)
        readers = [spec for spec in self.prepared.plan.readers(name) if spec.name in self.left]
        return [module for spec in readers for module in needs(spec.path)]

    def _without_process(self, spec: Spec) -> dict[str, Any] | None:
        """Return the entry of a notebook that is skipped, blocked, carried or reused."""
        name, prepared = spec.name, self.prepared
        if name in prepared.plan.skipped:
            return {"outcome": "skipped", "reason": prepared.plan.skipped[name]}
        if name not in prepared.wanted:
            return self._carried(name)
        upstream = prepared.plan.upstream(spec)
        bad = [item for item in upstream if not fine(self.entries[item]["outcome"])]
        if bad:
            return {"outcome": "blocked", "reason": f"{', '.join(bad)} did not end well"}
        if prepared.options.force and name in (prepared.options.only or prepared.plan.names):
            return None
        parts = prepared.parts(spec, self.tables)
        now = state.states(prepared.state_place(name), spec.state)
        hit = cache.find(name, folder.content_hash(parts), self.history, now)
        if hit is None:
            return None
        entry = {**hit.entry, "outcome": "cached", "reason": f"as in {hit.run}", "seconds": 0.0}
        return self._copied(hit.folder, entry)

    def _carried(self, name: str) -> dict[str, Any]:
        latest = self.prepared.outputs / "latest"
        if not (latest / name).is_dir():
            return {"outcome": "skipped", "reason": NOT_ASKED}
        before = folder.read_manifest(latest)
        entry = before["notebooks"].get(name, {})
        reason = f"as in {before['run']}"
        entry = {**entry, "outcome": "carried", "reason": reason, "seconds": 0.0}
        return self._copied(latest / name, entry)

    def _copied(self, source: Path, entry: dict[str, Any]) -> dict[str, Any]:
        """Copy a notebook's folder from another run: links would let one edit change all."""
        target = self.stage / source.name
        shutil.copytree(source, target)
        return publish.inspected(target, entry, self.prepared.secrets)

    def _run_one(self, spec: Spec, later: Sequence[str]) -> dict[str, Any]:
        """Run one notebook in a process of its own and make its page."""
        prepared, name = self.prepared, spec.name
        target = self.stage / name
        target.mkdir()
        parts = prepared.parts(spec, self.tables)
        before = state.take_snapshot(prepared.state_place(name), target, spec.state)
        places = {item: self.stage / item for item in prepared.plan.upstream(spec)}
        upstream = {item: place for item, place in places.items() if place.is_dir()}
        inputs = tuple(prepared.project / path for path in prepared.inputs)
        study_file, study = self.stage / "study.yml", prepared.study.study
        context = Context(prepared.project, study_file, study, target, upstream, inputs)
        settings = prepared.plan.settings[name]
        worker = Worker(
            notebook=spec.path,
            output=target / "notebook.ipynb",
            parameters=settings,
            limits=prepared.options.limits,
            scheduler=prepared.options.scheduler,
        )
        with tempfile.TemporaryDirectory(prefix="insights-") as scratch:
            entry = worker.run(
                context,
                Path(scratch),
                stop=self.stop,
                tell=lambda **fields: self._tell("cell", notebook=name, **fields),
                forks=self.forks,
                later=later,
            )
            outside = reads.undeclared(Path(scratch), prepared.project)
        if entry["outcome"] == "ok" and not (target / "results.json").is_file() and spec.analysis:
            text = "the notebook ended without nb.save, so it holds no finding"
            entry |= {"outcome": "failed", "error": text, "error_name": "NothingSaved"}
        if outside:
            entry["undeclared_reads"] = outside
        entry |= {"key": folder.content_hash(parts), "parts": parts, "parameters": dict(settings)}
        if spec.state:
            after = state.states(target / state.AFTER, spec.state)
            entry["state"] = {
                item: {"before": before[item], "after": after[item]} for item in spec.state
            }
        try:
            entry = publish.notebook(target, entry, prepared=prepared)
        except Exception as error:  # a page that cannot be made must not end the whole run
            text = f"its page could not be made: {type(error).__name__}: {error}"
            outcome = from_error(type(error).__name__, str(error))
            entry = {**entry, "outcome": outcome, "error": text}
        return publish.inspected(target, entry, prepared.secrets)

    def _settle(self, name: str, entry: dict[str, Any]) -> None:
        self.entries[name] = entry
        if fine(entry["outcome"]) and (self.stage / name).is_dir():
            self.tables[name] = cache.tables_hash(self.stage / name)
        reason = str(entry.get("reason") or entry.get("error") or "")[:400]
        seconds = entry.get("seconds", 0.0)
        self._tell("end", notebook=name, outcome=entry["outcome"], reason=reason, seconds=seconds)
        publish.write_entries(self.stage, self.entries)

    def _tell(self, event: str, **fields: Any) -> None:
        for teller in self.tellers:
            teller.tell(event, **fields)
