"""Rows that are no feedback: empty, typed to test the form, mashed keys, advertising.

Precision comes first: a rule fires only on what nobody could mean as feedback, because a row
screened by mistake is a customer silenced. Everything screened is kept with its reason.
"""

from __future__ import annotations

import itertools
import re
import unicodedata

import numpy as np
import pandas as pd

from insights.messages import _

__all__ = ["screen"]

_TEST = frozenset({
    "test", "tests", "testing", "tester", "testtest", "testtesttest", "test123", "test1",
    "test2", "testing123", "testmessage", "asdf", "asdfasdf", "asdfgh", "asdfghjkl",
    "asdasd", "qwer", "qwerty", "qwertyuiop", "qweqwe", "zxcv", "zxcvbn", "zxcvbnm",
    "foobar", "loremipsum", "abcd", "abcdef", "abc123", "aaaa", "thisisatest", "justatest",
    "justtesting", "pleaseignore", "testpleaseignore", "ignorethis", "testfeedback",
    "testticket", "testrow", "testreview", "testcomment", "dummytext", "sampletext", "测试",
    "测试测试", "测试一下", "测试数据", "测试用", "测试反馈", "这是测试", "这是一条测试",
    "测试请忽略", "测试test", "test测试", "测试123", "测试1", "123", "1234", "12345",
    "123456", "111", "1111", "11111", "111111",
})  # fmt: skip
_TEST_START = re.compile(
    r"^\s*(?:\[?test\]?[\s:,.-]+(?:please\s+)?ignore|this is (?:only |just )?a test\b.{0,20}$"
    r"|测试[,，。:：\s]*请?(?:忽略|勿回)|lorem ipsum)",
    re.I,
)
_NOTHING = frozenset(
    {"na", "n/a", "null", "nan", "nil", "undefined", "#n/a", "no_message", "none."}
)
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|cn|net|org|ru|top|vip|shop)\b", re.I)
_CONTACT = re.compile(
    r"(?:加|\+|➕)\s*(?:我|微|薇|威|扣|v信|vx|wx|qq)|微\s*信\s*[号:：]|薇信|vx\s*[:：]?\s*\w{5,}"
    r"|qq\s*(?:群|号)?\s*[:：]?\s*\d{4,}|联系\s*qq|回复\s*\d{3,}|whats\s?app|telegram|t\.me/",
    re.I,
)
_OFFER_ZH = re.compile(
    r"兼职|刷单|日结|代开(?:发票)?|开发票|博彩|当天放款|无抵押|专业贷款|办证|返利|返现群|免费领取|"
    r"领取优惠券|日赚|月入过?万|代理加盟|优惠券群|信用卡套现|红包群"
)
_OFFER_EN = re.compile(
    r"make money (?:fast|online|from)|earn (?:\$|up to)|(?:job|work) from home|casino|viagra|"
    r"cialis|(?:crypto|cryptocurrency|bitcoin|forex) (?:invest|signals)|payday loan|"
    r"cheap (?:loans?|pills|followers|seo|likes)|seo services?|buy (?:followers|likes|backlinks)|"
    r"free gift card|hot singles|get rich quick|guaranteed (?:profit|income|returns?)",
    re.I,
)


def screen(text: pd.Series) -> pd.Series:
    """Return the reason why each text is screened out, null where it stays; shape (rows,).

    Reasons: 'empty text', 'test row', 'keyboard mash', 'advertising'.
    """
    codes, unique = pd.factorize(text, use_na_sentinel=True)
    reasons = np.array([*(_reason(str(value)) for value in unique), _("empty text")], dtype=object)
    return pd.Series(reasons[codes], index=text.index, dtype=object)


def _reason(text: str) -> str | None:
    folded = unicodedata.normalize("NFKC", text).strip().lower()
    if folded in _NOTHING or (not any(map(str.isalnum, folded)) and _only_marks(folded)):
        return _("empty text")
    if len(folded) <= 60:
        letters = "".join(char for char in folded if char.isalnum())
        if letters in _TEST or _TEST_START.match(folded):
            return _("test row")
        if _mash(folded, letters):
            return _("keyboard mash")
    elif folded.startswith("lorem ipsum"):
        return _("test row")
    return _("advertising") if _advertises(folded) else None


def _only_marks(text: str) -> bool:
    """Whether there is nothing but punctuation and space; emoji alone may say a lot."""
    return {unicodedata.category(char)[0] for char in text} <= {"P", "Z", "C"}


def _mash(text: str, letters: str) -> bool:
    """Tell keys hit at random: one Latin word that runs along a keyboard row.

    Drawn-out words ('Goooood', 'Awwww', 'okokok') are somebody's opinion and stay.
    """
    if len(text.split()) > 1 or not letters.isascii() or not letters.isalpha():
        return False
    if len(letters) < 6 or len(set(letters)) < 3:
        return False
    steps = [
        any(a in row and b in row and abs(row.find(a) - row.find(b)) <= 2 for row in _ROWS)
        for a, b in itertools.pairwise(letters)
    ]
    touching = all(
        any(a in row and b in row and abs(row.find(a) - row.find(b)) == 1 for row in _ROWS)
        for a, b in itertools.pairwise(letters)
    )
    vowels = sum(char in "aeiouy" for char in letters) / len(letters)
    one_row = any(set(letters) <= set(row) for row in _ROWS[1:])
    return touching or (sum(steps) / len(steps) >= 0.6 and (vowels < 0.15 or one_row))


def _advertises(text: str) -> bool:
    """Tell an offer together with a way to reach the seller; either alone is not enough."""
    reachable = bool(_LINK.search(text) or _CONTACT.search(text))
    offers = len(set(_OFFER_ZH.findall(text))) + len({m.lower() for m in _OFFER_EN.findall(text)})
    return reachable and offers >= 1
