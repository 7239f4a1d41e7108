from scipy import sparse

from insights.analyses.topics.naming import keywords, label, topic_terms


def test_terms_are_words_and_pairs_of_neighbours():
    assert topic_terms("the invoice refund is late") == [
        "invoice",
        "refund",
        "invoice refund",
        "late",
    ]
    assert topic_terms("客服态度") == ["客服", "态度", "客服态度"]


def test_what_has_been_said_is_not_said_again():
    terms = ["sync", "syncing", "invoice", "update", "syncs"]
    weights = sparse.csr_matrix([[5.0, 4.0, 1.0, 3.0, 2.0]])
    assert keywords(weights, terms, minor_share=[0.0], count=3) == [("sync", "update", "invoice")]


def test_both_scripts_have_their_words_when_both_are_used():
    terms = ["sync", "update", "同步", "更新"]
    weights = sparse.csr_matrix([[9.0, 8.0, 0.2, 0.1]])
    words = keywords(weights, terms, minor_share=[0.4], count=4)[0]
    assert words == ("sync", "update", "同步", "更新")
    assert label(words) == "sync · update / 同步 · 更新"


def test_a_topic_without_telling_words_says_so():
    assert keywords(sparse.csr_matrix((1, 2)), ["a", "b"], minor_share=[0.0]) == [()]
    assert label(()) == "(no telling word)"


def test_forms_of_one_english_word_count_as_said():
    terms = ["delay", "delayed", "delays", "gate"]
    weights = sparse.csr_matrix([[4.0, 3.0, 2.0, 1.0]])
    assert keywords(weights, terms, minor_share=[0.0]) == [("delay", "gate")]
