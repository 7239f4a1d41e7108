"""How many leavers ever said anything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.churn.periods import PersonPeriods
from insights.messages import _, interval, number, percent
from insights.result import Estimate, Result
from insights.settings import DEFAULT_LEVEL
from insights.stats.intervals import wilson, wilson_bounds

__all__ = ["FeedbackCoverage", "coverage"]


@dataclass(frozen=True, kw_only=True)
class FeedbackCoverage(Result, table="groups", figure="coverage_bars", kind="coverage"):
    """Customers and leavers with feedback in the window before their last month; silent churn.

    Attributes
    ----------
    groups
        group, customers, with_feedback, churners, churners_with_feedback, share (of churners
        with feedback), low, high, share_customers.
    silent
        Share of leavers without feedback, or None when nobody left.
    """

    groups: pd.DataFrame
    silent: Estimate | None
    window_days: int
    gap_days: int

    def sentences(self) -> list[str]:
        """Say what share of leavers left in silence."""
        row = self.groups.iloc[0]
        share = row["with_feedback"] / max(row["customers"], 1)
        active = _(
            "{share} of {n} customers gave feedback in the {window_days} days that "
            "end {gap_days} days before their last month observed",
            share=percent(share),
            n=number(self.n),
            window_days=self.window_days,
            gap_days=self.gap_days,
        )
        if self.silent is None:
            return [
                _(
                    "Nobody left while observed, so silent churn cannot be told; {active}.",
                    active=active,
                )
            ]
        s = self.silent
        return [
            _(
                "Silent churn: {estimate} {interval} of {n} leavers had given no "
                "feedback in the window before they left; {active}.",
                estimate=percent(s.estimate),
                interval=interval(s.low, s.high, ".0%"),
                n=number(s.n),
                active=active,
            ),
            _("Silence is a level of its own here, and never read as satisfaction."),
        ]


def coverage(periods: PersonPeriods) -> FeedbackCoverage:
    """Count who gave feedback in the window before the last month at risk.

    Leavers and stayers are asked the same question at their last month, so that a long stay
    gives nobody more time to speak.
    """
    seen = periods.mentions[~periods.mentions["excluded"]]
    low, high = periods.window(seen["time"].to_numpy(), None)
    spoke = periods.counts(seen["code"].to_numpy(), low, high) > 0
    people = periods.people
    final = people["offset"].to_numpy() + (people["last"] - people["first"]).to_numpy()
    spoke, left = spoke[final], people["leaves"].to_numpy()
    rows = [_row("all", np.ones(len(people), bool), spoke, left)]
    for name in periods.dimensions:
        labels = people[name].astype("string").fillna("unknown")
        rows += [
            _row(f"{name}: {level}", (labels == level).to_numpy(), spoke, left)
            for level in sorted(labels.unique())
        ]
    frame = pd.DataFrame(rows)
    total = rows[0]
    churners = int(total["churners"])
    silent = wilson(churners - int(total["churners_with_feedback"]), churners) if churners else None
    return FeedbackCoverage(
        n=periods.n,
        groups=frame,
        silent=silent,
        window_days=periods.params.window_days,
        gap_days=periods.params.gap_days,
    )


def _row(group: str, inside: np.ndarray, spoke: np.ndarray, left: np.ndarray) -> dict:
    churners, heard = int((inside & left).sum()), int((inside & left & spoke).sum())
    low, high = wilson_bounds(heard, churners, DEFAULT_LEVEL)
    return {
        "group": group,
        "customers": int(inside.sum()),
        "with_feedback": int((inside & spoke).sum()),
        "churners": churners,
        "churners_with_feedback": heard,
        "share": heard / churners if churners else np.nan,
        "low": float(low),
        "high": float(high),
        "share_customers": (inside & spoke).sum() / max(inside.sum(), 1),
    }
