"""Live controls: choose a series and a scenario, and look at its forecast."""

from __future__ import annotations

import ipywidgets as widgets
import numpy as np

from insights import drawing
from insights.analyses.forecast.calibration import learn
from insights.analyses.forecast.naming import number
from insights.analyses.forecast.paths import paths
from insights.analyses.forecast.plots import fan
from insights.analyses.forecast.result import Forecast
from insights.analyses.forecast.scenarios import path_at
from insights.messages import _

__all__ = ["explore"]


def explore(result: Forecast) -> widgets.VBox:
    """Return a chooser of series and scenario above the sentence and the figure."""
    keys = result.leading()
    if not keys:
        return widgets.VBox([widgets.Label(result.headline())])
    chooser = widgets.Dropdown(options=keys, value=keys[0], description=_("Series"))
    share = widgets.IntSlider(value=50, min=5, max=95, step=5, description=_("Scenario %"))
    shown, sentence, scenario = widgets.Image(format="png"), widgets.Label(), widgets.Label()

    def redraw(_change=None) -> None:
        path, dates = _path(result, chooser.value, share.value / 100)
        sentence.value = result.sentence(chooser.value)
        scenario.value = _(
            "{share} % of the paths have a lower mean than this one: {mean}",
            share=share.value,
            mean=number(path.mean()),
        )
        ax = fan(result, chooser.value)
        ax.plot(dates, path, color=drawing.PALETTE[2], linewidth=1.8, linestyle="--")
        shown.value = drawing.png(ax)

    chooser.observe(redraw, names="value")
    share.observe(redraw, names="value")
    redraw()
    return widgets.VBox([chooser, share, sentence, scenario, shown])


def _path(result: Forecast, key: str, share: float):
    backtest = result.backtest
    roll = next(r for r in backtest.rolls if r.series.series_id == key)
    model = backtest.choices[key].model
    learned = learn(list(backtest.rolls), model)
    drawn = paths(roll, model, learned, backtest.seed)
    return np.asarray(path_at(drawn, share)), roll.series.future
