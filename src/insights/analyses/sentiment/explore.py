"""Live controls: choose a group and a measure, see its trend; on a page, groups side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ipywidgets as widgets

from .movement import Trend
from .plots import group_trends
from .plots import trend as draw_trend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["GroupTrends", "by_group", "explore"]


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupTrends(Trend):
    """The means of a trend, drawn one panel a group."""

    def text(self) -> str:
        """Name the groups that lie lowest and highest over the periods they are shown in."""
        parts = self.cells[(self.cells["group"] != "all") & self.cells["mean"].notna()]
        if parts.empty:
            return f"No group holds {self.min_cell} records in a {self.period} (n = {self.n:,})."
        size = parts.groupby("group")["n"].sum()
        means = parts["mean"].mul(parts["n"]).groupby(parts["group"]).sum() / size
        low, high = str(means.idxmin()), str(means.idxmax())
        return (
            f"Mean sentiment of {len(means)} groups per {self.period} (n = {self.n:,}): lowest in "
            f"{low} ({means[low]:+.2f}, n = {size[low]:,}), highest in {high} "
            f"({means[high]:+.2f}, n = {size[high]:,}), over the periods that are shown."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw one panel a group."""
        return group_trends(self, ax)


def by_group(result: Trend) -> GroupTrends:
    """Return the same means, to be drawn group by group."""
    return GroupTrends(**vars(result))


def explore(result: Trend) -> widgets.Widget:
    """Return controls for a person: which group, which measure."""
    group = widgets.Dropdown(options=list(result.groups()), description="group")
    measure = widgets.ToggleButtons(options=list(result.measures()), description="measure")

    def shown(group: str, measure: str) -> None:
        draw_trend(result, group=group, measure=measure)

    figure = widgets.interactive_output(shown, {"group": group, "measure": measure})
    return widgets.VBox([widgets.HBox([group, measure]), figure])
