"""What the topics notebook claims about time: shares a period, changes, surges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from insights.result import Check, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FDR", "MIX", "TopicChange", "TopicSurge", "TopicTrend", "day", "plural"]

FDR = 0.05  # expected share of false alarms among the changes that are named

MIX = Check(
    "who writes and where",
    None,
    "shares are of all records as they came; when one channel or group writes more than before, "
    "shares move although no group's feedback changed",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicTrend(Result):
    """Share of each topic in each period; n counts dated records.

    Attributes
    ----------
    trend
        Contract table `topic_trend`, and total (records of the period) and complete.
    names
        Topic id to label, largest topic first, '-1' last.
    """

    trend: pd.DataFrame
    period: str
    names: Mapping[str, str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "checks", (*self.checks, *_trend_checks(self)))

    def table(self) -> pd.DataFrame:
        """Return the contract table `topic_trend`."""
        return self.trend

    def text(self) -> str:
        """Say over which periods the shares run."""
        periods = self.trend["period"].drop_duplicates()
        usual = self.trend.drop_duplicates("period")["total"].median()
        return (
            f"Shares of {len(self.names) - 1} topics in {len(periods)} {self.period}s from "
            f"{day(periods.iloc[0], self.period)} to {day(periods.iloc[-1], self.period)}, "
            f"{self.n:,} records, half of the {self.period}s with {usual:,.0f} or more; bands are "
            f"95 % intervals. {self.doubts()}"
        ).strip()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the largest topics, one small panel each."""
        from insights.analyses.topics.plots import trend_panels

        return trend_panels(self, ax)


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicChange(Result):
    """Recent shares against earlier ones; n counts records of the periods compared.

    Attributes
    ----------
    thin_recent, thin_earlier
        Periods of fewer than 30 records among the recent and the earlier ones, left out.
    """

    changes: pd.DataFrame
    periods: int
    recent: int
    period: str
    since: pd.Timestamp | None = None
    thin_recent: int = 0
    thin_earlier: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "checks", (*self.checks, MIX))

    @property
    def found(self) -> pd.DataFrame:
        """The changes that stand after the correction, largest first."""
        kept = self.changes[self.changes["q"] <= FDR]
        return kept.sort_values("estimate", key=abs, ascending=False, kind="stable")

    def table(self) -> pd.DataFrame:
        """Return one row a topic: shares, difference, interval, p, q."""
        return self.changes

    def text(self) -> str:
        """Name the largest change, or say that there is none to be seen."""
        if self.changes.empty and self.periods >= 4:
            return f"There is no topic whose change could be tested (n = {self.n:,})."
        if self.changes.empty:
            return (
                f"Cannot tell whether topics changed: {self.periods} complete {self.period}s with "
                f"at least 30 records each (n = {self.n:,}), and 4 are needed."
            )
        span = f"the last {self.recent} complete {plural(self.period, self.recent)} (since "
        earlier = self.periods - self.recent
        span += f"{day(self.since, self.period)}{left_out(self.thin_recent, self.period)}) and "
        span += f"{earlier} before{left_out(self.thin_earlier, self.period)}"
        tested = f"{len(self.changes)} topics tested, n = {self.n:,}"
        if self.found.empty:
            return f"No detectable change of any topic's share between {span} ({tested})."
        top = self.found.iloc[0]
        verb = "rose" if top["estimate"] > 0 else "fell"
        more = f" {len(self.found) - 1} more changed." if len(self.found) > 1 else ""
        return (
            f"The share of “{top['label']}” {verb} from {top['earlier_share']:.1%} to "
            f"{top['recent_share']:.1%} between {span}: a difference of "
            f"{_points(top)}, q {_p(top['q'])} ({tested}).{more}"
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the differences with their intervals."""
        from insights.analyses.topics.plots import change_intervals

        return change_intervals(self, ax)


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicSurge(Result):
    """The run of periods in which each topic stood out most; n counts records."""

    surges: pd.DataFrame
    periods: int
    period: str

    def __post_init__(self) -> None:
        detail = (
            "runs were searched for, so their intervals are too narrow and their first and last "
            f"{self.period}s are estimates; the q-value accounts for the search"
        )
        found = Check("chosen runs", None, detail)
        object.__setattr__(self, "checks", (*self.checks, found, MIX))

    @property
    def found(self) -> pd.DataFrame:
        """The surges that stand after the correction, largest first."""
        kept = self.surges[self.surges["q"] <= FDR]
        return kept.sort_values("estimate", ascending=False, kind="stable")

    def table(self) -> pd.DataFrame:
        """Return one row a topic: its best run, shares in and out of it, p, q."""
        return self.surges

    def text(self) -> str:
        """Name the largest surge and about when it began, or say that there is none."""
        if self.surges.empty and self.periods >= 8:
            return f"There is no topic that could have surged (n = {self.n:,})."
        if self.surges.empty:
            return (
                f"Cannot tell whether a topic surged: {self.periods} complete {self.period}s with "
                f"at least 30 records each (n = {self.n:,}), and 8 are needed."
            )
        tested = f"{len(self.surges)} topics and every run of {self.period}s searched, "
        tested += f"n = {self.n:,}"
        if self.found.empty:
            return f"No detectable surge of any topic ({tested})."
        top = self.found.iloc[0]
        last = f"the last complete {self.period}"
        end = last if top["lasting"] else day(top["end"], self.period)
        when = f"from about {day(top['start'], self.period)} to {end}"
        more = f" {len(self.found) - 1} more stood out." if len(self.found) > 1 else ""
        return (
            f"“{top['label']}” stood out {when}: {top['share']:.1%} of records against "
            f"{top['otherwise']:.1%} otherwise, a difference of {_points(top)}, "
            f"q {_p(top['q'])} ({tested}).{more}"
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the runs that stood out on the calendar."""
        from insights.analyses.topics.plots import surge_runs

        return surge_runs(self, ax)


def _trend_checks(trend: TopicTrend) -> list[Check]:
    each = trend.trend.drop_duplicates("period")
    cut = each.loc[~each["complete"], "period"]
    small = int((each["total"] < 30).sum())
    cut_text = ", ".join(day(value, trend.period) for value in cut) or "none"
    return [
        Check(
            "periods the data cover only in part",
            None,
            f"{cut_text}; left out of the tests, hollow in the figure",
        ),
        Check(
            "periods with few records",
            None,
            f"{small} of {len(each)} {trend.period}s have fewer than 30 records; their shares "
            "are not shown",
        ),
    ]


def _points(row: pd.Series) -> str:
    return (
        f"{100 * row['estimate']:+.1f} percentage points "
        f"[{100 * row['low']:+.1f}, {100 * row['high']:+.1f}]"
    )


def _p(value: float) -> str:
    return "< .001" if value < 0.001 else f"= {value:.3f}".replace("0.", ".", 1)


def day(value, period: str) -> str:
    """Write the first day of a period as people name the period."""
    stamp = pd.Timestamp(value)
    forms = {"month": "%B %Y", "year": "%Y"}
    if period == "quarter":
        return f"{stamp.year} Q{stamp.quarter}"
    return stamp.strftime(forms.get(period, "%Y-%m-%d"))


def plural(word: str, n: int) -> str:
    """Write the word for one or for several."""
    return word if n == 1 else f"{word}s"


def left_out(thin: int, period: str) -> str:
    """Say how many periods among those named were left out for too few records; '' for none."""
    return f", {thin} {plural(period, thin)} of fewer than 30 records left out" if thin else ""
