"""What the page says of shares without ratings: an interval that holds, or that it cannot tell."""

import numpy as np
import pandas as pd
import pytest
from planted_messages import on_panel

from insights.analyses import sentiment
from insights.analyses.sentiment.shares import labels_needed
from insights.stats.calendar import Calendar

_GOOD = [
    "Lovely quiet room, friendly staff and a good breakfast",
    "Great lounge with a nice view, would come again",
    "房间干净，服务热情，很满意",
    "性价比高，推荐",
]
_BAD = [
    "The waiter was rude and the coffee cold",
    "Dirty toilets, far too crowded, never again",
    "服务态度恶劣，房间又脏又吵",
    "质量太差，浪费钱",
]
_ASKED = [
    "How do I change my PIN?",
    "Where do I enter the code?",
    "Show me my last transfers",
    "怎么修改密码？",
    "汇率是多少",
]
_SPANISH = [
    "La habitación estaba sucia y el personal fue muy grosero con nosotros",
    "El desayuno era excelente y la cama muy cómoda, volveremos pronto",
]


def _shares(texts, n, **columns):
    rows = [f"{texts[i % len(texts)]} {'.' * (i % 7)} {i}" for i in range(n)]
    feedback = pd.DataFrame({"feedback_id": [f"f{i}" for i in range(n)], "text": rows, **columns})
    classified = sentiment.classify(feedback, params=sentiment.Params())
    return classified, sentiment.class_shares(classified, params=sentiment.Params())


def test_a_share_of_reviews_without_ratings_holds_the_error_of_other_sets():
    classified, shares = _shares(_GOOD + _GOOD + _GOOD + _BAD, 160)
    row = shares.table().iloc[0]
    assert shares.basis == "elsewhere"
    assert row["low"] <= 0.25 <= row["high"]
    assert row["high"] - row["low"] > 0.2
    assert "how far such shares were off on other sets" in shares.text()
    assert "insights label STUDY" in shares.text()
    assert set(classified.records["intent"]) == {"statement"}


@pytest.mark.parametrize(
    ("texts", "said"), [(_ASKED, "not tried on texts like these"), (_SPANISH, "100% in languages")]
)
def test_where_texts_lie_beyond_no_share_is_told(texts, said):
    classified, shares = _shares(texts, 120)
    assert shares.basis == "nothing"
    assert shares.table()[["corrected", "low", "high", "raw_low"]].isna().all(axis=None)
    assert "cannot be told" in shares.text()
    assert said in shares.text()
    assert "these texts are not like those" in classified.text()
    assert classified.failed


@pytest.mark.parametrize(("texts", "beyond"), [(_ASKED, True), (_GOOD[:3] + _BAD[:1], False)])
def test_where_texts_lie_beyond_no_change_of_sentiment_is_told(texts, beyond):
    n = 240
    days = pd.date_range("2024-01-01", periods=n, freq="D", tz="UTC")
    feedback = pd.DataFrame(
        {
            "feedback_id": [f"f{i}" for i in range(n)],
            "text": [f"{texts[i % len(texts)]} {'.' * (i % 7)} {i}" for i in range(n)],
            "created_at": days,
        }
    )
    settings = {"calendar": Calendar(), "params": sentiment.Params(min_cell=5)}
    classified = sentiment.classify(feedback, params=settings["params"])
    moved = on_panel(sentiment.changes, feedback, classified, **settings)
    by_month = on_panel(sentiment.trend, feedback, classified, **settings)
    level = sentiment.breaks(by_month, **settings)
    who = on_panel(sentiment.bursts, feedback, classified, **settings)
    named = sentiment.aspects(
        feedback, params=sentiment.Params(min_cell=5, aspect_words="x: the, 房间, 怎么, do")
    )
    assert moved.text().startswith("Cannot tell whether sentiment changed") is beyond
    for result in (by_month, level, who):
        assert ("whether customers feel so cannot be told" in result.text()) is beyond
        assert ("hold chance alone" in result.text()) is not beyond
    assert ("cannot be told" in named.text()) is beyond
    assert not (beyond and len(moved.digest()))
    false = on_panel(sentiment.false_alerts, feedback, classified, **settings)
    assert ("text is not relied on here" in false.text()) is beyond
    assert " a month" not in level.text()


def test_where_every_record_is_rated_the_share_is_that_of_the_ratings():
    shares = _shares(_GOOD, 120, rating=5.0, rating_low=1, rating_high=5)[1]
    row = shares.table().iloc[0]
    assert shares.basis == "ratings"
    assert row["corrected"] == 0 == row["low"] < row["high"] < 0.04
    assert "By their own ratings" in shares.text()


def test_questions_are_neither_praise_nor_blame():
    classified, _ = _shares(_ASKED, 60)
    assert (classified.records["label"] == "neutral").mean() > 0.9


def test_ratings_too_few_to_measure_by_give_no_share():
    rating = np.where(np.arange(160) % 4 == 3, 0.0, 1.0)
    rating[60:] = np.nan
    _, shares = _shares([*_GOOD[:3], _BAD[0]], 160, rating=rating)
    assert shares.basis == "nothing"
    assert "60 usable ratings are too few" in shares.text()


@pytest.mark.parametrize(
    ("low", "high", "n", "size"),
    [
        (0, 1, 10**9, 385),
        (0.3, 0.7, 10**9, 385),
        (0, 0.1, 10**9, 139),
        (0, 1, 385, 193),
        (0, 0.01, 90, 50),
    ],
)
def test_the_labels_that_settle_a_share_are_those_of_the_binomial(low, high, n, size):
    assert labels_needed(low, high, n) == size
