"""A level that has moved, and a season beside it: planted and asked back."""

import numpy as np
import pandas as pd
import pytest

from insights.analyses import forecast
from insights.analyses.forecast.choice import profiles

T = np.arange(130.0)


def rows(values, name="a", freq="W-SUN", start="2022-01-02"):
    dates = pd.date_range(start, periods=len(values), freq=freq)
    return pd.DataFrame({"series_id": name, "date": dates, "value": np.asarray(values, float)})


def outlook(*parts, **settings):
    params = forecast.Params(last_period="keep", **settings)
    return forecast.forecasts(
        forecast.backtest(forecast.screening(pd.concat(parts), params), params)
    )


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
    assert found.high - found.low < 350


@pytest.mark.slow
def test_what_is_kept_never_did_worse_in_its_back_test_than_the_last_value():
    rng = np.random.default_rng(1)
    few, mixed = 0, 0
    for k in range(12):
        n = int(rng.integers(34, 64))
        values = rng.normal(size=n).cumsum() * rng.choice([0, 1, 3]) + rng.normal(size=n)
        values = values + rng.choice([0, 5]) * np.sin(np.arange(n) * np.pi / 6)
        values[n // 2 :] += rng.choice([0, 15])
        params = forecast.Params(horizon=4, last_period="keep")
        market = rows(values, f"s{k}", freq="MS")
        backtest = forecast.backtest(forecast.screening(market, params), params)
        row, one = backtest.summary().iloc[0], backtest.rolls[0]
        # under three windows by luck, and then by no more than half
        doubtful = one.windows < 3
        last = one.scaled_errors("naive").mean()
        assert row["mase"] <= last * (1.5 if doubtful else 1)
        if row["mase"] > last:
            assert not backtest.choices[row["series_id"]].headlined
        few, mixed = few + doubtful, mixed + (one.share < 1)
        if 0 < one.share < 1:
            # no more of the last value than it takes
            assert one.scaled_errors("blend").mean() == pytest.approx(one.limit, rel=0.02)
    assert 0 < few < 12 and mixed


def test_series_of_one_calendar_share_their_season():
    # a peak of two weeks, once seen in full, and then within the horizon
    rng = np.random.default_rng(2)
    t = np.arange(118)
    peak = np.isin(t % 52, [49, 50])
    parts = {f"s{k}": 200 + 40 * k + 30 * k * peak + rng.normal(0, 8, 118) for k in range(1, 6)}
    market = [rows(values[:92], name) for name, values in parts.items()]
    params = forecast.Params(last_period="keep", horizon=13)
    gated = forecast.screening(pd.concat(market), params)
    shared = profiles([one for one in gated.usable])
    assert all(not one for one in shared)  # under two seasons nothing seasonal is forecast
    market = [rows(np.r_[values, values[14:66]], name) for name, values in parts.items()]
    gated = forecast.screening(pd.concat(market), params)
    for one, found in zip(gated.usable, profiles(gated.usable), strict=True):
        places = (one.ordinals[peak.nonzero()[0]] % 52).tolist()
        last = found[len(one.values)]
        assert set(np.argsort(last)[-2:]) == set(places)
        assert last.std() == pytest.approx(1)


def test_a_share_and_an_index_that_ends_at_100_stay_within_their_limits():
    rng = np.random.default_rng(3)
    share = np.clip(99 + rng.normal(0, 0.5, 120), 0, 100)
    index = np.clip(np.round(70 + 3 * rng.normal(size=60).cumsum()), 5, 100)
    index[-1] = 100.0
    found = outlook(
        rows(share, "on-time pct", freq="MS"), rows(index, "search interest", freq="MS")
    )
    ends = found.rows.filter(regex="^(low|high|estimate)")
    assert ends.to_numpy().max() <= 100 and ends.to_numpy().min() >= 0
    assert all(0 <= one.low <= one.estimate <= one.high <= 100 for one in found.means.values())


def test_what_is_said_is_said_of_the_forecast_that_is_kept():
    walk = np.random.default_rng(8).normal(size=80).cumsum() + 100
    found = outlook(rows(walk, freq="MS"))
    choice = found.backtest.choices["a"]
    if choice.model in ("naive", "seasonal_naive"):
        assert not any(choice.beats.values())
        assert choice.reason.startswith("kept, as ")
        assert "beats naive" not in found.backtest.summary()["verdict"].iloc[0]
    assert found.backtest.summary()["chosen"].iloc[0] == choice.model


def test_a_series_too_short_for_a_back_test_is_not_told_narrowly_by_its_last_season():
    held, runs = 0, 8
    for seed in range(runs):
        t, noise = np.arange(48), np.random.default_rng(seed).normal(0, 3, 48)
        values = 200 + 1.5 * t + 20 * np.sin(t * np.pi / 6) + noise
        found = outlook(rows(values[:36], freq="MS"), horizon=12)
        assert found.backtest.choices["a"].model == "blend"
        held += found.means["a"].low <= values[36:].mean() <= found.means["a"].high
    assert held >= runs - 1
