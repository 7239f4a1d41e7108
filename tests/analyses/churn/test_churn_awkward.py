"""Awkward input: a clear message or a marked row, never a crash or a silent number."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from planted_leavers import planted_leavers

from insights.analyses import churn
from insights.errors import DataError
from insights.stats.calendar import Calendar


@pytest.fixture(scope="module")
def frames():
    return planted_leavers(700, 12, np.random.default_rng(51))[0]


def everything(frames, calendar=None, **settings):
    """Every result of the notebook, in its order."""
    params = churn.Params(**settings)
    said = churn.mentions(frames["feedback"], params=params, calendar=calendar)
    periods = churn.person_periods(frames["customers"], said, frames.get("usage"), params=params)
    gaps = churn.gap_curve(periods)
    risk = churn.hazard_ratios(periods, gaps)
    results = [
        periods, gaps, risk, churn.coverage(periods), churn.money_at_risk(risk),
        churn.naive_beside_correct(periods, risk), churn.sensitivity(periods, risk),
        churn.landmarks(periods, risk), churn.cumulative_incidence(periods),
        churn.label_noise(periods, risk),
        churn.permutation_test(periods, risk), churn.silent_sufferers(periods, risk),
        churn.respondents(periods), churn.by_segment(periods, risk),
        churn.out_of_time(periods, risk),
    ]  # fmt: skip
    for result in results:
        assert result.text() and result.to_json()
        plt.close(result.plot().figure)
        numbers = result.table().select_dtypes("number").to_numpy(float)
        assert not np.isinf(numbers).any(), type(result).__name__
    return periods, risk, results


def with_customers(frames, **columns):
    return frames | {"customers": frames["customers"].assign(**columns)}


def test_nobody_left(frames):
    _, risk, _ = everything(with_customers(frames, ended_at=pd.NaT))
    assert "nobody left" in risk.text() and (risk.table()["status"] == "suppressed").all()


def test_everybody_left(frames):
    people = frames["customers"]
    ended = people["started_at"].clip(lower=pd.Timestamp("2023-01-05")) + pd.Timedelta(days=45)
    periods, risk, _ = everything(
        with_customers(frames, ended_at=ended, ended_reason="voluntary"),
        observed_to="2023-12-31", observed_from="2023-01-01",
    )  # fmt: skip
    assert periods.events > 0.9 * periods.n
    assert "reported" not in set(risk.table()["status"])  # every month of a topic ends in leaving
    assert risk.table()["why"].str.startswith("it separates leavers from stayers").sum() >= 4
    assert "model settled" in [check.name for check in risk.failed]
    assert "no finding yet (it separates leavers" in risk.text()


def test_one_customer(frames):
    spoke = frames["feedback"]["customer_id"].iloc[0]
    one = {key: frame[frame["customer_id"] == spoke] for key, frame in frames.items()}
    periods, risk, _ = everything(one)
    assert periods.n == 1 and "Cannot tell" in risk.text()
    gone = frames["customers"].dropna(subset=["ended_at"])
    gone = gone[gone["customer_id"].isin(frames["feedback"]["customer_id"])].head(1)
    periods, risk, _ = everything(frames | {"customers": gone})
    assert periods.events == 1 and "only 1 customer left, 20 wanted" in risk.text()


def test_customers_twice_and_overlapping_subscriptions_are_one(frames):
    people = frames["customers"]
    again = people.assign(started_at=people["started_at"] + pd.Timedelta(days=40))
    twice = pd.concat([people, people.head(50), again.tail(60)], ignore_index=True)
    periods, _, _ = everything(frames | {"customers": twice})
    balance = periods.table().set_index("reason")["customers"]
    assert balance["further row of the same customer"] >= 50 and periods.checks[0].passed
    assert balance.sum() == len(twice)


@pytest.mark.slow
def test_a_customer_who_left_and_came_back_is_counted_and_said(frames):
    left = frames["customers"].dropna(subset=["ended_at"]).head(60)
    again = left.assign(started_at=left["ended_at"] + pd.Timedelta(days=70), ended_at=pd.NaT)
    both = pd.concat([frames["customers"], again], ignore_index=True)
    periods, _, _ = everything(frames | {"customers": both})
    assert "60 customers came back after more than a month" in periods.text()
    assert "nobody left and came back" in [check.name for check in periods.failed]
    renewed = again.assign(started_at=left["ended_at"])  # the contract goes on the same day
    both = pd.concat([frames["customers"], renewed], ignore_index=True)
    periods, _, _ = everything(frames | {"customers": both})
    assert not periods.failed and periods.people["returned"].sum() == 0


def test_customers_who_are_nearly_all_silent_are_the_reference_and_counted(frames):
    few = frames["customers"]["customer_id"].head(60)
    feedback = frames["feedback"][frames["feedback"]["customer_id"].isin(few)]
    periods, risk, results = everything(frames | {"feedback": feedback})
    assert periods.n == 700 and "reported" not in set(risk.table()["status"])
    assert "only 8 exposed leavers, 10 wanted" in risk.text()
    silent = results[3].silent
    assert silent.estimate > 0.8
    alone = frames["customers"][~frames["customers"]["customer_id"].isin(feedback["customer_id"])]
    with pytest.raises(DataError, match="have no customer in common"):
        everything(frames | {"feedback": feedback, "customers": alone.head(1)})
    with pytest.raises(DataError, match="feedback: there is none"):
        everything(frames | {"feedback": feedback.head(0)})


def test_feedback_after_the_end_and_of_unknown_customers_is_counted(frames):
    feedback = frames["feedback"].copy()
    feedback.loc[feedback.index[:300], "customer_id"] = "stranger"
    ended = frames["customers"].dropna(subset=["ended_at"]).head(40)
    late = feedback.head(40).assign(
        customer_id=ended["customer_id"].to_numpy(),
        created_at=(ended["ended_at"] + pd.Timedelta(days=60)).dt.tz_localize("UTC").to_numpy(),
        feedback_id=[f"late{k}" for k in range(40)],
    )
    late["created_at"] = pd.to_datetime(late["created_at"], utc=True)
    both = frames | {"feedback": pd.concat([feedback, late], ignore_index=True)}
    _, _, results = everything(both, observed_to="2023-12-31")
    details = " ".join(check.detail for result in results for check in result.checks)
    assert "name a customer that the customer table lacks" in details
    assert "come more than the gap after their customer left" in details


def test_an_end_before_its_start_is_set_aside_and_counted(frames):
    people = frames["customers"].copy()
    people.loc[people.index[:30], "ended_at"] = people["started_at"] - pd.Timedelta(days=3)
    periods, _, _ = everything(frames | {"customers": people})
    assert periods.table().set_index("reason").at["ends before it starts", "customers"] == 30
    everyone = people.assign(ended_at=people["started_at"] - pd.Timedelta(days=3))
    with pytest.raises(DataError, match="none of 700 is a customer between"):
        everything(frames | {"customers": everyone})


def test_time_zones_move_the_border_of_a_day(frames):
    feedback = (
        frames["feedback"].head(1).assign(created_at=pd.to_datetime(["2023-03-31 20:00"], utc=True))
    )
    for zone, day in (("UTC", 31), ("Asia/Shanghai", 1)):
        said = churn.mentions(feedback, params=churn.Params(), calendar=Calendar(zone))
        assert said.frame["time"].dt.day.iloc[0] == day
    aware = frames["customers"].assign(
        started_at=frames["customers"]["started_at"].dt.tz_localize("Asia/Shanghai")
    )
    everything(frames | {"customers": aware}, calendar=Calendar("Asia/Shanghai"))


def test_a_topic_without_exposed_leavers_and_one_that_separates_are_marked(frames):
    stay = frames["customers"].loc[frames["customers"]["ended_at"].isna(), "customer_id"]
    feedback = frames["feedback"]
    happy = feedback["customer_id"].isin(stay) & (feedback["topic"] == "C")
    topic = feedback["topic"].mask(feedback["topic"] == "C", "B").mask(happy, "praise")
    _, risk, _ = everything(frames | {"feedback": feedback.assign(topic=topic)})
    row = risk.table().set_index("topic_id").loc["praise"]
    assert row["exposed_churners"] == 0 and row["status"] == "suppressed"
    assert row["why"] == "fewer than 5 exposed leavers" and np.isnan(row["odds_ratio"])


def said_before_leaving(frames, count):
    """The feedback, and a topic 'doom' that only leavers raise, forty days before they leave."""
    gone = frames["customers"]
    gone = gone[gone["ended_at"] > pd.Timestamp("2023-04-01")].head(count)
    doom = pd.DataFrame(
        {
            "feedback_id": [f"d{k}" for k in range(len(gone))],
            "customer_id": gone["customer_id"].to_numpy(),
            "created_at": (gone["ended_at"] - pd.Timedelta(days=40)).dt.tz_localize("UTC"),
            "channel": "ticket",
            "topic": "doom",
            "text": "words",
        }
    )
    return frames | {"feedback": pd.concat([frames["feedback"], doom], ignore_index=True)}


@pytest.mark.parametrize(
    ("count", "status", "why"),
    [
        (15, "exploratory", "it separates leavers from stayers"),
        (60, "leak", "talk of customers already leaving"),
    ],
)
def test_a_topic_that_only_leavers_raise_is_marked_and_no_finding(frames, count, status, why):
    _, risk, _ = everything(said_before_leaving(frames, count), min_customers=5)
    row = risk.table().set_index("topic_id").loc["doom"]
    assert row["exposed_churners"] >= 10 and row["status"] == status and why in row["why"]
    assert np.isfinite(row[["odds_ratio", "low", "high"]].astype(float)).all()
    # a leak is not in the model of the others, which settles without it
    unsettled = "model settled" in [check.name for check in risk.failed]
    assert unsettled == (status == "exploratory")


@pytest.mark.slow
def test_constant_covariates_and_a_plan_that_is_the_segment_change_nothing(frames):
    people = frames["customers"]
    usage = frames["usage"].assign(logins=5.0)
    _, plain, _ = everything(frames)
    _, more, _ = everything(
        with_customers(frames, tier=people["plan"].str.upper(), country="one") | {"usage": usage}
    )
    names = ["topic_id", "odds_ratio", "low", "high"]
    _, same, _ = everything(with_customers(frames, segment=people["plan"]))
    _, coarse, _ = everything(with_customers(frames, segment=people["plan"] == "pro"))
    _, alone, _ = everything(with_customers(frames, segment="all"))
    for one in (same, coarse):  # the second says nothing that the first did not
        pd.testing.assert_frame_equal(one.table()[names], alone.table()[names], rtol=1e-6)
    pd.testing.assert_frame_equal(plain.table()[names], more.table()[names], rtol=1e-6)


def test_a_dated_table_whose_column_is_filled_for_leavers_only_is_named(frames):
    people = frames["customers"]
    why = np.where(np.arange(len(people)) % 2 == 0, "price", "moved")
    told = pd.Series(why, index=people.index).where(people["ended_at"].notna())
    _, risk, _ = everything(with_customers(frames, exit_code=told))
    assert "no column gives the outcome away" in [check.name for check in risk.failed]
    assert "exit_code" in risk.text()


def test_nobody_is_a_customer_in_the_months_observed(frames):
    with pytest.raises(DataError, match="none of 700 is a customer between"):
        everything(with_customers(frames, started_at=pd.Timestamp("2030-01-01"), ended_at=pd.NaT))
