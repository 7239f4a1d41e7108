"""Labels that people gave: a CSV beside the study, such as `params/demo.labels.csv`.

One row is a record for one labeller::

    feedback_id,stratum,weight,language,text,label,labeller,labelled_at
    t-1042,en: negative,41.2,en,Sync failed again,negative,Ana,2025-03-01T10:15:00

`label` is negative, neutral or positive, or empty as long as nobody has decided; who decided and
when stand beside it. `stratum` and `weight` (records that the row stands for) come from the draw;
a row that somebody added has none: it teaches, and is left out of every estimate. The text is for
people to read and is not read back.

This module is read before any kernel starts, so it imports nothing that takes long to load.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from insights.errors import ParamsError, did_you_mean

__all__ = [
    "COLUMNS",
    "LABELS",
    "Label",
    "checked_labels",
    "label_of",
    "read_labels",
    "refuse",
    "write_labels",
]

COLUMNS = ("feedback_id", "stratum", "weight", "language", "text", "label", "labeller",
           "labelled_at")  # fmt: skip
LABELS = ("negative", "neutral", "positive")
_NEEDED = ("feedback_id", "label", "labeller", "labelled_at")
_NAMES = {"消极": "negative", "负面": "negative", "中性": "neutral", "积极": "positive",
          "正面": "positive"}  # fmt: skip
_TIMES = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d")  # what spreadsheets make of a time
_FORMULA = ("=", "+", "-", "@", "\t")
_MOST = 20  # complaints that are written out


@dataclass(frozen=True)
class Label:
    """One row of the file; `line` is where it begins, from 1."""

    feedback_id: str
    stratum: str
    weight: float
    language: str
    text: str
    label: str
    labeller: str
    labelled_at: str
    line: int = 0


def refuse(text: str, *, where: str, state: Path | None = None) -> list[str]:  # noqa: ARG001
    """Return every complaint about a file of labels, each with its line and column."""
    return read_labels(text, where=where)[1]


def label_of(word: str) -> str:
    """Return the class a word stands for, in English or Chinese; empty for none."""
    plain = word.strip().lower()
    plain = _NAMES.get(plain, plain)
    return plain if plain in LABELS else ""


def read_labels(
    text: str, *, where: str, complete: bool = True
) -> tuple[tuple[Label, ...], list[str]]:
    """Read the file; return its rows and the complaints about it.

    Commas or semicolons part the columns, as spreadsheets write them. With `complete` a label
    needs its labeller and its time.
    """
    text = text.removeprefix("\ufeff")
    head = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ","
    )
    header = [name.strip().lower() for name in next(reader, [])]
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        return (), [
            f"{where}:1: column {', '.join(missing)} is missing; found: "
            f"{', '.join(header) or 'nothing'}. Draw the file anew with: insights label STUDY"
        ]
    rows, faults = [], []
    seen: dict[tuple[str, str], int] = {}
    begins = reader.line_num + 1
    for cells in reader:
        line, begins = begins, reader.line_num + 1
        if not any(cell.strip() for cell in cells):
            continue
        row, complaints = _row(dict(zip(header, cells, strict=False)), line, complete)
        faults += [f"{where}:{line}: {fault}" for fault in complaints]
        key = (row.feedback_id, row.labeller)
        if row.label and key in seen:
            faults.append(
                f"{where}:{line}: column labeller: {row.labeller or 'nobody'} labelled record "
                f"{row.feedback_id} on line {seen[key]} already; keep one of the two rows."
            )
        elif row.label:
            seen[key] = line
        rows.append(row)
    if len(faults) > _MOST:
        faults = [*faults[:_MOST], f"{where}: … and {len(faults) - _MOST} more complaints."]
    return tuple(rows), faults


def write_labels(rows: Iterable[Label]) -> str:
    """Return the file's text; a text that a spreadsheet would take for a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        values = [getattr(row, name) for name in COLUMNS]
        values[2] = "" if math.isnan(row.weight) else f"{row.weight:.6g}"
        values[4] = f"'{row.text}" if row.text.startswith(_FORMULA) else row.text
        writer.writerow(values)
    return out.getvalue()


def checked_labels(path: Path) -> tuple[Label, ...]:
    """Read the labels at `path`; none where there is no file.

    Raises
    ------
    ParamsError
        With every complaint.
    """
    if not path.is_file():
        return ()
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ParamsError(f"{path.name}: is not UTF-8 text; save it as UTF-8.") from None
    rows, faults = read_labels(text, where=path.name)
    if faults:
        raise ParamsError("\n".join(faults))
    return rows


def _row(cells: Mapping[str, str], line: int, complete: bool) -> tuple[Label, list[str]]:
    value = {name: (cells.get(name) or "").strip() for name in COLUMNS}
    faults = []
    if not value["feedback_id"]:
        faults.append("column feedback_id is empty; it says which record was labelled.")
    label = label_of(value["label"])
    if value["label"] and not label:
        faults.append(
            f"column label holds {value['label']!r}.{did_you_mean(value['label'].lower(), LABELS)} "
            f"Allowed: {', '.join(LABELS)}, or empty."
        )
    if label and complete:
        faults += [
            f"column {name} is empty beside a label; `insights label STUDY --labeller NAME` "
            "fills in who and when."
            for name in ("labeller", "labelled_at")
            if not value[name]
        ]
    if value["labelled_at"] and not _time(value["labelled_at"]):
        faults.append(
            f"column labelled_at holds {value['labelled_at']!r}; a date such as 2025-03-01 or "
            "2025-03-01T10:15:00 is allowed."
        )
    weight = _weight(value["weight"])
    if value["weight"] and math.isnan(weight):
        faults.append(
            f"column weight holds {value['weight']!r}; a number of 1 or more is allowed, or "
            "nothing for a record that was not drawn."
        )
    return (
        Label(
            value["feedback_id"],
            value["stratum"],
            weight,
            value["language"],
            (cells.get("text") or "").removeprefix("'"),
            label,
            value["labeller"],
            _time(value["labelled_at"]),
            line,
        ),
        faults,
    )


def _weight(word: str) -> float:
    try:
        weight = float(word)
    except ValueError:
        return math.nan
    return weight if math.isfinite(weight) and weight >= 1 - 1e-6 else math.nan


def _time(word: str) -> str:
    """The time in ISO form; empty where it is none."""
    try:
        return datetime.fromisoformat(word).isoformat(timespec="seconds")
    except ValueError:
        pass
    for form in _TIMES:
        try:
            return datetime.strptime(word, form).isoformat(timespec="seconds")
        except ValueError:
            continue
    return ""
