"""Forked kernels: the same bytes as started ones, nothing handed on, nobody left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from insights.run.equality import pages_beside, places
from insights.run.forkserver import SETTING, ForkServer, needs
from insights.run.process import environment
from tests.run.conftest import OPEN, outcomes

pytestmark = pytest.mark.slow  # kernels are started

# what a notebook may leave behind in its process
LITTER = """import os, random, signal, socket, sys, threading, time, types, warnings, gc
import matplotlib, numpy, pandas
os.environ["LEFT"] = "1"; os.environ["LANG"] = "xx"
random.seed(1); numpy.random.seed(1)
left = open("left.txt", "w"); left_socket = socket.socket()
warnings.simplefilter("error"); matplotlib.rcParams["figure.dpi"] = 7
pandas.set_option("display.max_rows", 3); numpy.set_printoptions(precision=1)
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
os.chdir("/"); os.umask(0o077); sys.path.insert(0, "/left"); gc.disable()
sys.modules["left"] = types.ModuleType("left"); sys.setrecursionlimit(5000)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)"""
# what it finds: everything but the two random draws must be as in a process of its own
PROBE = """import gc, json, locale, os, random, resource, signal, sys, threading, warnings
from pathlib import Path
import matplotlib, numpy, pandas
from matplotlib import pyplot
own = ("INSIGHTS_", "IPYTHONDIR", "JPY_", "JUPYTER_", "PYTEST_")
from contextlib import suppress
def opened(number):
    with suppress(OSError):
        return os.readlink(f"/proc/self/fd/{number}").partition(":")[0].replace(os.getcwd(), "")
    return ""
found = {
    "environment": {k: v for k, v in os.environ.items() if not k.startswith(own)},
    "argv": [Path(word).name for word in sys.argv if word[-5:] != ".json"],
    "path": sys.path, "flags": str(sys.flags),
    "cwd": os.getcwd(), "umask": os.umask(0o022), "recursion": sys.getrecursionlimit(),
    "main": sorted(k for k in vars(sys.modules["__main__"]) if k.startswith("__")),
    "left": [n for n in ("left", "rfc3987_syntax", "tests") if n in sys.modules],
    "files": sorted(filter(None, map(opened, {*os.listdir("/proc/self/fd")} - {"0"}))),
    "threads": sorted(type(t).__name__ for t in threading.enumerate()),
    "tasks": sorted({t.read_text() for t in Path("/proc/self/task").glob("*/comm")}),
    "signals": [str(signal.getsignal(n)).partition(" at ")[0] for n in signal.valid_signals()],
    "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "warnings": sorted({f"{f[0]} {f[2].__name__} {f[3]}" for f in warnings.filters}),
    "rc": {k: str(v) for k, v in matplotlib.rcParams.items()}, "backend": matplotlib.get_backend(),
    "print": [str(numpy.get_printoptions()), pandas.get_option("display.max_rows")],
    "locale": str(locale.getlocale()), "gc": [gc.isenabled(), *gc.get_threshold()],
    "session": [os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid()],
    "limits": [resource.getrlimit(n) for n in (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)],
}
draws = [random.random(), float(numpy.random.rand())]
Path("found-NAME.json").write_text(json.dumps([found, draws]))"""
PLOT = """from matplotlib import pyplot
import pandas as pd
pyplot.plot([1, 2]); pyplot.show()
display(pd.DataFrame({"a": [1.5]}), {3, 1, 2}, {"x", "y"}, hash("x"))
print("said"); import sys; print("complained", file=sys.stderr)"""


def probes(project, name: str):
    return json.loads((project.root / f"found-{name}.json").read_text())


@pytest.fixture
def started(project, monkeypatch):
    """The same project, where no fork is to be had."""

    def run(**options):
        with monkeypatch.context() as patch:
            patch.setenv(SETTING, "off")
            return project.run(**options)

    return run


def test_a_forked_kernel_is_as_a_started_one_and_nothing_is_handed_on(project, started):
    project.notebook("litter", OPEN.format(name="litter"), LITTER)
    for name in ("first", "second"):
        project.notebook(name, OPEN.format(name=name), PROBE.replace("NAME", name),
                         parameters='upstream = ["litter"]\n')  # fmt: skip
    assert set(outcomes(project.run(jobs=1)).values()) == {"ok"}
    (first, one), (second, two) = probes(project, "first"), probes(project, "second")
    assert first == second
    assert not set(one) & set(two)  # both generators were seeded anew
    assert outcomes(started(jobs=1, only=("first",), force=True))["first"] == "ok"
    plain, _ = probes(project, "first")
    plain["tasks"].remove("jemalloc_bg_thd\n")  # it gives memory back, and is not forked
    # libraries that another notebook needs bring filters of their own classes of warnings
    more = set(first.pop("warnings")) - set(plain.pop("warnings"))
    assert not {text for text in more if text.split()[1] in ("Warning", "UserWarning")}
    assert first == plain


def test_forked_and_started_kernels_write_the_same_bytes(project, started):
    project.notebook("first", OPEN.format(name="first"), PLOT)
    forked, plain = project.run(), started(force=True)
    assert outcomes(forked) == outcomes(plain) == {"first": "ok"}
    hashes = [run.manifest["notebooks"]["first"]["normal_form"] for run in (forked, plain)]
    assert hashes[0] == hashes[1]
    assert [*places(forked.folder / "first", plain.folder / "first", pages=True)] == []
    assert [*pages_beside(forked.folder, plain.folder)] == []
    node = nbformat.read(forked.folder / "first" / "notebook.ipynb", as_version=4)
    kinds = [output.output_type for output in node.cells[2].outputs]
    assert {"stream", "display_data"} <= set(kinds)
    assert "image/png" in node.cells[2].outputs[0].data


def test_modules_of_this_package_alone_are_loaded_ahead(project):
    cells = [
        "%magic",
        "import os, insights.result\nfrom insights import notebook",
        "def f():\n    from data import a\n    from insights.run.key import b",
    ]
    project.notebook("first", *cells)
    found = needs(project.root / "notebooks" / "first.ipynb")
    assert found == ["insights.result", "insights.notebook", "insights.run.key.b"]


def forked(server, project, tmp_path, **changes):
    """Ask for a worker in a changed environment; say whether it was forked."""
    project.notebook("first", "1")
    job = tmp_path / "job.json"
    job.write_text(json.dumps({
        "notebook": str(project.root / "notebooks" / "first.ipynb"), "parameters": {},
        "output": str(tmp_path / "out.ipynb"), "cell_seconds": 0, "total_seconds": 0,
    }))  # fmt: skip
    values = environment(tmp_path) | changes
    process = server.fork(job, folder=project.root, environment=values)
    if process is None:
        return False
    with process:
        said = json.loads(process.stdout.read().splitlines()[-1])
    assert said["outcome"] == "ok" and process.returncode == 0
    return True


def test_another_environment_takes_the_ordinary_start(project, tmp_path, forkserver):
    assert not forked(forkserver, project, tmp_path, PYTHONPATH="/elsewhere")
    assert not forked(forkserver, project, tmp_path, OMP_NUM_THREADS="2")
    assert not forked(ForkServer("/no/such/socket"), project, tmp_path)
    assert forked(forkserver, project, tmp_path, INSIGHTS_KEY="another")


@pytest.mark.parametrize(("platform", "setting"), [("darwin", ""), ("win32", ""), ("linux", "off")])
def test_no_server_is_started_where_a_fork_is_not_to_be_had(platform, setting, monkeypatch):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(SETTING, setting)
    assert ForkServer.start({}, None) is None


STAY = "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(90)"


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


@pytest.mark.parametrize("victim", ["run", "server"])
def test_a_killed_run_or_server_leaves_no_process_behind(project, victim):
    project.notebook("first", OPEN.format(name="first"), STAY)
    environ = {key: value for key, value in os.environ.items() if key != SETTING}
    command = [sys.executable, "-m", "insights", "run", str(project.study)]
    with subprocess.Popen(
        command, cwd=project.root, env=environ, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert wait_for((project.root / "pid").exists)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        server = next(int(pid) for pid in children
                      if "forkserver" in Path(f"/proc/{pid}/cmdline").read_text())  # fmt: skip
        os.kill(process.pid if victim == "run" else server, signal.SIGKILL)
        _, told = process.communicate(timeout=60)
    assert process.returncode == (-9 if victim == "run" else 5), told
