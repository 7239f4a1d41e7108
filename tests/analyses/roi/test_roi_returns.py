"""Returns of initiatives: closed forms, links to churn, ranges, symmetry."""

import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from insights.analyses import roi
from insights.analyses.roi import montecarlo
from insights.analyses.roi.benefit import Flows, cohort_kept, stock_kept
from insights.stats.distributions import Point, SplitNormal
from insights.stats.sensitivity import break_even, elasticity, one_at_a_time

ANNUAL = 1.01**12 - 1  # 1 % a month


def reference():
    folder = os.environ.get("INSIGHTS_REFERENCE")
    if not folder:
        pytest.skip("INSIGHTS_REFERENCE is not set: no reference numbers")
    return json.loads((Path(folder) / "roi_closed_form.json").read_text(encoding="utf-8"))


def textbook_case(kappa=1.0):
    """50,000 customers, a fifth affected, 3 % leave a month, 15 % fewer of those; margin 40."""
    initiatives = pd.DataFrame(
        {
            "initiative_id": ["I1"],
            "title": ["Fix it"],
            "topics": [["x"]],
            "cost_once": ["150000"],
            "cost_monthly": ["0"],
            "effect": ["0.15"],
            "affected_customers": ["10000"],
        }
    )
    customers = pd.DataFrame(
        {
            "customer_id": ["a"],
            "started_at": [pd.Timestamp("2024-01-01")],
            "ended_at": [pd.NaT],
            "monthly_revenue": [50.0],
        }
    )
    params = roi.Params(
        horizon_months=24, discount_rate=ANNUAL, margin=0.8, ramp_months=0, monthly_churn=0.03,
        draws=500, sobol_power=8,
    )  # fmt: skip
    history = roi.History(customers=customers)
    case = roi.business_cases(initiatives, history, params=params)[0]
    return case.changed("kappa", Point(kappa)), params


def closed_form(reduction=0.15):
    """The formula as it is written: sum of d^t N s m [(1 - h(1 - r))^t - (1 - h)^t]."""
    return sum(
        50_000 * 0.2 * 40.0 * ((1 - 0.03 * (1 - reduction)) ** t - 0.97**t) / 1.01**t
        for t in range(1, 25)
    )


def test_the_textbook_case_is_its_closed_form():
    case, params = textbook_case()
    row = roi.returns([case], params=params).table().iloc[0]
    assert row["benefit_mean"] == pytest.approx(closed_form(), rel=1e-9)
    assert row["bcr"] == pytest.approx(closed_form() / 150_000, rel=1e-9)
    assert row["bcr"] - row["net_roi"] == pytest.approx(1.0, abs=1e-12)
    assert row["npv_mean"] == pytest.approx(closed_form() - 150_000, rel=1e-9)


def test_the_textbook_case_agrees_with_the_reference_to_nine_digits():
    expected = reference()["case"]
    case, params = textbook_case()
    row = roi.returns([case], params=params).table().iloc[0]
    assert row["benefit_mean"] == pytest.approx(expected["benefit"], rel=1e-9)
    assert row["bcr"] == pytest.approx(expected["benefit_cost_ratio"], rel=1e-9)
    assert row["net_roi"] == pytest.approx(expected["net_roi"], rel=1e-9)
    even = break_even(case.npv, case.means, "effect", between=(0.0, 1.0))
    assert even == pytest.approx(expected["break_even_rel_churn_reduction"], rel=1e-9)


def test_elasticities_and_the_twenty_per_cent_tornado_agree_with_the_reference():
    expected = reference()["case"]
    case, _ = textbook_case()
    names = {"rel_churn_reduction": "effect", "margin": "margin", "base_churn": "monthly_churn",
             "customers": "affected_customers"}  # fmt: skip

    def net_roi(values):
        flows = case.flows(values)
        return flows.npv / flows.cost

    def bcr(values):
        return net_roi(values) + 1

    for theirs, ours in names.items():
        of_benefit = expected["elasticity_of_benefit"][theirs]
        assert elasticity(bcr, case.means, ours) == pytest.approx(of_benefit, abs=1e-6)
        of_net = expected["elasticity_of_net_roi"][theirs]
        assert elasticity(net_roi, case.means, ours) == pytest.approx(of_net, abs=1e-6)
        at = case.means[ours]
        bars = one_at_a_time(net_roi, case.means, {ours: (0.8 * at, 1.2 * at)})[ours]
        assert bars == pytest.approx(expected["tornado_net_roi_pm20"][theirs], rel=1e-9)
    assert elasticity(bcr, case.means, "cost_once") == pytest.approx(-1.0, abs=1e-6)
    net = expected["elasticity_of_net_roi_to_cost"]
    assert elasticity(net_roi, case.means, "cost_once") == pytest.approx(net, abs=1e-6)


def test_the_elasticity_of_net_return_turns_sign_below_break_even():
    case, _ = textbook_case(kappa=0.2)

    def net_roi(values):
        flows = case.flows(values)
        return flows.npv / flows.cost

    ratio = 1 + float(net_roi({k: np.array([v]) for k, v in case.means.items()})[0])
    assert ratio < 1
    found = elasticity(net_roi, case.means, "margin")
    assert found < 0
    assert found == pytest.approx(ratio / (ratio - 1), rel=1e-5)


def test_what_is_kept_agrees_with_naive_loops():
    stock, twin = 0.0, []
    for month in range(1, 13):
        stock = stock * 0.96 + min(1.0, month / 4)
        twin.append(stock)
    assert np.allclose(stock_kept(0.04, 3, 12, replaced=True), twin)
    small = cohort_kept(0.04, 1e-6, 3, 12) / (0.04 * 1e-6)
    assert np.allclose(stock_kept(0.04, 3, 12), small, rtol=1e-5)
    with_it = without = 1.0
    for month in range(1, 13):
        with_it *= 1 - 0.03 * (1 - min(1.0, month / 3) * 0.5)
        without *= 0.97
    assert cohort_kept(0.03, 0.5, 2, 12)[-1] == pytest.approx(with_it - without)


def test_payback_is_the_first_month_in_which_flows_have_paid_back():
    one = np.ones(3)
    flows = Flows(
        margin=np.tile([[100.0, 10.0, 100.0]], (12, 1)),
        once=np.array([350.0, 350.0, 0.0]),
        monthly=0 * one,
        discount=0 * one,
        horizon=12 * one,
    )
    assert flows.payback.tolist() == [4.0, np.inf, 0.0]
    assert flows.npv.tolist() == [850.0, -230.0, 1200.0]


def churn_topics(**changes):
    table = pd.DataFrame(
        {
            "topic_id": ["1", "2", "3"],
            "label": ["sync errors", "slow support", "价格"],
            "exposed_customers": [400, 300, 80],
            "mrr_at_risk": [120_000.0, 60_000.0, np.nan],
            "mrr_low": [70_000.0, -12_000.0, np.nan],
            "mrr_high": [170_000.0, 130_000.0, np.nan],
            "status": ["reported", "exploratory", "suppressed"],
            "observed_months": [24, 24, 24],
        }
    )
    return table.assign(**changes)


def people(n=600):
    rng = np.random.default_rng(0)
    started = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D")
    ended = pd.Series(started + pd.to_timedelta(rng.exponential(900, n).astype(int), unit="D"))
    return pd.DataFrame(
        {
            "customer_id": [str(i) for i in range(n)],
            "started_at": started,
            "ended_at": ended.where(ended < pd.Timestamp("2025-01-01")),
            "monthly_revenue": 80.0,
        }
    )


def table(**changes):
    def pert(low, mode, high):
        return json.dumps({"low": low, "mode": mode, "high": high})

    base = pd.DataFrame(
        {
            "initiative_id": ["A", "B", "C", "D"],
            "title": ["Fix sync", "More agents", "Cheaper", "Rewrite"],
            "topics": [["sync"], ["Slow Support"], ["价格"], ["1", "support"]],
            "cost_once": ["20000", pert(10_000, 15_000, 30_000), "5000", "90000"],
            "cost_monthly": ["500", "700", "0", pert(0, 500, 2_000)],
            "effect": [pert(0.2, 0.4, 0.6), pert(0.1, 0.3, 0.5), "0.2", "0.6"],
        }
    )
    return base.assign(**changes)


HISTORY = roi.History(churn_topics=churn_topics(), customers=people())
PARAMS = roi.Params(draws=1000, sobol_power=9)


@pytest.fixture(scope="module")
def cases():
    return roi.business_cases(table(), HISTORY, params=PARAMS)


@pytest.fixture(scope="module")
def found(cases):
    return roi.returns(cases, params=PARAMS)


def test_draws_are_doubled_until_the_probability_is_sharp(found):
    assert found.draws > PARAMS.draws and found.draws in {1000 * 2**k for k in range(7)}
    assert found.table()["p_positive_se"].max() < 0.005
    assert not found.failed


def test_a_benefit_from_churn_has_the_mean_of_its_formula(cases, found):
    row = found.table().set_index("initiative_id").loc["A"]
    leave = cases[0].means["monthly_churn"]
    worth = sum(k / (1.1 ** (t / 12)) for t, k in enumerate(stock_kept(leave, 3, 24), start=1))
    expected = 120_000 / 24 * 0.4 * 0.4 * 0.7 * worth  # pool x kappa x effect x margin
    se = row["npv_sd"] / np.sqrt(found.draws)
    assert abs(row["benefit_mean"] - expected) < 4 * se
    assert row["npv_p5"] < row["npv_p50"] < row["npv_p95"]


def test_an_interval_that_reaches_below_zero_stays_below_zero(found):
    rows = found.table().set_index("initiative_id")
    assert rows.loc["B", "bcr_p5"] < 0.05
    assert (found.samples["B"] + rows.loc["B", "cost_mean"] < 0).mean() > 0.01


def test_what_cannot_be_told_is_null_and_never_zero(found):
    row = found.table().set_index("initiative_id").loc["C"]
    assert row["source"] == "unknown" and "suppressed" in row["reason"]
    assert row["cost_mean"] == 5000.0
    numbers = ["bcr", "net_roi", "npv_mean", "npv_p5", "npv_p95", "p_positive", "evpi"]
    assert row[numbers].isna().all()
    assert "C" not in found.samples and "Cannot tell: C" in found.text()


def test_initiatives_on_one_topic_share_one_pool(found):
    rows = found.overlap.set_index("topic_id")
    assert rows.loc["1", "initiatives"] == "A, D"
    a, d = 0.4, 0.6  # mean effects: together 1 - (1 - a)(1 - d), not a + d
    ratio = rows.loc["1", "benefit_together"] / rows.loc["1", "benefit_added_up"]
    assert ratio == pytest.approx((1 - (1 - a) * (1 - d)) / (a + d), rel=0.02)
    both = np.corrcoef(found.samples["A"], found.samples["D"])[0, 1]
    assert both > 0.4


def test_the_order_of_rows_does_not_matter(found):
    shuffled = table().iloc[[2, 0, 3, 1]]
    again = roi.returns(roi.business_cases(shuffled, HISTORY, params=PARAMS), params=PARAMS)
    pd.testing.assert_frame_equal(again.table(), found.table())


def test_another_initiative_does_not_change_the_draws_of_the_others(found):
    part = roi.business_cases(table().iloc[:1], HISTORY, params=PARAMS)
    alone = roi.returns(part, params=PARAMS)
    n = min(alone.draws, found.draws)
    assert np.array_equal(alone.samples["A"][:n], found.samples["A"][:n])


def test_another_currency_scales_money_and_leaves_ratios(found):
    def hundredfold(text):
        value = json.loads(text)
        return json.dumps({k: 100 * v for k, v in value.items()} if isinstance(value, dict)
                          else 100 * value)  # fmt: skip

    money = [c for c in churn_topics() if c.startswith("mrr")]
    history = dataclasses.replace(
        HISTORY, churn_topics=churn_topics(**{c: churn_topics()[c] * 100 for c in money})
    )
    costs = {c: table()[c].map(hundredfold) for c in ("cost_once", "cost_monthly")}
    again = roi.returns(
        roi.business_cases(table(**costs), history, params=PARAMS), params=PARAMS
    ).table()
    base = found.table()
    for column in ("npv_mean", "npv_p5", "npv_shrunk", "evpi", "cost_mean"):
        assert np.allclose(again[column], 100 * base[column], equal_nan=True), column
    for column in ("bcr", "net_roi", "p_positive", "payback_months"):
        assert np.allclose(again[column], base[column], equal_nan=True), column


def test_the_seed_alone_decides_the_draws(cases, found):
    again = roi.returns(cases, params=PARAMS)
    assert again.to_json() == found.to_json()
    other = roi.returns(cases, params=PARAMS.model_copy(update={"seed": 8}))
    assert not np.array_equal(other.samples["A"][:1000], found.samples["A"][:1000])


def test_without_a_churn_notebook_benefits_must_be_stated():
    stated = table(benefit_monthly=["3000", None, None, None])
    cases = roi.business_cases(stated, roi.History(), params=PARAMS)
    assert [case.source for case in cases] == ["stated", "unknown", "unknown", "unknown"]
    found = roi.returns(cases, params=PARAMS)
    weights = 1.1 ** (-np.arange(1, 25) / 12)
    ramp = np.minimum(1, np.arange(1, 25) / 4)
    expected = ((3000 * ramp - 500) * weights).sum() - 20_000
    assert found.table().loc[0, "npv_mean"] == pytest.approx(expected, rel=1e-9)
    assert "no churn notebook" in found.table().loc[1, "reason"]


def test_with_nothing_to_value_every_result_says_so():
    cases = roi.business_cases(table(), roi.History(), params=PARAMS)
    found = roi.returns(cases, params=PARAMS)
    ranking = roi.rank_probabilities(found, params=PARAMS)
    ranked = roi.priorities(found, ranking, params=PARAMS)
    hangs = roi.sensitivities(cases, params=PARAMS)
    assert found.n == 0 and "none of 4 initiatives" in found.text()
    assert set(ranked.table()["priority"]) == {"cannot tell"}
    assert ranking.table().empty and hangs.table().empty
    for result in (found, ranking, ranked, hangs):
        assert result.text() and result.to_json()


def test_months_come_from_the_churn_table_else_from_the_span_of_feedback():
    feedback = pd.DataFrame({"created_at": pd.to_datetime(["2024-01-05", "2024-12-20"], utc=True)})
    history = dataclasses.replace(
        HISTORY, churn_topics=churn_topics().drop(columns="observed_months"), feedback=feedback
    )
    case = roi.business_cases(table(), history, params=PARAMS)[0]
    assert case.means["revenue_at_risk"] == pytest.approx(10_000.0)
    case = roi.business_cases(table(), HISTORY, params=PARAMS)[0]
    assert case.means["revenue_at_risk"] == pytest.approx(5_000.0)


def test_the_share_who_leave_is_counted_in_customer_months(cases):
    # exponential lifetimes with mean 900 days: 30.44 / 900 a month
    assert cases[0].means["monthly_churn"] == pytest.approx(30.44 / 900, rel=0.15)


def test_ninety_per_cent_ranges_cover_and_probabilities_are_calibrated():
    rng = np.random.default_rng(12)
    one, runs, se = table().iloc[:1].assign(cost_once="9000", cost_monthly="0"), 500, 2_000.0
    case = roi.business_cases(one, HISTORY, params=PARAMS)[0]
    dists = {item.name: item.dist for item in case.inputs}
    covered, stated, paid = [], [], []
    for run in range(runs):
        truth = {name: dist.ppf(rng.random(1)) for name, dist in dists.items()}
        truth["revenue_at_risk"] = rng.uniform(0.0, 20_000.0, 1)
        estimate = float(truth["revenue_at_risk"][0] + rng.normal(0, se))
        seen = case.changed(
            "revenue_at_risk", SplitNormal(estimate, estimate - 1.96 * se, estimate + 1.96 * se)
        )
        draws = seen.npv(montecarlo.drawn(seen, 1000, run))
        low, high = np.quantile(draws, [0.05, 0.95])
        net = case.npv(truth)[0]
        covered.append(low <= net <= high)
        stated.append((draws > 0).mean())
        paid.append(net > 0)
    error = np.sqrt(0.9 * 0.1 / runs)
    assert abs(np.mean(covered) - 0.9) < 4 * error, np.mean(covered)
    assert np.mean(stated) == pytest.approx(np.mean(paid), abs=4 * np.sqrt(0.25 / runs))


def test_an_initiative_without_any_effect_has_the_net_present_value_of_its_cost():
    none = churn_topics(mrr_at_risk=0.0, mrr_low=-10_000.0, mrr_high=10_000.0)
    history = dataclasses.replace(HISTORY, churn_topics=none)
    found = roi.returns(roi.business_cases(table(), history, params=PARAMS), params=PARAMS)
    row = found.table().set_index("initiative_id").loc["A"]
    assert abs(row["npv_mean"] + row["cost_mean"]) < 4 * row["npv_se"]
    assert row["bcr_p5"] < 0 < row["bcr_p95"]
