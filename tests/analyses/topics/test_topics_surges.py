import numpy as np
import pandas as pd
import planted_shares as planted
import pytest

from insights import drawing
from insights.analyses import topics
from insights.analyses.topics.changes import TopicTrend
from insights.analyses.topics.surges import RATE
from insights.stats.surveillance import warnings_of

LEVEL = RATE / 12


def trend(counts, total):
    """Make a monthly trend of counts (periods, topics) and totals (periods,)."""
    periods, size = counts.shape
    days = pd.date_range("2023-01-01", periods=periods, freq="MS")
    rest = total - counts.sum(axis=1)
    rows = [(day, str(k) if k < size else "-1", int(n), int(m)) for day, line, left, m
            in zip(days, counts, rest, total, strict=True)
            for k, n in enumerate([*line, left])]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["period", "topic_id", "n", "total"])
    frame = frame.assign(share=frame["n"] / frame["total"], low=0.0, high=1.0, complete=True)
    names = {**{str(k): f"topic {k}" for k in range(size)}, "-1": "unexplained"}
    return TopicTrend(n=int(total.sum()), trend=frame, period="month", names=names)


def watch(counts, total):
    made = trend(counts, total)
    return topics.early_warning(made, topics.topic_surges(made, seed=1, draws=299))


def test_a_planted_surge_is_seen_within_two_months_of_its_start():
    delays, seen = [], 0
    for seed in range(60):
        start = 9 + seed % 11
        counts, total, _ = planted.counts(seed, wander=0.15, surge=(4, start, 3.0))
        fired = np.flatnonzero(warnings_of(counts, total, level=LEVEL)[0][start:, 4])
        seen += len(fired) > 0 and fired[0] <= 2
        delays += fired[:1].tolist()
    assert np.median(delays) <= 1
    assert seen / 60 >= 0.85


@pytest.mark.parametrize("wander", [0.0, 0.3])
def test_streams_without_surge_warn_no_more_often_than_was_accepted(wander):
    alarms, years = 0, 0.0
    for seed in range(120):
        fired = warnings_of(*planted.counts(seed, wander=wander)[:2], level=LEVEL)[0]
        alarms += int((fired[1:] & ~fired[:-1]).sum())
        years += 18 / 12
    assert alarms / years <= RATE + 4 * np.sqrt(RATE / years)


def test_no_look_knows_a_later_month():
    counts, total, _ = planted.counts(3, wander=0.2, surge=(2, 12, 4.0))
    whole = warnings_of(counts, total, level=LEVEL)
    for end in (8, 12, 13, 20):
        part = warnings_of(counts[:end], total[:end], level=LEVEL)
        for a, b in zip(whole, part, strict=True):
            np.testing.assert_array_equal(a[:end], b)


def test_the_lead_is_told_against_the_start_dated_afterwards():
    counts, total, base = planted.counts(1, n=2_000, surge=(3, 14, 4.0))
    found = watch(counts, total)
    row = found.alarms[found.alarms["topic_id"] == "3"].iloc[0]
    assert row["period"] == row["began"] == pd.Timestamp("2024-03-01")
    assert row["lead"] == 0
    assert row["before"] == pytest.approx(base[3], rel=0.2)
    assert "in March 2024" in found.text() and "in the same month" in found.text()
    slow = counts.copy()
    slow[12:14, 3] = (1.4 * slow[12:14, 3]).astype(int)
    early = watch(slow, total).alarms
    assert set(early["topic_id"]) == {"3"}


def test_a_surge_that_lasts_to_the_end_and_began_lately_is_on_alert():
    counts, total, _ = planted.counts(2, n=1_000, surge=(1, 22, 3.0))
    found = watch(counts, total)
    assert found.open["topic_id"].tolist() == ["1"]
    assert found.text().startswith("On alert in December 2024: “topic 1”")
    drawing.theme()
    found.plot().figure.canvas.draw()
    assert found.to_json()


def test_a_fall_warns_of_nothing():
    counts, total, _ = planted.counts(4, n=1_000, surge=(0, 14, 0.3))
    found = watch(counts, total)
    assert "0" not in found.alarms["topic_id"].tolist()


def test_a_handful_of_records_is_no_alarm():
    counts = np.full((12, 3), 40)
    counts[:, 2] = 0
    counts[11, 2] = 4
    assert watch(counts, np.full(12, 200)).alarms.empty


def test_few_periods_cannot_be_watched():
    counts, total, _ = planted.counts(5, periods=6)
    found = watch(counts, total)
    assert found.text().startswith("Cannot watch yet: 6 complete months")
    drawing.theme()
    found.plot().figure.canvas.draw()
