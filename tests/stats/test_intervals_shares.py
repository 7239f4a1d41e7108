import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from insights.stats.intervals import mean_t, newcombe, nps, wilson, wilson_bounds


def test_wilson_is_the_textbook_s_interval():
    """Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    expected = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605),
                (0, 20): (0.0, 0.1611), (1, 29): (0.0061, 0.1718)}  # fmt: skip
    for (k, n), (low, high) in expected.items():
        found = wilson(k, n)
        assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_wilson_covers_what_it_says():
    rng = np.random.default_rng(1)
    for share in (0.02, 0.3, 0.9):
        k = rng.binomial(60, share, 20_000)
        low, high = wilson_bounds(k, 60)
        # the coverage of any interval for a discrete count wanders around its level
        assert np.mean((low <= share) & (share <= high)) == pytest.approx(0.95, abs=0.03)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_share_lies_inside_its_interval_and_within_0_and_1(case):
    found = wilson(*case)
    assert 0 <= found.low <= found.estimate <= found.high <= 1


def test_swapping_success_and_failure_mirrors_the_interval():
    one, other = wilson(7, 40), wilson(33, 40)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low))


def test_no_observation_gives_no_interval():
    low, high = wilson_bounds([0, 1], [0, 2])
    assert np.isnan(low[0]) and np.isnan(high[0]) and low[1] > 0
    with pytest.raises(ValueError, match="n of at least 1"):
        wilson(0, 0)
    with pytest.raises(ValueError, match="between 0 and n"):
        wilson_bounds(3, 2)
    with pytest.raises(ValueError, match=r"level must lie in \(0, 1\), got 95"):
        wilson_bounds(1, 2, 95)


def test_newcombe_is_the_textbook_s_difference():
    """Newcombe 1998, table II, method 10: 56/70 - 48/80 is .2000 [.0524, .3339]."""
    found = newcombe((56, 70), (48, 80))
    assert (found.estimate, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_swapping_arms_flips_the_sign():
    one, other = newcombe((56, 70), (48, 80)), newcombe((48, 80), (56, 70))
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


def test_mean_t_is_scipy_s_interval():
    x = np.random.default_rng(2).normal(3, 2, 25)
    found = mean_t(x)
    low, high = scipy_stats.t.interval(0.95, 24, x.mean(), scipy_stats.sem(x))
    assert (found.low, found.high, found.n) == pytest.approx((low, high, 25))


def test_one_value_has_a_mean_and_no_interval():
    found = mean_t([4.0, np.nan])
    assert found.estimate == 4 and found.n == 1 and np.isnan(found.low)
    with pytest.raises(ValueError, match="at least one finite value"):
        mean_t([np.nan])


def test_the_net_promoter_interval_is_the_published_one():
    """15 promoters, 5 detractors, 30 answers: 33.3 raw, 4.8 to 55.8 (adjusted Wald)."""
    found = nps(15, 5, 30)
    assert (found.estimate, found.low, found.high) == pytest.approx((1 / 3, 0.048, 0.558), abs=5e-4)


def test_the_net_promoter_interval_covers_what_it_says():
    rng = np.random.default_rng(3)
    draws = rng.multinomial(200, [0.5, 0.3, 0.2], 4000)
    hits = [found.low <= 0.3 <= found.high for found in (nps(p, d, 200) for p, _, d in draws)]
    assert np.mean(hits) == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 4000))


def test_promoters_and_detractors_fit_into_n():
    with pytest.raises(ValueError, match="counts within n"):
        nps(20, 15, 30)
