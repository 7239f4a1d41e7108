import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insights.analyses import collect
from insights.errors import DataError, SchemaError
from insights.ingest.sources import Sources
from insights.stats.calendar import Calendar

KEY = b"a key for tests"


def gathered(folder, sources, **options):
    return collect.gather(Sources.model_validate(sources), project=folder, key=KEY, **options)


def write(folder, name, header, rows):
    frame = pd.DataFrame(rows, columns=header)
    frame.to_csv(folder / name, index=False)


def some_feedback(folder, n=20, name="f.csv"):
    rows = [
        (f"2024-01-{i % 28 + 1:02d} 10:00", f"the lift is slow, part {i}", f"cust-{i % 6}")
        for i in range(n)
    ]
    write(folder, name, ["created_at", "text", "customer_id"], rows)


def test_a_file_becomes_the_canonical_table(tmp_path):
    some_feedback(tmp_path)
    found = gathered(tmp_path, {"feedback": {"path": "f.csv", "channel": "chat"}})
    table = found.tables["feedback"]
    assert len(table) == 20
    assert str(table["created_at"].dtype) == "datetime64[us, UTC]"
    assert table["feedback_id"].is_unique
    assert table["customer_id"].str.startswith("c_").all()
    assert set(table["language"]) == {"en"}
    assert set(table["channel"]) == {"chat"}
    assert table["line"].min() == 2
    assert found.balance.iloc[0].to_dict() == {
        "source": "f", "table": "feedback", "rows_in": 20, "kept": 20, "quarantined": 0,
        "duplicates": 0, "screened": 0,
    }  # fmt: skip


def test_the_order_of_rows_changes_nothing_but_the_lines(tmp_path):
    some_feedback(tmp_path, 40)
    frame = pd.read_csv(tmp_path / "f.csv")
    frame = pd.concat([frame, frame.head(5)])
    frame.to_csv(tmp_path / "f.csv", index=False)
    one = gathered(tmp_path, {"feedback": {"path": "f.csv"}}).tables["feedback"]
    frame.sample(frac=1, random_state=4).to_csv(tmp_path / "f.csv", index=False)
    other = gathered(tmp_path, {"feedback": {"path": "f.csv"}}).tables["feedback"]
    pd.testing.assert_frame_equal(one.drop(columns="line"), other.drop(columns="line"))


def test_one_customer_has_one_pseudonym_in_every_table(tmp_path):
    some_feedback(tmp_path)
    write(
        tmp_path,
        "c.csv",
        ["customer_id", "started_at"],
        [(f"cust-{i}", "2023-01-01") for i in range(6)],
    )
    write(
        tmp_path, "u.csv", ["customer_id", "period_start", "logins"], [("cust-1", "2024-01-01", 3)]
    )
    found = gathered(
        tmp_path,
        {"feedback": {"path": "f.csv"}, "customers": {"path": "c.csv"}, "usage": {"path": "u.csv"}},
    )
    known = set(found.tables["customers"]["customer_id"])
    assert set(found.tables["feedback"]["customer_id"]) == known
    assert set(found.tables["usage"]["customer_id"]) <= known


def test_nothing_personal_is_left_in_any_table(tmp_path):
    rows = [
        ("2024-01-01", "write to ann@x.org about it", "ann@x.org", "call 13812345678"),
        ("soon", "my card is 4111 1111 1111 1111", "ann@x.org", ""),
        ("2024-01-01", "test", "ann@x.org", ""),
        ("2024-01-02", "from ann@x.org again", "ann@x.org", ""),
        ("2024-01-02", "from ann@x.org again", "ann@x.org", ""),
        ("2024-01-03", "this one, has too many, fields", "ann@x.org", "", "ann@x.org"),
    ]
    lines = ["created_at,text,customer_id,plan"]
    lines += [",".join(f'"{cell}"' for cell in row) for row in rows]
    (tmp_path / "f.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = gathered(tmp_path, {"feedback": {"path": "f.csv", "dimensions": ["plan"]}})
    for name, table in found.saved.items():
        text = table.to_csv()
        for secret in ("ann@x.org", "13812345678", "4111"):
            assert secret not in text, name
    assert found.balance.iloc[0][["kept", "quarantined", "duplicates", "screened"]].tolist() == [
        2, 2, 1, 1
    ]  # fmt: skip
    counts = found.redactions.set_index(["column", "kind"])["findings"].to_dict()
    assert counts[("text", "email")] == 2
    assert counts[("plan", "phone")] == 1


def test_a_glob_gives_each_file_its_own_line_in_the_balance(tmp_path):
    some_feedback(tmp_path, 6, "a-1.csv")
    some_feedback(tmp_path, 7, "a-2.csv")
    found = gathered(tmp_path, {"feedback": {"path": "a-*.csv"}})
    assert found.balance[["source", "rows_in"]].to_numpy().tolist() == [["a-1", 6], ["a-2", 7]]
    assert found.tables["feedback"]["feedback_id"].is_unique


def test_sources_of_one_name_are_told_apart(tmp_path):
    some_feedback(tmp_path)
    write(tmp_path, "c.csv", ["customer_id", "started_at"], [("a", "2023-01-01")])
    found = gathered(
        tmp_path,
        {"feedback": {"path": "f.csv", "name": "x"}, "customers": {"path": "c.csv", "name": "x"}},
    )
    assert found.balance["source"].tolist() == ["x", "customers/x"]


def test_repeats_by_different_people_stay_and_are_grouped(tmp_path):
    rows = [
        ("2024-01-01", "Great", "a"),
        ("2024-01-01", "Great", "b"),
        ("2024-01-01", "Great", "b"),
    ]
    write(tmp_path, "f.csv", ["created_at", "text", "customer_id"], rows)
    found = gathered(tmp_path, {"feedback": {"path": "f.csv"}})
    table = found.tables["feedback"]
    assert table["copies"].sum() == 3
    assert table["repeat_group"].nunique() == 1
    result = collect.repeats(found)
    assert (result.merged, result.recurring) == (1, 2)
    assert result.customers["merged"].tolist() == [1]


def test_initiatives_carry_lists_and_amounts(tmp_path):
    effect = json.dumps({"low": 0.1, "mode": 0.2, "high": 0.3})
    rows = [("i1", "Fix login", "login; speed", "12000", effect)]
    write(tmp_path, "i.csv", ["initiative_id", "title", "topics", "cost_once", "effect"], rows)
    table = gathered(tmp_path, {"initiatives": {"path": "i.csv"}}).tables["initiatives"]
    assert table["topics"].iloc[0] == ["login", "speed"]
    assert table["cost_once"].iloc[0] == "12000"
    assert json.loads(table["effect"].iloc[0])["mode"] == 0.2
    table.to_parquet(tmp_path / "i.parquet")


def test_all_failures_of_all_sources_are_told_at_once(tmp_path):
    some_feedback(tmp_path)
    sources = {
        "feedback": [{"path": "f.csv", "columns": {"text": "txt"}}, {"path": "gone.csv"}],
        "customers": {"path": "f.csv", "dimensions": ["plan"]},
    }
    with pytest.raises(DataError) as caught:
        gathered(tmp_path, sources)
    text = str(caught.value)
    assert "names a column that is not there. Did you mean 'text'" in text
    assert "gone.csv: no such file" in text
    assert "dimension 'plan' is not there" in text
    assert "customers needs a column 'started_at'" in text


def test_column_failures_alone_are_a_schema_error(tmp_path):
    some_feedback(tmp_path)
    with pytest.raises(SchemaError, match="names a column that is not there"):
        gathered(tmp_path, {"feedback": {"path": "f.csv", "columns": {"text": "txt"}}})


days = st.sampled_from(["2024-01-01", "2024-02-30", "", "2024-03-04 10:00", "soon", "2250-01-01"])
words = st.sampled_from(
    ["good", "test", "", "写得好", "call 13812345678", "asdf", 'a,b\n"c"', "=1+1"]
)
people = st.sampled_from(["a", "b", "", "NA"])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(days, words, people), min_size=1, max_size=25))
def test_rows_in_are_always_kept_quarantined_duplicates_and_screened(tmp_path, rows):
    rows = [*rows, ("2024-01-05", "one that is surely kept", "z")]
    write(tmp_path, "f.csv", ["created_at", "text", "customer_id"], rows)
    found = gathered(tmp_path, {"feedback": {"path": "f.csv"}})
    row = found.balance.iloc[0]
    assert row["rows_in"] == len(rows)
    assert row[["kept", "quarantined", "duplicates", "screened"]].sum() == len(rows)
    sizes = (found.tables["feedback"], found.quarantine, found.duplicates, found.screened)
    assert [len(frame) for frame in sizes] == row[
        ["kept", "quarantined", "duplicates", "screened"]
    ].tolist()
    lines = np.concatenate([frame["line"] for frame in sizes])
    assert len(set(lines)) == len(rows)


def test_every_result_speaks_draws_and_writes(tmp_path):
    some_feedback(tmp_path, 30)
    found = gathered(tmp_path, {"feedback": {"path": "f.csv", "channel": "chat"}})

    class Thresholds:
        validity, coverage, timeliness_hours = 0.98, 0.95, 24

    results = [
        collect.balance(found), collect.quality(found, Thresholds), collect.set_aside(found),
        collect.repeats(found), collect.redactions(found), collect.languages(found),
        collect.coverage(found, Calendar()),
    ]  # fmt: skip
    from matplotlib import pyplot as plt

    assert "Names in running text are not recognised" in collect.redactions(found).text()
    for result in results:
        assert str(result.n) in result.text().replace(",", "")
        json.loads(result.to_json())
        axes = result.plot()
        assert axes.get_title() or axes.get_title(loc="left")
        plt.close("all")
    for name, table in found.saved.items():
        table.to_parquet(tmp_path / f"{name}.parquet")
