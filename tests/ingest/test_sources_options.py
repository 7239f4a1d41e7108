import json

import pandas as pd
import pytest
from pydantic import ValidationError

from insights.errors import DataError
from insights.ingest.reading import read, read_file, typed
from insights.ingest.sources import Source, Sources


def test_one_mapping_is_wrapped_and_tables_keep_their_order():
    sources = Sources.model_validate(
        {"market": {"path": "m.csv"}, "feedback": {"path": ["a", "b"]}}
    )
    assert sources.tables() == ("feedback", "market")
    assert sources.feedback[0].path == ("a", "b")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({}, "either path or sql"),
        ({"path": "a", "sql": "select 1"}, "either path or sql"),
        ({"sql": "select 1"}, "sql needs either url"),
        ({"sql": "select 1", "url": "postgresql://u:p@h/db"}, "must be a reference"),
        ({"path": "a", "rating_scale": [5, 5]}, "must differ"),
        ({"path": "a", "encoding": "klingon"}, "no such encoding"),
        ({"path": "a", "timezone": "Mars/Base"}, "no such time zone"),
        ({"path": "a", "colums": {}}, "Extra inputs"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused(source, message):
    with pytest.raises(ValidationError, match=message):
        Source.model_validate(source)


def test_a_study_without_sources_is_refused():
    with pytest.raises(ValidationError, match="names no source"):
        Sources.model_validate({})


def test_globs_are_expanded_and_missing_files_are_all_named_with_near_misses(tmp_path):
    for name in ("tickets-1.csv", "tickets-2.csv"):
        (tmp_path / name).write_text("a\n1\n")
    sources = Sources.model_validate({"feedback": {"path": "tickets-*.csv"}})
    assert [path.name for path in sources.files(tmp_path)] == ["tickets-1.csv", "tickets-2.csv"]
    (tmp_path / "sub").mkdir()
    wrong = Sources.model_validate(
        {"feedback": [{"path": "ticket-1.csv"}, {"path": "sub/*.csv"}, {"path": "sub"}]}
    )
    with pytest.raises(DataError) as caught:
        wrong.files(tmp_path)
    text = str(caught.value)
    assert "Did you mean 'tickets-1.csv'" in text
    assert "sub/*.csv: no such file" in text
    assert "It is a folder; write sub/*.csv" in text


def test_a_query_over_files_sees_them_typed_and_nothing_else(tmp_path):
    (tmp_path / "a.csv").write_text("id,start\nx,2024-01-02\ny,2024-02-03\nbroken\n")
    (tmp_path / "b.csv").write_text("id,amount\nx,10\nx,5\ny,1\n")
    source = Source(
        sql="select id, start, sum(amount) as total from a join b using (id) group by all",
        files={"a": "a.csv", "b": "b.csv"},
    )
    [(name, raw)] = read(source, tmp_path, table="customers")
    assert raw.frame["total"].astype(int).tolist() == [15, 1]
    assert raw.rows_in == 3  # the broken record of a.csv is accounted for
    assert name == "customers query"
    spy = Source(sql=f"select * from read_csv('{tmp_path}/b.csv')", files={"a": "a.csv"})
    with pytest.raises(DataError, match="the query failed"):
        read(spy, tmp_path)


def test_a_query_at_an_address_from_the_environment(tmp_path, monkeypatch):
    import sqlalchemy

    address = f"sqlite:///{tmp_path}/w.db"
    with sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool).begin() as connection:
        pd.DataFrame({"id": [2, 1], "text": ["b", "a"]}).to_sql("t", connection, index=False)
    monkeypatch.setenv("WAREHOUSE", address)
    source = Source(sql="select * from t", url="env:WAREHOUSE", name="warehouse")
    [(name, raw)] = read(source, tmp_path)
    assert (name, raw.frame["text"].tolist()) == ("warehouse", ["a", "b"])
    with pytest.raises(DataError, match="query failed at env:WAREHOUSE") as caught:
        read(Source(sql="select * from nope", url="env:WAREHOUSE"), tmp_path)
    assert str(tmp_path) not in str(caught.value)
    monkeypatch.delenv("WAREHOUSE")
    with pytest.raises(DataError, match="variable WAREHOUSE is not set"):
        read(source, tmp_path)


def test_duckdb_files_are_read_through_an_address(tmp_path, monkeypatch):
    import duckdb

    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("create table t as select 1 as id, 'hi' as text")
    monkeypatch.setenv("DUCK", f"duckdb:////{str(tmp_path).lstrip('/')}/w.duckdb")
    [(_, raw)] = read(Source(sql="select * from t", url="env:DUCK"), tmp_path)
    assert raw.frame["text"].tolist() == ["hi"]


def test_json_lines_excel_and_parquet_are_told_by_content(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"t": "x", "u": {"id": 1}}\nbroken\n[1]\n{"t": "y"}\n')
    raw = read_file(tmp_path / "a.jsonl")
    assert raw.frame["u.id"].iloc[0] == 1
    assert raw.lines.tolist() == [1, 4]
    assert raw.faults["line"].tolist() == [2, 3]
    (tmp_path / "b.json").write_text(json.dumps({"data": [{"t": "x"}], "page": 1}))
    assert read_file(tmp_path / "b.json").frame["t"].tolist() == ["x"]
    frame = pd.DataFrame({"t": ["x", "=1+1"], "n": [1, 2]})
    frame.to_parquet(tmp_path / "c.csv")
    assert read_file(tmp_path / "c.csv").frame["n"].tolist() == [1, 2]
    frame.to_excel(tmp_path / "d.xlsx", index=False, startrow=2)
    raw = read_file(tmp_path / "d.xlsx")
    assert raw.lines.tolist() == [4, 5]
    with pytest.raises(DataError, match=r"has no sheet 'Shet1'. Did you mean 'Sheet1'"):
        read_file(tmp_path / "d.xlsx", Source(path=("d.xlsx",), sheet="Shet1"))


def test_typing_keeps_codes_with_leading_zeros_as_text():
    frame = typed(
        pd.DataFrame({"zip": ["01234", "99999"], "n": ["1", None], "d": ["2024-01-01"] * 2})
    )
    assert frame["zip"].tolist() == ["01234", "99999"]
    assert frame["n"].dtype == "Int64"
    assert frame["d"].dtype.kind == "M"
