"""Feedback and market in one study, through the shipped notebooks: a planted lead is found."""

import numpy as np
import pandas as pd
import pytest
from tests.run.conftest import Silent
from tests.test_demo import ROOT

from insights.run.execute import Options, prepare, run_study

pytestmark = pytest.mark.slow

STUDY = """
study: planted
title: A market that moves three weeks before the feedback
sources:
  feedback:
    - {path: FOLDER/feedback.csv, channel: survey, columns: {nps: score}}
  market: {path: FOLDER/market.csv}
notebooks: {topics: false, sentiment: false, churn: false, roi: false,
  forecast: {feedback: true, horizon: 6}}
"""


def write(folder):
    rng = np.random.default_rng(1)
    weeks = pd.date_range("2022-01-03", periods=104, freq="W-MON")
    market = 100 + 3 * rng.normal(size=104).cumsum() + 5 * rng.normal(size=104)
    later = np.concatenate([np.full(3, market[0]), market[:-3]])
    volume = rng.poisson(np.maximum(20 + 0.8 * (later - later.mean()), 6))
    pd.DataFrame({"series_id": "orders", "date": weeks, "value": market.round(2)}).to_csv(
        folder / "market.csv", index=False
    )
    at = np.repeat(weeks.to_numpy(), volume) + rng.integers(0, 7 * 86400, volume.sum()).astype(
        "timedelta64[s]"
    )
    words = [
        "delivery",
        "was",
        "late",
        "and",
        "the",
        "box",
        "arrived",
        "damaged",
        "yet",
        "answered",
    ]
    texts = [" ".join(rng.choice(words, 8)) for _ in at]
    pd.DataFrame(
        {"created_at": at, "text": texts, "score": rng.integers(0, 11, len(at))}
    ).sort_values("created_at").to_csv(folder / "feedback.csv", index=False)
    (folder / "planted.yml").write_text(STUDY.replace("FOLDER", str(folder)))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    write(folder)
    output = folder / "out"
    ready = prepare(folder / "planted.yml", ROOT, Options(output=output))
    first = run_study(ready, Silent())
    assert first.exit_code == 0, first.manifest["notebooks"]
    again = prepare(
        folder / "planted.yml", ROOT, Options(output=output, force=True, only=("forecast",))
    )
    return first, run_study(again, Silent())


def test_a_planted_lead_is_found_from_the_files_to_the_page(runs):
    folder = runs[0].folder / "forecast"
    found = pd.read_parquet(folder / "tables" / "leads.parquet")
    clearest = found.loc[found["correlation"].abs().idxmax()]
    assert (clearest["series_id"], clearest["lag"]) == ("orders", 3)
    assert clearest["q"] < 0.01
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "orders is 3 weeks ahead" in page and "To move ahead is not to cause" in page


def test_volume_and_nps_of_the_feedback_are_forecast_beside_the_market(runs):
    made = pd.read_parquet(runs[0].folder / "forecast" / "tables" / "forecast.parquet")
    assert {"orders", "feedback: volume", "feedback: NPS"} <= set(made["series_id"])
    assert (made.groupby("series_id").size() == 6).all()
    volume = made[made["series_id"] == "feedback: volume"]
    assert volume["estimate"].between(5, 60).all()


def test_a_second_run_writes_the_same_bytes(runs):
    first, second = (run.folder / "forecast" for run in runs)
    assert first != second
    names = sorted(p.relative_to(first) for p in first.rglob("*") if p.suffix in (
        ".parquet", ".png", ".json"))  # fmt: skip
    assert len(names) > 10
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
