import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses import forecast
from insights.analyses.forecast.lead import prewhitened
from insights.stats.calendar import Calendar


def feedback_of(volume, start="2020-01-06"):
    weeks = pd.date_range(start, periods=len(volume), freq="W-MON")
    days = np.repeat(weeks.to_numpy(), volume)
    rng = np.random.default_rng(0)
    times = pd.to_datetime(days) + pd.to_timedelta(rng.integers(0, 7 * 24, len(days)), unit="h")
    return pd.DataFrame(
        {"feedback_id": [str(i) for i in range(len(days))], "created_at": times.tz_localize("UTC")}
    )


def market_of(values, start="2020-01-06", name="market"):
    dates = pd.date_range(start, periods=len(values), freq="W-MON")
    return pd.DataFrame({"series_id": name, "date": dates, "value": values})


def led(market, feedback, zone="UTC"):
    params = forecast.Params()
    gate = forecast.screening(market, params)
    return forecast.leads(gate, feedback, params, calendar=Calendar(zone))


def test_a_planted_lead_of_three_weeks_is_found_at_three_weeks():
    rng = np.random.default_rng(1)
    market = 100 + 10 * rng.normal(size=104).cumsum() * 0.3 + 5 * rng.normal(size=104)
    later = np.concatenate([np.full(3, market[0]), market[:-3]])
    volume = rng.poisson(np.maximum(40 + 1.5 * (later - later.mean()), 1))
    found = led(market_of(market), feedback_of(volume))
    assert found.found["lag"].iloc[found.found["correlation"].abs().argmax()] == 3
    assert "market is 3 weeks ahead" in found.text()
    assert "not to cause" in found.text()


def test_a_record_belongs_to_the_week_of_the_study_and_not_of_greenwich():
    rng = np.random.default_rng(1)
    market = 100 + 10 * rng.normal(size=104).cumsum() * 0.3 + 5 * rng.normal(size=104)
    later = np.concatenate([np.full(3, market[0]), market[:-3]])
    volume = rng.poisson(np.maximum(40 + 1.5 * (later - later.mean()), 1))
    feedback = feedback_of(volume)
    monday = feedback["created_at"].dt.tz_localize(None).dt.to_period("W-SUN").dt.start_time
    feedback["created_at"] = (monday + pd.Timedelta(hours=2)).dt.tz_localize("Asia/Shanghai")
    feedback["created_at"] = feedback["created_at"].dt.tz_convert("UTC")  # a Sunday there
    found = led(market_of(market), feedback, "Asia/Shanghai")
    assert "market is 3 weeks ahead" in found.text()


def test_two_wandering_series_that_know_nothing_of_each_other_are_not_said_to_lead():
    claims, runs = 0, 40
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        market = 100 + rng.normal(size=90).cumsum()
        volume = rng.poisson(np.maximum(60 + 4 * rng.normal(size=90).cumsum(), 5))
        claims += len(led(market_of(market), feedback_of(volume)).found) > 0
    assert claims <= stats.binom.ppf(0.999, runs, 0.1)


def test_the_filter_leaves_the_first_series_white():
    rng = np.random.default_rng(2)
    z = np.zeros(300)
    for t in range(1, 300):
        z[t] = 0.8 * z[t - 1] + rng.normal()
    white, other = prewhitened(z, rng.normal(size=300).cumsum(), 1)
    assert abs(np.corrcoef(white[1:], white[:-1])[0, 1]) < 0.12
    assert len(white) == len(other)


def test_without_feedback_or_overlap_nothing_is_tested_and_that_is_said():
    market = market_of(100 + np.random.default_rng(3).normal(size=60))
    assert led(market, None).n == 0
    late = feedback_of(np.full(60, 5), start="2024-01-01")
    assert "No market series and feedback overlap" in led(market, late).text()


def test_the_feedback_becomes_series_of_volume_nps_and_sentiment():
    volume = np.random.default_rng(4).integers(5, 30, 60)
    feedback = feedback_of(volume)
    feedback["nps"] = np.tile([10, 9, 8, 3], len(feedback))[: len(feedback)]
    sentiment = pd.DataFrame({"feedback_id": feedback["feedback_id"], "score": 0.25})
    found = forecast.feedback_series(
        feedback, sentiment, params=forecast.Params(), calendar=Calendar()
    )
    counted = found[found["series_id"] == "feedback: volume"]
    # the first and the last week may be cut by where the records begin and end
    np.testing.assert_array_equal(counted["value"], volume[1:-1])
    assert set(found["series_id"]) == {
        "feedback: volume",
        "feedback: NPS",
        "feedback: sentiment",
    }
    assert (found.loc[found["series_id"] == "feedback: sentiment", "value"].dropna() == 0.25).all()
    nps = found.loc[found["series_id"] == "feedback: NPS", "value"].dropna()
    assert nps.between(-1, 1).all()


def test_feedback_series_join_the_market_only_when_asked_for():
    market = market_of(100 + np.random.default_rng(5).normal(size=60))
    feedback = feedback_of(np.full(60, 5))
    joined = forecast.with_feedback(
        market, feedback, None, params=forecast.Params(feedback=True), calendar=Calendar()
    )
    assert "feedback: volume" in set(joined["series_id"])
    alone = forecast.with_feedback(
        market, feedback, None, params=forecast.Params(), calendar=Calendar()
    )
    assert alone is market
