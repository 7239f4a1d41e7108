from dataclasses import replace

import numpy as np
import pandas as pd
import planted_people as people
import planted_words as planted
import pytest
from scipy import stats

from insights import drawing
from insights.analyses import topics
from insights.analyses.topics.changes import recent_periods
from insights.analyses.topics.emerging_terms import term_scores
from insights.settings import DEFAULT_CELL
from insights.stats.calendar import Calendar
from insights.stats.keyness import log_odds, period_dispersion
from insights.stats.multiplicity import q_values

PARAMS = topics.Params(period="month")


def named(uses, periods=planted.PERIODS):
    scores = term_scores(uses, periods=periods, after=recent_periods(periods))
    scores = scores[scores["recent"] + scores["earlier"] >= 10]
    enough = scores[["writers", "texts"]].min(axis=1) >= DEFAULT_CELL
    return scores[(q_values(scores["p"]) <= 0.05) & enough]


def said_lately(records, words, every=4):
    """Add words to every so-manieth record of the last quarter; returns the rows changed."""
    late = (records["created_at"] >= "2024-10-01").to_numpy()
    hit = records.index[late & (np.arange(len(records)) % every == 0)]
    records.loc[hit, "text"] += f" {words}"
    return hit


def emerging(records):
    records = records.assign(truth=records.get("truth", pd.Series("0", index=records.index)))
    model = people.model_of(records)
    trend = topics.topic_trend(model, records, params=PARAMS, calendar=Calendar())
    return topics.emerging_terms(model, records, trend, calendar=Calendar())


@pytest.mark.slow
@pytest.mark.parametrize("wander", [0.0, 0.3])
def test_streams_without_news_name_a_term_at_most_at_the_nominal_rate(wander):
    runs = 40
    alarms = sum(len(named(planted.uses(seed, wander=wander))) > 0 for seed in range(runs))
    assert alarms / runs <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / runs)


def test_p_values_of_terms_without_news_are_not_too_small():
    small, made = 0, 0
    for seed in range(15):
        scores = term_scores(planted.uses(seed, wander=0.2), periods=16, after=recent_periods(16))
        kept = scores[scores["recent"] + scores["earlier"] >= 10]
        small, made = small + int((kept["p"] < 0.05).sum()), made + len(kept)
    assert 0 < small / made <= 0.06


def test_scores_are_those_of_a_loop_over_terms():
    """The docstring of `term_scores`, term by term and period by period."""
    rng = np.random.default_rng(8)
    periods, size = 6, 7
    after = np.arange(periods) >= 4
    uses = pd.DataFrame(
        {
            "term": np.minimum(rng.poisson(2, 200), size - 1),
            "at": rng.integers(0, periods, 200),
            "writer": rng.integers(0, 30, 200) // rng.integers(1, 9, 200),
            "text": rng.integers(0, 60, 200),
        }
    )
    uses = uses[(uses["term"] != 5) | (uses["at"] < 4)]  # a term that was dropped

    rows = uses.to_dict("records")

    def different(by, term, at):
        return {row[by] for row in rows if row["term"] == term and row["at"] in at}

    def count(term, at):
        return min(len(different(by, term, [at])) for by in ("writer", "text"))

    counts = np.array([[count(term, at) for term in range(size)] for at in range(periods)])
    late, early = counts[after].sum(axis=0), counts[~after].sum(axis=0)
    found = term_scores(uses, periods=periods, after=after)
    wander = period_dispersion(counts, counts.sum(axis=1), after)
    estimate, _ = log_odds(late, early, prior=late.sum())
    for term in range(size):
        share = (late + early)[term] / (late + early).sum()
        given = unchanged = 0.0
        widest = 1.0
        for part, used in ((np.flatnonzero(after), late), (np.flatnonzero(~after), early)):
            wide = wander[term]
            for by in ("writer", "text"):
                c = [sum(who in different(by, term, [at]) for at in part)
                     for who in different(by, term, part)]  # fmt: skip
                wide = max(wide, sum(n**2 for n in c) / sum(c) if c else 1.0)
            widest = max(widest, wide)
            given += wide / (used[term] + late.sum() * share)
            expected = used.sum() * share
            unchanged += wide * expected / (expected + late.sum() * share) ** 2
        half = stats.t.ppf(0.975, periods - 2) * np.sqrt(given)
        row = found.loc[term]
        assert (row["recent"], row["earlier"]) == (late[term], early[term])
        assert row["writers"] == len(different("writer", term, [4, 5]))
        assert row["texts"] == len(different("text", term, [4, 5]))
        assert row["dispersion"] == pytest.approx(widest)
        ends = np.log(row[["low", "odds_ratio", "high"]].to_numpy(float))
        assert ends == pytest.approx(estimate[term] + half * np.array([-1, 0, 1]))
        assert row["z"] == pytest.approx(estimate[term] / np.sqrt(unchanged))
        assert row["p"] == pytest.approx(stats.t.sf(row["z"], periods - 2))
    assert found["dispersion"].max() > 1 and found["recent"].min() == 0


def test_a_planted_rise_is_named_and_is_the_surest():
    hits = [named(planted.uses(seed, rise=(10, 3.0))) for seed in range(5)]
    assert all(found["z"].idxmax() == 10 for found in hits)
    assert all(1.5 < found.loc[10, "odds_ratio"] < 3.0 for found in hits)  # drawn to 1


def test_a_burst_by_one_author_names_nothing_and_the_same_by_many_does():
    calm = planted.feedback(1)
    burst = calm.copy()
    hit = said_lately(burst, "zebra")
    by_many = emerging(burst)
    assert "zebra" in by_many.found["term"].tolist()
    assert by_many.found.iloc[0]["term"] in by_many.text()
    assert by_many.found.iloc[0]["odds_ratio"] > 5
    shouted = burst.copy()
    shouted.loc[hit, "customer_id"] = "c-loud"
    assert "zebra" not in emerging(shouted).found["term"].tolist()


def test_a_term_is_of_no_topic_that_is_withheld_and_of_two_that_are_told_together():
    burst = planted.feedback(1)
    said_lately(burst, "zebra")
    burst["truth"] = np.where(np.arange(len(burst)) % 3 == 0, "1", "2")
    model = people.model_of(burst)
    trend = topics.topic_trend(model, burst, params=PARAMS, calendar=Calendar())

    def topic_of_zebra(told, told_with):
        model.topics["told"], model.topics["told_with"] = told, told_with
        terms = topics.emerging_terms(model, burst, trend, calendar=Calendar()).terms
        return terms.set_index("term").loc["zebra", ["topic_id", "label"]].tolist()

    alone = ["alone", "alone"]
    assert topic_of_zebra(alone, ["", ""])[0] in model.topics["topic_id"].tolist()
    assert topic_of_zebra(["withheld", "withheld"], ["", ""]) == [
        "-1", "unexplained, or of a topic that is withheld"
    ]  # fmt: skip
    one, two = model.topics["topic_id"]
    topic, label = topic_of_zebra(["together", "together"], [two, one])
    assert topic == f"{one}+{two}" and " together with " in label


def test_one_text_sent_by_many_names_nothing():
    calm = planted.feedback(2)
    copied = calm.copy()
    hit = said_lately(copied, "offer", every=3)
    copied.loc[hit, "text"] = "zebra crossing offer"
    copied.loc[hit, "customer_id"] = [f"n{i}" for i in range(len(hit))]
    found = emerging(copied)
    assert not {"zebra", "crossing", "zebra crossing"} & set(
        found.terms.loc[found.terms["leads"].notna(), "term"]
    )


def test_every_named_term_has_its_recent_records_behind_it():
    calm = planted.feedback(3)
    hit = said_lately(calm, "同步失败 quokka")
    found = emerging(calm)
    assert {"quokka"} <= set(found.terms.loc[found.terms["leads"].notna(), "term"])
    assert any("同步" in term for term in found.records["term"])
    texts = calm.set_index("feedback_id")
    for row in found.records.itertuples():
        assert row.term.split()[0] in texts.loc[row.feedback_id, "text"]
        assert texts.loc[row.feedback_id, "created_at"] >= found.trend.since.tz_localize("UTC")
    assert set(found.records.loc[found.records["term"] == "quokka", "feedback_id"]) == set(
        texts.loc[calm.loc[hit, "feedback_id"]].index
    )
    drawing.theme()
    found.plot().figure.canvas.draw()
    assert found.to_json()


def test_terms_said_together_stand_behind_one_lead():
    calm = planted.feedback(4)
    said_lately(calm, "purple heron")
    found = emerging(calm)
    together = found.terms[found.terms["term"].isin(["purple", "heron", "purple heron"])]
    assert together["leads"].nunique() == 1
    assert len(found.found) == 1


def test_a_change_of_channels_is_a_doubt():
    calm = planted.feedback(7)
    same = emerging(calm.assign(channel=np.where(np.arange(len(calm)) % 2, "a", "b")))
    assert same.checks[0].passed
    late = (calm["created_at"] >= "2024-10-01").to_numpy()
    grown = emerging(calm.assign(channel=np.where(late, "a", "b")))
    assert grown.moved == 1.0
    for moved, passed in ((0.09, True), (0.11, False)):
        channels = replace(grown, moved=moved, checks=()).checks[0]
        assert channels.passed is passed
    assert "Doubt: same channels before and lately" in grown.text()


def test_the_order_of_records_does_not_matter():
    calm = planted.feedback(5)
    shuffled = calm.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(emerging(calm).terms, emerging(shuffled).terms)


def test_too_few_periods_cannot_tell():
    few = emerging(planted.feedback(6, months=3))
    assert few.text().startswith("Cannot tell")
    assert few.terms.empty and few.records.empty
    drawing.theme()
    few.plot()
