import numpy as np
import pandas as pd
import planted_topics as planted
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from insights import drawing
from insights.analyses import topics
from insights.errors import DataError, ParamsError

COLUMNS = [
    "topic_id",
    "label",
    "keywords",
    "language_share",
    "n",
    "share",
    "low",
    "high",
    "stability",
    "matched_from",
    "status",
    "coherence",
    "owner",
    "label_support",
    "told",
    "told_with",
]


def truth(frame, model):
    return frame.set_index("feedback_id").loc[model.documents["feedback_id"], "truth"].to_numpy()


def test_planted_topics_are_found_in_both_languages(bilingual, model):
    said = truth(bilingual, model)
    assert normalized_mutual_info_score(said, model.documents["topic_id"]) > 0.6
    purity = pd.crosstab(model.documents["topic_id"], said).max(axis=1).sum() / len(said)
    assert purity > 0.85


def test_topics_cross_the_languages(bilingual, model):
    joined = model.documents.merge(bilingual, on="feedback_id")
    english = (joined["language"] == "en").groupby(joined["topic_id"]).mean()
    size = joined.groupby("topic_id").size()
    both = english.between(0.1, 0.9)
    assert size[both].sum() / size.sum() > 0.5
    label = model.topics.set_index("topic_id").loc[size[both].idxmax(), "label"]
    assert " / " in label  # words of both


def test_the_tables_keep_the_contract_and_add_up(bilingual, model):
    assert list(model.table()) == COLUMNS
    assert list(model.documents) == ["feedback_id", "topic_id", "subtopic_id", "probability"]
    assert sorted(model.documents["feedback_id"]) == sorted(bilingual["feedback_id"])
    counted = model.documents["topic_id"].value_counts()
    listed = model.topics.set_index("topic_id")["n"]
    assert (counted[listed.index] == listed).all()
    assert listed.sum() + counted.get("-1", 0) == len(bilingual)
    assert (model.topics["low"] <= model.topics["share"]).all()
    assert (model.topics["share"] <= model.topics["high"]).all()
    assert model.documents["probability"].between(0, 1).all()
    assert listed.is_monotonic_decreasing
    assert listed.index.tolist() == [str(i) for i in range(len(listed))]


def test_a_subtopic_belongs_to_one_topic(model):
    parts = model.documents.dropna(subset=["subtopic_id"])
    assert len(parts)
    assert (parts["subtopic_id"].str.split(".").str[0] == parts["topic_id"]).all()


def test_the_order_of_rows_does_not_matter(bilingual, model):
    shuffled = bilingual.sample(frac=1, random_state=3).reset_index(drop=True)
    again = topics.topic_model(shuffled, params=topics.Params())
    pd.testing.assert_frame_equal(again.documents, model.documents)
    pd.testing.assert_frame_equal(again.topics, model.topics)
    pd.testing.assert_frame_equal(again.quotes, model.quotes)


def test_the_input_is_left_alone(bilingual):
    frame = bilingual.head(60).copy()
    topics.topic_model(frame, params=topics.Params())
    pd.testing.assert_frame_equal(frame, bilingual.head(60))


def test_quotes_are_records_of_their_topic(bilingual, model):
    joined = model.quotes.merge(model.documents, on="feedback_id", suffixes=("", "_given"))
    assert (joined["topic_id"] == joined["topic_id_given"]).all()
    text = bilingual.set_index("feedback_id")["text"]
    assert (text.loc[model.quotes["feedback_id"]].to_numpy() == model.quotes["quote"]).all()
    assert model.quotes.groupby("topic_id").size().max() <= 10


def test_the_bertopic_model_is_real_and_has_our_numbers(bilingual, model):
    from bertopic import BERTopic

    bertopic = model.bertopic
    assert isinstance(bertopic, BERTopic)
    info = bertopic.get_topic_info()
    assert set(info["Topic"]) - {-1} == set(range(len(model.topics)))
    predicted, _ = bertopic.transform(bilingual["text"].tolist())
    ours = model.documents.set_index("feedback_id").loc[bilingual["feedback_id"], "topic_id"]
    assert np.mean(np.array(predicted).astype(str) == ours.to_numpy()) > 0.7
    words = " ".join(word for topic in bertopic.get_topics().values() for word, _ in topic)
    assert any("\u4e00" <= c <= "\u9fff" for c in words)  # Chinese is not deleted


@pytest.mark.parametrize("chinese", [0.0, 1.0])
def test_one_language_alone_works(chinese):
    frame = planted.feedback(400, chinese=chinese)
    found = topics.topic_model(frame, params=topics.Params())
    assert normalized_mutual_info_score(truth(frame, found), found.documents["topic_id"]) > 0.5


@pytest.mark.slow
def test_a_larger_least_size_is_kept(bilingual):
    found = topics.topic_model(bilingual, params=topics.Params(min_topic_size=25))
    kept = found.documents[found.documents["topic_id"] != "-1"].merge(bilingual, on="feedback_id")
    finest = kept["subtopic_id"].fillna(kept["topic_id"])
    assert kept.groupby(finest)["text"].nunique().min() >= 25 / 2


@pytest.mark.slow
def test_at_most_the_topics_asked_for_are_shown(bilingual):
    found = topics.topic_model(bilingual, params=topics.Params(max_topics=8, seed=2))
    assert 2 <= len(found.topics) <= 8
    assert adjusted_rand_score(truth(bilingual, found), found.documents["topic_id"]) > 0.3


@pytest.mark.parametrize(
    "texts",
    [
        ["only one"],
        ["the same text"] * 300,
        ["😀" * k for k in range(1, 150)],
        ["", "   ", "!!!", "123"] * 50,
        [f"text number {k} about sync" for k in range(40)],
    ],
)
def test_too_few_texts_are_all_unexplained_and_said_so(texts):
    frame = pd.DataFrame({"feedback_id": [str(i) for i in range(len(texts))], "text": texts})
    found = topics.topic_model(frame, params=topics.Params())
    assert (found.documents["topic_id"] == "-1").all()
    assert found.text().startswith("Too few texts to model")
    assert [check.name for check in found.failed] == ["enough texts to model"]
    assert list(found.table()) == COLUMNS
    drawing.theme()
    found.plot()
    assert topics.Unexplained.of(found).share.estimate == 1


def test_awkward_texts_do_not_break_the_model(bilingual):
    extra = pd.DataFrame(
        {
            "feedback_id": ["n1", "n2", "n3", "n4", "n5"],
            "text": [None, "sync " * 20_000, "<b>同步</b><script>x</script>", "x", "のように"],
            "language": ["unknown", None, "zh", "en", "other"],
        }
    )
    frame = pd.concat([bilingual.head(400), extra], ignore_index=True)
    found = topics.topic_model(frame, params=topics.Params())
    topic = found.documents.set_index("feedback_id")["topic_id"]
    assert topic["n1"] == "-1"
    assert len(topic) == 405


@pytest.mark.slow
def test_texts_beyond_the_sample_go_to_the_nearest_centre(bilingual, monkeypatch):
    monkeypatch.setattr("insights.analyses.topics.hierarchy.FIT_SAMPLE", 300)
    found = topics.topic_model(bilingual, params=topics.Params())
    assert normalized_mutual_info_score(truth(bilingual, found), found.documents["topic_id"]) > 0.5
    assert found.unexplained.estimate < 0.1


def test_given_labels_are_used_as_they_are():
    frame = pd.DataFrame(
        {
            "feedback_id": list("abcdef"),
            "text": ["slow", "slow app", "发票错了", "x", "y", "z"],
            "topic": ["App Speed", "app  speed", "发票", None, "App Speed", ""],
        }
    )
    found = topics.topic_model(frame, params=topics.Params(source="given"))
    assert found.documents["topic_id"].tolist() == ["app-speed"] * 2 + [
        "发票",
        "-1",
        "app-speed",
        "-1",
    ]
    assert (found.documents.loc[[0, 1, 2], "probability"] == 1).all()
    assert found.topics["label"].tolist() == ["App Speed", "发票"]
    assert found.bertopic.embedding_model is None


def test_given_labels_that_are_not_there_are_refused(bilingual):
    with pytest.raises(DataError, match="no record has a value in the column 'topic'"):
        topics.topic_model(bilingual, params=topics.Params(source="given"))


def test_no_record_at_all_is_refused(bilingual):
    with pytest.raises(DataError, match="0 rows; at least 1 is needed"):
        topics.topic_model(bilingual.head(0), params=topics.Params())


def test_a_misspelt_setting_is_refused():
    with pytest.raises(ParamsError, match="Did you mean 'min_topic_size'"):
        topics.Params.checked({"min_topic_sise": 3})


def test_the_sentence_says_what_the_table_says(model):
    largest = model.topics.iloc[0]
    assert (
        f"{len(model.topics)} topics were found in {len(model.documents)} records" in model.text()
    )
    assert f"{largest['share']:.1%}" in model.text()
    assert largest["label"] in model.text()


@pytest.mark.slow
def test_template_texts_are_doubted(bilingual, model):
    assert model.template_share < 0.5
    form = "I have an issue with the product. Please assist. " + bilingual["text"]
    found = topics.topic_model(bilingual.assign(text=form), params=topics.Params())
    assert found.template_share > 0.9
    assert not any(check.name == "texts are not the answers of a form" for check in model.checks)
    assert "texts are people's own words" in [check.name for check in found.failed]
