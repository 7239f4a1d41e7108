"""The topics as a reader meets them: a map, a tree and a card each."""

from insights.analyses.topics.atlas.cards import TopicCards, topic_cards
from insights.analyses.topics.atlas.map import TopicMap, topic_map
from insights.analyses.topics.atlas.tree import TopicTree, topic_tree

__all__ = ["TopicCards", "TopicMap", "TopicTree", "topic_cards", "topic_map", "topic_tree"]
