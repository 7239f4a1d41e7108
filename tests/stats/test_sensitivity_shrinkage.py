"""The optimiser's curse, and what shrinkage leaves of it."""

import numpy as np
import pytest

from insights.stats.shrinkage import shrink


def curse(runs=3000, k=10, sd=60.0, se=80.0, seed=11):
    """Over-statement of the winner: as estimated, and after shrinkage."""
    rng = np.random.default_rng(seed)
    naive, shrunk = [], []
    for _ in range(runs):
        truth = rng.normal(100.0, sd, k)
        estimate = truth + rng.normal(0.0, se, k)
        naive.append(estimate.max() - truth[estimate.argmax()])
        mean = shrink(estimate, np.full(k, se)).mean
        shrunk.append(mean.max() - truth[mean.argmax()])
    return np.mean(naive), np.mean(shrunk)


def test_the_winner_is_overstated_by_98_without_shrinkage_and_by_nearly_nothing_after():
    naive, shrunk = curse()
    # theory: E[max of 10 standard normals] x se² / sqrt(sd² + se²) = 1.5388 x 64 = 98.5
    assert naive == pytest.approx(98.5, abs=4)
    assert abs(shrunk) < 12


def test_equal_noise_keeps_the_order_and_the_weight_is_the_share_of_true_variance():
    rng = np.random.default_rng(0)
    x = rng.normal(0, np.hypot(60, 80), 4000)
    found = shrink(x, np.full(4000, 80.0))
    assert found.weight[0] == pytest.approx(0.36, abs=0.03)
    assert found.between == pytest.approx(60, abs=4)
    assert np.array_equal(np.argsort(found.mean), np.argsort(x))


def test_estimates_without_noise_stay_and_estimates_of_pure_noise_become_one():
    x = np.array([1.0, 5.0, 9.0])
    assert np.allclose(shrink(x, np.zeros(3)).mean, x)
    assert np.allclose(shrink(x, np.full(3, 100.0)).mean, x.mean())


def test_another_currency_and_another_order_change_nothing_else():
    x, s = np.array([10.0, 40.0, 90.0, 55.0]), np.array([5.0, 20.0, 30.0, 8.0])
    base, order = shrink(x, s), np.array([2, 0, 3, 1])
    assert np.allclose(shrink(1000 * x, 1000 * s).mean, 1000 * base.mean)
    assert np.allclose(shrink(x[order], s[order]).mean, base.mean[order])


def test_too_few_estimates_and_impossible_errors_are_refused():
    with pytest.raises(ValueError, match="at least 3 estimates, got 2"):
        shrink([1.0, 2.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="at least 0"):
        shrink([1.0, 2.0, 3.0], [1.0, -1.0, 1.0])
