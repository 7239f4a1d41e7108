"""What topics that go with leaving ask for: a claim a topic, with what left with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from insights.claim import Claim, unknown
from insights.messages import _, fixed, interval, number

if TYPE_CHECKING:
    from insights.analyses.churn.result import ChurnRisk

__all__ = ["risk_claims"]


def risk_claims(risk: ChurnRisk) -> list[Claim]:
    """Return a claim for each topic tested, reported ones first; what stays unknown without."""
    if risk.reason:
        text = _("Which feedback goes with leaving: {reason}.", reason=risk.reason)
        return [unknown("", text, risk.n)]
    rows = risk.topics[risk.topics["q"].notna() & (risk.topics["status"] != "leak")]
    rows = rows.assign(other=rows["status"] != "reported")
    rows = rows.sort_values(["other", "excess_low"], ascending=[True, False], kind="stable")
    found = [_topic(risk, row) for row in rows.itertuples(index=False)]
    if found and risk.reported.empty:
        text = _(
            "None of {tests} topics tested goes with leaving ({n} customers, {events} of whom "
            "left).",
            tests=risk.tests,
            n=number(risk.n),
            events=number(risk.events),
        )
        found.insert(0, replace(found[0], key="", text=text, act="know", main=True, topics=(),
                                money=np.nan, doubt="", records={}))  # fmt: skip
    return found


def _topic(risk: ChurnRisk, row: Any) -> Claim:
    fields = {
        "label": row.label,
        "leavers": fixed(row.excess_churners, 0),
        "leavers_interval": interval(row.excess_low, row.excess_high, ".0f"),
        "events": number(risk.events),
        "money": number(row.mrr_at_risk),
        "money_interval": interval(row.mrr_low, row.mrr_high, ",.0f"),
        "odds_ratio": fixed(row.odds_ratio),
        "interval": interval(row.low, row.high),
        "months": fixed(risk.months, 0),
        "n": number(risk.n),
    }
    paid = bool(np.isfinite(row.mrr_at_risk) and row.mrr_at_risk != 0)
    reported = row.status == "reported"
    if not reported:
        text = _(
            "“{label}” is not shown to go with leaving: {odds_ratio} times the odds {interval} "
            "({n} customers).",
            **fields,
        )
    elif paid:
        text = _(
            "“{label}” goes with leaving, at {odds_ratio} times the odds {interval}: {leavers} of "
            "{events} leavers {leavers_interval} and {money} of monthly revenue {money_interval} "
            "in {months} months (n = {n} customers).",
            **fields,
        )
    else:
        text = _(
            "“{label}” goes with leaving, at {odds_ratio} times the odds {interval}: {leavers} of "
            "{events} leavers {leavers_interval} in {months} months (n = {n} customers).",
            **fields,
        )
    return Claim(
        key=str(row.topic_id),
        text=text,
        n=risk.n,
        act="mend" if reported else "know",
        estimate=row.excess_churners,
        low=row.excess_low,
        high=row.excess_high,
        level=risk.level,
        unit="leavers",
        whole=max(risk.events, 1),
        better="down",
        chance=1 - row.q,
        doubt=_("An association: whether mending it keeps customers, only a trial tells."),
        money=row.mrr_at_risk if paid else np.nan,
        records={"table": "doc_topics", "filter": {"topic_id": [str(row.topic_id)]}},
        topics=(str(row.topic_id),),
    )
