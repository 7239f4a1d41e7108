"""What became of topics: which stand, which are new, which came apart, joined or ended.

A fresh fit of the texts only *proposes* changes. One is accepted when the texts themselves show
it: by how many of the nearest neighbours lie on one's own side (Newman's assortativity), and only
when this was not so among the texts the topic was founded on. A finer or coarser cut of the same
texts is therefore no event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insights.analyses.topics.codebook import Codebook
from insights.errors import listed
from insights.result import Check, Result
from insights.stats.partitions import assortativity, best_jaccard, matched

if TYPE_CHECKING:
    from insights.analyses.topics.registry import Registry
    from insights.analyses.topics.tracking import Update

__all__ = [
    "Event",
    "TopicEvents",
    "assortativity",
    "event_frame",
    "event_rows",
    "matched",
    "restructure",
    "statuses",
]

APART = 0.8  # assortativity from which two groups count as different
TANGLED = 0.7  # assortativity up to which two topics count as one; between them nothing changes
GAIN = 0.1  # least change of it since the founding
DOMINATED = 0.6  # share of a group in one topic from which it is called a part of that topic
NOVEL = 0.25  # share of founding texts up to which a group is new rather than a part come apart
COMES_BACK = 0.5  # best Jaccard overlap in refits (Hennig 2007: below is "dissolved")
_DRIFT = 0.8  # cosine of a kept topic's centre then and now below which it is doubted


@dataclass(frozen=True)
class Event:
    """An accepted change, and the evidence for it; named like the columns of the registry.

    Attributes
    ----------
    event
        new, split or merged.
    group, other
        `group` is new, came apart from `other`, or was merged into it; -1: none.
    n_moved
        Texts that changed sides.
    founding_share
        Share of them that the topic was founded on.
    separation, separation_before
        Assortativity of the two sides among all texts, and among founding texts (not-a-number
        when one side had too few).
    comes_back
        Best Jaccard overlap with refits of the fresh fit, averaged; not-a-number without refits.
    """

    event: str
    group: int
    other: int
    n_moved: int
    founding_share: float
    separation: float
    separation_before: float
    comes_back: float


def restructure(
    labels: np.ndarray,
    fresh: np.ndarray,
    *,
    space: np.ndarray,
    founding: np.ndarray,
    least: int,
    refits: np.ndarray | None = None,
    count: int = 0,
) -> tuple[np.ndarray, tuple[Event, ...]]:
    """Change an old partition where a fresh one shows a change that the texts bear out.

    Parameters
    ----------
    labels
        Shape (n,): topic 0 … k-1 of each text as carried over, or -1.
    fresh
        Shape (n,): group of each text in a fit that knows nothing of the topics, or -1.
    space
        Shape (n, d), rows of length one: where nearness means likeness.
    founding
        Shape (n,): whether the text was there when its topic was founded.
    least
        Fewest texts of either side of a change.
    refits
        Shape (refits, n): groups of fresh fits of subsamples, -1 where left out.
    count
        Topics there were, when some have no text any more.

    Returns
    -------
    The new labels (a new topic takes the next number, a merged one is empty), and the events.
    """
    # texts that came later say nothing of what a topic is: they may be guests in it
    partner = matched(np.where(founding, labels, -1), fresh)
    now = labels.copy()
    events: list[Event] = []
    size = np.bincount(fresh[fresh >= 0], minlength=len(partner))
    known = int(labels.max(initial=-1)) + 1
    count = max(known, count)
    alone = np.flatnonzero((partner < 0) & (size >= least))
    for j in alone[np.argsort(-size[alone], kind="stable")]:
        found = _departure(now, fresh == j, count, space, founding, least, refits)
        if found is not None:
            rows, event = found
            now[rows] = count
            events.append(event)
            count += 1
    for i in np.setdiff1d(np.arange(known), partner):
        merger = _union(now, int(i), fresh, partner, space, founding, refits)
        if merger is not None:
            now[now == i] = merger.other
            events.append(merger)
    return now, tuple(events)


def _departure(now, member, number, space, founding, least, refits):
    """Judge a fresh group that no topic answers to: its rows and the event, or None."""
    back = _comes_back(member, refits)
    inside = np.flatnonzero(member & (now >= 0))
    if not len(inside) or back < COMES_BACK:
        return None
    share = np.bincount(now[inside]) / len(inside)
    source = int(share.argmax()) if share.max() >= DOMINATED else -1
    rows = np.flatnonzero(member & ((now == source) | (now < 0) | ~founding))
    novel = len(rows) > 0 and founding[rows].mean() <= NOVEL
    if not novel:
        if source < 0:
            return None  # a mixture of standing topics: another cut, not an event
        rows = np.flatnonzero(member & ((now == source) | (now < 0)))
    sources = np.unique(now[rows][now[rows] >= 0])
    others = np.setdiff1d(np.flatnonzero(np.isin(now, sources)), rows)
    if len(rows) < least or founding[others].sum() < least:
        return None  # too few, or nothing known to set it against
    kind = "new" if novel else "split"
    event = _event(kind, number, source, rows, others, space, founding, back)
    if not event.separation >= APART:
        return None
    there = int(founding[rows].sum())
    small_then = there < least and len(rows) >= 2 * there
    if not (small_then or event.separation - event.separation_before >= GAIN):
        return None
    return rows, event


def _union(now, i, fresh, partner, space, founding, refits):
    """Judge a topic that no fresh group answers to: its merger into another, or None."""
    rows = np.flatnonzero(now == i)
    groups = fresh[rows]
    if not (groups >= 0).any():
        return None
    j = int(np.bincount(groups[groups >= 0]).argmax())
    into = int(partner[j])
    if into < 0 or into == i:
        return None
    others = np.flatnonzero(now == into)
    if np.mean(groups == j) < DOMINATED or np.mean(fresh[others] == j) < DOMINATED:
        return None
    back = _comes_back(fresh == j, refits)
    event = _event("merged", i, into, rows, others, space, founding, back)
    gain = event.separation_before - event.separation
    drawn_together = event.separation <= TANGLED and gain >= GAIN
    return event if drawn_together and not back < COMES_BACK else None


def _event(kind, group, other, rows, others, space, founding, back) -> Event:
    return Event(
        kind,
        group,
        other,
        n_moved=len(rows),
        founding_share=float(founding[rows].mean()),
        separation=assortativity(space, rows, others),
        separation_before=assortativity(space, rows[founding[rows]], others[founding[others]]),
        comes_back=back,
    )


def _comes_back(member: np.ndarray, refits: np.ndarray | None) -> float:
    """Best Jaccard overlap of a group with those of each refit, averaged."""
    if refits is None or not len(refits):
        return float("nan")
    return float(best_jaccard(np.where(member, 0, -1), refits, 1)[0])


def statuses(update: Update, names: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return status and origin of every topic by id, as this run found them."""
    status, origin = {}, {}
    standing = set(update.found.topic_of.tolist())
    for code, name in enumerate(names):
        old = code < update.known_topics
        stands = old and code in standing
        status[name] = "kept" if stands else "gone" if old else "new"
        origin[name] = name if stands else ""
    for event in update.events:
        group, other = _names(event, names)
        if event.event == "merged":
            status[group], origin[group] = "merged", ""
            if status[other] != "gone":
                status[other] = "merged"
                origin[other] = ", ".join(dict.fromkeys([other, *origin[other].split(", "), group]))
        elif event.event == "split":
            status[group], origin[group] = "split", other
            status[other] = "split"
        else:
            status[group] = "new"
    return status, origin


def event_rows(
    update: Update, names: Sequence[str], n: Mapping[str, int], then: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Return one row a topic kept or gone and one an event, with the evidence for it.

    Parameters
    ----------
    names
        Topics that the model found.
    n, then
        Records of each topic, by id, now and in the last run.
    """
    status, _ = statuses(update, names)
    merged = {event.group for event in update.events if event.event == "merged"}
    rows = []
    for code, name in enumerate(names):
        row = {"topic_id": name, "n_before": then.get(name, 0), "n_now": n.get(name, 0)}
        if code >= update.known_topics:
            if update.mode in ("first", "refitted"):
                rows.append({**row, "event": "new"})
        elif code not in merged:
            row |= {
                "event": "gone" if status[name] == "gone" else "kept",
                "cosine": update.cosine[code],
            }
            rows.append(row | _known_texts(update, code))
    for event in update.events:
        name = names[event.group]
        sizes = {"n_before": then.get(name, 0), "n_now": n.get(name, 0)}
        rows.append(_row(event, names) | sizes)
    parts = update.decided.part_ids
    return rows + [_row(event, parts) | {"level": "sub-topic"} for event in update.part_events]


def event_frame(events: Sequence[dict], last: Registry, topics: pd.DataFrame) -> pd.DataFrame:
    """Return events as the registry lists them: empty where nothing applies, numbers rounded."""
    labels = dict(zip(topics["topic_id"], topics["label"], strict=True))
    rows = [{"level": "topic", "run": last.run + 1, **event} for event in events]
    frame = pd.DataFrame(rows).reindex(columns=last.events.columns)
    frame["label"] = [labels.get(str(name).split(".")[0], "") for name in frame["topic_id"]]
    columns = {}
    for name, kind in last.events.dtypes.items():
        if kind == "float64":
            columns[name] = pd.to_numeric(frame[name]).astype(float).round(4)
        else:
            columns[name] = (
                frame[name]
                .astype(object)
                .where(frame[name].notna(), 0 if kind == "int64" else "")
                .astype(kind)
            )
    return pd.DataFrame(columns)


def _row(event: Event, names: Sequence[str]) -> dict[str, Any]:
    group, other = _names(event, names)
    return {**asdict(event), "topic_id": group, "other_id": other}


def _names(event: Event, names: Sequence[str]) -> tuple[str, str]:
    return names[event.group], names[event.other] if event.other >= 0 else ""


def _known_texts(update: Update, code: int) -> dict[str, float]:
    """Texts of a topic that both runs know, and their Jaccard overlap."""
    known = update.before.parts >= -1
    was, now = (part.topics[known] == code for part in (update.before, update.found))
    both, either = int((was & now).sum()), int((was | now).sum())
    return {"shared": both, "jaccard": both / either if either else np.nan}


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
    ended
        Rows of `topics` with n = 0: topics that this run ended, or that are counted as others.
    registry
        What the next run starts from.
    """

    events: pd.DataFrame
    run: int
    mode: str
    codebook: Codebook
    known: int = 0
    moved: int = 0
    excluded: int = 0
    ended: pd.DataFrame | None = None
    registry: Registry | None = None

    def own_checks(self) -> tuple[Check, ...]:
        """Return what the fields themselves tell."""
        return tuple(_checks(self))

    def count(self, event: str) -> int:
        """How many topics (not sub-topics) met this end."""
        topics = self.events[self.events["level"] == "topic"]
        return int((topics["event"] == event).sum())

    def table(self) -> pd.DataFrame:
        """Return the events, changes first."""
        rows = self.events.drop(columns="run")
        return rows.sort_values("event", key=lambda kind: kind == "kept", kind="stable",
                                ignore_index=True)  # fmt: skip

    def sentences(self) -> list[str]:
        """Say what was kept and what changed."""
        if self.mode == "none":
            return ["Too few texts to model: the registry of topics stays as it was (n = 0)."]
        if self.run == 1:
            lines = [f"This is the first run: {self.count('new')} topics were numbered."]
        else:
            words = {"kept": "kept", "new": "new", "split": "came apart", "merged": "merged",
                     "gone": "gone"}  # fmt: skip
            counts = [f"{self.count(key)} {word}" for key, word in words.items()]
            lines = [f"Of the topics of the last run, with what came since: {', '.join(counts)}."]
            changed = self.events[
                (self.events["level"] == "topic") & ~self.events["event"].isin(["kept"])
            ]
            if len(changed) and self.mode != "refitted":
                lines += [_event_text(row) for row in changed.head(5).itertuples()]
            parts = int((self.events["level"] != "topic").sum())
            if parts:
                lines.append(f"{parts} changes of sub-topics are in the table.")
            if self.known:
                lines.append(
                    f"{self.moved:,} of {self.known:,} known texts moved without an event."
                )
        return [*lines, f"n = {self.n:,} records in topics."]


def _event_text(row) -> str:
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
        lines = [f"{name} (line {line})" for name, line in result.codebook.gone.items()]
        found.append(
            Check(
                "the codebook names topics that exist",
                False,
                f"gone or merged: topic {listed(lines)}; what it says of them is not applied",
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
