"""Customers, their monthly usage, what they mention, and when they leave, with known odds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.synthetic.topics import CHANNELS, LEAK, NULL, POLARITY, TOPICS, topic_weights
from insights.synthetic.truth import ChurnTruth

__all__ = ["MONTHS", "ORIGIN", "RELEASE", "Firm", "simulate_firm"]

ORIGIN = pd.Timestamp("2024-01-01")
MONTHS = pd.date_range(ORIGIN, periods=25, freq="MS")  # the last one is the end of the window
RELEASE = pd.Timestamp("2025-03-11")  # version 4.0
_DAYS = (MONTHS - ORIGIN).days.to_numpy().astype(float)  # first day of each month

LOG_ODDS = {"billing": float(np.log(2.0)), "support": float(np.log(1.5))}
WINDOW_DAYS, GAP_DAYS = 90, 14
INTERCEPT, TENURE, USAGE, USAGE_TREND, INVOLUNTARY = -3.86, -0.22, -0.60, -0.25, 0.0025
PLAN = {"starter": 0.35, "team": 0.0, "business": -0.25, "enterprise": -0.60}
USAGE_CENTRE, USAGE_SCALE = 55.0, 14.0
_REGIONS = {"North America": 0.30, "Europe": 0.30, "China": 0.26, "Asia-Pacific": 0.14}
_SEGMENTS = {
    "starter": (0.70, 0.27, 0.03, 0.0),
    "team": (0.25, 0.55, 0.17, 0.03),
    "business": (0.05, 0.35, 0.45, 0.15),
    "enterprise": (0.0, 0.05, 0.35, 0.60),
}
_SEGMENT_NAMES = np.array(["start-up", "small business", "mid-market", "large enterprise"])
_REVENUE = {"starter": 90.0, "team": 320.0, "business": 1150.0, "enterprise": 4200.0}
_SEATS = {"starter": 12, "team": 45, "business": 160, "enterprise": 700}


@dataclass(frozen=True, kw_only=True)
class Firm:
    """The firm's tables as they really are, before any file is written."""

    customers: pd.DataFrame
    usage: pd.DataFrame
    mentions: pd.DataFrame  # customer, day (from ORIGIN), channel, polarity, topic


def simulate_firm(
    rng: np.random.Generator, *, customers: int = 4000, messages: float = 14_600
) -> tuple[Firm, ChurnTruth]:
    """Draw customers month by month: usage, exposure, endings, then what they write.

    `messages` is the expected number of messages in tickets, surveys and chats together; the
    cancellation survey comes on top.
    """
    people = _people(rng, customers)
    latent = _latent_usage(rng, customers)
    plan = people["plan"].map(PLAN).to_numpy()
    start = people["start_day"].to_numpy()
    end = np.full(customers, np.inf)
    voluntary = np.zeros(customers, dtype=bool)
    rate = _contact_rates(rng, people) * messages / customers
    log = _Log()
    rows = []
    for month in range(24):
        first, following = _DAYS[month], _DAYS[month + 1]
        at_risk = (start <= first) & (end == np.inf)
        months = np.maximum(first - start, 0) / 30.4375
        level = latent[:, month]  # of the month before: column 0 is December 2023
        known = (start < _DAYS[max(month - 1, 0)]) & (month > 0)
        trend = np.where(known, level - latent[:, max(month - 1, 0)], 0.0)
        exposed = log.exposures(first, customers)
        logit = INTERCEPT + plan + TENURE * (np.log1p(months) - 2.5)
        logit = logit + USAGE * level + USAGE_TREND * trend
        for topic, size in LOG_ODDS.items():
            logit = logit + size * exposed[topic]
        hazard = 1 / (1 + np.exp(-logit))
        draw = rng.random(customers)
        leaves = at_risk & (draw < hazard)
        removed = at_risk & ~leaves & (draw > 1 - INVOLUNTARY)
        day = first + np.floor(rng.random(customers) * (following - first))
        end = np.where(leaves | removed, day, end)
        voluntary |= leaves
        rows.append(
            pd.DataFrame(
                {
                    "customer": np.flatnonzero(at_risk),
                    "period_start": MONTHS[month],
                    "tenure_months": months[at_risk],
                    "usage": level[at_risk],
                    "usage_trend": trend[at_risk],
                    **{f"exposed_{name}": flag[at_risk] for name, flag in exposed.items()},
                    "hazard": hazard[at_risk],
                    "churned": leaves[at_risk],
                }
            )
        )
        present = (start < following) & (end > first)
        opens, closes = np.maximum(start, first), np.minimum(end, following)
        share = np.where(present, (closes - opens) / (following - first), 0.0)
        counts = rng.poisson(rate * share * np.exp(0.2 * latent[:, month + 1]))
        who = np.repeat(np.arange(customers), counts)
        when = opens[who] + rng.random(len(who)) * (closes - opens)[who]
        log.add(rng, people, who, when, latent[who, month + 1])
    log.add_exits(rng, start, end, voluntary)
    table = people.assign(
        ended_at=ORIGIN + pd.to_timedelta(np.where(np.isinf(end), np.nan, end), unit="D"),
        ended_reason=np.where(np.isinf(end), None, np.where(voluntary, "voluntary", "involuntary")),
    )
    usage = _usage_table(rng, latent, start, end)
    firm = Firm(customers=table, usage=usage, mentions=log.table())
    names = people["customer_id"].to_numpy()
    person_months = pd.concat(rows, ignore_index=True)
    person_months.insert(0, "customer_id", names[person_months.pop("customer")])
    return firm, _truth(person_months)


def _truth(person_months: pd.DataFrame) -> ChurnTruth:
    return ChurnTruth(
        log_odds=dict(LOG_ODDS),
        null_topic=NULL,
        leak_topic=LEAK,
        window_days=WINDOW_DAYS,
        gap_days=GAP_DAYS,
        intercept=INTERCEPT,
        plan=dict(PLAN),
        tenure=TENURE,
        usage=USAGE,
        usage_trend=USAGE_TREND,
        usage_centre=USAGE_CENTRE,
        usage_scale=USAGE_SCALE,
        involuntary=INVOLUNTARY,
        person_months=person_months,
    )


def _people(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Customers in the order of their number; six in ten were there before the window."""
    plans = np.array(list(PLAN))
    plan = plans[rng.choice(4, n, p=[0.34, 0.36, 0.22, 0.08])]
    segment = np.empty(n, dtype=int)
    for name, share in _SEGMENTS.items():
        chosen = plan == name
        segment[chosen] = rng.choice(4, int(chosen.sum()), p=share)
    before = rng.random(n) < 0.6
    start = np.where(
        before, -np.floor(1 + rng.exponential(420, n) % 1700), np.floor(rng.random(n) * 700)
    )
    typical = pd.Series(plan).map(_REVENUE).to_numpy()
    seats = pd.Series(plan).map(_SEATS).to_numpy() * np.exp(rng.normal(0, 0.45, n))
    regions = np.array(list(_REGIONS))
    frame = pd.DataFrame(
        {
            "plan": plan,
            "segment": _SEGMENT_NAMES[segment],
            "region": regions[rng.choice(len(regions), n, p=list(_REGIONS.values()))],
            "seats": np.maximum(seats.round(), 1).astype(int),
            "monthly_revenue": (typical * np.exp(rng.normal(-0.06, 0.35, n))).round(2),
            "start_day": start,
        }
    ).sort_values("start_day", kind="stable", ignore_index=True)
    frame.insert(0, "customer_id", [f"C{10_000 + 7 * i}" for i in range(n)])
    frame["started_at"] = ORIGIN + pd.to_timedelta(frame["start_day"], unit="D")
    return frame


def _latent_usage(rng: np.random.Generator, n: int) -> np.ndarray:
    """Standardised usage, shape (customers, 25): a lasting level plus an AR(1); column 0 is
    the month before the window.
    """
    lasting = rng.normal(0, 0.8, n)
    state = rng.normal(0, 0.6, n)
    columns = []
    for _ in range(25):
        columns.append(lasting + state)
        state = 0.7 * state + rng.normal(0, 0.6 * np.sqrt(1 - 0.49), n)
    # rounded as the file shows it, so that the hazard uses exactly what can be read
    score = np.clip(np.round(USAGE_CENTRE + USAGE_SCALE * np.column_stack(columns), 1), 0, 100)
    return (score - USAGE_CENTRE) / USAGE_SCALE


def _contact_rates(rng: np.random.Generator, people: pd.DataFrame) -> np.ndarray:
    """Messages a month, relative: most customers are silent, a few write a lot."""
    chatty = np.where(people["region"] == "China", 1.55, 1.0)
    rate = rng.gamma(1.1, 1 / 1.1, len(people)) * chatty
    return rate / 17.6  # messages for each customer asked for, over the months they are there


def _usage_table(
    rng: np.random.Generator, latent: np.ndarray, start: np.ndarray, end: np.ndarray
) -> pd.DataFrame:
    """One row a customer and month in which they were there, also for December 2023."""
    months = pd.DatetimeIndex([ORIGIN - pd.offsets.MonthBegin(1), *MONTHS[:24]])
    first = (months - ORIGIN).days.to_numpy().astype(float)
    following = np.append(first[1:], _DAYS[24])
    there = (start[:, None] < following[None, :]) & (end[:, None] >= first[None, :])
    who, month = np.nonzero(there)
    level = latent[who, month]
    length = (following - first)[month].astype(int)
    return pd.DataFrame(
        {
            "customer": who,
            "period_start": months[month],
            "adoption_score": np.round(USAGE_CENTRE + USAGE_SCALE * level, 1),
            "active_days": rng.binomial(length, 1 / (1 + np.exp(-(0.5 + 0.5 * level)))),
        }
    )


class _Log:
    """Who mentioned what, when; grows month by month."""

    def __init__(self) -> None:
        self.parts: list[pd.DataFrame] = []
        self.who = np.empty(0, dtype=int)
        self.when = np.empty(0)
        self.topic = np.empty(0, dtype=int)

    def exposures(self, first: float, customers: int) -> dict[str, np.ndarray]:
        """Say for each topic and customer whether the window before the period has a mention."""
        opens, closes = first - GAP_DAYS - WINDOW_DAYS, first - GAP_DAYS
        hit = (self.when > opens) & (self.when <= closes)
        counts = np.zeros((len(TOPICS), customers), dtype=int)
        np.add.at(counts, (self.topic[hit], self.who[hit]), 1)
        return {name: counts[place] > 0 for place, name in enumerate(TOPICS)}

    def add(
        self,
        rng: np.random.Generator,
        people: pd.DataFrame,
        who: np.ndarray,
        when: np.ndarray,
        level: np.ndarray,
    ) -> None:
        """Add messages: channel by region, polarity by channel, topic by all of it."""
        china = (people["region"] == "China").to_numpy()[who]
        draw = rng.random(len(who))
        channel = np.where(
            china,
            np.where(draw < 0.68, "chat", np.where(draw < 0.88, "ticket", "survey")),
            np.where(draw < 0.63, "ticket", "survey"),
        )
        when = np.floor(when * 86_400) / 86_400
        polarity, topic = _subjects(rng, channel, when, level)
        self._append(who, when, channel, polarity, topic)

    def add_exits(
        self, rng: np.random.Generator, start: np.ndarray, end: np.ndarray, voluntary: np.ndarray
    ) -> None:
        """Let half of those who leave fill in the cancellation survey, days before the end."""
        who = np.flatnonzero(voluntary & (rng.random(len(end)) < 0.55))
        when = np.maximum(end[who] - rng.random(len(who)) * 12, start[who])
        when = np.floor(np.maximum(when, 0.01) * 86_400) / 86_400
        channel = np.full(len(who), "exit")
        polarity, topic = _subjects(rng, channel, when, np.zeros(len(who)))
        self._append(who, when, channel, polarity, topic)

    def _append(self, who, when, channel, polarity, topic) -> None:
        if channel.size and channel[0] != "exit":
            self.who = np.append(self.who, who)
            self.when = np.append(self.when, when)
            self.topic = np.append(self.topic, topic)
        self.parts.append(
            pd.DataFrame(
                {
                    "customer": who,
                    "day": when,
                    "channel": channel.astype(object),
                    "polarity": polarity - 1,
                    "topic": np.array(TOPICS, dtype=object)[topic],
                }
            )
        )

    def table(self) -> pd.DataFrame:
        return pd.concat(self.parts, ignore_index=True)


def _subjects(
    rng: np.random.Generator, channel: np.ndarray, when: np.ndarray, level: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draw polarity (0, 1, 2) and topic index of each message."""
    surged = when >= (RELEASE - ORIGIN).days
    polarity = np.zeros(len(channel), dtype=int)
    weights = np.zeros((len(channel), len(TOPICS)))
    mood = rng.random(len(channel))
    for name in CHANNELS:
        chosen = channel == name
        negative, neutral, _ = POLARITY[name]
        polarity[chosen] = np.searchsorted([negative, negative + neutral], mood[chosen])
        for late in (False, True):
            rows = chosen & (surged == late)
            weights[rows] = topic_weights(name, surged=late)[polarity[rows]]
    weights[:, TOPICS.index(NULL)] *= np.exp(-1.1 * level)
    edges = np.cumsum(weights, axis=1)
    topic = (rng.random(len(channel))[:, None] * edges[:, -1:] > edges).sum(axis=1)
    return polarity, topic
