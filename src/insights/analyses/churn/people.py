"""Who is a customer, from when to when, while the data look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.churn.params import Params
from insights.errors import DataError
from insights.ingest.segments import Segments, largest

__all__ = ["Observation", "observation", "people_at_risk"]

_OWN = (
    "account", "started", "ended", "voluntary", "leaves", "first", "last", "revenue", "returned",
)  # fmt: skip
_DAY = pd.Timedelta(days=1)
_SILENCE = pd.Timedelta(days=183)
_BREAK = pd.Timedelta(days=31)  # days without a contract from which a customer had left


@dataclass(frozen=True)
class Observation:
    """When the data look: from the day `begin` up to, and without, the day `end`.

    `starts` holds the first day of each calendar month that is looked at, be it in part.
    """

    starts: np.ndarray
    begin: pd.Timestamp
    end: pd.Timestamp


def observation(times: pd.Series, params: Params) -> Observation:
    """Days observed: as set, else from the first to the last day with feedback.

    The day of the last piece is not over and does not count, unless all pieces are dated to the
    day. A few stray dates, more than half a year from the body of the feedback, do not stretch
    the observation.
    """
    body = _body(times.dropna())
    days = body.dt.normalize()
    over = _DAY * int((body == days).all())
    begin = pd.Timestamp(params.observed_from) if params.observed_from else days.min()
    end = pd.Timestamp(params.observed_to) + _DAY if params.observed_to else days.max() + over
    if not params.observed_to and end == begin:
        end = begin + _DAY
    if pd.isna(begin) or pd.isna(end) or begin >= end:
        raise DataError(
            f"observation begins {begin} and ends {end}: nothing is between. Set observed_from "
            "and observed_to to days with feedback, or leave them empty."
        )
    months = pd.period_range(begin.to_period("M"), (end - _DAY).to_period("M"), freq="M")
    return Observation(months.start_time.to_numpy().astype("datetime64[ns]"), begin, end)


def _body(times: pd.Series) -> pd.Series:
    """Times of the largest stretch without more than half a year of silence."""
    ordered = times.sort_values(ignore_index=True)
    stretch = (ordered.diff() > _SILENCE).cumsum()
    return ordered[stretch == stretch.mode().min()] if len(ordered) else ordered


def people_at_risk(
    customers: pd.DataFrame, seen: Observation, params: Params, segments: Segments
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Return the customers observed, what became of all rows, and the names of dimensions.

    Parameters
    ----------
    customers
        Customer rows: customer_id, started_at, and ended_at, ended_reason, monthly_revenue and
        dimensions where they are known.
    seen
        The days that the data look at.
    params
        `account`: the column of customers who leave together.
    segments
        Which columns are dimensions, and which of their levels are kept.

    Raises
    ------
    DataError
        No customer has a start date, or there is no column `account`.
    """
    if "started_at" not in customers or customers["started_at"].isna().all():
        raise DataError(
            "customers: no start dates (column 'started_at'). Without them nobody knows since "
            "when a customer could have left; a one-off export of who is still there today "
            "cannot be used here."
        )
    rows = len(customers)
    known = customers[customers["customer_id"].notna()].copy()
    known["customer_id"] = known["customer_id"].astype(str)
    known["started"] = _naive(known["started_at"])
    known["ended"] = _naive(known["ended_at"]) if "ended_at" in known else pd.NaT
    dated = known[known["started"].notna()]
    ordered = dated[~(dated["ended"] < dated["started"])]
    single = _one_row_each(ordered)
    starts, border = seen.starts, seen.end.to_datetime64()
    gone = single["ended"] < seen.begin
    later = single["started"] >= border
    people = single[~gone & ~later].sort_values("customer_id", ignore_index=True)
    people["voluntary"] = people["ended"].notna() & ~_involuntary(people)
    people["leaves"] = people["voluntary"] & (people["ended"] < border)
    position = np.searchsorted(starts, people["started"].to_numpy("datetime64[ns]"), "right") - 1
    people["first"] = np.maximum(position, 0)
    ended = people["ended"].fillna(pd.Timestamp(border)).to_numpy("datetime64[ns]")
    people["last"] = np.minimum(np.searchsorted(starts, ended, "right"), len(starts)) - 1
    people["revenue"] = (
        pd.to_numeric(people["monthly_revenue"]) if "monthly_revenue" in people else np.nan
    )
    balance = pd.DataFrame(
        [
            ("observed", len(people)),
            ("left before observation began", int(gone.sum())),
            ("joined after observation ended", int(later.sum())),
            ("no customer id", rows - len(known)),
            ("no start date", len(known) - len(dated)),
            ("ends before it starts", len(dated) - len(ordered)),
            ("further row of the same customer", len(ordered) - len(single)),
        ],
        columns=["reason", "customers"],
    )
    people["account"] = _accounts(people, params.account)
    given = [name for name in customers if name not in (*_OWN, params.account)]
    labels = {
        name: largest(values) for name, values in segments.of(people[given], "customers").items()
    }
    people = people[["customer_id", *_OWN]].assign(**labels)
    return people, balance, tuple(labels)


def _accounts(people: pd.DataFrame, column: str) -> np.ndarray:
    """Code of each customer's account; a customer without one stands alone."""
    alone = np.arange(len(people))
    if not column:
        return alone
    if column not in people:
        raise DataError(
            f"customers: no column '{column}', which the setting 'account' names. Name it among "
            "the dimensions of the customers in the study, or leave 'account' empty."
        )
    codes, names = pd.factorize(people[column], sort=True)
    return np.where(codes >= 0, codes, len(names) + alone)


def _naive(times: pd.Series) -> pd.Series:
    times = pd.to_datetime(times)
    return times.dt.tz_localize(None) if times.dt.tz is not None else times


def _one_row_each(rows: pd.DataFrame) -> pd.DataFrame:
    """Join rows of one customer: first start, last end (open when any is open).

    `returned` says who had more than a month without a contract in between.
    """
    rows = rows.sort_values(["customer_id", "started", "ended"], kind="stable")
    if rows["customer_id"].is_unique:
        return rows.assign(returned=False)
    groups = rows.groupby("customer_id", sort=True)
    single = groups.tail(1).set_index("customer_id")  # the latest row: its plan, its reason
    single["started"] = groups["started"].min()
    still = rows["ended"].isna().groupby(rows["customer_id"]).any()
    single["ended"] = groups["ended"].max().mask(still)
    until = rows["ended"].fillna(rows["ended"].max()).groupby(rows["customer_id"]).cummax()
    until = until.groupby(rows["customer_id"]).shift()
    apart = until.notna() & (rows["started"] - until.fillna(rows["started"]) > _BREAK)
    single["returned"] = apart.groupby(rows["customer_id"]).any()
    return single.reset_index()


def _involuntary(people: pd.DataFrame) -> pd.Series:
    if "ended_reason" not in people:
        return pd.Series(False, index=people.index)
    reason = people["ended_reason"].astype("string").str.strip().str.lower().fillna("")
    return reason.str.startswith(("involuntary", "non-voluntary", "非自愿")).astype(bool)
