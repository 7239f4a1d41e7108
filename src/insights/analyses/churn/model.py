"""The joint model: topics, other feedback, and everything held equal, on customer-months."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.churn.design import Design, joined
from insights.analyses.churn.mentions import OTHER
from insights.analyses.churn.periods import PersonPeriods
from insights.messages import _, plural
from insights.stats.logit import LogitFit, logit

__all__ = ["MIN_EVENTS", "Fitted", "candidates", "fit_topics", "too_few"]

MIN_EVENTS = 20  # leavers below which nothing is estimated


@dataclass(frozen=True)
class Fitted:
    """The joint model: its design, its fit, and its bias-reduced twin where cells are small."""

    design: Design
    fit: LogitFit
    firth: LogitFit | None
    columns: dict[str, int]

    def of(self, topic: str, few: bool) -> tuple[LogitFit, np.ndarray]:
        """Return the fit, and the covariance, from which a topic is reported."""
        if self.firth is None or not (few or not self.fit.converged or self.fit.separated):
            return self.fit, self.fit.cov
        # with few exposed leavers the sandwich is too small: take the larger variance
        place = self.columns[topic]
        robust, model = self.firth.cov, self.firth.model_cov
        return self.firth, robust if robust[place, place] > model[place, place] else model

    def log_odds(self, topic: str, few: bool) -> tuple[float, float]:
        """Return log odds ratio and standard error; not-a-number for a topic left out."""
        if topic not in self.columns:
            return float("nan"), float("nan")
        fit, cov = self.of(topic, few)
        place = self.columns[topic]
        return float(fit.coef[place]), float(np.sqrt(cov[place, place]))


def candidates(periods: PersonPeriods) -> pd.DataFrame:
    """Topics by the customers who raised them; topic_id, label, mentions, customers, kept.

    `kept` counts mentions outside of cancellation channels.
    """
    seen = periods.mentions[periods.mentions["topic_id"] != OTHER]
    counted = seen[~seen["excluded"]]
    frame = pd.DataFrame(
        {
            "label": seen.groupby("topic_id")["label"].first(),
            "mentions": seen.groupby("topic_id").size(),
            "customers": seen.groupby("topic_id")["code"].nunique(),
            "kept": counted.groupby("topic_id").size(),
        }
    ).rename_axis("topic_id")
    frame["kept"] = frame["kept"].fillna(0).astype(int)
    enough = frame["customers"] >= periods.params.min_customers
    frame = frame[enough].reset_index()
    return frame.sort_values(["customers", "topic_id"], ascending=[False, True]).reset_index(
        drop=True
    )


def fit_topics(
    periods: PersonPeriods,
    topics: list[str],
    exposed: np.ndarray,
    base: Design,
    *,
    gap_days: int | None = None,
    near: Fitted | None = None,
) -> Fitted:
    """Fit the joint pooled logit: topics, other feedback, and everything held equal.

    Customers without feedback are the reference: a level of their own, never 'satisfied'.
    `near` is a similar model, whose coefficients are where to begin.

    Parameters
    ----------
    topics
        Topic ids, in the order of the columns of `exposed`.
    exposed
        Whether the topic was raised in a row's window; bool, shape (rows, topics).
    base
        Columns that are held equal.
    gap_days
        Days between the last feedback counted and the month; the setting by default.
    near
        A similar model, whose coefficients are where to begin.
    """
    other = _other(periods, topics, gap_days)
    parts: list[tuple[str, np.ndarray]] = []
    if other[periods.event].sum() >= periods.params.min_cell:
        parts.append(("other feedback", other.astype(float)))
    parts += [(f"topic {topic}", exposed[:, k]) for k, topic in enumerate(topics)]
    design = joined(parts, base) if parts else base
    columns = {
        topic: design.index(f"topic {topic}")
        for topic in topics
        if f"topic {topic}" in design.names
    }
    begin = None
    if near is not None and near.fit.converged:
        known = dict(zip(near.design.names, near.fit.coef, strict=True))
        begin = np.array([known.get(name, 0.0) for name in design.names])
    fit = logit(design.x, periods.event, periods.cluster, start=begin, offset=design.offset)
    counts = periods.churners(exposed)
    small = bool(((counts < periods.params.few) & (counts >= periods.params.min_cell)).any())
    firth = None
    if small or not fit.converged or fit.separated:
        begin = np.clip(fit.coef, -8, 8)
        firth = logit(design.x, periods.event, periods.cluster, firth=True, start=begin,
                      offset=design.offset)  # fmt: skip
    return Fitted(design, fit, firth, columns)


def _other(periods: PersonPeriods, topics: list[str], gap_days: int | None) -> np.ndarray:
    seen = periods.mentions[~periods.mentions["excluded"]]
    rest = seen[~seen["topic_id"].isin(topics)]
    low, high = periods.window(rest["time"].to_numpy(), gap_days)
    return periods.counts(rest["code"].to_numpy(), low, high) > 0


def too_few(events: int) -> str:
    """Say that too few customers left."""
    if not events:
        return _("nobody left, {least} wanted", least=MIN_EVENTS)
    return plural(
        "only {n} customer left, {least} wanted",
        "only {n} customers left, {least} wanted",
        events,
        least=MIN_EVENTS,
    )
