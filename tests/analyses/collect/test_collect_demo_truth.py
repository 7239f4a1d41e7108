"""The planted firm: what was planted is found, what was not is left alone."""

import pandas as pd
import pytest
import yaml

from insights.analyses import collect
from insights.ingest.sources import Sources
from insights.run.context import find_project
from insights.synthetic.files import write_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    truth = write_demo(folder / "data" / "demo", customers=600, feedback=3000)
    study = yaml.safe_load((find_project() / "params" / "demo.yml").read_text(encoding="utf-8"))
    sources = Sources.model_validate(study["sources"])
    return collect.gather(sources, project=folder, key=b"k"), truth


def outcome(collected, truth):
    """Return one row a planted record: its kind, and what became of it, joined by source and id."""
    aside = [
        frame.assign(
            became=name,
            feedback_id=frame["raw"].str.extract(r'feedback_id(?:": "|=)([^";]+)')[0],
        )[["source", "feedback_id", "became"]]
        for name, frame in (("screened", collected.screened), ("quarantined", collected.quarantine))
    ]
    columns = ["source", "feedback_id", "became", "text"]
    kept = collected.tables["feedback"].assign(became="kept")[columns]
    both = pd.concat([*(frame.assign(text="") for frame in aside), kept])
    records = truth.records
    unique = records[~records["feedback_id"].duplicated(keep=False)]
    return unique.merge(both, on=["source", "feedback_id"], how="left")


def test_planted_rubbish_is_set_aside_and_nothing_else_is(demo):
    found = outcome(*demo)
    silent = (found["became"] == "kept") & found["text"].isna()  # a score alone
    aside = found["became"].isin(["screened", "quarantined"]) | silent
    rubbish = found["kind"].isin(["test", "spam", "empty", "broken_date", "future_date"])
    assert aside[rubbish].mean() >= 0.98
    assert not aside[~rubbish].any()


def test_every_planted_duplicate_is_merged(demo):
    collected, truth = demo
    feedback = collected.balance[collected.balance["table"] == "feedback"]
    assert feedback["duplicates"].sum() == (truth.records["kind"] == "duplicate").sum()


def test_no_planted_personal_data_is_left_and_no_decoy_is_lost(demo):
    collected, truth = demo
    text = collected.tables["feedback"].set_index("feedback_id")["text"]
    planted = truth.personal[truth.personal["feedback_id"].isin(text.index)]
    assert len(planted) > 40
    left = [row.value for row in planted.itertuples() if row.value in text[row.feedback_id]]
    assert left == []
    decoys = truth.decoys[truth.decoys["feedback_id"].isin(text.index)]
    lost = [row.value for row in decoys.itertuples() if row.value not in text[row.feedback_id]]
    assert lost == []


def test_languages_are_told_right(demo):
    collected, truth = demo
    table = collected.tables["feedback"][["source", "feedback_id", "language"]]
    planted = truth.records[["source", "feedback_id", "language"]].drop_duplicates(
        ["source", "feedback_id"], keep=False
    )
    both = planted.merge(table, on=["source", "feedback_id"], suffixes=("", "_found"))
    known = both[both["language"].isin(["en", "zh"])]
    assert (known["language"] == known["language_found"]).mean() >= 0.995


def test_broken_customers_are_quarantined(demo):
    collected, truth = demo
    rows = collected.quarantine[collected.quarantine["table"] == "customers"]
    assert len(rows) == len(truth.broken_customers)
    assert set(rows["reason"]) == {"ended_at is before started_at"}
