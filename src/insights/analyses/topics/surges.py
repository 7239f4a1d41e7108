"""When a topic stood out: the run of periods that dates it, and the warning at the time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from insights.analyses.topics.changes import (
    TopicTrend,
    day,
    mix_check,
    named,
    p_text,
    periods_text,
    points_text,
)
from insights.analyses.topics.mix import TopicMix, mix_text, with_fixed_mix, within_text
from insights.analyses.topics.tables import OUTPUTS
from insights.claim import Claim
from insights.messages import _, number, percent, plural
from insights.result import Check, Result
from insights.stats.intervals import newcombe
from insights.stats.multiplicity import q_values
from insights.stats.surveillance import BASELINE, best_run, warnings_of

__all__ = ["EarlyWarning", "TopicSurge", "early_warning", "topic_surges"]

DRAWS = 4_999  # random orders of the periods
_FEWEST = 8  # periods in which a surge can be told
RATE = 0.25  # false alarms a year that are accepted, over all topics together
_A_YEAR = {"day": 365.25, "week": 52.18, "month": 12.0, "quarter": 4.0, "year": 1.0}


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicSurge(Result, table="surges", figure="surge_runs"):
    """The run of periods of `trend` in which each topic stood out most; n counts records."""

    surges: pd.DataFrame
    trend: TopicTrend
    mix: TopicMix | None = field(default=None, repr=False)

    def claims(self) -> list[Claim]:
        """Date the rise of the topics that still stand out, also at a fixed mix."""
        rows = self.found[self.found["lasting"] & _stands(self.found)]
        began = dict(zip(rows["topic_id"], rows["start"], strict=True))
        return self.mix.dated(began) if self.mix and began else []

    def own_checks(self) -> tuple[Check, ...]:
        """Say what the search does to the intervals."""
        detail = _(
            "runs were searched for, so their intervals are too narrow and their first and last "
            "{periods} are estimates; the q-value accounts for the search",
            periods=periods_text(self.trend.period),
        )
        return Check(_("chosen runs"), None, detail), mix_check()

    @property
    def found(self) -> pd.DataFrame:
        """The surges that stand after the correction: first at a fixed mix, largest first."""
        rows = self.surges[self.surges["q"] <= self.trend.fdr]
        rows = rows.sort_values("estimate", ascending=False, kind="stable")
        return rows.loc[(~_stands(rows)).sort_values(kind="stable").index]

    def sentences(self) -> list[str]:
        """Name the largest surge and about when it began, or say that there is none."""
        period, n, count = self.trend.period, number(self.n), len(self.trend.total)
        if self.surges.empty and count >= _FEWEST:
            return [_("There is no topic that could have surged (n = {n}).", n=n)]
        periods = periods_text(period)
        if self.surges.empty:
            return [
                _(
                    "Cannot tell whether a topic surged: {count} complete {periods} with at least "
                    "30 records each (n = {n}), and {needed} are needed.",
                    count=count,
                    periods=periods,
                    n=n,
                    needed=_FEWEST,
                )
            ]
        tested = _(
            "{topics} topics and every run of {periods} searched, n = {n}",
            topics=len(self.surges),
            periods=periods,
            n=n,
        )
        if self.found.empty:
            return [_("No detectable surge of any topic ({tested}).", tested=tested)]
        top = self.found.iloc[0]
        fields = {
            "topic": named(top, self.trend.owners),
            "when": _when(top, period),
            "raw": _(
                "{share} of records against {otherwise} otherwise, a difference of {points}, q {q} "
                "({tested})",
                share=percent(top["share"], 1),
                otherwise=percent(top["otherwise"], 1),
                points=points_text(top),
                q=p_text(top["q"]),
                tested=tested,
            ),
        }
        others = self.found.iloc[1:]
        more = _("{count} more stood out as records came", count=len(others)) if len(others) else ""
        if not top["held_fixed"]:
            surge = _("As records came, {topic} stood out {when}: {raw}.", **fields)
            return [surge, more and _("{more}.", more=more)]
        if more:
            count = int(_stands(others).sum())
            more = _("{more}, {count} of them at a fixed mix.", more=more, count=count)
        fields |= {"mix": mix_text(top["held_fixed"].split(", ")), "within": within_text(top)}
        stands = _(
            "At a fixed {mix} {topic} stood out {when} by {within}; as records came, {raw}.",
            **fields,
        )
        none = _(
            "At a fixed {mix} no surge stands: that of {topic} {when} is {within}; as records "
            "came, {raw}.",
            **fields,
        )
        return [stands if _stands(self.found).any() else none, more]


def _when(surge: pd.Series, period: str) -> str:
    """Say from when to when a topic stood out."""
    start = day(surge["start"], period)
    if surge["lasting"]:
        return _(
            "from about {start} to the last complete {period}",
            start=start,
            period=periods_text(period, 1),
        )
    return _("from about {start} to {end}", start=start, end=day(surge["end"], period))


def _stands(rows: pd.DataFrame) -> pd.Series:
    """Whether a rise is one at a fixed mix too."""
    return rows["within_low"] > 0


def topic_surges(
    trend: TopicTrend, *, seed: int, draws: int = DRAWS, mix: TopicMix | None = None
) -> TopicSurge:
    """Runs of periods in which a topic's share was higher than otherwise.

    For each topic the best of all runs is searched (`stats.surveillance`), against random orders
    of the periods, so wandering shares do not count as news. What is found is split with `mix`:
    how much of it is there at a fixed mix (columns within, its ends, held_fixed), widened by the
    dispersion between periods; not-a-number without.

    Parameters
    ----------
    seed
        Of the random orders.
    draws
        How many orders; the smallest p-value is one over their number and one.
    mix
        `topic_mix` of the same trend.
    """
    total, periods = trend.total, len(trend.total)
    rng = np.random.default_rng(seed)
    orders = np.array([rng.permutation(periods) for draw in range(draws)])
    rows, spans = [], []
    for topic, n in trend.tested.items() if periods >= _FEWEST else ():
        scan = best_run(n.to_numpy(), total, orders)
        run = slice(scan.start, scan.end)
        a, na = int(n.iloc[run].sum()), int(total[run].sum())
        b, nb = int(n.sum()) - a, int(total.sum()) - na
        gap = newcombe((a, na), (b, nb))
        spans.append((scan.start, scan.end, periods))
        rows.append(
            {
                "topic_id": topic,
                "label": trend.names[str(topic)],
                "start": n.index[scan.start],
                "end": n.index[scan.end - 1],
                "lasting": scan.end == periods,
                "n": a,
                "share": a / na,
                "otherwise": b / nb,
                "estimate": gap.estimate,
                "low": gap.low,
                "high": gap.high,
                "p": scan.p,
            }
        )
    surges = OUTPUTS["topic_surges"].frame(rows)
    surges["q"] = q_values(surges["p"])
    named_spans = [
        span if q <= trend.fdr else None for span, q in zip(spans, surges["q"], strict=True)
    ]
    return TopicSurge(
        n=int(total.sum()),
        surges=with_fixed_mix(surges, trend, named_spans, mix),
        trend=trend,
        mix=mix,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class EarlyWarning(Result, table="alarms", figure="alarm_calendar", needs_rows=True):
    """When a monitor would have warned of each topic of `trend`; n counts records."""

    alarms: pd.DataFrame
    trend: TopicTrend

    @property
    def watched(self) -> pd.DatetimeIndex:
        """Periods in which the monitor looked."""
        return self.trend.counts.index[BASELINE:]

    @property
    def open(self) -> pd.DataFrame:
        """Alarms that stand in the latest complete period."""
        return self.alarms[self.alarms["last"].isin(self.watched[-1:])]

    def own_checks(self) -> tuple[Check, ...]:
        """Say how often the monitor may be wrong, and what it knew."""
        detail = _(
            "at most {rate} false alarms a year were asked for, over {topics} topics together: "
            "each look warns at q of at most {level}",
            rate=RATE,
            topics=self.trend.tested.shape[1],
            level=number(_level(self.trend.period), 4),
        )
        ahead = _(
            "each look knows only the counts until then; the topics themselves were found in all "
            "the records, so a topic that did not exist before is seen as soon as it is written of"
        )
        return (
            Check(_("false alarms of the monitor"), None, detail),
            Check(_("what it knew"), None, ahead),
            mix_check(),
        )

    def sentences(self) -> list[str]:
        """Say what is on alert now, and when the largest surge would first have been seen."""
        period, n, watched = self.trend.period, number(self.n), len(self.watched)
        if not watched:
            return [
                _(
                    "Cannot watch yet: {count} complete {periods} with at least 30 records each "
                    "(n = {n}), and {needed} are needed.",
                    count=len(self.trend.total),
                    periods=periods_text(period),
                    n=n,
                    needed=BASELINE + 1,
                )
            ]
        looks = _(
            "{count} {periods} watched, {topics} topics, n = {n}",
            count=watched,
            periods=periods_text(period, watched),
            topics=self.trend.tested.shape[1],
            n=n,
        )
        if self.alarms.empty:
            return [_("No topic would have set off the monitor ({looks}).", looks=looks)]
        latest, now = self.open.drop_duplicates("label"), day(self.watched[-1], period)
        topics = _(", ").join(
            _("{topic}{fixed}", topic=named(row, self.trend.owners), fixed=_at_fixed(row))
            for i, row in latest.iterrows()
        )
        alert = _("On alert in {now}: {topics}.", now=now, topics=topics)
        quiet = _("No topic is on alert in {now}.", now=now)
        return [
            alert if topics else quiet,
            _(
                "{warned} ({alarms} in all; {looks}).",
                warned=self._first_warned(),
                alarms=plural("{n} alarm", "{n} alarms", len(self.alarms)),
                looks=looks,
            ),
        ]

    def _first_warned(self) -> str:
        """Say when the largest surge would first have been seen, and when it began."""
        alarms = self.alarms[_stands(self.alarms)] if _stands(self.alarms).any() else self.alarms
        dated = alarms.dropna(subset=["lead"])
        first = alarms.iloc[0]
        if len(dated):
            first = dated.sort_values("share", ascending=False, kind="stable").iloc[0]
        period = self.trend.period
        fields = {
            "topic": named(first, self.trend.owners),
            "when": day(first["period"], period),
            "fixed": _at_fixed(first),
            "share": percent(first["share"], 1),
            "before": percent(first["before"], 1),
        }
        warned = _(
            "The monitor would first have warned of {topic} in {when}{fixed}, as records came at "
            "{share} of them against {before} before",
            **fields,
        )
        if dated.empty:
            return warned
        return _(
            "{warned}; the look back dates the start to {began} ({lead})",
            warned=warned,
            began=day(first["began"], period),
            lead=_lead(int(first["lead"]), period),
        )


def _level(period: str) -> float:
    """The q-value below which a look warns: as many false ones a year as are accepted."""
    return RATE / _A_YEAR[period]


def _at_fixed(row: pd.Series) -> str:
    """Write what is left of an alarm at a fixed mix; '' where nothing was held fixed."""
    if not row["held_fixed"]:
        return ""
    mix = mix_text(row["held_fixed"].split(", "))
    return _(" ({within} at a fixed {mix})", within=within_text(row), mix=mix)


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
    total, starts = trend.total, trend.counts.index
    topics = trend.tested.columns
    n = trend.tested.to_numpy()
    fired, p, q = warnings_of(n, total, level=_level(trend.period))
    began = surges.found.set_index("topic_id")["start"] if len(surges.surges) else pd.Series()
    rows, spans = [], []
    for at, k in np.argwhere(fired & ~np.roll(fired, 1, axis=0)).tolist():
        start = began.get(topics[k], pd.NaT)
        spans.append((at, at + 1, at + 1))
        rows.append(
            {
                "topic_id": topics[k],
                "label": trend.names[topics[k]],
                "period": starts[at],
                "last": starts[at + int(np.argmin(np.append(fired[at:, k], False))) - 1],
                "share": n[at, k] / total[at],
                "before": n[:at, k].sum() / total[:at].sum(),
                "p": p[at, k],
                "q": q[at, k],
                "began": start,
                "lead": np.nan if pd.isna(start) else float(starts.get_loc(start) - at),
            }
        )
    alarms = OUTPUTS["topic_alarms"].frame(rows)
    return EarlyWarning(
        n=int(total.sum()), alarms=with_fixed_mix(alarms, trend, spans, mix), trend=trend
    )


def _lead(lead: int, period: str) -> str:
    periods = periods_text(period, abs(lead) or 1)
    if lead == 0:
        return _("in the same {period}", period=periods)
    if lead > 0:
        return _("{lead} {periods} before it", lead=lead, periods=periods)
    return _("{lead} {periods} after it", lead=-lead, periods=periods)
