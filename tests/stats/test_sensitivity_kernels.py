"""Distributions, Sobol indices, break-even and value of information against closed forms."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats

from insights.stats.distributions import (
    Beta,
    Pert,
    Point,
    Scaled,
    SplitNormal,
    Tabulated,
    uniforms,
)
from insights.stats.sensitivity import (
    _Inside,
    break_even,
    elasticity,
    evpi,
    evppi,
    one_at_a_time,
    sobol,
)

NORMAL = SplitNormal(0.0, -1.0, 1.0, level=float(2 * special.ndtr(1.0) - 1))


def reference(name):
    folder = os.environ.get("INSIGHTS_REFERENCE")
    if not folder:
        pytest.skip("INSIGHTS_REFERENCE is not set: no reference numbers")
    return json.loads((Path(folder) / name).read_text(encoding="utf-8"))


class Uniform:
    mean = 0.0

    def ppf(self, q):
        return np.pi * (2 * np.asarray(q) - 1)


class Lognormal:
    def __init__(self, meanlog, sdlog):
        self.mean = np.exp(meanlog + sdlog**2 / 2)
        self.ppf = stats.lognorm(sdlog, scale=np.exp(meanlog)).ppf


def ishigami(x):
    return np.sin(x["a"]) + 7 * np.sin(x["b"]) ** 2 + 0.1 * x["c"] ** 4 * np.sin(x["a"])


def test_sobol_indices_of_the_ishigami_function_are_the_published_ones():
    inputs = {name: Uniform() for name in "abc"}
    found = sobol(ishigami, inputs, np.random.default_rng(7), power=13)
    # Ishigami and Homma (1990), doi 10.1109/ISUMA.1990.151285
    assert np.allclose(list(found.first_order.values()), [0.3139, 0.4424, 0.0], atol=0.01)
    assert np.allclose(list(found.total.values()), [0.5576, 0.4424, 0.2437], atol=0.01)
    assert found.n == 8192


@pytest.mark.parametrize("spread", ["lognormal", "normal"])
def test_sobol_indices_of_a_product_are_the_closed_form(spread):
    case = reference("sobol_analytic.json")["roi_product"]
    inputs = {}
    for name, mean, cv in zip(case["names"], case["means"], case["cvs"], strict=True):
        sd = mean * cv
        s = float(np.sqrt(np.log1p(cv**2)))
        inputs[name] = (
            Lognormal(float(np.log(mean)) - s**2 / 2, s)
            if spread == "lognormal"
            else SplitNormal(mean, mean - sd, mean + sd, level=NORMAL.level)
        )

    def product(x):
        return np.prod(np.array(list(x.values())), axis=0)

    found = sobol(product, inputs, np.random.default_rng(3), power=13)
    assert np.allclose(list(found.first_order.values()), case["S1"], atol=0.01)
    assert np.allclose(list(found.total.values()), case["ST"], atol=0.01)


def test_sobol_indices_of_a_sum_are_the_shares_of_variance_and_ignore_known_inputs():
    inputs = {"x": NORMAL, "k": Point(5.0), "y": NORMAL}
    found = sobol(
        lambda v: 3 * v["x"] + v["y"] + v["k"], inputs, np.random.default_rng(0), power=12
    )
    assert found.first_order["x"] == pytest.approx(0.9, abs=0.01)
    assert found.total["y"] == pytest.approx(0.1, abs=0.01)
    assert found.first_order["k"] == found.total["k"] == 0.0


def test_nothing_that_varies_has_no_indices_and_a_lone_input_has_all():
    rng = np.random.default_rng(0)
    none = sobol(lambda v: v["k"], {"k": Point(1.0)}, rng, power=8)
    assert np.isnan(none.total["k"])
    assert sobol(lambda v: v["x"], {"x": NORMAL}, rng, power=8).total == {"x": 1.0}
    flat = sobol(lambda v: 0 * v["x"] + 0 * v["y"], {"x": NORMAL, "y": NORMAL}, rng, power=8)
    assert np.isnan(flat.first_order["x"])
    unread = sobol(lambda v: v["k"], {"k": Point(1.0), "x": NORMAL, "y": NORMAL}, rng, power=8)
    assert np.isnan(unread.total["x"]) and unread.n == 256


def test_the_ends_of_a_distribution_are_not_reached():
    assert np.isfinite(_Inside(NORMAL).ppf(np.array([0.0, 1.0]))).all()


def test_value_of_perfect_information_is_the_closed_form_of_a_normal():
    m, s = 30_000.0, 80_000.0
    closed = s * stats.norm.pdf(m / s) - m * stats.norm.cdf(-m / s)
    assert closed == pytest.approx(19_133.50, abs=0.005)
    u = (np.arange(200_000) + 0.5) / 200_000
    assert evpi(m + s * special.ndtri(u)) == pytest.approx(closed, rel=2e-4)


def test_value_of_perfect_information_agrees_with_the_reference():
    case = reference("roi_closed_form.json")["evpi_normal"]
    inputs = {"learnt": NORMAL, "rest": NORMAL}
    for share, value in case["evppi_share"].items():
        v = float(share)

        def net(x, v=v):
            z = np.sqrt(v) * x["learnt"] + np.sqrt(1 - v) * x["rest"]
            return case["mean"] + case["sd"] * z

        found = evppi(net, inputs, np.random.default_rng(1))
        assert found["learnt"] == pytest.approx(value, rel=0.005)
        other = next(w for s, w in case["evppi_share"].items() if float(s) == 1 - v)
        assert found["rest"] == pytest.approx(other, rel=0.005)
    z = np.random.default_rng(1).standard_normal(200_000)
    assert evpi(case["mean"] + case["sd"] * z) == pytest.approx(case["evpi"], rel=0.02)


@pytest.mark.parametrize("cost", [0.05, 0.2, 0.5])
def test_learning_one_factor_of_a_product_is_worth_its_closed_form(cost):
    # net = kappa x effect x size - cost: given one factor the mean is linear in it
    inputs = {"kappa": Beta(2, 3), "effect": Pert(0.1, 0.4, 1.2), "size": Lognormal(0.0, 0.6)}
    means = {name: dist.mean for name, dist in inputs.items()}
    u = (np.arange(400_000) + 0.5) / 400_000

    def net(x):
        return x["kappa"] * x["effect"] * x["size"] - cost

    found = evppi(net, inputs | {"known": Point(3.0)}, np.random.default_rng(2))
    assert found["known"] == 0.0
    for name, dist in inputs.items():
        rest = np.prod([mean for other, mean in means.items() if other != name])
        assert found[name] == pytest.approx(evpi(dist.ppf(u) * rest - cost), rel=0.02, abs=1e-6)


def test_learning_an_input_that_bends_the_outcome_is_worth_its_naive_twin():
    inputs = {"churn": Beta(3, 60), "effect": Pert(0.1, 0.3, 0.6)}

    def net(x):
        return (1 - x["churn"] * (1 - x["effect"])) ** 24 - (1 - x["churn"]) ** 24 - 0.15

    u = (np.arange(600) + 0.5) / 600
    churn, effect = inputs["churn"].ppf(u), inputs["effect"].ppf(u)
    table = net({"churn": churn[:, None], "effect": effect[None, :]})
    found = evppi(net, inputs, np.random.default_rng(2))
    assert found["churn"] == pytest.approx(evpi(table.mean(axis=1)), rel=0.02)
    assert found["effect"] == pytest.approx(evpi(table.mean(axis=0)), rel=0.02)


def test_information_on_what_does_not_matter_is_worth_nothing_and_never_less():
    rng = np.random.default_rng(2)
    net = rng.normal(5.0, 1.0, 4000)
    assert evpi(net) == pytest.approx(0.0, abs=1e-3)
    both = evppi(lambda x: 5 + 0.1 * x["x"], {"x": NORMAL, "idle": NORMAL}, rng)
    assert both == {"x": pytest.approx(0.0, abs=1e-12), "idle": pytest.approx(0.0, abs=1e-12)}
    assert evppi(lambda x: x["k"], {"k": Point(1.0)}, rng) == {"k": 0.0}
    sure_loss = rng.normal(-50.0, 1.0, 1000)
    assert evpi(sure_loss) == 0.0


def test_break_even_is_the_nearest_root_and_unknown_when_there_is_none():
    base = {"x": 2.0, "y": 1.0}
    found = break_even(lambda v: v["x"] ** 2 - 9 * v["y"], base, "x", between=(-10, 10))
    assert found == pytest.approx(3.0, abs=1e-9)
    assert np.isnan(break_even(lambda v: v["x"] ** 2 + 1, base, "x", between=(-10, 10)))
    assert break_even(lambda v: v["x"] * 1.0, base, "x", between=(-10, 10)) == 0.0


def test_one_at_a_time_moves_one_input_and_elasticity_of_a_power_is_its_exponent():
    def model(v):
        return v["x"] ** 3 * v["y"]

    base = {"x": 2.0, "y": 5.0}
    assert one_at_a_time(model, base, {"x": (1.0, 3.0), "y": (0.0, 1.0)}) == {
        "x": (5.0, 135.0),
        "y": (0.0, 8.0),
    }
    assert elasticity(model, base, "x") == pytest.approx(3.0, abs=1e-6)
    assert elasticity(lambda v: 1 / v["x"], base, "x") == pytest.approx(-1.0, abs=1e-6)


@pytest.mark.parametrize(
    "dist",
    [
        Pert(0.0, 2.0, 10.0),
        Pert(1.0, 1.0, 2.0),
        Beta(2.0, 3.0),
        SplitNormal(3.0, -1.0, 12.0),
        Tabulated(np.linspace(-1.0, 3.0, 400), np.full(400, 1 / 400)),
        Scaled(Pert(0.0, 2.0, 10.0), 3.0),
        Point(4.0),
    ],
    ids=lambda dist: type(dist).__name__,
)
def test_the_mean_of_a_distribution_is_the_mean_of_its_quantiles(dist):
    u = (np.arange(100_000) + 0.5) / 100_000
    x = dist.ppf(u)
    assert x.mean() == pytest.approx(dist.mean, rel=1e-3)
    assert np.all(np.diff(x) >= 0)


def test_pert_agrees_with_the_beta_of_scipy_and_counts_with_jeffreys():
    pert = Pert(100.0, 200.0, 600.0)
    q = np.array([0.05, 0.5, 0.95])
    expected = 100 + 500 * stats.beta.ppf(q, 1 + 4 * 0.2, 1 + 4 * 0.8)
    assert np.allclose(pert.ppf(q), expected)
    assert np.allclose(Beta.from_counts(3, 10).ppf(q), stats.beta.ppf(q, 3.5, 7.5))
    assert Beta.from_mean(0.4, 5) == Beta(2.0, 3.0)


@pytest.mark.parametrize(("a", "b"), [(2, 3), (0.5, 200), (900.5, 30_000), (1, 5), (0.1, 0.1)])
def test_many_quantiles_of_a_share_are_the_exact_ones_to_seven_digits(a, b):
    q = uniforms(np.random.default_rng(3), 20_000)
    exact = stats.beta.ppf(q, a, b)
    assert np.allclose(Beta(a, b).ppf(q), exact, rtol=0, atol=1e-7 * exact.std())


def test_a_lopsided_interval_keeps_its_quantiles_and_its_chance_of_nothing():
    dist = SplitNormal(10.0, -5.0, 40.0)
    assert np.allclose(dist.ppf([0.025, 0.5, 0.975]), [-5.0, 10.0, 40.0])
    u = uniforms(np.random.default_rng(0), 10_000)
    assert 0.02 < (dist.ppf(u) < 0).mean() < 0.2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Pert(3.0, 2.0, 5.0), "low <= mode <= high"),
        (lambda: Pert(2.0, 2.0, 2.0), "low < high"),
        (lambda: Beta(0.0, 1.0), "above 0"),
        (lambda: Beta.from_mean(1.0, 5.0), r"lies in \(0, 1\)"),
        (lambda: Beta.from_counts(5, 3), "between 0 and n"),
        (lambda: SplitNormal(1.0, 2.0, 3.0), "low <= estimate <= high"),
        (lambda: Tabulated(np.array([2.0, 1.0]), np.array([0.5, 0.5])), "ascending"),
        (lambda: Tabulated(np.array([1.0, 2.0]), np.array([0.5, 0.6])), "sum to 1"),
    ],
)
def test_impossible_distributions_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
