"""Overlap, pairing and separation of partitions, beside plain counts."""

import numpy as np
import pytest
from tests.stats.planted_points import blob

from insights.stats.partitions import (
    _thinned,
    assortativity,
    best_jaccard,
    confusion,
    jaccard,
    matched,
    pair_agreement,
    recovery,
)


def drawn(*shape, groups=4, seed=3):
    """Labels from -1, in no group, to groups - 1."""
    return np.random.default_rng(seed).integers(-1, groups, shape)


def members(labels):
    return [set(np.flatnonzero(labels == group)) for group in range(labels.max() + 1)]


def test_overlaps_are_those_of_sets_and_a_group_of_nobody_overlaps_with_none():
    labels, others = drawn(90), drawn(90, groups=6, seed=4)
    expected = [[len(a & b) / len(a | b) for b in members(others)] for a in members(labels)]
    found = jaccard(labels, others, 5)
    assert found.shape == (5, 6) and not found[4].any()
    assert found[:4] == pytest.approx(np.array(expected))
    assert jaccard(labels, others) == pytest.approx(found[:4])


def test_a_topic_comes_back_as_well_as_its_best_partner_in_each_refit_on_average():
    labels, refits = drawn(90), drawn(3, 90, groups=5, seed=4)
    expected = np.zeros(4)
    for refit in refits:
        own = np.where(refit >= 0, labels, -1)
        pairs = [[len(a & b) / len(a | b) for b in members(refit)] for a in members(own)]
        expected += np.max(pairs, axis=1) / 3
    assert best_jaccard(labels, refits, 4) == pytest.approx(expected)
    assert best_jaccard(labels, labels[None], 4) == pytest.approx(np.ones(4))


def test_recovery_is_one_for_the_same_groups_and_that_of_texts_above_chance_else():
    labels, others = drawn(90, groups=3), drawn(90, groups=5, seed=4)
    assert recovery(labels, labels) == pytest.approx(1)
    both = (labels >= 0) & (others >= 0)
    labels, others = labels[both], others[both]
    shares = [len(a) / len(labels) for a in members(labels)]
    best = [max(len(a & b) / len(a | b) for b in members(others)) for a in members(labels)]
    overlap = sum(share * one for share, one in zip(shares, best, strict=True))
    chance = sum(share * share / (2 - share) for share in shares)
    assert recovery(drawn(90, groups=3), drawn(90, groups=5, seed=4)) == pytest.approx(
        (overlap - chance) / (1 - chance)
    )
    assert recovery(np.zeros(9, int), np.zeros(9, int)) == 0  # one group comes back by chance


def test_cuts_agree_pair_by_pair_on_the_texts_both_hold():
    one = np.array([0, 0, 1, 1, 2, 2])
    part = np.array([0, 0, 1, 1, -1, -1])  # the same where it says anything
    other = np.array([0, 1, 0, 1, 0, 1])
    found = pair_agreement(np.stack([one, part, other]))
    assert found.shape == (3,) and found[0] == 1 and (found[1:] < 0).all()


def test_topics_that_refits_mix_are_told_by_the_cosine_of_where_their_texts_fall():
    labels, refits = drawn(90), drawn(3, 90, groups=5, seed=4)
    expected = np.zeros((4, 4))
    for refit in refits:
        counts = np.array([[len(a & b) for b in members(refit)] for a in members(labels)], float)
        length = np.sqrt((counts**2).sum(axis=1))
        expected += counts @ counts.T / np.outer(length, length) / 3
    assert confusion(labels, refits, 4) == pytest.approx(expected)
    assert confusion(labels, refits, 5)[4].tolist() == [0] * 5
    assert confusion(labels, labels[None], 4) == pytest.approx(np.eye(4))
    assert confusion(labels, refits[:0], 4).tolist() == np.eye(4).tolist()


def test_of_many_rows_1500_are_kept_evenly_from_the_first_to_the_last():
    rows = np.arange(10, 10 + 4_000)
    thinned = _thinned(rows)
    assert len(thinned) == 1_500 and (thinned[0], thinned[-1]) == (10, 4_009)
    assert set(np.diff(thinned)) == {2, 3}
    assert _thinned(rows[:1_500]).tolist() == rows[:1_500].tolist()


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
    partner = matched(old, fresh)
    assert partner.tolist() == [1, 2, 0, -1]
    assert jaccard(old, fresh)[0, 2] == 1.0
