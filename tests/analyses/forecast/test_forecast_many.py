import numpy as np
import pandas as pd
import pytest
from distributed import LocalCluster

from insights.analyses import forecast


def market(count, n=48):
    rng = np.random.default_rng(0)
    dates = pd.date_range("2015-01-01", periods=n, freq="MS")
    parts = []
    for k in range(count):
        value = 100 + rng.normal(size=n).cumsum() + 8 * np.sin(np.arange(n) * np.pi / 6)
        parts.append(pd.DataFrame({"series_id": f"s{k:02d}", "date": dates, "value": value}))
    return pd.concat(parts, ignore_index=True)


def outlook(rows, **settings):
    params = forecast.Params(horizon=6, last_period="keep", **settings)
    return forecast.forecasts(forecast.backtest(forecast.screening(rows, params), params))


@pytest.mark.slow
def test_two_processes_and_a_cluster_of_two_workers_give_exactly_what_one_process_gives(
    monkeypatch,
):
    rows = market(4)
    alone = outlook(rows)
    pd.testing.assert_frame_equal(alone.candidates, outlook(rows, jobs=2).candidates)
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        monkeypatch.setenv("INSIGHTS_SCHEDULER", cluster.scheduler_address)
        spread = outlook(rows)
    pd.testing.assert_frame_equal(alone.candidates, spread.candidates)
    assert alone.to_json() == spread.to_json()


@pytest.mark.slow
def test_one_bad_series_among_many_changes_nothing_for_the_others():
    rows = market(3)
    bad = pd.DataFrame(
        {"series_id": "zz", "date": rows["date"].iloc[:3].to_numpy(), "value": [1.0, np.inf, 2.0]}
    )
    alone, beside = outlook(rows), outlook(pd.concat([rows, bad]))
    pd.testing.assert_frame_equal(alone.table(), beside.table())


def test_an_outlier_at_the_last_point_does_not_throw_the_kept_forecast_far_off():
    rows = market(1, 72)
    rows.loc[71, "value"] *= 10
    found = outlook(rows)
    usual = rows["value"].iloc[:71].mean()
    assert found.table()["estimate"].max() < 11 * usual
    assert "no forecast starts from an outlier" in found.doubts()
