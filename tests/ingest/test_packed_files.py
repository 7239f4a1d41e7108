"""Workbooks, archives, web pages, SPSS files and shapes of JSON: every record is there."""

import io
import json
import zipfile

import pandas as pd
import pytest

from insights.errors import DataError
from insights.ingest.reading import read_file, sheets
from insights.ingest.sources import Source

ROWS = [{"date": f"2025-01-{i + 1:02d}", "text": f"text {i}", "stars": i % 5 + 1} for i in range(9)]
FRAME = pd.DataFrame(ROWS)


def saved(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_declared_range_of_a_sheet_is_not_believed(tmp_path):
    data = io.BytesIO()
    FRAME.to_excel(data, index=False)
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(data) as old, zipfile.ZipFile(path, "w") as new:
        for item in old.namelist():
            text = old.read(item)
            new.writestr(item, text.replace(b'<dimension ref="A1:C10"', b'<dimension ref="A1"'))
    assert len(read_file(path).frame) == 9


def test_sheets_alike_are_read_together_and_others_are_named(tmp_path):
    path = tmp_path / "a.xlsx"
    with pd.ExcelWriter(path) as book:
        for month in ("Jan", "Feb"):
            FRAME.to_excel(book, sheet_name=month, index=False)
        pd.DataFrame({"note": ["x", "y"]}).to_excel(book, sheet_name="About", index=False)
    assert {name: count for name, (count, _) in sheets(path).items()} == {
        "Jan": 9, "Feb": 9, "About": 2,
    }  # fmt: skip
    both = read_file(path, Source(path=("a.xlsx",), sheet="*"))
    assert both.frame["sheet"].tolist() == ["Jan"] * 9 + ["Feb"] * 9
    assert "About" in both.notes[-1].detail
    one = read_file(path, Source(path=("a.xlsx",), sheet="Feb"))
    assert "not read: Jan, About" in one.notes[-1].detail


def test_an_open_document_is_read(tmp_path):
    pytest.importorskip("python_calamine")
    row = "<table:table-row>{}</table:table-row>"
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = "".join(
        row.format("".join(cell.format(value) for value in values))
        for values in [tuple(FRAME), *FRAME.astype(str).itertuples(index=False)]
    )
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f"<office:document-content{names}><office:body><office:spreadsheet>"
        f'<table:table table:name="A">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("content.xml", content)
        book.writestr(
            "META-INF/manifest.xml",
            "<manifest:manifest"
            ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    assert read_file(path).frame["text"].tolist() == FRAME["text"].tolist()


def test_a_zip_of_one_table_is_read_and_one_of_several_is_named(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", FRAME.to_csv(index=False))
        archive.writestr("__MACOSX/._a.csv", "x")
        archive.writestr("README.txt", "hello")
    assert len(read_file(path).frame) == 9
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("b.csv", FRAME.to_csv(index=False))
    with pytest.raises(DataError, match=r"a\.csv.*b\.csv.*unpack it"):
        read_file(path)


def test_a_web_page_named_as_a_workbook_is_read(tmp_path):
    page = "<html><body><table><tr><td>logo</td></tr></table>" + FRAME.to_html(index=False)
    raw = read_file(saved(tmp_path, "a.xls", page))
    assert raw.frame["text"].tolist() == FRAME["text"].tolist()
    assert raw.notes[0].check == "web page"


def test_an_spss_file_has_its_words_and_questions(tmp_path):
    pyreadstat = pytest.importorskip("pyreadstat")
    path = tmp_path / "a.sav"
    frame = FRAME.assign(q1=[1.0, 2, 3] * 3, nps=[0.0, 5, 10] * 3)
    words = {"q1": {1: "bad", 2: "fair", 3: "good"}, "nps": {0: "not at all", 10: "very"}}
    pyreadstat.write_sav(
        frame, str(path), variable_value_labels=words,
        column_labels=["Date", "", "", "How was it?", "Would you recommend us?"],
    )  # fmt: skip
    raw = read_file(path).frame
    assert raw["How was it?"].tolist() == ["bad", "fair", "good"] * 3
    assert raw["Would you recommend us?"].tolist() == [0, 5, 10] * 3
    assert list(raw)[1] == "text"


@pytest.mark.parametrize("orient", ["records", "columns", "index", "split", "table", "list"])
def test_what_pandas_writes_as_json_is_read(tmp_path, orient):
    text = json.dumps(FRAME.to_dict("list")) if orient == "list" else FRAME.to_json(orient=orient)
    raw = read_file(saved(tmp_path, "a.json", text))
    assert raw.frame["text"].tolist() == FRAME["text"].tolist()
    assert raw.rows_in == 9


def test_records_by_their_id_and_nested_records_are_read(tmp_path):
    by_id = {f"r{i}": row for i, row in enumerate(ROWS)}
    raw = read_file(saved(tmp_path, "a.json", json.dumps(by_id)))
    assert raw.frame["key"].tolist() == list(by_id)
    nested = {"meta": {"page": 1}, "response": {"data": {"reviews": ROWS}}}
    assert len(read_file(saved(tmp_path, "b.json", json.dumps(nested))).frame) == 9


def test_lists_in_cells_are_json_text_and_structures_become_columns(tmp_path):
    rows = [{**row, "tags": ["a", "b"], "images": [], "user": {"id": "u"}} for row in ROWS]
    lines = "\n".join(json.dumps(row) for row in rows)
    pd.DataFrame(rows).to_parquet(tmp_path / "a.parquet")
    for path in (saved(tmp_path, "a.jsonl", lines), tmp_path / "a.parquet"):
        frame = read_file(path).frame
        assert frame["tags"].tolist() == ['["a", "b"]'] * 9
        assert frame["images"].isna().all()
        assert frame["user.id"].tolist() == ["u"] * 9
