"""The records behind every number: chosen by topic, time, segment, language and words."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ipywidgets as widgets
import numpy as np
import pandas as pd

from insights.analyses.topics.changes import TopicTrend, day
from insights.analyses.topics.plots import trend_panels
from insights.analyses.topics.result import TopicModel
from insights.analyses.topics.segments import dimensions
from insights.ingest.segments import DEFAULT_SEGMENTS, Segments
from insights.messages import _, number
from insights.stats.calendar import Calendar

__all__ = [
    "Explorer",
    "RecordFilter",
    "TopicRecords",
    "explore",
    "highlighted",
    "listing",
    "topic_records",
    "written",
]

_SHOWN = 8
_LONGEST = 600  # characters of a record that are shown
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # first characters that a spreadsheet would run


@dataclass(frozen=True)
class RecordFilter:
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

    def chosen(self, choice: RecordFilter) -> pd.DataFrame:
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
    segments: Segments = DEFAULT_SEGMENTS,
) -> TopicRecords:
    """Join each record to its topic, its period and its segments."""
    joined = model.joined(feedback.drop(columns="label", errors="ignore"), customers)
    frame = joined[["feedback_id", "created_at", "topic_id", "subtopic_id"]].copy()
    start = calendar.period_start(joined["created_at"], trend.period)  # type: ignore[arg-type]
    frame.insert(2, "period", start)
    frame.insert(4, "label", frame["topic_id"].map(dict(trend.names)).astype("str"))
    language = joined["language"] if "language" in joined else pd.Series("", index=joined.index)
    frame["language"] = language.astype("string").fillna("unknown")
    found = dimensions(joined, feedback, segments)
    for name, values in found.items():
        frame[name] = values
    frame["text"] = joined["text"].fillna("").astype("str")
    words = dict(zip(model.topics["topic_id"], model.topics["keywords"], strict=True))
    return TopicRecords(
        frame=frame,
        words={topic: tuple(terms.split(", ")) for topic, terms in words.items()} | {"-1": ()},
        dimensions=tuple(found),
    )


def listing(rows: pd.DataFrame, *, words: Sequence[str], draw: int) -> str:
    """Return up to eight of the records as HTML, drawn at random, oldest first."""
    picked = np.random.default_rng(draw).permutation(len(rows))[:_SHOWN]
    shown = rows.iloc[np.sort(picked)].sort_values("created_at", kind="stable")
    entries = "".join(
        f"<li><small>{_when(row.created_at)} {html.escape(row.feedback_id)}</small> "
        f"{highlighted(row.text, words)}</li>"
        for row in shown.itertuples()
    )
    count = _("{n} records, {shown} drawn at random", n=number(len(rows)), shown=len(shown))
    return f"<p>{count}</p><ul>{entries}</ul>"


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
    return _("undated") if pd.isna(created_at) else day(created_at, "day")


class Explorer(widgets.VBox):
    """Filters, the records that fit, and a link that saves them.

    Attributes
    ----------
    controls
        The filters by name: topic, subtopic, periods, dimension, value, language, search, draw.
    """

    def __init__(self, records: TopicRecords, trend: TopicTrend) -> None:
        self.records, self.trend = records, trend
        self.controls = _controls(records, trend)
        self.found, self.link = widgets.HTML(), widgets.HTML()
        self.save = widgets.Button(description=_("Make CSV"))
        self.save.on_click(self._save)
        self.figure = widgets.Output()
        rows = [("topic", "subtopic"), ("periods",), ("dimension", "value", "language"),
                ("search", "draw")]  # fmt: skip
        boxes = [widgets.HBox([self.controls[name] for name in row]) for row in rows]
        super().__init__([*boxes, self.figure, self.found, widgets.HBox([self.save, self.link])])
        self.controls["topic"].observe(self._topic_chosen, names="value")
        self.controls["dimension"].observe(self._dimension_chosen, names="value")
        for control in self.controls.values():
            control.observe(self._show, names="value")
        self._topic_chosen()
        self._show()

    @property
    def choice(self) -> RecordFilter:
        """What the controls say."""
        values = {name: control.value for name, control in self.controls.items()}
        span, starts = values.pop("periods"), self.trend.trend["period"]
        if span == (starts.min(), starts.max()):
            span = (None, None)  # undated records belong to the whole
        return RecordFilter(
            topic_id=values["topic"],
            subtopic_id=values["subtopic"],
            first=span[0],
            last=span[1],
            dimension=values["dimension"],
            value=values["value"],
            language=values["language"],
            search=values["search"].strip(),
        )

    @property
    def selection(self) -> pd.DataFrame:
        """The records that fit the controls, for further work in the notebook."""
        return self.records.chosen(self.choice)

    @property
    def csv(self) -> str:
        """The selection as CSV."""
        return written(self.selection)

    def _show(self, change: object = None) -> None:
        rows, choice = self.selection, self.choice
        words = (*self.records.words.get(choice.topic_id, ()), choice.search)
        self.found.value = listing(rows, words=words, draw=int(self.controls["draw"].value))
        self.link.value = ""

    def _save(self, button: object = None) -> None:
        # a byte-order mark, for spreadsheets take UTF-8 without one for a local code page
        data = base64.b64encode(("\ufeff" + self.csv).encode()).decode()
        text = _("Save these {n} records as CSV", n=number(len(self.selection)))
        self.link.value = (
            f'<a download="topic-records.csv" href="data:text/csv;charset=utf-8;base64,{data}">'
            f"{text}</a>"
        )

    def _topic_chosen(self, change: object = None) -> None:
        topic, trend = self.controls["topic"].value, self.trend
        parts = self.records.frame.loc[self.records.frame["topic_id"] == topic, "subtopic_id"]
        sizes = parts.value_counts().items()
        self.controls["subtopic"].options = _options((f"{name} ({n:,})", name) for name, n in sizes)
        self.figure.clear_output(wait=True)
        if not topic:
            return
        one = replace(trend, names={topic: trend.names[topic]}, checks=())
        with self.figure:
            from IPython.display import display

            drawn = trend_panels(one).figure
            display(drawn)
            drawn.clear()

    def _dimension_chosen(self, change: object = None) -> None:
        name = self.controls["dimension"].value
        values = sorted(self.records.frame[name].dropna().unique()) if name else []
        self.controls["value"].options = _options((str(value), str(value)) for value in values)


def explore(records: TopicRecords, trend: TopicTrend) -> Explorer:
    """Choose records by topic, period, segment, language and words; read and save them."""
    return Explorer(records, trend)


def _options(choices: Iterable[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    """Put before the choices of a control the one that takes all."""
    return [(_("all"), ""), *choices]


def _controls(records: TopicRecords, trend: TopicTrend) -> dict[str, Any]:
    sizes = records.frame["topic_id"].value_counts()
    topics = [(f"{html.unescape(name)} ({int(sizes.get(topic, 0)):,})", topic)
              for topic, name in trend.names.items()]  # fmt: skip
    stamps = [pd.Timestamp(start) for start in sorted(trend.trend["period"].unique())]
    languages = sorted(records.frame["language"].unique())
    wide = {"width": "34em"}
    return {
        "topic": widgets.Dropdown(
            options=[*topics, *_options()], value=topics[0][1], description=_("Topic"), layout=wide
        ),
        "subtopic": widgets.Dropdown(options=_options(), description=_("Sub-topic")),
        "periods": widgets.SelectionRangeSlider(
            options=[(day(stamp, trend.period), stamp) for stamp in stamps],
            index=(0, len(stamps) - 1), description=_("Periods"), layout=wide,
            continuous_update=False,
        ),
        "dimension": widgets.Dropdown(
            options=[(_("none"), ""), *((name, name) for name in records.dimensions)],
            description=_("Segment"),
        ),
        "value": widgets.Dropdown(options=_options(), description=_("is")),
        "language": widgets.Dropdown(
            options=_options((name, name) for name in languages), description=_("Language")
        ),
        "search": widgets.Text(
            placeholder=_("any word, 任何词"), description=_("Search"), continuous_update=False
        ),
        "draw": widgets.BoundedIntText(value=1, min=1, max=9_999, description=_("Draw")),
    }  # fmt: skip
