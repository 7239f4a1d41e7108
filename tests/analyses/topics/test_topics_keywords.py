import math

import numpy as np
import pytest

from insights.analyses.topics.keywords import Cooccurrence, npmi, topic_diversity


def counts(texts, *terms):
    return Cooccurrence.of(texts, terms, str.split).counts(terms)


def test_npmi_has_the_values_of_bouma_at_its_three_marks():
    # Bouma 2009, section 4: 1 for complete co-occurrence, 0 for independence, -1 for none
    assert npmi(counts(["a b", "a b", "c", "d"], "a", "b"), 4)[0, 1] == pytest.approx(1)
    assert npmi(counts(["a b", "a", "b", "c"], "a", "b"), 4)[0, 1] == pytest.approx(0)
    assert npmi(counts(["a", "b", "c", "d"], "a", "b"), 4)[0, 1] == -1


def test_npmi_is_the_number_worked_out_by_hand():
    # p(a) = 1/2, p(b) = 3/8, p(ab) = 1/4 of eight texts: ln(4/3) / ln 4 = .2075
    texts = ["a b", "a b", "a", "a", "b", "c", "c", "c"]
    assert npmi(counts(texts, "a", "b"), 8)[0, 1] == pytest.approx(0.2075, abs=5e-5)
    # rarer together than apart: the sign turns; ln(1/8 / (1/2 * 1/2)) / ln 8 = -1/3
    texts = ["a b", "a", "a", "a", "b", "b", "b", "c"]
    assert npmi(counts(texts, "a", "b"), 8)[0, 1] == pytest.approx(-1 / 3)


def test_words_of_every_text_go_together_as_the_limit_says():
    assert npmi(counts(["a b", "b a"], "a", "b"), 2)[0, 1] == 1


def test_sparse_counts_equal_a_loop_over_texts():
    rng = np.random.default_rng(3)
    words = list("abcdefg")
    texts = [" ".join(rng.choice(words, 4)) for _ in range(60)]
    met = Cooccurrence.of(texts, words, str.split)
    naive = [
        [sum(x in text.split() and y in text.split() for text in texts) for y in words]
        for x in words
    ]
    np.testing.assert_array_equal(met.counts(words), naive)
    pairs = []
    for i, x in enumerate(words):
        for j in range(i):
            both, one, other = (naive[i][j] / 60, naive[i][i] / 60, naive[j][j] / 60)
            pairs.append(math.log(both / (one * other)) / -math.log(both) if both else -1)
        assert met.cosine(words)[i, i] == pytest.approx(1), x
    assert met.coherence([words]) == pytest.approx(np.mean(pairs))


def test_a_planted_theme_is_more_coherent_than_words_at_random():
    rng = np.random.default_rng(1)
    themes = [[f"{name}{i}" for i in range(8)] for name in "xyz"]
    texts = [" ".join(rng.choice(themes[rng.integers(3)], 5)) for _ in range(400)]
    words = [word for theme in themes for word in theme]
    met = Cooccurrence.of(texts, words, str.split)
    mixed = [theme[0] for theme in themes] + [theme[1] for theme in themes]
    assert met.coherence([themes[0]]) > 0.3 > 0 > met.coherence([mixed])
    again = Cooccurrence.of(texts[::-1], words[::-1], str.split)
    assert again.coherence([mixed[::-1]]) == pytest.approx(met.coherence([mixed]))


def test_translations_are_not_counted_against_a_topic():
    met = Cooccurrence.of(["a b", "x y", "c", "z"], "abxy", str.split)
    assert met.coherence([["a", "b"], ["x", "y"]]) == pytest.approx(1)
    assert met.coherence([["a", "b", "x", "y"]]) < 0


def test_one_word_has_no_coherence():
    assert math.isnan(Cooccurrence.of(["a"], "a", str.split).coherence([["a"], []]))


def test_diversity_is_the_share_of_different_words():
    # three of six places are taken by words said before
    assert topic_diversity([["a", "b", "c"], ["a", "b", "c"]]) == 0.5
    assert topic_diversity([["a", "b"], ["c", "d"]]) == 1
    assert math.isnan(topic_diversity([]))
