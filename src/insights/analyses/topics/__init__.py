"""Which topics customers write about, and how their shares move."""

from insights.analyses.topics.codebook import Codebook
from insights.analyses.topics.curate import curate
from insights.analyses.topics.events import TopicEvents
from insights.analyses.topics.explore import explore
from insights.analyses.topics.model import topic_model
from insights.analyses.topics.movement import TopicChange, TopicSurge, TopicTrend
from insights.analyses.topics.params import Params
from insights.analyses.topics.registry import Registry
from insights.analyses.topics.result import Quotes, TopicModel, Unexplained
from insights.analyses.topics.trend import topic_changes, topic_surges, topic_trend

__all__ = [
    "Codebook",
    "Params",
    "Quotes",
    "Registry",
    "TopicChange",
    "TopicEvents",
    "TopicModel",
    "TopicSurge",
    "TopicTrend",
    "Unexplained",
    "curate",
    "explore",
    "topic_changes",
    "topic_model",
    "topic_surges",
    "topic_trend",
]
