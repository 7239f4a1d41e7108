import os
from pathlib import Path

import pandas as pd
import pytest
import yaml

from insights.errors import DataError, ParamsError
from insights.ingest.guess import guess_study
from insights.ingest.sources import Sources


def guessed(path, project, name="mine"):
    text = guess_study(name, [path], project=project)
    study = yaml.safe_load(text)
    sources = Sources.model_validate(study["sources"])
    table = sources.tables()[0]
    return text, table, getattr(sources, table)[0]


def test_a_chinese_file_in_gb18030_is_understood(tmp_path):
    rows = [
        (i, f"2024/01/{i % 28 + 1:02d} 10:00", f"酒店位置很好，第{i}次来了，房间干净", i % 5 + 1)
        for i in range(80)
    ]
    frame = pd.DataFrame(rows, columns=["评论ID", "评论时间", "评论内容", "评分"])
    path = tmp_path / "酒店.csv"
    path.write_bytes(frame.to_csv(index=False).encode("gb18030"))
    text, table, source = guessed(path, tmp_path)
    assert table == "feedback"
    assert source.columns == {
        "text": "评论内容",
        "created_at": "评论时间",
        "rating": "评分",
        "feedback_id": "评论ID",
    }
    assert source.encoding == "gb18030"
    assert source.rating_scale == (1, 5)
    assert source.path == ("酒店.csv",)
    assert "reads as dates, such as 2024/01/01" in text


def test_a_file_without_dates_says_that_it_cannot_tell(tmp_path):
    pd.DataFrame(
        {
            "text": [f"how do I change card number {i}" for i in range(30)],
            "category": ["a", "b"] * 15,
        }
    ).to_csv(tmp_path / "bank.csv", index=False)
    text, table, source = guessed(tmp_path / "bank.csv", tmp_path)
    assert table == "feedback"
    assert "created_at" not in source.columns
    assert "created_at: no column holds dates" in text and source.unsettled


def test_ambiguous_dates_are_not_settled_by_the_guess(tmp_path):
    rows = [
        (f"0{i % 9 + 1}/0{(i + 3) % 9 + 1}/2024", f"this is remark number {i} of many")
        for i in range(40)
    ]
    pd.DataFrame(rows, columns=["date", "comment"]).to_csv(tmp_path / "a.csv", index=False)
    _text, _table, source = guessed(tmp_path / "a.csv", tmp_path)
    assert source.day_first is None
    assert "cannot tell day from month" in source.unsettled[0]


def test_customers_snapshots_and_series_are_told_apart(tmp_path):
    n = 60
    ids = [f"A-{i:04d}" for i in range(n)]
    pd.DataFrame(
        {"account_id": ids, "signup_date": "2024-01-02", "mrr": range(n), "plan": ["x", "y"] * 30}
    ).to_csv(tmp_path / "accounts.csv", index=False)
    pd.DataFrame({"customerID": ids, "tenure": range(n), "Churn": ["Yes", "No"] * 30}).to_csv(
        tmp_path / "t.csv", index=False
    )
    days = pd.date_range("2023-01-01", periods=n, freq="W").strftime("%Y-%m-%d")
    pd.DataFrame({"Date": days, "Sales": range(n)}).to_csv(tmp_path / "s.csv", index=False)
    found = {
        name: guessed(tmp_path / name, tmp_path)[1:] for name in ("accounts.csv", "t.csv", "s.csv")
    }
    assert {name: table for name, (table, _) in found.items()} == {
        "accounts.csv": "customers",
        "t.csv": "snapshot",
        "s.csv": "market",
    }
    assert found["accounts.csv"][1].columns["monthly_revenue"] == "mrr"
    assert found["t.csv"][1].columns == {"customer_id": "customerID", "churned": "Churn"}
    assert found["s.csv"][1].columns == {"date": "Date", "value": "Sales"}


def test_the_fullest_sheet_of_a_workbook_is_taken(tmp_path):
    with pd.ExcelWriter(tmp_path / "w.xlsx") as book:
        pd.DataFrame({"About": ["an export"]}).to_excel(book, sheet_name="About", index=False)
        rows = {
            "created": ["2024-01-01"] * 20,
            "comment": [f"it works well for me {i}" for i in range(20)],
        }
        pd.DataFrame(rows).to_excel(book, sheet_name="Answers", index=False)
    assert guessed(tmp_path / "w.xlsx", tmp_path)[2].sheet == "Answers"


def test_missing_files_and_bad_names_are_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        guess_study("x", [tmp_path / "gone.csv"], project=tmp_path)
    with pytest.raises(ParamsError, match="study name 'a b'"):
        guess_study("a b", [], project=tmp_path)
    (tmp_path / "h.csv").write_text("a,b\n")
    with pytest.raises(DataError, match="has a header and no record"):
        guess_study("x", [tmp_path / "h.csv"], project=tmp_path)


REAL = {
    "ba_airline_reviews/ba_airline_reviews_shared.csv.gz": (
        "ReviewBody",
        "review_date",
        "OverallRating",
    ),
    "us_airline_tweets/us_airline_tweets_shared.csv.gz": (
        "text",
        "tweet_created",
        "airline_sentiment",  # positive, neutral, negative
    ),
    "amazon_product_reviews/amazon_product_reviews_shared.csv.gz": (
        "review_text",
        "review_date",
        "review_rating",
    ),
    "amazon_alexa/amazon_alexa.csv.gz": ("verified_reviews", "date", "rating"),
    "gplay_netflix/gplay_netflix_shared.csv.gz": ("content", "at", "score"),
    "skytrax_lounge/skytrax_lounge.csv.gz": ("content", "date", "overall_rating"),
    "cfpb_complaints/cfpb_complaints.csv.gz": (
        "Consumer complaint narrative",
        "Date received",
        None,
    ),
    "jd_electronics/jd_electronics_shared.csv.gz": ("content", "creation_time", "score"),
    "jd_cosmetics/jd_cosmetics_shared.csv.gz": ("content", "creationtime", None),
    "jd_phones_5star/jd_phones_5star.csv.gz": ("评论内容", "购买时间", "得分"),
    "zh_hotel_scenic_2020/zh_hotel_shared.csv.gz": ("text", "review_date", None),
    "waimai_10k/waimai_10k_shared.csv.gz": ("review", None, "label"),
    "banking77/banking77_shared.csv.gz": ("text", None, None),
}


@pytest.mark.real
@pytest.mark.parametrize("file", REAL)
def test_real_feedback_files_are_guessed_right(file, tmp_path):
    root = os.environ.get("INSIGHTS_TEST_DATA")
    if not root:
        pytest.skip("INSIGHTS_TEST_DATA is not set: real files are not looked at")
    _, table, source = guessed(Path(root) / file, tmp_path)
    text, created, rating = REAL[file]
    assert table == "feedback"
    assert source.columns["text"] == text
    assert source.columns.get("created_at") == created
    assert source.columns.get("rating") == rating
