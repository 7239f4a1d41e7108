"""A season beside levels: found when planted, not when absent, apart from a change of level."""

import numpy as np
import pytest

from insights.stats.season import season

_MONTHS = (np.arange(48)[:, None] % 12 == np.arange(1, 12)).astype(float)


def test_a_planted_season_is_found_beside_a_change_of_level():
    rng = np.random.default_rng(1)
    wave = np.sin(np.arange(48) * np.pi / 6)
    found = season(wave + 5 * (np.arange(48) >= 30) + rng.normal(0, 0.1, 48), _MONTHS, [30])
    assert found.p < 1e-6
    assert np.abs(found.effect - wave).max() < 0.2
    assert found.effect.mean() == pytest.approx(0, abs=1e-12)


def test_noise_has_a_season_in_one_case_of_twenty():
    p = [season(np.random.default_rng(s).normal(size=48), _MONTHS, []).p for s in range(200)]
    assert np.mean(np.array(p) < 0.05) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 200)


def test_the_test_is_that_of_one_way_analysis_of_variance():
    from scipy import stats

    x = np.random.default_rng(2).normal(size=48)
    groups = [x[np.arange(48) % 12 == k] for k in range(12)]
    assert season(x, _MONTHS, []).p == pytest.approx(stats.f_oneway(*groups).pvalue)


def test_a_constant_series_has_no_season_and_too_few_values_are_refused():
    assert season(np.ones(48), _MONTHS, []).p == 1
    with pytest.raises(ValueError, match="12 values do not suffice for 12 terms"):
        season(np.arange(12.0), _MONTHS[:12], [])
