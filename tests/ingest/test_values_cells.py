import json

import numpy as np
import pandas as pd
import pytest

from insights.ingest.values import amounts, labels, lists, numbers, separator_doubt, texts


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("12,5", 12.5),
        ("€ 20", 20),
        ("¥99", 99),
        ("4/5", 4),
        ("4 out of 5", 4),
        ("5 stars", 5),
        ("4 星", 4),
        ("<1", 0.5),
        ("45%", 45),
        ("-3", -3),
        ("1e3", 1000),
    ],
)
def test_numbers_are_read_as_people_write_them(text, value):
    assert numbers(pd.Series([text, None], dtype=object))[0].iloc[0] == value


@pytest.mark.parametrize("text", ["abc", "2020/3/4 16:30", "1.2.3", "inf"])
def test_what_is_no_number_is_said(text):
    values, bad = numbers(pd.Series([text, "N/A", None, "1"], dtype=object))
    assert bad.tolist() == [True, False, False, False]
    assert np.isnan(values.iloc[0])


def test_labels_lose_the_point_zero_and_null_words():
    column = pd.Series([12.0, "a ", "NA", None, "7.0", True], dtype=object)
    assert labels(column).fillna("∅").tolist() == ["12", "a", "∅", "∅", "7", "True"]
    assert labels(pd.Series(["None", "nan"]), strict=False).fillna("∅").tolist() == ["None", "∅"]


def test_text_is_verbatim_but_for_control_characters():
    column = pd.Series(["=SUM(A1)", "<script>x</script>", "a\x00b\u202ec\r\nd", "  ", None])
    assert texts(column).fillna("∅").tolist() == [
        "=SUM(A1)",
        "<script>x</script>",
        "abc\nd",
        "∅",
        "∅",
    ]


def test_lists_come_from_lists_json_and_marks():
    column = pd.Series([["a", "b"], '["a", "b"]', "a; b", "a|b", None, ""], dtype=object)
    assert lists(column).tolist() == [["a", "b"]] * 4 + [[], []]


def test_amounts_are_numbers_or_ordered_ranges():
    good = {"low": 1, "mode": 2, "high": 3}
    column = pd.Series(
        ["12000", 5.5, good, json.dumps(good), "3..4", '{"low": 3, "mode": 2, "high": 1}', None],
        dtype=object,
    )
    values, bad = amounts(column)
    assert [json.loads(value) for value in values[:4]] == [12000, 5.5, good, good]
    assert bad.tolist() == [False, False, False, False, True, True, False]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1.234", "987", "12.345", "999,5"], [1234, 987, 12345, 999.5]),
        (["1,234", "987", "999.5"], [1234, 987, 999.5]),
        (["1,234", "12,5"], [1.234, 12.5]),
        (["1.234.567", "1.234"], [1234567, 1234]),
        (["0.123", "1.234"], [0.123, 1.234]),
        (["€ 1.234,50", "€ 2.000"], [1234.5, 2000]),
    ],
)
def test_the_column_says_what_parts_a_fraction(cells, values):
    assert numbers(pd.Series(cells))[0].tolist() == values


def test_a_mark_that_is_always_followed_by_three_figures_is_in_doubt_unless_it_is_declared():
    column = pd.Series(["1.234", "987", "12.345"])
    assert separator_doubt(column) == (".", "1.234")
    assert numbers(column, decimal=",")[0].tolist() == [1234, 987, 12345]
    assert numbers(column, decimal=".")[0].tolist() == [1.234, 987, 12.345]
    assert separator_doubt(pd.Series(["1.5", "1.234"])) == ("", "")
    assert separator_doubt(pd.Series([1.234, 2.5])) == ("", "")


def test_signs_of_money_of_many_countries_are_left_out():
    cells = ["R$ 12.500,00", "12 500 kr", "1'234.50", "12USD", "₹ 5", "7 zł"]
    assert [numbers(pd.Series([cell]))[0][0] for cell in cells] == [12500, 12500, 1234.5, 12, 5, 7]
