"""The tables of a run as CSV, for programs that read no Parquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from insights.errors import DataError
from insights.messages import _

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["export_tables"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_tables(run: Path, target: Path) -> list[Path]:
    """Write every table of a run to `target/NOTEBOOK/TABLE.csv`; return the files.

    UTF-8 with a mark of order, so that spreadsheets read it; lists are JSON. A text that a
    spreadsheet would run as a formula is given an apostrophe in front: it may come from customers.
    """
    import pandas as pd

    paths = sorted(run.glob("*/tables/*.parquet"))
    if not paths:
        raise DataError(_("{run} holds no table.", run=run))
    written = []
    for path in paths:
        file = target / path.parts[-3] / f"{path.stem}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        frame = _plain(pd.read_parquet(path))
        frame.to_csv(file, index=False, encoding="utf-8-sig", lineterminator="\n")
        written.append(file)
    return written


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    texts = frame.columns[[str(kind) in ("object", "str", "string") for kind in frame.dtypes]]
    return frame.assign(**{name: frame[name].map(_cell) for name in texts})


def _cell(value: Any) -> Any:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
