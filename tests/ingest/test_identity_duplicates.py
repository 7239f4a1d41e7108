import numpy as np
import pandas as pd

from insights.ingest.identity import (
    distinct_feedback,
    distinct_rows,
    lost_zeros,
    repeat_groups,
)

KEY = b"key"


def feedback(rows, **more):
    frame = pd.DataFrame(rows, columns=["customer_id", "created_at", "text"])
    frame["created_at"] = pd.to_datetime(frame["created_at"], utc=True)
    frame["customer_id"] = frame["customer_id"].astype("str")
    return frame.assign(source="s", line=range(1, len(frame) + 1), **more)


def test_equal_source_customer_time_and_text_is_one_message_with_its_count():
    found = distinct_feedback(
        feedback([("a", "2024-01-01", "x")] * 3 + [("b", "2024-01-01", "x")]), key=KEY
    )
    assert found.kept.set_index("customer_id")["copies"].to_dict() == {"a": 3, "b": 1}
    assert len(found.duplicates) == 2
    assert found.duplicates["customer_id"].tolist() == ["a", "a"]
    assert set(found.duplicates["same_as"]) < set(found.kept["feedback_id"])


def test_unknown_customers_are_merged_only_when_everything_else_agrees():
    rows = [(None, "2024-01-01", "好")] * 3
    found = distinct_feedback(feedback(rows, hotel=["H1", "H1", "H2"]), key=KEY)
    assert len(found.kept) == 2


def test_ids_do_not_depend_on_the_order_of_rows():
    frame = feedback(
        [(f"c{i % 7}", f"2024-01-{i % 9 + 1:02d}", f"text {i % 5}") for i in range(60)]
    )
    order = np.random.default_rng(3).permutation(len(frame))
    one, other = (distinct_feedback(part, key=KEY).kept for part in (frame, frame.iloc[order]))
    columns = ["feedback_id", "customer_id", "created_at", "text", "copies"]
    first, second = (
        part[columns].sort_values("feedback_id", ignore_index=True) for part in (one, other)
    )
    pd.testing.assert_frame_equal(first, second)
    assert not set(one["feedback_id"]) & set(distinct_feedback(frame, key=b"z").kept["feedback_id"])


def test_a_supplied_id_is_kept_and_one_used_twice_gets_a_suffix_and_a_note():
    rows = [("a", "2024-01-01", "x"), ("a", "2024-01-02", "y"), ("b", "2024-01-03", "z")]
    found = distinct_feedback(
        feedback(rows, feedback_id=pd.Series(["7", "7", None], dtype="str")), key=KEY
    )
    ids = sorted(found.kept["feedback_id"])
    assert ids[:2] == ["7", "7-2"]
    assert ids[2].startswith("f_")
    assert found.notes[0].check == "ids reused"
    assert found.notes[0].value == 1


def test_equal_rows_merge_and_contradicting_rows_are_set_aside():
    frame = pd.DataFrame(
        {
            "series_id": ["a", "a", "b", "b", "c"],
            "date": pd.to_datetime(["2024-01-01"] * 5),
            "value": [1.0, 1.0, 2.0, 3.0, 4.0],
            "source": "m",
            "line": range(5),
        }
    )
    found = distinct_rows(frame, ["series_id", "date"])
    assert found.kept["series_id"].tolist() == ["a", "c"]
    assert len(found.duplicates) == 1
    assert found.conflicts["value"].tolist() == [2.0, 3.0]


def test_of_customers_that_come_back_the_latest_start_is_kept():
    frame = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "started_at": pd.to_datetime(["2023-01-01", "2024-01-01", "2024-01-01"]),
            "source": "c",
            "line": range(3),
        }
    )
    found = distinct_rows(frame, ["customer_id"], latest="started_at")
    assert found.kept["started_at"].min() == pd.Timestamp("2024-01-01")
    assert len(found.conflicts) == 1


def test_repeats_are_grouped_without_case_and_space():
    groups = repeat_groups(pd.Series(["Very  good", "very good", "bad"]))
    assert groups["repeats"].tolist() == [2, 2, 1]
    assert groups["repeat_group"].nunique() == 1
    assert groups["repeat_group"].isna().tolist() == [False, False, True]


def test_customers_whose_ids_lost_their_zeros_are_said():
    customers = pd.DataFrame({"customer_id": ["00001", "00002", "77"]})
    orders = pd.DataFrame({"customer_id": ["1", "2", "77", "9"]})
    [(table, note)] = lost_zeros({"customers": customers, "usage": orders})
    assert (table, note.value, note.passed) == ("usage", 2, False)
    assert lost_zeros({"customers": customers, "usage": orders[2:]}) == []
