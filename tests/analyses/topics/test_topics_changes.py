from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from insights import drawing
from insights.analyses import topics
from insights.analyses.topics.changes import TopicTrend
from insights.errors import DataError
from insights.stats.calendar import Calendar
from insights.stats.partitions import best_jaccard, pair_agreement


def stream(shares, n=400, *, seed=0, wander=0.0):
    """Make a trend by hand: shares has shape (periods, topics); what is left is unexplained."""
    rng = np.random.default_rng(seed)
    shares = np.asarray(shares, float)
    periods, count = shares.shape
    days = pd.date_range("2024-01-01", periods=periods, freq="MS")
    rows = []
    for day, share in zip(days, shares, strict=True):
        moved = share * np.exp(wander * rng.standard_normal(count))
        moved = moved / max(1.0, moved.sum() / 0.99)
        drawn = rng.multinomial(n, [*moved, max(1 - moved.sum(), 0)])
        rows += [(day, str(k) if k < count else "-1", int(x)) for k, x in enumerate(drawn)]
    trend = pd.DataFrame(rows, columns=["period", "topic_id", "n"])
    trend = trend.assign(share=trend["n"] / n, low=0.0, high=1.0, total=n, complete=True)
    names = {**{str(k): f"topic {k}" for k in range(count)}, "-1": "unexplained"}
    return TopicTrend(n=n * periods, trend=trend, period="month", names=names)


def test_a_planted_surge_is_found_with_its_first_month():
    shares = np.full((24, 6), 0.1)
    shares[14:, 2] = 0.2
    surge = topics.topic_surges(stream(shares), seed=1)
    assert surge.found["topic_id"].tolist() == ["2"]
    row = surge.found.iloc[0]
    assert abs((row["start"] - pd.Timestamp("2025-03-01")).days) <= 31
    assert row["lasting"]
    assert "from about" in surge.text()
    change = topics.topic_changes(stream(shares))
    assert change.found["topic_id"].tolist()[0] == "2"
    assert "“topic 2” rose" in change.text()


def test_a_passing_surge_is_found_with_its_end():
    shares = np.full((24, 4), 0.1)
    shares[8:11, 1] = 0.25
    surge = topics.topic_surges(stream(shares), seed=1)
    row = surge.found.iloc[0]
    assert row["topic_id"] == "1"
    assert row["start"] == pd.Timestamp("2024-09-01")
    assert row["end"] == pd.Timestamp("2024-11-01")
    assert not row["lasting"]


def test_the_test_of_a_change_is_that_of_two_shares_widened_by_how_they_wander():
    shares = np.tile([0.3, 0.15, 0.08], (20, 1))
    shares[16:, 0] = 0.38
    trend = stream(shares, 500, seed=4, wander=0.25)
    found = topics.topic_changes(trend)
    table = trend.trend.pivot(index="period", columns="topic_id", values="n")
    recent = 500 * found.trend.after.sum()
    earlier = 500 * (~found.trend.after).sum()
    assert found.n == 500 * len(table) and (found.changes["dispersion"] > 1).all()
    for row in found.changes.itertuples():
        n = table[row.topic_id].to_numpy()
        late, early = n[found.trend.after], n[~found.trend.after]
        a, b = late.sum() / recent, early.sum() / earlier
        pearson = sum(
            ((part - 500 * share) ** 2 / (500 * share * (1 - share))).sum()
            for part, share in ((late, a), (early, b))
        )
        pooled = n.sum() / (recent + earlier)
        error = np.sqrt(pooled * (1 - pooled) * (1 / recent + 1 / earlier))
        z = (a - b) / error / np.sqrt(pearson / (len(n) - 2))
        assert row.estimate == pytest.approx(a - b)
        assert row.dispersion == pytest.approx(pearson / (len(n) - 2))
        assert row.p == pytest.approx(2 * stats.t.sf(abs(z), len(n) - 2))


def test_a_fall_has_the_opposite_sign():
    up, down = np.full((12, 3), 0.2), np.full((12, 3), 0.2)
    up[9:, 0], down[9:, 0] = 0.35, 0.05
    rise = topics.topic_changes(stream(up, 1000)).found.iloc[0]
    fall = topics.topic_changes(stream(down, 1000)).found.iloc[0]
    assert rise["estimate"] > 0 > fall["estimate"]
    assert rise["low"] > 0 > fall["high"]
    assert "fell from" in topics.topic_changes(stream(down, 1000)).text()


@pytest.mark.slow
@pytest.mark.parametrize("wander", [0.0, 0.3])
def test_a_stream_without_change_yields_at_most_the_nominal_rate(wander):
    runs = 120
    alarms = np.zeros(2)
    for seed in range(runs):
        trend = stream(np.full((16, 8), 0.1), 300, seed=seed, wander=wander)
        alarms[0] += len(topics.topic_changes(trend).found) > 0
        if seed < 30:
            alarms[1] += len(topics.topic_surges(trend, seed=seed, draws=499).found) > 0
    # .05 plus four binomial standard errors
    assert alarms[0] / runs <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / runs)
    assert alarms[1] / 30 <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 30)


def test_intervals_cover_the_planted_difference():
    shares = np.full((20, 2), 0.2)
    shares[15:, 0] = 0.26
    hits = 0
    for seed in range(150):
        row = topics.topic_changes(stream(shares, 500, seed=seed)).changes.iloc[0]
        hits += row["low"] <= 0.06 <= row["high"]
    assert hits / 150 >= 0.95 - 4 * np.sqrt(0.05 * 0.95 / 150)


def test_nothing_found_is_said_plainly():
    flat = stream(np.full((12, 5), 0.1), seed=4)
    assert topics.topic_changes(flat).text().startswith("No detectable change")
    assert topics.topic_surges(flat, seed=1).text().startswith("No detectable surge")


def test_too_few_periods_cannot_tell():
    short = stream(np.full((3, 2), 0.3))
    assert topics.topic_changes(short).text().startswith("Cannot tell")
    assert topics.topic_surges(short, seed=1).text().startswith("Cannot tell")
    drawing.theme()
    topics.topic_changes(short).plot()
    topics.topic_surges(short, seed=1).plot()


def test_shares_of_a_period_add_up_and_small_periods_lose_them(bilingual, model):
    trend = topics.topic_trend(
        model, bilingual, params=topics.Params(period="month"), calendar=Calendar()
    )
    by = trend.trend.groupby("period")
    assert (by["n"].sum() == by["total"].first()).all()
    assert trend.trend["n"].sum() == len(bilingual)
    enough = trend.trend["total"] >= 30
    assert trend.trend.loc[enough, "share"].notna().all()
    assert trend.trend.loc[~enough, ["share", "low", "high"]].isna().all(axis=None)
    shown = trend.trend[enough]
    assert (shown["low"] <= shown["share"]).all()
    assert (shown["share"] <= shown["high"]).all()


def test_a_first_month_that_begins_late_is_marked(bilingual, model):
    late = bilingual[bilingual["created_at"] >= pd.Timestamp("2024-01-20", tz="UTC")]
    trend = topics.topic_trend(
        model, late, params=topics.Params(period="month"), calendar=Calendar()
    )
    whole = trend.trend.drop_duplicates("period").set_index("period")["complete"]
    assert not whole.iloc[0]
    assert whole.iloc[1:-1].all()
    assert "January 2024" in " ".join(check.detail for check in trend.checks)


def test_records_without_dates_are_refused(bilingual, model):
    undated = bilingual.assign(created_at=pd.Series(pd.NaT, index=bilingual.index))
    with pytest.raises(DataError, match="no record has a date"):
        topics.topic_trend(model, undated, params=topics.Params(), calendar=Calendar())


def test_every_picture_is_drawn_in_both_scripts(bilingual, model):
    drawing.theme()
    trend = topics.topic_trend(model, bilingual, params=topics.Params(), calendar=Calendar())
    change, surge = topics.topic_changes(trend), topics.topic_surges(trend, seed=1)
    for result in (model, trend, change, surge):
        axes = result.plot()
        axes.figure.canvas.draw()  # a missing glyph would warn, and warnings are errors
        assert result.alt()
        assert result.to_json()


def test_jaccard_is_one_for_a_cut_that_comes_back_and_falls_when_it_splits():
    labels = np.repeat([0, 1], 10)
    assert best_jaccard(labels, np.array([labels, 1 - labels]), 2).tolist() == [1.0, 1.0]
    split = np.array([0] * 5 + [2] * 5 + [1] * 10)
    assert best_jaccard(labels, split[None], 2).tolist() == [0.5, 1.0]
    left_out = np.where(np.arange(20) % 2 == 0, labels, -1)
    assert best_jaccard(labels, left_out[None], 2).tolist() == [1.0, 1.0]


def test_agreement_is_taken_on_the_shared_texts_only():
    a = np.array([0, 0, 1, 1, -1, -1])
    b = np.array([1, 1, 0, 0, 0, 1])
    assert pair_agreement(np.array([a, b])).tolist() == [1.0]


def test_who_answers_for_a_topic_is_named_where_its_change_and_its_alarm_are_told():
    shares = np.full((16, 3), 0.1)
    shares[12:, 0] = 0.25
    trend = replace(stream(shares, 1000), owners={"0": "platform team"})
    change, surge = topics.topic_changes(trend), topics.topic_surges(trend, seed=1, draws=299)
    for result in (change, surge, topics.early_warning(trend, surge)):
        assert "“topic 0” (owner: platform team)" in result.text()
    assert "owner" not in topics.topic_changes(stream(shares, 1000)).text()
