"""BERTopic fitted to labels found elsewhere: its c-TF-IDF, its topic tables, its pictures.

Importing `bertopic` takes seconds, so nothing imports this module before a model is fitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from bertopic import BERTopic
from bertopic.backend import BaseEmbedder
from bertopic.cluster import BaseCluster
from bertopic.dimensionality import BaseDimensionalityReduction
from bertopic.vectorizers import ClassTfidfTransformer
from sklearn.feature_extraction.text import CountVectorizer

from insights.analyses.topics.keywords import topic_terms
from insights.enrich.encoders import Encoder
from insights.enrich.words import Tokeniser

__all__ = ["LabelledBERTopic", "fit_bertopic"]


class Embedder(BaseEmbedder):
    """Lets BERTopic embed new texts by itself."""

    def __init__(self, embedding: Encoder) -> None:
        super().__init__()
        self.embedding = embedding

    def embed(self, documents: Sequence[str], verbose: bool = False) -> np.ndarray:
        """Embed documents."""
        return self.embedding.vectors(list(documents))


class LabelledBERTopic(BERTopic):
    """A BERTopic model that keeps the topic numbers and the quotes it is given.

    BERTopic renumbers topics by size, with ties in no set order, and takes as representative
    the texts nearest to the topic's words, which are its clearest rather than its usual ones.
    """

    quotes: Mapping[int, list[str]] = {}

    def _sort_mappings_by_frequency(self, documents: pd.DataFrame) -> pd.DataFrame:
        return documents

    def _save_representative_docs(self, documents: pd.DataFrame) -> None:
        self.representative_docs_ = dict(self.quotes)


def fit_bertopic(
    texts: Sequence[str],
    vectors: np.ndarray,
    labels: np.ndarray,
    *,
    embedding: Encoder | None,
    quotes: Mapping[int, list[str]],
    tokenise: Tokeniser,
) -> LabelledBERTopic:
    """Fit BERTopic to labels that were found elsewhere; `transform` then goes by centroids.

    Parameters
    ----------
    vectors
        Shape (n, d): one row a text.
    labels
        Shape (n,): 0 … k-1, or -1.
    """
    model = LabelledBERTopic(
        language="multilingual",  # "english" would delete every Chinese character
        embedding_model=None if embedding is None else Embedder(embedding),
        umap_model=BaseDimensionalityReduction(),
        hdbscan_model=BaseCluster(),
        vectorizer_model=CountVectorizer(analyzer=partial(topic_terms, tokenise=tokenise)),
        ctfidf_model=ClassTfidfTransformer(bm25_weighting=True, reduce_frequent_words=True),
        calculate_probabilities=False,
    )
    model.quotes = quotes
    model.fit(list(texts), embeddings=vectors, y=labels)
    return model
