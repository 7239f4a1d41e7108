"""Customers of the made-up firm: plan, segment, region, revenue, usage, talkativeness."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = [
    "DAYS",
    "MONTHS",
    "ORIGIN",
    "PLAN",
    "USAGE_CENTRE",
    "USAGE_SCALE",
    "contact_rates",
    "draw_people",
    "latent_usage",
    "usage_table",
]

ORIGIN = pd.Timestamp("2024-01-01")
MONTHS = pd.date_range(ORIGIN, periods=25, freq="MS")  # the last one is the end of the window
DAYS = (MONTHS - ORIGIN).days.to_numpy().astype(float)  # first day of each month

PLAN = {"starter": 0.35, "team": 0.0, "business": -0.25, "enterprise": -0.60}  # log odds of leaving
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


def draw_people(rng: np.random.Generator, n: int) -> pd.DataFrame:
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


def latent_usage(rng: np.random.Generator, n: int) -> np.ndarray:
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


def contact_rates(rng: np.random.Generator, people: pd.DataFrame) -> np.ndarray:
    """Messages a month, relative: most customers are silent, a few write a lot."""
    chatty = np.where(people["region"] == "China", 1.55, 1.0)
    rate = rng.gamma(1.1, 1 / 1.1, len(people)) * chatty
    return rate / 17.6  # messages for each customer asked for, over the months they are there


def usage_table(
    rng: np.random.Generator, latent: np.ndarray, start: np.ndarray, end: np.ndarray
) -> pd.DataFrame:
    """One row a customer and month in which they were there, also for December 2023."""
    months = pd.DatetimeIndex([ORIGIN - pd.offsets.MonthBegin(1), *MONTHS[:24]])
    first = (months - ORIGIN).days.to_numpy().astype(float)
    following = np.append(first[1:], DAYS[24])
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
