"""The teacher's vectors are kept by content, and what is kept is what would be computed."""

import os

import numpy as np
import pytest

from insights.enrich import teacher
from insights.enrich.teacher import WIDTH, taught

TEXTS = [
    f"order {i} came late and the box was {word}" for i in range(12) for word in ("wet", "破了")
]


@pytest.fixture
def few_batches(monkeypatch):
    monkeypatch.setattr(teacher, "_BATCHES", 5)


@pytest.fixture
def read(monkeypatch):
    """Texts that the teacher was made to read."""
    model, seen = teacher._teacher(), []

    class Counting:
        def encode(self, texts):
            seen.extend(texts)
            return model.encode(texts)

    monkeypatch.setattr(teacher, "_teacher", Counting)
    return seen


def test_a_vector_is_the_teachers_whatever_the_order():
    found = taught(TEXTS)
    assert found.shape == (len(TEXTS), WIDTH) and found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3)
    assert np.allclose(found[3], teacher._teacher().encode(TEXTS[3]), atol=1e-5)
    assert np.array_equal(taught(TEXTS[::-1])[::-1], found)


def test_what_was_read_is_not_read_again_and_no_bit_differs(tmp_path, few_batches, read):
    fresh = taught(TEXTS)
    first = taught(TEXTS, folder=tmp_path)
    read.clear()
    assert np.array_equal(taught(TEXTS, folder=tmp_path), fresh) and np.array_equal(first, fresh)
    assert not read


def test_a_new_text_makes_only_its_own_batch_be_read(tmp_path, few_batches, read):
    taught(TEXTS, folder=tmp_path)
    read.clear()
    grown = [*TEXTS, "a new text"]
    found = taught(grown, folder=tmp_path)
    assert "a new text" in read and len(read) < len(TEXTS)
    assert np.array_equal(found, taught(grown))


@pytest.mark.parametrize("damage", [b"", b"no array", None])
def test_a_damaged_file_is_made_again(tmp_path, few_batches, damage):
    fresh = taught(TEXTS, folder=tmp_path)
    place = min(tmp_path.iterdir())
    if damage is None:
        np.save(place, np.zeros((1, 3)))
    else:
        place.write_bytes(damage)
    assert np.array_equal(taught(TEXTS, folder=tmp_path), fresh)
    assert np.load(place).shape[1] == WIDTH


def test_vectors_that_nobody_asked_for_are_removed(tmp_path):
    taught(TEXTS[:4], folder=tmp_path)
    before = set(tmp_path.iterdir())
    for place in before:
        os.utime(place, (0, 0))
    taught(TEXTS[4:8], folder=tmp_path)
    assert before.isdisjoint(tmp_path.iterdir())


def test_no_text_gives_no_vector(tmp_path):
    assert taught([], folder=tmp_path).shape == (0, WIDTH)
