import os
from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from insights.analyses import topics
from insights.stats.calendar import Calendar

pytestmark = pytest.mark.real


def table(name):
    folder = os.environ.get("INSIGHTS_TEST_DATA")
    if not folder:
        pytest.skip("INSIGHTS_TEST_DATA is not set: the public data are not here")
    return pd.read_csv(next(Path(folder).glob(name)))


def numbered(texts):
    return pd.DataFrame({"feedback_id": [f"r{i:06d}" for i in range(len(texts))], "text": texts})


@pytest.mark.slow
def test_intents_of_a_bank_are_found_without_their_labels():
    data = table("banking77/*.csv.gz")
    found = topics.topic_model(numbered(data["text"]), params=topics.Params())
    said = found.documents["subtopic_id"].fillna("-1")
    assert normalized_mutual_info_score(data["category"], said) > 0.76
    assert adjusted_rand_score(data["category"], said) > 0.45
    assert found.unexplained.estimate < 0.05


def test_chinese_phone_reviews_have_topics_and_no_change_to_report():
    data = table("jd_electronics/*.csv.gz")
    frame = numbered(data["content"]).assign(
        created_at=pd.to_datetime(data["creation_time"], utc=True)
    )
    params = topics.Params()
    found = topics.topic_model(frame, params=params)
    assert 5 <= len(found.topics) <= 30
    assert found.unexplained.estimate < 0.05
    trend = topics.topic_trend(found, frame, params=params, calendar=Calendar())
    assert topics.topic_changes(trend).text().startswith("No detectable change")
