"""Scores people gave: textbook numbers, direction, denominators, modes, customers."""

import numpy as np
import pandas as pd
import pytest

from insights.analyses import sentiment
from insights.stats.calendar import Calendar

_CALENDAR = Calendar()


def _feedback(**columns):
    n = len(next(iter(columns.values())))
    return pd.DataFrame(
        {
            "feedback_id": [f"f{i:04d}" for i in range(n)],
            "created_at": pd.Timestamp("2025-01-05", tz="UTC"),
            **columns,
        }
    )


def _scores(feedback, **settings):
    return sentiment.scores(feedback, calendar=_CALENDAR, params=sentiment.Params(**settings))


def _whole(found, measure, per="message"):
    table = found.table()
    at = table["period"].isna() & (table["measure"] == measure) & (table["mode"] == "all")
    return table[at & (table["per"] == per)].iloc[0]


def test_the_score_and_the_smallest_change_are_those_of_the_closed_form():
    found = _scores(_feedback(nps=[10] * 60 + [7] * 20 + [0] * 20))
    row = _whole(found, "nps")
    assert row["estimate"] == pytest.approx(0.4)
    # standard error .08 (60/20/20 of 100)
    assert row["smallest_change"] == pytest.approx(2.8016 * 0.08 * np.sqrt(2), rel=1e-4)
    assert "a change of 32 points would be found" in found.text()


def test_the_smallest_change_is_found_in_four_cases_of_five():
    rng = np.random.default_rng(1)
    p = np.array([0.2, 0.2, 0.6])
    change = (
        sentiment.scores(
            _feedback(nps=[10] * 240 + [7] * 80 + [0] * 80),
            calendar=_CALENDAR,
            params=sentiment.Params(),
        )
        .table()["smallest_change"]
        .iloc[0]
    )
    moved = p + np.array([change / 2, 0, -change / 2])
    draws = [rng.multinomial(400, q, 4000) / 400 for q in (p, moved)]
    score = [d[:, 2] - d[:, 0] for d in draws]
    error = [d[:, 2] + d[:, 0] - s**2 for d, s in zip(draws, score, strict=True)]
    z = (score[0] - score[1]) / np.sqrt((error[0] + error[1]) / 400)
    assert np.mean(z > 1.96) == pytest.approx(0.8, abs=0.04)


def test_effort_is_not_counted_until_its_direction_is_declared():
    feedback = _feedback(ces=[1] * 30 + [5] * 10)
    refused = _scores(feedback)
    assert refused.n == 0
    assert any("say by 'ces_good'" in c.detail for c in refused.checks)
    assert _whole(_scores(feedback, ces_good="low"), "ces")["estimate"] == pytest.approx(0.75)
    assert _whole(_scores(feedback, ces_good="high"), "ces")["estimate"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("sent", "passed", "said"),
    [
        (0, None, "no rate is printed"),
        (400, None, "40 of 400 asked answered, 10.0%"),
        (30, False, "40 answers to 30 requests"),
    ],
)
def test_a_response_rate_needs_its_denominator(sent, passed, said):
    found = _scores(_feedback(csat=[5] * 20 + [1] * 20), surveys_sent=sent)
    check = next(c for c in found.checks if c.name == "response rate")
    assert check.passed is passed
    assert said in check.detail


def test_a_burst_of_one_author_moves_messages_but_not_customers():
    quiet = [f"c{i}" for i in range(50)]
    feedback = _feedback(
        nps=[10] * 40 + [0] * 10 + [0] * 200, customer_id=[*quiet, *["angry"] * 200]
    )
    found = _scores(feedback)
    assert _whole(found, "nps")["estimate"] < -0.5
    assert _whole(found, "nps", "customer")["estimate"] == pytest.approx((40 - 11) / 51)


def test_modes_stand_apart_and_no_period_pools_them():
    feedback = _feedback(csat=[5] * 30 + [1] * 30, channel=["phone"] * 30 + ["web"] * 30)
    found = _scores(feedback)
    dated = found.table().dropna(subset="period")
    assert dict(zip(dated["mode"], dated["estimate"], strict=True)) == {"phone": 1.0, "web": 0.0}
    assert any(c.name == "survey modes are kept apart" for c in found.checks)
