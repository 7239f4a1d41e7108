"""Overlap, pairing and separation of partitions, beside plain counts."""

import numpy as np
import pytest
from tests.stats.planted_points import blob

from insights.stats.partitions import assortativity, jaccard, matched


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
