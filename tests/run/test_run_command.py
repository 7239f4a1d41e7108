"""Runs from the command line: interrupted, refused in one message, ended by an exit code."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.run.conftest import AFTER_FIRST, LIMIT, outcomes

pytestmark = pytest.mark.slow  # kernels are started


def command(project, *words, **kwargs):
    return subprocess.Popen(
        [sys.executable, "-m", "insights", *words], cwd=project.root, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs,
    )  # fmt: skip


@pytest.mark.parametrize("numbers", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT] * 9])
def test_an_interrupted_run_ends_with_130_and_its_kernel_and_keeps_what_was_done(project, numbers):
    project.simple("first")
    mark = project.root / "kernel.pid"
    project.notebook(
        "second", f"import os; open({str(mark)!r}, 'w').write(str(os.getpid()))",
        "import time; time.sleep(120)", parameters=AFTER_FIRST,
    )  # fmt: skip
    process = command(project, "run", str(project.study), start_new_session=True)
    deadline = time.monotonic() + 60
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.2)
    for number in numbers:  # an impatient person presses again
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        time.sleep(0.1 * (len(numbers) > 1))
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    run = next(project.outputs.glob("[0-9]*"))
    entries = json.loads((run / "manifest.json").read_text())["notebooks"]
    assert entries["first"]["outcome"] == "ok" and entries["second"]["outcome"] == "interrupted"
    assert not _alive(int(mark.read_text()))
    project.simple("second", parameters=AFTER_FIRST)
    assert outcomes(project.run()) == {"first": "cached", "second": "ok"}


def _alive(pid: int) -> bool:
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.2)
    return True


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["run", "params/none.yml"], 8, "does not exist"),
        (["run", "params/tiny.yml", "-p", "first.limt=3"], 2, "Did you mean 'limit'"),
        (["run", "params/tiny.yml", "--scheduler", "tcp://127.0.0.1:9"], 2, "cannot be reached"),
        (["run", "params/tiny.yml", "--scheduler", "cluster"], 2, "tcp://HOST:PORT"),
        (["run", "params/tiny.yml", "--jobs", "0"], 2, "'--jobs': Input should be greater"),
        (["rum"], 2, "No such command"),
        (["check", "params/tiny.yml"], 0, ""),
        (["verify", "never"], 8, "there is no run 'never'"),
        (["params", "frist"], 2, "Did you mean 'first'"),
    ],
)
def test_the_command_line_refuses_in_one_message_and_never_with_a_traceback(
    project, words, code, message
):
    project.simple("first", parameters=LIMIT)
    assert project.study
    process = command(project, *words)
    said, told = process.communicate(timeout=60)
    assert process.returncode == code, told
    assert message in " ".join((said + told).split()), told
    assert "Traceback" not in told
    assert not project.outputs.exists()  # nothing was started


def test_a_run_on_the_command_line_tells_events_and_prints_its_page_last(project):
    project.simple("first")
    process = command(project, "run", str(project.study))
    said, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    assert said.strip().splitlines()[-1].endswith("index.html")
    events = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert [event["event"] for event in events] == ["start", "end"]


def test_the_command_line_ends_with_the_run_s_exit_code(project):
    project.notebook("first", "1 / 0")
    process = command(project, "run", str(project.study))
    said, told = process.communicate(timeout=120)
    assert process.returncode == 3, told
    assert "first: failed: division by zero" in " ".join(told.split())
    assert said.strip().endswith("index.html")
