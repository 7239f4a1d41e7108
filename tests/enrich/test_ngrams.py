"""Hashed features: a slow twin, borders of texts, the same product both ways."""

import numpy as np

from insights.enrich.ngrams import COLUMNS, _codes, _column, _gram, _powers, occurrences

_TEXTS = [
    "Great app, great price!",
    "",
    "see https://x.example/a?b=c now",
    "物流很快，但是包装破了",
    "这个 app 不错 👍",
    "@someone don’t go",
    "a\0b",
    "İstanbul ok",
]


def word_column(word):
    """Where a word, or a run of Chinese characters, is counted."""
    key = _codes(word).astype(np.uint64)
    if word.isascii():
        return _column(np.array([np.sum(key * _powers()[: len(key)], dtype=np.uint64)]))[0]
    return _column(_gram(key, len(word)))[0]


def test_every_text_gives_the_row_it_gives_alone():
    together = occurrences(_TEXTS).counts()
    for i, text in enumerate(_TEXTS):
        alone = occurrences([text]).counts()
        assert (together[[i]] != alone).nnz == 0


def test_words_pairs_and_characters_are_counted_as_a_slow_twin_counts_them():
    found = occurrences(["good bad good"])
    counts = found.counts().toarray()[0]
    good, bad = word_column("good"), word_column("bad")
    assert counts[good] == 2
    assert counts[bad] == 1
    # three words, two pairs, and ten windows of four characters
    assert len(found.row) == 3 + 2 + 10
    han = occurrences(["很快了"])
    assert len(han.row) == 3 + 2 + 1
    assert han.counts().toarray()[0][word_column("很快")] == 1


def test_an_address_hides_nothing_of_the_next_text():
    found = occurrences(["look http://t.co/abc", "good"])
    assert found.counts().toarray()[1][word_column("good")] == 1


def test_case_width_of_apostrophe_and_spaces_do_not_matter():
    one, two = occurrences(["Don’t   WAIT", "don't wait"]).counts()
    assert (one != two).nnz == 0


def test_the_product_without_the_matrix_is_the_product_with_it():
    rng = np.random.default_rng(0)
    idf, weights = rng.uniform(0, 3, COLUMNS), rng.normal(size=(COLUMNS, 2))
    found = occurrences(_TEXTS)
    assert np.allclose(found.weighted(idf) @ weights, found.product(idf, weights), atol=1e-4)


def test_no_texts_have_no_rows():
    assert occurrences([]).counts().shape == (0, COLUMNS)
    assert occurrences(["", "..."]).counts().nnz == 0
