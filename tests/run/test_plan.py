import json
from pathlib import Path

import pytest

from insights.errors import ParamsError
from insights.run.plan import make_plan, read_notebook
from insights.run.study import load_study

ROOT = Path(__file__).parents[2]


def notebook(source: str, tags=("parameters",)) -> str:
    cell = {"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}, "id": "a",
            "outputs": [], "execution_count": None}  # fmt: skip
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def planned(tmp_path):
    root = tmp_path
    (root / "notebooks").mkdir()
    sources = {
        "first": "upstream = []\nlimit: int = 3  # rows shown\n",
        "second": 'upstream = ["first"]\nrate: float = 0.5  # a share\nloud: bool = False  # or\n',
        "third": 'upstream = ["first", "second?"]\ninputs = ["market"]\nword: str = "x"  # text\n',
    }
    for name, source in sources.items():
        (root / "notebooks" / f"{name}.ipynb").write_text(notebook(source))

    def planned(notebooks: str, extra=(), more: dict[str, str] | None = None):
        for name, source in (more or {}).items():
            (root / "notebooks" / f"{name}.ipynb").write_text(notebook(source))
        path = root / "s.yml"
        path.write_text(
            f"study: s\nsources: {{feedback: {{path: a.csv}}}}\nnotebooks: {notebooks}\n"
        )
        return make_plan(load_study(path, project=root), root / "notebooks", extra=extra)

    return planned


def test_a_dropped_in_notebook_runs_when_the_study_names_it(planned):
    assert planned("{second: {}, first: {}}").names == ("first", "second")


def test_a_notebook_with_an_order_runs_in_every_study_in_its_place_unless_switched_off(planned):
    more = {"zebra": "order = 1\nupstream = []\n", "ape": "order = 2\nupstream = []\n"}
    assert planned("{}", more=more).names == ("zebra", "ape")
    assert planned("{zebra: false, first: {}}").names == ("ape", "first")


def test_settings_are_complete_and_typed(planned):
    plan = planned("{first: {limit: 5}, second: {rate: 1}}")
    assert plan.settings["first"] == {"limit": 5}
    assert plan.settings["second"] == {"rate": 1.0, "loud": False}


@pytest.mark.parametrize(
    ("evidence", "own", "expected"),
    [
        ("{}", "{}", {"fdr": 0.05, "min_cell": 5}),
        ("{fdr: 0.2, min_cell: 8}", "{}", {"fdr": 0.2, "min_cell": 8}),
        ("{fdr: 0.2}", "{fdr: 0.01, min_cell: 6}", {"fdr": 0.01, "min_cell": 6}),
    ],
)
def test_one_false_discovery_rate_and_one_smallest_cell_hold_on_every_page(
    tmp_path, evidence, own, expected
):
    names = ("topics", "sentiment", "churn", "forecast")
    path = tmp_path / "s.yml"
    path.write_text(
        "study: s\nsources: {feedback: {path: a.csv}, market: {path: m.csv}}\n"
        f"evidence: {evidence}\nnotebooks: {{{', '.join(f'{name}: {own}' for name in names)}}}\n"
    )
    plan = make_plan(load_study(path, project=tmp_path), ROOT / "notebooks")
    for name in names:
        means = 2 if name == "sentiment" and own == "{}" else 1  # a mean needs twice as many
        told = {key: plan.settings[name][key] for key in expected}
        assert told == expected | {"min_cell": means * expected["min_cell"]}, name


def test_a_smallest_cell_that_would_tell_of_one_person_is_refused(tmp_path):
    path = tmp_path / "s.yml"
    path.write_text("study: s\nsources: {feedback: {path: a.csv}}\nevidence: {min_cell: 2}\n")
    with pytest.raises(ParamsError, match=r"'evidence\.min_cell' is 2"):
        load_study(path, project=tmp_path)


def test_one_of_several_inputs_is_enough(planned):
    head = 'upstream = []\ninputs = ["feedback|snapshot", "{}"]\n'
    more = {"either": head.format("customers|feedback"), "other": head.format("market|usage")}
    plan = planned("{either: {}, other: {}}", more=more)
    assert dict(plan.skipped) == {"other": "the study has no market or usage"}


def test_an_unknown_notebook_is_named_with_a_guess(planned):
    with pytest.raises(ParamsError, match=r"no notebook 'frist'. Did you mean 'first'"):
        planned("{frist: {}}")


def test_an_unknown_parameter_is_refused_not_warned_of(planned):
    with pytest.raises(ParamsError, match=r"first: 'limt' is unknown. Did you mean 'limit'"):
        planned("{first: {limt: 5}}")


def test_an_ill_typed_parameter_is_refused(planned):
    with pytest.raises(ParamsError, match=r"first: 'limit' is 'thirty': input should be a"):
        planned("{first: {limit: thirty}}")


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False), ("0", False)])
def test_a_flag_given_by_word_is_a_flag(planned, text, value):
    plan = planned("{first: {}, second: {}}", extra=[f"second.loud={text}"])
    assert plan.settings["second"]["loud"] is value


def test_text_given_by_word_keeps_its_zeros(planned):
    plan = planned("{first: {}, third: {}}", extra=["third.word=00123"])
    assert plan.settings["third"]["word"] == "00123"


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("first.limit=many", "'many' is not of type int"),
        ("first.limit=1.5", "'1.5' is not of type int"),
        ("second.loud=perhaps", "'perhaps' is not true or false"),
        ("first.limmit=3", "has no parameter 'limmit'. Did you mean 'limit'"),
        ("frist.limit=3", "no notebook 'frist'. Did you mean 'first'"),
        ("limit=3", "write it as NOTEBOOK.KEY=VALUE"),
        ("first.x=1\nimport os=2", "has no parameter"),
    ],
)
def test_a_bad_override_is_refused(planned, extra, message):
    with pytest.raises(ParamsError, match=message):
        planned("{first: {}, second: {}}", extra=[extra])


def test_a_notebook_without_its_input_is_skipped_with_the_reason(planned):
    plan = planned("{first: {}, third: {}}")
    assert plan.skipped == {"third": "the study has no market"}


def test_a_notebook_whose_upstream_is_switched_off_is_skipped(planned):
    assert "needs first" in planned("{second: {}}").skipped["second"]


def test_a_circle_is_refused(planned):
    more = {"a": 'upstream = ["b"]\n', "b": 'upstream = ["a"]\n'}
    with pytest.raises(ParamsError, match="notebooks a, b wait for each other"):
        planned("{a: {}, b: {}, first: {}}", more=more)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = open('/etc/passwd')", "must be a plain literal"),
        ("import os", "only lines such as"),
        ("x: int = ", "invalid syntax"),
        ("x = [1, 2]", "'x' is list; allowed: bool, int, float, str"),
        ("upstream = 'collect'", "must be a list of names"),
        ("order = 'last'", "'order' must be a whole number"),
    ],
)
def test_a_parameters_cell_holds_literals_only(tmp_path, source, message):
    path = tmp_path / "n.ipynb"
    path.write_text(notebook(source))
    with pytest.raises(ParamsError, match=message):
        read_notebook(path)


def test_exactly_one_parameters_cell_is_needed(tmp_path):
    path = tmp_path / "n.ipynb"
    path.write_text(notebook("x: int = 1", tags=()))
    with pytest.raises(ParamsError, match="0 cells are tagged 'parameters'"):
        read_notebook(path)


def test_a_file_that_is_no_notebook_is_refused(tmp_path):
    path = tmp_path / "n.ipynb"
    path.write_text("{}")
    with pytest.raises(ParamsError, match="is not a notebook"):
        read_notebook(path)
