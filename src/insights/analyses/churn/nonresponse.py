"""Those who say nothing: how much larger a ratio may be, and what respondents stand for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit

from insights.analyses.churn.design import adjustment
from insights.analyses.churn.periods import PersonPeriods
from insights.analyses.churn.result import ChurnRisk
from insights.analyses.churn.tables import OUTPUTS
from insights.result import Check, Result
from insights.settings import DEFAULT_LEVEL
from insights.stats.confounding import relative_risk_with_silence
from insights.stats.logit import independent_columns, logit

__all__ = ["RespondentWeights", "SilentSufferers", "respondents", "silent_sufferers"]

RATES = (0.1, 0.2, 0.3, 0.5, 1.0)  # shares of the affected who report: a range, not known
_LEAST = 100  # customers on each side before respondents are weighted
_HEAVY = 20.0  # weight above which one respondent stands for too many


@dataclass(frozen=True, kw_only=True)
class SilentSufferers(Result, table="rows", figure="silence_lines"):
    """Ratio of each reported topic if only a part of the affected speaks.

    Attributes
    ----------
    rows
        topic_id, label, reporting (share of the affected who report), affected (share of
        customers then affected), odds_ratio (observed), true_ratio (not-a-number where that
        rate is impossible).
    """

    rows: pd.DataFrame
    level: float

    def sentences(self) -> list[str]:
        """Say the range of the ratio of the first topic over the rates of reporting."""
        known = self.rows[self.rows["true_ratio"].notna()]
        if known.empty:
            return [f"Silent sufferers: no topic is reported ({self.n:,} customers)."]
        first = known[known["topic_id"] == known["topic_id"].iloc[0]]
        far, near = first.iloc[0], first.iloc[-1]
        return [
            f"If customers with the same trouble stay silent ({self.n:,} customers): the "
            f"association of “{far['label']}”, {far['odds_ratio']:.2f} as observed, would be "
            f"{far['true_ratio']:.2f} if {far['reporting']:.0%} of the affected report "
            f"({far['affected']:.0%} of customer-months then affected) and "
            f"{near['true_ratio']:.2f} if {near['reporting']:.0%} do.",
            "The rate of reporting is not in the data.",
        ]


def silent_sufferers(periods: PersonPeriods, risk: ChurnRisk) -> SilentSufferers:
    """Invert the dilution of reported topics by those who suffer unheard, over a range of rates."""
    found = risk.reported
    rows = []
    for row, exposed in zip(
        found.itertuples(index=False), periods.exposed(found["topic_id"]).T, strict=True
    ):
        heard = float(exposed.mean())
        for rate in RATES:
            ratio = float(relative_risk_with_silence(row.odds_ratio, heard, rate))
            rows.append((row.topic_id, row.label, rate, heard / rate, row.odds_ratio, ratio))
    columns = OUTPUTS["silent_sufferers"].names
    return SilentSufferers(
        n=periods.n, rows=pd.DataFrame(rows, columns=columns), level=DEFAULT_LEVEL
    )


@dataclass(frozen=True, kw_only=True)
class RespondentWeights(Result, table="rows", figure="share_marks", kind="respondents"):
    """What respondents say of everybody: share leaving a month, plain and weighted.

    Attributes
    ----------
    rows
        who (everybody, respondents, respondents weighted), share leaving in a month, low, high.
    effective
        Customer-months that the weighted respondents are worth.
    heaviest
        Largest weight, relative to the mean.
    imbalance
        Largest standardised difference between the weighted respondents and everybody.
    reason
        Why nothing was weighted, or empty.
    """

    rows: pd.DataFrame
    effective: float
    heaviest: float
    imbalance: float
    level: float
    reason: str

    def sentences(self) -> list[str]:
        """Say how far respondents stand for all customers."""
        if self.reason:
            return [f"Who answers: cannot be weighted ({self.reason}; {self.n:,} customers)."]
        at = self.rows.set_index("who")
        told = {
            who: f"{row['share']:.2%} [{row['low']:.2%}, {row['high']:.2%}]"
            for who, row in at.iterrows()
        }
        return [
            f"Who answers ({self.n:,} customers): {told['everybody']} of customer-months end in "
            f"leaving, {told['respondents']} of those with feedback in the window, and "
            f"{told['respondents, weighted']} of those once weighted by the inverse of their "
            "chance to answer, at equal everything measured; what is left goes with speaking "
            "itself."
        ]


def respondents(periods: PersonPeriods) -> RespondentWeights:
    """Weight those who gave feedback in the window by the inverse chance of having done so.

    The chance is a logit on everything held equal elsewhere; the interval is on the logit
    scale, clustered by customer, with the weights taken as known (conservative). Months whose
    window was not wholly observed are left out: nobody could have spoken. Leaving is known of
    everybody, so it shows whether the weights do what they should for a survey metric, which is
    known of respondents only.
    """
    seen = periods.mentions[~periods.mentions["excluded"]]
    low, high = periods.window(seen["time"].to_numpy(), None)
    spoke = periods.counts(seen["code"].to_numpy(), low, high) > 0
    # only those who could have spoken: customers, and observed, for the whole window
    days = periods.params.window_days + periods.params.gap_days
    first = periods.begin + np.timedelta64(days, "D")
    able = (periods.starts[periods.month] >= first) & (periods.tenure * 30.4375 >= days)
    sides = tuple(len(np.unique(periods.customer[able & side])) for side in (spoke, ~spoke))
    columns = ["who", "share", "low", "high"]
    if min(sides) < _LEAST or periods.event[spoke & able].sum() < 10:
        why = f"{sides[0]:,} answered, {sides[1]:,} had months without; {_LEAST} wanted"
        nothing = pd.DataFrame(columns=columns)
        return RespondentWeights(
            n=periods.n, rows=nothing, effective=0.0, heaviest=np.nan, imbalance=np.nan,
            level=DEFAULT_LEVEL, reason=why,
        )  # fmt: skip
    design = adjustment(periods)
    x = design.x[able][:, independent_columns(design.x[able])]
    spoke, event, cluster = spoke[able], periods.event[able], periods.cluster[able]
    fit = logit(x, spoke, cluster)
    weight = np.where(spoke, 1 / np.maximum(expit(x @ fit.coef), 1e-6), 0.0)
    weight *= spoke.sum() / weight.sum()
    weights = weight[spoke]
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    spread = x.std(axis=0)
    varying = spread > 0
    gap = (weight @ x[:, varying] / weight.sum() - x[:, varying].mean(axis=0)) / spread[varying]
    rows = [
        ("everybody", *_share(event, cluster, np.ones(len(event)))),
        ("respondents", *_share(event, cluster, spoke.astype(float))),
        ("respondents, weighted", *_share(event, cluster, weight)),
    ]
    heaviest, imbalance = float(weights.max() / weights.mean()), float(np.abs(gap).max())
    return RespondentWeights(
        n=periods.n,
        rows=pd.DataFrame(rows, columns=columns),
        effective=effective,
        heaviest=heaviest,
        imbalance=imbalance,
        level=DEFAULT_LEVEL,
        reason="",
        checks=(
            Check(
                "respondents can stand for the others",
                imbalance < 0.1 and heaviest < _HEAVY,
                f"effective size {effective:,.0f} of {int(spoke.sum()):,} customer-months, "
                f"largest weight {heaviest:.1f} times the mean, largest standardised difference "
                f"{imbalance:.3f} (below .1 wanted)",
            ),
        ),
    )


def _share(
    event: np.ndarray, cluster: np.ndarray, weight: np.ndarray
) -> tuple[float, float, float]:
    """Weighted share leaving in a month, with a clustered interval on the logit scale."""
    share = float(weight @ event / weight.sum())
    residual = np.bincount(cluster, weights=weight * (event - share))
    se = np.sqrt((residual**2).sum()) / (weight.sum() * share * (1 - share))
    middle, half = np.log(share / (1 - share)), stats.norm.ppf(0.5 + DEFAULT_LEVEL / 2) * se
    return share, float(expit(middle - half)), float(expit(middle + half))
