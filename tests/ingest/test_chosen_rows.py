import pandas as pd
import pytest

from insights.errors import SchemaError
from insights.ingest.canonical import canonical
from insights.ingest.chosen_rows import cut_quotes, is_quoted, speaker
from insights.ingest.records import from_rows
from insights.ingest.sources import Source


def read(header, records, table="feedback", **options):
    raw = from_rows(header, records, range(2, 2 + len(records)))
    options.setdefault("path", "f.csv")
    return canonical(raw, Source(**options), table, "f")


def test_only_what_customers_wrote_is_kept_and_the_rest_is_counted():
    words = ["end-user", "Agent", "bot", "客服", "robi", "visitor", None]
    rows = [[f"2024-01-0{i + 1}", f"what was said {i}", word] for i, word in enumerate(words)]
    found = read(["created_at", "text", "speaker"], rows)
    assert list(found.frame["text"]) == ["what was said 0", "what was said 5", "what was said 6"]
    assert sorted(found.screened["reason"]) == [
        "written by a bot, not by a customer",
        *["written by an agent, not by a customer"] * 2,
    ]
    assert list(found.quarantine["reason"]) == ["speaker is neither customer, agent nor bot"]
    assert len(found.frame) + len(found.screened) + len(found.quarantine) == found.rows_in == 7
    settled = read(["created_at", "text", "speaker"], rows, values={"speaker": {"Robi": "bot"}})
    assert len(settled.screened) == 4 and not len(settled.quarantine)


def test_rows_of_other_values_are_set_aside_with_their_reason():
    rows = [["2024-01-01", "it works", "Bug"], ["2024-01-02", "it fails", "task"],
            ["2024-01-03", "it is slow", None]]  # fmt: skip
    found = read(["created_at", "text", "Issue Type"], rows, rows={"Issue Type": ["bug"]})
    assert list(found.frame["line"]) == [2] and found.rows_in == 3
    assert list(found.screened["reason"]) == [
        "rows: Issue Type is 'task'",
        "rows: Issue Type is empty",
    ]
    with pytest.raises(SchemaError, match=r"not there: Isue Type. Did you mean 'Issue Type'"):
        read(["created_at", "text", "Issue Type"], rows, rows={"Isue Type": ["bug"]})


def test_rows_of_the_header_are_no_records():
    rows = [["Recorded Date", "What?"], ['{"ImportId":"x"}', '{"ImportId":"y"}'],
            ["2024-01-01", "it works"]]  # fmt: skip
    found = read(["RecordedDate", "Q1"], rows, header_rows=3,
                 columns={"created_at": "RecordedDate", "text": "Q1"})  # fmt: skip
    assert found.rows_in == 1 and list(found.frame["line"]) == [4]
    assert any("2 rows below the header belong to it" in note.detail for note in found.notes)


def test_each_open_answer_is_a_record_and_scores_count_once_a_person():
    header = ["id", "at", "Liked?", "Disliked?", "score", "plan"]
    rows = [
        ["1", "2024-01-01", "the colours", "the price", "9", "pro"],
        ["2", "2024-01-02", None, "the manual", "3", "free"],
        ["3", "2024-01-03", None, None, "5", "free"],
    ]
    found = read(
        header, rows, questions=["Liked?", "Disliked?"], dimensions=["plan"],
        columns={"feedback_id": "id", "created_at": "at", "nps": "score"},
    )  # fmt: skip
    assert found.rows_in == 4
    everything = pd.concat([found.frame, found.screened])
    assert len(everything) == 4
    kept = found.frame.set_index("feedback_id")
    assert kept.loc["1", "text"] == "the colours" and kept.loc["1", "question"] == "Liked?"
    assert kept.loc["1-2", "text"] == "the price" and kept.loc["1-2", "question"] == "Disliked?"
    assert kept.loc["1", "nps"] == 9 and pd.isna(kept.loc["1-2", "nps"])
    assert kept.loc["2", "nps"] == 3 and kept.loc["1-2", "plan"] == "pro"


MAILS = {
    "It still fails.\n\nOn Mon, Jan 6, 2025 at 9:01 AM Support wrote:\n> Dear Ann\n> try": (
        "It still fails."
    ),
    "Es geht nicht.\n\nAm 06.01.2025 um 09:01 schrieb Support:\n> Hallo": "Es geht nicht.",
    "还是不行。\n\n在 2025年1月6日，客服 写道：\n> 您好": "还是不行。",
    "Broken.\n\n-----Original Message-----\nFrom: Support\nDear Ann": "Broken.",
    "坏了\n\n------------------ 原始邮件 ------------------\n发件人: 客服": "坏了",
    "Broken again.\n\nFrom: Support\nSent: Monday\nSubject: x\n\nDear Ann": "Broken again.",
    "No reply yet\n\nSent from my iPhone": "No reply yet",
    "Please call me.\n\nKind regards,\nAnn Lee\nAcme Ltd": "Please call me.",
    "Please call me.\n-- \nAnn\nAcme": "Please call me.",
    "On Monday she wrote: it is fine. I agree, best regards are not enough.": (
        "On Monday she wrote: it is fine. I agree, best regards are not enough."
    ),
    "> only a quotation": "> only a quotation",
}


@pytest.mark.parametrize("mail", MAILS)
def test_quoted_mail_and_signatures_are_cut(mail):
    cut, note = cut_quotes(pd.Series([mail, None], dtype="str"), "mail")
    assert cut[0] == MAILS[mail] and pd.isna(cut[1])
    assert note.value == float(MAILS[mail] != mail)


def test_a_quotation_is_told_from_a_text():
    assert is_quoted(next(iter(MAILS)))
    assert not is_quoted("The price > 5 is too high")


def test_words_for_speakers_are_known():
    words = {"End User": "customer", "admin": "agent", "Chatbot": "bot", "customers": "customer",
             "机器人": "bot", "nobody": None}  # fmt: skip
    assert {word: speaker(word) for word in words} == words
