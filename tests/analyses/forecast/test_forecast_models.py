import dataclasses
import os
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.tsa.statespace.sarimax import SARIMAX

from insights import drawing
from insights.analyses import forecast
from insights.analyses.forecast import arima
from insights.analyses.forecast.calibration import (
    POINTS,
    STUDY,
    achieved,
    achieved_mean,
    spreads,
)
from insights.analyses.forecast.choice import lost
from insights.analyses.forecast.predictive import Scale, differences, error_covariance, naive
from insights.analyses.forecast.rolling import paired, roll
from insights.analyses.forecast.screening import screened
from insights.result import Estimate


def table(values, name="a", freq="MS", start="1950-01-01"):
    dates = pd.date_range(start, periods=len(values), freq=freq)
    return pd.DataFrame({"series_id": name, "date": dates, "value": np.asarray(values, float)})


def gated(values, **settings):
    return screened("a", table(values), forecast.Params(last_period="keep", **settings))


def airline(n, rng, ma=-0.4, seasonal=-0.6, sd=1.0):
    """A simulated ARIMA(0,1,1)(0,1,1)[12]."""
    shocks = rng.normal(0, sd, n + 13)
    w = np.convolve(shocks, np.convolve([1, ma], [1, *[0] * 11, seasonal]))[13 : n + 13]
    z = np.zeros(n + 13)
    for t in range(13, n + 13):
        z[t] = z[t - 1] + z[t - 12] - z[t - 13] + w[t - 13]
    return z[13:] + 500


def test_an_autoregression_is_found_with_its_coefficient_inside_its_interval():
    rng = np.random.default_rng(1)
    z = np.zeros(600)
    for t in range(1, 600):
        z[t] = 0.7 * z[t - 1] + rng.normal()
    found = arima.fit(z, (1, 0, 0), (0, 0, 0, 1), constant=True)
    value = dict(zip(found.names, found.estimates, strict=True))["ar.L1"]
    error = dict(zip(found.names, found.errors, strict=True))["ar.L1"]
    assert abs(value - 0.7) < 3 * error < 0.15
    assert arima.level_stationary(z)
    assert not arima.level_stationary(np.cumsum(rng.normal(size=600)))


def test_the_seasonal_moving_average_of_a_simulated_airline_model_is_recovered():
    z = airline(360, np.random.default_rng(2))
    found, tried = arima.search((z - z.mean()) / z.std(), 12)
    assert tried == 4
    assert found.seasonal == (0, 1, 1, 12)
    values = dict(zip(found.names, found.estimates, strict=True))
    assert values["ma.S.L12"] == pytest.approx(-0.6, abs=0.12)


def test_one_filter_pass_gives_the_forecast_that_statsmodels_gives_at_every_origin():
    z = airline(120, np.random.default_rng(3))
    z = (z - z.mean()) / z.std()
    found = arima.fit(z[:90], (1, 1, 1), (0, 1, 1, 12))
    origins = np.array([90, 99, 108])
    mean, sd, _ = found.forecast(z, origins, 12)
    for row, origin in enumerate(origins):
        twin = SARIMAX(
            z[:origin], order=(1, 1, 1), seasonal_order=(0, 1, 1, 12), simple_differencing=False
        ).filter(found.estimates)
        np.testing.assert_allclose(mean[row], twin.get_forecast(12).predicted_mean, atol=1e-5)
        np.testing.assert_allclose(sd[row], twin.get_forecast(12).se_mean, rtol=0.12)


def test_naive_forecasts_equal_their_plain_loops():
    z = np.random.default_rng(4).normal(size=50).cumsum()
    origins = np.array([30, 41])
    for kind, lag in (("naive", 1), ("seasonal_naive", 12)):
        mean, _, psi = naive(z, origins, 15, kind=kind, season=12)
        for row, origin in enumerate(origins):
            past = list(z[:origin])
            for h in range(15):
                past.append(past[-lag])
                assert mean[row, h] == past[-1]
        assert psi.sum() == 15 if kind == "naive" else 2
    mean, _, _ = naive(z, origins, 3, kind="drift", season=1)
    np.testing.assert_allclose(mean[0], z[29] + (z[29] - z[0]) / 29 * np.arange(1, 4))


def test_errors_ahead_of_a_random_walk_share_their_past():
    expected = [[1, 1, 1], [1, 2, 2], [1, 2, 3]]
    np.testing.assert_allclose(error_covariance(np.ones(3)), expected)
    np.testing.assert_allclose(differences(1, 1, 2), [1, -1, -1, 1])


def test_the_paired_interval_covers_the_mean_of_overlapping_losses():
    rng = np.random.default_rng(5)
    runs, hits = 600, 0
    for _ in range(runs):
        losses = np.convolve(rng.normal(size=47), np.ones(8) / 8, mode="valid")
        found = paired(losses, 6.0)
        hits += found.low <= 0 <= found.high
    assert abs(hits / runs - 0.9) < 4 * np.sqrt(0.09 / runs)


@pytest.mark.slow
def test_a_random_walk_is_not_said_to_be_beaten_more_often_than_in_five_per_cent(arima_alone):
    claims, runs = 0, 50
    params = forecast.Params(horizon=4, last_period="keep")
    for seed in range(runs):
        walk = np.random.default_rng(seed).normal(size=60).cumsum()
        rolled = roll(screened("a", table(walk, freq="YS"), params))
        claims += "arima" in rolled.past and rolled.gain("arima", rolled.benchmark).high < 0
    assert claims <= stats.binom.ppf(0.999, runs, 0.05)


def test_a_model_is_kept_where_it_truly_beats_naive_and_the_tables_say_so():
    values = airline(240, np.random.default_rng(7), ma=-0.8, seasonal=-0.8)
    params = forecast.Params(horizon=6)
    backtest = forecast.backtest(forecast.screening(table(values), params), params)
    outlook = forecast.forecasts(backtest)
    assert set(outlook.table()["model"]) == {"blend"}
    rows = backtest.table()
    assert rows.loc[rows["chosen"], "beats_naive"].all()
    assert set(rows.loc[rows["chosen"], "model"]) == {"blend"}
    assert "beats the" in backtest.text()
    assert "95 % interval, blend of models and naive, n = 240 months" in outlook.text()
    assert "% chance that" in outlook.text()
    unshown = dataclasses.replace(backtest.choices["a"], beats={})
    doubted = dataclasses.replace(
        outlook, backtest=dataclasses.replace(backtest, choices={"a": unshown})
    )
    assert "no chance of a rise is given" in doubted.text()
    assert "no insight" in doubted.text() and "% chance" not in doubted.text()
    assert doubted.overview()["chance above"].isna().all()
    assert "it is kept as the forecast of least expected error" in doubted.backtest.text()


def test_a_random_walk_is_given_no_worse_than_naive_and_not_as_a_finding():
    walk = 100 + np.random.default_rng(8).normal(size=80).cumsum()
    params = forecast.Params()
    backtest = forecast.backtest(forecast.screening(table(walk), params), params)
    outlook = forecast.forecasts(backtest)
    assert backtest.choices["a"].model in backtest.rolls[0].eligible
    assert "is no insight" in outlook.text()
    assert not backtest.table()["beats_naive"].any()


@pytest.mark.slow
def test_intervals_of_a_simulated_series_cover_what_came_at_their_level(arima_alone):
    inside = {80: [], 95: []}
    for seed in range(8):
        full = airline(132, np.random.default_rng(100 + seed))
        rolled = roll(gated(full[:120], horizon=12))
        future = rolled.future["arima"]
        score = np.abs(rolled.scale.work(full[120:]) - future.mean) / future.sd
        inside[80] += [(score < stats.norm.ppf(0.9)).mean()]
        inside[95] += [(score < stats.norm.ppf(0.975)).mean()]
    for level, shares in inside.items():
        error = np.std(shares, ddof=1) / np.sqrt(len(shares))
        assert abs(np.mean(shares) - level / 100) < 4 * error + 0.02


@pytest.mark.parametrize("kind", ["normal", "student"])
def test_widths_learned_from_many_errors_reach_each_level_and_few_leave_the_usual_ones(kind):
    rng = np.random.default_rng(9)

    def drawn(count):
        plain = rng.normal if kind == "normal" else (lambda size: rng.standard_t(4, size))
        return 1.5 * plain(size=(count, 6))

    seen = {str(k): drawn(40) for k in range(40)}
    ones = dict.fromkeys(seen, 1.0)
    found = spreads(seen, dict.fromkeys(seen, 400.0), ones)
    for level in (0.8, 0.95):
        inside = [np.abs(drawn(40)) < found[key].at(level) for key in seen]
        assert np.mean(inside) == pytest.approx(level, abs=0.015)
    assert (found["0"].free > 15) == (kind == "normal")
    few = spreads({"0": seen["0"]}, {"0": 0.1}, {"0": 1.0, "new": 0.7})
    assert few["0"].factor == pytest.approx(POINTS[1], rel=0.05)
    assert few["new"].factor == pytest.approx(0.7 * POINTS[1], rel=0.05)
    assert few["new"].free == 3.0 and few["0"].free == 3.1
    assert few["0"].at(0.5) < few["0"].at(0.8) < few["0"].at(0.95)


def test_a_series_whose_errors_are_twice_as_large_gets_intervals_about_twice_as_wide():
    rng = np.random.default_rng(18)
    errors = {str(k): 0.5 * rng.normal(size=(40, 6)) for k in range(20)}
    errors["0"] = 2 * errors["0"]
    ones = dict.fromkeys(errors, 1.0)
    certain = spreads(errors, dict.fromkeys(errors, 1000.0), ones)
    assert certain["0"].factor / certain["1"].factor == pytest.approx(2.0, rel=0.1)
    unsure = spreads(errors, dict.fromkeys(errors, STUDY), ones)
    # half of the weight of its own errors; that of the study is near the usual one
    own, others = (1 / POINTS[1]) ** 2, (0.5 / POINTS[1]) ** 2
    expected = np.sqrt((0.93 + own) / (0.93 + others))
    assert unsure["0"].factor / unsure["1"].factor == pytest.approx(expected, rel=0.1)


def test_coverage_of_a_series_does_not_rest_on_the_errors_it_is_counted_on():
    def rolls(errors):
        return [
            types.SimpleNamespace(
                series=types.SimpleNamespace(series_id=key, values=np.ones(100), log=False),
                past={"m": None},
                windows=5.0,
                z_scores=lambda model, z=z: z,
                mean_scores=lambda model, z=z: z.mean(axis=1),
            )
            for key, z in errors.items()
        ]

    rng = np.random.default_rng(19)
    for count in (2, 12):
        errors = {str(k): rng.normal(size=(30, 4)) for k in range(count)}
        changed = errors | {"0": errors["0"].copy()}
        changed["0"][:5] *= 50
        before, after = achieved(rolls(errors), "m"), achieved(rolls(changed), "m")
        assert not after["0"][0, :5].all()
        # the rest of this third is judged by other thirds, which did not change
        np.testing.assert_array_equal(after["0"][:, 5:10], before["0"][:, 5:10])
        # those in turn are judged by it
        assert (after["0"][:, 10:] != before["0"][:, 10:]).any()
        assert achieved_mean(rolls(errors), "m")["0"].shape == (3, 30)


def test_the_blend_has_the_arima_on_logarithms_and_on_values_where_the_series_is_on_logarithms():
    rng = np.random.default_rng(20)
    t = np.arange(96)
    grown = 100 * np.exp(0.03 * t + 0.3 * np.sin(t * np.pi / 6) + rng.normal(0, 0.1, 96))
    logged, plain = roll(gated(grown)), roll(gated(airline(96, rng)))
    assert logged.scale.log and not plain.scale.log
    assert logged.unlogged is not None and plain.unlogged is None
    assert logged.unlogged.order == logged.fits["arima"].order
    for one in (logged, plain):
        parts = [one.scale_of(name).back(one.future[name].mean)
                 for name in ("combination", "arima", "seasonal_naive", "structural")]  # fmt: skip
        if one.unlogged is not None:
            scale = Scale.of(one.series.values, log=False)
            end = np.array([len(one.series.values)])
            ahead = one.unlogged.forecast(scale.work(one.series.values), end, one.series.horizon)
            parts.append(scale.back(ahead[0][0]))
        expected = np.median(parts, axis=0)
        np.testing.assert_allclose(one.future["blend"].mean, expected, rtol=1e-10)


@pytest.mark.parametrize("factor", [1e-9, 1e12])
def test_errors_do_not_depend_on_the_unit(factor):
    values = airline(96, np.random.default_rng(10))
    plain, scaled = roll(gated(values)), roll(gated(values * factor))
    for model in plain.past:
        # Theta's optimiser starts elsewhere in another unit
        near = 0.05 if model in ("combination", "blend") else 1e-3
        errors = [one.scaled_errors(model).mean() for one in (plain, scaled)]
        np.testing.assert_allclose(*errors, rtol=near)
    np.testing.assert_allclose(plain.future["arima"].sd / scaled.future["arima"].sd, 1.0, rtol=0.01)


def test_regressors_that_lead_by_the_horizon_are_used_and_noise_is_said_to_add_nothing():
    rng = np.random.default_rng(11)
    lead = rng.normal(size=170)
    y = 50 + np.concatenate([np.zeros(3), 4 * lead[:-3]]) + rng.normal(0, 0.5, 170)
    rows = table(y, freq="YS", start="1800-01-01").assign(lead=lead)
    params = forecast.Params(horizon=3)
    backtest = forecast.backtest(forecast.screening(rows, params), params)
    assert backtest.choices["a"].model == "arimax"
    noise = rows.assign(lead=rng.normal(size=170))
    other = forecast.backtest(forecast.screening(noise, params), params)
    assert other.choices["a"].model != "arimax"
    details = [check.detail for check in other.checks if check.name == "regressors"]
    assert "add nothing out of sample" in details[0]


def test_the_same_input_gives_the_same_forecast_and_rows_may_come_in_any_order():
    rng = np.random.default_rng(12)
    market = pd.concat([table(airline(80, rng), "b"), table(50 + rng.normal(size=60), "a")])
    params = forecast.Params()

    def run(rows):
        return forecast.forecasts(forecast.backtest(forecast.screening(rows, params), params))

    first, again = run(market), run(market.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(first.table(), again.table())
    assert first.to_json() == again.to_json()
    rows = first.table()
    assert list(rows["series_id"].unique()) == ["a", "b"]
    for inner, outer in ((50, 80), (80, 95)):
        assert (rows[f"low_{outer}"] <= rows[f"low_{inner}"]).all()
        assert (rows[f"high_{inner}"] <= rows[f"high_{outer}"]).all()
    assert rows["estimate"].between(rows["low_50"], rows["high_50"]).all()


def test_a_short_series_gets_a_naive_forecast_and_says_that_nothing_was_tested():
    params = forecast.Params()
    backtest = forecast.backtest(forecast.screening(table(np.arange(14.0) ** 1.5), params), params)
    outlook = forecast.forecasts(backtest)
    assert "cannot be told" in backtest.text()
    assert "too short to test any model" in outlook.text()
    assert "every forecast was back-tested" in outlook.doubts()


def test_the_decomposition_returns_the_planted_season_and_marks_the_last_one_provisional():
    t = np.arange(120)
    season = 5 * np.sin(2 * np.pi * t / 12)
    values = 20 + 0.1 * t + season + np.random.default_rng(13).normal(0, 0.3, 120)
    parts = forecast.decomposition(forecast.screening(table(values), forecast.Params()))
    assert np.abs(parts.parts["seasonal"] - season).max() < 1.0
    assert parts.parts["provisional"].to_numpy().nonzero()[0].tolist() == list(range(108, 120))
    assert parts.strengths["season_strength"].iloc[0] > 0.95


def test_a_part_of_the_season_that_no_origin_forecast_is_a_failed_check_and_widens():
    t = np.arange(115)
    values = 50 + 5 * np.sin(2 * np.pi * t / 52) + np.random.default_rng(16).normal(size=115)
    params = forecast.Params(horizon=13)
    weekly = table(values, freq="W-FRI", start="2010-02-05")
    outlook = forecast.forecasts(forecast.backtest(forecast.screening(weekly, params), params))
    assert "the back-test saw the part of the season now forecast" in outlook.doubts()
    rolled, choice = outlook.backtest.rolls[0], outlook.backtest.choices["a"]
    assert not rolled.seen and rolled.unseen_widening == 1.5
    assert choice.model in rolled.eligible
    assert not any(choice.beats.values()) and "no insight" in outlook.text()
    monthly = table(airline(120, np.random.default_rng(17)))
    params = forecast.Params(horizon=3)
    other = forecast.forecasts(forecast.backtest(forecast.screening(monthly, params), params))
    assert "part of the season" not in other.doubts()
    assert other.backtest.rolls[0].unseen_widening == 1.0


def test_the_reason_names_the_naive_forecast_that_does_better_or_what_was_not_tested():
    one = types.SimpleNamespace(benchmark="seasonal_naive", seen=True)
    better, worse = Estimate(-0.3, -0.6, -0.02, 0.9, 20), Estimate(0.1, -0.2, 0.4, 0.9, 20)
    error = {"naive": 0.9, "seasonal_naive": 1.4, "arima": 1.1}
    assert lost(one, "arima", better, error) == "ARIMA loses to the last-value forecast"
    assert lost(one, "arima", worse, error) == "ARIMA loses to the seasonal naive forecast"
    error["naive"] = 1.2
    assert lost(one, "arima", better, error) == (
        "ARIMA is not shown to beat the seasonal naive forecast"
    )
    one.seen = False
    assert lost(one, "arima", better, error) == (
        "the part of the season now forecast was not tested"
    )


def test_correlated_residuals_are_reported():
    rng = np.random.default_rng(14)
    params = forecast.Params()
    values = airline(200, rng)
    backtest = forecast.backtest(forecast.screening(table(values), params), params)
    found = forecast.diagnostics(backtest)
    assert set(found.tests["test"]).issuperset({"no autocorrelation (Ljung-Box)"})
    assert found.tests["p"].between(0, 1).all()
    assert len(found.table()) >= 3


@pytest.mark.real
def test_arima_beats_seasonal_naive_on_m3_about_as_was_published(arima_alone):
    root = os.environ.get("INSIGHTS_TEST_DATA")
    if not root:
        pytest.skip("INSIGHTS_TEST_DATA is not set: the M3 series are not at hand")
    folder = Path(root) / "forecast_competitions"
    meta = pd.read_csv(folder / "series_meta_shared.csv.gz")
    series = pd.read_csv(folder / "series_shared.csv.gz")
    monthly = meta[(meta["source"] == "M3") & (meta["period"] == "MONTHLY")]
    errors = []
    for row in monthly.iloc[::90].itertuples():
        one = series[series["series_id"] == row.series_id]
        train = one.loc[one["part"] == "train", "value"].to_numpy(float)
        test = one.loc[one["part"] == "test", "value"].to_numpy(float)
        rolled = roll(gated(train, horizon=int(row.h)))
        unit = np.abs(train[12:] - train[:-12]).mean()
        errors.append(
            [
                np.abs(test - rolled.scale.back(rolled.future[name].mean)).mean() / unit
                for name in ("arima", "seasonal_naive")
            ]
        )
        season = np.tile(train[-12:], 2)[: len(test)]
        assert errors[-1][1] == pytest.approx(np.abs(test - season).mean() / unit)
    arima_error, naive_error = np.mean(errors, axis=0)
    assert 0.5 < arima_error < naive_error < 2.0


def test_the_chooser_of_series_shows_the_sentence_and_a_figure_of_the_one_chosen():
    rng = np.random.default_rng(15)
    drawing.theme()
    market = pd.concat([table(50 + rng.normal(size=40), "甲"), table(9 + rng.normal(size=12), "b")])
    params = forecast.Params()
    outlook = forecast.forecasts(forecast.backtest(forecast.screening(market, params), params))
    chooser, share, sentence, scenario, shown = forecast.explore(outlook).children
    chooser.value = "b"
    assert sentence.value.startswith("b: the mean of the next 3 months is expected at")
    share.value = 90
    assert scenario.value.startswith("90 % of the paths have a lower mean")
    assert bytes(shown.value).startswith(b"\x89PNG")
