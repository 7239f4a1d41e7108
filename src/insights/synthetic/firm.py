"""When customers leave: a monthly hazard with known odds, and the months it was drawn in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.synthetic.mentions import GAP_DAYS, WINDOW_DAYS, MentionLog
from insights.synthetic.people import (
    DAYS,
    MONTHS,
    ORIGIN,
    PLAN,
    USAGE_CENTRE,
    USAGE_SCALE,
    contact_rates,
    draw_people,
    latent_usage,
    usage_table,
)
from insights.synthetic.topics import LEAK, NULL
from insights.synthetic.truth import ChurnTruth

__all__ = ["LOG_ODDS", "Firm", "simulate_firm"]

LOG_ODDS = {"billing": float(np.log(2.0)), "support": float(np.log(1.5))}
INTERCEPT, TENURE, USAGE, USAGE_TREND, INVOLUNTARY = -3.86, -0.22, -0.60, -0.25, 0.0025


@dataclass(frozen=True, kw_only=True)
class Firm:
    """The firm's tables as they really are, before any file is written."""

    customers: pd.DataFrame
    usage: pd.DataFrame
    mentions: pd.DataFrame  # customer, day (from ORIGIN), channel, polarity, topic


def simulate_firm(
    rng: np.random.Generator, *, customers: int = 4000, messages: float = 14_600
) -> tuple[Firm, ChurnTruth]:
    """Draw customers month by month: exposure, endings, then what they write.

    `messages` is the expected number of messages in tickets, surveys and chats together; the
    cancellation survey comes on top.
    """
    people = draw_people(rng, customers)
    latent = latent_usage(rng, customers)
    rate = contact_rates(rng, people) * messages / customers
    china = (people["region"] == "China").to_numpy()
    start = people["start_day"].to_numpy()
    end = np.full(customers, np.inf)
    voluntary = np.zeros(customers, dtype=bool)
    log = MentionLog()
    rows = []
    for month in range(24):
        first, following = DAYS[month], DAYS[month + 1]
        features = _features(people, latent, month)
        exposed = log.exposures(first, customers)
        hazard = _hazard(people, features, exposed)
        at_risk = (start <= first) & np.isinf(end)
        draw = rng.random(customers)
        leaves = at_risk & (draw < hazard)
        removed = at_risk & ~leaves & (draw > 1 - INVOLUNTARY)
        day = first + np.floor(rng.random(customers) * (following - first))
        end = np.where(leaves | removed, day, end)
        voluntary |= leaves
        seen = pd.DataFrame(exposed).add_prefix("exposed_").assign(hazard=hazard, churned=leaves)
        names = people[["customer_id"]].assign(period_start=MONTHS[month])
        rows.append(pd.concat([names, features, seen], axis=1)[at_risk])
        opens, closes = np.maximum(start, first), np.minimum(end, following)
        share = np.maximum(closes - opens, 0) / (following - first)
        counts = rng.poisson(rate * share * np.exp(0.2 * latent[:, month + 1]))
        who = np.repeat(np.arange(customers), counts)
        when = opens[who] + rng.random(len(who)) * (closes - opens)[who]
        log.add(rng, china[who], who, when, latent[who, month + 1])
    log.add_exits(rng, start, end, voluntary)
    ended = np.where(np.isinf(end), np.nan, end)
    reason = np.where(voluntary, "voluntary", "involuntary")
    table = people.assign(
        ended_at=ORIGIN + pd.to_timedelta(ended, unit="D"),
        ended_reason=pd.Series(reason).where(np.isfinite(end), None),
    )
    usage = usage_table(rng, latent, start, end)
    firm = Firm(customers=table, usage=usage, mentions=log.table())
    return firm, _truth(pd.concat(rows, ignore_index=True))


def _features(people: pd.DataFrame, latent: np.ndarray, month: int) -> pd.DataFrame:
    """What is known of each customer at the start of the month (column 0: December 2023)."""
    start = people["start_day"].to_numpy()
    before = max(month - 1, 0)
    known = (start < DAYS[before]) & (month > 0)
    level = latent[:, month]
    return pd.DataFrame(
        {
            "tenure_months": np.maximum(DAYS[month] - start, 0) / 30.4375,
            "usage": level,
            "usage_trend": np.where(known, level - latent[:, before], 0.0),
        }
    )


def _hazard(
    people: pd.DataFrame, features: pd.DataFrame, exposed: dict[str, np.ndarray]
) -> np.ndarray:
    logit = INTERCEPT + people["plan"].map(PLAN) + USAGE * features["usage"]
    logit = logit + TENURE * (np.log1p(features["tenure_months"]) - 2.5)
    logit = logit + USAGE_TREND * features["usage_trend"]
    for topic, size in LOG_ODDS.items():
        logit = logit + size * exposed[topic]
    return (1 / (1 + np.exp(-logit))).to_numpy()


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
