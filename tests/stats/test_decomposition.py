"""Means at a fixed mix and the split of changes: exact, covering, and right about customers."""

import numpy as np
import pytest

from insights.stats.clusters import cluster_mean, votes_apart
from insights.stats.decomposition import split_change, standardised_mean


def _window(rng, counts, means, *, own=True):
    strata = np.repeat(np.arange(len(counts)), counts)
    values = np.array(means)[strata] + rng.normal(0, 0.5, len(strata))
    clusters = rng.integers(10**9, size=len(strata)) if own else np.arange(len(strata))
    return values, strata, clusters


def test_the_textbook_example_is_all_mix():
    """Phone 60 and web 20, mix 50/50 then 30/70: 40 becomes 32, within 0, mix -8."""
    who = np.arange(100)
    first = np.r_[np.full(50, 60.0), np.full(50, 20.0)], np.repeat([0, 1], 50), who
    second = (
        np.r_[np.full(30, 60.0), np.full(70, 20.0)],
        np.repeat([0, 1], [30, 70]),
        100 + first[2],
    )
    found = split_change(first, second)
    assert (found.raw, found.true, found.mix) == pytest.approx((-8, 0, -8))
    assert found.interaction == pytest.approx(0)


def test_the_parts_sum_to_the_change_and_swapping_windows_turns_the_sign():
    rng = np.random.default_rng(0)
    a, b = _window(rng, [40, 60, 5], [0, 1, 2]), _window(rng, [70, 30, 20], [0.3, 0.8, 2])
    there, back = split_change(a, b), split_change(b, a)
    assert there.true + there.mix == pytest.approx(b[0].mean() - a[0].mean())
    for name in ("raw", "true", "mix"):
        assert getattr(there, name) == pytest.approx(-getattr(back, name))
        assert getattr(there, f"{name}_low") == pytest.approx(-getattr(back, f"{name}_high"))
        assert getattr(there, f"{name}_low") <= getattr(there, name)


def test_dispersion_widens_intervals_by_its_root_and_leaves_estimates():
    rng = np.random.default_rng(7)
    a, b = _window(rng, [400, 600], [0, 1]), _window(rng, [700, 300], [0.3, 0.8])
    plain, wide = split_change(a, b), split_change(a, b, dispersion=4.0)
    few = split_change(a, b, freedom=3)
    for name in ("raw", "true", "mix"):
        assert getattr(wide, name) == getattr(plain, name)
        half = getattr(plain, name) - getattr(plain, f"{name}_low")
        assert getattr(wide, name) - getattr(wide, f"{name}_low") == pytest.approx(2 * half)
        assert getattr(few, name) - getattr(few, f"{name}_low") > 1.5 * half
    assert plain.p < wide.p and plain.p < few.p


def test_the_raw_change_of_two_windows_has_the_freedom_of_a_t_test():
    rng = np.random.default_rng(8)
    a, b = _window(rng, [4], [0]), _window(rng, [4], [1])
    plain, six, five = (split_change(a, b, freedom=free) for free in (np.inf, 6, 5))
    assert plain.raw_low == six.raw_low > five.raw_low


def test_a_channel_of_one_window_only_counts_as_mix():
    rng = np.random.default_rng(1)
    a, b = _window(rng, [100, 0], [0, 9]), _window(rng, [100, 100], [0, 9])
    b = (np.r_[a[0], b[0][100:]], b[1], b[2])
    found = split_change(a, b)
    assert found.true == pytest.approx(0)
    assert found.mix == pytest.approx(found.raw)


def test_intervals_of_raw_true_and_mix_cover():
    rng = np.random.default_rng(2)
    share1, share2, m1, m2 = np.array([0.7, 0.3]), np.array([0.4, 0.6]), [0.4, -0.3], [0.5, -0.3]
    truth = {
        "true": (share1 + share2) / 2 @ (np.array(m2) - m1),
        "mix": (np.array(m1) + m2) / 2 @ (share2 - share1),
    }
    truth["raw"] = truth["true"] + truth["mix"]
    hits = dict.fromkeys(truth, 0)
    trials = 600
    for _ in range(trials):
        found = split_change(
            _window(rng, rng.multinomial(150, share1), m1),
            _window(rng, rng.multinomial(150, share2), m2),
        )
        for name, value in truth.items():
            hits[name] += getattr(found, f"{name}_low") <= value <= getattr(found, f"{name}_high")
    slack = 4 * np.sqrt(0.95 * 0.05 / trials)
    assert all(abs(hit / trials - 0.95) < slack for hit in hits.values()), hits


def test_no_change_is_called_a_change_in_one_of_twenty():
    rng = np.random.default_rng(3)
    trials, called = 600, 0
    for _ in range(trials):
        a = _window(rng, rng.multinomial(120, [0.8, 0.2]), [0.5, -0.5])
        b = _window(rng, rng.multinomial(120, [0.3, 0.7]), [0.5, -0.5])
        called += split_change(a, b).p < 0.05
    assert called / trials < 0.05 + 4 * np.sqrt(0.05 * 0.95 / trials)
    assert called > 0


def test_copies_by_the_same_customer_do_not_narrow_the_interval():
    rng = np.random.default_rng(4)
    values, strata, clusters = _window(rng, [60], [0.2])
    once = cluster_mean(values, clusters)
    tenfold = cluster_mean(np.repeat(values, 10), np.repeat(clusters, 10))
    assert tenfold.high - tenfold.low == pytest.approx(once.high - once.low)
    careless = cluster_mean(np.repeat(values, 10), np.arange(600))
    assert careless.high - careless.low < 0.5 * (once.high - once.low)
    assert strata.sum() == 0


def test_the_mean_of_singletons_is_students():
    from insights.stats.intervals import mean_t

    values = np.random.default_rng(5).normal(size=40)
    plain, ours = mean_t(values), cluster_mean(values, np.arange(40))
    assert (ours.mean, ours.low, ours.high) == pytest.approx(
        (plain.estimate, plain.low, plain.high)
    )


def test_the_adjusted_mean_covers_and_ignores_the_mix():
    rng = np.random.default_rng(6)
    weights, levels = np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.0, -0.4])
    truth, trials, hits, centre = weights @ levels, 600, 0, []
    for _ in range(trials):
        window = _window(rng, [12, 20, 60], levels)
        found = standardised_mean(*window, weights=weights, levels=levels)
        hits += found.low <= truth <= found.high
        centre.append(found.mean)
    assert abs(np.mean(centre) - truth) < 0.02
    assert abs(hits / trials - 0.95) < 4 * np.sqrt(0.95 * 0.05 / trials)


def test_a_missing_channel_is_taken_to_have_moved_as_the_others():
    weights, levels = np.array([0.6, 0.4]), np.array([0.5, -0.5])
    values = np.full(20, 0.7) + np.tile([0.1, -0.1], 10)
    found = standardised_mean(
        values, np.zeros(20, int), np.arange(20), weights=weights, levels=levels
    )
    assert found.mean == pytest.approx(weights @ levels + 0.2)
    other = standardised_mean(
        values, np.ones(20, int), np.arange(20), weights=weights, levels=levels
    )
    assert np.isnan(other.mean)


def _bank(rng, n, banks, platforms, shift=0.0):
    """Ratings by bank and platform, one channel; nobody writes twice."""
    bank, platform = rng.choice(3, n, p=banks), rng.choice(2, n, p=platforms)
    values = np.array([0.4, 0.0, -0.2])[bank] + np.array([0.2, -0.2])[platform] + shift
    return (
        values + rng.normal(0, 0.5, n),
        np.c_[0 * bank, bank, platform],
        rng.integers(10**9, size=n),
    )


@pytest.mark.parametrize(("moved", "shift"), [(True, 0.0), (False, 0.15), (True, 0.15)])
def test_a_mix_of_two_dimensions_and_a_true_change_are_told_apart(moved, shift):
    rng = np.random.default_rng(8)
    before = ([0.1, 0.5, 0.4], [0.3, 0.7])
    after = ([0.5, 0.3, 0.2], [0.6, 0.4]) if moved else before
    bank = (np.array(after[0]) - before[0]) @ [0.4, 0.0, -0.2]
    platform = (np.array(after[1]) - before[1]) @ [0.2, -0.2]
    truth = {"true": shift, "mix": bank + platform, "raw": shift + bank + platform}
    trials, hits, parts = 300, dict.fromkeys(truth, 0), []
    for _ in range(trials):
        found = split_change(_bank(rng, 150, *before), _bank(rng, 150, *after, shift))
        assert found.true + found.mix == pytest.approx(found.raw)
        assert sum(found.parts) == pytest.approx(found.mix)
        parts.append(found.parts)
        for name, value in truth.items():
            hits[name] += getattr(found, f"{name}_low") <= value <= getattr(found, f"{name}_high")
    assert all(
        abs(hit / trials - 0.95) < 4 * np.sqrt(0.95 * 0.05 / trials) for hit in hits.values()
    )
    assert np.mean(parts, axis=0) == pytest.approx([0, bank, platform], abs=0.02)


def test_the_channel_alone_would_call_the_mix_of_a_bank_a_change():
    rng = np.random.default_rng(9)
    a = _bank(rng, 800, [0.1, 0.5, 0.4], [0.5, 0.5])
    b = _bank(rng, 800, [0.6, 0.2, 0.2], [0.5, 0.5])
    alone = split_change(*((v, codes[:, 0], who) for v, codes, who in (a, b)))
    found = split_change(a, b)
    assert alone.true_low > 0.1
    assert found.true_low < 0 < found.true_high
    assert np.argmax(np.abs(found.parts)) == 1


def test_a_name_of_the_time_a_twin_and_an_identifier_are_not_standardised_away():
    rng = np.random.default_rng(10)
    a, b = (_bank(rng, 400, [0.3, 0.4, 0.3], [0.5, 0.5], shift) for shift in (0.0, 0.3))
    version = [np.full(400, 1), np.full(400, 2)]
    twin = [w[1][:, 1] + 5 for w in (a, b)]
    code = [rng.integers(0, 300, 400) for _ in range(2)]
    wide = [(w[0], np.c_[w[1], v, t, c], w[2])
            for w, v, t, c in zip((a, b), version, twin, code, strict=True)]  # fmt: skip
    found = split_change(*wide)
    assert found.fixed[3] is False
    assert found.true_low < 0.3 < found.true_high and found.true_low > 0
    assert np.isnan(found.parts[1]) and np.isnan(found.parts[4])  # twins cannot be told apart


def test_no_channel_in_both_windows_cannot_be_told():
    rng = np.random.default_rng(11)
    found = split_change(_window(rng, [50, 0], [0, 1]), _window(rng, [0, 50], [0, 1]))
    assert np.isnan([found.true, found.true_low, found.mix, found.p]).all()
    assert np.isfinite([found.raw, found.raw_low]).all()


def test_a_level_of_one_window_is_taken_to_have_moved_as_the_others():
    rng = np.random.default_rng(12)
    a, b = _window(rng, [300, 0], [0.0, 0.5]), _window(rng, [150, 150], [0.4, 0.9])
    found = split_change(a, b)
    assert found.true == pytest.approx(0.4, abs=0.15)
    assert found.true_low < 0.4 < found.true_high


@pytest.mark.parametrize("alike", [0.0, 0.5])
@pytest.mark.parametrize("who", ["unnamed", "partly named", "all named", "one heavy writer"])
def test_the_interval_of_the_mean_covers_whoever_wrote(who, alike):
    rng = np.random.default_rng(13)
    trials, hits = 400, 0
    for _ in range(trials):
        size = {
            "unnamed": np.ones(200, int),
            "partly named": np.r_[np.ones(150, int), rng.integers(1, 6, 25)],
            "all named": rng.integers(1, 8, 60),
            "one heavy writer": np.r_[np.ones(200, int), 50],
        }[who]
        clusters = np.repeat(np.arange(len(size)), size)
        values = rng.normal(0, np.sqrt(alike), len(size))[clusters]
        values = values + rng.normal(0, np.sqrt(1 - alike), len(clusters))
        found = cluster_mean(values, clusters)
        hits += found.low <= 0 <= found.high
    assert abs(hits / trials - 0.95) < 4 * np.sqrt(0.95 * 0.05 / trials), hits / trials


def test_those_who_write_often_are_set_apart_only_where_they_differ():
    rng = np.random.default_rng(14)
    size = np.r_[np.ones(150, int), np.full(40, 6)]
    clusters = np.repeat(np.arange(190), size)
    trials, hits = 300, 0
    for _ in range(trials):
        gap = votes_apart(rng.normal(size=190)[clusters] + rng.normal(size=len(clusters)), clusters)
        hits += gap.low <= 0 <= gap.high
    assert abs(hits / trials - 0.95) < 4 * np.sqrt(0.95 * 0.05 / trials)
    angry = votes_apart(rng.normal(size=len(clusters)) - 0.8 * (size[clusters] > 1), clusters)
    assert angry.high < 0


def test_a_question_that_was_not_asked_all_the_time_is_no_change_of_mix():
    """Early records without an answer were happier: that is time, not who writes."""
    rng = np.random.default_rng(15)
    early = np.r_[np.full(300, -1), rng.integers(0, 3, 700)]
    first = rng.normal(np.where(early < 0, 0.8, 0.2), 0.5), np.c_[0 * early, early], np.arange(1000)
    late = rng.integers(0, 3, 600)
    second = rng.normal(0.1, 0.5, 600), np.c_[0 * late, late], 1000 + np.arange(600)
    found = split_change(first, second)
    assert found.true == pytest.approx(found.raw, abs=0.02)
    assert abs(found.mix) < 0.02 and found.true + found.mix == pytest.approx(found.raw)
    # as often in both windows it is a value like any other
    often = np.where(rng.random(600) < 0.5, -1, late)
    values = rng.normal(np.where(often < 0, 0.8, 0.2), 0.5)
    moved = split_change(first, (values, np.c_[0 * often, often], second[2]))
    assert moved.mix == pytest.approx(0.2 * 0.6, abs=0.05)
    assert moved.true_low < 0 < moved.true_high
