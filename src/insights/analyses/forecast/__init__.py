"""What comes next in the market, and whether any model knows better than the last value."""

from insights.analyses.forecast.beside import (
    Change,
    Decomposition,
    Diagnostics,
    Leads,
    Scenarios,
    Unusual,
)
from insights.analyses.forecast.change import change
from insights.analyses.forecast.claims import backtest, forecasts, gate
from insights.analyses.forecast.explore import explore
from insights.analyses.forecast.hierarchy import with_total
from insights.analyses.forecast.lead import feedback_series, leads, with_feedback
from insights.analyses.forecast.params import Params
from insights.analyses.forecast.result import Backtest, Forecast, Gate
from insights.analyses.forecast.scenarios import scenarios
from insights.analyses.forecast.structure import decomposition, diagnostics
from insights.analyses.forecast.unusual import unusual

__all__ = [
    "Backtest",
    "Change",
    "Decomposition",
    "Diagnostics",
    "Forecast",
    "Gate",
    "Leads",
    "Params",
    "Scenarios",
    "Unusual",
    "backtest",
    "change",
    "decomposition",
    "diagnostics",
    "explore",
    "feedback_series",
    "forecasts",
    "gate",
    "leads",
    "scenarios",
    "unusual",
    "with_feedback",
    "with_total",
]
