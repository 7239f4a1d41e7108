from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from insights.synthetic import returns, simulate_firm
from insights.synthetic.topics import POLARITY, TOPICS, expected_polarity, topic_weights


@pytest.fixture(scope="module")
def fitted(firm):
    """Pooled logit on the planted person-months: adjusted, and without adjustment."""
    frames, truth = firm
    rows = truth.churn.person_months
    plan = rows["customer_id"].map(frames.customers.set_index("customer_id")["plan"])
    topics = [f"exposed_{name}" for name in TOPICS if name != truth.churn.leak_topic]
    exposed = rows[topics].astype(float)
    months = np.log1p(rows["tenure_months"]).rename("tenure")
    adjusted = pd.concat(
        [
            exposed,
            rows[["usage", "usage_trend"]],
            months,
            pd.get_dummies(plan, drop_first=True, dtype=float),
        ],
        axis=1,
    )
    churned = rows["churned"].astype(float)
    return tuple(
        sm.Logit(churned, sm.add_constant(columns)).fit(disp=0) for columns in (adjusted, exposed)
    )


def test_the_hazard_is_the_documented_formula(firm):
    frames, truth = firm
    churn = truth.churn
    rows = churn.person_months.sample(200, random_state=1)
    plan = frames.customers.set_index("customer_id")["plan"]
    for row in rows.to_dict("records"):
        logit = churn.intercept + churn.plan[plan[row["customer_id"]]]
        logit += churn.tenure * (np.log(1 + row["tenure_months"]) - 2.5)
        logit += churn.usage * row["usage"] + churn.usage_trend * row["usage_trend"]
        logit += sum(size for name, size in churn.log_odds.items() if row[f"exposed_{name}"])
        assert row["hazard"] == pytest.approx(1 / (1 + np.exp(-logit)), rel=1e-12)


def test_exposure_is_what_the_written_feedback_says(firm):
    frames, truth = firm
    churn = truth.churn
    written = frames.feedback.query("kind == 'message' and channel != 'exit'")
    written = written[written["customer_id"].notna()]
    rows = churn.person_months.query("period_start == '2025-04-01'")
    start = pd.Timestamp("2025-04-01", tz="UTC")
    closes = start - pd.Timedelta(days=churn.gap_days)
    opens = closes - pd.Timedelta(days=churn.window_days)
    inside = written[(written["created_at"] > opens) & (written["created_at"] <= closes)]
    for name in ("billing", "support", "onboarding"):
        who = set(inside.loc[inside["topic"] == name, "customer_id"])
        assert rows["customer_id"].isin(who).tolist() == rows[f"exposed_{name}"].tolist()


def test_usage_before_the_month_is_what_the_usage_file_says(firm):
    frames, truth = firm
    rows = truth.churn.person_months.query("period_start == '2024-09-01'")
    before = frames.usage.query("period_start == '2024-08-01'").set_index("customer_id")
    score = before["adoption_score"].loc[rows["customer_id"]].to_numpy()
    latent = (score - truth.churn.usage_centre) / truth.churn.usage_scale
    assert np.allclose(latent, rows["usage"])


def test_churners_in_the_table_are_those_of_the_person_months(firm):
    frames, truth = firm
    left = truth.churn.person_months.query("churned")
    table = frames.customers[~frames.customers["customer_id"].isin(truth.broken_customers)]
    table = table[table["ended_reason"] == "voluntary"].set_index("customer_id")["ended_at"]
    assert set(left["customer_id"]) == set(table.index)
    assert 1000 < len(left) < 1700
    month = table.loc[left["customer_id"]].dt.to_period("M").dt.start_time
    assert (month.to_numpy() == left["period_start"].to_numpy()).all()


@pytest.mark.parametrize(("topic", "odds_ratio"), [("billing", 2.0), ("support", 1.5)])
def test_the_lagged_adjusted_logit_finds_the_planted_odds_ratios(fitted, topic, odds_ratio):
    adjusted, _ = fitted
    name = f"exposed_{topic}"
    assert adjusted.params[name] == pytest.approx(np.log(odds_ratio), abs=0.2)  # two errors
    assert adjusted.tvalues[name] > 3


def test_low_usage_makes_the_null_topic_look_bad_until_it_is_adjusted_for(fitted):
    adjusted, plain = fitted
    assert plain.tvalues["exposed_onboarding"] > 2.5
    assert abs(adjusted.tvalues["exposed_onboarding"]) < 2


def test_over_many_firms_the_planted_log_odds_are_met_without_bias():
    estimates = []
    for seed in range(8):
        _, churn = simulate_firm(np.random.default_rng(seed), customers=2000, messages=7300)
        rows = churn.person_months
        hazard = rows["hazard"]
        known = np.log(hazard / (1 - hazard))
        for name, size in churn.log_odds.items():
            known = known - size * rows[f"exposed_{name}"]
        columns = rows[["exposed_billing", "exposed_support", "exposed_onboarding"]].astype(float)
        model = sm.GLM(
            rows["churned"].astype(float), columns, offset=known, family=sm.families.Binomial()
        )
        estimates.append(model.fit().params)
    mean = pd.concat(estimates, axis=1).mean(axis=1)
    # one firm of this size has a standard error near .14, so the mean of eight near .05
    assert mean.tolist() == pytest.approx([np.log(2), np.log(1.5), 0.0], abs=0.2)


def test_the_leak_topic_occurs_in_the_cancellation_survey_only(firm):
    records = firm[1].records
    leak = records[records["topic"] == firm[1].churn.leak_topic]
    assert set(leak["channel"]) == {"exit"}
    assert len(leak) > 200


def test_many_customers_never_write(firm):
    frames, truth = firm
    wrote = set(frames.feedback["customer_id"].dropna())
    silent = ~frames.customers["customer_id"].isin(wrote)
    assert 0.2 < silent.mean() < 0.5
    assert truth.unknown_customers
    assert not set(truth.unknown_customers) & set(frames.customers["customer_id"])


def test_the_surge_begins_at_the_release(firm):
    surge = firm[1].surge
    assert surge.topic == "sync"
    assert surge.share_after > 2.5 * surge.share_before
    records = firm[1].records.query("kind == 'message'")
    late = records["created_at"] >= surge.release.tz_localize("UTC")
    assert (records.loc[late, "topic"] == "sync").mean() == pytest.approx(surge.share_after)
    month_before = records["created_at"].between(
        surge.release.tz_localize("UTC") - pd.Timedelta(days=30),
        surge.release.tz_localize("UTC"),
        inclusive="left",
    )
    assert (records.loc[month_before, "topic"] == "sync").mean() < 0.06


def test_the_release_changes_topics_and_not_moods():
    for channel in POLARITY:
        before, after = (topic_weights(channel, surged=flag) for flag in (False, True))
        assert np.allclose(before.sum(axis=1), 1)
        assert np.allclose(after.sum(axis=1), 1)
        assert after[0, TOPICS.index("sync")] > before[0, TOPICS.index("sync")]


def test_the_mix_moves_the_raw_mean_and_no_channel_moves(firm):
    mix = firm[1].mix
    assert mix.raw_last_quarter < mix.raw_first_quarter - 0.06
    assert mix.adjusted_first_quarter == mix.adjusted_last_quarter
    records = firm[1].records.query("kind == 'message'")
    late = records["created_at"] >= pd.Timestamp("2025-01-01", tz="UTC")
    for channel, mood in mix.channel_sentiment.items():
        assert mood == expected_polarity(channel)
        for half in (late, ~late):
            drawn = records.loc[half & (records["channel"] == channel), "polarity"].astype(float)
            assert drawn.mean() == pytest.approx(mood, abs=4 * drawn.std() / len(drawn) ** 0.5)
    grown = mix.months["n_review"]
    assert grown.iloc[-3:].sum() > 5 * grown.iloc[:3].sum()


def test_a_series_is_the_sum_of_its_parts(firm):
    frames, truth = firm
    assert set(truth.series) == set(frames.market["series_id"])
    for name, series in truth.series.items():
        parts = series.components
        total = parts[["level_trend", "season", "effect", "noise"]].sum(axis=1)
        value = frames.market.loc[frames.market["series_id"] == name, "value"]
        assert np.allclose(total, value, atol=0.006)
        assert np.allclose(parts["effect"], series.effect * parts["regressor"])


def test_least_squares_finds_trend_and_regressor_of_a_series(firm):
    frames, truth = firm
    series = truth.series["office_demand_monthly"]
    frame = frames.market[frames.market["series_id"] == series.series_id]
    month = np.eye(12)[frame["date"].dt.month - 1]
    columns = np.column_stack([np.arange(len(frame)), frame["campaign_spend"], month])
    found, *_ = np.linalg.lstsq(columns, frame["value"].to_numpy(), rcond=None)
    assert found[0] == pytest.approx(series.trend, abs=1)
    assert found[1] == pytest.approx(series.effect, abs=1.5)


def test_the_closed_form_return_is_the_loop_over_months():
    inputs = {"affected": 120.0, "hazard": 0.04, "reduction": 0.5, "margin": 300.0}
    total, kept, left = 0.0, 120.0, 120.0
    for month in range(1, 25):
        kept, left = kept * (1 - 0.04 * 0.5), left * (1 - 0.04)
        total += (kept - left) * 300.0 / 1.1 ** (month / 12)
    assert returns(**inputs, months=24, rate=0.10) == pytest.approx(total, rel=1e-12)
    assert returns(**{**inputs, "reduction": 0.0}, months=24, rate=0.10) == 0


def test_initiatives_on_null_topics_return_nothing_and_the_first_pays(firm):
    truth = firm[1].initiatives
    assert truth["I1"].bcr > 3
    assert 0 < truth["I2"].bcr < 1  # a real effect that costs more than it is worth
    assert truth["I1"].reduction == pytest.approx(0.48, abs=0.03)  # near 1 - 1/2
    assert truth["I2"].reduction == pytest.approx(0.32, abs=0.03)  # near 1 - 1/1.5
    for key in ("I3", "I4", "I6"):
        assert truth[key].benefit == 0
        assert truth[key].net_roi == -1
    for one in truth.values():
        assert one.net_roi == pytest.approx(one.bcr - 1)
        assert one.bcr == pytest.approx(one.benefit / one.cost)
