import numpy as np
import pandas as pd
import pytest

from insights.analyses import forecast
from insights.analyses.forecast.change import _ratio, holiday_dates
from insights.analyses.forecast.frequency import infer
from insights.analyses.forecast.naming import series_name
from insights.analyses.forecast.structure import parts_of
from insights.errors import DataError, ParamsError


def rows(values, freq="MS", start="2014-01-01"):
    dates = pd.date_range(start, periods=len(values), freq=freq)
    return pd.DataFrame({"series_id": "a", "date": dates, "value": np.asarray(values, float)})


def changed(values, freq="MS", start="2014-01-01", **settings):
    params = forecast.Params(last_period="keep", **settings)
    return forecast.change(forecast.screening(rows(values, freq, start), params), params)


def monthly(n=96, slope=0.5, seed=0):
    t = np.arange(n)
    noise = np.random.default_rng(seed).normal(0, 2, n)
    return 100 + slope * t + 10 * np.sin(2 * np.pi * t / 12) + noise


def test_the_planted_slope_and_change_on_the_year_are_inside_their_intervals():
    found = changed(monthly()).rows.set_index("measure")
    for measure, truth in (("trend a year", 6.0), ("year on year", 6.0)):
        row = found.loc[measure]
        assert row["low"] <= truth <= row["high"]
        assert row["estimate"] == pytest.approx(truth, abs=2.0)
    share = found.loc["year on year, share"]
    assert share["estimate"] == pytest.approx(6 / 138, abs=0.015)


def test_a_relative_change_on_the_year_has_no_interval_below_minus_one():
    rng = np.random.default_rng(5)
    for size in (0.01, 0.3, 1.5):
        values = rng.lognormal(3, size, 60)
        values[-12:] *= 0.02
        row = changed(values).rows.set_index("measure").loc["year on year, share"]
        plain = values[-12:].mean() / values[-24:-12].mean() - 1
        assert row["estimate"] == pytest.approx(plain)
        assert -1 < row["low"] <= row["estimate"] <= row["high"]


def test_the_relative_change_covers_a_planted_one():
    rng, hits, runs = np.random.default_rng(6), 0, 400
    for _ in range(runs):
        first, last = rng.normal(100, 20, (2, 12))
        found = _ratio(first, 1.2 * last, 0.95)
        hits += found.low <= 0.2 <= found.high
    assert abs(hits / runs - 0.95) < 4 * np.sqrt(0.95 * 0.05 / runs)


def test_the_direction_of_a_random_walk_cannot_be_told_and_the_page_says_so():
    walk = 500 + np.random.default_rng(3).normal(0, 5, 120).cumsum()
    found = changed(walk)
    row = found.rows.set_index("measure").loc["trend a year"]
    assert row["verdict"] == "cannot tell"
    assert "in 1 the direction of the trend cannot be told" in found.text()


def test_the_periods_compared_and_a_shift_between_them_are_named():
    rng = np.random.default_rng(7)
    values = np.r_[rng.normal(100, 3, 80), rng.normal(160, 3, 16)]
    params = forecast.Params(last_period="keep")
    gate = forecast.screening(rows(values), params)
    events = forecast.unusual(forecast.backtest(gate, params))
    found = forecast.change(gate, params, events)
    row = found.rows.set_index("measure").loc["year on year, share"]
    assert (row["start"], row["end"]) == (gate.usable[0].dates[-24], gate.usable[0].dates[-1])
    assert row["shift"] == gate.usable[0].dates[80]
    assert f"lies a level shift, in a ({row['shift']:%Y-%m-%d})" in found.text()


@pytest.mark.parametrize(("key", "said"), [("34", "series 34"), ("beds", "beds"), (7, "series 7")])
def test_the_id_of_a_series_does_not_read_as_a_number(key, said):
    assert series_name(key) == said


def test_turning_a_series_over_turns_its_changes_over():
    free = {"bounds": "a: none"}
    plain, turned = changed(monthly(), **free).rows, changed(500 - monthly(), **free).rows
    for measure in ("trend a year", "year on year"):
        one = plain[plain["measure"] == measure].iloc[0]
        other = turned[turned["measure"] == measure].iloc[0]
        assert one["estimate"] == pytest.approx(-other["estimate"])
        assert (one["low"], one["high"]) == pytest.approx((-other["high"], -other["low"]))


def test_the_planted_season_stands_in_the_profile():
    profile = changed(monthly(slope=0.0)).profile
    assert list(profile["place"]) == list(range(1, 13))
    assert profile["effect"].idxmax() in (2, 3, 4)
    assert (profile["low"] <= profile["effect"]).all()


def test_a_planted_holiday_effect_is_measured_and_an_unknown_country_refused():
    dates = pd.date_range("2016-01-01", "2020-12-31", freq="D")
    rng = np.random.default_rng(2)
    values = 100 + 5 * np.sin(2 * np.pi * np.arange(len(dates)) / 7) + rng.normal(0, 1, len(dates))
    christmas = (dates.month == 12) & (dates.day == 25)
    values[christmas] -= 30
    found = changed(values[-1000:], "D", str(dates[-1000].date()), holidays="DE").holidays
    row = found[found["holiday"] == "Christmas Day"]
    days = holiday_dates(["DE"], [2019])
    assert pd.Timestamp("2019-12-25") in days["Christmas Day"]
    if len(row):  # three Christmases are needed
        assert row["effect"].iloc[0] == pytest.approx(-30, abs=6)
    with pytest.raises(ParamsError, match="country 'XX' is not known"):
        changed(values[-400:], "D", str(dates[-400].date()), holidays="XX")


def test_a_week_stamped_on_friday_holds_the_days_before_it_and_one_on_sunday_those_after():
    fridays = infer(pd.date_range("2010-02-05", periods=30, freq="W-FRI"))
    sundays = infer(pd.date_range("2010-02-07", periods=30, freq="W-SUN"))
    thanksgiving = pd.DatetimeIndex(["2010-11-25"])
    assert fridays.dates(fridays.covering(thanksgiving))[0] == pd.Timestamp("2010-11-26")
    assert sundays.dates(sundays.covering(thanksgiving))[0] == pd.Timestamp("2010-11-21")


def test_parts_add_up_and_years_of_days_have_two_seasons():
    t = np.arange(800)
    year, week = 8 * np.sin(2 * np.pi * t / 365), 3 * np.sin(2 * np.pi * t / 7)
    values = 50 + year + week + np.random.default_rng(3).normal(0, 0.5, 800)
    trend, seasonal, rest = parts_of(values, 7, 365)
    np.testing.assert_allclose(trend + seasonal + rest, values)
    assert np.corrcoef(seasonal, year + week)[0, 1] > 0.97


def random_series(rng):
    """One of many shapes, lengths, scales and calendars."""
    freq, n = [("MS", 40), ("W-SUN", 130), ("D", 740), ("QS", 34), ("B", 540)][rng.integers(5)]
    e = rng.standard_t(3, n)
    shapes = (
        rng.poisson(2, n).astype(float),
        np.exp(0.05 * e.cumsum()),
        e.cumsum(),
        rng.uniform(0, 1, n).round(3),
        np.r_[np.full(n - 5, 3.0), rng.normal(size=5)],
        np.where(np.arange(n) < n // 2, 100.0, 2.0) + rng.uniform(0, 1, n),
        np.minimum(100, np.round(50 + 10 * e)).clip(0),
    )
    return shapes[rng.integers(len(shapes))] * 10.0 ** rng.integers(-6, 9), freq


@pytest.mark.slow
def test_whatever_is_fed_estimates_lie_in_their_intervals_and_sentences_hold_numbers():
    for seed in range(40):
        values, freq = random_series(np.random.default_rng(seed))
        try:
            found = changed(values, freq)
        except DataError:
            continue
        table = found.rows
        numbers = table[["estimate", "low", "high"]].to_numpy(float)
        assert np.isfinite(numbers).all()
        assert (table["low"] <= table["estimate"]).all()
        assert (table["estimate"] <= table["high"]).all()
        shares = table[table["measure"] == "year on year, share"]
        assert (shares["low"] > -1).all()
        assert set(table["verdict"]) <= {"rose", "fell", "cannot tell"}
        for word in ("nan", "inf", "None"):
            assert f"{word} " not in found.text()
            assert f"{word}%" not in found.text()


def test_a_step_is_no_trend_and_a_temperature_has_no_relative_change():
    e = np.random.default_rng(11).normal(0, 1, 96)
    values = 50 + e + 12 * (np.arange(96) >= 50)
    params = forecast.Params(last_period="keep", bounds="a: none")
    gate = forecast.screening(rows(values), params)
    events = forecast.unusual(forecast.backtest(gate, params))
    found = forecast.change(gate, params, events)
    trend = found.rows.set_index("measure").loc["trend a year"]
    assert trend["verdict"] == "cannot tell"
    assert trend["high"] - trend["low"] < 1.5
    assert "year on year, share" not in set(found.rows["measure"])
    assert "level shifts found are taken out" in found.text()
