"""A project of its own for the tests of the run layer: small notebooks, no analyses."""

import json
from pathlib import Path

import pytest

from insights.run.execute import Options, prepare, run_study


class Silent:
    def __init__(self):
        self.events = []

    def tell(self, event, **fields):
        self.events.append((event, fields))

    def close(self):
        pass


OPEN = "from insights import notebook\nnb = notebook.start({name!r}, globals())"
SAVE = "import pandas as pd\nnb.save(numbers=pd.DataFrame({{'value': [{value}]}}))"


class Project:
    """A folder that looks like a project, and a study over it."""

    def __init__(self, root: Path):
        self.root = root
        for name in ("notebooks", "params", "data"):
            (root / name).mkdir()
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

    def run(self, **options):
        self.teller = Silent()
        return run_study(prepare(self.study, self.root, Options(**options)), self.teller)


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)
