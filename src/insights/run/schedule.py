"""The order of a run: each notebook started, reused or carried as soon as that can be done."""

from __future__ import annotations

import importlib
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Sequence, Set
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from insights.messages import _, items
from insights.run import cache, folder, publish, reads, state
from insights.run.context import Context
from insights.run.forkserver import ForkServer, needs
from insights.run.outcome import fine, from_error
from insights.run.plan import Spec
from insights.run.process import NO_LIMITS, Worker, environment
from insights.run.progress import Teller

if TYPE_CHECKING:
    from insights.run.execute import Prepared

__all__ = ["NOT_ASKED", "Schedule"]

NOT_ASKED = "not asked for (--only), never run before"


def _load_pages() -> None:
    """Load what pages are made with, which takes a second or two, while the first notebook runs."""
    # jsonschema would load a grammar for formats of addresses that no notebook has
    spared = [name for name in ("rfc3987_syntax", "isoduration") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(spared))  # type: ignore[arg-type]
    for name in ("nbformat", "nbconvert.exporters", "pyarrow.parquet"):
        importlib.import_module(name)
    for name in spared:
        sys.modules.pop(name, None)


def _blocked(bad: Sequence[str]) -> dict[str, Any]:
    reason = _("{notebooks} did not end well", notebooks=items(sorted(bad)))
    return {"outcome": "blocked", "reason": reason}


class Schedule:
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
        self.loading: list[threading.Thread] = []
        self.settled = Path(tempfile.mkdtemp(prefix="insights-settled-"))  # an empty file for each

    def execute(self) -> dict[str, dict[str, Any]]:
        """Run to the end, or until `stop` is set; return what became of each notebook."""
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                while (self.left or self.running) and not self.stop.is_set():
                    while not self.stop.is_set() and self._advance(pool):
                        pass
                    done, _rest = wait(self.running, timeout=0.2, return_when=FIRST_COMPLETED)
                    for future in done:
                        self._settle(self.running.pop(future), future.result())
                for future, name in self.running.items():
                    self._settle(name, future.result())
                for name in self.left:
                    self._settle(name, {"outcome": "interrupted", "reason": _("not started")})
            finally:
                for thread in self.loading:
                    thread.join()
                if self.forks:
                    self.forks.close()
                shutil.rmtree(self.settled, ignore_errors=True)
        return self.entries

    def _advance(self, pool: ThreadPoolExecutor) -> bool:
        """Settle or start one notebook that waits for nothing; say whether there was one."""
        busy = {*self.left, *self.running.values()}
        for name, spec in self.left.items():
            awaited = busy.intersection(self.prepared.plan.upstream(spec))
            if awaited and not self._may_start(spec, awaited):
                continue
            entry = None if awaited else self._without_process(spec)
            if entry is None and len(self.running) >= self.jobs:
                continue
            del self.left[name]
            if entry is not None:
                self._settle(name, entry)
            else:
                self._tell("start", notebook=name)
                later = self._later(name)
                self.running[pool.submit(self._run_one, spec, later, awaited)] = name
            return True
        return False

    def _may_start(self, spec: Spec, awaited: Set[str]) -> bool:
        """Whether a notebook can start before those that it reads late, all of them under way."""
        prepared = self.prepared
        settled = set(prepared.plan.upstream(spec)) - awaited
        return (
            awaited <= set(spec.late) & set(self.running.values())
            and spec.name in prepared.wanted
            and spec.name not in prepared.plan.skipped
            and prepared.options.limits == NO_LIMITS  # what it waits is no time of its own
            and all(fine(self.entries[name]["outcome"]) for name in settled)
        )

    def _later(self, name: str) -> list[str]:
        """Start a server of forks, if there is none; return what readers of `name` will load."""
        if not self.loading:
            self.loading.append(threading.Thread(target=_load_pages))
            self.loading[0].start()
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
            return _blocked(bad)
        if prepared.options.force and name in (prepared.options.only or prepared.plan.names):
            return None
        parts = prepared.parts(spec, self.tables)
        now = state.states(prepared.state_place(name), spec.state)
        hit = cache.find(name, folder.content_hash(parts), self.history, now)
        if hit is None:
            return None
        reason = _("as in {run}", run=hit.run)
        entry = {**hit.entry, "outcome": "cached", "reason": reason, "seconds": 0.0}
        return self._copied(hit.folder, entry)

    def _carried(self, name: str) -> dict[str, Any]:
        latest = self.prepared.outputs / "latest"
        if not (latest / name).is_dir():
            return {"outcome": "skipped", "reason": NOT_ASKED}
        before = folder.read_manifest(latest)
        entry = before["notebooks"].get(name, {})
        reason = _("as in {run}", run=before["run"])
        entry = {**entry, "outcome": "carried", "reason": reason, "seconds": 0.0}
        return self._copied(latest / name, entry)

    def _copied(self, source: Path, entry: dict[str, Any]) -> dict[str, Any]:
        """Copy a notebook's folder from another run: links would let one edit change all."""
        target = self.stage / source.name
        shutil.copytree(source, target)
        return publish.inspected(target, entry, self.prepared.secrets)

    def _run_one(self, spec: Spec, later: Sequence[str], awaited: Set[str]) -> dict[str, Any]:
        """Run one notebook in a process of its own and make its page.

        It may start before those of `awaited` have ended; it waits for each where it reads it.
        """
        prepared, name = self.prepared, spec.name
        target = self.stage / name
        target.mkdir()
        parts = prepared.parts(spec, self.tables)
        before = state.take_snapshot(prepared.state_place(name), target, spec.state)
        places = {item: self.stage / item for item in prepared.plan.upstream(spec)}
        upstream = {
            item: place for item, place in places.items() if item in awaited or place.is_dir()
        }
        inputs = tuple(prepared.project / path for path in prepared.inputs)
        study_file, study = self.stage / "study.yml", prepared.study.study
        marks = {item: self.settled / item for item in sorted(awaited)}
        context = Context(
            prepared.project, study_file, study, target, upstream, inputs, marks,
            language=prepared.language,
        )  # fmt: skip
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
        while not (self.stop.is_set() or all(mark.exists() for mark in marks.values())):
            time.sleep(0.1)  # it need not have come to where it reads them
        bad = [item for item in awaited if not fine(self.entries.get(item, entry)["outcome"])]
        if bad and not self.stop.is_set():
            shutil.rmtree(target)
            return _blocked(bad)
        parts |= {f"upstream {item}": self.tables[item] for item in awaited & set(self.tables)}
        if entry["outcome"] == "ok" and not (target / "results.json").is_file() and spec.analysis:
            text = _("the notebook ended without nb.save, so it holds no finding")
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
            kind = type(error).__name__
            text = _("its page could not be made: {kind}: {error}", kind=kind, error=error)
            outcome = from_error(kind, str(error))
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
        (self.settled / name).touch()

    def _tell(self, event: str, **fields: Any) -> None:
        for teller in self.tellers:
            teller.tell(event, **fields)
