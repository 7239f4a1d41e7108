"""What changed between two runs is told apart: data, definition, noise, and what is real."""

import json

import pandas as pd
import pytest

from insights.run.changes import changes, page, rows

PARTS = {"code": "1", "parameters": "1", "upstream collect": "1"}
COLLECT = {"code": "1", "input data/a.csv": "1"}


@pytest.fixture
def save(tmp_path):
    def made(name, headline="", *, parts=PARTS, collect=COLLECT, parameters=None, **fields):
        run = tmp_path / name
        entries = {
            "collect": {"outcome": "ok", "parts": collect},
            "topics": {"outcome": "ok", "parts": parts, "parameters": parameters or {}},
        }
        (run / "topics").mkdir(parents=True)
        text = json.dumps({"plan": list(entries), "notebooks": entries, "title": "T"})
        (run / "manifest.json").write_text(text)
        found = [{"id": "share", "headline": headline, **fields}] if headline else []
        found.append({"id": "other", "headline": "The same in both."})
        (run / "topics" / "results.json").write_text(json.dumps({"findings": found}))
        return run

    return made


NEW_DATA = COLLECT | {"input data/a.csv": "2"}
WAS = "Billing is 10.0% [9.0%, 11.0%] of 1,000 records."


@pytest.mark.parametrize(
    ("headline", "verdict"),
    [
        ("Billing is 10.9% [9.9%, 11.9%] of 1,200 records.", "within noise"),
        ("Billing is 11.6% [10.6%, 12.6%] of 1,200 records.", "real change"),
        ("Billing is 8.4% [7.4%, 9.4%] of 1,200 records.", "real change"),
        ("Sync is 11.6% [10.6%, 12.6%] of 1,200 records.", "data changed"),
        ("Nothing is known.", "data changed"),
        ("", "gone"),
    ],
)
def test_under_new_data_the_intervals_decide(save, headline, verdict):
    found = changes(save("a", WAS), save("b", headline, collect=NEW_DATA))
    assert [(one.finding, one.verdict) for one in found] == [("share", verdict)]
    assert (found[0].before, found[0].after) == (WAS, headline)


def claim(key, value, step="leave"):
    return {"id": key, "text": f"It is {value}.", "estimate": value, "low": value - 0.5,
            "high": value + 0.5, "next_step": step}  # fmt: skip


def test_of_claims_those_that_changed_by_more_than_noise_or_ask_for_another_step_are_told(save):
    was = [claim("share:1", 1.0), claim("share:2", 1.0), claim("share:3", 1.0)]
    now = [claim("share:1", 1.1), claim("share:2", 9.0), claim("share:3", 1.1, "do")]
    first = save("a", "Up.", claims=was, estimate=1.0, low=0.5, high=1.5)
    second = save("b", "Up.", claims=now, estimate=1.0, low=0.5, high=1.5, collect=NEW_DATA)
    assert [(one.finding, one.verdict) for one in changes(first, second)] == [
        ("share:2", "real change"), ("share:3", "within noise"),
    ]  # fmt: skip


def test_a_finding_with_claims_is_compared_by_the_claim_that_leads_it(save):
    first = save("a", "A is 1.", claims=[claim("share:1", 1.0)], estimate=1.0, low=0.5, high=1.5)
    second = save("b", "A is 9.", claims=[claim("share:2", 9.0)], estimate=9.0, low=8.5, high=9.5,
                  collect=NEW_DATA)  # fmt: skip
    assert changes(first, second)[0].verdict == "data changed"  # another topic leads


def test_saved_numbers_go_before_those_of_the_headline(save):
    first = save("a", "Up.", estimate=1.0, low=0.5, high=1.5)
    second = save("b", "Up: 9.", estimate=9.0, low=8.5, high=9.5, collect=NEW_DATA)
    assert changes(first, second)[0].verdict == "data changed"  # other words, another claim
    second = save("c", "Up.", estimate=9.0, low=8.5, high=9.5, collect=NEW_DATA)
    assert changes(first, second)[0].verdict == "real change"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (
            {"parts": PARTS | {"parameters": "2"}, "parameters": {"size": 4}},
            "topics.size: None → 4",
        ),
        ({"collect": COLLECT | {"code": "2"}}, "code"),
        ({"parts": PARTS | {"codebook": "2"}}, "codebook"),
    ],
)
def test_another_definition_is_named_and_goes_before_any_number(save, changed, why):
    now = "Billing is 60.0% [59.0%, 61.0%] of 1,000 records."
    found = changes(save("a", WAS), save("b", now, **changed))
    assert [(one.verdict, one.why) for one in found] == [("definition changed", why)]


def test_what_has_no_cause_is_unexplained_and_what_is_equal_is_left_out(save):
    found = changes(save("a", WAS), save("b", WAS.replace("10", "20")))
    assert [one.verdict for one in found] == ["unexplained"]
    assert changes(save("c", WAS), save("d", WAS, collect=NEW_DATA)) == []


def test_rows_that_came_changed_and_went_are_counted_by_their_key(save, tmp_path):
    def table(run, texts, lines):
        place = run / "collect" / "tables"
        place.mkdir(parents=True)
        frame = pd.DataFrame({"feedback_id": list(texts), "text": texts.values(), "line": lines})
        frame.to_parquet(place / "feedback.parquet")
        return run

    first = table(save("a"), {"1": "x", "2": "y", "3": "z"}, [1, 2, 3])
    second = table(save("b"), {"0": "n", "1": "x", "2": "other"}, [1, 2, 3])
    found = rows(first, second)
    assert [one.text() for one in found] == ["feedback: 1 row added, 1 changed, 1 gone"]
    shown = page(first, second, changes(first, second), found).read_text()
    assert "1 row added" in shown and "reads the same in both runs" in shown
