import planted_topics as planted
import pytest
from scipy import sparse

from insights.analyses.topics.keywords import Cooccurrence, candidates, keywords, topic_terms
from insights.analyses.topics.labels import named
from insights.analyses.topics.phrases import Phrase, complete, content, mine_phrases, shape
from insights.enrich.words import Tokeniser


def chosen(weights, terms, minor=0.0, count=8, texts=()):
    able = candidates(sparse.csr_matrix(weights), terms, minor_share=[minor] * len(weights))
    return keywords(able, Cooccurrence.of(texts, terms, topic_terms), count=count)


def phrase(text, score, coverage, texts=(), han=False):
    words = tuple(text.split())
    return Phrase(words, frozenset(words), score, coverage, frozenset(texts))


def labels(latin=(), han=(), words=(), han_share=(), originals=()):
    count = max(len(latin), len(han))
    return named(
        latin or [[]] * count,
        han or [[]] * count,
        words or [()] * count,
        han_share=han_share or [0.0 if latin else 1.0] * count,
        originals=originals or [[]] * count,
    )


# --- terms and keywords


def test_terms_are_words_and_pairs_of_neighbours():
    assert topic_terms("the invoice refund is late") == [
        "invoice",
        "refund",
        "invoice refund",
        "late",
    ]
    assert topic_terms("客服态度") == ["客服", "态度", "客服态度"]


def test_an_emoji_is_a_term_only_where_there_is_no_word():
    assert topic_terms("invoice 😀") == ["invoice"]
    assert topic_terms("😀 👍") == ["😀", "👍"]


def test_a_term_of_the_dictionary_is_one_term():
    split = Tokeniser.of(["single sign-on"])
    assert topic_terms("single sign-on fails", tokenise=split)[0] == "single sign-on"


def test_what_has_been_said_is_not_said_again():
    terms = ["sync", "syncing", "invoice", "update", "syncs"]
    assert chosen([[5.0, 4.0, 1.0, 3.0, 2.0]], terms, count=3) == [("sync", "update", "invoice")]


def test_both_scripts_have_their_words_when_both_are_used():
    terms = ["sync", "update", "同步", "更新"]
    weights = [[9.0, 8.0, 0.2, 0.1]]
    assert chosen(weights, terms, 0.4, count=4) == [("sync", "update", "同步", "更新")]
    assert chosen(weights, terms, 0.14, count=2) == [("sync", "update")]


def test_a_word_that_always_comes_with_a_chosen_one_waits():
    terms = ["invoice", "number", "refund"]
    weights = [[1.0, 0.8, 0.7]]
    apart = ["invoice", "number", "refund"] * 4
    together = ["invoice number", "refund"] * 4
    assert chosen(weights, terms, texts=apart) == [("invoice", "number", "refund")]
    assert chosen(weights, terms, texts=together) == [("invoice", "refund", "number")]


def test_emoji_are_keywords_only_where_there_is_nothing_else():
    assert chosen([[9.0, 1.0]], ["😀", "invoice"]) == [("invoice",)]
    assert chosen([[9.0, 1.0]], ["😀", "👍"]) == [("😀", "👍")]


def test_a_topic_without_telling_words_says_so():
    assert chosen([[0.0, 0.0]], ["a", "b"]) == [()]
    assert labels([[]]) == ["(no telling word)"]


# --- grammar


@pytest.mark.parametrize("cut", ["waiting for", "the card", "card is", "up card", "not", "good"])
def test_a_cut_phrase_does_not_stand_alone(cut):
    words = cut.split()
    edges = content(words[0]) and content(words[-1])
    assert not (edges and complete(words, 0, len(words)))


@pytest.mark.parametrize(
    "whole", ["topping up", "not working", "card has not arrived", "lost card"]
)
def test_a_whole_phrase_stands_alone(whole):
    words = whole.split()
    assert content(words[0]) and content(words[-1]) and complete(words, 0, len(words))


def test_titles_without_persons_questions_and_adverbs_read_better():
    assert shape(["sync", "fails"]) > shape(["sync", "which", "fails"])
    assert shape(["refund", "my", "invoice"]) > shape(["refund", "i", "invoice"])
    assert shape(["sync", "fails"]) > shape(["sync", "constantly"])
    assert shape(["物流", "很", "快"]) > shape(["快递"])


# --- phrases


def test_the_planted_phrase_of_each_topic_is_found_in_its_word_order():
    texts = [f"{start}sync fails after the update {i}" for i in range(9) for start in ("", "hi, ")]
    texts += [f"{start}the invoice is wrong again {i}" for i in range(9) for start in ("", "hi, ")]
    topics = sparse.csr_matrix([[0] * 18 + [1] * 18]).toarray()[0]
    found = mine_phrases(texts, topics, 2, han=False)
    assert found[0][0].text == "sync fails after update"
    assert found[1][0].text == "invoice is wrong"
    assert found[0][0].coverage == 1


def test_a_phrase_says_what_its_texts_say_and_negates_what_they_negate():
    ends = ["today", "on flight 1", "again", "since noon", "for us", "in row 9"]
    texts = [f"the wifi is not working {end}" for end in ends]
    texts += [f"the crew was kind {end}" for end in ends]
    found = mine_phrases(texts, sparse.csr_matrix([[0] * 6 + [1] * 6]).toarray()[0], 2, han=False)
    assert "wifi is not working" in [p.text for p in found[0][:2]]
    assert "wifi is working" not in [p.text for p in found[0]]


def test_chinese_phrases_are_not_broken_at_characters():
    texts = [f"更新之后同步失败{'了' * (i % 2)}，第{i}次" for i in range(12)]
    texts += [f"发票金额又错了，第{i}次" for i in range(12)]
    found = mine_phrases(texts, sparse.csr_matrix([[0] * 12 + [1] * 12]).toarray()[0], 2, han=True)
    assert "同步失败" in found[0][0].text
    assert found[1][0].text.startswith("发票金额")


def test_texts_of_the_other_script_add_no_phrase():
    assert (
        mine_phrases(
            ["sync fails", "同步失败"], sparse.csr_matrix([[0, 0]]).toarray()[0], 1, han=True
        )[0][0].text
        == "同步失败"
    )


def test_phrases_do_not_depend_on_anything_but_the_texts():
    frame = planted.feedback(200).drop_duplicates("text").sort_values("text")
    codes = frame["truth"].map({name: i for i, name in enumerate(planted.TOPICS)}).to_numpy()
    once = mine_phrases(frame["text"].tolist(), codes, 5, han=False)
    assert mine_phrases(frame["text"].tolist(), codes, 5, han=False) == once
    assert all(topic[0].score > 0 for topic in once)


# --- labels


def test_a_label_is_a_sentence_in_the_main_language_then_the_other():
    latin = [[phrase("sync fails after update", 2.0, 0.5)]]
    han = [[phrase("更新后 同步 失败", 2.0, 0.5)]]
    assert labels(latin, han, han_share=[0.3]) == ["Sync fails after update / 更新后同步失败"]
    assert labels(latin, han, han_share=[0.7]) == ["更新后同步失败 / Sync fails after update"]
    assert labels(latin, han, han_share=[0.1]) == ["Sync fails after update"]


def test_two_topics_never_share_a_label():
    same = [phrase("sync fails", 2.0, 0.5)]
    found = labels([same, same, same], words=[("sync",), ("sync", "tablet"), ("sync", "sync")])
    assert len(set(found)) == 3
    assert found[0] == "Sync fails"


def test_the_next_phrase_is_taken_when_the_best_is_another_topic_s():
    same = phrase("sync fails", 2.0, 0.5)
    found = labels([[same], [same, phrase("tablet is slow", 1.0, 0.4)]])
    assert found == ["Sync fails", "Tablet is slow"]


def test_a_wide_topic_is_named_by_two_phrases_about_different_texts():
    phone, code = phrase("lost phone", 1.0, 0.2, [1, 2]), phrase("reset passcode", 0.9, 0.2, [3, 4])
    assert labels([[phone, code]]) == ["Lost phone and reset passcode"]
    again = phrase("stolen mobile", 0.9, 0.2, [1, 2])
    assert labels([[phone, again]]) == ["Lost phone"]


def test_a_topic_that_no_phrase_speaks_for_is_called_mixed():
    assert labels([[phrase("th anniversary", 1.0, 0.01)]], words=[("staff", "people")]) == [
        "Mixed: staff, people"
    ]


def test_names_keep_the_capitals_that_people_give_them():
    wifi = [[phrase("wifi on iphone", 1.0, 0.5)]]
    said = [["My WiFi fails on iPhone", "the WiFi of my iPhone", "no wifi"]]
    assert labels(wifi, originals=said) == ["WiFi on iPhone"]


def test_traditional_characters_are_given_back_where_most_people_write_them():
    topic = [[phrase("后台 崩溃", 1.0, 0.5)]]
    assert labels(han=topic, originals=[["後臺崩潰了", "後臺崩潰", "后台崩溃"]]) == ["後臺崩潰"]
    assert labels(han=topic, originals=[["後臺崩潰了", "后台崩溃", "后台崩溃"]]) == ["后台崩溃"]
