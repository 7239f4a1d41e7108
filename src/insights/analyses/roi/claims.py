"""What initiatives ask for: a claim each, on its net present value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from insights.claim import Claim, unknown
from insights.messages import _, number

if TYPE_CHECKING:
    from collections.abc import Callable

    from insights.analyses.roi.result import RoiDistribution

__all__ = ["initiative_claims"]


def initiative_claims(
    returns: RoiDistribution, money: Callable[[float, str], str], share: Callable[[float], str]
) -> list[Claim]:
    """Return a claim for each initiative, highest value first, and what cannot be told.

    Parameters
    ----------
    money, share
        Write an amount with its currency, and a share of the draws.
    """
    costs = float(np.nansum(returns.estimates["cost_mean"]))
    found = [
        _initiative(returns, row, max(costs, 1e-9), money, share)
        for row in returns.known.itertuples(index=False)
    ]
    for row in returns.unknown.itertuples(index=False):
        text = _("What “{title}” ({initiative_id}) returns: {reason}.", title=row.title,
                 initiative_id=row.initiative_id, reason=row.reason.rstrip("."))  # fmt: skip
        found.append(unknown(row.initiative_id, text))
    if (returns.known["source"] == "churn").any():
        text = _(
            "How many who leave after a complaint would stay if its cause were mended: returns "
            "rest on a judgement of it (kappa)."
        )
        found.append(unknown("kappa", text))
    return found


def _initiative(
    returns: RoiDistribution,
    row: Any,
    costs: float,
    money: Callable[[float, str], str],
    share: Callable[[float], str],
) -> Claim:
    unit, pays = returns.currency, row.npv_p50 > 0
    fields = {
        "title": row.title,
        "initiative_id": row.initiative_id,
        "amount": money(abs(row.npv_p50), unit),
        "low": money(row.npv_p5, unit),
        "high": money(row.npv_p95, unit),
        "chance": share(row.p_positive),
        "months": returns.horizon_months,
        "draws": number(returns.draws),
    }
    text = (
        _(
            "“{title}” ({initiative_id}) returns {amount} more than it costs in {months} months "
            "[{low}, {high}]; probability of paying {chance} ({draws} draws).",
            **fields,
        )
        if pays
        else _(
            "“{title}” ({initiative_id}) costs {amount} more than it returns in {months} months "
            "[{low}, {high}] ({draws} draws).",
            **fields,
        )
        if row.npv_p95 <= 0
        else _(
            "“{title}” ({initiative_id}) costs {amount} more than it returns in {months} months "
            "[{low}, {high}]; probability of paying {chance} ({draws} draws).",
            **fields,
        )
    )
    doubts = {
        "churn": _("How much leaving it would prevent is a judgement."),
        "reach": _("Whom it reaches and what it changes are its owner's figures."),
        "stated": _("The benefit is its owner's figure, not seen in data."),
    }
    return Claim(
        key=row.initiative_id,
        text=text,
        n=returns.draws,
        act="start",
        estimate=row.npv_p50,
        low=row.npv_p5,
        high=row.npv_p95,
        level=0.9,
        unit=unit or "money",
        whole=costs,
        better="up",
        chance=row.p_positive if pays else 1 - row.p_positive,
        doubt=doubts.get(row.source, ""),
        money=row.npv_p50,
        owner=returns.owners.get(row.initiative_id, ""),
        records={"table": "roi", "filter": {"initiative_id": [row.initiative_id]}},
        topics=returns.topics.get(row.initiative_id, ()),
        main=True,
    )
