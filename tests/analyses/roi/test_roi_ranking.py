"""Order of initiatives, what it hangs on, priorities, and the words that are refused."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from test_roi_returns import HISTORY, PARAMS, churn_topics, table

from insights.analyses import roi
from insights.analyses.roi.explore import adjusted
from insights.analyses.roi.result import money, named_ratios
from insights.errors import DataError, SchemaError


@pytest.fixture(scope="module")
def cases():
    return roi.business_cases(table(), HISTORY, params=PARAMS)


@pytest.fixture(scope="module")
def found(cases):
    return roi.returns(cases, params=PARAMS)


@pytest.fixture(scope="module")
def hangs(cases):
    return roi.sensitivities(cases, params=PARAMS)


def planted(means, spread, draws=4000, seed=0):
    """A distribution of returns with these means and this spread, every cost 100."""
    rng = np.random.default_rng(seed)
    keys = [f"K{i:02d}" for i in range(len(means))]
    samples = {k: m + rng.normal(0, spread, draws) for k, m in zip(keys, means, strict=True)}
    estimates = pd.DataFrame(
        {
            "initiative_id": keys,
            "title": keys,
            "source": "churn",
            "reason": "",
            "alone": "",
            "cost_mean": 100.0,
            "effort": 1.0,
            "npv_mean": [samples[k].mean() for k in keys],
            "npv_p5": 0.0,
            "npv_p50": 0.0,
            "npv_p95": 0.0,
            "p_positive": [(samples[k] > 0).mean() for k in keys],
            "evpi": [max(np.maximum(samples[k], 0).mean() - max(samples[k].mean(), 0), 0)
                     for k in keys],
        }
    )  # fmt: skip
    estimates["npv_unshrunk"] = estimates["npv_mean"]
    return roi.RoiDistribution(
        n=len(keys), estimates=estimates, samples=samples, overlap=pd.DataFrame(), draws=draws,
        horizon_months=24, discount_rate=0.1,
    )  # fmt: skip


def test_rank_probabilities_sum_to_one_over_ranks_and_over_initiatives(found):
    ranking = roi.rank_probabilities(found, params=PARAMS)
    assert np.allclose(ranking.table().groupby("initiative_id")["probability"].sum(), 1)
    assert np.allclose(ranking.table().groupby("rank")["probability"].sum(), 1)
    assert list(ranking.table().columns) == ["initiative_id", "rank", "probability"]


def test_ranks_and_their_intervals_are_those_of_a_loop_over_draws():
    samples = planted([100, 90, 40, 10], 30, draws=301, seed=3)
    found = roi.rank_probabilities(samples, params=PARAMS)
    keys = sorted(samples.samples)
    ranks = {key: [] for key in keys}
    regret = dict.fromkeys(keys, 0.0)
    for draw in range(301):
        values = {key: samples.samples[key][draw] for key in keys}
        for place, key in enumerate(sorted(keys, key=values.get, reverse=True), 1):
            ranks[key].append(place)
            regret[key] += (max(values.values()) - values[key]) / 301
    rows = found.order.set_index("initiative_id")
    chance = found.table().set_index(["initiative_id", "rank"])["probability"]
    for key in keys:
        held = sorted(ranks[key])
        row = rows.loc[key]
        ends = held[int(np.ceil(0.05 * 301)) - 1], held[int(np.ceil(0.95 * 301)) - 1]
        assert (row["rank_low"], row["rank_high"]) == ends
        assert row["mean_rank"] == pytest.approx(np.mean(held))
        assert row["expected_regret"] == pytest.approx(regret[key])
        assert row["p_top3"] == pytest.approx(np.mean([place <= 3 for place in held]))
        for place in (1, 2, 3, 4):
            assert chance[key, place] == pytest.approx(held.count(place) / 301)
    assert (rows["rank_low"] < rows["rank_high"]).sum() >= 3


def test_clear_differences_are_ranked_for_sure_and_equal_ones_by_lot():
    clear = roi.rank_probabilities(planted([0, 1000, 5000], 10), params=PARAMS)
    assert clear.order["initiative_id"].tolist() == ["K02", "K01", "K00"]
    assert clear.order["p_first"].tolist() == [1.0, 0.0, 0.0]
    assert clear.unseparated == () and "All 3 pairs" in clear.text()
    equal = roi.rank_probabilities(planted([100, 100, 100, 100], 80), params=PARAMS)
    assert np.allclose(equal.table()["probability"], 0.25, atol=0.03)
    assert len(equal.unseparated) == 6 and "6 of 6 pairs cannot be separated" in equal.text()


def test_the_range_of_a_rank_leaves_a_twentieth_at_each_end():
    twelve = roi.rank_probabilities(planted([50] * 12, 30), params=PARAMS)  # each rank in 1 of 12
    assert twelve.order["rank_low"].eq(1).all() and twelve.order["rank_high"].eq(12).all()


@pytest.mark.parametrize(("means", "pair"), [([100, 95], "K00 K01"), ([95, 100], "K01 K00")])
def test_of_two_that_cannot_be_separated_the_better_is_named_first(means, pair):
    found = roi.rank_probabilities(planted(means, 30), params=PARAMS)
    assert found.unseparated == (tuple(pair.split()),)


def test_initiatives_without_a_value_are_listed_and_not_counted(found):
    ranking = roi.rank_probabilities(found, params=PARAMS)
    listed = roi.priorities(found, ranking, params=PARAMS)
    assert listed.n == 3 and len(listed.table()) == 4


def test_priorities_follow_the_rules_that_are_shown():
    samples = planted([500, 400, 90, 5, -300], 60)
    ranking = roi.rank_probabilities(samples, params=PARAMS)
    ranked = roi.priorities(samples, ranking, params=PARAMS)
    assert ranked.table()["priority"].tolist() == ["P0", "P0", "P0", "P2", "P3"]
    assert "P(NPV > 0) ≥ 90 %" in ranked.text()
    alone = dataclasses.replace(samples, estimates=samples.estimates.assign(alone="effect"))
    assert roi.priorities(alone, ranking, params=PARAMS).table()["priority"][0] == "P1"
    costly = PARAMS.model_copy(update={"test_cost_share": 1.0})
    assert roi.priorities(samples, ranking, params=costly).table()["priority"][3] == "P3"


def test_every_benefit_that_rests_on_churn_has_a_kappa_row(hangs):
    for key, rows in hangs.table().groupby("initiative_id"):
        kappa = rows[rows["input"].str.startswith("kappa")]
        assert len(kappa) == (2 if key == "D" else 1)
        assert (kappa["tornado_high"] > kappa["tornado_low"]).all()
    assert hangs.bars["input"].str.startswith("kappa").any()


def test_bars_point_the_way_money_goes(hangs):
    rows = hangs.table().set_index(["initiative_id", "input"]).loc["A"]
    assert rows.loc["cost_monthly", "npv_plus20"] < rows.loc["cost_monthly", "npv_minus20"]
    for name in ("effect", "kappa", "revenue_at_risk"):
        assert rows.loc[name, "npv_at_p90"] > rows.loc[name, "npv_at_p10"]
        assert rows.loc[name, "bcr_elasticity"] == pytest.approx(1.0, abs=1e-4)
    assert (rows["tornado_low"] <= rows["tornado_high"]).all()
    assert rows.loc["ramp_months", "first_order"] == 0.0  # a known number has no variance


def test_the_sobol_shares_of_a_product_are_its_closed_form(cases, hangs):
    case = cases[0]  # A: pool x kappa x effect, independent; costs are known numbers
    u = (np.arange(20_000) + 0.5) / 20_000
    names = ("effect", "kappa", "revenue_at_risk")
    cv2 = {i.name: np.var(x := i.dist.ppf(u)) / x.mean() ** 2
           for i in case.inputs if i.name in names}  # fmt: skip
    whole = np.prod([1 + v for v in cv2.values()]) - 1
    rows = hangs.table().set_index(["initiative_id", "input"]).loc["A"]
    for name in names:
        assert rows.loc[name, "first_order"] == pytest.approx(cv2[name] / whole, abs=0.06)
        assert rows.loc[name, "total"] >= rows.loc[name, "first_order"] - 0.02


def test_at_its_break_even_an_input_makes_the_net_present_value_nothing(cases, hangs):
    case = cases[0]
    for row in hangs.table().query("initiative_id == 'A'").dropna().itertuples():
        values = {k: np.array([v]) for k, v in case.means.items()}
        values[row.input] = np.array([row.break_even])
        assert case.npv(values)[0] == pytest.approx(0.0, abs=1e-3), row.input


def test_moving_the_sliders_to_where_they_are_changes_nothing(cases, found):
    same = adjusted(
        cases, kappa_mean=0.4, kappa_weight=5.0, horizon_months=24, discount_rate=0.1,
        effect_factor=1.0,
    )  # fmt: skip
    pd.testing.assert_frame_equal(roi.returns(same, params=PARAMS).table(), found.table())
    none = adjusted(
        cases, kappa_mean=0.4, kappa_weight=5.0, horizon_months=24, discount_rate=0.1,
        effect_factor=0.0,
    )  # fmt: skip
    moved = roi.returns(none, params=PARAMS).table()
    assert np.allclose(moved["benefit_mean"].dropna(), 0)


def test_live_controls_hold_the_figure_and_the_sentence(cases, found):
    box = roi.explore(found, cases, PARAMS)
    assert box.children[-2].value == found.text()
    assert bytes(box.children[-1].value).startswith(b"\x89PNG")


def test_a_slider_draws_anew_only_what_it_changed_and_says_what_the_page_would(cases, found):
    made = {}
    first = roi.returns(cases, params=PARAMS, draws=500, before=made)
    plain = roi.returns(cases, params=PARAMS, draws=500)
    pd.testing.assert_frame_equal(first.table(), plain.table(), check_exact=True)
    drawn = dict(made)
    moved = adjusted(
        cases, kappa_mean=0.6, kappa_weight=5.0, horizon_months=24, discount_rate=0.1,
        effect_factor=1.0,
    )  # fmt: skip
    again = roi.returns(moved, params=PARAMS, draws=500, before=made)
    pd.testing.assert_frame_equal(
        again.table(), roi.returns(moved, params=PARAMS, draws=500).table(), check_exact=True
    )
    kept = [name for name in made if made[name] is drawn.get(name)]
    assert {key.split("|")[0] for key, _ in set(made) - set(kept)} == {"kappa", "effect"}
    assert any(key.startswith("revenue_at_risk") for key, _ in kept)


def test_a_bare_roi_is_refused_and_named_ratios_pass():
    with pytest.raises(ValueError, match="bare 'ROI' is either of two numbers"):
        named_ratios("The ROI is 204 %.")
    assert named_ratios("benefit–cost ratio 2.04, net ROI 1.04")


def test_amounts_are_written_with_three_digits_and_the_unknown_as_a_dash():
    assert money(123_456.0, "EUR") == "123,000 EUR"
    assert money(-0.1234) == "−0.123"
    assert money(float("nan")) == "–"


def stability(**columns):
    """The table of topics of the notebook before, with what may be told of each."""
    known = churn_topics()[["topic_id", "label"]]
    return known.assign(keywords="", **{"told": "alone", "told_with": "", **columns})


def test_a_topic_that_is_withheld_has_no_benefit_and_says_why():
    history = dataclasses.replace(HISTORY, topics=stability(told=["withheld", "alone", "alone"]))
    one = table().iloc[:1]
    case = roi.business_cases(one, history, params=PARAMS)[0]
    assert case.source == "unknown" and "is withheld by the topics notebook" in case.reason
    stated = one.assign(benefit_monthly="1000")
    assert roi.business_cases(stated, history, params=PARAMS)[0].source == "stated"


def test_who_answers_for_a_topic_is_said_beside_the_initiative_on_it():
    history = dataclasses.replace(HISTORY, topics=stability(owner=["platform team", "", ""]))
    cases = roi.business_cases(table().iloc[:1], history, params=PARAMS)
    checks = roi.returns(cases, params=PARAMS).checks
    owners = [check.detail for check in checks if check.name.endswith("owners of its topics")]
    assert len(owners) == 1 and owners[0].startswith("platform team answers for topic '")


def test_topics_that_cannot_be_told_apart_are_valued_together_whichever_is_named():
    together = stability(told=["together", "together", "alone"], told_with=["2", "1", ""])
    history = dataclasses.replace(HISTORY, topics=together)
    rows = pd.concat([table().iloc[:1]] * 3).assign(
        initiative_id=["X", "Y", "Z"], topics=[["1"], ["2"], ["1", "2"]]
    )
    apart = roi.business_cases(rows, HISTORY, params=PARAMS)
    cases = roi.business_cases(rows, history, params=PARAMS)
    assert {frozenset(case.topics) for case in cases} == {frozenset(apart[2].topics)}
    found = roi.returns(cases, params=PARAMS)
    means = found.table()["npv_mean"]  # costs and effects are drawn for each
    assert np.ptp(means) < 0.02 * means.max()
    doubt = next(c for c in found.checks if c.name == "X: topics that cannot be told apart")
    assert doubt.passed is False and "counted together" in doubt.detail
    assert len(found.overlap) == 2  # one pool each, shared by all three


def test_a_topic_that_cannot_be_told_from_one_without_a_value_has_none_either():
    together = stability(told=["together", "alone", "together"], told_with=["3", "", "1"])
    history = dataclasses.replace(HISTORY, topics=together)
    case = roi.business_cases(table().iloc[:1], history, params=PARAMS)[0]
    assert case.source == "unknown" and "cannot be told from" in case.reason


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("effect", '{"low": 0.5, "mode": 0.3, "high": 0.6}', "low <= mode <= high is needed"),
        ("effect", "1.5", "is 1.5; from 0 to 1 is allowed"),
        ("effect", "20%", "is not JSON"),
        ("cost_once", "-5", "is -5; from 0 to 1e+15 is allowed"),
        ("cost_once", "{low: 1}", "is not JSON"),
        ("cost_monthly", '{"low": 1, "mod": 2, "high": 3}', "Did you mean 'mode'"),
        ("cost_monthly", '{"low": 1, "high": 3}', "exactly low, mode and high are needed"),
        ("cost_monthly", "true", "a number is needed"),
        ("cost_once", "null", None),
        ("cost_once", "NaN", "is nan; a finite number is needed"),
        ("cost_once", "inf", "is inf; a finite number is needed"),
        ("cost_once", "1e308", "is 1e+308; from 0 to 1e+15 is allowed"),
        ("cost_monthly", '{"low": 1, "mode": 2, "high": NaN}', "high is nan"),
        ("cost_monthly", '{"low": 1, "mode": 2, "high": 1e308}', "high is 1e+308"),
        ("effect", "-0.1", "is -0.1; from 0 to 1 is allowed"),
        ("cost_once", "[1, 2]", "a number is needed"),
        ("cost_once", '{"low": 1, "mode": "x", "high": 3}', "mode is 'x'; a number is needed"),
    ],
)
def test_an_amount_that_cannot_be_used_is_refused_by_initiative_and_column(column, value, message):
    values = table()[column].to_list()
    values[1] = value
    wrong = table(**{column: values})
    if message is None:
        roi.business_cases(wrong, HISTORY, params=PARAMS)
        return
    with pytest.raises(SchemaError, match=f"initiative 'B', column '{column}'") as error:
        roi.business_cases(wrong, HISTORY, params=PARAMS)
    assert message in str(error.value)


def test_all_wrong_amounts_are_told_at_once_in_bounded_text():
    wrong = table(cost_once=["-1"] * 4, effect=["2"] * 4)
    with pytest.raises(SchemaError, match=r"… and 3 more") as error:
        roi.business_cases(wrong, HISTORY, params=PARAMS)
    assert len(error.value.failures) == 8


def test_no_initiative_and_an_id_twice_are_refused():
    with pytest.raises(DataError, match="has no rows"):
        roi.business_cases(table().iloc[:0], HISTORY, params=PARAMS)
    twice = pd.concat([table(), table().iloc[:1]])
    with pytest.raises(DataError, match="the ids A occur more than once"):
        roi.business_cases(twice, HISTORY, params=PARAMS)


def test_topics_are_matched_by_id_label_and_words_and_a_near_miss_is_named():
    def source(name):
        one = table().iloc[:1].assign(topics=[[name]])
        return roi.business_cases(one, HISTORY, params=PARAMS)[0]

    for name in ("1", "SYNC ERRORS", "errors"):
        assert source(name).topics == (("1", "sync errors"),)
    for name in ("slow support", "SUPPORT"):  # words of one label alone
        assert source(name).topics == (("2", "slow support"),)
    assert "Did you mean 'slow support'" in source("slow suport").reason
    assert source("rors").source == "unknown"  # part of a word is not the word


def test_missing_costs_are_told_and_a_missing_pair_cannot_be_valued():
    cases = roi.business_cases(
        table(cost_once=[None] * 4, cost_monthly=[None, "5", None, "5"]), HISTORY, params=PARAMS
    )
    assert cases[0].source == "unknown" and "neither cost_once" in cases[0].reason
    found = roi.returns(cases, params=PARAMS)
    assert np.isnan(found.table().loc[0, "cost_mean"])
    assert any("cost_once is not given" in check.detail for check in found.failed)


def test_tables_have_the_columns_of_the_contract_and_can_be_written(found, hangs, tmp_path):
    ranking = roi.rank_probabilities(found, params=PARAMS)
    expected = {
        found: "initiative_id bcr net_roi npv_mean npv_p5 npv_p50 npv_p95 p_positive "
        "payback_months evpi",
        hangs: "initiative_id input first_order total tornado_low tornado_high break_even",
        ranking: "initiative_id rank probability",
    }
    for result, columns in expected.items():
        result.table().to_parquet(tmp_path / "t.parquet", index=False)
        assert set(columns.split()) <= set(pd.read_parquet(tmp_path / "t.parquet").columns)
        json.loads(result.to_json())


def test_every_figure_is_drawn_with_a_title_and_a_text_of_its_own(found, hangs):
    from matplotlib import pyplot as plt

    ranking = roi.rank_probabilities(found, params=PARAMS)
    ranked = roi.priorities(found, ranking, params=PARAMS)
    for result in (found, hangs, ranking, ranked):
        axes = result.plot()
        assert axes.get_title(loc="left") or axes.get_title()
        assert result.alt() and "drives" not in result.text()
        plt.close(axes.figure)


def test_a_name_that_is_several_topics_is_refused_with_all_of_them():
    topics = churn_topics(label=["sync errors", "sync of rooms", "sync errors"])
    history = dataclasses.replace(HISTORY, churn_topics=topics)

    def told(name):
        return roi.business_cases(table().iloc[:1].assign(topics=[[name]]), history, params=PARAMS)

    with pytest.raises(DataError, match="'sync' is 3 topics") as error:
        told("sync")
    for part in ("initiative 'A', column 'topics'", "'sync of rooms' (id 2)", "exact label or id"):
        assert part in str(error.value)
    with pytest.raises(DataError, match=r"'sync errors' \(id 1\), 'sync errors' \(id 3\)"):
        told("Sync errors")  # one label, two topics
    assert told("sync of rooms")[0].topics == (("2", "sync of rooms"),)
    assert told("1")[0].topics == (("1", "sync errors"),)


@pytest.mark.parametrize("column", ["benefit_monthly", "affected_customers"])
def test_a_stated_benefit_beside_a_topic_with_a_value_is_refused(column):
    both = table(**{column: ["3000", None, "3000", None]})
    with pytest.raises(DataError, match="'A': its benefit is told by topic 'sync errors'") as error:
        roi.business_cases(both, HISTORY, params=PARAMS)
    assert column in str(error.value) and "'C'" not in str(error.value)  # C's topic has no value
    twice = table(topics=[[]] * 4, benefit_monthly=["1"] * 4, affected_customers=["1"] * 4)
    with pytest.raises(DataError, match="benefit_monthly and by affected_customers"):
        roi.business_cases(twice, HISTORY, params=PARAMS)


def test_a_number_alone_gets_the_stated_width_and_is_no_certainty():
    stated = table(
        topics=[[]] * 4, benefit_monthly=["9000"] * 4, cost_once=["5000"] * 4,
        cost_monthly=["0"] * 4,
    )  # fmt: skip
    cases = roi.business_cases(stated, HISTORY, params=PARAMS)
    assert cases[0].alone == ("cost_once", "benefit_monthly")
    assert cases[0].means["benefit_monthly"] == 9000.0
    found = roi.returns(cases, params=PARAMS)
    row = found.table().iloc[0]
    assert row["npv_sd"] > 0.1 * row["benefit_mean"] and row["p_positive"] > 0.99
    assert any("±50%" in check.detail for check in found.checks)
    ranked = roi.priorities(found, roi.rank_probabilities(found, params=PARAMS), params=PARAMS)
    assert set(ranked.table()["priority"]) == {"P1"}
    sure = PARAMS.model_copy(update={"guess_width": 0.0})
    exact = roi.returns(roi.business_cases(stated, HISTORY, params=sure), params=sure)
    assert exact.table().loc[0, "npv_sd"] == pytest.approx(0.0, abs=1e-6)
    known = '{"low": 9000, "mode": 9000, "high": 9000}'  # a benefit known for sure is a guess too
    cases = roi.business_cases(stated.assign(benefit_monthly=known), HISTORY, params=PARAMS)
    assert cases[0].alone == ("cost_once", "benefit_monthly")


def test_the_default_width_of_a_share_stays_within_its_bounds():
    case = roi.business_cases(table(effect=["0.9"] * 4), HISTORY, params=PARAMS)[0]
    effect = next(item.dist for item in case.inputs if item.name == "effect")
    assert float(effect.ppf(1e-6)) > 0.4 and float(effect.ppf(1 - 1e-6)) <= 1.0


def test_with_the_largest_amounts_that_are_allowed_every_number_stays_finite():
    huge = table(cost_once=["1e15"] * 4, cost_monthly=["1e15"] * 4, effect=["1"] * 4)
    cases = roi.business_cases(huge, HISTORY, params=PARAMS)
    found = roi.returns(cases, params=PARAMS)
    rows = found.table().set_index("initiative_id").loc[["A", "B", "D"]]
    assert np.isfinite(rows[["npv_mean", "npv_p5", "bcr", "evpi"]].to_numpy()).all()
    assert "inf" not in found.text() and "nan" not in found.text()


def test_each_initiative_is_a_claim_and_none_that_may_lose_is_to_do(found):
    claims = {one.key: one for one in found.claims() if one.known}
    rows = found.known.set_index("initiative_id")
    assert set(claims) == set(rows.index)
    for key, one in claims.items():
        assert (one.low, one.high) == (rows["npv_p5"][key], rows["npv_p95"][key])
        assert one.next_step() != "do" or one.low > 0
        assert one.next_step() == "leave" or rows["p_positive"][key] >= 0.75
    told = [one for one in found.claims() if not one.known]
    assert {one.key for one in told} - {"kappa"} == set(found.unknown["initiative_id"])
