import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import signal, stats

from insights.analyses import forecast
from insights.analyses.forecast import arima
from insights.analyses.forecast.rolling import roll
from insights.analyses.forecast.screening import screened
from insights.analyses.forecast.slow_moves import season_columns, slow_move
from insights.analyses.forecast.unusual import events


def rows(values, freq="YS", start="1850-01-01"):
    dates = pd.date_range(start, periods=len(values), freq=freq)
    return pd.DataFrame({"series_id": "a", "date": dates, "value": np.asarray(values, float)})


def rolled(values):
    return roll(screened("a", rows(values), forecast.Params(last_period="keep", horizon=4)))


def looked_at(values):
    params = forecast.Params(last_period="keep", horizon=4)
    backtest = forecast.backtest(forecast.screening(rows(values), params), params)
    return forecast.unusual(backtest)


@pytest.mark.parametrize("walk", [False, True])
def test_a_planted_shift_is_found_where_it_is_with_its_size(walk):
    rng = np.random.default_rng(1)
    noise = rng.normal(size=90)
    values = 50 + (noise.cumsum() if walk else noise)
    values[60:] += 8
    found = looked_at(values).rows
    shift = found[found["kind"] == "level shift"].iloc[0]
    assert shift["date"].year == 1910
    assert shift["size"] == pytest.approx(8, abs=2.5)
    assert shift["date_low"] <= shift["date"] <= shift["date_high"]


def test_a_planted_outlier_is_found_and_the_forecast_made_without_it():
    rng = np.random.default_rng(2)
    values = 50 + rng.normal(size=80)
    values[77] += 12
    found = looked_at(values)
    row = found.rows[found.rows["kind"] == "outlier"].iloc[0]
    assert row["date"].year == 1927
    assert row["size"] == pytest.approx(12, abs=3)
    assert np.isfinite([row["mean_with"], row["mean_without"]]).all()
    assert abs(row["mean_without"] - 50) < 1.5


def test_an_outlier_at_the_end_is_a_doubt():
    values = 50 + np.random.default_rng(2).normal(size=80)
    values[-1] -= 30
    failed = [check for check in looked_at(values).failed if "last value" in check.name]
    assert "it is one in a" in failed[0].detail


@pytest.mark.slow
def test_where_nothing_was_planted_little_is_found(arima_alone):
    claims, runs = 0, 24
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        noise = rng.normal(size=70)
        claims += bool(events(rolled(50 + (noise.cumsum() if seed % 2 else noise))))
    assert claims <= stats.binom.ppf(0.999, runs, 0.05)


@pytest.mark.slow
def test_the_interval_of_the_date_of_a_modest_shift_covers_it(arima_alone):
    hits, runs, told = 0, 20, 0
    for seed in range(runs):
        values = 50 + np.random.default_rng(100 + seed).normal(size=80)
        values[45:] += 3
        found = looked_at(values).rows
        shift = found[found["kind"] == "level shift"]
        if len(shift):
            told += 1
            row = shift.loc[shift["t"].abs().idxmax()]
            hits += row["date_low"].year <= 1895 <= row["date_high"].year
    assert told >= 0.8 * runs
    assert hits / told >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / told)


def test_a_planted_change_of_trend_is_found_with_its_date_and_slope():
    rng = np.random.default_rng(5)
    values = 50 + 0.2 * np.arange(90) + rng.normal(size=90)
    values[55:] += 0.9 * np.arange(1, 36)
    found = looked_at(values)
    bend = found.rows[found.rows["kind"] == "trend change"].iloc[0]
    assert bend["date_low"].year <= 1905 <= bend["date_high"].year
    assert bend["size"] == pytest.approx(0.9, abs=0.25)
    assert bend["pelt_agrees"]
    assert "clearest change of trend" in found.text()


def test_a_change_of_trend_beside_a_season_is_found():
    months = np.arange(144)
    noise = np.random.default_rng(6).normal(size=144)
    values = 100 + 0.5 * months + 15 * np.sin(months * np.pi / 6) + 1.5 * noise
    values[96:] -= 1.5 * np.arange(1, 49)
    params = forecast.Params(last_period="keep")
    market = rows(values, freq="MS", start="2010-01-01")
    found = forecast.unusual(forecast.backtest(forecast.screening(market, params), params)).rows
    bend = found[found["kind"] == "trend change"].iloc[0]
    assert abs((bend["date"] - pd.Timestamp("2018-01-01")).days) < 200
    assert bend["size"] == pytest.approx(-1.5, abs=0.5)


@pytest.mark.slow
def test_steady_growth_is_no_change_of_trend(arima_alone):
    claims, runs = 0, 24
    for seed in range(runs):
        noise = np.random.default_rng(200 + seed).normal(size=70)
        steady = 50 + 0.8 * np.arange(70) + (noise.cumsum() if seed % 2 else noise)
        claims += any(event.kind == "trend change" for event in events(rolled(steady)))
    assert claims <= stats.binom.ppf(0.999, runs, 0.05)


def test_upside_down_the_same_events_are_found_with_the_other_sign():
    values = 50 + np.random.default_rng(3).normal(size=80)
    values[40:] += 6
    plain, turned = looked_at(values).rows, looked_at(200 - values).rows
    assert list(plain["date"]) == list(turned["date"])
    np.testing.assert_allclose(plain["size"], -turned["size"], rtol=1e-3)


def test_the_polynomials_are_those_of_statsmodels():
    rng = np.random.default_rng(4)
    z = rng.normal(size=120).cumsum()
    fit = arima.fit(z, (2, 1, 1), (0, 1, 1, 4))
    filtered = fit._filtered(z, None)[1]
    ar, ma = fit.polynomials()
    np.testing.assert_allclose(ar, filtered.polynomial_reduced_ar)
    np.testing.assert_allclose(ma, filtered.polynomial_reduced_ma)


def test_the_nile_fell_by_about_248_after_1898_as_is_known():
    root = os.environ.get("INSIGHTS_REFERENCE")
    if not root:
        pytest.skip("INSIGHTS_REFERENCE is not set: the series of the Nile is not at hand")
    nile = json.loads((Path(root) / "changepoint_nile.json").read_text())["nile"]
    params = forecast.Params(last_period="keep")
    market = rows(nile, start="1871-01-01")
    backtest = forecast.backtest(forecast.screening(market, params), params)
    found = forecast.unusual(backtest)
    shift = found.rows[found.rows["kind"] == "level shift"].iloc[0]
    assert shift["date"].year == 1899
    # Cobb 1978, doi 10.1093/biomet/65.2.243: means 1098 and 850
    assert shift["size"] == pytest.approx(-248, abs=10)
    assert shift["date_low"].year >= 1890
    assert "1899-01-01" in found.text()


def daily_collapse(seed=7, n=420, start=300, days=21):
    """Days with a season of the week, two Christmases and a fall by 90 % within three weeks."""
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    level = np.log(5000) + np.log(0.1) * np.clip((t - start + 1) / days, 0, 1)
    values = np.exp(level + 0.08 * np.sin(2 * np.pi * t / 7) + rng.normal(0, 0.05, n))
    values[[40, 200]] *= 0.3
    return rows(np.round(values), freq="D", start="2019-06-01"), start


@pytest.mark.slow
def test_a_fall_that_takes_three_weeks_is_found_with_date_length_and_size(arima_alone):
    market, start = daily_collapse()
    params = forecast.Params(last_period="keep")
    gate = forecast.screening(market, params)
    found = forecast.unusual(forecast.backtest(gate, params))
    shift = found.rows[found.rows["kind"] == "level shift"].iloc[0]
    first = market["date"].iloc[start]
    assert shift["date_low"] <= first <= shift["date_high"]
    assert 12 <= shift["periods"] <= 32
    assert shift["relative"] == pytest.approx(-0.9, abs=0.03)
    assert shift["size_low"] <= shift["size"] <= shift["size_high"]
    assert f"over {shift['periods']} periods from {shift['date']:%Y-%m-%d}" in found.text()
    changed = forecast.change(gate, params, found).rows
    assert (changed["low"] <= changed["estimate"]).all()


@pytest.mark.slow
def test_a_rise_over_six_periods_is_found_in_noise_and_dated(arima_alone):
    hits, told, runs = 0, 0, 12
    for seed in range(runs):
        values = 50 + np.random.default_rng(300 + seed).normal(size=100)
        values += 6 * np.clip((np.arange(100) - 59) / 6, 0, 1)
        found = looked_at(values).rows
        shift = found[found["kind"] == "level shift"]
        if len(shift):
            told += 1
            row = shift.loc[shift["t"].abs().idxmax()]
            hits += row["date_low"].year <= 1910 <= row["date_high"].year
            assert row["size"] == pytest.approx(6, abs=3)
    assert told >= 0.8 * runs
    assert hits >= 0.95 * told - 4 * np.sqrt(0.95 * 0.05 * told)


SLOW = {  # periods of a season, values, start, periods, share
    "weeks of a year": (52.18, 156, 80, 26, -0.3),
    "months": (12, 96, 45, 18, 0.5),
    "months, still falling": (12, 96, 87, 12, -0.4),
    "no season": (0, 104, 50, 26, 0.5),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_level_that_moves_slowly_beside_a_season_is_described(name):
    length, n, start, periods, share = SLOW[name]
    t = np.arange(n)
    wave = 0.15 * np.sin(2 * np.pi * t / length) if length else 0
    moved = share * np.clip((t - start + 1) / periods, 0, 1)
    for seed in range(10):
        z = np.log((1 + moved) * (1 + wave)) + np.random.default_rng(seed).normal(0, 0.03, n)
        found = slow_move(z, season_columns(n, [length] if length else []))
        assert abs(found.place - start) <= 6
        assert np.expm1(found.size) == pytest.approx(moved[-1], abs=0.08)
        assert (found.place + found.periods >= n) == (name == "months, still falling")
        assert slow_move(z - np.log1p(moved), season_columns(n, [length] if length else [])) is None


def test_noise_a_steady_trend_and_an_autoregression_have_no_slow_move():
    for seed in range(40):
        noise = np.random.default_rng(seed).normal(size=120)
        pulled = signal.lfilter([1], [1, -0.8], noise)
        for values in (noise, noise + 0.1 * np.arange(120), pulled):
            assert slow_move(values) is None


def test_a_slow_move_is_said_beside_the_count_of_shifts_and_called_no_shift(arima_alone):
    t = np.arange(96)
    level = 1000 * (1 + 0.5 * np.clip((t - 44) / 18, 0, 1)) * (1 + 0.15 * np.sin(t * np.pi / 6))
    values = level * np.exp(np.random.default_rng(1).normal(0, 0.03, 96))
    params = forecast.Params(last_period="keep")
    market = rows(values, freq="MS", start="2015-01-01")
    found = forecast.unusual(forecast.backtest(forecast.screening(market, params), params))
    if not (found.rows["kind"] == "level shift").any():
        row = found.rows[found.rows["kind"] == "slow move"].iloc[0]
        assert row["relative"] == pytest.approx(0.5, abs=0.08)
        assert "The level of a moved by" in found.text()
        assert "too slowly to be told from a level that wanders" in found.text()
    found.plot()
