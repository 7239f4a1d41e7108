"""Kernels of sentiment against a second, slower way to the same number."""

import numpy as np
import pandas as pd
import pytest
from planted_messages import on_panel
from scipy import stats

from insights.analyses import sentiment
from insights.analyses.sentiment.alerts import alert_history
from insights.analyses.sentiment.breaks import breaks, seasonal
from insights.analyses.sentiment.bursts import _densest, _length, _places
from insights.analyses.sentiment.movement import Trend
from insights.analyses.sentiment.panel import Panel
from insights.analyses.sentiment.params import Params
from insights.stats.calendar import Calendar
from insights.stats.decomposition import split_change
from insights.stats.multiplicity import q_values


def scores(shift, size, seed, *, partial=()):
    """Scores of groups by month, moved by `shift` (periods, groups)."""
    rng = np.random.default_rng(seed)
    periods, groups = shift.shape
    period = np.repeat(np.arange(periods), groups * size)
    group = np.tile(np.repeat(np.arange(groups), size), periods)
    months = pd.date_range("2024-01-01", periods=periods, freq="MS")
    score = rng.normal(0, 0.5, len(period)) + shift[period, group]
    frame = pd.DataFrame(
        {
            "feedback_id": [f"f{i}" for i in range(len(period))],
            "period": months.to_numpy()[period],
            "score": score,
            "rating": score,
            "stratum": rng.integers(0, 2, len(period)),
            "cluster": np.arange(len(period)),
        }
    )
    masks = {f"group: {g}": group == g for g in range(groups)}
    return Panel(frame, masks, ("a", "b"), "month", clustered=False, partial=partial)


def alerts(panel):
    return alert_history(panel, ("score",), least=10, fdr=0.3, cooldown=0, budget=99)


def test_the_rate_is_held_over_the_groups_of_one_period():
    shift = np.zeros((4, 5))
    shift[1, :3] = [-0.3, -0.2, -0.15]
    panel = scores(shift, 120, 3)
    found = alerts(panel)
    period = panel.frame["period"]
    months = sorted(period.unique())
    for at in (1, 2, 3):
        p = {}
        for name, mask in panel.groups.items():
            rows = [
                np.flatnonzero(mask & (period == m).to_numpy()) for m in months[at - 1 : at + 1]
            ]
            p[name] = split_change(*(panel.window(part, "score") for part in rows)).p
        q = dict(zip(p, q_values(np.array(list(p.values()))), strict=True))
        for row in found[found["period"] == months[at]].itertuples():
            assert row.q == pytest.approx(q[row.group])
            assert row.true_low <= row.true_change <= row.true_high < 0
    assert set(found.loc[found["period"] == months[1], "group"]) >= {"group: 0", "group: 1"}


def test_a_period_that_is_there_in_part_is_compared_with_nothing():
    shift = np.zeros((4, 2))
    shift[1] = shift[3] = -1.0
    first, last = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-04-01")
    assert alerts(scores(shift, 60, 1))["period"].nunique() == 2
    assert alerts(scores(shift, 60, 1, partial=(first, last))).empty


def test_the_densest_window_is_that_of_a_count_of_every_window():
    rng = np.random.default_rng(2)
    days = np.sort(np.r_[rng.uniform(0, 300, 20), rng.uniform(100, 104, 7)])
    week, expected, p = _densest(days, 7, 300.0, 0.2)
    inside = [((days >= d) & (days < d + 7)).sum() for d in days]
    assert len(week) == max(inside) and week[0] == int(np.argmax(inside))
    rate = (len(days) - max(inside)) * 7 / (300 - 7)
    assert expected == pytest.approx(max(rate, 0.2))
    assert p == pytest.approx(min(1, stats.poisson.sf(max(inside) - 1, expected) * len(days)))
    assert _densest(days[:4], 7, 300.0, 0.2)[2] == 1.0


def test_names_stand_where_they_are_and_chinese_letters_count_three():
    values = np.array(["b", "a", "a", "c", "b", "a"], dtype=object)
    mask = np.array([1, 0, 1, 1, 1, 1], bool)
    found = {name: at.tolist() for name, at in _places(values, mask, ["a", "b"])}
    assert found == {"a": [2, 5], "b": [0, 4]}
    assert (_length("abc"), _length("谢谢ab")) == (3, 8)


def trend_of(values):
    cells = pd.DataFrame(
        {
            "period": pd.date_range("2021-01-01", periods=len(values), freq="MS"),
            "group": "all",
            "n": 100,
            "mean": values,
            "adjusted": values,
        }
    )
    return Trend(n=100 * len(values), cells=cells, period="month", min_cell=10, engine="prior")


def test_each_change_of_level_has_the_mean_before_and_after_it():
    rng = np.random.default_rng(6)
    values = np.repeat([0.4, 0.1, -0.3], 10) + rng.normal(0, 0.02, 30)
    found = breaks(trend_of(values), calendar=Calendar(), params=Params()).points
    assert len(found) == 2
    for row, (before, after) in zip(found.itertuples(), [(0.4, 0.1), (0.1, -0.3)], strict=True):
        assert (row.before, row.after) == pytest.approx((before, after), abs=0.03)
        assert row.low <= row.period <= row.high


def test_a_planted_season_beside_a_change_of_level_is_taken_out():
    rng = np.random.default_rng(7)
    months = pd.date_range("2020-01-01", periods=60, freq="MS")
    wave = 0.1 * np.sin(2 * np.pi * months.month / 12)
    values = pd.Series(wave + np.where(np.arange(60) < 33, 0.3, -0.2), months)
    effect, said = seasonal(values + rng.normal(0, 0.02, 60), "month", 0)
    assert np.abs(effect - wave).max() < 0.03 and "was taken out" in said
    flat, said = seasonal(values - wave + rng.normal(0, 0.02, 60), "month", 0)
    assert (flat == 0).all() and "no detectable season" in said


def test_a_cell_names_its_first_and_its_last_day():
    rng = np.random.default_rng(8)
    days = pd.date_range("2024-01-03 08:00", periods=200, freq="11h", tz="UTC")
    feedback = pd.DataFrame(
        {
            "feedback_id": [f"f{i:03d}" for i in range(200)],
            "created_at": days[rng.permutation(200)],
            "text": np.where(rng.random(200) < 0.5, "great, works well", "awful, it broke"),
        }
    )
    params = Params(engine="lexicon", period="month", min_cell=5)
    classified = sentiment.classify(feedback, params=params)
    cells = on_panel(
        sentiment.trend, feedback, classified, calendar=Calendar(), params=params
    ).cells
    for row in cells[cells["group"] == "all"].itertuples():
        part = feedback[feedback["created_at"].dt.strftime("%Y-%m") == f"{row.period:%Y-%m}"]
        assert row.n == len(part)
        for found, day in ((row.first_record, part["created_at"].min()),
                           (row.last_record, part["created_at"].max())):  # fmt: skip
            assert f"{found:%Y-%m-%d}" == f"{day:%Y-%m-%d}"
