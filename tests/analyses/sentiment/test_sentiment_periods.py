"""Every date that is told: of records, of whole periods, one for one change."""

import re

import numpy as np
import pandas as pd
import pytest
from planted_messages import on_panel

from insights.analyses import sentiment
from insights.stats.calendar import Calendar

_PARAMS = sentiment.Params(engine="lexicon", period="quarter")
_GIVEN = {"calendar": Calendar(), "params": _PARAMS}


def _reviews(rate, seed=1, *, start="2014-01-06", good=0.7):
    """Reviews of one channel, `rate` a week; the share of good ones may vary by week."""
    rng = np.random.default_rng(seed)
    week = np.repeat(np.arange(len(rate)), rng.poisson(rate))
    day = np.minimum(7 * week + rng.integers(1, 6, len(week)), 7 * len(rate) - 1)
    share = np.broadcast_to(good, len(rate))[week]
    text = np.where(rng.random(len(week)) < share, "love it", "awful")
    return pd.DataFrame(
        {
            "feedback_id": [f"f{i:05d}" for i in range(len(week))],
            "created_at": pd.Timestamp(start, tz="UTC") + pd.to_timedelta(day, unit="D"),
            "text": text,
            "channel": "review",
        }
    )


def _page(feedback):
    scored = sentiment.classify(feedback, params=_PARAMS)
    trend = on_panel(sentiment.trend, feedback, scored, **_GIVEN)
    return {
        "trend": trend,
        "changes": on_panel(sentiment.changes, feedback, scored, **_GIVEN),
        "breaks": sentiment.breaks(trend, **_GIVEN),
        "arrivals": sentiment.volume_changes(feedback, **_GIVEN),
        "authors": on_panel(sentiment.bursts, feedback, scored, **_GIVEN),
    }


@pytest.mark.parametrize("seed", range(4))
def test_every_printed_date_is_a_day_with_a_record_and_a_change_of_numbers_has_one(seed):
    rng = np.random.default_rng(seed)
    place = int(rng.integers(60, 150))
    rate = np.where(np.arange(210) < place, 12.0, 5.0)
    feedback = _reviews(rate, seed, good=np.where(np.arange(210) < 100, 0.8, 0.5))
    days = set(feedback["created_at"].dt.strftime("%Y-%m-%d"))
    page = _page(feedback)
    for name, result in page.items():
        for date in re.findall(r"\d{4}-\d{2}-\d{2}", result.text()):
            assert date in days, (name, date, result.text())
    assert "number of records" not in page["breaks"].text()
    points = page["arrivals"].points
    told = points[points["week"].notna()]
    assert (told["week"] + pd.Timedelta(days=6) >= told["low"]).all()
    assert (told["week"] < told["high"] + pd.DateOffset(months=3)).all()
    assert (told["week_low"] >= told["low"] - pd.Timedelta(days=6)).all()


def test_a_week_far_from_the_quarter_is_not_told():
    """The number grows step by step: the quarters change in one place, the weeks in another."""
    quarters = np.repeat([4.0, 4.0, 4.0, 4.0, 6.0, 6.0, 7.0, 6.0, 7.0, 7.0, 8.0, 8.0], 13)
    for seed in range(6):
        points = sentiment.volume_changes(_reviews(quarters, seed), **_GIVEN).points
        told = points[points["week"].notna()]
        assert (told["week"] + pd.Timedelta(days=6) >= told["low"]).all()
        assert (told["week"] < told["high"] + pd.DateOffset(months=3)).all()


def test_a_cut_period_is_no_extreme_no_last_one_and_raises_no_alert():
    rate = np.full(160, 20.0)
    good = np.where(np.arange(160) >= 156, 0.02, 0.7)  # the last weeks, a third of a quarter
    feedback = _reviews(rate, 3, good=good)
    page = _page(feedback)
    last = page["trend"].table().query("group == 'all'")["period"].max()
    named = f"{last.year} Q{last.quarter}"
    said = page["trend"].text()
    assert said.split(";")[0].startswith("In ") and named not in said.split("Doubt")[0]
    assert "1 spanned in part" in said
    assert any(named in c.detail and "in part" in c.name for c in page["trend"].checks)
    assert page["changes"].alerts().empty
    assert not (page["changes"].history["period"] == last).any()
    assert last not in set(page["breaks"].limits["period"])


def test_thin_quarters_in_between_are_counted_aloud_and_no_alert_looks_across_them():
    rate = np.where((np.arange(208) // 13) % 3 == 1, 0.2, 12.0)
    feedback = _reviews(rate, 4, good=np.where(np.arange(208) < 104, 0.9, 0.3))
    page = _page(feedback)
    shown = page["trend"].table().query("group == 'all' and mean.notna()")
    thin = 16 - len(shown)
    assert re.search(rf"\(left out: .*{thin} with fewer than 10 records", page["trend"].text()) or (
        "without any" in page["trend"].text()
    )
    assert "between them, of too few records or none, left out" in page["breaks"].text()
    falls = page["changes"].history
    starts = sorted(shown["period"])
    for period in falls["period"]:
        before = starts[starts.index(period) - 1]
        assert (period - before).days < 100
