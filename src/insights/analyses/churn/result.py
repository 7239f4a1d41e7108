"""What is claimed about topics and leaving: numbers, a sentence, and the doubts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from insights.analyses.churn.claims import risk_claims
from insights.analyses.churn.params import Params
from insights.analyses.churn.tables import shown
from insights.claim import Claim
from insights.messages import _, fixed, interval, number, percent
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

    def claims(self) -> list[Claim]:
        """Say of each topic what left with it."""
        return risk_claims(self)

    def sentences(self) -> list[str]:
        """Say which topics go with leaving, with interval, number exposed and number tested."""
        who = _(
            "{n} customers, {events} of whom left", n=number(self.n), events=number(self.events)
        )
        if self.reason:
            return [
                _(
                    "Cannot tell which feedback goes with leaving ({who}): {reason}.",
                    who=who,
                    reason=self.reason,
                )
            ]
        found = self.reported
        fields = {"tests": self.tests, "fdr": percent(self.fdr), "who": who}
        if found.empty:
            head = _(
                "None of {tests} topics tested goes with leaving (adjusted association, "
                "false-discovery rate {fdr}; {who}).",
                **fields,
            )
            return [head, *self._nothing()]
        fields["label"] = found.iloc[0]["label"]
        if len(found) == 1:
            head = _(
                "“{label}” of {tests} topics tested goes with leaving (adjusted association, "
                "false-discovery rate {fdr}; {who}).",
                **fields,
            )
        else:
            head = _(
                "“{label}” and {others} more of {tests} topics tested go with leaving (adjusted "
                "association, false-discovery rate {fdr}; {who}).",
                **fields,
                others=len(found) - 1,
            )
        first, *rest = (self._ratio(row) for row in found.head(_MANY).itertuples(index=False))
        more = len(found) - _MANY
        window = _(
            "Raised in the {window_days} days that end {gap_days} days before the month, against "
            "silent customers alike in everything measured: {ratio}.",
            window_days=self.params.window_days,
            gap_days=self.params.gap_days,
            ratio=first,
        )
        return [
            head,
            window,
            *(_("{ratio}.", ratio=ratio) for ratio in rest),
            _("And {n} more.", n=more) if more > 0 else "",
        ]

    def _ratio(self, row: Any) -> str:
        """One topic's odds ratio, and what it means within the horizon."""
        return _(
            "“{label}”: {odds_ratio} times the odds of leaving in a month {interval}, {leavers} "
            "exposed leavers; at the hazard of such a month {chance} leave within {horizon_days} "
            "days where {chance_off} would be expected",
            label=row.label,
            odds_ratio=fixed(row.odds_ratio),
            interval=interval(row.low, row.high),
            leavers=row.exposed_churners,
            chance=percent(row.chance),
            horizon_days=self.params.horizon_days,
            chance_off=percent(row.chance_off),
        )

    def _nothing(self) -> list[str]:
        tested = self.topics[self.topics["q"].notna()]
        if tested.empty and (self.topics["status"] == "leak").any():
            return [_("Every topic estimated is talk of customers who were already leaving.")]
        if tested.empty:
            return [_("No topic had enough exposed leavers to be tested.")]
        row = tested.sort_values("p").iloc[0]
        reason = _("Nothing found that chance would not explain.")
        if row["q"] <= self.fdr and not row["low"] <= 1 <= row["high"]:
            few = row["why"] or (
                _(
                    "only {leavers} exposed leavers, {few} wanted",
                    leavers=row["exposed_churners"],
                    few=self.params.few,
                )
            )
            reason = _("What chance would not explain is no finding yet ({few}).", few=few)
        return [
            reason,
            _(
                "The nearest is “{label}”: odds ratio {odds_ratio} {interval}, q = {q}, "
                "{leavers} exposed leavers.",
                label=row["label"],
                odds_ratio=fixed(row["odds_ratio"]),
                interval=interval(row["low"], row["high"]),
                q=fixed(row["q"]),
                leavers=row["exposed_churners"],
            ),
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
        over = _("{months} months, {n} customers", months=fixed(self.months), n=number(self.n))
        if self.righted > 0:
            over = _(
                "{months} months, {n} customers, put right for labels {righted} of which are right",
                months=fixed(self.months),
                n=number(self.n),
                righted=percent(self.righted),
            )
        if rows.empty:
            return [
                _(
                    "Standardised association over {over}: no topic is reported, so no revenue "
                    "is attached to one.",
                    over=over,
                )
            ]
        row = rows.sort_values("excess_churners", ascending=False).iloc[0]
        fields = {
            "over": over,
            "leavers": fixed(row["excess_churners"], 0),
            "interval": interval(row["excess_low"], row["excess_high"], ".0f"),
            "label": row["label"],
            "topics": len(rows),
        }
        if self.known:
            head = _(
                "Standardised association over {over}: {leavers} leavers {interval} and {money} "
                "of monthly revenue {money_interval} are attached to “{label}”, the largest of "
                "{topics} reported.",
                **fields,
                money=number(row["mrr_at_risk"]),
                money_interval=interval(row["mrr_low"], row["mrr_high"], ",.0f"),
            )
        else:
            head = _(
                "Standardised association over {over}: {leavers} leavers {interval} are attached "
                "to “{label}”, the largest of {topics} reported.",
                **fields,
            )
        return [
            head,
            self._total(),
            _(
                "What fixing a topic would save is a further question: an experiment "
                "answers it, or these figures times the share of them that somebody "
                "states it would remove."
            ),
            "" if self.known else _("The customers have no monthly revenue."),
        ]

    def _total(self) -> str:
        row = self.money.iloc[-1]
        return _(
            "All topics together: {leavers} leavers {interval}; topics "
            "overlap, so each one's own figure does not sum to that, its part "
            "(Shapley) does.",
            leavers=fixed(row["excess_churners"], 0),
            interval=interval(row["excess_low"], row["excess_high"], ".0f"),
        )


@dataclass(frozen=True, kw_only=True)
class NaiveBesideCorrect(Result, table="rows", figure="ways"):
    """What three shorter ways would have said of the same topics."""

    rows: pd.DataFrame
    level: float

    def sentences(self) -> list[str]:
        """Say how far the shorter ways are from the adjusted one, and why."""
        if self.rows.empty:
            return [
                _(
                    "Nothing to set beside each other: cannot tell for {n} customers.",
                    n=number(self.n),
                )
            ]
        wide = self.rows.pivot(index="topic_id", columns="way", values="odds_ratio")
        base = wide["lagged, adjusted"]
        parts = []
        for way in ("ever or never", "same month", "lagged, unadjusted"):
            ratio = np.log(wide[way] / base.fillna(1.0)).abs()
            if not ratio.notna().any():
                continue
            at = str(ratio.idxmax())
            label = self.rows.loc[self.rows["topic_id"] == at, "label"].iloc[0]
            right = _("no estimate") if np.isnan(base[at]) else fixed(base[at])
            found = _("over 1,000") if wide[way][at] > 1000 else fixed(wide[way][at])
            parts.append(
                _(
                    "{way} {found} instead of {right} (“{label}”)",
                    way=shown(way),
                    found=found,
                    right=right,
                    label=label,
                )
            )
        return [
            _(
                "Odds ratios of shorter ways instead of the adjusted association, where "
                "they differ most ({n} customers, {topics} topics, 95% intervals in the "
                "table): {parts}.",
                n=number(self.n),
                topics=len(wide),
                parts=_("; ").join(parts),
            ),
            _(
                "Those who stay longer have more time to speak; a month's feedback "
                "holds farewells; and low use and plan go with both."
            ),
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
            return _("it cannot be told whether feedback adds prediction beyond usage and plan")
        if self.gain.low > 0:
            return _("feedback adds prediction beyond usage and plan")
        return _("feedback adds no measurable prediction beyond usage and plan")

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
                _(
                    "Cannot tell whether feedback predicts leaving beyond usage and plan "
                    "({n} customers): {reason}.",
                    n=number(self.n),
                    reason=self.reason,
                )
            ]
        return [
            _(
                "On later months, {verdict}: its gain in log loss is {gain} thousandths "
                "a customer-month, above 0 being better ({n} customers, {test} leavers, "
                "95% interval).",
                verdict=self.verdict,
                gain=self.gain.text("{:.2f}"),
                n=number(self.n),
                test=self.test,
            )
        ]
