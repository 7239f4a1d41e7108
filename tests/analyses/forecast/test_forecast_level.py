"""A level that has moved, and a season beside it: planted and asked back."""

import numpy as np
import pandas as pd
import pytest

from insights.analyses import forecast

T = np.arange(130.0)


def rows(values, name="a", freq="W-SUN", start="2022-01-02"):
    dates = pd.date_range(start, periods=len(values), freq=freq)
    return pd.DataFrame({"series_id": name, "date": dates, "value": np.asarray(values, float)})


def outlook(*parts, **settings):
    params = forecast.Params(last_period="keep", **settings)
    return forecast.forecasts(forecast.backtest(forecast.gate(pd.concat(parts), params), params))


def season(t):
    return 30 * np.sin(2 * np.pi * t / 52.18)


# name -> mean at each week, with what comes in the next thirteen
WORLDS = {
    "shift": lambda t: np.where(t < 110, 200.0, 320.0),
    "fall over eight weeks": lambda t: 320 - 15 * np.clip(t - 102, 0, 8),
    "season": lambda t: 200 + season(t),
    "season and shift": lambda t: 200 + season(t) + 120 * (t >= 110),
    "trend below zero": lambda t: -106 - 1.44 * t,
}


@pytest.mark.parametrize("name", WORLDS)
def test_the_mean_ahead_is_that_of_the_level_and_season_that_were_planted(name):
    world = WORLDS[name]
    noise = np.random.default_rng(0).normal(0, 10, 130)
    found = outlook(rows(world(T) + noise, name)).means[name]
    truth = float(world(130 + np.arange(13.0)).mean())
    assert found.low <= truth <= found.high
    assert abs(found.estimate - truth) < 20
    # the errors before a shift widen what is said after it, and more than that it must not
    assert found.high - found.low < 300


def test_what_is_kept_never_did_worse_in_its_back_test_than_the_last_value():
    rng = np.random.default_rng(1)
    for k in range(12):
        n = int(rng.integers(36, 72))
        values = rng.normal(size=n).cumsum() * rng.choice([0, 1, 3]) + rng.normal(size=n)
        values = values + rng.choice([0, 5]) * np.sin(np.arange(n) * np.pi / 6)
        values[n // 2 :] += rng.choice([0, 15])
        params = forecast.Params(horizon=4, last_period="keep")
        market = rows(values, f"s{k}", freq="MS")
        backtest = forecast.backtest(forecast.gate(market, params), params)
        row = backtest.summary().iloc[0]
        one = backtest.rolls[0]
        assert row["mase"] <= one.scaled_errors("naive").mean()
