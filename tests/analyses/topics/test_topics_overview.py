import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import planted_people as planted
import pytest

from insights import drawing
from insights.analyses import topics
from insights.analyses.topics.overview import bar
from insights.report import safe
from insights.stats.calendar import Calendar


class Outline(HTMLParser):
    """Tags and classes of a fragment."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, str]] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs).get("class") or ""))


def outline(html: str) -> list[tuple[str, str]]:
    reader = Outline()
    reader.feed(html)
    return reader.seen


def test_the_tree_reconciles_in_a_fitted_model(bilingual, model):
    tree = topics.topic_tree(model, bilingual)
    nodes = tree.nodes
    tops = nodes[nodes["level"] == "topic"]
    assert tops["n"].sum() == len(bilingual) == nodes.iloc[0]["n"]
    for topic, part in nodes[nodes["level"] == "sub-topic"].groupby("topic_id"):
        assert part["n"].sum() == tops.loc[tops["topic_id"] == topic, "n"].item()
        assert part["label"].str.len().gt(0).all()
    assert [check.passed for check in tree.checks] == [True]


def parted(seed=0):
    records = planted.records(seed)
    rng = np.random.default_rng(seed)
    part = rng.integers(3, size=len(records))
    names = np.array(
        [f"{t}.{p}" for t, p in zip(records["truth"], part, strict=True)], dtype=object
    )
    records["part"] = pd.Series(names).where(pd.Series(part > 0) | (records["truth"] != "1"))
    words = np.array(["alpha", "bravo", "delta"])[part]
    records["text"] = [f"{text} {word}" for text, word in zip(records["text"], words, strict=True)]
    return records


def test_sub_topics_and_the_rest_sum_and_each_has_its_word():
    records = parted()
    tree = topics.topic_tree(planted.model_of(records), records)
    below = tree.nodes[(tree.nodes["topic_id"] == "1") & (tree.nodes["level"] == "sub-topic")]
    assert below["label"].iloc[-1] == "(in no sub-topic)"
    mine = records[records["truth"] == "1"]
    assert below["n"].sum() == len(mine)
    assert below["n"].iloc[-1] == mine["part"].isna().sum()
    first = tree.nodes[tree.nodes["subtopic_id"] == "0.0"].iloc[0]
    assert "alpha" in first["label"].lower()


def test_counts_that_do_not_sum_are_named():
    records = parted(1)
    nodes = topics.topic_tree(planted.model_of(records), records).nodes.copy()
    nodes.loc[nodes["subtopic_id"] == "0.0", "n"] += 1
    wrong = topics.TopicTree(n=len(records), nodes=nodes)
    assert wrong.failed[0].detail == "counts below label 0 do not sum to it"
    assert "Doubt: counts reconcile" in wrong.text()


def test_the_tree_and_the_cards_survive_the_sanitiser_whole():
    records = parted(2)
    records.loc[records.index[:40], "text"] = '<img src=x onerror=alert(1)><b class="tree">x</b>'
    model = planted.model_of(records)
    cards = topics.topic_cards(model, topics.topic_customers(model, records))
    for result in (topics.topic_tree(model, records), cards):
        page = safe.body(safe.fragment(result.html()))
        assert outline(page) == outline(result.html())
        assert "<img" not in page and "onerror" not in re.sub(r"&lt;.*?&gt;", "", page)
    assert 'lang="en"' in safe.body(safe.fragment(cards.html()))


@pytest.mark.parametrize(("part", "width"), [(0.0, 0), (0.34, 34), (1.0, 100), (7.0, 100)])
def test_a_bar_has_a_width_that_the_page_knows(part, width):
    style = (Path(safe.__file__).parent / "templates" / "page.css").read_text(encoding="utf-8")
    assert f'w{width}"' in bar(part)
    assert safe.fragment(bar(part)) == bar(part)
    assert width == 0 or f".w{width} {{ --w: {width}%; }}" in style


def test_a_card_holds_share_customers_stability_words_and_records_that_exist():
    records = planted.records(3)
    model = planted.model_of(records)
    cards = topics.topic_cards(model, topics.topic_customers(model, records))
    ids = set(records["feedback_id"])
    for row in cards.cards.itertuples():
        assert 1 <= len(row.records) <= 5
        assert set(row.records) <= ids
        assert row.low <= row.share <= row.high
        assert 0 < row.customer_share < 1
        assert row.trend == ""
    page = cards.html()
    assert page.count('topic-card"') == len(model.topics)
    assert all(name in page for row in cards.cards["records"] for name in row)
    assert "↑" not in page and "↓" not in page
    assert cards.to_json()


def moving(records):
    model = planted.model_of(records)
    trend = topics.topic_trend(
        model, records, params=topics.Params(period="month"), calendar=Calendar()
    )
    change = topics.topic_changes(trend)
    return model, change, topics.topic_mix(model, records, trend, change, calendar=Calendar())


def test_an_arrow_stands_only_where_a_change_does_at_a_fixed_mix():
    records = planted.records(4, n=6_000)
    late = (records["created_at"] >= "2024-12-01").to_numpy()
    rng = np.random.default_rng(0)
    records.loc[late & (rng.random(len(records)) < 0.3), "truth"] = "2"
    model, change, mix = moving(records)
    cards = topics.topic_cards(model, change=change, mix=mix).cards.set_index("topic_id")
    assert cards.loc["2", "trend"].startswith("rose from")
    assert cards.loc["2", "rising"]
    records = planted.records(5, n=6_000)
    late = (records["created_at"] >= "2024-12-01").to_numpy()
    records["channel"] = np.where(
        rng.random(len(records)) < np.where(late, 0.8, 0.2), "chat", "mail"
    )
    hit = (records["channel"] == "chat") & (rng.random(len(records)) < 0.4)
    records.loc[hit, "truth"] = "2"
    model, change, mix = moving(records)
    assert "2" in change.found["topic_id"].tolist()
    told = topics.topic_cards(model, change=change, mix=mix).cards.set_index("topic_id")
    assert told.loc["2", "trend"] == ""


def test_topics_that_mean_the_same_are_neighbours_on_the_map(model):
    plane = topics.topic_map(model)
    assert len(plane.points) == len(model.topics)
    assert 0 < plane.preserved <= 1
    centres = np.asarray(model.bertopic.topic_embeddings_)[-len(model.topics) :]
    centred = centres - centres.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    similar = centred @ centred.T - 2 * np.eye(len(centred))
    expected = model.topics["label"].to_numpy()[similar.argmax(axis=1)]
    assert plane.points["nearest"].tolist() == expected.tolist()
    pd.testing.assert_frame_equal(plane.points, topics.topic_map(model).points)


def test_labels_of_the_map_do_not_overlap(model):
    drawing.theme()
    ax = topics.topic_map(model).plot()
    ax.figure.canvas.draw()
    labels = [text for text in ax.texts if len(text.get_text()) > 3 and "\n" not in text.get_text()]
    boxes = [label.get_window_extent() for label in labels]
    assert len(boxes) >= 3
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_many_crowded_topics_are_placed_without_overlap_or_left_to_their_number():
    rng = np.random.default_rng(0)
    count = 40
    points = pd.DataFrame(
        {
            "number": np.arange(1, count + 1),
            "topic_id": [str(k) for k in range(count)],
            "label": [f"topic · with · a rather long label {k}" for k in range(count)],
            "x": rng.normal(size=count) * 0.05,
            "y": rng.normal(size=count) * 0.05,
            "share": np.sort(rng.dirichlet(np.ones(count)))[::-1],
            "stability": 0.9,
            "coherence": 0.2,
            "change": "steady",
            "nearest": "x",
            "similarity": 0.5,
        }
    )
    drawing.theme()
    ax = topics.TopicMap(n=100, points=points, preserved=0.4).plot()
    ax.figure.canvas.draw()
    labels = [text for text in ax.texts if "·" in text.get_text()]
    boxes = [label.get_window_extent() for label in labels]
    assert 10 < len(boxes) <= count
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_no_topic_gives_an_empty_plane():
    records = planted.records(6).assign(truth="-1")
    model = planted.model_of(records)
    drawing.theme()
    tree = topics.topic_tree(model, records)
    assert tree.nodes["n"].tolist() == [len(records), len(records)]
    for result in (tree, topics.topic_cards(model), topics.topic_map(model)):
        assert result.text() and result.to_json()
        assert result.html() or result.plot()
