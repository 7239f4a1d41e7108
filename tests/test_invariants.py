"""The walk over a run's tables notices what it is there for."""

import json

import pandas as pd
import pytest

from tests.invariants import broken

SOUND = {
    "topics/topics": {"topic_id": ["0"], "n": [2], "share": [0.4], "low": [0.2], "high": [0.6]},
    "topics/doc_topics": {"feedback_id": ["a", "b", "c"], "topic_id": ["0", "0", "-1"]},
    "topics/topic_mix": {
        "change": [0.1], "low": [0.0], "high": [0.2], "within": [0.07], "mix": [0.03],
    },
    "forecast/forecast": {
        "estimate": [10.0], "low_80": [8.0], "high_80": [12.0], "low_95": [7.0], "high_95": [13.0],
    },
    "roi/roi": {
        "bcr": [2.0], "net_roi": [1.0], "p_positive": [0.9],
        "npv_p5": [-1.0], "npv_p50": [3.0], "npv_p95": [9.0],
    },
    "roi/ranking": {"initiative_id": ["I"], "rank": [1], "probability": [1.0]},
    "sentiment/sentiment": {
        "feedback_id": ["a"], "p_negative": [0.2], "p_neutral": [0.3], "p_positive": [0.5],
    },
    "forecast/events": {
        "date": [pd.Timestamp(2026, 3, 1)], "size": [4.0],
        "date_low": [pd.Timestamp(2026, 2, 1)], "date_high": [pd.Timestamp(2026, 4, 1)],
    },
}  # fmt: skip
FINDING = {"id": "f", "text": "Nothing financed", "estimate": 1.0, "low": 0.5, "high": 2.0}


def write(folder, tables, finding):
    for name, columns in tables.items():
        path = folder / name.split("/")[0] / "tables" / f"{name.split('/')[1]}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(columns).to_parquet(path)
    (folder / "topics" / "results.json").write_text(json.dumps({"findings": [finding]}))
    return broken(folder)


def test_a_sound_run_breaks_no_rule(tmp_path):
    assert write(tmp_path, SOUND, FINDING) == []


@pytest.mark.parametrize(
    ("name", "column", "value", "rule"),
    [
        ("topics/topics", "low", 0.7, "low > high"),
        ("topics/topics", "share", 0.1, "share under low"),
        ("topics/topics", "n", 3, "topics count their records"),
        ("topics/doc_topics", "feedback_id", "a", "a record has one topic"),
        ("topics/topic_mix", "mix", 0.04, "sum to the change"),
        ("forecast/forecast", "low_95", 8.5, "low_95 > low_80"),
        ("forecast/forecast", "estimate", float("nan"), "missing beside an interval"),
        ("forecast/events", "date_low", pd.Timestamp(2026, 3, 2), "date under date_low"),
        ("roi/roi", "net_roi", 2.0, "net ROI is BCR - 1"),
        ("roi/roi", "p_positive", 1.1, "p_positive outside 0 to 1"),
        ("roi/roi", "npv_p50", float("inf"), "npv_p50 infinite"),
        ("roi/roi", "npv_p50", 10.0, "quantiles of NPV ascend"),
        ("roi/ranking", "probability", 0.9, "rank probabilities sum to one"),
        ("sentiment/sentiment", "p_neutral", 0.4, "class probabilities sum to one"),
    ],
)
def test_a_fault_in_one_cell_is_noticed(tmp_path, name, column, value, rule):
    tables = {**SOUND, name: {**SOUND[name], column: [value] * len(SOUND[name][column])}}
    assert any(rule in sentence for sentence in write(tmp_path, tables, FINDING))


@pytest.mark.parametrize("change", [{"text": "from 3 to nan"}, {"estimate": 3.0}])
def test_a_finding_without_a_number_or_outside_its_interval_is_noticed(tmp_path, change):
    assert len(write(tmp_path, SOUND, FINDING | change)) == 1
