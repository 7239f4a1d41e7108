"""Numbers of records by channel: planted weeks, stable channels, spans of their own."""

import re

import numpy as np
import pandas as pd
import pytest

from insights.analyses.sentiment import Params, volume_changes
from insights.stats.breaks import one_break
from insights.stats.calendar import Calendar


def _daily(rate, seed, channel="chat", start="2023-01-02"):
    """Records on each day, Poisson with the given mean number a day."""
    rng = np.random.default_rng(seed)
    number = rng.poisson(rate)
    days = pd.date_range(start, periods=len(number), tz="UTC").repeat(number)
    times = days + pd.to_timedelta(rng.integers(0, 86_400, len(days)), unit="s")
    return pd.DataFrame({"created_at": times, "channel": channel})


def _found(feedback, **settings):
    return volume_changes(feedback, calendar=Calendar(), params=Params(**settings))


def test_a_change_found_by_month_is_placed_to_its_week():
    called = right = near = covered = 0
    for seed in range(60):
        place = int(np.random.default_rng([seed, 1]).integers(30, 74))  # a week of 104
        rate = np.where(np.arange(728) < 7 * place, 4.0, 2.0)
        points = _found(_daily(rate, seed)).points
        truth = pd.Timestamp("2023-01-02") + pd.Timedelta(weeks=place)
        if points.empty:
            continue
        called += 1
        assert set(points["length"]) == {"month"}
        gap = (points["week"] - truth).abs().min()
        right += gap == pd.Timedelta(0)
        near += gap <= pd.Timedelta(days=7)
        covered += bool(((points["week_low"] <= truth) & (truth <= points["week_high"])).any())
    assert called >= 58
    assert covered / called >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / called)
    assert right / called > 0.4 and near / called > 0.7


def test_a_stable_number_of_records_is_no_detectable_change():
    called = []
    for seed in range(60):
        found = _found(_daily(np.full(728, 3.0), seed))
        called.append(len(found.points) > 0)
        assert called[-1] or "No detectable change of the number of records in chat" in found.text()
    assert np.mean(called) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 60)


def test_a_short_channel_is_seen_by_week_beside_a_long_one():
    short = np.where(np.arange(210) < 70, 20.0, 4.0)
    both = [_daily(short, 1, "hotel", "2020-01-06"), _daily(np.full(2200, 5.0), 2, "spot")]
    found = _found(pd.concat(both, ignore_index=True))
    length = found.counts.groupby("channel")["length"].first()
    assert length.to_dict() == {"hotel": "week", "spot": "quarter"}
    hotel = found.points[found.points["channel"] == "hotel"]
    assert pd.Timestamp("2020-03-16") in set(hotel["period"])
    assert "in hotel moved from 1" in found.text()
    assert "in the week of 2020-03-16" in found.text()


def test_small_numbers_of_records_keep_a_decimal():
    rate = np.where(np.arange(420) < 210, 0.05, 0.4)
    said = _found(_daily(rate, 4), period="week").text()
    before, after = map(float, re.search(r"moved from (\S+) to (\S+) a week", said).groups())
    assert 0 < before < 1 < after < 4


def test_the_numbers_are_the_records_of_each_period_counted_one_by_one():
    feedback = _daily(np.full(300, 2.0), 3)
    counts = _found(feedback, period="month").counts
    for row in counts.itertuples():
        times = feedback["created_at"].dt.tz_localize(None)
        inside = (times >= row.period) & (times < row.period + pd.DateOffset(months=1))
        assert inside.sum() == row.n
    assert counts["n"].sum() < len(feedback)  # the first and the last month are left out


def test_channels_of_few_periods_are_named_and_no_dates_are_no_claim():
    found = _found(_daily(np.full(5, 9.0), 1))
    assert "Cannot tell when the number of records changed" in found.text()
    assert any("chat 3" in check.detail for check in found.checks)
    none = _daily(np.full(5, 9.0), 1).assign(created_at=pd.NaT)
    assert _found(none).n == 0
    assert _found(none).text().startswith("Cannot tell")


def test_one_break_is_where_the_squares_are_least():
    for seed in range(20):
        x = np.random.default_rng(seed).normal(size=15) + 2 * (np.arange(15) >= 6)
        squares = [
            np.square(x[:k] - x[:k].mean()).sum() + np.square(x[k:] - x[k:].mean()).sum()
            for k in range(3, 13)
        ]
        found = one_break(x)
        assert found.at == 3 + int(np.argmin(squares))
        assert found.low <= found.at <= found.high
        assert found.after == pytest.approx(x[found.at :].mean())
    assert one_break([1.0, 2.0, 3.0, 4.0, 5.0]) is None
    assert one_break(np.ones(30)) is None
