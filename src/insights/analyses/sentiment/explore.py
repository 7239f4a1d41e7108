"""Live controls: choose a group and a measure, see its trend."""

from __future__ import annotations

import ipywidgets as widgets

from insights.messages import _

from .movement import Trend
from .plots import trend as draw_trend

__all__ = ["explore"]


def explore(result: Trend) -> widgets.Widget:
    """Return controls for a person: which group, which measure."""
    group = widgets.Dropdown(options=list(result.groups()), description=_("group"))
    measure = widgets.ToggleButtons(options=list(result.measures()), description=_("measure"))

    def shown(group: str, measure: str) -> None:
        draw_trend(result, group=group, measure=measure)

    figure = widgets.interactive_output(shown, {"group": group, "measure": measure})
    return widgets.VBox([widgets.HBox([group, measure]), figure])
