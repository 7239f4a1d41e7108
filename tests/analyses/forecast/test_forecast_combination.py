import numpy as np
import pytest
from statsforecast.models import AutoCES, AutoETS, DynamicOptimizedTheta

from insights.analyses.forecast.combination import combine


def seasonal(n=72, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    return 100 + 0.5 * t + 10 * np.sin(2 * np.pi * t / 12) + rng.normal(0, 2, n)


def ahead(values, horizon=12, relative=False):
    end = np.array([len(values)])
    return combine(values, 12).forecast(values, end, horizon, relative=relative)


def test_the_forecast_is_the_plain_mean_of_what_the_library_forecasts():
    y = seasonal()
    kinds = (AutoETS, DynamicOptimizedTheta, AutoCES)
    plain = np.mean([kind(season_length=12).forecast(y=y, h=12)["mean"] for kind in kinds], axis=0)
    mean, sd, psi, parts = ahead(y)
    np.testing.assert_allclose(mean[0], plain, rtol=1e-9)
    assert parts.shape == (1, 3, 12)
    assert (np.diff(sd[0]) >= 0).all()
    assert psi[0] == 1.0


def test_the_spread_of_one_step_is_about_that_of_the_noise():
    sds = [ahead(seasonal(144, seed))[1][0, 0] for seed in range(4)]
    assert np.mean(sds) == pytest.approx(2.0, rel=0.25)


@pytest.mark.parametrize("factor", [1e-9, 1e12])
def test_the_unit_matters_no_more_than_the_start_of_theta_s_optimiser(factor):
    plain, scaled = ahead(seasonal()), ahead(seasonal() * factor)
    for part in (0, 2):  # ETS and CES
        np.testing.assert_allclose(scaled[3][0, part], plain[3][0, part] * factor, rtol=1e-9)
    np.testing.assert_allclose(scaled[0], plain[0] * factor, rtol=0.02)
    np.testing.assert_allclose(scaled[1], plain[1] * factor, rtol=0.25)


def test_an_origin_knows_nothing_of_what_follows():
    y = seasonal()
    fitted = combine(y[:48], 12)
    changed = np.concatenate([y[:48], y[48:] * 3])
    first = fitted.forecast(y, np.array([48]), 6, relative=True)
    again = fitted.forecast(changed, np.array([48]), 6, relative=True)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_series_without_any_noise_is_continued_or_left_out_but_never_stops_the_run():
    for values in (np.arange(1.0, 61.0), np.tile(np.arange(1.0, 13.0), 5)):
        found = combine(values, 12)
        mean = found.forecast(values, np.array([60]), 12, relative=False)[0]
        assert len(found.parts) + len(found.left_out) == 3
        assert np.isfinite(mean).all()


def test_parts_that_cannot_be_fitted_are_left_out_with_their_reason():
    found = combine(np.array([3.0, 1.0, 2.0]), 1)
    assert found.left_out
    assert all(found.left_out.values())
