"""What is planted is found, what is not planted is not, and short cuts stay wrong."""

import re

import numpy as np
import pandas as pd
import pytest
from planted_leavers import LEAVING_LOG_ODDS, planted_leavers

from insights.analyses import churn
from insights.analyses.churn import naive
from insights.analyses.churn.attribution import Odds, attributable
from insights.analyses.churn.design import adjustment
from insights.analyses.churn.model import fit_topics
from insights.stats.logit import logit

LOG_ODDS = LEAVING_LOG_ODDS
RUNS, CUSTOMERS, MONTHS = 60, 1500, 18
CAUSAL = re.compile(r"\b(drives?|because|caus(e|es|ed|al)|leads? to|due to)\b|导致|造成|引起", re.I)


def study(frames, **settings):
    params = churn.Params(**settings)
    said = churn.mentions(frames["feedback"], params=params)
    return churn.person_periods(frames["customers"], said, frames.get("usage"), params=params)


@pytest.fixture(scope="module")
def one():
    frames, planted = planted_leavers(3000, MONTHS, np.random.default_rng(11))
    periods = study(frames)
    gaps = churn.gap_curve(periods)
    return frames, planted, periods, gaps, churn.hazard_ratios(periods, gaps)


@pytest.fixture(scope="module")
def runs():
    """Estimates of many simulated studies: one row a run and topic."""
    rows = []
    for seed in range(RUNS):
        frames, planted = planted_leavers(CUSTOMERS, MONTHS, np.random.default_rng(1000 + seed))
        periods = study(frames)
        topics = list("ABCD")
        ways = dict.fromkeys(["ever", "same", "plain"], np.full(5, np.nan))
        if seed < 15:  # how wrong they are needs fewer runs to be seen
            ways = {
                "ever": naive.ever_never(periods, [*topics, "E"])[0],
                "same": naive.same_month(periods, [*topics, "E"])[0],
                "plain": naive.unadjusted(periods, topics)[0],
            }
        found = churn.hazard_ratios(periods).table().set_index("topic_id")
        for place, topic in enumerate([*topics, "E"]):
            row = {"topic": topic, "ever": ways["ever"][place], "same": ways["same"][place]}
            if topic != "E":
                row["plain"] = ways["plain"][place]
                got = found.loc[topic]
                row["estimate"] = np.log(got["odds_ratio"])
                truth = LOG_ODDS[topic]
                row["covered"] = np.log(got["low"]) <= truth <= np.log(got["high"])
                money = planted.money[topic]
                row["money"] = got["mrr_low"] <= money <= got["mrr_high"]
                row["reported"] = got["status"] == "reported"
            rows.append(row)
    return pd.DataFrame(rows)


@pytest.mark.slow
def test_planted_odds_ratios_come_back(runs):
    mean = runs.groupby("topic")["estimate"].mean()
    for topic in "ABCD":
        assert abs(mean[topic] - LOG_ODDS[topic]) <= 0.06, f"{topic}: {mean[topic]:.3f}"


@pytest.mark.slow
def test_intervals_cover_what_was_planted(runs):
    covered = runs[runs["topic"] != "E"].groupby("topic")["covered"].mean()
    assert (covered >= 0.87).all(), covered
    money = runs[runs["topic"].isin(["A", "B"])].groupby("topic")["money"].mean()
    assert (money >= 0.85).all(), money


@pytest.mark.slow
def test_false_findings_stay_below_the_rate_that_was_asked_for(runs):
    known = runs[runs["topic"] != "E"]
    null = known[known["topic"].isin(["C", "D"])]
    false_share = null["reported"].sum() / max(known["reported"].sum(), 1)
    assert false_share <= 0.1
    assert known.loc[known["topic"] == "A", "reported"].mean() >= 0.9


@pytest.mark.slow
def test_shorter_ways_stay_wrong(runs):
    mean = runs.groupby("topic")[["ever", "same", "plain"]].mean()
    assert mean.loc["A", "ever"] < -0.3  # the sign of a true .693 turns round
    assert mean.loc["E", "same"] > 2.5  # a farewell looks like the strongest reason
    assert mean.loc["D", "plain"] > 0.15  # low usage makes a null look harmful


def test_every_guard_fires_on_the_planted_study(one):
    _, planted, periods, gaps, risk = one
    status = risk.table().set_index("topic_id")["status"]
    assert status["A"] == "reported" and status["B"] == "reported"
    assert status["E"] == "leak" and gaps.leaks == ("E",)
    assert not set(status[["C", "D", "F"]]) & {"reported", "leak"}
    assert periods.events == planted.churners
    stated = gaps.stated.set_index("topic_id")
    assert stated.index[0] == "E" and stated.at["E", "leak"]
    assert "and 1 more of 5 topics tested go with leaving" in risk.text()


def test_cancellation_channels_are_kept_apart_in_both_languages():
    for channel in ("Cancellation survey", "退订问卷"):
        frames, _ = planted_leavers(
            1500, MONTHS, np.random.default_rng(12), survey_channel=channel, on_leaving_only=True
        )
        periods = study(frames)
        gaps = churn.gap_curve(periods)
        flags = gaps.flags.set_index("topic_id")
        assert flags.at["E", "why"] == "said in cancellation channels"
        assert flags.at["E", "cancelling"] > 0 and gaps.leaks == ("E",)
    frames, _ = planted_leavers(1500, MONTHS, np.random.default_rng(12), survey_channel="退订问卷")
    assert not study(frames, exclude_channels="").mentions["excluded"].any()


def test_nothing_planted_nothing_reported():
    none = dict.fromkeys(LOG_ODDS, 0.0)
    reported = 0
    for seed in range(12):
        frames, _ = planted_leavers(800, MONTHS, np.random.default_rng(500 + seed), log_odds=none)
        risk = churn.hazard_ratios(study(frames))
        reported += len(risk.reported) > 0
    assert reported <= 4  # at most: each run has a chance of about .10 (4 standard errors)


def test_rows_in_any_order_give_the_same_numbers(one):
    frames, _, periods, _, risk = one
    shuffled = {key: frame.sample(frac=1, random_state=3) for key, frame in frames.items()}
    again = churn.hazard_ratios(study(shuffled), churn.gap_curve(periods))
    pd.testing.assert_frame_equal(risk.table(), again.table())


def test_money_scales_with_the_currency_and_intervals_hold_their_estimate(one):
    frames, _, _, gaps, risk = one
    dear = frames["customers"].assign(monthly_revenue=frames["customers"]["monthly_revenue"] * 7)
    base, times = risk.table(), churn.hazard_ratios(study(frames | {"customers": dear}), gaps)
    ratio = times.table()["mrr_at_risk"] / base["mrr_at_risk"]
    assert ratio.dropna().between(6.9, 7.1).all()
    known = base[base["odds_ratio"].notna()]
    for low, middle, high in (
        ("low", "odds_ratio", "high"),
        ("excess_low", "excess_churners", "excess_high"),
        ("mrr_low", "mrr_at_risk", "mrr_high"),
    ):
        assert (known[low] <= known[middle]).all() and (known[middle] <= known[high]).all()


def test_standardised_leavers_equal_a_loop_and_a_numeric_delta_method():
    rng = np.random.default_rng(13)
    x = np.column_stack([np.ones(900), rng.normal(size=900), rng.random(900) < 0.3])
    y = (rng.random(900) < 1 / (1 + np.exp(2 - 0.8 * x[:, 2]))).astype(float)
    fit, money = logit(x, y, np.arange(900)), rng.random(900) * 50

    def total(coef):
        off = x.copy()
        off[:, 2] = 0
        on, without = (1 / (1 + np.exp(-rows @ coef)) for rows in (x, off))
        return sum(m * (a - b) for m, a, b in zip(money, on, without, strict=True))

    got = attributable(Odds(x, fit.coef, fit.cov, [2]), [0], money, 0.95)
    slope = np.array([(total(fit.coef + d) - total(fit.coef - d)) / 2e-5 for d in np.eye(3) * 1e-5])
    assert got.estimate == pytest.approx(total(fit.coef))
    assert got.high - got.estimate == pytest.approx(
        1.959964 * np.sqrt(slope @ fit.cov @ slope), rel=1e-5
    )


def test_intervals_of_revenue_are_as_wide_as_a_bootstrap_of_accounts_says():
    """80 draws of 400 accounts; 500 draws in benchmarks/bench_churn_money.py."""
    rng = np.random.default_rng(23)
    frames, _ = planted_leavers(2000, 12, rng, world="accounts")
    periods = study(frames, account="account_id")
    topics = list("ABC")
    model = fit_topics(periods, topics, periods.exposed(topics), adjustment(periods))
    revenue = periods.people["revenue"].to_numpy(float)[periods.customer]
    x, columns = model.design.x, list(model.columns.values())

    def money(fit):
        odds = Odds(x, fit.coef, fit.cov, columns)
        return [attributable(odds, [k], revenue, 0.95) for k in range(3)]

    half = np.array([one.high - one.estimate for one in money(model.fit)])
    order = np.argsort(periods.cluster, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(periods.cluster))[:-1])
    drawn = []
    for _ in range(80):
        rows = np.concatenate([members[k] for k in rng.integers(0, len(members), len(members))])
        again = logit(x[rows], periods.event[rows], periods.cluster[rows], start=model.fit.coef)
        drawn.append([one.estimate for one in money(again)])
    ratio = half / 1.959964 / np.std(drawn, axis=0, ddof=1)
    assert np.all((ratio > 0.75) & (ratio < 1.3)), ratio  # 4 errors of a spread over 80 draws


def small(rng, customers=400, leavers=60, exposed=7):
    """A study in which exactly `exposed` leavers, and twenty others, raised one topic."""
    end = pd.Series([pd.NaT] * customers, dtype="datetime64[ns]")
    end[:leavers] = pd.Timestamp("2024-06-10") + pd.to_timedelta(rng.integers(0, 90, leavers), "D")
    people = pd.DataFrame(
        {
            "customer_id": [f"c{k:04d}" for k in range(customers)],
            "started_at": pd.Timestamp("2023-01-01"),
            "ended_at": end,
        }
    )
    who = [*range(exposed), *range(leavers, leavers + 20), *range(300, 330)]
    before = end.fillna(pd.Timestamp("2024-06-15")).dt.to_period("M").dt.start_time
    feedback = pd.DataFrame(
        {
            "feedback_id": [f"f{k}" for k in range(len(who))],
            "customer_id": [f"c{k:04d}" for k in who],
            "created_at": (before[who].to_numpy() - pd.Timedelta(days=40)),
            "text": "words",
            "topic": ["rare"] * (exposed + 20) + ["other"] * 30,
        }
    )
    feedback["created_at"] = feedback["created_at"].dt.tz_localize("UTC")
    return {"customers": people, "feedback": feedback}


@pytest.mark.parametrize(
    ("exposed", "status", "method"),
    [
        (3, "suppressed", ""),
        (7, "exploratory", "Firth"),
        (12, {"reported", "exploratory"}, "logit"),
    ],
)
def test_small_cells_are_suppressed_or_marked(exposed, status, method):
    frames = small(np.random.default_rng(14), exposed=exposed)
    settings = {"observed_from": "2024-01-01", "observed_to": "2024-12-31"}
    row = churn.hazard_ratios(study(frames, **settings)).table().set_index("topic_id").loc["rare"]
    assert row["exposed_churners"] == exposed
    assert row["status"] in ({status} if isinstance(status, str) else status)
    assert row["method"] == method
    assert np.isnan(row["odds_ratio"]) == (status == "suppressed")


def test_a_topic_whose_customers_all_left_gets_a_finite_marked_estimate():
    frames = small(np.random.default_rng(15), exposed=12)
    gone = frames["feedback"]["customer_id"] < "c0060"
    frames["feedback"] = frames["feedback"][gone | (frames["feedback"]["topic"] == "other")]
    settings = {"observed_from": "2024-01-01", "observed_to": "2024-12-31", "min_customers": 5}
    frames["feedback"]["created_at"] += pd.Timedelta(days=20)
    risk = churn.hazard_ratios(study(frames, **settings))
    row = risk.table().set_index("topic_id").loc["rare"]
    assert np.isfinite(row[["odds_ratio", "low", "high"]].astype(float)).all()
    assert row["odds_ratio"] > 1


def test_too_few_leavers_cannot_tell_but_coverage_is_still_shown():
    frames = small(np.random.default_rng(16), leavers=12)
    periods = study(frames, observed_from="2024-01-01", observed_to="2024-12-31")
    risk, cover = churn.hazard_ratios(periods, churn.gap_curve(periods)), churn.coverage(periods)
    assert "Cannot tell" in risk.text() and "only 12 customers left" in risk.text()
    assert (
        risk.table()["odds_ratio"].isna().all() and (risk.table()["status"] == "suppressed").all()
    )
    assert cover.silent is not None and cover.silent.n == 12
    assert "cannot tell" in churn.out_of_time(periods, risk).text().lower()
    for result in (
        risk,
        cover,
        churn.money_at_risk(risk),
        churn.naive_beside_correct(periods, risk),
    ):
        assert result.text() and result.to_json()


def test_customers_who_all_stay_leave_nothing_to_estimate():
    frames = small(np.random.default_rng(17))
    frames["customers"]["ended_at"] = pd.Series([pd.NaT] * 400, dtype="datetime64[ns]")
    periods = study(frames, observed_from="2024-01-01", observed_to="2024-12-31")
    risk = churn.hazard_ratios(periods, churn.gap_curve(periods))
    assert "Cannot tell" in risk.text() and "nobody left" in risk.text()
    assert "Nobody left" in churn.coverage(periods).text()


def test_a_dimension_that_tells_the_outcome_is_left_out_and_named():
    frames, _ = planted_leavers(1500, MONTHS, np.random.default_rng(18))
    gone = frames["customers"]["ended_at"].notna()
    frames["customers"]["state"] = np.where(gone, "closed", "open")
    risk = churn.hazard_ratios(study(frames))
    assert [check.name for check in risk.failed] == ["no column gives the outcome away"]
    assert "state" in risk.text()


def test_without_topics_ratings_are_the_exposure_and_without_those_any_feedback():
    frames, _ = planted_leavers(1500, MONTHS, np.random.default_rng(19))
    bare = frames["feedback"].drop(columns="topic")
    rated = bare.assign(rating=np.where(frames["feedback"]["topic"].isin(["A", "B"]), 0.2, 0.9))
    low = churn.hazard_ratios(study(frames | {"feedback": rated}))
    assert low.kind == "rating" and set(low.reported["label"]) == {"low rating"}
    assert churn.hazard_ratios(study(frames | {"feedback": bare})).kind == "any"


def test_given_topics_and_topics_of_a_model_are_read_alike():
    frames, _ = planted_leavers(1500, MONTHS, np.random.default_rng(20))
    feedback = frames["feedback"]
    numbers = {letter: str(k) for k, letter in enumerate("ABCDEF")}
    doc = pd.DataFrame(
        {"feedback_id": feedback["feedback_id"], "topic_id": feedback["topic"].map(numbers)}
    )
    names = pd.DataFrame({"topic_id": list(numbers.values()), "label": list(numbers)})
    params = churn.Params()
    said = churn.mentions(feedback.drop(columns="topic"), doc, names, params=params)
    periods = churn.person_periods(frames["customers"], said, frames["usage"], params=params)
    modelled = churn.hazard_ratios(periods).table().set_index("label")["odds_ratio"].sort_index()
    given = churn.hazard_ratios(study(frames)).table().set_index("label")["odds_ratio"].sort_index()
    np.testing.assert_allclose(modelled, given, rtol=1e-8)


def test_it_works_without_usage_and_says_when_feedback_predicts(one):
    frames, _, periods, _, risk = one
    bare = {key: frame for key, frame in frames.items() if key != "usage"}
    assert len(churn.hazard_ratios(study(bare)).reported) >= 1
    told = churn.out_of_time(periods, risk)
    assert told.gain is not None and told.gain.low <= told.gain.estimate <= told.gain.high
    none = dict.fromkeys(LOG_ODDS, 0.0)
    flat, _ = planted_leavers(1500, MONTHS, np.random.default_rng(21), log_odds=none)
    quiet = study(flat)
    text = churn.out_of_time(quiet, churn.hazard_ratios(quiet)).text()
    assert "feedback adds no measurable prediction beyond usage and plan" in text


@pytest.mark.slow
def test_every_text_names_its_estimand_and_no_text_claims_a_cause(one):
    _, _, periods, gaps, risk = one
    results = [
        periods, churn.coverage(periods), gaps, risk, churn.money_at_risk(risk),
        churn.naive_beside_correct(periods, risk), churn.out_of_time(periods, risk),
        churn.sensitivity(periods, risk), churn.landmarks(periods, risk),
        churn.cumulative_incidence(periods),
        churn.label_noise(periods, risk), churn.permutation_test(periods, risk),
        churn.silent_sufferers(periods, risk), churn.respondents(periods),
        churn.by_segment(periods, risk),
    ]  # fmt: skip
    for result in results:
        everything = result.to_json() + " ".join(c.detail for c in result.checks)
        assert not CAUSAL.search(everything), CAUSAL.search(everything)
        axes = result.plot()
        words = [axes.get_title(), axes.get_xlabel(), axes.get_ylabel()]
        words += [text.get_text() for text in axes.texts]
        assert not CAUSAL.search(" ".join(words))
    assert "djusted association" in risk.text() and "djusted association" in gaps.text()
    assert "tandardised association" in churn.money_at_risk(risk).text()
    assert (risk.table()["estimand"] == "adjusted association").all()
    money = churn.money_at_risk(risk)
    assert (money.table()["estimand"] == "standardised association").all()
    assert "What fixing a topic would save is a further question" in money.text()


def test_tables_keep_the_contract_and_can_be_written(one, tmp_path):
    _, _, periods, gaps, risk = one
    columns = [
        "topic_id", "label", "exposed_customers", "exposed_churners", "odds_ratio", "low", "high",
        "p", "q", "excess_churners", "excess_low", "excess_high", "mrr_at_risk", "mrr_low",
        "mrr_high", "status",
    ]  # fmt: skip
    assert risk.table().columns[: len(columns)].tolist() == columns
    cover = churn.coverage(periods)
    wanted = [
        "group", "customers", "with_feedback", "churners", "churners_with_feedback", "share",
        "low", "high",
    ]  # fmt: skip
    assert cover.table().columns[: len(wanted)].tolist() == wanted
    for k, frame in enumerate([risk.table(), cover.table(), gaps.table(), gaps.stated]):
        frame.to_parquet(tmp_path / f"{k}.parquet")


def test_another_window_is_the_same_as_building_it_anew(one):
    frames, _, periods, _, _ = one
    moved = churn.with_window(periods, window_days=60, gap_days=7)
    built = study(frames, window_days=60, gap_days=7)
    np.testing.assert_array_equal(moved.exposed(["A"]), built.exposed(["A"]))


@pytest.mark.slow
def test_a_leak_topic_takes_nothing_from_the_others():
    """Whoever raised A and left says X forty days before: beside X's column A would protect."""
    frames, _ = planted_leavers(2500, MONTHS, np.random.default_rng(31))
    people, said = frames["customers"], frames["feedback"]
    raised = people["customer_id"].isin(said.loc[said["topic"] == "A", "customer_id"])
    gone = people[raised & people["ended_at"].notna()]
    before = (gone["ended_at"] - pd.Timedelta(days=40)).dt.tz_localize("UTC")
    knowing = said.iloc[: len(gone)].assign(
        feedback_id=[f"x{k}" for k in range(len(gone))], topic="X",
        customer_id=gone["customer_id"].to_numpy(), created_at=before.to_numpy(),
    )  # fmt: skip
    knowing["created_at"] = knowing["created_at"].astype(said["created_at"].dtype)
    plain = study(frames)
    plain = churn.hazard_ratios(plain, churn.gap_curve(plain)).topics.set_index("topic_id")
    periods = study(frames | {"feedback": pd.concat([said, knowing], ignore_index=True)})
    beside = churn.hazard_ratios(periods).topics.set_index("topic_id")
    assert beside.at["A", "high"] < 1
    risk = churn.hazard_ratios(periods, churn.gap_curve(periods))
    assert set(risk.leaks) == {"E", "X"}
    found = risk.topics.set_index("topic_id")
    others, columns = list("ABCDF"), ["odds_ratio", "low", "high", "p", "mrr_at_risk", "mrr_part"]
    # all but the same: X stretches the months observed by some days at most
    assert np.allclose(found.loc[others, columns], plain.loc[others, columns], rtol=0.02)
    assert found.at["X", "odds_ratio"] > 10 and np.isnan(found.at["X", "mrr_part"])
    for result in (
        churn.sensitivity(periods, risk), churn.landmarks(periods, risk),
        churn.label_noise(periods, risk), churn.by_segment(periods, risk),
    ):  # fmt: skip
        assert "X" not in set(result.rows["topic_id"])
    ways = churn.sensitivity(periods, risk).rows.set_index(["topic_id", "way"])["odds_ratio"]
    assert ways["A", "Cox, start-stop"] == pytest.approx(plain.at["A", "odds_ratio"], rel=0.1)
