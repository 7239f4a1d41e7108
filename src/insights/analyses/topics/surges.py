"""When a topic stood out: the run of periods that dates it, and the warning at the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.topics.changes import (
    MIX,
    TopicTrend,
    day,
    framed,
    named,
    p_text,
    plural,
    points_text,
    usable_periods,
)
from insights.analyses.topics.mix import (
    NOT_SPLIT,
    TopicMix,
    mix_words,
    with_fixed_mix,
    within_text,
)
from insights.analyses.topics.tables import OUTPUTS
from insights.result import Check, Result
from insights.settings import DEFAULT_FDR
from insights.stats.intervals import newcombe
from insights.stats.multiplicity import q_values

__all__ = ["EarlyWarning", "TopicSurge", "early_warning", "topic_surges", "warnings_of"]

DRAWS = 4_999  # random orders of the periods
_SURGES = OUTPUTS["topic_surges"]
_ALARMS = OUTPUTS["topic_alarms"]
_FEWEST = 8  # periods in which a surge can be told
_WIDEST = 0.5  # of the periods: a surge is shorter, or runs to the end
RATE = 0.25  # false alarms a year that are accepted, over all topics together
_BASELINE = 6  # periods before the watch can begin
_WIDTHS = (1, 2, 3)  # last periods looked at together
_LEAST = 5  # records of the last periods below which no alarm is given
_A_YEAR = {"day": 365.25, "week": 52.18, "month": 12.0, "quarter": 4.0, "year": 1.0}


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicSurge(Result, table="surges", figure="surge_runs"):
    """The run of periods in which each topic stood out most; n counts records."""

    surges: pd.DataFrame
    periods: int
    period: str
    fdr: float = DEFAULT_FDR
    owners: Mapping[str, str] = field(default_factory=dict)

    def own_checks(self) -> tuple[Check, ...]:
        """Return what the fields themselves tell."""
        detail = (
            "runs were searched for, so their intervals are too narrow and their first and last "
            f"{self.period}s are estimates; the q-value accounts for the search"
        )
        found = Check("chosen runs", None, detail)
        return (found, MIX)

    @property
    def found(self) -> pd.DataFrame:
        """The surges that stand after the correction: first at a fixed mix, largest first."""
        rows = self.surges[self.surges["q"] <= self.fdr]
        rows = rows.sort_values("estimate", ascending=False, kind="stable")
        return rows.loc[(~_stands(rows)).sort_values(kind="stable").index]

    def sentences(self) -> list[str]:
        """Name the largest surge and about when it began, or say that there is none."""
        if self.surges.empty and self.periods >= _FEWEST:
            return [f"There is no topic that could have surged (n = {self.n:,})."]
        if self.surges.empty:
            return [
                f"Cannot tell whether a topic surged: {self.periods} complete {self.period}s with "
                f"at least 30 records each (n = {self.n:,}), and {_FEWEST} are needed."
            ]
        tested = f"{len(self.surges)} topics and every run of {self.period}s searched, "
        tested += f"n = {self.n:,}"
        if self.found.empty:
            return [f"No detectable surge of any topic ({tested})."]
        top = self.found.iloc[0]
        last = f"the last complete {self.period}"
        end = last if top["lasting"] else day(top["end"], self.period)
        when = f"from about {day(top['start'], self.period)} to {end}"
        name = named(top, self.owners)
        raw = (
            f"{top['share']:.1%} of records against {top['otherwise']:.1%} otherwise, a difference "
            f"of {points_text(top)}, q {p_text(top['q'])} ({tested})"
        )
        others = self.found.iloc[1:]
        more = f"{len(others)} more stood out as records came" if len(others) else ""
        if not top["held_fixed"]:
            said = f"As records came, {name} stood out {when}: {raw}."
            return [said, f"{more}." if more else ""]
        fixed = mix_words(top["held_fixed"].split(", "))
        if more:
            more += f", {int(_stands(others).sum())} of them at a fixed mix."
        if not _stands(self.found).any():
            return [
                f"At a fixed {fixed} no surge stands: that of {name} {when} is "
                f"{within_text(top)}; as records came, {raw}.",
                more,
            ]
        return [
            f"At a fixed {fixed} {name} stood out {when} by {within_text(top)}; as "
            f"records came, {raw}.",
            more,
        ]


def _stands(rows: pd.DataFrame) -> pd.Series:
    """Whether a rise is one at a fixed mix too."""
    return rows["within_low"] > 0


def topic_surges(
    trend: TopicTrend, *, seed: int, draws: int = DRAWS, mix: TopicMix | None = None
) -> TopicSurge:
    """Runs of periods in which a topic's share was higher than otherwise.

    For each topic the run with the largest score statistic is searched among all runs of up
    to half of the periods, and those that last to the end. Its p-value is the share of random
    orders of the periods whose best run is at least as good (a temporal scan statistic,
    Kulldorff 1997, doi 10.1080/03610929708831995), so wandering shares do not count as news.
    What is found is split with `mix`: how much of it is there at a fixed mix (columns within,
    its ends, held_fixed), widened by the dispersion between periods; not-a-number without.
    """
    counts, total = usable_periods(trend)
    periods = len(total)
    starts, ends = _runs(periods)
    rng = np.random.default_rng(seed)
    orders = np.array([rng.permutation(periods) for _ in range(draws)])
    rows = []
    for topic, n in (
        counts.drop(columns="-1", errors="ignore").items() if periods >= _FEWEST else ()
    ):
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
            {
                "topic_id": topic,
                "label": trend.names[topic],
                "start": counts.index[starts[best]],
                "end": counts.index[ends[best] - 1],
                "lasting": bool(ends[best] == periods),
                "n": a,
                "share": a / na,
                "otherwise": b / nb,
                "estimate": gap.estimate,
                "low": gap.low,
                "high": gap.high,
                "p": p,
            }
        )
    found = framed(rows, _SURGES.dtypes)
    found["q"] = q_values(found["p"])
    places = counts.index.get_indexer
    spans = [
        (first, last + 1, periods) if q <= trend.fdr else None
        for first, last, q in zip(
            places(pd.DatetimeIndex(found["start"])), places(pd.DatetimeIndex(found["end"])),
            found["q"], strict=True,
        )
    ]  # fmt: skip
    return TopicSurge(
        n=int(total.sum()),
        surges=with_fixed_mix(found, counts, total, spans, mix),
        periods=periods,
        period=trend.period,
        fdr=trend.fdr,
        owners=trend.owners,
    )


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


@dataclass(frozen=True, kw_only=True, eq=False)
class EarlyWarning(Result, table="alarms", figure="alarm_calendar", needs_rows=True):
    """When a monitor would have warned of each topic; n counts records.

    Attributes
    ----------
    alarms
        One row an alarm: topic_id, label, period (the first of the alarm), last (its last),
        share then, before (its baseline), p, q, began (start of the surge that a look back over
        all periods dates, if one stands), lead (periods the alarm came before that start;
        negative: after), within, its ends and held_fixed (difference at a fixed mix).
    watched
        Periods in which the monitor looked, from `first` to `latest`.
    level
        The q-value below which a look warns.
    """

    alarms: pd.DataFrame
    watched: int
    periods: int
    period: str
    level: float
    topics: int
    first: pd.Timestamp | None = None
    latest: pd.Timestamp | None = None
    owners: Mapping[str, str] = field(default_factory=dict)

    def own_checks(self) -> tuple[Check, ...]:
        """Return what the fields themselves tell."""
        detail = (
            f"at most {RATE} false alarms a year were asked for, over {self.topics} topics "
            f"together: each look warns at q of at most {self.level:.4f}"
        )
        ahead = (
            "each look knows only the counts until then; the topics themselves were found in all "
            "the records, so a topic that did not exist before is seen as soon as it is written of"
        )
        found = (
            Check("false alarms of the monitor", None, detail),
            Check("what it knew", None, ahead),
        )
        return (*found, MIX)

    @property
    def open(self) -> pd.DataFrame:
        """Alarms that stand in the latest complete period."""
        return self.alarms[self.alarms["last"] == self.latest]

    def sentences(self) -> list[str]:
        """Say what is on alert now, and when the largest surge would first have been seen."""
        if not self.watched:
            return [
                f"Cannot watch yet: {self.periods} complete {self.period}s with at least 30 "
                f"records each (n = {self.n:,}), and {_BASELINE + 1} are needed."
            ]
        looks = f"{self.watched} {plural(self.period, self.watched)} watched, {self.topics} topics"
        looks += f", n = {self.n:,}"
        if self.alarms.empty:
            return [f"No topic would have set off the monitor ({looks})."]
        latest = self.open.drop_duplicates("label")
        names = [f"{named(row, self.owners)}{_at_fixed(row)}" for _, row in latest.iterrows()]
        now = f"On alert in {day(self.latest, self.period)}: {', '.join(names)}."
        if not names:
            now = f"No topic is on alert in {day(self.latest, self.period)}."
        alarms = self.alarms[_stands(self.alarms)] if _stands(self.alarms).any() else self.alarms
        dated = alarms.dropna(subset=["lead"])
        first = alarms.iloc[0]
        if len(dated):
            first = dated.sort_values("share", ascending=False, kind="stable").iloc[0]
        warned = (
            f"The monitor would first have warned of {named(first, self.owners)} in "
            f"{day(first['period'], self.period)}{_at_fixed(first)}, as records came at "
            f"{first['share']:.1%} of them against {first['before']:.1%} before"
        )
        if len(dated):
            warned += f"; the look back dates the start to {day(first['began'], self.period)}"
            warned += f" ({_lead(int(first['lead']), self.period)})"
        count = f"{len(self.alarms)} {plural('alarm', len(self.alarms))} in all"
        return [now, f"{warned} ({count}; {looks})."]


def _at_fixed(row: pd.Series) -> str:
    """Write what is left of an alarm at a fixed mix; '' where nothing was held fixed."""
    if not row["held_fixed"]:
        return ""
    return f" ({within_text(row)} at a fixed {mix_words(row['held_fixed'].split(', '))})"


def early_warning(
    trend: TopicTrend, surges: TopicSurge, mix: TopicMix | None = None
) -> EarlyWarning:
    """Watch every topic period by period, and compare with when its surge is dated afterwards.

    Parameters
    ----------
    surges
        `topic_surges(trend)`: the look back that the lead is measured against.
    mix
        What an alarm is split with: how much of its first period's difference from those before
        is there at a fixed mix, on the records until then.
    """
    counts, total = usable_periods(trend)
    topics = [topic for topic in counts.columns if topic != "-1"]
    level = RATE / _A_YEAR[trend.period]
    n = counts[topics].to_numpy()
    fired, p, q = warnings_of(n, total, level=level)
    began = surges.found.set_index("topic_id")["start"] if len(surges.surges) else pd.Series()
    starts = counts.index
    rows, spans = [], []
    for at, k in np.argwhere(fired & ~_shifted(fired)):
        end = at + int(np.argmin(np.append(fired[at:, k], False))) - 1
        start = began.get(topics[k], pd.NaT)
        spans.append((int(at), int(at) + 1, int(at) + 1))
        lead = np.nan if pd.isna(start) else float(starts.get_loc(start) - at)
        rows.append(
            (
                topics[k],
                trend.names[topics[k]],
                starts[at],
                starts[end],
                n[at, k] / total[at],
                n[:at, k].sum() / total[:at].sum(),
                p[at, k],
                q[at, k],
                start,
                lead,
            )
        )
    own = {key: kind for key, kind in _ALARMS.dtypes.items() if key not in NOT_SPLIT}
    alarms = pd.DataFrame(rows, columns=list(own)).astype(own)
    return EarlyWarning(
        n=int(total.sum()),
        alarms=with_fixed_mix(alarms, counts, total, spans, mix),
        watched=max(len(total) - _BASELINE, 0),
        periods=len(total),
        period=trend.period,
        level=level,
        topics=len(topics),
        first=pd.Timestamp(starts[_BASELINE]) if len(starts) > _BASELINE else None,
        latest=pd.Timestamp(starts[-1]) if len(starts) else None,
        owners=trend.owners,
    )


def warnings_of(
    counts: np.ndarray, total: np.ndarray, *, level: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Look at the end of every period; returns whether each topic warns, p and q.

    The mean logit share of the last one, two or three periods is compared with that of all
    periods before them, by Student's t for a new value; the variance is that of the earlier
    periods around their mean, and at least what counting alone makes it. The smallest of the
    three p-values is multiplied by three; q after Benjamini and Hochberg over the topics of one
    look. No later period enters a look.

    Parameters
    ----------
    counts
        Shape (periods, topics).
    total
        Shape (periods,).

    Returns
    -------
    fired, p, q
        Shape (periods, topics) each; no look (p not-a-number) before seven periods are there.
    """
    n, t = np.asarray(counts, float), np.asarray(total, float)[:, None]
    logit = np.log((n + 0.5) / (t - n + 0.5))
    p = np.full(n.shape, np.nan)
    q = np.full(n.shape, np.nan)
    for at in range(_BASELINE, len(n)):
        looks = [
            _risen(logit, n, t, slice(0, at + 1 - width), slice(at + 1 - width, at + 1))
            for width in _WIDTHS
            if at + 1 - width >= _BASELINE
        ]
        p[at] = np.minimum(len(looks) * np.min(looks, axis=0), 1.0)
        q[at] = q_values(p[at])
    return q <= level, p, q


def _risen(
    logit: np.ndarray, n: np.ndarray, t: np.ndarray, before: slice, last: slice
) -> np.ndarray:
    """One-sided p of the last periods' mean logit lying above that of the periods before."""
    periods, width = len(logit[before]), len(logit[last])
    share = np.clip(n[before].sum(axis=0) / t[before].sum(), 0.5 / t[before].sum(), 1.0)
    counting = 1 / (t * share * (1 - np.minimum(share, 0.999)))
    usual = np.maximum(logit[before].var(axis=0, ddof=1), counting[before].mean(axis=0))
    recent = np.maximum(logit[before].var(axis=0, ddof=1), counting[last].mean(axis=0))
    error = np.sqrt(usual / periods + recent / width)
    p = stats.t.sf((logit[last].mean(axis=0) - logit[before].mean(axis=0)) / error, periods - 1)
    return np.where(n[last].sum(axis=0) >= _LEAST, p, 1.0)


def _shifted(fired: np.ndarray) -> np.ndarray:
    """Whether the same topic already warned in the period before."""
    return np.vstack([np.zeros((1, fired.shape[1]), bool), fired[:-1]])[: len(fired)]


def _lead(lead: int, period: str) -> str:
    if lead == 0:
        return f"in the same {period}"
    when = "before" if lead > 0 else "after"
    return f"{abs(lead)} {plural(period, abs(lead))} {when} it"
