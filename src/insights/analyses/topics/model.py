"""Topics of a feedback table: found by a model, or given by people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from insights.analyses.topics.codebook import Codebook
from insights.analyses.topics.curation import apply_codebook, pinned_rows, without_excluded
from insights.analyses.topics.events import TopicEvents
from insights.analyses.topics.hierarchy import Discovery, discover, read_given
from insights.analyses.topics.label_support import Support
from insights.analyses.topics.labels import Wording, asked_labels, word_topics
from insights.analyses.topics.params import Params
from insights.analyses.topics.registry import Registry, digest, record, record_given
from insights.analyses.topics.result import SHAKY, TopicModel
from insights.analyses.topics.tables import OUTPUTS
from insights.analyses.topics.tracking import Partition, follow, numbered
from insights.enrich.words import (
    Tokeniser,
    form_headings,
    is_emoji,
    main_language,
    normalise,
    tokens,
)
from insights.errors import DataError
from insights.result import Check
from insights.stats.intervals import wilson_bounds

if TYPE_CHECKING:
    from insights.analyses.topics.bertopic_adapter import LabelledBERTopic

__all__ = ["FEWEST_TEXTS", "topic_model"]

FEWEST_TEXTS = 100  # distinct texts below which no model is fitted
_SHAPING = {"source", "min_topic_size", "max_topics", "embedding", "seed"}  # other topics
_QUOTES = 5
_OPENING = 24  # characters: longer than a greeting


def topic_model(
    feedback: pd.DataFrame,
    *,
    params: Params,
    before: Registry | None = None,
    codebook: Codebook | None = None,
    cache: Path | None = None,
) -> TopicModel:
    """Find the topics of `feedback` and the topic of each record.

    Parameters
    ----------
    feedback
        Columns feedback_id and text; language and topic are used when there. Row order does
        not matter; created_at says when a topic was first and last seen.
    before
        What the last run left: its topics stand until the texts speak against it.
    codebook
        What people decided; see `codebook.py`.
    cache
        Folder of what an endpoint has answered (`labeller`, `embedding` of others) and of what
        the teacher has read before.

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
    last, codebook = before or Registry(), codebook or Codebook()
    settings = digest([json.dumps(params.model_dump(include=_SHAPING), sort_keys=True)])
    records, excluded = without_excluded(_records(feedback), codebook)
    if records.empty:
        raise DataError("topics: the codebook excludes every record; see its section 'exclude'.")
    if params.source == "given":
        if "topic" not in feedback or feedback["topic"].isna().all():
            raise DataError(
                "topics: source is 'given', but no record has a value in the column "
                "'topic'. Map a column to topic in the study, or set source: model."
            )
        records["row"] = np.arange(len(records))
        found = read_given(records["topic"])
        return _named(records, found, params, last, codebook, settings=settings, excluded=excluded)
    records["key"] = [_key(text) for text in records["text"]]
    texts = sorted(set(records["key"]) - {""})
    if len(texts) < FEWEST_TEXTS:
        return _too_few(records, len(texts), params, last, codebook)
    place = {text: i for i, text in enumerate(texts)}
    records["row"] = [place.get(key, -1) for key in records["key"]]
    data = digest([*texts, str(len(records))])

    def carry(fit, fitted, embed):
        update = follow(last, fit, fitted, embed, settings=settings, data=data)
        return apply_codebook(update, codebook, fitted, fit.points)

    found = discover(texts, params, carry, cache=cache)
    return _named(
        records, found, params, last, codebook,
        settings=settings, excluded=excluded, cache=cache,
    )  # fmt: skip


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
    frame["day"] = ""
    if "created_at" in feedback:
        days = pd.to_datetime(feedback["created_at"], utc=True).dt.strftime("%Y-%m-%d")
        frame["day"] = days.fillna("").to_numpy()
    if "topic" in feedback:
        frame["topic"] = feedback["topic"].astype("string").to_numpy()
    return frame.sort_values("feedback_id", kind="stable", ignore_index=True)


def _template_share(texts: pd.Series) -> float:
    """Share of different texts whose first 24 characters also open more than 1 % of the others."""
    opening = texts.map(normalise).str[:_OPENING]
    uses = opening.map(opening.value_counts())
    return float(((uses > max(0.01 * len(opening), 5)) & (opening.str.len() == _OPENING)).mean())


def _key(text: str) -> str:
    """Return the text as it is modelled, or nothing when it holds no letter and no emoji."""
    folded = normalise(text)
    has_word = any(c.isalpha() for c in folded) or any(is_emoji(word) for word in tokens(folded))
    return folded if has_word else ""


def _named(
    records: pd.DataFrame,
    found: Discovery,
    params: Params,
    last: Registry,
    codebook: Codebook,
    *,
    settings: str,
    excluded: int,
    cache: Path | None = None,
) -> TopicModel:
    """Number the topics by size where they have no number, name them, and draw their quotes."""
    inside = records[records["row"] >= 0]
    update = found.update
    count = len(found.stability)
    codes = np.arange(count) if found.codes is None else found.codes
    given, slugs = list(found.spellings.values()), tuple(found.spellings)
    partition = Partition(found.labels, found.topic_of, slugs, ("",) * len(found.topic_of))
    partition = update.decided if update else partition
    topics, parts, probability = _placed(records, found, codes, partition.topic_ids, codebook)
    rank, order = _by_size(topics, found.topics, count)
    size = np.bincount(parts[parts >= 0], minlength=len(partition.topic_of))
    partition = numbered(partition, codes[order].tolist(), size, start=last.next_topic)
    topic_ids = [partition.topic_ids[code] for code in codes[order]]
    labels, ids = rank[topics], np.array([*topic_ids, "-1"], dtype=object)
    documents = pd.DataFrame(
        {
            "feedback_id": records["feedback_id"],
            "topic_id": pd.Series(ids[labels], dtype="str"),
            "subtopic_id": _subtopics(parts, partition, found),
            "probability": probability.round(6),  # the order of adding up must not show
        }
    )
    quotes = _quotes(records, labels, count, seed=params.seed)
    texts = inside.groupby("row")["text"].first()
    languages = _languages(records, labels, count)
    bertopic = _adapted(texts, found, rank, quotes, params.tokeniser())
    wording = _wording(texts, inside, rank[found.topics[texts.index]], bertopic, languages, params)
    table = _table(records, labels, wording, languages, ids=ids[:-1])
    table.insert(table.columns.get_loc("matched_from"), "stability", found.stability[order])
    checks: tuple[Check, ...] = ()
    if given:
        table["label"] = [given[k] for k in order]
    elif params.labeller != "phrases" and (endpoint := params.asked(cache)):
        table, checks = asked_labels(table, wording, quotes, params, endpoint)
    if update is None:
        table, events = record_given(
            documents, last, codebook, table, settings=settings, excluded=excluded
        )
    else:
        keys = inside.groupby("row")["key"].first()
        table, events = record(
            replace(update, decided=partition), last, codebook, table,
            texts=[keys[i] for i in found.fitted], vectors=found.vectors, excluded=excluded,
            holds=lambda name, label: wording.support.true(topic_ids.index(name), label),
        )  # fmt: skip
    quotes["topic_id"] = pd.Series(ids[quotes.pop("topic")], dtype="str")
    return TopicModel(
        n=len(records),
        texts=len(found.labels),
        source=params.source,
        topics=_judged(table, wording.support, found, order),
        documents=documents,
        quotes=quotes[["topic_id", "feedback_id", "language", "quote"]],
        resolutions=found.resolutions,
        agreement=found.agreement,
        typical_length=int(records["text"].str.len().median()),
        template_share=_template_share(records["text"].drop_duplicates()),
        form=form_headings(records["text"].drop_duplicates().tolist()),
        diversity=wording.diversity,
        chance_coherence=wording.chance_coherence,
        checks=checks,
        bertopic=bertopic,
        events=events,
    )


def _judged(
    topics: pd.DataFrame, support: Support, found: Discovery, order: np.ndarray
) -> pd.DataFrame:
    """Add how far each label is true, and whether a finding on the topic can be told."""
    group, whole = found.group[order], found.group_stability[order]
    names = topics["topic_id"].to_numpy(object)
    others = [
        [names[i] for i in np.flatnonzero(group == group[k]) if i != k] for k in range(len(names))
    ]
    unit = np.where(whole < SHAKY, "withheld", "alone").astype(object)
    unit[(whole >= SHAKY) & np.array([bool(other) for other in others], bool)] = "together"
    columns = {
        "label_support": [support.share(k, label) for k, label in enumerate(topics["label"])],
        "told": pd.Series(unit, index=topics.index, dtype="str"),
        "told_with": pd.Series([", ".join(one) for one in others], index=topics.index, dtype="str"),
    }
    return topics.assign(**columns)


def _placed(
    records: pd.DataFrame,
    found: Discovery,
    codes: np.ndarray,
    topic_ids: Sequence[str],
    codebook: Codebook,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Topic, sub-topic and probability of each record; pins of the codebook come first."""
    row = records["row"].to_numpy()
    outside = row < 0
    parts = np.where(outside, -1, found.labels[row])
    topics = np.where(outside, -1, found.topics[row])
    probability = np.where(outside, 1.0, found.probability[row])
    pinned = pinned_rows(records, codebook, topic_ids) if found.update else {}
    for i, code in pinned.items():
        if code not in codes:
            continue  # a topic without a text of its own cannot be named
        topics[i] = np.searchsorted(codes, code)
        parts[i] = np.flatnonzero(found.topic_of == topics[i])[0]
        probability[i] = 1.0
    return topics, parts, probability


def _by_size(raw: np.ndarray, of_texts: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Number topics by records, then by first text, so that no tie is left.

    Returns the new number of each old one, with -1 for -1 at the end, and the old of each new.
    """
    size = np.bincount(raw[raw >= 0], minlength=count)
    first = np.array([np.flatnonzero(of_texts == k)[0] for k in range(count)], int)
    order = np.lexsort((first, -size))
    return np.append(np.argsort(order), -1), order


def _subtopics(parts: np.ndarray, partition: Partition, found: Discovery) -> pd.Series:
    """Name the sub-topic of each record; null where no topic has two of them."""
    names = pd.Series(pd.NA, index=range(len(parts)), dtype="string")
    if np.bincount(found.topic_of[found.topic_of >= 0], minlength=1).max() >= 2:
        inside = parts >= 0
        names[inside] = np.array(partition.part_ids, dtype=object)[parts[inside]]
    return names


def _adapted(
    texts: pd.Series, found: Discovery, rank: np.ndarray, quotes: pd.DataFrame, tokenise: Tokeniser
):
    from insights.analyses.topics.bertopic_adapter import fit_bertopic  # imports bertopic: seconds

    return fit_bertopic(
        [texts[i] for i in found.fitted],
        found.vectors,
        rank[found.topics[found.fitted]],
        embedding=found.embedding,
        quotes={int(k): list(part) for k, part in quotes.groupby("topic")["quote"]},
        tokenise=tokenise,
    )


def _languages(records: pd.DataFrame, labels: np.ndarray, count: int) -> pd.DataFrame:
    """Share of each language in the records of each topic."""
    inside = labels >= 0
    shares = pd.crosstab(labels[inside], records.loc[inside, "language"], normalize="index")
    return shares.reindex(range(count), fill_value=0.0)


def _wording(
    texts: pd.Series,
    inside: pd.DataFrame,
    topics: np.ndarray,
    bertopic: LabelledBERTopic,
    languages: pd.DataFrame,
    params: Params,
) -> Wording:
    chinese = languages.get("zh", 0.0) + languages.get("mixed", 0.0) / 2
    offset = int(bertopic.topics_ and min(bertopic.topics_) < 0)
    return word_topics(
        texts.tolist(),
        topics,
        weights=bertopic.c_tf_idf_.tocsr()[offset:],
        terms=bertopic.vectorizer_model.get_feature_names_out(),
        han_share=np.broadcast_to(chinese, len(languages)),
        foreign_share=np.broadcast_to(languages.get("other", 0.0), len(languages)),
        uses=inside.groupby("row").size().loc[texts.index].to_numpy(),
        tokenise=params.tokeniser(),
    )


def _table(
    records: pd.DataFrame,
    labels: np.ndarray,
    wording: Wording,
    languages: pd.DataFrame,
    *,
    ids: np.ndarray,
) -> pd.DataFrame:
    count = len(ids)
    n = np.bincount(labels[labels >= 0], minlength=count)
    low, high = wilson_bounds(n, len(records))
    return pd.DataFrame(
        {
            "topic_id": pd.Series(ids, dtype="str"),
            "label": wording.labels,
            "keywords": [", ".join(found) for found in wording.keywords],
            "language_share": [
                ", ".join(f"{name} {value:.2f}" for name, value in line.items() if value >= 0.005)
                for line in languages.to_dict("records")
            ],
            "n": n,
            "share": n / len(records),
            "low": low,
            "high": high,
            "matched_from": pd.Series(pd.NA, index=range(count), dtype="string"),
            "status": "new",
            "coherence": wording.coherence,
            "first_seen": _day(records, labels, count, "min"),
            "last_seen": _day(records, labels, count, "max"),
        }
    )


def _day(records: pd.DataFrame, labels: np.ndarray, count: int, which: str) -> list[str]:
    """First or last day of each topic's records; nothing where none is dated."""
    dated = records["day"] != ""
    days = records.loc[dated, "day"].groupby(labels[dated]).agg(which).to_dict()
    return [days.get(k, "") for k in range(count)]


def _quotes(records: pd.DataFrame, labels: np.ndarray, count: int, *, seed: int) -> pd.DataFrame:
    """Draw at random, with a seed, up to five records of each topic and ten unexplained ones."""
    drawn, texts = [], records["text"].to_numpy(object)
    for k in range(-1, count):
        rows = np.flatnonzero(labels == k)
        _, once = np.unique(texts[rows], return_index=True)
        rows = rows[np.sort(once)]
        rng = np.random.default_rng([seed, k + 1])
        take = min(len(rows), _QUOTES if k >= 0 else 2 * _QUOTES)
        drawn += [(k, i) for i in rng.choice(rows, take, replace=False)]
    chosen = records.loc[[i for _, i in drawn], ["feedback_id", "language", "text"]]
    chosen = chosen.rename(columns={"text": "quote"}).reset_index(drop=True)
    return chosen.assign(topic=np.array([k for k, _ in drawn], int))


def _too_few(
    records: pd.DataFrame, texts: int, params: Params, last: Registry, codebook: Codebook
) -> TopicModel:
    """Leave every record unexplained; the registry stays as it was."""
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
        topics=OUTPUTS["topics"].empty(),
        documents=documents,
        quotes=quotes[["topic_id", "feedback_id", "language", "quote"]],
        agreement=float("nan"),
        typical_length=int(records["text"].str.len().median()),
        events=TopicEvents(
            n=0,
            events=last.events.head(0),
            run=last.run,
            mode="none",
            codebook=codebook,
            registry=last,
        ),
    )
