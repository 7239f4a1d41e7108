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
from insights.messages import _, fixed, number, percent
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
            return [_("Silent sufferers: no topic is reported ({n} customers).", n=number(self.n))]
        first = known[known["topic_id"] == known["topic_id"].iloc[0]]
        far, near = first.iloc[0], first.iloc[-1]
        return [
            _(
                "If customers with the same trouble stay silent ({n} customers): the "
                "association of “{label}”, {odds_ratio} as observed, would be "
                "{true_ratio} if {reporting} of the affected report ({affected} of "
                "customer-months then affected) and {near_true_ratio} if "
                "{near_reporting} do.",
                n=number(self.n),
                label=far["label"],
                odds_ratio=fixed(far["odds_ratio"]),
                true_ratio=fixed(far["true_ratio"]),
                reporting=percent(far["reporting"]),
                affected=percent(far["affected"]),
                near_true_ratio=fixed(near["true_ratio"]),
                near_reporting=percent(near["reporting"]),
            ),
            _("The rate of reporting is not in the data."),
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
    reason
        Why nothing was weighted, or empty.
    """

    rows: pd.DataFrame
    effective: float
    level: float
    reason: str

    def sentences(self) -> list[str]:
        """Say how far respondents stand for all customers."""
        if self.reason:
            return [
                _(
                    "Who answers: cannot be weighted ({reason}; {n} customers).",
                    reason=self.reason,
                    n=number(self.n),
                )
            ]
        at = self.rows.set_index("who")
        told = {
            who: f"{row['share']:.2%} [{row['low']:.2%}, {row['high']:.2%}]"
            for who, row in at.iterrows()
        }
        return [
            _(
                "Who answers ({n} customers): {everybody} of customer-months end in "
                "leaving, {respondents} of those with feedback in the window, and "
                "{weighted} of those once weighted by the inverse of their "
                "chance to answer, at equal everything measured; what is left goes with "
                "speaking itself.",
                n=number(self.n),
                everybody=told["everybody"],
                respondents=told["respondents"],
                weighted=told["respondents, weighted"],
            )
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
        why = _(
            "{answered} answered, {others} had months without; {least} wanted",
            answered=number(sides[0]),
            others=number(sides[1]),
            least=_LEAST,
        )
        nothing = pd.DataFrame(columns=columns)
        return RespondentWeights(
            n=periods.n, rows=nothing, effective=0.0, level=DEFAULT_LEVEL, reason=why
        )
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
        level=DEFAULT_LEVEL,
        reason="",
        checks=(
            Check(
                _("respondents can stand for the others"),
                imbalance < 0.1 and heaviest < _HEAVY,
                _(
                    "effective size {effective} of {spoke} customer-months, largest weight "
                    "{heaviest} times the mean, largest standardised difference {imbalance} "
                    "(below .1 wanted)",
                    effective=number(effective),
                    spoke=number(int(spoke.sum())),
                    heaviest=fixed(heaviest, 1),
                    imbalance=fixed(imbalance, 3),
                ),
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
