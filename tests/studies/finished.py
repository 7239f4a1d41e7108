"""Public data as a study, end to end: completed, every row accounted for, tables that hold.

The studies are parted into files of about equal time: one process of the tests takes a file.
"""

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from tests.invariants import broken

HERE = Path(__file__).parent
REAL = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(
        "INSIGHTS_TEST_DATA" not in os.environ,
        reason="INSIGHTS_TEST_DATA is not set: it names the folder of the public data sets",
    ),
]


def table(run, notebook: str, name: str) -> pd.DataFrame:
    return pd.read_parquet(run.folder / notebook / "tables" / f"{name}.parquet")


def findings(run, notebook: str) -> list[dict]:
    text = (run.folder / notebook / "results.json").read_text(encoding="utf-8")
    return json.loads(text)["findings"]


def failed(run, notebook: str) -> set[str]:
    return {check["name"] for finding in findings(run, notebook) for check in finding["checks"]
            if check["passed"] is False}  # fmt: skip


def holds_together(run) -> None:
    """Fail unless the run ended well, lost no row, and its tables break no rule."""
    told = {key: (entry["outcome"], entry.get("reason") or entry.get("error"))
            for key, entry in run.manifest["notebooks"].items()}  # fmt: skip
    assert run.exit_code == 0, told
    balance = table(run, "collect", "balance")
    parts = balance[["kept", "quarantined", "duplicates", "screened"]].sum(axis=1)
    assert (balance["rows_in"] == parts).all()
    assert balance["kept"].sum() > 0.5 * balance["rows_in"].sum()
    assert broken(run.folder) == []
