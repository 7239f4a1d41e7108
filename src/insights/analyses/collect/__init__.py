from insights.analyses.collect.gather import Collected, gather
from insights.analyses.collect.params import Params
from insights.analyses.collect.quality import quality
from insights.analyses.collect.result import (
    Balance,
    Coverage,
    Languages,
    Quality,
    Redactions,
    Repeats,
    Screening,
)
from insights.analyses.collect.summary import (
    balance,
    coverage,
    languages,
    redactions,
    repeats,
    set_aside,
)

__all__ = [
    "Balance",
    "Collected",
    "Coverage",
    "Languages",
    "Params",
    "Quality",
    "Redactions",
    "Repeats",
    "Screening",
    "balance",
    "coverage",
    "gather",
    "languages",
    "quality",
    "redactions",
    "repeats",
    "set_aside",
]
