"""Shares of topics through time, and which of them changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.topics.movement import TopicChange, TopicSurge, TopicTrend
from insights.analyses.topics.params import Params
from insights.analyses.topics.result import TopicModel
from insights.errors import DataError
from insights.stats.calendar import Calendar, ordinals, whole_periods
from insights.stats.intervals import newcombe, wilson_bounds
from insights.stats.multiplicity import q_values

__all__ = [
    "SMALL_PERIOD",
    "recent_periods",
    "topic_changes",
    "topic_surges",
    "topic_trend",
    "usable_periods",
]

SMALL_PERIOD = 30  # records of a period below which its shares are not shown
_RECENT = 0.25  # share of the complete periods that counts as recent
DRAWS = 4_999  # random orders of the periods
_WIDEST = 0.5  # of the periods: a surge is shorter, or runs to the end


def topic_trend(
    model: TopicModel, feedback: pd.DataFrame, *, params: Params, calendar: Calendar
) -> TopicTrend:
    """Share of each topic among all records of each period, with Wilson intervals.

    Periods with fewer than 30 records keep their counts and lose their shares. The first and
    the last period are marked when the data begin or end inside them.
    """
    dated = feedback.loc[feedback["created_at"].notna(), ["feedback_id", "created_at"]]
    dated = dated.assign(feedback_id=dated["feedback_id"].astype(str))
    if dated.empty:
        raise DataError(
            "topics: no record has a date in created_at; a trend needs dates. "
            "Map a date column in the study."
        )
    joined = dated.merge(model.documents[["feedback_id", "topic_id"]], on="feedback_id")
    length = calendar.resolve(joined["created_at"], params.period)
    start = calendar.period_start(joined["created_at"], length)
    ids = [*model.topics["topic_id"], "-1"]
    counts = pd.crosstab(start, joined["topic_id"]).reindex(columns=ids, fill_value=0)
    every = pd.period_range(start.min(), start.max(), freq=calendar.frequency(length))
    counts = counts.reindex(every.start_time, fill_value=0)
    total = counts.sum(axis=1).to_numpy()
    whole = whole_periods(calendar.local(joined["created_at"]), every)
    n = counts.to_numpy()
    enough = (total >= SMALL_PERIOD)[:, None] & np.ones_like(n, bool)
    low, high = wilson_bounds(n, total[:, None])
    share = np.divide(n, total[:, None], out=np.zeros(n.shape), where=total[:, None] > 0)
    table = pd.DataFrame(
        {
            "period": np.repeat(every.start_time.to_numpy(), len(ids)),
            "topic_id": pd.Series(np.tile(np.array(ids, dtype=object), len(every)), dtype="str"),
            "n": n.ravel(),
            "share": np.where(enough, share, np.nan).ravel(),
            "low": np.where(enough, low, np.nan).ravel(),
            "high": np.where(enough, high, np.nan).ravel(),
            "total": np.repeat(total, len(ids)),
            "complete": np.repeat(whole, len(ids)),
        }
    )
    names = {
        **dict(zip(model.topics["topic_id"], model.topics["label"], strict=True)),
        "-1": model.rest,
    }
    return TopicTrend(n=int(total.sum()), trend=table, period=length, names=names)


def topic_changes(trend: TopicTrend) -> TopicChange:
    """Which topics' shares differ between the recent periods and those before.

    Recent is the last quarter of the complete periods with at least 30 records. The difference
    has Newcombe's interval, the test is the score test of two shares; both are widened by the
    spread of the shares between periods (Pearson's dispersion, at least 1), for shares wander
    more than counts alone would let them, and the test takes Student's quantiles. q-values
    after Benjamini and Hochberg over the topics.
    """
    counts, total = usable_periods(trend)
    after = recent_periods(len(total))
    if len(total) < 4:
        return TopicChange(
            n=int(total.sum()),
            changes=_no_rows(),
            periods=len(total),
            recent=0,
            period=trend.period,
        )
    rows = []
    for topic, n in counts.items():
        if topic == "-1":
            continue
        wide = _dispersion(n.to_numpy(), total, after)
        a, b = int(n[after].sum()), int(n[~after].sum())
        na, nb = int(total[after].sum()), int(total[~after].sum())
        gap = newcombe((_scaled(a, wide), _scaled(na, wide)), (_scaled(b, wide), _scaled(nb, wide)))
        pooled = (a + b) / (na + nb)
        error = np.sqrt(wide * pooled * (1 - pooled) * (1 / na + 1 / nb))
        z = (a / na - b / nb) / error if error > 0 else np.nan
        p = float(2 * stats.t.sf(abs(z), len(total) - 2))
        estimate = a / na - b / nb
        rows.append(
            (
                topic,
                trend.names[topic],
                a,
                a / na,
                b,
                b / nb,
                estimate,
                min(gap.low, estimate),
                max(gap.high, estimate),
                wide,
                p,
            )
        )
    columns = list(_no_rows())[:-1]
    found = pd.DataFrame(rows, columns=columns)
    found["q"] = q_values(found["p"])
    first = pd.Timestamp(counts.index[after][0])
    return TopicChange(
        n=int(total.sum()),
        changes=found,
        periods=len(total),
        recent=int(after.sum()),
        period=trend.period,
        since=first,
        thin_recent=_thin(counts.index[after], trend.period),
        thin_earlier=_thin(counts.index[~after].append(counts.index[after][:1]), trend.period),
    )


def _thin(starts: pd.Index, period: str) -> int:
    """Periods between the first and the last of these that are not among them."""
    place = ordinals(pd.DatetimeIndex(starts), period)
    return int(place[-1] - place[0] + 1 - len(place))


def topic_surges(trend: TopicTrend, *, seed: int, draws: int = DRAWS) -> TopicSurge:
    """Runs of periods in which a topic's share was higher than otherwise.

    For each topic the run with the largest score statistic is searched among all runs of up
    to half of the periods, and those that last to the end. Its p-value is the share of random
    orders of the periods whose best run is at least as good (a temporal scan statistic,
    Kulldorff 1997, doi 10.1080/03610929708831995), so wandering shares do not count as news.
    """
    counts, total = usable_periods(trend)
    periods = len(total)
    if periods < 8:
        return TopicSurge(
            n=int(total.sum()), surges=_no_surge(), periods=periods, period=trend.period
        )
    starts, ends = _runs(periods)
    rng = np.random.default_rng(seed)
    orders = np.array([rng.permutation(periods) for _ in range(draws)])
    rows = []
    for topic, n in counts.items():
        if topic == "-1":
            continue
        values = n.to_numpy()
        score = _scores(values[None], total[None], starts, ends)[0]
        best = int(np.argmax(score))
        null = _scores(values[orders], total[orders], starts, ends).max(axis=1)
        p = (1 + int((null >= score[best] - 1e-12).sum())) / (1 + draws)
        run = slice(starts[best], ends[best])
        a, na = int(values[run].sum()), int(total[run].sum())
        b, nb = int(values.sum()) - a, int(total.sum()) - na
        gap = newcombe((a, na), (b, nb))
        rows.append(
            (
                topic,
                trend.names[topic],
                counts.index[starts[best]],
                counts.index[ends[best] - 1],
                bool(ends[best] == periods),
                a,
                a / na,
                b / nb,
                gap.estimate,
                gap.low,
                gap.high,
                p,
            )
        )
    found = pd.DataFrame(rows, columns=list(_no_surge())[:-1])
    found["q"] = q_values(found["p"])
    return TopicSurge(n=int(total.sum()), surges=found, periods=periods, period=trend.period)


def usable_periods(trend: TopicTrend) -> tuple[pd.DataFrame, np.ndarray]:
    """Counts (periods by topics) and totals of the complete periods that are not small."""
    kept = trend.trend[trend.trend["complete"] & (trend.trend["total"] >= SMALL_PERIOD)]
    counts = kept.pivot(index="period", columns="topic_id", values="n")
    return counts.reindex(columns=list(trend.names), fill_value=0), kept.groupby("period")[
        "total"
    ].first().to_numpy()


def recent_periods(periods: int) -> np.ndarray:
    """Which periods count as recent: the last quarter; shape (periods,)."""
    return np.arange(periods) >= periods - max(1, round(_RECENT * periods))


def _dispersion(n: np.ndarray, total: np.ndarray, after: np.ndarray) -> float:
    """Pearson's dispersion of the shares around one share before and one after; at least 1."""
    expected = np.empty(len(n))
    share = np.empty(len(n))
    for part in (after, ~after):
        share[part] = n[part].sum() / total[part].sum()
        expected[part] = total[part] * share[part]
    spread = expected * (1 - share)
    square = np.divide((n - expected) ** 2, spread, out=np.zeros(len(n)), where=spread > 0)
    return float(max(1.0, square.sum() / max(len(n) - 2, 1)))


def _scaled(count: int, wide: float) -> int:
    return max(round(count / wide), 1 if count else 0)


def _runs(periods: int) -> tuple[np.ndarray, np.ndarray]:
    widest = int(_WIDEST * periods)
    pairs = [
        (start, end)
        for start in range(periods)
        for end in range(start + 1, periods + 1)
        if end - start <= widest or (end == periods and start >= 2)
    ]
    return np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])


def _scores(n: np.ndarray, total: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Score z of each run being above the rest; shapes (orders, periods) to (orders, runs)."""
    zero = np.zeros((len(n), 1))
    cn = np.hstack([zero, np.cumsum(n, axis=1)])
    ct = np.hstack([zero, np.cumsum(total, axis=1)])
    a, na = cn[:, ends] - cn[:, starts], ct[:, ends] - ct[:, starts]
    b, nb = cn[:, -1:] - a, ct[:, -1:] - na
    pooled = cn[:, -1:] / ct[:, -1:]
    error = np.sqrt(pooled * (1 - pooled) * (1 / na + 1 / nb))
    return np.divide(a / na - b / nb, error, out=np.zeros_like(a), where=error > 0)


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "topic_id": pd.Series(dtype="str"),
            "label": pd.Series(dtype="str"),
            "recent_n": pd.Series(dtype="int64"),
            "recent_share": pd.Series(dtype="float64"),
            "earlier_n": pd.Series(dtype="int64"),
            "earlier_share": pd.Series(dtype="float64"),
            "estimate": pd.Series(dtype="float64"),
            "low": pd.Series(dtype="float64"),
            "high": pd.Series(dtype="float64"),
            "dispersion": pd.Series(dtype="float64"),
            "p": pd.Series(dtype="float64"),
            "q": pd.Series(dtype="float64"),
        }
    )


def _no_surge() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "topic_id": pd.Series(dtype="str"),
            "label": pd.Series(dtype="str"),
            "start": pd.Series(dtype="datetime64[ns]"),
            "end": pd.Series(dtype="datetime64[ns]"),
            "lasting": pd.Series(dtype="bool"),
            "n": pd.Series(dtype="int64"),
            "share": pd.Series(dtype="float64"),
            "otherwise": pd.Series(dtype="float64"),
            "estimate": pd.Series(dtype="float64"),
            "low": pd.Series(dtype="float64"),
            "high": pd.Series(dtype="float64"),
            "p": pd.Series(dtype="float64"),
            "q": pd.Series(dtype="float64"),
        }
    )
