"""Whether a topic goes with leaving within each segment: one family of tests."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.churn.design import Design, adjustment, joined
from insights.analyses.churn.model import Fitted
from insights.analyses.churn.periods import PersonPeriods
from insights.analyses.churn.result import ChurnRisk
from insights.messages import _, fixed, interval, number, percent
from insights.result import Result
from insights.settings import DEFAULT_LEVEL
from insights.stats.logit import logit, without_bias
from insights.stats.multiplicity import q_values

__all__ = ["BySegment", "by_segment"]

_MOST = 200  # topic and segment pairs tested at most, those with most exposed leavers


@dataclass(frozen=True, kw_only=True)
class BySegment(Result, table="rows", figure="segment_marks"):
    """Odds ratios of leaving by topic within each level of each dimension.

    Attributes
    ----------
    rows
        dimension, level, topic_id, label, exposed_churners, odds_ratio, low, high, p, q, status
        ('suppressed' under 5 exposed leavers, without an odds ratio; 'exploratory' from 5 to 9,
        bias-reduced and not tested, and where nothing is found; 'reported').
    tests
        Pairs of topic and level tested.
    method
        'bh' when the levels of one dimension do not overlap, 'by' when several dimensions do.
    """

    rows: pd.DataFrame
    tests: int
    method: str
    fdr: float
    level: float

    def sentences(self) -> list[str]:
        """Say in which segments a topic goes with leaving."""
        fields = {
            "tests": self.tests,
            "how": _("Benjamini-Yekutieli, since segments overlap")
            if self.method == "by"
            else "Benjamini-Hochberg",
            "fdr": percent(self.fdr),
            "n": number(self.n),
        }
        found = self.rows[self.rows["status"] == "reported"]
        if found.empty:
            return [
                _(
                    "Adjusted association by segment: {tests} pairs of topic and segment tested "
                    "({how}, false-discovery rate {fdr}; {n} customers); none goes with leaving.",
                    **fields,
                )
            ]
        row = found.iloc[0]
        return [
            _(
                "Adjusted association by segment: {tests} pairs of topic and segment tested "
                "({how}, false-discovery rate {fdr}; {n} customers); {found} go with leaving, "
                "first “{label}” where {dimension} is {level}: {odds_ratio} {interval}, "
                "{leavers} exposed leavers.",
                **fields,
                found=len(found),
                label=row["label"],
                dimension=row["dimension"],
                level=row["level"],
                odds_ratio=fixed(row["odds_ratio"]),
                interval=interval(row["low"], row["high"]),
                leavers=row["exposed_churners"],
            ),
            _(
                "That a topic is found in one segment and not in another does not show "
                "that the two differ: compare their intervals."
            ),
        ]


def by_segment(periods: PersonPeriods, risk: ChurnRisk) -> BySegment:
    """Fit, for each dimension, one model in which every topic has an effect in each level.

    Small cells as for the topics: under `min_cell` exposed leavers suppressed (such levels share a
    column), from there to twice as many shown and not tested. One family over the other pairs:
    Benjamini-Hochberg for the levels of one dimension, Benjamini-Yekutieli when there are several,
    since the same leavers are then counted more than once. First-order bias is taken off.
    """
    known = risk.topics[risk.topics["q"].notna()]
    periods = periods.without(risk.leaks)
    topics = known["topic_id"].tolist()
    exposed, base = periods.exposed(topics), adjustment(periods)
    least = periods.params.min_cell
    rows = []
    for name in periods.dimensions if topics else ():
        labels = periods.people[name].astype("string").fillna("unknown")
        codes, levels = pd.factorize(labels, sort=True)
        places = codes[periods.customer]
        parts: dict[str, np.ndarray] = {}
        pairs = []
        for k, topic in enumerate(topics):
            for code, level in enumerate(levels):
                column = exposed[:, k] & (places == code)
                churners = int(column[periods.event].sum())
                key = f"{topic} in {name} {level if churners >= least else '(few leavers)'}"
                parts[key] = np.maximum(parts.get(key, 0.0), column.astype(float))
                pairs.append((key, name, str(level), topic, churners))
        if any(pair[-1] >= least for pair in pairs):
            rows += _fit(periods, joined(list(parts.items()), base), pairs)
    columns = ["dimension", "level", "topic_id", "exposed_churners", "odds_ratio", "low", "high",
               "p"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    frame = frame.nlargest(_MOST, "exposed_churners") if len(frame) > _MOST else frame
    method = "by" if frame.loc[frame["p"].notna(), "dimension"].nunique() > 1 else "bh"
    frame["q"] = q_values(frame["p"].to_numpy(float), "by" if method == "by" else "bh")
    apart = (frame["low"] > 1) | (frame["high"] < 1)
    frame["status"] = np.select(
        [apart & (frame["q"] <= periods.params.fdr), frame["odds_ratio"].notna()],
        ["reported", "exploratory"],
        "suppressed",
    )
    frame.insert(3, "label", frame["topic_id"].map(known.set_index("topic_id")["label"]))
    return BySegment(
        n=periods.n,
        rows=frame.sort_values(["q", "dimension", "level", "topic_id"], ignore_index=True),
        tests=int(frame["p"].notna().sum()),
        method=method,
        fdr=periods.params.fdr,
        level=DEFAULT_LEVEL,
    )


def _fit(periods: PersonPeriods, design: Design, pairs: list[tuple]) -> list[tuple]:
    """Odds ratios of the pairs (key, dimension, level, topic, exposed leavers) of one design."""
    fit = logit(design.x, periods.event, periods.cluster, offset=design.offset)
    sound = fit.converged and not fit.separated
    firth = None
    least, few = periods.params.min_cell, periods.params.few
    if not sound or any(least <= pair[-1] < few for pair in pairs):
        begin = np.clip(fit.coef, -8, 8)
        firth = logit(design.x, periods.event, periods.cluster, firth=True, start=begin,
                      offset=design.offset)  # fmt: skip
    columns = {key: design.index(key) for key, *_ in pairs if key in design.names}
    model = Fitted(design, fit, firth, columns)
    if sound:
        model = replace(model, fit=without_bias(design.x, fit, design.offset))
    z = stats.norm.ppf(0.5 + DEFAULT_LEVEL / 2)
    rows = []
    for key, name, level, topic, churners in pairs:
        estimates = [np.nan] * 4
        if churners >= least and key in columns:
            log, se = model.log_odds(key, few=churners < few)
            p = float(2 * stats.norm.sf(abs(log) / se)) if churners >= few else np.nan
            estimates = [*np.exp(log + se * np.array([0, -z, z])).tolist(), p]
        rows.append((name, level, topic, churners, *estimates))
    return rows
