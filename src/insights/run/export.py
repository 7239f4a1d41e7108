"""What a run holds, for programs that read no Parquet, for slides and for paper."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from insights.errors import DataError, InsightsError
from insights.messages import _

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FORMS", "export_figures", "export_pages", "export_tables"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_EXCEL_ROWS = 1_048_575  # of a sheet, below its header
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_SECONDS = 120  # a page may take to print


def export_tables(run: Path, target: Path, form: str = "csv") -> list[Path]:
    """Write every table of a run to `target/NOTEBOOK/TABLE.*`; return the files.

    `form` is a key of `FORMS`. CSV is UTF-8 with a mark of order, so that spreadsheets read it;
    in CSV and Excel lists are JSON, and a text or column name that a spreadsheet would run as a
    formula is given an apostrophe in front: it may come from customers.
    """
    paths = sorted(run.glob("*/tables/*.parquet"))
    if not paths:
        raise DataError(_("{run} holds no table.", run=run))
    suffix, write = FORMS[form]
    return [_into(target, path, suffix, write) for path in paths]


def export_figures(run: Path, target: Path) -> list[Path]:
    """Copy every figure of a run, as PNG and as SVG, to `target/NOTEBOOK/`; return the files."""
    paths = sorted([*run.glob("*/figures/*.png"), *run.glob("*/figures/*.svg")])
    return [_into(target, path, path.suffix, shutil.copyfile) for path in paths]


def export_pages(run: Path, target: Path) -> list[Path]:
    """Print the index and every notebook's page to `target` as PDF; return the files."""
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise InsightsError(
            _("PDF is printed by Chromium, and none was found: install it, or name it in CHROMIUM.")
        )
    target.mkdir(parents=True, exist_ok=True)
    pages = {"index": run / "index.html"}
    pages |= {path.parent.name: path for path in sorted(run.glob("*/report.html"))}
    return [_printed(browser, page, target / f"{name}.pdf") for name, page in pages.items()]


def _into(target: Path, path: Path, suffix: str, write: Callable[[Path, Path], Any]) -> Path:
    file = target / path.parts[-3] / f"{path.stem}{suffix}"
    file.parent.mkdir(parents=True, exist_ok=True)
    write(path, file)
    return file


def _csv(path: Path, file: Path) -> None:
    _plain(path).to_csv(file, index=False, encoding="utf-8-sig", lineterminator="\n")


def _excel(path: Path, file: Path) -> None:
    import pandas as pd

    frame = _plain(path)
    if len(frame) > _EXCEL_ROWS:
        raise DataError(
            _(
                "{table} has {n} rows and a sheet of Excel {most}: take csv or parquet.",
                table=path.stem, n=f"{len(frame):,}", most=f"{_EXCEL_ROWS:,}",
            )
        )  # fmt: skip
    for name, values in frame.items():
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            frame[name] = values.dt.tz_convert("UTC").dt.tz_localize(None)
    frame.to_excel(file, index=False, sheet_name=path.stem[:31], engine="openpyxl")


def _plain(path: Path) -> pd.DataFrame:
    import pandas as pd

    frame = pd.read_parquet(path)
    texts = frame.columns[[str(kind) in ("object", "str", "string") for kind in frame.dtypes]]
    frame = frame.assign(**{name: frame[name].map(_cell) for name in texts})
    return frame.set_axis([_cell(str(name)) for name in frame.columns], axis=1)


def _cell(value: Any) -> Any:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if not isinstance(value, str):
        return value
    # control characters, which no sheet may hold
    value = "".join(one for one in value if one >= " " or one in "\t\n\r")
    return f"'{value}" if value.startswith(_FORMULA) else value


def _printed(browser: str, page: Path, file: Path) -> Path:
    with tempfile.TemporaryDirectory() as profile:
        words = [browser, "--headless", "--disable-gpu", f"--user-data-dir={profile}",
                 "--no-pdf-header-footer", f"--print-to-pdf={file.resolve()}"]  # fmt: skip
        if hasattr(os, "getuid") and os.getuid() == 0:
            words.append("--no-sandbox")  # which root cannot have
        done = subprocess.run(
            [*words, page.resolve().as_uri()], capture_output=True, text=True, timeout=_SECONDS
        )
    if not file.is_file():
        told = (done.stderr.strip().splitlines() or [""])[-1]
        raise DataError(_("{page} was not printed: {told}", page=page, told=told))
    return file


FORMS: dict[str, tuple[str, Callable[[Path, Path], Any]]] = {
    "csv": (".csv", _csv),
    "excel": (".xlsx", _excel),
    "parquet": (".parquet", shutil.copyfile),
}
