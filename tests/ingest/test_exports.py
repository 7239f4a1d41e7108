"""Exports of known tools: each is recognised by its headers, listed, and can be added to."""

from pathlib import Path

import pandas as pd
import pytest

from insights.analyses import collect
from insights.errors import ParamsError
from insights.ingest.exports import known_exports, recognise
from insights.ingest.guess import guess_study
from insights.ingest.sources import Source, Sources

ROOT = Path(__file__).parents[2]
OWN = """
- name: Acme tool
  needs: [Feedback text, "Stars | Points"]
  table: feedback
  columns: {text: Feedback text, created_at: Sent on, rating: [Stars, Points]}
  options: {channel: widget}
"""


def headers(export):
    """Headers that fit what an export needs."""
    needs = ([export.first] if export.first else []) + list(export.needs)
    return list(dict.fromkeys(need.split("|")[0].strip().replace("*", "x") for need in needs))


@pytest.mark.parametrize("export", known_exports(), ids=lambda export: export.name)
def test_every_export_is_told_by_its_own_headers_in_any_case_and_is_listed(export):
    assert recognise([name.upper() for name in headers(export)]) == export
    listed = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    assert f"| {export.name} |" in listed


def test_headers_of_no_tool_are_no_export():
    assert recognise(["text", "created_at", "rating"]) is None
    assert recognise([]) is None


def test_a_project_adds_its_own_export_and_a_wrong_one_is_named(tmp_path):
    folder = tmp_path / "params" / "exports"
    folder.mkdir(parents=True)
    (folder / "acme.yml").write_text(OWN, encoding="utf-8")
    export = recognise(["Sent on", "Feedback text", "Points"], tmp_path)
    assert export.name == "Acme tool"
    assert export.mapped(["Sent on", "Feedback text", "Points"])["rating"] == "Points"
    (folder / "acme.yml").write_text(OWN.replace("table: feedback", "table: feedbak"))
    with pytest.raises(ParamsError, match=r"acme\.yml: export 'Acme tool': .*feedback"):
        recognise(["Feedback text", "Points"], tmp_path)


def test_words_of_agents_and_bots_are_told_from_those_of_customers(tmp_path):
    said = {"customer": "The lamp in room {} flickers every evening",
            "bot": "Hello, you are number {} in the queue, how can I help?",
            "agent": "I am sorry to hear that, please restart lamp {}"}  # fmt: skip
    rows = [(who, words.format(i)) for i in range(20) for who, words in said.items()]
    frame = pd.DataFrame(rows, columns=["sender_type", "message"])
    frame["timestamp"] = pd.date_range("2025-01-03", periods=60, freq="h").astype(str)
    file = tmp_path / "chat.csv"
    frame.to_csv(file, index=False)
    text = guess_study("chat", [file], project=tmp_path)
    assert "speaker: sender_type" in text and "40 rows of agents and bots" in text


def test_a_survey_of_scores_alone_is_feedback_and_equal_scores_of_two_people_stay(tmp_path):
    rows = {"Response ID": [f"r{i}" for i in range(60)], "Submitted": ["2025-01-03"] * 60,
            "How likely are you to recommend us?": [9, 10, 6] * 20}  # fmt: skip
    file = tmp_path / "nps_survey.csv"
    pd.DataFrame(rows).assign(
        Submitted=pd.date_range("2025-01-03", periods=20).repeat(3).astype(str)
    ).to_csv(file, index=False)
    text = guess_study("nps", [file], project=tmp_path)
    assert "feedback:" in text and "nps: " in text and "unsettled" not in text
    source = Source(path=(str(file),), columns={"created_at": "Submitted", "feedback_id":
                    "Response ID", "nps": "How likely are you to recommend us?"})  # fmt: skip
    found = collect.gather(Sources(feedback=(source,)), project=tmp_path, key=b"k")
    kept = found.tables["feedback"]
    assert len(kept) == 60 and kept["text"].isna().all()
