import pandas as pd
import pytest

from insights.errors import ParamsError
from insights.ingest.segments import OTHER, Segments, largest
from insights.run.study import load_study


@pytest.fixture
def feedback():
    n = 120
    return pd.DataFrame(
        {
            "feedback_id": [f"f{i}" for i in range(n)],
            "text": "words",
            "status": ["open", "closed"] * (n // 2),  # declared, no segment
            "line": [1, 2] * (n // 2),  # bookkeeping
            "store": [f"store {i % 20:02}" for i in range(n)],
            "city": [f"city {i % 40:02}" for i in range(n)],
            "vip": [True, False, None] * (n // 3),
            "seats": [1, 2] * (n // 2),
            "one": "same",
            "language": ["en", "zh"] * (n // 2),
            "channel": ["review", "ticket"] * (n // 2),
        }
    )


def test_a_column_of_two_to_thirty_labels_is_a_segment_and_the_channel_comes_first(feedback):
    assert list(Segments().of(feedback, "feedback")) == ["channel", "language", "store", "vip"]
    assert list(Segments(most_values=12).of(feedback, "feedback")) == ["channel", "language", "vip"]


def test_a_study_may_name_the_only_segments_whatever_they_hold(feedback):
    found = Segments(columns=("city", "seats", "one")).of(feedback, "feedback")
    assert list(found) == ["city", "seats"]
    assert found["seats"].tolist()[:2] == ["1", "2"]


def test_values_beyond_the_eleven_largest_are_one(feedback):
    city = Segments(columns=("city",)).of(feedback, "feedback")["city"]
    assert largest(city).nunique() == 12 and (largest(city) == OTHER).sum() == 29 * 3
    assert largest(feedback["channel"]).tolist() == feedback["channel"].tolist()


def test_a_segment_that_no_source_has_is_refused_with_a_guess(tmp_path):
    path = tmp_path / "s.yml"
    path.write_text(
        "study: s\nsources: {feedback: {path: a.csv, dimensions: [region]}}\n"
        "segments: {columns: [regoin]}\n"
    )
    with pytest.raises(ParamsError, match=r"no source .* column 'regoin'.*mean 'region'"):
        load_study(path, project=tmp_path)
