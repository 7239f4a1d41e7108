"""Move the gap and the window, and see what remains."""

from __future__ import annotations

from dataclasses import replace

import ipywidgets as widgets

from insights import drawing
from insights.analyses.churn.hazard import hazard_ratios
from insights.analyses.churn.periods import PersonPeriods
from insights.analyses.churn.result import ChurnRisk
from insights.messages import _

__all__ = ["explore", "with_window"]


def with_window(periods: PersonPeriods, *, window_days: int, gap_days: int) -> PersonPeriods:
    """Return the same customer-months, looked back from with another window and gap."""
    settings = {**periods.params.model_dump(), "window_days": window_days, "gap_days": gap_days}
    return replace(periods, params=type(periods.params).checked(settings))


def explore(risk: ChurnRisk, periods: PersonPeriods) -> widgets.Widget:
    """Return sliders for gap and window; each move fits the model again.

    Exploration only: settings chosen by their result are not a test any more.
    """
    gap = widgets.IntSlider(
        risk.params.gap_days, 0, 60, 7, description=_("gap, days"), continuous_update=False
    )
    window = widgets.IntSlider(
        risk.params.window_days, 30, 180, 30, description=_("window"), continuous_update=False
    )
    shown = widgets.Image(format="png")

    def draw(_change: object = None) -> None:
        again = with_window(periods, window_days=window.value, gap_days=gap.value)
        shown.value = drawing.png(hazard_ratios(again.without(risk.leaks)).plot())

    gap.observe(draw, names="value")
    window.observe(draw, names="value")
    draw()
    return widgets.VBox([widgets.HBox([gap, window]), shown])
