"""The area under the curve is a count of pairs, and its interval DeLong's."""

import numpy as np
import pytest

from insights.stats.confounding import e_value, relative_risk_with_silence
from insights.stats.discrimination import area_under_curve, area_with_interval, level_scores


def test_the_area_is_a_count_of_pairs_and_lies_in_its_interval():
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 6, 40).astype(float), rng.integers(0, 5, 30).astype(float)
    pairs = np.mean([(x > y) + 0.5 * (x == y) for x in a for y in b])
    score, outcome = np.r_[a, b], np.repeat([True, False], [40, 30])
    found = area_with_interval(score, outcome)
    assert found.estimate == area_under_curve(score, outcome) == pytest.approx(pairs)
    assert found.low < pairs < found.high and found.n == 70
    assert area_with_interval(score, ~outcome).estimate == pytest.approx(1 - pairs)


def test_the_interval_covers_the_area_of_two_normals_as_often_as_it_says():
    rng = np.random.default_rng(11)  # P(X > Y) of N(1, 1) and N(0, 1) is .7602
    outcome = np.repeat([True, False], [40, 60])
    held = [area_with_interval(rng.normal(outcome, 1.0), outcome) for _ in range(400)]
    inside = np.mean([one.low <= 0.7602 <= one.high for one in held])
    assert abs(inside - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 400)


def test_a_perfect_order_has_an_interval_below_one_and_one_group_has_no_area():
    score, outcome = np.arange(20.0), np.arange(20) >= 10
    found = area_with_interval(score, outcome)
    assert found.estimate == 1 and 0.5 < found.low < 1
    assert np.isnan(area_under_curve(score, np.ones(20, bool)))


def test_a_level_is_scored_by_rows_of_other_folds():
    rng = np.random.default_rng(1)
    codes, seen = rng.integers(0, 4, 33), rng.random(33) < 0.5
    found = level_scores(codes, seen)
    for i in range(33):
        rest = [j for j in range(33) if j % 5 != i % 5]
        same = [j for j in rest if codes[j] == codes[i]]
        share = np.mean([seen[j] for j in rest])
        assert found[i] == pytest.approx((sum(seen[same]) + 0.5 * share) / (len(same) + 0.5))
    alone = level_scores(np.arange(40), rng.random(40) < 0.5)
    assert len(np.unique(alone)) <= 5  # levels of one row tell nothing: the mean of other folds


@pytest.mark.parametrize("ratio", [0.4, 1.0, 2.0, 5.0])
def test_a_planted_relative_risk_comes_back_through_silence(ratio):
    """Affected a fifth, of whom a tenth reports; risks of 3 % and `ratio` times that."""
    affected, reporting, base = 0.2, 0.1, 0.03
    heard = affected * reporting
    silent = (affected - heard) / (1 - heard)
    others = base * (1 + silent * (ratio - 1))
    found = relative_risk_with_silence(ratio * base / others, heard, reporting)
    assert found == pytest.approx(ratio)
    assert relative_risk_with_silence(1.68966, 0.02, 0.1) == pytest.approx(2, abs=1e-4)


def test_what_cannot_be_is_not_a_number_and_the_e_value_is_the_published_one():
    assert np.isnan(relative_risk_with_silence(2.0, 0.5, 0.4))  # more affected than there are
    assert np.isnan(relative_risk_with_silence(5.0, 0.1, 0.2))  # no ratio looks so large
    assert e_value([3.9, 1.8, 1 / 3.9]) == pytest.approx([7.26, 3.0, 7.26], abs=0.005)
