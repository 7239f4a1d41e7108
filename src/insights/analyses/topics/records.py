"""The records behind every number: chosen by topic, time, segment, language and words."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.topics.movement import TopicTrend, day
from insights.analyses.topics.result import TopicModel
from insights.analyses.topics.segments import dimensions
from insights.stats.calendar import Calendar

__all__ = ["Choice", "TopicRecords", "highlighted", "listing", "topic_records", "written"]

_SHOWN = 8
_LONGEST = 600  # characters of a record that are shown
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # first characters that a spreadsheet would run


@dataclass(frozen=True)
class Choice:
    """Which records are wanted; an empty field takes all.

    Attributes
    ----------
    first, last
        First days of the first and the last period.
    dimension, value
        A dimension and one of its values.
    search
        Words or characters that the text holds, in any case.
    """

    topic_id: str = ""
    subtopic_id: str = ""
    first: pd.Timestamp | None = None
    last: pd.Timestamp | None = None
    dimension: str = ""
    value: str = ""
    language: str = ""
    search: str = ""


@dataclass(frozen=True, eq=False)
class TopicRecords:
    """Every record with its topic, period and segments.

    Attributes
    ----------
    frame
        feedback_id, created_at, period (null: undated), topic_id, label, subtopic_id, language,
        a column a dimension, text; by feedback_id.
    words
        Topic id to its keywords, which are marked in the texts.
    dimensions
        Names of the columns that divide the records.
    """

    frame: pd.DataFrame
    words: Mapping[str, tuple[str, ...]]
    dimensions: tuple[str, ...]

    def chosen(self, choice: Choice) -> pd.DataFrame:
        """Return the records that fit, in order of feedback_id."""
        frame = self.frame
        keep = np.ones(len(frame), bool)
        for column in ("topic_id", "subtopic_id", "language"):
            wanted = getattr(choice, column)
            if wanted:
                keep &= frame[column].eq(wanted).fillna(False).to_numpy(bool)
        if choice.first is not None:
            keep &= (frame["period"] >= choice.first).to_numpy(bool)
        if choice.last is not None:
            keep &= (frame["period"] <= choice.last).to_numpy(bool)
        if choice.dimension and choice.value:
            keep &= frame[choice.dimension].eq(choice.value).fillna(False).to_numpy(bool)
        if choice.search:
            found = frame["text"].str.contains(choice.search, case=False, regex=False)
            keep &= found.to_numpy(bool)
        return frame[keep]


def topic_records(
    model: TopicModel,
    feedback: pd.DataFrame,
    trend: TopicTrend,
    *,
    calendar: Calendar,
    customers: pd.DataFrame | None = None,
) -> TopicRecords:
    """Join each record to its topic, its period and its segments."""
    joined = feedback.drop(columns=["topic_id", "subtopic_id", "label"], errors="ignore")
    joined = joined.assign(feedback_id=joined["feedback_id"].astype(str)).merge(
        model.documents[["feedback_id", "topic_id", "subtopic_id"]], on="feedback_id"
    )
    if customers is not None and "customer_id" in joined:
        extra = [c for c in customers if c == "customer_id" or c not in joined]
        known = customers[extra].dropna(subset=["customer_id"]).drop_duplicates("customer_id")
        joined = joined.merge(known, on="customer_id", how="left")
    joined = joined.sort_values("feedback_id", kind="stable", ignore_index=True)
    frame = joined[["feedback_id", "created_at", "topic_id", "subtopic_id"]].copy()
    start = calendar.period_start(joined["created_at"], trend.period)  # type: ignore[arg-type]
    frame.insert(2, "period", start)
    frame.insert(4, "label", frame["topic_id"].map(dict(trend.names)).astype("str"))
    language = joined["language"] if "language" in joined else pd.Series("", index=joined.index)
    frame["language"] = language.astype("string").fillna("unknown")
    found = {name: values for name, values in dimensions(joined, feedback, customers)}
    for name, values in found.items():
        frame[name] = values
    frame["text"] = joined["text"].fillna("").astype("str")
    words = dict(zip(model.topics["topic_id"], model.topics["keywords"], strict=True))
    return TopicRecords(
        frame=frame,
        words={topic: tuple(said.split(", ")) for topic, said in words.items()} | {"-1": ()},
        dimensions=tuple(found),
    )


def listing(rows: pd.DataFrame, *, words: Sequence[str], draw: int) -> str:
    """Return up to eight of the records as HTML, drawn at random, oldest first."""
    picked = np.random.default_rng(draw).permutation(len(rows))[:_SHOWN]
    shown = rows.iloc[np.sort(picked)].sort_values("created_at", kind="stable")
    items = "".join(
        f"<li><small>{_when(row.created_at)} {html.escape(row.feedback_id)}</small> "
        f"{highlighted(row.text, words)}</li>"
        for row in shown.itertuples()
    )
    return f"<p>{len(rows):,} records, {len(shown)} drawn at random</p><ul>{items}</ul>"


def highlighted(text: str, words: Sequence[str]) -> str:
    """Return text as HTML in which the words are marked; all else is escaped."""
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    wanted = sorted({word for word in words if word.strip()}, key=lambda word: (-len(word), word))
    if not wanted:
        return html.escape(text)
    pattern = "|".join(
        rf"\b{re.escape(word)}" if word[0].isascii() and word[0].isalnum() else re.escape(word)
        for word in wanted
    )
    parts = re.split(f"({pattern})", text, flags=re.IGNORECASE)
    return "".join(
        f"<mark>{html.escape(part)}</mark>" if i % 2 else html.escape(part)
        for i, part in enumerate(parts)
    )


def written(rows: pd.DataFrame) -> str:
    """Return records as CSV for a spreadsheet; a text that it would run as a formula is quoted."""
    safe = rows.copy()
    for column in safe.columns:
        if pd.api.types.is_string_dtype(safe[column]) or safe[column].dtype == object:
            known = safe[column].notna()
            text = safe[column].astype("string").fillna("")
            safe[column] = text.where(~text.str.startswith(_FORMULA), "'" + text).where(known)
    return safe.to_csv(index=False, lineterminator="\r\n")


def _when(created_at: pd.Timestamp) -> str:
    return "undated" if pd.isna(created_at) else day(created_at, "day")
