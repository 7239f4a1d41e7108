import json

import planted_topics as planted
import pytest

from insights.analyses import topics
from insights.analyses.topics.labels import backed_check, label_topics
from insights.enrich.endpoint import Endpoint
from insights.errors import ParamsError

WORDS = [("sync", "update"), ("invoice", "refund")]
RECORDS = [
    ["Sync fails  after the update, mail me at jo@example.com", "同步失败了"],
    ["The invoice is wrong again"],
]


def message(content):
    return {"choices": [{"message": {"content": content}}]}


def said(label, *quotes, definition="What belongs here."):
    return message(json.dumps({"label": label, "definition": definition, "quotes": quotes}))


def labelled(stub, answer, tmp_path=None, seconds=5.0):
    stub.answer = lambda path, question: answer(json.loads(question["messages"][1]["content"]))
    endpoint = Endpoint("env:LLM_URL", "env:LLM_KEY", cache=tmp_path, seconds=seconds)
    return label_topics(WORDS, RECORDS, model="m", endpoint=endpoint, seed=3)


def honest(topic):
    if "sync" in topic["keywords"]:
        return said(
            "Sync fails after update / 更新后同步失败", "Sync fails after the update", "同步失败"
        )
    return message('```json\n{"label": "Wrong invoice.", "definition": "", '
                   '"quotes": ["invoice is wrong"]}\n```')  # fmt: skip


def test_honest_labels_are_taken(stub_endpoint):
    found = labelled(stub_endpoint, honest)
    assert [topic.label for topic in found] == [
        "Sync fails after update / 更新后同步失败",
        "Wrong invoice",
    ]
    assert found[0].definition == "What belongs here."
    assert backed_check(found, "m").passed
    assert "2 of 2 labels are by m" in backed_check(found, "m").detail


def test_only_keywords_and_redacted_records_are_sent_at_temperature_zero(stub_endpoint):
    labelled(stub_endpoint, honest)
    path, question = stub_endpoint.asked[0]
    assert path == "/v1/chat/completions"
    assert (question["temperature"], question["seed"], question["model"]) == (0, 3, "m")
    topic = json.loads(question["messages"][1]["content"])
    assert topic == {
        "keywords": ["sync", "update"],
        "records": ["Sync fails after the update, mail me at [email]", "同步失败了"],
    }
    assert "jo@example.com" not in json.dumps(question)


def test_the_second_run_needs_no_network_and_says_the_same(stub_endpoint, tmp_path):
    once = labelled(stub_endpoint, honest, tmp_path)
    asked = len(stub_endpoint.asked)
    again = labelled(stub_endpoint, lambda topic: 500, tmp_path)
    assert again == once
    assert len(stub_endpoint.asked) == asked == 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (said("Sync trouble", "Sync never works"), "none of the records"),
        (said("Sync trouble", "Sync fails after the update", "made up"), "none of the records"),
        (said("Sync trouble", "sync fails after the update"), "none of the records"),  # other case
        (said("Sync trouble", "The invoice is wrong again"), "none of the records"),  # other topic
        (said("Sync trouble"), "no passage"),
        (said("Sync trouble", "a"), "too short"),
        (said("", "同步失败"), "empty, too long"),
        (said("x" * 81, "同步失败"), "empty, too long"),
        (said("<b>Sync</b>", "同步失败"), "signs that no label has"),
        (said("see https://evil.example", "同步失败"), "signs that no label has"),
        (message("I would call it sync."), "holds no label"),
        (message('{"label": 3}'), "holds no label"),
        (message(None), "holds no label"),
        ({"choices": []}, "holds no label"),
        ({"error": "no"}, "holds no label"),
    ],
)
def test_a_label_that_rests_on_nothing_is_refused_and_the_reason_said(
    stub_endpoint, answer, reason
):
    found = labelled(stub_endpoint, lambda t: honest(t) if "invoice" in t["keywords"] else answer)
    assert reason in found[0].refused
    assert found[0].label == ""
    assert found[1].label == "Wrong invoice"
    assert backed_check(found, "m").passed is False
    assert (
        "1 of 2 labels" in backed_check(found, "m").detail
        and reason in backed_check(found, "m").detail
    )


def test_two_topics_are_not_given_one_label(stub_endpoint):
    same = {"sync": "Sync fails", "invoice": "The invoice"}
    found = labelled(stub_endpoint, lambda t: said("Trouble", same[t["keywords"][0]]))
    assert [bool(topic.refused) for topic in found] == [False, True]
    assert "another topic" in found[1].refused


@pytest.mark.parametrize("failure", [500, b"garbage"])
def test_a_failing_endpoint_refuses_every_label(stub_endpoint, failure):
    found = labelled(stub_endpoint, lambda topic: failure)
    assert all(topic.refused for topic in found)
    assert backed_check(found, "m").passed is False


def test_a_late_endpoint_is_left_alone_after_two_time_outs(stub_endpoint):
    stub_endpoint.delay = 0.3
    stub_endpoint.answer = lambda path, question: {}
    endpoint = Endpoint("env:LLM_URL", "env:LLM_KEY", seconds=0.05)
    found = label_topics(WORDS * 3, RECORDS * 3, model="m", endpoint=endpoint, seed=1)
    assert ["no answer in" in topic.refused for topic in found] == [True] * 2 + [False] * 4
    assert found[5].refused == "not asked, the endpoint had failed"


@pytest.mark.slow
def test_a_model_s_labels_reach_the_table_and_the_checks(stub_endpoint, tmp_path):
    def answer(path, question):
        topic = json.loads(question["messages"][1]["content"])
        quote = topic["records"][0]
        label = f"About {topic['keywords'][0]}"
        return said(label, quote if "invoice" not in topic["keywords"] else "invented")

    stub_endpoint.answer = answer
    frame = planted.feedback(400)
    ours = topics.topic_model(frame, params=topics.Params())
    params = topics.Params(labeller="openai:m", endpoint="env:LLM_URL", endpoint_key="env:LLM_KEY")
    found = topics.topic_model(frame, params=params, cache=tmp_path)
    table = found.table()
    by_model = table["labelled_by"] == "openai:m"
    assert table.loc[by_model, "label"].str.startswith("About ").all()
    assert table["label"].is_unique
    refused = table.index[~by_model]
    assert (table.loc[refused, "label"] == ours.table().loc[refused, "label"]).all()
    check = next(c for c in found.checks if c.name == "labels rest on customers' words")
    assert check.passed is (len(refused) == 0)
    assert table["topic_id"].tolist() == ours.table()["topic_id"].tolist()
    stub_endpoint.answer = lambda path, question: 500
    again = topics.topic_model(frame, params=params, cache=tmp_path)
    assert again.table().equals(table)


def test_a_labeller_without_an_endpoint_is_refused_before_anything_runs():
    with pytest.raises(ParamsError, match="no endpoint is named"):
        topics.Params.checked({"labeller": "openai:m"})
    with pytest.raises(ParamsError, match="must be a reference"):
        topics.Params.checked({"labeller": "openai:m", "endpoint": "https://x.example/v1"})
    with pytest.raises(ParamsError, match="'labeller' is 'gpt'"):
        topics.Params.checked({"labeller": "gpt"})
    with pytest.raises(ParamsError, match="allowed are student"):
        topics.Params.checked({"embedding": "bert"})


def test_a_dictionary_of_too_many_terms_is_refused():
    with pytest.raises(ParamsError, match="at most 20,000"):
        topics.Params.checked({"dictionary": "\n".join(f"term {i}" for i in range(20_001))})
    assert topics.Params(dictionary="Single Sign-On; 智能会议屏；b\nc").tokeniser().terms == (
        "b", "c", "single sign-on", "智能会议屏",
    )  # fmt: skip
