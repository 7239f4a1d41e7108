import numpy as np
import pytest

from insights.analyses.topics.assign import centres, dissolve_small
from insights.analyses.topics.grain import choose_grain, finest_stable
from insights.analyses.topics.graph import Projection, communities, neighbour_graph
from insights.analyses.topics.themes import choose_themes


def blobs(count=8, each=60, *, width=40, spread=0.35, seed=0):
    rng = np.random.default_rng(seed)
    middle = rng.standard_normal((count, width))
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    rows = np.repeat(middle, each, axis=0)
    rows = rows + spread * rng.standard_normal(rows.shape) / np.sqrt(width)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_separate_groups_are_found_at_every_grain_that_is_chosen():
    points = blobs()
    grain = choose_grain(neighbour_graph(points), seed=1)
    truth = np.repeat(np.arange(8), 60)
    pairs = {(a, b) for a, b in zip(truth, grain.labels, strict=True)}
    assert len({b for _, b in pairs}) == len(pairs)  # no community mixes two groups
    assert grain.ladder["chosen"].sum() == 1


def test_the_finest_cut_as_stable_as_the_best_is_taken():
    assert finest_stable(np.array([0.9, 0.89, 0.87, 0.5]), np.full(4, 0.01)) == 1
    assert finest_stable(np.array([0.9, 0.89, 0.87, 0.5]), np.full(4, 0.04)) == 2
    assert finest_stable(np.array([0.9, 0.89, 0.8, 0.5]), np.full(4, 0.9)) == 1
    assert finest_stable(np.array([0.5, 0.9]), np.zeros(2)) == 1


def test_neighbours_are_the_nearest_as_a_loop_finds_them():
    points = blobs(3, 20)
    graph = neighbour_graph(points).toarray()
    similar = points @ points.T
    np.fill_diagonal(similar, -2)
    directed = np.zeros_like(graph)
    for i in range(len(points)):
        for j in np.argsort(-similar[i])[:15]:
            directed[i, j] = max(similar[i, j], 1e-3) ** 3
    assert np.allclose(graph, directed + directed.T, atol=1e-6)


def test_the_same_seed_cuts_the_same():
    graph = neighbour_graph(blobs())
    assert np.array_equal(communities(graph, 1.0, seed=3), communities(graph, 1.0, seed=3))


def test_projected_rows_have_length_one_and_the_centre_none():
    vectors = blobs(4, 30)
    points = Projection.fitted(vectors).points(np.vstack([vectors, vectors.mean(axis=0)]))
    assert np.allclose(np.linalg.norm(points[:-1], axis=1), 1, atol=1e-5)
    assert not points[-1].any()


def test_small_communities_go_to_the_nearest_and_strangers_to_none():
    points = blobs(2, 50)
    labels = np.repeat([0, 1], 50)
    labels[:3] = 2  # a splinter of the first group
    stranger = np.zeros((1, 40), np.float32)
    stranger[0] = -(points[0] + points[-1])
    stranger /= np.linalg.norm(stranger)
    kept = dissolve_small(np.vstack([points, stranger]), np.append(labels, 1), 10)
    assert kept[:50].tolist() == [0] * 50
    assert kept[-1] == -1


def test_when_no_community_is_large_enough_nothing_is_explained():
    assert (dissolve_small(blobs(3, 4), np.repeat([0, 1, 2], 4), 50) == -1).all()


def test_probabilities_of_all_topics_and_none_sum_to_one():
    points = blobs(4, 30)
    centre = centres(points, np.repeat([0, 1, 2, 3], 30))
    themes = np.array([0, 0, 1, 2])
    total = sum(
        centre.probability(points, np.full(len(points), sub), themes) for sub in (0, 2, 3, -1)
    )
    assert np.allclose(total, 1)
    clear = centre.probability(points, np.repeat([0, 1, 2, 3], 30), themes)
    assert np.median(clear) > 0.9


@pytest.mark.parametrize("most", [4, 5])
def test_subtopics_are_merged_by_meaning_within_the_limit(most):
    families = blobs(4, 120, spread=0.3)
    labels = np.repeat(np.arange(12), 40)  # three sub-topics a family
    refits = np.tile(labels, (3, 1))
    themes = choose_themes(families, labels, refits, most=most)
    assert themes.of.max() + 1 <= most
    pairs = set(zip(np.repeat(np.arange(4), 3), themes.of, strict=True))
    assert len({theme for _, theme in pairs}) == len(pairs)  # no theme mixes families
