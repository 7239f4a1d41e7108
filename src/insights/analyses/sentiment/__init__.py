"""How customers feel, how sure that is, and whether it changed."""

from .accuracy import classify
from .arrivals import Arrivals, arrivals
from .aspects import aspects
from .authors import Authors, authors
from .bakeoff import BakeOff, bake_off
from .breaks import Breaks, breaks
from .changes import changes
from .explore import explore
from .false_alerts import FalseAlerts, false_alerts
from .labelled import Labelled, hand_labels, labelled, taught
from .labelling import label
from .movement import Changes, Trend
from .params import Params
from .respondents import Respondents, respondents
from .result import Aspects, Classified, Scores
from .scores import scores
from .shares import Shares, class_shares
from .trend import trend

__all__ = [
    "Arrivals",
    "Aspects",
    "Authors",
    "BakeOff",
    "Breaks",
    "Changes",
    "Classified",
    "FalseAlerts",
    "Labelled",
    "Params",
    "Respondents",
    "Scores",
    "Shares",
    "Trend",
    "arrivals",
    "aspects",
    "authors",
    "bake_off",
    "breaks",
    "changes",
    "class_shares",
    "classify",
    "explore",
    "false_alerts",
    "hand_labels",
    "label",
    "labelled",
    "respondents",
    "scores",
    "taught",
    "trend",
]
