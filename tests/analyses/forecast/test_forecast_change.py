import numpy as np
import pandas as pd
import pytest

from insights.analyses import forecast
from insights.analyses.forecast.change import _slope, holiday_dates
from insights.analyses.forecast.frequency import infer
from insights.analyses.forecast.structure import parts_of
from insights.errors import ParamsError


def rows(values, freq="MS", start="2014-01-01"):
    dates = pd.date_range(start, periods=len(values), freq=freq)
    return pd.DataFrame({"series_id": "a", "date": dates, "value": np.asarray(values, float)})


def changed(values, freq="MS", start="2014-01-01", **settings):
    params = forecast.Params(last_period="keep", **settings)
    return forecast.change(forecast.gate(rows(values, freq, start), params), params)


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


def test_the_interval_of_the_slope_covers_about_its_level_with_correlated_errors():
    rng, hits, runs = np.random.default_rng(1), 0, 200
    for _ in range(runs):
        e = np.zeros(150)
        for t in range(1, 150):
            e[t] = 0.5 * e[t - 1] + rng.normal()
        found = _slope(0.02 * np.arange(150) + e, 1, 0.95)
        hits += found.low <= 0.02 <= found.high
    assert abs(hits / runs - 0.95) < 4 * np.sqrt(0.95 * 0.05 / runs)


def test_turning_a_series_over_turns_its_changes_over():
    plain, turned = changed(monthly()).rows, changed(500 - monthly()).rows
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
