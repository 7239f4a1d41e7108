"""What changes of topics ask for: complaints that grew are mended, noise is left alone."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.analyses.topics.test_topics_changes import stream

from insights.analyses import topics
from insights.analyses.topics.claims import tones
from insights.analyses.topics.mix import TopicMix
from insights.analyses.topics.tables import OUTPUTS


def mix_of(trend, **fields):
    change = topics.topic_changes(trend)
    return TopicMix(n=trend.n, parts=OUTPUTS["topic_mix"].empty(), change=change, **fields)


@pytest.fixture(scope="module")
def grown():
    shares = np.full((16, 4), 0.1)
    shares[12:, 2] = 0.2
    return stream(shares, 1000)


def test_a_complaint_that_grew_is_to_do_and_what_it_is_decides_that(grown):
    first = mix_of(grown, tones={"2": "complaint"}).claims()[0]
    assert (first.key, first.direction, first.next_step()) == ("2", "worse", "do")
    assert first.topics == ("2",) and "held fixed" in first.doubt
    assert mix_of(grown, tones={"2": "praise"}).claims()[0].next_step() == "leave"
    assert mix_of(grown).claims()[0].next_step() == "watch"  # neither good nor bad


def test_its_start_is_told_where_a_surge_dates_it(grown):
    mix = mix_of(grown, tones={"2": "complaint"})
    began = pd.Timestamp("2025-01-01")
    (dated,) = mix.dated({"2": began})
    assert dated.since == "2025-01-01" and replace(dated, since="", text="") == replace(
        mix.claims()[0], since="", text=""
    )


def test_on_noise_every_topic_is_left_alone_and_one_sentence_says_so():
    found = [mix_of(stream(np.full((16, 6), 0.1), 800, seed=seed),
                    tones=dict.fromkeys("012345", "complaint")).claims()
             for seed in range(20)]  # fmt: skip
    todo = sum(any(one.next_step() == "do" for one in claims) for claims in found)
    assert todo <= 1
    quiet = next(claims for claims in found if not claims[0].shown)
    assert quiet[0].main and quiet[0].text.startswith("No topic's share changed detectably")
    assert sorted(one.key for one in quiet[1:]) == list("012345")


def test_ratings_tell_complaints_from_praise_and_few_tell_nothing():
    frame = pd.DataFrame({"topic_id": ["a"] * 40 + ["b"] * 40 + ["c"] * 40 + ["d"] * 10,
                          "rating": [0.1, 0.3] * 20 + [0.8, 1.0] * 20 + [0.0, 1.0] * 20
                          + [0.0] * 10})  # fmt: skip
    assert tones(frame) == {"a": "complaint", "b": "praise", "c": ""}
    assert tones(frame.drop(columns="rating")) == {}
