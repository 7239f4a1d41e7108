"""A change of who writes is not a change of what they feel, in whatever dimension it lies."""

import numpy as np
import pandas as pd
import pytest
from planted_messages import on_panel

from insights.analyses import sentiment
from insights.stats.calendar import Calendar

_PARAMS = sentiment.Params(engine="lexicon", period="month")
_GIVEN = {"calendar": Calendar(), "params": _PARAMS}
_BANKS = {"north": 0.85, "south": 0.45, "east": 0.55}


def _reviews(seed, *, fall=0.0, moves=True, n=2400):
    """Twelve months of one channel; one bank's share grows from a tenth to a half."""
    rng = np.random.default_rng(seed)
    month = np.sort(rng.integers(0, 12, n))
    late = month >= 6
    north = rng.random(n) < np.where(late & moves, 0.5, 0.1)
    bank = np.where(north, "north", rng.choice(["south", "east"], n))
    platform = np.where(rng.random(n) < np.where(late & moves, 0.6, 0.4), "ios", "android")
    good = pd.Series(bank).map(_BANKS).to_numpy() + 0.1 * (platform == "ios") - fall * late
    likes = rng.random(n) < good
    return pd.DataFrame(
        {
            "feedback_id": [f"f{i:05d}" for i in range(n)],
            "created_at": pd.Timestamp("2025-01-01", tz="UTC")
            + pd.to_timedelta(30.4 * month + rng.random(n) * 30, unit="D"),
            "text": np.where(likes, "great, love it", "awful, terrible"),
            "channel": "review",
            "bank": bank,
            "platform": platform,
            "rating": np.where(likes, 1.0, 0.0),
            "recommended": np.where(likes, "yes", "no"),
            "grade": np.where(likes, "pass", "fail"),
            "release": [f"{m // 3}.0" for m in month],
        }
    )


def _changes(feedback):
    scored = sentiment.classify(feedback, params=_PARAMS)
    return on_panel(sentiment.changes, feedback, scored, **_GIVEN)


def test_a_growing_bank_does_not_raise_the_rating_and_is_named():
    found = _changes(_reviews(1))
    row = found.table().query("comparison == 'halves' and group == 'all' and measure == 'rating'")
    row = row.iloc[0]
    assert row["low"] > 0.05  # as it stands it rose
    assert row["true_low"] < 0 < row["true_high"]
    assert row["true_change"] + row["mix_change"] == pytest.approx(row["change"])
    assert row["fixed"] == "bank, platform"
    assert row["mix_dimension"] == "bank"
    said = found.text()
    assert "No detectable change of mean rating at a fixed mix of bank and platform" in said
    assert "Of these dimensions bank explains the most of it" in said
    detail = next(c.detail for c in found.checks if c.name == "mix and true change told apart")
    assert all(name in detail for name in ("recommended", "grade", "release"))


def test_the_trend_at_a_fixed_mix_is_flat_where_the_mean_as_it_is_rises():
    feedback = _reviews(2, n=6000)
    scored = sentiment.classify(feedback, params=_PARAMS)
    cells = on_panel(sentiment.trend, feedback, scored, **_GIVEN).table().query("group == 'all'")
    late = cells["period"] >= "2025-07-01"
    raw, fixed = (
        cells.loc[late, column].mean() - cells.loc[~late, column].mean()
        for column in ("rating_mean", "rating_adjusted")
    )
    assert raw > 0.1
    assert abs(fixed) < 0.03
    whole = feedback["rating"].mean()
    assert cells["rating_adjusted"].mean() == pytest.approx(whole, abs=0.03)


def test_a_true_fall_is_found_under_the_rise_of_the_mix():
    found = _changes(_reviews(3, fall=0.2))
    row = found.table().query("comparison == 'halves' and group == 'all' and measure == 'rating'")
    assert row["true_low"].iloc[0] < -0.2 < row["true_high"].iloc[0]
    assert row["true_high"].iloc[0] < 0


def test_a_jump_of_the_mix_raises_no_alert_and_a_fall_does():
    feedback = _reviews(4)
    first, last = feedback["created_at"].min(), feedback["created_at"].max()
    # the rise backwards: the mean as it is falls by the mix alone
    swapped = feedback.assign(created_at=first + (last - feedback["created_at"]))
    quiet = _changes(swapped).history
    assert not (quiet["group"] == "all").any()
    loud = _changes(_reviews(5, fall=0.35, moves=False)).history
    at = loud.query("group == 'all' and measure == 'rating'")
    assert at["period"].tolist() == [pd.Timestamp("2025-07-01")]
    assert (at["change"] - at["true_change"] - at["mix_change"]).abs().max() < 1e-9


def test_one_customer_or_a_channel_that_was_replaced_cannot_be_told():
    feedback = _reviews(6, n=600).drop(columns=["bank", "platform", "recommended", "grade"])
    one = _changes(feedback.assign(customer_id="c1"))
    assert "all that is known comes from one customer" in one.text()
    assert "nan" not in one.text()
    late = feedback["created_at"] >= "2025-07-01"
    replaced = _changes(feedback.assign(channel=np.where(late, "app", "web")))
    assert "no channel is there in both times" in replaced.text()
    assert "nan" not in replaced.text()
