"""Errors, settings, results, drawing, scale."""

import io
import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pydantic import Field

from insights import drawing
from insights.errors import MissingExtra, ParamsError, SchemaError, did_you_mean, listed
from insights.result import Check, Estimate, Result
from insights.scale import map_partitions
from insights.settings import Params


class Some(Params):
    days: int = Field(90, ge=1, description="days")


def test_settings_are_checked_with_all_complaints_at_once():
    with pytest.raises(ParamsError) as caught:
        Some.checked({"dais": 3, "seed": -1}, where="churn")
    lines = str(caught.value).splitlines()
    assert any("churn: 'dais' is unknown. Did you mean 'days'?" in line for line in lines)
    assert any("churn: 'seed' is -1: input should be greater than or equal to 0" in line
               for line in lines)  # fmt: skip


def test_a_seed_of_0_is_a_seed():
    assert Some.checked({"seed": 0}).seed == 0


def test_lists_are_bounded():
    assert listed(range(42)) == "0, 1, 2, 3, 4, … and 37 more"
    assert listed("ab") == "a, b"


def test_a_guess_is_made_only_when_near():
    assert did_you_mean("Ratng", ["rating", "text"]) == " Did you mean 'rating'?"
    assert did_you_mean("zzz", ["rating"]) == ""


def test_errors_carry_what_they_know():
    assert SchemaError("x", ["a", "b"]).failures == ("a", "b")
    assert "pip install 'insights[ml]'" in str(MissingExtra("torch", "ml"))


@dataclass(frozen=True, kw_only=True)
class Shown(Result):
    share: float

    def table(self):
        return pd.DataFrame({"share": [self.share], "low": [np.nan], "when": [pd.NaT]})

    def sentences(self):
        return ["", f"<b>{self.share}</b> is the share.", "", "It is small."]


@pytest.fixture
def shown():
    checks = (Check("fine", np.True_, "yes"), Check("odd", False, "no"), Check("info", None, "?"))
    return Shown(n=3, share=0.5, checks=checks)


def test_a_result_names_its_failed_checks(shown):
    assert [check.name for check in shown.failed] == ["odd"]
    assert shown.doubts() == "Doubt: odd (no)."


def test_a_result_holds_headline_details_and_doubts_apart_and_joins_them_for_prose(shown):
    assert shown.headline() == "<b>0.5</b> is the share." and shown.details() == "It is small."
    assert shown.text() == "<b>0.5</b> is the share. It is small. Doubt: odd (no)."
    found = shown.finding()
    assert (found["headline"], found["details"]) == (shown.headline(), shown.details())
    assert found["text"] == "<b>0.5</b> is the share. It is small."
    assert found["doubts"] == ["odd (no)"] and found["kind"] == "shown"


def test_a_result_is_canonical_json_without_nan(shown):
    found = json.loads(shown.to_json())
    assert found["table"] == [{"share": 0.5, "low": None, "when": None}]
    assert found["n"] == 3 and found["checks"][0]["passed"] is True


def test_a_result_shown_in_a_notebook_is_escaped(shown):
    assert "<b>" not in shown._repr_html_().split("<table")[0]


def test_an_estimate_is_written_with_its_interval():
    assert Estimate(0.42, 0.31, 0.54, 0.95, 9).text() == "0.42 [0.31, 0.54]"


def test_a_figure_gives_the_same_bytes_and_holds_chinese(recwarn):
    drawing.theme()

    def figure() -> tuple[bytes, bytes]:
        ax = drawing.axes()
        ax.set_title("同步失败 sync fails")
        drawing.percent(ax)
        return drawing.svg(ax), drawing.png(ax)

    assert figure() == figure()
    shapes, image = figure()
    assert b"<text" not in shapes  # letters are shapes: no machine needs the font
    few = Image.open(io.BytesIO(image))
    assert few.mode == "P" and drawing.shown_width(image) == round(few.width / drawing.DENSITY)
    assert not [item for item in recwarn if "Glyph" in str(item.message)]


def _double(part):
    return part * 2


def test_partitions_come_back_in_order_from_one_process_or_two():
    assert map_partitions(_double, range(5)) == [0, 2, 4, 6, 8]
    assert map_partitions(_double, range(5), jobs=2) == [0, 2, 4, 6, 8]
