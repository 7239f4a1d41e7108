"""Whether a topic goes with leaving more in one segment than overall: one family of tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.churn.design import adjustment, joined
from insights.analyses.churn.model import FEW
from insights.analyses.churn.periods import PersonPeriods
from insights.analyses.churn.result import ChurnRisk
from insights.result import Result
from insights.settings import DEFAULT_LEVEL
from insights.stats.logit import logit
from insights.stats.multiplicity import q_values

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BySegment", "by_segment"]

_MOST = 200  # topic and segment pairs tested at most, those with most exposed leavers


@dataclass(frozen=True, kw_only=True)
class BySegment(Result):
    """Odds ratios of leaving by topic within each level of each dimension.

    Attributes
    ----------
    rows
        dimension, level, topic_id, label, exposed_churners, odds_ratio, low, high, p, q, status.
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

    def table(self) -> pd.DataFrame:
        """Return one row a dimension, level and topic."""
        return self.rows

    def text(self) -> str:
        """Say in which segments a topic goes with leaving."""
        how = "Benjamini-Yekutieli, since segments overlap" if self.method == "by" else (
            "Benjamini-Hochberg"
        )  # fmt: skip
        head = (
            f"Adjusted association by segment: {self.tests} pairs of topic and segment tested "
            f"({how}, false-discovery rate {self.fdr:.0%}; {self.n:,} customers)"
        )
        found = self.rows[self.rows["status"] == "reported"]
        if found.empty:
            return f"{head}; none goes with leaving."
        row = found.iloc[0]
        return (
            f"{head}; {len(found)} go with leaving, first “{row['label']}” where "
            f"{row['dimension']} is {row['level']}: {row['odds_ratio']:.2f} [{row['low']:.2f}, "
            f"{row['high']:.2f}], {row['exposed_churners']} exposed leavers."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the odds ratios by segment."""
        from insights.analyses.churn.plots import segment_marks

        return segment_marks(self, ax)


def by_segment(periods: PersonPeriods, risk: ChurnRisk) -> BySegment:
    """Fit, for each dimension, one model in which every topic has an effect in each level.

    Pairs with fewer than 10 exposed leavers are not tested. One family over all pairs:
    Benjamini-Hochberg for the levels of one dimension, Benjamini-Yekutieli when there are
    several, since the same leavers are then counted more than once.
    """
    known = risk.topics[risk.topics["q"].notna()]
    topics = known["topic_id"].tolist()
    exposed, base = periods.exposed(topics), adjustment(periods)
    rows = []
    for name in periods.dimensions if topics else ():
        labels = periods.people[name].astype("string").fillna("unknown")
        codes, levels = pd.factorize(labels, sort=True)
        mine = codes[periods.customer]
        parts, pairs = [], []
        for k, topic in enumerate(topics):
            for code, level in enumerate(levels):
                column = exposed[:, k] & (mine == code)
                churners = int(column[periods.event].sum())
                few = churners < FEW
                key = f"{topic} in {name} {'other' if few else level}"
                if not few:
                    pairs.append((key, name, str(level), topic, churners))
                parts.append((key, column.astype(float)))
        if pairs:
            rows += _fit(periods, parts, pairs, base)
    columns = ["dimension", "level", "topic_id", "exposed_churners", "odds_ratio", "low", "high",
               "p"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    frame = frame.nlargest(_MOST, "exposed_churners") if len(frame) > _MOST else frame
    method = "by" if frame["dimension"].nunique() > 1 else "bh"
    frame["q"] = q_values(frame["p"].to_numpy(float), "by" if method == "by" else "bh")
    apart = (frame["low"] > 1) | (frame["high"] < 1)
    frame["status"] = np.where(apart & (frame["q"] <= periods.params.fdr), "reported",
                               "exploratory")  # fmt: skip
    frame.insert(3, "label", frame["topic_id"].map(known.set_index("topic_id")["label"]))
    return BySegment(
        n=periods.n,
        rows=frame.sort_values(["q", "dimension", "level", "topic_id"], ignore_index=True),
        tests=int(frame["p"].notna().sum()),
        method=method,
        fdr=periods.params.fdr,
        level=DEFAULT_LEVEL,
    )


def _fit(periods, parts, pairs, base) -> list[tuple]:
    merged: dict[str, np.ndarray] = {}
    for key, column in parts:  # levels with few leavers share one column
        merged[key] = np.maximum(merged[key], column) if key in merged else column
    design = joined(list(merged.items()), base)
    fit = logit(design.x, periods.event, periods.cluster)
    if not fit.converged or fit.separated:
        fit = logit(design.x, periods.event, periods.cluster, firth=True)
    z = stats.norm.ppf(0.5 + DEFAULT_LEVEL / 2)
    rows = []
    for key, name, level, topic, churners in pairs:
        if key in design.names:
            place = design.index(key)
            log, se = float(fit.coef[place]), float(fit.se[place])
            low, middle, high = np.exp(log + se * np.array([-z, 0, z])).tolist()
            p = float(2 * stats.norm.sf(abs(log) / se))
            rows.append((name, level, topic, churners, middle, low, high, p))
    return rows
