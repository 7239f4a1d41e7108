"""Runs of a small project, end to end: what is made, reused, refused and said."""

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pandas as pd
import pytest

from insights.errors import DataError, ParamsError
from insights.run import folder
from insights.run.compare import differences, intact, verify
from insights.run.execute import Options, explain, prepare
from insights.run.process import Limits
from tests.run.conftest import OPEN, SAVE, Silent

AFTER_FIRST = 'upstream = ["first"]\n'


def outcomes(run) -> dict[str, str]:
    return {name: entry["outcome"] for name, entry in run.manifest["notebooks"].items()}


def statuses(run, name: str) -> list[str]:
    node = nbformat.read(run.folder / name / "notebook.ipynb", as_version=4)
    return [cell.metadata.papermill["status"] for cell in node.cells]


def test_a_run_leaves_pages_tables_manifest_and_moves_latest(project):
    project.simple("first", "limit", parameters="upstream = []\nlimit: int = 3  # rows\n")
    project.named["first"] = {"limit": 5}
    project.notebook(
        "second", OPEN.format(name="second"),
        "nb.save(doubled=nb.table('numbers') * 2)", parameters=AFTER_FIRST,
    )  # fmt: skip
    run = project.run()
    assert outcomes(run) == {"first": "ok", "second": "ok"} and run.exit_code == 0
    table = pd.read_parquet(run.folder / "second" / "tables" / "doubled.parquet")
    assert table["value"].tolist() == [10]
    for path in ("index.html", "manifest.json", "run.log", "first/report.html",
                 "first/notebook.ipynb", "first/results.json"):  # fmt: skip
        assert (run.folder / path).is_file(), path
    assert (project.outputs / "latest").is_symlink()
    assert (project.outputs / "latest").resolve() == run.folder
    assert run.manifest["inputs"].keys() == {"data/a.csv"}
    assert not list(project.outputs.glob(".staging-*"))


def test_nothing_in_the_outputs_names_this_machine_s_folders(project):
    project.simple("first")
    run = project.run()
    for path in ("first/notebook.ipynb", "first/report.html", "index.html"):
        assert str(project.root) not in (run.folder / path).read_text(), path


def test_a_second_run_reuses_everything_and_says_so(project):
    project.simple("first")
    first = project.run()
    again = project.run()
    assert outcomes(again) == {"first": "cached"}
    assert again.manifest["notebooks"]["first"]["reason"] == f"as in {first.folder.name}"
    assert (again.folder / "first" / "report.html").is_file()


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda p: p.named.update(first={"limit": 9}), "parameters"),
        (lambda p: (p.root / "data" / "a.csv").write_text("text,created_at\nx,2024-01-02\n"),
         "input data/a.csv"),
        (lambda p: p.simple("first", "limit + 1", "upstream = []\nlimit: int = 3  # rows\n"),
         "notebook"),
        (lambda p: (p.root / "requirements.lock").write_text("other"), "lock"),
    ],
)  # fmt: skip
def test_what_changed_is_rerun_and_named(project, change, part):
    project.simple("first", "limit", parameters="upstream = []\nlimit: int = 3  # rows\n")
    project.run()
    change(project)
    said = dict(explain(prepare(project.study, project.root, Options())))
    assert said["first"] == f"run: changed: {part}"
    assert outcomes(project.run()) == {"first": "ok"}


def test_a_results_file_edited_by_hand_is_not_reused(project):
    project.simple("first")
    run = project.run()
    (run.folder / "first" / "tables" / "numbers.parquet").write_bytes(b"forged")
    assert outcomes(project.run()) == {"first": "ok"}


def test_force_runs_what_could_be_reused(project):
    project.simple("first")
    project.run()
    assert outcomes(project.run(force=True)) == {"first": "ok"}


def test_a_notebook_reruns_when_its_upstream_s_tables_change_and_only_then(project):
    project.simple("first", "1")
    project.simple("second", "7", parameters=AFTER_FIRST)
    project.run()
    project.simple("first", "1 + 0")
    assert outcomes(project.run()) == {"first": "ok", "second": "cached"}
    project.simple("first", "2")
    assert outcomes(project.run()) == {"first": "ok", "second": "ok"}


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


def test_latest_stays_where_it_was_when_a_run_fails_and_a_rerun_resumes(project):
    project.simple("first")
    project.simple("second", parameters=AFTER_FIRST)
    good = project.run()
    project.simple("first", "5")
    project.notebook("second", "raise ValueError('not yet')", parameters=AFTER_FIRST)
    bad = project.run()
    assert bad.exit_code == 3
    assert (project.outputs / "latest").resolve() == good.folder
    project.simple("second", "8", parameters=AFTER_FIRST)
    assert outcomes(project.run()) == {"first": "cached", "second": "ok"}


@pytest.mark.parametrize(
    ("cell", "outcome", "code"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "dead", 5),
        ("import os; os._exit(0)", "dead", 5),
        ("from insights.errors import DataError; raise DataError('nothing left')", "refused", 8),
        ("from insights.errors import ParamsError; raise ParamsError('odd')", "invalid", 2),
        ("raise OSError(28, 'No space left on device')", "storage", 9),
        ("import sys; sys.exit(3)", "failed", 3),
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


def test_a_secret_in_an_output_is_withheld(project, monkeypatch):
    monkeypatch.setenv("INSIGHTS_KEY", "correct-horse-battery")
    project.notebook("first", "import os; print(os.environ['INSIGHTS_KEY'])")
    run = project.run()
    assert outcomes(run) == {"first": "secret"} and run.exit_code == 7
    assert not (run.folder / "first").exists()
    everything = [path.read_bytes() for path in run.folder.rglob("*") if path.is_file()]
    assert not any(b"correct-horse" in content for content in everything)


def test_two_runs_of_one_study_at_once_are_refused(project):
    project.simple("first")
    with (
        folder.locked(project.outputs),
        pytest.raises(folder.Locked, match="another run of this study is under way"),
    ):
        project.run()


def test_only_reruns_what_is_named_and_carries_the_rest_forward(project):
    project.simple("first")
    project.simple("second", parameters=AFTER_FIRST)
    project.simple("third")
    project.run()
    run = project.run(only=("second",), force=True)
    assert outcomes(run) == {"first": "cached", "second": "ok", "third": "carried"}
    assert (run.folder / "third" / "report.html").is_file()


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


def test_a_notebook_without_its_input_is_skipped_and_the_run_is_fine(project):
    project.simple("first")
    project.simple("second", parameters='upstream = ["first"]\ninputs = ["market"]\n')
    run = project.run()
    assert outcomes(run) == {"first": "ok", "second": "skipped"} and run.exit_code == 0
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


def test_a_notebook_ends_content_where_a_table_is_missing(project):
    project.simple("first")
    later = "raise ValueError('never reached')"
    project.notebook("second", OPEN.format(name="second"), LEAST, later,
                     parameters='upstream = ["first"]\n')  # fmt: skip
    run = project.run()
    assert outcomes(run) == {"first": "ok", "second": "ok"}
    folder = run.folder / "second"
    assert json.loads((folder / "results.json").read_text())["headline"] == "Little can be said."
    assert (folder / "tables" / "little.parquet").is_file()
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "has no table of customers, so nothing more follows" in page
    assert "never reached" not in page


def test_a_notebook_with_its_tables_goes_on_past_the_place_where_it_could_end(project):
    project.simple("first")
    early = LEAST.replace('"customers", ', "")
    project.notebook("second", OPEN.format(name="second"), early, SAVE.format(value=2),
                     parameters='upstream = ["first"]\n')  # fmt: skip
    run = project.run()
    assert (run.folder / "second" / "tables" / "numbers.parquet").is_file()


def test_what_a_killed_run_left_is_salvaged(project):
    project.simple("first")
    run = project.run()
    (project.outputs / "latest").unlink()
    run.folder.rename(project.outputs / f".staging-{run.folder.name}")
    assert outcomes(project.run()) == {"first": "cached"}


def test_a_run_is_verified_by_making_it_again(project):
    project.simple("first")
    run = project.run()
    assert intact(run.folder) == []
    assert verify(run.folder, project.root, Silent()) == []


def test_what_a_run_left_out_is_left_out_when_it_is_verified(project):
    project.simple("first")
    project.simple("second")
    run = project.run(only=("first",))
    assert outcomes(run) == {"first": "ok", "second": "skipped"}
    assert verify(run.folder, project.root, Silent()) == []


def test_a_notebook_that_is_not_reproducible_fails_verification(project):
    project.simple("first", "__import__('time').time()")
    run = project.run()
    found = verify(run.folder, project.root, Silent())
    assert [item.what for item in found] == ["table numbers"]


def test_verify_names_a_touched_file(project):
    project.simple("first")
    run = project.run()
    (run.folder / "first" / "report.html").write_text("other")
    assert [item.what for item in intact(run.folder)] == ["first/report.html"]


def test_the_difference_of_two_runs_is_named(project):
    project.simple("first", "limit", parameters="upstream = []\nlimit: int = 3  # rows\n")
    before = project.run()
    project.named["first"] = {"limit": 4}
    after = project.run()
    found = {
        item.what: (item.before, item.after) for item in differences(before.folder, after.folder)
    }
    assert found["parameter limit"] == ("3", "4")
    assert found["table numbers"] == ("1 rows", "1 rows differ in value")


def command(project, *words, **kwargs):
    return subprocess.Popen(
        [sys.executable, "-m", "insights", *words], cwd=project.root, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_with_130_and_its_kernel_and_keeps_what_was_done(project, number):
    project.simple("first")
    mark = project.root / "kernel.pid"
    project.notebook(
        "second", f"import os; open({str(mark)!r}, 'w').write(str(os.getpid()))",
        "import time; time.sleep(120)", parameters=AFTER_FIRST,
    )  # fmt: skip
    process = command(project, "run", str(project.study), start_new_session=True)
    deadline = time.monotonic() + 60
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.2)
    os.killpg(process.pid, number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    run = next(project.outputs.glob("[0-9]*"))
    entries = json.loads((run / "manifest.json").read_text())["notebooks"]
    assert entries["first"]["outcome"] == "ok" and entries["second"]["outcome"] == "interrupted"
    assert not _alive(int(mark.read_text()))
    project.simple("second", parameters=AFTER_FIRST)
    assert outcomes(project.run()) == {"first": "cached", "second": "ok"}


def _alive(pid: int) -> bool:
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.2)
    return True


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["run", "params/none.yml"], 8, "does not exist"),
        (["run", "params/tiny.yml", "-p", "first.limt=3"], 2, "Did you mean 'limit'"),
        (["run", "params/tiny.yml", "--jobs", "0"], 2, "'--jobs': Input should be greater"),
        (["rum"], 2, "No such command"),
        (["check", "params/tiny.yml"], 0, ""),
        (["verify", "never"], 8, "there is no run 'never'"),
        (["params", "frist"], 2, "Did you mean 'first'"),
    ],
)
def test_the_command_line_refuses_in_one_message_and_never_with_a_traceback(
    project, words, code, message
):
    project.simple("first", parameters="upstream = []\nlimit: int = 3  # rows\n")
    assert project.study
    process = command(project, *words)
    said, told = process.communicate(timeout=60)
    assert process.returncode == code, told
    assert message in " ".join((said + told).split()), told
    assert "Traceback" not in told


def test_a_run_on_the_command_line_tells_events_and_prints_its_page_last(project):
    project.simple("first")
    process = command(project, "run", str(project.study))
    said, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    assert said.strip().splitlines()[-1].endswith("index.html")
    events = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert [event["event"] for event in events] == ["start", "end"]


def test_the_command_line_ends_with_the_run_s_exit_code(project):
    project.notebook("first", "1 / 0")
    process = command(project, "run", str(project.study))
    said, told = process.communicate(timeout=120)
    assert process.returncode == 3, told
    assert "first: failed: division by zero" in " ".join(told.split())
    assert said.strip().endswith("index.html")


def test_a_notebook_that_was_edited_since_is_named_by_the_difference(project):
    project.simple("first", "1")
    before = project.run()
    project.simple("first", "1 + 0")
    found = differences(before.folder, project.run().folder)
    assert [item.what for item in found] == ["notebook it was made with"]
