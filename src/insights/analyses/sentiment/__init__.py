"""How customers feel, how sure that is, and whether it changed."""

from .accuracy import classify
from .aspects import aspects
from .breaks import breaks
from .changes import changes
from .explore import explore
from .params import Params
from .result import Aspects, Breaks, Changes, Classified, Scores, Shares, Trend
from .scores import scores
from .shares import class_shares
from .trend import trend

__all__ = [
    "Aspects",
    "Breaks",
    "Changes",
    "Classified",
    "Params",
    "Scores",
    "Shares",
    "Trend",
    "aspects",
    "breaks",
    "changes",
    "class_shares",
    "classify",
    "explore",
    "scores",
    "trend",
]
