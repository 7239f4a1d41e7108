"""Kernels of the forecast against a second, slower way to the same number."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from insights.analyses.forecast import calibration
from insights.analyses.forecast.calibration import (
    MEANS,
    POINTS,
    Spread,
    _shape,
    coverage,
    spreads,
    usual,
)
from insights.analyses.forecast.choice import (
    DEFAULT,
    PAIRED_LEVEL,
    _alone,
    _group_gain,
    _kept,
    _together,
    _untested,
    _way,
    profiles,
)
from insights.analyses.forecast.combination import Combination
from insights.analyses.forecast.frequency import infer
from insights.analyses.forecast.intermittent import (
    HALF_LIVES,
    _drawn,
    _memory,
    _possible,
    _weights,
    demand,
    windows,
)
from insights.analyses.forecast.series import Series
from insights.analyses.forecast.structural import (
    CONSTANT,
    PULL,
    USUAL,
    USUAL_SLOPE,
    _shift_columns,
    _variances,
    profile_of,
    seasonal_kernels,
    shared_profile,
    structural,
)
from insights.result import Estimate
from insights.stats.intervals import wilson_bounds


@pytest.mark.parametrize(("rule", "level"), [(POINTS, 0.88), (MEANS, 1.0)])
def test_without_a_test_a_spread_is_the_usual_one(rule, level):
    found = spreads({}, {}, {"a": 1.0, "b": 1.3}, rule=rule)
    assert found["a"].factor == pytest.approx(level)
    assert found["b"].factor == pytest.approx(1.3 * level)


def test_variances_of_series_are_shrunk_on_their_study_and_that_on_the_usual_one(monkeypatch):
    monkeypatch.setattr(calibration, "_shape", lambda scores, windows: (1.0, calibration.FREE))
    rng = np.random.default_rng(1)
    scores = {"a": rng.normal(0, 1.5, (30, 6)), "b": rng.normal(0, 0.7, (12, 6))}
    scores["a"][0] = 40.0  # counts as 6
    count, usually = {"a": 9.0, "b": 4.0}, {"a": 1.0, "b": 1.2, "c": 0.9}
    found = spreads(scores, count, usually, rule=(40.0, 0.9))
    square = {
        key: np.mean([min(abs(z) / (0.9 * usually[key]), 6) ** 2 for z in scores[key].ravel()])
        for key in scores
    }
    for key, others in {"a": ["b"], "b": ["a"], "c": ["a", "b"]}.items():
        seen = sum(count[one] for one in others)
        worth = seen / (1 + (len(others) - 1) / 2)
        of_others = sum(count[one] * square[one] for one in others) / seen
        study = (40 + worth * of_others) / (40 + worth)
        w, m = count.get(key, 0.0), square.get(key, 0.0)
        own = (6 * study + w * m) / (6 + w)
        assert found[key].factor == pytest.approx(np.sqrt(own) * 0.9 * usually[key])


@pytest.mark.parametrize(
    ("free", "low", "high"), [(2.5, 2.2, 3.2), (5.0, 4.2, 6.2), (40.0, 20, 60)]
)
def test_the_shape_of_many_errors_is_that_of_their_student_s_t(free, low, high):
    rng = np.random.default_rng(4)
    scores = {str(k): 1.3 * rng.standard_t(free, (400, 10)) for k in range(3)}
    factor, found = _shape(scores, dict.fromkeys(scores, 4_000.0))
    assert low < found < high
    inside = np.mean(np.abs(scores["0"]) <= Spread(factor, found).at(0.8))
    assert inside == pytest.approx(0.8, abs=0.02)
    assert _shape({}, {}) == (1.0, calibration.FREE)


def test_an_interval_reaches_student_s_quantile_times_the_factor():
    assert Spread(1.4, 7.0).at(0.9) == pytest.approx(1.4 * stats.t.ppf(0.95, 7))


def test_the_gain_of_a_group_has_student_s_interval_around_it():
    gains = [-0.3, -0.1, -0.25, 0.05, -0.2, -0.15]
    rolls = [
        SimpleNamespace(
            past={"combination": 1},
            benchmark="naive",
            gain=lambda model, other, at=at: Estimate(at, at, at, 0.9, 1),
        )
        for at in gains
    ]
    found = _group_gain(rolls, "combination")
    low, high = stats.t.interval(PAIRED_LEVEL, 5, np.mean(gains), stats.sem(gains))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.low < found.estimate < found.high and found.n == 6
    assert _group_gain(rolls[:4], "combination") is None


def test_errors_in_proportion_to_the_fit_give_that_share_as_spread():
    rng = np.random.default_rng(2)
    fit = np.exp(rng.normal(5, 0.5, 400))
    values = fit * (1 + rng.normal(0, 0.05, 400))
    parts = Combination({}, 1.0, 12, {})
    assert parts._spread(values, fit, True) == pytest.approx(0.05, rel=0.15)
    absolute = parts._spread(fit + rng.normal(0, 3.0, 400), fit, False)
    assert absolute == pytest.approx(3.0, rel=0.15)


def test_only_amounts_with_three_zeros_in_ten_are_intermittent():
    few, many = np.r_[np.ones(71), np.zeros(29)], np.r_[np.ones(70), np.zeros(30)]
    assert (demand(few), demand(many)) == ("", "intermittent")
    assert demand(np.r_[many, -1.0]) == ""
    assert demand(np.r_[np.ones(60), np.zeros(40), 10.0]) == "lumpy"


@pytest.mark.parametrize("seed", range(6))
def test_a_half_life_is_left_out_by_student_s_paired_test_alone(seed):
    rng = np.random.default_rng(seed)
    values = (rng.random(140) < np.r_[np.full(100, 0.7), np.full(40, 0.1)]).astype(float)
    origins = windows(len(values), 7)
    error = {}
    for part in HALF_LIVES:
        weights = _weights(len(values), part)
        means = [np.average(values[:o], weights=weights[-o:]) for o in origins]
        after = [values[o : o + 7].mean() for o in origins]
        error[part] = np.square(np.subtract(means, after))
    best = min(HALF_LIVES, key=lambda part: error[part].mean())
    kept = [
        part
        for part in HALF_LIVES
        if part == best
        or stats.ttest_rel(error[part], error[best], alternative="greater").pvalue >= 0.05
    ]
    assert _possible(values, 7) == kept
    assert _possible(values[:30], 7) == list(HALF_LIVES)  # under four windows none is left out


@pytest.mark.parametrize(("season", "start"), [(12, 0), (12, 5), (7, 3)])
def test_a_planted_season_comes_back_at_its_places(season, start):
    t = np.arange(start, start + 6 * season)
    wave = np.sin(2 * np.pi * t / season)
    found = profile_of(100 + wave, start, season)
    planted = np.sin(2 * np.pi * np.arange(season) / season) / 100
    assert np.corrcoef(found, planted)[0, 1] > 0.99
    assert found == pytest.approx(planted, abs=0.002)  # as a share of the level
    assert profile_of(wave[: season - 1], 0, season) is None


def test_a_season_of_several_series_is_their_standardised_median():
    rng = np.random.default_rng(9)
    profiles = [np.sin(np.arange(12.0)) + rng.normal(0, 0.2, 12) for _ in range(5)]
    profiles[0][3] = np.nan
    middle = np.nanmedian(profiles, axis=0)
    expected = (middle - middle.mean()) / middle.std()
    assert shared_profile(profiles) == pytest.approx(expected)
    assert shared_profile(profiles[:2]) is None


def test_a_season_is_shared_by_others_as_they_were_then():
    def weekly(key, seed):
        dates = pd.date_range("2018-01-01", periods=200, freq="W-MON")
        wave = np.sin(2 * np.pi * np.arange(200) / 52)
        values = 100 + 20 * wave + np.random.default_rng(seed).normal(0, 1, 200)
        return Series(series_id=key, rows=200, values=values, frequency=infer(dates),
                      ordinals=np.arange(2500, 2700), season=52, horizon=13)  # fmt: skip

    members = [weekly(key, seed) for seed, key in enumerate("abcd")]
    found = profiles(members)
    counts = sorted(found[0])
    assert counts[-1] == 200 and len(counts) > 1
    assert all(shared is not None for shared in found[0].values())
    end = counts[0]
    changed = [
        replace(one, values=np.r_[one.values[:end], one.values[end:] * 3]) for one in members[1:]
    ]
    again = profiles([members[0], *changed])
    assert again[0][counts[0]] == pytest.approx(found[0][counts[0]])
    assert again[0][200] != pytest.approx(found[0][200])


def test_one_step_ahead_errs_by_what_is_left_and_what_is_not_known():
    rng = np.random.default_rng(5)
    spreads = []
    for _ in range(6):
        z = rng.normal(0, 0.8, 120)
        fitted = structural(z, 120, 6)
        mean, sd, psi = fitted.forecast(np.array([120]), 6)
        spreads.append(sd[0, 0])
        assert (np.diff(sd[0]) > -1e-9).all() and psi[0] == 1.0
        assert abs(mean[0, 0] - z.mean()) < 3 * sd[0, 0]
    assert np.mean(spreads) == pytest.approx(0.8, rel=0.15)


def test_shifts_rise_at_once_or_over_four_or_nine_periods():
    columns = _shift_columns(40, 50)
    lengths = (np.diff(columns, axis=0, prepend=0.0) > 0).sum(axis=0)
    assert set(lengths) == {1, 4, 9}
    assert (columns[-1] == 1).all() and (np.diff(columns, axis=0) >= 0).all()


def test_variances_are_those_that_make_the_values_likeliest():
    rng = np.random.default_rng(3)
    n = 48
    times = np.arange(n, dtype=float)
    level = np.minimum.outer(times + 1, times + 1)
    kernels = np.array([np.outer(times, times) / n, level, *seasonal_kernels(times, 12.0)])
    z = np.cumsum(rng.normal(0, 0.4, n)) + np.sin(2 * np.pi * times / 12) + rng.normal(0, 0.3, n)
    usual = np.full(len(kernels), USUAL)
    usual[0] = USUAL_SLOPE

    def cost(logs):
        ratios = np.exp(logs)
        total = np.tensordot(ratios, kernels, axes=1) + np.eye(n) + CONSTANT * (1 + ratios.sum())
        square = z @ np.linalg.solve(total, z)
        fit = 0.5 * n * np.log(square / n) + 0.5 * np.linalg.slogdet(total)[1]
        return fit + 0.5 * np.sum(((logs - usual) / PULL) ** 2)

    best = optimize.minimize(cost, usual, method="Nelder-Mead",
                             options={"maxiter": 4000, "fatol": 1e-9, "xatol": 1e-6})  # fmt: skip
    found = np.log(_variances(z, kernels, None))
    assert cost(found) == pytest.approx(best.fun, abs=0.01)


def rolling(errors, *, better=(), benchmark="naive", windows=9, **more):
    """A back-test in which these models have these errors, and some are shown to do better."""
    return SimpleNamespace(
        past=errors,
        future=errors,
        eligible=tuple(errors),
        benchmark=benchmark,
        windows=windows,
        scaled_errors=lambda name: np.array([errors[name], errors[name] + 0.2]),
        gain=lambda name, other, level=0.9: Estimate(
            errors[name] - errors[other], -1.0, -0.1 if name in better else 0.1, level, 9
        ),
        **more,
    )


def test_one_series_keeps_the_blend_unless_another_is_shown_to_do_better():
    errors = {"naive": 1.0, "arima": 0.7, "combination": 0.6, DEFAULT: 0.9}
    assert _alone(rolling(errors), tuple(errors)) == DEFAULT
    assert _alone(rolling(errors, better=("arima",)), tuple(errors)) == "arima"
    assert _alone(rolling(errors, better=("arima", "combination")), tuple(errors)) == "combination"
    without = {name: error for name, error in errors.items() if name != DEFAULT}
    assert _alone(rolling(without), tuple(without)) == "combination"
    assert _alone(rolling(errors), ()) == "naive"


def test_the_choice_of_a_group_gives_way_to_a_series_of_many_windows_that_contradicts_it():
    errors = {"naive": 1.0, "arima": 0.7, DEFAULT: 0.9}
    assert _kept(rolling(errors), "naive") == "naive"
    assert _kept(rolling(errors, better=("arima",)), "naive") == "arima"
    assert _kept(rolling(errors, better=("arima",), windows=1), "naive") == "naive"
    assert _kept(rolling(errors), None) == DEFAULT


def test_a_series_too_short_for_a_back_test_takes_a_blend_or_what_its_group_bears():
    short = {"naive": 1.0, "combination": 0.8}
    assert _untested(rolling({**short, DEFAULT: 0.9}), None) == DEFAULT
    assert _untested(rolling(short), "arima") == "combination"
    assert _untested(rolling(short), None) == "naive"
    assert _untested(rolling(short), "naive") == "naive"
    assert _untested(rolling({"naive": 1.0}), "arima") == "naive"


def test_a_gain_over_naive_is_its_own_or_that_of_its_group():
    own = Estimate(-0.2, -0.3, -0.1, 0.9, 9)
    open_ended = Estimate(-0.2, -0.5, 0.1, 0.9, 9)
    worse = Estimate(0.2, -0.1, 0.5, 0.9, 9)
    group, none = Estimate(-0.1, -0.2, -0.01, 0.9, 7), Estimate(-0.1, -0.3, 0.1, 0.9, 7)
    assert "own back-test" in _way(own, None)
    assert "7 series together" in _way(open_ended, group)
    assert not any([_way(open_ended, None), _way(open_ended, none), _way(worse, group)])


def test_coverage_counts_hits_and_takes_dates_for_its_interval():
    hits = [np.array([[[True, True], [True, False]]]), np.array([[[True, True, False, True]]])]
    found = coverage(hits, 20, 0)
    assert found.estimate == pytest.approx(6 / 8)
    assert (found.low, found.high) == pytest.approx(tuple(map(float, wilson_bounds(15, 20))))
    assert coverage(hits, 0, 0) is None and coverage([], 20, 0) is None


@pytest.mark.parametrize(
    ("length", "log", "wide"),
    [(60, False, 1.0), (10, False, 0.5**-0.1), (900, False, 5**-0.1), (60, True, 0.75)],
)
def test_usual_spreads_fall_with_length_and_on_logarithms(length, log, wide):
    one = SimpleNamespace(values=np.zeros(length), log=log)
    assert usual(one) == pytest.approx(wide)


def test_five_series_choose_the_least_error_or_the_blend_within_one_standard_error():
    rng = np.random.default_rng(6)

    def group(blend, n=6):
        return [
            SimpleNamespace(
                origins=np.arange(3),
                past={"naive": 1, "arima": 1, DEFAULT: 1},
                scaled_errors=lambda name, e=e: np.full(3, e[name]),
            )
            for e in (
                {"naive": 1.0, "arima": 0.5 * wobble, DEFAULT: blend}
                for wobble in np.exp(rng.normal(0, 0.2, n))
            )
        ]

    assert _together(group(0.9)) == "arima"
    assert _together(group(0.51)) == DEFAULT
    assert _together(group(0.9, 4)) is None


@pytest.mark.parametrize(("phi", "time"), [(0.0, 1.0), (0.6, 4.0), (0.8, 9.0)])
def test_memory_is_the_integrated_autocorrelation_time(phi, time):
    rng = np.random.default_rng(7)
    found = []
    for _ in range(5):
        values = np.zeros(4_000)
        shocks = rng.normal(size=4_000)
        for t in range(1, 4_000):
            values[t] = phi * values[t - 1] + shocks[t]
        found.append(_memory(values))
    assert np.mean(found) == pytest.approx(time, rel=0.2)


def test_means_drawn_ahead_spread_by_what_comes_and_by_what_is_not_known():
    rng = np.random.default_rng(8)
    values = rng.gamma(1.0, 2.0, 400)
    drawn = _drawn(values, 12, np.ones(400), rng, 4_000)
    assert drawn.mean() == pytest.approx(values.mean(), rel=0.03)
    assert drawn.std() == pytest.approx(values.std() * np.sqrt(1 / 12 + 1 / 400), rel=0.12)
    late = _drawn(np.r_[np.zeros(200), np.ones(200)], 12, _weights(400, 1 / 12), rng, 500)
    assert late.mean() > 0.95
