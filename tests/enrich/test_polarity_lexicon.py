"""Word lists: what they say of plain sentences, and what they reach on public sets."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from insights.enrich.lexicon import (
    EXPECTED,
    clauses,
    lexicon_probabilities,
    lexicon_scores,
    script,
)
from insights.stats.discrimination import area_under_curve


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("质量很好，非常满意", 1),
        ("不好用", -1),
        ("没有问题", 1),
        ("不是很满意", -1),
        ("一点也不方便", -1),
        ("好难吃", -1),
        ("太差了，再也不来", -1),
        ("差不多到了", 0),
        ("昨天收到快递", 0),
        ("Great service, thank you!", 1),
        ("The app crashes and support is terrible", -1),
        ("", 0),
        ("12345", 0),
    ],
)
def test_a_plain_sentence_gets_its_sign(text, sign):
    assert np.sign(lexicon_scores([text])[0]) == sign


def test_a_degree_word_strengthens_and_a_weak_one_weakens():
    weak, plain, strong = lexicon_scores(["有点满意", "满意", "非常满意"])
    assert 0 < weak < plain < strong < 1


def test_a_negator_in_another_clause_does_not_reach_over():
    assert lexicon_scores(["不知道，质量不错"])[0] > 0


def test_clauses_are_cut_where_the_message_turns_and_keep_their_place():
    text = "物流很快,但是包装破了。Nice app but slow"
    parts = clauses(text)
    assert [part.text for part in parts] == ["物流很快", "包装破了", "Nice app", "slow"]
    assert all(text[part.start : part.end] == part.text for part in parts)


def test_the_script_of_a_text_is_told():
    texts = ("很好", "fine", "这个 app 很好用", "123 😀")
    assert [script(text) for text in texts] == ["zh", "en", "mixed", "unknown"]


def test_probabilities_sum_to_one_and_follow_the_score():
    p = lexicon_probabilities(np.array([-0.9, 0.0, 0.9]))
    assert np.allclose(p.sum(axis=1), 1)
    assert list(p.argmax(axis=1)) == [0, 1, 2]


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "text", "label", "language"),
    [
        ("waimai_10k/waimai_10k_shared.csv.gz", "review", "label", "zh"),
        ("chnsenticorp_hotel/chnsenticorp_hotel_shared.csv.gz", "review", "label", "zh"),
        ("amazon_alexa/amazon_alexa.csv.gz", "verified_reviews", "rating", "en"),
    ],
)
def test_the_stated_range_holds_on_public_sets(file, text, label, language):
    folder = os.environ.get("INSIGHTS_TEST_DATA")
    if not folder:
        pytest.skip("INSIGHTS_TEST_DATA is not set: public data are not here")
    frame = pd.read_csv(Path(folder) / file).dropna(subset=[text])
    good = frame[label] > 3 if label == "rating" else frame[label] == 1
    bad = frame[label] < 3 if label == "rating" else frame[label] == 0
    score = lexicon_scores(frame[text].astype(str).tolist())
    told = (good | bad).to_numpy()
    found = area_under_curve(score[told], good.to_numpy()[told])
    assert EXPECTED[language].auc_low - 0.005 <= found <= EXPECTED[language].auc_high + 0.005
