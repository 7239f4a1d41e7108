"""Respondents beside the customer base: planted bias shrinks, intervals cover, refusals."""

import numpy as np
import pandas as pd
import pytest

from insights.analyses import sentiment
from insights.stats.raking import rake, weighted_mean

_PARAMS = sentiment.Params()


def _firm(seed, *, biased=True, n=1500):
    """Enterprises are happier and answer more; the truth is the mean over all customers."""
    rng = np.random.default_rng(seed)
    plan = rng.choice(["basic", "pro", "enterprise"], n, p=[0.6, 0.25, 0.15])
    region = rng.choice(["north", "south"], n)
    happy = pd.Series(plan).map({"basic": 0.3, "pro": 0.5, "enterprise": 0.9}).to_numpy()
    csat = np.where(rng.random(n) < happy, 5, 2)
    rate = pd.Series(plan).map({"basic": 0.1, "pro": 0.2, "enterprise": 0.6}).to_numpy()
    answers = rng.random(n) < (rate if biased else 0.2)
    customers = pd.DataFrame(
        {
            "customer_id": [f"c{i:04d}" for i in range(n)],
            "started_at": pd.Timestamp("2024-01-01"),
            "ended_at": pd.NaT,
            "plan": plan,
            "region": region,
        }
    )
    at = np.flatnonzero(answers)
    feedback = pd.DataFrame(
        {
            "feedback_id": [f"f{i:04d}" for i in at],
            "created_at": pd.Timestamp("2025-01-05", tz="UTC"),
            "text": "x",
            "customer_id": customers["customer_id"].to_numpy()[at],
            "csat": csat[at],
        }
    )
    return feedback, customers, float(np.mean(csat == 5))


def _row(found, mode="all"):
    table = found.table()
    return table[(table["measure"] == "csat") & (table["mode"] == mode)].iloc[0]


@pytest.mark.slow
def test_a_planted_bias_of_who_answers_shrinks_and_the_interval_covers_the_base():
    covered, raw_off, weighted_off = 0, [], []
    for seed in range(60):
        feedback, customers, truth = _firm(seed)
        row = _row(sentiment.respondents(feedback, customers, params=_PARAMS))
        covered += row["low"] <= truth <= row["high"]
        raw_off.append(row["raw"] - truth)
        weighted_off.append(row["weighted"] - truth)
    # the truth is that of this very base, which moves less than a sample of it would
    assert covered / 60 >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / 60)
    assert np.mean(raw_off) > 0.1
    assert abs(np.mean(weighted_off)) < 0.02


def test_when_everybody_is_as_likely_to_answer_both_values_agree_and_the_check_passes():
    failed = 0
    for seed in range(20):
        feedback, customers, _ = _firm(seed, biased=False)
        found = sentiment.respondents(feedback, customers, params=_PARAMS)
        row = _row(found)
        assert abs(row["raw"] - row["weighted"]) < 0.05
        failed += bool(found.failed)
    assert failed / 20 <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 20)


def test_a_difference_between_respondents_and_base_is_named_with_its_denominators():
    feedback, customers, _ = _firm(1)
    found = sentiment.respondents(feedback, customers, params=_PARAMS)
    assert "csat: respondents resemble the base" in {c.name for c in found.failed}
    at = found.margins.set_index(["dimension", "value"]).loc[("plan", "enterprise")]
    size = customers["plan"].eq("enterprise").sum()
    assert at["base"] == size and at["answered"] == pytest.approx(at["respondents"] / size)
    assert at["respondent_share"] > at["base_share"] + 0.1
    assert f"of {len(customers):,} customers" in found.text()


def test_a_customer_votes_once_and_modes_stand_apart():
    feedback, customers, _ = _firm(2)
    loud = pd.concat([feedback.head(1)] * 300).assign(csat=1)
    loud["feedback_id"] = [f"x{i}" for i in range(300)]
    quiet = _row(sentiment.respondents(feedback, customers, params=_PARAMS))
    row = _row(sentiment.respondents(pd.concat([feedback, loud], ignore_index=True), customers,
                                     params=_PARAMS))  # fmt: skip
    assert row["n"] == quiet["n"] and abs(row["raw"] - quiet["raw"]) < 0.01
    feedback["channel"] = np.where(feedback["csat"] == 5, "phone", "web")
    found = sentiment.respondents(feedback, customers, params=_PARAMS)
    assert (_row(found, "phone")["raw"], _row(found, "web")["raw"]) == (1.0, 0.0)


def test_without_a_base_or_its_dimensions_nothing_is_weighted_and_it_is_said():
    feedback, customers, _ = _firm(3)
    for base in (None, customers.drop(columns=["plan", "region"]), customers.head(0)):
        found = sentiment.respondents(feedback, base, params=_PARAMS)
        assert found.n == 0 and found.table().empty
        assert "cannot be set against the customer base" in found.text()
    few = sentiment.respondents(feedback.head(5), customers, params=_PARAMS)
    assert "fewer than 30 customers" in few.text()


def test_customers_who_left_before_or_came_after_are_no_base():
    feedback, customers, _ = _firm(4)
    gone = customers.head(100).assign(
        customer_id=[f"g{i}" for i in range(100)], ended_at=pd.Timestamp("2024-06-01")
    )
    late = customers.head(100).assign(
        customer_id=[f"l{i}" for i in range(100)], started_at=pd.Timestamp("2026-01-01")
    )
    every = pd.concat([customers, gone, late], ignore_index=True)
    assert sentiment.respondents(feedback, every, params=_PARAMS).base == len(customers)


def test_raking_meets_the_margins_of_a_textbook_table_by_hand():
    code = [np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1])]
    found = rake(code, [np.array([0.5, 0.5]), np.array([0.25, 0.75])])
    assert found.settled
    assert np.bincount(code[0], found.weights) / 4 == pytest.approx([0.5, 0.5])
    assert np.bincount(code[1], found.weights) / 4 == pytest.approx([0.25, 0.75])
    assert found.weights == pytest.approx([1, 0.5, 0.5, 2])
    assert found.design_effect == pytest.approx(4 * (1 + 0.25 + 0.25 + 4) / 16)


def test_one_margin_gives_the_post_stratified_mean():
    rng = np.random.default_rng(5)
    code, y = rng.integers(0, 3, 90), rng.normal(size=90)
    target = np.array([0.2, 0.3, 0.5])
    found = weighted_mean(y, rake([code], [target]), [code])
    assert found.estimate == pytest.approx(sum(target[k] * y[code == k].mean() for k in range(3)))
