"""Alerts, dates of change and hidden cells: null data, planted falls, subtraction."""

import numpy as np
import pandas as pd
import pytest

from insights.analyses.sentiment.alerts import alert_history
from insights.analyses.sentiment.breaks import breaks, marked_releases
from insights.analyses.sentiment.false_alerts import shuffled_alerts
from insights.analyses.sentiment.movement import Changes, Trend
from insights.analyses.sentiment.panel import Panel
from insights.analyses.sentiment.params import Params
from insights.analyses.sentiment.trend import _complemented
from insights.errors import ParamsError
from insights.stats.calendar import Calendar


def _panel(periods, segments, size, seed, *, fall=None):
    """Scores without a change, except a fall of one segment from one period on."""
    rng = np.random.default_rng(seed)
    n = periods * segments * size
    period, segment = (
        np.repeat(np.arange(periods), segments * size),
        np.tile(np.repeat(np.arange(segments), size), periods),
    )
    score = rng.normal(0, 0.5, n)
    if fall:
        score[(segment == fall[0]) & (period >= fall[1])] -= 0.6
    months = pd.date_range("2024-01-01", periods=periods, freq="MS").to_numpy()
    frame = pd.DataFrame(
        {
            "feedback_id": [f"f{i}" for i in range(n)],
            "period": months[period],
            "score": score,
            "rating": score,
            "stratum": rng.integers(0, 2, n),
            "cluster": np.arange(n),
        }
    )
    groups = {f"segment: {s}": segment == s for s in range(segments)}
    return Panel(frame, groups, ("a", "b"), "month", clustered=False)


def _alerts(panel, *, cooldown=3, budget=5):
    return alert_history(panel, ("score",), least=10, fdr=0.05, cooldown=cooldown, budget=budget)


@pytest.mark.slow
def test_a_hundred_stable_segments_over_two_years_raise_hardly_an_alert():
    raised = sum(len(_alerts(_panel(24, 100, 12, seed))) for seed in range(2))
    # under no change each of 23 months has one or more alerts in at most one case of twenty
    assert raised <= 2 * 23 * 0.05 + 4 * np.sqrt(2 * 23 * 0.05)


def test_a_planted_fall_is_raised_in_its_period_with_its_records():
    found = _alerts(_panel(6, 8, 60, 1, fall=(3, 4)))
    assert list(found["group"]) == ["segment: 3"]
    assert found["period"].iloc[0] == pd.Timestamp("2024-05-01")
    assert len(found["records"].iloc[0]) == 60
    row = found.iloc[0]
    assert row["true_high"] < 0
    assert row["change"] == pytest.approx(row["true_change"] + row["mix_change"])


@pytest.mark.slow
def test_the_false_alert_rate_is_measured_on_the_records_with_the_planted_fall_shuffled_away():
    panel = _panel(6, 3, 40, 4, fall=(1, 3))
    rules = {"least": 10, "fdr": 0.05, "cooldown": 3, "budget": 5}
    assert len(alert_history(panel, ("score",), **rules)) >= 1
    before = panel.frame.copy()
    null = shuffled_alerts(panel, ("score",), np.random.default_rng(1), **rules).iloc[0]
    assert null["replays"] == 40 and null["periods"] == 40 * 5
    assert null["share_of_periods"] <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 200)
    pd.testing.assert_frame_equal(panel.frame, before)
    # rules that let everything through raise many: the measure can fail
    lax = shuffled_alerts(panel, ("score",), np.random.default_rng(1), **{**rules, "fdr": 0.99})
    assert lax["falls"].iloc[0] >= null["falls"]
    again = shuffled_alerts(panel, ("score",), np.random.default_rng(1), **rules).iloc[0]
    assert again.equals(null)


def test_shuffling_keeps_unknown_values_where_they_were():
    panel = _panel(4, 2, 40, 5)
    panel.frame.loc[::3, "rating"] = np.nan
    rules = {"least": 10, "fdr": 0.05, "cooldown": 3, "budget": 5}
    null = shuffled_alerts(panel, ("score", "rating"), np.random.default_rng(1), **rules).iloc[0]
    assert null["replays"] == 40 and np.isfinite(null["high"])


def test_a_fall_leads_to_five_of_its_records_the_same_on_every_run():
    falls = _alerts(_panel(6, 8, 60, 1, fall=(3, 4)))
    said = dict(comparisons=falls, alerted=falls, fdr=0.05, period="month", dimensions=())
    found = Changes(n=1, history=falls, trusted=True, engine="prior", **said)
    feedback = pd.DataFrame({"feedback_id": [f"f{i}" for i in range(2880)], "text": "late again"})
    drawn = found.evidence(feedback, seed=7)
    assert len(drawn) == 5 and set(drawn["feedback_id"]) <= set(falls["records"].iloc[0])
    assert set(drawn["group"]) == {"segment: 3"}
    pd.testing.assert_frame_equal(drawn, found.evidence(feedback, seed=7))
    nothing = Changes(n=1, history=falls.head(0), trusted=True, engine="prior", **said)
    assert nothing.evidence(feedback, seed=7).empty


def test_one_period_has_no_false_alert_rate():
    rules = {"least": 10, "fdr": 0.05, "cooldown": 3, "budget": 5}
    null = shuffled_alerts(_panel(1, 2, 30, 6), ("score",), np.random.default_rng(1), **rules)
    assert null["periods"].iloc[0] == 0 and np.isnan(null["share_of_periods"].iloc[0])


def test_a_group_cools_down_and_the_budget_sends_the_rest_to_the_digest():
    panel = _panel(6, 4, 80, 2)
    steps = (panel.frame["period"].rank(method="dense") - 1).to_numpy()
    panel.frame["score"] -= 0.8 * steps  # every group falls in every period
    found = _alerts(panel, cooldown=2, budget=3)
    assert len(found) == 4 * 5
    each = found.groupby(["period", "status"]).size().unstack(fill_value=0)
    assert (each["raised"] <= 3).all()
    assert each["raised"].tolist() == [3, 1, 0, 3, 1]
    assert each["cooling"].tolist() == [0, 3, 4, 1, 3]


def _trend(values, n):
    cells = pd.DataFrame(
        {
            "period": pd.date_range("2024-01-01", periods=len(values), freq="MS"),
            "group": "all",
            "n": n,
            "mean": values,
            "adjusted": values,
        }
    )
    return Trend(n=sum(n), cells=cells, period="month", min_cell=10, engine="prior")


def test_a_planted_change_of_level_is_dated_and_a_release_in_its_interval_is_named():
    rng = np.random.default_rng(5)
    values = np.r_[rng.normal(0.3, 0.03, 12), rng.normal(0.0, 0.03, 12)]
    params = Params(releases="2025-01-01 version 2; 2024-03-01 version 1")
    found = breaks(_trend(values, [100] * 24), calendar=Calendar(), params=params)
    row = found.points.iloc[0]
    assert len(found.points) == 1
    assert row["period"] == pd.Timestamp("2025-01-01")
    assert row["low"] <= row["period"] <= row["high"]
    assert "version 2" in found.text()
    assert "version 1" not in found.text()


def test_nothing_planted_is_no_detectable_change_and_few_periods_are_said_to_be_few():
    rng = np.random.default_rng(6)
    calendar, params = Calendar(), Params()
    found = breaks(_trend(rng.normal(0, 0.1, 20), [90] * 20), calendar=calendar, params=params)
    assert "No detectable change of level of mean sentiment" in found.text()
    few = breaks(_trend(rng.normal(0, 0.1, 4), [90] * 4), calendar=calendar, params=params)
    assert "too few periods" in few.text()


def _monthly(months, seed, *, size=0.2, fall=0.0):
    season = size * np.sin(np.arange(months) * np.pi / 6)
    noise = np.random.default_rng(seed).normal(0, 0.05, months)
    return season + noise - fall * (np.arange(months) >= months // 2)


def test_a_season_is_no_change_of_level_once_three_years_show_it():
    given = {"calendar": Calendar(), "params": Params()}
    called = [len(breaks(_trend(_monthly(48, s), [100] * 48), **given).points) for s in range(20)]
    assert np.mean(np.array(called) > 0) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 20)
    found = breaks(_trend(_monthly(48, 1, fall=0.4), [100] * 48), **given)
    assert list(found.points["period"]) == [pd.Timestamp("2026-01-01")]
    assert found.points["before"].iloc[0] - found.points["after"].iloc[0] == pytest.approx(
        0.4, abs=0.05
    )
    said = next(c.detail for c in found.checks if c.name == "season")
    assert "sentiment: a season of -0." in said and "over 4.0 years was taken out" in said
    limits = found.limits[found.limits["measure"] == "sentiment"]
    assert (limits["value"] - limits["without_season"]).abs().max() > 0.1


def test_two_years_are_too_few_for_a_season_and_that_is_said():
    found = breaks(_trend(_monthly(24, 1), [100] * 24), calendar=Calendar(), params=Params())
    said = next(c.detail for c in found.checks if c.name == "season")
    assert "2.0 years are fewer than the 3 needed" in said


def test_without_a_season_none_is_taken_out():
    given = {"calendar": Calendar(), "params": Params()}
    taken = []
    for seed in range(20):
        found = breaks(_trend(_monthly(48, seed, size=0.0), [100] * 48), **given)
        limits = found.limits[found.limits["measure"] == "sentiment"]
        taken.append((limits["value"] != limits["without_season"]).any())
    # an F-test at 5 %, repeated after levels were fitted
    assert np.mean(taken) <= 0.1 + 4 * np.sqrt(0.1 * 0.9 / 20)


def test_a_week_of_days_has_its_weekends():
    days = pd.date_range("2025-01-01", periods=35)
    values = np.where(days.day_of_week >= 5, -0.3, 0.2)
    values = values + np.random.default_rng(2).normal(0, 0.03, 35)
    cells = _trend(values, [50] * 35).cells.assign(period=days)
    trend = Trend(n=1750, cells=cells, period="day", min_cell=10, engine="prior")
    found = breaks(trend, calendar=Calendar(), params=Params())
    assert found.points[found.points["measure"] == "sentiment"].empty
    assert "5.0 weeks was taken out" in next(c.detail for c in found.checks if c.name == "season")


def test_a_collapse_of_the_number_of_records_is_dated():
    n = [100 + i % 7 for i in range(10)] + [9 + i % 3 for i in range(10)]
    found = breaks(_trend(np.zeros(20), n), calendar=Calendar(), params=Params())
    row = found.points[found.points["measure"] == "records"].iloc[0]
    assert row["period"] == pd.Timestamp("2024-11-01")


@pytest.mark.parametrize("written", ["version 2", "2024-13-01 x", "2024-01-01 a; b"])
def test_a_mark_without_a_date_is_refused(written):
    with pytest.raises(ParamsError, match="each mark is a date and a name"):
        marked_releases(written)


def test_no_hidden_mean_follows_from_the_shown_ones():
    cells = pd.DataFrame(
        {
            "period": pd.Timestamp("2024-01-01"),
            "group": ["all", "channel: a", "channel: b", "channel: c", "plan: x", "plan: y"],
            "n": [100, 60, 35, 5, 50, 50],
            "mean": [0.1, 0.2, -0.1, np.nan, 0.0, 0.2],
            "low": 0.0,
            "high": 0.0,
        }
    )
    made = _complemented(cells, 10)
    assert made["mean"].isna().tolist() == [False, False, True, True, False, False]
