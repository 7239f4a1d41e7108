"""Which topics customers write about, and how their shares move."""

from insights.analyses.topics.changes import TopicChange, TopicTrend, topic_changes, topic_trend
from insights.analyses.topics.codebook import Codebook
from insights.analyses.topics.curation import curate
from insights.analyses.topics.emerging_terms import EmergingTerms, emerging_terms
from insights.analyses.topics.events import TopicEvents
from insights.analyses.topics.mix import TopicMix, topic_mix
from insights.analyses.topics.model import topic_model
from insights.analyses.topics.overview import (
    TopicCards,
    TopicMap,
    TopicTree,
    topic_cards,
    topic_map,
    topic_tree,
)
from insights.analyses.topics.params import Params
from insights.analyses.topics.records import Explorer, TopicRecords, explore, topic_records
from insights.analyses.topics.registry import Registry
from insights.analyses.topics.result import TopicModel, Unexplained
from insights.analyses.topics.segments import (
    TopicCustomers,
    TopicSegments,
    topic_customers,
    topic_segments,
)
from insights.analyses.topics.surges import EarlyWarning, TopicSurge, early_warning, topic_surges

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
