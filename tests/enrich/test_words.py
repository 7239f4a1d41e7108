import pytest

from insights.enrich.words import is_han, main_language, normalise, shown, stop_words, tokens


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
        "😀🎉",
        "12345",
        "……！！",
    ],
)
def test_what_is_no_word_leaves_no_token(noise):
    assert tokens(f"good {noise} 很好") == ["good", "很", "好"]


def test_a_text_without_words_has_none():
    assert tokens("") == []
    assert tokens("😀 👍 !!! 123") == []


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


def test_words_are_shown_latin_first():
    assert shown(["同步", "sync", "更新", "update"]) == "sync · update / 同步 · 更新"
    assert shown(["同步"]) == "同步"
    assert is_han("wifi密码")
    assert not is_han("wifi")
