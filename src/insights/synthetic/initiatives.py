"""Six improvements under discussion, with the return each would really have."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from insights.synthetic.firm import LOG_ODDS
from insights.synthetic.truth import Initiative

__all__ = ["initiatives", "returns"]

# id, title, topics, cost once, cost monthly, claimed effect, weeks, owner, perspective
_PLANS = (
    ("I1", "Explain every invoice line before it is sent", "billing",
     (30_000, 45_000, 80_000), (1_500, 2_500, 4_000), (0.20, 0.35, 0.50), 14, "finance", "customer"),
    ("I2", "Answer every support case within one day", "support",
     (20_000, 35_000, 60_000), (9_000, 14_000, 20_000), (0.10, 0.22, 0.33), 10, "support", "customer"),
    ("I3", "Rewrite the sync engine of version 4.0", "sync",
     (180_000, 260_000, 420_000), (2_000, 4_000, 7_000), (0.05, 0.20, 0.40), 60, "platform", "technical"),
    ("I4", "Guided set-up for new sites", "onboarding",
     (40_000, 60_000, 90_000), (1_000, 2_000, 3_000), (0.10, 0.25, 0.40), 18, "growth", "business"),
    ("I5", "Billing and support in one customer desk", "billing;support",
     (90_000, 140_000, 230_000), (6_000, 9_000, 14_000), (0.15, 0.30, 0.45), 32, "operations", "business"),
    ("I6", "New badge readers with mobile access", "access",
     (60_000, 100_000, 170_000), (1_000, 1_500, 2_500), (0.02, 0.10, 0.20), 20, "hardware", "technical"),
)  # fmt: skip
HORIZON_MONTHS, DISCOUNT_RATE, GROSS_MARGIN = 24, 0.10, 0.80


def returns(
    *, affected: float, hazard: float, reduction: float, margin: float, months: int, rate: float
) -> float:
    """Discounted margin kept by lowering a constant monthly hazard, in closed form.

    Of `affected` customers, (1 - h)^t are left after t months as it is, and
    (1 - h (1 - r))^t after the improvement. Each kept customer is worth `margin` a month::

        B = affected * margin * sum over t = 1..months of d^t [(1 - h (1 - r))^t - (1 - h)^t]
          = affected * margin * [G(d (1 - h (1 - r))) - G(d (1 - h))],   G(x) = x (1 - x^T) / (1 - x)

    with d = (1 + rate)^(-1/12). No ramp, no new customers become affected.
    """
    discount = (1 + rate) ** (-1 / 12)

    def total(ratio: float) -> float:
        return months if ratio == 1 else ratio * (1 - ratio**months) / (1 - ratio)

    kept, left = discount * (1 - hazard * (1 - reduction)), discount * (1 - hazard)
    return affected * margin * (total(kept) - total(left))


def initiatives(
    person_months: pd.DataFrame, revenue: pd.Series
) -> tuple[pd.DataFrame, dict[str, Initiative]]:
    """The table people discuss, and the truth: exposed customers, their hazard, the return.

    `revenue` is the monthly revenue by customer id. Fixing a topic of odds ratio k takes an exposed customer's
    odds of leaving from k times to once what they would be, so the relative reduction of the
    hazard is 1 - 1/k to first order; here it is exact on the mean hazard.
    """
    rows, truths = [], {}
    months = person_months["period_start"].nunique()
    discount = (1 + DISCOUNT_RATE) ** (-1 / 12)
    worth = person_months["customer_id"].map(revenue)
    for key, title, topics, once, monthly, effect, weeks, owner, perspective in _PLANS:
        names = tuple(topics.split(";"))
        hit = person_months[[f"exposed_{name}" for name in names]].any(axis=1)
        hazard = person_months.loc[hit, "hazard"]
        odds = hazard / (1 - hazard)
        for name in names:
            odds = odds / np.exp(
                LOG_ODDS.get(name, 0.0) * person_months.loc[hit, f"exposed_{name}"]
            )
        after = odds / (1 + odds)
        reduction = float(1 - after.mean() / hazard.mean())
        margin = float(worth[hit].mean() * GROSS_MARGIN)
        affected = float(hit.sum() / months)
        cost = once[1] + monthly[1] * sum(discount**t for t in range(1, HORIZON_MONTHS + 1))
        benefit = returns(
            affected=affected,
            hazard=float(hazard.mean()),
            reduction=reduction,
            margin=margin,
            months=HORIZON_MONTHS,
            rate=DISCOUNT_RATE,
        )
        truths[key] = Initiative(
            initiative_id=key,
            topics=names,
            affected=affected,
            hazard=float(hazard.mean()),
            reduction=reduction,
            margin=margin,
            cost=cost,
            benefit=benefit,
            bcr=benefit / cost,
            net_roi=benefit / cost - 1,
            horizon_months=HORIZON_MONTHS,
            discount_rate=DISCOUNT_RATE,
        )
        rows.append(
            {
                "initiative_id": key,
                "title": title,
                "topics": topics,
                "cost_once": _range(once),
                "cost_monthly": _range(monthly),
                "effect": _range(effect),
                "effort": weeks,
                "owner": owner,
                "perspective": perspective,
            }
        )
    return pd.DataFrame(rows), truths


def _range(values: tuple[float, float, float]) -> str:
    return json.dumps(dict(zip(("low", "mode", "high"), values, strict=True)))
