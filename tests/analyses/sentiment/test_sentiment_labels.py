"""Labels by hand: drawn, filled in, read back; people's agreement; errors and shares from them."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from insights import cli
from insights.analyses import sentiment
from insights.analyses.sentiment.label_panel import LabelPanel
from insights.analyses.sentiment.labels import COLUMNS, Label, read_labels, write_labels
from insights.analyses.sentiment.result import Classified
from insights.analyses.sentiment.sampling import draw_sample, filled, merged
from insights.errors import DataError, ParamsError
from insights.stats.labelled_sample import error_estimates, predicted_shares

_HEAD = ",".join(COLUMNS)
_CLASSES = np.array(["negative", "neutral", "positive"])


def _scored(n, seed, *, said=None):
    """Feedback and what a classifier said of it; a tenth of the records is negative."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, n, p=[0.1, 0.2, 0.7])
    p = rng.dirichlet([0.4, 0.4, 0.4], n) if said is None else said(truth, rng)
    ids = [f"f{i:05d}" for i in range(n)]
    feedback = pd.DataFrame(
        {
            "feedback_id": ids,
            "created_at": pd.Timestamp("2025-01-05", tz="UTC"),
            "text": [f"message {i}" for i in range(n)],
            "language": np.where(rng.random(n) < 0.3, "zh", "en"),
        }
    )
    records = pd.DataFrame(
        {
            "feedback_id": ids,
            "label": _CLASSES[p.argmax(axis=1)],
            "score": p[:, 2] - p[:, 0],
            "p_negative": p[:, 0],
            "p_neutral": p[:, 1],
            "p_positive": p[:, 2],
            "method": "prior",
            "rated": "",
        }
    )
    return feedback, records, truth


def _biased(truth, rng):
    """A classifier that calls half of the good records bad."""
    p = np.full((len(truth), 3), 0.1)
    p[np.arange(len(truth)), truth] = 0.8
    wrong = (truth == 2) & (rng.random(len(truth)) < 0.5)
    p[wrong] = [0.7, 0.2, 0.1]
    return p / p.sum(axis=1, keepdims=True)


def _classified(records):
    return Classified(
        n=len(records), records=records, engine="prior", reason="", confusion=None, curve=None,
        accuracy=pd.DataFrame({"auc": []}), trusted=None, rating_varies=False, languages=("en",),
    )  # fmt: skip


def _answered(sample, truth, who="Ana", *, slip=0.0, seed=0):
    rng = np.random.default_rng(seed)
    code = [int(r.feedback_id[1:]) for r in sample]
    said = [int(rng.integers(3)) if rng.random() < slip else truth[i] for i in code]
    return tuple(
        Label(r.feedback_id, r.stratum, r.weight, r.language, r.text, _CLASSES[k], who,
              "2025-03-01T10:00:00")
        for r, k in zip(sample, said, strict=True)
    )  # fmt: skip


def test_the_draw_is_seeded_stratified_and_its_weights_count_every_record():
    feedback, records, _ = _scored(3000, 1, said=_biased)
    sample = draw_sample(feedback, records, size=200, seed=7)
    again = draw_sample(feedback.sample(frac=1, random_state=3),
                        records.sample(frac=1, random_state=4), size=200, seed=7)  # fmt: skip
    assert sample == again
    assert sample != draw_sample(feedback, records, size=200, seed=8)
    assert len(sample) == 200
    assert sum(r.weight for r in sample) == pytest.approx(3000)
    size = pd.Series([r.weight for r in sample]).groupby([r.stratum for r in sample]).sum()
    language = feedback.set_index("feedback_id")["language"].reindex(records["feedback_id"])
    every = (language.to_numpy() + ": " + records["label"]).value_counts()
    assert size.round().astype(int).to_dict() == every.to_dict()
    share = pd.Series([r.stratum for r in sample]).value_counts() / 200
    assert share["zh: neutral"] > every["zh: neutral"] / 3000  # a rare stratum is seen more often


def test_a_small_population_is_drawn_whole_and_one_without_text_refused():
    feedback, records, _ = _scored(40, 2)
    assert len(draw_sample(feedback, records, size=200, seed=7)) == 40
    with pytest.raises(DataError, match="no record has text"):
        draw_sample(feedback, records.assign(method="empty"), size=200, seed=7)


def test_a_file_comes_back_as_it_was_written():
    rows = [
        Label("a", "en: negative", 41.25, "en", '=1+1, "quoted"', "negative", "Ana",
              "2025-03-01T10:00:00"),
        Label("b", "zh: positive", 3, "zh", "很好，谢谢", "", "", ""),
    ]  # fmt: skip
    text = write_labels(rows)
    assert "'=1+1" in text  # a spreadsheet would run it
    back, faults = read_labels(text, where="x.csv")
    assert faults == []
    assert [r.__dict__ | {"line": 0} for r in back] == [r.__dict__ for r in rows]


def test_what_spreadsheets_make_of_the_file_is_read():
    text = (
        "\ufeff" + _HEAD.replace(",", ";") + "\r\nf1;s;2;zh;好;积极;Bo;2025/3/1 9:05\r\n;;;;;;;\r\n"
    )
    rows, faults = read_labels(text, where="x.csv")
    assert faults == []
    assert [(r.label, r.labelled_at) for r in rows] == [("positive", "2025-03-01T09:05:00")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("f1,s,2,en,t,negatve,Ana,2025-03-01", r"x\.csv:2: column label holds 'negatve'. Did you "),
        ("f1,s,2,en,t,negative,,2025-03-01", r"x\.csv:2: column labeller is empty beside a label"),
        ("f1,s,2,en,t,negative,Ana,", r"x\.csv:2: column labelled_at is empty beside a label"),
        ("f1,s,2,en,t,negative,Ana,3 May", r"x\.csv:2: column labelled_at holds '3 May'"),
        (",s,2,en,t,negative,Ana,2025-03-01", r"x\.csv:2: column feedback_id is empty"),
        ("f1,s,.5,en,t,negative,Ana,2025-03-01", r"x\.csv:2: column weight holds '\.5'"),
        (
            'f1,s,2,en,"two\nlines",neutral,Ana,2025-03-01\nf1,s,2,en,t,negative,Ana,2025-03-01',
            r"x\.csv:4: column labeller: Ana labelled record f1 on line 2 already",
        ),
    ],
)
def test_a_fault_is_told_by_line_and_column(tmp_path, line, said):
    (tmp_path / "x.csv").write_text(f"{_HEAD}\n{line}\n", encoding="utf-8")
    with pytest.raises(ParamsError, match=said):
        sentiment.hand_labels(tmp_path / "x.csv")


def test_a_file_without_its_columns_or_of_another_encoding_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("id,label\n1,negative\n")
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ParamsError, match=r"a\.csv:1: column feedback_id, labeller, labelled_at"):
        sentiment.hand_labels(tmp_path / "a.csv")
    with pytest.raises(ParamsError, match=r"b\.csv: is not UTF-8 text"):
        sentiment.hand_labels(tmp_path / "b.csv")
    assert sentiment.hand_labels(tmp_path / "none.csv") == ()


def test_labels_of_several_people_stand_side_by_side_and_the_newer_of_one_person_wins():
    sample = [Label("a", "s", 5, "en", "t", "", "", ""), Label("b", "s", 5, "en", "u", "", "", "")]
    ana = merged(sample, [Label("a", "", 1, "", "", "negative", "Ana", "2025-01-01")])
    both = merged(ana, [Label("a", "", 1, "", "", "neutral", "Bo", "2025-01-02"),
                        Label("a", "", 1, "", "", "positive", "Ana", "2025-01-03"),
                        Label("z", "s", 9, "", "v", "positive", "Bo", "2025-01-03")])  # fmt: skip
    assert [(r.feedback_id, r.labeller, r.label) for r in both] == [
        ("a", "Ana", "positive"), ("a", "Bo", "neutral"), ("b", "", ""), ("z", "Bo", "positive")
    ]  # fmt: skip
    assert both[0].weight == 5 and np.isnan(both[3].weight)
    older = merged(both, [Label("a", "", 1, "", "", "negative", "Ana", "2024-12-31")])
    assert older == both
    assert filled([both[2]], labeller="Cy", now="2025-02-01")[0].labeller == ""


@pytest.mark.slow
def test_shares_and_errors_from_hand_labels_cover_those_of_all_records():
    covered = dict.fromkeys(("share", "labelled as people do", "recall, negative"), 0)
    for seed in range(60):
        feedback, records, truth = _scored(2000, seed, said=_biased)
        rows = _answered(draw_sample(feedback, records, size=150, seed=seed), truth)
        found = sentiment.label_evaluation(
            feedback, rows, _classified(records), params=sentiment.Params()
        )
        said = np.searchsorted(_CLASSES, records["label"])
        assert np.mean(said == 0) > 0.3  # a count of labels is far off
        true = {
            "share": np.mean(truth == 0),
            "labelled as people do": np.mean(said == truth),
            "recall, negative": np.mean(said[truth == 0] == 0),
        }
        share = found.shares.assign(measure="share").head(1)
        table = pd.concat([found.table(), share]).set_index("measure")
        for name in covered:
            covered[name] += table.loc[name, "low"] <= true[name] <= table.loc[name, "high"]
    for name, count in covered.items():
        assert count / 60 >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / 60), name


def test_with_every_record_labelled_the_estimates_are_the_plain_figures():
    feedback, records, truth = _scored(300, 5)
    rows = _answered(draw_sample(feedback, records, size=300, seed=1), truth)
    found = sentiment.label_evaluation(
        feedback, rows, _classified(records), params=sentiment.Params()
    )
    table = found.table().set_index("measure")["estimate"]
    said = np.searchsorted(_CLASSES, records["label"])
    assert table["labelled as people do"] == pytest.approx(np.mean(said == truth))
    p = records["p_negative"].to_numpy()
    pairs = [(a > b) + 0.5 * (a == b) for a in p[truth == 0] for b in p[truth > 0]]
    assert table["area under the curve, negative"] == pytest.approx(np.mean(pairs))
    f1 = [2 * np.sum((said == k) & (truth == k)) / (np.sum(said == k) + np.sum(truth == k))
          for k in range(3)]  # fmt: skip
    assert table["macro-F1"] == pytest.approx(np.mean(f1))
    share = found.shares.iloc[0]
    assert share["estimate"] == pytest.approx(np.mean(truth == 0))
    assert share["high"] - share["low"] < 1e-9  # nothing is left to be sampled


def test_a_single_record_of_a_stratum_is_not_taken_for_certainty():
    truth = np.eye(3)[[0, 2, 2, 2, 0, 2]]
    stated = np.full((6, 3), 1 / 3)
    size = pd.Series({"a": 100.0, "b": 100.0})
    stratum = np.array(["a", "b", "b", "b", "b", "b"])
    found = predicted_shares(truth, stated, stratum, size, np.full(3, 1 / 3))[0]
    assert found.high - found.low > 0.5
    errors = error_estimates(
        truth, np.array([0, 2, 2, 2, 2, 0]), truth[:, 0], stratum, size, np.random.default_rng(0)
    )
    assert errors["labelled as people do"].estimate == pytest.approx(0.5 * 1 + 0.5 * 0.6)


def test_people_who_agree_pass_and_people_who_guess_fail():
    feedback, records, truth = _scored(800, 6, said=_biased)
    sample = draw_sample(feedback, records, size=120, seed=1)

    def judged(slip):
        rows = _answered(sample, truth) + _answered(sample, truth, "Bo", slip=slip)
        return sentiment.label_evaluation(
            feedback, rows, _classified(records), params=sentiment.Params()
        )

    assert "people agree" not in {c.name for c in judged(0.1).failed}
    assert "people agree" in {c.name for c in judged(0.95).failed}
    assert "they agree with alpha" in judged(0.1).text()


def test_few_labels_estimate_nothing_and_say_so():
    feedback, records, truth = _scored(800, 7)
    rows = _answered(draw_sample(feedback, records, size=40, seed=1), truth)
    found = sentiment.label_evaluation(
        feedback, rows, _classified(records), params=sentiment.Params()
    )
    assert found.shares.empty
    assert any("50 are needed" in c.detail for c in found.checks)
    none = sentiment.label_evaluation(feedback, (), _classified(records), params=sentiment.Params())
    assert none.text().startswith("No record has been labelled by hand (n = 0)")
    assert len(none.sample) == 200


def test_hand_labels_teach_what_ratings_do_not_say():
    rng = np.random.default_rng(8)
    good = rng.random(400) < 0.5
    words = np.where(good, "zorp ", "blick ")  # words no list and no prior knows
    texts = [f"{w}{rng.choice(['alpha', 'beta', 'gamma'])} {i}" for i, w in enumerate(words)]
    feedback = pd.DataFrame(
        {"feedback_id": [f"f{i:05d}" for i in range(400)], "text": texts, "rating": 1.0,
         "created_at": pd.Timestamp("2025-01-05", tz="UTC")}
    )  # fmt: skip
    rows = [Label(f"f{i:05d}", "", np.nan, "", "", "positive" if good[i] else "negative", "Ana",
                  "2025-01-01T00:00:00") for i in range(260)]  # fmt: skip
    gaps = {}
    for how in ("only", "check"):
        params = sentiment.Params(labels=how)
        told = sentiment.taught(feedback, rows, params=params)
        found = sentiment.classify(told, params=params).records["score"].to_numpy()[260:]
        gaps[how] = found[good[260:]].mean() - found[~good[260:]].mean()
        assert feedback["rating"].eq(1.0).all()
    assert gaps["only"] > 0.5
    assert gaps["check"] < 0.1
    kept = sentiment.taught(feedback, rows, params=sentiment.Params())["rating"]
    assert kept[260:].eq(1.0).all() and set(kept[:260]) == {0.0, 1.0}


def test_a_tie_of_two_labellers_teaches_nothing():
    feedback = pd.DataFrame({"feedback_id": ["a", "b"], "text": ["x", "y"]})
    rows = [Label("a", "", np.nan, "", "", said, who, "2025-01-01")
            for said, who in (("negative", "Ana"), ("positive", "Bo"))]  # fmt: skip
    rows.append(Label("b", "", np.nan, "", "", "neutral", "Ana", "2025-01-01"))
    told = sentiment.taught(feedback, rows, params=sentiment.Params())["rating"]
    assert told.isna().tolist() == [True, False] and told[1] == 0.5


def test_the_panel_stores_who_and_when_and_goes_on_where_a_person_stopped(tmp_path):
    feedback, records, _ = _scored(60, 9)
    result = sentiment.label_evaluation(
        feedback, (), _classified(records), params=sentiment.Params()
    )
    path = tmp_path / "x.labels.csv"
    panel = LabelPanel(result, path, clock=lambda: datetime(2025, 3, 1, 10))
    panel.buttons["negative"].click()
    assert not path.exists() and "Give your name first" in panel.note.value
    panel.labeller.value = "Ana"
    panel.buttons["negative"].click()
    panel.skip.click()
    panel.buttons["positive"].click()
    rows = sentiment.hand_labels(path)
    done = [(r.feedback_id, r.label, r.labeller, r.labelled_at) for r in rows if r.label]
    assert done == [(panel.order[0], "negative", "Ana", "2025-03-01T10:00:00"),
                    (panel.order[2], "positive", "Ana", "2025-03-01T10:00:00")]  # fmt: skip
    later = LabelPanel(result, path)
    later.labeller.value = "Ana"
    assert later.at == 1
    later.labeller.value = "Bo"
    assert later.at == 0
    later.buttons["neutral"].click()
    assert {r.labeller for r in sentiment.hand_labels(path) if r.label} == {"Ana", "Bo"}
    later.back.click()
    assert "you said neutral" in later.record.value


def test_hostile_text_is_shown_as_text(tmp_path):
    feedback, records, _ = _scored(60, 9)
    feedback["text"] = "<script>alert(1)</script>"
    result = sentiment.label_evaluation(
        feedback, (), _classified(records), params=sentiment.Params()
    )
    box = sentiment.label_panel(result, tmp_path / "x.csv")
    assert "<script>" not in box.children[1].value


@pytest.fixture
def study(tmp_path):
    """A study with a finished run of collect and sentiment."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "params").mkdir()
    (tmp_path / "x.csv").write_text("text,created_at\nhello,2025-01-01\n")
    file = tmp_path / "params" / "tiny.yml"
    file.write_text("study: tiny\ntitle: Tiny\nsources:\n  feedback: {path: x.csv}\n")
    feedback, records, truth = _scored(500, 10, said=_biased)
    for name, table, frame in (
        ("collect", "feedback", feedback),
        ("sentiment", "sentiment", records),
    ):
        place = tmp_path / "outputs" / "tiny" / "latest" / name / "tables"
        place.mkdir(parents=True)
        frame.to_parquet(place / f"{table}.parquet")
    return file, truth


def _insights(study, *words):
    root = study.parent.parent
    found = CliRunner().invoke(cli.app, ["label", str(study), "--project", str(root), *words])
    return found


def test_the_round_trip_draws_fills_in_merges_and_says_how_far_people_agree(study):
    file, truth = study
    first = _insights(file, "--size", "60", "--copy", str(file.with_name("bo.csv")))
    assert "60 records drawn" in first.output and "0 of 60 records are labelled" in first.output
    path = file.with_name("tiny.labels.csv")
    for place, slip in ((path, 0.0), (file.with_name("bo.csv"), 0.2)):
        sheet = pd.read_csv(place, dtype=str, keep_default_na=False)
        code = sheet["feedback_id"].str[1:].astype(int).map(dict(enumerate(truth)))
        guess = np.random.default_rng(1).random(60) < slip
        sheet["label"] = np.where(guess, "neutral", _CLASSES[code])
        sheet.to_csv(place, index=False)
    refused = _insights(file)
    assert isinstance(refused.exception, ParamsError)
    assert "tiny.labels.csv:2: column labeller is empty" in str(refused.exception)
    mine = _insights(file, "--labeller", "Ana")
    assert "60 of 60 records are labelled (Ana 60)." in mine.output
    both = _insights(file, "--from", str(file.with_name("bo.csv")), "--labeller", "Bo")
    assert "(Ana 60, Bo 60)" in both.output and "Krippendorff's alpha" in both.output
    rows = sentiment.hand_labels(path)
    assert len(rows) == 120 and all(r.labelled_at and np.isfinite(r.weight) for r in rows)
    again = _insights(file, "--copy", str(file.with_name("bo.csv")))
    assert isinstance(again.exception, ParamsError) and "exists" in str(again.exception)


def test_without_a_run_there_is_nothing_to_draw_from(study):
    file, _ = study
    found = _insights(file, "--output", str(file.parent / "elsewhere"))
    assert isinstance(found.exception, DataError)
    assert "insights run" in str(found.exception)
