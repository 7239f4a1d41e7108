"""The recipes of docs/scheduling.md run as they stand there, on a small project."""

import os
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.slow  # kernels are started

PAGE = (Path(__file__).parents[2] / "docs" / "scheduling.md").read_text(encoding="utf-8")
SOURCE = Path(__file__).parents[2] / "src"


def recipes(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.S)


@pytest.fixture
def place(ran):
    """A project that has run once, with the command where the recipes look for it."""
    project, run = ran
    command = project.root / ".venv" / "bin" / "insights"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nPYTHONPATH={SOURCE} exec "{sys.executable}" -m insights "$@"\n')
    command.chmod(0o755)
    shutil.copy(project.study, project.root / "params" / "demo.yml")
    return project.root, run


def here(text: str, root: Path) -> str:
    return text.replace("/srv/insights", str(root))


def test_the_lines_of_cron_run_in_its_bare_environment(place):
    root, _run = place
    lines = [line for text in recipes("cron") for line in text.splitlines()]
    assert len(lines) == 3
    bare = {"HOME": str(root), "LOGNAME": "me", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
    for line in lines:
        assert "%" not in line  # cron would end the command there
        command = here(re.sub(r"^(\S+\s+){5}", "", line), root)
        done = subprocess.run(
            ["/bin/sh", "-c", command], env=bare, cwd="/", capture_output=True, text=True
        )
        log = (root / "outputs" / "cron.log").read_text()
        assert done.returncode == 0 and done.stdout + done.stderr == "", log
    assert "index.html" in log and "0 runs would be removed" in log


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_accepts_the_units(place, tmp_path):
    root, _run = place
    units = {}
    for text in recipes("ini"):
        name = re.match(r"# /etc/systemd/system/(\S+)", text)[1]
        # the user need not be known here
        units[name] = here(text, root).replace("User=insights\n", "User=root\n")
        (tmp_path / name).write_text(units[name])
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in units)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0 and not re.search(r"insights-demo\S*:\d", done.stderr), done.stderr
    start = re.search(r"ExecStart=(.*)", units["insights-demo.service"])[1]
    assert subprocess.run(start.split(), cwd=root, capture_output=True).returncode == 0


def test_the_task_of_airflow_returns_the_page_and_says_what_is_not_worth_another_try(
    place, monkeypatch
):
    root, run = place
    tasks = {}
    for name in ("airflow", "airflow.sdk", "airflow.exceptions", "pendulum"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    fatal = type("AirflowFailException", (Exception,), {})
    sys.modules["airflow.exceptions"].AirflowFailException = fatal
    sys.modules["pendulum"].datetime = sys.modules["pendulum"].duration = lambda *a, **k: None

    def task(**settings):
        return lambda function: lambda: tasks.update({function.__name__: function})

    sys.modules["airflow.sdk"].task = task
    sys.modules["airflow.sdk"].dag = lambda **settings: lambda function: function
    [text] = [text for text in recipes("python") if "airflow" in text]
    exec(compile(here(text, root), "insights_demo.py", "exec"), {"__name__": "dag"})
    assert tasks["run"]() == str(run.page)
    (root / "params" / "demo.yml").write_text("study: [")
    with pytest.raises(fatal, match="ended with 2"):
        tasks["run"]()


def test_the_cell_for_jupyterlab_s_scheduler_runs_the_study(place, monkeypatch):
    root, run = place
    [cell] = [text for text in recipes("python") if text.startswith("!")]
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(here(cell, root))])
    NotebookClient(nb, kernel_name="python3", resources={"metadata": {"path": "/"}}).execute()
    assert str(run.page) in "".join(output.get("text", "") for output in nb.cells[0].outputs)


def test_no_recipe_names_an_option_that_is_not_there():
    told = subprocess.run(
        [sys.executable, "-m", "insights", "run", "--help"], capture_output=True, text=True,
        env={**os.environ, "COLUMNS": "200"},
    ).stdout  # fmt: skip
    for option in ("--if-locked", "--on-failure", "--webhook", "--timeout"):
        assert option in told and option in PAGE
