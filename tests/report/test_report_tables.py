"""Numbers of a table are written for people, and no cell is markup."""

import re

import numpy as np
import pandas as pd
import pytest

from insights.report.tables import html_table


def cells(frame, **options):
    return re.findall(r"<td[^>]*>(.*?)</td>", html_table(frame, **options))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.1, 0.123, 0.5], ["0.100", "0.123", "0.500"]),
        ([1.0, 2.0, np.nan], ["1", "2", ""]),
        ([1234.5, 20.25], ["1,234", "20"]),
        ([12.5, 3.25], ["12.5", "3.2"]),
        ([0.02, 3.0], ["0.020", "3.000"]),
        ([1e-9, 5000.0], ["1.00e-09", "5,000"]),
        ([0.00001234, 0.5], ["0.0000123", "0.500"]),
        ([np.inf, -np.inf, 1.5], ["∞", "−∞", "1.50"]),
        ([np.nan, np.nan], ["", ""]),
        ([1000, 2], ["1,000", "2"]),
        ([True, False], ["yes", "no"]),
        ([None, "a"], ["", "a"]),
        (["a<b", "退款 & x"], ["a&lt;b", "退款 &amp; x"]),
        ([["a", "b"], ("c",)], ["a, b", "c"]),
        (pd.to_datetime(["2026-01-02", None]), ["2026-01-02", ""]),
        (
            pd.to_datetime(["2026-01-02 00:00", "2026-01-02 03:04"]),
            ["2026-01-02 00:00", "2026-01-02 03:04"],
        ),
        (pd.array([1, None], dtype="Int64"), ["1", ""]),
        (pd.Series([np.int64(1500), np.float64(2)], dtype=object), ["1,500", "2"]),
    ],
)  # fmt: skip
def test_a_column_is_written_in_one_form(values, expected):
    assert cells(pd.DataFrame({"x": values})) == expected


def test_numbers_that_name_something_are_not_grouped():
    assert cells(pd.DataFrame({"year": [2026], "customer_id": [10_000], "n": [10_000]})) == [
        "2026", "10000", "10,000"]  # fmt: skip


def test_verdicts_carry_words_and_a_mark():
    found = html_table(pd.DataFrame({"verdict": ["failed", "for information", "<b>"]}))
    assert '<span class="verdict failed">failed</span>' in found
    assert '<span class="verdict information">for information</span>' in found
    assert "&lt;b&gt;" in found


def test_names_are_escaped_and_scoped_and_a_caption_is_optional():
    found = html_table(pd.DataFrame({"<script>": [1]}), caption="a & b")
    assert '<th scope="col" class="number">&lt;script&gt;</th>' in found
    assert "<caption>a &amp; b</caption>" in found


def test_an_empty_frame_and_a_repeated_name_are_fine():
    assert html_table(pd.DataFrame({"a": []})).endswith("<tbody></tbody></table>")
    twice = pd.DataFrame([[1, "x"]], columns=["a", "a"])
    assert cells(twice) == ["1", "x"]


def test_the_rows_left_out_are_counted():
    assert "more rows" not in html_table(pd.DataFrame({"a": range(1000)}))
    assert "1 more rows" in html_table(pd.DataFrame({"a": range(1001)}))


def test_the_frame_is_not_changed():
    frame = pd.DataFrame({"a": [1.5, None]})
    before = frame.copy()
    html_table(frame)
    pd.testing.assert_frame_equal(frame, before)
