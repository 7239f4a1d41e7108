"""The area under the curve is a count of pairs, and its interval DeLong's."""

import numpy as np
import pytest

from insights.stats.discrimination import area_under_curve, area_with_interval


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
