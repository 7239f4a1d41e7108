"""Live controls: choose a series and look at its forecast."""

from __future__ import annotations

import ipywidgets as widgets

from insights import drawing
from insights.analyses.forecast.plots import fan
from insights.analyses.forecast.result import Forecast

__all__ = ["explore"]


def explore(result: Forecast) -> widgets.VBox:
    """Return a chooser of series above its sentence and figure."""
    keys = result.leading()
    chooser = widgets.Dropdown(options=keys, value=keys[0], description="Series")
    shown, sentence = widgets.Image(format="png"), widgets.Label()

    def redraw(_=None) -> None:
        sentence.value = result.sentence(chooser.value)
        shown.value = drawing.png(fan(result, chooser.value))

    chooser.observe(redraw, names="value")
    redraw()
    return widgets.VBox([chooser, sentence, shown])
