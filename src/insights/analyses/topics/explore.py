"""Controls to look into topics in a live notebook."""

from __future__ import annotations

import html
from typing import Any

import ipywidgets as widgets
import numpy as np
import pandas as pd

from insights.analyses.topics.movement import TopicTrend
from insights.analyses.topics.plots import trend_panels
from insights.analyses.topics.result import TopicModel

__all__ = ["explore", "records_of"]

_SHOWN = 8


def explore(model: TopicModel, trend: TopicTrend, feedback: pd.DataFrame) -> Any:
    """Choose a topic, see its words, trend and records; draw others, or search in them."""
    texts = feedback.assign(feedback_id=feedback["feedback_id"].astype(str))
    joined = model.documents.merge(texts[["feedback_id", "text"]], on="feedback_id")
    choices = [(f"{row.label} ({row.n:,})", row.topic_id) for row in model.topics.itertuples()]
    choices.append(("unexplained", "-1"))
    topic = widgets.Dropdown(options=choices, description="Topic", layout={"width": "32em"})
    word = widgets.Text(
        placeholder="any word, 任何词", description="Search", continuous_update=False
    )
    draw = widgets.BoundedIntText(value=1, min=1, max=9_999, description="Draw")
    about, records = widgets.HTML(), widgets.HTML()
    figure = widgets.Output()

    def show(_: object = None) -> None:
        about.value = _about(model, topic.value)
        records.value = records_of(joined, topic.value, word.value, int(draw.value))

    def redraw(_: object = None) -> None:
        names = {topic.value: trend.names.get(topic.value, topic.value)}
        one = TopicTrend(n=trend.n, trend=trend.trend, period=trend.period, names=names)
        figure.clear_output(wait=True)
        with figure:
            from IPython.display import display

            drawn = trend_panels(one).figure
            display(drawn)
            drawn.clear()

    for control in (topic, word, draw):
        control.observe(show, names="value")
    topic.observe(redraw, names="value")
    show()
    redraw()
    return widgets.VBox([topic, about, figure, widgets.HBox([word, draw]), records])


def _about(model: TopicModel, topic_id: str) -> str:
    rows = model.topics[model.topics["topic_id"] == topic_id]
    if rows.empty:
        return "<p>Records that no topic explains.</p>"
    row = rows.iloc[0]
    return (
        f"<p><b>{html.escape(row['label'])}</b><br>{html.escape(row['keywords'])}<br>"
        f"{row['share']:.1%} [{row['low']:.1%}, {row['high']:.1%}] of {model.n:,} records; "
        f"languages {html.escape(row['language_share'])}; stability {row['stability']:.2f}</p>"
    )


def records_of(joined: pd.DataFrame, topic_id: str, word: str, draw: int) -> str:
    """Return some records of a topic as a list in HTML, drawn at random by the number `draw`."""
    rows = joined[joined["topic_id"] == topic_id]
    if word:
        rows = rows[rows["text"].str.contains(word, case=False, regex=False, na=False)]
    picked = np.random.default_rng(draw).permutation(len(rows))[:_SHOWN]
    items = "".join(
        f"<li><small>{html.escape(row.feedback_id)}</small> {html.escape(str(row.text))}</li>"
        for row in rows.iloc[np.sort(picked)].itertuples()
    )
    return f"<p>{len(rows):,} records, {len(picked)} drawn at random</p><ul>{items}</ul>"
