import pandas as pd
import pytest

from insights.ingest.screening import screen


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("test", "test row"),
        ("TEST!!", "test row"),
        ("测试", "test row"),
        ("asdf", "test row"),
        ("测试，请忽略", "test row"),
        ("this is a test", "test row"),
        ("Lorem ipsum dolor sit amet", "test row"),
        ("qwertyuio", "keyboard mash"),
        ("sdfghjkl", "keyboard mash"),
        ("dfgdfgdfg", "keyboard mash"),
        ("", "empty text"),
        ("...", "empty text"),
        ("N/A", "empty text"),
        (None, "empty text"),
        ("加微信vip9772领取优惠券，日赚五百", "advertising"),
        ("刷单兼职，一天三百，详情点击 http://spam.example.net/7826", "advertising"),
        ("Earn $500 a day from home, visit www.spam.example", "advertising"),
    ],
)
def test_what_is_no_feedback_is_screened(text, reason):
    assert screen(pd.Series([text], dtype=object)).iloc[0] == reason


@pytest.mark.parametrize(
    "text",
    [
        "good",
        "ok",
        "Goooooood",
        "Awwww",
        "okokokok",
        "hahahaha",
        "👍",
        "no",
        "none",
        "好",
        "一般",
        "I tested it for a week and it failed the test",
        "The test drive was great",
        "666",
        "see https://example.com for the error",
        "加油",
        "我加了客服微信，没人理",
        "the casino was fun",
        "LGTM",
        "wtf",
        "zzz",
        "typewriter",
        "alfalfa",
        "lalala",
        "jkjkjk",
        "property",
        "贷款利率太高",
        "Their ad offered a free gift card and never sent it",
    ],
)
def test_short_odd_or_angry_feedback_stays(text):
    assert screen(pd.Series([text])).isna().all()


@pytest.mark.parametrize(
    "text",
    [
        "此用户没有填写评价。", "该用户未填写评价内容", "评价方未及时做出评价,系统默认好评!",
        "系统默认好评", "(空)", "（跳过）", "无", "未填写", "No comment left",
        "The user did not leave a comment.",
        "(blank)", "Keine Angabe", "k.A.", "n.v.t.",
        "Aucun commentaire", "Sin comentarios", "sem comentários",
        "特になし", "없음", "tidak ada komentar", "нет комментариев", "[deleted]",
    ],
)  # fmt: skip
def test_what_platforms_write_where_nothing_was_written_is_empty(text):
    assert screen(pd.Series([text])).tolist() == ["empty text"]


@pytest.mark.parametrize(
    "text", ["No comment function in the app", "评价系统默认好评，太不合理了，我要投诉", "无聊",
             "用户没有评价的地方",
             "The user interface did not leave a good impression", "Nothing", "kein Kommentarfeld"],
)  # fmt: skip
def test_texts_that_begin_like_a_placeholder_stay(text):
    assert screen(pd.Series([text])).isna().all()
