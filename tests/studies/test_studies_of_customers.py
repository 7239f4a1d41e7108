"""Flat tables of customers, and a hierarchy of series."""

import pytest

from tests.studies.finished import REAL, failed, findings, holds_together, table

pytestmark = REAL
STUDIES = (
    "aus_retail",
    "bank_churn_complain",
    "ecommerce_churn",
    "telco_texts",
    "telco_v11",
)


@pytest.mark.parametrize("name", STUDIES)
def test_the_study_completes_with_every_row_accounted_for_and_tables_that_hold(done, name):
    holds_together(done(name))


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
