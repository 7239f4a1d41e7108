"""Twelve studies of real, public data, end to end; each completes, claims no more than it may."""

import os
from pathlib import Path

import pandas as pd
import pytest

from insights.run.execute import Options, prepare, run_study
from tests.run.conftest import Silent

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
STUDIES = sorted(path.stem for path in HERE.glob("*.yml"))

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(
        "INSIGHTS_TEST_DATA" not in os.environ,
        reason="INSIGHTS_TEST_DATA is not set: it names the folder of the public data sets",
    ),
]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture(scope="module")
def done(outputs):
    """Return a function that runs a study once and remembers it."""
    runs = {}

    def done(name: str):
        if name not in runs:
            options = Options(output=outputs)
            runs[name] = run_study(prepare(HERE / f"{name}.yml", PROJECT, options), Silent())
        return runs[name]

    return done


def table(run, notebook: str, name: str) -> pd.DataFrame:
    return pd.read_parquet(run.folder / notebook / "tables" / f"{name}.parquet")


@pytest.mark.parametrize("name", STUDIES)
def test_the_study_completes_and_every_row_is_accounted_for(done, name):
    run = done(name)
    told = {key: (entry["outcome"], entry.get("reason") or entry.get("error"))
            for key, entry in run.manifest["notebooks"].items()}  # fmt: skip
    assert run.exit_code == 0, told
    balance = table(run, "collect", "balance")
    parts = balance[["kept", "quarantined", "duplicates", "screened"]].sum(axis=1)
    assert (balance["rows_in"] == parts).all()
    assert balance["kept"].sum() > 0.5 * balance["rows_in"].sum()
