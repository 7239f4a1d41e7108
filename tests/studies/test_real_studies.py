"""Seventeen studies of public data, end to end; each completes, claims no more than it may."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from insights.run.execute import Options, prepare, run_study
from tests.invariants import broken
from tests.run.conftest import Silent

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
STUDIES = sorted(path.stem for path in HERE.glob("*.yml"))

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(
        "INSIGHTS_TEST_DATA" not in os.environ,
        reason="INSIGHTS_TEST_DATA is not set: it names the folder of the public data sets",
    ),
]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture(scope="module")
def done(outputs):
    """Return a function that runs a study once and remembers it."""
    runs = {}

    def done(name: str):
        if name not in runs:
            options = Options(output=outputs)
            runs[name] = run_study(prepare(HERE / f"{name}.yml", PROJECT, options), Silent())
        return runs[name]

    return done


def table(run, notebook: str, name: str) -> pd.DataFrame:
    return pd.read_parquet(run.folder / notebook / "tables" / f"{name}.parquet")


@pytest.mark.parametrize("name", STUDIES)
def test_the_study_completes_and_every_row_is_accounted_for(done, name):
    run = done(name)
    told = {key: (entry["outcome"], entry.get("reason") or entry.get("error"))
            for key, entry in run.manifest["notebooks"].items()}  # fmt: skip
    assert run.exit_code == 0, told
    balance = table(run, "collect", "balance")
    parts = balance[["kept", "quarantined", "duplicates", "screened"]].sum(axis=1)
    assert (balance["rows_in"] == parts).all()
    assert balance["kept"].sum() > 0.5 * balance["rows_in"].sum()


@pytest.mark.parametrize("name", STUDIES)
def test_intervals_shares_and_counts_of_every_table_hold_together(done, name):
    assert broken(done(name).folder) == []


def findings(run, notebook: str) -> list[dict]:
    text = (run.folder / notebook / "results.json").read_text(encoding="utf-8")
    return json.loads(text)["findings"]


def failed(run, notebook: str) -> set[str]:
    return {check["name"] for finding in findings(run, notebook) for check in finding["checks"]
            if check["passed"] is False}  # fmt: skip


def test_nothing_is_found_in_accounts_that_were_drawn_at_random(done):
    run = done("ravenstack_saas")
    assert not table(run, "churn", "churn_topics")["status"].eq("reported").any()
    assert "No detectable change" in findings(run, "topics")[1]["text"]


def test_sentiment_is_not_reported_where_text_does_not_predict_the_ratings(done):
    run = done("support_tickets_synth")
    assert findings(run, "sentiment")[0]["text"].startswith("Sentiment is not reported")
    assert "texts are people's own words" in failed(run, "topics")
    assert len(table(run, "sentiment", "alerts")) == 0


def test_nothing_is_claimed_about_a_rating_that_never_varies(done):
    run = done("jd_phones_5star")
    assert not any("rating fell" in item["text"] or "rating rose" in item["text"]
                   for item in findings(run, "sentiment"))  # fmt: skip
    assert any(name.startswith("rating varies") for name in failed(run, "collect"))


def test_a_hole_of_two_years_is_named(done):
    assert "no holes" in failed(done("zh_hotel_scenic_2020"), "collect")


def test_day_first_dates_of_two_kinds_make_regular_weeks(done):
    gate = table(done("walmart_weekly"), "forecast", "forecast")
    assert gate["series_id"].nunique() >= 20
    assert gate["date"].dt.day_name().eq("Friday").all()


def test_raw_exports_of_search_interest_become_series(done):
    market = table(done("google_trends"), "collect", "market")
    assert market["series_id"].nunique() == 5
    assert market["value"].between(0, 100).all()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("bank_churn_complain", {"Complain"}),
        ("telco_v11", {"Satisfaction Score", "Churn Score", "Customer Status", "Churn Category"}),
        ("telco_texts", {"CustomerFeedback"}),
    ],
)
def test_a_flat_table_that_gives_the_outcome_away_is_never_headlined(done, name, told):
    run = done(name)
    report = table(run, "churn", "leak_report")
    assert told <= set(report.loc[report["leak"], "column"])
    assert findings(run, "churn")[0]["text"].startswith("No finding is drawn from this table")
    assert failed(run, "churn") == {"no column gives the outcome away"}
    assert not (run.folder / "churn" / "tables" / "churn_topics.parquet").exists()


def test_an_honest_flat_table_is_told_as_an_association_and_the_page_ends_there(done):
    run = done("ecommerce_churn")
    text = findings(run, "churn")[0]["text"]
    assert (
        text.startswith("No column gives the outcome away")
        and "where “Complain” is 1, 32.0%" in text
    )
    assert not table(run, "churn", "leak_report")["leak"].any() and not failed(run, "churn")
    page = (run.folder / "churn" / "report.html").read_text(encoding="utf-8")
    assert "no table of customers and no feedback, so nothing more follows" in page
    assert "Who could have left, and when" not in page


def test_the_forecast_of_a_total_is_the_sum_of_those_of_its_parts(done):
    made = table(done("aus_retail"), "forecast", "forecast")
    ahead = made.pivot(index="date", columns="series_id", values="estimate")
    parts = ahead.drop(columns="Food retailing").sum(axis=1)
    assert ahead.shape[1] == 4
    assert (ahead["Food retailing"] - parts).abs().max() < 1e-6 * parts.max()
    kept = made.loc[made["series_id"] == "Food retailing", "model"]
    assert set(kept) == {"bottom_up"}
