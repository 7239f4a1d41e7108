"""Two known events of public Chinese reviews: a collapse in one week, a hole of two years."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planted_messages import on_panel

from insights.analyses import sentiment
from insights.stats.calendar import Calendar

pytestmark = pytest.mark.skipif(
    "INSIGHTS_TEST_DATA" not in os.environ,
    reason="INSIGHTS_TEST_DATA is not set: it names the folder of the public data sets",
)


def _feedback(name: str) -> pd.DataFrame:
    """The dates as they are; one word stands for every text, since only dates are asked for."""
    path = Path(
        os.environ["INSIGHTS_TEST_DATA"], "zh_hotel_scenic_2020", f"zh_{name}_shared.csv.gz"
    )
    written = pd.read_csv(path, usecols=["review_date"])["review_date"]
    times = pd.to_datetime(written, errors="coerce", utc=True).dropna()
    ids = [f"f{i:06d}" for i in range(len(times))]
    feedback = pd.DataFrame(
        {"feedback_id": ids, "created_at": times.to_numpy(), "text": "好", "channel": name}
    )
    return feedback.assign(created_at=pd.to_datetime(feedback["created_at"], utc=True))


def _trend(name: str, period: str) -> tuple[sentiment.Trend, sentiment.Params]:
    feedback = _feedback(name)
    params = sentiment.Params(engine="lexicon", period=period)
    classified = sentiment.classify(feedback, params=params)
    return on_panel(
        sentiment.trend, feedback, classified, calendar=Calendar(), params=params
    ), params


def test_the_collapse_of_hotel_reviews_in_january_2020_is_dated_to_its_week():
    trend, params = _trend("hotel", "week")
    found = sentiment.breaks(trend, calendar=Calendar(), params=params)
    points = found.points[found.points["measure"] == "records"]
    fall = points[points["after"] < points["before"]]
    assert fall["period"].tolist() == [pd.Timestamp("2020-01-27")]
    assert fall["after"].iloc[0] < 0.3 * fall["before"].iloc[0]
    assert "number of records" not in found.text()  # told channel by channel, with one date


def test_two_years_without_reviews_of_scenic_spots_are_shown_as_a_hole():
    trend, params = _trend("scenic", "month")
    cells = trend.cells[trend.cells["group"] == "all"]
    assert not cells["period"].between("2018-01-01", "2019-12-31").any()
    assert (
        "nothing between 2017-12-31 and 2020-01-01 (731 days); no line is drawn across"
        in trend.text()
    )
    axes = trend.plot()
    assert any(np.isnan(np.asarray(line.get_ydata(), float)).any() for line in axes.lines)
    points = sentiment.breaks(trend, calendar=Calendar(), params=params).points
    dated = points[points["measure"] == "records"]["period"].tolist()
    assert {pd.Timestamp("2017-12-01"), pd.Timestamp("2020-01-01")} <= set(dated)


def test_a_study_of_both_dates_the_hotels_by_week_as_it_is_set_up():
    both = pd.concat([_feedback("hotel"), _feedback("scenic")], ignore_index=True)
    found = sentiment.volume_changes(both, calendar=Calendar(), params=sentiment.Params())
    assert (
        "The number of records in hotel moved from 990 to 222 a week, in the week of 2020-01-27 "
        "[2020-01-27, 2020-02-03]."
    ) in found.text()
    scenic = found.points[found.points["channel"] == "scenic"]
    assert set(scenic["length"]) == {"quarter"}
    # the hole of 761 days before 2020-01-01 begins in the middle of that week
    assert {pd.Timestamp("2017-11-27"), pd.Timestamp("2019-12-30")} <= set(scenic["week"])
