"""Ratings as words and signs: read where they are ratings, left alone where they are not."""

import pandas as pd
import pytest
import yaml

from insights.ingest.canonical import canonical
from insights.ingest.guess import guess_study
from insights.ingest.rating_words import word_scale
from insights.ingest.reading import read_file
from insights.ingest.sources import Source
from insights.ingest.values import numbers

_TEXTS = ["the parcel came two days late and was wet", "everything worked on the first try",
          "the manual is only in French", "login fails every single morning"]  # fmt: skip


FIVE = [0, 0.25, 0.5, 0.75, 1]


def _column(*words, n=60):
    return pd.Series([words[i % len(words)] for i in range(n)])


@pytest.mark.parametrize(
    ("name", "words", "shares"),
    [
        ("sentiment", ["negative", "neutral", "positive"], [0, 0.5, 1]),
        ("label", ["Negative", "Neutral", "Positive"], [0, 0.5, 1]),
        ("review", ["Bad", "OK", "Good"], [0, 0.5, 1]),
        ("satisfaction", ["Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied",
                          "Very satisfied"], FIVE),
        ("answer_q3", ["Dissatisfied", "Satisfied"], [0, 1]),
        ("评价", ["差评", "中评", "好评"], [0, 0.5, 1]),
        ("q7", ["非常不满意", "不满意", "一般", "满意", "非常满意"], FIVE),
        ("情感倾向", ["负面", "中性", "正面"], [0, 0.5, 1]),
        ("would you recommend us", ["no", "yes"], [0, 1]),
        ("是否推荐", ["否", "是"], [0, 1]),
        ("nps_group", ["Detractor", "Passive", "Promoter"], [0, 0.5, 1]),
        ("thumb", ["👎", "👍🏽"], [0, 1]),
        ("stars", ["★☆☆☆☆", "★★★☆☆", "★★★★★"], [0, 0.5, 1]),
        ("Rating", ["ONE", "THREE", "FIVE"], [0, 0.5, 1]),
    ],
)  # fmt: skip
def test_words_of_a_scale_are_a_rating(name, words, shares):
    found = word_scale(name, _column(*words))
    assert found is not None and found.sure, found
    assert [found.shares[word] for word in words] == pytest.approx(shares)
    again = word_scale(name, _column(*words).iloc[::-1])
    assert again == found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("status", ["good", "bad"]),
        ("covid_test", ["positive", "negative"]),
        ("item condition", ["good", "ok", "bad"]),
        ("active", ["yes", "no"]),
        ("verified purchase", ["yes", "no"]),
        ("class", ["good", "fair", "poor"]),
        ("trend", ["positive", "negative"]),
    ],
)
def test_a_dimension_that_holds_such_words_is_not_taken(name, words):
    found = word_scale(name, _column(*words))
    assert found is None or not found.sure


@pytest.mark.parametrize(
    "column",
    [
        _column("good", "red", "blue"),
        _column("good"),
        _column("positive", "late", "negative", "early"),
        pd.Series(dtype="str"),
        pd.Series([None, None]),
        pd.Series([f"good {i}" for i in range(90)]),
    ],
)
def test_other_words_one_word_or_none_are_no_scale(column):
    assert word_scale("rating", column) is None


def test_those_who_gave_no_rating_do_not_count_against_it():
    found = word_scale("satisfaction_rating", _column("Good", "Bad", "Offered", "Unoffered"))
    assert found.shares == {"Bad": 0.0, "Good": 1.0}


def _study(tmp_path, name, words):
    frame = pd.DataFrame(
        {
            "date": pd.date_range("2025-01-01", periods=80).strftime("%Y-%m-%d"),
            "comment": [f"{_TEXTS[i % 4]} {i}" for i in range(80)],
            name: [words[i % len(words)] for i in range(80)],
        }
    )
    path = tmp_path / "reviews.csv"
    frame.to_csv(path, index=False)
    text = guess_study("x", [path], project=tmp_path)
    return frame, text, Source(**yaml.safe_load(text)["sources"]["feedback"][0])


@pytest.mark.parametrize(
    ("name", "words", "shares"),
    [("sentiment", ["positive", "neutral", "negative"], [1, 0.5, 0]),
     ("recommended", ["yes", "no"], [1, 0]), ("评价", ["好评", "差评", "中评"], [1, 0, 0.5])],
)  # fmt: skip
def test_the_draft_writes_what_each_word_stands_for_and_the_run_reads_it(
    tmp_path, name, words, shares
):
    frame, text, source = _study(tmp_path, name, words)
    assert source.columns["rating"] == name
    assert name not in source.dimensions
    assert "words of one scale" in text
    made = canonical(read_file(tmp_path / "reviews.csv"), source, "feedback", "reviews").frame
    expected = frame[name].map(dict(zip(words, shares, strict=True)))
    assert made["rating"].to_numpy(float) == pytest.approx(expected.to_numpy(float))


def test_a_dimension_of_good_and_bad_stays_one_and_the_draft_asks(tmp_path):
    _, text, source = _study(tmp_path, "item condition", ["good", "bad"])
    assert "rating" not in source.columns
    assert "item condition" in source.dimensions
    assert "question: is 'item condition' (bad, good) a rating?" in text


def test_a_rating_of_words_is_read_without_being_told_and_that_is_said(tmp_path):
    words = ["good", "bad", "ok", "good"] * 5
    frame = pd.DataFrame({"created_at": "2025-01-01", "text": _TEXTS * 5, "rating": words})
    frame.to_csv(tmp_path / "a.csv", index=False)
    raw = read_file(tmp_path / "a.csv")
    made = canonical(raw, Source(path=("a.csv",)), "feedback", "a")
    assert made.frame["rating"].tolist() == [1.0, 0.0, 0.5, 1.0] * 5
    assert any("read as shares of a scale: bad 0, ok 0.5, good 1" in n.detail for n in made.notes)
    scaled = canonical(raw, Source(path=("a.csv",), rating_scale=(1, 5)), "feedback", "a")
    assert scaled.frame["rating"].tolist() == made.frame["rating"].tolist()
    own = Source(path=("a.csv",), values={"rating": {"good": 5, "BAD": 1, "ok": 2}},
                 rating_scale=(1, 5))  # fmt: skip
    assert canonical(raw, own, "feedback", "a").frame["rating"].tolist() == [1, 0, 0.25, 1] * 5


def test_so_many_of_so_many_is_a_number():
    cells = pd.Series(["Rated 4 out of 5 stars", "4,0 von 5 Sternen", "3 of 5", "2/5"])
    assert numbers(cells)[0].tolist() == [4, 4, 3, 2]


@pytest.mark.parametrize(
    ("words", "shares"),
    [
        ("sehr unzufrieden|unzufrieden|teils/teils|zufrieden|sehr zufrieden", FIVE),
        ("Très insatisfait|Plutôt insatisfait|Neutre|Plutôt satisfait|Très satisfait", FIVE),
        ("Muy malo|Malo|Regular|Bueno|Muy bueno", FIVE),
        ("非常に不満|不満|どちらともいえない|満足|非常に満足", FIVE),
        ("매우 불만족|불만족|보통|만족|매우 만족", FIVE),
        ("Discordo totalmente|Discordo|Neutro|Concordo|Concordo totalmente", FIVE),
        ("1 - Very bad|2 - Bad|3 - OK|4 - Good|5 - Very good", FIVE),
        ("2 - Unsatisfied|4 - Satisfied|5 - Very satisfied", [0.25, 0.75, 1]),
        ("1: sehr gut|2: gut|5: mangelhaft", [1, 0.75, 0]),
        ("非常满意(5)|满意(4)|不满意(2)", [1, 0.75, 0.25]),
        ("sml-str10|sml-str35|sml-str50", [0, 0.625, 1]),
        ("★★|★★★|★★★★", [0.25, 0.5, 0.75]),
        ("ONE|THREE|FIVE", [0, 0.5, 1]),
    ],
)  # fmt: skip
def test_scales_of_other_languages_and_numbers_with_words_are_read(words, shares):
    words = words.split("|")
    found = word_scale("rating", pd.Series(words * 4))
    assert [found.shares[word] for word in words] == shares


def test_numbers_with_words_that_tell_no_direction_are_no_scale():
    assert word_scale("version", pd.Series(["1 - alpha", "2 - beta", "3 - gamma"] * 4)) is None
    assert word_scale("plan", pd.Series(["Plan 1", "Plan 2"] * 4)) is None
