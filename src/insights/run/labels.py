"""The round trip of hand labels: draw a sample to a CSV, read it back, merge several people's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from insights.analyses.sentiment.label_evaluation import progress
from insights.analyses.sentiment.labels import Label, read_labels, write_labels
from insights.analyses.sentiment.sampling import draw_sample, filled, merged
from insights.errors import DataError, ParamsError
from insights.messages import _, plural
from insights.run import edits
from insights.run.folder import write_atomically

__all__ = ["LabelSample", "label_file"]


@dataclass(frozen=True)
class LabelSample:
    """How many records are drawn, and by what seed."""

    size: int
    seed: int


def label_file(
    study_file: Path,
    latest: Path,
    draw: LabelSample,
    *,
    labeller: str = "",
    others: Sequence[Path] = (),
    copy: Path | None = None,
) -> str:
    """Draw the study's file of labels, or read it back and bring it up to date; say what is so.

    Parameters
    ----------
    latest
        The study's latest run, whose records are drawn from.
    labeller
        Who gave the labels that name nobody; they get the time of now where they have none.
    others
        Copies that people filled in; their labels are added.
    copy
        Where to write the sample without any label, for another person.

    Raises
    ------
    ParamsError
        With every complaint about a file, by line and column; nothing is written then.
    """
    path = edits.place(study_file, "labels.csv")
    now = datetime.now().isoformat(timespec="seconds")
    told = []
    if path.is_file():
        rows = filled(_read(path), labeller=labeller, now=now)
    else:
        rows = _drawn(latest, draw, study_file)
        drawn = plural("{n} record drawn", "{n} records drawn", len(rows))
        told.append(
            _("{drawn} to {path}; fill in the columns label and labeller.", drawn=drawn, path=path)
        )
    for other in others:
        rows = merged(rows, filled(_read(other), labeller=labeller, now=now))
    text = write_labels(rows)
    faults = read_labels(text, where=path.name)[1]
    if faults:
        raise ParamsError("\n".join(faults))
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_atomically(path, text)
    if copy is not None:
        if copy.exists():
            raise ParamsError(_("--copy {copy}: exists; choose another name.", copy=copy))
        write_atomically(copy, write_labels(_blank(rows)))
        told.append(_("the sample without labels is in {copy}", copy=copy))
    return "\n".join([*told, progress(rows, seed=draw.seed)])


def _read(path: Path) -> tuple[Label, ...]:
    if not path.is_file():
        raise DataError(f"{path}: there is no such file of labels.")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ParamsError(f"{path.name}: is not UTF-8 text; save it as UTF-8.") from None
    rows, faults = read_labels(text, where=path.name, complete=False)
    if faults:
        raise ParamsError("\n".join(faults))
    return rows


def _drawn(latest: Path, draw: LabelSample, study_file: Path) -> tuple[Label, ...]:
    tables = {name: latest / name / "tables" / f"{table}.parquet"
              for name, table in (("collect", "feedback"), ("sentiment", "sentiment"))}  # fmt: skip
    missing = [name for name, path in tables.items() if not path.is_file()]
    if missing:
        raise DataError(
            f"there are no results of {' and '.join(missing)} in {latest} to draw from. "
            f"Run first: insights run {study_file} --only {','.join(tables)}"
        )
    frames = {name: pd.read_parquet(path) for name, path in tables.items()}
    return draw_sample(frames["collect"], frames["sentiment"], size=draw.size, seed=draw.seed)


def _blank(rows: Sequence[Label]) -> list[Label]:
    first = {row.feedback_id: row for row in reversed(rows)}
    names = dict.fromkeys(row.feedback_id for row in rows)
    return [
        Label(r.feedback_id, r.stratum, r.weight, r.language, r.text, "", "", "")
        for r in (first[name] for name in names)
    ]
