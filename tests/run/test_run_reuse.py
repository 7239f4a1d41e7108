"""Runs after a run: what is reused, made again, verified and compared."""

import pytest

from insights.run.compare import differences, intact, verify
from insights.run.execute import Options, explain, prepare, run_study
from insights.run.folder import manifests
from insights.run.past_runs import good_times
from tests.run.conftest import AFTER_FIRST, LIMIT, Silent, outcomes

pytestmark = pytest.mark.slow  # kernels are started


def test_a_second_run_reuses_everything_and_says_so(ran):
    project, first = ran
    again = project.run()
    assert outcomes(again) == {"first": "cached"} and again.exit_code == 0
    assert again.manifest["notebooks"]["first"]["reason"] == f"as in {first.folder.name}"
    assert again.page == first.page and (again.folder / "first" / "report.html").is_file()


def test_a_rerun_that_changes_nothing_makes_no_folder_and_its_time_is_noted(ran):
    project, first = ran
    before = sorted(project.outputs.iterdir())
    assert project.run().folder == first.folder == (project.outputs / "latest").resolve()
    assert sorted(project.outputs.iterdir()) == before
    assert len(good_times(manifests(project.outputs))) == 2
    project.study.write_text(project.study.read_text() + "description: new\n")
    ready = prepare(project.root / "params" / "tiny.yml", project.root, Options())
    assert run_study(ready, Silent()).folder != first.folder


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda p: p.named.update(first={"limit": 9}), "parameters"),
        (lambda p: (p.root / "data" / "a.csv").write_text("text,created_at\nx,2024-01-02\n"),
         "input data/a.csv"),
        (lambda p: p.simple("first", "limit + 1", LIMIT), "notebook"),
        (lambda p: (p.root / "requirements.lock").write_text("other"), "lock"),
    ],
)  # fmt: skip
def test_what_changed_is_rerun_and_named(ran, change, part):
    project, _ = ran
    change(project)
    said = dict(explain(prepare(project.study, project.root, Options())))
    assert said["first"] == f"run: changed: {part}"
    assert outcomes(project.run()) == {"first": "ok"}


def test_a_results_file_edited_by_hand_is_not_reused(ran):
    project, run = ran
    (run.folder / "first" / "tables" / "numbers.parquet").write_bytes(b"forged")
    assert outcomes(project.run()) == {"first": "ok"}


def test_force_runs_what_could_be_reused(ran):
    project, _ = ran
    assert outcomes(project.run(force=True)) == {"first": "ok"}


def test_a_notebook_reruns_when_its_upstream_s_tables_change_and_only_then(ran):
    project, _ = ran
    project.simple("second", "7", parameters=AFTER_FIRST)
    project.run()
    project.simple("first", "limit + 0", parameters=LIMIT)
    assert outcomes(project.run()) == {"first": "ok", "second": "cached"}
    project.simple("first", "limit + 1", parameters=LIMIT)
    assert outcomes(project.run()) == {"first": "ok", "second": "ok"}


def test_latest_stays_where_it_was_when_a_run_fails_and_a_rerun_resumes(ran):
    project, _ = ran
    project.simple("second", parameters=AFTER_FIRST)
    good = project.run()
    project.simple("first", "5")
    project.notebook("second", "raise ValueError('not yet')", parameters=AFTER_FIRST)
    bad = project.run()
    assert bad.exit_code == 3
    assert (project.outputs / "latest").resolve() == good.folder
    project.simple("second", "8", parameters=AFTER_FIRST)
    assert outcomes(project.run()) == {"first": "cached", "second": "ok"}


def test_only_reruns_what_is_named_and_carries_the_rest_forward(ran):
    project, _ = ran
    project.simple("second", parameters=AFTER_FIRST)
    project.simple("third")
    project.run()
    run = project.run(only=("second",), force=True)
    assert outcomes(run) == {"first": "cached", "second": "ok", "third": "carried"}
    assert (run.folder / "third" / "report.html").is_file()


def test_what_a_killed_run_left_is_salvaged(ran):
    project, run = ran
    (project.outputs / "latest").unlink()
    run.folder.rename(project.outputs / f".staging-{run.folder.name}")
    assert outcomes(project.run()) == {"first": "cached"}


def test_a_run_is_verified_by_making_it_again(ran):
    project, run = ran
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
    assert [item.what for item in found] == ["table numbers row 1, column value"]


def test_verify_names_a_touched_file(ran):
    _, run = ran
    (run.folder / "first" / "report.html").write_text("other")
    assert [item.what for item in intact(run.folder)] == ["first/report.html"]


def test_the_difference_of_two_runs_is_named(ran):
    project, before = ran
    project.named["first"] = {"limit": 4}
    after = project.run()
    found = {
        item.what: (item.before, item.after) for item in differences(before.folder, after.folder)
    }
    assert found["parameter limit"] == ("3", "4")
    assert found["table numbers row 1, column value"] == ("3", "4")


def test_a_notebook_that_was_edited_since_is_named_by_the_difference(ran):
    project, before = ran
    project.simple("first", "limit + 0", parameters=LIMIT)
    found = differences(before.folder, project.run().folder)
    assert [item.what for item in found] == ["notebook it was made with"]
