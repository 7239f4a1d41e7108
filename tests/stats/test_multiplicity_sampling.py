import json
import os
from pathlib import Path

import numpy as np
import pytest

from insights.stats.multiplicity import q_values
from insights.stats.sampling import stable_sample


def test_bh_rejects_four_of_the_fifteen_in_the_original_paper():
    """Benjamini and Hochberg 1995, section 4.1: 4 rejected at .05."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
         0.5719, 0.6528, 0.7590, 1.0]  # fmt: skip
    assert (q_values(p) <= 0.05).sum() == 4


@pytest.mark.skipif("INSIGHTS_REFERENCE" not in os.environ, reason="INSIGHTS_REFERENCE is not set")
def test_bh_agrees_with_the_reference_file():
    path = Path(os.environ["INSIGHTS_REFERENCE"]) / "bh_example.json"
    found = json.loads(path.read_text())
    assert q_values(found["p"]) == pytest.approx(np.array(found["bh"]), abs=1e-10)
    assert q_values(found["p"], "by") == pytest.approx(np.array(found["by"]), abs=1e-10)


def test_false_discoveries_stay_at_the_stated_rate():
    rng = np.random.default_rng(4)
    proportions = []
    for _ in range(400):
        p = np.concatenate([rng.uniform(size=40), rng.uniform(size=10) * 1e-4])
        hit = q_values(p) <= 0.1
        proportions.append(hit[:40].sum() / max(hit.sum(), 1))
    assert np.mean(proportions) <= 0.1


def test_by_is_stricter_than_bh_and_both_keep_the_order():
    p = np.array([0.01, 0.04, 0.03, 0.2])
    bh, by = q_values(p), q_values(p, "by")
    assert (by >= bh).all()
    assert (np.diff(bh[np.argsort(p)]) >= 0).all()


def test_a_test_that_was_not_made_is_not_counted():
    q = q_values([0.01, np.nan, 0.02])
    assert np.isnan(q[1]) and q[0] == pytest.approx(0.02)


def test_a_sample_by_content_ignores_order_and_keeps_most_when_the_table_grows():
    texts = [f"text {i}" for i in range(2_000)]
    drawn = {texts[i] for i in stable_sample(texts, 500, seed=3)}
    back = texts[::-1]
    assert drawn == {back[i] for i in stable_sample(back, 500, seed=3)}
    grown = [*texts, *(f"new {i}" for i in range(100))]
    later = {grown[i] for i in stable_sample(grown, 500, seed=3)}
    assert len(drawn & later) >= 460  # five per cent more texts: about 476 are expected
    assert drawn != {texts[i] for i in stable_sample(texts, 500, seed=4)}


def test_a_sample_by_content_is_uniform():
    texts = [f"t{i}" for i in range(400)]
    often = np.zeros(400)
    for seed in range(300):
        rows = stable_sample(texts, 100, seed=seed)
        assert len(set(rows)) == 100 and (np.diff(rows) > 0).all()
        often[rows] += 1
    # each text is drawn in a quarter of the samples; 400 binomials of 300 at 1/4
    assert abs(often - 75).max() < 5 * (300 * 0.25 * 0.75) ** 0.5


def test_a_sample_as_large_as_the_table_is_the_table():
    assert stable_sample(["b", "a"], 2, seed=1).tolist() == [0, 1]


def test_a_smaller_sample_lies_within_a_larger_and_copies_are_drawn_one_by_one():
    texts = [f"text {i}" for i in range(2_000)] + ["the same"] * 2_000
    large, small = (stable_sample(texts, size, seed=2) for size in (1_000, 300))
    assert set(small) <= set(large)
    alike = np.mean([texts[i] == "the same" for i in large])
    assert abs(alike - 0.5) < 4 * np.sqrt(0.25 / 1_000)
