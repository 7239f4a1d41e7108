"""How many customers raise a topic, beside how many messages are about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.topics.result import TopicModel
from insights.result import Check, Result
from insights.stats.intervals import wilson_bounds

__all__ = ["TopicCustomers", "customer_codes", "topic_customers"]

_LOUDEST = 5  # customers whose messages are counted apart
_REACH = 2 / 3  # of the customers that as many messages would have come from
_COLUMNS = {
    "topic_id": "str",
    "label": "str",
    "messages": "int64",
    "message_share": "float64",
    "customers": "int64",
    "customer_share": "float64",
    "low": "float64",
    "high": "float64",
    "expected_customers": "float64",
    "loudest_share": "float64",
    "rank_messages": "int64",
    "rank_customers": "int64",
    "few_loud": "bool",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicCustomers(Result, table="topics", figure="customer_shares"):
    """Share of customers who raised each topic; n counts the customers known by an id.

    Attributes
    ----------
    topics
        messages and message_share (of messages with a customer), customers and customer_share
        with interval, expected_customers (how many would have raised it, had each customer's
        messages been on the topics in the shares that all messages are), loudest_share (of the
        topic's messages by its five busiest customers), both ranks, few_loud.
    messages
        Messages with a known customer.
    shaky
        Topics that cannot be told apart, of which no sentence speaks.
    """

    topics: pd.DataFrame
    messages: int
    records: int
    shaky: frozenset[str] = frozenset()

    def own_checks(self) -> tuple[Check, ...]:
        """Return what the fields themselves tell."""
        share = self.messages / max(self.records, 1)
        detail = (
            f"{share:.0%} of {self.records:,} records name their customer; the others count as "
            "messages only"
        )
        found = [Check("customers are known", None, detail)]
        return tuple(found)

    @property
    def loud(self) -> pd.DataFrame:
        """Topics that rank lower by customers than by messages, and come from few."""
        return self.topics[self.topics["few_loud"] & ~self.topics["topic_id"].isin(self.shaky)]

    def sentences(self) -> list[str]:
        """Say which topic most customers raised, and which come from a few loud ones."""
        if self.topics.empty:
            return [
                f"Cannot tell how many customers raised a topic: none of {self.records:,} records "
                f"names its customer (n = {self.n})."
            ]
        apart = self.topics[~self.topics["topic_id"].isin(self.shaky)]
        if apart.empty:
            return [
                f"No topic can be told apart, so none is counted by customers (n = {self.n:,})."
            ]
        top = apart.sort_values("rank_customers", kind="stable").iloc[0]
        of = "Of the topics that can be told apart " if self.shaky else ""
        told = (
            f"{of}“{top['label']}” was raised by most customers: {top['customer_share']:.1%} "
            f"[{top['low']:.1%}, {top['high']:.1%}] of {self.n:,} who wrote."
        )
        if self.loud.empty:
            return [told, "No topic rests on a few loud customers."]
        loudest = self.loud.sort_values("loudest_share", ascending=False, kind="stable").iloc[0]
        more = f"{len(self.loud) - 1} more rest on few." if len(self.loud) > 1 else ""
        return [
            told,
            f"“{loudest['label']}” rests on a few: {loudest['customers']} customers wrote "
            f"its {loudest['messages']:,} messages, where {loudest['expected_customers']:.0f} "
            f"would be usual; it ranks {_th(loudest['rank_messages'])} by messages and "
            f"{_th(loudest['rank_customers'])} by customers.",
            more,
        ]


def topic_customers(model: TopicModel, feedback: pd.DataFrame) -> TopicCustomers:
    """Count for each topic the customers who raised it at least once, with Wilson's interval.

    A topic is marked as coming from few loud customers when it ranks lower by customers than by
    messages and reached under two thirds of the customers that as many messages, each on its
    topic by chance, would have come from.
    """
    records = model.joined(feedback)
    who = records.get("customer_id", pd.Series(pd.NA, index=records.index))
    joined = records.assign(customer=who.astype("string")).dropna(subset=["customer"])
    if joined.empty or model.topics.empty:
        empty = pd.DataFrame(columns=list(_COLUMNS)).astype(_COLUMNS)
        return TopicCustomers(n=0, topics=empty, messages=len(joined), records=len(records))
    wrote = joined.groupby("customer").size().to_numpy()
    by = joined.groupby(["topic_id", "customer"]).size()
    rows = []
    for row in model.topics.itertuples():
        each = by.loc[row.topic_id] if row.topic_id in by.index.get_level_values(0) else by.iloc[:0]
        messages = int(each.sum())
        share = messages / len(joined)
        low, high = wilson_bounds(len(each), len(wrote))
        rows.append(
            {
                "topic_id": row.topic_id,
                "label": row.label,
                "messages": messages,
                "message_share": share,
                "customers": len(each),
                "customer_share": len(each) / len(wrote),
                "low": float(low),
                "high": float(high),
                "expected_customers": float((1 - (1 - share) ** wrote).sum()),
                "loudest_share": float(each.nlargest(_LOUDEST).sum() / max(messages, 1)),
            }
        )
    table = pd.DataFrame(rows)
    for rank, of in (("rank_messages", "messages"), ("rank_customers", "customers")):
        table[rank] = table[of].rank(ascending=False, method="first").astype("int64")
    table["few_loud"] = (table["rank_customers"] > table["rank_messages"]) & (
        table["customers"] < _REACH * table["expected_customers"]
    )
    return TopicCustomers(
        n=len(wrote),
        topics=table[list(_COLUMNS)].astype(_COLUMNS),
        messages=len(joined),
        records=len(records),
        shaky=frozenset(model.topics.loc[model.topics["told"] != "alone", "topic_id"]),
    )


def customer_codes(records: pd.DataFrame) -> np.ndarray:
    """Code of who wrote each record: the customer, else the record itself."""
    keys = ("r:" + records["feedback_id"].astype(str)).to_numpy(object)
    if "customer_id" in records:
        named = ("c:" + records["customer_id"].astype("string").fillna("")).to_numpy(object)
        keys = np.where(records["customer_id"].notna(), named, keys)
    return np.unique(keys.astype(str), return_inverse=True)[1]


def _th(rank: int) -> str:
    ending = "th" if 10 <= rank % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank}{ending}"
