import numpy as np
import pytest

from insights.analyses.topics.assignment import Projection, centres, dissolve_small
from insights.analyses.topics.hierarchy import RESOLUTIONS, _candidates, group_subtopics
from insights.stats.communities import (
    bootstrap_cuts,
    choose_resolution,
    communities,
    finest_stable,
    nearest_neighbours,
)
from insights.stats.partitions import best_jaccard


def blobs(count=8, each=60, *, width=40, spread=0.35, seed=0):
    rng = np.random.default_rng(seed)
    middle = rng.standard_normal((count, width))
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    rows = np.repeat(middle, each, axis=0)
    rows = rows + spread * rng.standard_normal(rows.shape) / np.sqrt(width)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def test_separate_groups_are_found_at_every_resolution_that_is_chosen():
    points = blobs()
    cut = choose_resolution(nearest_neighbours(points), seed=1)
    truth = np.repeat(np.arange(8), 60)
    pairs = {(a, b) for a, b in zip(truth, cut.labels, strict=True)}
    assert len({b for _, b in pairs}) == len(pairs)  # no community mixes two groups
    assert cut.resolutions["chosen"].sum() == 1


def test_groups_of_groups_are_cut_at_a_resolution_that_comes_back():
    rng = np.random.default_rng(4)
    families = np.repeat(blobs(5, 1, width=60, spread=0), 4, axis=0)
    points = np.repeat(families + 0.45 * rng.standard_normal(families.shape) / 60**0.5, 50, axis=0)
    points = points + 0.35 * rng.standard_normal(points.shape) / 60**0.5
    points = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    cut = choose_resolution(nearest_neighbours(points), seed=1)
    inner = np.repeat(np.arange(20), 50)
    mixed = [len(set(inner[cut.labels == k] // 4)) for k in np.unique(cut.labels)]
    assert max(mixed) == 1  # a community never spans two families
    chosen = cut.resolutions.loc[cut.resolutions["chosen"]].iloc[0]
    assert chosen["stability"] >= cut.resolutions["stability"].max() - 0.06


def test_one_cloud_without_groups_is_not_called_stable():
    rng = np.random.default_rng(0)
    points = rng.standard_normal((600, 30)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    neighbours = nearest_neighbours(points)
    cut = choose_resolution(neighbours, seed=1)
    cuts = bootstrap_cuts(neighbours, cut.resolution, seed=1)
    assert best_jaccard(cut.labels, cuts, int(cut.labels.max()) + 1).mean() < 0.5


def test_the_finest_cut_not_far_below_the_best_is_taken():
    assert finest_stable(np.array([0.9, 0.89, 0.87, 0.5])) == 2
    assert finest_stable(np.array([0.9, 0.79, 0.86, 0.5])) == 2  # one fall may be chance
    assert finest_stable(np.array([0.9, 0.5])) == 0
    assert finest_stable(np.array([0.5, 0.9])) == 1


@pytest.mark.parametrize("count", [3, 60])
def test_neighbours_are_the_nearest_as_a_loop_finds_them(count):
    points = blobs(count, 20)  # 60 texts fit into two bins, 1,200 do not
    found = nearest_neighbours(points)
    graph = found.graph().toarray()
    similar = points @ points.T
    np.fill_diagonal(similar, -2)
    directed = np.zeros_like(graph)
    for i in range(len(points)):
        nearest = np.argsort(-similar[i], kind="stable")
        assert set(found.rows[i]) == set(nearest[:40])
        for j in nearest[:15]:
            directed[i, j] = max(similar[i, j], 1e-3) ** 3
    assert np.allclose(graph, directed + directed.T, atol=1e-6)


def test_a_part_of_the_texts_is_linked_as_if_the_others_had_never_been():
    points = blobs(5, 40)
    kept = np.sort(np.random.default_rng(0).choice(200, 160, replace=False))
    part = nearest_neighbours(points).graph(kept).toarray()
    alone = nearest_neighbours(points[kept]).graph().toarray()
    assert np.allclose(part, alone, atol=1e-6)


def test_a_bootstrap_draws_about_two_thirds_of_the_texts_and_its_cuts_agree():
    points = blobs()
    neighbours = nearest_neighbours(points)
    cuts = bootstrap_cuts(neighbours, 0.35, seed=3)
    assert cuts.shape == (10, len(points))
    assert abs((cuts >= 0).mean() - 0.632) < 0.03
    assert best_jaccard(np.repeat(np.arange(8), 60), cuts, 8).min() > 0.9
    assert np.array_equal(cuts, bootstrap_cuts(neighbours, 0.35, seed=3))


def test_the_same_seed_cuts_the_same():
    graph = nearest_neighbours(blobs()).graph()
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
    topic_of = np.array([0, 0, 1, 2])
    total = sum(
        centre.probability(points, np.full(len(points), sub), topic_of) for sub in (0, 2, 3, -1)
    )
    assert np.allclose(total, 1)
    clear = centre.probability(points, np.repeat([0, 1, 2, 3], 30), topic_of)
    assert np.median(clear) > 0.9


def test_two_subtopics_far_from_all_others_are_not_drawn_into_a_large_topic():
    """Eight families of thirty, and a pair: .64 near to each other, .2 to .33 to the rest."""
    rng = np.random.default_rng(2)
    families = _unit(_unit(rng.standard_normal((8, 60))) + 0.5 * _unit(rng.standard_normal(60)))
    large = np.repeat(families, 30, axis=0) + rng.standard_normal((240, 60)) / 60**0.5
    pair = _unit(rng.standard_normal(60)) + 0.7 * rng.standard_normal((2, 60)) / 60**0.5
    middle = _unit(np.vstack([large, pair])).astype(np.float32)
    for resolution in (1.5, 2.0):
        of = _candidates(middle, 30)[RESOLUTIONS.index(resolution)]
        assert of[-1] == of[-2] and np.sum(of == of[-1]) == 2, resolution


@pytest.mark.parametrize("most", [4, 5])
def test_subtopics_are_merged_by_meaning_within_the_limit(most):
    families = blobs(4, 120, spread=0.3)
    labels = np.repeat(np.arange(12), 40)  # three sub-topics a family
    refits = np.tile(labels, (3, 1))
    grouping = group_subtopics(families, labels, refits, most=most)
    assert grouping.topic_of.max() + 1 <= most
    pairs = set(zip(np.repeat(np.arange(4), 3), grouping.topic_of, strict=True))
    assert len({theme for _, theme in pairs}) == len(pairs)  # no theme mixes families
