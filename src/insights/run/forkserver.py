"""Workers forked from one process that has the libraries loaded, so that each starts at once.

Loading costs more than most notebooks compute. The server loads what the notebooks of a run
import, with one thread and no socket of Jupyter's, and forks a worker for each request; the worker
forks its kernel before it does anything else, so that it is the kernel's parent as ever: signals,
limits, death and memory are seen as they are of a worker that was started by itself.

A request is one JSON line and two open files (standard output and error) over a Unix socket; the
answers are the worker's process id, and later its exit code. A server ends with the process that
started it, and with a server its workers. Whoever cannot have a fork (not Linux, another
environment, INSIGHTS_FORKSERVER=off) starts a worker the ordinary way; results are the same.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

__all__ = ["SETTING", "ForkServer", "Forked", "needs"]

SETTING = "INSIGHTS_FORKSERVER"  # unset: one for each run; "off": none; else the socket of one
_BASE = ("insights.run.worker", "ipykernel.kernelapp", "insights.notebook")
_FREE = ("COLUMNS", "INSIGHTS_", "IPYTHONDIR", "JUPYTER_", "LINES", "PYTEST_")  # read late
_OWN = {  # what a kernel would set itself, and an allocator of pyarrow's without a thread
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
_PATIENCE_SECONDS = 120.0
_SPOKEN_SECONDS = 10.0


def needs(notebook: Path) -> list[str]:
    """Modules of this package that a notebook's cells import; nobody else's are loaded ahead."""
    found: dict[str, None] = {}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        try:
            tree = ast.parse("".join(cell["source"]) if cell["cell_type"] == "code" else "")
        except SyntaxError:
            continue  # a magic line
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= dict.fromkeys(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                found |= dict.fromkeys(f"{node.module}.{alias.name}" for alias in node.names)
    return [name for name in found if name.split(".")[0] == "insights"]


class Forked:
    """A worker that a server forked: as much of `subprocess.Popen` as its watcher uses."""

    def __init__(self, connection: socket.socket, pid: int, outputs: Sequence[int]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdout, self.stderr = (os.fdopen(one, encoding="utf-8") for one in outputs)
        self._connection = connection
        self._lock = threading.Lock()  # it is watched from two threads

    def poll(self) -> int | None:
        """Return the exit code once there is one; that of a kill when the server is gone."""
        with self._lock:
            if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
                with contextlib.suppress(OSError):
                    self.returncode = int(self._connection.recv(64) or -signal.SIGKILL)
                self._connection.close()
        return self.returncode

    def wait(self, timeout: float = float("inf")) -> int:
        """Wait for the end; raises `subprocess.TimeoutExpired`."""
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("worker", timeout)
            time.sleep(0.02)
        return code

    def __enter__(self) -> Forked:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()
        self.stdout.close()
        self.stderr.close()


class ForkServer:
    """The client's side: a server of our own, or the one that the environment names."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._process: subprocess.Popen | None = None
        self._folder: tempfile.TemporaryDirectory | None = None

    @classmethod
    def start(cls, environment: Mapping[str, str], project: Path) -> ForkServer | None:
        """Start a server, which loads while we go on; None where none is to be had."""
        setting = os.environ.get(SETTING, "")
        if setting == "off" or sys.platform != "linux":
            return None
        return cls(setting) if setting else cls.started(environment, project)

    @classmethod
    def started(cls, environment: Mapping[str, str], project: Path) -> ForkServer:
        """Start a server of our own in this environment and folder."""
        place = tempfile.TemporaryDirectory(prefix="insights-fork-")
        server = cls(os.path.join(place.name, "socket"))
        server._folder = place
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(server.address)
            listener.listen()
            server._process = subprocess.Popen(
                [sys.executable, "-m", "insights.run.forkserver", str(listener.fileno())],
                cwd=project,
                env=environment,
                pass_fds=[listener.fileno()],
                stdin=subprocess.PIPE,  # its end is the server's end
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        return server

    def fork(
        self, job: Path, *, folder: Path, environment: Mapping[str, str], later: Sequence[str] = ()
    ) -> Forked | None:
        """Have a worker forked for a job; None when the server cannot, or must not.

        Parameters
        ----------
        job
            File that says what to run.
        folder
            Working directory of the worker.
        environment
            All of its environment.
        later
            Modules that later requests will need, to be loaded when there is time.
        """
        request = {
            "job": str(job),
            "folder": str(folder),
            "environment": dict(environment),
            "modules": needs(Path(json.loads(job.read_text(encoding="utf-8"))["notebook"])),
            "later": list(later),
            "python": sys.executable,
        }
        pipes = [os.pipe(), os.pipe()]
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_PATIENCE_SECONDS)
        try:
            connection.connect(self.address)
            socket.send_fds(connection, [b"\n"], [writing for _, writing in pipes])
            connection.sendall(json.dumps(request).encode() + b"\n")
            pid = int(connection.recv(64))
        except (OSError, ValueError):
            pid = 0
        for reading, writing in pipes:
            os.close(writing)
            if not pid:
                os.close(reading)
        if not pid:
            connection.close()
            return None
        return Forked(connection, pid, [reading for reading, _ in pipes])

    def close(self) -> None:
        """End a server of our own."""
        if self._process and self._folder:
            self._process.communicate()
            self._folder.cleanup()


class _Server:
    """The server's side: one thread that loads, forks and reaps."""

    def __init__(self, listener: socket.socket) -> None:
        self.environment = dict(os.environ)
        os.environ.update(_OWN | self.environment)
        self.listener = listener
        self.clients: dict[int, socket.socket] = {}
        self.later: list[str] = list(_BASE)
        self.waking, self.woken = os.pipe()
        os.set_blocking(self.woken, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.woken)

    def serve(self) -> None:
        """Answer until standard input ends; load what is still to be loaded in between."""
        while True:
            watched: list[Any] = [0, self.waking, self.listener, *self.clients.values()]
            ready, _, _ = select.select(watched, [], [], 0 if self.later else None)
            if 0 in ready:
                return
            if self.waking in ready:
                os.read(self.waking, 4096)
                self._reap()
            for pid, client in self.clients.items():
                if client in ready:  # it says nothing more, so it is gone
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(pid, signal.SIGKILL)
            if self.listener in ready:
                client, _ = self.listener.accept()
                client.settimeout(_SPOKEN_SECONDS)
                with contextlib.suppress(OSError, ValueError):  # it was killed as it asked
                    self._answer(client)
            if not ready:
                self._load([self.later.pop(0)])

    def _load(self, names: Sequence[str]) -> None:
        for name in names:
            for word in (name, name.rpartition(".")[0]):  # the last word may be no module
                with contextlib.suppress(Exception):  # its notebook will say what is wrong
                    importlib.import_module(word)
                    break

    def _answer(self, client: socket.socket) -> None:
        _, files, _, _ = socket.recv_fds(client, 1, 2)
        with client.makefile("rb") as stream:
            request = json.loads(stream.readline())
        pid = 0
        if self._fits(request):
            self._load([*_BASE, *request["modules"]])
            self.later += [name for name in request["later"] if name not in self.later]
            gc.freeze()  # so that the collector of a child leaves the parent's pages alone
            if self._alone():
                pid = os.fork()
                if pid == 0:
                    self._become_worker(request, files, client)
        for one in files:
            os.close(one)
        if pid:
            self.clients[pid] = client  # first: it may be gone
        client.sendall(str(pid).encode())
        if not pid:
            client.close()

    def _fits(self, request: Mapping[str, Any]) -> bool:
        """Whether a process started as the request asks would have loaded what we did."""

        def fixed(values: Mapping[str, str]) -> dict[str, str]:
            return {key: value for key, value in values.items() if not key.startswith(_FREE)}

        same = fixed(request["environment"]) == fixed(self.environment)
        return same and request["python"] == sys.executable

    @staticmethod
    def _alone() -> bool:
        """Whether no thread but this one could hold a lock while we fork."""
        return threading.active_count() == len(os.listdir("/proc/self/task")) == 1

    def _reap(self) -> None:
        while self.clients:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            with contextlib.suppress(OSError), self.clients.pop(pid) as client:
                client.sendall(str(os.waitstatus_to_exitcode(status)).encode())

    def _become_worker(
        self, request: Mapping[str, Any], files: Sequence[int], client: socket.socket
    ) -> NoReturn:
        """Leave all that is the server's behind, and run the job."""
        code = 0
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for connection in (self.listener, client, *self.clients.values()):
                connection.close()
            null = os.open(os.devnull, os.O_RDWR)
            for target, source in enumerate((null, *files)):
                os.dup2(source, target)
            for one in (null, *files, self.waking, self.woken):
                os.close(one)
            os.environ.clear()
            os.environ.update(request["environment"])
            time.tzset()
            os.chdir(request["folder"])
            from insights.run import worker

            worker.main(request["job"], worker.WaitingKernel())
        except SystemExit:
            raise  # not the worker but the kernel that it forked: it ends as any process does
        except BaseException:
            sys.excepthook(*sys.exc_info())
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    del sys.path[0]  # the folder we were started in, which a kernel looks into last
    _Server(socket.socket(fileno=int(sys.argv[1]))).serve()
    os._exit(0)  # libraries of bindings complain of what they find at an end
