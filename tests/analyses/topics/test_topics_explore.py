import ipywidgets as widgets

from insights import drawing
from insights.analyses import topics
from insights.stats.calendar import Calendar


def test_choosing_a_topic_shows_its_records_and_searching_narrows_them(bilingual, model):
    drawing.theme()
    trend = topics.topic_trend(model, bilingual, params=topics.Params(), calendar=Calendar())
    hostile = bilingual.assign(text=bilingual["text"] + " <script>alert(1)</script>")
    box = topics.explore(model, trend, hostile)
    chooser, about, _, controls, records = box.children
    assert isinstance(chooser, widgets.Dropdown)
    assert model.topics["label"].iloc[0] in about.value
    before = records.value
    chooser.value = model.topics["topic_id"].iloc[1]
    assert model.topics["label"].iloc[1] in about.value
    assert records.value != before
    assert "<script>" not in records.value
    controls.children[0].value = "no such word anywhere"
    assert records.value.startswith("<p>0 records")
    chooser.value = "-1"
    assert "no topic explains" in about.value
