"""Customers x months at risk: counted the quick way and the slow way."""

import numpy as np
import pandas as pd
import pytest

from insights.analyses import churn
from insights.errors import DataError, ParamsError
from insights.stats.calendar import Calendar

PARAMS = churn.Params(observed_from="2024-01-01", observed_to="2024-12-31", min_customers=5)


def spoken(rows, **columns):
    frame = pd.DataFrame(rows, columns=["customer_id", "created_at", "topic"])
    frame["created_at"] = pd.to_datetime(frame["created_at"]).dt.tz_localize("UTC")
    return frame.assign(text="words", feedback_id=[f"f{k}" for k in range(len(frame))], **columns)


def joined(rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "started_at", "ended_at"])
    for name in ("started_at", "ended_at"):
        frame[name] = pd.to_datetime(frame[name])
    return frame


def built(customers, feedback, usage=None, params=PARAMS):
    said = churn.mentions(feedback, params=params)
    return churn.person_periods(customers, said, usage, params=params)


def random_study(rng, customers=60):
    start = pd.Timestamp("2022-06-01") + pd.to_timedelta(rng.integers(0, 900, customers), "D")
    end = start + pd.to_timedelta(rng.integers(1, 700, customers), "D")
    people = pd.DataFrame(
        {
            "customer_id": [f"c{k}" for k in range(customers)],
            "started_at": start,
            "ended_at": pd.Series(end).where(rng.random(customers) < 0.7),
            "ended_reason": rng.choice(["voluntary", "involuntary"], customers, p=[0.8, 0.2]),
            "plan": rng.choice(["a", "b"], customers),
        }
    )
    k = 400
    feedback = pd.DataFrame(
        {
            "feedback_id": [f"f{i}" for i in range(k)],
            "customer_id": rng.choice([f"c{j}" for j in range(customers + 5)], k),
            "created_at": (
                pd.Timestamp("2023-06-01") + pd.to_timedelta(rng.integers(0, 800 * 86400, k), "s")
            ).tz_localize("UTC"),
            "text": "words",
            "topic": rng.choice(["x", "y"], k),
        }
    )
    return people, feedback


def test_rows_exposures_and_events_equal_those_of_five_slow_lines():
    people, feedback = random_study(np.random.default_rng(1))
    periods = built(people, feedback)
    exposed = periods.exposed(["x", "y"])
    prior = periods.prior_contacts()
    rows = {
        (periods.people["customer_id"][c], pd.Timestamp(periods.starts[m])): (
            bool(event), bool(x), bool(y), int(before),
        )
        for c, m, event, (x, y), before in zip(
            periods.customer, periods.month, periods.event, exposed, prior, strict=True
        )
    }  # fmt: skip
    slow = {}
    gap, window = pd.Timedelta(days=14), pd.Timedelta(days=90)
    for person in people.itertuples():
        mine = feedback[feedback["customer_id"] == person.customer_id]
        when = mine["created_at"].dt.tz_localize(None)
        for month in pd.date_range("2024-01-01", "2024-12-01", freq="MS"):
            following = month + pd.offsets.MonthBegin(1)
            if person.started_at >= following or person.ended_at < month:
                continue
            event = person.ended_at < following and person.ended_reason == "voluntary"
            seen = mine[(when > month - gap - window) & (when <= month - gap)]["topic"]
            before = int((when <= month - gap - window).sum())
            slow[person.customer_id, month] = (
                bool(event), (seen == "x").any(), (seen == "y").any(), before,
            )  # fmt: skip
    assert rows == slow


def test_the_order_of_the_input_does_not_matter():
    people, feedback = random_study(np.random.default_rng(2))
    one = built(people, feedback)
    two = built(people.sample(frac=1, random_state=1), feedback.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(one.people, two.people)
    np.testing.assert_array_equal(one.exposed(["x", "y"]), two.exposed(["x", "y"]))


def test_nobody_is_at_risk_before_observation_begins_and_leavers_add_up():
    people, feedback = random_study(np.random.default_rng(3))
    periods = built(people, feedback)
    assert pd.Timestamp(periods.starts[0]) == pd.Timestamp("2024-01-01")
    inside = people["ended_at"].between("2024-01-01", "2024-12-31")
    assert periods.events == int((inside & (people["ended_reason"] == "voluntary")).sum())
    gone = int((people["ended_at"] < "2024-01-01").sum())
    balance = periods.table().set_index("reason")["customers"]
    assert balance["left before observation began"] == gone
    assert balance.sum() == len(people)
    assert periods.checks[0].passed


def test_tenure_counts_from_joining_although_observation_begins_later():
    people = joined([("a", "2020-01-01", None), ("b", "2024-03-20", "2024-03-25")])
    periods = built(people, spoken([("a", "2024-02-01", "x"), ("b", "2024-03-21", "x")]))
    assert periods.tenure[0] == pytest.approx(48.0, abs=0.1)
    assert periods.n == 2 and periods.events == 1  # joined and left in one month: still a leaver
    assert periods.tenure[-1] == 0


def test_a_mention_counts_from_the_day_the_data_knew_it():
    feedback = spoken([("a", "2024-02-01", "x")])
    late = feedback.assign(ingested_at=pd.Timestamp("2024-05-01", tz="UTC"))
    people = joined([("a", "2023-01-01", None)])
    early, slow = (built(people, frame).exposed(["x"])[:, 0] for frame in (feedback, late))
    assert np.flatnonzero(early).tolist() == [2, 3, 4]  # March, April, May
    assert np.flatnonzero(slow).tolist() == [5, 6, 7]


def test_usage_is_that_of_the_last_complete_month_and_never_of_the_month_at_risk():
    people = joined([("a", "2023-01-01", None), ("b", "2023-01-01", None)])
    usage = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "period_start": pd.to_datetime(["2024-03-01", "2024-04-01", "2024-03-01"]),
            "sessions": [100.0, 1.0, 10.0],
        }
    )
    periods = built(people, spoken([("a", "2024-02-01", "x")]), usage)
    mine = periods.usage[periods.customer == 0].reset_index(drop=True)
    known = np.flatnonzero(mine["sessions unknown"] == 0)
    assert known.tolist() == [3, 4]  # April sees March, May sees April
    assert mine["sessions level"][3] > mine["sessions level"][4]


def test_where_a_row_came_from_is_neither_usage_nor_a_dimension():
    people = joined([("a", "2023-01-01", None), ("b", "2023-01-01", None)])
    people = people.assign(source=["x", "y"], line=[1, 2], plan=["p", "q"])
    usage = pd.DataFrame(
        {
            "customer_id": ["a", "b"],
            "period_start": pd.to_datetime(["2024-03-01", "2024-03-01"]),
            "sessions": [1.0, 2.0],
            "line": [1, 2],
        }
    )
    periods = built(people, spoken([("a", "2024-02-01", "x")]), usage)
    assert {name.split()[0] for name in periods.usage.columns} == {"sessions"}
    assert periods.dimensions == ("plan",)


def test_rows_of_one_customer_are_joined_and_wrong_ones_counted():
    people = joined(
        [
            ("a", "2023-01-01", "2023-06-01"),
            ("a", "2023-05-01", None),
            ("b", "2024-05-01", "2024-01-01"),
            ("c", None, None),
            (None, "2024-01-01", None),
            ("d", "2024-01-01", "2024-02-10"),
        ]
    )
    periods = built(people, spoken([("a", "2024-02-01", "x")]))
    balance = periods.table().set_index("reason")["customers"]
    assert balance["further row of the same customer"] == 1
    assert balance["ends before it starts"] == 1
    assert balance["no start date"] == 1
    assert balance["no customer id"] == 1
    assert periods.n == 2 and periods.events == 1


def test_feedback_without_customers_is_refused():
    feedback = spoken([("a", "2024-02-01", "x")]).drop(columns="customer_id")
    with pytest.raises(DataError, match="no piece of it names a customer"):
        churn.mentions(feedback, params=PARAMS)


def test_tables_without_a_common_customer_are_refused():
    with pytest.raises(DataError, match="no customer in common: 1 in feedback, 1 in customers"):
        built(joined([("z", "2023-01-01", None)]), spoken([("a", "2024-02-01", "x")]))


def test_customers_without_start_dates_are_refused():
    with pytest.raises(DataError, match="no start dates"):
        built(joined([("a", None, "2024-03-01")]), spoken([("a", "2024-02-01", "x")]))


def test_customers_outside_of_the_span_of_feedback_are_refused():
    with pytest.raises(DataError, match="none of 1 is a customer between 2024-01-01"):
        built(joined([("a", "2020-01-01", "2021-01-01")]), spoken([("a", "2024-02-01", "x")]))


def test_a_misspelt_date_is_refused():
    with pytest.raises(ParamsError, match="write a date as YYYY-MM-DD"):
        churn.Params.checked({"observed_from": "01/02/2024"})
    with pytest.raises(DataError, match="nothing is between"):
        built(
            joined([("a", "2023-01-01", None)]),
            spoken([("a", "2024-02-01", "x")]),
            params=churn.Params(observed_from="2025-01-01", observed_to="2024-01-01"),
        )


def test_days_at_risk_are_counted_and_a_month_in_part_is_neither_dropped_nor_whole():
    people = joined(
        [
            ("a", "2023-01-01", None),
            ("b", "2024-02-20", None),
            ("c", "2023-01-01", "2024-03-10"),
            ("d", "2023-01-01", "2024-03-10"),
            ("e", "2023-01-01", "2024-03-25"),
        ]
    )
    people["ended_reason"] = [None, None, "voluntary", "involuntary", "voluntary"]
    params = churn.Params(observed_from="2024-01-15", observed_to="2024-03-20", min_customers=5)
    periods = built(people, spoken([("a", "2024-02-01", "x")]), params=params)
    days = {
        (periods.people["customer_id"][c], int(m)): d
        for c, m, d in zip(periods.customer, periods.month, periods.days, strict=True)
    }
    assert [days["a", m] for m in range(3)] == [17, 29, 20]  # 15 January to 20 March
    assert ("b", 0) not in days and [days["b", m] for m in (1, 2)] == [10, 20]
    assert days["c", 2] == 20  # leaving does not shorten what could have been seen
    assert days["d", 2] == 9  # another ending does
    assert periods.months == pytest.approx(66 / 30.4375)
    assert periods.events == 1  # e left after the last day observed
    assert periods.checks[0].passed and "2024-01-15 to 2024-03-20" in periods.text()


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2024-01-01 00:14", "2026-01-01 11:13", 731),  # a record after midnight is no month
        ("2024-01-31 10:00", "2024-02-29 09:00", 29),
        ("2024-01-01", "2024-12-31", 366),  # dated to the day: the last day is over
    ],
)
def test_observation_is_counted_in_days_of_feedback(first, last, days):
    middle = pd.date_range(first, last, freq="30D").astype(str).tolist()[1:]
    feedback = pd.DataFrame(
        {"customer_id": "a", "created_at": [first, *middle, last], "topic": "x", "text": "words"}
    )
    feedback["created_at"] = pd.to_datetime(feedback["created_at"], utc=True, format="mixed")
    feedback["feedback_id"] = [f"f{k}" for k in range(len(feedback))]
    periods = built(joined([("a", "2020-01-01", None)]), feedback, params=churn.Params())
    assert periods.months == pytest.approx(days / 30.4375)
    assert periods.days.sum() == days


def test_days_of_observation_are_those_of_the_study_and_not_of_greenwich():
    times = pd.to_datetime(["2024-01-31 18:00", "2024-02-15 12:00", "2024-03-31 17:00"], utc=True)
    feedback = pd.DataFrame({"customer_id": "a", "created_at": times, "topic": "x", "text": "w"})
    feedback["feedback_id"] = ["f0", "f1", "f2"]
    calendar = Calendar(timezone="Asia/Shanghai")
    said = churn.mentions(feedback, params=churn.Params(), calendar=calendar)
    people = joined([("a", "2020-01-01", None)])
    periods = churn.person_periods(people, said, params=churn.Params())
    assert (periods.begin, periods.end) == (pd.Timestamp("2024-02-01"), pd.Timestamp("2024-04-01"))
    assert len(periods.starts) == 2 and periods.days.sum() == 60
