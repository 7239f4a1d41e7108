"""Cox, Kaplan-Meier, log-rank and Aalen-Johansen against slow twins and planted truths."""

import numpy as np
import pytest
from scipy import optimize
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import CumIncidenceRight, survdiff

from insights.stats.cox import cox
from insights.stats.survival import aalen_johansen, kaplan_meier, log_rank


def rows_of_people(rng, people=150, p=2, beta=(0.7, -0.4)):
    """Person-periods with ties and late entry: person, period, event, covariates."""
    found = []
    for who in range(people):
        begin, z = int(rng.integers(0, 6)), rng.normal(size=p)
        for t in range(begin, 18):
            x = z + 0.3 * rng.normal(size=p)
            left = rng.random() < 0.05 * np.exp(x @ beta)
            found.append((who, t, left, *x))
            if left:
                break
    table = np.array(found, float)
    return table[:, 0].astype(int), table[:, 1], table[:, 2] > 0, table[:, 3:]


def slow_loglik(coef, x, period, event):
    total = 0.0
    for t in np.unique(period[event]):
        inside, dying = period == t, event & (period == t)
        hazard, d = np.exp(x @ coef), dying.sum()
        total += (x[dying] @ coef).sum()
        for k in range(d):
            total -= np.log(hazard[inside].sum() - k / d * hazard[dying].sum())
    return total


def test_cox_equals_the_maximum_of_a_partial_likelihood_written_as_a_loop():
    _, period, event, x = rows_of_people(np.random.default_rng(1))
    fit = cox(x, period, event)
    slow = optimize.minimize(lambda b: -slow_loglik(b, x, period, event), np.zeros(2), tol=1e-12)
    assert fit.coef == pytest.approx(slow.x, abs=1e-5)
    assert fit.loglik == pytest.approx(-slow.fun, rel=1e-10)
    step = 1e-4 * np.eye(2)
    numeric = np.array(
        [
            [
                sum(s * u * slow_loglik(fit.coef + s * a + u * b, x, period, event)
                    for s in (-1, 1) for u in (-1, 1))
                for b in step
            ]
            for a in step
        ]
    ) / 4e-8  # fmt: skip
    assert fit.model_cov == pytest.approx(np.linalg.inv(-numeric), rel=1e-4)
    assert fit.converged
    peer = PHReg(np.ones(len(x)), x, status=event.astype(int), strata=period, ties="efron").fit()
    assert fit.coef == pytest.approx(peer.params, abs=1e-7)
    assert np.sqrt(np.diag(fit.model_cov)) == pytest.approx(peer.bse, rel=1e-6)


def test_clustered_errors_of_cox_are_what_weights_of_a_person_would_move():
    """The infinitesimal jackknife by hand: leave a person out, and scale by the sandwich."""
    who, period, event, x = rows_of_people(np.random.default_rng(2), people=400)
    fit = cox(x, period, event, clusters=who)
    moves = []
    for person in range(400):
        others = who != person
        moves.append(cox(x[others], period[others], event[others]).coef - fit.coef)
    jackknife = np.sqrt((np.array(moves) ** 2).sum(axis=0))
    assert fit.se == pytest.approx(jackknife, rel=0.03)


def test_robust_errors_of_cox_cover_when_people_differ():
    covered, naive = [], []
    for seed in range(150):
        rng = np.random.default_rng(100 + seed)
        side = np.repeat(np.arange(60) % 2, 8).astype(float)
        frailty = np.repeat(rng.gamma(1.2, 1 / 1.2, 60), 8)
        time = np.ceil(rng.exponential(12 / frailty) * 2) / 2
        last = np.minimum(time, 12)
        months = (2 * last).astype(int)
        row = np.repeat(np.arange(480), months)
        period = np.arange(len(row)) - np.repeat(np.cumsum(months) - months, months) + 1
        event = (period == months[row]) & (time <= 12)[row]
        fit = cox(side[row, None], period, event, clusters=row // 8)
        covered.append(abs(fit.coef[0]) < 1.96 * fit.se[0])
        naive.append(abs(fit.coef[0]) < 1.96 * np.sqrt(fit.model_cov[0, 0]))
    assert np.mean(covered) >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / 150)
    assert np.mean(naive) < 0.85


def test_the_order_of_rows_and_the_centre_of_a_covariate_change_nothing():
    rng = np.random.default_rng(3)
    who, period, event, x = rows_of_people(rng)
    order = rng.permutation(len(who))
    fit = cox(x, period, event, clusters=who)
    again = cox(x[order] + 50, period[order], event[order], clusters=who[order])
    assert again.coef == pytest.approx(fit.coef, rel=1e-8)
    assert again.cov == pytest.approx(fit.cov, rel=1e-7)


def test_a_cox_model_without_events_is_refused():
    with pytest.raises(ValueError, match="needs an event, got none in 3 rows"):
        cox(np.ones((3, 1)), np.ones(3), np.zeros(3, bool))


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


def test_a_column_that_no_risk_set_sees_change_is_told_and_not_guessed():
    _, period, event, x = rows_of_people(np.random.default_rng(10))
    fit = cox(np.column_stack([x, np.ones(len(x))]), period, event)
    assert not fit.converged and np.isnan(fit.cov).all()


def test_the_error_of_an_incidence_is_the_delta_method_s_double_sum():
    """Marubini and Valsecchi (1995), section 10.5, written out; entries are late."""
    rng = np.random.default_rng(11)
    entry = rng.integers(0, 4, 60).astype(float)
    time = entry + rng.integers(1, 9, 60)
    cause = rng.choice([0, 1, 2], 60, p=[0.3, 0.4, 0.3])
    found = aalen_johansen(time, cause, entry)
    steps = []
    for t in found.times:
        n = ((entry < t) & (t <= time)).sum()
        steps.append((n, [((time == t) & (cause == c)).sum() for c in (1, 2)]))
    before = np.concatenate([[1.0], found.staying[:-1]])
    for k in (0, 1):
        f = found.share[:, k]
        for end in range(len(steps)):
            variance = 0.0
            for s, (n, d) in enumerate(steps[: end + 1]):
                ahead, all_of_them = f[end] - f[s], sum(d)
                if n > all_of_them:
                    variance += ahead**2 * all_of_them / (n * (n - all_of_them))
                variance += before[s] ** 2 * d[k] * (n - d[k]) / n**3
                variance -= 2 * ahead * before[s] * d[k] / n**2
            assert found.se[end, k] == pytest.approx(np.sqrt(max(variance, 0)), abs=1e-9)


def test_the_interval_of_a_curve_is_on_the_log_log_scale():
    time = np.arange(1.0, 21.0)
    curve = kaplan_meier(time, time % 3 > 0)
    s, se, low, high = curve.at(10.0, level=0.9)
    n = [20 - t + 1 for t in range(1, 11)]
    left = [(m, 1) for t, m in enumerate(n, 1) if t % 3]
    assert se == pytest.approx(s * np.sqrt(sum(d / (m * (m - d)) for m, d in left)))
    centre, wide = np.log(-np.log(s)), 1.6448536 * se / (s * abs(np.log(s)))
    assert (low, high) == pytest.approx(tuple(np.exp(-np.exp(centre + wide * np.r_[1, -1]))))
    assert curve.at(0.5) == (1.0, 0.0, 1.0, 1.0)
