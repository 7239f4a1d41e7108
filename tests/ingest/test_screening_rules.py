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
