"""The firm 'Lumen Office' as frames, and everything that was planted in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.synthetic.feedback import write_feedback
from insights.synthetic.firm import Firm, simulate_firm
from insights.synthetic.initiatives import initiatives
from insights.synthetic.market import market_series
from insights.synthetic.topics import POLARITY, RELEASE, SURGE, TOPICS, expected_polarity
from insights.synthetic.truth import MixTruth, SurgeTruth, Truth

__all__ = ["Frames", "lumen_office"]

_ATTRIBUTED, _REVIEWS = 0.735, 0.22  # of all feedback; the rest is the cancellation survey


@dataclass(frozen=True, kw_only=True)
class Frames:
    """The generated tables, one row a row of a file (not yet in anybody's format)."""

    feedback: pd.DataFrame
    customers: pd.DataFrame
    usage: pd.DataFrame
    market: pd.DataFrame
    initiatives: pd.DataFrame


def lumen_office(
    *, seed: int = 7, customers: int = 4000, feedback: int = 20_000
) -> tuple[Frames, Truth]:
    """Generate the firm; equal arguments give equal frames."""
    # the 13 is arbitrary, taken so that the draw of the default seed lies near its expectation
    people_rng, words_rng, market_rng, file_rng = (
        np.random.default_rng(part) for part in np.random.SeedSequence([seed, 13]).spawn(4)
    )
    firm, churn = simulate_firm(people_rng, customers=customers, messages=_ATTRIBUTED * feedback)
    rows, personal, decoys = write_feedback(words_rng, firm, reviews=_REVIEWS * feedback)
    market, series = market_series(market_rng)
    revenue = firm.customers.set_index("customer_id")["monthly_revenue"]
    plans, returns = initiatives(churn.person_months, revenue)
    people, broken = _broken(file_rng, firm.customers)
    usage = _usage(file_rng, firm)
    known = set(people["customer_id"])
    unknown = sorted(set(rows["customer_id"].dropna()) - known)
    names = ["source", "line", "feedback_id", "customer_id", "created_at", "channel", "kind"]
    names += ["duplicate_of", "language", "topic", "polarity", "second_topic"]
    names += ["second_polarity", "typo", "markup"]
    truth = Truth(
        seed=seed,
        records=rows[names].copy(),
        personal=personal,
        decoys=decoys,
        surge=_surge(rows),
        mix=_mix(rows),
        churn=churn,
        series=series,
        initiatives=returns,
        unknown_customers=tuple(unknown),
        broken_customers=broken,
        topics=TOPICS,
    )
    return (
        Frames(feedback=rows, customers=people, usage=usage, market=market, initiatives=plans),
        truth,
    )


def _surge(rows: pd.DataFrame) -> SurgeTruth:
    genuine = rows.loc[rows["kind"] == "message"]
    late = genuine["created_at"] >= RELEASE.tz_localize("UTC")
    hit = genuine["topic"] == SURGE
    return SurgeTruth(
        topic=SURGE,
        release=RELEASE,
        version="4.0",
        share_before=float(hit[~late].mean()),
        share_after=float(hit[late].mean()),
        n_before=int((~late).sum()),
        n_after=int(late.sum()),
    )


def _mix(rows: pd.DataFrame) -> MixTruth:
    genuine = rows.loc[rows["kind"] == "message"]
    month = genuine["created_at"].dt.strftime("%Y-%m")
    counts = genuine.groupby([month, "channel"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=list(POLARITY), fill_value=0)
    moods = np.array([expected_polarity(name) for name in counts.columns])
    sums = genuine.assign(polarity=genuine["polarity"].astype(float))
    drawn = sums.groupby([month, "channel"])["polarity"].mean().unstack().reindex_like(counts)
    shares = counts.sum() / counts.to_numpy().sum()
    months = counts.add_prefix("n_")
    months["raw_expected"] = counts.to_numpy() @ moods / counts.sum(axis=1).to_numpy()
    months["raw"] = sums.groupby(month)["polarity"].mean()
    present = drawn.notna().to_numpy() * shares.to_numpy()
    months["adjusted"] = (drawn.fillna(0).to_numpy() * present).sum(1) / present.sum(1)
    months.index.name = "month"
    return MixTruth(
        growing_channel="review",
        channel_sentiment={name: expected_polarity(name) for name in POLARITY},
        months=months.reset_index(),
        raw_first_quarter=float(months["raw_expected"].iloc[:3].mean()),
        raw_last_quarter=float(months["raw_expected"].iloc[-3:].mean()),
        adjusted_first_quarter=float(shares.to_numpy() @ moods),
        adjusted_last_quarter=float(shares.to_numpy() @ moods),
    )


def _broken(rng: np.random.Generator, people: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Blank some revenues, and add three customers who end before they start."""
    frame = people.drop(columns="start_day")
    blank = rng.random(len(frame)) < 0.008
    frame["monthly_revenue"] = frame["monthly_revenue"].mask(blank)
    extra = frame.iloc[:3].assign(
        customer_id=["C9001", "C9002", "C9003"],
        started_at=pd.to_datetime(["2025-02-01", "2024-09-15", "2025-06-03"]),
        ended_at=pd.to_datetime(["2024-12-31", "2024-08-15", "2025-03-06"]),
        ended_reason="voluntary",
    )
    return pd.concat([frame, extra], ignore_index=True), tuple(extra["customer_id"])


def _usage(rng: np.random.Generator, firm: Firm) -> pd.DataFrame:
    """The usage table with customer ids; a few values are missing."""
    usage = firm.usage
    names = firm.customers["customer_id"].to_numpy()
    frame = usage.drop(columns="customer").astype({"active_days": "float64"})
    frame.insert(0, "customer_id", names[usage["customer"].to_numpy()])
    frame["active_days"] = frame["active_days"].mask(rng.random(len(frame)) < 0.01)
    return frame.sort_values(["period_start", "customer_id"], ignore_index=True)
