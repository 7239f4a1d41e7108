"""Runs of a small project, end to end: what is made, refused and said."""

import json

import nbformat
import pandas as pd
import pytest

from insights.errors import DataError, ParamsError
from insights.report import render_index, render_notebook
from insights.run import folder
from insights.run.process import Limits
from insights.run.publish import read_results
from tests.run.conftest import AFTER_FIRST, LIMIT, OPEN, SAVE, outcomes, statuses

pytestmark = pytest.mark.slow  # kernels are started


def test_a_run_leaves_pages_tables_manifest_and_moves_latest(project):
    project.simple("first", "limit", parameters=LIMIT)
    project.named["first"] = {"limit": 5}
    (project.root / "data" / "b.csv").write_text("a")
    project.notebook(
        "second", OPEN.format(name="second"),
        "nb.save(doubled=nb.table('numbers') * 2)", "open('data/a.csv'), open('data/b.csv')",
        parameters=AFTER_FIRST,
    )  # fmt: skip
    run = project.run()
    assert outcomes(run) == {"first": "ok", "second": "ok"} and run.exit_code == 0
    outside = {
        name: told.get("undeclared_reads") for name, told in run.manifest["notebooks"].items()
    }
    assert outside == {"first": None, "second": ["data/b.csv"]}
    table = pd.read_parquet(run.folder / "second" / "tables" / "doubled.parquet")
    assert table["value"].tolist() == [10]
    for path in ("index.html", "manifest.json", "run.log", "first/report.html",
                 "first/notebook.ipynb", "first/results.json"):  # fmt: skip
        assert (run.folder / path).is_file(), path
    assert (project.outputs / "latest").is_symlink()
    assert (project.outputs / "latest").resolve() == run.folder
    assert run.manifest["inputs"].keys() == {"data/a.csv"}
    assert not list(project.outputs.glob(".staging-*"))


def test_nothing_in_the_outputs_names_this_machine_s_folders(_ran):
    project, run = _ran
    for path in ("first/notebook.ipynb", "first/report.html", "index.html"):
        assert str(project.root) not in (run.folder / path).read_text(), path


BROKEN = ["{", "[]", "null"]  # no JSON object
ODD = ['{"findings": 3, "tables": [1], "settings": "x"}',
       '{"findings": [1, {"checks": 4, "doubts": "x"}, null]}']  # fmt: skip


@pytest.mark.parametrize("text", [*BROKEN, *ODD])
def test_other_people_s_results_are_read_as_far_as_they_are_sound(tmp_path, text):
    (tmp_path / "results.json").write_text(text)
    found = read_results(tmp_path)
    assert (found is None) == (text in BROKEN)
    nb = nbformat.v4.new_notebook()
    assert "<h1>" in render_notebook(nb, results=found, manifest={}, name="first")
    assert "<h1>" in render_index({"notebooks": {"first": {"outcome": "ok"}}}, {"first": found})


def test_a_broken_results_file_of_an_old_run_ends_no_later_run(project):
    project.simple("first")
    old = project.run()
    (old.folder / "first" / "results.json").write_text(BROKEN[0])
    again = project.run(force=True)
    assert again.exit_code == 0 and (project.outputs / "history.html").is_file()


def test_a_broken_results_file_of_this_run_fails_its_notebook_alone(project):
    write = "(nb.context.folder / 'results.json').write_text('[]')"
    project.notebook("first", OPEN.format(name="first"), write)
    run = project.run()
    assert outcomes(run) == {"first": "failed"} and (run.folder / "index.html").is_file()


def test_a_shipped_notebook_that_saves_nothing_is_no_success(project):
    project.notebook("roi", "done = True", parameters="upstream = []\nseed: int = 7\n")
    run = project.run()
    assert outcomes(run) == {"roi": "failed"} and run.exit_code == 3
    assert "without nb.save" in run.manifest["notebooks"]["roi"]["error"]


def test_an_edit_of_a_reused_notebook_changes_no_other_run(project):
    project.simple("first")
    first = project.run()
    project.simple("second")
    again = project.run()
    with (again.folder / "first" / "report.html").open("a") as page:
        page.write("edited")
    assert "edited" not in (first.folder / "first" / "report.html").read_text()


def test_a_failed_cell_is_marked_kept_and_blocks_its_descendants_only(project):
    project.notebook("first", "1 / 0", "x = 1")
    project.simple("second", parameters=AFTER_FIRST)
    project.simple("third")
    run = project.run()
    assert outcomes(run) == {"first": "failed", "second": "blocked", "third": "ok"}
    assert run.exit_code == 3
    entry = run.manifest["notebooks"]["first"]
    assert entry["cell"] == 2 and "division by zero" in entry["error"]
    assert statuses(run, "first") == ["completed", "failed", "pending"]
    assert "ZeroDivisionError" in (run.folder / "first" / "report.html").read_text()
    assert not (project.outputs / "latest").exists()


@pytest.mark.parametrize(
    ("cell", "outcome", "code"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "dead", 5),
        ("import os; os._exit(0)", "dead", 5),
        ("from insights.errors import DataError; raise DataError('nothing left')", "refused", 8),
        ("from insights.errors import ParamsError; raise ParamsError('odd')", "invalid", 2),
        ("raise OSError(28, 'No space left on device')", "storage", 9),
        ("import sys; sys.exit(3)", "failed", 3),
        ("import sys; sys.exit(0)", "failed", 3),
        ("raise SystemExit", "failed", 3),
    ],
)
def test_each_cause_has_its_outcome_its_exit_code_and_truthful_cells(project, cell, outcome, code):
    project.notebook("first", cell, "after = 1")
    run = project.run()
    assert outcomes(run) == {"first": outcome} and run.exit_code == code
    assert statuses(run, "first") == ["completed", "failed", "pending"]
    assert run.manifest["notebooks"]["first"]["cell"] == 2


def test_a_time_out_is_told_from_a_failure(project):
    project.notebook("first", "import time; time.sleep(60)", "after = 1")
    run = project.run(limits=Limits(cell_seconds=2))
    assert outcomes(run) == {"first": "timeout"} and run.exit_code == 4
    assert statuses(run, "first") == ["completed", "failed", "pending"]


def test_the_total_limit_counts_all_cells(project):
    project.notebook("first", *["import time; time.sleep(1.2)"] * 10)
    run = project.run(limits=Limits(total_seconds=3))
    assert outcomes(run) == {"first": "timeout"}


def test_two_runs_of_one_study_at_once_are_refused(project):
    project.simple("first")
    with (
        folder.locked(project.outputs),
        pytest.raises(folder.Locked, match="another run of this study is under way"),
    ):
        project.run()


def test_only_with_a_misspelt_name_is_refused(project):
    project.simple("first")
    with pytest.raises(ParamsError, match=r"--only frist: .* Did you mean 'first'"):
        project.run(only=("frist",))


def test_a_missing_input_is_refused_before_anything_runs(project):
    project.simple("first")
    (project.root / "data" / "a.csv").unlink()
    with pytest.raises(DataError, match=r"data/a.csv"):
        project.run()
    assert not project.outputs.exists()


def test_a_notebook_without_its_input_is_skipped_and_the_run_is_fine(ran):
    project, _ = ran
    project.simple("second", parameters='upstream = ["first"]\ninputs = ["market"]\n')
    run = project.run()
    assert outcomes(run) == {"first": "cached", "second": "skipped"} and run.exit_code == 0
    assert run.manifest["notebooks"]["second"]["reason"] == "the study has no market"


LEAST = """from dataclasses import dataclass
import pandas as pd
from insights.result import Result
@dataclass(frozen=True, kw_only=True)
class Little(Result):
    def sentences(self): return ["Little can be said."]
    def table(self): return pd.DataFrame({"a": [1]})
    def plot(self, ax=None): return ax
nb.end_without("numbers", "customers", instead=Little(n=3))"""


def test_a_notebook_ends_content_where_a_table_is_missing(ran):
    project, _ = ran
    later = "raise ValueError('never reached')"
    project.notebook("second", OPEN.format(name="second"), LEAST, later,
                     parameters='upstream = ["first"]\n')  # fmt: skip
    run = project.run()
    assert outcomes(run) == {"first": "cached", "second": "ok"}
    folder = run.folder / "second"
    assert json.loads((folder / "results.json").read_text())["headline"] == "Little can be said."
    assert (folder / "tables" / "little.parquet").is_file()
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "has no table of customers, so nothing more follows" in page
    assert "never reached" not in page


def test_a_notebook_with_its_tables_goes_on_past_the_place_where_it_could_end(ran):
    project, _ = ran
    early = LEAST.replace('"customers", ', "")
    project.notebook("second", OPEN.format(name="second"), early, SAVE.format(value=2),
                     parameters='upstream = ["first"]\n')  # fmt: skip
    run = project.run()
    assert (run.folder / "second" / "tables" / "numbers.parquet").is_file()
