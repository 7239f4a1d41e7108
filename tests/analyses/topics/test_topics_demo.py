import pandas as pd
import pytest
from sklearn.metrics import normalized_mutual_info_score

from insights.analyses import topics
from insights.stats.calendar import Calendar
from insights.synthetic.demo import lumen_office


@pytest.mark.slow
def test_the_planted_surge_of_the_demo_is_found_in_its_month():
    frames, truth = lumen_office(customers=1_000, feedback=5_000)
    rows = frames.feedback[frames.feedback["kind"] == "message"]
    rows = rows.assign(created_at=pd.to_datetime(rows["created_at"], utc=True))
    said = rows.set_index("feedback_id")["topic"]
    rows = rows.drop(columns="topic")
    params = topics.Params(period="month")
    found = topics.topic_model(rows, params=params)
    given = said.loc[found.documents["feedback_id"]]
    assert normalized_mutual_info_score(given, found.documents["topic_id"]) > 0.5
    trend = topics.topic_trend(found, rows, params=params, calendar=Calendar())
    surge = topics.topic_surges(trend, seed=1).found.iloc[0]
    about = given[(found.documents["topic_id"] == surge["topic_id"]).to_numpy()]
    assert about.value_counts(normalize=True)[truth.surge.topic] > 0.8
    month = truth.surge.release.to_period("M").start_time
    assert abs((surge["start"] - month).days) <= 31
    assert surge["lasting"]
    # most of the planted rise of the share is in this topic
    planted = truth.surge.share_after - truth.surge.share_before
    assert surge["estimate"] > 0.5 * planted
    named = topics.topic_changes(trend).found
    assert surge["topic_id"] in named.loc[named["estimate"] > 0, "topic_id"].tolist()
