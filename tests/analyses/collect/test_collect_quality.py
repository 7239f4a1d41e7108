import numpy as np
import pandas as pd
import pytest

from insights.analyses import collect
from insights.ingest.sources import Sources
from insights.stats.calendar import Calendar


class Thresholds:
    validity, coverage, timeliness_hours = 0.98, 0.95, 24


def judged(folder, **sources):
    found = collect.gather(Sources.model_validate(sources), project=folder, key=b"k")
    lines = collect.quality(found, Thresholds).table()
    return found, lines.set_index(["source", "check"])


def feedback(n, bad=0, **columns):
    frame = pd.DataFrame(
        {
            "created_at": pd.date_range("2024-01-01", periods=n, freq="h").astype(str),
            "text": [f"the lift is slow, part {i}" for i in range(n)],
        }
    )
    frame.loc[: bad - 1, "created_at"] = "soon"
    return frame.assign(**columns)


@pytest.mark.parametrize(
    ("n", "bad", "passed"), [(2000, 0, True), (2000, 200, False), (60, 0, None), (1000, 18, None)]
)
def test_validity_passes_fails_or_cannot_be_told_by_its_interval(tmp_path, n, bad, passed):
    feedback(n, bad).to_csv(tmp_path / "f.csv", index=False)
    _, lines = judged(tmp_path, feedback={"path": "f.csv"})
    line = lines.loc[("f", "validity")]
    assert (None if pd.isna(line["passed"]) else bool(line["passed"])) is passed
    assert line["low"] <= line["value"] <= line["high"]
    assert line["n"] == n


def test_the_interval_is_wilsons(tmp_path):
    feedback(263, 182).to_csv(tmp_path / "f.csv", index=False)
    _, lines = judged(tmp_path, feedback={"path": "f.csv"})
    line = lines.loc[("f", "validity")]  # 81 of 263: Newcombe (1998), table I
    assert [round(line["low"], 4), round(line["high"], 4)] == [0.2553, 0.3662]


def test_timeliness_counts_what_arrived_in_time_and_cannot_tell_without_the_column(tmp_path):
    frame = feedback(400)
    times = pd.to_datetime(frame["created_at"])
    frame.assign(ingested_at=(times + pd.Timedelta(hours=5)).astype(str)).to_csv(
        tmp_path / "f.csv", index=False
    )
    feedback(40).to_csv(tmp_path / "g.csv", index=False)
    _, lines = judged(tmp_path, feedback={"path": "f.csv"})
    assert lines.loc[("f", "timeliness"), "value"] == 1
    _, lines = judged(tmp_path, feedback={"path": "g.csv"})
    line = lines.loc[("feedback", "timeliness")]
    assert pd.isna(line["passed"])
    assert "cannot tell" in line["detail"]


def test_feedback_of_unknown_customers_is_counted_and_kept(tmp_path):
    feedback(300, customer_id=[f"c{i % 100}" for i in range(300)]).to_csv(
        tmp_path / "f.csv", index=False
    )
    people = pd.DataFrame({"customer_id": [f"c{i}" for i in range(60)], "started_at": "2023-01-01"})
    people.to_csv(tmp_path / "c.csv", index=False)
    found, lines = judged(tmp_path, feedback={"path": "f.csv"}, customers={"path": "c.csv"})
    line = lines.loc[("feedback", "customers known")]
    assert (line["value"], line["n"], bool(line["passed"])) == (0.6, 100, False)
    assert len(found.tables["feedback"]) == 300


def test_a_constant_rating_is_a_failed_check(tmp_path):
    feedback(50, rating=5).to_csv(tmp_path / "f.csv", index=False)
    _, lines = judged(tmp_path, feedback={"path": "f.csv", "rating_scale": [1, 5]})
    assert "nothing about rating may be claimed" in lines.loc[("f", "rating varies"), "detail"]


@pytest.mark.parametrize(
    ("scale", "shares", "fails"),
    [
        ((1, 10), [0.1, 0.2, 0.25, 0.25, 0.2], True),  # stars under a scale of ten
        ((0, 100), [0.1, 0.2, 0.25, 0.25, 0.2], True),
        ((1, 5), [0.1, 0.2, 0.25, 0.25, 0.2], False),
        ((1, 5), [0.7, 0.2, 0.1], False),  # a bad product
        ((1, 10), [0.7, 0.2, 0.05, 0.03, 0.02], False),
    ],
)
def test_ratings_that_fill_the_lower_half_of_their_scale_fail(tmp_path, scale, shares, fails):
    stars = np.repeat(np.arange(1, len(shares) + 1), [round(100 * share) for share in shares])
    feedback(100, rating=stars).to_csv(tmp_path / "f.csv", index=False)
    source = {"path": "f.csv", "name": "f", "rating_scale": list(scale)}
    _, lines = judged(tmp_path, feedback=source)
    assert (("f", "ratings use their scale") in lines.index) is fails


def test_gaps_constants_and_short_series_are_told(tmp_path):
    days = pd.date_range("2024-01-01", periods=30, freq="D")
    parts = [
        pd.DataFrame(
            {"series_id": "gap", "date": days.delete(range(10, 15)), "value": np.arange(25.0)}
        ),
        pd.DataFrame({"series_id": "flat", "date": days, "value": 1.0}),
        pd.DataFrame({"series_id": "short", "date": days[:3], "value": [1.0, 2, 3]}),
        pd.DataFrame({"series_id": "short", "date": days[:1], "value": [1.0]}),
    ]
    pd.concat(parts).to_csv(tmp_path / "m.csv", index=False)
    found, lines = judged(tmp_path, market={"path": "m.csv"})
    assert "gap (longest step 6 days)" in lines.loc[("market", "market gaps"), "detail"]
    assert "flat" in lines.loc[("market", "market constants"), "detail"]
    assert "short has 3 points" in lines.loc[("market", "market length"), "detail"]
    assert found.balance.iloc[0]["duplicates"] == 1


def test_the_table_has_the_columns_of_the_contract(tmp_path):
    feedback(30).to_csv(tmp_path / "f.csv", index=False)
    found = collect.gather(
        Sources.model_validate({"feedback": {"path": "f.csv"}}), project=tmp_path, key=b"k"
    )
    table = collect.quality(found, Thresholds).table()
    assert table.columns.tolist()[:8] == [
        "source",
        "check",
        "value",
        "threshold",
        "passed",
        "n",
        "low",
        "high",
    ]
    assert table["passed"].dtype == "boolean"


def test_a_hole_in_time_fails_its_check(tmp_path):
    frame = feedback(200)
    late = feedback(200)
    late["created_at"] = pd.date_range("2024-03-01", periods=200, freq="h").astype(str)
    late["text"] += " again"
    pd.concat([frame, late]).to_csv(tmp_path / "f.csv", index=False)
    found, _ = judged(tmp_path, feedback={"path": "f.csv"})
    result = collect.coverage(found, Calendar())
    assert result.holes > 0
    assert "no holes" in result.doubts()
    assert "from 2024-01-01 to 2024-03-09" in result.text()  # days of records, not of periods


def test_a_study_without_feedback_has_its_other_tables(tmp_path):
    days = pd.date_range("2024-01-01", periods=30, freq="D")
    pd.DataFrame({"date": days, "sales": np.arange(30)}).to_csv(tmp_path / "m.csv", index=False)
    found, _ = judged(tmp_path, market={"path": "m.csv"})
    assert list(found.tables) == ["market"]
    for result in (
        collect.languages(found),
        collect.coverage(found, Calendar()),
        collect.repeats(found),
    ):
        assert result.text()
        assert result.plot() is not None


def test_the_sentence_counts_as_many_failures_as_it_names(tmp_path):
    feedback(2000, 200, rating=3).to_csv(tmp_path / "f.csv", index=False)
    sources = Sources.model_validate({"feedback": {"path": "f.csv", "rating_scale": [1, 5]}})
    found = collect.gather(sources, project=tmp_path, key=b"k")
    text = collect.quality(found, Thresholds).text()
    assert "1 failed" in text and "Failed: validity of f." in text
    assert text.endswith("by rules without a threshold: rating varies of f.")
