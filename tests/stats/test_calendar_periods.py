import pandas as pd
import pytest

from insights.stats.calendar import Calendar


def times(*texts: str) -> pd.Series:
    return pd.Series(pd.to_datetime(list(texts), utc=True))


def test_a_day_begins_at_local_midnight():
    late = times("2024-01-31T17:00:00Z")
    assert Calendar().period_start(late, "month")[0] == pd.Timestamp("2024-01-01")
    assert Calendar("Asia/Shanghai").period_start(late, "month")[0] == pd.Timestamp("2024-02-01")


@pytest.mark.parametrize(("start", "first"), [("monday", "2024-05-06"), ("sunday", "2024-05-05"),
                                              ("saturday", "2024-05-11")])  # fmt: skip
def test_a_week_begins_where_the_study_says(start, first):
    saturday = times("2024-05-11T12:00:00Z")
    assert Calendar(week_start=start).period_start(saturday, "week")[0] == pd.Timestamp(first)


@pytest.mark.parametrize(
    ("end", "period"),
    [
        ("2024-01-08", "day"),
        ("2024-06-01", "week"),
        ("2026-01-01", "month"),
        ("2036-01-01", "quarter"),
    ],
)
def test_the_automatic_period_suits_the_span(end, period):
    assert Calendar().resolve(times("2024-01-01", end), "auto") == period


@pytest.mark.parametrize(
    ("days", "period"),
    [(45, "day"), (46, "week"), (270, "week"), (271, "month"), (1900, "month"), (1901, "quarter")],
)
def test_the_automatic_period_changes_at_the_stated_numbers_of_days(days, period):
    end = f"{pd.Timestamp(2024, 1, 1) + pd.Timedelta(days=days - 1):%Y-%m-%d}"
    assert Calendar().resolve(times("2024-01-01", end), "auto") == period


def test_a_period_that_was_asked_for_is_kept():
    assert Calendar().resolve(times("2024-01-01", "2036-01-01"), "day") == "day"
