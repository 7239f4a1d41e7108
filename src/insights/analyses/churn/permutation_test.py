"""A permutation test of topic labels within month and plan, and topics that cannot matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from insights.analyses.churn.design import adjustment, joined
from insights.analyses.churn.model import MIN_EVENTS
from insights.analyses.churn.periods import PersonPeriods
from insights.analyses.churn.result import ChurnRisk
from insights.messages import _, fixed, items, number
from insights.result import Check, Result
from insights.stats.logit import logit

__all__ = ["PermutationTest", "permutation_test"]

_DRAWS = 199


@dataclass(frozen=True, kw_only=True)
class PermutationTest(Result, kind="placebo", figure="permutation_histogram"):
    """The largest |z| of all topics, beside that of permuted labels.

    Attributes
    ----------
    observed
        Largest |z| (score test, everything held equal) of the topics as they are.
    drawn
        The same for each permutation, shape (draws,).
    p
        Share of permutations, the real labels included, that reach the observed value.
    strata
        Groups within which labels were permuted.
    reason
        Why nothing could be told, or empty.
    """

    observed: float
    drawn: np.ndarray
    p: float
    strata: int
    reason: str

    def table(self) -> pd.DataFrame:
        """Return quantiles of the largest |z| under permuted labels, and the observed one."""
        if self.reason:
            return pd.DataFrame(columns=["measure", "value"])
        marks = np.quantile(self.drawn, [0.5, 0.9, 0.95])
        names = ["median of dealings", "90% of dealings", "95% of dealings", "observed", "p"]
        return pd.DataFrame({"measure": names, "value": [*marks, self.observed, self.p]})

    def sentences(self) -> list[str]:
        """Say whether which topic was raised matters at all."""
        if self.reason:
            return [
                _(
                    "Labels dealt at random: cannot tell ({reason}; {n} customers).",
                    reason=self.reason,
                    n=number(self.n),
                )
            ]
        fields = {
            "drawn": len(self.drawn),
            "strata": number(self.strata),
            "n": number(self.n),
            "observed": fixed(self.observed, 1),
            "p": fixed(self.p, 3),
        }
        if self.p <= 0.05:
            return [
                _(
                    "Labels dealt anew {drawn} times within {strata} strata of month and plan "
                    "({n} customers): which topic was raised goes with leaving (largest |z| "
                    "{observed}, p = {p}).",
                    **fields,
                )
            ]
        return [
            _(
                "Labels dealt anew {drawn} times within {strata} strata of month and plan ({n} "
                "customers): topics could as well have been dealt at random (largest |z| "
                "{observed}, p = {p}).",
                **fields,
            )
        ]


def permutation_test(periods: PersonPeriods, risk: ChurnRisk) -> PermutationTest:
    """Permute topic labels among feedback of the same month and plan, and test again.

    Any feedback at all stays held equal, so that only *which* topic was raised is tested: the
    null of the largest |z| over the topics. Score tests at the model without topics, so that
    a permutation costs one product. Topics named in `placebo_topics` must not be reported.
    """
    topics = sorted(risk.topics.loc[risk.topics["q"].notna(), "topic_id"])
    periods = periods.without(risk.leaks)
    seen = periods.mentions[~periods.mentions["excluded"]].reset_index(drop=True)
    checks = _placebo_topics(periods, risk)
    if len(topics) < 2 or periods.events < MIN_EVENTS:
        why = _("fewer than two topics were tested") if len(topics) < 2 else _("too few leavers")
        return PermutationTest(n=periods.n, observed=np.nan, drawn=np.zeros(0), p=np.nan, strata=0,
                       reason=why, checks=checks)  # fmt: skip
    low, high = periods.window(seen["time"].to_numpy(), None)
    code = seen["code"].to_numpy()
    spoke = (periods.counts(code, low, high) > 0).astype(float)
    base = joined([("any feedback", spoke)], adjustment(periods))
    fit = logit(base.x, periods.event, periods.cluster, offset=base.offset)
    chance = expit(base.x @ fit.coef + periods.offset)
    # only rows with feedback can be exposed: the permutations are confined to them
    rows = np.flatnonzero(spoke > 0)
    weight = (chance * (1 - chance))[rows]
    residual = (periods.event - chance)[rows]
    weighted = base.x[rows] * weight[:, None]
    labels = seen["topic_id"].to_numpy()
    strata = _strata(periods, seen)

    def largest(labels: np.ndarray) -> float:
        table = np.zeros((len(rows), len(topics)))
        for column, topic in enumerate(topics):
            own = labels == topic
            table[:, column] = periods.counts(code[own], low[own], high[own])[rows] > 0
        table = table[:, table[periods.event[rows]].sum(axis=0) >= periods.params.min_cell]
        cross = weighted.T @ table
        variance = weight @ table**2 - np.einsum("ij,ij->j", cross, fit.model_cov @ cross)
        if not table.shape[1]:
            return 0.0
        return float(np.max(np.abs(residual @ table) / np.sqrt(np.maximum(variance, 1e-12))))

    rng = np.random.default_rng(periods.params.seed)
    order = np.argsort(strata, kind="stable")
    observed, drawn = largest(labels), np.empty(_DRAWS)
    for k in range(_DRAWS):
        permuted = np.empty_like(labels)
        permuted[order] = labels[np.lexsort((rng.random(len(labels)), strata))]
        drawn[k] = largest(permuted)
    p = float((1 + np.sum(drawn >= observed)) / (1 + _DRAWS))
    return PermutationTest(n=periods.n, observed=observed, drawn=drawn, p=p,
                   strata=len(np.unique(strata)), reason="", checks=checks)  # fmt: skip


def _strata(periods: PersonPeriods, seen: pd.DataFrame) -> np.ndarray:
    """Month of each piece and, where there is one, the first dimension of its customer."""
    month = np.searchsorted(periods.starts, seen["time"].to_numpy(), side="right")
    if not periods.dimensions:
        return month
    name = "plan" if "plan" in periods.dimensions else periods.dimensions[0]
    level = pd.factorize(periods.people[name].astype("string").fillna(""), sort=True)[0]
    return month * (level.max() + 1) + level[seen["code"].to_numpy()]


def _placebo_topics(periods: PersonPeriods, risk: ChurnRisk) -> tuple[Check, ...]:
    named = {word.strip().lower() for word in periods.params.placebo_topics.split(",")} - {""}
    if not named:
        return (
            Check(
                _("placebo topics"),
                None,
                _(
                    "none is named (setting placebo_topics): a topic that cannot matter, "
                    "such as praise, would show what the method finds where nothing is"
                ),
            ),
        )
    labels = risk.topics["label"].astype(str).str.lower()
    found = risk.topics[labels.isin(named)]
    wrong = found.loc[found["status"] == "reported", "label"].tolist()
    missing = named - set(labels)
    parts = [
        _("{found} of {named} placebo topics were estimated", found=len(found), named=len(named))
    ]
    if missing:
        parts.append(_("not there: {missing}", missing=items(sorted(missing), len(missing))))
    if wrong:
        parts.append(
            _("reported although they cannot matter: {wrong}", wrong=items(wrong, len(wrong)))
        )
    return (Check(_("placebo topics are not reported"), not wrong, "; ".join(parts)),)
