"""A new canonical table is one declaration, a new notebook is one file: both run end to end."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from insights.ingest.schema import TABLES

ROOT = Path(__file__).parents[2]
COSTS = """
        Table(
            "costs",
            "money spent in a period",
            (
                Column("period_start", "date", "first day of the period", required=True),
                Column("kind", "label", "acquisition, service …", required=True, hints="kind"),
                Column("amount", "number", "what was spent", required=True, low=0, hints="amount"),
                Column("note", "text", "what it was for"),
            ),
            key=("period_start", "kind"),
            named=True,
        ),
"""
START = "from insights import notebook\nnb = notebook.start({!r}, globals())"
NOTEBOOKS = {
    "collect": (
        "order = 10\nupstream = []\ninputs = []\n",
        START.format("collect"),
        "from insights.analyses import collect\n"
        "found = collect.gather(nb.study.sources, project=nb.context.project, key=nb.key)\n"
        "quality = collect.quality(found, nb.study.quality)",
        "nb.save(quality, **found.saved)",
    ),
    "spending": (
        'order = 70\nupstream = ["collect"]\ninputs = ["costs"]\nmonths: int = 12  # shown\n',
        START.format("spending"),
        "nb.save(spending=nb.table('costs').groupby('kind', as_index=False)['amount'].sum())",
    ),
}


def write_notebook(path: Path, sources: tuple[str, ...]) -> None:
    cells = [
        {"cell_type": "code", "id": f"{path.stem}-{i}", "source": source, "outputs": [],
         "metadata": {"tags": ["parameters"]} if i == 0 else {}, "execution_count": None}
        for i, source in enumerate(sources)
    ]  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    node = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(node), encoding="utf-8")


@pytest.fixture
def scratch(tmp_path):
    """Make a project with a new notebook, over a copy of the package with one more table."""
    shutil.copytree(ROOT / "src" / "insights", tmp_path / "src" / "insights")
    schema = tmp_path / "src" / "insights" / "ingest" / "schema.py"
    text = schema.read_text(encoding="utf-8")
    end = "\n    )\n}\n"
    assert text.count(end) == 1
    schema.write_text(text.replace(end, COSTS.rstrip() + end), encoding="utf-8")
    (tmp_path / "notebooks").mkdir()
    for name, sources in NOTEBOOKS.items():
        write_notebook(tmp_path / "notebooks" / f"{name}.ipynb", sources)
    lines = [f"2024-{month:02}-01,{kind},{100 * month},paid by ann@example.org"
             for month in range(1, 7) for kind in ("service", "acquisition")]  # fmt: skip
    text = "\n".join(["month,kind,amount,note", *lines, lines[0], "2024-07-01,service,-3,x"])
    (tmp_path / "costs.csv").write_text(text + "\n", encoding="utf-8")
    return tmp_path


def insights(scratch: Path, *arguments: str) -> str:
    # another package than the tests' own, so a server of forks of its own
    environ = {**os.environ, "PYTHONPATH": str(scratch / "src"), "INSIGHTS_FORKSERVER": ""}
    done = subprocess.run(
        [sys.executable, "-m", "insights", *arguments, "--project", str(scratch)],
        cwd=scratch, capture_output=True, text=True, env=environ,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_table_and_a_new_notebook_run_without_an_edit_elsewhere(scratch):
    assert "costs" not in TABLES
    written = insights(scratch, "new", "spring", "costs.csv")
    assert "  costs:\n" in written and "period_start: month" in written
    insights(scratch, "run", "params/spring.yml", "--jobs", "1")
    latest = scratch / "outputs" / "spring" / "latest"
    costs = pd.read_parquet(latest / "collect" / "tables" / "costs.parquet")
    assert len(costs) == 12  # a repeated row is merged
    assert str(costs["period_start"].dtype).startswith("datetime64")
    aside = pd.read_parquet(latest / "collect" / "tables" / "quarantine.parquet")
    assert aside[["table", "reason"]].to_numpy().tolist() == [["costs", "amount is missing"]]
    assert not costs["note"].str.contains("@").any()  # redacted, as every text
    assert costs["period_start"].is_monotonic_increasing  # sorted by the key
    spending = pd.read_parquet(latest / "spending" / "tables" / "spending.parquet")
    assert spending["amount"].tolist() == [2100.0, 2100.0]
    manifest = json.loads((latest / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["plan"] == ["collect", "spending"]
    assert "spending" in (latest / "index.html").read_text(encoding="utf-8").lower()
