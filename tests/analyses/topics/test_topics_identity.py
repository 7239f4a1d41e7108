"""Identity of topics across runs, on planted points: what changed is said, and nothing else."""

import numpy as np
import pytest

from insights.analyses.topics.assignment import dissolve_small
from insights.analyses.topics.identity import (
    UNSEEN,
    Before,
    Cut,
    anchored,
    carry_over,
    matched_parts,
    refitted,
)
from insights.analyses.topics.lineage import assortativity, matched, restructure
from insights.analyses.topics.resolution import bootstrap_cuts, choose_grain, nearest_neighbours

WIDTH = 24
LEAST = 5


def blob(place, n, *, toward=None, by=0.0, spread=0.12, seed=0):
    """Unit vectors around axis `place`, moved `by` along axis `toward`."""
    rng = np.random.default_rng([seed, place, n, int(100 * by) + 500])
    points = rng.normal(scale=spread, size=(n, WIDTH))
    points[:, place] += 1.0
    if toward is not None:
        points[:, toward] += by
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def cut_of(points, seed=1):
    neighbours = nearest_neighbours(points)
    grain = choose_grain(neighbours, seed=seed)
    refits = bootstrap_cuts(neighbours, grain.resolution, seed=seed)
    local = dissolve_small(points, grain.labels, LEAST)
    return Cut(points, neighbours.graph(), points, local, local, refits, refits, LEAST)


def before_of(cut, n):
    """The fresh cut of the first n points, as the registry would know them in a longer run."""
    first = cut_of(cut.points[:n])
    count = int(first.parts.max()) + 1
    unseen = np.full(len(cut.points) - n, UNSEEN)
    return Before(
        part=np.append(first.parts, unseen),
        founding=np.arange(len(cut.points)) < n,
        topic=np.arange(count),
        anchors=np.zeros((count, WIDTH)),
    )


def step_of(old, new):
    cut = cut_of(np.vstack([old, new]))
    return carry_over(cut, before_of(cut, len(old))), len(old)


def four(seed=0, n=60):
    return np.vstack([blob(place, n, seed=seed) for place in range(4)])


@pytest.mark.parametrize("seed", range(6))
def test_where_nothing_changed_nothing_is_reported_and_every_point_keeps_its_topic(seed):
    step, n = step_of(four(seed), four(seed + 100, n=15))
    assert step.changes == () and step.part_changes == () and step.moved == 0
    first = cut_of(four(seed)).parts
    assert (step.parts[:n] == first).all()
    truth = np.repeat(np.arange(4), 15)
    assert all(len(np.unique(step.parts[n:][truth == k])) == 1 for k in range(4))


@pytest.mark.parametrize("seed", range(3))
def test_a_finer_or_coarser_cut_of_the_same_points_is_no_event(seed):
    cut = cut_of(four(seed))
    before = before_of(cut, 240)
    halves = cut.topics * 2 + (np.arange(240) % 2)
    for fresh in (halves, cut.topics // 2, np.zeros(240, int)):
        _, changes = restructure(
            before.part, fresh, space=cut.points, founding=before.founding, least=10
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
    step, n = step_of(four(seed), np.vstack([four(seed + 9, n=10), blob(7, 40, seed=seed)]))
    assert [change.kind for change in step.changes] == ["new"]
    assert step.changes[0].evidence.founding == 0
    born = step.topic[step.parts] == step.changes[0].group
    assert born[-40:].mean() > 0.9 and not born[:-40].any()
    assert (step.parts[:n] == cut_of(four(seed)).parts).all()


def test_a_new_topic_that_grows_by_a_few_points_a_run_is_found_when_it_is_large_enough():
    old, coming = four(), blob(7, 48, seed=3)
    points, parts, founding, topic = old, cut_of(old).parts, np.ones(len(old), bool), np.arange(4)
    seen = []
    for month in range(8):
        points = np.vstack([points, coming[6 * month : 6 * month + 6]])
        before = Before(
            np.append(parts, np.full(6, UNSEEN)), np.append(founding, np.zeros(6, bool)),
            topic, np.zeros((len(topic), WIDTH)),
        )  # fmt: skip
        step = carry_over(cut_of(points), before)
        parts, topic, founding = step.parts, step.topic, before.founding
        seen += [(month, change.kind) for change in step.changes]
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
    assert [(change.kind, change.other) for change in changes] == [("split", 0)]
    assert changes[0].evidence.separation > 0.8 > changes[0].evidence.separation_before
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
    assert [change.kind for change in changes] == ["merged"]
    assert {changes[0].group, changes[0].other} == {0, 1}
    assert len(np.unique(now[np.isin(labels, [0, 1])])) == 1


def test_a_topic_without_points_is_gone_and_its_number_stays_unused():
    cut = cut_of(np.vstack([four()[:180], four(7, n=20)[:60]]))
    whole = before_of(cut_of(np.vstack([four(), four(7, n=20)])), 240)
    keep = np.r_[0:180, 240:300]
    before = Before(whole.part[keep], whole.founding[keep], whole.topic, whole.anchors)
    step = carry_over(cut, before)
    dead = whole.part[200]
    assert step.topic[dead] == -1 and len(step.topic) == 4
    assert not (step.parts == dead).any()


def test_without_a_shared_text_topics_are_matched_by_their_anchors():
    old, new = four(), four(5)
    first = cut_of(old).parts
    anchors = np.array([old[first == k][:12].sum(axis=0) for k in range(4)])
    before = Before(np.full(240, UNSEEN), np.zeros(240, bool), np.arange(4), anchors)
    step = carry_over(cut_of(new), before)
    truth = np.repeat(np.arange(4), 60)
    assert all((step.parts[truth == k] == first[60 * k]).mean() > 0.98 for k in range(4))
    assert step.changes == () and step.part_changes == ()


def test_a_known_point_moves_only_when_neighbours_and_centre_agree():
    points = four()
    links = nearest_neighbours(points).graph()
    part = np.repeat(np.arange(4), 60)
    part[3] = 2  # all its neighbours are elsewhere, and so is the nearer centre
    before = Before(part, np.ones(240, bool), np.arange(4), np.zeros((4, WIDTH)))
    parts, moved = anchored(points, links, before)
    assert moved == 1 and parts[3] == 0
    assert (np.delete(parts, 3) == np.delete(part, 3)).all()


def test_the_order_of_points_does_not_matter_to_the_events():
    old, new = four(), np.vstack([four(9, n=10), blob(7, 40)])
    step, _ = step_of(old, new)
    order = np.random.default_rng(0).permutation(len(old))
    again, _ = step_of(old[order], new)
    assert [c.kind for c in again.changes] == [c.kind for c in step.changes]
    assert again.changes[0].evidence.n == step.changes[0].evidence.n


def test_changed_settings_take_the_fresh_cut_and_keep_numbers_that_match():
    cut = cut_of(four())
    before = before_of(cut, 240)
    halves = cut.parts * 2 + (np.arange(240) % 3 == 0)
    fresh = Cut(cut.points, cut.links, cut.space, halves, halves, cut.part_refits,
                cut.topic_refits, LEAST)  # fmt: skip
    step = refitted(fresh, before)
    held = step.topic[step.parts]
    assert len(np.unique(held)) == 8
    assert (held == cut.parts)[np.arange(240) % 3 != 0].all()  # the larger part keeps the number
    assert (matched_parts(step, before)[step.parts] == np.where(held < 4, held, -1)).all()


def test_assortativity_is_one_apart_and_zero_by_chance():
    points = np.vstack([blob(0, 200), blob(1, 200)])
    rows = np.arange(400)
    assert assortativity(points, rows[:200], rows[200:]) == pytest.approx(1.0)
    mixed = np.random.default_rng(0).permutation(400)
    assert abs(assortativity(points, mixed[:200], mixed[200:])) < 0.1
    assert np.isnan(assortativity(points, rows[:3], rows[200:]))


def test_assortativity_equals_a_plain_count():
    points = np.vstack([blob(0, 30, spread=0.4), blob(1, 20, spread=0.4)])
    side = [0] * 30 + [1] * 20
    links = np.zeros((2, 2))
    for i in range(50):
        near = sorted((j for j in range(50) if j != i), key=lambda j: -points[i] @ points[j])
        for j in near[:10]:
            links[side[i], side[j]] += 1 / 500
    chance = sum(links[k].sum() * links[:, k].sum() for k in range(2))
    expected = (links[0, 0] + links[1, 1] - chance) / (1 - chance)
    found = assortativity(points, np.arange(30), np.arange(30, 50))
    assert found == pytest.approx(expected)


def test_matching_pairs_groups_one_to_one():
    old = np.repeat([0, 1, 2], [50, 30, 20])
    fresh = np.repeat([2, 2, 0, 1, 3], [40, 10, 30, 17, 3])
    partner, jaccard = matched(old, fresh)
    assert partner.tolist() == [1, 2, 0, -1]
    assert jaccard[0, 2] == 1.0
