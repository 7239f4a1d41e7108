import pickle
import sys
from types import ModuleType
from typing import ClassVar

import numpy as np
import pytest

from insights.enrich import encoders
from insights.enrich.embedding import Embedding
from insights.enrich.encoders import fit_encoder
from insights.enrich.endpoint import Endpoint
from insights.enrich.model_names import check_encoder
from insights.errors import DataError, MissingExtra, ParamsError

TEXTS = ["sync fails", "同步失败", "", "invoice is wrong", "sync fails"]


def letters(text):
    """A vector that a test can work out: counts of a few letters, and a constant."""
    return [float(text.count(letter)) for letter in "aeis同"] + [1.0]


class FakeModel:
    asked: ClassVar[list] = []

    def __init__(self, name):
        FakeModel.asked.append(name)

    @classmethod
    def from_pretrained(cls, name):
        if name == "minishlab/missing":
            raise OSError("minishlab/missing is not a model\nlong story")
        return cls(name)

    def encode(self, texts, show_progress_bar):
        return np.array([letters(text) for text in texts])


@pytest.fixture(autouse=True)
def _libraries(monkeypatch):
    for name, attribute in (("sentence_transformers", "SentenceTransformer"),
                            ("model2vec", "StaticModel")):  # fmt: skip
        module = ModuleType(name)
        setattr(module, attribute, FakeModel)
        monkeypatch.setitem(sys.modules, name, module)
    FakeModel.asked = []
    encoders._load.cache_clear()
    yield
    encoders._load.cache_clear()


def remote(stub, tmp_path=None):
    def answer(path, question):
        assert path == "/v1/embeddings" and question["model"] == "e5"
        rows = [{"index": i, "embedding": letters(t)} for i, t in enumerate(question["input"])]
        return {"data": rows[::-1]}  # the order is told by the index, not by the place

    stub.answer = answer
    endpoint = Endpoint("env:LLM_URL", "env:LLM_KEY", cache=tmp_path)
    return fit_encoder("openai/e5", TEXTS, seed=1, endpoint=endpoint)


def expected():
    rows = np.array([letters(text) for text in TEXTS])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[2] = 0.0  # an empty text has no direction
    return rows.astype(np.float32)


def test_the_default_is_our_own_student():
    found = fit_encoder("student", [f"sync fails {w}" for w in ("now", "here", "too")], seed=1)
    assert isinstance(found, Embedding)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("sentence-transformers/all-MiniLM-L6-v2", "all-MiniLM-L6-v2"),
        ("sentence-transformers/intfloat/e5", "intfloat/e5"),
        ("model2vec/potion", "minishlab/potion"),
        ("model2vec/somebody/potion", "somebody/potion"),
    ],
)
def test_a_library_s_model_gives_unit_rows_in_order(name, asked):
    found = fit_encoder(name, TEXTS, seed=1)
    np.testing.assert_allclose(found.vectors(TEXTS), expected(), rtol=1e-6)
    assert found.vectors(TEXTS).dtype == np.float32
    assert FakeModel.asked == [asked]  # loaded once
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(found)).vectors(TEXTS), found.vectors(TEXTS)
    )


@pytest.mark.parametrize("family", ["sentence-transformers", "model2vec"])
def test_an_absent_library_is_named_with_the_command_that_installs_it(family, monkeypatch):
    monkeypatch.setitem(sys.modules, family.replace("-", "_"), None)
    with pytest.raises(MissingExtra, match=rf"pip install 'insights\[{family}\]'"):
        fit_encoder(f"{family}/any", TEXTS, seed=1)


def test_a_model_that_cannot_be_loaded_is_said_in_one_line():
    with pytest.raises(DataError, match=r"cannot be loaded \(minishlab/missing is not a model\)"):
        fit_encoder("model2vec/missing", TEXTS, seed=1)


def test_an_endpoint_s_vectors_are_put_in_order_and_asked_for_once(stub_endpoint, tmp_path):
    found = remote(stub_endpoint, tmp_path)
    np.testing.assert_allclose(found.vectors(TEXTS), expected(), rtol=1e-6)
    sent = [question["input"] for _, question in stub_endpoint.asked]
    assert sent == [["invoice is wrong", "sync fails", "同步失败"]]
    again = remote(stub_endpoint, tmp_path).vectors(TEXTS[::-1])
    np.testing.assert_array_equal(again, found.vectors(TEXTS)[::-1])
    assert len(stub_endpoint.asked) == 1
    assert pickle.loads(pickle.dumps(found)) == found


def test_many_texts_are_sent_in_batches(stub_endpoint):
    texts = [f"text {'a' * (i % 7)} {i}" for i in range(600)]
    found = remote(stub_endpoint).vectors(texts)
    assert [len(question["input"]) for _, question in stub_endpoint.asked] == [256, 256, 88]
    one = np.array(letters(texts[571]))
    np.testing.assert_allclose(found[571], one / np.linalg.norm(one), rtol=1e-6)


def test_texts_without_a_word_need_no_endpoint(stub_endpoint):
    assert not remote(stub_endpoint).vectors(["", "  "]).any()
    assert stub_endpoint.asked == []


@pytest.mark.parametrize(
    "data",
    [[], [{"index": 0, "embedding": [1.0]}], "no", [{"index": i} for i in range(3)],
     [{"index": i, "embedding": [1.0] * (i + 1)} for i in range(3)]],
)  # fmt: skip
def test_an_endpoint_that_gives_other_than_a_vector_a_text_is_refused(stub_endpoint, data):
    found = remote(stub_endpoint)
    stub_endpoint.answer = lambda path, question: {"data": data}
    with pytest.raises(DataError, match="asked for 3 vectors"):
        found.vectors(TEXTS)


def test_numbers_that_are_not_finite_are_refused(monkeypatch):
    monkeypatch.setattr(FakeModel, "encode", lambda *_, **__: np.full((5, 2), np.nan))
    with pytest.raises(DataError, match="not finite"):
        fit_encoder("model2vec/potion", TEXTS, seed=1).vectors(TEXTS)


def test_what_the_texts_of_a_language_share_is_taken_out():
    rng = np.random.default_rng(1)
    theme = rng.normal(size=(80, 6))
    language = np.repeat([0, 1], 40)
    theme[40:] = theme[:40]  # the same things said in the other language
    shifted = theme + np.outer(language, np.full(6, 5.0))
    found = fit_encoder("model2vec/potion", TEXTS, seed=1).meaning(shifted, language)
    np.testing.assert_allclose(found[:40], found[40:], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("name", ["students", "openai/", "word2vec/x", "", "model2vec"])
def test_an_unknown_name_is_refused_with_what_is_allowed(name):
    with pytest.raises(ParamsError, match="allowed are student, sentence-transformers/MODEL"):
        check_encoder(name)


def test_an_endpoint_s_model_without_an_endpoint_is_refused():
    with pytest.raises(ParamsError, match="no endpoint is named"):
        fit_encoder("openai/e5", TEXTS, seed=1)
