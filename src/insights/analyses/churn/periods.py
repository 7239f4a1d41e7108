"""One row a customer and month at risk, with what could be known before the month began."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from insights.analyses.churn.mentions import Mentions
from insights.analyses.churn.params import Params
from insights.analyses.churn.people import Observation, observation, people_at_risk
from insights.analyses.churn.usage import usage_features
from insights.errors import DataError
from insights.ingest.segments import DEFAULT_SEGMENTS, Segments
from insights.messages import _, fixed, number, percent
from insights.result import Check, Result

__all__ = ["PersonPeriods", "person_periods"]

_DAY = np.timedelta64(1, "D")
_MONTH = 30.4375  # days


@dataclass(frozen=True, kw_only=True)
class PersonPeriods(Result, table="balance", figure="risk_set"):
    """Customers x months at risk; `n` is the number of customers.

    Rows are sorted by customer and month. A customer is at risk in a month when he was one on
    any of its days, from the month in which observation begins (not from the day he joined).

    Attributes
    ----------
    people
        One row a customer: customer_id, account (a code), started, ended, voluntary, first and
        last (months), offset (first row), revenue, returned (whether he left and came back), and
        the dimensions.
    starts
        First day of each calendar month, shape (months,); the first and the last may be observed
        in part.
    begin, end
        First day observed, and the day after the last.
    days
        Days of the month on which the customer was one and was observed, shape (rows,); leaving
        does not shorten them, other endings do.
    customer, month
        Position in `people` and in `starts`, shape (rows,).
    event
        Whether the customer left of his own will in that month, shape (rows,).
    tenure
        Months since he joined, at the month's first day; 0 in the month of joining.
    usage
        Usage of the last complete month and its trend, one row a row; no columns without usage.
    usage_before
        The same of the last complete month before the window of feedback begins.
    mentions
        Mentions by these customers, with `code` (position in `people`).
    balance
        What became of every customer of the input.
    doubtful
        Labels of topics that are unstable, or cannot be told from another.
    """

    people: pd.DataFrame
    starts: np.ndarray
    begin: pd.Timestamp
    end: pd.Timestamp
    days: np.ndarray
    customer: np.ndarray
    month: np.ndarray
    event: np.ndarray
    tenure: np.ndarray
    usage: pd.DataFrame
    usage_before: pd.DataFrame
    mentions: pd.DataFrame
    kind: str
    balance: pd.DataFrame
    dimensions: tuple[str, ...]
    params: Params
    doubtful: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Customers x calendar months at risk, in part or whole."""
        return len(self.customer)

    @property
    def months(self) -> float:
        """Months observed, of 30.4375 days each."""
        return (self.end - self.begin) / pd.Timedelta(days=_MONTH)

    @property
    def whole(self) -> tuple[int, int]:
        """Number of the first calendar month observed as a whole, and of the first after them."""
        after = pd.Timestamp(self.starts[-1]) + pd.offsets.MonthBegin(1)
        day = pd.Timedelta(days=1)  # the last one is seldom over
        early = int(self.begin > self.starts[0] + day)
        return early, len(self.starts) - int(self.end < after - day)

    @property
    def offset(self) -> np.ndarray:
        """Logarithm of the observed part of each row's calendar month, in 30.4375 days.

        That is what is alike for all in a month. The month of joining is not shortened here: who
        has just joined leaves otherwise than the others, and has a level of his own.
        """
        low, high = _borders(self.starts, self.begin, self.end)
        return np.log((high - low) / _DAY / _MONTH)[self.month]

    @property
    def cluster(self) -> np.ndarray:
        """Account of each row (the customer, when there are no accounts), shape (rows,)."""
        return self.people["account"].to_numpy()[self.customer]

    @property
    def events(self) -> int:
        """Customers who left of their own will while observed."""
        return int(self.event.sum())

    def sentences(self) -> list[str]:
        """Say who is observed, from when to when."""
        last = self.end - pd.Timedelta(days=1)
        how = _("as set") if self.params.observed_from else _("inferred from the feedback")
        share = self.events / max(self.n, 1)
        return [
            _(
                "{n} customers are observed over {days} customer-months (of {month} "
                "days), from {begin} to {last} ({how}: {months} months); {events} of "
                "them ({share}) left.",
                n=number(self.n),
                days=number(self.days.sum() / _MONTH),
                month=_MONTH,
                begin=f"{self.begin:%Y-%m-%d}",
                last=f"{last:%Y-%m-%d}",
                how=how,
                months=fixed(self.months),
                events=number(self.events),
                share=percent(share, 1),
            ),
            _("Each enters when observation begins or on joining, whichever is later."),
        ]

    def counts(self, codes: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """How many of the given mentions cover each row; shape (rows,).

        Mention k covers months low[k] … high[k] - 1 of customer codes[k]. A difference array
        and one running sum: linear in rows plus mentions.
        """
        first = self.people["first"].to_numpy()[codes]
        last = self.people["last"].to_numpy()[codes] + 1
        offset = self.people["offset"].to_numpy()[codes]
        begin, end = np.clip(low, first, last), np.clip(high, first, last)
        change = np.bincount(offset + begin - first, minlength=self.rows + 1).astype(np.int32)
        change -= np.bincount(offset + end - first, minlength=self.rows + 1).astype(np.int32)
        return np.cumsum(change[:-1])

    def lagged(self, times: np.ndarray, gap_days: int) -> tuple[np.ndarray, np.ndarray]:
        """Months whose window holds each time: start-gap-window < time <= start-gap."""
        known = times + gap_days * _DAY
        low = np.searchsorted(self.starts, known, side="left")
        high = np.searchsorted(self.starts, known + self.params.window_days * _DAY, side="left")
        return low, high

    def window(self, times: np.ndarray, gap_days: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Months that look back on each time, as low (included) and high (excluded).

        A gap of None is the setting; minus one means the month itself, never to be reported.
        """
        gap = self.params.gap_days if gap_days is None else gap_days
        if gap >= 0:
            return self.lagged(times, gap)
        month = np.searchsorted(self.starts, times, side="right") - 1
        return np.maximum(month, 0), month + 1

    def exposed(
        self, topics: Iterable[str], *, gap_days: int | None = None, excluded: bool = False
    ) -> np.ndarray:
        """Which rows look back on a mention of each topic; bool, shape (rows, topics).

        Parameters
        ----------
        topics
            Topic ids, one a column.
        gap_days
            Days between the last mention counted and the month; the setting by default. Minus
            one counts mentions within the month itself (never to be reported, only shown).
        excluded
            Whether cancellation talk counts too.
        """
        seen = self.mentions if excluded else self.mentions[~self.mentions["excluded"]]
        codes = seen["code"].to_numpy()
        low, high = self.window(seen["time"].to_numpy(), gap_days)
        topic = seen["topic_id"].to_numpy()
        names = list(topics)
        table = np.zeros((self.rows, len(names)), bool, order="F")
        for column, name in enumerate(names):
            own = topic == name
            table[:, column] = self.counts(codes[own], low[own], high[own]) > 0
        return table

    def prior_contacts(self, gap_days: int | None = None) -> np.ndarray:
        """Pieces of feedback from before the window, shape (rows,)."""
        gap = self.params.gap_days if gap_days is None else max(gap_days, 0)
        seen = self.mentions[~self.mentions["excluded"]]
        _, high = self.lagged(seen["time"].to_numpy(), gap)
        return self.counts(seen["code"].to_numpy(), high, np.full(len(high), len(self.starts)))

    def without(self, topics: Iterable[str]) -> PersonPeriods:
        """Return the same rows with all mentions of these topics kept apart as cancellation talk.

        What nearly is the outcome takes from other topics what is theirs, as a column of its own
        and as other feedback.
        """
        apart = self.mentions["topic_id"].isin(list(topics)).to_numpy()
        if not apart.any():
            return self
        seen = self.mentions.assign(excluded=self.mentions["excluded"].to_numpy(bool) | apart)
        return replace(self, mentions=seen)

    def churners(self, exposed: np.ndarray) -> np.ndarray:
        """Distinct customers who left while exposed, a column each (one event a customer)."""
        return exposed[self.event].sum(axis=0)

    def customers(self, exposed: np.ndarray) -> np.ndarray:
        """Distinct customers exposed at any time, a column each."""
        return np.array(
            [len(np.unique(self.customer[column])) for column in exposed.T], dtype=np.int64
        )


def person_periods(
    customers: pd.DataFrame,
    mentions: Mentions,
    usage: pd.DataFrame | None = None,
    *,
    params: Params,
    segments: Segments = DEFAULT_SEGMENTS,
) -> PersonPeriods:
    """Build customers x months at risk, left-truncated at the beginning of observation.

    Parameters
    ----------
    customers
        One row a contract: customer_id, started_at, ended_at, ended_reason, monthly_revenue.
    mentions
        What customers raised, and when it could be known.
    usage
        customer_id, period_start and columns of numbers, where usage is known.
    params
        Window and gap in days, observation, smallest cells.
    segments
        Which columns of the customers are dimensions.

    Raises
    ------
    DataError
        When no customer has a start date, none of the customers gave feedback, or nobody is
        observed.
    """
    seen = observation(mentions.frame["time"], params)
    starts = seen.starts
    people, balance, dimensions = people_at_risk(customers, seen, params, segments)
    if people.empty:
        raise DataError(
            f"customers: none of {len(customers):,} is a customer between "
            f"{seen.begin:%Y-%m-%d} and {seen.end - pd.Timedelta(days=1):%Y-%m-%d}, the span of "
            "the feedback. Check the dates, or set observed_from and observed_to."
        )
    frame = mentions.frame
    code = pd.Index(people["customer_id"]).get_indexer(pd.Index(frame["customer_id"]))
    everyone = set(customers["customer_id"].dropna().astype(str))
    if not everyone & set(frame["customer_id"].unique()):
        raise DataError(
            "feedback and customers have no customer in common: "
            f"{frame['customer_id'].nunique():,} in feedback, {len(everyone):,} in customers. "
            "Check that both name customers by the same key."
        )
    length = (people["last"] - people["first"] + 1).to_numpy()
    people["offset"] = np.concatenate([[0], np.cumsum(length)[:-1]])
    customer = np.repeat(np.arange(len(people)), length)
    month = np.arange(length.sum()) - np.repeat(people["offset"].to_numpy(), length)
    month = month + np.repeat(people["first"].to_numpy(), length)
    event = np.zeros(len(customer), bool)
    left = people["leaves"].to_numpy()
    event[(people["offset"].to_numpy() + length - 1)[left]] = True
    days = (starts[month] - people["started"].to_numpy()[customer]) / _DAY
    lag = int(np.ceil((params.window_days + params.gap_days) / _MONTH)) + 1
    strangers = int((~frame["customer_id"].isin(everyone)).sum())
    return PersonPeriods(
        n=len(people),
        checks=_checks(customers, people, seen, event, mentions, strangers, balance),
        people=people,
        starts=starts,
        begin=seen.begin,
        end=seen.end,
        days=_days(people, seen, customer, month),
        customer=customer,
        month=month,
        event=event,
        tenure=np.maximum(days, 0.0) / _MONTH,
        usage=usage_features(usage, people, starts, customer, month),
        usage_before=usage_features(usage, people, starts, customer, month, lag=lag),
        mentions=frame.assign(code=code)[code >= 0].reset_index(drop=True),
        kind=mentions.kind,
        doubtful=mentions.doubtful,
        balance=balance,
        dimensions=dimensions,
        params=params,
    )


def _borders(
    starts: np.ndarray, begin: pd.Timestamp, end: pd.Timestamp
) -> tuple[np.ndarray, np.ndarray]:
    """First day observed of each calendar month, and the day after the last."""
    after = (pd.DatetimeIndex(starts) + pd.offsets.MonthBegin(1)).to_numpy("datetime64[ns]")
    return np.maximum(starts, begin.to_datetime64()), np.minimum(after, end.to_datetime64())


def _days(
    people: pd.DataFrame, seen: Observation, customer: np.ndarray, month: np.ndarray
) -> np.ndarray:
    """Days of each month on which the customer could have left, and be seen to; at least half."""
    low, high = _borders(seen.starts, seen.begin, seen.end)
    otherwise = people["ended"].mask(people["voluntary"]).to_numpy("datetime64[ns]")
    joined, ended = people["started"].to_numpy("datetime64[ns]"), np.where(
        np.isnat(otherwise), seen.end.to_datetime64(), otherwise
    )  # fmt: skip
    span = np.minimum(high[month], ended[customer]) - np.maximum(low[month], joined[customer])
    return np.maximum(span / _DAY, 0.5)


def _checks(
    customers: pd.DataFrame,
    people: pd.DataFrame,
    seen: Observation,
    event: np.ndarray,
    mentions: Mentions,
    strangers: int,
    balance: pd.DataFrame,
) -> tuple[Check, ...]:
    begin, end = seen.begin, seen.end
    inside = people["ended"].between(begin, end, inclusive="left") & people["voluntary"]
    total, built = int(inside.sum()), int(event.sum())
    times = mentions.frame["time"]
    stray = int((~times.between(begin, end + pd.Timedelta(days=1), inclusive="left")).sum())
    returned = int(people["returned"].sum())
    unknown = strangers / max(len(mentions.frame), 1)
    reason = "ended_reason" in customers and customers["ended_reason"].notna().any()
    return (
        Check(
            _("leavers add up"),
            total == built and int(balance["customers"].sum()) == len(customers),
            _(
                "{built} leavers in the table, {total} in the input; {counted} of "
                "{rows} customer rows accounted for",
                built=built,
                total=total,
                counted=int(balance["customers"].sum()),
                rows=len(customers),
            ),
        ),
        Check(
            _("feedback matches customers"),
            unknown <= 0.2,
            _(
                "{strangers} of {pieces} pieces name a customer that the customer table "
                "lacks; {anonymous} more name nobody",
                strangers=number(strangers),
                pieces=number(len(mentions.frame)),
                anonymous=number(mentions.anonymous),
            ),
        ),
        Check(
            _("feedback lies within the days observed"),
            stray <= 0.05 * max(len(times), 1),
            _(
                "{stray} of {times} pieces are dated outside of them",
                stray=number(stray),
                times=number(len(times)),
            ),
        ),
        Check(
            _("nobody left and came back"),
            returned <= 0.05 * max(built, 1),
            _(
                "{returned} customers came back after more than a month without a "
                "contract; their leaving in between is not counted as leaving",
                returned=number(returned),
            ),
        ),
        Check(
            _("reason for leaving"),
            None,
            _("only voluntary endings count as leaving; others end the observation")
            if reason
            else _("the customers have no ended_reason, so every ending counts as voluntary"),
        ),
    )
