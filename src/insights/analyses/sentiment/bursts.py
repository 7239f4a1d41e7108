"""Who writes: bursts of one author, texts sent over and over, means with one vote a customer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.sentiment.tables import shown
from insights.messages import _, interval, number, percent, plural, signed
from insights.result import Check, Result
from insights.stats.clusters import Mean, cluster_mean, votes_apart
from insights.stats.decomposition import split_change
from insights.stats.intervals import mean_t

from .movement import caveat, mean_of
from .panel import Panel
from .params import Params
from .result import Classified

__all__ = ["Bursts", "bursts"]

_DAYS = 7
_FEWEST = 5  # messages of one author in a week, or copies of a text in a day, that may be flagged
_ALPHA = 0.01  # chance that any author at all is flagged when all write at a steady rate
_LOUD = 0.05  # of the records, by one customer who is then named as moving the mean
_LETTERS = 20  # of a text below which its repetition is small talk; a Chinese character counts 3
_SHORT, _FLOOD = 8, 20  # from so many letters on, so many copies in a day are none


@dataclass(frozen=True, kw_only=True, eq=False)
class Bursts(Result, kind="authors", table="means", figure="bursts"):
    """Means per message and per customer, and who writes in bursts. `n`: records with a score.

    Attributes
    ----------
    means
        measure, per (message, customer, message not flagged), n, mean, low, high, change,
        change_low, change_high: the change is that of the later half of the periods against the
        earlier, at a fixed mix.
    bursts
        customer_id, messages, in_week, from, expected_in_week, p; one row a flagged customer.
    repeats
        copies, in_day, from, customers, feedback_id (of one); one row a text sent over and over.
    flagged
        feedback_id, reason (burst, repeated text).
    named, again
        Records that name their customer; customers who wrote twice or more.
    """

    means: pd.DataFrame
    bursts: pd.DataFrame
    repeats: pd.DataFrame
    flagged: pd.DataFrame
    named: int
    again: int
    trusted: bool | None = True
    unlike: bool = False

    def sentences(self) -> list[str]:
        """Say whether counting customers instead of messages tells another story."""
        at = self.means[self.means["measure"] == "sentiment"].set_index("per")
        if "message" not in at.index or not np.isfinite(at.loc["message", "mean"]):
            return [
                _("Too few records to count customers beside messages (n = {n}).", n=number(self.n))
            ]
        one = at.loc["message"]
        parts = [
            _(
                "Counted by message (n = {n}) mean sentiment is {mean}; {beside}.",
                n=number(int(one["n"])),
                mean=_interval(one),
                beside=self._beside(at.loc["customer"] if "customer" in at.index else None),
            )
        ]
        two = at.loc["customer"] if "customer" in at.index else None
        if self.again and two is not None and np.isfinite(two["change"]):
            moved = two["change_low"] > 0 or two["change_high"] < 0
            fields = {
                "change": signed(two["change"], 3),
                "interval": interval(two["change_low"], two["change_high"], "+.3f"),
            }
            parts.append(
                _("Among customers it changed by {change} {interval}.", **fields)
                if moved
                else _("No detectable change among customers: {change} {interval}.", **fields)
            )
        parts.append(
            _(
                "{authors} and {texts}: {flagged} messages are marked, none is left out.",
                authors=_authors(len(self.bursts)),
                texts=_texts(len(self.repeats)),
                flagged=number(len(self.flagged)),
            )
        )
        return [*parts, caveat(self.trusted, self.unlike)]

    def _beside(self, row: pd.Series | None) -> str:
        """What one vote a customer makes of it, where customers are known to write twice."""
        if not self.named:
            return _("no record names its customer, so each counts for itself")
        if not self.again or row is None:
            return _(
                "{named} records name their customer and none of these wrote twice, so "
                "each record counts for itself",
                named=number(self.named),
            )
        alone = self.n - self.named
        fields = {"n": number(int(row["n"])), "mean": _interval(row)}
        if alone <= 0:
            return _("with one vote a customer (n = {n}) it is {mean}", **fields)
        return _(
            "with one vote a customer (n = {n}, {alone} of them records without a name) it is "
            "{mean}",
            **fields,
            alone=number(alone),
        )


def bursts(
    panel: Panel, classified: Classified, feedback: pd.DataFrame, *, params: Params
) -> Bursts:
    """Find bursts and texts sent over and over, and count every customer once beside them.

    *Burst*: five or more messages of a customer within seven days, where so many are improbable
    at the larger of the customer's own rate outside that week and the mean rate of all known
    customers (Poisson tail, Bonferroni over windows and customers, in all 1 %). *Repeated text*:
    the same text (letters alone, digits alike), five times or more within a day, or twenty times
    if it has eight to nineteen letters, and improbably so at its own rate on other days, as scripts
    send it. Nothing is removed: in every mean per customer an author counts once, whatever number
    of messages. A record without a customer counts for itself, whatever its words: equal wordings
    are nobody.

    Parameters
    ----------
    panel
        The scored records.
    classified
        What `classify` made of them.
    feedback
        The same records: feedback_id, created_at, text, and customer_id where it is known.
    params
        `min_cell`, the records that a mean must rest on.
    """
    ordered = feedback.sort_values("feedback_id", kind="stable").reset_index(drop=True)
    times = pd.to_datetime(ordered["created_at"], utc=True)
    bursts, in_burst = _bursts(ordered, times)
    repeats, repeated = _repeats(ordered, times)
    reason = np.where(in_burst, "burst", np.where(repeated, "repeated text", ""))
    flagged = pd.DataFrame({"feedback_id": ordered["feedback_id"].astype(str), "reason": reason})
    measures = ("score", "rating") if classified.rating_varies else ("score",)
    rows = [row for measure in measures for row in _means(panel, measure, reason != "", params)]
    columns = ["measure", "per", "n", "mean", "low", "high", "change", "change_low", "change_high"]
    means = pd.DataFrame(rows, columns=columns)
    known = panel.frame["score"].notna().to_numpy()
    named = _named(ordered) & known
    size = np.bincount(panel.frame["cluster"].to_numpy(int)[named])
    return Bursts(
        n=int(known.sum()),
        checks=_checks(panel, measures, named, params.min_cell),
        named=int(named.sum()),
        again=int((size > 1).sum()),
        means=means,
        bursts=bursts,
        repeats=repeats,
        flagged=flagged[flagged["reason"] != ""].reset_index(drop=True),
        trusted=classified.trusted,
        unlike=classified.unlike,
    )


def _bursts(ordered: pd.DataFrame, times: pd.Series) -> tuple[pd.DataFrame, np.ndarray]:
    """Customers with an improbable week, and which records lie in it."""
    columns = ["customer_id", "messages", "in_week", "from", "expected_in_week", "p"]
    inside = np.zeros(len(ordered), bool)
    none = pd.DataFrame(columns=columns)
    if "customer_id" not in ordered or times.notna().sum() < _FEWEST:
        return none, inside
    dated = (times.notna() & ordered["customer_id"].notna()).to_numpy()
    days = (times - times.min()).dt.total_seconds().to_numpy() / 86_400
    span = max(float(np.nanmax(days)), float(_DAYS))
    who = ordered["customer_id"].astype(str).to_numpy()
    sizes = pd.Series(who[dated]).value_counts()
    usual = float(sizes.mean()) * _DAYS / span if len(sizes) else 0.0
    rows = []
    for name, at in _places(who, dated, sizes[sizes >= _FEWEST].index):
        at = at[np.argsort(days[at], kind="stable")]
        week, expected, p = _densest(days[at], _DAYS, span, usual)
        p *= len(sizes)  # each customer was looked at
        if len(week) >= _FEWEST and p < _ALPHA:
            inside[at[week]] = True
            begins = times.iloc[at[week[0]]].tz_localize(None)
            rows.append((name, len(at), len(week), begins, expected, p))
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values(["in_week", "customer_id"], ascending=[False, True],
                             ignore_index=True), inside  # fmt: skip


def _places(
    values: np.ndarray, mask: np.ndarray, names: Sequence[str]
) -> Iterator[tuple[str, np.ndarray]]:
    """Each of the names, sorted, and where it stands among the masked values, ascending."""
    at = np.flatnonzero(mask & pd.Series(values, dtype=object).isin(names).to_numpy())
    found, code = np.unique(values[at], return_inverse=True)
    order = np.argsort(code, kind="stable")
    parts = np.split(at[order], np.flatnonzero(np.diff(code[order])) + 1)
    yield from zip(found, parts, strict=False)


def _densest(
    days: np.ndarray, width: float, span: float, usual: float
) -> tuple[np.ndarray, float, float]:
    """Positions in the fullest window of sorted times, the number expected in it, and its p.

    Expected is the larger of `usual` and the rate outside that window; p is the Poisson tail,
    times the windows, of which each time begins one; 1 where fewer than five fell into it.
    """
    end = np.searchsorted(days, days + width, side="left")
    counts = end - np.arange(len(days))
    best = int(counts.argmax())
    if counts[best] < _FEWEST:
        return np.arange(best, end[best]), usual, 1.0
    rest = (len(days) - counts[best]) * width / max(span - width, width)
    expected = max(usual, rest)
    p = float(stats.poisson.sf(counts[best] - 1, expected)) * len(days)
    return np.arange(best, end[best]), expected, min(p, 1.0)


def _repeats(ordered: pd.DataFrame, times: pd.Series) -> tuple[pd.DataFrame, np.ndarray]:
    """Texts of some length that came five times or more within a day, and their records."""
    columns = ["copies", "in_day", "from", "customers", "feedback_id"]
    inside = np.zeros(len(ordered), bool)
    text = ordered["text"].map(lambda value: value if isinstance(value, str) else "")
    key = text.map(_letters)
    counts = key.value_counts()
    least = {
        name: _FEWEST if _length(name) >= _LETTERS else _FLOOD
        for name in counts[counts >= _FEWEST].index
        if _length(name) >= _SHORT
    }
    often = [name for name, fewest in least.items() if counts[name] >= fewest]
    days = (times - times.min()).dt.total_seconds().to_numpy() / 86_400
    span = max(float(np.nanmax(days, initial=0)), 1.0)
    rows = []
    for name, at in _places(key.to_numpy(object), times.notna().to_numpy(), often):
        if len(at) < least[name]:
            continue
        at = at[np.argsort(days[at], kind="stable")]
        day, _, p = _densest(days[at], 1, span, 1 / span)
        if len(day) < least[name] or p * len(often) >= _ALPHA:
            continue
        inside[at[day]] = True
        who = ordered["customer_id"].iloc[at].nunique() if "customer_id" in ordered else 0
        begins = times.iloc[at[day[0]]].tz_localize(None)
        one = str(ordered["feedback_id"].iloc[at[day[0]]])
        rows.append((len(at), len(day), begins, who, one))
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values(["in_day", "feedback_id"], ascending=[False, True],
                             ignore_index=True), inside  # fmt: skip


def _letters(text: str) -> str:
    return re.sub(r"\d+", "0", re.sub(r"[\W_]+", "", text.casefold()))


def _length(key: str) -> int:
    return len(key) + 2 * len(re.findall(r"[\u4e00-\u9fff]", key))


def _means(panel: Panel, measure: str, flagged: np.ndarray, params: Params) -> list[tuple]:
    """One row by message, one by customer, and one by message without the flagged ones."""
    name = "sentiment" if measure == "score" else "rating"
    known = panel.frame[measure].notna().to_numpy()
    ways = [("message", known), ("customer", known)]
    if flagged.any():
        ways.append(("message not flagged", known & ~flagged))
    rows = []
    for per, mask in ways:
        part = panel.frame[mask]
        if len(part) < params.min_cell:
            continue
        if per == "customer":
            each = part.groupby("cluster")[measure].mean().to_numpy(float)
            found = mean_t(each)
            whole = (found.n, found.estimate, found.low, found.high)
        else:
            mean = cluster_mean(part[measure].to_numpy(float), part["cluster"].to_numpy())
            whole = (mean.n, mean.mean, mean.low, mean.high)
        rows.append((name, per, *whole, *_halves(panel, mask, measure, per, params.min_cell)))
    return rows


def _halves(
    panel: Panel, mask: np.ndarray, measure: str, per: str, least: int
) -> tuple[float, float, float]:
    period = panel.frame["period"]
    dated = mask & period.notna().to_numpy()
    periods = np.sort(period[dated].unique())
    if len(periods) < 2:
        return (np.nan,) * 3
    late = (period >= periods[(len(periods) + 1) // 2]).to_numpy()
    sides = [np.flatnonzero(dated & ~late), np.flatnonzero(dated & late)]
    counted = panel.votes if per == "customer" else panel.window
    windows = [counted(rows, measure) for rows in sides]
    if min(len(values) for values, _, _ in windows) < least:
        return (np.nan,) * 3
    found = split_change(*windows)
    return found.true, found.true_low, found.true_high


def _named(ordered: pd.DataFrame) -> np.ndarray:
    if "customer_id" not in ordered:
        return np.zeros(len(ordered), bool)
    return ordered["customer_id"].notna().to_numpy(bool)


def _checks(
    panel: Panel, measures: tuple[str, ...], named: np.ndarray, least: int
) -> tuple[Check, ...]:
    share = float(named.mean()) if len(named) else 0.0
    detail = _(
        "{share} of the records name their customer; of the others each counts "
        "for itself, and one person under several names is not found",
        share=percent(share),
    )
    found = [Check(_("authors are known"), None if share < 1 else True, detail)]
    for measure in measures:
        known = panel.frame[measure].notna().to_numpy()
        values = panel.frame[measure].to_numpy(float)[known]
        cluster = np.unique(panel.frame["cluster"].to_numpy(int)[known], return_inverse=True)[1]
        size = np.bincount(cluster)
        if len(values) < least or not (size > 1).any():
            continue  # nobody is known to have written twice: both ways of counting are one
        found.append(_agree("sentiment" if measure == "score" else "rating", values, cluster, size))
    return tuple(found)


def _agree(name: str, values: np.ndarray, cluster: np.ndarray, size: np.ndarray) -> Check:
    """Whether those who write often feel as the others do; a single loud one is named as such."""
    loudest = int(size.argmax())
    loud = size[loudest] > _LOUD * len(values) and len(size) > 1
    others = cluster != loudest if loud else np.ones(len(values), bool)
    gap = votes_apart(values[others], cluster[others])
    mean = mean_of(name)
    parts = [
        _(
            "{mean} by message less that by customer, the busiest left out: {gap}",
            mean=mean,
            gap=_gap(gap),
        )
        if loud
        else _("{mean} by message less that by customer: {gap}", mean=mean, gap=_gap(gap))
    ]
    # that busy writers feel otherwise is usual, and the finding quotes both means: no alarm
    agree = None if gap.low > 0 or gap.high < 0 else True
    if agree is None:
        parts.append(_("those who write often feel otherwise, quote customers"))
    rest = cluster_mean(values[others], cluster[others])
    if loud and not rest.low <= values.mean() <= rest.high:
        agree = False
        parts.append(
            _(
                "one customer wrote {share} of the messages and moves the mean by {change}, quote "
                "customers",
                share=percent(size[loudest] / len(values)),
                change=signed(values.mean() - rest.mean),
            )
        )
    title = _("{measure}: messages and customers agree", measure=shown(name))
    return Check(title, agree, _("; ").join(parts))


def _gap(gap: Mean) -> str:
    return f"{signed(gap.mean)} {interval(gap.low, gap.high, '+.2f')}"


def _interval(row: pd.Series) -> str:
    if np.isnan(row["low"]):
        return _("{mean} (without an interval: one customer)", mean=signed(row["mean"]))
    return f"{signed(row['mean'])} {interval(row['low'], row['high'], '+.2f')}"


def _authors(n: int) -> str:
    if not n:
        return _("No authors wrote in a burst")
    return plural("{n} author wrote in a burst", "{n} authors wrote in a burst", n)


def _texts(n: int) -> str:
    if not n:
        return _("no texts came over and over within a day")
    return plural(
        "{n} text came over and over within a day",
        "{n} texts came over and over within a day",
        n,
    )
