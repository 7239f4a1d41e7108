"""A notebook that reads another's tables late starts beside it, and comes to the same."""

import json

import pytest

from tests.run.conftest import OPEN, SAVE, outcomes

pytestmark = pytest.mark.slow  # kernels are started

LATE = 'upstream = ["first"]\nlate = ["first"]\n'
MEET = """import time
from pathlib import Path
Path("NAME").touch()
for _ in range(600):
    if Path("OTHER").exists():
        break
    time.sleep(0.1)
else:
    raise TimeoutError"""


def meeting(name: str, other: str) -> str:
    """A cell that goes on once the other notebook has come to its own."""
    return MEET.replace("NAME", name).replace("OTHER", other)


@pytest.fixture
def both(project):
    save = SAVE.format(value=7)
    project.notebook("first", OPEN.format(name="first"), meeting("one", "two"), save)
    project.notebook("second", OPEN.format(name="second"), meeting("two", "one"),
                     "nb.save(doubled=nb.table('numbers') * 2)", parameters=LATE)  # fmt: skip
    return project


def test_it_starts_while_the_other_runs_and_waits_where_it_reads(both):
    run = both.run(jobs=2)
    assert outcomes(run) == {"first": "ok", "second": "ok"}, run.manifest["notebooks"]
    second = run.manifest["notebooks"]["second"]
    assert "undeclared_reads" not in second
    again = both.run(force=True, only=("second",)).manifest["notebooks"]["second"]
    assert again["normal_form"] == second["normal_form"] and again["key"] == second["key"]


def test_it_is_blocked_when_the_other_fails(both):
    both.notebook("first", OPEN.format(name="first"), meeting("one", "two"), "1 / 0")
    run = both.run(jobs=2)
    assert outcomes(run) == {"first": "failed", "second": "blocked"} and run.exit_code == 3
    assert not (run.folder / "second").exists()


@pytest.mark.parametrize("options", [{"jobs": 1}, {"jobs": 2}])
def test_it_waits_to_start_where_one_runs_at_a_time_or_the_other_is_there(project, options):
    project.simple("first")
    project.simple("second", "len(nb.table('numbers'))", parameters=LATE)
    if options["jobs"] == 2:
        project.run(only=("first",))
    run = project.run(**options)
    found = outcomes(run)
    assert found == {"first": "cached" if options["jobs"] == 2 else "ok", "second": "ok"}
    lines = [json.loads(line) for line in (run.folder / "run.log").read_text().splitlines()]
    order = [(line["event"], line["notebook"]) for line in lines if line["event"] != "cell"]
    assert order.index(("end", "first")) < order.index(("start", "second"))
