"""The optimiser's curse, and what shrinkage leaves of it."""

import numpy as np
import pytest
from scipy import stats

from insights.stats.shrinkage import shrink


def curse(runs=400, k=10, sd=60.0, se=80.0, seed=11):
    """Over-statement of the winner, before and after; how often its 90 % range holds."""
    rng = np.random.default_rng(seed)
    naive, shrunk, held = [], [], []
    for _ in range(runs):
        truth = rng.normal(100.0, sd, k)
        estimate = truth + rng.normal(0.0, se, k)
        naive.append(estimate.max() - truth[estimate.argmax()])
        found = shrink(estimate, np.full(k, se), scale=100.0)
        first = found.mean.argmax()
        shrunk.append(found.mean[first] - truth[first])
        low, high = np.interp([0.05, 0.95], found.chance[first].cumsum(), found.grid)
        held.append(low <= truth[first] <= high)
    return np.mean(naive), np.mean(shrunk), np.mean(held)


@pytest.mark.slow
def test_the_winner_is_overstated_by_98_without_shrinkage_and_by_a_quarter_at_most_after():
    naive, shrunk, held = curse()
    # theory: E[max of 10 standard normals] x se² / sqrt(sd² + se²) = 1.5388 x 64 = 98.5
    assert naive == pytest.approx(98.5, abs=8)
    assert abs(shrunk) < 98.5 / 4
    assert held == pytest.approx(0.9, abs=0.06)


def test_equal_noise_keeps_the_order_and_the_spread_is_that_of_the_truth():
    rng = np.random.default_rng(0)
    x = rng.normal(0, np.hypot(0.6, 0.8), 500)
    found = shrink(x, np.full(500, 0.8))
    assert found.between == pytest.approx(0.6, abs=0.15)
    assert np.array_equal(np.argsort(found.mean), np.argsort(x))
    middle = np.abs(x) < 1
    slope = np.polyfit(x[middle], found.mean[middle], 1)[0]
    assert slope == pytest.approx(0.30, abs=0.08)  # a normal prior: .36; heavy tails: less here


def test_a_lone_clear_estimate_stays_and_unclear_ones_move():
    x, s = np.r_[1.2, np.zeros(9)], np.r_[0.15, np.full(9, 0.15)]
    found = shrink(x, s)
    assert found.mean[0] == pytest.approx(1.2, abs=0.15)  # 8 standard errors from the others
    unclear = shrink(np.r_[0.3, np.zeros(9)], s)
    assert unclear.mean[0] < 0.2
    assert np.all(np.abs(unclear.mean[1:]) < 0.05)


def test_estimates_nearly_without_noise_stay_and_pure_noise_becomes_nearly_one():
    x = np.array([0.1, 0.5, 0.9])
    assert np.allclose(shrink(x, np.full(3, 0.01)).mean, x, atol=0.01)
    noise = shrink(x, np.full(3, 2.0))
    assert np.ptp(noise.mean) < 0.2 * np.ptp(x)


def test_one_estimate_and_two_are_pulled_by_the_prior_alone():
    assert shrink([0.7], [0.1]).mean[0] == pytest.approx(0.69, abs=0.01)
    assert 0.2 < shrink([0.7], [0.5]).mean[0] < 0.4  # it may well be nothing
    assert shrink([0.7, 0.1], [0.1, 0.1]).mean[0] == pytest.approx(0.68, abs=0.03)


def test_another_unit_and_another_order_change_nothing_else():
    x, s = np.array([0.10, 0.40, 0.90, 0.55]), np.array([0.05, 0.20, 0.30, 0.08])
    base, order = shrink(x, s), np.array([2, 0, 3, 1])
    assert np.allclose(shrink(1000 * x, 1000 * s, scale=1000).mean, 1000 * base.mean)
    assert np.allclose(shrink(x[order], s[order]).mean, base.mean[order])
    assert np.allclose(shrink(-x, s).mean, -base.mean, atol=1e-6)


def test_a_posterior_is_that_of_a_naive_sum_over_mean_and_spread():
    x, s = np.array([0.7, 0.1, -0.2]), np.array([0.2, 0.15, 0.3])
    found = shrink(x, s)
    g = np.linspace(-2.0, 2.5, 151)  # 0 is among them
    h = g[1] - g[0]
    spreads = 0.6 * stats.norm.ppf(0.5 + (np.arange(12) + 0.5) / 24)
    pdf = stats.norm.pdf(x[:, None], g, s[:, None])
    at_zero = stats.norm.pdf(x, 0.0, s)
    top, whole = 0.0, 0.0
    for null in (0.0, 0.3, 0.6, 0.8, 0.95):
        for spread in spreads:
            for m in g:
                prior = np.diff(stats.t.cdf((np.r_[g - h / 2, g[-1] + h / 2] - m) / spread, 3))
                fits = null * at_zero + (1 - null) * (pdf @ prior)
                weight = np.exp(-0.5 * m**2) * fits[1] * fits[2]
                top += weight * (1 - null) * ((prior * pdf[0]) @ g)
                whole += weight * fits[0]
    assert found.mean[0] == pytest.approx(top / whole, abs=3e-3)


def test_a_lone_clear_estimate_among_nothing_keeps_its_size_and_the_largest_of_nothing_none():
    rng = np.random.default_rng(4)
    lone, none = [], []
    for _ in range(100):
        noise = rng.normal(0, 0.2, 10)
        lone.append(shrink(noise + np.r_[1.1, np.zeros(9)], np.full(10, 0.2)).mean[0])
        none.append((noise.max(), shrink(noise, np.full(10, 0.2)).mean.max()))
    assert np.mean(lone) == pytest.approx(1.1, abs=0.12)
    naive, ours = np.mean(none, axis=0)
    assert ours < naive / 4


def test_a_sharp_zero_one_vague_error_and_one_estimate_alone_are_no_trouble():
    found = shrink([0.0, 0.5, 0.9], [1e-4, 0.2, 0.2])
    assert abs(found.mean[0]) < 1e-3 and found.sd[0] < 2e-3
    vague = shrink([0.3, 0.2, 4.5], [0.1, 0.1, 50.0])
    assert abs(vague.mean[2]) < 0.5  # nothing is learnt from it
    assert vague.mean[0] == pytest.approx(shrink([0.3, 0.2], [0.1, 0.1]).mean[0], abs=0.02)
    alike = shrink(np.full(200, 0.5), np.full(200, 0.2))
    assert np.ptp(alike.mean) < 1e-12 and alike.mean[0] == pytest.approx(0.5, abs=0.02)
    for one in (found, vague, alike):
        assert np.all(one.chance >= 0) and np.allclose(one.chance.sum(axis=1), 1)


def test_impossible_estimates_and_errors_are_refused():
    for x, s in (([], []), ([1.0], [0.0]), ([1.0, np.nan], [1.0, 1.0]), ([1.0], [np.inf])):
        with pytest.raises(ValueError, match="finite and above 0"):
            shrink(x, s)
