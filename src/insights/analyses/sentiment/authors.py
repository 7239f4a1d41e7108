"""Who writes: bursts of one author, texts sent over and over, means with one vote a customer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from insights.result import Check, Result
from insights.stats.calendar import Calendar
from insights.stats.decomposition import cluster_mean, split_change
from insights.stats.intervals import mean_t

from .panel import Panel, build_panel, one_vote
from .params import Params
from .result import Classified

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Authors", "authors"]

_DAYS = 7
_FEWEST = 5  # messages of one author in a week, or copies of a text in a day, that may be flagged
_ALPHA = 0.01  # chance that any author at all is flagged when all write at a steady rate
_LETTERS = 20  # of a text below which its repetition is small talk; a Chinese character counts 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Authors(Result):
    """Means per message and per customer, and who writes in bursts. `n`: records with a score.

    Attributes
    ----------
    means
        measure, per (message, customer, message not flagged), n, mean, low, high, change,
        change_low, change_high: the change is that of the later half of the periods against the
        earlier, at a fixed channel mix.
    bursts
        customer_id, messages, in_week, from, expected_in_week, p; one row a flagged customer.
    repeats
        copies, in_day, from, customers, feedback_id (of one); one row a text sent over and over.
    flagged
        feedback_id, reason (burst, repeated text).
    """

    means: pd.DataFrame
    bursts: pd.DataFrame
    repeats: pd.DataFrame
    flagged: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Return one row a measure and way of counting."""
        return self.means

    def text(self) -> str:
        """Say whether counting customers instead of messages tells another story."""
        at = self.means[self.means["measure"] == "sentiment"].set_index("per")
        if "customer" not in at.index or not np.isfinite(at.loc["customer", "mean"]):
            text = f"Too few records to count customers beside messages (n = {self.n:,})."
            return f"{text} {self.doubts()}".strip()
        one, two = at.loc["message"], at.loc["customer"]
        parts = [
            f"Counted by message (n = {int(one['n']):,}) mean sentiment is {_interval(one)}; with "
            f"one vote a customer (n = {int(two['n']):,}) it is {_interval(two)}."
        ]
        if np.isfinite(two["change"]):
            moved = two["change_low"] > 0 or two["change_high"] < 0
            parts.append(
                f"{'It changed by' if moved else 'No detectable change among customers:'} "
                f"{two['change']:+.3f} [{two['change_low']:+.3f}, {two['change_high']:+.3f}]."
            )
        parts.append(
            f"{_count(len(self.bursts), 'author')} wrote in a burst and "
            f"{_count(len(self.repeats), 'text').lower()} came over and over within a day: "
            f"{len(self.flagged):,} messages are marked, none is left out."
        )
        return " ".join(filter(None, [*parts, self.doubts()]))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the means by message and by customer."""
        from .plots import authors

        return authors(self, ax)


def authors(
    feedback: pd.DataFrame, classified: Classified, *, calendar: Calendar, params: Params
) -> Authors:
    """Find bursts and texts sent over and over, and count every customer once beside them.

    *Burst*: five or more messages of a customer within seven days, where so many are improbable
    at the larger of the customer's own rate outside that week and the mean rate of all known
    customers (Poisson tail, Bonferroni over windows and customers, in all 1 %). *Repeated text*:
    the same text (letters alone, digits alike) of twenty letters or more, five times or more
    within a day and improbably so at its own rate on other days, as scripts send it. Nothing is
    removed: in every mean per customer an author counts once, whatever number of messages, and so
    does a repeated text without an author.
    """
    panel = build_panel(
        feedback,
        classified.records,
        calendar=calendar,
        period=params.period,
        min_cell=params.min_cell,
    )
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
    return Authors(
        n=int(panel.frame["score"].notna().sum()),
        checks=_checks(ordered, means),
        means=means,
        bursts=bursts,
        repeats=repeats,
        flagged=flagged[flagged["reason"] != ""].reset_index(drop=True),
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
    for name in sorted(sizes[sizes >= _FEWEST].index):
        at = np.flatnonzero(dated & (who == name))
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


def _densest(
    days: np.ndarray, width: float, span: float, usual: float
) -> tuple[np.ndarray, float, float]:
    """Positions in the fullest window of sorted times, the number expected in it, and its p.

    Expected is the larger of `usual` and the rate outside that window; p is the Poisson tail,
    times the windows, of which each time begins one.
    """
    end = np.searchsorted(days, days + width, side="left")
    held = end - np.arange(len(days))
    best = int(held.argmax())
    rest = (len(days) - held[best]) * width / max(span - width, width)
    expected = max(usual, rest)
    p = float(stats.poisson.sf(held[best] - 1, expected)) * len(days)
    return np.arange(best, end[best]), expected, min(p, 1.0)


def _repeats(ordered: pd.DataFrame, times: pd.Series) -> tuple[pd.DataFrame, np.ndarray]:
    """Texts of some length that came five times or more within a day, and their records."""
    columns = ["copies", "in_day", "from", "customers", "feedback_id"]
    inside = np.zeros(len(ordered), bool)
    text = ordered["text"].map(lambda value: value if isinstance(value, str) else "")
    key = text.map(_letters)
    counts = key.value_counts()
    often = counts[(counts >= _FEWEST) & (counts.index.map(_length) >= _LETTERS)].index
    days = (times - times.min()).dt.total_seconds().to_numpy() / 86_400
    span = max(float(np.nanmax(days, initial=0)), 1.0)
    rows = []
    for name in sorted(often):
        at = np.flatnonzero((key == name).to_numpy() & times.notna().to_numpy())
        if len(at) < _FEWEST:
            continue
        at = at[np.argsort(days[at], kind="stable")]
        day, _, p = _densest(days[at], 1, span, 1 / span)
        if len(day) < _FEWEST or p * len(often) >= _ALPHA:
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
        rows.append((name, per, *whole, *_halves(part, measure, per, params.min_cell)))
    return rows


def _halves(part: pd.DataFrame, measure: str, per: str, least: int) -> tuple[float, float, float]:
    dated = part[part["period"].notna()]
    periods = np.sort(dated["period"].unique())
    if len(periods) < 2:
        return (np.nan,) * 3
    cut = periods[(len(periods) + 1) // 2]
    sides = [dated[dated["period"] < cut], dated[dated["period"] >= cut]]
    windows = [
        one_vote(side, measure)
        if per == "customer"
        else tuple(side[c].to_numpy() for c in (measure, "stratum", "cluster"))
        for side in sides
    ]
    if min(len(values) for values, _, _ in windows) < least:
        return (np.nan,) * 3
    found = split_change(*windows)
    return found.true, found.true_low, found.true_high


def _checks(ordered: pd.DataFrame, means: pd.DataFrame) -> tuple[Check, ...]:
    known = float(ordered["customer_id"].notna().mean()) if "customer_id" in ordered else 0.0
    detail = (
        f"{known:.0%} of the records name their customer; of the others each counts for itself, "
        "and one person under several names is not found"
    )
    found = [Check("authors are known", None if known < 1 else True, detail)]
    for name, part in means.groupby("measure", sort=False):
        at = part.set_index("per")
        if not {"message", "customer"} <= set(at.index):
            continue
        one, two = at.loc["message"], at.loc["customer"]
        apart = one["low"] > two["high"] or two["low"] > one["high"]
        detail = f"mean {name} {_interval(one)} by message, {_interval(two)} by customer"
        if apart:
            detail += ": those who write often feel otherwise, quote customers"
        found.append(Check(f"{name}: messages and customers agree", not apart, detail))
    return tuple(found)


def _interval(row: pd.Series) -> str:
    return f"{row['mean']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]"


def _count(number: int, noun: str) -> str:
    return f"{number or 'No'} {noun}{'' if number == 1 else 's'}"
