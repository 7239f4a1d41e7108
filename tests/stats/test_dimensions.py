"""Which columns a comparison in time may hold fixed."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from insights.stats.calendar import ordinals, period_name, whole_periods
from insights.stats.dimensions import _errors_saved, fixed_dimensions, is_dimension


def _frame(n=600, seed=1):
    rng = np.random.default_rng(seed)
    rating = rng.integers(1, 6, n)
    return rating.astype(float), pd.DataFrame(
        {
            "channel": rng.choice(["web", "app"], n),
            "language": rng.choice(["en", "zh"], n),
            "bank": rng.choice(["a", "b", "c", None], n),
            "mood of the text": np.where(rating > 3, "good", "bad"),
            "verdict_text": np.where(rating > 3, "fine", "poor"),
            "group": np.where(rating > 3, "x", "y"),
            "appVersion": rng.choice(["1.0", "1.1"], n),
            "年份": rng.choice(["2023", "2024"], n),
            "customer_code": [f"k{i}" for i in range(n)],
            "marital status": rng.choice(["married", "single"], n),
            "ticket status": rng.choice(["open", "closed"], n),
            "free_text": [f"some words {i}" for i in range(n)],
        }
    )


def test_what_follows_a_rating_names_the_time_or_a_person_is_not_held_fixed():
    rating, frame = _frame()
    found = fixed_dimensions(frame, skipped=(), outcomes=[rating])
    assert found.names == ("channel", "language", "bank", "marital status")
    assert found.codes.shape == (600, 4)
    assert sorted(set(found.codes[:, 2])) == [-1, 0, 1, 2]  # not given is -1
    assert set(found.left_out) == {"mood of the text", "verdict_text", "group", "appVersion",
                                   "年份", "ticket status"}  # fmt: skip
    assert "tells it: 100% of errors saved" in found.left_out["group"]


def test_a_dimension_that_differs_much_in_rating_is_still_held_fixed():
    rng = np.random.default_rng(2)
    bank = rng.choice(["a", "b", "c", "d"], 800)
    mean = pd.Series(bank).map({"a": 1.8, "b": 2.6, "c": 3.6, "d": 4.4}).to_numpy()
    rating = np.clip(np.round(mean + rng.normal(0, 1, 800)), 1, 5)
    found = fixed_dimensions(pd.DataFrame({"bank": bank}), skipped=(), outcomes=[rating])
    assert found.names == ("channel", "bank")


@pytest.mark.parametrize(
    ("first", "last", "whole"),
    [
        ("2024-01-02", "2024-06-29", [True, True]),
        ("2024-01-20", "2024-06-29", [False, True]),
        ("2024-01-02", "2024-06-10", [True, False]),
    ],
)
def test_only_a_first_or_last_period_that_the_records_span_in_part_is_cut(first, last, whole):
    times = pd.Series(pd.date_range(first, last, freq="7h"))
    every = pd.period_range("2024-01-01", "2024-06-30", freq="M")
    found = whole_periods(times, every)
    assert [found[0], found[-1]] == whole
    assert found[1:-1].all()


def test_a_day_of_times_is_cut_and_a_day_of_dates_is_not():
    every = pd.period_range("2024-01-01", "2024-01-05", freq="D")
    times = pd.Series(pd.date_range("2024-01-01 18:00", "2024-01-05 11:00", freq="10min"))
    assert whole_periods(times, every).tolist() == [False, True, True, True, False]
    assert whole_periods(times.dt.normalize(), every).all()


def test_half_a_period_is_cut_however_few_the_records():
    every = pd.period_range("2024-01-01", "2024-04-30", freq="M")
    days = ["2024-01-20", "2024-02-20", "2024-03-20", "2024-04-20"]
    times = pd.Series(pd.to_datetime(days) + pd.Timedelta(hours=9))
    assert whole_periods(times, every).tolist() == [False, True, True, True]


def test_a_column_of_words_and_numbers_is_no_dimension():
    assert not is_dimension(pd.Series(["a", 1, "b", 1], dtype=object), most=12)
    assert is_dimension(pd.Series(["a", None, "b", "a"], dtype=object), most=12)
    assert not is_dimension(pd.Series([1.0, 2.0]), most=12)


def test_few_records_are_no_proof_that_a_period_is_cut():
    every = pd.period_range("2020-01-01", "2023-12-31", freq="Q")
    sparse = pd.Series(pd.date_range("2020-02-05", "2023-11-20", periods=40))
    assert whole_periods(sparse, every).all()


def test_periods_are_named_as_people_do_and_weeks_by_a_record_in_them():
    start = pd.Timestamp("2024-04-01")
    assert period_name(start, "quarter") == "2024 Q2"
    assert period_name(start, "month") == "April 2024"
    assert period_name(start, "year") == "2024"
    assert period_name(start, "week", pd.Timestamp("2024-04-03")) == "the week of 2024-04-03"
    assert np.diff(ordinals(pd.date_range("2024-01-07", periods=4, freq="W"), "week")).tolist() == [
        1, 1, 1]  # fmt: skip


def test_errors_saved_by_a_value_are_those_of_a_loop_over_twenty_bins():
    """Goodman and Kruskal's λ; a value with many levels is binned by its rank."""
    rng = np.random.default_rng(2)
    code = rng.integers(0, 3, 400)
    for values in (rng.normal(code, 1.0), np.round(rng.normal(code, 1.0))):
        if len(np.unique(values)) >= 200:
            place = [int(np.ceil((values <= v).sum() / 400 * 20)) for v in values]
        else:
            place = list(values)
        cells = Counter(zip(place, code, strict=True))
        best = sum(max(cells[p, c] for c in range(3)) for p in set(place))
        most = max(Counter(code.tolist()).values())
        assert _errors_saved(code, values) == pytest.approx(1 - (400 - best) / (400 - most))
    assert _errors_saved(code, np.where(np.arange(400) < 49, 1.0, np.nan)) == 0.0
    assert _errors_saved(np.zeros(400, int), values) == 0.0


def test_a_usual_gap_is_the_median_period_s_not_the_busiest_s():
    """Two records a month are no proof, however many came in one month."""
    every = pd.period_range("2024-01", "2024-12", freq="M")
    days = [f"2024-{month:02d}-{day}" for month in range(1, 12) for day in ("14 09:00", "25 09:00")]
    busy = [f"2024-06-01 10:{minute:02d}" for minute in range(60)]
    local = pd.Series(pd.to_datetime([*days, *busy, "2024-12-17 09:00"]))
    assert whole_periods(local, every).all()
