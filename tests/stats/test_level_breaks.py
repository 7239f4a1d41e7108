"""Breaks and limits: planted dates, stable series, textbook numbers."""

import numpy as np
import pytest
from scipy import stats

from insights.stats.breaks import _chances, level_breaks, one_break, process_limits


def test_a_planted_break_is_found_with_its_date_and_levels():
    right = covered = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x = np.r_[rng.normal(0, 1, 20), rng.normal(3, 1, 16)]
        found = level_breaks(x, np.random.default_rng(1))
        near = [b for b in found if abs(b.at - 20) <= 1]
        right += len(near) == 1
        covered += any(b.low <= 20 <= b.high for b in found)
        assert all(b.low <= b.at <= b.high for b in found)
    assert right >= 54
    assert covered >= 54


@pytest.mark.parametrize("noise", ["normal", "skewed", "heavy"])
def test_the_interval_of_a_date_covers_it_whatever_the_noise(noise):
    covered = found = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        draw = {
            "normal": rng.normal(size=24),
            "skewed": rng.exponential(size=24) - 1,
            "heavy": rng.standard_t(5, 24) / np.sqrt(5 / 3),
        }[noise]
        place = int(rng.integers(6, 19))
        breaks = level_breaks(draw + 2 * (np.arange(24) >= place), np.random.default_rng(1))
        found += bool(breaks)
        covered += any(b.low <= place <= b.high for b in breaks)
    assert covered / found >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / found)


def test_the_exact_date_is_found_as_often_as_any_estimator_could():
    """exp(-2 Σ Φ(-δ√k / 2) / k): .857 at three standard deviations."""
    k = np.arange(1, 200)
    limit = np.exp(-2 * np.sum(stats.norm.cdf(-3 * np.sqrt(k) / 2) / k))
    assert limit == pytest.approx(0.857, abs=5e-4)
    exact = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=24) + 3 * (np.arange(24) >= 12)
        exact.append(any(b.at == 12 for b in level_breaks(x, np.random.default_rng(1))))
    assert np.mean(exact) == pytest.approx(limit, abs=4 * np.sqrt(limit * (1 - limit) / 150))


def test_a_stable_series_breaks_in_at_most_one_case_of_twenty():
    broken = [
        bool(level_breaks(np.random.default_rng(s).normal(size=24), np.random.default_rng(1)))
        for s in range(100)
    ]
    assert np.mean(broken) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 100)


def test_two_breaks_are_both_found_and_a_reversed_series_breaks_at_the_mirrored_place():
    rng = np.random.default_rng(3)
    x = np.r_[rng.normal(0, 1, 15), rng.normal(6, 1, 15), rng.normal(0, 1, 15)]
    places = [b.at for b in level_breaks(x, np.random.default_rng(1))]
    assert places == [15, 30]
    assert [45 - b.at for b in level_breaks(x[::-1], np.random.default_rng(1))][::-1] == places


def test_a_constant_or_short_series_has_no_break():
    assert level_breaks(np.ones(30), np.random.default_rng(0)) == []
    assert level_breaks([1.0, 9.0], np.random.default_rng(0)) == []


def test_the_limits_are_those_of_the_formula():
    found = process_limits([10, 12, 11, 13, np.nan, 30])
    assert found.centre == pytest.approx(15.2)
    assert found.high - found.centre == pytest.approx(2.66 * (2 + 1 + 2 + 17) / 4)
    run = process_limits([*range(8), *range(100, 108)]).run
    assert list(np.flatnonzero(run)) == [7, 15]


def test_a_value_far_outside_signals_and_a_stable_series_seldom_does():
    assert list(process_limits([0, 1, 0, 1, 0, 1, 0, 1, 9]).outside) == [False] * 8 + [True]
    rng = np.random.default_rng(4)
    share = [process_limits(rng.normal(size=24)).outside.mean() for _ in range(200)]
    assert np.mean(share) < 0.02


def test_what_is_not_known_is_refused():
    with pytest.raises(ValueError, match="must be finite"):
        level_breaks([1, np.nan, 2], np.random.default_rng(0))
    with pytest.raises(ValueError, match="at least 2 values, got 1"):
        process_limits([1.0, np.nan])


def test_a_break_known_to_be_there_is_placed_where_the_means_differ_most_for_their_sizes():
    rng = np.random.default_rng(7)
    x = rng.normal(size=15) + np.where(np.arange(15) >= 9, 1.5, 0.0)
    size = {
        at: abs(x[:at].mean() - x[at:].mean()) * np.sqrt(at * (15 - at) / 15) for at in range(3, 13)
    }
    found = one_break(x, level=0.8)
    assert found.at == max(size, key=size.get)
    assert (found.before, found.after) == pytest.approx(
        (x[: found.at].mean(), x[found.at :].mean())
    )
    assert np.isnan(found.p)
    whole = np.square(x - x.mean()).sum()
    log = {at: -0.5 * np.log(at * (15 - at)) - 6.5 * np.log(whole - size[at] ** 2) for at in size}
    chance = {at: np.exp(one) / sum(np.exp(list(log.values()))) for at, one in log.items()}
    assert _chances(x) == pytest.approx(list(chance.values()))
    stretches = [
        (last - first, first, last) for first in size for last in size
        if last >= first and sum(chance[at] for at in range(first, last + 1)) >= 0.8
    ]  # fmt: skip
    _, first, last = min(stretches)
    assert (found.low, found.high) == (min(first, found.at), max(last, found.at))
    assert one_break(x[:5]) is None and one_break(np.ones(9)) is None
    assert one_break(np.r_[0.0, 0.1, 0.0, 5.0, 5.1, 5.0]).at == 3
