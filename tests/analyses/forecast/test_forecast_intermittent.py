"""Series with many zeros: a planted rate is asked back as the mean ahead."""

import numpy as np
import pandas as pd
import pytest

from insights.analyses import forecast
from insights.analyses.forecast.intermittent import demand, mean_ahead, unfit


def rows(values, name="a"):
    dates = pd.date_range("2022-01-03", periods=len(values), freq="D")
    return pd.DataFrame({"series_id": name, "date": dates, "value": np.asarray(values, float)})


def fading(rng, n):
    """A rate of .5 that falls to .05 between the middle and nine tenths."""
    return rng.random(n) < np.interp(np.arange(n) / n, [0.5, 0.9], [0.5, 0.05])


WORLDS = {
    "poisson": lambda rng, n: rng.poisson(0.4, n),
    "bernoulli": lambda rng, n: (rng.random(n) < 0.2) * (1 + rng.poisson(2, n)),
    "lumpy": lambda rng, n: (rng.random(n) < 0.2) * np.round(rng.lognormal(2, 1, n)),
    "obsolescence": fading,
}


@pytest.mark.parametrize("name", WORLDS)
def test_the_interval_of_the_mean_ahead_covers_what_comes(name):
    held, runs, above = 0, 0, 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        # obsolescence stays at its last rate
        values = WORLDS[name](rng, 150).astype(float)
        ahead = (rng.random(13) < 0.05) if name == "obsolescence" else WORLDS[name](rng, 13)
        if not demand(values) or unfit(values):
            continue
        drawn = mean_ahead(values, 13, rng, 300)
        low, high = np.quantile(drawn, [0.025, 0.975])
        assert 0 <= low <= high
        held, runs, above = held + (low <= ahead.mean() <= high), runs + 1, above + high
    assert runs >= 20
    assert held / runs >= 0.9 - 4 * np.sqrt(0.9 * 0.1 / runs)
    # not by being as wide as can be
    assert above / runs < 4 * max(WORLDS[name](np.random.default_rng(99), 5000).mean(), 0.1)


def test_a_rate_that_has_moved_long_ago_is_the_one_ahead():
    rng = np.random.default_rng(3)
    values = np.r_[rng.random(200) < 0.7, rng.random(200) < 0.15].astype(float)
    drawn = mean_ahead(values, 28, rng)
    assert drawn.mean() == pytest.approx(0.15, abs=0.1)
    assert drawn.mean() < values.mean() - 0.1


def test_means_are_in_the_unit_and_order_of_the_series():
    rng = np.random.default_rng(4)
    values = (rng.random(120) < 0.3) * (1.0 + rng.poisson(2, 120))
    plain = mean_ahead(values, 13, np.random.default_rng(5))
    np.testing.assert_allclose(
        mean_ahead(1000 * values, 13, np.random.default_rng(5)), 1000 * plain
    )
    # sums of counts are counts
    np.testing.assert_allclose(13 * plain, np.round(13 * plain), atol=1e-9)


def test_series_with_many_zeros_alone_make_a_page_and_beside_others_stand_apart():
    rng = np.random.default_rng(1)
    rare = rows((rng.random(200) < 0.25) * (1 + rng.poisson(1, 200)), "rare")
    params = forecast.Params(horizon=14)
    alone = forecast.screening(rare, params)
    found = forecast.intermittent(alone, params)
    row = found.rows.iloc[0]
    assert row["low"] <= row["estimate"] <= row["high"] and row["windows"] > 3
    assert "only its mean is forecast" in found.text()
    assert "the mean of the next 14 days is expected at" in found.text()
    backtest = forecast.backtest(alone, params)
    outlook = forecast.forecasts(backtest)
    assert outlook.headline() == "No series is forecast date by date (n = 0 series)."
    assert not len(outlook.rows) and not len(outlook.summary()) and not len(backtest.overview())
    assert forecast.scenarios(outlook).n == 0 and forecast.unusual(backtest).n == 0
    both = forecast.screening(pd.concat([rare, rows(rng.normal(100, 5, 200), "b")]), params)
    assert [one.series_id for one in both.usable] == ["b"]
    pd.testing.assert_frame_equal(forecast.intermittent(both, params).rows, found.rows)
    none = forecast.intermittent(forecast.screening(rows(rng.normal(9, 1, 99)), params), params)
    assert none.n == 0 and "none is forecast by its mean alone" in none.text()
