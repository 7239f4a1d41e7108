import numpy as np
import pytest

from insights.enrich.polarity import score_polarity
from insights.enrich.questions import asked_side, read_as_answers

DISLIKE, LIKE = "What did you dislike?", "What did you like most?"
ZH_DISLIKE, ZH_LIKE = "您对哪些方面不满意？", "您最满意的是什么？"


@pytest.mark.parametrize(
    ("question", "side"),
    [
        (DISLIKE, -1),
        ("What didn't you enjoy?", -1),
        ("Which part did you like least?", -1),
        ("What could we improve?", -1),
        (LIKE, 1),
        ("What went well?", 1),
        ("What did you like or dislike?", 0),
        ("How satisfied are you with Lumen Office, and why?", 0),
        ("Would you recommend us? Why?", 0),
        ("Any other remarks?", 0),
        (ZH_DISLIKE, -1),
        ("您觉得有哪些需要改进？", -1),
        (ZH_LIKE, 1),
        ("您的满意程度如何？", 0),
        ("其他意见", 0),
    ],
)
def test_a_question_asks_for_one_side_for_both_or_for_neither(question, side):
    assert asked_side(question) == side


@pytest.mark.parametrize(
    "text",
    [
        "The staff were great",  # polarity of its own
        "I come here every week",  # states something
        "It was the second visit of this year for us",  # long
        "n/a", "don't know", "", "12", "不知道", "我每周都来",
    ],
)  # fmt: skip
def test_what_says_something_of_its_own_or_nothing_is_read_as_it_is(text):
    assert read_as_answers([text], [DISLIKE]) == [text]


@pytest.mark.parametrize("engine", ["lexicon", "prior"])
@pytest.mark.parametrize(
    ("text", "question", "sign"),
    [
        ("the queue", DISLIKE, -1),
        ("check-in desk", DISLIKE, -1),
        ("opening hours", LIKE, 1),
        ("the garden", LIKE, 1),
        ("Nothing.", DISLIKE, 1),
        ("nothing", LIKE, -1),
        ("价格", ZH_DISLIKE, -1),
        ("交通位置", ZH_LIKE, 1),
        ("没有", ZH_DISLIKE, 1),
        ("没有", ZH_LIKE, -1),
    ],
)
def test_a_bare_answer_has_the_polarity_that_it_was_asked_for(text, question, sign, engine):
    found = score_polarity(
        read_as_answers([text], [question]), np.array([np.nan]), engine=engine, seed=1
    )
    assert found.label[0] == {-1: "negative", 1: "positive"}[sign]
