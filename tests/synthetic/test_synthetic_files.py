from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml

from insights.synthetic import write_demo

PROJECT = Path(__file__).parents[2]
FILES = {
    "tickets.csv",
    "reviews.jsonl",
    "survey.xlsx",
    "chat.csv",
    "cancellations.parquet",
    "customers.parquet",
    "usage.parquet",
    "market.csv",
    "initiatives.csv",
}


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.mark.slow
def test_equal_seeds_give_equal_bytes_in_another_process(small, tmp_path):
    program = (
        "import sys; from pathlib import Path; from insights.synthetic import write_demo; "
        "write_demo(Path(sys.argv[1]), seed=3, customers=400, feedback=2000)"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "99", "TZ": "Asia/Tokyo"},
    )
    assert digests(tmp_path) == digests(small[0])


def test_another_seed_gives_other_bytes_in_every_drawn_file(small, tmp_path):
    write_demo(tmp_path, seed=4, customers=400, feedback=2000)
    here, there = digests(small[0]), digests(tmp_path)
    assert {name for name in here if here[name] == there[name]} == {"initiatives.csv"}


def test_the_folder_holds_the_data_and_never_the_truth(small):
    assert {path.name for path in small[0].iterdir()} == FILES


def test_every_row_of_every_feedback_file_is_in_the_record(small):
    folder, truth = small
    survey = pd.read_excel(
        folder / "survey.xlsx", sheet_name="Answers", skiprows=2, engine="openpyxl"
    )
    lines = {
        "tickets": len(pd.read_csv(folder / "tickets.csv")),
        "reviews": len((folder / "reviews.jsonl").read_text("utf-8").splitlines()),
        "survey": len(survey),
        "chat": len(pd.read_csv(folder / "chat.csv", encoding="gb18030")),
        "cancellations": len(pd.read_parquet(folder / "cancellations.parquet")),
    }
    assert truth.records.groupby("source").size().to_dict() == lines
    recorded = truth.records.loc[truth.records["source"] == "survey", "feedback_id"]
    assert survey["response"].tolist() == recorded.tolist()


def test_the_chat_export_is_gb18030_and_not_utf_8(small):
    raw = (small[0] / "chat.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    assert raw.decode("gb18030").startswith("会话编号,")


def test_tickets_hold_two_date_formats_and_broken_dates(small):
    written = pd.read_csv(small[0] / "tickets.csv", dtype=str)["submitted_at"]
    iso = written.str.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d").fillna(False)
    slashed = written.str.fullmatch(r"\d\d/\d\d/20\d\d \d\d:\d\d:\d\d").fillna(False)
    assert iso.sum() > 100
    assert slashed.sum() > 50
    broken = small[1].records.query("kind == 'broken_date' and source == 'tickets'")
    assert (~iso & ~slashed).sum() == len(broken) > 0


def test_cells_that_look_like_formulas_are_text_in_the_workbook(small, tmp_path):
    write_demo(tmp_path, seed=7, customers=1500, feedback=8000)
    book = openpyxl.load_workbook(tmp_path / "survey.xlsx", read_only=True)
    cells = [row[4] for row in book["Answers"].iter_rows(min_row=4)]
    formulas = [cell for cell in cells if str(cell.value).startswith("=")]
    assert formulas
    assert {cell.data_type for cell in formulas} == {"s"}


def test_exports_hold_markup_and_emoji(firm):
    text = firm[0].feedback["text"]
    assert text.str.contains("<script>", regex=False).sum() >= 5
    assert text.str.startswith("=HYPERLINK").sum() >= 3
    assert text.str.contains("[😀😡👍🎉]", regex=True).sum() > 200


def test_the_study_names_every_file_and_only_columns_that_exist(small):
    study = yaml.safe_load((PROJECT / "params" / "demo.yml").read_text("utf-8"))
    named = set()
    for sources in study["sources"].values():
        for source in sources if isinstance(sources, list) else [sources]:
            path = small[0] / Path(source["path"]).name
            named.add(path.name)
            wanted = [*source.get("columns", {}).values(), *source.get("dimensions", [])]
            assert set(wanted) <= set(columns(path, source)), path.name
    assert named == FILES


def columns(path: Path, source: dict) -> list[str]:
    if path.suffix == ".parquet":
        return list(pd.read_parquet(path))
    if path.suffix == ".xlsx":
        where = {"sheet_name": source["sheet"], "skiprows": source["skip_rows"]}
        return list(pd.read_excel(path, engine="openpyxl", **where))
    if path.suffix == ".jsonl":
        return list(json.loads(path.read_text("utf-8").splitlines()[0]))
    return list(pd.read_csv(path, encoding=source.get("encoding", "utf-8-sig"), nrows=3))
