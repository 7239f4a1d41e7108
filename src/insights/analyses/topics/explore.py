"""Controls to look into topics in a live notebook."""

from __future__ import annotations

import base64
import html
from typing import Any

import ipywidgets as widgets
import pandas as pd

from insights.analyses.topics.movement import TopicTrend, day
from insights.analyses.topics.plots import trend_panels
from insights.analyses.topics.records import Choice, TopicRecords, listing, written

__all__ = ["Explorer", "explore"]

_ALL = ("all", "")


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
        self.save = widgets.Button(description="Make CSV")
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
    def choice(self) -> Choice:
        """What the controls say."""
        values = {name: control.value for name, control in self.controls.items()}
        first, last = values["periods"] if values["periods"] else (None, None)
        whole = (
            first == self.trend.trend["period"].min() and last == self.trend.trend["period"].max()
        )
        return Choice(
            topic_id=values["topic"],
            subtopic_id=values["subtopic"],
            first=None if whole else first,  # undated records belong to the whole
            last=None if whole else last,
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

    def _show(self, _: object = None) -> None:
        rows, choice = self.selection, self.choice
        words = (*self.records.words.get(choice.topic_id, ()), choice.search)
        self.found.value = listing(rows, words=words, draw=int(self.controls["draw"].value))
        self.link.value = ""

    def _save(self, _: object = None) -> None:
        # a byte-order mark, for spreadsheets take UTF-8 without one for a local code page
        data = base64.b64encode(("\ufeff" + self.csv).encode()).decode()
        self.link.value = (
            f'<a download="topic-records.csv" href="data:text/csv;charset=utf-8;base64,{data}">'
            f"Save these {len(self.selection):,} records as CSV</a>"
        )

    def _topic_chosen(self, _: object = None) -> None:
        topic = self.controls["topic"].value
        mine = self.records.chosen(Choice(topic_id=topic)) if topic else self.records.frame[:0]
        sizes = mine["subtopic_id"].value_counts()
        options = [_ALL, *((f"{name} ({n:,})", str(name)) for name, n in sizes.items())]
        self.controls["subtopic"].options = options
        names = {topic or "-1": self.trend.names.get(topic, "all topics")}
        self.figure.clear_output(wait=True)
        if not topic:
            return
        one = TopicTrend(
            n=self.trend.n, trend=self.trend.trend, period=self.trend.period, names=names
        )
        with self.figure:
            from IPython.display import display

            drawn = trend_panels(one).figure
            display(drawn)
            drawn.clear()

    def _dimension_chosen(self, _: object = None) -> None:
        name = self.controls["dimension"].value
        values = sorted(self.records.frame[name].dropna().unique()) if name else []
        self.controls["value"].options = [_ALL, *((str(value), str(value)) for value in values)]


def explore(records: TopicRecords, trend: TopicTrend) -> Explorer:
    """Choose records by topic, period, segment, language and words; read and save them."""
    return Explorer(records, trend)


def _controls(records: TopicRecords, trend: TopicTrend) -> dict[str, Any]:
    frame = records.frame
    sizes = frame["topic_id"].value_counts()
    topics = [(f"{html.unescape(name)} ({int(sizes.get(topic, 0)):,})", topic)
              for topic, name in trend.names.items()]  # fmt: skip
    starts = sorted(trend.trend["period"].unique())
    stamps = [pd.Timestamp(start) for start in starts]
    periods = [(day(stamp, trend.period), stamp) for stamp in stamps]
    languages = sorted(frame["language"].unique())
    wide = {"width": "34em"}
    return {
        "topic": widgets.Dropdown(
            options=[*topics, _ALL], value=topics[0][1], description="Topic", layout=wide
        ),
        "subtopic": widgets.Dropdown(options=[_ALL], description="Sub-topic"),
        "periods": widgets.SelectionRangeSlider(
            options=periods, index=(0, len(periods) - 1), description="Periods", layout=wide,
            continuous_update=False,
        ),
        "dimension": widgets.Dropdown(
            options=[("none", ""), *((name, name) for name in records.dimensions)],
            description="Segment",
        ),
        "value": widgets.Dropdown(options=[_ALL], description="is"),
        "language": widgets.Dropdown(
            options=[_ALL, *((name, name) for name in languages)], description="Language"
        ),
        "search": widgets.Text(
            placeholder="any word, 任何词", description="Search", continuous_update=False
        ),
        "draw": widgets.BoundedIntText(value=1, min=1, max=9_999, description="Draw"),
    }  # fmt: skip
