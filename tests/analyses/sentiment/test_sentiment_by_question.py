import numpy as np
import pandas as pd
from planted_messages import on_panel

from insights.analyses import sentiment
from insights.stats.calendar import Calendar

PARAMS = sentiment.Params(engine="lexicon")


def answers(n=60):
    return pd.DataFrame(
        {
            "feedback_id": [f"f{i:03}" for i in range(n)],
            "created_at": pd.Timestamp("2025-01-01", tz="UTC"),
            "text": np.resize(["the queue", "the garden", "price list"], n),
            "question": np.resize(["What did you dislike?", "What did you like most?"], n),
            "customer_id": [f"c{i // 2:03}" for i in range(n)],
        }
    )


def test_bare_answers_are_judged_by_their_question_and_shares_stand_apart():
    feedback = answers()
    classified = sentiment.classify(feedback, params=PARAMS)
    assert any(check.name == "answers read with their question" for check in classified.checks)
    found = sentiment.by_question(feedback, classified, params=PARAMS)
    share = found.shares.set_index(["question", "label"])["share"]
    assert share["What did you dislike?", "negative"] == 1
    assert share["What did you like most?", "positive"] == 1
    assert "Asked “What did you dislike?”, 100%" in found.text() and "of 30 answers" in found.text()
    assert (found.shares["low"] <= found.shares["share"]).all()


def test_one_question_few_answers_or_few_people_are_said_and_not_shown():
    feedback = answers()
    classified = sentiment.classify(feedback, params=PARAMS)
    one = feedback.assign(question="What did you dislike?")
    assert "one question is known" in sentiment.by_question(one, classified, params=PARAMS).text()
    without = feedback.drop(columns="question")
    assert sentiment.by_question(without, classified, params=PARAMS).n == 0
    loud = feedback.assign(customer_id=np.resize(["a", "b"], len(feedback)))
    assert sentiment.by_question(loud, classified, params=PARAMS).shares.empty


def test_no_mean_is_shown_of_many_records_by_a_few_people():
    feedback = answers().assign(customer_id=np.resize(["a", "b", "c"], 60))
    classified = sentiment.classify(feedback, params=PARAMS)
    cells = on_panel(
        sentiment.trend, feedback, classified, calendar=Calendar(), params=PARAMS
    ).cells
    assert cells["n"].tolist() == [60] and cells["mean"].isna().all()
