"""The whole notebook on awkward studies: every cell runs, and what it saves is honest."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from insights.analyses import collect
from insights.ingest.sources import Sources
from insights.run.context import CONTEXT, Context

pytestmark = pytest.mark.slow

_ROOT = Path(__file__).parents[3]
_GOOD = ["The staff were great and helpful", "Love it, works perfectly", "质量很好，非常满意"]
_BAD = ["Terrible service, very rude", "The app is awful and crashes", "太差了，非常失望"]
_SARCASM = [
    "Great, another crash. Just what I needed",
    "Thanks for losing my data, wonderful job",
    "Love waiting two hours for an answer",
]


def _base(n=240):
    rng = np.random.default_rng(1)
    good = rng.random(n) < 0.6
    return pd.DataFrame(
        {
            "feedback_id": [f"f{i:04d}" for i in range(n)],
            "created_at": pd.Timestamp("2025-01-01", tz="UTC")
            + pd.to_timedelta(np.arange(n) * 350 / n, unit="D"),
            "text": [str(rng.choice(_GOOD if g else _BAD)) for g in good],
            "channel": np.where(np.arange(n) % 3, "review", "ticket"),
            "customer_id": [f"c{i:03d}" for i in rng.integers(0, 90, n)],
            "language": "en",
            "rating": np.where(good, 1.0, 0.0),
        }
    )


def _mixed(n=240):
    """English in Chinese and Chinese in English."""
    words = ["这个 app 很 nice，客服 very helpful", "界面 so bad，老是 crash，太差了",
             "Delivery 很快，非常满意", "The 客服 is 太差了 and rude"]  # fmt: skip
    return _base(n).assign(text=np.resize(words, n), rating=np.resize([1.0, 0.0], n),
                           language="mixed")  # fmt: skip


def _stars(feedback):
    """Ratings of five stars from one channel and of ten points from the other, in one file."""
    with TemporaryDirectory() as folder:
        ten = feedback["channel"].eq("ticket")
        raw = feedback.assign(rating=np.where(ten, 1 + 9 * feedback["rating"],
                                              1 + 4 * feedback["rating"]))  # fmt: skip
        raw.drop(columns="language").to_csv(Path(folder) / "a.csv", index=False)
        part = "select * from a where channel = '{}'"
        sources = [
            {"sql": part.format(name), "files": {"a": "a.csv"}, "rating_scale": scale}
            for name, scale in (("review", [1, 5]), ("ticket", [1, 10]))
        ]
        found = collect.gather(
            Sources.model_validate({"feedback": sources}), project=Path(folder), key=b"a key"
        )
    table = found.tables["feedback"].set_index("feedback_id")
    return table["rating"].reindex(feedback["feedback_id"]).to_numpy(float)


_CASES = {
    "one row": lambda: _base().head(1),
    "no dates": lambda: _base().assign(created_at=pd.Series(pd.NaT, dtype="datetime64[ns, UTC]")),
    "dates in one day": lambda: _base().assign(created_at=pd.Timestamp("2025-01-05", tz="UTC")),
    "all null text": lambda: _base().assign(text=pd.Series([None] * 240, dtype=object)),
    "one class only": lambda: _base().assign(rating=np.resize([0.75, 1.0], 240)),
    "constant rating": lambda: _base().assign(rating=1.0),
    "emoji only": lambda: _base().assign(text=np.resize(["😡", "👍", "❤️", "😭"], 240)),
    "code-switching": _mixed,
    "two scales": lambda: _base().assign(rating=_stars),
}  # fmt: skip


def _run(feedback, tmp_path, monkeypatch, labels=None):
    """Run every code cell of the notebook in a study that holds this feedback."""
    study = tmp_path / "params" / "odd.yml"
    study.parent.mkdir()
    study.write_text("study: odd\ntitle: Odd\nsources:\n  feedback: {path: x.csv}\n")
    (tmp_path / "x.csv").write_text("text,created_at\nhello,2025-01-01\n")
    if labels is not None:
        study.with_name("odd.labels.csv").write_text(labels, encoding="utf-8")
    tables = tmp_path / "collect" / "tables"
    tables.mkdir(parents=True)
    feedback.to_parquet(tables / "feedback.parquet")
    folder = tmp_path / "sentiment"
    folder.mkdir()
    context = Context(tmp_path, study, "odd", folder, {"collect": tmp_path / "collect"})
    context.write(tmp_path / "context.json")
    monkeypatch.setenv(CONTEXT, str(tmp_path / "context.json"))
    page = json.loads((_ROOT / "notebooks" / "sentiment.ipynb").read_text(encoding="utf-8"))
    cell = {}
    for item in page["cells"]:
        if item["cell_type"] == "code":
            exec("".join(item["source"]), cell)
            plt.close("all")
    saved = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return saved, {p.stem: pd.read_parquet(p) for p in (folder / "tables").glob("*.parquet")}


@pytest.mark.parametrize("name", _CASES)
def test_the_notebook_runs_to_its_end_on_awkward_input(name, tmp_path, monkeypatch, capsys):
    feedback = _CASES[name]()
    saved, tables = _run(feedback, tmp_path, monkeypatch)
    for finding in saved["findings"]:
        assert "nan" not in finding["text"].replace("finance", ""), finding["text"]
        assert "n = " in finding["text"] or f"{finding['n']:,}" in finding["text"]
    assert len(tables["sentiment"]) == len(feedback)
    assert not capsys.readouterr().err
    if name == "two scales":
        assert np.array_equal(feedback["rating"], _base()["rating"])
    text = {f["kind"]: f["text"] for f in saved["findings"]}
    said = {
        "one row": ("changes", "Cannot tell whether sentiment changed"),
        "no dates": ("changes", "Cannot tell whether sentiment changed"),
        "dates in one day": ("changes", "Cannot tell whether sentiment changed"),
        "all null text": ("classified", "0 records were scored"),
        "one class only": ("classified", "0 negative and 240 positive records"),
        "constant rating": ("classified", "all 240 ratings are the same"),
        "emoji only": ("classified", "240 records were scored"),
        "code-switching": ("classified", "learnt from the study's own ratings"),
        "two scales": ("classified", "learnt from the study's own ratings"),
    }
    kind, words = said[name]
    assert words in text[kind], text[kind]


def test_sarcasm_whose_words_contradict_its_ratings_is_marked_as_unsure(tmp_path, monkeypatch):
    feedback = _base()
    feedback.loc[:59, "text"] = np.resize(_SARCASM, 60)
    feedback.loc[:59, "rating"] = 0.0
    _, tables = _run(feedback, tmp_path, monkeypatch)
    table = tables["sentiment"].set_index("feedback_id")
    sarcastic = table.loc[[f"f{i:04d}" for i in range(60)]]
    assert sarcastic["unsure"].mean() > table.drop(index=sarcastic.index)["unsure"].mean() + 0.3


def test_every_figure_of_the_page_shows_something_of_its_own(tmp_path, monkeypatch):
    _run(_base(), tmp_path, monkeypatch)
    figures = {path.stem: path.read_bytes() for path in tmp_path.glob("sentiment/figures/*.png")}
    assert {"trend", "arrivals"} <= set(figures)
    assert len(set(figures.values())) == len(figures)


def test_labels_beside_the_study_correct_the_shares_of_the_page(tmp_path, monkeypatch):
    feedback = _base()
    rows = [
        f"f{i:04d},all,4,en,t,{'positive' if feedback['rating'][i] else 'negative'},Ana,2025-03-01"
        for i in range(0, 240, 4)
    ]
    head = "feedback_id,stratum,weight,language,text,label,labeller,labelled_at"
    saved, tables = _run(feedback, tmp_path, monkeypatch, labels="\n".join([head, *rows]))
    text = {f["kind"]: f["text"] for f in saved["findings"]}
    assert "Corrected by 60 hand labels" in text["shares"]
    assert "60 records were labelled by hand, by 1 person" in text["labelled"]
    assert len(tables["labels"]) == 60
