"""What changes of topics ask for: a claim a topic, with its start where a surge dates one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from insights.analyses.topics.changes import TopicTrend, day, periods_text, points_text
from insights.claim import Claim
from insights.messages import _, number, percent

if TYPE_CHECKING:
    from insights.analyses.topics.mix import TopicMix

__all__ = ["Tone", "change_claims", "tones"]

Tone = Literal["complaint", "praise", ""]
_RATED = 30  # ratings of a topic below which it is neither
_BETTER: dict[Tone, Literal["up", "down", "neither"]]
_BETTER = {"complaint": "down", "praise": "up", "": "neither"}


def tones(frame: pd.DataFrame) -> dict[str, Tone]:
    """Say of each topic whether it is complaints or praise: by the mean rating of its records.

    A complaint where the 95 % interval of the mean lies below the middle of the scale, praise
    where it lies above; nothing with fewer than 30 ratings.
    """
    if "rating" not in frame:
        return {}
    rating = pd.to_numeric(frame["rating"], errors="coerce").astype(float)
    found: dict[str, Tone] = {}
    for topic, values in rating.groupby(frame["topic_id"].astype(str)):
        known = values.dropna()
        if len(known) < _RATED:
            continue
        half = 1.96 * known.std() / np.sqrt(len(known))
        below, above = known.mean() + half < 0.5, known.mean() - half > 0.5
        found[str(topic)] = "complaint" if below else "praise" if above else ""
    return found


def change_claims(
    mix: TopicMix, mix_words: str, began: Mapping[str, pd.Timestamp] | None = None
) -> list[Claim]:
    """Return a claim for each topic tested: those shown first, then by the size of the change.

    Parameters
    ----------
    mix_words
        Names of what is held fixed; empty: nothing is.
    began
        Topic to when its rise began; given, only these topics have a claim.
    """
    change, held = mix.change, bool(len(mix.parts))
    table = mix.parts if held else change.changes
    if table.empty:
        return []
    names = ("within", "within_low", "within_high") if held else ("estimate", "low", "high")
    shares = change.changes.set_index("topic_id")
    rows = table.sort_values([names[0]], key=abs, ascending=False, kind="stable")
    rows = rows.sort_values("q", key=lambda q: q > change.trend.fdr, kind="stable")
    if began is not None:
        rows = rows[rows["topic_id"].isin(list(began)) & (rows[names[1]] > 0)]
    found = [_topic(mix, row, shares.loc[row["topic_id"]], names, mix_words, began or {})
             for row in rows.to_dict("records")]  # fmt: skip
    if began is not None or any(one.shown for one in found):
        return found
    return [_nothing(mix, found[0], mix_words), *found]


def _topic(
    mix: TopicMix,
    row: Mapping[Any, Any],
    shares: pd.Series,
    names: tuple[str, str, str],
    mix_words: str,
    began: Mapping[str, pd.Timestamp],
) -> Claim:
    trend, topic = mix.change.trend, str(row["topic_id"])
    start = began.get(topic, trend.since)
    members, tone = tuple(topic.split("+")), mix.tones.get(topic, "")
    fields = {
        "label": row["label"],
        "before": percent(shares["earlier_share"], 1),
        "now": percent(shares["recent_share"], 1),
        "recent": _recent(trend, start) if topic in began else trend.recent_text(thin=False),
        "points": points_text(pd.Series(dict(row)), *names),
        "mix": mix_words,
        "n": number(mix.n),
    }
    rose = row[names[0]] > 0
    return Claim(
        key=topic,
        text=_changed(tone, fields, rose=rose, held=bool(mix_words)),
        n=mix.n,
        act="mend",
        estimate=row[names[0]],
        low=row[names[1]],
        high=row[names[2]],
        unit="share",
        better=_BETTER[tone],
        chance=1 - row["q"],
        doubt=_doubt(row, held=bool(mix_words)),
        since=f"{start:%Y-%m-%d}",
        owner=trend.owners.get(topic, ""),
        records={"table": "doc_topics", "filter": {"topic_id": list(members)}},
        topics=members,
    )


def _recent(trend: TopicTrend, start: pd.Timestamp) -> str:
    count = int(trend.after.sum())
    return _(
        "the last {count} {periods}, beginning about {start}",
        count=count,
        periods=periods_text(trend.period, count),
        start=day(start, trend.period),
    )


def _changed(tone: Tone, fields: Mapping[str, str], *, rose: bool, held: bool) -> str:
    """Say what a topic's share was before and lately, and the difference that counts."""
    if not held:
        return _(
            "“{label}” went from {before} to {now} of records in {recent}, as they came: {points} "
            "(n = {n}).",
            **fields,
        )
    if tone == "complaint" and rose:
        return _(
            "Complaints about “{label}” rose from {before} to {now} of records in {recent}; at a "
            "fixed {mix} by {points} (n = {n}).",
            **fields,
        )
    if tone == "complaint":
        return _(
            "Complaints about “{label}” went from {before} to {now} of records in {recent}; at a "
            "fixed {mix} by {points} (n = {n}).",
            **fields,
        )
    return _(
        "“{label}” went from {before} to {now} of records in {recent}; at a fixed {mix} by "
        "{points} (n = {n}).",
        **fields,
    )


def _doubt(row: Mapping[Any, Any], *, held: bool) -> str:
    if not held:
        return _("Nothing could be held fixed: it may be other people who write now.")
    return _(
        "Of the raw {change} points {mix} are a change of who writes and where.",
        change=f"{100 * row['change']:+.1f}",
        mix=f"{100 * row['mix']:+.1f}",
    )


def _nothing(mix: TopicMix, nearest: Claim, mix_words: str) -> Claim:
    fields = {
        "recent": mix.change.trend.recent_text(thin=False),
        "topics": len(mix.change.changes),
        "n": number(mix.n),
    }
    held = _(
        "No topic's share changed detectably in {recent} at a fixed {mix} ({topics} topics tested, "
        "n = {n}).",
        mix=mix_words,
        **fields,
    )
    raw = _(
        "No topic's share changed detectably in {recent} ({topics} topics tested, n = {n}).",
        **fields,
    )
    return replace(nearest, key="", text=held if mix_words else raw, main=True, topics=(),
                   doubt="", owner="", records={})  # fmt: skip
