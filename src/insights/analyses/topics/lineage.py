"""What became of topics: which stand, which are new, which came apart, joined or ended.

A fresh cut of the texts only *proposes* changes. One is accepted when the texts themselves show
it: by how many of the nearest neighbours lie on one's own side (Newman's assortativity), and only
when this was not so among the texts the topic was founded on. A finer or coarser cut of the same
texts is therefore no event.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

__all__ = ["Change", "Evidence", "assortativity", "matched", "restructure"]

APART = 0.8  # assortativity from which two groups count as different
TANGLED = 0.7  # assortativity up to which two topics count as one; between them nothing changes
GAIN = 0.1  # least change of it since the founding
DOMINATED = 0.6  # share of a group in one topic from which it is called a part of that topic
NOVEL = 0.25  # share of founding texts up to which a group is new rather than a part come apart
COMES_BACK = 0.5  # best Jaccard overlap in refits (Hennig 2007: below is "dissolved")
MATCHED = 0.1  # Jaccard overlap from which a fresh group and an old topic can be partners
_NEIGHBOURS = 10
_MOST = 1_500  # texts a side that are compared


@dataclass(frozen=True)
class Evidence:
    """Numbers behind a change.

    Attributes
    ----------
    n
        Texts that changed sides.
    founding
        Share of them that the topic was founded on.
    separation, separation_before
        Assortativity of the two sides among all texts, and among founding texts (not-a-number
        when one side had too few).
    comes_back
        Best Jaccard overlap with refits of the fresh cut, averaged; not-a-number without refits.
    """

    n: int
    founding: float
    separation: float
    separation_before: float
    comes_back: float


@dataclass(frozen=True)
class Change:
    """One accepted change: `group` is new, came apart from `other`, or was merged into it."""

    kind: str  # new, split, merged
    group: int
    other: int  # -1: none
    evidence: Evidence


def assortativity(space: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """Say how far nearest neighbours keep to their own of two groups: 1 wholly, 0 as by chance.

    Newman 2003, doi 10.1103/PhysRevE.67.026126, on directed links to the ten nearest by cosine
    (half of the smaller group when that is less). Not-a-number below four texts a side.

    Parameters
    ----------
    space
        Shape (n, d), rows of length one.
    first, second
        Rows of the two groups; at most 1,500 of each are compared, evenly drawn.
    """
    if min(len(first), len(second)) < 4:
        return float("nan")
    first, second = (_thinned(rows) for rows in (first, second))
    points = space[np.concatenate([first, second])]
    side = np.repeat([0, 1], [len(first), len(second)])
    k = min(_NEIGHBOURS, min(len(first), len(second)) // 2)
    similar = points @ points.T
    np.fill_diagonal(similar, -2.0)
    nearest = np.argpartition(-similar, k - 1, axis=1)[:, :k]
    links = np.zeros((2, 2))
    np.add.at(links, (np.repeat(side, k), side[nearest].ravel()), 1.0 / (k * len(points)))
    chance = float(links.sum(axis=1) @ links.sum(axis=0))
    return float((np.trace(links) - chance) / (1 - chance))


def _thinned(rows: np.ndarray) -> np.ndarray:
    if len(rows) <= _MOST:
        return rows
    return rows[np.unique(np.linspace(0, len(rows) - 1, _MOST).astype(int))]


def matched(labels: np.ndarray, fresh: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pair topics with fresh groups so that the sum of Jaccard overlaps is greatest.

    Returns the partner of each fresh group, shape (groups,), -1 for none with an overlap of .1,
    and the overlaps, shape (topics, groups).
    """
    k, m = int(labels.max(initial=-1)) + 1, int(fresh.max(initial=-1)) + 1
    both = np.zeros((k, m))
    inside = (labels >= 0) & (fresh >= 0)
    np.add.at(both, (labels[inside], fresh[inside]), 1)
    mine = np.bincount(labels[labels >= 0], minlength=k)[:, None]
    theirs = np.bincount(fresh[fresh >= 0], minlength=m)[None, :]
    jaccard = both / np.maximum(mine + theirs - both, 1)
    partner = np.full(m, -1)
    for i, j in zip(*linear_sum_assignment(-jaccard), strict=True):
        if jaccard[i, j] >= MATCHED:
            partner[j] = i
    return partner, jaccard


def restructure(
    labels: np.ndarray,
    fresh: np.ndarray,
    *,
    space: np.ndarray,
    founding: np.ndarray,
    least: int,
    refits: np.ndarray | None = None,
    count: int = 0,
) -> tuple[np.ndarray, tuple[Change, ...]]:
    """Change an old partition where a fresh one shows a change that the texts bear out.

    Parameters
    ----------
    labels
        Shape (n,): topic 0 … k-1 of each text as carried over, or -1.
    fresh
        Shape (n,): group of each text in a cut that knows nothing of the topics, or -1.
    space
        Shape (n, d), rows of length one: where nearness means likeness.
    founding
        Shape (n,): whether the text was there when its topic was founded.
    least
        Fewest texts of either side of a change.
    refits
        Shape (refits, n): groups of fresh cuts of subsamples, -1 where left out.
    count
        Topics there were, when some have no text any more.

    Returns
    -------
    The new labels (a new topic takes the next number, a merged one is empty), and the changes.
    """
    # texts that came later say nothing of what a topic is: they may be guests in it
    partner, _ = matched(np.where(founding, labels, -1), fresh)
    now = labels.copy()
    changes: list[Change] = []
    size = np.bincount(fresh[fresh >= 0], minlength=len(partner))
    count = max(int(labels.max(initial=-1)) + 1, count)
    alone = np.flatnonzero((partner < 0) & (size >= least))
    for j in alone[np.argsort(-size[alone], kind="stable")]:
        back = _comes_back(fresh == j, refits)
        found = _departure(now, fresh == j, space, founding, least, back)
        if found is not None:
            kind, rows, source, evidence = found
            now[rows] = count
            changes.append(Change(kind, count, source, evidence))
            count += 1
    for i in np.setdiff1d(np.arange(int(labels.max(initial=-1)) + 1), partner):
        found = _union(now, int(i), fresh, partner, space, founding, refits)
        if found is not None:
            into, evidence = found
            now[now == i] = into
            changes.append(Change("merged", int(i), into, evidence))
    return now, tuple(changes)


def _departure(now, member, space, founding, least, back):
    """Judge a fresh group that no topic answers to: kind, rows, source and evidence, or None."""
    inside = np.flatnonzero(member & (now >= 0))
    if not len(inside) or not (np.isnan(back) or back >= COMES_BACK):
        return None
    share = np.bincount(now[inside]) / len(inside)
    source = int(share.argmax()) if share.max() >= DOMINATED else -1
    rows = np.flatnonzero(member & ((now == source) | (now < 0) | ~founding))
    novel = len(rows) > 0 and founding[rows].mean() <= NOVEL
    if not novel:
        if source < 0:
            return None  # a mixture of standing topics: another cut, not an event
        rows = np.flatnonzero(member & ((now == source) | (now < 0)))
    left = now[rows][now[rows] >= 0]
    stays = np.flatnonzero(np.isin(now, np.unique(left)))
    stays = np.setdiff1d(stays, rows)
    if len(rows) < least or founding[stays].sum() < least:
        return None  # too few, or nothing known to set it against
    evidence = _measure(rows, stays, space, founding, back)
    if not evidence.separation >= APART:
        return None
    there = int(founding[rows].sum())
    before = evidence.separation_before
    small_then = there < least and len(rows) >= 2 * there
    if not (small_then or evidence.separation - before >= GAIN):
        return None
    return ("new" if novel else "split"), rows, source, evidence


def _union(now, i, fresh, partner, space, founding, refits):
    """Judge a topic that no fresh group answers to: what it is merged into, or None."""
    rows = np.flatnonzero(now == i)
    held = fresh[rows]
    if not (held >= 0).any():
        return None
    j = int(np.bincount(held[held >= 0]).argmax())
    into = int(partner[j])
    if into < 0 or into == i:
        return None
    others = np.flatnonzero(now == into)
    if np.mean(held == j) < DOMINATED or np.mean(fresh[others] == j) < DOMINATED:
        return None
    back = _comes_back(fresh == j, refits)
    evidence = _measure(rows, others, space, founding, back)
    then = evidence.separation_before
    drawn_together = evidence.separation <= TANGLED and then - evidence.separation >= GAIN
    returns = np.isnan(back) or back >= COMES_BACK
    return (into, evidence) if drawn_together and returns else None


def _measure(rows, others, space, founding, back) -> Evidence:
    return Evidence(
        n=len(rows),
        founding=float(founding[rows].mean()),
        separation=assortativity(space, rows, others),
        separation_before=assortativity(space, rows[founding[rows]], others[founding[others]]),
        comes_back=back,
    )


def _comes_back(member: np.ndarray, refits: np.ndarray | None) -> float:
    """Best Jaccard overlap of a group with those of each refit, averaged."""
    if refits is None or not len(refits):
        return float("nan")
    best = []
    for refit in refits:
        here = refit >= 0
        mine = member & here
        if not mine.any():
            best.append(0.0)
            continue
        held = np.bincount(refit[mine], minlength=int(refit.max()) + 1)
        whole = np.bincount(refit[here], minlength=len(held))
        best.append(float((held / (mine.sum() + whole - held)).max()))
    return float(np.mean(best))
