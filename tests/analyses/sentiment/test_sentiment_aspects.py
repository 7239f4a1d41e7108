"""Aspects, intents and mismatches: planted messages in both languages."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from planted_messages import labelled_messages

from insights.analyses import sentiment
from insights.analyses.sentiment.spans import Terms, _pattern, spans, terms
from insights.enrich.intent import intent
from insights.errors import ParamsError

_DEMO = Path(__file__).parents[3] / "params" / "demo.yml"


def _aspects(*texts, **settings):
    feedback = pd.DataFrame({"feedback_id": [f"f{i}" for i in range(len(texts))], "text": texts})
    return sentiment.aspects(feedback, params=sentiment.Params(**settings)).records


def test_a_mixed_message_keeps_its_sides_apart():
    found = _aspects("物流很快,但是包装破了").set_index("aspect")["label"]
    assert found["delivery"] == "positive"
    assert found["packaging"] == "negative"


def test_the_words_of_the_study_name_its_own_aspects():
    words = "desk booking: booked a desk, 工位; sync：sync，同步"
    found = _aspects("Love how I booked a desk", "同步太差了", aspect_words=words)
    pairs = set(zip(found["aspect"], found["label"], strict=True))
    assert {("desk booking", "positive"), ("sync", "negative")} <= pairs


@pytest.mark.parametrize("written", ["desk", "desk: ", ": word", "a: b; c"])
def test_words_that_name_no_aspect_are_refused(written):
    with pytest.raises(ParamsError, match="write each aspect as 'name: word, word'"):
        _aspects("fine", aspect_words=written)


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("希望增加订单进度实时推送", "request"),
        ("Please add a dark mode", "request"),
        ("it would be nice to export reports", "request"),
        ("How often does the app sync", "question"),
        ("怎么导出报表", "question"),
        ("the app crashed again", "statement"),
        ("我请假了", "statement"),
    ],
)
def test_what_is_asked_for_is_told_apart_from_how_it_sounds(clause, expected):
    assert intent(clause) == expected


def test_a_request_in_mild_words_is_no_praise():
    found = _aspects("希望增加推送通知").iloc[0]
    assert found["intent"] == "request"
    assert found["label"] != "positive"


def test_a_question_about_an_aspect_is_no_complaint_about_it():
    found = _aspects("The invoice is wrong again. Where can I download the invoice?")
    assert found["label"].tolist() == ["negative", "neutral"]
    assert found["intent"].tolist() == ["statement", "question"]


def test_a_greeting_names_nothing():
    named = terms("", shipped=True)
    assert [s.aspects for s in spans("Dear support, the parcel is lost.", named)] == [("delivery",)]
    assert [s.aspects for s in spans("客服你好，物流丢件。", named)] == [("delivery",)]


def test_a_clause_that_names_nothing_belongs_to_its_neighbour_unless_the_text_turns():
    named = terms("heating: heating; lights: lights", shipped=False)
    text = "It is freezing, the heating is off, but I am glad. The lights are fine, really"
    assert [s.text for s in spans(text, named)] == [
        "It is freezing, the heating is off",
        "The lights are fine, really",
    ]


def test_an_own_aspect_takes_the_place_of_a_shipped_one_and_the_shipped_can_be_left_out():
    def found(**settings):
        return set(_aspects("cheap parcel, tariff too high", **settings)["aspect"])

    assert found() == {"delivery", "price"}
    assert found(aspect_words="price: tariff") == {"delivery", "price"}
    assert found(aspect_words="price: toll") == {"delivery"}
    assert found(aspect_words="tariff: tariff", shipped_aspects=False) == {"tariff"}


def test_keywords_of_topics_name_what_the_lists_do_not():
    topics = pd.DataFrame(
        {
            "label": ["sync", "plants"],
            "keywords": ["sync, wall panel, offline", "plants, watering, office"],
        }
    )
    texts = ["the office plants need watering", "one office", "watering plants at a fair price"]
    feedback = pd.DataFrame({"feedback_id": ["a", "b", "c"], "text": texts})
    found = sentiment.aspects(feedback, topics=topics, params=sentiment.Params()).records
    assert list(zip(found["feedback_id"], found["aspect"], strict=True)) == [
        ("a", "plants"),
        ("c", "price"),
    ]


def _rated(n, seed=3):
    """Messages on two of four aspects in opposite moods, in words that only ratings teach."""
    rng = np.random.default_rng(seed)
    good, bad = ["zorp", "blick", "tarn"], ["quant", "mirt", "fless"]
    rows, planted = [], {}
    for i in range(n):
        one, other = rng.choice(["parcel", "invoice", "battery", "hotline"], 2, replace=False)
        up = bool(rng.random() < 0.5)
        first, second = (good, bad) if up else (bad, good)
        text = f"the {one} is {rng.choice(first)} {rng.choice(first)}"
        if i % 3 == 0:
            text += f", but the {other} is {rng.choice(second)} {rng.choice(second)}"
            planted[f"f{i:04d}", other] = "negative" if up else "positive"
        planted[f"f{i:04d}", one] = "positive" if up else "negative"
        rows.append((f"f{i:04d}", f"{text}. no {i}", float(up)))
    return pd.DataFrame(rows, columns=["feedback_id", "text", "rating"]), planted


def test_the_polarity_of_clauses_is_learnt_from_ratings_of_whole_messages():
    feedback, planted = _rated(600)
    words = "parcel: parcel; invoice: invoice; battery: battery; hotline: hotline"
    params = sentiment.Params(aspect_words=words, shipped_aspects=False)
    result = sentiment.aspects(feedback, params=params)
    assert result.engine == "calibrated"
    found = {(r.feedback_id, r.aspect): r.label for r in result.messages.itertuples()}
    assert found.keys() == planted.keys()
    assert np.mean([found[key] == planted[key] for key in planted]) > 0.95


def test_clauses_do_not_count_towards_the_ratings_that_are_needed():
    feedback, _ = _rated(150)
    assert len(sentiment.aspects(feedback, params=sentiment.Params()).records) > 50
    assert sentiment.aspects(feedback, params=sentiment.Params()).engine == "prior"


def test_no_clause_is_read_by_a_model_that_saw_the_rating_of_its_message():
    rng = np.random.default_rng(5)
    n = 400
    rating = rng.integers(0, 2, n).astype(float)
    texts = [f"the parcel w{rng.integers(1_000_000)} w{rng.integers(1_000_000)}" for _ in range(n)]
    ids = [f"f{i:03d}" for i in range(n)]
    feedback = pd.DataFrame({"feedback_id": ids, "text": texts, "rating": rating})
    found = sentiment.aspects(feedback, params=sentiment.Params()).messages
    right = found["score"].to_numpy() * (2 * rating - 1) > 0
    assert abs(right.mean() - 0.5) < 4 * 0.5 / np.sqrt(n)


@pytest.mark.slow
def test_messages_of_the_demo_grammar_give_back_their_aspects_and_moods():
    rng = np.random.default_rng(21)
    frame = labelled_messages(rng, 900, topics=("sync", "climate", "price", "calendar"))
    share = frame["polarity"].to_numpy() / 2 + 0.5
    feedback = frame.assign(rating=np.where(np.arange(900) < 700, share, np.nan))
    words = yaml.safe_load(_DEMO.read_text("utf-8"))["notebooks"]["sentiment"]["aspect_words"]
    params = sentiment.Params(aspect_words=words, shipped_aspects=False)
    found = sentiment.aspects(feedback, params=params).messages
    label = found.set_index(["feedback_id", "aspect"])["label"]
    tested = frame.iloc[700:]
    mood = {-1: "negative", 0: "neutral", 1: "positive"}
    hits = [
        label.get((row.feedback_id, row.topic)) == mood[row.polarity] for row in tested.itertuples()
    ]
    assert np.mean(hits) > 0.75


def test_ratings_that_contradict_their_text_are_listed():
    rng = np.random.default_rng(1)
    good = rng.random(400) < 0.5
    rating = good.astype(float)
    rating[:4] = 1 - rating[:4]  # four people clicked the wrong end of the scale
    feedback = pd.DataFrame(
        {
            "feedback_id": [f"f{i:03d}" for i in range(400)],
            "text": [
                f"{'great and quick' if g else 'awful and slow'} {i}" for i, g in enumerate(good)
            ],
            "rating": rating,
        }
    )
    found = sentiment.classify(feedback, params=sentiment.Params()).mismatches()
    assert set(found["feedback_id"]) == {"f000", "f001", "f002", "f003"}


def test_one_pass_finds_what_a_pattern_a_name_finds():
    listed = [
        ("speed", ["slow", "loading", "快"]),
        ("power", ["charg*", "power supply"]),
        ("size", ["fit", "size", "wi-fi", "x1"]),
    ]
    named = Terms(listed)
    twin = [(name, _pattern(words)) for name, words in listed]
    clauses = ["slow loadings", "slowly", "charging", "recharge", "power supplies", "unfit",
               "fits", "很快", "wi-fi", "wifi", "x1s", "size2", "café fit", ""]  # fmt: skip
    for clause in clauses:
        assert named.find(clause) == {name for name, pattern in twin if pattern.search(clause)}
