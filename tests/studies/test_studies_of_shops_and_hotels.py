"""Reviews of goods and hotels, three of the four sets Chinese."""

import pytest

from tests.studies.finished import REAL, failed, findings, holds_together

pytestmark = REAL
STUDIES = (
    "amazon_product_reviews",
    "jd_electronics",
    "jd_phones_5star",
    "zh_hotel_scenic_2020",
)


@pytest.mark.parametrize("name", STUDIES)
def test_the_study_completes_with_every_row_accounted_for_and_tables_that_hold(done, name):
    holds_together(done(name))


def test_nothing_is_claimed_about_a_rating_that_never_varies(done):
    run = done("jd_phones_5star")
    assert not any("rating fell" in item["text"] or "rating rose" in item["text"]
                   for item in findings(run, "sentiment"))  # fmt: skip
    assert any(name.startswith("rating varies") for name in failed(run, "collect"))


def test_a_hole_of_two_years_is_named(done):
    assert "no holes" in failed(done("zh_hotel_scenic_2020"), "collect")
