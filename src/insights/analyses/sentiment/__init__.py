"""How customers feel, how sure that is, and whether it changed."""

from .accuracy import classify
from .aspects import aspects
from .breaks import Breaks, breaks
from .bursts import Bursts, bursts
from .by_question import QuestionShares, by_question
from .changes import changes
from .engine_comparison import EngineComparison, engine_comparison
from .explore import explore
from .false_alerts import FalseAlerts, false_alerts
from .label_evaluation import LabelEvaluation, hand_labels, label_evaluation, taught
from .label_panel import label_panel
from .movement import Changes, Trend
from .panel import Panel, panel
from .params import Params
from .respondents import Respondents, respondents
from .result import Aspects, Classified, Scores
from .scores import scores
from .shares import Shares, class_shares
from .trend import trend
from .volume_changes import VolumeChanges, volume_changes

__all__ = [
    "Aspects",
    "Breaks",
    "Bursts",
    "Changes",
    "Classified",
    "EngineComparison",
    "FalseAlerts",
    "LabelEvaluation",
    "Panel",
    "Params",
    "QuestionShares",
    "Respondents",
    "Scores",
    "Shares",
    "Trend",
    "VolumeChanges",
    "aspects",
    "breaks",
    "bursts",
    "by_question",
    "changes",
    "class_shares",
    "classify",
    "engine_comparison",
    "explore",
    "false_alerts",
    "hand_labels",
    "label_evaluation",
    "label_panel",
    "panel",
    "respondents",
    "scores",
    "taught",
    "trend",
    "volume_changes",
]
