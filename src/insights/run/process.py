"""The worker process of one notebook, watched from outside."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from insights.messages import _
from insights.run.context import CONTEXT, Context
from insights.run.forkserver import Forked, ForkServer

__all__ = ["NO_LIMITS", "Limits", "Worker", "environment", "stopped_by_signals"]

_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Limits:
    """Seconds a cell and a notebook may take; 0 is no limit."""

    cell_seconds: int = 0
    total_seconds: int = 0


NO_LIMITS = Limits()


@dataclass(frozen=True, kw_only=True)
class Worker:
    """What is run: a notebook, its settings, and where the executed copy goes."""

    notebook: Path
    output: Path
    parameters: Mapping[str, Any]
    limits: Limits
    scheduler: str | None = None

    def run(
        self,
        context: Context,
        scratch: Path,
        *,
        stop: threading.Event,
        tell: Callable[..., None],
        forks: ForkServer | None = None,
        later: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Run the process to its end, or end it when `stop` is set; return what it said.

        Parameters
        ----------
        context
            The notebook's surroundings.
        scratch
            An empty folder for what only this process needs.
        stop
            Set by whoever wants it to end.
        tell
            Called with the fields of each event.
        forks, later
            A server to have the process forked by, and modules that later ones will need.
        """
        context.write(scratch / "context.json")
        job = {
            "notebook": str(self.notebook),
            "output": str(self.output),
            "parameters": dict(self.parameters),
            "cell_seconds": self.limits.cell_seconds,
            "total_seconds": self.limits.total_seconds,
        }
        (scratch / "job.json").write_text(json.dumps(job), encoding="utf-8")
        with self._process(context.project, scratch, forks, later) as process:
            threading.Thread(
                target=_end_when_told, args=(process, stop, self.limits), daemon=True
            ).start()
            noise: list[str] = []
            drain = threading.Thread(target=lambda: noise.extend(process.stderr or ()))
            drain.start()
            said = _listen(process, tell)
            drain.join()
        return said or _silent(process.returncode, noise, stop)

    def _process(
        self, folder: Path, scratch: Path, forks: ForkServer | None, later: Sequence[str]
    ) -> subprocess.Popen | Forked:
        """Fork the process where that can be done, else start it."""
        job, values = scratch / "job.json", environment(scratch, self.scheduler)
        forked = forks and forks.fork(job, folder=folder, environment=values, later=later)
        return forked or subprocess.Popen(
            [sys.executable, "-m", "insights.run.worker", str(job)],
            cwd=folder,
            env=values,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


def environment(scratch: Path, scheduler: str | None = None) -> dict[str, str]:
    """One thread a library and fixed hashes: the same numbers on every run."""
    fixed = {
        CONTEXT: str(scratch / "context.json"),
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "SOURCE_DATE_EPOCH": "0",
        "JUPYTER_RUNTIME_DIR": str(scratch),
        "IPYTHONDIR": str(scratch / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "HF_HUB_OFFLINE": "1",
    }
    if scheduler:
        fixed["INSIGHTS_SCHEDULER"] = scheduler
    return {**os.environ, **fixed}


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """Return what Ctrl-C and SIGTERM set: an exception could strike while the record is written."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # signals are not ours to take
        return
    before = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _listen(process: subprocess.Popen | Forked, tell: Callable[..., None]) -> dict[str, Any] | None:
    said = None
    for line in process.stdout or ():
        try:
            event = json.loads(line)
        except ValueError:
            continue  # a library wrote to standard output
        kind = event.pop("event", "") if isinstance(event, dict) else ""
        if kind == "cell":
            tell(**event)
        elif kind == "done":
            said = event
    return said


def _end_when_told(
    process: subprocess.Popen | Forked, stop: threading.Event, limits: Limits
) -> None:
    """Ask the group to end when `stop` is set or its time is long over, then make it."""
    overtime = limits.total_seconds + 30 if limits.total_seconds else float("inf")
    started = time.monotonic()
    while process.poll() is None:
        if stop.wait(0.2) or time.monotonic() - started > overtime:
            break
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE_SECONDS)


def _silent(code: int | None, noise: list[str], stop: threading.Event) -> dict[str, Any]:
    """Say what became of a process that ended without a word."""
    if stop.is_set():
        return {"outcome": "interrupted", "cell": None, "error": "interrupted"}
    tail = "".join(noise[-15:]).strip()
    if "No space left on device" in tail or "Read-only file system" in tail:
        return {"outcome": "storage", "cell": None, "error": tail.splitlines()[-1]}
    text = _("its process ended without a word (exit {code}): {tail}", code=code, tail=tail)
    return {"outcome": "dead", "cell": None, "error": text}
