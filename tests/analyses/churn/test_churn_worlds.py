"""Thirty runs in each of four harder worlds; 500 in benchmarks/bench_churn_simulation.py."""

import numpy as np
import pandas as pd
import pytest
from planted_leavers import LEAVING_LOG_ODDS, planted_leavers

from insights.analyses import churn

RUNS, CUSTOMERS = 30, 1500
pytestmark = pytest.mark.slow
WORLDS = ("mediation", "label noise", "curved tenure", "accounts")


@pytest.fixture(scope="module", params=WORLDS)
def world(request):
    """Estimates of many simulated studies in one world: one row a run and topic."""
    rows = []
    for seed in range(RUNS):
        rng = np.random.default_rng(2000 + seed)
        frames, _ = planted_leavers(CUSTOMERS, 18, rng, world=request.param)
        params = churn.Params(
            account="account_id" if request.param == "accounts" else "",
            label_precision=0.84 if request.param == "label noise" else 0,
        )
        said = churn.mentions(frames["feedback"], params=params)
        periods = churn.person_periods(frames["customers"], said, frames["usage"], params=params)
        risk = churn.hazard_ratios(periods)
        names = ["odds_ratio", "low", "high"]
        found = risk.table().set_index("topic_id")
        if request.param == "label noise":
            right = churn.label_noise(periods, risk).rows.set_index("topic_id")
            found[names] = right[["corrected", "corrected_low", "corrected_high"]]
        for topic in "ABCD":
            log, low, high = np.log(found.loc[topic, names].astype(float))
            rows.append((topic, log, low <= LEAVING_LOG_ODDS[topic] <= high))
    return pd.DataFrame(rows, columns=["topic", "estimate", "covered"])


def test_planted_odds_ratios_come_back_and_are_covered(world):
    groups = world.groupby("topic")
    mean, covered = groups["estimate"].mean(), groups["covered"].mean()
    for topic in "ABCD":
        assert abs(mean[topic] - LEAVING_LOG_ODDS[topic]) <= 0.06, (topic, mean[topic])
    assert (covered >= 0.87).all(), covered
