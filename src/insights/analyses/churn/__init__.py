"""Which feedback goes with leaving: time-updated, lagged, adjusted, with the silent counted."""

from insights.analyses.churn.attribution import Odds, attributable, shapley
from insights.analyses.churn.coverage import FeedbackCoverage, coverage
from insights.analyses.churn.cumulative_incidence import CumulativeIncidence, cumulative_incidence
from insights.analyses.churn.explore import explore, with_window
from insights.analyses.churn.gap import GapCurve, gap_curve
from insights.analyses.churn.hazard import hazard_ratios
from insights.analyses.churn.label_noise import LabelNoise, label_noise
from insights.analyses.churn.landmarks import Landmarks, landmarks
from insights.analyses.churn.leaks import LeakReport, leak_report
from insights.analyses.churn.mentions import Mentions, mentions
from insights.analyses.churn.money import money_at_risk
from insights.analyses.churn.naive import naive_beside_correct
from insights.analyses.churn.nonresponse import (
    RespondentWeights,
    SilentSufferers,
    respondents,
    silent_sufferers,
)
from insights.analyses.churn.params import Params
from insights.analyses.churn.periods import PersonPeriods, person_periods
from insights.analyses.churn.permutation_test import PermutationTest, permutation_test
from insights.analyses.churn.prediction import out_of_time
from insights.analyses.churn.result import (
    ChurnRisk,
    MoneyAtRisk,
    NaiveBesideCorrect,
    OutOfTimePrediction,
)
from insights.analyses.churn.segments import BySegment, by_segment
from insights.analyses.churn.sensitivity import ModelSensitivity, sensitivity

__all__ = [
    "BySegment",
    "ChurnRisk",
    "CumulativeIncidence",
    "FeedbackCoverage",
    "GapCurve",
    "LabelNoise",
    "Landmarks",
    "LeakReport",
    "Mentions",
    "ModelSensitivity",
    "MoneyAtRisk",
    "NaiveBesideCorrect",
    "Odds",
    "OutOfTimePrediction",
    "Params",
    "PermutationTest",
    "PersonPeriods",
    "RespondentWeights",
    "SilentSufferers",
    "attributable",
    "by_segment",
    "coverage",
    "cumulative_incidence",
    "explore",
    "gap_curve",
    "hazard_ratios",
    "label_noise",
    "landmarks",
    "leak_report",
    "mentions",
    "money_at_risk",
    "naive_beside_correct",
    "out_of_time",
    "permutation_test",
    "person_periods",
    "respondents",
    "sensitivity",
    "shapley",
    "silent_sufferers",
    "with_window",
]
