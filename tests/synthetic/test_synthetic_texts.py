from __future__ import annotations

import re

import numpy as np
import pytest

from insights.synthetic.grammar import Draw, grammar
from insights.synthetic.personal import DECOYS, KINDS, identity_number, luhn_number, made_up
from insights.synthetic.topics import CHANNELS, TOPICS, topic_weights

MOODS = ("negative", "neutral", "positive")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_grammar_holds_hundreds_of_different_clauses(language):
    words = grammar(language)
    clauses = [clause for lines in words.clauses.values() for clause in lines]
    assert len(words) == len(clauses) >= 400
    assert len(set(clauses)) > 0.97 * len(clauses)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_slot_that_is_used_is_filled_and_every_filler_is_used(language):
    words = grammar(language)
    texts = [text for lines in (*words.clauses.values(), *words.slots.values()) for text in lines]
    used = {name for text in texts for name in re.findall(r"\{(\w+)\}", text)}
    things = {f"thing_{topic}" for topic in TOPICS if topic != "leaving"}
    assert (used - {"thing"}) | things == set(words.slots)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_whatever_can_be_drawn_has_words(language):
    words = grammar(language)
    for channel in CHANNELS:
        for mood, row in zip(MOODS, topic_weights(channel, surged=True), strict=True):
            for topic, weight in zip(TOPICS, row, strict=True):
                assert weight == 0 or len(words.clauses[topic, mood]) >= 2, (topic, mood)


@pytest.mark.parametrize(("language", "longer_than"), [("en", 25), ("zh", 12)])
def test_more_than_nine_in_ten_longer_texts_are_unlike_any_other(firm, language, longer_than):
    rows = firm[0].feedback
    rows = rows[(rows["kind"] == "message") & (rows["language"] == language)]
    long = rows.loc[rows["text"].str.len() > longer_than, "text"]
    assert len(long) > 4000
    assert long.nunique() / len(long) > 0.90


def test_chinese_is_about_three_in_ten_and_all_channels_are_there(firm):
    records = firm[1].records.query("kind == 'message'")
    assert 0.24 < (records["language"] == "zh").mean() < 0.33
    assert set(records["channel"]) == set(CHANNELS)
    assert 18_500 < len(records) < 21_500


def test_no_slot_or_placeholder_is_left_in_a_text(firm):
    texts = firm[0].feedback["text"]
    assert not texts.str.contains(r"[{}]", regex=True).any()
    assert not texts.str.contains("?,", regex=False).any()


def test_identity_numbers_carry_their_check_digit():
    draw = Draw(np.random.default_rng(1))
    for _ in range(300):
        number = identity_number(draw)
        digits = [10 if sign == "X" else int(sign) for sign in number]
        # ISO 7064 MOD 11-2, written the other way round than in the module
        assert sum(d * pow(2, 17 - i, 11) for i, d in enumerate(digits)) % 11 == 1
        assert int(number[6:10]) < 1916


def luhn(number: str) -> bool:
    digits = [int(sign) for sign in number][::-1]
    doubled = [sum(divmod(2 * d, 10)) for d in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def test_card_numbers_pass_luhn_and_look_alikes_do_not():
    draw = Draw(np.random.default_rng(2))
    assert luhn("4111111111111111")
    assert all(luhn(luhn_number(draw)) for _ in range(200))
    assert not any(luhn(made_up(draw, "long_number", "en")[0]) for _ in range(200))


def test_planted_personal_data_stand_in_the_texts_they_are_said_to_be_in(firm):
    frames, truth = firm
    rows = frames.feedback.set_index(["source", "line"])["text"]
    for planted, kinds in ((truth.personal, KINDS), (truth.decoys, DECOYS)):
        assert set(planted["kind"]) == set(kinds)
        texts = rows.loc[list(zip(planted["source"], planted["line"], strict=True))]
        assert all(value in text for value, text in zip(planted["value"], texts, strict=True))
    share = len(truth.personal) / (truth.records["kind"] == "message").sum()
    assert 0.02 < share < 0.04


def test_addresses_lie_in_ranges_reserved_for_documentation(firm):
    personal = firm[1].personal.set_index("kind")["value"]
    assert personal["email"].str.contains(r"[@.]example\.(?:com|org|net)$", regex=True).all()
    assert personal["ip"].str.match(r"(?:203\.0\.113|198\.51\.100|192\.0\.2)\.\d+$").all()


def test_duplicates_are_equal_and_repeats_differ_in_time_only(firm):
    frames, truth = firm
    rows = frames.feedback
    originals = rows[rows["kind"] == "message"].set_index("feedback_id")
    for kind in ("duplicate", "repeat"):
        copies = rows[rows["kind"] == kind]
        assert len(copies) > 50
        first = originals.loc[copies["duplicate_of"]]
        assert (copies["text"].to_numpy() == first["text"].to_numpy()).all()
        same = copies["created_at"].to_numpy() == first["created_at"].to_numpy()
        assert same.all() if kind == "duplicate" else not same.any()
    assert truth.records["kind"].value_counts()["duplicate"] > 100


def test_every_kind_of_dirt_is_there_and_has_no_topic_where_it_is_no_feedback(firm):
    records = firm[1].records
    kinds = records["kind"].value_counts()
    expected = {"message", "duplicate", "repeat", "test", "spam", "empty", "broken_date"}
    expected |= {"future_date", "bad_rating", "clash", "unknown_customer"}
    assert set(kinds.index) == expected
    noise = records[records["kind"].isin(["test", "spam", "empty"])]
    assert noise["topic"].isna().all()
    assert records.loc[records["kind"] == "message", "topic"].notna().all()
