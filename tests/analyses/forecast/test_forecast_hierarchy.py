import numpy as np
import pandas as pd
import pytest

from insights.analyses import forecast
from insights.analyses.forecast.hierarchy import SUM, totals
from insights.errors import ParamsError


def segments(n=60, scale=1.0):
    rng = np.random.default_rng(0)
    dates = pd.date_range("2018-01-01", periods=n, freq="MS")
    season = 8 * np.sin(np.arange(n) * np.pi / 6)
    parts = [
        pd.DataFrame({"series_id": name, "date": dates,
                      "value": scale * (level + season + rng.normal(size=n).cumsum())})
        for name, level in (("north", 100.0), ("south", 60.0), ("west", 40.0))
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def outlook(market, **settings):
    params = forecast.Params(horizon=6, last_period="keep", **settings)
    market = forecast.with_total(market, params)
    backtest = forecast.backtest(forecast.screening(market, params), params)
    return forecast.forecasts(backtest)


@pytest.fixture(scope="module")
def summed():
    return outlook(segments(), total="all")


@pytest.mark.slow
def test_forecasts_of_segments_add_up_to_their_total(summed):
    found = summed
    rows = found.table().pivot(index="date", columns="series_id", values="estimate")
    np.testing.assert_allclose(rows["all"], rows[["north", "south", "west"]].sum(axis=1))
    table = found.table()
    assert (table.loc[table["series_id"] == "all", "model"] == SUM).all()
    assert (table["low_95"] <= table["estimate"]).all()
    assert (table["estimate"] <= table["high_95"]).all()
    check = next(c for c in found.backtest.checks if "add up" in c.name)
    assert check.passed and "all is the sum of 3 series and is forecast bottom-up" in check.detail


def test_the_error_of_a_total_is_that_of_the_sum_of_past_forecasts(summed):
    found = summed.backtest
    by_name = {one.series.series_id: one for one in found.rolls}
    parts = [by_name[key].points(found.choices[key].model) for key in ("north", "south", "west")]
    np.testing.assert_allclose(by_name["all"].points(SUM), np.sum(parts, axis=0))
    kept = found.table()[lambda t: t["chosen"] & (t["series_id"] == "all")]
    assert set(kept["model"]) == {SUM}


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e9])
def test_a_total_is_told_from_the_values_at_any_scale(scale):
    market = segments(scale=scale)
    whole = market.groupby("date", as_index=False)["value"].sum().assign(series_id="sum")
    gate = forecast.screening(pd.concat([market, whole]), forecast.Params(last_period="keep"))
    assert totals(gate.series) == {"sum": ("north", "south", "west")}
    assert totals(forecast.screening(market, forecast.Params(last_period="keep")).series) == {}


def test_a_total_is_told_from_values_that_were_rounded_but_not_from_small_counts():
    params = forecast.Params(last_period="keep")
    market = segments()
    whole = market.groupby("date", as_index=False)["value"].sum().assign(series_id="sum")
    rounded = pd.concat([market, whole])
    rounded["value"] = rounded["value"].round(1)
    missed = rounded.pivot(index="date", columns="series_id", values="value")
    assert (missed["sum"] - missed.drop(columns="sum").sum(axis=1)).abs().max() > 0.05
    assert totals(forecast.screening(rounded, params).series) == {"sum": ("north", "south", "west")}
    few = np.random.default_rng(2).integers(2, 4, (4, 60))
    dates = pd.date_range("2018-01-01", periods=60, freq="MS")
    counts = pd.concat([pd.DataFrame({"series_id": f"c{i}", "date": dates, "value": row})
                        for i, row in enumerate(few)])  # fmt: skip
    assert totals(forecast.screening(counts, params).series) == {}


def test_a_total_that_the_study_holds_is_not_added_again():
    market = segments()
    params = forecast.Params(total="north")
    assert forecast.with_total(market, params) is market
    assert forecast.with_total(market, forecast.Params()) is market


def test_dates_without_a_value_of_every_segment_have_no_total():
    market = segments()
    lacking = market.drop(market.index[3])
    total = forecast.with_total(lacking, forecast.Params(total="all"))
    dates = total.loc[total["series_id"] == "all", "date"]
    assert len(dates) == 59 and market["date"].iloc[3] not in set(dates)


def test_segments_of_different_length_are_forecast_alone_and_that_is_said():
    market = segments()
    whole = market.groupby("date", as_index=False)["value"].sum().assign(series_id="sum")
    short = market[~((market["series_id"] == "west") & (market["date"] < "2019-01-01"))]
    found = outlook(pd.concat([short, whole]))
    assert "its segments differ in length or end" in found.backtest.doubts()
    assert SUM not in set(found.table()["model"])


def test_a_total_of_one_series_is_refused():
    one = segments()[lambda t: t["series_id"] == "north"]
    with pytest.raises(ParamsError, match="'all' would be the sum of 1 series on 60 dates"):
        forecast.with_total(one, forecast.Params(total="all"))
