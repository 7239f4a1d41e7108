"""Customers who leave for planted reasons: the design of the methods page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

TOPICS = ("A", "B", "C", "D", "E", "F")
LOG_ODDS = {"A": 0.693, "B": 0.405, "C": 0.0, "D": 0.0, "E": 0.0, "F": 0.0}
RATES = {"A": 0.06, "B": 0.05, "C": 0.06, "D": 0.03, "F": 0.008}
WINDOW, GAP = 90, 14


@dataclass(frozen=True)
class Planted:
    log_odds: dict[str, float]
    excess: dict[str, float]
    money: dict[str, float]
    churners: int


def simulate(
    customers: int,
    months: int,
    rng: np.random.Generator,
    *,
    log_odds: dict[str, float] = LOG_ODDS,
    survey_channel: str = "email",
) -> tuple[dict[str, pd.DataFrame], Planted]:
    """Return (frames, Planted). D is a null that low usage confounds; E is only said on leaving."""
    starts = pd.date_range("2023-01-01", periods=months, freq="MS")
    day0 = (starts - starts[0]).days.to_numpy().astype(float)
    length = starts.days_in_month.to_numpy().astype(float)
    # two thirds were customers before observation began, the others join while it lasts
    joined = np.where(
        rng.random(customers) < 0.62,
        -rng.integers(0, 900, customers),
        rng.integers(0, int(day0[-1]), customers),
    ).astype(float)
    plan = rng.integers(0, 3, customers)
    segment = rng.integers(0, 2, customers)
    revenue = np.round(np.exp(rng.normal(3 + 0.6 * plan, 0.4)), 2)
    # usage, log scale: persistent, with a level of its own; one month before the first is known
    usage = np.empty((customers, months + 4))
    level = rng.normal(3.5, 0.6, customers)
    usage[:, 0] = level + rng.normal(0, 0.5, customers)
    for m in range(1, months + 4):
        usage[:, m] = level + 0.7 * (usage[:, m - 1] - level) + rng.normal(0, 0.4, customers)
    talk = np.exp(rng.normal(0, 0.5, customers))
    said = {}
    for topic, rate in RATES.items():
        chance = np.tile((rate * talk)[:, None], months)
        if topic == "D":
            chance = chance * np.exp(-1.3 * (usage[:, 4:] - 3.5))
        heard = rng.random((customers, months)) < np.minimum(chance, 0.9)
        day = day0 + rng.random((customers, months)) * length
        said[topic] = np.where(heard & (day >= joined[:, None]), day, np.nan)
    present = joined < 0
    ended = np.full(customers, np.nan)
    excess, money = dict.fromkeys(log_odds, 0.0), dict.fromkeys(log_odds, 0.0)
    for m in range(months):
        present |= (joined >= day0[m]) & (joined < day0[m] + length[m])
        tenure = np.maximum(day0[m] - joined, 0) / 30.4375
        eta = -4.0 + 0.3 * (plan == 0) - 0.3 * (plan == 2) + 0.2 * segment
        eta = eta - 0.25 * np.log1p(tenure) + 0.6 - 0.6 * (usage[:, m + 3] - 3.5)
        know = day0[m] - GAP
        exposed = {
            topic: ((days > know - WINDOW) & (days <= know)).any(axis=1)
            for topic, days in said.items()
        }
        full = eta + sum(log_odds[topic] * exposed[topic] for topic in exposed)
        chance = expit(full)
        for topic in exposed:
            gone = (chance - expit(full - log_odds[topic] * exposed[topic])) * present
            excess[topic] += float(gone.sum())
            money[topic] += float((gone * revenue).sum())
        leaves = present & (rng.random(customers) < chance)
        first = np.maximum(joined, day0[m])
        day = first + rng.random(customers) * (day0[m] + length[m] - first)
        ended[leaves] = np.floor(day[leaves])
        present &= ~leaves
    return _frames(starts, joined, ended, plan, segment, revenue, usage, said, rng,
                   survey_channel), Planted(
        dict(log_odds), excess, money, int(np.isfinite(ended).sum())
    )  # fmt: skip


def _frames(starts, joined, ended, plan, segment, revenue, usage, said, rng, survey_channel):
    zero = starts[0]
    ids = np.array([f"c{k:06d}" for k in range(len(joined))])
    frame = pd.DataFrame(
        {
            "customer_id": ids,
            "started_at": zero + pd.to_timedelta(np.floor(joined), unit="D"),
            "ended_at": zero + pd.to_timedelta(ended, unit="D"),
            "ended_reason": pd.Series(np.where(np.isfinite(ended), "voluntary", None)),
            "monthly_revenue": revenue,
            "plan": np.array(["basic", "pro", "enterprise"])[plan],
            "segment": np.array(["north", "south"])[segment],
        }
    )
    parts = []
    limit = np.where(np.isfinite(ended), ended, np.inf)
    for topic, days in said.items():
        who, month = np.nonzero(np.isfinite(days) & (days < limit[:, None]))
        parts.append(pd.DataFrame({"who": who, "day": days[who, month], "topic": topic}))
    left = np.flatnonzero(np.isfinite(ended) & (rng.random(len(ended)) < 0.4))
    begin = (starts.to_numpy()[None, :] <= frame["ended_at"].to_numpy()[left][:, None]).sum(1) - 1
    first = (starts - zero).days.to_numpy()[begin]
    parts.append(
        pd.DataFrame(
            {
                "who": left,
                "day": np.maximum(ended[left] - rng.random(len(left)) * 10, first),
                "topic": "E",
                "channel": survey_channel,
            }
        )
    )
    feedback = pd.concat(parts, ignore_index=True)
    feedback = pd.DataFrame(
        {
            "feedback_id": [f"f{k:07d}" for k in range(len(feedback))],
            "created_at": (zero + pd.to_timedelta(feedback["day"], unit="D"))
            .dt.floor("s")
            .dt.tz_localize("UTC"),
            "text": "words",
            "customer_id": ids[feedback["who"]],
            "channel": feedback["channel"].fillna("ticket"),
            "topic": feedback["topic"],
        }
    )
    who, month = np.nonzero(np.ones_like(usage, bool))
    periods = pd.DatetimeIndex(
        [starts[0] + k * pd.offsets.MonthBegin(1) for k in range(-4, 0)]
    ).append(starts)
    table = pd.DataFrame(
        {
            "customer_id": ids[who],
            "period_start": periods[month],
            "sessions": np.round(np.expm1(np.maximum(usage[who, month], 0.01)), 2),
        }
    )
    return {"customers": frame, "feedback": feedback, "usage": table}
