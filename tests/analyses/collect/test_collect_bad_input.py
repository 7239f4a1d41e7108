import pandas as pd
import pytest

from insights.analyses import collect
from insights.errors import DataError
from insights.ingest.sources import Sources


def gathered(folder, text, **options):
    data = text if isinstance(text, bytes) else text.encode()
    (folder / "f.csv").write_bytes(data)
    source = {"path": "f.csv", **options}
    return collect.gather(Sources.model_validate({"feedback": source}), project=folder, key=b"k")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "f.csv: is empty"),
        (b"created_at,text\n", "f: nothing left of feedback: 0 rows in"),
        (b"created_at,text\nsoon,hello there\n", r"1 of 1 not read, such as .soon"),
        (b"created_at,text\n2024-01-01,\n2024-01-02,...\n", r"2 screened .*empty text: 2"),
        (bytes(range(256)) * 9, "is not a table in text form"),
        (b"no commas here\njust prose\n", "feedback needs a column 'created_at'"),
    ],
)
def test_what_leaves_nothing_is_refused_in_one_clear_message(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        gathered(tmp_path, text)


@pytest.mark.parametrize("n", [1, 5])
def test_one_and_five_rows_are_collected(tmp_path, n):
    rows = "".join(f"2024-01-0{i + 1},it works well {i}\n" for i in range(n))
    found = gathered(tmp_path, "created_at,text\n" + rows)
    assert len(found.tables["feedback"]) == n


def test_input_of_nothing_but_duplicates_leaves_one_row(tmp_path):
    found = gathered(tmp_path, "created_at,text\n" + "2024-01-01,it works\n" * 50)
    assert found.balance.iloc[0][["kept", "duplicates"]].tolist() == [1, 49]
    assert found.tables["feedback"]["copies"].tolist() == [50]


def test_a_wrong_encoding_is_refused_with_the_right_one_named(tmp_path):
    text = "created_at,text\n2024-01-01,房间很好，服务不错，我们还会再来\n".encode("gb18030")
    with pytest.raises(DataError, match=r"is not utf-8 text.*write encoding: gb18030"):
        gathered(tmp_path, text, encoding="utf-8")
    assert set(gathered(tmp_path, text).tables["feedback"]["language"]) == {"zh"}


def test_a_folder_without_match_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"data/\*.csv: no such file"):
        collect.gather(
            Sources.model_validate({"feedback": {"path": "data/*.csv"}}), project=tmp_path, key=b"k"
        )


def test_a_source_without_rows_beside_a_good_one_is_told(tmp_path):
    (tmp_path / "empty.csv").write_text("created_at,text\n")
    (tmp_path / "f.csv").write_text("created_at,text\n2024-01-01,fine\n")
    sources = Sources.model_validate({"feedback": [{"path": "f.csv"}, {"path": "empty.csv"}]})
    result = collect.balance(collect.gather(sources, project=tmp_path, key=b"k"))
    assert "nothing is left of empty" in result.doubts()


def test_a_series_with_two_values_for_a_date_is_quarantined_whole(tmp_path):
    frame = pd.DataFrame({"date": ["2024-01-01", "2024-01-01", "2024-01-02"], "value": [1, 2, 3]})
    frame.to_csv(tmp_path / "m.csv", index=False)
    found = collect.gather(
        Sources.model_validate({"market": {"path": "m.csv"}}), project=tmp_path, key=b"k"
    )
    assert len(found.tables["market"]) == 1
    assert "several different rows" in found.quarantine["reason"].iloc[0]
