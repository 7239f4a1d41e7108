import pytest

from insights.errors import SchemaError
from insights.ingest.canonical import canonical
from insights.ingest.delimited import read_delimited
from insights.ingest.records import from_rows
from insights.ingest.reshape import is_trends, lengthen
from insights.ingest.sources import Melt, Source

FRENCH = (
    "Catégorie : Toutes catégories\n\n"
    'Mois,diet: (Dans tous les pays),"Ben & Jerry\'s, glace: (France)"\n'
    "2004-01,100,<1\n2004-02,73,24\n"
)


def test_a_trends_export_in_any_language_becomes_series():
    raw = read_delimited(FRENCH, "trends")
    found = canonical(raw, Source(path=("t.csv",)), "market", "trends")
    assert found.rows_in == len(found.frame) == 4
    assert sorted(set(found.frame["series_id"])) == ["Ben & Jerry's, glace", "diet"]
    assert found.frame["value"].min() == 0.5
    assert any(note.check == "google trends" for note in found.notes)


def test_one_term_in_several_places_keeps_the_places():
    raw = from_rows(["Week", "tea: (France)", "tea: (Italy)"], [["2020-07-12", "1", "2"]], [2])
    found = canonical(raw, Source(path=("t.csv",)), "market", "t")
    assert sorted(found.frame["series_id"]) == ["tea: (France)", "tea: (Italy)"]


def test_other_tables_are_not_taken_for_an_export():
    assert not is_trends(from_rows(["date", "sales"], [["2020-01-01", "1"]], [2]).frame)


def test_melting_counts_filled_cells_and_says_how_many_were_empty():
    raw = from_rows(
        ["date", "a", "b", "note"], [["d1", "1", None, "x"], ["d2", "2", "3", "y"]], [2, 3]
    )
    long = lengthen(raw, Melt(id=("date",)), "wide")
    assert long.frame["value"].tolist() == ["1", "2", "3"]
    assert long.lines.tolist() == [2, 3, 3]
    assert [note.detail.split(": ")[1] for note in long.notes] == [
        "columns without numbers were left out",
        "1 empty cells of the wide table are no records",
    ]


def test_a_melt_id_that_is_not_there_is_refused():
    raw = from_rows(["date", "a"], [["d1", "1"]], [2])
    with pytest.raises(SchemaError, match=r"melt id dates is not there. Did you mean 'date'"):
        lengthen(raw, Melt(id=("dates",)), "wide")
