"""The dictionaries of tables are made from what the tables declare."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
from pathlib import Path

import pandas as pd
import pytest

from insights.tables import declared

ROOT = Path(__file__).parents[2]
ANALYSES = sorted(p.parent.name for p in (ROOT / "src/insights/analyses").glob("*/tables.py"))


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("tool", ROOT / "tools" / "data_dictionary.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_are_what_the_tool_writes(tool):
    again = "write it anew: .venv/bin/python tools/data_dictionary.py"
    page = (ROOT / "data" / "README.md").read_text("utf-8")
    assert tool.canonical(page) == page, again
    assert (ROOT / "docs" / "tables.md").read_text("utf-8") == tool.outputs(), again


@pytest.mark.parametrize("analysis", ANALYSES)
def test_an_empty_table_has_its_columns_and_types(analysis):
    for name, table in importlib.import_module(
        f"insights.analyses.{analysis}.tables"
    ).OUTPUTS.items():
        empty = table.empty()
        assert table.name == name and len(empty) == 0
        assert {key: str(kind) for key, kind in empty.dtypes.items()} == dict(table.dtypes)
        assert all(table.meanings.values()) and table.meanings.keys() == table.dtypes.keys()


def test_a_declaration_is_read_and_a_column_without_meaning_refused():
    table = declared("seen: a topic\n  topic_id str\n  n int records")["seen"]
    assert table.row == "a topic" and table.meanings["n"] == "records"
    frame = table.frame(pd.DataFrame({"n": [2.0], "topic_id": ["3"], "x": [1]}))
    assert frame.columns.tolist() == ["topic_id", "n"] and frame["n"].dtype == "int64"
    with pytest.raises(ValueError, match="column 'odd' is declared twice, or has no meaning"):
        declared("seen: a topic\n  odd int")


def saved(notebook: Path) -> set[str]:
    """Return the names under which a notebook saves tables."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    names = set()
    for cell in cells:
        tree = ast.parse("".join(cell["source"]) if cell["cell_type"] == "code" else "")
        for call in [node for node in ast.walk(tree) if isinstance(node, ast.Call)]:
            what = ast.unparse(call.func)
            given = {key.arg: key.value for key in call.keywords if key.arg}
            if what == "nb.show" and "table" in given:
                names.add(ast.literal_eval(given["table"]))
            if what == "nb.save":
                names |= given.keys()
    return names


@pytest.mark.parametrize("analysis", ANALYSES)
def test_every_table_that_a_notebook_names_is_declared(analysis):
    outputs = importlib.import_module(f"insights.analyses.{analysis}.tables").OUTPUTS
    assert saved(ROOT / "notebooks" / f"{analysis}.ipynb") <= outputs.keys()
