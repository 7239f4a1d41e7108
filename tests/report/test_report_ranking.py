"""What the index tells first: findings of all notebooks by what is at stake and how sure it is."""

import json
import re
from dataclasses import replace
from importlib.resources import files

import jsonschema
import numpy as np
import pytest

from insights.claim import Claim, unknown
from insights.report import SinceLast, findings_json, ranked, render_index

SYNC = Claim(key="4", text="Complaints about “Sync” rose by 5 points [2, 8] (n = 900).", n=900,
             act="mend", estimate=0.05, low=0.02, high=0.08, better="down", chance=0.99,
             topics=("4",), doubt="Who writes may have changed.")  # fmt: skip
DATED = replace(SYNC, text="Complaints about “Sync” rose since April [2, 8] (n = 900).",
                since="2025-04-01")  # fmt: skip
BILLING = Claim(key="3", text="“Billing” goes with leaving: 50 leavers [33, 70] (n = 400).", n=400,
                act="mend", estimate=50, low=33, high=70, better="down", whole=1000,
                topics=("3",), unit="leavers", money=9_000.0)  # fmt: skip
OFFER = Claim(key="I1", text="“Explain lines” (I1) returns 11 [-2, 36] (9 draws).", n=9,
              act="start",
              estimate=11, low=-2, high=36, level=0.9, better="up", whole=100, chance=0.88,
              topics=("3",), owner="finance", main=True)  # fmt: skip
LOSS = replace(OFFER, key="I2", text="“Rewrite sync” (I2) costs 55 [-70, -40] (9 draws).",
               estimate=-55, low=-70, high=-40, chance=1.0, topics=("4",), owner="it")  # fmt: skip
MOOD = Claim(key="", text="No change of sentiment is seen: 0.00 [-0.02, 0.02] (n = 900).", n=900,
             act="mend", estimate=0.0, low=-0.02, high=0.02, better="up", main=True)  # fmt: skip
SMALL = replace(SYNC, key="9", text="“Door” moved by 0.", estimate=0.0, low=-0.01, high=0.01)
DATA = Claim(key="", text="99 % of 900 rows were kept.", n=900, estimate=0.995, low=0.992,
             high=0.998, nothing=1.0, better="up", main=True, data=True)  # fmt: skip


def finding(key, *claims, failed=()):
    checks = [{"name": name, "passed": False, "detail": "d"} for name in failed]
    saved = [one.saved(key, [f"{name} (d)" for name in failed]) for one in claims]
    return {"id": key, "kind": key, "headline": claims[0].text, "text": "All of it.", "n": 9,
            "checks": checks, "claims": saved}  # fmt: skip


RESULTS = {
    "collect": {"findings": [finding("balance", DATA)]},
    "topics": {"findings": [finding("mix", SYNC, SMALL), finding("surge", DATED)]},
    "sentiment": {"findings": [finding("changes", MOOD),
                               finding("labelled", unknown("", "How often people agree."))]},
    "churn": {"findings": [finding("risk", BILLING)]},
    "roi": {"findings": [finding("returns", OFFER, LOSS)]},
}  # fmt: skip
MANIFEST = {
    "study": "s", "title": "Study", "plan": list(RESULTS), "finished": "2026-11-30T23:45:00+00:00",
    "period": {"feedback": ["2024-01-01", "2026-01-01"]},
    "notebooks": {name: {"outcome": "ok"} for name in RESULTS},
}  # fmt: skip


def words(page, section):
    found = re.search(rf'<section id="{section}".*?</section>', page, re.S).group()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found))


def test_findings_of_all_notebooks_stand_in_one_order_and_the_data_last():
    assert [(one.step, one.id) for one in ranked(MANIFEST, RESULTS)] == [
        ("do", "churn.risk:3"),
        ("do", "topics.surge:4"),
        ("watch", "roi.returns:I1"),
        ("leave", "sentiment.changes"),
        ("leave", "roi.returns:I2"),
        ("leave", "topics.mix:9"),
        ("unknown", "sentiment.labelled"),
        ("leave", "collect.balance"),
    ]


def test_of_two_claims_on_one_thing_the_one_that_knows_more_stays():
    texts = [one.text for one in ranked(MANIFEST, RESULTS)]
    assert DATED.text in texts and SYNC.text not in texts


def test_the_step_names_the_best_offer_for_its_topic_and_who_owns_it():
    billing, sync, offer, *_ = ranked(MANIFEST, RESULTS)
    assert "Start with “Explain lines”" in billing.action and billing.owner == "finance"
    assert "“Rewrite sync”, the only one listed, does not pay" in sync.action and not sync.owner
    assert offer.action == "Try it small first: it may lose."


def test_an_owner_of_the_topic_goes_before_that_of_the_offer():
    owned = {**RESULTS, "topics": {"findings": [
        finding("mix", replace(SYNC, key="3", topics=("3",), owner="Ada"))]}}  # fmt: skip
    assert {one.id: one.owner for one in ranked(MANIFEST, owned)}["churn.risk:3"] == "Ada"


def test_a_failed_check_makes_it_one_to_watch_and_is_its_doubt():
    doubted = {**RESULTS, "churn": {"findings": [finding("risk", BILLING, failed=["fit"])]}}
    found = next(one for one in ranked(MANIFEST, doubted) if one.id == "churn.risk:3")
    assert (found.step, found.doubt) == ("watch", "fit (d)")
    page = render_index(MANIFEST, doubted)
    assert "Failed check: fit (d)." in words(page, "findings")
    assert "fit touches 1 finding" in words(page, "doubts")


def test_a_notebook_that_did_not_end_well_has_no_finding_here():
    failed = {**MANIFEST, "notebooks": MANIFEST["notebooks"] | {"churn": {"outcome": "failed"}}}
    assert not [one for one in ranked(failed, RESULTS) if one.notebook == "churn"]


def test_the_order_does_not_hang_on_the_order_of_the_notebooks():
    turned = dict(reversed(RESULTS.items()))
    ids = [one.id for one in ranked(MANIFEST, RESULTS)]
    assert [one.id for one in ranked(MANIFEST, turned)] == ids


def test_on_noise_nothing_is_to_do():
    rng = np.random.default_rng(3)
    values = rng.normal(0, 0.01, 40)
    noise = [replace(SYNC, key=str(i), estimate=v, low=v - 0.02, high=v + 0.02, chance=0.3)
             for i, v in enumerate(values)]  # fmt: skip
    results = {"topics": {"findings": [finding("mix", *noise)]}}
    assert {one.step for one in ranked(MANIFEST, results)} == {"leave"}
    assert "Nothing asks for action now." in words(render_index(MANIFEST, results), "findings")


def test_the_index_answers_what_to_do_what_nobody_knows_and_what_it_looked_at():
    page = render_index(MANIFEST, RESULTS)
    top = words(page, "findings")
    for text in (BILLING.text, DATED.text, OFFER.text, MOOD.text, LOSS.text):
        assert text in top
    assert SMALL.text not in page  # counted, not told
    assert "7 claims looked at: 2 to do, 1 to watch, 4 to leave (2 may hide" in top
    assert "1 unknown." in top
    assert "How often people agree." in words(page, "unknown")
    assert "feedback 2024-01-01 to 2026-01-01" in page and "333 days old" in page
    assert "No earlier run" in words(page, "changed")


@pytest.mark.parametrize("left", sorted(RESULTS))
def test_one_notebook_alone_makes_no_empty_section(left):
    page = render_index(MANIFEST, {left: RESULTS[left]})
    for section in re.findall(r'<section id="(\w+)"', page):
        assert len(words(page, section).split()) > 6, section


def test_what_changed_since_the_last_run_is_counted_by_verdict_and_real_changes_are_told():
    since = SinceLast("r1", "2026-11-23", (("real change", "Was 4.", "Is 9."),
                                           ("within noise", "Was 1.", "Is 2.")))  # fmt: skip
    told = words(render_index(MANIFEST, RESULTS, since=since), "changed")
    assert "2 findings read differently from the run of 2026-11-23: 1 by more than noise, 1" in told
    assert "Is 9." in told and "Is 2." not in told
    same = render_index(MANIFEST, RESULTS, since=replace(since, changes=()))
    assert "Nothing reads differently from the run of 2026-11-23." in words(same, "changed")


def test_findings_json_is_as_its_schema_says_and_its_ids_are_each_their_own():
    schema = json.loads(files("insights.report").joinpath("findings.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    saved = json.loads(findings_json(MANIFEST, ranked(MANIFEST, RESULTS)))
    jsonschema.validate(saved, schema)
    ids = [one["id"] for one in saved["findings"]]
    assert len(set(ids)) == len(ids) == 8 and saved["looked_at"] == 7 and saved["unknown"] == 1
    first = saved["findings"][0]
    assert first["money"] == 9_000.0 and first["low"] == 33 and first["next_step"] == "do"


def test_files_of_others_are_read_as_they_are():
    odd = {
        "topics": {
            "findings": [
                {
                    "claims": [
                        {"id": 4, "estimate": "x", "n": True, "act": []},
                        7,
                        {"topics": 3, "doubts": "no", "weight": "a"},
                    ]
                }
            ]
        }
    }
    assert len(ranked(MANIFEST, odd)) == 2
    render_index(MANIFEST, odd)
