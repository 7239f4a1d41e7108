"""Bursts of one author and texts sent over and over: found, shown, and not counted as customers."""

import numpy as np
import pandas as pd
import pytest
from planted_messages import on_panel

from insights.analyses import sentiment
from insights.stats.calendar import Calendar

_PARAMS = sentiment.Params(engine="lexicon")
_GOOD, _BAD = "Works great, love it", "Terrible, awful and broken"


def _feedback(seed, *, customers=400, months=12):
    """Every customer writes now and then, three quarters of it good, nothing changes."""
    rng = np.random.default_rng(seed)
    n = customers * 4
    when = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(
        rng.random(n) * months * 30.4, unit="D"
    )
    return pd.DataFrame(
        {
            "feedback_id": [f"f{i:05d}" for i in range(n)],
            "created_at": when,
            "text": [
                f"{_GOOD if good else _BAD} {i}" for i, good in enumerate(rng.random(n) < 0.75)
            ],
            "customer_id": [f"c{i:03d}" for i in rng.integers(0, customers, n)],
            "channel": rng.choice(["ticket", "chat"], n),
        }
    )


def _burst(feedback, *, messages=400, day="2025-12-10", customer="angry"):
    more = pd.DataFrame(
        {
            "feedback_id": [f"x{i:05d}" for i in range(messages)],
            "created_at": pd.Timestamp(day, tz="UTC")
            + pd.to_timedelta(np.arange(messages) * 6, unit="min"),
            "text": [
                f"{_BAD}, number {'abcdefghij'[i % 10] * (i // 10 + 1)}" for i in range(messages)
            ],
            "customer_id": customer,
            "channel": "ticket",
        }
    )
    return pd.concat([feedback, more], ignore_index=True)


def _claims(feedback):
    classified = sentiment.classify(feedback, params=_PARAMS)
    given = {"calendar": Calendar(), "params": _PARAMS}
    return (
        on_panel(sentiment.bursts, feedback, classified, **given),
        on_panel(sentiment.changes, feedback, classified, **given),
        on_panel(sentiment.trend, feedback, classified, **given),
    )


def test_a_burst_of_one_author_moves_messages_and_not_customers():
    calm, _, _ = _claims(_feedback(1))
    found, changes, trend = _claims(_burst(_feedback(1)))
    at = found.table().set_index(["measure", "per"])
    before = calm.table().set_index(["measure", "per"])
    assert (
        at.loc[("sentiment", "message"), "mean"]
        < before.loc[("sentiment", "message"), "mean"] - 0.2
    )
    for column in ("mean", "change"):
        row = at.loc[("sentiment", "customer")]
        assert abs(row[column] - before.loc[("sentiment", "customer"), column]) < 0.01
    assert row["change_low"] < 0 < row["change_high"]
    assert at.loc[("sentiment", "message"), "change"] < -0.3
    assert "No detectable change among customers" in found.text()
    assert list(found.bursts["customer_id"]) == ["angry"]
    assert found.bursts["in_week"].iloc[0] == 400
    assert found.flagged["feedback_id"].str.startswith("x").all() and len(found.flagged) == 400
    whole = trend.table().query("group == 'all'").iloc[-1]
    assert whole["mean"] < whole["customer_mean"] - 0.3
    assert changes.alerts().empty


def test_many_customers_who_turn_at_once_still_raise_the_alert():
    feedback = _feedback(2)
    late = (feedback["created_at"] >= "2025-12-01") & (np.arange(len(feedback)) % 2 == 0)
    feedback["text"] = feedback["text"].where(~late, _BAD)
    feedback = feedback[feedback["created_at"] < "2025-12-31"]
    _, changes, _ = _claims(feedback)
    assert "all" in set(changes.alerts()["group"])


@pytest.mark.slow
def test_steady_authors_are_hardly_ever_called_a_burst():
    called = [len(_claims(_feedback(seed, customers=150))[0].bursts) for seed in range(10)]
    assert sum(bool(n) for n in called) <= 10 * 0.01 + 4 * np.sqrt(10 * 0.01 * 0.99)


def test_a_customer_who_always_writes_much_is_no_burst():
    feedback = _feedback(3)
    daily = feedback.head(360).assign(
        feedback_id=[f"d{i}" for i in range(360)],
        customer_id="daily",
        created_at=pd.date_range("2025-01-01", periods=360, tz="UTC"),
    )
    found = _claims(pd.concat([feedback, daily], ignore_index=True))[0]
    assert found.bursts.empty


def test_a_text_sent_over_and_over_is_found_whoever_signs_it_and_short_thanks_are_not():
    feedback = _feedback(4)
    sent = feedback.head(30).assign(
        feedback_id=[f"s{i}" for i in range(30)],
        text=[f"Buy followers cheap at my shop, code {i}!" for i in range(30)],
        customer_id=[f"bot{i}" for i in range(30)],
        created_at=pd.date_range("2025-06-01", periods=30, freq="20min", tz="UTC"),
    )
    thanks = sent.assign(feedback_id=[f"t{i}" for i in range(30)], text="thanks")
    found = _claims(pd.concat([feedback, sent, thanks], ignore_index=True))[0]
    assert len(found.repeats) == 1
    assert found.repeats.iloc[0][["copies", "in_day", "customers"]].tolist() == [30, 30, 30]
    assert found.flagged["feedback_id"].str.startswith("s").all()
    assert "1 text came over and over" in found.text()
    short = sent.assign(text="Win a free phone now")
    assert len(_claims(pd.concat([feedback, short], ignore_index=True))[0].repeats) == 1
    assert _claims(pd.concat([feedback, short.head(19)]))[0].repeats.empty


def test_without_customers_or_dates_nothing_is_flagged_and_it_is_said_whom_one_knows():
    feedback = _feedback(5).drop(columns="customer_id").assign(created_at=pd.NaT)
    found = _claims(feedback)[0]
    assert found.bursts.empty and found.flagged.empty
    assert "0% of the records name their customer" in found.checks[0].detail
    assert np.isnan(found.table()["change"]).all()


def _reviews(n=1200, *, named=0.0, wordings=3, seed=7):
    """Short reviews of few wordings; a part names its customer and nobody writes twice."""
    rng = np.random.default_rng(seed)
    words = np.array(["good", "bad", "awful", "nice", "great"])[:wordings]
    text = rng.choice(words, n)
    known = rng.random(n) < named
    return pd.DataFrame(
        {
            "feedback_id": [f"f{i:05d}" for i in range(n)],
            "created_at": pd.Timestamp("2025-01-01", tz="UTC")
            + pd.to_timedelta(rng.random(n) * 360, unit="D"),
            "text": text,
            "repeat_group": text,
            "customer_id": np.where(known, [f"c{i}" for i in range(n)], None),
            "channel": "review",
        }
    )


def test_equal_wordings_are_nobody_and_nobody_twice_is_no_vote_a_customer():
    for named in (0.0, 0.1, 1.0):
        feedback = _reviews(named=named)
        found, _, trend = _claims(feedback)
        one = found.table().set_index(["measure", "per"]).loc[("sentiment", "message")]
        score = trend.table()  # the plain interval of 1,200 independent records
        assert score["customers"].sum() == score["n"].sum()
        scored = sentiment.classify(feedback, params=_PARAMS).records["score"]
        half = 1.96 * scored.std() / np.sqrt(len(scored))
        assert (one["high"] - one["low"]) / 2 == pytest.approx(half, rel=0.02)
        assert "vote a customer" not in found.text()
        assert "quote customers" not in found.text()
        assert "each" in found.text()


def test_one_who_writes_a_fifth_is_named_and_those_who_write_often_are_not():
    found, _, _ = _claims(_burst(_feedback(6), messages=400))
    check = next(c for c in found.checks if c.name == "sentiment: messages and customers agree")
    assert check.passed is False
    assert "one customer wrote 20% of the messages" in check.detail
    assert "those who write often" not in check.detail


def test_means_of_texts_that_tell_nothing_say_so():
    rng = np.random.default_rng(4)
    feedback = _feedback(4).assign(rating=rng.integers(0, 2, 1600).astype(float))
    params = sentiment.Params(engine="lexicon")
    classified = sentiment.classify(feedback, params=params)
    assert classified.trusted is False
    for found in (
        on_panel(sentiment.bursts, feedback, classified, calendar=Calendar("UTC"), params=params),
        on_panel(sentiment.trend, feedback, classified, calendar=Calendar("UTC"), params=params),
    ):
        assert "say nothing of how customers feel" in found.sentences()[-1]
