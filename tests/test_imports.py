"""What the command line loads before it answers: counted in modules, not in seconds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {"IPython", "dask", "matplotlib", "nbformat", "numpy", "pandas", "rjieba", "scipy",
         "seaborn", "sklearn", "statsforecast", "statsmodels"}  # fmt: skip
LOADED = """
import json, sys
sys.argv = ["insights", *sys.argv[1:]]
from insights.cli import main
try:
    main()
except SystemExit as end:
    print(json.dumps([end.code, sorted({name.split(".")[0] for name in sys.modules})]))
"""


def loaded(tmp_path: Path, *arguments: str) -> tuple[int, set[str]]:
    """Return the exit code of a command and the libraries it loaded."""
    data = tmp_path / "tickets.csv"
    data.write_text("text,created_at\nfine,2024-01-01\n", encoding="utf-8")
    (tmp_path / "s.yml").write_text(
        f"study: s\nsources: {{feedback: {{path: {data}}}}}\n", encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, check=True,
    )  # fmt: skip
    code, names = json.loads(done.stdout.splitlines()[-1])
    return code, set(names)


def test_help_loads_no_library_that_computes_draws_or_validates(tmp_path):
    code, names = loaded(tmp_path, "--help")
    assert code == 0
    assert not names & (HEAVY | {"jinja2", "pydantic", "yaml"})


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), 0),
        (("-p", "roi.draws=abc"), 2),  # a wrong type
        (("-p", "roi.discount_rate=99"), 2),  # out of range
        (("-p", "topics.embedding=unknown"), 2),
        (("-p", "sentiment.engine=unknown"), 2),
    ],
)
def test_a_study_is_checked_without_any_library_that_computes_or_draws(
    tmp_path, arguments, expected
):
    code, names = loaded(tmp_path, "check", "s.yml", "--project", str(ROOT), *arguments)
    assert code == expected
    rows = {"numpy", "pandas"} if code == 0 else set()  # a valid study's first rows are read
    assert not names & (HEAVY - rows | {"jinja2"})
