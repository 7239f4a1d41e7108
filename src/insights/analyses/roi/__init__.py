"""Which improvement pays, how surely, and what that hangs on."""

from insights.analyses.roi.cases import Case, History, Input, business_cases
from insights.analyses.roi.explore import explore
from insights.analyses.roi.montecarlo import returns
from insights.analyses.roi.params import Params
from insights.analyses.roi.ranking import priorities, rank_probabilities
from insights.analyses.roi.result import Priorities, Ranking, RoiDistribution, Sensitivity
from insights.analyses.roi.tornado import sensitivities

__all__ = [
    "Case",
    "History",
    "Input",
    "Params",
    "Priorities",
    "Ranking",
    "RoiDistribution",
    "Sensitivity",
    "business_cases",
    "explore",
    "priorities",
    "rank_probabilities",
    "returns",
    "sensitivities",
]
