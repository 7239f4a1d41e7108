"""Weights raked to margins and shares from a labelled sample, against loops and plain formulas."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import f1_score, precision_score, recall_score

from insights.stats.discrimination import area_under_curve
from insights.stats.labelled_sample import error_estimates, predicted_shares
from insights.stats.raking import Raked, rake, weighted_mean


def respondents(seed=0, n=120):
    rng = np.random.default_rng(seed)
    return rng, [rng.choice(3, n, p=[0.6, 0.3, 0.1]), rng.choice(2, n, p=[0.3, 0.7])]


def test_raked_weights_meet_every_margin_and_are_those_of_a_loop():
    _, codes = respondents()
    targets = [np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.4])]
    found = rake(codes, targets)
    assert found.settled and found.weights.mean() == pytest.approx(1)
    for code, target in zip(codes, targets, strict=True):
        for value, share in enumerate(target):
            assert found.weights[code == value].sum() == pytest.approx(120 * share, rel=1e-6)
    weights = [1.0] * 120
    for _ in range(60):
        for code, target in zip(codes, targets, strict=True):
            have = [sum(w for w, c in zip(weights, code, strict=True) if c == value)
                    for value in range(len(target))]  # fmt: skip
            weights = [w * target[c] * 120 / have[c] for w, c in zip(weights, code, strict=True)]
    assert found.weights == pytest.approx(np.array(weights))
    assert found.design_effect == pytest.approx(
        120 * sum(w * w for w in weights) / sum(weights) ** 2
    )


def test_a_value_that_nobody_has_leaves_its_part_to_the_others():
    code = np.array([0, 0, 0, 2])
    found = rake([code], [np.array([0.3, 0.4, 0.3])])
    assert found.settled and found.weights == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    never = rake([code, code // 2], [np.array([0.5, 0, 0.5]), np.array([0.2, 0.8])])
    assert not never.settled
    both = rake([code, np.array([0, 1, 0, 1])], [np.array([0.3, 0.4, 0.3]), np.array([0.4, 0.6])])
    assert both.settled and both.weights[3] == pytest.approx(2)


def test_equal_weights_without_margins_give_the_mean_and_its_t_interval():
    values = np.random.default_rng(1).normal(3, 2, 25)
    found = weighted_mean(values, Raked(np.ones(25), True), [], level=0.9)
    low, high = stats.t.interval(0.9, 24, values.mean(), stats.sem(values))
    assert (found.estimate, found.low, found.high) == pytest.approx((values.mean(), low, high))
    assert found.n == 25


def test_a_raked_mean_has_the_error_of_what_the_margins_leave():
    rng, codes = respondents(2)
    raked = rake(codes, [np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.4])])
    values = codes[0] * 1.5 - codes[1] + rng.normal(0, 0.5, 120)
    w = raked.weights
    cells = pd.get_dummies(pd.DataFrame({"a": codes[0], "b": codes[1]}, dtype=str), drop_first=True)
    design = np.column_stack([np.ones(120), cells.to_numpy(float)])
    inside = np.linalg.solve(design.T @ (w[:, None] * design), design.T @ (w * values))
    left = sum((w[i] * (values[i] - design[i] @ inside)) ** 2 for i in range(120))
    error = np.sqrt(left * 120 / (120 - 4)) / w.sum()
    found = weighted_mean(values, raked, codes)
    half = stats.t.ppf(0.975, 116) * error
    centre = sum(w * values) / sum(w)
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (centre, centre - half, centre + half)
    )
    assert np.isnan(weighted_mean(values[:3], Raked(np.ones(3), True), [np.arange(3)]).low)


def test_shares_of_a_stratified_sample_are_the_difference_estimator_as_a_loop():
    rng = np.random.default_rng(3)
    stratum = np.repeat(["a", "b"], [12, 30])
    size = pd.Series({"a": 400, "b": 100})
    truth = np.eye(3)[rng.integers(0, 3, 42)]
    stated = rng.dirichlet(np.ones(3), 42)
    every = np.array([0.3, 0.3, 0.4])
    found = predicted_shares(truth, stated, stratum, size, every, level=0.9)
    for k in range(3):
        centre, variance, below = every[k], 0.0, 0.0
        for name, n in (("a", 12), ("b", 30)):
            gap = (truth - stated)[stratum == name, k]
            part = (size[name] / 500) ** 2 * (1 - n / size[name]) * gap.var(ddof=1) / n
            centre += size[name] / 500 * gap.mean()
            variance += part
            below += part**2 / (n - 1)
        half = stats.t.ppf(0.95, variance**2 / below) * np.sqrt(variance)
        ends = np.clip([centre - half, centre + half], 0, 1)
        assert [found[k].low, found[k].high] == pytest.approx(ends)
        assert found[k].estimate == pytest.approx(np.clip(centre, 0, 1)) and found[k].n == 42
    everyone = predicted_shares(
        truth, stated, stratum, pd.Series({"a": 12, "b": 30}), every
    )  # all records are labelled: no sampling error
    assert all(one.low == pytest.approx(one.high) for one in everyone)


def test_one_labelled_record_in_a_stratum_borrows_the_spread_of_all():
    truth, stated = np.array([[1.0], [0.0], [1.0]]), np.array([[0.5], [0.5], [0.9]])
    size = pd.Series({"a": 10, "b": 30})
    (found,) = predicted_shares(truth, stated, np.array(["a", "a", "b"]), size, np.array([0.5]))
    spread = np.var([0.5, -0.5, 0.1], ddof=1)
    variance = 0.25**2 * 0.8 * 0.5 / 2 + 0.75**2 * (1 - 1 / 30) * spread
    assert found.estimate == pytest.approx(0.5 + 0.75 * 0.1)
    assert found.low == 0.0 and found.high == 1.0
    (narrow,) = predicted_shares(
        truth, stated, np.array(["a", "a", "b"]), size, np.array([0.5]), level=0.1
    )
    df = variance**2 / ((0.25**2 * 0.8 * 0.5 / 2) ** 2 + (variance - 0.25**2 * 0.2) ** 2)
    assert narrow.high - narrow.estimate == pytest.approx(
        stats.t.ppf(0.55, max(df, 1)) * np.sqrt(variance)
    )


def test_errors_of_a_classifier_are_the_usual_measures_with_weights_of_the_strata():
    rng = np.random.default_rng(4)
    n = 400
    true = rng.integers(0, 3, n)
    said = np.where(rng.random(n) < 0.7, true, rng.integers(0, 3, n))
    score = np.clip((said == 0) * 0.4 + rng.random(n).round(1) * 0.6, 0, 1)
    stratum = np.where(np.arange(n) < 100, "few", "many")
    size = pd.Series({"few": 100, "many": 900})
    found = error_estimates(np.eye(3)[true], said, score, stratum, size, rng)
    w = np.where(stratum == "few", 0.1 / 100, 0.9 / 300)
    expected = {
        "labelled as people do": w[true == said].sum(),
        "macro-F1": f1_score(true, said, average="macro", sample_weight=w),
        "precision, negative": precision_score(true == 0, said == 0, sample_weight=w),
        "recall, negative": recall_score(true == 0, said == 0, sample_weight=w),
    }
    assert {name: found[name].estimate for name in expected} == pytest.approx(expected)
    right = (true == said).astype(float)
    parts = {"few": (0.1, 100), "many": (0.9, 300)}
    error = np.sqrt(sum(a**2 * right[stratum == k].var(ddof=1) / m for k, (a, m) in parts.items()))
    hit = found["labelled as people do"]
    assert hit.estimate - hit.low == pytest.approx(1.96 * error, rel=0.12)
    assert hit.high - hit.estimate == pytest.approx(1.96 * error, rel=0.12)
    same = error_estimates(
        np.eye(3)[true], said, score, np.full(n, "all"), pd.Series({"all": n}), rng
    )
    area = same["area under the curve, negative"]
    assert area.estimate == pytest.approx(area_under_curve(score, true == 0))
    assert area.low < area.estimate < area.high and area.n == n
