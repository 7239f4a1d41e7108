"""A project of its own for the tests of the run layer: small notebooks, no analyses."""

import contextlib
import json
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from insights.run.execute import Options, prepare, run_study
from insights.run.forkserver import SETTING, ForkServer
from insights.run.process import environment


class Silent:
    def __init__(self):
        self.events = []

    def tell(self, event, **fields):
        self.events.append((event, fields))

    def close(self):
        pass


OPEN = "from insights import notebook\nnb = notebook.start({name!r}, globals())"
AFTER_FIRST = 'upstream = ["first"]\n'
LIMIT = "upstream = []\nlimit: int = 3  # rows\n"
SAVE = "import pandas as pd\nnb.save(numbers=pd.DataFrame({{'value': [{value}]}}))"


def outcomes(run) -> dict[str, str]:
    return {name: entry["outcome"] for name, entry in run.manifest["notebooks"].items()}


def statuses(run, name: str) -> list[str]:
    node = nbformat.read(run.folder / name / "notebook.ipynb", as_version=4)
    return [cell.metadata.papermill["status"] for cell in node.cells]


class Project:
    """A folder that looks like a project, and a study over it."""

    def __init__(self, root: Path):
        self.root = root
        for name in ("notebooks", "params", "data"):
            (root / name).mkdir(exist_ok=True)
        (root / "pyproject.toml").write_text("[project]\n")
        (root / "data" / "a.csv").write_text("text,created_at\nfine,2024-01-01\n")
        self.named: dict[str, dict] = {}

    def notebook(self, name: str, *cells: str, parameters: str = "upstream = []\n") -> None:
        sources = [parameters, *cells]
        body = [
            {"cell_type": "code", "id": f"{name}-{index:02}", "source": source, "outputs": [],
             "metadata": {"tags": ["parameters"]} if index == 0 else {}, "execution_count": None}
            for index, source in enumerate(sources)
        ]  # fmt: skip
        node = {"cells": body, "nbformat": 4, "nbformat_minor": 5,
                "metadata": {"kernelspec": {"name": "no-such-kernel", "display_name": "x",
                                            "language": "python"}}}  # fmt: skip
        (self.root / "notebooks" / f"{name}.ipynb").write_text(json.dumps(node))
        self.named.setdefault(name, {})

    def simple(self, name: str, value: str = "1", parameters: str = "upstream = []\n") -> None:
        self.notebook(name, OPEN.format(name=name), SAVE.format(value=value),
                      parameters=parameters)  # fmt: skip

    @property
    def study(self) -> Path:
        path = self.root / "params" / "tiny.yml"
        switched = {name: values for name, values in self.named.items()}
        path.write_text(
            "study: tiny\ntitle: Tiny\nprivacy: {key: public}\n"
            "sources: {feedback: {path: data/a.csv}}\n"
            f"notebooks: {json.dumps(switched)}\n"
        )
        return path

    @property
    def outputs(self) -> Path:
        return self.root / "outputs" / "tiny"

    def prepared(self, **options):
        return prepare(self.study, self.root, Options(**options))

    def processes(self) -> list[Path]:
        """Processes that work in the project's folder: workers and kernels, forked or not."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.readlink(place / "cwd").startswith(str(self.root)):
                    found.append(place)
        return found

    def run(self, **options):
        self.teller = Silent()
        return run_study(self.prepared(**options), self.teller)


@pytest.fixture(scope="session", autouse=True)
def forkserver(tmp_path_factory):
    """One server of forks for all runs of these tests, in this process or on the command line."""
    server = ForkServer.started(environment(tmp_path_factory.mktemp("fork")), Path("/"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SETTING, server.address)
        yield server
    server.close()


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path)
    yield made
    end = time.monotonic() + 15
    while made.processes() and time.monotonic() < end:
        time.sleep(0.1)
    left = [(place / "cmdline").read_text() for place in made.processes()]
    assert not left, "a run left processes behind"


@pytest.fixture(scope="session")
def _ran(tmp_path_factory):
    made = Project(tmp_path_factory.mktemp("ran"))
    made.simple("first", "limit", parameters=LIMIT)
    return made, made.run()


@pytest.fixture
def ran(_ran, tmp_path):
    """A project whose one notebook has run, and its run: a copy, for a kernel takes seconds."""
    made, run = _ran
    root = tmp_path / "project"
    shutil.copytree(made.root, root, symlinks=True)
    project = Project(root)
    project.named = {name: dict(values) for name, values in made.named.items()}
    return project, replace(run, folder=root / run.folder.relative_to(made.root))
