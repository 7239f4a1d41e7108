"""Records whose topics, channels and customers are drawn with a known truth."""

import numpy as np
import pandas as pd

from insights.analyses.topics.result import TopicModel


def model_of(records: pd.DataFrame) -> TopicModel:
    """Make a model that has given each record the topic in its column `truth`."""
    sizes = records["truth"].value_counts().drop("-1", errors="ignore")
    ids = sizes.index.to_list()
    n = len(records)
    table = pd.DataFrame(
        {
            "topic_id": pd.Series(ids, dtype="str"),
            "label": [f"label {topic}" for topic in ids],
            "keywords": [f"word{topic}, other" for topic in ids],
            "language_share": "en 1.00",
            "n": sizes.to_numpy(),
            "share": sizes.to_numpy() / n,
            "low": sizes.to_numpy() / n * 0.9,
            "high": np.minimum(sizes.to_numpy() / n * 1.1, 1.0),
            "stability": 0.9,
            "label_support": 0.6,
            "told": "alone",
            "told_with": "",
            "owner": "",
            "coherence": 0.2,
            "matched_from": pd.Series(pd.NA, index=range(len(ids)), dtype="string"),
            "status": "new",
        }
    )
    documents = records[["feedback_id"]].assign(
        topic_id=records["truth"].astype("str"),
        subtopic_id=records.get("part", pd.Series(pd.NA, index=records.index)).astype("string"),
        probability=1.0,
    )
    first = records[records["truth"] != "-1"].groupby("truth").head(4)
    quotes = pd.DataFrame(
        {
            "topic_id": first["truth"].to_numpy(),
            "feedback_id": first["feedback_id"].to_numpy(),
            "language": "en",
            "quote": first["text"].to_numpy(),
        }
    )
    return TopicModel(
        n=n,
        texts=n,
        source="model",
        topics=table,
        documents=documents,
        quotes=quotes,
        agreement=0.9,
        typical_length=20,
    )


def records(seed=0, *, n=3_000, topics=6, channels=(0.5, 0.3, 0.2), each=3.0, months=16):
    """Draw records: topic independent of channel and plan, `each` messages a customer."""
    rng = np.random.default_rng(seed)
    who = rng.integers(max(int(n / each), 1), size=n)
    plans = np.array(["free", "team", "big"], dtype=object)
    share = 1 / np.arange(1, topics + 1)
    day = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(
        rng.integers(months * 30, size=n), unit="D"
    )
    topic = rng.choice(topics, n, p=share / share.sum())
    return pd.DataFrame(
        {
            "feedback_id": [f"f{i:06d}" for i in range(n)],
            "created_at": day,
            "text": [f"text {i} of word{t}" for i, t in enumerate(topic)],
            "channel": rng.choice(["mail", "chat", "shop"], n, p=channels).astype(object),
            "customer_id": [f"c{w:05d}" for w in who],
            "language": "en",
            "plan": plans[rng.integers(3, size=who.max() + 1)[who]],
            "truth": topic.astype(str),
        }
    )
