"""What the customers' history tells: how long it was observed, and how many leave a month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from insights.stats.distributions import Beta, Distribution, Point, SplitNormal

__all__ = ["leaving", "mean_revenue", "monthly_pool", "observed_months"]

DAYS_A_MONTH = 365.25 / 12


def observed_months(
    feedback: pd.DataFrame | None, customers: pd.DataFrame | None
) -> tuple[float, str]:
    """Months that churn was observed for, and where that is known from; not-a-number if not."""
    if feedback is not None and len(feedback):
        times = pd.to_datetime(feedback["created_at"], utc=True).dropna()
        if len(times):
            return _months(times.min(), times.max()), "the span of the feedback"
    if customers is not None and len(customers):
        dates = _dates(customers)
        if len(dates):
            return _months(dates.min(), dates.max()), "the span of the customers' dates"
    return float("nan"), "no table with dates"


def monthly_pool(row: pd.Series, months: float) -> Distribution | str:
    """Revenue a month that leaves in association with a topic; a reason when it cannot be told.

    The estimate is the topic's revenue at risk, a total over the observed months, divided by
    them; its interval may reach below zero and is not cut there.
    """
    label, status = row.get("label", row["topic_id"]), str(row.get("status", "reported"))
    if status not in {"reported", "exploratory"}:
        return f"topic '{label}' is {status} in the churn notebook"
    money = [float(row.get(key, np.nan)) for key in ("mrr_at_risk", "mrr_low", "mrr_high")]
    if not np.all(np.isfinite(money)):
        return f"no revenue with an interval is attached to topic '{label}'"
    own = row.get("observed_months", np.nan)
    span = float(own) if pd.notna(own) else months
    if not span > 0:
        return "it is not known over how many months churn was observed"
    estimate, low, high = (amount / span for amount in money)
    if low == high:
        return Point(estimate)
    return SplitNormal(estimate, min(low, estimate), max(high, estimate))


def leaving(customers: pd.DataFrame | None, feedback: pd.DataFrame | None) -> Distribution | None:
    """Share of customers who leave a month, for any reason, in the observed months.

    Beta from counts: customers who left, of customer-months at risk. None without customers.
    """
    if customers is None or customers.empty or "ended_at" not in customers:
        return None
    started = pd.to_datetime(customers["started_at"])
    ended = pd.to_datetime(customers["ended_at"])
    dates = _dates(customers)
    first, last = dates.min(), dates.max()
    if feedback is not None and len(feedback):
        times = pd.to_datetime(feedback["created_at"], utc=True).dropna().dt.tz_localize(None)
        first, last = max(first, times.min().normalize()), max(last, times.max().normalize())
    entry, stop = started.clip(lower=first), ended.fillna(last).clip(upper=last)
    months = float(((stop - entry).dt.days / DAYS_A_MONTH).clip(lower=0).sum())
    left = int((ended.notna() & (ended >= first) & (ended <= last)).sum())
    return Beta.from_counts(min(left, months), months) if months > 0 else None


def mean_revenue(customers: pd.DataFrame | None) -> float:
    """Monthly revenue of a customer who is active; not-a-number when it is not known."""
    if customers is None or "monthly_revenue" not in customers:
        return float("nan")
    active = customers[customers["ended_at"].isna()] if "ended_at" in customers else customers
    return float(active["monthly_revenue"].astype(float).mean()) if len(active) else float("nan")


def _dates(customers: pd.DataFrame) -> pd.Series:
    columns = [name for name in ("started_at", "ended_at") if name in customers]
    return pd.concat([pd.to_datetime(customers[name]) for name in columns]).dropna()


def _months(first: pd.Timestamp, last: pd.Timestamp) -> float:
    """Calendar months from the first to the last, both counted whole, as churn counts them."""
    return float((last.year - first.year) * 12 + last.month - first.month + 1)
