"""Aspects, intents and mismatches: planted messages in both languages."""

import numpy as np
import pandas as pd
import pytest

from insights.analyses import sentiment
from insights.analyses.sentiment.aspects import intent
from insights.errors import ParamsError


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
