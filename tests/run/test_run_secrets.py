"""No file of a run shows a secret: not the ones a notebook writes, nor those beside them."""

import json
import os
import signal
import time

import pytest

from insights.run import folder, publish
from insights.run.execute import Options, prepare
from tests.run.conftest import LIMIT, OPEN, outcomes
from tests.run.test_run_command import command

SECRET = "correct-horse-battery"


def prepared(project, monkeypatch):
    monkeypatch.setenv("INSIGHTS_KEY", SECRET)
    return prepare(project.study, project.root, Options())


def everything(place) -> bytes:
    return b"".join(path.read_bytes() for path in place.rglob("*") if path.is_file())


@pytest.fixture
def stage(project):
    project.notebook("first", "1")
    made = project.outputs / ".staging-20260101T000000Z-abc"
    for name in ("first", "second"):
        (made / name / "tables").mkdir(parents=True)
        (made / name / "results.json").write_text('{"headline": "fine", "findings": []}')
    entries = {"first": {"outcome": "ok", "key": "k"}}
    publish.write_entries(made, entries)
    return made


@pytest.mark.parametrize("name", ["tables/a.csv", "other/deep/notes.txt", "results.json"])
def test_a_secret_in_any_file_of_a_notebook_withholds_the_notebook(
    stage, project, monkeypatch, name
):
    secrets = prepared(project, monkeypatch).secrets
    path = stage / "first" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"a,{SECRET}\n")
    entry = {"outcome": "ok", "seconds": 1.0, "parameters": {"note": "x"}}
    entry = publish.inspected(stage / "first", entry, secrets)
    assert entry["outcome"] == "secret" and entry["seconds"] == 1.0
    assert f"a secret in {name} (value of INSIGHTS_KEY)" in entry["error"]
    assert not (stage / "first").exists()


@pytest.mark.parametrize("field", ["error", "parameters", "reason"])
def test_a_secret_in_what_the_manifest_would_say_withholds_the_notebook(
    stage, project, monkeypatch, field
):
    secrets = prepared(project, monkeypatch).secrets
    entry = publish.inspected(stage / "first", {"outcome": "failed", field: [SECRET]}, secrets)
    assert entry["outcome"] == "secret" and SECRET not in str(entry)


@pytest.mark.parametrize("where", ["title", "run.log", "study.yml"])
def test_what_stands_beside_the_notebooks_is_inspected_too(stage, project, monkeypatch, where):
    secrets = prepared(project, monkeypatch).secrets
    values = folder.read_manifest(stage) | {"exit_code": 0, "status": "ok"}
    if where == "title":
        values["title"] = f"Study {SECRET}"
    else:
        (stage / where).write_text(f"password {SECRET}")
    said = publish.sealed(stage, values, secrets, project=project.root)
    assert said["exit_code"] == 7 and said["status"] == "failed"
    assert SECRET.encode() not in everything(stage)
    assert json.loads((stage / "manifest.json").read_text())["exit_code"] == 7


def test_what_a_killed_run_left_is_inspected_before_it_gets_its_name(stage, project, monkeypatch):
    ready = prepared(project, monkeypatch)
    (stage / "first" / "notes.txt").write_text(SECRET)
    (stage / "second" / "notebook.ipynb").write_text(SECRET)
    (stage / "run.log").write_text(SECRET)
    folder.salvage(
        project.outputs,
        lambda place: publish.salvaged(place, ready.secrets, project=project.root),
    )
    kept = project.outputs / stage.name.removeprefix(".staging-")
    assert SECRET.encode() not in everything(kept)
    assert not (kept / "second").exists()  # it had not ended
    assert folder.read_manifest(kept)["notebooks"]["first"]["outcome"] == "secret"


SHOWN = {
    "raised": "raise ValueError('cannot connect: ' + os.environ['INSIGHTS_KEY'])",
    "printed": "print(os.environ['INSIGHTS_KEY'])",
    "given": "done = 1",
    "saved": "pd.DataFrame({'a': ['postgresql://anna:' + 'hunter2' + '@db.example/x']})"
             ".to_parquet(nb.context.folder / 'own.parquet')",
}  # fmt: skip


@pytest.mark.slow
def test_a_run_that_shows_a_secret_ends_with_7_and_shows_it_nowhere(project, monkeypatch):
    monkeypatch.setenv("INSIGHTS_KEY", SECRET)
    for name, cell in SHOWN.items():
        project.notebook(
            name, OPEN.format(name=name), f"import os, pandas as pd; {cell}",
            parameters='upstream = []\nnote: str = ""  # a text\n',
        )  # fmt: skip
    given = f"given.note={SECRET}"
    run = project.run(extra=(given,), command=f"insights run -p {given}")
    assert outcomes(run) == dict.fromkeys(SHOWN, "secret") and run.exit_code == 7
    assert SECRET.encode() not in everything(project.outputs)
    assert SECRET not in str(project.teller.events)
    assert "own.parquet (password in a URL" in run.manifest["notebooks"]["saved"]["error"]


@pytest.mark.slow
def test_a_secret_of_a_run_that_was_killed_is_not_published_by_the_next(project, monkeypatch):
    monkeypatch.setenv("INSIGHTS_KEY", SECRET)
    mark = project.root / "mark"
    project.simple("first", parameters=LIMIT)
    project.notebook(
        "second", OPEN.format(name="second"), "import os; print(os.environ['INSIGHTS_KEY'])",
        "(nb.context.folder / 'a.txt').write_text(os.environ['INSIGHTS_KEY'])",
        f"open({str(mark)!r}, 'w').write('x')", "import time; time.sleep(60)",
    )  # fmt: skip
    process = command(project, "run", str(project.study), "--jobs", "1")
    deadline = time.monotonic() + 90
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    project.notebook("second", "done = 1")
    time.sleep(2.5)  # its worker sees that the run is gone
    assert project.run().exit_code == 0
    assert SECRET.encode() not in everything(project.outputs)
