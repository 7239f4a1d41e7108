import numpy as np
import planted_topics as planted
import pytest

from insights.analyses import topics
from insights.analyses.topics import assignment
from insights.analyses.topics.hierarchy import discover
from insights.enrich.words import normalise


@pytest.fixture(scope="module")
def found():
    texts = sorted({normalise(text) for text in planted.feedback(400)["text"]})
    return texts, discover(texts, topics.Params())


def test_texts_the_model_was_fitted_on_go_where_they_are(found):
    texts, model = found
    labels, probability = model.assigner(texts)
    assert (labels == model.labels).mean() > 0.95
    assert probability.min() >= 0 and probability.max() <= 1


def test_partitions_and_processes_give_what_one_call_gives(found, monkeypatch):
    texts, model = found
    whole = model.assigner(texts)
    monkeypatch.setattr(assignment, "PARTITION", 50)
    parts = model.assigner.all(texts, jobs=1)
    spread = model.assigner.all(texts, jobs=2)
    for one, two, three in zip(whole, parts, spread, strict=True):
        assert np.allclose(one, two, atol=1e-6)
        assert np.array_equal(two, three)


@pytest.mark.slow
def test_a_cluster_of_two_workers_gives_what_one_process_gives(found, monkeypatch):
    from distributed import LocalCluster

    texts, model = found
    monkeypatch.setattr(assignment, "PARTITION", 100)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        far = model.assigner.all(texts, scheduler=cluster.scheduler_address)
    for one, two in zip(model.assigner.all(texts, jobs=1), far, strict=True):
        assert np.array_equal(one, two)


def test_no_text_has_no_topic(found):
    labels, probability = found[1].assigner.all([])
    assert labels.shape == probability.shape == (0,)
