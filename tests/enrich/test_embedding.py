import socket

import numpy as np
import pytest

from insights.enrich import embedding as embedding_module
from insights.enrich import teacher
from insights.enrich.embedding import fit_embedding

EN = [
    "sync fails after the update",
    "calendar does not sync",
    "the invoice is wrong",
    "I was charged twice on the invoice",
    "the support agent was friendly",
    "support was quick",
]
ZH = [
    "更新之后同步失败",
    "日历不同步",
    "发票金额错了",
    "发票重复扣款",
    "客服态度友好",
    "客服回复很快",
]
TEXTS = [f"{text} {extra}" for text in EN + ZH for extra in ("", "!", "ok", "谢谢")]


@pytest.fixture(scope="module")
def embedding():
    return fit_embedding(TEXTS, seed=1)


def test_rows_have_length_one_and_a_wordless_text_has_none(embedding):
    vectors = embedding.vectors([*TEXTS, "", "😀"])
    assert vectors.shape == (len(TEXTS) + 2, 768)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors[: len(TEXTS)], axis=1), 1, atol=1e-5)
    assert not vectors[-2].any()
    assert np.isfinite(vectors).all()


def test_a_text_lies_nearer_to_its_own_subject_than_to_another(embedding):
    a, b, other = embedding.vectors([EN[0], EN[1], EN[4]])
    assert a @ b > a @ other + 0.1
    a, b, other = embedding.vectors([ZH[2], ZH[3], ZH[4]])
    assert a @ b > a @ other + 0.1


def test_without_its_language_a_text_lies_nearest_to_its_translation(embedding):
    vectors = embedding.vectors(EN + ZH)
    meaning = embedding.meaning(vectors, np.repeat([0, 1], 6))
    shifted = [meaning[:6] - meaning[:6].mean(0), meaning[6:] - meaning[6:].mean(0)]
    nearest = (shifted[0] @ shifted[1].T).argmax(axis=1)
    subject = np.repeat([0, 1, 2], 2)
    assert (subject[nearest] == subject).mean() >= 5 / 6


def test_order_and_repeats_do_not_matter(embedding):
    again = fit_embedding([*TEXTS[::-1], *TEXTS[:5]], seed=1)
    assert np.array_equal(again.weights, embedding.weights)
    forth, back = embedding.vectors(TEXTS), again.vectors(TEXTS[::-1])[::-1]
    assert np.allclose(forth, back, atol=1e-6)


def test_partitions_give_what_the_whole_gives(embedding, monkeypatch):
    whole = embedding.vectors(TEXTS)
    monkeypatch.setattr("insights.enrich.embedding._PARTITION", 7)
    assert np.allclose(embedding.vectors(TEXTS), whole, atol=1e-6)


def test_the_teacher_reads_no_more_than_the_sample():
    small = fit_embedding(TEXTS, seed=1, sample=10)
    assert small.n_taught == 10
    other = fit_embedding(TEXTS, seed=2, sample=10)
    assert small.weights.shape != other.weights.shape or not np.allclose(
        small.weights, other.weights
    )


def test_no_connection_is_opened(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    teacher._teacher.cache_clear()
    embedding_module._model.cache_clear()
    assert fit_embedding(TEXTS[:8], seed=1).vectors(TEXTS[:2]).any()


def test_texts_without_words_still_have_vectors():
    vectors = fit_embedding(["😀", "👍👍", "🎉"], seed=1).vectors(["😀", "🎉"])
    assert np.isfinite(vectors).all()


def test_nothing_to_read_is_refused():
    with pytest.raises(ValueError, match="at least one text that is not empty"):
        fit_embedding(["", "  "], seed=1)


def test_what_the_teacher_read_before_changes_no_bit(tmp_path):
    fresh, first, again = (
        fit_embedding(TEXTS, seed=1, cache=c) for c in (None, tmp_path, tmp_path)
    )
    assert list((tmp_path / "teacher").glob("*.npy"))
    for found in (first, again):
        assert np.array_equal(found.weights, fresh.weights)


def test_the_rarer_script_gets_its_part_of_the_sample():
    english = [f"the parcel number {i} is late" for i in range(2_000)]
    chinese = [f"第{i}个包裹还没有到" for i in range(40)]
    alone = embedding_module._sample(english, 400, seed=1)
    both = embedding_module._sample([*english, *chinese], 400, seed=1)
    assert len(both) == len(set(both)) == 400 and (both >= len(english)).sum() == 40
    assert set(both[both < len(english)]) < set(alone)  # drawn by content: nested
    many = embedding_module._sample([*english[:500], *chinese * 50], 400, seed=1)
    assert (many < 500).sum() == 100  # a quarter; a fifth would be its share
