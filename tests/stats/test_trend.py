import numpy as np
import pytest
from scipy import signal

from insights.stats.trend import slopes


def errors(phi, n, runs, rng):
    """AR(1) with burn-in, or a random walk."""
    shocks = rng.normal(size=(runs, n + 200))
    return signal.lfilter([1.0], [1.0, -phi], shocks, axis=1)[:, 200:]


@pytest.mark.parametrize("n", [60, 104, 150])
@pytest.mark.parametrize("phi", [1.0, 0.95, 0.8, 0.5, 0.0])
@pytest.mark.parametrize("slope", [0.0, 0.3])
def test_the_interval_covers_the_slope_from_white_noise_to_a_random_walk(phi, n, slope):
    runs = 600
    rng = np.random.default_rng([int(100 * phi), n])
    found = slopes(slope * np.arange(n) + errors(phi, n, runs, rng))
    covered = np.mean((found.low <= slope) & (slope <= found.high))
    assert covered >= 0.9


@pytest.mark.parametrize(
    ("phi", "moving", "estimate", "half", "persistence"),
    [
        (0.0, 0.0, 0.0467260343, 0.0097232059, 0.1088173215),
        (0.6, 0.0, 0.0421116771, 0.0239942389, 0.6289238056),
        (0.9, 0.0, 0.0223295375, 0.2356895272, 1.0),
        (1.0, 0.0, 0.2065364317, 0.2287066779, 1.0),
        (0.4, 0.9, 0.0309822746, 0.1042074701, 0.8299146994),
        (0.4, -0.8, 0.0489871451, 0.0070762767, -0.2569456701),
    ],
)
def test_the_arithmetic_is_that_whose_coverage_was_measured(
    phi, moving, estimate, half, persistence
):
    """Every constant moves these; the coverage in the methods page is theirs and no others'."""
    rest = errors(phi, 91, 3, np.random.default_rng(12))[[1]]
    rest = rest[:, 1:] + moving * rest[:, :-1] if moving else rest[:, :90]
    found = slopes(rest + 0.05 * np.arange(90))
    assert found.estimate[0] == pytest.approx(estimate, rel=1e-5)
    assert (found.high - found.estimate)[0] == pytest.approx(half, rel=1e-5)
    assert found.persistence[0] == pytest.approx(persistence, rel=1e-5)


def test_where_errors_are_no_random_walk_the_interval_is_about_as_narrow_as_theirs():
    n = 104
    for phi, most in ((0.0, 1.35), (0.5, 1.6)):
        found = slopes(errors(phi, n, 400, np.random.default_rng(9)))
        ideal = 2 * 1.96 / (1 - phi) / np.sqrt((n**3 - n) / 12)
        assert np.median(found.high - found.low) < most * ideal


def test_a_planted_slope_is_found_and_a_plain_regression_agrees_in_white_noise():
    rng = np.random.default_rng(4)
    y = 3 + 0.2 * np.arange(80) + rng.normal(size=80)
    found = slopes(y)
    assert found.low[0] <= 0.2 <= found.high[0]
    plain = np.polyfit(np.arange(80), y, 1)[0]
    assert found.estimate[0] == pytest.approx(plain, abs=(found.high - found.low)[0] / 4)


def test_unit_level_and_direction_move_the_estimate_as_they_should():
    y = errors(0.8, 70, 3, np.random.default_rng(5)) + 0.1 * np.arange(70)
    plain = slopes(y)
    for scaled in (slopes(1e9 + 1e6 * y), slopes(1e-9 * y)):
        factor = scaled.estimate[0] / plain.estimate[0]
        np.testing.assert_allclose(scaled.estimate, factor * plain.estimate, rtol=1e-6)
        np.testing.assert_allclose(scaled.high, factor * plain.high, rtol=1e-6)
    turned = slopes(-y)
    np.testing.assert_allclose(turned.low, -plain.high)
    one = slopes(y[1])
    assert (one.low[0], one.high[0]) == pytest.approx((plain.low[1], plain.high[1]))


def test_a_season_beside_the_line_is_taken_out():
    n = 96
    season = np.eye(12)[np.arange(n) % 12]
    y = errors(0.3, n, 400, np.random.default_rng(6)) + season @ np.linspace(-9, 9, 12)
    found = slopes(y, beside=season[:, 1:])
    assert np.mean((found.low <= 0) & (found.high >= 0)) >= 0.9
    assert np.median(found.persistence) < 1


@pytest.mark.parametrize(
    "y", [np.full(40, 3.0), 2.0 * np.arange(40), np.r_[np.zeros(39), 1.0], np.arange(40) % 2]
)
def test_awkward_series_have_finite_intervals_in_order(y):
    found = slopes(y)
    assert np.isfinite([found.estimate, found.low, found.high]).all()
    assert found.low[0] <= found.estimate[0] <= found.high[0]


def test_too_few_values_are_refused():
    with pytest.raises(ValueError, match="9 values do not suffice for 2 columns"):
        slopes(np.arange(9.0))
