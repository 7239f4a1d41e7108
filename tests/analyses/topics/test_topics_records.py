import base64
import io

import pandas as pd
import planted_people as planted
import pytest

from insights import drawing
from insights.analyses import topics
from insights.analyses.topics.records import RecordFilter, highlighted, written
from insights.stats.calendar import Calendar

PARAMS = topics.Params(period="month")


def explored(records, model=None):
    drawing.theme()
    model = model or planted.model_of(records)
    trend = topics.topic_trend(model, records, params=PARAMS, calendar=Calendar())
    told = records.drop(columns="truth")
    found = topics.topic_records(model, told, trend, calendar=Calendar())
    return topics.explore(found, trend), found


@pytest.fixture(scope="module")
def records():
    return planted.records(1, n=800)


def test_every_filter_keeps_what_a_plain_filter_keeps(records):
    box, _ = explored(records)
    set_to = {name: control for name, control in box.controls.items()}
    set_to["topic"].value = "1"
    assert set(box.selection["feedback_id"]) == set(records[records["truth"] == "1"]["feedback_id"])
    set_to["dimension"].value = "plan"
    set_to["value"].value = "team"
    want = records[(records["truth"] == "1") & (records["plan"] == "team")]
    assert set(box.selection["feedback_id"]) == set(want["feedback_id"])
    set_to["search"].value = "TEXT 1"
    want = want[want["text"].str.contains("text 1")]
    assert set(box.selection["feedback_id"]) == set(want["feedback_id"])
    months = [stamp for _, stamp in set_to["periods"].options]
    set_to["periods"].value = (months[2], months[5])
    start = want["created_at"].dt.tz_localize(None).dt.to_period("M").dt.start_time
    want = want[(start >= months[2]) & (start <= months[5])]
    assert set(box.selection["feedback_id"]) == set(want["feedback_id"])
    assert f"{len(want):,} records" in box.found.value
    set_to["language"].value = "en"
    assert len(box.selection) == len(want)
    set_to["topic"].value = ""
    assert box.selection["topic_id"].nunique() > 1


def test_sub_topics_follow_the_topic(bilingual, model):
    box, found = explored(bilingual, model)
    topic = found.frame.loc[found.frame["subtopic_id"].notna(), "topic_id"].iloc[0]
    box.controls["topic"].value = topic
    names = [value for _, value in box.controls["subtopic"].options if value]
    assert names and all(name.startswith(f"{topic}.") for name in names)
    box.controls["subtopic"].value = names[0]
    assert box.selection["subtopic_id"].eq(names[0]).all()
    box.controls["topic"].value = "-1"
    assert box.controls["subtopic"].value == ""


def test_hostile_text_stays_text_and_words_are_marked(records):
    hostile = records.assign(text=records["text"] + " <script>alert(1)</script>")
    box, _ = explored(hostile)
    assert "<script>" not in box.found.value
    assert "<mark>word" in box.found.value
    box.controls["search"].value = "alert"
    assert "<mark>alert</mark>" in box.found.value


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("Sync fails", ("sync",), "<mark>Sync</mark> fails"),
        ("async", ("sync",), "async"),
        ("手机同步失败", ("同步",), "手机<mark>同步</mark>失败"),
        ("a <b> & c", ("<b>",), "a <mark>&lt;b&gt;</mark> &amp; c"),
        ("customer service", ("service", "customer service"), "<mark>customer service</mark>"),
        ("nothing", ("",), "nothing"),
    ],
)
def test_words_are_marked_in_both_scripts_and_all_else_is_escaped(text, words, shown):
    assert highlighted(text, words) == shown


def test_the_saved_selection_is_the_selection(records):
    box, _ = explored(records)
    box.controls["topic"].value = "2"
    box.save.click()
    data = box.link.value.split("base64,")[1].split('"')[0]
    text = base64.b64decode(data).decode("utf-8")
    assert text.startswith("\ufeff")
    saved = pd.read_csv(io.StringIO(text.removeprefix("\ufeff")), dtype=str)
    assert saved["feedback_id"].tolist() == box.selection["feedback_id"].tolist()
    assert saved["text"].tolist() == box.selection["text"].tolist()
    box.controls["topic"].value = "1"
    assert box.link.value == ""  # the old file is no longer the selection


def test_a_text_that_a_spreadsheet_would_run_is_quoted(records):
    risky = records.iloc[:3].assign(text=["=cmd|' /C calc'!A0", "-1+2", 'fine, "quoted"'])
    saved = pd.read_csv(io.StringIO(written(risky)), dtype=str)
    assert saved["text"].tolist() == ["'=cmd|' /C calc'!A0", "'-1+2", 'fine, "quoted"']


def test_undated_records_are_there_until_a_time_is_chosen(records):
    undated = records.copy()
    undated.loc[undated.index[:50], "created_at"] = pd.NaT
    box, found = explored(undated)
    box.controls["topic"].value = ""
    assert len(box.selection) == len(undated)
    months = [stamp for _, stamp in box.controls["periods"].options]
    box.controls["periods"].value = (months[0], months[-2])
    assert box.selection["created_at"].notna().all()
    assert len(found.chosen(RecordFilter())) == len(undated)
