"""papermill's engine, made truthful: status, atomic saves, time limits, this interpreter.

As shipped, papermill calls every cell 'completed' after a killed kernel, a time-out or Ctrl-C,
saves twice a cell, and writes files that a crash can tear.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.paths import jupyter_runtime_dir
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from traitlets.config import Config

from insights.run.folder import write_atomically

__all__ = ["ENGINE", "OwnKernelManager", "TruthfulEngine", "WaitingKernel", "register"]

ENGINE = "insights"
_FIRST = "--IPKernelApp.exec_lines=__import__('insights.run.reads').run.reads.watch()"
_SAVE_SECONDS = 5.0
_SHORTENED = ("isoduration", "jsonschema", "rfc3987")  # what the worker loaded but in part
_LONGEST_SOCKET = 90  # a Unix socket's name holds about a hundred bytes


class OwnKernelManager(AsyncKernelManager):
    """Starts kernels on this interpreter, whatever kernelspec the notebook or the user names."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The one kernel there is."""
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", _FIRST]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")

    async def _async_launch_kernel(
        self, kernel_cmd: list[str], *, waiting: WaitingKernel | None = None, **kwargs: Any
    ) -> None:
        """Start a new process, or the one that was forked for it."""
        provisioner: Any = self.provisioner
        if waiting is None or waiting.started:
            await super()._async_launch_kernel(kernel_cmd, **kwargs)
            return
        waiting.start(kernel_cmd, kwargs["env"])
        provisioner.process, provisioner.cwd = waiting, Path.cwd()
        provisioner.pid = provisioner.pgid = waiting.pid
        self._reconcile_connection_info(provisioner.connection_info)


class WaitingKernel:
    """A kernel forked from this process before it had a thread or a socket.

    It waits, in a session of its own, for its command line; to the provisioner it looks like a
    `subprocess.Popen`.
    """

    stdin = stdout = stderr = None

    def __init__(self) -> None:
        self.returncode: int | None = None
        self.started = False
        reading, self._writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._writing)
            _become_kernel(reading)
        os.close(reading)

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Let it run as if `command` (python -m ipykernel_launcher -f FILE …) had been started."""
        self.started = True
        told = {"arguments": command[command.index("-f") :], "environment": dict(environment)}
        with contextlib.suppress(BrokenPipeError), open(self._writing, "w") as pipe:
            json.dump(told, pipe)

    def poll(self) -> int | None:
        """Return the exit code once there is one."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self) -> int:
        """Wait for the end."""
        while (code := self.poll()) is None:
            time.sleep(0.02)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Make it end."""
        self.send_signal(signal.SIGKILL)


def _become_kernel(reading: int) -> NoReturn:
    """Wait for a command line, then be the kernel that it would have started."""
    os.setsid()
    with open(reading) as pipe:
        text = pipe.read()
    if not text:
        os._exit(0)  # the worker ended without a kernel
    told = json.loads(text)
    os.environ.clear()
    os.environ.update({**told["environment"], "JPY_PARENT_PID": str(os.getppid())})
    for name in [name for name in sys.modules if name.startswith(_SHORTENED)]:
        del sys.modules[name]
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()  # Python's own generator is seeded anew by the fork
    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv = [str(launcher and launcher.origin), *told["arguments"]]
    from ipykernel.kernelapp import IPKernelApp

    # the class took its parent from the environment of the process that loaded it
    IPKernelApp.launch_instance([*sys.argv[1:], f"--IPKernelApp.parent_handle={os.getppid()}"])
    sys.exit()


class TruthfulManager(NotebookExecutionManager):
    """Keeps what really happened to each cell, and saves at most every five seconds."""

    def __init__(self, nb: nbformat.NotebookNode, path: Path, tell: Callable[[int, int], None]):
        super().__init__(nb, output_path=str(path), progress_bar=False, autosave_cell_every=5)
        self.path = path
        self.tell = tell
        self.saved_at = 0.0

    def save(self, *, now: bool = False, **kwargs: Any) -> None:
        """Save atomically, unless that was done a moment ago."""
        if now or time.monotonic() - self.saved_at > _SAVE_SECONDS:
            write_atomically(self.path, nbformat.writes(self.nb) + "\n")
            self.saved_at = time.monotonic()

    def cell_complete(self, cell: Any, cell_index: int | None = None, **kwargs: Any) -> None:
        """Call a cell completed only when nothing was raised while it ran."""
        if sys.exc_info()[0] is not None and cell.metadata.papermill["status"] != self.FAILED:
            self.cell_exception(cell, cell_index)
        super().cell_complete(cell, cell_index)
        self.tell((cell_index or 0) + 1, len(self.nb.cells))

    def notebook_complete(self, **kwargs: Any) -> None:
        """Save what there is; cells that never ran stay 'pending'."""
        for cell in self.nb.cells:
            if cell.metadata.papermill["status"] == self.RUNNING:
                self.cell_exception(cell)
        self.save(now=True)


class EndingClient(PapermillNotebookClient):
    """Stops, content, after the cell in which a notebook says that nothing more follows."""

    def execute_cell(self, cell: Any, cell_index: int, *args: Any, **kwargs: Any) -> Any:
        """Run a cell; one that displays the mark of the end takes the later cells off."""
        done = super().execute_cell(cell, cell_index, *args, **kwargs)
        outputs = self.nb.cells[cell_index].get("outputs", ())
        if any(item.get("metadata", {}).get("insights", {}).get("end") for item in outputs):
            del self.nb.cells[cell_index + 1 :]
        return done


class TruthfulEngine(Engine):
    """Runs a notebook with nbclient under a limit a cell and a limit in all."""

    @classmethod
    def execute_notebook(
        cls,
        nb: nbformat.NotebookNode,
        kernel_name: str,
        output_path: str | None = None,
        *,
        cell_seconds: int = 0,
        total_seconds: int = 0,
        tell: Callable[[int, int], None] = lambda done, total: None,
        waiting: WaitingKernel | None = None,
        **kwargs: Any,
    ) -> nbformat.NotebookNode:
        """Execute `nb`, saving to `output_path`; a limit of 0 seconds is none.

        Parameters
        ----------
        nb, kernel_name, output_path
            As papermill gives them; the kernel is always this interpreter's.
        cell_seconds, total_seconds
            Limits of a cell and of the notebook.
        tell
            Called with the cells done and the cells in all.
        waiting
            A kernel that was forked for this notebook, else one is started.
        """
        manager = TruthfulManager(nb, Path(str(output_path)), tell)
        manager.notebook_start()
        deadline = time.monotonic() + total_seconds if total_seconds else None

        def limit(_cell: Any) -> float | None:
            limits = [float(cell_seconds)] if cell_seconds else []
            if deadline is not None:
                limits.append(max(deadline - time.monotonic(), 0.1))
            return min(limits, default=None)

        client = EndingClient(
            manager,
            kernel_name="python3",
            kernel_manager_class=OwnKernelManager,
            config=Config({"KernelManager": _transport()}),
            timeout_func=limit,
            startup_timeout=120,
        )
        try:
            client.execute(env=dict(os.environ), waiting=waiting)
        finally:
            manager.notebook_complete()
        return nb


def _transport() -> dict[str, str]:
    """Talk to the kernel through files where their names fit, so that no port is opened."""
    runtime = jupyter_runtime_dir()
    os.makedirs(runtime, mode=0o700, exist_ok=True)
    place = os.path.join(tempfile.mkdtemp(prefix="kernel-", dir=runtime), "ipc")
    fits = os.name == "posix" and len(place) < _LONGEST_SOCKET
    return {"transport": "ipc", "ip": place} if fits else {"transport": "tcp"}


def register() -> None:
    """Make the engine known to papermill by its name."""
    papermill_engines.register(ENGINE, TruthfulEngine)
