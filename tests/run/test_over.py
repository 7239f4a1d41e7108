"""One study a value: small groups are merged by the study's cell rule, each page is reachable."""

import numpy as np
import pandas as pd
import pytest

from insights.errors import ParamsError
from insights.run.over import Over, groups, of_group, run_over
from insights.run.study import load_study
from tests.run.conftest import LIMIT, Silent

CUSTOMERS = pd.DataFrame(
    {
        "customer_id": [f"c{i}" for i in range(30)],
        "plan": ["pro"] * 12
        + ["free"] * 9
        + ["old"] * 3
        + ["trial"] * 3
        + ["企业"] * 1
        + [None] * 2,
    }
)
FEEDBACK = pd.DataFrame(
    {
        "feedback_id": range(40),
        "customer_id": [f"c{i % 20}" for i in range(36)] + [None] * 4,
        "channel": ["review"] * 30 + ["exit"] * 10,
    }
)
FRAMES = {"customers": CUSTOMERS, "feedback": FEEDBACK}


def test_small_values_are_merged_and_missing_ones_said():
    found, said = groups(FRAMES, Over("plan"), min_cell=5)
    assert [(one.name, one.customers, one.records) for one in found] == [
        ("pro", 12, 24), ("free", 9, 12), ("other (old, trial, 企业)", 7, 0)
    ]  # fmt: skip
    assert said == ["merged, being fewer than 5 each: old, trial, 企业",
                    "2 rows of customers have no plan"]  # fmt: skip
    assert len({one.slug for one in found}) == 3


def test_what_is_too_small_even_together_is_left_out():
    found, said = groups(FRAMES, Over.read("plan=pro,old"), min_cell=5)
    assert [one.name for one in found] == ["pro"]
    assert said[0] == "left out, being fewer than 5: old"


def test_records_count_where_no_customer_is_known():
    found, _said = groups(FRAMES, Over("channel"), min_cell=5)
    assert [(one.name, one.customers, one.records) for one in found] == [
        ("review", 20, 30), ("exit", 10, 10)
    ]  # fmt: skip


def test_a_group_holds_its_customers_and_all_rows_of_theirs():
    own = of_group(FRAMES, "plan", ["free"])
    assert set(own["feedback"]["customer_id"]) <= set(own["customers"]["customer_id"])
    assert (own["customers"]["plan"] == "free").all()
    own = of_group(FRAMES, "channel", ["exit"])
    assert len(own["feedback"]) == 10 and own["customers"].equals(CUSTOMERS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("paln", r"neither customers nor feedback has it\. Did you mean 'plan'"),
        ("plan=prro", r"'plan' never is 'prro'\. Did you mean 'pro'"),
        ("plan=", "write it as COLUMN or COLUMN=VALUE,VALUE"),
        ("customer_id", "neither customers nor feedback has it"),
    ],
)
def test_an_unknown_column_or_value_is_refused(text, said):
    with pytest.raises(ParamsError, match=said):
        groups(FRAMES, Over.read(text), min_cell=5)


COLLECT = """import pandas as pd
nb.save(feedback=pd.read_csv('data/rows.csv'))"""
READ = """import pandas as pd
nb.save(seen=pd.read_parquet(nb.study.sources.feedback[0].path[0]))"""


@pytest.mark.slow
def test_one_study_a_value_is_run_and_one_page_leads_to_all(project):
    rng = np.random.default_rng(7)
    pd.DataFrame(
        {"feedback_id": range(20), "text": "fine", "created_at": "2024-01-01",
         "customer_id": [f"c{i}" for i in range(20)], "plan": ["pro"] * 12 + ["free"] * 8,
         "score": rng.random(20)}
    ).to_csv(project.root / "data" / "rows.csv", index=False)  # fmt: skip
    project.notebook("collect", *_opened("collect"), COLLECT)
    project.notebook("second", *_opened("second"), READ, parameters=LIMIT)
    ready = project.prepared(jobs=2)
    done = run_over(ready, Over("plan"), Silent())
    assert done.exit_code == 0
    page = done.page.read_text()
    for slug, n in (("pro", 12), ("free", 8)):
        place = project.outputs / "over" / "plan" / f"tiny-{slug}" / "latest"
        seen = pd.read_parquet(place / "second" / "tables" / "seen.parquet")
        assert len(seen) == n and set(seen["plan"]) == {slug}
        assert f'href="tiny-{slug}/{place.resolve().name}/index.html"' in page
        study = load_study(place / "study.yml", project=project.root)
        assert study.title == f"Tiny: plan {slug}"


def _opened(name):
    return [f"from insights import notebook\nnb = notebook.start({name!r}, globals())"]
