"""Two outputs are compared to the first cell, pixel and number that differ."""

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from insights.report import normal_page, render_index, render_notebook
from insights.run.equality import places

FRAME = {"id": ["a", "b", "c"], "value": [0.1, np.nan, 0.3], "list": [[1], [2, 3], []]}


@pytest.fixture
def folders(tmp_path):
    def save(name, frame=FRAME, pixel=0, printed="n = 0.25 here", seconds=1.0):
        place = tmp_path / name
        for part in ("tables", "figures"):
            (place / part).mkdir(parents=True)
        pd.DataFrame(frame).to_parquet(place / "tables" / "numbers.parquet")
        image = Image.new("RGB", (4, 3))
        image.putpixel((2, 1), (pixel, 0, 0))
        image.save(place / "figures" / "trend.png")
        output = new_output("display_data", data={"text/plain": printed})
        cells = [new_code_cell("1", id="a"), new_code_cell("2", id="b", outputs=[output])]
        nb = new_notebook(cells=cells)
        nb.metadata["papermill"] = {"start_time": name}
        nbformat.write(nb, place / "notebook.ipynb")
        entry = {"outcome": "ok", "seconds": seconds}
        manifest = {"run": name, "finished": f"2026-01-0{seconds:.0f}T00:00:00+00:00",
                    "notebooks": {"first": entry}}  # fmt: skip
        page = render_notebook(nb, manifest=manifest, name="first")
        (place / "report.html").write_text(page)
        return place

    return save


def test_two_runs_of_one_answer_are_equal_though_their_clocks_are_not(folders):
    first, second = folders("run1"), folders("run2", seconds=2.0)
    assert (first / "report.html").read_bytes() != (second / "report.html").read_bytes()
    assert list(places(first, second, pages=True)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": [0.1, np.nan, 0.31]}, ("row 3, column value", "0.3", "0.31")),
        ({"value": [0.1, 2.0, 0.31]}, ("row 2, column value (1 more cell)", "nan", "2.0")),
        ({"list": [[1], [2, 4], []]}, ("row 2, column list", "[2 3]", "[2 4]")),
        ({"id": [1, 2, 3]}, ("row 1, column id (2 more cells)", "a", "1")),
        ({"value": np.array([0.1, np.nan, 0.3], "float32")}, None),
        ({"new": [1, 2, 3]}, ("columns", "id, value, list", "id, value, list, new")),
    ],
)
def test_a_table_s_first_cell_that_differs_is_named(folders, change, said):
    found = list(places(folders("a"), folders("b", frame=FRAME | change), pages=False))
    where, *values = found[0]
    assert len(found) == 1 and where.startswith("table numbers ")
    if said:
        assert (where.removeprefix("table numbers "), *values) == said


def test_a_table_with_more_rows_says_how_many_and_where_they_part(folders):
    longer = {"id": ["a", "x", "c", "d"], "value": [0.1, np.nan, 0.3, 1.0],
              "list": [[1], [2, 3], [], []]}  # fmt: skip
    found = list(places(folders("a"), folders("b", frame=longer), pages=False))
    assert found == [("table numbers length; row 2, column id", "3 rows", "4 rows")]


def test_a_figure_a_cell_and_a_page_say_where_they_differ(folders):
    first, second = folders("a"), folders("b", pixel=9, printed="n = 0.35 here")
    found = {where: values for where, *values in places(first, second, pages=True)}
    assert found["figure trend.png 1 pixel, at 2, 1"] == ["(0, 0, 0)", "(9, 0, 0)"]
    was, now = found["notebook.ipynb cell 2"]
    assert was.endswith("n = 0.25") and now.endswith("n = 0.35")
    was, now = found["report.html"]
    assert was.endswith("n = 0.25") and now.endswith("n = 0.35")


def test_what_only_one_run_has_is_named(folders):
    first, second = folders("a"), folders("b")
    (second / "figures" / "trend.png").unlink()
    assert list(places(first, second, pages=True)) == [("figure trend.png", "present", "absent")]


def test_the_normal_form_of_an_index_has_no_name_time_or_outcome_of_its_run():
    def index(run, outcome, seconds):
        entry = {"outcome": outcome, "seconds": seconds, "peak_memory_mb": seconds * 9}
        return render_index(
            {"run": run, "finished": f"2026-01-0{seconds}T00:00:00+00:00", "command": run,
             "notebooks": {"first": entry}, "outputs": {"first/report.html": run * 9}},
            {"first": {"findings": [{"kind": "a", "headline": "Said."}]}},
        )  # fmt: skip

    first, second = index("run1", "ok", 1), index("run2", "cached", 2)
    assert first != second and normal_page(first) == normal_page(second)
    assert "Said." in normal_page(first)
