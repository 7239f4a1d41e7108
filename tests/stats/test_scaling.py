"""A map from distances: exact where a plane suffices, the same however the rows come."""

import numpy as np
import pytest

from insights.stats.scaling import classical_scaling


def between(points):
    return np.linalg.norm(points[:, None] - points[None], axis=2)


def test_points_of_a_plane_come_back_with_all_their_distances():
    points = np.random.default_rng(0).normal(size=(12, 2))
    found, share = classical_scaling(between(points))
    assert np.allclose(between(found), between(points))
    assert share == pytest.approx(1.0)


def test_a_square_of_side_one_has_diagonals_of_root_two():
    square = np.array([[0, 0], [0, 1], [1, 1], [1, 0]])
    found, _ = classical_scaling(between(square))
    assert np.linalg.norm(found[0] - found[2]) == pytest.approx(np.sqrt(2))


def test_the_share_is_that_of_principal_components():
    points = np.random.default_rng(1).normal(size=(200, 5)) * [3, 2, 1, 1, 1]
    points = points - points.mean(axis=0)
    spread = np.linalg.svd(points, compute_uv=False) ** 2
    _, share = classical_scaling(between(points))
    assert share == pytest.approx(spread[:2].sum() / spread.sum())


def test_shuffled_rows_give_the_same_map_and_signs():
    points = np.random.default_rng(2).normal(size=(15, 6))
    order = np.random.default_rng(3).permutation(15)
    found, _ = classical_scaling(between(points))
    again, _ = classical_scaling(between(points[order]))
    assert np.allclose(again, found[order])
    assert (found[np.abs(found).argmax(axis=0), [0, 1]] > 0).all()


def test_one_two_and_equal_points_are_placed():
    assert classical_scaling(np.zeros((1, 1)))[0].tolist() == [[0.0, 0.0]]
    pair, share = classical_scaling(np.array([[0.0, 2.0], [2.0, 0.0]]))
    assert np.linalg.norm(pair[0] - pair[1]) == pytest.approx(2.0) and share == pytest.approx(1.0)
    assert np.allclose(classical_scaling(np.zeros((4, 4)))[0], 0)


def test_distances_of_no_square_are_refused():
    with pytest.raises(ValueError, match=r"2-dimensional and square. shape = \(2, 3\)"):
        classical_scaling(np.ones((2, 3)))
