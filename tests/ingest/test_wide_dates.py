import pandas as pd
import pytest
import yaml

from insights.analyses.collect.gather import gather
from insights.ingest.guess import guess_study
from insights.ingest.sources import Sources


@pytest.mark.parametrize("form", ["%b %Y", "%Y-%m", "%b-%y", "%Y年%m月"])
def test_months_as_columns_become_a_row_each(tmp_path, form):
    months = pd.date_range("2023-01-01", periods=14, freq="MS")
    rows = [[name, *range(start, start + 14), 999] for name, start in (("Desk", 0), ("Chair", 50))]
    frame = pd.DataFrame(rows, columns=["Product", *months.strftime(form), "Total"])
    frame.to_csv(tmp_path / "sales.csv", index=False)
    study = yaml.safe_load(guess_study("s", [tmp_path / "sales.csv"], project=tmp_path))
    found = gather(Sources(**study["sources"]), project=tmp_path, key=b"k").tables["market"]
    assert len(found) == 28
    assert found[found["series_id"] == "Chair"]["value"].tolist() == list(range(50, 64))
    assert found["date"].drop_duplicates().tolist() == months.tolist()
