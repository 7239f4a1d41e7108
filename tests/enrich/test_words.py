import pickle

import pytest

from insights.enrich.words import (
    Tokeniser,
    form_headings,
    is_emoji,
    is_han,
    main_language,
    normalise,
    simplified,
    stem,
    stop_words,
    tokens,
)


def test_english_is_split_at_spaces_and_chinese_by_its_words():
    assert tokens("The Room's calendar 同步失败") == ["the", "room's", "calendar", "同步", "失败"]


def test_width_and_case_are_folded():
    assert tokens("ＳＹＮＣ Error") == ["sync", "error"]


@pytest.mark.parametrize(
    "noise",
    [
        "https://example.org/a?b=1",
        "@united",
        "[email]",
        "{product_purchased}",
        "<script>",
        "&amp;",
        "★★★★☆ ✓ → •",
        "12345",
        "……！！",
    ],
)
def test_what_is_no_word_leaves_no_token(noise):
    assert tokens(f"good {noise} 很好") == ["good", "很", "好"]


def test_a_text_without_words_has_none():
    assert tokens("") == []
    assert tokens("★ !!! 123") == []


def test_normalising_twice_changes_nothing_more():
    text = "Ｈｅｌｌｏ   <b>World</b> 你好 @x https://a.b"
    assert normalise(normalise(text)) == normalise(text) == "hello world 你好"


def test_stop_words_hold_function_words_of_both_languages_and_no_topic():
    assert {"the", "did", "的", "我们"} <= stop_words()
    assert not {"sync", "invoice", "同步", "发票"} & stop_words()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the room is cold", "en"),
        ("房间太冷了", "zh"),
        ("房间里的 wifi password 不能用", "mixed"),
        ("123 😀", "unknown"),
    ],
)
def test_the_language_is_told_by_script(text, language):
    assert main_language(text) == language


def test_a_word_in_both_scripts_counts_as_chinese():
    assert is_han("wifi密码")
    assert not is_han("wifi")


def test_an_emoji_is_a_word_said_once_in_a_row_whatever_its_skin():
    assert tokens("great👍🏽👍👍 很好❤️") == ["great", "👍", "很", "好", "❤"]
    assert tokens("👨\u200d👩\u200d👧 🇨🇳") == ["👨\u200d👩\u200d👧", "🇨🇳"]
    assert normalise("😀" * 9) == normalise("😀 😀") == "😀"
    assert is_emoji("👍") and not is_emoji("up") and not is_emoji("👍👍")


def test_traditional_and_simplified_spellings_are_one_word():
    assert tokens("後臺崩潰日誌") == tokens("后台崩溃日志")
    assert normalise("訂單進度") == "订单进度"


def test_folding_to_simplified_keeps_the_length():
    text = "ＡＢ 後臺😀 café 訂單"
    assert len(simplified(text)) == len(text)
    assert simplified(text) == "ＡＢ 后台😀 café 订单"


@pytest.mark.parametrize("text", ["'tis rock 'n' roll, don't", "the rooms' o'clock's", "it’s a1b2"])
def test_plain_and_accented_texts_are_split_by_the_same_rule(text):
    # an accented word takes the general path, a text without one the fast path
    assert tokens(text) == [word for word in tokens(text + " é") if word != "é"]


def test_every_word_of_a_mixed_text_keeps_its_place():
    assert tokens("打开 app 以后 crash 了，重新登录 don't work 也不行") == [
        "打开", "app", "以后", "crash", "了", "重新", "登录", "don't", "work", "也", "不行",
    ]  # fmt: skip


def test_a_term_of_the_dictionary_stays_whole_in_both_languages():
    split = Tokeniser.of(["Single Sign-On", "智能会议屏", "会议屏", "wifi"])
    assert split("my single  sign-on fails") == ["my", "single sign-on", "fails"]
    assert split("智能會議屏很好用") == ["智能会议屏", "很", "好", "用"]
    assert split("连wifi后") == ["连", "wifi", "后"]
    assert split("wifis and prewifi, wifi6") == tokens("wifis and prewifi, wifi6")
    assert Tokeniser.of([])("sync fails 同步") == tokens("sync fails 同步")


def test_a_tokeniser_is_the_same_for_the_same_terms_and_can_be_sent():
    split = Tokeniser.of(["b c", "a"])
    assert split == Tokeniser.of(["A", "b  c", ""])
    split("a b c")
    assert pickle.loads(pickle.dumps(split))("a b c") == ["a", "b c"]


@pytest.mark.parametrize(
    "forms",
    [
        ("charge", "charged", "charges", "charging"),
        ("delay", "delays", "delayed"),
        ("reply", "replies", "replied"),
        ("stop", "stopped", "stopping"),
        ("crash", "crashes", "crashed"),
        ("app", "apps", "app's"),
        ("bus",),
    ],
)
def test_forms_of_one_word_have_one_stem(forms):
    assert len({stem(word) for word in forms}) == 1


def test_different_words_keep_different_stems():
    words = ["card", "care", "car", "bill", "billing's", "pass", "past", "new"]
    assert len({stem(word) for word in words}) == len(words) - 1  # bill, billing


def test_the_headings_of_a_form_are_told_from_colons_of_ones_own():
    form = [f"外形外观：很好看{i}。屏幕音效：清楚" for i in range(30)]
    pros = [f"Pros: fast {i}\nCons: loud" for i in range(30)]
    free = [f"My advice: buy it, it works since {i}:30, see https://a.b" for i in range(40)]
    share, names = form_headings([*form, *pros, *free])
    assert share == 0.6
    assert set(names) == {"外形外观", "屏幕音效", "pros", "cons"}
    assert form_headings(free) == (0.0, ())
    assert form_headings([]) == (0.0, ())
