"""What became of the topics of the last run, with the evidence."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from insights.analyses.topics.codebook import Codebook
from insights.errors import listed
from insights.result import Check, Result

__all__ = ["TopicEvents"]

_DRIFT = 0.8  # cosine of a kept topic's centre then and now below which it is doubted


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicEvents(Result):
    """Kept, new, split, merged and gone topics; n counts records in topics.

    Attributes
    ----------
    events
        One row a topic kept or gone and one a change, with the evidence: texts known to both
        runs in the topic (shared), their Jaccard overlap, cosine of the centres; for a change
        how many texts it moves, the share of them that the topic was founded on, how far nearest
        neighbours keep to their own side among all texts and among the founding ones.
    run
        How many steps the registry has taken.
    mode
        first, same (data of the last run), carried, refitted (settings changed), given, or none
        (too few texts).
    codebook
        What people decided.
    known
        Fitted texts that the registry knew.
    moved
        Of these, how many changed their topic without an event.
    excluded
        Records that the codebook left out.
    """

    events: pd.DataFrame
    run: int
    mode: str
    codebook: Codebook
    known: int = 0
    moved: int = 0
    excluded: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "checks", (*self.checks, *_checks(self)))

    def count(self, event: str) -> int:
        """How many topics (not sub-topics) met this end."""
        topics = self.events[self.events["level"] == "topic"]
        return int((topics["event"] == event).sum())

    def table(self) -> pd.DataFrame:
        """Return the events, changes first."""
        rows = self.events.drop(columns="run")
        return rows.sort_values("event", key=lambda kind: kind == "kept", kind="stable",
                                ignore_index=True)  # fmt: skip

    def text(self) -> str:
        """Say what was kept and what changed."""
        if self.mode == "none":
            return "Too few texts to model: the registry of topics stays as it was (n = 0)."
        if self.run == 1:
            said = f"This is the first run: {self.count('new')} topics were numbered."
        else:
            words = {"kept": "kept", "new": "new", "split": "came apart", "merged": "merged",
                     "gone": "gone"}  # fmt: skip
            counts = [f"{self.count(key)} {word}" for key, word in words.items()]
            said = f"Of the topics of the last run, with what came since: {', '.join(counts)}."
            changed = self.events[
                (self.events["level"] == "topic") & ~self.events["event"].isin(["kept"])
            ]
            if len(changed) and self.mode != "refitted":
                said += f" {' '.join(_told(row) for row in changed.head(5).itertuples())}"
            parts = int((self.events["level"] != "topic").sum())
            said += f" {parts} changes of sub-topics are in the table." if parts else ""
            if self.known:
                said += f" {self.moved:,} of {self.known:,} known texts moved without an event."
        return f"{said} n = {self.n:,} records in topics. {self.doubts()}".strip()


def _told(row) -> str:
    what = f"{row.topic_id} (“{row.label}”)"
    if row.event == "gone":
        return f"Topic {what} has no records left."
    if pd.isna(row.separation):
        return f"Topic {what}: {row.event}, {row.n_moved} records, from {row.other_id or 'none'}."
    then = row.separation_before
    sides = (
        f"{row.n_moved} texts; neighbours on their own side {row.separation:.2f}, among founding "
        f"texts {'too few to tell' if pd.isna(then) else f'{then:.2f}'}"
    )
    if row.event == "merged":
        return f"Topic {what} can no longer be told from {row.other_id} ({sides})."
    if row.event == "split":
        return f"Topic {what} came apart from {row.other_id} ({sides})."
    apart = f", mostly counted as {row.other_id} before" if row.other_id else ""
    return f"Topic {what} is new{apart} ({sides})."


def _checks(result: TopicEvents) -> list[Check]:
    found = []
    topics = result.events[result.events["level"] == "topic"]
    if result.mode in ("carried", "same") and result.known:
        shift = topics.loc[(topics["event"] == "kept") & (topics["cosine"] < _DRIFT), "topic_id"]
        found.append(
            Check(
                "kept topics still mean the same",
                not len(shift),
                f"{len(shift)} kept topics have a centre whose cosine with the old one is below "
                f"{_DRIFT}{': ' + listed(shift) if len(shift) else ''}",
            )
        )
    if result.mode == "refitted":
        found.append(
            Check(
                "topics were carried over",
                False,
                "settings that shape topics were changed, so they were found anew and only "
                "numbered like the old ones where they overlap; trends have a step here",
            )
        )
    if result.codebook.gone:
        said = [f"{name} (line {line})" for name, line in result.codebook.gone.items()]
        found.append(
            Check(
                "the codebook names topics that exist",
                False,
                f"gone or merged: topic {listed(said)}; what it says of them is not applied",
            )
        )
    drawn = set(result.codebook.book.guided)
    if drawn or result.codebook.merges or result.excluded:
        found.append(
            Check(
                "people's decisions",
                None,
                f"{len(drawn)} guided topics, {len(result.codebook.merges)} topics counted as "
                f"others, {result.excluded:,} records excluded",
            )
        )
    return found
