"""Which feedback goes with leaving: time-updated, lagged, adjusted, with the silent counted."""

from insights.analyses.churn.attribution import attached
from insights.analyses.churn.coverage import Coverage, coverage
from insights.analyses.churn.explore import explore, with_window
from insights.analyses.churn.gap import GapCurve, gap_curve
from insights.analyses.churn.hazard import hazard_ratios
from insights.analyses.churn.mentions import Mentions, mentions
from insights.analyses.churn.money import money_at_risk
from insights.analyses.churn.naive import naive_beside_correct
from insights.analyses.churn.params import Params
from insights.analyses.churn.periods import PersonPeriods, person_periods
from insights.analyses.churn.prediction import out_of_time
from insights.analyses.churn.result import ChurnRisk, MoneyAtRisk, NaiveBesideCorrect, Prediction

__all__ = [
    "ChurnRisk",
    "Coverage",
    "GapCurve",
    "Mentions",
    "MoneyAtRisk",
    "NaiveBesideCorrect",
    "Params",
    "PersonPeriods",
    "Prediction",
    "attached",
    "coverage",
    "explore",
    "gap_curve",
    "hazard_ratios",
    "mentions",
    "money_at_risk",
    "naive_beside_correct",
    "out_of_time",
    "person_periods",
    "with_window",
]
