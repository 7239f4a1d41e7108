"""Executing a notebook with much output: our engine beside papermill's own, in turn."""

import tempfile
import time
from pathlib import Path

import nbformat
import papermill

from insights.run.engine import ENGINE, register


def notebook(cells: int, kilobytes: int) -> nbformat.NotebookNode:
    source = f"print('x' * {kilobytes * 1000})"
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_code_cell(source) for _ in range(cells)]
    return made


def seconds(path: Path, engine: str | None) -> float:
    started = time.perf_counter()
    out = path.with_name("out.ipynb")
    papermill.execute_notebook(
        str(path), str(out), engine_name=engine, kernel_name="python3", progress_bar=False
    )
    return time.perf_counter() - started


def main() -> None:
    register()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.ipynb"
        nbformat.write(notebook(40, 200), path)
        pairs = [(seconds(path, ENGINE), seconds(path, None)) for _ in range(3)]
    for ours, theirs in pairs:
        print(f"40 cells of 200 kB: ours {ours:.1f} s, papermill's {theirs:.1f} s, "
              f"ratio {theirs / ours:.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
