"""The logit through chances of exposure: the logit itself, a planted truth, and its coverage."""

import numpy as np

from insights.stats.logit import logit
from insights.stats.mislabelled import induced_logit


def test_known_exposures_give_the_logit():
    rng = np.random.default_rng(1)
    x = np.column_stack([np.ones(2000), rng.normal(size=2000), rng.random((2000, 2)) < 0.3])
    y = (rng.random(2000) < 1 / (1 + np.exp(2 - x[:, 2]))).astype(float)
    group = np.arange(2000) // 4
    plain = logit(x, y, group)
    found = induced_logit(x, y, group, columns=[2, 3], chance=x[:, 2:], start=np.zeros(4))
    assert found.converged
    np.testing.assert_allclose(found.coef, plain.coef, atol=1e-7)
    np.testing.assert_allclose(found.cov, plain.cov, rtol=1e-6)


def test_a_planted_effect_and_a_null_come_back_through_wrong_labels_and_are_covered():
    """Two topics, a quarter of the labels swapped: the null looks guilty until put right."""
    truth, kept = np.array([0.9, 0.0]), []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        n = 20_000
        topic = rng.choice(3, n, p=[0.6, 0.2, 0.2])  # none, first, second
        true = np.column_stack([topic == 1, topic == 2]).astype(float)
        wrong = (topic > 0) & (rng.random(n) < 0.25)
        label = np.where(wrong, 3 - topic, topic)
        seen = np.column_stack([label == 1, label == 2]).astype(float)
        y = (rng.random(n) < 1 / (1 + np.exp(3.5 - true @ truth))).astype(float)
        x = np.column_stack([np.ones(n), seen])
        plain = logit(x, y, np.arange(n))
        mixture = np.array([[0.75, 0.25], [0.25, 0.75]])
        found = induced_logit(
            x, y, np.arange(n), columns=[1, 2], chance=seen @ mixture, start=plain.coef
        )
        error = np.sqrt(np.diag(found.cov))[1:]
        kept.append(
            [*plain.coef[1:], *found.coef[1:], *(abs(found.coef[1:] - truth) < 1.96 * error)]
        )
    mean = np.mean(kept, axis=0)
    assert mean[0] < 0.8 and mean[1] > 0.2  # as labelled: shaded, and lent
    np.testing.assert_allclose(mean[2:4], truth, atol=0.04)
    assert (mean[4:] >= 0.95 - 4 * np.sqrt(0.05 * 0.95 / 80)).all()


def test_an_offset_is_taken_from_the_constant_and_other_effects_stay():
    rng = np.random.default_rng(5)
    x = np.column_stack([np.ones(900), rng.normal(size=900), rng.random(900) < 0.3])
    y = (rng.random(900) < 1 / (1 + np.exp(1.5 - 0.8 * x[:, 2]))).astype(float)
    group, chance = np.arange(900) // 3, np.where(x[:, [2]] > 0, 0.8, 0.1)
    start = np.zeros(3)
    plain = induced_logit(x, y, group, columns=[2], chance=chance, start=start)
    moved = induced_logit(
        x, y, group, columns=[2], chance=chance, start=start, offset=0.7 - 0.4 * x[:, 1]
    )
    np.testing.assert_allclose(moved.coef, plain.coef - [0.7, -0.4, 0.0], atol=1e-6)
    np.testing.assert_allclose(moved.cov, plain.cov, rtol=1e-4)


def test_a_column_that_separates_does_not_settle():
    x = np.column_stack([np.ones(200), np.arange(200) < 50]).astype(float)
    found = induced_logit(
        x, x[:, 1], np.arange(200), columns=[1], chance=x[:, 1:], start=np.zeros(2)
    )
    assert not found.converged
