"""The curation panel, driven without a browser."""

import pytest
import yaml

from insights.analyses import topics
from insights.analyses.topics.curation import CurationPanel


@pytest.fixture
def panel(bilingual, model, tmp_path):
    return CurationPanel(model, bilingual, tmp_path / "demo.codebook.yml")


def test_every_decision_lands_in_the_file_and_is_obeyed(panel, bilingual, model):
    panel.topic.value = "1"
    panel.label.value, panel.label_zh.value, panel.owner.value = "Ours", "我们的", "desk"
    panel.buttons["rename"].click()
    record = model.documents.query("topic_id == '0'")["feedback_id"].iloc[0]
    panel.record.value = record
    panel.buttons["pin"].click()
    panel.topic.value, panel.into.value = "2", "1"
    panel.buttons["merge"].click()
    panel.topic.value = "0"
    panel.name.value, panel.seeds.value = "cards", "card, 银行卡"
    panel.buttons["split"].click()
    panel.buttons["save"].click()
    assert "saved to demo.codebook.yml" in panel.message.value
    assert yaml.safe_load(panel.path.read_text()) == {
        "topics": {"1": {"label": "Ours", "label_zh": "我们的", "owner": "desk",
                         "pins": [{"record": record}], "merges": ["2"]}},
        "guided": {"cards": {"label": "cards", "seeds": ["card", "银行卡"], "within": "0"}},
    }  # fmt: skip
    codebook = topics.Codebook.of(panel.path, model.registry.known)
    found = topics.topic_model(
        bilingual, params=topics.Params(), before=model.registry, codebook=codebook
    )
    table = found.table().set_index("topic_id")
    assert table.at["1", "label"] == "Ours / 我们的" and table.at["2", "n"] == 0
    assert found.documents.set_index("feedback_id").at[record, "topic_id"] == "1"


def test_an_invalid_decision_is_refused_with_its_line_and_nothing_is_written(panel):
    panel.topic.value, panel.into.value = "1", "2"
    panel.buttons["merge"].click()
    panel.topic.value, panel.into.value = "2", "1"
    panel.buttons["merge"].click()
    panel.buttons["save"].click()
    assert "not saved: demo.codebook.yml:" in panel.message.value
    assert "goes round in a circle" in panel.message.value
    assert list(panel.path.parent.iterdir()) == []


def test_what_the_file_says_already_is_shown_and_kept(bilingual, model, tmp_path):
    path = tmp_path / "demo.codebook.yml"
    path.write_text("topics:\n  '1': {label: Known, definition: as agreed}\n", encoding="utf-8")
    panel = CurationPanel(model, bilingual, path)
    panel.topic.value = "1"
    assert (panel.label.value, panel.definition.value) == ("Known", "as agreed")
    panel.owner.value = "desk"
    panel.buttons["rename"].click()
    assert yaml.safe_load(panel.text())["topics"]["1"] == {
        "label": "Known", "definition": "as agreed", "owner": "desk"
    }  # fmt: skip


def test_records_are_shown_searched_and_escaped(bilingual, model, tmp_path):
    frame = bilingual.assign(text="<b>invoice</b> " + bilingual["text"])
    panel = CurationPanel(model, frame, tmp_path / "x.yml")
    assert "&lt;b&gt;invoice" in panel.records.value and "<b>invoice" not in panel.records.value
    panel.search.value = "no such word"
    assert "0 records" in panel.records.value
