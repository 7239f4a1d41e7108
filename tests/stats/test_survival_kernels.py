"""Cox, Kaplan-Meier, log-rank and Aalen-Johansen against slow twins and planted truths."""

import numpy as np
import pytest
from scipy import optimize
from statsmodels.duration.survfunc import CumIncidenceRight, survdiff

from insights.stats.cloglog import cloglog
from insights.stats.cox import cox, proportional_hazards
from insights.stats.survival import aalen_johansen, concordance, kaplan_meier, log_rank


def rows_of_people(rng, people=150, p=2, beta=(0.7, -0.4)):
    """Start-stop rows with ties, gaps and late entry, and the cluster of each."""
    found = []
    for who in range(people):
        begin, z = int(rng.integers(0, 6)), rng.normal(size=p)
        for t in range(begin, 18):
            x = z + 0.3 * rng.normal(size=p)
            left = rng.random() < 0.05 * np.exp(x @ beta)
            found.append((who, t, t + 1 + int(rng.integers(0, 2)), left, *x))
            if left:
                break
    table = np.array(found, float)
    return table[:, 0].astype(int), table[:, 1], table[:, 2], table[:, 3] > 0, table[:, 4:]


def slow_loglik(coef, x, start, stop, event, ties):
    total = 0.0
    for t in np.unique(stop[event]):
        inside, dying = (start < t) & (t <= stop), event & (stop == t)
        hazard, d = np.exp(x @ coef), dying.sum()
        total += (x[dying] @ coef).sum()
        for k in range(d):
            part = k / d if ties == "efron" else 0
            total -= np.log(hazard[inside].sum() - part * hazard[dying].sum())
    return total


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_equals_the_maximum_of_a_partial_likelihood_written_as_a_loop(ties):
    _, start, stop, event, x = rows_of_people(np.random.default_rng(1))
    fit = cox(x, start, stop, event, ties=ties)
    slow = optimize.minimize(
        lambda b: -slow_loglik(b, x, start, stop, event, ties), np.zeros(2), tol=1e-12
    )
    assert fit.coef == pytest.approx(slow.x, abs=1e-5)
    assert fit.loglik == pytest.approx(-slow.fun, rel=1e-10)
    assert fit.loglik_null == pytest.approx(
        slow_loglik(np.zeros(2), x, start, stop, event, ties), rel=1e-10
    )
    step = 1e-4 * np.eye(2)
    numeric = np.array(
        [
            [
                sum(s * u * slow_loglik(fit.coef + s * a + u * b, x, start, stop, event, ties)
                    for s in (-1, 1) for u in (-1, 1))
                for b in step
            ]
            for a in step
        ]
    ) / 4e-8  # fmt: skip
    assert fit.model_cov == pytest.approx(np.linalg.inv(-numeric), rel=1e-4)
    assert fit.converged


def test_robust_errors_of_cox_cover_when_people_differ():
    covered, naive = [], []
    for seed in range(150):
        rng = np.random.default_rng(100 + seed)
        side = np.repeat(np.arange(60) % 2, 8).astype(float)
        frailty = np.repeat(rng.gamma(1.2, 1 / 1.2, 60), 8)
        time = np.ceil(rng.exponential(12 / frailty) * 2) / 2
        event, stop = time <= 12, np.minimum(time, 12)
        fit = cox(side[:, None], np.zeros(480), stop, event, clusters=np.repeat(np.arange(60), 8))
        covered.append(abs(fit.coef[0]) < 1.96 * fit.se[0])
        naive.append(abs(fit.coef[0]) < 1.96 * np.sqrt(fit.model_cov[0, 0]))
    assert np.mean(covered) >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / 150)
    assert np.mean(naive) < 0.85


def test_the_order_of_rows_and_the_centre_of_a_covariate_change_nothing():
    rng = np.random.default_rng(3)
    who, start, stop, event, x = rows_of_people(rng)
    order = rng.permutation(len(who))
    fit = cox(x, start, stop, event, clusters=who)
    again = cox(x[order] + 50, start[order], stop[order], event[order], clusters=who[order])
    assert again.coef == pytest.approx(fit.coef, rel=1e-8)
    assert again.cov == pytest.approx(fit.cov, rel=1e-7)


@pytest.mark.parametrize("days", [30, 1])
def test_beginning_with_a_part_of_many_rows_changes_nothing(monkeypatch, days):
    """Also between rows at risk at one event time at most, and rows at risk at several."""
    rng = np.random.default_rng(4)
    n = 36_000
    start = 30.0 * rng.integers(0, 12, n)
    stop = start + 30
    x = np.column_stack([rng.normal(size=(n, 2)), rng.random(n) < 0.05, rng.normal(900, 0.1, n)])
    event = rng.random(n) < 0.02 * np.exp(0.4 * x[:, 0] + 0.8 * x[:, 2])
    stop = np.where(event, start + np.ceil(rng.random(n) * 30 / days) * days, stop)
    who = rng.integers(0, 4000, n)
    fast = cox(x, start, stop, event, clusters=who)
    monkeypatch.setattr("insights.stats.cox._AHEAD", n + 1)
    slow = cox(x, start, stop, event, clusters=who)
    assert fast.converged and slow.converged
    np.testing.assert_allclose(fast.coef, slow.coef, atol=1e-9)
    np.testing.assert_allclose(fast.cov, slow.cov, rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(fast.model_cov, slow.model_cov, rtol=1e-5, atol=1e-12)
    assert fast.loglik == pytest.approx(slow.loglik, rel=1e-12)


def test_an_effect_that_fades_is_seen_by_the_test_of_proportional_hazards():
    rng = np.random.default_rng(4)
    side = np.arange(1500) % 2
    early, late = rng.exponential(10 / np.exp(1.2 * side)), 5 + rng.exponential(10, 1500)
    time = np.where(early < 5, early, late)
    x = np.column_stack([side, rng.normal(size=1500)]).astype(float)
    ones, zeros = np.ones(1500, bool), np.zeros(1500)
    fit = cox(x, zeros, time, ones)
    single, whole = proportional_hazards(x, zeros, time, ones, fit.coef)
    assert single[0] > 20 and single[1] < 10 and whole > 20


def test_a_cox_model_without_events_or_with_backward_rows_is_refused():
    x, zeros = np.ones((3, 1)), np.zeros(3)
    with pytest.raises(ValueError, match="needs an event, got none in 3 rows"):
        cox(x, zeros, np.ones(3), np.zeros(3, bool))
    with pytest.raises(ValueError, match="1 of 3 rows do not end after they begin"):
        cox(x, zeros, np.array([1.0, 1.0, 0.0]), np.ones(3, bool))


def test_survival_equals_a_loop_over_times_with_late_entry():
    rng = np.random.default_rng(5)
    entry = rng.integers(0, 8, 200).astype(float)
    time = entry + rng.integers(1, 12, 200)
    event = rng.random(200) < 0.6
    curve, s = kaplan_meier(time, event, entry), 1.0
    for place, t in enumerate(np.unique(time[event])):
        n = ((entry < t) & (t <= time)).sum()
        d = (event & (time == t)).sum()
        s *= 1 - d / n
        assert (curve.at_risk[place], curve.events[place]) == (n, d)
        assert curve.survival[place] == pytest.approx(s)
    assert curve.at(0)[0] == 1.0
    s, se, low, high = curve.at(9)
    assert low <= s <= high and se > 0


def test_causes_and_staying_sum_to_one_with_ties_and_equal_a_loop():
    rng = np.random.default_rng(6)
    time = rng.integers(1, 10, 300).astype(float)
    cause = rng.choice([0, 1, 2], 300, p=[0.4, 0.4, 0.2])
    found = aalen_johansen(time, cause)
    np.testing.assert_allclose(found.share.sum(axis=1) + found.staying, 1.0)
    staying, share = 1.0, np.zeros(2)
    for place, t in enumerate(found.times):
        n = (time >= t).sum()
        d = np.array([((time == t) & (cause == c)).sum() for c in (1, 2)])
        share, staying = share + staying * d / n, staying * (1 - d.sum() / n)
        np.testing.assert_allclose(found.share[place], share)
    other = CumIncidenceRight(time, cause)
    np.testing.assert_allclose(found.share[:, 0], other.cinc[0][: len(found.times)])
    # one less the curve of one cause alone, others taken for lost, is too large
    alone = 1 - kaplan_meier(time, cause == 1).survival[-1]
    assert alone > found.share[-1, 0] + 0.05


def test_intervals_of_the_cumulative_incidence_cover():
    truth, covered = 0.6 * (1 - np.exp(-1.0)), []
    for seed in range(300):
        rng = np.random.default_rng(900 + seed)
        time, lost = rng.exponential(10, 250), rng.uniform(2, 30, 250)
        cause = np.where(time <= lost, rng.choice([1, 2], 250, p=[0.6, 0.4]), 0)
        found = aalen_johansen(np.ceil(np.minimum(time, lost) * 10) / 10, cause)
        place = np.searchsorted(found.times, 10.0, side="right") - 1
        covered.append(abs(found.share[place, 0] - truth) < 1.96 * found.se[place, 0])
    assert abs(np.mean(covered) - 0.95) <= 4 * np.sqrt(0.95 * 0.05 / 300)


def test_log_rank_equals_that_of_statsmodels_and_does_not_see_names():
    rng = np.random.default_rng(7)
    group = rng.integers(0, 3, 300)
    time = np.ceil(rng.exponential(8 + 3 * group))
    event = rng.random(300) < 0.8
    found, (other, _) = log_rank(time, event, group), survdiff(time, event, group)
    assert found.statistic == pytest.approx(other) and found.degrees == 2
    assert log_rank(time, event, 2 - group).statistic == pytest.approx(found.statistic)
    assert found.observed.sum() == pytest.approx(found.expected.sum())
    with pytest.raises(ValueError, match="at least 2 groups, got 1"):
        log_rank(time, event, np.zeros(300))


def test_concordance_equals_a_loop_over_pairs():
    rng = np.random.default_rng(8)
    time, event = rng.integers(1, 20, 120).astype(float), rng.random(120) < 0.6
    risk = np.round(-time / 10 + rng.normal(size=120), 1)
    right = pairs = 0.0
    for i in range(120):
        for j in range(120):
            if event[i] and (time[j] > time[i] or (time[j] == time[i] and not event[j])):
                pairs += 1
                right += 1.0 if risk[i] > risk[j] else 0.5 if risk[i] == risk[j] else 0.0
    share, se = concordance(time, event, risk)
    assert share == pytest.approx(right / pairs) and 0 < se < 0.1
    assert concordance(time, event, -risk)[0] == pytest.approx(1 - share)
    assert np.isnan(concordance(time, np.zeros(120, bool), risk)[0])


def test_hazards_in_periods_are_recovered_by_the_complementary_log_log():
    rng = np.random.default_rng(9)
    x = np.column_stack([np.ones(20_000), rng.normal(size=20_000), rng.random(20_000) < 0.3])
    y = rng.random(20_000) < -np.expm1(-np.exp(x @ [-2.5, 0.4, 0.8]))
    coef, cov = cloglog(x, y)
    assert np.all(np.abs(coef - [-2.5, 0.4, 0.8]) < 3.5 * np.sqrt(np.diag(cov)))
    with pytest.raises(ValueError, match="did not settle"):
        cloglog(x, (x[:, 2] > 0) & (y > 0))


def test_a_column_that_no_risk_set_sees_change_is_told_and_not_guessed():
    _, start, stop, event, x = rows_of_people(np.random.default_rng(10))
    fit = cox(np.column_stack([x, np.ones(len(x))]), start, stop, event)
    assert not fit.converged and np.isnan(fit.cov).all()
