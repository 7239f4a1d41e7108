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
from insights.messages import _, items, number
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
    for name, kind in last.events.dtypes.items():
        blank = np.nan if kind == "float64" else 0 if kind == "int64" else ""
        values = frame[name].astype(object)
        frame[name] = values.where(values.notna(), blank).astype(kind)
    return frame.round(4)


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
        Table `topic_events`, and the run.
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
        """Say whether topics still mean the same, and what of people's decisions holds."""
        checks, book = [], self.codebook
        if self.mode in ("carried", "same") and self.known:
            kept = self.events[(self.events["level"] == "topic") & (self.events["event"] == "kept")]
            shift = kept.loc[kept["cosine"] < _DRIFT, "topic_id"]
            detail = _(
                "{count} kept topics have a centre whose cosine with the old one is below {least}",
                count=len(shift),
                least=_DRIFT,
            )
            if len(shift):
                detail = _("{detail}: {topics}", detail=detail, topics=items(shift))
            checks.append(Check(_("kept topics still mean the same"), shift.empty, detail))
        if self.mode == "refitted":
            detail = _(
                "settings that shape topics were changed, so they were found anew and only "
                "numbered like the old ones where they overlap; trends have a step here"
            )
            checks.append(Check(_("topics were carried over"), False, detail))
        if book.gone:
            lines = (
                _("{topic} (line {line})", topic=name, line=line)
                for name, line in book.gone.items()
            )
            detail = _(
                "gone or merged: topic {topics}; what it says of them is not applied",
                topics=items(lines),
            )
            checks.append(Check(_("the codebook names topics that exist"), False, detail))
        if book.book.guided or book.merges or self.excluded:
            detail = _(
                "{guided} guided topics, {merges} topics counted as others, {records} records "
                "excluded",
                guided=len(book.book.guided),
                merges=len(book.merges),
                records=number(self.excluded),
            )
            checks.append(Check(_("people's decisions"), None, detail))
        return tuple(checks)

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
            return [_("Too few texts to model: the registry of topics stays as it was (n = 0).")]
        last = _("n = {n} records in topics.", n=number(self.n))
        if self.run == 1:
            new = self.count("new")
            return [_("This is the first run: {count} topics were numbered.", count=new), last]
        lines = [
            _(
                "Of the topics of the last run, with what came since: {kept} kept, {new} new, "
                "{split} came apart, {merged} merged, {gone} gone.",
                **{name: self.count(name) for name in ("kept", "new", "split", "merged", "gone")},
            )
        ]
        topics = self.events["level"] == "topic"
        if self.mode != "refitted":
            changed = self.events[topics & (self.events["event"] != "kept")]
            lines += [_event_text(row) for row in changed.head(5).itertuples()]
        if parts := int((~topics).sum()):
            lines.append(_("{count} changes of sub-topics are in the table.", count=parts))
        if self.known:
            lines.append(
                _(
                    "{moved} of {known} known texts moved without an event.",
                    moved=number(self.moved),
                    known=number(self.known),
                )
            )
        return [*lines, last]


def _event_text(row) -> str:
    topic = _("{topic} (“{label}”)", topic=row.topic_id, label=row.label)
    if row.event == "gone":
        return _("Topic {topic} has no records left.", topic=topic)
    if pd.isna(row.separation):
        return _(
            "Topic {topic}: {event}, {count} records, from {other}.",
            topic=topic,
            event=row.event,
            count=row.n_moved,
            other=row.other_id or _("none"),
        )
    then = row.separation_before
    sides = _(
        "{count} texts; neighbours on their own side {now}, among founding texts {before}",
        count=row.n_moved,
        now=number(row.separation, 2),
        before=_("too few to tell") if pd.isna(then) else number(then, 2),
    )
    fields = {"topic": topic, "other": row.other_id, "sides": sides}
    if row.event == "merged":
        return _("Topic {topic} can no longer be told from {other} ({sides}).", **fields)
    if row.event == "split":
        return _("Topic {topic} came apart from {other} ({sides}).", **fields)
    if not row.other_id:
        return _("Topic {topic} is new ({sides}).", topic=topic, sides=sides)
    return _("Topic {topic} is new, mostly counted as {other} before ({sides}).", **fields)
