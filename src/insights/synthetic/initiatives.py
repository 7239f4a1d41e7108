"""Six improvements under discussion, with the return each would really have."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
import pandas as pd

from insights.synthetic.firm import LOG_ODDS
from insights.synthetic.truth import Initiative

__all__ = ["initiatives", "returns"]

HORIZON_MONTHS, DISCOUNT_RATE, GROSS_MARGIN = 24, 0.10, 0.70


class _Plan(NamedTuple):
    """What the file says, and the true topics behind the words it uses."""

    key: str
    title: str
    words: str  # as in the file: matched against topic labels and keywords
    topics: tuple[str, ...]
    once: tuple[float, float, float]
    monthly: tuple[float, float, float]
    claimed: tuple[float, float, float]
    weeks: float
    owner: str
    perspective: str


_PLANS = (
    _Plan(
        "I1",
        "Explain every invoice line before it is sent",
        "invoice",
        ("billing",),
        (3_000, 5_000, 9_000),
        (50, 90, 160),
        (0.25, 0.40, 0.60),
        4,
        "finance",
        "customer",
    ),
    _Plan(
        "I2",
        "Answer every support case within one day",
        "support desk",
        ("support",),
        (8_000, 12_000, 20_000),
        (5_000, 7_500, 10_000),
        (0.10, 0.22, 0.33),
        3,
        "support",
        "customer",
    ),
    _Plan(
        "I3",
        "Rewrite the sync engine of version 4.0",
        "sync",
        ("sync",),
        (25_000, 40_000, 70_000),
        (300, 600, 1_000),
        (0.05, 0.20, 0.40),
        24,
        "platform",
        "technical",
    ),
    _Plan(
        "I4",
        "Guided onboarding for new sites",
        "onboarding",
        ("onboarding",),
        (6_000, 10_000, 16_000),
        (100, 200, 350),
        (0.10, 0.25, 0.40),
        6,
        "growth",
        "business",
    ),
    _Plan(
        "I5",
        "One desk for invoices and support",
        "invoice;support desk",
        ("billing", "support"),
        (10_000, 16_000, 28_000),
        (300, 500, 900),
        (0.15, 0.30, 0.45),
        10,
        "operations",
        "business",
    ),
    _Plan(
        "I6",
        "New badge readers with mobile access",
        "badge",
        ("access",),
        (10_000, 16_000, 26_000),
        (150, 250, 400),
        (0.02, 0.10, 0.20),
        8,
        "hardware",
        "technical",
    ),
)


def returns(
    *, affected: float, hazard: float, reduction: float, margin: float, months: int, rate: float
) -> float:
    """Discounted margin kept by lowering a constant monthly hazard, in closed form.

    Of `affected` customers, (1 - h)^t are left after t months as it is, and
    (1 - h (1 - r))^t after the improvement. Each kept customer is worth `margin` a month::

        B = affected * margin * sum over t = 1..months of d^t [(1 - h (1 - r))^t - (1 - h)^t]
          = affected * margin * [G(d (1 - h (1 - r))) - G(d (1 - h))]

    with G(x) = x (1 - x^T) / (1 - x) for T months and d = (1 + rate)^(-1/12). No ramp, and no new
    customers become affected.
    """
    discount = (1 + rate) ** (-1 / 12)

    def total(ratio: float) -> float:
        return months if ratio == 1 else ratio * (1 - ratio**months) / (1 - ratio)

    staying, left = discount * (1 - hazard * (1 - reduction)), discount * (1 - hazard)
    return affected * margin * (total(staying) - total(left))


def initiatives(
    person_months: pd.DataFrame, revenue: pd.Series
) -> tuple[pd.DataFrame, dict[str, Initiative]]:
    """The table people discuss, and the truth: exposed customers, their hazard, the return.

    `revenue` is the monthly revenue by customer id. Fixing a topic of odds ratio k divides the
    odds of leaving of every exposed customer by k; the relative reduction of their mean hazard
    follows exactly, and is near 1 - 1/k. The margin is that of the customers who would be kept:
    small plans leave more often, so it lies below the mean. The benefit is that of removing the
    topic's whole effect at once, whatever effect the file claims.
    """
    truths = {plan.key: _return(plan, person_months, revenue) for plan in _PLANS}
    rows = [
        {
            "initiative_id": plan.key,
            "title": plan.title,
            "topics": plan.words,
            "cost_once": _range(plan.once),
            "cost_monthly": _range(plan.monthly),
            "effect": _range(plan.claimed),
            "effort": plan.weeks,
            "owner": plan.owner,
            "perspective": plan.perspective,
        }
        for plan in _PLANS
    ]
    return pd.DataFrame(rows), truths


def _return(plan: _Plan, person_months: pd.DataFrame, revenue: pd.Series) -> Initiative:
    exposed = person_months[[f"exposed_{name}" for name in plan.topics]]
    hit = exposed.any(axis=1)
    hazard = person_months.loc[hit, "hazard"].to_numpy()
    odds = hazard / (1 - hazard)
    for name in plan.topics:
        odds = odds / np.exp(LOG_ODDS.get(name, 0.0) * exposed.loc[hit, f"exposed_{name}"])
    saved = hazard - odds / (1 + odds)
    after, before = float(hazard.mean() - saved.mean()), float(hazard.mean())
    worth = person_months.loc[hit, "customer_id"].map(revenue).to_numpy()
    planted = any(name in LOG_ODDS for name in plan.topics)
    model = {
        "affected": float(hit.sum() / person_months["period_start"].nunique()),
        "hazard": before,
        "reduction": 1 - after / before if planted else 0.0,
        "margin": GROSS_MARGIN * float(np.average(worth, weights=saved if planted else hazard)),
    }
    discount = (1 + DISCOUNT_RATE) ** (-1 / 12)
    running = sum(discount**month for month in range(1, HORIZON_MONTHS + 1))
    cost = plan.once[1] + plan.monthly[1] * running
    benefit = returns(**model, months=HORIZON_MONTHS, rate=DISCOUNT_RATE)
    return Initiative(
        initiative_id=plan.key,
        topics=plan.topics,
        **model,
        cost=cost,
        benefit=benefit,
        bcr=benefit / cost,
        net_roi=benefit / cost - 1,
        horizon_months=HORIZON_MONTHS,
        discount_rate=DISCOUNT_RATE,
    )


def _range(values: tuple[float, float, float]) -> str:
    return json.dumps(dict(zip(("low", "mode", "high"), values, strict=True)))
