import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights.errors import DataError
from insights.ingest.delimited import read_delimited


def test_every_broken_record_is_listed_with_its_line():
    text = "a,b,c\n1,2,3\nonly one\n4,5,6\n7,8,9,10\n"
    raw = read_delimited(text, "f")
    assert raw.frame["a"].tolist() == ["1", "4"]
    assert raw.lines.tolist() == [2, 4]
    assert raw.faults["line"].tolist() == [3, 5]
    assert raw.faults["reason"].iloc[0] == "1 field where the header has 3"
    assert raw.rows_in == 4


def test_a_quotation_mark_that_never_closes_costs_one_line_only():
    text = 'id,text\n1,"open\n2,fine\n3,"quoted, fine"\n4,last\n'
    raw = read_delimited(text, "f")
    assert raw.frame["id"].tolist() == ["2", "3", "4"]
    assert raw.faults["line"].tolist() == [2]


def test_text_over_several_lines_is_one_record_and_keeps_its_first_line():
    raw = read_delimited('id,text\n1,"one\ntwo"\n2,next\n', "f")
    assert raw.frame["text"].tolist() == ["one\ntwo", "next"]
    assert raw.lines.tolist() == [2, 4]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_detected(mark):
    text = mark.join(["id", "text", "n"]) + "\n" + mark.join(["1", "hello there", "2"]) + "\n"
    raw = read_delimited(text * 1, "f")
    assert raw.frame.columns.tolist() == ["id", "text", "n"]
    assert raw.delimiter == mark


def test_commas_in_text_do_not_hide_a_semicolon():
    text = "id;text\n" + "".join(f'{i};"well, yes, but, no"\n' for i in range(5))
    assert read_delimited(text, "f").delimiter == ";"


def test_lines_above_the_header_are_skipped_and_it_is_said():
    raw = read_delimited(
        "Category: All categories\n\nWeek,bitcoin: (Worldwide)\n2020-07-12,15\n", "f"
    )
    assert raw.frame.columns.tolist() == ["Week", "bitcoin: (Worldwide)"]
    assert raw.lines.tolist() == [4]
    assert raw.notes[0].check == "preamble"


def test_backslash_escapes_are_understood():
    rows = "".join(f'{i},"say \\"hi\\", ok"\n' for i in range(4))
    raw = read_delimited("id,text\n" + rows, "f")
    assert raw.frame["text"].tolist() == ['say "hi", ok'] * 4


def test_a_trailing_delimiter_is_no_fault_and_blank_lines_are_no_records():
    raw = read_delimited("a,b\n1,2,\n\n3,4\n", "f")
    assert raw.rows_in == 2
    assert raw.faults.empty


def test_columns_with_one_name_or_none_are_told_apart():
    assert read_delimited("a,a,\n1,2,3\n", "f").rows_in == 1
    assert read_delimited("a,,a\n1,2,3\n", "f").frame.columns.tolist() == ["a", "column 2", "a.1"]


def test_row_names_without_heading_are_understood():
    raw = read_delimited("x,y\n1,10,20\n2,30,40\n", "f")
    assert raw.frame["x"].tolist() == ["10", "30"]


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_empty_file_is_refused(text):
    with pytest.raises(DataError, match="f: is empty"):
        read_delimited(text, "f")


cell = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufeff#"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(cell, cell, cell), min_size=1, max_size=12))
def test_what_a_csv_writer_writes_is_read_back_whole(rows):
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["first", "second", "third"])
    writer.writerows(rows)
    raw = read_delimited(buffer.getvalue(), "f", delimiter=",", skip_rows=0)
    assert raw.rows_in == len(rows)
    got = [
        [value if isinstance(value, str) else "" for value in row] for row in raw.frame.to_numpy()
    ]
    assert got == [[value if value.strip() else "" for value in row] for row in rows]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet='a1,"\n;', max_size=80))
def test_no_line_is_lost_whatever_the_quotes_do(body):
    raw = read_delimited("x,y\n" + body, "f", delimiter=",", skip_rows=0)
    places = sorted([*raw.lines.tolist(), *raw.faults["line"].tolist()])
    assert places == sorted(set(places))
    covered = raw.rows_in + body.count("\n")
    filled = sum(1 for line in body.split("\n") if line)
    assert covered >= filled


def test_a_cell_of_200_000_characters_is_read():
    long = "word " * 40_000
    raw = read_delimited(f'a,b\n1,"{long}"\n2,x\n', "f")
    assert raw.frame["b"].str.len().tolist() == [200_000, 1]


def test_a_first_row_that_is_data_is_a_record():
    rows = "".join(f"2025-01-{i:02d},what a long sentence this is,{i}\n" for i in range(1, 9))
    raw = read_delimited(rows, "f")
    assert list(raw.frame) == ["column 1", "column 2", "column 3"]
    assert len(raw.frame) == 8
    assert raw.notes[0].check == "no header"


@pytest.mark.parametrize(
    "header",
    [
        "Product,2021,2022,2023",
        "Product,Jan 2023,Feb 2023,Mar 2023",
        "date,How do you like our new app?,3,x",
        "1,2,3,4",
    ],
)
def test_years_months_and_questions_are_headings(header):
    rows = "2025-01-01,5,6,7\n" * 5
    assert read_delimited(f"{header}\n{rows}", "f").frame.columns[0] == header.split(",")[0]
