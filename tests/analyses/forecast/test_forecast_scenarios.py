import numpy as np
import pandas as pd
import pytest

from insights.analyses import forecast
from insights.analyses.forecast.scenarios import given, path_at


def outlook_of(market, horizon=6):
    params = forecast.Params(horizon=horizon, last_period="keep")
    return forecast.forecasts(forecast.backtest(forecast.screening(market, params), params))


def with_price(n=150, horizon=6, seed=0):
    """Demand falls by 3 for each unit of a price whose future is planned."""
    rng = np.random.default_rng(seed)
    price = 10 + rng.normal(0, 1, n + horizon)
    value = 100 - 3 * price + rng.normal(0, 0.5, n + horizon)
    value[n:] = np.nan
    dates = pd.date_range("1870-01-01", periods=n + horizon, freq="YS")
    return pd.DataFrame({"series_id": "a", "date": dates, "value": value, "price": price})


def test_a_path_at_a_quantile_has_that_mean():
    drawn = np.random.default_rng(0).normal(size=(4000, 12)).cumsum(axis=1)
    means = drawn.mean(axis=1)
    for share in (0.1, 0.5, 0.9):
        assert path_at(drawn, share).mean() == pytest.approx(np.quantile(means, share), abs=0.15)


def test_low_lies_below_base_and_base_below_high():
    values = 100 + np.random.default_rng(1).normal(size=80).cumsum()
    dates = pd.date_range("1940-01-01", periods=80, freq="YS")
    found = forecast.scenarios(outlook_of(pd.DataFrame(
        {"series_id": "a", "date": dates, "value": values})))  # fmt: skip
    means = found.table().set_index("scenario")["mean"]
    assert means["low"] < means["base"] < means["high"]
    assert "in the base" in found.text()


def test_regressors_given_ahead_are_used_and_can_be_changed():
    outlook = outlook_of(with_price())
    roll = outlook.backtest.rolls[0]
    assert outlook.backtest.choices["a"].model == "arimax"
    assert roll.regressed.lag == 0
    usual = given(roll, {})
    np.testing.assert_allclose(usual, roll.scale.back(roll.future["arimax"].mean))
    dearer = given(roll, {"price": 1.1})
    ahead = roll.series.known_ahead[:, 0]
    np.testing.assert_allclose(dearer - usual, -3 * 0.1 * ahead, rtol=0.1)
    found = forecast.scenarios(outlook).table()
    assert {"regressors lower", "regressors higher"} <= set(found["scenario"])


def test_a_future_that_is_given_in_part_is_not_used_and_said():
    market = with_price()
    market.loc[market.index[-1], "price"] = np.nan
    params = forecast.Params(horizon=6, last_period="keep")
    series = forecast.screening(market, params).series[0]
    assert not len(series.known_ahead)
    assert any("given for 5 of 6 years ahead" in note for note in series.notes)
    assert given(outlook_of(market).backtest.rolls[0], {"price": 1.1}) is None
