"""Negative controls: where nothing is planted, or nothing can be, no topic is reported."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from insights.analyses import churn
from insights.synthetic import firm

DATA = os.environ.get("INSIGHTS_TEST_DATA")


def reported(customers, feedback, usage):
    params = churn.Params()
    said = churn.mentions(feedback, params=params)
    periods = churn.person_periods(customers, said, usage, params=params)
    return churn.hazard_ratios(periods, churn.gap_curve(periods))


@pytest.mark.slow
def test_the_demo_firm_without_its_planted_effects_reports_no_topic(monkeypatch):
    monkeypatch.setattr(firm, "LOG_ODDS", dict.fromkeys(firm.LOG_ODDS, 0.0))
    made, _ = firm.simulate_firm(np.random.default_rng(3), customers=3000, messages=11_000)
    said = made.mentions
    feedback = pd.DataFrame(
        {
            "feedback_id": [f"f{k}" for k in range(len(said))],
            "customer_id": said["customer"].map(made.customers["customer_id"]),
            "created_at": (firm.ORIGIN + pd.to_timedelta(said["day"], "D")).dt.tz_localize("UTC"),
            "text": "words",
            "channel": said["channel"],
            "topic": said["topic"],
        }
    )
    usage = made.usage.assign(
        customer_id=made.usage["customer"].map(made.customers["customer_id"])
    ).drop(columns="customer")
    risk = reported(made.customers, feedback, usage)
    assert risk.events > 300 and risk.tests >= 5
    assert risk.reported.empty, risk.text()


@pytest.mark.real
@pytest.mark.skipif(
    not DATA, reason="INSIGHTS_TEST_DATA is not set: it names the folder of the public sets"
)
def test_a_synthetic_firm_without_signal_reports_no_topic():
    folder = Path(DATA) / "ravenstack_saas"
    read = {
        name: pd.read_csv(folder / f"{name}_shared.csv.gz")
        for name in ("accounts", "churn_events", "support_tickets", "feature_usage",
                     "subscriptions")
    }  # fmt: skip
    events, tickets = read["churn_events"], read["support_tickets"]
    ended = pd.to_datetime(events["churn_date"]).groupby(events["account_id"]).max()
    accounts = read["accounts"]
    customers = pd.DataFrame(
        {
            "customer_id": accounts["account_id"],
            "started_at": pd.to_datetime(accounts["signup_date"]),
            "ended_at": accounts["account_id"].map(ended),
            "plan": accounts["plan_tier"],
            "industry": accounts["industry"],
        }
    )
    escalated = tickets["escalation_flag"].map({True: " escalated", False: ""})
    feedback = pd.DataFrame(
        {
            "feedback_id": tickets["ticket_id"],
            "customer_id": tickets["account_id"],
            "created_at": pd.to_datetime(tickets["submitted_at"]).dt.tz_localize("UTC"),
            "text": "ticket",
            "channel": "ticket",
            "topic": tickets["priority"] + escalated,
        }
    )
    use = read["feature_usage"].merge(
        read["subscriptions"][["subscription_id", "account_id"]], on="subscription_id"
    )
    month = pd.to_datetime(use["usage_date"]).dt.to_period("M").dt.start_time
    usage = pd.DataFrame(
        {"customer_id": use["account_id"], "period_start": month, "uses": use["usage_count"]}
    )
    risk = reported(customers, feedback, usage)
    assert risk.reported.empty, risk.text()
    assert "goes with leaving" in risk.text() or "Cannot tell" in risk.text()
