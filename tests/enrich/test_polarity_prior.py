"""The prior: what it says of texts, how far they may lie from what it knows, and its shares."""

import numpy as np
import pytest

from insights.enrich import prior
from insights.enrich.polarity import score_polarity
from insights.enrich.prior import TRIED, expected_shares, prior_expected, prior_probabilities

_REVIEWS = [
    "Lovely quiet room and friendly staff",
    "The breakfast was cold and the waiter rude",
    "Comfortable seats, good coffee, would come again",
    "Dirty toilets and far too crowded",
    "Great lounge with a nice view of the runway",
    "Terrible wifi, we left after ten minutes",
    "房间干净，服务热情，很满意",
    "早餐很差，服务员态度恶劣",
    "位置方便，性价比高",
    "隔音太差，一晚上没睡好",
]
_QUESTIONS = [
    "How do I change my PIN?",
    "Can I top up with a second card?",
    "What is the exchange rate today?",
    "Where do I enter the code?",
    "Is there a limit on transfers?",
    "Which countries are covered?",
    "怎么修改密码？",
    "转账有限额吗",
    "汇率是多少",
    "在哪里输入验证码",
]


def _varied(texts):
    ends = ["", "!", " today", " again", " really", "。"]
    return [f"{text}{end}" for text in texts for end in ends]


def test_a_row_comes_from_its_own_text_and_sums_to_one():
    side, neutral = np.array([-3.0, -0.1, 0.1, 3.0]), np.array([-4.0, 2.0, 2.0, -4.0])
    found = prior_probabilities(side, neutral)
    assert np.allclose(found.sum(axis=1), 1)
    assert (np.sign(found[:, 2] - found[:, 0]) == np.sign(side)).all()
    assert list(found.argmax(axis=1)) == [0, 1, 1, 2]
    assert np.allclose(found[[2]], prior_probabilities(side[[2]], neutral[[2]]))


def test_reviews_are_near_and_questions_lie_beyond():
    near = score_polarity(_varied(_REVIEWS), np.full(60, np.nan), seed=7).shift
    far = score_polarity(_varied(_QUESTIONS), np.full(60, np.nan), seed=7).shift
    assert near.beyond is False
    assert far.beyond is True
    assert score_polarity(_REVIEWS, np.full(10, np.nan), seed=7).shift.beyond is None


@pytest.mark.parametrize("name", ["negative", "positive"])
def test_a_share_stated_for_a_set_left_out_covers_its_own(name, monkeypatch):
    """Every set in turn, at shares from 2 to 98 %, by what the other sets tell."""
    held, width = [], []
    for left in TRIED:
        others = tuple(item for item in TRIED if item is not left)
        monkeypatch.setattr("insights.enrich.prior.TRIED", others)
        for share in (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98):
            row = 0 if name == "negative" else 2
            stated = np.zeros((2000, 3))
            for k, (hit, miss) in ((0, left.negative), (2, left.positive)):
                part = share if k == row else 1 - share
                stated[:, k] = part * hit + (1 - part) * miss
            estimate, low, high = expected_shares(stated)[row]
            held.append(low - 0.005 <= share <= high + 0.005)
            width.append(high - low)
            assert low <= estimate <= high
    assert np.mean(held) >= 0.9
    assert np.mean(width) < 0.7


def test_more_negative_texts_have_a_larger_share_and_few_texts_a_wider_interval():
    rng = np.random.default_rng(0)

    def stated(share, n):
        side = np.where(rng.random(n) < share, -3.0, 3.0)
        return prior_probabilities(side, np.full(n, -3.0))

    few, many = expected_shares(stated(0.5, 20)), expected_shares(stated(0.5, 5000))
    assert np.ptp(few[0, 1:]) > np.ptp(many[0, 1:])
    shares = [expected_shares(stated(p, 3000))[0, 0] for p in (0.1, 0.4, 0.8)]
    assert shares == sorted(shares)
    assert abs(many[:, 0].sum() - 1) < 1e-9


def test_where_no_share_fits_what_is_stated_no_interval_shrinks_to_a_point():
    """As what is stated grows less like any set the interval widens, then none is given."""
    side = np.tile([0.02, 0.1, 0.88], (3000, 1))
    for negative in (0.25, 0.15, 0.1, 0.07, 0.05, 0.03, 0.01):
        side[:, 0], side[:, 2] = negative, 0.9 - negative
        low, high = expected_shares(side)[0, 1:]
        assert np.isnan(low) or high - low > 0.05
    assert np.isnan(expected_shares(np.tile([0.0, 0.0, 1.0], (3000, 1)))).all()


def test_the_stated_range_of_the_prior_is_that_of_the_sets():
    low, high = prior_expected()
    assert 0.5 < low < high < 1
    assert len(TRIED) >= 8


def test_a_text_that_was_read_is_not_read_again(monkeypatch):
    asked = []

    class Teacher:
        def encode(self, texts):
            asked.extend(texts)
            return np.array([[float(len(text))] * 512 for text in texts]).reshape(-1, 512)

    monkeypatch.setattr(prior, "_teacher", Teacher)
    monkeypatch.setattr(prior, "_VECTORS", {})
    monkeypatch.setattr(prior, "_KEPT", 2)
    assert prior.teach([]).shape == (0, 512)
    assert prior.teach(["a", "bb", "a"])[:, 0].tolist() == [1, 2, 1]
    assert prior.teach(["bb", "ccc"])[:, 0].tolist() == [2, 3]
    assert asked == ["a", "bb", "ccc"]
    prior.teach(["a"])  # of three only the last two were kept
    assert asked == ["a", "bb", "ccc", "a"]
