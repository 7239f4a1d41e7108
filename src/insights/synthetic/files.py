"""The demo's files, in the formats people really have; the only place here that writes."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from insights.synthetic.demo import Frames, lumen_office
from insights.synthetic.truth import Truth

__all__ = ["write_demo"]

_STAMP = "2026-01-05T09:00:00Z"
_NEW_SYSTEM = pd.Timestamp("2024-09-01", tz="UTC")  # the help desk changed its date format
QUESTION = "How satisfied are you with Lumen Office, and why?"


def write_demo(
    folder: Path, *, seed: int = 7, customers: int = 4000, feedback: int = 20_000
) -> Truth:
    """Write the demo's files into `folder` and return what was planted in them.

    Equal arguments give equal bytes. The truth is never written beside the data.
    """
    frames, truth = lumen_office(seed=seed, customers=customers, feedback=feedback)
    folder.mkdir(parents=True, exist_ok=True)
    rows = frames.feedback
    _tickets(rows[rows["source"] == "tickets"], folder / "tickets.csv")
    _reviews(rows[rows["source"] == "reviews"], folder / "reviews.jsonl")
    _survey(rows[rows["source"] == "survey"], folder / "survey.xlsx")
    _chat(rows[rows["source"] == "chat"], folder / "chat.csv")
    _cancellations(rows[rows["source"] == "cancellations"], folder / "cancellations.parquet")
    _tables(frames, folder)
    return truth


def _tickets(rows: pd.DataFrame, path: Path) -> None:
    """CSV in UTF-8 with a byte order mark; the date format changed in September 2024."""
    new = rows["created_at"].dt.strftime("%Y-%m-%d %H:%M:%S")
    old = rows["created_at"].dt.strftime("%d/%m/%Y %H:%M:%S")
    late = rows["created_at"] >= _NEW_SYSTEM
    written = new.where(late, old)
    rest = rows["line"] % 7
    closed = rows["created_at"] + pd.to_timedelta((rows["line"] * 37 % 11 + 1) * 5, unit="h")
    closed_at = closed.dt.strftime("%Y-%m-%d %H:%M:%S").where(
        closed >= _NEW_SYSTEM, closed.dt.strftime("%d/%m/%Y %H:%M:%S")
    )
    done = rows["channel"].eq("ticket") & (rest != 3)
    frame = pd.DataFrame(
        {
            "ticket_id": rows["feedback_id"],
            "submitted_at": written.where(rows["raw_time"].isna(), rows["raw_time"]),
            "account": rows["customer_id"],
            "comment": rows["text"],
            "score": rows["stars"].map(lambda value: "" if pd.isna(value) else f"{value:.0f}"),
            "status": done.map({True: "closed", False: "open"}),
            "closed_at": closed_at.where(done & rows["raw_time"].isna(), ""),
        }
    )
    path.write_text(frame.to_csv(index=False, lineterminator="\n"), "utf-8-sig", newline="")


def _reviews(rows: pd.DataFrame, path: Path) -> None:
    """JSON lines, one review a line."""
    lines = []
    for row in rows.itertuples():
        release = "4.0" if row.created_at >= pd.Timestamp("2025-03-11", tz="UTC") else "3.8"
        lines.append(
            json.dumps(
                {
                    "id": row.feedback_id,
                    "date": row.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "stars": None if pd.isna(row.stars) else int(row.stars),
                    "body": row.text or None,
                    "app_version": release,
                    "store": "cn" if row.region == "China" else "intl",
                },
                ensure_ascii=False,
            )
        )
    path.write_text("\n".join(lines) + "\n", "utf-8", newline="")


def _survey(rows: pd.DataFrame, path: Path) -> None:
    """Excel with two preamble lines on the second sheet; text is text, also when it begins '='."""
    book = Workbook(write_only=True)
    about = book.create_sheet("About")
    about.append(["Export of the in-product survey; answers are on the next sheet."])
    sheet = book.create_sheet("Answers")
    sheet.append(["Lumen Office in-product survey"])
    sheet.append(["times are UTC"])
    header = ["response", "account", "answered_on", "question", "comment"]
    sheet.append([*header, "satisfaction", "nps", "csat"])
    for row in rows.itertuples():
        comment = WriteOnlyCell(sheet, value=row.text)
        if row.text.startswith("="):
            comment.data_type = "s"
        sheet.append(
            [
                row.feedback_id,
                row.customer_id,
                row.created_at.tz_localize(None).to_pydatetime(),
                QUESTION,
                comment,
                *(
                    None if pd.isna(value) else int(value)
                    for value in (row.tens, row.nps, row.csat)
                ),
            ]
        )
    buffer = io.BytesIO()
    book.save(buffer)
    path.write_bytes(_timeless(buffer))


def _chat(rows: pd.DataFrame, path: Path) -> None:
    """CSV in GB18030 with Chinese headers and times of Shanghai."""
    local = rows["created_at"].dt.tz_convert("Asia/Shanghai").dt.strftime("%Y/%m/%d %H:%M:%S")
    frame = pd.DataFrame(
        {
            "会话编号": rows["feedback_id"],
            "客户编号": rows["customer_id"],
            "时间": local.where(rows["raw_time"].isna(), rows["raw_time"]),
            "内容": rows["text"],
            "评分": rows["stars"].map(lambda value: "" if pd.isna(value) else f"{value:.0f}"),
        }
    )
    path.write_text(frame.to_csv(index=False, lineterminator="\n"), "gb18030", newline="")


def _cancellations(rows: pd.DataFrame, path: Path) -> None:
    frame = pd.DataFrame(
        {
            "response_id": rows["feedback_id"],
            "customer_id": rows["customer_id"],
            "cancelled_at": rows["created_at"],
            "reason": rows["text"],
            "satisfaction": rows["tens"],
        }
    )
    frame.to_parquet(path, index=False)


def _tables(frames: Frames, folder: Path) -> None:
    frames.customers.to_parquet(folder / "customers.parquet", index=False)
    frames.usage.to_parquet(folder / "usage.parquet", index=False)
    for name, frame in (("market", frames.market), ("initiatives", frames.initiatives)):
        text = frame.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d")
        (folder / f"{name}.csv").write_text(text, "utf-8", newline="")


def _timeless(buffer: io.BytesIO) -> bytes:
    """Set every time inside a workbook to one fixed moment, so that equal data is equal bytes."""
    result = io.BytesIO()
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(result, "w") as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", _STAMP.encode(), content)
            entry = zipfile.ZipInfo(name, (2026, 1, 5, 9, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            new.writestr(entry, content)
    return result.getvalue()
