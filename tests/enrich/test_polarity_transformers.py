"""A fine-tuned model of others behind the same interface, by a library that is stood in for."""

import sys
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from insights.analyses import sentiment
from insights.enrich import finetuned
from insights.enrich.finetuned import finetuned_probabilities
from insights.enrich.polarity import score_polarity
from insights.errors import DataError, MissingExtra, ParamsError

LABELS = {
    "three": ("negative", "neutral", "positive"),
    "two": ("NEGATIVE", "POSITIVE"),
    "stars": ("1 star", "2 stars", "3 stars", "4 stars", "5 stars"),
    "numbered": ("LABEL_0", "LABEL_1"),
}


def _pipeline(task, model):
    """A model that finds 'zorp' good and 'mirt' bad, and is never in doubt about it."""
    assert task == "text-classification"
    if model not in LABELS:
        raise OSError(f"{model} is no model\nlong story")
    names = LABELS[model]

    def classify(texts, *, batch_size, truncation, top_k):
        assert truncation and top_k is None
        answers = []
        for text in texts:
            tone = ("zorp" in text) - ("mirt" in text)
            weight = np.exp(tone * np.linspace(-2, 2, len(names)))
            answers.append(
                [
                    {"label": name, "score": w / weight.sum()}
                    for name, w in zip(names, weight, strict=True)
                ]
            )
        return answers

    return classify


@pytest.fixture
def _library(monkeypatch):
    module = ModuleType("transformers")
    module.pipeline = _pipeline
    monkeypatch.setitem(sys.modules, "transformers", module)
    finetuned._pipeline.cache_clear()
    yield
    finetuned._pipeline.cache_clear()


@pytest.mark.usefixtures("_library")
@pytest.mark.parametrize("model", ["three", "two", "stars"])
def test_classes_are_told_by_their_names(model):
    found = finetuned_probabilities(["zorp", "mirt", "plain"], model)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert found[0].argmax() == 2 and found[1].argmax() == 0
    np.testing.assert_allclose(found[0], found[1][::-1])
    assert (found[:, 1] == 0).all() == (model == "two")
    if model == "stars":
        weight = np.exp(np.linspace(-2, 2, 5))
        np.testing.assert_allclose(found[0, 2], weight[3:].sum() / weight.sum())


@pytest.mark.usefixtures("_library")
def test_without_ratings_the_model_is_taken_as_it_is():
    found = score_polarity(
        ["zorp", "mirt", ""], np.full(3, np.nan), engine="transformers/three", seed=1
    )
    assert found.label.tolist() == ["positive", "negative", "neutral"]
    assert found.method.tolist() == ["transformers"] * 2 + ["empty"]
    assert found.engine == "transformers" and not found.learnt
    assert "transformers/three" in found.reason


@pytest.mark.usefixtures("_library")
def test_ratings_recalibrate_a_model_that_is_surer_than_right():
    rng = np.random.default_rng(2)
    good = rng.random(600) < 0.5
    texts = [f"{'zorp' if g else 'mirt'} number {i}" for i, g in enumerate(good)]
    rating = np.where(rng.random(600) < 0.8, good, ~good).astype(float)  # right in 4 of 5
    found = score_polarity(texts, rating, engine="transformers/two", seed=1)
    assert found.learnt == ("negative", "positive") and "600 ratings" in found.reason
    assert found.probability[good, 2].mean() == pytest.approx(0.8, abs=0.04)
    raw = score_polarity(texts, np.full(600, np.nan), engine="transformers/two", seed=1)
    assert raw.probability[good, 2].mean() > 0.95


@pytest.mark.usefixtures("_library")
def test_engines_of_all_kinds_are_compared_on_the_same_rated_records():
    rng = np.random.default_rng(4)
    good = rng.random(300) < 0.5
    feedback = pd.DataFrame(
        {
            "feedback_id": [f"f{i:03d}" for i in range(300)],
            "text": [f"{'zorp' if g else 'mirt'} number {i}" for i, g in enumerate(good)],
            "rating": good.astype(float),
        }
    )
    params = sentiment.Params(engine="transformers/three")
    classified = sentiment.classify(feedback, params=params)
    assert "a fine-tuned model of others" in classified.text()
    found = sentiment.engine_comparison(feedback, classified, params=params)
    table = found.table().set_index("engine")
    assert table.index.tolist() == ["transformers", "calibrated", "prior", "lexicon"]
    assert table.loc["transformers", "right"] == 1.0
    assert table.loc["lexicon", "q"] < 0.001
    row = table.loc["lexicon"]
    assert row["only_other_right"] == 0
    assert row["p"] == pytest.approx(2 * 0.5 ** row["only_used_right"])  # exact and two-sided
    assert (table["low"] <= table["right"]).all() and (table["right"] <= table["high"]).all()


@pytest.mark.usefixtures("_library")
def test_a_model_whose_classes_have_no_known_name_is_refused():
    with pytest.raises(DataError, match=r"has a class 'LABEL_0'.*id2label"):
        finetuned_probabilities(["zorp"], "numbered")


@pytest.mark.usefixtures("_library")
def test_a_model_that_is_not_there_is_refused():
    with pytest.raises(DataError, match=r"cannot be loaded \(gone is no model\)"):
        finetuned_probabilities(["zorp"], "gone")


def test_the_missing_library_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    finetuned._pipeline.cache_clear()
    with pytest.raises(MissingExtra, match=r"pip install 'insights\[transformers\]'"):
        score_polarity(["fine"], np.array([np.nan]), engine="transformers/three", seed=1)


@pytest.mark.parametrize("name", ["bert", "transformers", "transformers/"])
def test_an_engine_that_is_none_is_refused(name):
    with pytest.raises(ParamsError, match="allowed are auto, lexicon, prior, calibrated and"):
        score_polarity(["fine"], np.array([np.nan]), engine=name, seed=1)
