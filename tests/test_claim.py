"""The step that a claim's numbers allow: do, watch or leave."""

import math
from dataclasses import replace

import numpy as np
import pytest

from insights.claim import Claim, unknown
from insights.result import Check, Result

WORSE = Claim(key="4", text="t", n=100, act="mend", estimate=0.05, low=0.02, high=0.08,
              better="down")  # fmt: skip
OFFER = Claim(key="I1", text="t", n=100, act="start", estimate=5.0, low=-1.0, high=12.0, level=0.9,
              better="up", whole=100.0, chance=0.88)  # fmt: skip


def test_what_is_worse_and_worth_it_even_at_the_near_bound_is_to_do():
    assert WORSE.direction == "worse" and WORSE.stake == pytest.approx(0.02)
    assert WORSE.next_step() == "do"


@pytest.mark.parametrize(
    ("changed", "step"),
    [
        ({"low": -0.001}, "leave"),  # the interval holds nothing changed
        ({"chance": 0.94}, "leave"),  # one among many that chance explains
        ({"low": 0.009}, "watch"),  # perhaps too small
        ({"estimate": 0.005, "low": 0.002, "high": 0.009}, "leave"),  # too small for sure
        ({"estimate": -0.05, "low": -0.08, "high": -0.02}, "leave"),  # good news
        ({"better": "neither"}, "watch"),  # neither good nor bad
        ({"act": "know"}, "watch"),
    ],
)
def test_a_claim_is_to_do_only_where_all_holds(changed, step):
    assert replace(WORSE, **changed).next_step() == step


def test_a_failed_check_makes_a_claim_one_to_watch():
    assert WORSE.next_step(doubted=True) == "watch"
    assert replace(OFFER, low=2.0, chance=0.99).next_step(doubted=True) == "watch"


def test_an_offer_that_may_lose_is_tried_where_it_likely_pays_and_never_to_do():
    assert OFFER.next_step() == "watch"
    assert replace(OFFER, chance=0.74).next_step() == "leave"
    assert replace(OFFER, estimate=-5.0, low=-9.0, high=-2.0, chance=0.99).next_step() == "leave"
    assert replace(OFFER, low=2.0, chance=0.99).next_step() == "do"


def test_what_cannot_be_told_asks_for_nothing_and_has_no_number():
    claim = unknown("", "Whether it changed: too few records.")
    saved = claim.saved("changes")
    assert claim.next_step() == "leave" and saved["id"] == "changes"
    assert saved["estimate"] is None and saved["certainty"] is None and saved["weight"] == 0


def test_certainty_is_that_of_the_side_on_which_the_estimate_lies():
    half = 1.96 * 0.01
    claim = replace(WORSE, estimate=0.02, low=0.02 - half, high=0.02 + half)
    assert claim.certainty == pytest.approx(0.9772, abs=1e-3)
    assert replace(claim, nothing=0.04).certainty == pytest.approx(0.9772, abs=1e-3)
    assert math.isnan(unknown("", "t").certainty)


def test_on_noise_at_most_one_claim_in_forty_is_to_do():
    """Bad by chance and large enough: the interval alone allows 2.5 %, worth takes some off."""
    rng = np.random.default_rng(7)
    values = rng.normal(0, 0.02, 4000)
    steps = [replace(WORSE, estimate=v, low=v - 0.0392, high=v + 0.0392).next_step()
             for v in values]  # fmt: skip
    assert steps.count("do") / len(steps) < 0.025 and steps.count("leave") / len(steps) > 0.94


class Two(Result, kind="two"):
    def claims(self):
        return [WORSE, replace(WORSE, key="5")]

    def sentences(self):
        return ["Two changed."]


def test_a_finding_takes_its_leading_claim_s_numbers_and_a_check_touches_what_it_is_about():
    check = Check("stable", False, "no", about=("5",))
    found = Two(n=3, checks=(check,)).finding("topics")
    assert found["id"] == "topics" and found["estimate"] == 0.05 and found["next_step"] == "do"
    assert [one["id"] for one in found["claims"]] == ["topics:4", "topics:5"]
    assert [one["next_step"] for one in found["claims"]] == ["do", "watch"]
    every = Two(n=3, checks=(replace(check, about=()),)).finding()
    assert [one["next_step"] for one in every["claims"]] == ["watch", "watch"]
