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


def known(number):
    """An amount that is sure: its range has no width."""
    return json.dumps({"low": number, "mode": number, "high": number})


def textbook_case(kappa=1.0):
    """50,000 customers, a fifth affected, 3 % leave a month, 15 % fewer of those; margin 40."""
    initiatives = pd.DataFrame(
        {
            "initiative_id": ["I1"],
            "title": ["Fix it"],
            "topics": [[]],
            "cost_once": [known(150_000)],
            "cost_monthly": ["0"],
            "effect": [known(0.15)],
            "affected_customers": [known(10_000)],
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
        scale=np.array([100.0, 10.0, 100.0]),
        kept=np.ones((12, 1)),
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
            "odds_ratio": [1.8, 1.3, np.nan],
            "low": [1.45, 0.95, np.nan],
            "high": [2.23, 1.78, np.nan],
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


def test_draws_are_doubled_until_any_probability_is_sharp(found):
    assert found.draws == 16_000
    assert found.table()["p_positive_se"].max() < 0.005
    assert not found.failed


def test_a_benefit_from_churn_has_the_mean_of_its_formula(cases, found):
    row = found.table().set_index("initiative_id").loc["A"]
    leave = cases[0].means["monthly_churn"]
    worth = sum(k / (1.1 ** (t / 12)) for t, k in enumerate(stock_kept(leave, 3, 24), start=1))
    pool = cases[0].means["revenue_at_risk"]
    assert 0.7 * 5_000 < pool < 5_000  # shrunk
    expected = pool * 0.4 * 0.4 * 0.7 * worth  # pool x kappa x effect x margin
    se = row["npv_sd"] / np.sqrt(found.draws)
    assert abs(row["benefit_mean"] - expected) < 4 * se
    assert row["npv_p5"] < row["npv_p50"] < row["npv_p95"]


def test_the_value_before_shrinkage_is_that_of_the_pool_as_it_was_estimated(cases, found):
    row = found.table().set_index("initiative_id").loc["A"]
    leave = cases[0].means["monthly_churn"]
    worth = sum(k / (1.1 ** (t / 12)) for t, k in enumerate(stock_kept(leave, 3, 24), start=1))
    expected = 5_000 * 0.4 * 0.4 * 0.7 * worth - row["cost_mean"]
    assert abs(row["npv_unshrunk"] - expected) < 6 * row["npv_sd"] / np.sqrt(found.draws)


def test_the_quantiles_of_a_row_are_those_of_its_draws(found):
    rows = found.table().set_index("initiative_id")
    for name, net in found.samples.items():
        for percent in (5, 25, 50, 75, 95):
            assert rows.loc[name, f"npv_p{percent}"] == pytest.approx(np.percentile(net, percent))


def test_an_interval_that_reaches_below_zero_stays_below_zero(cases, found):
    rows = found.table().set_index("initiative_id")
    pool = next(i.dist for i in cases[1].inputs if i.name == "revenue_at_risk")
    assert float(pool.ppf(0.005)) < 0 == float(pool.ppf(0.1)) < float(pool.ppf(0.6))  # nothing
    assert rows.loc["B", "bcr_p5"] < 0.2


def test_what_cannot_be_told_is_null_and_never_zero(found):
    row = found.table().set_index("initiative_id").loc["C"]
    assert row["source"] == "unknown" and "suppressed" in row["reason"]
    assert row["cost_mean"] == pytest.approx(5000.0, rel=0.01)
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


def test_another_initiative_changes_nothing_of_the_others_by_a_bit(found):
    losers = table(initiative_id=["W", "X", "Y", "Z"], cost_once=["9e6"] * 4, effect=["0.01"] * 4)
    for some in (table().iloc[:1], table().iloc[[0, 3]], pd.concat([table(), losers])):
        again = roi.returns(roi.business_cases(some, HISTORY, params=PARAMS), params=PARAMS)
        one, two = again.table(), found.table()
        both = sorted(set(one["initiative_id"]) & set(two["initiative_id"]))
        for key in both:
            mine = one[one["initiative_id"] == key].reset_index(drop=True)
            pd.testing.assert_frame_equal(
                mine, two[two["initiative_id"] == key].reset_index(drop=True), check_exact=True
            )
        assert np.array_equal(again.samples["A"], found.samples["A"])


def test_widths_of_kappa_and_effect_do_not_move_a_mean():
    one = table().iloc[:1]
    wide = one.assign(effect='{"low": 0.0, "mode": 0.4, "high": 0.8}')
    sure = PARAMS.model_copy(update={"kappa_weight": 900.0})
    means = [
        roi.returns(roi.business_cases(rows, HISTORY, params=params), params=params).table()
        for rows, params in ((one, PARAMS), (wide, PARAMS), (one, sure))
    ]
    benefits = np.array([rows.loc[0, "benefit_mean"] for rows in means])
    errors = [rows.loc[0, "npv_se"] for rows in means]
    assert np.ptp(benefits) < 4 * np.hypot(max(errors), max(errors))


def test_topics_are_shrunk_as_one_family_and_leaks_have_no_part_in_it():
    logs = np.array([0.7, 0.0, 0.05, -0.05, 0.02, 0.01])
    z, se = 1.959964, 0.2

    def topics(keep, status="reported"):
        n = len(keep)
        half = z * 30_000 * np.exp(logs[keep]) * se
        mrr = 30_000 * np.expm1(logs[keep])
        return pd.DataFrame(
            {
                "topic_id": [str(k) for k in keep], "label": [f"topic {k}" for k in keep],
                "odds_ratio": np.exp(logs[keep]), "low": np.exp(logs[keep] - z * se),
                "high": np.exp(logs[keep] + z * se), "mrr_at_risk": mrr, "mrr_low": mrr - half,
                "mrr_high": mrr + half, "status": [*["reported"] * (n - 1), status],
                "observed_months": 24.0,
            }
        )  # fmt: skip

    one = table().iloc[:1].assign(topics=[["0"]])

    def pool(frame):
        history = dataclasses.replace(HISTORY, churn_topics=frame)
        return roi.business_cases(one, history, params=PARAMS)[0].means["revenue_at_risk"]

    everyone, naive = pool(topics([0, 1, 2, 3, 4, 5])), 30_000 * np.expm1(0.7) / 24
    assert 0.6 * naive < everyone < 0.95 * naive
    assert pool(topics([0])) > everyone  # alone there is little that speaks against it
    leak = pool(topics([0, 1, 2, 3, 4, 5], status="leak"))
    assert leak == pool(topics([0, 1, 2, 3, 4]))
    shuffled = topics([0, 1, 2, 3, 4, 5]).iloc[::-1]
    assert pool(shuffled) == everyone


def test_a_topic_whose_odds_ratio_ran_away_has_no_size():
    history = dataclasses.replace(
        HISTORY, churn_topics=churn_topics(odds_ratio=[3e6, 1.3, np.nan], high=[1e16, 1.78, np.nan])
    )
    cases = roi.business_cases(table(), history, params=PARAMS)
    assert cases[0].source == "unknown" and "no size can be told" in cases[0].reason
    assert cases[1].source == "churn" and cases[1].family[0] == 1


def test_without_odds_ratios_nothing_is_shrunk_and_a_check_says_so():
    bare = churn_topics().drop(columns=["odds_ratio", "low", "high"])
    history = dataclasses.replace(HISTORY, churn_topics=bare)
    cases = roi.business_cases(table(), history, params=PARAMS)
    assert cases[0].means["revenue_at_risk"] == pytest.approx(5_000.0)
    found = roi.returns(cases, params=PARAMS)
    assert any("as estimated" in check.detail for check in found.failed)


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
    for column in ("npv_mean", "npv_p5", "npv_unshrunk", "evpi", "cost_mean"):
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
    assert abs(found.table().loc[0, "npv_mean"] - expected) < 4 * found.table().loc[0, "npv_se"]
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
    def pool(dates, **changes):
        feedback = pd.DataFrame({"created_at": pd.to_datetime(dates, utc=True, format="mixed")})
        topics = churn_topics(**changes)
        if not changes:
            topics = topics.drop(columns="observed_months")
        history = dataclasses.replace(HISTORY, churn_topics=topics, feedback=feedback)
        case = roi.business_cases(table(), history, params=PARAMS)[0]
        return next(i.estimated for i in case.inputs if i.name == "revenue_at_risk")

    assert pool(["2024-01-05", "2024-12-20"], observed_months=24.0) == pytest.approx(5_000.0)
    # customer-days: whole months are 30.4375 of them
    days = {
        ("2024-01-01 00:14", "2026-01-01 11:13"): 731,  # a record after midnight is no month
        ("2024-01-01", "2025-12-31"): 731,  # dated to the day: the last day is over
        ("2024-01-31", "2024-02-28"): 29,
        ("2024-01-31 23:59", "2024-03-01 00:01"): 30,
        ("2024-05-05 10:00", "2024-05-05 11:00"): 1,
    }
    for dates, count in days.items():
        assert pool(list(dates)) == pytest.approx(120_000 / (count / 30.4375)), dates


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
    none = churn_topics(
        mrr_at_risk=0.0, mrr_low=-10_000.0, mrr_high=10_000.0, odds_ratio=1.0, low=0.8, high=1.25
    )
    history = dataclasses.replace(HISTORY, churn_topics=none)
    found = roi.returns(roi.business_cases(table(), history, params=PARAMS), params=PARAMS)
    row = found.table().set_index("initiative_id").loc["A"]
    # a hair above 0: odds of 1 that may be .8 or 1.25 are 1.01 on average
    assert abs(row["npv_mean"] + row["cost_mean"]) < 0.01 * row["cost_mean"]
    assert row["bcr_p5"] <= 0 <= row["bcr_p95"]
