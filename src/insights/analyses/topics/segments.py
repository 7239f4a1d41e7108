"""Who writes about what: topics by any dimension, and how many customers raise each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.topics.params import Params
from insights.analyses.topics.result import TopicModel, share_text
from insights.analyses.topics.tables import OUTPUTS
from insights.ingest.segments import DEFAULT_SEGMENTS, OTHER, Segments
from insights.messages import _, number, ordinal, percent, plural, translated
from insights.result import Check, Result
from insights.settings import DEFAULT_CELL, DEFAULT_FDR
from insights.stats.intervals import wilson_bounds
from insights.stats.multiplicity import q_values
from insights.stats.suppression import suppressed

__all__ = [
    "TopicCustomers",
    "TopicSegments",
    "customer_codes",
    "dimensions",
    "topic_customers",
    "topic_segments",
]

_SHOWN_VALUES = 11  # most values with a column of their own
_TESTED = 5  # customers on each side, and records expected, for the test to hold
_LEAST_WRITERS = 20  # customers of a value that has a column of its own
_NOT_STATED = "(not stated)"
_LOUDEST = 5  # customers whose messages are counted apart
_REACH = 2 / 3  # of the customers that as many messages would have come from


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicSegments(Result, table="cells", figure="segment_grid", needs_rows=True):
    """Share of each topic in each value of each dimension; n counts records.

    Attributes
    ----------
    cells
        Table `topic_segments`; small cells have fewer than `min_cell` customers.
    withheld
        Dimensions that could not be shown without giving small cells away.
    tests
        Number of tests in the one family over all dimensions.
    """

    cells: pd.DataFrame
    withheld: tuple[str, ...] = ()
    tests: int = 0
    by_customer: bool = True
    fdr: float = DEFAULT_FDR
    min_cell: int = DEFAULT_CELL

    def own_checks(self) -> tuple[Check, ...]:
        """Say what is hidden, how many tests were made, and that segments differ otherwise."""
        size = self.cells["status"].value_counts()
        fields = {
            "small": int(size.get("small", 0)),
            "cells": len(self.cells),
            "units": plural("{n} customer", "{n} customers", self.min_cell)
            if self.by_customer
            else _("{n} records (no customer is known)", n=self.min_cell),
            "more": int(size.get("protecting", 0)),
        }
        hidden = _(
            "{small} of {cells} cells have fewer than {units} and are hidden; {more} more "
            "are hidden so that totals do not give them away",
            **fields,
        )
        if self.withheld:
            names = _(", ").join(map(translated, self.withheld))
            hidden = _("{hidden}; not shown at all: {names}", hidden=hidden, names=names)
        tests = _(
            "{tests} tests in one family over all dimensions; false discovery rate {fdr}",
            tests=number(self.tests),
            fdr=percent(self.fdr),
        )
        apart = _(
            "segments are compared as they are: a difference by plan can come from channel or "
            "region"
        )
        return (
            Check(_("small cells hidden"), None, hidden),
            Check(_("number of tests"), None, tests),
            Check(_("segments are not comparable groups"), None, apart),
        )

    @property
    def found(self) -> pd.DataFrame:
        """Cells whose share stands out from elsewhere, largest difference first."""
        rows = self.cells[(self.cells["q"] <= self.fdr) & self.cells["p"].notna()]
        size = (rows["share"] - rows["elsewhere"]).abs()
        return rows.loc[size.sort_values(ascending=False, kind="stable").index]

    def sentences(self) -> list[str]:
        """Name the largest difference, and how many tests were made."""
        n = number(self.n)
        if self.cells.empty and self.withheld:
            return [
                _(
                    "Topics are not compared over {names}: nothing can be shown without giving "
                    "small cells away (n = {n}).",
                    names=_(", ").join(map(translated, self.withheld)),
                    n=n,
                )
            ]
        if self.cells.empty:
            return [_("There is no topic, or no dimension, to be compared (n = {n}).", n=n)]
        tested = _(
            "{tests} tests over {names}; n = {n}",
            tests=number(self.tests),
            names=_(", ").join(map(translated, self.cells["dimension"].drop_duplicates())),
            n=n,
        )
        if self.found.empty:
            return [
                _(
                    "No detectable difference of any topic between segments ({tested}).",
                    tested=tested,
                )
            ]
        top, others = self.found.iloc[0], len(self.found) - 1
        rare = _("one of the rarer values")
        return [
            _(
                "“{label}” is {share} of what is written where {dimension} is {value}, against "
                "{elsewhere} elsewhere ({tested}, false discovery rate {fdr}).",
                label=top["label"],
                share=share_text(top),
                dimension=translated(top["dimension"]),
                value=rare if top["value"] == OTHER else top["value"],
                elsewhere=percent(top["elsewhere"], 1),
                tested=tested,
                fdr=percent(self.fdr),
            ),
            plural("{n} more differs.", "{n} more differ.", others) if others else "",
        ]


def topic_segments(
    model: TopicModel,
    feedback: pd.DataFrame,
    customers: pd.DataFrame | None = None,
    *,
    params: Params,
    segments: Segments = DEFAULT_SEGMENTS,
) -> TopicSegments:
    """Compare each topic's share in each value of each dimension with the other values.

    Dimensions are the channel and every further column of few values, of the feedback and, by
    customer_id, of the customers. The test is the score test of association with the sum of
    squares taken over customers (generalised score test, Boos 1992, American
    Statistician 46, 327-333), so several messages of one customer are not independent
    evidence; where no customer is known, a record stands for itself.
    Intervals are Wilson's at the effective number of records. Cells with fewer than
    `params.min_cell` customers are hidden, and as many more as it takes that totals do not give
    them away.

    Parameters
    ----------
    feedback, customers
        Where the dimensions are; customers have a column customer_id.
    params
        Its false discovery rate and its smallest cell, in customers.
    segments
        The study's rule of what is a segment.
    """
    joined = model.joined(feedback, customers)
    writer = customer_codes(joined)
    ids = [*model.topics["topic_id"], "-1"]
    topic = pd.Index(ids).get_indexer(joined["topic_id"])
    names = [*model.topics["label"], model.rest]
    parts, withheld = [], []
    for name, values in (dimensions(joined, feedback, segments) if len(ids) > 1 else {}).items():
        cells = _dimension(_merged(values, writer), topic, writer, len(ids), params.min_cell)
        if cells is None:
            withheld.append(name)
            continue
        cells["topic_id"] = np.array(ids, dtype=object)[cells["topic"]]
        cells["label"] = np.array(names, dtype=object)[cells.pop("topic")]
        parts.append(cells.assign(dimension=name))
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    found = found.reindex(columns=OUTPUTS["topic_segments"].names)
    if model.withheld:  # what is withheld is no topic to compare
        found.loc[found["topic_id"] == "-1", ["elsewhere", "residual", "p"]] = np.nan
    found["q"] = q_values(found["p"].to_numpy(float))
    mirrored = found["residual"].notna() & found["p"].isna()
    both = found.groupby(["dimension", "topic_id"], sort=False)["q"].transform("max")
    found.loc[mirrored, "q"] = both[mirrored]
    return TopicSegments(
        n=len(joined),
        cells=OUTPUTS["topic_segments"].frame(found),
        withheld=tuple(withheld),
        tests=int(found["p"].notna().sum()),
        by_customer="customer_id" in joined and bool(joined["customer_id"].notna().any()),
        fdr=params.fdr,
        min_cell=params.min_cell,
    )


def dimensions(
    joined: pd.DataFrame, feedback: pd.DataFrame, segments: Segments
) -> dict[str, pd.Series]:
    """Return the labels (null: not stated) of each record by segment column.

    Language is none of them: how a topic was found depends on it.
    """
    own = joined.columns.isin(feedback.columns)
    theirs = ~own & ~joined.columns.isin(["topic_id", "subtopic_id"])
    found = segments.of(joined.loc[:, own], "feedback")
    found |= segments.of(joined.loc[:, theirs], "customers")
    return {name: values for name, values in found.items() if name != "language"}


def _merged(values: pd.Series, writer: np.ndarray) -> pd.Series:
    """Put values with few customers, and all beyond the eleven largest, into one."""
    size = pd.Series(writer).groupby(values.to_numpy(object)).nunique()
    order = size.reset_index().sort_values([0, "index"], ascending=[False, True])
    columns = order["index"][order[0] >= _LEAST_WRITERS].tolist()[:_SHOWN_VALUES]
    rest = set(order["index"]) - set(columns)
    while rest and columns and size[list(rest)].sum() < _LEAST_WRITERS:
        rest.add(columns.pop())
    return values.where(values.isna() | values.isin(columns), OTHER).fillna(_NOT_STATED)


def _dimension(
    values: pd.Series, topic: np.ndarray, writer: np.ndarray, topics: int, least: int
) -> pd.DataFrame | None:
    """Cells of one dimension, hidden ones without numbers; None when it cannot be shown.

    A handful of records that do not state the dimension are left out: they are no segment.
    """
    stated = values.to_numpy() != _NOT_STATED
    if len(np.unique(writer[~stated])) < _LEAST_WRITERS:
        values, topic, writer = values[stated], topic[stated], writer[stated]
        stated = stated[stated]
    names = sorted(set(values), key=lambda v: (v == _NOT_STATED, v == OTHER, v))
    column = pd.Index(names).get_indexer(values)
    different = [name for name in names if name != _NOT_STATED]
    if len(different) < 2:
        return None
    shape = (topics, len(names))
    counts = np.bincount(topic * shape[1] + column, minlength=topics * shape[1]).reshape(shape)
    once = pd.DataFrame({"t": topic, "v": column, "w": writer}).drop_duplicates()
    place = once["t"].to_numpy() * shape[1] + once["v"].to_numpy()
    people = np.bincount(place, minlength=topics * shape[1]).reshape(shape)
    used = counts.sum(axis=1) > 0
    hidden = np.zeros(shape, bool)
    found = suppressed(counts[used], people[used] < least)
    if found is None:
        return None
    hidden[used] = found
    of_stated = np.unique(writer[stated], return_inverse=True)[1]
    parts = []
    for v, name in enumerate(names):
        inside = column == v
        here = inside[stated]
        groups = min(len(np.unique(of_stated[here])), len(np.unique(of_stated[~here])))
        of_inside = np.unique(writer[inside], return_inverse=True)[1]
        parts.append((name, inside, of_inside, here, groups))
    rows = []
    for k in np.flatnonzero(used):
        hit = (topic == k).astype(float)
        for v, (name, inside, of_inside, here, groups) in enumerate(parts):
            status = "small" if people[k, v] < least else "protecting" if hidden[k, v] else "shown"
            row = {"value": name, "topic": k, "total": int(inside.sum()), "status": status}
            if status == "shown":
                row |= {"n": int(counts[k, v]), "customers": int(people[k, v])}
                row |= _share(hit[inside], of_inside)
                if name != _NOT_STATED:
                    row |= _against(hit[stated], here, of_stated, groups)
                if len(different) == 2 and name == different[1]:
                    row["p"] = np.nan  # the same test once more
            rows.append(row)
    return pd.DataFrame(rows)


def _share(hit: np.ndarray, writer: np.ndarray) -> dict[str, float]:
    """Share with Wilson's interval at the records' worth that the customers leave."""
    n, share = len(hit), float(hit.mean())
    clustered = float(np.square(np.bincount(writer, hit - share)).sum()) / n**2
    effect = max(1.0, clustered / max(share * (1 - share) / n, 1e-300)) if 0 < share < 1 else 1.0
    low, high = wilson_bounds(hit.sum() / effect, n / effect)
    return {"share": share, "low": min(float(low), share), "high": max(float(high), share)}


def _against(
    hit: np.ndarray, inside: np.ndarray, writer: np.ndarray, groups: int
) -> dict[str, float]:
    """Score test of the share inside against outside; each customer is one source of chance.

    `groups` is how many customers the side with fewer of them has.
    """
    part = (inside - inside.mean()) * (hit - hit.mean())
    sums = np.bincount(writer, part)
    spread = float(np.square(sums).sum()) * len(sums) / max(len(sums) - 1, 1)
    elsewhere = float(hit[~inside].mean()) if (~inside).any() else np.nan
    expected = hit.mean() * min(inside.sum(), (~inside).sum())
    if spread <= 0 or groups < _TESTED or expected < _TESTED:
        return {"elsewhere": elsewhere}
    residual = float(part.sum() / np.sqrt(spread))
    p = float(2 * stats.t.sf(abs(residual), groups - 1))
    return {"elsewhere": elsewhere, "residual": residual, "p": p}


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicCustomers(Result, table="topics", figure="customer_shares", needs_rows=True):
    """Share of customers who raised each topic; n counts the customers known by an id.

    Attributes
    ----------
    topics
        Table `topic_customers`.
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
        """Say how many records name their customer."""
        detail = _(
            "{share} of {records} records name their customer; the others count as messages only",
            share=percent(self.messages / max(self.records, 1)),
            records=number(self.records),
        )
        return (Check(_("customers are known"), None, detail),)

    @property
    def loud(self) -> pd.DataFrame:
        """Topics that rank lower by customers than by messages, and come from few."""
        return self.topics[self.topics["few_loud"] & ~self.topics["topic_id"].isin(self.shaky)]

    def sentences(self) -> list[str]:
        """Say which topic most customers raised, and which come from a few loud ones."""
        n = number(self.n)
        if self.topics.empty and self.messages:
            return [_("There is no topic that customers could have raised (n = {n}).", n=n)]
        if self.topics.empty:
            return [
                _(
                    "Cannot tell how many customers raised a topic: none of {records} records "
                    "names its customer (n = {n}).",
                    records=number(self.records),
                    n=n,
                )
            ]
        apart = self.topics[~self.topics["topic_id"].isin(self.shaky)]
        if apart.empty:
            return [
                _("No topic can be told apart, so none is counted by customers (n = {n}).", n=n)
            ]
        top = apart.loc[apart["rank_customers"].idxmin()]
        fields = {"label": top["label"], "share": share_text(top, "customer_share"), "n": n}
        first = _("“{label}” was raised by most customers: {share} of {n} who wrote.", **fields)
        if self.shaky:
            first = _(
                "Of the topics that can be told apart “{label}” was raised by most customers: "
                "{share} of {n} who wrote.",
                **fields,
            )
        if self.loud.empty:
            return [first, _("No topic rests on a few loud customers.")]
        loudest = self.loud.loc[self.loud["loudest_share"].idxmax()]
        few = _(
            "“{label}” rests on a few: {customers} customers wrote its {messages} messages, where "
            "{usual} would be usual; it ranks {by_messages} by messages and {by_customers} by "
            "customers.",
            label=loudest["label"],
            customers=loudest["customers"],
            messages=number(loudest["messages"]),
            usual=f"{loudest['expected_customers']:.0f}",
            by_messages=ordinal(loudest["rank_messages"]),
            by_customers=ordinal(loudest["rank_customers"]),
        )
        others = len(self.loud) - 1
        return [
            first,
            few,
            plural("{n} more rest on few.", "{n} more rest on few.", others) if others else "",
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
        empty = OUTPUTS["topic_customers"].empty()
        return TopicCustomers(n=0, topics=empty, messages=len(joined), records=len(records))
    wrote = joined.groupby("customer").size().to_numpy()
    each = joined.groupby(["topic_id", "customer"]).size()
    by = each.groupby("topic_id")
    table = model.topics[["topic_id", "label"]].set_index("topic_id")
    table["messages"], table["customers"] = by.sum(), by.size()
    table = table.fillna({"messages": 0, "customers": 0})
    table["message_share"] = table["messages"] / len(joined)
    table["customer_share"] = table["customers"] / len(wrote)
    table["low"], table["high"] = wilson_bounds(table["customers"], len(wrote))
    table["expected_customers"] = [
        float((1 - (1 - share) ** wrote).sum()) for share in table["message_share"]
    ]
    loudest = each.sort_values(ascending=False).groupby("topic_id").head(_LOUDEST)
    loudest = loudest.groupby("topic_id").sum() / table["messages"].clip(lower=1)
    table["loudest_share"] = loudest.fillna(0.0)
    for rank, of in (("rank_messages", "messages"), ("rank_customers", "customers")):
        table[rank] = table[of].rank(ascending=False, method="first")
    table["few_loud"] = (table["rank_customers"] > table["rank_messages"]) & (
        table["customers"] < _REACH * table["expected_customers"]
    )
    return TopicCustomers(
        n=len(wrote),
        topics=OUTPUTS["topic_customers"].frame(table.reset_index()),
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
    return pd.factorize(keys, sort=True)[0]
