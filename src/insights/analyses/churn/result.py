"""What is claimed about topics and leaving: numbers, a sentence, and the doubts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.churn.params import Params
from insights.result import Estimate, Result

__all__ = ["ChurnRisk", "MoneyAtRisk", "NaiveBesideCorrect", "OutOfTimePrediction"]

_MANY = 3  # findings spelt out in the sentence


@dataclass(frozen=True, kw_only=True)
class ChurnRisk(Result, table="topics", figure="forest"):
    """Odds ratios of leaving in a month, by topic; `n` is the number of customers.

    Attributes
    ----------
    topics
        One row a topic, columns as in the contract; 'reported' rows are findings,
        'exploratory' rows are shown without a claim.
    events, rows, months
        Leavers, rows of customers x calendar months, and months observed, of 30.4375 days.
    tests
        Topics in the family of tests.
    excess, money
        Leavers, and monthly revenue, attached to all topics together.
    reason
        Why nothing could be estimated, or empty.
    righted
        Share of right labels for which p, q, status, leavers and revenue are put right; 0: they
        are as labelled.
    """

    topics: pd.DataFrame
    events: int
    rows: int
    months: float
    tests: int
    fdr: float
    level: float
    params: Params
    kind: str
    excess: Estimate
    money: Estimate
    reason: str
    righted: float = 0.0

    @property
    def reported(self) -> pd.DataFrame:
        """The findings."""
        return self.topics[self.topics["status"] == "reported"]

    @property
    def estimated(self) -> pd.DataFrame:
        """The topics that have an odds ratio and are not talk of leaving."""
        return self.topics[self.topics["odds_ratio"].notna() & (self.topics["status"] != "leak")]

    @property
    def leaks(self) -> tuple[str, ...]:
        """Topic ids that are talk of customers already leaving."""
        return tuple(self.topics.loc[self.topics["status"] == "leak", "topic_id"])

    def sentences(self) -> list[str]:
        """Say which topics go with leaving, with interval, number exposed and number tested."""
        who = f"{self.n:,} customers, {self.events:,} of whom left"
        if self.reason:
            return [f"Cannot tell which feedback goes with leaving ({who}): {self.reason}."]
        found = self.reported
        family = f"adjusted association, false-discovery rate {self.fdr:.0%}; {who}"
        if found.empty:
            head = f"None of {self.tests} topics tested goes with leaving ({family})."
            return [head, *self._nothing()]
        others = f" and {len(found) - 1} more" if len(found) > 1 else ""
        head = (
            f"“{found.iloc[0]['label']}”{others} of {self.tests} topics tested "
            f"{'go' if others else 'goes'} with leaving ({family})."
        )
        lines = [
            f"“{row.label}”: {row.odds_ratio:.2f} times the odds of leaving in a month "
            f"[{row.low:.2f}, {row.high:.2f}], {row.exposed_churners} exposed leavers; at the "
            f"hazard of such a month {row.chance:.0%} leave within {self.params.horizon_days} days "
            f"where {row.chance_off:.0%} would be expected"
            for row in found.head(_MANY).itertuples(index=False)
        ]
        more = f"And {len(found) - _MANY} more." if len(found) > _MANY else ""
        window = (
            f"Raised in the {self.params.window_days} days that end {self.params.gap_days} days "
            "before the month, against silent customers alike in everything measured: "
        )
        return [
            head,
            f"{window}{lines[0]}.",
            *(f"{line}." for line in lines[1:]),
            more,
        ]

    def _nothing(self) -> list[str]:
        tested = self.topics[self.topics["q"].notna()]
        if tested.empty and (self.topics["status"] == "leak").any():
            return ["Every topic estimated is talk of customers who were already leaving."]
        if tested.empty:
            return ["No topic had enough exposed leavers to be tested."]
        row = tested.sort_values("p").iloc[0]
        reason = "Nothing found that chance would not explain."
        if row["q"] <= self.fdr and not row["low"] <= 1 <= row["high"]:
            few = row["why"] or (
                f"only {row['exposed_churners']} exposed leavers, {self.params.few} wanted"
            )
            reason = f"What chance would not explain is no finding yet ({few})."
        return [
            reason,
            f"The nearest is “{row['label']}”: odds ratio {row['odds_ratio']:.2f} "
            f"[{row['low']:.2f}, {row['high']:.2f}], q = {row['q']:.2f}, "
            f"{row['exposed_churners']} exposed leavers.",
        ]


@dataclass(frozen=True, kw_only=True)
class MoneyAtRisk(Result, table="money", figure="money_bars"):
    """Leavers and monthly revenue attached to topics over the months observed."""

    money: pd.DataFrame
    months: float
    level: float
    known: bool
    righted: float = 0.0

    def sentences(self) -> list[str]:
        """Say how much monthly revenue left with the reported topics, as an association."""
        rows = self.money[self.money["status"] == "reported"]
        right = f", put right for labels {self.righted:.0%} of which are right" * (self.righted > 0)
        head = (
            f"Standardised association over {self.months:.2f} months, {self.n:,} customers{right}: "
        )
        if rows.empty:
            return [head + "no topic is reported, so no revenue is attached to one."]
        row = rows.sort_values("excess_churners", ascending=False).iloc[0]
        people = (
            f"{row['excess_churners']:.0f} leavers [{row['excess_low']:.0f}, "
            f"{row['excess_high']:.0f}]"
        )
        money = (
            f" and {row['mrr_at_risk']:,.0f} of monthly revenue [{row['mrr_low']:,.0f}, "
            f"{row['mrr_high']:,.0f}]"
            if self.known
            else ""
        )
        return [
            f"{head}{people}{money} are attached to “{row['label']}”, the largest of "
            f"{len(rows)} reported.",
            self._total(),
            "What fixing a topic would save is a further question: an experiment answers it, or "
            "these figures times the share of them that somebody states it would remove.",
            "" if self.known else "The customers have no monthly revenue.",
        ]

    def _total(self) -> str:
        row = self.money.iloc[-1]
        return (
            f"All topics together: {row['excess_churners']:.0f} leavers "
            f"[{row['excess_low']:.0f}, {row['excess_high']:.0f}]; topics overlap, so each one's "
            "own figure does not sum to that, its part (Shapley) does."
        )


@dataclass(frozen=True, kw_only=True)
class NaiveBesideCorrect(Result, table="rows", figure="ways"):
    """What three shorter ways would have said of the same topics."""

    rows: pd.DataFrame
    level: float

    def sentences(self) -> list[str]:
        """Say how far the shorter ways are from the adjusted one, and why."""
        if self.rows.empty:
            return [f"Nothing to set beside each other: cannot tell for {self.n:,} customers."]
        wide = self.rows.pivot(index="topic_id", columns="way", values="odds_ratio")
        base = wide["lagged, adjusted"]
        parts = []
        for way in ("ever or never", "same month", "lagged, unadjusted"):
            ratio = np.log(wide[way] / base.fillna(1.0)).abs()
            if not ratio.notna().any():
                continue
            at = str(ratio.idxmax())
            label = self.rows.loc[self.rows["topic_id"] == at, "label"].iloc[0]
            right = "no estimate" if np.isnan(base[at]) else f"{base[at]:.2f}"
            shown = "over 1,000" if wide[way][at] > 1000 else f"{wide[way][at]:.2f}"
            parts.append(f"{way} {shown} instead of {right} (“{label}”)")
        return [
            "Odds ratios of shorter ways instead of the adjusted association, where they differ "
            f"most ({self.n:,} customers, {len(wide)} topics, 95% intervals in the table): "
            f"{'; '.join(parts)}.",
            "Those who stay longer have more time to speak; a month's "
            "feedback holds farewells; and low use and plan go with both.",
        ]


@dataclass(frozen=True, kw_only=True)
class OutOfTimePrediction(Result, figure="gain_mark", kind="prediction"):
    """Whether feedback predicts leaving in later months beyond usage and plan.

    Attributes
    ----------
    gain
        Log loss without feedback less log loss with it, in thousandths a customer-month, on
        months after the model was fitted; above 0 is better. None when it cannot be told.
    loss_without, loss_with
        The two log losses.
    slope
        Calibration slope of the model with feedback on the later months (1 is right), with its
        interval; None where all chances are equal.
    intercept, brier, auc_without, auc_with
        Calibration intercept and Brier score with feedback; areas under the curve.
    deciles
        tenth, rows, foretold, seen, low, high: calibration by tenth of the foretold chance.
    train, test
        Leavers in the months of fitting and of testing.
    """

    gain: Estimate | None
    loss_without: float
    loss_with: float
    slope: Estimate | None
    intercept: Estimate | None
    brier: float
    auc_without: float
    auc_with: float
    deciles: pd.DataFrame
    train: int
    test: int
    reason: str

    @property
    def verdict(self) -> str:
        """Whether feedback adds prediction; a model off its mark on later months cannot say."""
        if self.gain is None or (self.gain.low > 0 and self.failed):
            return "it cannot be told whether feedback adds prediction beyond usage and plan"
        if self.gain.low > 0:
            return "feedback adds prediction beyond usage and plan"
        return "feedback adds no measurable prediction beyond usage and plan"

    def table(self) -> pd.DataFrame:
        """Return the two log losses and their difference."""
        if self.gain is None:
            return pd.DataFrame(columns=["measure", "value", "low", "high"])
        line = [
            (name, one.estimate, one.low, one.high)
            for name, one in (
                ("calibration slope", self.slope), ("calibration intercept", self.intercept)
            )
            if one is not None
        ]  # fmt: skip
        return pd.DataFrame(
            [
                ("log loss without feedback", self.loss_without, np.nan, np.nan),
                ("log loss with feedback", self.loss_with, np.nan, np.nan),
                ("gain, thousandths", self.gain.estimate, self.gain.low, self.gain.high),
                ("area under the curve without feedback", self.auc_without, np.nan, np.nan),
                ("area under the curve with feedback", self.auc_with, np.nan, np.nan),
                ("Brier score with feedback", self.brier, np.nan, np.nan),
                *line,
            ],
            columns=["measure", "value", "low", "high"],
        )

    def sentences(self) -> list[str]:
        """Say whether feedback adds prediction beyond usage and plan."""
        if self.gain is None:
            return [
                "Cannot tell whether feedback predicts leaving beyond usage and plan "
                f"({self.n:,} customers): {self.reason}."
            ]
        return [
            f"On later months, {self.verdict}: its gain in log loss is "
            f"{self.gain.text('{:.2f}')} thousandths a customer-month, above 0 being better "
            f"({self.n:,} customers, {self.test} leavers, 95% interval)."
        ]
