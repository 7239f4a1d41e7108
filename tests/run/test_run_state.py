"""State that one run hands to the next, and files beside a study that people edit."""

import json
from pathlib import Path

import pytest

from insights import notebook
from insights.errors import ParamsError
from insights.run import edits, state
from insights.run.compare import differences, verify
from insights.run.context import CONTEXT, Context
from insights.run.execute import Options, explain, prepare
from insights.run.plan import read_notebook
from tests.run.conftest import OPEN, Silent, outcomes

pytestmark = pytest.mark.slow  # kernels are started

PARAMETERS = 'upstream = []\nstate = ["count.log"]\nedited = ["book"]\nlimit: int = 3  # rows\n'
READ = "before = nb.state('count.log').get('n.txt', '0')"
KEEP = (
    "import pandas as pd\nnow = str(int(before) + 1)\nnb.keep('count.log', {'n.txt': now})\n"
    "book = nb.edited('book')\nsaid = book.read_text() if book.is_file() else ''\n"
    "nb.save(numbers=pd.DataFrame({'value': [before], 'said': [said]}))"
)


@pytest.fixture
def counting(project):
    """A project whose notebook counts its runs in a state folder."""
    project.notebook("first", OPEN.format(name="first"), READ, KEEP, parameters=PARAMETERS)
    return project


def count(project) -> str:
    return (project.outputs / "count.log" / "n.txt").read_text()


def feed(project, text: str) -> None:
    (project.root / "data" / "a.csv").write_text(f"text,created_at\n{text},2024-01-01\n")


def said(project) -> str:
    return dict(explain(prepare(project.study, project.root, Options())))["first"]


def test_state_is_handed_on_and_what_a_run_left_itself_is_no_change(counting):
    first = counting.run()
    assert count(counting) == "1"
    assert not (first.folder / "first" / "state" / "before").exists()
    assert [outcomes(counting.run()) for _ in range(2)] == [{"first": "cached"}] * 2
    assert count(counting) == "1"

    (counting.outputs / "count.log" / "n.txt").write_text("41")  # a person's edit
    assert said(counting) == "run: changed: count.log"
    run = counting.run()
    assert outcomes(run) == {"first": "ok"} and count(counting) == "42"
    snapshot = run.folder / "first" / "state"
    assert (snapshot / "before" / "count.log" / "n.txt").read_text() == "41"
    assert (snapshot / "after" / "count.log" / "n.txt").read_text() == "42"

    feed(counting, "new")
    counting.run()
    feed(counting, "fine")  # the first run's data again, but state has moved on
    assert outcomes(counting.run()) == {"first": "ok"}
    assert count(counting) == "44"


def test_a_failed_run_leaves_the_state_alone_and_a_rerun_hands_it_on(counting):
    counting.notebook("second", "1 / 0", parameters='upstream = ["first"]\n')
    assert counting.run().exit_code == 3
    assert not (counting.outputs / "count.log").exists()
    counting.notebook("second", "1 / 1", parameters='upstream = ["first"]\n')
    assert outcomes(counting.run()) == {"first": "cached", "second": "ok"}
    assert count(counting) == "1"
    (counting.outputs / "count.log" / "n.txt").write_text("7")
    counting.simple("third")
    carried = counting.run(only=("third",))
    assert outcomes(carried) == {"first": "carried", "second": "carried", "third": "ok"}
    assert count(counting) == "7"


def test_a_run_is_verified_from_the_state_and_the_edits_it_started_with(counting):
    counting.run()
    book = counting.root / "params" / "tiny.book.yml"
    book.write_text("one")
    assert said(counting) == "run: changed: book"
    run = counting.run()
    assert "tiny.book.yml" in run.manifest["inputs"]
    assert (run.folder / "study.book.yml").read_text() == "one"
    assert outcomes(counting.run()) == {"first": "cached"}
    book.write_text("two")
    after = counting.run()
    assert count(counting) == "3"
    assert verify(run.folder, counting.root, Silent()) == []
    assert count(counting) == "3"
    found = {item.what for item in differences(run.folder, after.folder)}
    table = "table numbers row 1, column value (1 more cell)"
    assert found == {"input tiny.book.yml", "state left behind: count.log", table}


def test_an_edited_file_is_refused_before_anything_runs(counting, monkeypatch, tmp_path):
    (counting.root / "params" / "tiny.book.yml").write_text("odd")

    rules = tmp_path / "first" / "book.py"
    rules.parent.mkdir()
    rules.write_text(
        "def refuse(text, *, where, state):\n"
        f"    assert str(state) == {str(counting.outputs)!r}\n"
        "    return [f'{where}:1: {text} is not allowed']\n"
    )
    monkeypatch.setattr(edits, "ANALYSES", tmp_path)
    with pytest.raises(ParamsError, match=r"tiny\.book\.yml:1: odd is not allowed"):
        counting.run()
    assert not counting.outputs.exists()


def test_an_edited_file_that_is_not_text_is_refused(counting):
    (counting.root / "params" / "tiny.book.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ParamsError, match=r"tiny\.book\.yml: is not UTF-8 text"):
        counting.run()


def test_a_person_s_notebook_reads_the_latest_state_and_never_overwrites_it(counting, monkeypatch):
    counting.run()
    monkeypatch.chdir(counting.root)
    monkeypatch.setenv("INSIGHTS_STUDY", str(counting.study))
    nb = notebook.start("first", {"limit": 3})
    assert nb.live and nb.state("count.log") == {"n.txt": "1"}
    nb.keep("count.log", {"n.txt": "99"})
    assert count(counting) == "1"
    assert nb.edited("book") == counting.root / "params" / "tiny.book.yml"
    kept = counting.outputs / "interactive" / "first" / "state" / "after" / "count.log" / "n.txt"
    assert kept.read_text() == "99"


def test_a_run_shows_one_line_in_place_of_live_controls(counting, monkeypatch, tmp_path):
    surroundings = Context(counting.root, counting.study, "tiny", tmp_path / "first")
    surroundings.write(tmp_path / "context.json")
    monkeypatch.setenv(CONTEXT, str(tmp_path / "context.json"))
    nb = notebook.start("first", {"limit": 3})
    shown: list[str] = []
    monkeypatch.setattr(notebook, "display", lambda page, **_: shown.append(page.data))
    nb.explore(pytest.fail, "a result", 3)
    assert [page.count("move the controls yourself") for page in shown] == [1]
    assert not (tmp_path / "first" / "figures").exists()


def test_state_set_aside_by_a_killed_run_is_put_back(tmp_path):
    (tmp_path / ".count.log.old").mkdir()
    (tmp_path / ".count.log.old" / "n.txt").write_text("5")
    state.recover(tmp_path, ["count.log"])
    assert (tmp_path / "count.log" / "n.txt").read_text() == "5"
    (tmp_path / "run" / "state" / "after" / "count.log").mkdir(parents=True)
    (tmp_path / "run" / "state" / "after" / "count.log" / "n.txt").write_text("6")
    state.install(tmp_path / "run", tmp_path, ["count.log"])
    assert (tmp_path / "count.log" / "n.txt").read_text() == "6"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["count.log", "run"]


def test_state_and_edited_must_be_lists_of_names(tmp_path: Path):
    cell = {"cell_type": "code", "source": "state = 3\n", "metadata": {"tags": ["parameters"]},
            "id": "a", "outputs": [], "execution_count": None}  # fmt: skip
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}))
    with pytest.raises(ParamsError, match="'state' must be a list of names"):
        read_notebook(path)
