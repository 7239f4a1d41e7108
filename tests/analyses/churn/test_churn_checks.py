"""The models beside the primary one, and the guards, on a planted study."""

import json
import os
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from planted_leavers import planted_leavers

from insights.analyses import churn
from insights.analyses.churn.attribution import Odds, attributable, shapley
from insights.analyses.churn.hazard import _runs_away
from insights.analyses.churn.prediction import _calibrated, _line
from insights.errors import DataError
from insights.result import Estimate
from insights.stats.confounding import relative_risk_with_silence
from insights.stats.discrimination import area_under_curve, level_scores
from insights.stats.logit import logit


def study(frames, **settings):
    params = churn.Params(**settings)
    said = churn.mentions(frames["feedback"], params=params)
    return churn.person_periods(frames["customers"], said, frames.get("usage"), params=params)


@pytest.fixture(scope="module")
def planted():
    frames, truth = planted_leavers(2500, 18, np.random.default_rng(31))
    return frames, truth


@pytest.fixture(scope="module")
def one(planted):
    periods = study(planted[0], label_precision=0.9, placebo_topics="C, hello")
    return periods, churn.hazard_ratios(periods)


def test_the_parts_of_shapley_equal_all_orders_and_sum_to_the_total():
    rng = np.random.default_rng(1)
    x = np.column_stack([np.ones(400), rng.normal(size=400), rng.random((400, 3)) < 0.3])
    y = (rng.random(400) < 1 / (1 + np.exp(1.5 - x[:, 2:] @ [0.8, 0.5, -0.4]))).astype(float)
    fit, money = logit(x, y, np.arange(400)), rng.random(400) * 30
    odds = Odds(x, fit.coef, fit.cov, [2, 3, 4])
    parts = shapley(odds, [0, 1, 2], money, 0.95)
    whole = attributable(odds, [0, 1, 2], money, 0.95)
    assert sum(part.estimate for part in parts) == pytest.approx(whole.estimate)

    def value(on):
        seen = x.copy()
        seen[:, [c for c in (2, 3, 4) if c not in on]] = 0
        return money @ (1 / (1 + np.exp(-seen @ fit.coef)))

    slow = dict.fromkeys((2, 3, 4), 0.0)
    for order in permutations((2, 3, 4)):
        for place, column in enumerate(order):
            slow[column] += (value(order[: place + 1]) - value(order[:place])) / 6
    assert [part.estimate for part in parts] == pytest.approx(list(slow.values()))

    def first(coef):
        return shapley(replace(odds, coef=coef), [0, 1, 2], money, 0.95)[0].estimate

    slope = np.array([(first(fit.coef + d) - first(fit.coef - d)) / 2e-5 for d in np.eye(5) * 1e-5])
    half = 1.959964 * np.sqrt(slope @ fit.cov @ slope)
    assert parts[0].high - parts[0].estimate == pytest.approx(half, rel=1e-5)


@pytest.mark.parametrize("topics", [3, 9])
def test_exposures_known_by_a_chance_give_parts_that_sum_with_numeric_slopes(topics):
    """Against sums written as loops; nine topics on a row are shared along the straight way."""
    rng = np.random.default_rng(topics)
    columns = list(range(2, 2 + topics))
    x = np.column_stack([np.ones(60), rng.normal(size=60), rng.random((60, topics)) < 0.3])
    chance, money = rng.random((60, topics)), rng.random(60) * 30
    coef = np.concatenate([[-2.0, 0.3], rng.normal(0, 0.7, topics)])
    root = rng.normal(size=(len(coef), len(coef)))
    odds, every = Odds(x, coef, root @ root.T, columns, chance), list(range(topics))

    def value(coef, off):
        total = 0.0
        for row, likely, weight in zip(x, chance, money, strict=True):
            chances = np.exp(row[:2] @ coef[:2])
            for k in every:
                if k not in off:
                    chances *= 1 + likely[k] * (np.exp(coef[2 + k]) - 1)
            total += weight * chances / (1 + chances)
        return total

    def slope_of(call):
        return np.array(
            [(call(coef + d) - call(coef - d)) / 2e-5 for d in np.eye(len(coef)) * 1e-5]
        )

    one = attributable(odds, [1], money, 0.95)
    grade = slope_of(lambda c: value(c, []) - value(c, [1]))
    assert one.estimate == pytest.approx(value(coef, []) - value(coef, [1]))
    half = 1.959964 * np.sqrt(grade @ odds.cov @ grade)
    assert one.high - one.estimate == pytest.approx(half, rel=1e-4)
    parts, whole = shapley(odds, every, money, 0.95), attributable(odds, every, money, 0.95)
    assert sum(part.estimate for part in parts) == pytest.approx(whole.estimate)
    grade = slope_of(lambda c: shapley(replace(odds, coef=c), every, money, 0.95)[0].estimate)
    half = 1.959964 * np.sqrt(grade @ odds.cov @ grade)
    assert parts[0].high - parts[0].estimate == pytest.approx(half, rel=1e-4)
    certain = replace(odds, chance=x[:, columns])
    plain = attributable(replace(odds, chance=None), [1], money, 0.95)
    same = attributable(certain, [1], money, 0.95)
    assert same.estimate == pytest.approx(plain.estimate)
    assert same.high == pytest.approx(plain.high)


def test_the_straight_way_is_near_all_orders_where_leaving_is_rare(monkeypatch):
    rng = np.random.default_rng(3)
    x = np.column_stack([np.ones(500), rng.random((500, 4)) < 0.4])
    coef = np.array([-3.5, 0.7, 0.4, -0.3, 0.0])
    odds, money = Odds(x, coef, np.eye(5), [1, 2, 3, 4]), rng.random(500)
    exact = [part.estimate for part in shapley(odds, [0, 1, 2, 3], money, 0.95)]
    monkeypatch.setattr("insights.analyses.churn.attribution._EXACT", 0)
    near = [part.estimate for part in shapley(odds, [0, 1, 2, 3], money, 0.95)]
    assert near == pytest.approx(exact, rel=0.03, abs=1e-9)


def test_the_parts_of_the_study_sum_to_all_topics_off(one):
    money = churn.money_at_risk(one[1]).table()
    for name in ("excess_part", "mrr_part"):
        assert money[name].iloc[:-1].sum() == pytest.approx(money[name].iloc[-1])
    whole = {"excess_part": "excess_churners", "mrr_part": "mrr_at_risk"}
    for part, name in whole.items():
        assert money[part].iloc[-1] == money[name].iloc[-1]


def test_cox_agrees_and_usage_before_the_window_shows_the_confounding(one):
    periods, risk = one
    found = churn.sensitivity(periods, risk)
    assert not found.failed
    wide = found.rows.pivot(index="topic_id", columns="way", values="odds_ratio")
    assert abs(np.log(wide.at["A", "Cox, start-stop"] / wide.at["A", "primary"])) < 0.1
    # D is raised by those who use little: less held equal, more of that is left in
    ways = ["primary", "usage from before the window", "plan and usage not held equal"]
    assert wide.loc["D", ways].is_monotonic_increasing
    assert wide.at["D", "plan and usage not held equal"] > 1.3


def test_cox_that_is_far_from_the_logit_is_named():
    """With a quarter or more leaving each month odds and hazards part, and the check says so."""
    rng = np.random.default_rng(5)
    speaks = np.arange(1500) % 2 == 0
    month = np.minimum(rng.geometric(np.where(speaks, 0.4, 0.25)), 13)
    start = pd.Timestamp("2023-12-15")
    ended = pd.Series([start + pd.DateOffset(months=int(m)) for m in month]).where(month < 13)
    ids = pd.Series([f"c{k}" for k in range(1500)])
    people = pd.DataFrame({"customer_id": ids, "started_at": start, "ended_at": ended})
    feedback = pd.DataFrame(
        {"customer_id": ids[speaks], "created_at": start.tz_localize("UTC"), "topic": "x",
         "text": "words", "feedback_id": ids[speaks]}
    )  # fmt: skip
    periods = study({"customers": people, "feedback": feedback}, observed_from="2024-01-01",
                    observed_to="2024-12-31", window_days=400)  # fmt: skip
    risk = churn.hazard_ratios(periods)
    found = churn.sensitivity(periods, risk, ways=("Cox, start-stop",))
    assert "Cox agrees with the pooled logit" in [check.name for check in found.failed]
    ratio = found.rows.set_index("way")["odds_ratio"]
    assert ratio["primary"] == pytest.approx(2.0, abs=0.3)  # 0.4 / 0.6 over 0.25 / 0.75
    assert ratio["Cox, start-stop"] < ratio["primary"] - 0.1


def test_landmarks_give_the_chance_within_the_horizon(planted, one):
    periods, risk = one
    found = churn.landmarks(periods, risk)
    rows = found.rows.set_index("topic_id")
    assert found.months == 3 and found.landmarks == 16
    assert rows.at["A", "low"] > 0 and rows.at["C", "low"] < 0 < rows.at["C", "high"]
    exposed = periods.exposed(["A"])[:, 0]
    last = periods.people["last"].to_numpy()[periods.customer]
    leaves = periods.people["leaves"].to_numpy()[periods.customer]
    seen = exposed & (periods.month <= 15)
    share = (leaves & (last < periods.month + 3))[seen].mean()
    assert rows.at["A", "chance"] == pytest.approx(share, abs=1e-6)  # a logit keeps its totals
    short = churn.with_window(periods, window_days=90, gap_days=14)
    short = churn.landmarks(_with(short, horizon_days=700), risk)
    assert "hold no landmark" in short.text()


def _with(periods, **settings):
    from dataclasses import replace

    return replace(periods, params=churn.Params(**{**periods.params.model_dump(), **settings}))


def test_endings_compete_and_are_seen_from_observation_on(planted):
    frames = {key: frame.copy() for key, frame in planted[0].items()}
    rng = np.random.default_rng(2)
    people = frames["customers"]
    failed = people["ended_at"].notna() & (rng.random(len(people)) < 0.3)
    people["ended_reason"] = people["ended_reason"].mask(failed, "involuntary")
    found = churn.cumulative_incidence(study(frames))
    rows = found.table().set_index(["ending", "months"])
    own = rows.loc["left of their own will"]
    assert (own["share"] < own["naive"]).iloc[-1] and own["share"].is_monotonic_increasing
    assert (own["low"] <= own["share"]).all() and (own["share"] <= own["high"]).all()
    assert found.dimension == "plan" and found.p < 0.001  # the plans were planted to differ
    assert set(found.curves["group"]) == {"basic", "pro", "enterprise"}


@pytest.mark.slow
def test_label_errors_are_put_right_and_bound_the_attenuation():
    kept, money, covered = [], [], 0
    for seed in range(8):
        frames, truth = planted_leavers(2500, 18, np.random.default_rng(seed), world="label noise")
        periods = study(frames, label_precision=0.84)
        risk = churn.hazard_ratios(periods)
        rows = churn.label_noise(periods, risk).rows.set_index("topic_id")
        kept.append(np.log(rows.loc["A", ["odds_ratio", "corrected"]].astype(float)))
        plain = churn.hazard_ratios(_with(periods, label_precision=0.0))
        found = churn.money_at_risk(risk)
        at = [frame.table().set_index("topic_id").loc["A"] for frame in (found, plain)]
        money.append([row["mrr_at_risk"] / truth.money["A"] for row in at])
        covered += at[0]["mrr_low"] <= truth.money["A"] <= at[0]["mrr_high"]
        assert "put right for labels 84% of which are right" in found.text()
        assert "label errors carried" in [check.name for check in risk.checks]
        assert plain.righted == 0 and risk.righted == 0.84
    plain, right = np.mean(kept, axis=0)
    assert plain < 0.64 and abs(right - 0.693) < 0.11, (plain, right)
    right, plain = np.mean(money, axis=0)  # of the planted revenue
    assert plain < 0.93 and abs(right - 1) < 0.15 and covered >= 6, (right, plain, covered)


def test_label_noise_of_right_labels_changes_nothing_and_of_unknown_ones_is_supposed(one):
    periods, risk = one
    same = churn.label_noise(_with(periods, label_precision=1.0), risk).rows
    # the odds ratios have their first-order bias taken off, those put right have not
    np.testing.assert_allclose(same["corrected"], same["odds_ratio"], rtol=0.05)
    common = same["topic_id"].isin(list("ABC"))
    np.testing.assert_allclose(same["corrected"][common], same["odds_ratio"][common], rtol=0.01)
    none = churn.label_noise(_with(periods, label_precision=0.0), risk)
    assert "labels have no probability, and label_precision is not set" in none.text()
    assert none.assumed and "Were 80% of them right" in none.text()
    stated = churn.label_noise(_with(periods, label_precision=0.8), risk)
    assert not stated.assumed and "would be" in stated.text()
    pd.testing.assert_frame_equal(none.rows, stated.rows)
    rows = none.rows.set_index("topic_id")
    assert rows.at["A", "corrected"] > rows.at["A", "odds_ratio"]
    ratings = churn.label_noise(replace(_with(periods, label_precision=0.0), kind="rating"), risk)
    assert "cannot be carried" in ratings.text()
    assert "below 0.5" in churn.label_noise(_with(periods, label_precision=0.3), risk).text()


def test_labels_with_probabilities_are_drawn_anew(planted):
    frames = planted[0]
    feedback = frames["feedback"]
    doc = pd.DataFrame({"feedback_id": feedback["feedback_id"], "topic_id": feedback["topic"],
                        "probability": 0.9})  # fmt: skip
    names = pd.DataFrame({"topic_id": list("ABCDEF"), "label": list("ABCDEF")})
    params = churn.Params()
    said = churn.mentions(feedback.drop(columns="topic"), doc, names, params=params)
    periods = churn.person_periods(frames["customers"], said, frames["usage"], params=params)
    rows = churn.label_noise(periods, churn.hazard_ratios(periods)).rows.set_index("topic_id")
    assert rows.at["A", "precision"] == pytest.approx(0.9)
    assert rows.at["A", "corrected"] > rows.at["A", "odds_ratio"]
    assert (rows["label_spread"] > 0).all() and rows.at["A", "label_spread"] < 0.15


@pytest.mark.slow
def test_dealt_labels_reach_real_ones_only_where_nothing_is_planted(one):
    periods, risk = one
    found = churn.permutation_test(periods, risk)
    assert found.p == pytest.approx(1 / 200) and found.observed > np.max(found.drawn)
    check = next(c for c in found.checks if c.name.startswith("placebo"))
    assert check.passed and "not there: hello" in check.detail
    loud = churn.permutation_test(_with(periods, placebo_topics="A"), risk)
    assert not loud.checks[0].passed and "although they cannot matter: A" in loud.text()
    none = dict.fromkeys("ABCDEF", 0.0)
    p = []
    for seed in range(6):
        frames, _ = planted_leavers(600, 18, np.random.default_rng(seed), log_odds=none)
        quiet = study(frames)
        p.append(churn.permutation_test(quiet, churn.hazard_ratios(quiet)).p)
    assert np.mean(np.array(p) <= 0.1) <= 0.5 and np.mean(p) > 0.2


def test_silent_sufferers_are_inverted_over_a_range(one):
    folder = os.environ.get("INSIGHTS_REFERENCE")
    if folder:
        told = (Path(folder) / "causal_sensitivity.json").read_text()
        assert "1.68966" in told or json.loads(told)
    assert relative_risk_with_silence(1.68966, 0.2 * 0.1, 0.1) == pytest.approx(2.0, abs=5e-5)
    assert relative_risk_with_silence(1.741, 0.2 * 0.3, 0.3) == pytest.approx(2.0, abs=5e-3)
    assert relative_risk_with_silence(1.7, 0.3, 1.0) == pytest.approx(1.7)
    assert np.isnan(relative_risk_with_silence(1.7, 0.3, 0.2))  # more affected than there are
    rows = churn.silent_sufferers(*one).rows
    rows = rows[rows["topic_id"] == "A"]
    assert rows["true_ratio"].iloc[-1] == pytest.approx(rows["odds_ratio"].iloc[-1])
    assert rows["true_ratio"].dropna().is_monotonic_decreasing


def test_silent_sufferers_of_a_simulation_come_back():
    rng = np.random.default_rng(6)
    affected = rng.random(400_000) < 0.2
    heard = affected & (rng.random(400_000) < 0.3)
    left = rng.random(400_000) < np.where(affected, 0.06, 0.03)
    seen = left[heard].mean() / left[~heard].mean()
    assert relative_risk_with_silence(seen, heard.mean(), 0.3) == pytest.approx(2.0, abs=0.15)


def test_weights_bring_respondents_back_to_everybody():
    """Basic customers leave oftener and speak less; nothing else goes with speaking."""
    none = dict.fromkeys("ABCDEF", 0.0)
    frames, _ = planted_leavers(4000, 18, np.random.default_rng(8), log_odds=none)
    plan = frames["customers"].set_index("customer_id")["plan"]
    quiet = frames["feedback"]["customer_id"].map(plan) == "basic"
    rng = np.random.default_rng(9)
    frames["feedback"] = frames["feedback"][
        ~(quiet & (rng.random(len(quiet)) < 0.85)) & (frames["feedback"]["topic"] != "D")
    ]
    found = churn.respondents(study(frames))
    share = found.rows.set_index("who")["share"]
    plain = abs(share["respondents"] - share["everybody"])
    weighted = abs(share["respondents, weighted"] - share["everybody"])
    assert weighted < plain / 2, share
    assert not found.failed
    small = churn.respondents(study({k: f[:60] if k == "customers" else f
                                     for k, f in frames.items()}))  # fmt: skip
    assert "cannot be weighted" in small.text()


def test_pairs_of_topic_and_segment_are_one_family(one):
    periods, risk = one
    found = churn.by_segment(periods, risk)
    assert found.method == "by" and found.tests == found.rows["p"].notna().sum()
    assert f"{found.tests} pairs of topic and segment tested" in found.text()
    reported = found.rows[found.rows["status"] == "reported"]
    assert set(reported["topic_id"]) <= {"A", "B"} and "A" in set(reported["topic_id"])
    few, some = found.rows["exposed_churners"] < 5, found.rows["exposed_churners"] < 10
    assert few.any() and (found.rows.loc[few, "status"] == "suppressed").all()
    assert found.rows.loc[few, "odds_ratio"].isna().all()
    assert (some & ~few).any() and (found.rows.loc[some & ~few, "status"] == "exploratory").all()
    assert found.rows.loc[~few, "odds_ratio"].notna().all()
    assert (found.rows["p"].notna() == ~some).all()
    single = churn.by_segment(_only(periods, "plan"), risk)
    assert single.method == "bh"


@pytest.mark.slow
def test_a_topic_that_matters_in_one_segment_is_found_there_and_nowhere_else():
    """Twelve runs of A that goes with leaving in the north alone."""
    told = []
    for seed in range(12):
        frames, _ = planted_leavers(2000, 18, np.random.default_rng(seed), world="segments")
        periods = _only(study(frames), "segment")
        rows = churn.by_segment(periods, churn.hazard_ratios(periods)).rows
        told.append(rows.assign(pair=rows["topic_id"] + " " + rows["level"]))
    told = pd.concat(told)
    truth = told["topic_id"].map({"A": 0.693, "B": 0.405}).fillna(0.0)
    truth = truth.mask(told["pair"] == "A south", 0.0)
    told["log"] = np.log(told["odds_ratio"])
    mean = told.groupby("pair")["log"].mean()
    assert mean["A north"] == pytest.approx(0.693, abs=0.2)
    assert mean["A south"] == pytest.approx(0.0, abs=0.2)
    known = told["odds_ratio"].notna()
    covered = (told["low"] <= np.exp(truth)) & (np.exp(truth) <= told["high"])
    assert covered[known].mean() >= 0.87
    reported = (told["status"] == "reported").groupby(told["pair"]).mean()
    assert reported["A north"] >= 0.5 and reported["A south"] <= 0.2


def _only(periods, name):
    return replace(periods, dimensions=(name,))


def test_accounts_widen_the_errors_and_a_missing_column_is_named():
    frames, _ = planted_leavers(2500, 18, np.random.default_rng(41), world="accounts")
    alone = churn.hazard_ratios(study(frames)).table().set_index("topic_id")
    shared = churn.hazard_ratios(study(frames, account="account_id")).table().set_index("topic_id")
    np.testing.assert_allclose(alone["odds_ratio"], shared["odds_ratio"].reindex(alone.index))
    width = (np.log(shared["high"] / shared["low"]) / np.log(alone["high"] / alone["low"])).mean()
    assert width > 1.02
    with pytest.raises(DataError, match="no column 'firm', which the setting 'account' names"):
        study(frames, account="firm")


def test_the_area_under_the_curve_equals_a_count_of_pairs():
    rng = np.random.default_rng(3)
    score, left = np.round(rng.normal(size=80), 1), rng.random(80) < 0.4
    pairs = [(a > b) + 0.5 * (a == b) for a in score[left] for b in score[~left]]
    assert area_under_curve(score, left) == pytest.approx(np.mean(pairs))
    assert np.isnan(area_under_curve(score, np.zeros(80, bool)))
    keys = level_scores(np.arange(80), left)  # levels of one row tell nothing
    assert abs(area_under_curve(keys, left) - 0.5) < 0.2


@pytest.mark.parametrize(
    ("low", "high", "passed"),
    [(0.9, 1.1, True), (0.4, 0.7, False), (0.7, 1.0, None), (0.6, 1.6, None), (1.3, 1.9, False)],
)
def test_a_calibration_slope_is_judged_by_its_interval(low, high, passed):
    def estimate(a, b):
        return Estimate((a + b) / 2, a, b, 0.95, 100)

    check = _calibrated((estimate(-0.1, 0.1), estimate(low, high)))
    assert check.passed is passed
    assert f"[{low:.2f}, {high:.2f}]" in check.detail
    assert ("cannot be told" in check.detail) == (passed is None)


def test_a_calibration_line_is_found_with_its_interval():
    rng = np.random.default_rng(4)
    eta = rng.normal(-2.0, 1.0, 20_000)
    seen = (rng.random(20_000) < 1 / (1 + np.exp(-(0.2 + 0.7 * eta)))).astype(float)
    intercept, slope = _line(eta, seen, np.arange(20_000))
    assert slope.low < 0.7 < slope.high and slope.high - slope.low < 0.15
    assert intercept.low < 0.2 < intercept.high
    assert _line(np.full(50, -2.0), np.zeros(50), np.arange(50)) is None


def test_what_money_is_divided_by_is_the_observation_in_days(one):
    periods, risk = one
    months = (periods.end - periods.begin).days / 30.4375
    assert (risk.table()["observed_months"] == months).all() and 17.9 < months < 18.1
    assert f"over {months:.2f} months" in churn.money_at_risk(risk).text()
    rows = risk.estimated.set_index("topic_id")
    assert (rows["log_odds_se"] > 0).all()
    # with a stated precision of labels they are those of the true topics, as the money is
    assert rows.at["A", "log_odds"] > np.log(rows.at["A", "odds_ratio"])


def test_the_chance_within_the_horizon_agrees_with_that_of_the_landmarks(planted):
    periods = study(planted[0])
    risk = churn.hazard_ratios(periods)
    hazard = risk.topics.set_index("topic_id").loc[["A", "B", "C"], ["chance", "chance_off"]]
    stacked = churn.landmarks(periods, risk).rows.set_index("topic_id").loc[["A", "B", "C"]]
    assert np.allclose(hazard, stacked[["chance", "chance_off"]], rtol=0.2)


def test_a_topic_said_weeks_before_leaving_falls_with_the_gap_and_is_a_leak(planted):
    frames = dict(planted[0])
    customers, rng = frames["customers"], np.random.default_rng(5)
    left = customers[customers["ended_at"].notna()].sample(frac=0.5, random_state=1)
    days = pd.to_timedelta(rng.integers(17, 28, len(left)), unit="D")
    then = (left["ended_at"] - days).dt.tz_localize(frames["feedback"]["created_at"].dt.tz)
    some = frames["feedback"].sample(1_200, random_state=2)
    late = some.iloc[: len(left)].assign(
        customer_id=left["customer_id"].to_numpy(), created_at=then.array, channel="email"
    )
    added = pd.concat([some, late]).assign(topic="X")
    added["feedback_id"] = [f"x{k}" for k in range(len(added))]
    frames["feedback"] = pd.concat([frames["feedback"], added], ignore_index=True)
    gaps = churn.gap_curve(study(frames))
    assert "X" in gaps.leaks
    row = gaps.flags.set_index("topic_id").loc["X"]
    assert row["near"] < 0.2 * row["mentions"]
    assert row["log_odds_0"] > 2 * row["log_odds_30"]
    assert "A" not in gaps.leaks


def test_intervals_of_the_gap_curve_are_as_wide_as_those_of_the_odds_ratios(planted):
    periods = study(planted[0])
    risk = churn.hazard_ratios(periods).topics.set_index("topic_id").loc[["A", "B", "C"]]
    curve = (
        churn.gap_curve(periods).curve.query("gap_days == 14").set_index("topic_id").loc[risk.index]
    )
    assert np.allclose(curve["high"] - curve["low"], np.log(risk["high"] / risk["low"]), rtol=0.1)
    assert ((curve["low"] < curve["log_odds"]) & (curve["log_odds"] < curve["high"])).all()


def test_ever_or_never_is_the_odds_ratio_of_four_counts(planted):
    periods = study(planted[0])
    risk = churn.hazard_ratios(periods)
    rows = churn.naive_beside_correct(periods, risk).rows
    assert ((rows["low"] <= rows["odds_ratio"]) & (rows["odds_ratio"] <= rows["high"])).all()
    people = periods.people["leaves"].to_numpy(bool)
    for row in rows[rows["way"] == "ever or never"].itertuples():
        codes = set(periods.mentions.loc[periods.mentions["topic_id"] == row.topic_id, "code"])
        table = np.full((2, 2), 0.5)
        for code, left in enumerate(people):
            table[int(code in codes), int(left)] += 1
        assert row.odds_ratio == pytest.approx(
            table[1, 1] * table[0, 0] / table[1, 0] / table[0, 1]
        )
        error = np.sqrt((1 / table).sum())
        assert np.log(row.high / row.low) == pytest.approx(2 * 1.959964 * error, rel=1e-5)


@pytest.mark.parametrize(
    ("settled", "coef", "share", "away"),
    [(True, 9.0, 1.0, False), (False, 5.5, 0.5, True), (False, 4.5, 0.96, True),
     (False, -5.5, 0.0, True), (False, 4.5, 0.9, False)],
)  # fmt: skip
def test_a_coefficient_without_a_finite_maximum_is_told_by_its_size_or_by_who_left(
    settled, coef, share, away
):
    fit = SimpleNamespace(converged=settled, separated=False, coef=np.array([coef]))
    assert _runs_away(SimpleNamespace(fit=fit), 0, share) is away
