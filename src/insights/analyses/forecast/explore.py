"""Live controls: choose a series and look at its forecast."""

from __future__ import annotations

import ipywidgets
from IPython.display import display
from matplotlib import pyplot as plt

from insights.analyses.forecast.plots import fan
from insights.analyses.forecast.result import Forecast

__all__ = ["explore"]


def explore(result: Forecast) -> ipywidgets.VBox:
    """Return a chooser of series above its figure and sentence."""
    keys = result.leading()
    chooser = ipywidgets.Dropdown(options=keys, value=keys[0], description="Series")
    shown = ipywidgets.Output()
    sentence = ipywidgets.Label(result.sentence(keys[0]))

    def redraw(change=None) -> None:
        sentence.value = result.sentence(chooser.value)
        with shown:
            shown.clear_output(wait=True)
            axes = fan(result, chooser.value)
            display(axes.figure)
            plt.close(axes.figure)

    chooser.observe(redraw, names="value")
    redraw()
    return ipywidgets.VBox([chooser, sentence, shown])
