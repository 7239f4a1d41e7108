"""The registry: plain files, same bytes, and topics that keep their ids on growing texts."""

import pandas as pd
import planted_topics as planted
import pytest

from insights.analyses import topics
from insights.errors import DataError


def topic_of(model):
    return model.documents.set_index("feedback_id")["topic_id"]


@pytest.fixture(scope="module")
def stream():
    return planted.feedback(1_000, seed=5)


@pytest.fixture(scope="module")
def first(stream):
    return topics.topic_model(stream.head(950), params=topics.Params())


@pytest.fixture(scope="module")
def second(stream, first):
    return topics.topic_model(stream, params=topics.Params(), before=first.registry)


def test_files_are_read_back_as_they_were_written(second):
    files = second.registry.files()
    assert set(files) == {"registry.json", "topics.csv", "subtopics.csv", "records.csv",
                          "anchors.csv", "events.csv"}  # fmt: skip
    assert topics.Registry.of(files).files() == files


def test_the_same_data_give_the_same_bytes_in_whatever_order(stream, first):
    shuffled = stream.head(950).sample(frac=1, random_state=3)
    again = topics.topic_model(shuffled, params=topics.Params(), before=first.registry)
    assert again.registry.files() == first.registry.files()
    assert again.documents.equals(first.documents)
    assert again.table().equals(first.table())
    assert again.events.table().equals(first.events.table())


def test_five_per_cent_new_records_leave_every_id_where_it_was(stream, first, second):
    known = topic_of(first)
    assert (topic_of(second)[known.index] == known).mean() >= 0.95
    assert (topic_of(second)[known.index] == known).mean() > 0.99  # as measured
    assert second.events.count("kept") == len(first.topics)
    assert {second.events.count(kind) for kind in ("new", "split", "merged", "gone")} == {0}
    assert set(second.table()["status"]) == {"kept"}
    assert (second.table()["matched_from"] == second.table()["topic_id"]).all()
    assert (
        second.table()
        .set_index("topic_id")["label"]
        .equals(first.table().set_index("topic_id")["label"].loc[second.table()["topic_id"]])
    )
    joined = topic_of(second).drop(known.index).to_frame().join(stream.set_index("feedback_id"))
    purity = pd.crosstab(joined["topic_id"], joined["truth"]).max(axis=1).sum() / len(joined)
    assert purity > 0.8


def test_two_rows_swapped_change_nothing(stream, first, second):
    rows = stream.index.to_list()
    rows[10], rows[700] = rows[700], rows[10]
    swapped = topics.topic_model(stream.loc[rows], params=topics.Params(), before=first.registry)
    assert swapped.registry.files() == second.registry.files()
    assert swapped.documents.equals(second.documents)


@pytest.fixture(scope="module")
def without():
    """A stream in which nobody writes about sensors, then one in which many do."""
    frame = planted.feedback(1_400, seed=8)
    return frame[frame["truth"] != "sensor"].head(900), frame


@pytest.mark.slow
def test_a_planted_topic_is_new_then_gone_and_its_number_is_not_used_again(without):
    before, frame = without
    base = topics.topic_model(before, params=topics.Params())
    sensors = frame[frame["truth"] == "sensor"].head(160)
    grown = topics.topic_model(
        pd.concat([before, sensors]), params=topics.Params(), before=base.registry
    )
    born = grown.table().query("status == 'new'")["topic_id"].tolist()
    assert born and grown.events.count("gone") == grown.events.count("merged") == 0
    held = topic_of(grown)[sensors["feedback_id"]]
    assert held.isin(born).mean() > 0.8
    assert not topic_of(grown)[before["feedback_id"]].isin(born).any()
    assert "is new" in grown.events.text()

    shrunk = topics.topic_model(before, params=topics.Params(), before=grown.registry)
    table = shrunk.table().set_index("topic_id")
    assert (table.loc[born, "n"] == 0).all() and (table.loc[born, "status"] == "gone").all()
    assert topic_of(shrunk).equals(topic_of(base))
    again = topics.topic_model(
        pd.concat([before, sensors]), params=topics.Params(), before=shrunk.registry
    )
    reborn = set(again.table().query("status == 'new'")["topic_id"])
    assert reborn and not reborn & (set(born) | set(base.table()["topic_id"]))


@pytest.mark.slow
def test_changed_settings_find_topics_anew_and_mark_the_step(stream, first):
    found = topics.topic_model(
        stream.head(950), params=topics.Params(max_topics=4), before=first.registry
    )
    assert "topics were carried over" in [check.name for check in found.events.failed]
    assert "trends have a step here" in found.events.text()


def test_too_few_texts_leave_the_registry_as_it_was(stream, first):
    found = topics.topic_model(stream.head(40), params=topics.Params(), before=first.registry)
    assert found.registry is first.registry
    assert found.events.text().startswith("Too few texts to model: the registry of topics stays")


def test_given_labels_are_kept_renamed_joined_and_ended():
    names = ["App Speed"] * 30 + ["Billing"] * 30 + ["Refunds"] * 20 + ["Odd"] * 5
    frame = pd.DataFrame(
        {
            "feedback_id": [f"f{i}" for i in range(85)],
            "text": [f"{n} is slow" for n in names],
            "topic": names,
        }
    )
    params = topics.Params(source="given")
    first = topics.topic_model(frame, params=params)
    assert set(first.table()["status"]) == {"new"}
    same = topics.topic_model(frame, params=params, before=first.registry)
    assert same.registry.files() == first.registry.files()
    assert same.table().equals(first.table())
    after = frame.assign(topic=["Speed"] * 30 + ["Billing"] * 50 + [None] * 5)
    found = topics.topic_model(after, params=params, before=first.registry)
    table = found.table().set_index("topic_id")
    assert table["status"].to_dict() == {
        "billing": "merged", "speed": "new", "app-speed": "gone", "odd": "gone",
        "refunds": "merged",
    }  # fmt: skip
    assert table.at["speed", "matched_from"] == "app-speed"
    assert table.at["billing", "matched_from"] == "billing, refunds"


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda files: files.pop("records.csv"), r"records\.csv is missing\. Restore"),
        (lambda files: files.update({"topics.csv": "topic_id\n1\n"}),
         r"topics\.csv: the column kind, .* is missing"),
        (lambda files: files.update({"registry.json": "{"}), "topics.registry: Expecting"),
        (lambda files: files.update({"registry.json": files["registry.json"].replace(
            '"format": 1', '"format": 9')}), "format 9, readable is 1"),
        (lambda files: files.update({"events.csv": files["events.csv"].replace(
            "1,topic", "x,topic", 1)}), "Unable to parse string"),
    ],
)  # fmt: skip
def test_a_broken_registry_is_refused_and_says_what_to_do(first, broken, message):
    files = first.registry.files()
    broken(files)
    with pytest.raises(DataError, match=message):
        topics.Registry.of(files)


def test_no_registry_at_all_is_an_empty_one():
    assert topics.Registry.of({}).empty
