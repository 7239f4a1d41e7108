"""Engines side by side: the better one is found, equal ones are not told apart."""

import numpy as np
import pandas as pd
import pytest

from insights.analyses import sentiment


def _feedback(good, bad, n=400, seed=1):
    rng = np.random.default_rng(seed)
    rating = rng.choice([0.0, 1.0], n)
    texts = [f"the {rng.choice(good if r else bad)} thing {i}" for i, r in enumerate(rating)]
    ids = [f"f{i:03d}" for i in range(n)]
    return pd.DataFrame({"feedback_id": ids, "text": texts, "rating": rating})


def _compare(feedback, **settings):
    params = sentiment.Params(**settings)
    return sentiment.engine_comparison(
        feedback, sentiment.classify(feedback, params=params), params=params
    )


def test_words_that_only_ratings_teach_make_the_learnt_engine_better():
    found = _compare(_feedback(["zorp", "blick"], ["quant", "mirt"]))
    table = found.table().set_index("engine")
    assert table.index[0] == "calibrated"
    assert table.loc["calibrated", "right"] > 0.95
    assert table.loc["lexicon", "right"] < 0.2
    assert table.loc["lexicon", "q"] < 0.001
    assert "fewer than that" in found.text()


def test_engines_that_are_right_on_the_same_records_are_not_told_apart():
    found = _compare(_feedback(["great"], ["awful"]))
    table = found.table().set_index("engine")
    assert table.loc["lexicon", "right"] > 0.95
    assert not (table["q"] < 0.05).any()
    assert "no detectable difference" in found.text()
    assert found.plot().get_title() == "Engines on the same records"


@pytest.mark.parametrize("rating", [np.nan, 1.0])
def test_without_ratings_that_vary_nothing_is_compared(rating):
    found = _compare(_feedback(["great"], ["awful"], n=60).assign(rating=rating))
    assert found.n == 0
    assert "cannot be compared" in found.text()
    assert found.plot().get_title() == "Too few ratings to compare"
