"""Krippendorff's alpha: published examples, a naive twin, chance, coverage."""

import itertools

import numpy as np
import pytest

from insights.stats.agreement import krippendorff

_ = np.nan
# Krippendorff (2011), section C: four observers, twelve units, values 1 to 5
_TWELVE = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    ]
).T
# ibid., section A: two observers, ten units, binary; section B: two observers, five names
_TEN = np.array([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]], float).T
_NAMES = np.array([list("aabbdcccedda"), list("babbbccceddd")]).T


def _alpha(values, metric="nominal"):
    return krippendorff(values, np.random.default_rng(0), metric).estimate


@pytest.mark.parametrize(
    ("metric", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_krippendorffs_example_of_four_observers_is_returned(metric, alpha):
    assert _alpha(_TWELVE, metric) == pytest.approx(alpha, abs=5e-4)


def test_krippendorffs_examples_of_two_observers_are_returned():
    assert _alpha(_TEN) == pytest.approx(0.095, abs=5e-4)
    names = np.unique(_NAMES, return_inverse=True)[1].reshape(_NAMES.shape)
    assert _alpha(names) == pytest.approx(0.692, abs=5e-4)


@pytest.mark.parametrize("metric", ["nominal", "ordinal"])
def test_alpha_equals_a_loop_over_pairs(metric):
    rng = np.random.default_rng(3)
    x = rng.integers(0, 3, (25, 4)).astype(float)
    x[rng.random(x.shape) < 0.3] = np.nan
    rows = [row[np.isfinite(row)] for row in x if np.isfinite(row).sum() > 1]
    every = np.concatenate(rows)
    number = [np.sum(every == v) for v in range(3)]

    def apart(a, b):
        low, high = sorted((int(a), int(b)))
        if metric == "nominal" or low == high:
            return float(low != high)
        return (sum(number[low : high + 1]) - (number[low] + number[high]) / 2) ** 2

    observed = sum(
        sum(apart(a, b) for a, b in itertools.permutations(row, 2)) / (len(row) - 1) for row in rows
    ) / len(every)
    expected = sum(apart(a, b) for a, b in itertools.permutations(every, 2))
    expected /= len(every) * (len(every) - 1)
    assert _alpha(x, metric) == pytest.approx(1 - observed / expected)


def test_neither_the_order_of_units_nor_that_of_labellers_matters():
    rng = np.random.default_rng(4)
    mixed = _TWELVE[rng.permutation(12)][:, rng.permutation(4)]
    assert _alpha(mixed, "ordinal") == pytest.approx(_alpha(_TWELVE, "ordinal"))


def test_labels_at_random_agree_as_chance_would_and_the_interval_says_so():
    held = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        found = krippendorff(rng.integers(0, 3, (80, 2)), rng)
        assert found.low <= found.estimate <= found.high
        held += found.low <= 0 <= found.high
    assert held / 60 >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / 60)


def test_the_interval_covers_the_alpha_of_a_very_large_sample():
    def labels(n, rng):
        truth = rng.choice(3, n, p=[0.2, 0.2, 0.6])[:, None]
        return np.where(rng.random((n, 2)) < 0.8, truth, rng.integers(0, 3, (n, 2)))

    rng = np.random.default_rng(5)
    truth = _alpha(labels(3_000, rng), "ordinal")
    found = [krippendorff(labels(100, rng), rng, "ordinal") for _ in range(60)]
    covered = np.mean([e.low <= truth <= e.high for e in found])
    assert covered >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / 60)


def test_one_unit_of_another_class_is_enough_for_an_interval():
    one = np.array([[0, 0]] * 19 + [[0, 1]], float)
    found = krippendorff(one, np.random.default_rng(0))  # 64 % of the draws hold the one
    assert found.low <= found.estimate <= found.high and found.n == 20


def test_without_variation_or_without_two_labels_nothing_is_claimed():
    rng = np.random.default_rng(0)
    same = krippendorff(np.ones((20, 2)), rng)
    single = krippendorff(np.array([[1, np.nan], [np.nan, 2]]), rng)
    assert np.isnan(same.estimate) and same.n == 20
    assert np.isnan(single.estimate) and single.n == 0
    with pytest.raises(ValueError, match="units by labellers"):
        _alpha([1, 2, 3])
