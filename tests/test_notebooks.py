"""The rules that shipped notebooks keep: narrative and calls, nothing else."""

import ast
import json
from pathlib import Path

import pytest

from insights.run.plan import all_specs, read_notebook, settings_model

ROOT = Path(__file__).parents[1]
# a notebook that somebody drops in has no order, and is left alone
NOTEBOOKS = [spec.path for spec in all_specs(ROOT / "notebooks").values() if spec.order is not None]
FORBIDDEN = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Try, ast.Lambda, ast.With)


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param


def cells(path: Path, kind: str) -> list[dict]:
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == kind]


def code_lines(cell: dict) -> list[str]:
    lines = "".join(cell["source"]).splitlines()
    return [line for line in lines if line.strip() and not line.strip().startswith("#")]


def test_a_notebook_is_committed_without_outputs(notebook):
    for cell in cells(notebook, "code"):
        assert cell["outputs"] == [] and cell["execution_count"] is None


def test_a_notebook_is_mostly_prose_and_few_lines_of_code(notebook):
    code, prose = cells(notebook, "code"), cells(notebook, "markdown")
    assert len(prose) / (len(code) + len(prose)) >= 0.4
    tagged = [cell for cell in code if "parameters" in cell["metadata"].get("tags", ())]
    assert sum(len(code_lines(cell)) for cell in code if cell not in tagged) <= 60
    for cell in code:
        assert cell in tagged or len(code_lines(cell)) <= 8, "".join(cell["source"])


def test_a_notebook_defines_nothing_and_loops_over_nothing(notebook):
    for cell in cells(notebook, "code"):
        for node in ast.walk(ast.parse("".join(cell["source"]))):
            assert not isinstance(node, FORBIDDEN), ast.unparse(node)


def test_a_notebook_opens_with_a_question_and_ends_with_doubts_and_a_conclusion(notebook):
    prose = ["".join(cell["source"]) for cell in cells(notebook, "markdown")]
    assert prose[0].startswith("# ")
    text = "\n".join(prose)
    assert "## What could be wrong" in text and "## Conclusion" in text
    code = "\n".join("".join(cell["source"]) for cell in cells(notebook, "code"))
    assert "nb.doubts(" in code and "nb.save(" in code


def test_the_parameters_cell_and_the_params_model_are_the_same(notebook):
    spec = read_notebook(notebook)
    fields = settings_model(spec).model_fields
    assert {item.name: item.default for item in spec.parameters} == {
        name: field.default for name, field in fields.items()
    }
    for item in spec.parameters:
        assert item.about, f"{item.name} has no comment"
        assert type(item.default).__name__ == item.kind, item.name
        assert fields[item.name].description, f"{item.name} has no description"


def test_a_notebook_reads_and_saves_only_through_its_face(notebook):
    code = "\n".join("".join(cell["source"]) for cell in cells(notebook, "code"))
    for word in ("read_csv", "read_parquet", "open(", "to_csv", "to_parquet", "savefig", "%"):
        assert word not in code, word


def test_every_cell_has_a_stable_id(notebook):
    found = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    ids = [cell["id"] for cell in found]
    assert len(set(ids)) == len(ids)
    assert all(name.startswith(f"{notebook.stem}-") for name in ids), ids


def test_the_prose_claims_no_cause(notebook):
    text = "\n".join("".join(cell["source"]) for cell in cells(notebook, "markdown")).lower()
    for word in (" drives ", " caused by ", " leads to ", "导致"):
        assert word not in text, word
