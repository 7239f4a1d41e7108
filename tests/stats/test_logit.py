"""The logit kernel against closed forms, a second implementation and a published study."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from insights.stats.confounding import e_value
from insights.stats.logit import independent_columns, logit, without_bias
from insights.stats.spline import natural_spline


def drawn(rng, n=4000, clusters=500):
    x = np.column_stack([np.ones(n), rng.normal(size=n), rng.random(n) < 0.2]).astype(float)
    group = rng.integers(0, clusters, n)
    eta = x @ [-1.5, 0.5, 0.8] + rng.normal(0, 0.7, clusters)[group]
    return x, (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float), group


def test_coefficients_and_sandwich_equal_those_of_statsmodels():
    x, y, group = drawn(np.random.default_rng(1))
    fit = logit(x, y, group)
    other = sm.Logit(y, x).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": group, "use_correction": False}
    )
    groups = len(np.unique(group))
    np.testing.assert_allclose(fit.coef, other.params, rtol=1e-8)
    np.testing.assert_allclose(
        fit.cov, other.cov_params() * groups / (groups - 1), rtol=1e-6, atol=1e-12
    )
    np.testing.assert_allclose(fit.model_cov, sm.Logit(y, x).fit(disp=0).cov_params(), rtol=1e-6)
    assert fit.loglik == pytest.approx(other.llf)
    assert fit.converged and not fit.separated


def test_a_two_by_two_table_gives_its_log_odds_ratio():
    cells = {(1, 1): 30, (1, 0): 70, (0, 1): 20, (0, 0): 180}
    x = np.array([[1, a] for (a, b), k in cells.items() for _ in range(k)], float)
    y = np.array([b for (a, b), k in cells.items() for _ in range(k)], float)
    fit = logit(x, y, np.arange(len(y)))
    assert fit.coef[1] == pytest.approx(np.log(30 * 180 / (70 * 20)))
    assert np.sqrt(fit.model_cov[1, 1]) == pytest.approx(
        np.sqrt(1 / 30 + 1 / 70 + 1 / 20 + 1 / 180)
    )


@pytest.mark.slow
def test_one_step_takes_the_bias_of_a_rare_column_off_and_leaves_the_errors():
    rng, plain, less = np.random.default_rng(3), [], []
    x = np.column_stack([np.ones(3000), np.arange(3000) < 60]).astype(float)
    for _ in range(1500):
        y = (rng.random(3000) < 0.2).astype(float)
        fit = logit(x, y, np.arange(3000))
        other = without_bias(x, fit)
        plain.append(fit.coef[1])
        less.append(other.coef[1])
        assert other.cov is fit.cov
    # first-order bias of a log odds: -(1 - 2 p) / (2 n p (1 - p)) = -.031; its error .008
    assert np.mean(plain) == pytest.approx(-0.031, abs=0.026)
    assert abs(np.mean(less)) < abs(np.mean(plain))
    assert np.mean(less) - np.mean(plain) == pytest.approx(0.031, abs=0.006)


def test_bias_reduction_of_a_two_by_two_table_adds_half_to_each_cell():
    cells = {(1, 1): 6, (1, 0): 0, (0, 1): 20, (0, 0): 180}
    x = np.array([[1, a] for (a, b), k in cells.items() for _ in range(k)], float)
    y = np.array([b for (a, b), k in cells.items() for _ in range(k)], float)
    plain, firth = logit(x, y, np.arange(len(y))), logit(x, y, np.arange(len(y)), firth=True)
    assert plain.separated or not plain.converged
    assert firth.converged
    # Firth (1993): for a saturated logit Jeffreys' prior is half an observation a cell
    assert firth.coef[1] == pytest.approx(np.log(6.5 * 180.5 / (0.5 * 20.5)), abs=1e-6)


def test_the_order_of_rows_does_not_matter_and_swapping_the_outcome_flips_the_sign():
    rng = np.random.default_rng(2)
    x, y, group = drawn(rng, 1500, 200)
    order = rng.permutation(len(y))
    fit, again = logit(x, y, group), logit(x[order], y[order], group[order])
    np.testing.assert_allclose(fit.coef, again.coef, rtol=1e-9)
    np.testing.assert_allclose(fit.cov, again.cov, rtol=1e-7)
    np.testing.assert_allclose(logit(x, 1 - y, group).coef, -fit.coef, rtol=1e-8)


def test_the_influences_square_to_the_covariance():
    x, y, group = drawn(np.random.default_rng(3), 1500, 200)
    fit = logit(x, y, group)
    groups = len(fit.influence)
    np.testing.assert_allclose(
        fit.influence.T @ fit.influence * groups / (groups - 1), fit.cov, rtol=1e-10
    )


def test_clustered_intervals_cover_and_naive_ones_do_not():
    rng = np.random.default_rng(4)
    clustered, naive = [], []
    for _ in range(200):
        group = np.repeat(np.arange(120), 10)
        side = (np.arange(120) % 2).astype(float)[group]
        chance = 1 / (1 + np.exp(-(-0.3 + rng.normal(0, 0.9, 120)[group])))
        y = (rng.random(len(group)) < chance).astype(float)
        fit = logit(np.column_stack([np.ones(len(group)), side]), y, group)
        clustered.append(abs(fit.coef[1]) < 1.96 * fit.se[1])
        naive.append(abs(fit.coef[1]) < 1.96 * np.sqrt(fit.model_cov[1, 1]))
    assert 0.95 - 4 * np.sqrt(0.95 * 0.05 / 200) <= np.mean(clustered)
    assert np.mean(naive) < 0.9


def test_a_column_that_others_already_say_is_found():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(200, 4))
    x[:, 2] = x[:, 0] - 2 * x[:, 1]
    x = np.column_stack([x, np.zeros(200)])
    assert independent_columns(x).tolist() == [True, True, False, True, False]


def test_the_condition_number_does_not_depend_on_units():
    rng = np.random.default_rng(6)
    x = np.column_stack([np.ones(400), rng.normal(size=(400, 2))])
    y = (rng.random(400) < 0.3).astype(float)
    plain, scaled = (logit(x * unit, y, np.arange(400)) for unit in (1, [1, 1000, 0.01]))
    assert 1 < plain.condition < 2
    assert scaled.condition == pytest.approx(plain.condition, rel=1e-4)


def test_an_empty_design_is_refused():
    with pytest.raises(ValueError, match="needs rows and columns, got 0 and 2"):
        logit(np.zeros((0, 2)), np.zeros(0), np.zeros(0))


def test_a_spline_bends_within_its_knots_and_is_straight_beyond():
    x = np.linspace(0, 10, 400)
    basis = natural_spline(x, 4)
    assert basis.shape == (400, 4)
    second = np.abs(np.diff(basis, 2, axis=0))
    assert second[:15].max() < 1e-10 and second[-15:].max() < 1e-10  # outside of the 5%-95% knots
    assert second[150:250].max() > 1e-6
    fitted = basis @ np.linalg.lstsq(basis, np.sin(x / 3) - np.sin(x / 3).mean(), rcond=None)[0]
    assert np.corrcoef(fitted, np.sin(x / 3))[0, 1] > 0.99


@pytest.mark.parametrize("columns", [3, 5])
def test_a_spline_is_the_textbook_s_natural_cubic(columns):
    """Hastie, Tibshirani and Friedman (2009), equations 5.4 and 5.5, knot by knot."""
    x = np.random.default_rng(3).gamma(2.0, size=50)
    value = (x - x.mean()) / x.std()
    knots = np.quantile(value, np.linspace(0.05, 0.95, columns + 1))

    def bend(k):
        def ramp(at):
            return np.array([max(v - at, 0.0) ** 3 for v in value])

        return (ramp(knots[k]) - ramp(knots[columns])) / (knots[columns] - knots[k])

    terms = [value, *(bend(k) - bend(columns - 1) for k in range(columns - 1))]
    expected = np.column_stack([(c - c.mean()) / c.std() for c in terms])
    np.testing.assert_allclose(natural_spline(x, columns), expected, atol=1e-9)
    np.testing.assert_allclose(natural_spline(x, 1)[:, 0], value)


def test_a_spline_of_a_constant_has_no_column_and_of_a_flag_has_one():
    assert natural_spline(np.ones(10), 3).shape == (10, 0)
    assert natural_spline(np.array([0.0, 1.0] * 10), 3).shape == (20, 1)


def test_e_values_equal_the_published_ones():
    # VanderWeele and Ding (2017), doi 10.7326/M16-2607
    assert e_value(3.9) == pytest.approx(7.2630, abs=5e-4)
    assert e_value(1.8) == pytest.approx(3.0)
    assert e_value(1 / 1.8) == pytest.approx(3.0)
    assert e_value(1.0) == pytest.approx(1.0)


def test_lagged_employment_of_released_prisoners_equals_the_published_coefficient():
    # Rossi, Berk and Lenihan (1980); pooled logit of R's glm, 19,377 person-weeks
    folder = os.environ.get("INSIGHTS_REFERENCE")
    if not folder:
        pytest.skip("INSIGHTS_REFERENCE is not set: it names the folder of rossi_long.csv.gz")
    told = json.loads((Path(folder) / "rossi_cox.json").read_text())["pooled_logit_lag"]
    weeks = pd.read_csv(Path(folder) / "rossi_long.csv.gz").dropna(subset=["lag"])
    assert len(weeks) == 19_377
    names = ["fin", "age", "race", "wexp", "mar", "paro", "prio", "lag", "stop"]
    x = np.column_stack([np.ones(len(weeks)), weeks[names].to_numpy(float)])
    fit = logit(x, weeks["event"].to_numpy(), weeks["id"].to_numpy())
    assert fit.coef[8] == pytest.approx(-0.7749, abs=5e-5)
    np.testing.assert_allclose(
        fit.coef, [told["coef"][n] for n in ["(Intercept)", *names]], rtol=1e-6
    )
    # R's glm keeps the weights of the step before it stopped, hence 1.2e-4 and not 1e-6
    np.testing.assert_allclose(
        np.sqrt(np.diag(fit.model_cov)),
        [told["se"][n] for n in ["(Intercept)", *names]],
        rtol=2e-4,
    )


def test_a_known_offset_is_taken_off_and_only_shifts_an_intercept_when_it_is_one_number():
    rng = np.random.default_rng(8)
    n = 20_000
    x = np.column_stack([np.ones(n), rng.normal(size=n)])
    days = rng.integers(1, 31, n)
    offset = np.log(days / 30.4375)
    y = rng.random(n) < 1 / (1 + np.exp(-(x @ [-1.0, 0.5] + offset)))
    fit = logit(x, y, np.arange(n), offset=offset)
    assert np.all(np.abs(fit.coef - [-1.0, 0.5]) < 4 * fit.se)
    assert np.abs(logit(x, y, np.arange(n)).coef[0] + 1.0) > 10 * fit.se[0]
    flat, plain = logit(x, y, np.arange(n), offset=np.full(n, 0.7)), logit(x, y, np.arange(n))
    assert np.allclose(flat.coef - plain.coef, [-0.7, 0], atol=1e-7)
    assert np.allclose(flat.cov, plain.cov, rtol=1e-5)
    firth = logit(x, y, np.arange(n), offset=offset, firth=True)
    assert np.allclose(without_bias(x, fit, offset).coef, firth.coef, atol=1e-4)
