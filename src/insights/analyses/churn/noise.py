"""What errors of the topic labels do to the odds ratios: how far they hide a true one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.churn.design import adjustment
from insights.analyses.churn.mentions import OTHER
from insights.analyses.churn.model import FEW, fit_topics
from insights.analyses.churn.periods import PersonPeriods
from insights.analyses.churn.result import ChurnRisk
from insights.result import Check, Result
from insights.settings import DEFAULT_LEVEL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["LabelNoise", "label_noise"]

_WORST = 0.5  # share of right labels below which nothing is put right
_DRAWS = 10


@dataclass(frozen=True, kw_only=True)
class LabelNoise(Result):
    """Odds ratios as labelled, and put right for labels that are wrong at the stated rate.

    Attributes
    ----------
    rows
        topic_id, label, precision (share of its labels that are right), odds_ratio, low, high,
        corrected, corrected_low, corrected_high, spread (of the log odds ratio over labels drawn
        anew from their probabilities; not-a-number without probabilities).
    source
        Where the precision comes from.
    """

    rows: pd.DataFrame
    source: str
    level: float

    def table(self) -> pd.DataFrame:
        """Return one row a topic."""
        return self.rows

    def text(self) -> str:
        """Say how far label errors shade the odds ratio of the first topic."""
        if self.rows.empty or self.rows["corrected"].isna().all():
            return (
                f"Errors of topic labels: cannot be carried ({self.source}; {self.n:,} customers)."
            )
        row = self.rows[self.rows["corrected"].notna()].iloc[0]
        return (
            f"Errors of topic labels ({self.source}; {self.n:,} customers): “{row['label']}” is "
            f"right in {row['precision']:.0%} of its labels; its adjusted association of "
            f"{row['odds_ratio']:.2f} [{row['low']:.2f}, {row['high']:.2f}] would be "
            f"{row['corrected']:.2f} [{row['corrected_low']:.2f}, {row['corrected_high']:.2f}] "
            "if errors fall on leavers and stayers alike."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw both odds ratios of each topic."""
        from insights.analyses.churn.plots import noise_marks

        return noise_marks(self, ax)


def label_noise(periods: PersonPeriods, risk: ChurnRisk) -> LabelNoise:
    """Carry the error of the topic labels into the odds ratios.

    A mention labelled j is truly j with its precision, else one of the other topics in
    proportion to their mentions; where true exposure raises the odds by e_k, exposure as
    labelled raises them by e*_j = sum_k P(k | labelled j) e_k, which is solved for e (matrix
    method, errors alike for leavers and stayers). Precision is the setting `label_precision`,
    else the mean probability that the topic model gives. Where mentions have probabilities,
    labels are also drawn anew from them, and the spread of the estimates is told.
    """
    known = risk.topics[risk.topics["odds_ratio"].notna() & (risk.topics["status"] != "leak")]
    topics = known["topic_id"].tolist()
    seen = periods.mentions[~periods.mentions["excluded"]]
    certain, source = _precision(periods, seen, topics)
    columns = ["topic_id", "label", "precision", "odds_ratio", "low", "high", "corrected",
               "corrected_low", "corrected_high", "spread"]  # fmt: skip
    if not topics or certain is None:
        empty = known.assign(precision=np.nan, corrected=np.nan, corrected_low=np.nan,
                             corrected_high=np.nan, spread=np.nan)  # fmt: skip
        return LabelNoise(n=periods.n, rows=empty[columns], source=source, level=DEFAULT_LEVEL)
    exposed = periods.exposed(topics)
    few = periods.churners(exposed) < FEW
    model = fit_topics(periods, topics, exposed, adjustment(periods))
    kept = [k for k, topic in enumerate(topics) if topic in model.columns]
    names = [topics[k] for k in kept]
    fit = model.fit if model.firth is None or not few.any() else model.firth
    places = [model.columns[name] for name in names]
    mixture = _mixture(seen, topics, certain)[np.ix_(kept, kept)]
    log, cov = fit.coef[places], fit.cov[np.ix_(places, places)]
    excess = np.linalg.solve(mixture, np.expm1(log))
    right = np.where(excess > -0.99, np.log1p(np.maximum(excess, -0.99)), np.nan)
    turn = np.linalg.solve(mixture, np.diag(np.exp(log))) / (1 + excess)[:, None]
    se = np.sqrt(np.diag(turn @ cov @ turn.T))
    z = stats.norm.ppf(0.5 + DEFAULT_LEVEL / 2)
    by_name = pd.DataFrame(
        {
            "precision": certain[kept],
            "corrected": np.exp(right),
            "corrected_low": np.exp(right - z * se),
            "corrected_high": np.exp(right + z * se),
            "spread": _spread(periods, names, model.design.names),
        },
        index=names,
    )
    rows = known.join(by_name, on="topic_id")[columns].reset_index(drop=True)
    widest = float((rows["corrected"] / rows["odds_ratio"]).max())
    return LabelNoise(
        n=periods.n,
        rows=rows,
        source=source,
        level=DEFAULT_LEVEL,
        checks=(
            Check(
                "label errors shade odds ratios",
                None,
                f"at the stated precision the largest odds ratio put right is {widest:.2f} times "
                "what the labels show",
            ),
        ),
    )


def _precision(
    periods: PersonPeriods, seen: pd.DataFrame, topics: list[str]
) -> tuple[np.ndarray | None, str]:
    stated = periods.params.label_precision
    if stated:
        if stated < _WORST:
            return None, f"a precision of {stated:.2f} is below {_WORST}"
        return np.full(len(topics), stated), f"stated precision {stated:.2f}"
    if "probability" not in seen or seen["probability"].isna().all():
        return None, "labels have no probability, and label_precision is not set"
    mean = seen.groupby("topic_id")["probability"].mean().reindex(topics).fillna(1.0)
    return np.clip(mean.to_numpy(float), _WORST, 1.0), "mean probability of the topic model"


def _mixture(seen: pd.DataFrame, topics: list[str], certain: np.ndarray) -> np.ndarray:
    """P(truly k | labelled j) between the topics; what is left is feedback without effect."""
    count = seen["topic_id"].value_counts()
    mine = count.reindex(topics).fillna(0).to_numpy(float)
    total = float(count.sum())
    mixture = np.tile(mine, (len(topics), 1)) / np.maximum(total - mine, 1)[:, None]
    mixture *= (1 - certain)[:, None]
    np.fill_diagonal(mixture, certain)
    return mixture


def _spread(periods: PersonPeriods, topics: list[str], names: tuple[str, ...]) -> np.ndarray:
    """Spread of each log odds ratio when labels are drawn anew from their probabilities."""
    seen = periods.mentions
    if "probability" not in seen or seen["probability"].isna().all():
        return np.full(len(topics), np.nan)
    rng = np.random.default_rng(periods.params.seed)
    sure = seen["probability"].fillna(1.0).to_numpy(float)
    pool = seen.loc[seen["topic_id"] != OTHER, "topic_id"].to_numpy()
    base, drawn = adjustment(periods), []
    for _ in range(_DRAWS):
        wrong = rng.random(len(seen)) > sure
        label = np.where(wrong, rng.choice(pool, len(seen)), seen["topic_id"].to_numpy())
        again = replace(periods, mentions=seen.assign(topic_id=label))
        model = fit_topics(again, topics, again.exposed(topics), base)
        drawn.append([model.log_odds(topic, few=False)[0] for topic in topics])
    return np.std(np.array(drawn), axis=0, ddof=1)
