"""The demo study, end to end: what was planted in Lumen Office is what its pages say.

The run is the one that `make report` left (it is made, or taken from the cache, here). Only the
test sees the truth; the notebooks never do.
"""

import importlib
import json
import re
from importlib.resources import files
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest

from insights.ingest.schema import TABLES
from insights.run.execute import Options, prepare, run_study
from insights.synthetic import write_demo
from tests.analyses.sentiment.test_sentiment_sentences import CHECKS, records_of
from tests.invariants import broken
from tests.run.conftest import Silent

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    truth = write_demo(folder)
    for path in sorted(folder.iterdir()):
        written = ROOT / "data" / "demo" / path.name
        assert written.read_bytes() == path.read_bytes(), f"{path.name}: run `make demo` again"
    return truth


@pytest.fixture(scope="module")
def run(truth):
    done = run_study(prepare(ROOT / "params" / "demo.yml", ROOT, Options()), Silent())
    assert done.exit_code == 0, done.manifest["notebooks"]
    return done


@pytest.fixture(scope="module")
def table(run):
    def table(notebook: str, name: str) -> pd.DataFrame:
        return pd.read_parquet(run.folder / notebook / "tables" / f"{name}.parquet")

    return table


def test_intervals_shares_and_counts_of_every_table_hold_together(run):
    assert broken(run.folder) == []


def test_every_saved_table_is_declared_with_its_columns_and_types(run):
    for path in sorted(run.folder.glob("*/tables/*.parquet")):
        notebook = path.parts[-3]
        outputs = importlib.import_module(f"insights.analyses.{notebook}.tables").OUTPUTS
        saved, declared = pd.read_parquet(path), outputs[path.stem]
        if path.stem not in TABLES:  # a canonical table has the study's dimensions beside its own
            assert saved.columns.tolist() == declared.names, path
        kinds = {key: str(kind) for key, kind in saved.dtypes.items() if key in declared.dtypes}
        # a column of text comes back as text, whatever held it
        assert {k: v for k, v in kinds.items() if v != "str"} == {
            k: declared.dtypes[k] for k, v in kinds.items() if v != "str"
        }, path


@pytest.fixture(scope="module")
def labelled(truth, table):
    """Feedback that was kept, with its planted topic and the topic it was given."""
    planted = truth.records[truth.records["kind"] == "message"]
    planted = planted.drop_duplicates("feedback_id").set_index("feedback_id")
    given = table("topics", "doc_topics").set_index("feedback_id")
    both = given.join(planted[["topic", "polarity", "channel", "created_at"]], how="inner")
    assert len(both) > 15_000
    return both


def of_topic(labelled: pd.DataFrame, topic: str) -> str:
    """The topic id that holds most of a planted topic's records."""
    return labelled.loc[labelled["topic"] == topic, "topic_id"].mode()[0]


def test_all_six_notebooks_ran_and_left_a_page_that_stands_alone(run):
    assert list(run.manifest["notebooks"]) and set(run.manifest["plan"]) == {
        "collect", "topics", "sentiment", "churn", "forecast", "roi"}  # fmt: skip
    pages = [run.page, *(run.folder / name / "report.html" for name in run.manifest["plan"])]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.count("<script") == 1 and "Content-Security-Policy" in text
        assert 'src="http' not in text and "url(http" not in text


def test_no_figure_stands_twice_in_a_notebook(run):
    for name in run.manifest["plan"]:
        cells = json.loads((run.folder / name / "notebook.ipynb").read_text("utf-8"))["cells"]
        outputs = [output for cell in cells for output in cell.get("outputs", ())]
        images = [str(o["data"]["image/png"]) for o in outputs if "image/png" in o.get("data", {})]
        assert len(images) == len(set(images)), name


def test_every_row_is_accounted_for(table):
    balance = table("collect", "balance")
    parts = balance[["kept", "quarantined", "duplicates", "screened"]].sum(axis=1)
    assert (balance["rows_in"] == parts).all()


def test_no_planted_personal_data_is_left_in_anything_the_run_wrote(truth, run):
    planted = truth.personal["value"].astype(str).unique()
    assert len(planted) > 100
    for path in sorted(run.folder.rglob("*")):
        if path.suffix in (".html", ".ipynb", ".json"):
            text = path.read_text(encoding="utf-8")
        elif path.suffix == ".parquet":
            frame = pd.read_parquet(path)
            text = "\n".join(
                frame[column].astype(str).str.cat(sep="\n")
                for column in frame.select_dtypes(exclude="number")
            )
        else:
            continue
        found = [value for value in planted if value in text]
        assert not found, f"{path.name}: {len(found)} of {len(planted)}"


def test_the_surge_is_found_where_it_was_planted(truth, run, table, labelled):
    surge = truth.surge
    topic = of_topic(labelled, surge.topic)
    trend = table("topics", "topic_trend")
    trend = trend[trend["topic_id"] == topic].set_index("period")["share"]
    before = trend[trend.index < surge.release].mean()
    after = trend[trend.index >= surge.release].mean()
    # the topic found may hold a few neighbours' records, so shares agree within two points
    assert before == pytest.approx(surge.share_before, abs=0.02)
    assert after == pytest.approx(surge.share_after, abs=0.03)
    results = json.loads((run.folder / "topics" / "results.json").read_text(encoding="utf-8"))
    said = " ".join(finding["text"] for finding in results["findings"])
    label = table("topics", "topics").set_index("topic_id").at[topic, "label"]
    month = surge.release + pd.DateOffset(months=1)
    assert f"“{label}” stood out from about" in said
    assert any(f"about {when:%B %Y}" in said for when in (surge.release, month))


def test_topics_agree_with_the_planted_ones(labelled):
    from sklearn.metrics import normalized_mutual_info_score

    assert normalized_mutual_info_score(labelled["topic"], labelled["topic_id"]) > 0.55


def test_a_shift_of_channels_moves_the_raw_mean_and_not_the_adjusted_one(truth, table):
    planted = truth.mix
    trend = table("sentiment", "sentiment_trend")
    trend = trend[trend["group"] == "all"].dropna(subset=["mean", "adjusted"])
    trend = trend.sort_values("period")
    n = trend["n"]

    def mean(column: str, rows: slice) -> float:
        return float(np.average(trend[column].iloc[rows], weights=n.iloc[rows]))

    raw = mean("mean", slice(-6, None)) - mean("mean", slice(6))
    adjusted = mean("adjusted", slice(-6, None)) - mean("adjusted", slice(6))
    assert planted.raw_last_quarter < planted.raw_first_quarter
    assert raw < -0.03
    assert abs(adjusted) < 0.03 < abs(raw)


def found_for(labelled: pd.DataFrame, topic: str) -> list[str]:
    """Topics found that are, to four fifths, one planted topic: it may be found in parts."""
    share = labelled["topic"].eq(topic).groupby(labelled["topic_id"]).mean()
    return share.index[share >= 0.8].tolist()


def test_the_planted_odds_ratios_are_covered_and_no_null_is_reported(truth, table, labelled):
    """A planted topic found in parts keeps its odds ratio in each; small parts may not reach q."""
    found = table("churn", "churn_topics").set_index("topic_id")
    planted = truth.churn
    for topic, log_odds in planted.log_odds.items():
        parts = found[found.index.isin(found_for(labelled, topic))]
        reported = parts[parts["status"] == "reported"]
        assert len(reported), topic
        covered = parts["low"].le(np.exp(log_odds)) & parts["high"].ge(np.exp(log_odds))
        assert covered.mean() >= 0.75, parts.to_dict("records")
        assert (reported["odds_ratio"] > 1).all()
    null = of_topic(labelled, planted.null_topic)
    pure = found_for(labelled, planted.null_topic)
    parts = found[found.index.isin([null, *pure])]
    assert pure and not parts["status"].eq("reported").any()
    assert parts.loc[null, "low"] < 1 < parts.loc[null, "high"]


def test_talk_of_leaving_is_no_reason_for_leaving(truth, table, labelled):
    leak = of_topic(labelled, truth.churn.leak_topic)
    assert leak in found_for(labelled, truth.churn.leak_topic)
    status = table("churn", "churn_topics").set_index("topic_id")["status"]
    assert status[leak] == "leak"


def test_silent_customers_are_counted(table):
    coverage = table("churn", "coverage")
    everyone = coverage.iloc[0]
    assert everyone["customers"] == 4000
    assert everyone["churners"] > everyone["churners_with_feedback"] > 0


def test_forecasts_follow_the_planted_components(truth, table):
    forecast = table("forecast", "forecast")
    assert (forecast["low_95"] <= forecast["estimate"]).all()
    assert (forecast["estimate"] <= forecast["high_95"]).all()
    backtest = table("forecast", "backtest")
    told = set(forecast["series_id"]) - set(truth.series)
    assert told == {"feedback: volume", "feedback: NPS", "feedback: sentiment"}
    assert set(truth.series) < set(forecast["series_id"])
    for name, series in truth.series.items():
        rows = forecast[forecast["series_id"] == name].sort_values("date")
        parts = series.components
        steps = np.arange(1, len(rows) + 1)
        # what is expected next: the line goes on, the season repeats, the regressor is usual
        season = parts["season"].to_numpy()[-series.season_length :]
        expected = (
            parts["level_trend"].iloc[-1]
            + series.trend * steps
            + season[(steps - 1) % series.season_length]
            + parts["effect"].mean()
        )
        inside = rows["low_95"].le(expected).to_numpy() & rows["high_95"].ge(expected).to_numpy()
        assert inside.mean() >= 0.8, f"{name}: {inside.mean():.0%} of the horizon"
    assert backtest.groupby("series_id")["chosen"].sum().ge(1).all()


def test_initiatives_are_ordered_as_planted_within_what_can_be_told(truth, table):
    found = table("roi", "roi").set_index("initiative_id")
    assert set(found.index) == set(truth.initiatives)
    worthless = [one.initiative_id for one in truth.initiatives.values() if one.benefit <= 0]
    worth = [one.initiative_id for one in truth.initiatives.values() if one.bcr > 2]
    assert worthless and worth
    months = table("churn", "churn_topics")["observed_months"]
    assert np.allclose(months, 731 / 30.4375)  # 24.02, with a record after the last midnight
    # kappa (.4 on average) lowers every estimate alike, so the order is asked for, not the size
    assert found.loc[worth, "bcr"].min() > found.loc[worthless, "bcr"].max()
    assert np.allclose(found["net_roi"], found["bcr"] - 1, equal_nan=True)


def test_the_hardest_sentences_of_the_sentiment_page_follow_from_its_records(run, table):
    saved = json.loads((run.folder / "sentiment" / "results.json").read_text(encoding="utf-8"))
    told = {finding["kind"]: finding["text"] for finding in saved["findings"]}
    records = records_of(table("collect", "feedback"), table("sentiment", "sentiment"))
    records["fold"] = pd.factorize(records["author"])[0] % 60  # the jackknife leaves out sixtieths
    for name, check in CHECKS.items():
        check(records, told[name])


def test_the_index_opens_with_what_to_do_and_in_few_words(run):
    saved = json.loads((run.folder / "findings.json").read_text(encoding="utf-8"))
    schema = files("insights.report").joinpath("findings.schema.json").read_text(encoding="utf-8")
    jsonschema.validate(saved, json.loads(schema))
    found = saved["findings"]
    do = {one["notebook"]: one for one in found if one["next_step"] == "do"}
    assert set(do) == {"topics", "churn"} and found[0]["next_step"] == found[1]["next_step"] == "do"
    sync, invoices = do["topics"], do["churn"]
    assert "Complaints about “Sync" in sync["headline"] and "April 2025" in sync["headline"]
    assert sync["since"] == "2025-04-01" and sync["low"] > 0 and sync["direction"] == "worse"
    assert "“Invoice" in invoices["headline"] and invoices["money"] > 10_000
    assert "“Explain every invoice line before it is sent”" in invoices["action"]
    by_id = {one["id"]: one for one in found}
    assert len(by_id) == len(found)
    offers = {
        key[-2:]: one["next_step"] for key, one in by_id.items() if "roi_distribution:I" in key
    }
    assert offers.pop("I1") == "watch" and set(offers.values()) == {"leave"}
    mood = by_id["sentiment.changes"]
    assert mood["next_step"] == "leave" and mood["low"] < 0 < mood["high"]
    assert found[-1]["data"]
    page = (run.folder / "index.html").read_text(encoding="utf-8")
    assert len(page) < 150_000
    topics = (run.folder / "topics" / "report.html").read_text(encoding="utf-8")
    assert "Every setting has its default value." in topics  # 0 is the study's own, and the same
    top = page[page.index("<header") : page.index('<section id="notebooks"')]
    top = re.sub(r"<details.*?</details>", " ", top, flags=re.S)
    assert len(re.sub(r"<[^>]+>", " ", top).split()) <= 500
