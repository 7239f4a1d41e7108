import os
from pathlib import Path

import pandas as pd
import pytest

from insights.enrich.language import LANGUAGES, detect_language, normal_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Great app, love it", "en"),
        ("ok", "en"),
        ("质量很好，下次再来", "zh"),
        ("苹果 iPhone 15 很好用", "zh"),
        ("信号差 wifi", "zh"),
        ("I love it 但是太贵了 not worth the price", "mixed"),
        ("C'est très bon, je suis content", "other"),
        ("muy bueno pero caro", "other"),
        ("Das ist nicht gut", "other"),
        ("это плохо", "other"),
        ("とても良いホテルです", "other"),
        ("정말 좋아요", "other"),
        ("لم يعجبني", "other"),
        ("😀😀", "unknown"),
        ("12345 !!!", "unknown"),
        ("[email] [phone]", "unknown"),
        ("", "unknown"),
        ("https://example.com/有 房间很好", "zh"),
        ("<a href='javascript:alert(1)'>您好，桌面端坏了</a>", "zh"),
        ("@客服 你好很差劲", "zh"),
    ],
)
def test_the_rule_names_the_language(text, language):
    assert detect_language(pd.Series([text])).tolist() == [language]


ROMANISED = [
    "Yeh app bilkul bekar hai, paisa barbad",
    "mujhe ye bahut pasand aaya",
    "Movie load nahi hoti bar bar band ho jata hai",
    "bohat umda khidmat, dil khush ho gaya",
    "khub bhalo laglo",
    "romba nalla irukku",
    "el app msh shaghal khales",
    "kheili khoob bood mamnoon",
    "ochen horoshee prilozhenie, spasibo",
    "nichego ne rabotaet posle obnovleniya",
    "zhege ruanjian hen hao yong",
    "wuliu tai man le, bu tuijian",
    "totemo yokatta desu",
    "jeongmal joayo chucheonhamnida",
    "poli kali efarmogi",  # Greek and Hebrew have no list: their words are merely unknown
    "sherut nehedar toda raba",
]
LATIN = [
    "aplikasinya bagus tapi sering macet",
    "gak bisa login dari kemarin",
    "ang ganda ng app na ito",
    "uygulama surekli donuyor, berbat",
    "ứng dụng rất tốt",
    "khong dang nhap duoc",
    "Die App stürzt ständig ab",
    "Super Service, gerne wieder",
    "La aplicación se cierra sola",
    "Muy mala experiencia",
    "Não consigo fazer login",
    "entrega atrasada de novo",
    "De app werkt niet meer",
    "non funziona più",
    "Aplikacja nie działa",
    "haifanyi kazi kabisa",
]
ENGLISH = [
    "good",
    "ok app",
    "Gr8 app luv it",
    "v good",
    "awsome",
    "sooooo gooood",
    "plz fix teh bug asap",
    "JetBlue rocks",
    "Works on my Samsung Galaxy",
    "Rajesh from Infosys helped me",
    "Señor Frogs was fun",
    "SFO to LAX via DEN",
    "help me get an uber to ann arbor",
    "no subtitles in hindi",
    "cancelled my subscrption n got charged agn",
    "4th update in 2 weeks",
    "b4",
]


@pytest.mark.parametrize(
    ("texts", "language"), [(ROMANISED, "other"), (LATIN, "other"), (ENGLISH, "en")]
)
def test_latin_letters_alone_do_not_make_a_text_english(texts, language):
    found = detect_language(pd.Series(texts))
    assert found[found != language].index.map(lambda i: texts[i]).tolist() == []


def test_null_text_is_unknown_and_the_index_is_kept():
    found = detect_language(pd.Series([None, "good"], index=[3, 4], dtype="str"))
    assert found.to_dict() == {3: "unknown", 4: "en"}
    assert set(found) <= set(LANGUAGES)


def test_declared_languages_are_folded_into_ours():
    given = pd.Series(["zh-CN", "en_US", "English", "中文", "fr", None])
    assert normal_language(given).fillna("∅").tolist() == ["zh", "en", "en", "zh", "other", "∅"]


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "column", "language", "share"),
    [
        ("banking77/banking77_shared.csv.gz", "text", "en", 0.999),
        ("us_airline_tweets/us_airline_tweets_shared.csv.gz", "text", "en", 0.999),
        ("clinc150/clinc150_shared.csv.gz", "text", "en", 0.999),
        ("ba_airline_reviews/ba_airline_reviews_shared.csv.gz", "ReviewBody", "en", 0.999),
        (
            "cfpb_complaints/cfpb_complaints.csv.gz",
            "Consumer complaint narrative",
            "en",
            0.995,
        ),
        ("waimai_10k/waimai_10k_shared.csv.gz", "review", "zh", 0.999),
        ("zh_hotel_scenic_2020/zh_hotel_shared.csv.gz", "text", "zh", 0.99),
    ],
)
def test_real_texts_of_one_language_are_nearly_all_told(file, column, language, share):
    root = os.environ.get("INSIGHTS_TEST_DATA")
    if not root:
        pytest.skip("INSIGHTS_TEST_DATA is not set: accuracy on real texts is not looked at")
    texts = pd.read_csv(Path(root) / file, usecols=[column])[column].dropna()
    assert (detect_language(texts) == language).mean() >= share
