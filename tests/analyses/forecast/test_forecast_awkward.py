"""Every awkward input that silently misleads some forecasting library, beside each other."""

import numpy as np
import pandas as pd
import pytest

from insights.analyses import forecast

N = 40
BASE = 50 + np.random.default_rng(0).normal(size=N).cumsum()


def rows(values=BASE, dates=None, **columns):
    if dates is None:
        dates = pd.date_range("2018-01-01", periods=len(values), freq="MS")
    return pd.DataFrame({"date": dates, "value": values, **columns})


def changed(places, value):
    values = BASE.copy()
    values[places] = value
    return rows(values)


def doubled(factor):
    return pd.concat([rows(), rows(BASE * factor).iloc[10:11]])


MONTHS = pd.Series(pd.date_range("2018-01-01", periods=N, freq="MS"))
# name → rows, verdict, and what must be said
CASES = {
    "a month is missing": (rows().drop(20), "forecast", "filled by linear interpolation"),
    "half a year is missing": (rows().drop(range(4, 10)), "not tested", "cut to the last 30"),
    "no date": (rows(dates=MONTHS.where(MONTHS.index > 0)), "forecast", "1 rows without a date"),
    "infinite inside": (changed(20, np.inf), "forecast", "1 infinite values treated as missing"),
    "missing at the start": (changed(slice(0, 3), np.nan), "forecast", "3 missing values at the"),
    "missing inside": (changed(20, np.nan), "forecast", "filled by linear interpolation"),
    "repeated": (doubled(1.0), "forecast", "1 repeated rows with equal values merged"),
    "conflicting": (doubled(1.1), "refused", "1 dates carry different values"),
    "constant": (rows(np.full(N, 3.0)), "refused", "constant at 3"),
    "three points": (rows(BASE[:3]), "refused", "3 values are too few"),
    "under a season": (rows(BASE[:11]), "not tested", "under two seasons of 12"),
    "many zeros": (rows(np.where(np.arange(N) % 2, 0, BASE)), "intermittent", "intermittent: 50%"),
    "outlier at the end": (changed(-1, 900.0), "forecast", "the last value 900 is an outlier"),
    "outlier inside": (changed(20, 900.0), "forecast", ""),
    "last month unfinished": (changed(-1, 4.0), "forecast", "taken for incomplete"),
    "negative": (rows(BASE - 100), "forecast", ""),
    "zeros among values": (changed([5, 25], 0.0), "forecast", ""),
    "tiny": (rows(BASE * 1e-9), "forecast", ""),
    "huge": (rows(BASE * 1e12), "forecast", ""),
    "mixed date formats": (
        rows(dates=["2/1/2018", *MONTHS.dt.strftime("%Y-%m-%d")[1:]]), "refused", "not ISO dates"),
    "month ends": (
        rows(dates=pd.date_range("2018-01-31", periods=N, freq="ME")), "forecast", ""),
    "every second week": (
        rows(dates=pd.date_range("2018-01-01", periods=N, freq="14D")), "refused", "usual gap"),
}  # fmt: skip


@pytest.fixture(scope="module")
def together():
    params = forecast.Params(horizon=3)
    parts = [part.assign(series_id=name, date=part["date"].astype("string"))
             for name, (part, _, _) in CASES.items()]  # fmt: skip
    gate = forecast.screening(pd.concat(parts, ignore_index=True), params)
    return gate, forecast.forecasts(forecast.backtest(gate, params))


@pytest.mark.parametrize("name", CASES)
def test_each_is_repaired_or_refused_in_words_and_none_is_forecast_silently_wrong(together, name):
    gate, outlook = together
    series = next(one for one in gate.series if one.series_id == name)
    _, verdict, said = CASES[name]
    assert series.verdict == verdict, series.notes
    assert said in " / ".join(series.notes)
    ahead = outlook.table()[lambda t: t["series_id"] == name]
    if verdict in ("refused", "intermittent"):
        assert not len(ahead)
        return
    assert ahead["date"].min() > series.dates[-1]
    numbers = ahead[["low_95", "low_80", "estimate", "high_80", "high_95"]].to_numpy()
    assert np.isfinite(numbers).all()
    assert (np.diff(numbers, axis=1) > 0).all() or (numbers[:, 0] == 0).any()
    usual = np.median(np.abs(series.values))
    width = (ahead["high_95"] - ahead["low_95"]).max()
    assert width < 60 * usual, "the width has nothing to do with the values"


def test_the_sound_series_among_them_is_forecast_as_it_is_alone(together):
    _, outlook = together
    params = forecast.Params(horizon=3)
    # widths are learned jointly and models chosen jointly: points of every candidate stay
    alone = forecast.screening(rows().assign(series_id="month ends", date=pd.date_range(
        "2018-01-31", periods=N, freq="ME")), params)  # fmt: skip
    own = forecast.forecasts(forecast.backtest(alone, params)).candidates
    both = outlook.candidates[lambda t: t["series_id"] == "month ends"]
    merged = own.merge(both, on=["model", "date"])
    assert len(merged) == len(own)
    np.testing.assert_allclose(merged["estimate_x"], merged["estimate_y"])
