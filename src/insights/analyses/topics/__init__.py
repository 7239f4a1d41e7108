"""Which topics customers write about, and how their shares move."""

from insights.analyses.topics.explore import explore
from insights.analyses.topics.model import topic_model
from insights.analyses.topics.movement import TopicChange, TopicSurge, TopicTrend
from insights.analyses.topics.params import Params
from insights.analyses.topics.result import Quotes, TopicModel, Unexplained
from insights.analyses.topics.trend import topic_changes, topic_surges, topic_trend

__all__ = [
    "Params",
    "Quotes",
    "TopicChange",
    "TopicModel",
    "TopicSurge",
    "TopicTrend",
    "Unexplained",
    "explore",
    "topic_changes",
    "topic_model",
    "topic_surges",
    "topic_trend",
]
