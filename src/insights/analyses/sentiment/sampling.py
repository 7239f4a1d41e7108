"""Which records people are asked to label: a seeded, stratified random sample, and its return."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from insights.errors import DataError

from .labels import Label

__all__ = ["draw_sample", "filled", "merged"]

_LEAST = 2  # records of a stratum, so that its variance can be told
_FEWEST = 30  # records of a language below which it shares its strata with other small ones


def draw_sample(
    feedback: pd.DataFrame, records: pd.DataFrame, *, size: int, seed: int
) -> tuple[Label, ...]:
    """Draw records to be labelled, by language and by the class the classifier gave them.

    A stratum of N records gets a part in proportion to √N (power allocation, Bankier 1988, doi
    10.1080/00031305.1988.10475556), at least two: rare classes are seen often enough, and the
    weight N / n undoes that in every estimate. The order is random, so that a file labelled in
    part is a random sample too. The same records, in any order, give the same sample.

    Parameters
    ----------
    records
        feedback_id, label and method, as `classify` gives them; records without text are left out.

    Raises
    ------
    DataError
        There is no record with text.
    """
    known = records[records["method"] != "empty"].sort_values("feedback_id", kind="stable")
    ids = feedback["feedback_id"].astype(str)
    known = known[known["feedback_id"].isin(ids)]
    if known.empty:
        raise DataError("labels: no record has text, so there is nothing to label.")
    about = feedback.assign(feedback_id=ids).set_index("feedback_id").loc[known["feedback_id"]]
    language = _language(about)
    stratum = np.array(
        [f"{a}: {b}" for a, b in zip(language, known["label"], strict=True)], dtype=object
    )
    names, code, count = np.unique(stratum.astype(str), return_inverse=True, return_counts=True)
    rng = np.random.default_rng(seed)
    part = _allocated(count, size)
    order = rng.permutation(len(known))
    place = pd.Series(code[order]).groupby(code[order]).cumcount().to_numpy()
    drawn = order[place < part[code[order]]]
    text = about["text"].astype(str).to_numpy(object)
    return tuple(
        Label(
            feedback_id=str(known["feedback_id"].iloc[i]),
            stratum=str(names[code[i]]),
            weight=float(count[code[i]] / part[code[i]]),
            language=str(language[i]),
            text=" ".join(str(text[i]).split()),
            label="",
            labeller="",
            labelled_at="",
        )
        for i in drawn
    )


def filled(rows: Iterable[Label], *, labeller: str, now: str) -> tuple[Label, ...]:
    """Fill in who and when beside the labels that lack them."""
    return tuple(
        replace(row, labeller=row.labeller or labeller, labelled_at=row.labelled_at or now)
        if row.label
        else row
        for row in rows
    )


def merged(rows: Sequence[Label], others: Iterable[Label]) -> tuple[Label, ...]:
    """Add the labels of `others`; a labeller's newer label of a record takes the old one's place.

    Stratum and weight are those of the draw. An empty row of a record goes once it has a label.
    """
    drawn = {row.feedback_id: row for row in reversed(rows)}
    labels = {(row.feedback_id, row.labeller): row for row in rows if row.label}
    for row in others:
        key = (row.feedback_id, row.labeller)
        if not row.label or (key in labels and labels[key].labelled_at > row.labelled_at):
            continue
        first = drawn.get(row.feedback_id)
        if first is None:
            row = replace(row, stratum="", weight=math.nan)  # not of this draw
        else:
            row = replace(first, label=row.label, labeller=row.labeller,
                          labelled_at=row.labelled_at)  # fmt: skip
        labels[key] = row
    by_record: dict[str, list[Label]] = {row.feedback_id: [] for row in rows}
    for row in labels.values():
        by_record.setdefault(row.feedback_id, []).append(row)
    return tuple(row for name, found in by_record.items() for row in (found or [drawn[name]]))


def _language(about: pd.DataFrame) -> np.ndarray:
    if "language" not in about:
        return np.full(len(about), "any", dtype=object)
    named = about["language"].astype(object).where(about["language"].notna(), "unknown")
    counts = named.value_counts()
    small = set(counts[counts < _FEWEST].index)
    return np.array(["other" if name in small else str(name) for name in named], dtype=object)


def _allocated(count: np.ndarray, size: int) -> np.ndarray:
    """Records of each stratum, shape as `count`: about `size` in all, never more than there are."""
    part = np.minimum(count, _LEAST)
    while (left := size - part.sum()) > 0 and (part < count).any():
        wanted = np.sqrt(count) * (part < count)
        more = np.floor(left * wanted / wanted.sum()).astype(int)
        if not more.any():
            more[np.argmax(wanted / (part + 1))] = 1
        part = np.minimum(part + more, count)
    return part
