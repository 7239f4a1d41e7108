import numpy as np
import pandas as pd
import planted_people as planted
import pytest
from scipy import stats

from insights import drawing
from insights.analyses import topics
from insights.settings import DEFAULT_CELL
from insights.stats.intervals import wilson_bounds


def segments(records, customers=None):
    told = records.drop(columns="truth")
    return topics.topic_segments(planted.model_of(records), told, customers, params=topics.Params())


def test_a_planted_difference_is_named_with_its_share():
    records = planted.records(1)
    rng = np.random.default_rng(0)
    loud = (records["plan"] == "big") & (rng.random(len(records)) < 0.25)
    records.loc[loud, "truth"] = "3"
    found = segments(records)
    top = found.found.iloc[0]
    assert (top["dimension"], top["value"], top["topic_id"]) == ("plan", "big", "3")
    mine = records[records["plan"] == "big"]
    assert top["share"] == np.mean(mine["truth"] == "3")
    assert top["low"] < top["share"] < top["high"]
    assert "plan is big" in found.text() and f"{found.tests:,} tests" in found.text()


@pytest.mark.slow
def test_messages_of_few_customers_are_no_difference():
    """Without customers as the unit, one plan's busy writers would look like the plan."""
    alarms = {True: 0, False: 0}
    for seed in range(24):
        records = planted.records(seed, n=1_200, each=12.0, topics=4)
        rng = np.random.default_rng(seed)
        own = rng.integers(4, size=1_000)  # each customer has a pet topic
        code = records["customer_id"].str[1:].astype(int)
        pet = rng.random(len(records)) < 0.6
        records.loc[pet, "truth"] = own[code[pet]].astype(str)
        alarms[True] += len(segments(records).found) > 0
        alarms[False] += len(segments(records.drop(columns="customer_id")).found) > 0
    assert alarms[True] / 24 <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 24)
    assert alarms[False] > 2 * alarms[True] + 3


@pytest.mark.slow
def test_independent_topics_differ_at_most_at_the_nominal_rate():
    runs = 40
    alarms = sum(
        len(segments(planted.records(seed, n=1_000, each=2.0)).found) > 0 for seed in range(runs)
    )
    assert alarms / runs <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / runs)


@pytest.mark.slow
def test_intervals_of_a_share_cover_when_customers_repeat_themselves():
    hits, made = 0, 0
    for seed in range(50):
        records = planted.records(seed, n=900, each=6.0, topics=3)
        rng = np.random.default_rng(seed)
        own = rng.choice(3, 1_000, p=[0.5, 0.3, 0.2])
        records["truth"] = own[records["customer_id"].str[1:].astype(int)].astype(str)
        cells = segments(records).cells
        row = cells[(cells["value"] == "mail") & (cells["topic_id"] == "0")]
        hits += int(((row["low"] <= 0.5) & (row["high"] >= 0.5)).sum())
        made += len(row)
    assert hits / made >= 0.95 - 4 * np.sqrt(0.05 * 0.95 / made)


def test_small_cells_are_hidden_and_no_total_gives_them_away():
    records = planted.records(2)
    shop = records["channel"] == "shop"
    records.loc[shop & (records["truth"] == "5"), "truth"] = "0"
    records.loc[records.index[shop][:3], "truth"] = "5"
    found = segments(records)
    cells = found.cells[found.cells["dimension"] == "channel"]
    cell = cells[(cells["topic_id"] == "5") & (cells["value"] == "shop")].iloc[0]
    assert cell["status"] == "small"
    hidden = cells[cells["status"] != "shown"]
    numbers = ["n", "customers", "share", "low", "high", "elsewhere", "residual", "p", "q"]
    assert hidden[numbers].isna().all(axis=None)
    grid = hidden.assign(x=1).pivot_table(
        index="topic_id", columns="value", values="x", aggfunc="sum"
    )
    assert (grid.sum(axis=0) >= 2).all() and (grid.sum(axis=1) >= 2).all()
    shown = cells[cells["status"] == "shown"]
    assert (shown["customers"] >= DEFAULT_CELL).all()
    assert "hidden" in " ".join(check.detail for check in found.checks)


def test_shown_and_hidden_cells_are_those_of_a_plain_count():
    records = planted.records(3)
    found = segments(records).cells
    people = records.groupby(["channel", "truth"])["customer_id"].nunique()
    counts = records.groupby(["channel", "truth"]).size()
    for row in found[found["dimension"] == "channel"].itertuples():
        known = people.get((row.value, row.topic_id), 0)
        assert (row.status == "small") == (known < DEFAULT_CELL)
        if row.status == "shown":
            assert row.customers == known
            assert row.n == counts[row.value, row.topic_id]
            assert row.low <= row.share <= row.high


def test_residuals_and_intervals_are_those_of_sums_over_customers():
    records = planted.records(3, n=1_500, each=4.0)
    found = segments(records).cells
    hit = records["truth"].to_numpy()[:, None] == np.unique(records["truth"])
    who = pd.factorize(records["customer_id"])[0]
    for row in found[found["dimension"] == "channel"].dropna(subset=["residual"]).itertuples():
        inside = (records["channel"] == row.value).to_numpy()
        on = hit[:, int(row.topic_id)].astype(float)
        part = (inside - inside.mean()) * (on - on.mean())
        sums = np.array([part[who == code].sum() for code in np.unique(who)])
        spread = (sums**2).sum() * len(sums) / (len(sums) - 1)
        assert row.residual == pytest.approx(part.sum() / np.sqrt(spread))
        assert row.elsewhere == pytest.approx(on[~inside].mean())
        sides = [len(np.unique(who[side])) for side in (inside, ~inside)]
        assert row.p == pytest.approx(2 * stats.t.sf(abs(row.residual), min(sides) - 1))
        rest = on[inside] - on[inside].mean()
        square = sum(rest[who[inside] == code].sum() ** 2 for code in np.unique(who[inside]))
        plain = on[inside].mean() * (1 - on[inside].mean()) * inside.sum()
        effect = max(1.0, square / plain)
        bounds = wilson_bounds(on[inside].sum() / effect, inside.sum() / effect)
        assert (row.low, row.high) == pytest.approx(tuple(map(float, bounds)))


def test_two_values_are_one_test_with_opposite_signs():
    records = planted.records(4)
    records["half"] = np.where(records["plan"] == "big", "a", "b")
    cells = segments(records).cells
    half = cells[(cells["dimension"] == "half") & cells["residual"].notna()]
    a, b = (half[half["value"] == v].set_index("topic_id") for v in "ab")
    np.testing.assert_allclose(a["residual"], -b["residual"])
    assert a["p"].notna().all() and b["p"].isna().all()
    np.testing.assert_allclose(a["q"], b["q"])


def test_dimensions_come_from_the_customers_too_and_ids_are_none():
    records = planted.records(5).assign(serial=lambda f: "s" + f["feedback_id"])
    plans = records.drop_duplicates("customer_id")[["customer_id", "plan"]]
    customers = plans.rename(columns={"plan": "tier"}).assign(source="crm", seats=3)
    found = segments(records.drop(columns="plan"), customers)
    assert found.cells["dimension"].drop_duplicates().tolist() == ["channel", "tier"]
    direct = segments(records).cells
    named = found.cells[found.cells["dimension"] == "tier"].drop(columns=["dimension", "q"])
    same = direct[direct["dimension"] == "plan"].drop(columns=["dimension", "q"])
    pd.testing.assert_frame_equal(named.reset_index(drop=True), same.reset_index(drop=True))


def test_unstated_values_are_counted_and_not_compared():
    records = planted.records(6)
    records.loc[records["channel"] == "chat", "plan"] = None
    cells = segments(records).cells
    left = cells[(cells["dimension"] == "plan") & (cells["value"] == "(not stated)")]
    assert left["n"].sum() == (records["channel"] == "chat").sum()
    assert left["residual"].isna().all()


def test_a_few_unstated_values_do_not_keep_a_dimension_from_being_shown():
    records = planted.records(6)
    records.loc[:2, "plan"] = None
    found = segments(records)
    assert "(not stated)" not in set(found.cells["value"])
    assert "plan" in set(found.cells["dimension"]) and not found.withheld


def test_without_dimensions_there_is_nothing_to_compare():
    records = planted.records(7)[["feedback_id", "created_at", "text", "truth"]]
    found = segments(records)
    assert found.text().startswith("There is no topic, or no dimension")
    hidden = segments(records.assign(make=["rare"] * 6 + ["usual"] * (len(records) - 6)))
    assert hidden.withheld == ("make",)
    assert hidden.text().startswith("Topics are not compared over make")
    drawing.theme()
    found.plot()


def test_the_grid_is_drawn_and_the_order_of_records_does_not_matter():
    records = planted.records(8)
    found = segments(records)
    drawing.theme()
    found.plot().figure.canvas.draw()
    assert found.to_json()
    again = segments(records.sample(frac=1, random_state=0))
    pd.testing.assert_frame_equal(found.cells, again.cells)
