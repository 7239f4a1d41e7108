"""What comes next in the market, and whether any model knows better than the last value."""

from insights.analyses.forecast.claims import backtest, forecasts, gate
from insights.analyses.forecast.explore import explore
from insights.analyses.forecast.params import Params
from insights.analyses.forecast.result import Backtest, Decomposition, Diagnostics, Forecast, Gate
from insights.analyses.forecast.structure import decomposition, diagnostics

__all__ = [
    "Backtest",
    "Decomposition",
    "Diagnostics",
    "Forecast",
    "Gate",
    "Params",
    "backtest",
    "decomposition",
    "diagnostics",
    "explore",
    "forecasts",
    "gate",
]
