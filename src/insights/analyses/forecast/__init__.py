"""What comes next in the market, and whether any model knows better than the last value."""

from insights.analyses.forecast.change import SeriesChange, change
from insights.analyses.forecast.explore import explore
from insights.analyses.forecast.forecasts import backtest, forecasts, intermittent, screening
from insights.analyses.forecast.hierarchy import with_total
from insights.analyses.forecast.lead import Leads, feedback_series, leads, with_feedback
from insights.analyses.forecast.params import Params
from insights.analyses.forecast.result import Backtest, Forecast
from insights.analyses.forecast.scenarios import Scenarios, scenarios
from insights.analyses.forecast.screening_result import Intermittent, SeriesScreening
from insights.analyses.forecast.structure import (
    Decomposition,
    Diagnostics,
    decomposition,
    diagnostics,
)
from insights.analyses.forecast.unusual import Unusual, unusual

__all__ = [
    "Backtest",
    "Decomposition",
    "Diagnostics",
    "Forecast",
    "Intermittent",
    "Leads",
    "Params",
    "Scenarios",
    "SeriesChange",
    "SeriesScreening",
    "Unusual",
    "backtest",
    "change",
    "decomposition",
    "diagnostics",
    "explore",
    "feedback_series",
    "forecasts",
    "intermittent",
    "leads",
    "scenarios",
    "screening",
    "unusual",
    "with_feedback",
    "with_total",
]
