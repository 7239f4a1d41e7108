"""Identity of topics across runs, on planted points: what changed is said, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from tests.stats.planted_points import WIDTH, blob

from insights.analyses.topics.assignment import dissolve_small
from insights.analyses.topics.events import restructure
from insights.analyses.topics.tracking import (
    UNSEEN,
    Fit,
    Partition,
    anchored,
    carry_over,
    continued,
    refitted,
)
from insights.stats.communities import (
    bootstrap_cuts,
    choose_resolution,
    nearest_neighbours,
)

LEAST = 5


def fit_of(points, seed=1):
    neighbours = nearest_neighbours(points)
    cut = choose_resolution(neighbours, seed=seed)
    refits = bootstrap_cuts(neighbours, cut.resolution, seed=seed)
    local = dissolve_small(points, cut.labels, LEAST)
    fresh = Partition(local, np.arange(int(local.max()) + 1))
    return Fit(points, neighbours.graph(), points, fresh, refits, refits, LEAST)


def before_of(fit, n):
    """The fresh fit of the first n points, as the registry would know them in a longer run."""
    first = fit_of(fit.points[:n]).fresh
    count = int(first.parts.max()) + 1
    unseen = np.full(len(fit.points) - n, UNSEEN)
    founding = np.arange(len(fit.points)) < n
    return known(np.append(first.parts, unseen), founding, np.arange(count))


def known(parts, founding, topic_of, anchors=None):
    anchors = np.zeros((len(topic_of), WIDTH)) if anchors is None else anchors
    return Partition(parts, topic_of, founding=founding, anchors=anchors)


def update_of(old, new):
    fit = fit_of(np.vstack([old, new]))
    return carry_over(fit, before_of(fit, len(old))), len(old)


def four(seed=0, n=60):
    return np.vstack([blob(place, n, seed=seed) for place in range(4)])


@pytest.mark.parametrize("seed", range(6))
def test_where_nothing_changed_nothing_is_reported_and_every_point_keeps_its_topic(seed):
    update, n = update_of(four(seed), four(seed + 100, n=15))
    assert update.events == () and update.part_events == () and update.moved == 0
    first = fit_of(four(seed)).fresh.parts
    assert (update.found.parts[:n] == first).all()
    truth = np.repeat(np.arange(4), 15)
    assert all(len(np.unique(update.found.parts[n:][truth == k])) == 1 for k in range(4))


@pytest.mark.parametrize("seed", range(3))
def test_a_finer_or_coarser_cut_of_the_same_points_is_no_event(seed):
    fit = fit_of(four(seed))
    before = before_of(fit, 240)
    fresh_topics = fit.fresh.topics
    halves = fresh_topics * 2 + (np.arange(240) % 2)
    for fresh in (halves, fresh_topics // 2, np.zeros(240, int)):
        _, changes = restructure(
            before.parts, fresh, space=fit.points, founding=before.founding, least=10
        )
        assert changes == ()


def test_a_finer_cut_is_no_event_even_where_it_is_right():
    # two wordings that were one topic from the first: apart, but not newly so
    old = np.vstack([blob(0, 40, toward=5, by=0.8), blob(0, 40, toward=5, by=-0.8), four()])
    labels = np.repeat([0, 1, 2, 3, 4], [80, 60, 60, 60, 60])
    fresh = np.repeat([0, 5, 1, 2, 3, 4], [40, 40, 60, 60, 60, 60])
    _, changes = restructure(labels, fresh, space=old, founding=np.ones(320, bool), least=10)
    assert changes == ()


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_new_topic_is_new_and_no_known_point_moves(seed):
    update, n = update_of(four(seed), np.vstack([four(seed + 9, n=10), blob(7, 40, seed=seed)]))
    assert [change.event for change in update.events] == ["new"]
    assert update.events[0].founding_share == 0
    born = update.found.topic_of[update.found.parts] == update.events[0].group
    assert born[-40:].mean() > 0.9 and not born[:-40].any()
    assert (update.found.parts[:n] == fit_of(four(seed)).fresh.parts).all()


def test_a_new_topic_that_grows_by_a_few_points_a_run_is_found_when_it_is_large_enough():
    old, coming = four(), blob(7, 48, seed=3)
    points, parts, founding, topic = (
        old,
        fit_of(old).fresh.parts,
        np.ones(len(old), bool),
        np.arange(4),
    )
    seen = []
    for month in range(8):
        points = np.vstack([points, coming[6 * month : 6 * month + 6]])
        before = known(
            np.append(parts, np.full(6, UNSEEN)), np.append(founding, np.zeros(6, bool)), topic
        )
        update = carry_over(fit_of(points), before)
        parts, topic, founding = update.found.parts, update.found.topic_of, before.founding
        seen += [(month, change.event) for change in update.events]
    assert [kind for _, kind in seen] == ["new"]
    assert 1 <= seen[0][0] <= 4


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_split_is_a_split_of_that_topic(seed):
    # one topic whose two sides shade into each other; later texts are of one side or the other
    rng = np.random.default_rng(seed)
    shade = np.vstack([blob(0, 1, toward=5, by=x, seed=k)
                       for k, x in enumerate(rng.uniform(-0.5, 0.5, 60))])  # fmt: skip
    rest = np.vstack([blob(place, 60, seed=seed) for place in (1, 2, 3)])
    sides = np.vstack([blob(0, 70, toward=5, by=1.2, seed=seed + 20),
                       blob(0, 70, toward=5, by=-1.2, seed=seed + 21)])  # fmt: skip
    old, new = np.vstack([shade, rest]), np.vstack([sides, rest[:30] + 0])
    labels = np.append(np.repeat(np.arange(4), 60), np.repeat([0, 0], 70))
    points = np.vstack([old, sides])
    fresh = np.where(labels == 0, np.where(points[:, 5] > 0, 0, 4), labels)
    founding = np.arange(len(points)) < len(old)
    now, changes = restructure(labels, fresh, space=points, founding=founding, least=10)
    assert [(change.event, change.other) for change in changes] == [("split", 0)]
    assert changes[0].separation > 0.8 > changes[0].separation_before
    assert set(np.unique(now[labels == 0])) == {0, 4}
    assert (now[labels > 0] == labels[labels > 0]).all() and len(new)


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_merge_is_a_merge_of_those_two(seed):
    rng = np.random.default_rng(seed)
    first, second = (blob(0, 40, toward=5, by=by, spread=0.3, seed=seed) for by in (0.7, -0.7))
    between = np.vstack([blob(0, 1, toward=5, by=x, spread=0.3, seed=1000 + k)
                         for k, x in enumerate(rng.uniform(-0.4, 0.4, 240))])  # fmt: skip
    rest = np.vstack([blob(place, 60, seed=seed) for place in (1, 2)])
    points = np.vstack([first, second, rest, between])
    founding = np.arange(len(points)) < 200
    side = (between[:, 5] < 0).astype(int)
    labels = np.concatenate([np.repeat([0, 1, 2, 3], [40, 40, 60, 60]), side])
    fresh = np.where(labels == 1, 0, labels)
    _, apart = restructure(
        labels[:200], fresh[:200], space=points[:200], founding=founding[:200], least=10
    )
    assert apart == ()
    now, changes = restructure(labels, fresh, space=points, founding=founding, least=10)
    assert [change.event for change in changes] == ["merged"]
    assert {changes[0].group, changes[0].other} == {0, 1}
    assert len(np.unique(now[np.isin(labels, [0, 1])])) == 1


def test_a_topic_without_points_is_gone_and_its_number_stays_unused():
    fit = fit_of(np.vstack([four()[:180], four(7, n=20)[:60]]))
    whole = before_of(fit_of(np.vstack([four(), four(7, n=20)])), 240)
    keep = np.r_[0:180, 240:300]
    before = known(whole.parts[keep], whole.founding[keep], whole.topic_of)
    update = carry_over(fit, before)
    dead = whole.parts[200]
    assert update.found.topic_of[dead] == -1 and len(update.found.topic_of) == 4
    assert not (update.found.parts == dead).any()


def test_without_a_shared_text_topics_are_matched_by_their_anchors():
    old, new = four(), four(5)
    first = fit_of(old).fresh.parts
    anchors = np.array([old[first == k][:12].sum(axis=0) for k in range(4)])
    before = known(np.full(240, UNSEEN), np.zeros(240, bool), np.arange(4), anchors)
    update = carry_over(fit_of(new), before)
    truth = np.repeat(np.arange(4), 60)
    assert all((update.found.parts[truth == k] == first[60 * k]).mean() > 0.98 for k in range(4))
    assert update.events == () and update.part_events == ()


def test_a_known_point_moves_only_when_neighbours_and_centre_agree():
    points = four()
    links = nearest_neighbours(points).graph()
    part = np.repeat(np.arange(4), 60)
    part[3] = 2  # all its neighbours are elsewhere, and so is the nearer centre
    before = known(part, np.ones(240, bool), np.arange(4))
    parts, moved = anchored(points, links, before)
    assert moved == 1 and parts[3] == 0
    assert (np.delete(parts, 3) == np.delete(part, 3)).all()


def test_the_order_of_points_does_not_matter_to_the_events():
    old, new = four(), np.vstack([four(9, n=10), blob(7, 40)])
    update, _ = update_of(old, new)
    order = np.random.default_rng(0).permutation(len(old))
    again, _ = update_of(old[order], new)
    assert [c.event for c in again.events] == [c.event for c in update.events]
    assert again.events[0].n_moved == update.events[0].n_moved


def test_changed_settings_take_the_fresh_cut_and_keep_numbers_that_match():
    fit = fit_of(four())
    before = before_of(fit, 240)
    parts = fit.fresh.parts
    halves = parts * 2 + (np.arange(240) % 3 == 0)
    update = refitted(replace(fit, fresh=Partition(halves, np.arange(8))), before)
    topics = update.found.topics
    assert len(np.unique(topics)) == 8
    assert (topics == parts)[np.arange(240) % 3 != 0].all()  # the larger part keeps the number
    origin = continued(before, update.found)
    assert (origin[update.found.parts] == np.where(topics < 4, topics, -1)).all()
