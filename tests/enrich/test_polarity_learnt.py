"""The classifier: recovery, honesty of its folds, order, refusals."""

import numpy as np
import pytest
from scipy import stats

from insights.enrich import crossfit, polarity, polarity_features
from insights.enrich.polarity import rating_class, score_polarity
from insights.errors import DataError

_PLACES = ["desk", "room", "screen", "badge", "door", "lamp", "chair", "panel"]
_GOOD = ["zorp", "blick", "frume"]  # words that no list knows: only ratings can teach them
_BAD = ["quant", "mirt", "stobe"]


def _planted(n, seed, *, neutral=True):
    """Texts whose invented words go with the rating, in nine cases of ten."""
    rng = np.random.default_rng(seed)
    rating = rng.choice([0.0, 0.5, 1.0] if neutral else [0.0, 1.0], n)
    texts = []
    for i, value in enumerate(rating):
        words = {0.0: _BAD, 0.5: _PLACES, 1.0: _GOOD}[value]
        if rng.random() < 0.1:
            words = _GOOD + _BAD
        place = rng.choice(_PLACES, 2)
        texts.append(f"the {place[0]} is {rng.choice(words)} near {place[1]} no {i}")
    return texts, rating


def test_classes_follow_the_declared_borders():
    shares = np.array([0, 0.39, 0.4, 0.5, 0.6, 0.61, 1, np.nan, 0.1 + 0.3])
    assert list(rating_class(shares)) == [0, 0, 1, 1, 1, 2, 2, -1, 1]


def test_planted_words_are_learnt_and_unrated_records_are_scored_by_them():
    texts, rating = _planted(600, 1)
    shown = rating.copy()
    shown[400:] = np.nan
    found = score_polarity(texts, shown, seed=7)
    assert found.engine == "calibrated"
    truth = np.array(polarity.CLASSES)[rating_class(rating)]
    assert np.mean(found.label[400:] == truth[400:]) > 0.85
    assert np.mean(found.label[:400] == truth[:400]) > 0.85


def test_probabilities_are_calibrated_when_one_class_is_rare():
    texts, rating = _planted(900, 2, neutral=False)
    keep = (rating == 1) | (np.arange(900) % 10 == 0)
    texts, rating = [t for t, k in zip(texts, keep, strict=True) if k], rating[keep]
    found = score_polarity(texts, rating, seed=7)
    assert abs(found.probability[:, 0].mean() - np.mean(rating == 0)) < 0.02


def test_ratings_drawn_at_random_teach_nothing_although_texts_and_authors_repeat():
    rng = np.random.default_rng(3)
    customers = [f"c{i}" for i in rng.integers(0, 120, 600)]
    taste = dict(zip(sorted(set(customers)), rng.choice([0.0, 1.0], 120), strict=False))
    # every author has one rating and one word of their own: a leak would be rewarded fully
    texts = [f"word{who} the {rng.choice(_PLACES)} and {rng.choice(_PLACES)}" for who in customers]
    rating = np.array([taste[who] for who in customers])
    found = score_polarity(texts, rating, customers=customers, seed=7)
    assert found.linked == "customer and text"
    bad = rating == 0
    above = found.score[~bad][:, None] > found.score[bad][None, :]
    assert abs(above.mean() - 0.5) < 0.12


def test_the_order_of_the_rows_does_not_matter():
    texts, rating = _planted(260, 4)
    order = np.random.default_rng(0).permutation(260)
    one = score_polarity(texts, rating, seed=7)
    two = score_polarity([texts[i] for i in order], rating[order], seed=7)
    assert np.allclose(one.probability[order], two.probability, atol=1e-6)
    assert (one.label[order] == two.label).all()


def test_without_a_neutral_class_the_unsure_are_given_no_side():
    texts, rating = _planted(400, 5, neutral=False)
    tossed = np.random.default_rng(5).choice([0.0, 1.0], 100)
    texts += [f"it is an ordinary kettle no {i}" for i in range(100)]
    found = score_polarity(texts, np.r_[rating, tossed], seed=7)
    assert found.learnt == ("negative", "positive")
    assert (found.probability[:, 1] == 0).all()
    vague = found.probability.max(axis=1) < 0.65
    assert vague[400:].mean() > 0.5
    assert vague[:400].mean() < 0.2
    assert ((found.label == "neutral") == vague).all()
    assert found.unsure[vague].all()


@pytest.mark.parametrize(
    ("rating", "reason"),
    [
        (np.full(300, np.nan), "no record with text has a rating"),
        (np.full(300, 1.0), "all 300 ratings are the same"),
        (np.r_[np.full(50, 0.0), np.full(50, 1.0), np.full(200, np.nan)], "100 ratings are fewer"),
        (np.r_[np.full(3, 0.0), np.full(297, 1.0)], "3 negative and 297 positive"),
    ],
)
def test_ratings_that_cannot_teach_leave_the_prior_and_say_why(rating, reason):
    texts = [f"good thing {i}" for i in range(300)]
    found = score_polarity(texts, rating, seed=7)
    assert found.engine == "prior"
    assert reason in found.reason
    assert set(found.method) == {"prior"}
    assert ("recalibrated on 100 ratings" in found.reason) == ("fewer" in reason)
    with pytest.raises(DataError, match=f"engine 'calibrated' cannot be used: .*{reason}"):
        score_polarity(texts, rating, engine="calibrated", seed=7)


def test_an_empty_text_has_no_score():
    found = score_polarity(["", "  ", "good", "😡"], np.full(4, np.nan), seed=7)
    assert list(found.method) == ["empty", "empty", "prior", "prior"]
    assert np.isnan(found.probability[:2]).all()
    assert np.isfinite(found.probability[2:]).all()
    assert set(score_polarity(["", None], np.full(2, np.nan), seed=7).method) == {"empty"}
    assert score_polarity(["fine"], np.array([1.0]), seed=7).engine == "prior"


def test_the_prior_tells_good_from_bad_in_both_languages_and_where_they_mix():
    good = ["I love it, works perfectly", "质量很好，很满意", "这个 app 真的 amazing", "😍"]
    bad = ["Awful, broke after a day", "太差了，浪费钱", "这个 update 太烂了 terrible"]
    found = score_polarity([*good, *bad, "🧺🧺"], np.full(8, np.nan), seed=7)
    assert (found.score[:4] > 0.3).all()
    assert (found.score[4:7] < -0.3).all()
    assert found.unsure[7]  # an emoji that no list knows


def test_praise_that_the_model_takes_for_blame_is_unsure():
    rng = np.random.default_rng(6)
    rating = rng.choice([0.0, 1.0], 400)
    bad = ["great, delayed again", "oh wonderful, delayed once more", "late and delayed"]
    good = ["on time and friendly", "smooth and quick flight"]
    texts = [f"{rng.choice(good if r else bad)} {i}" for i, r in enumerate(rating)]
    found = score_polarity(texts, rating, seed=7)
    ironic = np.array(["great" in t or "wonderful" in t for t in texts])
    assert (found.label[ironic] == "negative").mean() > 0.95
    assert found.unsure[ironic].mean() > 0.9
    assert found.unsure[~ironic].mean() < 0.1


def test_a_recalibrated_prior_states_honest_probabilities():
    rng = np.random.default_rng(8)
    texts, rating = [], []
    for i in range(1500):
        praise = rng.random() < 0.8
        texts.append(f"{'good' if praise else 'bad'} {rng.choice(_PLACES)} {i}")
        rating.append(float(praise) if rng.random() < 0.9 else 1.0 - praise)
    shown = np.r_[rating[:150], np.full(1350, np.nan)]
    found = score_polarity(texts, shown, seed=7)
    assert found.engine == "prior"
    assert found.learnt == ("negative", "positive")
    said = np.array([t.startswith("good") for t in texts])
    for side in (said, ~said):
        stated, truth = found.probability[150:][side[150:], 2], np.array(rating)[150:][side[150:]]
        assert abs(stated.mean() - truth.mean()) < 0.1


@pytest.mark.slow
def test_many_texts_are_scored_by_a_student_that_agrees_with_its_teacher(monkeypatch):
    texts, rating = _planted(900, 9)
    shown = np.where(np.arange(900) < 400, rating, np.nan)
    whole = score_polarity(texts, shown, seed=7)
    monkeypatch.setattr(polarity_features, "_WHOLE", 100)
    monkeypatch.setattr(polarity_features, "_SAMPLE", 600)
    part = score_polarity(texts, shown, seed=7)
    truth = np.array(polarity.CLASSES)[rating_class(rating)]
    assert np.isnan(part.lexicon).sum() == 300
    assert np.corrcoef(whole.score, part.score)[0, 1] > 0.9
    assert np.mean(part.label[400:] == truth[400:]) > 0.85
    monkeypatch.setattr(polarity_features, "_RATED", 300)  # more ratings than the teacher reads
    direct = score_polarity(texts, shown, seed=7)
    assert np.mean(direct.label[400:] == truth[400:]) > 0.8


def test_an_unrated_record_gets_the_mean_of_all_models_and_a_copy_of_a_rated_one_does_not():
    rng = np.random.default_rng(0)
    target = np.r_[rng.integers(0, 2, 100), np.full(40, -1)]
    blocks = np.r_[np.arange(120), np.arange(20)]  # the last twenty repeat rated records
    seen = {}

    def fit(train, held):
        assert not np.isin(blocks[held], blocks[train]).any()
        for i in held:
            seen.setdefault(int(i), []).append(frozenset(train.tolist()))
        return np.tile([0.0, float(len(train) % 7)], (len(held), 1))

    probability = crossfit.cross_fitted(fit, target, blocks, np.random.default_rng(1))
    assert np.allclose(probability.sum(axis=1), 1)
    assert {len(seen[i]) for i in range(100)} == {1}
    assert {len(seen[i]) for i in range(100, 120)} == {5}
    assert {len(seen[i]) for i in range(120, 140)} == {1}
    assert len(set(seen[100])) == 5


def test_with_many_ratings_one_model_scores_each_record(monkeypatch):
    monkeypatch.setattr(crossfit, "_FEW", 50)
    target = np.r_[np.random.default_rng(0).integers(0, 2, 100), np.full(40, -1)]
    calls = []

    def fit(train, held):
        calls.append(len(held))
        return np.zeros((len(held), 2))

    crossfit.cross_fitted(fit, target, np.arange(140), np.random.default_rng(1))
    assert sum(calls) == 140


def test_with_many_ratings_stated_probabilities_follow_any_rising_curve():
    """Of surely negative texts one in eight is rated otherwise, of positive ones a third."""
    rng = np.random.default_rng(3)
    logit = rng.normal(0, 3, 6_000)
    true = 1 / 8 + (2 / 3 - 1 / 8) / (1 + np.exp(-logit))
    target = (rng.random(6_000) < true).astype(int)

    def fit(_train, held):
        return np.column_stack([np.zeros(len(held)), logit[held]])

    found = crossfit.cross_fitted(fit, target, np.arange(6_000), np.random.default_rng(1))[:, 1]
    parts = np.array_split(np.argsort(found), 10)
    gap = np.mean([abs(found[i].mean() - target[i].mean()) for i in parts])
    assert gap < 0.025  # the scaling alone: .034
    assert np.ptp(true) * 0.9 < np.ptp(found) < np.ptp(true) + 0.1
    assert stats.spearmanr(found, logit).statistic > 0.99  # ranks stand, but for seams of folds


def test_partitions_give_the_scores_that_one_gives(monkeypatch):
    good, bad = [f"great chair {i}" for i in range(40)], [f"broken wheel {i}" for i in range(40)]
    rating = np.r_[np.ones(20), np.full(20, np.nan), np.zeros(20), np.full(20, np.nan)]
    whole = score_polarity([*good, *bad], rating, seed=7)
    monkeypatch.setattr(polarity_features.scale, "_PARTITION", 7)
    monkeypatch.setattr(polarity_features.scale, "_MANY", 100)
    parts = score_polarity([*good, *bad], rating, seed=7)
    assert np.array_equal(whole.probability, parts.probability)
