"""Reviews and tweets of airlines, reviews of an app, and events of a software firm."""

import pytest

from tests.studies.finished import REAL, findings, holds_together, table

pytestmark = REAL
STUDIES = (
    "ba_airline_reviews",
    "gplay_netflix",
    "ravenstack_saas",
    "us_airline_tweets",
)


@pytest.mark.parametrize("name", STUDIES)
def test_the_study_completes_with_every_row_accounted_for_and_tables_that_hold(done, name):
    holds_together(done(name))


def test_nothing_is_found_in_accounts_that_were_drawn_at_random(done):
    run = done("ravenstack_saas")
    assert not table(run, "churn", "churn_topics")["status"].eq("reported").any()
    assert "No detectable change" in findings(run, "topics")[1]["text"]
