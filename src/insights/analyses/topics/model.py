"""Topics of a feedback table: found by a model, or given by people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.topics.assign import centres, dissolve_small
from insights.analyses.topics.grain import best_jaccard, choose_grain
from insights.analyses.topics.graph import Projection, neighbour_graph
from insights.analyses.topics.naming import keywords, label
from insights.analyses.topics.params import Params
from insights.analyses.topics.result import TopicModel
from insights.enrich.embedding import Embedding, fit_embedding
from insights.enrich.words import main_language, normalise
from insights.errors import DataError
from insights.stats.intervals import wilson_bounds

__all__ = ["FEWEST_TEXTS", "FIT_SAMPLE", "topic_model"]

FEWEST_TEXTS = 100  # distinct texts below which no model is fitted
FIT_SAMPLE = 20_000  # distinct texts the model is fitted on; the others go to the nearest centre
_PARTITION = 10_000
_QUOTES = 5
_UNKNOWN = pd.DataFrame({"resolution": [], "topics": [], "stability": [], "spread": []})


@dataclass(frozen=True, eq=False)
class _Found:
    """Topic of each distinct text, before naming; texts are in sorted order."""

    labels: np.ndarray  # (distinct,), 0 … k-1 or -1
    probability: np.ndarray  # (distinct,)
    stability: np.ndarray  # (k,)
    fitted: np.ndarray  # rows of the distinct texts the model was fitted on
    vectors: np.ndarray  # (fitted, d)
    embedding: Embedding | None
    ladder: pd.DataFrame
    agreement: float


def topic_model(feedback: pd.DataFrame, *, params: Params) -> TopicModel:
    """Find the topics of `feedback` and the topic of each record.

    Parameters
    ----------
    feedback
        Columns feedback_id and text; language and topic are used when there. Row order does
        not matter.

    Raises
    ------
    DataError
        No record, or `source='given'` without a topic column.
    """
    if feedback.empty:
        raise DataError(
            "topics: the feedback table has 0 rows; at least 1 is needed. "
            "Look at the quarantine of the collect notebook for what was set aside."
        )
    records = _records(feedback)
    if params.source == "given":
        if "topic" not in feedback or feedback["topic"].isna().all():
            raise DataError(
                "topics: source is 'given', but no record has a value in the column "
                "'topic'. Map a column to topic in the study, or set source: model."
            )
        return _named(records, *_given(records), params=params, given=True)
    records["key"] = [_key(text) for text in records["text"]]
    texts = sorted(set(records["key"]) - {""})
    if len(texts) < FEWEST_TEXTS:
        return _too_few(records, len(texts), params)
    found = _discover(texts, params)
    row = pd.Series(np.arange(len(texts)), index=texts)
    records["row"] = records["key"].map(row).fillna(-1).astype(int)
    return _named(records, found, {}, params=params, given=False)


def _records(feedback: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "feedback_id": feedback["feedback_id"].astype(str).to_numpy(),
            "text": feedback["text"].fillna("").astype(str).to_numpy(),
        }
    )
    if "language" in feedback:
        frame["language"] = feedback["language"].fillna("unknown").astype(str).to_numpy()
    else:
        frame["language"] = [main_language(text) for text in frame["text"]]
    if "topic" in feedback:
        frame["topic"] = feedback["topic"].astype("string").to_numpy()
    return frame.sort_values("feedback_id", kind="stable", ignore_index=True)


def _key(text: str) -> str:
    """Return the text as it is modelled, or nothing when it holds no letter."""
    folded = normalise(text)
    return folded if any(c.isalpha() for c in folded) else ""


def _discover(texts: list[str], params: Params) -> _Found:
    rng = np.random.default_rng(params.seed)
    n = len(texts)
    fitted = np.arange(n)
    if n > FIT_SAMPLE:
        fitted = np.sort(rng.choice(n, FIT_SAMPLE, replace=False))
    embedding = fit_embedding(texts, seed=params.seed)
    vectors = embedding.vectors([texts[i] for i in fitted])
    projection = Projection.fitted(vectors)
    points = projection.points(vectors)
    grain = choose_grain(neighbour_graph(points), seed=params.seed)
    least = params.min_topic_size or max(5, round(np.sqrt(n) / 5))
    local = dissolve_small(points, grain.labels, max(2, round(least * len(fitted) / n)))
    centre = centres(points, local)
    labels = np.full(n, -1)
    probability = np.zeros(n)
    rest = np.setdiff1d(np.arange(n), fitted)
    labels[fitted] = local
    probability[fitted] = centre.probability(points, local)
    for start in range(0, len(rest), _PARTITION):
        rows = rest[start : start + _PARTITION]
        part = projection.points(embedding.vectors([texts[i] for i in rows]))
        labels[rows] = centre.nearest(part)
        probability[rows] = centre.probability(part, labels[rows])
    stability = best_jaccard(local, grain.refits, len(centre.directions))
    return _Found(
        labels, probability, stability, fitted, vectors, embedding, grain.ladder, grain.stability
    )


def _given(records: pd.DataFrame) -> tuple[_Found, Mapping[int, tuple[str, str]]]:
    """Read people's labels: slug and most usual spelling of each, in order of slug."""
    slugs = records["topic"].map(_slug, na_action="ignore").fillna("")
    order = sorted(set(slugs) - {""})
    code = pd.Series(np.arange(len(order)), index=order)
    labels = slugs.map(code).fillna(-1).astype(int).to_numpy()
    names = {
        k: (slug, str(records.loc[labels == k, "topic"].mode().iloc[0]).strip())
        for k, slug in enumerate(order)
    }
    records["row"] = np.arange(len(records))
    rng = np.random.default_rng(0)
    fitted = np.arange(len(records))
    if len(fitted) > FIT_SAMPLE:
        fitted = np.sort(rng.choice(len(fitted), FIT_SAMPLE, replace=False))
    # one column a topic: BERTopic wants vectors, and no text is embedded here
    vectors = np.eye(len(order) + 1, dtype=np.float32)[labels[fitted]]
    found = _Found(
        labels,
        np.where(labels >= 0, 1.0, 0.0),
        np.full(len(order), np.nan),
        fitted,
        vectors,
        None,
        _UNKNOWN,
        float("nan"),
    )
    return found, names


def _slug(text: str) -> str:
    return re.sub(r"[\W_]+", "-", text.strip().lower()).strip("-")


def _named(
    records: pd.DataFrame,
    found: _Found,
    names: Mapping[int, tuple[str, str]],
    *,
    params: Params,
    given: bool,
) -> TopicModel:
    """Number the topics by size, name them, and draw their quotes."""
    row = records["row"].to_numpy()
    raw = np.where(row >= 0, found.labels[row], -1)
    count = len(found.stability)
    size = np.bincount(raw[raw >= 0], minlength=count)
    first = np.array([np.flatnonzero(found.labels == k)[0] for k in range(count)], int)
    order = np.lexsort((first, -size))  # by size, then by first text: no tie is left
    rank = np.append(np.argsort(order), -1)  # last: label -1 stays -1
    labels = rank[raw]
    ids = np.array([names[k][0] if given else str(i) for i, k in enumerate(order)] + ["-1"])
    probability = np.where(row >= 0, found.probability[row], 1.0)
    documents = pd.DataFrame(
        {
            "feedback_id": records["feedback_id"],
            "topic_id": pd.Series(ids[labels], dtype="str"),
            "subtopic_id": pd.Series(pd.NA, index=records.index, dtype="string"),
            "probability": probability,
        }
    )
    quotes = _quotes(records, labels, count, seed=params.seed)
    shown = {k: quotes.loc[quotes["topic"] == k, "quote"].tolist() for k in range(-1, count)}
    from insights.analyses.topics.shell import fit_shell  # imports bertopic: seconds

    texts = records["text"].groupby(row).first() if not given else records["text"]
    shell = fit_shell(
        [texts[i] for i in found.fitted],
        found.vectors,
        rank[found.labels[found.fitted]],
        embedding=found.embedding,
        quotes=shown,
    )
    table = _table(records, labels, shell, ids=ids, stability=found.stability[order])
    if given:
        table["label"] = [names[k][1] for k in order]
    quotes["topic_id"] = ids[quotes.pop("topic")]
    return TopicModel(
        n=len(records),
        texts=len(found.labels),
        source=params.source,
        topics=table,
        documents=documents,
        quotes=quotes[["topic_id", "feedback_id", "language", "quote"]],
        ladder=found.ladder,
        agreement=found.agreement,
        typical_length=int(records["text"].str.len().median()),
        bertopic=shell,
    )


def _table(
    records: pd.DataFrame, labels: np.ndarray, shell, *, ids: np.ndarray, stability: np.ndarray
) -> pd.DataFrame:
    count = len(stability)
    inside = labels >= 0
    n = np.bincount(labels[inside], minlength=count)
    low, high = wilson_bounds(n, len(records))
    spoken = pd.crosstab(labels[inside], records.loc[inside, "language"], normalize="index")
    spoken = spoken.reindex(range(count), fill_value=0.0)
    chinese = spoken["zh"] if "zh" in spoken else pd.Series(0.0, index=spoken.index)
    chinese = chinese + (spoken["mixed"] / 2 if "mixed" in spoken else 0.0)
    offset = int(shell.topics_ and min(shell.topics_) < 0)
    words = keywords(
        shell.c_tf_idf_.tocsr()[offset:],
        shell.vectorizer_model.get_feature_names_out(),
        minor_share=np.minimum(chinese, 1 - chinese).tolist(),
    )
    return pd.DataFrame(
        {
            "topic_id": pd.Series(ids[:-1], dtype="str"),
            "label": [label(found) for found in words],
            "keywords": [", ".join(found) for found in words],
            "language_share": [
                ", ".join(f"{name} {value:.2f}" for name, value in line.items() if value > 0)
                for line in spoken.to_dict("records")
            ],
            "n": n,
            "share": n / len(records),
            "low": low,
            "high": high,
            "stability": stability,
            "matched_from": pd.Series(pd.NA, index=range(count), dtype="string"),
            "status": "new",
        }
    )


def _quotes(records: pd.DataFrame, labels: np.ndarray, count: int, *, seed: int) -> pd.DataFrame:
    """Draw at random, with a seed, up to five records of each topic and ten unexplained ones."""
    drawn = []
    for k in range(-1, count):
        rows = np.flatnonzero(labels == k)
        _, once = np.unique(records["text"].to_numpy()[rows].astype(object), return_index=True)
        rows = rows[np.sort(once)]
        rng = np.random.default_rng([seed, k + 1])
        take = min(len(rows), _QUOTES if k >= 0 else 2 * _QUOTES)
        drawn += [(k, i) for i in rng.choice(rows, take, replace=False)]
    chosen = records.loc[[i for _, i in drawn], ["feedback_id", "language", "text"]]
    chosen = chosen.rename(columns={"text": "quote"}).reset_index(drop=True)
    return chosen.assign(topic=np.array([k for k, _ in drawn], int))


def _too_few(records: pd.DataFrame, texts: int, params: Params) -> TopicModel:
    documents = pd.DataFrame(
        {
            "feedback_id": records["feedback_id"],
            "topic_id": pd.Series("-1", index=records.index, dtype="str"),
            "subtopic_id": pd.Series(pd.NA, index=records.index, dtype="string"),
            "probability": 1.0,
        }
    )
    quotes = _quotes(records, np.full(len(records), -1), 0, seed=params.seed)
    quotes["topic_id"] = pd.Series("-1", index=quotes.index, dtype="str")
    return TopicModel(
        n=len(records),
        texts=texts,
        source=params.source,
        topics=pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _COLUMNS.items()}),
        documents=documents,
        quotes=quotes[["topic_id", "feedback_id", "language", "quote"]],
        ladder=_UNKNOWN,
        agreement=float("nan"),
        typical_length=int(records["text"].str.len().median()),
        bertopic=None,
    )


_COLUMNS = {
    "topic_id": "str",
    "label": "str",
    "keywords": "str",
    "language_share": "str",
    "n": "int64",
    "share": "float64",
    "low": "float64",
    "high": "float64",
    "stability": "float64",
    "matched_from": "string",
    "status": "str",
}
