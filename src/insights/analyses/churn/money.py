"""Leavers and revenue attached to topics, as one result."""

from __future__ import annotations

import numpy as np
import pandas as pd

from insights.analyses.churn.result import ChurnRisk, MoneyAtRisk
from insights.analyses.churn.tables import OUTPUTS
from insights.messages import _

__all__ = ["money_at_risk"]


def money_at_risk(risk: ChurnRisk) -> MoneyAtRisk:
    """Return excess leavers and monthly revenue of each estimated topic, and of all together.

    Standardised over the customer-months observed: what the fitted hazard gives as observed,
    less what it gives with the topic off. Such parts overlap; the columns `…_part` share the
    total of all topics by Shapley's value, so that they sum. A topic flagged as talk of leaving
    is in neither. An association, not what fixing the topic saves.
    """
    columns = OUTPUTS["attached"].names[:-1]  # the estimand comes last
    estimated = risk.estimated
    rows = estimated[columns]
    if len(estimated):
        people = [risk.excess.estimate, risk.excess.low, risk.excess.high]
        money = [risk.money.estimate, risk.money.low, risk.money.high]
        whole = ["all", _("all topics together"), *people, *money, *people, *money, "total"]
        total = pd.DataFrame([whole], columns=columns)
        rows = pd.concat([rows, total], ignore_index=True)
    known = bool(np.isfinite(rows["mrr_at_risk"].astype(float)).any())
    return MoneyAtRisk(
        n=risk.n, money=rows.assign(estimand="standardised association"), months=risk.months,
        level=risk.level, known=known, righted=risk.righted,
    )  # fmt: skip
