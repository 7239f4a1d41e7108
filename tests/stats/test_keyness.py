"""Weighted log-odds: as published, fair to rare terms, and no surer than chance."""

import numpy as np
import pytest

from insights.stats.keyness import log_odds, period_dispersion


def naive(first, second, prior):
    """Monroe, Colaresi and Quinn 2008, equations 15, 16 and 19, term by term."""
    found = []
    both = [max(a + b, 0.5) for a, b in zip(first, second, strict=True)]
    for a, b, c in zip(first, second, both, strict=True):
        alpha = prior * c / sum(both)
        odds1 = (a + alpha) / (sum(first) + prior - a - alpha)
        odds2 = (b + alpha) / (sum(second) + prior - b - alpha)
        found.append((np.log(odds1 / odds2), 1 / (a + alpha) + 1 / (b + alpha)))
    return np.array(found).T


def test_the_formula_is_the_published_one():
    rng = np.random.default_rng(0)
    first, second = rng.poisson(5, 30), rng.poisson(9, 30)
    assert np.allclose(log_odds(first, second, prior=50.0), naive(first, second, 50.0))


def test_swapping_the_two_turns_the_sign_and_keeps_the_variance():
    rng = np.random.default_rng(1)
    first, second = rng.poisson(5, 30), rng.poisson(9, 30)
    there, wide = log_odds(first, second, prior=10.0)
    back, same = log_odds(second, first, prior=10.0)
    assert np.allclose(there, -back) and np.allclose(wide, same)


def test_a_planted_odds_ratio_is_found_and_a_larger_prior_draws_it_to_nothing():
    share = np.full(200, 1 / 200)
    more = share.copy()
    more[7] *= 3
    first = np.round(1e6 * more / more.sum())
    second = np.round(1e6 * share)
    estimate, _ = log_odds(first, second, prior=1.0)
    assert abs(estimate[7] - np.log(3)) < 0.03
    assert abs(log_odds(first, second, prior=1e8)[0][7]) < 0.05


def test_a_single_use_never_comes_first():
    first, second = np.array([1, 40, 500]), np.array([0, 10, 520])
    estimate, variance = log_odds(first, second, prior=30.0)
    assert (estimate / np.sqrt(variance)).argmax() == 1


def test_scores_of_equal_texts_are_no_wider_than_a_normal():
    rng = np.random.default_rng(2)
    share = rng.dirichlet(np.full(300, 0.5))
    tail, made = 0, 0
    for _ in range(60):
        first, second = rng.multinomial(4_000, share), rng.multinomial(12_000, share)
        estimate, variance = log_odds(first, second, prior=500.0)
        kept = first + second >= 10
        tail += int((np.abs(estimate / np.sqrt(variance))[kept] > 1.96).sum())
        made += int(kept.sum())
    assert 0 < tail / made <= 0.05


def test_dispersion_is_one_for_chance_and_grows_with_bursts():
    rng = np.random.default_rng(3)
    total = np.full(24, 1_000)
    after = np.arange(24) >= 18
    calm = rng.binomial(1_000, 0.05, (24, 400))
    assert 1.0 <= period_dispersion(calm, total, after).mean() < 1.15
    burst = rng.binomial(1_000, 0.05 * np.exp(rng.normal(0, 0.6, (24, 400))))
    assert period_dispersion(burst, total, after).mean() > 5
    stepped = np.where(after, 100, 50)[:, None]
    assert period_dispersion(stepped, total, after)[0] == 1.0  # the change itself is no burst


def test_unfit_input_is_refused():
    with pytest.raises(ValueError, match="prior must be above 0, got 0"):
        log_odds([1, 2], [3, 4], prior=0)
    with pytest.raises(ValueError, match="vectors alike"):
        log_odds([1, 2], [3, 4, 5], prior=1.0)
    with pytest.raises(ValueError, match="not be negative"):
        log_odds([1, -2], [3, 4], prior=1.0)


def test_dispersion_is_pearson_s_around_one_share_a_side():
    rng = np.random.default_rng(5)
    total, after = rng.integers(50, 90, 9), np.arange(9) >= 6
    counts = rng.binomial(total[:, None], [0.1, 0.3, 0.5], (9, 3)) + rng.integers(0, 20, (9, 3))
    found = period_dispersion(counts, total, after)
    for term in range(3):
        square = 0.0
        for part in (np.flatnonzero(after), np.flatnonzero(~after)):
            share = sum(counts[part, term]) / sum(total[part])
            for at in part:
                expected = total[at] * share
                square += (counts[at, term] - expected) ** 2 / (expected * (1 - share))
        assert square / 7 > 1 and found[term] == pytest.approx(square / 7)


def test_a_term_without_uses_has_half_a_count_of_the_prior():
    estimate, variance = log_odds([4, 0], [6, 0], prior=10.5)
    assert 1 / variance[1] == pytest.approx(1 / (1 / 0.5 + 1 / 0.5))
    assert 1 / variance[0] == pytest.approx(1 / (1 / 14 + 1 / 16))
    assert estimate[1] == pytest.approx(np.log(0.5 / 14) - np.log(0.5 / 16))
