import numpy as np
import pandas as pd
import planted_people as planted
import pytest

from insights import drawing
from insights.analyses import topics
from insights.messages import ordinal
from insights.stats.calendar import Calendar


def test_a_topic_filled_by_a_few_customers_is_marked():
    records = planted.records(1, topics=6)
    rng = np.random.default_rng(0)
    hit = rng.choice(len(records), 700, replace=False)
    records.loc[hit, "truth"] = "9"
    records.loc[hit, "customer_id"] = [f"c-loud{i % 4}" for i in range(700)]
    found = topics.topic_customers(planted.model_of(records), records)
    row = found.topics.set_index("topic_id").loc["9"]
    assert found.loud["topic_id"].tolist() == ["9"]
    assert row["messages"] == 700 and row["customers"] == 4
    assert row["loudest_share"] == 1.0
    assert row["rank_messages"] < row["rank_customers"]
    assert "4 customers wrote its 700 messages" in found.text()
    drawing.theme()
    found.plot().figure.canvas.draw()
    assert found.to_json()


def test_no_sentence_speaks_of_a_topic_that_cannot_be_told_apart():
    records = planted.records(1, topics=6)
    model = planted.model_of(records)
    told = topics.topic_customers(model, records)
    top = told.topics.sort_values("rank_customers").iloc[0]
    assert f"“{top['label']}” was raised by most" in told.text()
    model.topics.loc[model.topics["topic_id"] == top["topic_id"], "told"] = "withheld"
    again = topics.topic_customers(model, records).text()
    assert again.startswith("Of the topics that can be told apart “")
    assert f"“{top['label']}”" not in again
    model.topics["told"] = "withheld"
    assert topics.topic_customers(model, records).text().startswith("No topic can be told apart")


def test_when_all_write_alike_nothing_is_marked_and_the_expectation_holds():
    gaps = []
    for seed in range(10):
        records = planted.records(seed)
        found = topics.topic_customers(planted.model_of(records), records).topics
        assert not found["few_loud"].any()
        gaps.append((found["customers"] / found["expected_customers"]).mean())
    assert abs(np.mean(gaps) - 1) < 0.02


def test_counts_are_those_of_a_loop():
    records = planted.records(2)
    records.loc[::5, "customer_id"] = None
    found = topics.topic_customers(planted.model_of(records), records)
    known = records.dropna(subset=["customer_id"])
    assert found.n == known["customer_id"].nunique() and found.messages == len(known)
    for row in found.topics.itertuples():
        mine = known[known["truth"] == row.topic_id]
        assert row.messages == len(mine)
        assert row.customers == mine["customer_id"].nunique()
        assert row.low <= row.customer_share <= row.high


def test_records_without_customers_cannot_tell():
    records = planted.records(3).drop(columns="customer_id")
    found = topics.topic_customers(planted.model_of(records), records)
    assert found.text().startswith("Cannot tell how many customers")
    assert "0% of 3,000 records name their customer" in found.checks[0].detail
    drawing.theme()
    found.plot()


def mixed(records):
    model = planted.model_of(records)
    trend = topics.topic_trend(
        model, records, params=topics.Params(period="month"), calendar=Calendar()
    )
    change = topics.topic_changes(trend)
    return topics.topic_mix(model, records, trend, change, calendar=Calendar()), change


def shifted(seed, *, within=0.0):
    """A channel with a topic of its own doubles late; `within` moves that topic inside channels."""
    records = planted.records(seed, n=4_000, each=2.0)
    rng = np.random.default_rng(seed)
    late = (records["created_at"] >= "2024-12-01").to_numpy()
    records["channel"] = np.where(
        rng.random(len(records)) < np.where(late, 0.7, 0.3), "chat", "mail"
    )
    special = rng.random(len(records)) < np.where(records["channel"] == "chat", 0.4, 0.05)
    special |= late & (rng.random(len(records)) < within)
    records["truth"] = np.where(special, "special", records["truth"])
    return records


def timed(records):
    """What is said of time: at a fixed mix, of surges and by the monitor."""
    model = planted.model_of(records)
    trend = topics.topic_trend(
        model, records, params=topics.Params(period="month"), calendar=Calendar()
    )
    change = topics.topic_changes(trend)
    mix = topics.topic_mix(model, records, trend, change, calendar=Calendar())
    surge = topics.topic_surges(trend, seed=1, draws=499, mix=mix)
    return mix, surge, topics.early_warning(trend, surge, mix)


def test_where_the_mix_tells_a_change_no_sentence_of_time_says_it_without_the_mix():
    mix, surge, warning = timed(shifted(1))
    assert mix.headline().startswith("At a fixed mix of channel and plan no topic's share changed")
    assert "as records came, that of “label 0” went from 24.5% to 10.8%" in mix.headline()
    assert mix.headline().count("no detectable difference") == 1
    assert surge.found.iloc[0]["topic_id"] == "special"  # as records came it did stand out
    assert surge.headline().startswith("At a fixed mix of channel and plan no surge stands")
    row = surge.found.iloc[0]
    assert row["within_low"] < 0 < row["within_high"] and row["low"] > 0.05
    alarms = warning.alarms[warning.alarms["topic_id"] == "special"]
    assert len(alarms) and (alarms["held_fixed"] == "channel, plan").all()
    assert "at a fixed mix of channel and plan" in warning.text()
    for said in (mix, surge, warning):
        text = said.text()
        assert text.index("ixed mix") < text.index("ecords came")


def test_a_surge_within_channels_stands_at_a_fixed_mix_and_that_is_said_first():
    mix, surge, warning = timed(shifted(2, within=0.3))
    assert "of the raw change of" in mix.headline()
    assert surge.headline().startswith("At a fixed mix of channel and plan “label special” stood")
    row = surge.found.iloc[0]
    assert 0.15 < row["within"] < row["estimate"] and row["within_low"] > 0.1
    first = warning.alarms[warning.alarms["topic_id"] == "special"].iloc[0]
    assert first["within_low"] > 0 and "percentage points" in warning.text()


def test_without_anything_to_hold_fixed_every_sentence_says_as_records_came():
    records = shifted(2, within=0.3).assign(channel="mail").drop(columns="plan", errors="ignore")
    mix, surge, _ = timed(records[["feedback_id", "created_at", "text", "channel", "customer_id",
                                   "truth"]])  # fmt: skip
    assert "cannot be told from a change in what they write" in mix.headline()
    assert "As records came, the share of “label special” rose" in mix.text()
    assert surge.headline().startswith("As records came, “label special” stood out")
    assert surge.surges["within"].isna().all()


def test_a_change_of_mix_alone_is_told_as_such():
    found, change = mixed(shifted(1))
    assert "special" in change.found["topic_id"].tolist()  # the raw share did rise
    row = found.parts.set_index("topic_id").loc["special"]
    assert row["within_low"] < 0 < row["within_high"]
    assert row["mix"] > 0.8 * row["change"]
    assert "special" not in found.found["topic_id"].tolist()
    assert "mail" in found.text() or "chat" in found.text()


def test_a_change_within_channels_is_named():
    found, _ = mixed(shifted(2, within=0.3))
    row = found.found.iloc[0]
    assert row["topic_id"] == "special"
    assert row["within"] > 0.1
    assert "At a fixed mix of channel and plan the share of “label special”" in found.text()
    assert "truth" in found.left_out  # the planted topic itself is told by the topic
    drawing.theme()
    found.plot().figure.canvas.draw()


def test_the_parts_sum_to_the_raw_change_and_the_raw_change_is_the_tested_one():
    found, change = mixed(shifted(3))
    np.testing.assert_allclose(found.parts["within"] + found.parts["mix"], found.parts["change"])
    both = found.parts.merge(change.changes, on="topic_id")
    np.testing.assert_allclose(both["change"], both["estimate"])


@pytest.mark.slow
def test_a_shift_of_mix_names_a_change_within_at_most_at_the_nominal_rate():
    runs = 25
    alarms = sum(len(mixed(shifted(100 + seed))[0].found) > 0 for seed in range(runs))
    assert alarms / runs <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / runs)


def test_one_channel_or_few_periods_are_not_split():
    records = planted.records(4).assign(channel="mail").drop(columns="plan")
    found, _ = mixed(records)
    assert found.text().startswith("No channel or dimension can be held fixed")
    assert "nothing to hold fixed" in found.checks[0].detail
    assert found.left_out["truth"].startswith("the outcome tells it")
    assert len(found.checks) == 1 and "left out: truth" in found.checks[0].detail
    short = mixed(planted.records(5, months=2))[0]
    assert short.parts.empty and "and 4 are needed" in short.text()
    drawing.theme()
    found.plot()


def test_the_order_of_records_does_not_matter_to_either():
    records = planted.records(6)
    shuffled = records.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(mixed(records)[0].parts, mixed(shuffled)[0].parts)
    a, b = (
        topics.topic_customers(planted.model_of(records), r).topics for r in (records, shuffled)
    )
    pd.testing.assert_frame_equal(a, b)


def test_ranks_are_written_as_english_writes_them():
    said = {1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th",
            21: "21st", 22: "22nd", 111: "111th"}  # fmt: skip
    assert {rank: ordinal(rank) for rank in said} == said


def test_the_others_that_rest_on_few_are_counted():
    records = planted.records(1, topics=6)
    hit = np.random.default_rng(0).permutation(len(records))[:900]
    for part, name in zip(np.split(hit, 3), "789", strict=True):
        records.loc[part, "truth"] = name
        records.loc[part, "customer_id"] = [f"c-loud{name}{i % 4}" for i in range(len(part))]
    found = topics.topic_customers(planted.model_of(records), records)
    assert set(found.loud["topic_id"]) == set("789")
    assert found.text().rstrip().endswith("2 more rest on few.")


def test_a_mix_speaks_of_every_record_counted():
    records = planted.records(4)
    mix, change = mixed(records)
    assert mix.n == change.n == int(change.trend.total.sum())
