"""Generated tickets, and series of markets."""

import pytest

from tests.studies.finished import REAL, failed, findings, holds_together, table

pytestmark = REAL
STUDIES = (
    "google_trends",
    "market_series",
    "support_tickets_synth",
    "walmart_weekly",
)


@pytest.mark.parametrize("name", STUDIES)
def test_the_study_completes_with_every_row_accounted_for_and_tables_that_hold(done, name):
    holds_together(done(name))


def test_sentiment_is_not_reported_where_text_does_not_predict_the_ratings(done):
    run = done("support_tickets_synth")
    assert findings(run, "sentiment")[0]["text"].startswith("Sentiment is not reported")
    assert "texts are people's own words" in failed(run, "topics")
    assert len(table(run, "sentiment", "alerts")) == 0


def test_day_first_dates_of_two_kinds_make_regular_weeks(done):
    gate = table(done("walmart_weekly"), "forecast", "forecast")
    assert gate["series_id"].nunique() >= 20
    assert gate["date"].dt.day_name().eq("Friday").all()


def test_raw_exports_of_search_interest_become_series(done):
    market = table(done("google_trends"), "collect", "market")
    assert market["series_id"].nunique() == 5
    assert market["value"].between(0, 100).all()
