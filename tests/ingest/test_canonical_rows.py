import numpy as np
import pandas as pd
import pytest

from insights.errors import DataError, ParamsError, SchemaError
from insights.ingest.canonical import canonical, reference_time
from insights.ingest.identity import distinct_feedback
from insights.ingest.records import Raw, faults, from_rows
from insights.ingest.sources import Source


def made(header, rows, table="feedback", **options):
    raw = from_rows(header, rows, range(2, len(rows) + 2))
    given = {"path": ("f.csv",), **options}
    as_of = given.pop("as_of", None)
    return canonical(raw, Source(**given), table, "f", as_of=as_of)


def test_a_mapped_column_that_is_not_there_is_named_with_the_nearest():
    with pytest.raises(
        SchemaError, match=r"comment.*Did you mean 'comments'.*Columns found: date, comments"
    ):
        made(
            ["date", "comments"],
            [["2024-01-01", "x"]],
            columns={"text": "comment", "created_at": "date"},
        )


def test_every_failure_is_told_at_once():
    with pytest.raises(SchemaError) as caught:
        made(["a"], [["x"]], columns={"text": "b", "created_at": "c", "txt": "a"}, dimensions=["d"])
    assert len(caught.value.failures) == 4
    assert "'columns: txt' is no column of feedback. Did you mean 'text'" in str(caught.value)


def test_a_required_column_without_source_is_asked_for():
    with pytest.raises(SchemaError, match="feedback needs a column 'created_at'"):
        made(["text"], [["hello there"]])


def test_a_rating_becomes_a_share_of_its_scale_and_the_rest_is_left_empty_with_a_note():
    rows = [
        ["2024-01-01", f"text {i}", value]
        for i, value in enumerate(["1", "3", "5", "9", "bad", ""])
    ]
    found = made(["created_at", "text", "rating"], rows, rating_scale=(1, 5))
    assert found.frame["rating"].fillna(-1).tolist() == [0, 0.5, 1, -1, -1, -1]
    assert {note.check for note in found.notes} == {"rating"}
    assert sum(note.value for note in found.notes) == 2


def test_a_scale_may_run_downward():
    found = made(
        ["created_at", "text", "rating"], [["2024-01-01", "fine", "1"]], rating_scale=(6, 1)
    )
    assert found.frame["rating"].tolist() == [1.0]


def test_a_rating_without_scale_is_refused_unless_it_is_a_share():
    header = ["created_at", "text", "rating"]
    with pytest.raises(
        DataError, match=r"rating has values from 4 to 4 and no scale. Set rating_scale"
    ):
        made(header, [["2024-01-01", "fine", "4"]])
    assert made(header, [["2024-01-01", "fine", "0.25"]]).frame["rating"].tolist() == [0.25]


def test_nps_outside_zero_to_ten_is_left_empty():
    rows = [
        ["2024-01-01", f"text {i}", value] for i, value in enumerate(["0", "10", "11", "-1", "7.5"])
    ]
    found = made(["created_at", "text", "nps"], rows)
    assert found.frame["nps"].fillna(-9).tolist() == [0, 10, -9, -9, -9]


def test_rows_with_faults_are_quarantined_with_line_and_reason():
    rows = [
        ["2024-01-01", "fine"],
        ["soon", "bad date"],
        ["", "no date"],
        ["2024-01-02", ""],
        ["", ""],
    ]
    found = made(["created_at", "text"], rows)
    assert found.quarantine[["line", "reason"]].to_numpy().tolist() == [
        [3, "created_at is not a date that can be read"],
        [4, "created_at is missing"],
    ]
    assert found.screened[["line", "reason"]].to_numpy().tolist() == [
        [5, "empty text"],
        [6, "empty row"],
    ]
    assert found.rows_in == len(found.frame) + len(found.quarantine) + len(found.screened)


def test_dates_after_the_collection_are_quarantined():
    rows = [["2024-01-01", "past"], ["2024-03-02 06:00", "within a day"], ["2024-03-05", "future"]]
    found = made(["created_at", "text"], rows, as_of=reference_time("2024-03-02"))
    assert found.quarantine["line"].tolist() == [4]
    assert found.quarantine["reason"].tolist() == ["created_at is in the future"]


def test_without_a_collection_time_only_dates_far_beyond_all_others_are_future():
    days = [f"2024-01-{day:02d}" for day in range(1, 29)]
    rows = [[day, f"text {day}"] for day in [*days, "2031-05-05", "2299-01-01"]]
    found = made(["created_at", "text"], rows)
    assert found.quarantine["line"].tolist() == [30, 31]
    hole = [[day, f"text {day}"] for day in [*days, *(f"2027-01-{d:02d}" for d in range(1, 9))]]
    assert made(["created_at", "text"], hole).quarantine.empty


def test_the_zero_of_a_calendar_is_no_date():
    rows = [[f"2014-01-{day:02d}", f"text {day}"] for day in range(1, 20)] + [
        ["1970-01-01", "zero"]
    ]
    assert "zero of a computer" in made(["created_at", "text"], rows).quarantine["reason"].iloc[0]


def test_a_customer_who_ends_before_starting_is_quarantined():
    rows = [
        ["a", "2024-01-01", "2024-02-01"],
        ["b", "2024-01-01", "2023-12-01"],
        ["c", "2024-01-01", ""],
        ["d", "2024-01-01", "9999-12-31"],
        ["e", "2024-01-01", "gone"],
    ]
    found = made(["customer_id", "started_at", "ended_at"], rows, "customers")
    assert found.frame["customer_id"].tolist() == ["a", "c", "d"]
    assert found.frame["ended_at"].isna().tolist() == [False, True, True]
    assert found.quarantine["reason"].tolist() == [
        "ended_at is before started_at",
        "ended_at is not a date that can be read",
    ]


def test_a_market_file_with_one_value_column_names_its_series_itself():
    rows = [["2024-01-01", "1"], ["2024-02-01", "2"]]
    assert set(made(["month", "quotes"], rows, "market").frame["series_id"]) == {"quotes"}
    assert set(made(["ds", "y"], rows, "market").frame["series_id"]) == {"f"}


def test_numeric_columns_of_usage_stay_and_dimensions_elsewhere_are_asked_for():
    usage = made(
        ["customer_id", "period_start", "logins", "note"], [["a", "2024-01-01", "3", "x"]], "usage"
    )
    assert usage.frame["logins"].tolist() == [3.0]
    assert "note" not in usage.frame
    found = made(
        ["created_at", "text", "plan", "other"],
        [["2024-01-01", "fine", "pro", "x"]],
        dimensions=["plan"],
        channel="survey",
        set={"language": "zh"},
    )
    assert found.frame[["plan", "channel", "language"]].to_numpy().tolist() == [
        ["pro", "survey", "zh"]
    ]
    assert "other" not in found.frame


def test_the_id_of_a_customer_is_not_in_the_raw_text_of_a_quarantined_row():
    rows = [["soon", "bad date", "ann@x.org"], ["2024-01-01", "fine", "bob@x.org"]]
    found = made(["created_at", "text", "customer_id"], rows)
    assert "ann" not in found.quarantine["raw"].iloc[0]
    assert found.quarantine["customer_id"].tolist() == ["ann@x.org"]


def test_a_collection_time_that_is_no_date_is_refused():
    assert reference_time("") is None
    with pytest.raises(ParamsError, match="as_of is 'later': not a date"):
        reference_time("later")
    assert reference_time("2024-03-02") == pd.Timestamp("2024-03-02", tz="UTC")


def test_a_score_without_a_text_keeps_its_row_and_is_counted():
    frame = pd.DataFrame({
        "created_at": ["2025-01-01"] * 6, "rating": ["1", "2", "5", "5", None, "4"],
        "text": ["slow", None, "", "此用户没有填写评价。", "n/a", "good enough"],
    })  # fmt: skip
    raw = Raw(frame, np.arange(2, 8), faults())
    found = canonical(raw, Source(path=("a.csv",), rating_scale=(1, 5)), "feedback", "a")
    assert found.frame["rating"].tolist() == [0, 0.25, 1, 1, 0.75]
    assert found.frame["text"].notna().tolist() == [True, False, False, False, True]
    assert found.screened["line"].tolist() == [6]
    note = next(note for note in found.notes if note.check == "no text")
    assert note.value == 3
    assert "mean rating 0.75 without a text, 0.38 with one" in note.detail


def test_unnamed_people_with_equal_wordings_are_different_where_any_column_differs():
    rows = [("2025-01-01", "nice app", "ann"), ("2025-01-01", "nice app", "bob")] * 2
    frame = pd.DataFrame(rows, columns=["created_at", "text", "nickname"])
    found = canonical(Raw(frame, np.arange(2, 6), faults()), Source(path=("a",)), "feedback", "a")
    distinct = distinct_feedback(found.frame, key=b"k")
    assert distinct.kept["copies"].tolist() == [2, 2]
    assert distinct.kept["feedback_id"].nunique() == 2
    assert "row_hash" not in distinct.kept


def test_dates_that_are_not_read_are_shown_with_the_format_that_would_read_them():
    with pytest.raises(
        DataError, match=r"created_at: 2 of 2 not read, such as 'Jan-25'; add dates: '%b-%y'"
    ):
        made(["created_at", "text"], [["Jan-25", "x"], ["Feb-25", "y"]])


def test_dates_that_are_all_the_zero_of_a_calendar_are_no_dates():
    with pytest.raises(DataError, match=r"every date is 1980-01-01.*set: {created_at: 2025-"):
        made(["created_at", "text"], [["1980-01-01 00:00:00", "x"], ["1980-01-01 00:00:00", "y"]])


def test_a_fraction_or_thousands_are_asked_about_where_nothing_tells():
    rows = [["2025-01-01", "1.234"], ["2025-02-01", "987"]]
    said = r"'1.234' is 1234 or 1 and 234 thousandths. Set decimal: ',' for 1234"
    with pytest.raises(DataError, match=said):
        made(["date", "value"], rows, table="market")
    found = made(["date", "value"], rows, table="market", decimal=",")
    assert found.frame["value"].tolist() == [1234, 987]


def test_ids_that_a_spreadsheet_rounded_name_nobody():
    rows = [["2025-01-01", f"text {i}", "4.10E+15"] for i in range(3)]
    found = made(["created_at", "text", "customer_id"], rows)
    assert found.frame["customer_id"].isna().all()
    assert [note.passed for note in found.notes if note.check == "ids damaged"] == [False]


def test_dates_that_a_spreadsheet_may_have_swapped_are_asked_about():
    days = [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (3, 2), (3, 5)]
    rows = [[pd.Timestamp(2025, month, day), f"a {month} {day}"] for month, day in days]
    rows += [["13/01/2025", "b"], ["14/01/2025", "c"]]
    with pytest.raises(DataError, match="day_first: true to swap them back, or day_first: false"):
        made(["created_at", "text"], rows)
    found = made(["created_at", "text"], rows, day_first=True).frame["created_at"]
    assert found.dt.strftime("%d.%m.").tolist()[:2] == ["01.01.", "02.01."]
    assert found.iloc[-1].day == 14


def test_words_of_a_column_named_rating_are_kept_where_they_cannot_be_read():
    found = made(["created_at", "text", "rating"], [["2025-01-01", "x", "purple"]] * 2)
    assert found.frame["rating"].isna().all()
    assert found.frame["rating as written"].tolist() == ["purple"] * 2


def test_a_review_of_a_title_alone_has_it_for_its_text():
    rows = [["2025-01-01", "long story", "Bad", 1], ["2025-01-02", None, "Great", 5]]
    found = made(["created_at", "text", "Title", "rating"], rows, rating_scale=(1, 5))
    assert found.frame["text"].tolist() == ["long story", "Great"]
    assert [note.value for note in found.notes if note.check == "titles"] == [1]
