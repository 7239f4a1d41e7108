"""What the customers' history tells: how long it was observed, and how many leave a month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, special

from insights.messages import _, translated
from insights.settings import DEFAULT_LEVEL
from insights.stats.distributions import Beta, Distribution, Point, SplitNormal, Tabulated
from insights.stats.shrinkage import shrink

__all__ = ["Pool", "leaving", "mean_revenue", "monthly_pools", "observed_months"]

DAYS_A_MONTH = 30.4375


@dataclass(frozen=True)
class Pool:
    """Revenue a month that leaves in association with a topic; `estimated` is it unshrunk."""

    dist: Distribution
    estimated: Distribution


def observed_months(
    feedback: pd.DataFrame | None, customers: pd.DataFrame | None
) -> tuple[float, str]:
    """Months of 30.4375 days that churn was observed for, and where that is known from.

    Whole days: the day of the last record is not over, and does not count, unless all records
    are dated to the day.
    """
    if feedback is not None and len(feedback):
        times = pd.to_datetime(feedback["created_at"], utc=True).dropna()
        if len(times):
            return _months(times), _("the span of the feedback")
    if customers is not None and len(customers):
        dates = _dates(customers)
        if len(dates):
            return _months(dates), _("the span of the customers' dates")
    return float("nan"), _("no table with dates")


def monthly_pools(
    churn: pd.DataFrame, months: float
) -> tuple[dict[str, Pool | str], tuple[int, float]]:
    """Revenue a month of each topic, or the reason why it cannot be told; topics shrunk, spread.

    An estimate is a topic's revenue at risk, a total over the months observed, divided by them;
    its interval may reach below zero and is not cut there. The log odds ratios of all topics
    that the churn notebook tested are shrunk by their own standard errors, as one family, and
    revenue follows (`_revenue`). So neither the initiatives nor what is judged (kappa, effect) has
    a part in it. What has no odds ratio with an interval stays as estimated.
    """
    rows = {str(row["topic_id"]): row for row in churn.to_dict("records")}
    odds = {key: pair for key in sorted(rows) if (pair := _log_odds(rows[key])) is not None}
    found = dict[str, Pool | str]()
    shrunk = shrink(*np.array(list(odds.values())).T) if odds else None
    places = {key: place for place, key in enumerate(odds)}
    for key, row in rows.items():
        estimated = _estimated(row, months)
        if isinstance(estimated, str):
            found[key] = estimated
            continue
        dist = estimated
        if shrunk is not None and key in places and isinstance(estimated, SplitNormal):
            values = _revenue(shrunk.grid, *odds[key], estimated)
            dist = Tabulated(values, shrunk.chance[places[key]])
        found[key] = Pool(dist, estimated)
    return found, (len(odds), shrunk.between if shrunk is not None else float("nan"))


_Z = float(special.ndtri(0.5 + DEFAULT_LEVEL / 2))
_FAR = 5.0  # a log odds ratio beyond this ran away
_BENDS = (-1.0, 2.0)  # of revenue over the log odds ratio


def _revenue(log: np.ndarray, at: float, se: float, estimated: SplitNormal) -> np.ndarray:
    """Revenue at each log odds ratio: that estimated at the one estimated, nothing at 0.

    M + s (exp(c (log - at)) - 1) / c, with the slope s that gives M its own standard error, and
    the bend c with which it passes through 0 where nothing is associated: 1 where revenue grows
    as the odds do.
    """
    slope = (estimated.high - estimated.low) / 2 / _Z / se
    bend = 1.0
    if at * estimated.median > 0:
        steep = float(np.clip(slope * at / estimated.median, 1e-3, 15.0))
        bend = optimize.brentq(lambda u: 1 / special.exprel(-u) - steep, -20.0, 20.0) / at
    bend = float(np.clip(bend, *_BENDS))
    return estimated.median + slope * (log - at) * special.exprel(bend * (log - at))


def _log_odds(row: Mapping) -> tuple[float, float] | None:
    """Log odds ratio and standard error of a topic that was tested; None when there is none."""
    if str(row.get("status", "reported")) not in {"reported", "exploratory"}:
        return None
    own = [_number(row, "log_odds"), _number(row, "log_odds_se")]  # what the revenue rests on
    if np.all(np.isfinite(own)) and own[1] > 0:
        return (own[0], own[1]) if abs(own[0]) <= _FAR else None
    ratio, low, high = (_number(row, key) for key in ("odds_ratio", "low", "high"))
    if not (np.isfinite([ratio, low, high]).all() and 0 < low <= ratio <= high and low < high):
        return None
    log = float(np.log(ratio))
    return (log, float(np.log(high / low)) / 2 / _Z) if abs(log) <= _FAR else None


def _estimated(row: Mapping, months: float) -> Distribution | str:
    label, status = row.get("label", row["topic_id"]), str(row.get("status", "reported"))
    if status not in {"reported", "exploratory"}:
        return _(
            "topic '{label}' is {status} in the churn notebook",
            label=label,
            status=translated(status),
        )
    ratio = _number(row, "odds_ratio")
    if np.isfinite(ratio) and not np.exp(-_FAR) <= ratio <= np.exp(_FAR):
        return _(
            "topic '{label}' tells leavers from stayers so sharply that no size can be told",
            label=label,
        )
    money = [_number(row, key) for key in ("mrr_at_risk", "mrr_low", "mrr_high")]
    if not np.all(np.isfinite(money)):
        return _("no revenue with an interval is attached to topic '{label}'", label=label)
    own = _number(row, "observed_months")
    span = own if np.isfinite(own) else months
    if not span > 0:
        return _("it is not known over how many months churn was observed")
    estimate, low, high = (amount / span for amount in money)
    if low == high:
        return Point(estimate)
    return SplitNormal(estimate, min(low, estimate), max(high, estimate))


def _number(row: Mapping, key: str) -> float:
    value = row.get(key, np.nan)
    return float("nan") if value is None or pd.isna(value) else float(value)


def leaving(customers: pd.DataFrame | None, feedback: pd.DataFrame | None) -> Distribution | None:
    """Share of customers who leave a month, for any reason, in the days observed.

    Beta from counts: customers who left, of customer-days at risk in months of 30.4375 days.
    None without customers.
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
    over = last + pd.Timedelta(days=1)
    entry, stop = started.clip(lower=first), ended.fillna(over).clip(upper=over)
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


def _months(times: pd.Series) -> float:
    days = times.dt.normalize()
    whole = bool((times == days).all())
    return max(float((days.max() - days.min()).days) + whole, 1.0) / DAYS_A_MONTH
