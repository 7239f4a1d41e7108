import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights.enrich import privacy
from insights.enrich.privacy import KINDS, pseudonyms, redact, redact_text

PERSONAL = [
    ("write to bob.smith+x@mail.example.co.uk now", "email"),
    ("邮箱zhang.san@qq.com谢谢", "email"),
    ("john (at) example (dot) com", "email"),
    ("call 13812345678", "phone"),
    ("手机１３８－１２３４－５６７８", "phone"),
    ("我的电话是13812345678请回电", "phone"),
    ("+86 138 1234 5678", "phone"),
    ("座机010-62345678", "phone"),
    ("电话：62345678", "phone"),
    ("(415) 555-2671 please", "phone"),
    ("1-800-799-0808.", "phone"),
    ("+44 20 7946 0958", "phone"),
    ("07700 900 123", "phone"),
    ("身份证11010519491231002X", "id"),
    ("身份证１１０１０５１９４９１２３１００２Ｘ", "id"),
    ("110105 19491231 002x", "id"),
    ("card 4111 1111 1111 1111", "card"),
    ("卡号6222020000000000000", "card"),
    ("网关地址是203.0.113.121。", "ip"),
    ("host 2001:db8::8a2e:370:7334", "ip"),
    ("https://user:secret@example.com/a", "token"),
    ("https://example.com/?access_token=abc123&x=1", "token"),
    ("key ghp_abcdefghijklmnopqrstuvwxyz0123456789", "token"),
]


@pytest.mark.parametrize(("text", "kind"), PERSONAL)
def test_personal_data_are_replaced_by_a_mark_of_their_kind(text, kind):
    found, counts = redact_text(text)
    assert f"[{kind}]" in found
    assert dict(zip(KINDS, counts, strict=True))[kind] == 1
    assert sum(counts) == 1


@pytest.mark.parametrize(
    "text",
    [
        "order 20240315123456",
        "订单号:19513967161",
        "tag numbers 0016 964012, 0016 964077",
        "version 8.130.0 build 3 50761",
        "固件版本 10.2.1.100",
        "1.2.3.4",
        "paid $1,299.00 on 2024-03-05 at 11:35:52",
        "SKU 29242522476",
        "card 4111 1111 1111 1112",  # wrong Luhn digit
        "身份证110105194912310021",  # wrong check digit
        "the id 1234567890123456",
        "1498的机子，性价比很高",
        "3-5 days, 10:30:15, 2008-6-1 12:23",
        "ab::cd, a:b:c, std::vector<int>",
        "Nice to see you at the gate @ MCO.Keep it up",
        "cancelled @12am.Today 3+ hours",
        "ISBN 978-7-115-42802-8",
        "price 1299-1599, 2400-3600 rpm",
        "LO-2025-02007",
        "５００元的优惠券",
    ],
)
def test_numbers_that_are_no_personal_data_stay_verbatim(text):
    assert redact_text(text) == (text, (0,) * len(KINDS))


def test_every_finding_is_counted_and_null_stays_null():
    done = redact(pd.Series(["a@b.org and c@d.org", None, "x"], index=[5, 6, 7]))
    assert done.text.fillna("∅").tolist() == ["[email] and [email]", "∅", "x"]
    assert done.counts["email"].tolist() == [2, 0, 0]
    assert done.text.index.tolist() == [5, 6, 7]


pieces = st.lists(
    st.one_of(st.sampled_from([text for text, _ in PERSONAL]), st.text(max_size=30)), max_size=4
)


@settings(max_examples=80, deadline=None)
@given(pieces)
def test_redacting_twice_changes_nothing(parts):
    once, _ = redact_text(" ".join(parts))
    twice, counts = redact_text(once)
    assert twice == once
    assert not any(counts)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 99999999), st.text(alphabet="，。 a中", max_size=3))
def test_every_chinese_mobile_number_goes_whatever_stands_beside_it(number, beside):
    mobile = f"139{number:08d}"
    assert mobile not in redact_text(f"电{beside}{mobile}{beside}话")[0]


def test_one_key_gives_one_pseudonym_and_another_key_another():
    ids = pd.Series(["ann", "bob", "ann", None], dtype="str")
    first = pseudonyms(ids, b"k")
    assert first[0] == first[2] != first[1]
    assert first.str.fullmatch(r"c_[0-9a-f]{16}").tolist()[:3] == [True] * 3
    assert pd.isna(first[3])
    assert not set(first.dropna()) & set(pseudonyms(ids, b"other").dropna())
    # HMAC-SHA256 of 'ann' under 'k', first 16 digits, by Python's hmac documentation
    import hashlib
    import hmac

    assert first[0] == "c_" + hmac.new(b"k", b"ann", hashlib.sha256).hexdigest()[:16]


def test_a_text_that_holds_nothing_of_the_kind_is_looked_at_once(monkeypatch):
    monkeypatch.setattr(privacy, "_replace", pytest.fail)
    texts = [f"The room was clean and the staff friendly, visit {i}" for i in range(200)]
    assert redact(pd.Series(texts)).text.tolist() == texts


CLEAN = {
    "banking77/banking77_shared.csv.gz": "text",
    "thucnews_headlines/thucnews_headlines_shared.csv.gz": "title",
    "gplay_netflix/gplay_netflix_shared.csv.gz": "content",
    "amazon_product_reviews/amazon_product_reviews_shared.csv.gz": "review_text",
    "ba_airline_reviews/ba_airline_reviews_shared.csv.gz": "ReviewBody",
    "jd_cosmetics/jd_cosmetics_shared.csv.gz": "content",
}


@pytest.mark.real
@pytest.mark.parametrize("file", CLEAN)
def test_nothing_is_taken_for_personal_data_in_texts_without_any(file):
    root = os.environ.get("INSIGHTS_TEST_DATA")
    if not root:
        pytest.skip("INSIGHTS_TEST_DATA is not set: precision on real texts is not looked at")
    texts = pd.read_csv(Path(root) / file, usecols=[CLEAN[file]])[CLEAN[file]]
    assert int(redact(texts).counts.to_numpy().sum()) == 0
