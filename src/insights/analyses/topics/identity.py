"""Topics that keep their identity: the old partition stands until the texts speak against it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from insights.analyses.topics.assignment import centres
from insights.analyses.topics.lineage import Change, matched, restructure

__all__ = [
    "UNSEEN",
    "Before",
    "Cut",
    "Step",
    "anchored",
    "carry_over",
    "matched_parts",
    "refitted",
]

UNSEEN = -2  # a text the registry does not know
_ROUNDS = 3
MOVES = 0.7  # share of a text's links to another topic from which it may move there …
STAYS = 0.1  # … and share to its own up to which it may
LEAD = 0.1  # by which the other centre must be nearer
ENDED = 0.25  # of the least size: a topic with fewer texts is gone


@dataclass(frozen=True, eq=False)
class Before:
    """What the last run knew of the texts of this one; K sub-topics of T topics.

    Attributes
    ----------
    part
        Shape (n,): old sub-topic of each text, -1 unexplained then, -2 unknown then.
    founding
        Shape (n,): whether its topic was founded with it.
    topic
        Shape (K,): topic of each sub-topic.
    anchors
        Shape (K, d): sum of the vectors of each sub-topic's anchor texts, in the points' space.
    """

    part: np.ndarray
    founding: np.ndarray
    topic: np.ndarray
    anchors: np.ndarray


@dataclass(frozen=True, eq=False)
class Cut:
    """A fresh cut of n texts that knows nothing of earlier runs.

    Attributes
    ----------
    points
        Shape (n, d), rows of length one.
    links
        Shape (n, n): the graph of nearest neighbours.
    space
        Shape (n, e), rows of length one: where texts of two languages that mean the same are
        near; `points` itself when there is one language.
    parts, topics
        Shape (n,): sub-topic and topic of each text, or -1.
    part_refits, topic_refits
        Shape (refits, n): the same on subsamples, -1 where left out.
    least
        Fewest texts of a topic.
    """

    points: np.ndarray
    links: sparse.csr_matrix
    space: np.ndarray
    parts: np.ndarray
    topics: np.ndarray
    part_refits: np.ndarray
    topic_refits: np.ndarray
    least: int


@dataclass(frozen=True, eq=False)
class Step:
    """The partition of this run, in the numbers of the last one as far as they go.

    Attributes
    ----------
    parts
        Shape (n,): sub-topic, or -1. Numbers below `len(Before.topic)` are the old ones.
    topic
        Shape (L,): topic of each sub-topic, -1 for one that is gone.
    changes
        Accepted changes of topics, in topic numbers.
    part_changes
        Accepted changes of sub-topics, in sub-topic numbers.
    moved
        Known texts that changed their topic without an event.
    """

    parts: np.ndarray
    topic: np.ndarray
    changes: tuple[Change, ...]
    part_changes: tuple[Change, ...]
    moved: int

    @property
    def topics(self) -> np.ndarray:
        """Topic of each text, or -1."""
        return np.append(self.topic, -1)[self.parts]


def carry_over(cut: Cut, before: Before) -> Step:
    """Let the old partition stand, place the new texts in it, and accept what is borne out."""
    parts, moved = anchored(cut.points, cut.links, before)
    topic = before.topic.copy()
    held = np.append(topic, -1)[parts]
    least = max(2 * cut.least, 10)  # an event asks for more than a topic of a first run does
    topics, changes = restructure(
        held, cut.topics, space=cut.space, founding=before.founding, least=least,
        refits=cut.topic_refits, count=int(topic.max(initial=-1)) + 1,
    )  # fmt: skip
    parts, topic = _follow(parts, topic, topics, cut)
    parts, topic = _end_small(parts, topic, cut)
    finer: list[Change] = []
    for t in np.unique(topic[topic >= 0]):
        mine = np.flatnonzero(np.append(topic, -1)[parts] == t)
        codes, local = np.unique(parts[mine], return_inverse=True)
        new, found = restructure(
            local, _numbered(cut.parts[mine]), space=cut.points[mine],
            founding=before.founding[mine], least=least, refits=cut.part_refits[:, mine],
        )  # fmt: skip
        extra = np.arange(int(new.max(initial=-1)) + 1 - len(codes)) + len(topic)
        codes = np.concatenate([codes, extra])
        topic = np.concatenate([topic, np.full(len(extra), t)])
        parts[mine] = codes[new]
        finer += [
            Change(c.kind, int(codes[c.group]), int(codes[c.other]) if c.other >= 0 else -1,
                   c.evidence)
            for c in found
        ]  # fmt: skip
    return Step(parts, topic, changes, tuple(finer), moved)


def anchored(
    points: np.ndarray, links: sparse.csr_matrix, before: Before
) -> tuple[np.ndarray, int]:
    """Give every text the sub-topic it had, or the one its neighbours and the centres say.

    A known text changes its topic only when at least .7 of its links go to another topic, at
    most .1 to its own, and the other centre is nearer by .1. A new text goes where most of its
    links go, else to the nearest centre, else to none.

    Returns
    -------
    The sub-topic of each text, and how many known texts moved.
    """
    count = len(before.topic)
    parts = before.part.copy()
    middle = _directions(points, parts, before.anchors)
    similar = points @ middle.T
    threshold = centres(points, np.where(parts >= 0, parts, -1)).threshold
    near = similar.max(axis=1, initial=-1.0) >= threshold
    unseen = parts == UNSEEN
    for _ in range(_ROUNDS):
        waiting = np.flatnonzero(parts == UNSEEN)
        if not len(waiting):
            break
        votes = _votes(links[waiting], parts, count)
        heard = votes.max(axis=1, initial=0.0) > 0
        choice = votes.argmax(axis=1) if count else np.zeros(len(waiting), int)
        parts[waiting[heard]] = choice[heard]
    left = np.flatnonzero(parts == UNSEEN)
    parts[left] = similar[left].argmax(axis=1) if count else -1
    parts[unseen & ~near] = -1
    movers = _movers(links, similar, before, parts, near & ~unseen)
    parts[movers[0]] = movers[1]
    crossed = np.append(before.topic, -1)[before.part[movers[0]]]
    return parts, int((crossed != before.topic[movers[1]]).sum())


def _movers(links, similar, before, parts, may):
    """Known texts that move, and where to."""
    count = len(before.topic)
    known = np.flatnonzero(may)
    if not len(known) or not count:
        return np.zeros(0, int), np.zeros(0, int)
    votes = _votes(links[known], parts, count)
    weight = np.asarray(links[known].sum(axis=1)).ravel()
    votes /= np.maximum(weight, 1e-12)[:, None]
    by_topic = votes @ np.eye(int(before.topic.max()) + 1)[before.topic]
    own = np.append(before.topic, -1)[before.part[known]]
    rows = np.arange(len(known))
    mine = np.where(own >= 0, by_topic[rows, own], 0.0)
    best = by_topic.argmax(axis=1)
    target = np.where(before.topic[None, :] == best[:, None], votes, -1.0).argmax(axis=1)
    nearer = similar[known, target] - np.where(
        own >= 0, similar[known, before.part[known]], similar[known].min(axis=1)
    )
    go = (best != own) & (by_topic[rows, best] >= MOVES) & (mine <= STAYS) & (nearer >= LEAD)
    return known[go], target[go]


def _votes(links: sparse.csr_matrix, parts: np.ndarray, count: int) -> np.ndarray:
    inside = np.flatnonzero(parts >= 0)
    told = sparse.csr_matrix(
        (np.ones(len(inside)), (inside, parts[inside])), shape=(len(parts), count)
    )
    return (links @ told).toarray()


def _directions(points: np.ndarray, parts: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    sums = anchors.astype(float).copy()
    inside = parts >= 0
    np.add.at(sums, parts[inside], points[inside])
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.divide(sums, length, out=np.zeros_like(sums), where=length > 1e-9)


def _follow(parts, topic, topics, cut):
    """Make sub-topics agree with topics that came apart, joined or are new."""
    parts, topic = parts.copy(), topic.copy()
    held = np.append(topic, -1)[parts]
    for t in np.unique(topics[topics >= 0]):
        rows = np.flatnonzero(topics == t)
        came = rows[held[rows] != t]
        if not len(came):
            continue
        if t in topic:  # another topic was merged into it: its sub-topics come along whole
            topic[np.unique(parts[came][parts[came] >= 0])] = t
            continue
        local = _numbered(_kept_groups(cut.parts[rows], cut.points[rows], cut.least))
        if local.max(initial=-1) < 0:
            local = np.zeros(len(rows), int)
        parts[rows] = len(topic) + local
        topic = np.concatenate([topic, np.full(int(local.max()) + 1, t)])
    return parts, topic


def _kept_groups(groups, points, least):
    """Give the texts of groups below `least` to the nearest larger one."""
    size = np.bincount(groups[groups >= 0], minlength=1)
    large = np.flatnonzero(size >= least)
    local = np.full(len(groups), -1)
    if not len(large):
        return local
    for place, group in enumerate(large):
        local[groups == group] = place
    middle = centres(points, local)
    return np.where(local >= 0, local, middle.similarity(points).argmax(axis=1))


def _end_small(parts, topic, cut):
    """End topics with hardly a text; what is left of them goes to the nearest centre."""
    held = np.append(topic, -1)[parts]
    size = np.bincount(held[held >= 0], minlength=int(topic.max(initial=-1)) + 1)
    ended = np.isin(topic, np.flatnonzero(size < max(1.0, ENDED * cut.least))) & (topic >= 0)
    if not ended.any():
        return parts, topic
    parts, topic = parts.copy(), np.where(ended, -1, topic)
    orphans = np.flatnonzero((parts >= 0) & ended[parts])
    parts[orphans] = -1
    if len(orphans) and (parts >= 0).any():
        parts[orphans] = centres(cut.points, parts).nearest(cut.points[orphans])
    return parts, topic


def _numbered(groups: np.ndarray) -> np.ndarray:
    """Number groups 0 … without gaps; -1 stays."""
    found = np.unique(groups[groups >= 0])
    return np.where(groups >= 0, np.searchsorted(found, groups), -1)


def refitted(cut: Cut, before: Before) -> Step:
    """Take the fresh cut as it is, and only give its topics the old numbers where they match.

    For settings that were changed: then the old partition must not stand.
    """
    old = np.append(before.topic, -1)[np.maximum(before.part, -1)]
    partner, _ = matched(old, cut.topics)
    count = int(before.topic.max(initial=-1)) + 1
    number = partner.copy()
    number[partner < 0] = count + np.arange(int((partner < 0).sum()))
    of = pd.DataFrame({"part": cut.parts, "topic": cut.topics})
    of = of[of["part"] >= 0].drop_duplicates("part").set_index("part")["topic"].sort_index()
    topic = np.concatenate([np.full(len(before.topic), -1), number[of.to_numpy()]])
    parts = np.where(cut.parts >= 0, np.searchsorted(of.index, cut.parts) + len(before.topic), -1)
    return Step(parts, topic, (), (), 0)


def matched_parts(step: Step, before: Before) -> np.ndarray:
    """Return the old sub-topic that each new one continues, shape (L,), -1 for none."""
    count, old = len(step.topic), len(before.topic)
    origin = np.full(count, -1)
    origin[:old] = np.arange(old)
    if count > old:  # those of a refit are numbered behind the old ones
        partner, _ = matched(np.maximum(before.part, -1), step.parts)
        partner = np.append(partner, np.full(count - len(partner), -1))
        gone = step.topic[:old] < 0
        behind = np.arange(count) >= old
        free = behind & (partner >= 0)
        free[free] = gone[partner[free]]
        origin[free] = partner[free]
    return origin
