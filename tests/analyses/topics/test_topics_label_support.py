"""Whether a label is true of its topic, and which findings may be told."""

import numpy as np
import planted_people as planted
import pytest
from scipy import sparse

from insights.analyses import topics
from insights.analyses.topics.keywords import Cooccurrence, chance_coherence, topic_terms
from insights.analyses.topics.label_support import Support, phrases_of, read
from insights.analyses.topics.labels import word_topics
from insights.stats.calendar import Calendar
from insights.stats.communities import confused_groups
from insights.stats.partitions import confusion

# --- does a record hold a label?


@pytest.mark.parametrize(
    ("label", "text", "held"),
    [
        ("Bad experience", "A bad experience with the lounge", True),
        ("Bad experience", "Bad food. Otherwise a fine experience", True),
        ("Bad experience", "Not bad", False),
        ("Bad experience", "not a bad experience at all", False),
        ("Bad experience", "Never had a bad experience", False),
        ("Bad experience", "Not happy: a bad experience", True),
        ("Good food", "the food wasn't very good", False),
        ("Good food", "not only good food but a view", True),
        ("Delayed flights", "our flight was delayed", True),
        ("Not working", "It doesn't work any more", True),
        ("Not working", "It works", False),
        ("Can't log in", "I could not log in again", True),
        ("Battery and charger", "the charger broke", True),
        ("Battery and charger", "the cable broke", False),
        ("Mixed: good, nice", "nice", True),
        ("Mixed: good, nice", "not good", False),
        ("Sync fails / 同步失败", "同步又失败了", True),
        ("Sync fails / 同步失败", "it never fails to sync", False),
        ("好用", "不好用", False),
        ("好用", "这个很好用", True),
        ("屏幕清晰", "屏幕很大，也清晰", True),
        ("屏幕清晰", "屏幕不清晰", False),
        ("质量不好", "质量真的不好", True),
        ("质量不好", "质量很好", False),
        ("服务态度", "服务人员态度很好", True),
        ("物流很快", "物流一点都不快", False),
    ],
)
def test_a_record_holds_a_label_when_it_says_its_words_with_their_sign(label, text, held):
    said = read(text)
    assert any(said.holds(phrase) for phrase in phrases_of(label)) is held


def test_the_share_counts_records_not_wordings():
    texts = ["good", "the screen is black", "a black screen"]
    support = Support(texts, np.zeros(3, int), 1, uses=np.array([8, 1, 1]))
    assert support.share(0, "Black screen") == pytest.approx(0.2)
    assert support.share(0, "Mixed: good") == pytest.approx(0.8)
    assert np.isnan(support.share(0, "(no telling word)"[:0]))


def test_praise_is_not_true_of_a_topic_that_mostly_does_not_praise():
    texts = ["best app", "bad app", "this app", "app crashes", "an app"]
    support = Support(texts, np.zeros(5, int), 1)
    assert support.share(0, "Best app") == pytest.approx(0.2)
    assert not support.true(0, "Best app")
    assert support.true(0, "App")


def test_a_phrase_is_not_true_beside_a_word_that_tells_of_far_more():
    texts = ["thanks"] * 6 + ["quick response", "response", "slow response"] + ["and so"] * 11
    others = ["late flight"] * 20
    code = np.repeat([0, 1], 20)
    support = Support([*texts, *others], code, 2)
    assert support.share(0, "Response") == pytest.approx(0.15)
    assert support.true(0, "Response")  # twice as many say thanks
    more = Support(["thanks"] * 10 + ["quick response"] * 3 + ["and so"] * 7 + others, code, 2)
    assert not more.true(0, "Response")
    assert more.words(0, chinese=False)[0] == "thanks"


def labelled(groups, **settings):
    texts = [text for group in groups for text in group]
    code = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    terms = sorted({term for text in texts for term in topic_terms(text)})
    place = {term: i for i, term in enumerate(terms)}
    counts = np.zeros((len(groups), len(terms)))
    for k, text in zip(code, texts, strict=True):
        for term in topic_terms(text):
            counts[k, place[term]] += 1
    return word_topics(
        texts,
        code,
        weights=sparse.csr_matrix(counts),
        terms=terms,
        **{"han_share": np.zeros(len(groups)), **settings},
    )


def test_a_topic_that_says_only_good_is_not_named_for_its_rare_words():
    praise = ["good", "good stuff", "very good", "nice", "so nice", "good good"] * 8
    praise += ["performance supper", "supper performance"]
    faults = [f"sync fails after update {i}" for i in range(40)]
    found = labelled([praise, faults])
    assert found.labels[0] == "Mixed: good, nice"
    assert found.support.share(0, found.labels[0]) > 0.8
    assert "sync fails" in found.labels[1].lower()
    assert found.support.share(1, found.labels[1]) > 0.9


def test_a_chinese_topic_without_a_title_is_called_mixed_in_chinese():
    praise = ["很好", "好", "不错", "非常好", "挺不错", "真的很好"] * 8 + ["性能 晚餐", "晚餐 性能"]
    faults = [f"同步总是失败第{i}次" for i in range(40)]
    found = labelled([praise, faults], han_share=np.ones(2))
    assert found.labels[0].startswith("混合：") and found.labels[0] != "混合：无共同词"
    assert found.support.share(0, found.labels[0]) > 0.3
    assert "混合" not in found.labels[1]
    scattered = labelled([["甲乙", "丙丁", "戊己", "庚辛"] * 10, faults], han_share=np.ones(2))
    assert not any("其他" in label for label in scattered.labels)


def test_a_topic_of_other_languages_is_named_for_that():
    hindi = [f"yeh app bekar hai number {i}" for i in range(30)]
    faults = [f"sync fails after update {i}" for i in range(30)]
    found = labelled([hindi, faults], foreign_share=np.array([0.9, 0.0]))
    assert found.labels[0].startswith("Other languages: ")
    assert not found.labels[1].startswith("Other")


def test_no_common_word_is_said_to_be_none():
    scattered = [f"{a}{b}x" for a in "bcdfg" for b in "aeiou"]
    faults = [f"sync fails after update {i}" for i in range(30)]
    found = labelled([scattered, faults])
    assert found.labels[0].startswith("Mixed: no word is common")
    assert np.isnan(found.support.share(0, found.labels[0]))


# --- can two topics be told apart?


def refits_of(codes, rng, *, times=10, mixed=()):
    """Refits that bring topics back, but deal the texts of `mixed` ones out at random."""
    refits = np.tile(codes, (times, 1))
    inside = np.isin(codes, mixed)
    refits[:, inside] = rng.choice(list(mixed) or [0], (times, inside.sum()))
    refits[rng.random(refits.shape) < 0.3] = -1
    return refits


def test_topics_that_refits_deal_out_at_random_are_confused_groups():
    rng = np.random.default_rng(0)
    codes = rng.integers(4, size=2_000)
    alike = confusion(codes, refits_of(codes, rng, mixed=(1, 3)), 4)
    assert alike[1, 3] > 0.95
    assert alike[0, 2] == alike[0, 1] == 0
    group, whole = confused_groups(codes, refits_of(codes, rng, mixed=(1, 3)), 4)
    assert group[1] == group[3] and len(set(group.tolist())) == 3
    assert whole[0] == 1.0  # alone, and back whole
    assert confused_groups(codes, refits_of(codes, rng), 4)[0].tolist() == [0, 1, 2, 3]


def test_halves_of_one_topic_that_only_come_apart_are_told_apart():
    rng = np.random.default_rng(1)
    codes = rng.integers(2, size=1_000)
    finer = 2 * codes + rng.integers(2, size=1_000)  # a finer cut does not mix them
    assert confusion(codes, finer[None], 2)[0, 1] == 0


def swapped(told, told_with):
    """Records whose topics 1 and 2 trade ten points at the end; others stand still."""
    records = planted.records(7, n=6_000, each=1.0)
    rng = np.random.default_rng(3)
    late = (records["created_at"] >= "2025-01-01").to_numpy()
    goes = late & records["truth"].eq("1").to_numpy() & (rng.random(len(records)) < 0.6)
    records.loc[goes, "truth"] = "2"
    model = planted.model_of(records)
    mark = model.topics["topic_id"].isin(["1", "2"])
    model.topics["told"] = np.where(mark, told, "alone")
    model.topics["told_with"] = [told_with.get(one, "") for one in model.topics["topic_id"]]
    return records, model


def changed(records, model):
    trend = topics.topic_trend(
        model, records, params=topics.Params(period="month"), calendar=Calendar()
    )
    return topics.topic_changes(trend), trend


def test_a_change_between_topics_that_cannot_be_told_apart_is_none():
    records, model = swapped("together", {"1": "2", "2": "1"})
    raw, _ = changed(records, model)
    assert set(raw.found["topic_id"]) == {"1", "2"}
    told = model.units
    both = told.topics[told.topics["topic_id"].str.contains("+", regex=False)].iloc[0]
    parts = model.topics[model.topics["topic_id"].isin(["1", "2"])]
    assert both["n"] == parts["n"].sum()
    assert both["low"] < both["share"] < both["high"]
    assert told.topics["n"].is_monotonic_decreasing
    change, trend = changed(records, told)
    assert change.found.empty
    assert len(change.changes) == len(model.topics) - 1
    assert both["topic_id"] in trend.names
    mix = topics.topic_mix(told, records, trend, change, calendar=Calendar())
    assert mix.found.empty
    cells = topics.topic_segments(told, records, params=topics.Params()).cells
    assert not {"1", "2"} & set(cells["topic_id"])


def test_no_finding_is_told_of_a_topic_that_is_withheld():
    records, model = swapped("withheld", {})
    told = model.units
    change, trend = changed(records, told)
    assert not {"1", "2"} & set(change.changes["topic_id"])
    assert change.found.empty
    assert "withheld" in trend.names["-1"]
    cells = topics.topic_segments(told, records, params=topics.Params()).cells
    assert cells.loc[cells["topic_id"] == "-1", "p"].isna().all()
    assert "no finding is told of it" in topics.topic_cards(model).html()


def test_nothing_is_claimed_where_every_topic_is_withheld():
    records, model = swapped("withheld", {})
    model.topics["told"] = "withheld"
    told = model.units
    change, trend = changed(records, told)
    surge = topics.topic_surges(trend, seed=1)
    assert change.found.empty and surge.found.empty
    assert topics.early_warning(trend, surge).alarms.empty
    assert topics.topic_segments(told, records, params=topics.Params()).found.empty
    assert "none of them is stable enough" in model.text()


# --- the check of coherence can fail


def test_topics_dealt_at_random_are_no_more_coherent_than_chance():
    rng = np.random.default_rng(0)
    words = np.array([f"w{i}" for i in range(60)])
    of = rng.integers(6, size=1_500)  # six topics of ten words, three in a text
    texts = [" ".join(words[10 * k + rng.choice(10, 3, replace=False)]) for k in of]
    met = Cooccurrence.of(texts, words, str.split)
    true = [[words[10 * k : 10 * k + 10].tolist()] for k in range(6)]
    chance = chance_coherence(met, true, of, rng=rng)
    assert np.median([met.coherence(groups) for groups in true]) > chance
    passed = 0
    for seed in range(20):
        code = np.random.default_rng(seed).integers(6, size=len(texts))
        found = labelled([[texts[i] for i in np.flatnonzero(code == k)] for k in range(6)])
        passed += bool(np.median(found.coherence) > found.chance_coherence)
    assert passed <= 5  # .05 of 20, and four standard errors


def test_words_that_do_not_go_together_fail_the_check():
    model = planted.model_of(planted.records(1))
    for chance, passed in ((0.1, True), (0.3, False), (float("nan"), None)):
        tested = type(model)(**{**vars(model), "checks": (), "chance_coherence": chance})
        check = next(c for c in tested.checks if c.name == "words of a topic go together")
        assert check.passed is passed
