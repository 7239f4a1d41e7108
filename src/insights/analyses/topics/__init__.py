"""Which topics customers write about, and how their shares move."""

from insights.analyses.topics.atlas import (
    TopicCards,
    TopicMap,
    TopicTree,
    topic_cards,
    topic_map,
    topic_tree,
)
from insights.analyses.topics.codebook import Codebook
from insights.analyses.topics.composition import TopicMix, topic_mix
from insights.analyses.topics.curate import curate
from insights.analyses.topics.emergence import EmergingTerms, emerging_terms
from insights.analyses.topics.events import TopicEvents
from insights.analyses.topics.explore import Explorer, explore
from insights.analyses.topics.model import topic_model
from insights.analyses.topics.monitor import EarlyWarning, early_warning
from insights.analyses.topics.movement import TopicChange, TopicSurge, TopicTrend
from insights.analyses.topics.params import Params
from insights.analyses.topics.records import TopicRecords, topic_records
from insights.analyses.topics.registry import Registry
from insights.analyses.topics.result import TopicModel, Unexplained
from insights.analyses.topics.segments import TopicSegments, topic_segments
from insights.analyses.topics.trend import topic_changes, topic_surges, topic_trend
from insights.analyses.topics.writers import TopicCustomers, topic_customers

__all__ = [
    "Codebook",
    "EarlyWarning",
    "EmergingTerms",
    "Explorer",
    "Params",
    "Registry",
    "TopicCards",
    "TopicChange",
    "TopicCustomers",
    "TopicEvents",
    "TopicMap",
    "TopicMix",
    "TopicModel",
    "TopicRecords",
    "TopicSegments",
    "TopicSurge",
    "TopicTree",
    "TopicTrend",
    "Unexplained",
    "curate",
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
