"""Who raised what, and when it could be known."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from insights.analyses.churn.leaks import mentions_leaving
from insights.analyses.churn.params import Params
from insights.errors import DataError
from insights.messages import _
from insights.stats.calendar import Calendar

__all__ = ["OTHER", "Mentions", "mentions"]

OTHER = "-1"  # feedback without a topic, or with one too rare to test
_LOW = 0.4  # a rating share below it is negative


@dataclass(frozen=True, kw_only=True)
class Mentions:
    """Feedback of known customers, one row a mention, sorted by customer and time.

    Attributes
    ----------
    frame
        customer_id, time (local, naive: the later of created and ingested), topic_id, label,
        excluded (its channel is cancellation talk), mentions_leaving (its text speaks of leaving),
        channel, probability (of the topic, as the
        topic model gives it; not-a-number for labels that people gave).
    kind
        Where the topics come from: 'topics', 'given', 'rating' or 'any'.
    feedback
        Pieces of feedback in the input.
    anonymous
        Pieces without a customer.
    doubtful
        Labels of topics that the topics notebook withholds, or tells of only with another.
    """

    frame: pd.DataFrame
    kind: str
    feedback: int
    anonymous: int
    doubtful: tuple[str, ...] = ()


def mentions(
    feedback: pd.DataFrame,
    doc_topics: pd.DataFrame | None = None,
    topics: pd.DataFrame | None = None,
    *,
    params: Params,
    calendar: Calendar | None = None,
) -> Mentions:
    """Return every mention of a topic by a known customer.

    Topics are those of `doc_topics`, else the labels people gave (`feedback.topic`), else low
    and other ratings, else any feedback at all.

    Parameters
    ----------
    feedback
        Pieces of feedback: customer_id, created_at, and ingested_at, channel, text, topic, rating
        where they are known.
    doc_topics
        feedback_id, topic_id and probability, as the topics notebook saves them.
    topics
        topic_id and label; `told` says which ones the topics notebook withholds.
    params
        `exclude_channels`: channels of cancellation talk.
    calendar
        Time zone of the study; UTC by default.

    Raises
    ------
    DataError
        There is no feedback, or none of it names a customer.
    """
    if feedback.empty:
        raise DataError(
            "feedback: there is none, so nothing can be linked to customers who left. Name a table "
            "of feedback in the study, or switch the notebook off with 'churn: false'."
        )
    if "customer_id" not in feedback or feedback["customer_id"].isna().all():
        raise DataError(
            "feedback: no piece of it names a customer (column 'customer_id'), so it cannot be "
            "linked to customers who left. Map the column in the study, or switch the notebook "
            "off with 'churn: false'."
        )
    calendar = calendar or Calendar()
    known = feedback[feedback["customer_id"].notna()]
    topic, label, kind = _topic(known, doc_topics, topics)
    times = calendar.local(known["created_at"])
    if "ingested_at" in known and known["ingested_at"].notna().any():
        seen = calendar.local(known["ingested_at"])
        times = times.where(seen.isna() | (seen < times), seen)
    channel = known["channel"].astype("string").fillna("") if "channel" in known else ""
    frame = pd.DataFrame(
        {
            "customer_id": known["customer_id"].astype(str),
            "time": times,
            "topic_id": topic,
            "label": label,
            "channel": channel,
            "mentions_leaving": mentions_leaving(known["text"]) if "text" in known else False,
            "probability": _probability(known, doc_topics) if kind == "topics" else float("nan"),
        }
    )
    frame = frame[frame["time"].notna()]
    denied = params.denied
    farewell = [n for n in frame["channel"].unique() if any(w in n.lower() for w in denied)]
    frame["excluded"] = frame["channel"].isin(farewell).to_numpy(bool)
    frame = frame.sort_values(
        ["customer_id", "time", "topic_id", "channel"], kind="stable", ignore_index=True
    )
    doubtful: tuple[str, ...] = ()
    if kind == "topics" and topics is not None and "told" in topics:
        doubtful = tuple(topics.loc[topics["told"].isin(["together", "withheld"]), "label"])
    return Mentions(
        frame=frame,
        kind=kind,
        feedback=len(feedback),
        anonymous=len(feedback) - len(known),
        doubtful=doubtful,
    )


def _probability(known: pd.DataFrame, doc_topics: pd.DataFrame | None) -> pd.Series | float:
    """Probability of each piece's topic, where the topic model gives one."""
    if doc_topics is None or "probability" not in doc_topics:
        return float("nan")
    by_id = doc_topics.assign(feedback_id=doc_topics["feedback_id"].astype(str))
    by_id = by_id.drop_duplicates("feedback_id").set_index("feedback_id")["probability"]
    return pd.to_numeric(known["feedback_id"].astype(str).map(by_id), errors="coerce")


def _topic(
    known: pd.DataFrame, doc_topics: pd.DataFrame | None, topics: pd.DataFrame | None
) -> tuple[pd.Series, pd.Series, str]:
    if doc_topics is not None and len(doc_topics) and "feedback_id" in known:
        by_id = doc_topics.assign(feedback_id=doc_topics["feedback_id"].astype(str))
        by_id = by_id.drop_duplicates("feedback_id").set_index("feedback_id")["topic_id"]
        topic = known["feedback_id"].astype(str).map(by_id.astype(str)).fillna(OTHER)
        names: dict[str, str] = {}
        if topics is not None and len(topics):
            names = dict(
                zip(topics["topic_id"].astype(str), topics["label"].astype(str), strict=True)
            )
        return topic, topic.map(lambda key: names.get(key, _("topic {id}", id=key))), "topics"
    if "topic" in known and known["topic"].notna().any():
        topic = known["topic"].astype("string").str.strip()
        topic = topic.where(topic.notna() & (topic != ""), OTHER).astype(str)
        return topic, topic, "given"
    if "rating" in known and known["rating"].nunique() > 1:
        low = known["rating"] < _LOW
        topic = pd.Series(OTHER, index=known.index).mask(low, "low rating")
        topic = topic.mask(known["rating"].notna() & ~low, "neutral or good rating")
        names = {
            "low rating": _("low rating"),
            "neutral or good rating": _("neutral or good rating"),
            OTHER: OTHER,
        }
        return topic, topic.map(names), "rating"
    topic = pd.Series("any feedback", index=known.index)
    return topic, topic.map({"any feedback": _("any feedback")}), "any"
