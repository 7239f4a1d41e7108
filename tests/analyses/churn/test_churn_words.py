"""No word of causes, English or Chinese, in anything the churn page can say."""

import ast
import json
import re
from pathlib import Path

import numpy as np
import pytest
from planted_leavers import planted_leavers

from insights.analyses import churn

PROJECT = Path(__file__).parents[3]
PACKAGE = PROJECT / "src" / "insights" / "analyses" / "churn"
CAUSAL = re.compile(
    r"\b(drives?|drivers?|driven|because|caus(e[sd]?|al|ing)|leads? to|due to|results? in|"
    r"makes? (?:them|customers) leave|thanks to|impact\w*|reduces? churn|prevents?)\b"
    r"|导致|造成|引起|引发|致使|使得|促使|驱动|推动|因为|由于|归因|源于|起因|拉动|带来|影响了",
    re.I,
)
CHINESE = {"A": "物流太慢", "B": "发票错误", "C": "界面", "D": "使用困难", "E": "价格", "F": "接口"}


def literals(path: Path) -> list[str]:
    """Every text of a module that is not a docstring: what can be rendered is among them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef)
    told = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, holders)
            and isinstance(node.body[0], ast.Expr)}  # fmt: skip
    return [node.value for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            and id(node) not in told]  # fmt: skip


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_no_text_of_the_package_names_a_cause(path):
    found = [text for text in literals(path) if CAUSAL.search(text)]
    assert not found, found


def test_no_prose_of_the_notebook_names_a_cause():
    cells = json.loads((PROJECT / "notebooks" / "churn.ipynb").read_text(encoding="utf-8"))["cells"]
    found = [m.group() for cell in cells for m in CAUSAL.finditer("".join(cell["source"]))]
    assert not found, found


@pytest.mark.parametrize(
    "word", ["物流太慢导致流失", "It drives churn", "由于价格", "due to price"]
)
def test_the_words_are_told(word):
    assert CAUSAL.search(word)


def test_a_study_in_chinese_is_told_without_a_cause():
    frames, _ = planted_leavers(1500, 18, np.random.default_rng(5))
    frames["feedback"]["topic"] = frames["feedback"]["topic"].map(CHINESE)
    params = churn.Params(placebo_topics="界面")
    said = churn.mentions(frames["feedback"], params=params)
    periods = churn.person_periods(frames["customers"], said, frames["usage"], params=params)
    gaps = churn.gap_curve(periods)
    risk = churn.hazard_ratios(periods, gaps)
    assert "“物流太慢”" in risk.text()
    money, naive = churn.money_at_risk(risk), churn.naive_beside_correct(periods, risk)
    results = [risk, gaps, money, naive, churn.coverage(periods), churn.landmarks(periods, risk)]
    for result in results:
        axes = result.plot()
        words = [result.to_json(), result.text(), axes.get_title(), axes.get_xlabel()]
        words += [text.get_text() for text in axes.texts]
        assert not CAUSAL.search(" ".join(words)), CAUSAL.search(" ".join(words))
