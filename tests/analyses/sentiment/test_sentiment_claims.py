"""From a feedback table to claims: what is planted is found, what is not is not claimed."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from planted_messages import on_panel

from insights.analyses import sentiment
from insights.analyses.sentiment.accuracy import calibration_error
from insights.analyses.sentiment.shares import corrected_shares
from insights.errors import DataError, ParamsError
from insights.stats.calendar import Calendar

_GOOD = ["The staff were great and helpful", "Love it, works perfectly", "质量很好，非常满意"]
_BAD = ["Terrible service, very rude", "The app is awful and crashes", "太差了，非常失望"]
_PLAIN = ["I called on Tuesday", "昨天收到快递", "Order number unknown"]
_LEXICON = sentiment.Params(engine="lexicon")
_CALENDAR = Calendar()


def _feedback(n, seed, *, months=12, happy=None, mix=None):
    """Texts whose tone depends on channel and month only through `happy` and `mix`."""
    rng = np.random.default_rng(seed)
    month = np.sort(rng.integers(0, months, n))
    mix = mix or (lambda m: 0.5)
    happy = happy or (lambda channel, m: 0.8 if channel == "review" else 0.3)
    channel = np.where(rng.random(n) < [mix(m) for m in month], "ticket", "review")
    good = rng.random(n) < [happy(c, m) for c, m in zip(channel, month, strict=True)]
    day = rng.integers(0, 28, n)
    return pd.DataFrame(
        {
            "feedback_id": [f"f{i:05d}" for i in range(n)],
            "created_at": pd.Timestamp("2025-01-01", tz="UTC")
            + pd.to_timedelta(month * 30.4 + day, unit="D"),
            "text": [str(rng.choice(_GOOD if g else _BAD)) for g in good],
            "channel": channel,
        }
    )


def _claims(feedback, params=_LEXICON):
    classified = sentiment.classify(feedback, params=params)
    return (
        classified,
        sentiment.class_shares(classified, params=params),
        on_panel(sentiment.trend, feedback, classified, calendar=_CALENDAR, params=params),
        on_panel(sentiment.changes, feedback, classified, calendar=_CALENDAR, params=params),
        sentiment.aspects(feedback, params=params),
        sentiment.scores(feedback, calendar=_CALENDAR, params=params),
    )


def _row(changes, comparison="halves", group="all", measure="sentiment"):
    table = changes.table().set_index(["comparison", "group", "measure"])
    return table.loc[(comparison, group, measure)]


def test_a_planted_shift_of_channels_moves_the_raw_but_not_the_adjusted_mean():
    feedback = _feedback(4000, 1, mix=lambda m: 0.1 + 0.06 * m)
    *_, trend, changes, _, _ = _claims(feedback)
    row = _row(changes)
    assert row["high"] < -0.1
    assert row["mix_high"] < -0.1
    assert row["true_low"] < 0 < row["true_high"]
    assert changes.text().startswith("No detectable change of mean sentiment at a fixed channel")
    whole = trend.table().query("group == 'all'")
    assert whole["mean"].iloc[-1] - whole["mean"].iloc[0] < -0.3
    slope = np.polyfit(np.arange(len(whole)), whole["adjusted"], 1)[0] * len(whole)
    assert abs(slope) < 0.1


def test_a_planted_fall_in_the_last_month_of_one_channel_raises_its_alert_with_its_records():
    def happy(channel, m):
        return 0.05 if (channel == "ticket" and m == 11) else 0.7

    feedback = _feedback(4000, 2, happy=happy)
    params = sentiment.Params(engine="lexicon", period="quarter")
    later = pd.Timestamp("2026-01-01", tz="UTC")
    later = later + 3 * (feedback["created_at"] - pd.Timestamp("2025-12-01", tz="UTC"))
    feedback["created_at"] = feedback["created_at"].where(
        feedback["created_at"] < "2025-12-01", later
    )
    classified = sentiment.classify(feedback, params=params)
    found = on_panel(sentiment.changes, feedback, classified, calendar=_CALENDAR, params=params)
    alerts = found.alerts().set_index("group")
    assert "channel: ticket" in alerts.index
    assert "channel: review" not in alerts.index
    ids = alerts.loc["channel: ticket", "records"]
    named = feedback.set_index("feedback_id").loc[list(ids)]
    assert len(ids) == alerts.loc["channel: ticket", "n"]
    assert (named["channel"] == "ticket").all()
    assert (named["created_at"] >= "2026-01-01").all()


@pytest.mark.slow
def test_when_nothing_changes_few_groups_are_called_changed():
    called = []
    for seed in range(15):
        feedback = _feedback(600, 100 + seed, happy=lambda c, m: 0.6)
        feedback["plan"] = np.random.default_rng(seed).choice(list("abcdef"), 600)
        classified = sentiment.classify(feedback, params=_LEXICON)
        found = on_panel(
            sentiment.changes, feedback, classified, calendar=_CALENDAR, params=_LEXICON
        )
        called.append((found.table()["q"] < 0.05).any())
    # two families of tests a seed, each with a chance of at most .05
    assert sum(called) <= 15 * 0.1 + 4 * np.sqrt(15 * 0.1 * 0.9)


def test_small_cells_show_their_n_and_nothing_else():
    feedback = _feedback(60, 3)
    trend = _claims(feedback)[2].table()
    small = trend["n"] < 10
    assert small.any()
    assert trend.loc[small, ["mean", "low", "high", "adjusted"]].isna().all(axis=None)
    assert trend.loc[~small, "mean"].notna().all()


def test_the_row_order_changes_nothing():
    feedback = _feedback(400, 4)
    one, two = _claims(feedback), _claims(feedback.sample(frac=1, random_state=1))
    for a, b in zip(one, two, strict=True):
        assert a.to_json() == b.to_json()


def test_one_channel_has_an_adjusted_mean_equal_to_the_mean():
    feedback = _feedback(400, 5).drop(columns="channel")
    table = _claims(feedback)[2].table()
    pd.testing.assert_series_equal(table["mean"], table["adjusted"], check_names=False)


def test_a_mixed_message_praises_delivery_and_blames_packaging():
    feedback = _feedback(3, 6).assign(
        text=["物流很快,但是包装破了", "Fast delivery but the packaging was broken", "hello"]
    )
    found = sentiment.aspects(feedback, params=_LEXICON).records
    said = {(r.feedback_id, r.aspect): r.label for r in found.itertuples()}
    assert said["f00000", "delivery"] == "positive"
    assert said["f00000", "packaging"] == "negative"
    assert said["f00001", "packaging"] == "negative"
    assert not any(key == "f00002" for key, _ in said)
    assert found["span"].iloc[0] == "物流很快"


def test_rogan_and_gladens_example_is_returned():
    """True 20 %, sensitivity .8, specificity .9: 24 % are labelled, 20 % returned."""
    confusion = np.array([[800, 0, 200], [0, 0, 0], [100, 0, 900]])
    estimate, draws = corrected_shares(confusion, np.array([240, 0, 760]), np.random.default_rng(0))
    assert estimate == pytest.approx([0.2, 0, 0.8], abs=1e-3)
    low, high = np.quantile(draws[:, 0], [0.025, 0.975])
    assert low < 0.2 < high
    assert high - low < 0.12


def test_the_corrected_share_covers_the_true_one_where_the_raw_one_does_not():
    rng = np.random.default_rng(1)
    truth = np.array([0.35, 0.1, 0.55])
    rates = np.array([[0.75, 0.15, 0.1], [0.2, 0.6, 0.2], [0.05, 0.1, 0.85]])
    corrected = counted = 0
    for _ in range(25):
        confusion = np.array([rng.multinomial(150, row) for row in rates])
        labels = rng.multinomial(2000, truth @ rates)
        draws = corrected_shares(confusion, labels, rng)[1][:, 0]
        low, high = np.quantile(draws, [0.025, 0.975])
        corrected += low <= truth[0] <= high
        share = labels[0] / 2000
        counted += abs(share - truth[0]) < 1.96 * np.sqrt(share * (1 - share) / 2000)
    assert corrected / 25 >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / 25)
    assert counted / 25 < 0.8


def test_a_class_that_is_never_called_keeps_the_share_it_has_among_rated_records():
    """Labels alone would allow any share of it: between nothing and all of what was called."""
    rng = np.random.default_rng(4)
    truth = np.array([0.3, 0.1, 0.6])
    rates = np.array([[0.85, 0, 0.15], [0.4, 0, 0.6], [0.1, 0, 0.9]])
    found, inside = [], 0
    for _ in range(25):
        given = rng.multinomial(800, truth)
        confusion = np.array([rng.multinomial(n, row) for n, row in zip(given, rates, strict=True)])
        labels = rng.multinomial(1500, truth @ rates)
        estimate, draws = corrected_shares(confusion, labels, rng)
        found.append(estimate)
        assert estimate[1] == pytest.approx(given[1] / 800, abs=0.01)
        low, high = np.quantile(draws[:, 0], [0.025, 0.975])
        inside += low <= truth[0] <= high
    assert np.mean(found, axis=0) == pytest.approx(truth, abs=0.015)
    assert inside / 25 >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / 25)


def test_honest_probabilities_have_a_small_calibration_error_and_bold_ones_a_large_one():
    rng = np.random.default_rng(3)
    p = rng.random(5000)
    happened = rng.random(5000) < p
    assert calibration_error(p, happened) < 0.03
    assert calibration_error(np.where(p > 0.5, 1.0, 0.0), happened) > 0.2


def test_ratings_unrelated_to_text_refuse_the_headline():
    feedback = _feedback(600, 7)
    feedback["text"] = [f"{t} {i}" for i, t in enumerate(feedback["text"])]
    feedback["rating"] = np.random.default_rng(7).choice([0.0, 0.5, 1.0], 600)
    params = sentiment.Params()
    classified = sentiment.classify(feedback, params=params)
    changes = on_panel(sentiment.changes, feedback, classified, calendar=_CALENDAR, params=params)
    assert classified.trusted is False
    assert changes.text().startswith("Sentiment is not reported")
    assert "text predicts the ratings" in {c.name for c in changes.failed}
    shares = sentiment.class_shares(classified, params=params)
    given = (feedback["rating"] == 0).mean()  # ratings tell it, whatever the text
    assert abs(shares.table()["corrected"].iloc[0] - given) < 1e-9
    assert (changes.alerts()["measure"] == "rating").all()
    aspects = sentiment.aspects(feedback, params=params, trusted=classified.trusted)
    assert len(aspects.summary)
    assert "is not reported: text does not predict" in aspects.text()
    assert "largest share" not in aspects.text()


def test_a_constant_rating_is_claimed_nothing_about():
    feedback = _feedback(400, 8).assign(rating=1.0)
    classified, _, trend, changes, *_ = _claims(feedback, sentiment.Params())
    assert classified.engine == "prior"
    assert "all 400 ratings are the same" in classified.text()
    assert "rating_mean" not in trend.table()
    assert set(changes.table()["measure"]) == {"sentiment"}
    assert classified.accuracy.empty
    assert "reviews and tweets" in classified.text()
    for text in (trend.text(), changes.text()):  # which error an interval leaves out is said
        assert "chance alone: how wrong the scores are could not be measured" in text


def test_scores_people_gave_are_counted():
    feedback = _feedback(100, 9)
    feedback["nps"] = [10] * 50 + [8] * 20 + [3] * 30
    feedback["csat"] = [5] * 45 + [2] * 5 + [None] * 50
    scores = _claims(feedback)[5]
    table = scores.table()
    whole = table[table["period"].isna() & (table["mode"] == "all")].set_index("measure")
    # NPS is a difference of shares in points, the other a share: each is said in its own unit
    assert "net promoter score is +20 [" in scores.text() and "20%" not in scores.text()
    assert "90% [79%, 96%] of 50 who gave a satisfaction score" in scores.text()
    assert whole.loc["nps", "estimate"] == pytest.approx(0.2)
    assert whole.loc["csat", "estimate"] == pytest.approx(0.9)
    assert whole.loc["csat", "low"] == pytest.approx(0.786, abs=1e-3)  # Wilson, 45 of 50


def _edge(name):
    base = _feedback(300, 10)
    return {
        "five rows": base.head(5),
        "one row": base.head(1),
        "only plain text": base.assign(text=np.resize(_PLAIN, 300)),
        "only good text": base.assign(text="great"),
        "emoji only": base.assign(text="😡👍"),
        "empty text": base.assign(text=["", None] * 150),
        "eight days": base.assign(
            created_at=pd.Timestamp("2015-02-17", tz="UTC")
            + pd.to_timedelta(np.arange(300) % 8, unit="D")
        ),
        "one day": base.assign(created_at=pd.Timestamp("2015-02-17", tz="UTC")),
        "no dates": base.assign(created_at=pd.NaT),
        "rating of one class": base.assign(rating=np.resize([0.8, 1.0], 300)),
        "null columns": base.assign(customer_id=None, language=None, rating=np.nan, nps=np.nan),
    }[name]


@pytest.mark.parametrize(
    "name",
    [
        "five rows",
        "one row",
        "only plain text",
        "only good text",
        "emoji only",
        "empty text",
        "eight days",
        "one day",
        "no dates",
        "rating of one class",
        "null columns",
    ],
)
def test_awkward_input_gives_honest_text_figures_and_tables(name, tmp_path):
    feedback = _edge(name)
    before = feedback.copy()
    claims = _claims(feedback, sentiment.Params())
    for result in claims:
        assert f"{result.n:,}" in result.text() or "n = " in result.text()
        assert " nan" not in result.text()
        result.to_json()
        plt.close(result.plot().figure)
    classified, _, trend, changes, aspects, _ = claims
    for frame in (
        classified.sentiment_table(),
        trend.table(),
        changes.alerts(),
        changes.table(),
        aspects.records,
    ):
        frame.to_parquet(tmp_path / "x.parquet", index=False)
    assert len(classified.sentiment_table()) == len(feedback)
    pd.testing.assert_frame_equal(feedback, before)


def test_an_empty_table_and_a_foolish_setting_are_refused():
    with pytest.raises(DataError, match="feedback table has no row"):
        sentiment.classify(_feedback(5, 0).head(0), params=_LEXICON)
    with pytest.raises(ParamsError, match="'min_cell' is 1"):
        sentiment.Params.checked({"min_cell": 1})
    with pytest.raises(DataError, match="engine 'calibrated' cannot be used"):
        sentiment.classify(_feedback(5, 0), params=sentiment.Params(engine="calibrated"))


def test_the_controls_offer_every_group_and_measure():
    feedback = _feedback(400, 11).assign(rating=lambda f: np.resize([0.0, 1.0], len(f)))
    trend = _claims(feedback)[2]
    panel = sentiment.explore(trend)
    group, measure = panel.children[0].children
    assert group.options == trend.groups()
    assert measure.options == ("sentiment", "rating")
    plt.close("all")
