"""Which topics customers write about, and how their shares move."""

from insights.analyses.topics.atlas import (
    TopicCards,
    TopicMap,
    TopicTree,
    topic_cards,
    topic_map,
    topic_tree,
)
from insights.analyses.topics.composition import TopicMix, topic_mix
from insights.analyses.topics.emergence import EmergingTerms, emerging_terms
from insights.analyses.topics.explore import Explorer, explore
from insights.analyses.topics.model import topic_model
from insights.analyses.topics.monitor import EarlyWarning, early_warning
from insights.analyses.topics.movement import TopicChange, TopicSurge, TopicTrend
from insights.analyses.topics.params import Params
from insights.analyses.topics.records import TopicRecords, topic_records
from insights.analyses.topics.result import TopicModel, Unexplained
from insights.analyses.topics.segments import TopicSegments, topic_segments
from insights.analyses.topics.trend import topic_changes, topic_surges, topic_trend
from insights.analyses.topics.writers import TopicCustomers, topic_customers

__all__ = [
    "EarlyWarning",
    "EmergingTerms",
    "Explorer",
    "Params",
    "TopicCards",
    "TopicChange",
    "TopicCustomers",
    "TopicMap",
    "TopicMix",
    "TopicModel",
    "TopicRecords",
    "TopicSegments",
    "TopicSurge",
    "TopicTree",
    "TopicTrend",
    "Unexplained",
    "early_warning",
    "emerging_terms",
    "explore",
    "topic_cards",
    "topic_changes",
    "topic_customers",
    "topic_map",
    "topic_mix",
    "topic_model",
    "topic_records",
    "topic_segments",
    "topic_surges",
    "topic_tree",
    "topic_trend",
]
