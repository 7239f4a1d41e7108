"""Topics from one run to the next: the old partition stands until the texts speak against it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from scipy import sparse

from insights.analyses.topics.assignment import centres, directions
from insights.analyses.topics.events import Event, restructure
from insights.analyses.topics.registry import Registry, text_key
from insights.stats.partitions import matched

__all__ = [
    "UNSEEN",
    "Fit",
    "Partition",
    "Update",
    "anchored",
    "carry_over",
    "continued",
    "follow",
    "numbered",
    "refitted",
]

UNSEEN = -2  # a text the registry does not know
_ROUNDS = 3
MOVES = 0.7  # share of a text's links to another topic from which it may move there …
STAYS = 0.1  # … and share to its own up to which it may
LEAD = 0.1  # by which the other centre must be nearer
ENDED = 0.25  # of the least size: a topic with fewer texts is gone


@dataclass(frozen=True, eq=False)
class Partition:
    """Texts in L sub-topics, and these in T topics.

    Attributes
    ----------
    parts
        Shape (n,): sub-topic of each text, -1 unexplained, -2 unknown to it.
    topic_of
        Shape (L,): topic of each sub-topic, -1 when it is gone.
    topic_ids, part_ids
        Names of the T topics and L sub-topics; '' where they have yet to be numbered.
    founding
        Shape (n,): whether the topic of a text was founded with it.
    anchors
        Shape (L, d): sum of the vectors of further texts that stand for each sub-topic.
    """

    parts: np.ndarray
    topic_of: np.ndarray
    topic_ids: tuple[str, ...] = ()
    part_ids: tuple[str, ...] = ()
    founding: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    anchors: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def topics(self) -> np.ndarray:
        """Topic of each text, or -1."""
        return np.append(self.topic_of, -1)[np.maximum(self.parts, -1)]


@dataclass(frozen=True, eq=False)
class Fit:
    """A fresh fit of n texts, which knows nothing of earlier runs.

    Attributes
    ----------
    points, links
        Shape (n, d), rows of length one; shape (n, n), the graph of nearest neighbours.
    space
        Shape (n, e), rows of length one: where texts of two languages that mean the same are
        near; `points` itself when there is one language.
    fresh
        Sub-topics and topics.
    part_refits, topic_refits
        Shape (refits, n): the same on subsamples, -1 where left out.
    least
        Fewest texts of a topic.
    """

    points: np.ndarray
    links: sparse.csr_matrix
    space: np.ndarray
    fresh: Partition
    part_refits: np.ndarray
    topic_refits: np.ndarray
    least: int


@dataclass(frozen=True, eq=False)
class Update:
    """What a run makes of the topics of the last one.

    Attributes
    ----------
    mode
        first: no registry; same: data and settings of the last run; carried; refitted: settings
        that shape topics were changed.
    found
        The partition of this run as the texts bear it out, in the last run's numbers.
    decided
        The same with what people decided of it.
    before
        What the last run knew of this run's texts; in a first run nothing.
    events, part_events
        Accepted changes of topics and of sub-topics, in the numbers of `found`.
    settings, data
        Fingerprints of the settings that shape topics, and of all texts of the run.
    moved
        Known texts that changed their topic without an event.
    cosine
        Shape (T,): of a topic's centre then (its known texts and anchors) and now.
    draw
        Lets guided topics draw further texts, as `Guides.drawn`.
    """

    mode: Literal["first", "same", "carried", "refitted"]
    found: Partition
    decided: Partition
    before: Partition
    events: tuple[Event, ...] = ()
    part_events: tuple[Event, ...] = ()
    moved: int = 0
    settings: str = ""
    data: str = ""
    cosine: np.ndarray = field(default_factory=lambda: np.zeros(0))
    draw: Callable[[Sequence[str], np.ndarray, np.ndarray, np.ndarray], np.ndarray] | None = None

    @property
    def known_topics(self) -> int:
        """How many topics there were: smaller numbers of `found` are theirs."""
        return int(self.before.topic_of.max(initial=-1)) + 1

    @property
    def founding(self) -> np.ndarray:
        """Whether each text belongs to what its topic was founded on, from now on."""
        if self.mode in ("first", "refitted"):
            return np.ones(len(self.found.parts), bool)
        flags = self.before.founding.copy()
        for events, labels in ((self.events, self.found.topics),
                               (self.part_events, self.found.parts)):  # fmt: skip
            sides = {side for event in events for side in (event.group, event.other)} - {-1}
            flags |= np.isin(labels, sorted(sides))
        return flags


def follow(
    registry: Registry,
    fit: Fit,
    texts: Sequence[str],
    embed: Callable[[Sequence[str]], np.ndarray],
    *,
    settings: str,
    data: str,
) -> Update:
    """Return the partition of this run in the names of the last.

    Parameters
    ----------
    texts
        The texts of the fit, in its order.
    embed
        Turns further texts into points.
    settings, data
        Fingerprints of this run's settings and of all its texts.
    """
    if registry.empty:
        fresh = fit.fresh
        count = int(fresh.topic_of.max(initial=-1)) + 1
        found = replace(fresh, topic_ids=("",) * count, part_ids=("",) * len(fresh.topic_of))
        before = Partition(np.full(len(texts), UNSEEN), np.zeros(0, int))
        return Update("first", found, found, before, settings=settings, data=data)
    before = _known(registry, fit, texts, embed)
    if registry.settings != settings:
        update = refitted(fit, before)
    elif registry.data == data and not (before.parts == UNSEEN).any():
        update = Update("same", before, before, before)
    else:
        update = carry_over(fit, before)
    old = len(before.topic_ids)
    count = max(int(update.found.topic_of.max(initial=-1)) + 1, old)
    numbers = range(registry.next_topic, registry.next_topic + count - old)
    topic_ids = (*before.topic_ids, *(str(number) for number in numbers))
    part_ids = _part_ids(update, topic_ids, registry)
    found = replace(update.found, topic_ids=topic_ids, part_ids=part_ids)
    cosine = _drift(fit.points, found, before, count)
    return replace(update, found=found, decided=found, cosine=cosine, settings=settings, data=data)


def _known(registry: Registry, fit: Fit, texts: Sequence[str], embed) -> Partition:
    """What the last run knew of these texts."""
    parts = registry.subtopics
    place = {part: k for k, part in enumerate(parts["part_id"])}
    topics = registry.topics["topic_id"]
    topic_ids = topics[topics.isin(parts["topic_id"])].tolist()
    listed = {
        row.key: (place.get(row.part_id, -1), row.founding == 1)
        for row in registry.records.itertuples()
    }
    known = [listed.get(text_key(text), (UNSEEN, False)) for text in texts]
    anchors = np.zeros((len(parts), fit.points.shape[1]))
    further = registry.anchors
    further = further[~further["text"].isin(set(texts)) & further["part_id"].isin(place)]
    if len(further):
        points = embed(further["text"].tolist())
        np.add.at(anchors, further["part_id"].map(place).to_numpy(), points)
    return Partition(
        parts=np.array([part for part, _ in known], int),
        topic_of=np.array([topic_ids.index(topic) for topic in parts["topic_id"]], int),
        topic_ids=tuple(topic_ids),
        part_ids=tuple(parts["part_id"]),
        founding=np.array([flag for _, flag in known], bool),
        anchors=anchors,
    )


def _part_ids(update: Update, topic_ids: Sequence[str], registry: Registry) -> tuple[str, ...]:
    """Keep a sub-topic's name while it stays in its topic; number new ones onwards."""
    before = update.before
    following = dict(zip(registry.topics["topic_id"], registry.topics["next_part"], strict=True))
    names = []
    for topic, origin in zip(update.found.topic_of, continued(before, update.found), strict=True):
        if topic < 0:
            names.append("")
        elif origin >= 0 and before.topic_of[origin] == topic:
            names.append(before.part_ids[origin])
        else:
            number = int(following.get(topic_ids[topic], 0))
            following[topic_ids[topic]] = number + 1
            names.append(f"{topic_ids[topic]}.{number}")
    return tuple(names)


def continued(before: Partition, found: Partition) -> np.ndarray:
    """Return the old sub-topic that each new one continues, shape (L,), -1 for none."""
    count, old = len(found.topic_of), len(before.topic_of)
    origin = np.append(np.arange(old), np.full(count - old, -1))
    if count > old:  # a refit's sub-topics are numbered behind the old ones
        partner = matched(np.maximum(before.parts, -1), found.parts)[old:]
        gone = (partner >= 0) & (found.topic_of[partner] < 0)
        origin[old : old + len(partner)] = np.where(gone, partner, -1)
    return origin


def _drift(points: np.ndarray, found: Partition, before: Partition, count: int) -> np.ndarray:
    """Cosine of each topic's centre then and now; not-a-number where there was or is none."""
    then, now = np.zeros((count, points.shape[1])), np.zeros((count, points.shape[1]))
    np.add.at(then, before.topic_of, before.anchors)
    for sums, topics in ((then, before.topics), (now, found.topics)):
        np.add.at(sums, topics[topics >= 0], points[topics >= 0])
    length = np.linalg.norm(then, axis=1) * np.linalg.norm(now, axis=1)
    return np.where(length > 1e-9, (then * now).sum(axis=1) / np.maximum(length, 1e-9), np.nan)


def numbered(
    partition: Partition, order: Sequence[int], size: np.ndarray, *, start: int
) -> Partition:
    """Name what has no name yet: topics in `order`, sub-topics by size within their topic.

    Parameters
    ----------
    order
        Topics that have a text, largest first.
    size
        Shape (L,): records of each sub-topic.
    start
        The next unused number of a topic.
    """
    topic_ids, part_ids = list(partition.topic_ids), list(partition.part_ids)
    queue = dict.fromkeys([*order, *range(len(topic_ids))])
    for number, code in enumerate([code for code in queue if not topic_ids[code]], start):
        topic_ids[code] = str(number)
    following: dict[int, int] = {}
    for k in np.lexsort((np.arange(len(size)), -size)):
        topic = int(partition.topic_of[k])
        if topic >= 0 and not part_ids[k]:
            number = following.get(topic, 0)
            following[topic] = number + 1
            part_ids[k] = f"{topic_ids[topic]}.{number}"
    return replace(partition, topic_ids=tuple(topic_ids), part_ids=tuple(part_ids))


def carry_over(fit: Fit, before: Partition) -> Update:
    """Let the old partition stand, place the new texts in it, and accept what is borne out."""
    parts, moved = anchored(fit.points, fit.links, before)
    old = replace(before, parts=parts)
    least = max(2 * fit.least, 10)  # an event asks for more than a topic of a first run does
    topics, events = restructure(
        old.topics, fit.fresh.topics, space=fit.space, founding=before.founding, least=least,
        refits=fit.topic_refits, count=int(before.topic_of.max(initial=-1)) + 1,
    )  # fmt: skip
    parts, topic_of = _follow(parts, before.topic_of, topics, fit)
    parts, topic_of = _end_small(parts, topic_of, fit)
    part_events: list[Event] = []
    for t in np.unique(topic_of[topic_of >= 0]):
        rows = np.flatnonzero(np.append(topic_of, -1)[parts] == t)
        codes, local = np.unique(parts[rows], return_inverse=True)
        groups, finer = restructure(
            local, _without_gaps(fit.fresh.parts[rows]), space=fit.points[rows],
            founding=before.founding[rows], least=least, refits=fit.part_refits[:, rows],
        )  # fmt: skip
        extra = np.arange(int(groups.max(initial=-1)) + 1 - len(codes)) + len(topic_of)
        codes = np.concatenate([codes, extra])
        topic_of = np.concatenate([topic_of, np.full(len(extra), t)])
        parts[rows] = codes[groups]
        place = np.append(codes, -1)
        part_events += [
            replace(event, group=int(place[event.group]), other=int(place[event.other]))
            for event in finer
        ]
    found = Partition(parts, topic_of)
    return Update("carried", found, found, before, events, tuple(part_events), moved)


def anchored(
    points: np.ndarray, links: sparse.csr_matrix, before: Partition
) -> tuple[np.ndarray, int]:
    """Give every text the sub-topic it had, or the one its neighbours and the centres say.

    A known text changes its topic only when at least .7 of its links go to another topic, at
    most .1 to its own, and the other centre is nearer by .1. A new text goes where most of its
    links go, else to the nearest centre, else to none.

    Returns the sub-topic of each text, and how many known texts moved.
    """
    count = len(before.topic_of)
    if not count:
        return np.full(len(points), -1), 0
    parts = before.parts.copy()
    everything = np.vstack([points, before.anchors])
    labels = np.append(np.maximum(parts, -1), np.arange(count))
    similar = points @ directions(everything, labels, count).T
    threshold = centres(points, np.maximum(parts, -1)).threshold
    near = similar.max(axis=1) >= threshold
    unseen = parts == UNSEEN
    for _ in range(_ROUNDS):
        waiting = np.flatnonzero(parts == UNSEEN)
        if not len(waiting):
            break
        votes = _votes(links[waiting], parts, count)
        heard = votes.max(axis=1) > 0
        parts[waiting[heard]] = votes.argmax(axis=1)[heard]
    left = np.flatnonzero(parts == UNSEEN)
    parts[left] = similar[left].argmax(axis=1)
    parts[unseen & ~near] = -1
    movers, targets = _movers(links, similar, before, parts, near & ~unseen)
    parts[movers] = targets
    return parts, int((before.topics[movers] != before.topic_of[targets]).sum())


def _movers(links, similar, before, parts, may) -> tuple[np.ndarray, np.ndarray]:
    """Known texts that move, and where to."""
    topic_of = before.topic_of
    known = np.flatnonzero(may)
    if not len(known):
        return known, known
    votes = _votes(links[known], parts, len(topic_of))
    weight = np.asarray(links[known].sum(axis=1)).ravel()
    votes /= np.maximum(weight, 1e-12)[:, None]
    by_topic = votes @ np.eye(int(topic_of.max()) + 1)[topic_of]
    own = before.topics[known]
    rows = np.arange(len(known))
    to_own = np.where(own >= 0, by_topic[rows, own], 0.0)
    best = by_topic.argmax(axis=1)
    target = np.where(topic_of[None, :] == best[:, None], votes, -1.0).argmax(axis=1)
    nearer = similar[known, target] - np.where(
        own >= 0, similar[known, before.parts[known]], similar[known].min(axis=1)
    )
    go = (best != own) & (by_topic[rows, best] >= MOVES) & (to_own <= STAYS) & (nearer >= LEAD)
    return known[go], target[go]


def _votes(links: sparse.csr_matrix, parts: np.ndarray, count: int) -> np.ndarray:
    """Sum of each text's links to each sub-topic; shape (rows of links, count)."""
    inside = np.flatnonzero(parts >= 0)
    member = sparse.csr_matrix(
        (np.ones(len(inside)), (inside, parts[inside])), shape=(len(parts), count)
    )
    return (links @ member).toarray()


def _follow(parts, topic_of, topics, fit) -> tuple[np.ndarray, np.ndarray]:
    """Make sub-topics agree with topics that came apart, joined or are new."""
    parts, topic_of = parts.copy(), topic_of.copy()
    old = np.append(topic_of, -1)[parts]
    for t in np.unique(topics[topics >= 0]):
        rows = np.flatnonzero(topics == t)
        came = rows[old[rows] != t]
        if not len(came):
            continue
        if t in topic_of:  # another topic was merged into it: its sub-topics come along whole
            topic_of[np.unique(parts[came][parts[came] >= 0])] = t
            continue
        local = _large_groups(fit.fresh.parts[rows], fit.points[rows], fit.least)
        parts[rows] = len(topic_of) + local
        topic_of = np.concatenate([topic_of, np.full(int(local.max()) + 1, t)])
    return parts, topic_of


def _large_groups(groups: np.ndarray, points: np.ndarray, least: int) -> np.ndarray:
    """Give the texts of groups below `least` to the nearest larger one; one group if none is."""
    size = np.bincount(groups[groups >= 0], minlength=1)
    large = np.flatnonzero(size >= least)
    if not len(large):
        return np.zeros(len(groups), int)
    local = np.where(np.isin(groups, large), np.searchsorted(large, groups), -1)
    nearest = centres(points, local).similarity(points).argmax(axis=1)
    return _without_gaps(np.where(local >= 0, local, nearest))


def _end_small(parts, topic_of, fit) -> tuple[np.ndarray, np.ndarray]:
    """End topics with hardly a text; what is left of them goes to the nearest centre."""
    topics = np.append(topic_of, -1)[parts]
    size = np.bincount(topics[topics >= 0], minlength=int(topic_of.max(initial=-1)) + 1)
    small = np.flatnonzero(size < max(1.0, ENDED * fit.least))
    ended = np.isin(topic_of, small) & (topic_of >= 0)
    if not ended.any():
        return parts, topic_of
    parts, topic_of = parts.copy(), np.where(ended, -1, topic_of)
    orphans = np.flatnonzero((parts >= 0) & ended[parts])
    parts[orphans] = -1
    if (parts >= 0).any():
        parts[orphans] = centres(fit.points, parts).nearest(fit.points[orphans])
    return parts, topic_of


def _without_gaps(groups: np.ndarray) -> np.ndarray:
    """Number groups 0 … without gaps; -1 stays."""
    found = np.unique(groups[groups >= 0])
    return np.where(groups >= 0, np.searchsorted(found, groups), -1)


def refitted(fit: Fit, before: Partition) -> Update:
    """After a change of settings: take the fresh fit, its topics numbered as the old they match."""
    fresh, old = fit.fresh, len(before.topic_of)
    number = matched(before.topics, fresh.topics)
    unmatched = np.flatnonzero(number < 0)
    number[unmatched] = int(before.topic_of.max(initial=-1)) + 1 + np.arange(len(unmatched))
    present = np.unique(fresh.parts[fresh.parts >= 0])
    topic_of = np.concatenate([np.full(old, -1), number[fresh.topic_of[present]]])
    parts = np.where(fresh.parts >= 0, np.searchsorted(present, fresh.parts) + old, -1)
    found = Partition(parts, topic_of)
    return Update("refitted", found, found, before)
