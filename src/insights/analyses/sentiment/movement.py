"""What the sentiment analysis claims about time: means a period, and changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.result import Result
from insights.settings import Period
from insights.stats.calendar import ordinals, period_name

__all__ = ["UNLIKE", "UNMEASURED", "Changes", "Trend", "caveat"]

UNMEASURED = (
    "Intervals of sentiment hold chance alone: how wrong the scores are could not be measured on "
    "this study."
)
UNLIKE = (
    "The texts are not like those the model was tried on: these are means of its scores, and "
    "whether customers feel so cannot be told."
)


def caveat(trusted: bool | None, unlike: bool) -> str:
    """What intervals of sentiment leave out; nothing where the error is known."""
    if unlike:
        return UNLIKE
    return UNMEASURED if trusted is None else ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Trend(Result, table="cells", figure="trend"):
    """Means per period and group. `n`: records with a score."""

    cells: pd.DataFrame
    period: Period
    min_cell: int
    channels: int
    engine: str
    dimensions: tuple[str, ...] = ()
    partial: tuple[pd.Timestamp, ...] = ()
    trusted: bool | None = True
    unlike: bool = False

    def groups(self) -> tuple[str, ...]:
        """Return the groups in the order of the table."""
        return tuple(dict.fromkeys(self.cells["group"]))

    def measures(self) -> tuple[str, ...]:
        """Return what can be drawn: sentiment, and rating where it varies."""
        rated = "rating_mean" in self.cells and self.cells["rating_mean"].notna().any()
        return ("sentiment", "rating") if rated else ("sentiment",)

    def sentences(self) -> list[str]:
        """Give the last shown period beside the range of all of them."""
        every = self.cells[self.cells["group"] == "all"]
        shown = every[every["mean"].notna()]
        whole = shown[~shown["period"].isin(self.partial)]
        if whole.empty:
            what = f"No whole {self.period}" if len(shown) else f"No {self.period}"
            return [
                f"{what} holds {self.min_cell} records with a score, "
                f"so no mean is {'quoted' if len(shown) else 'shown'} (n = {self.n:,})."
            ]
        last, top, low = (whole.iloc[-1], whole.loc[whole["mean"].idxmax()],
                          whole.loc[whole["mean"].idxmin()])  # fmt: skip
        name = self._named(last)
        parts = [
            f"{'On' if self.period == 'day' else 'In'} {name} mean sentiment, from -1 to 1, was "
            f"{last['mean']:+.2f} [{last['low']:+.2f}, {last['high']:+.2f}] "
            f"(n = {int(last['n']):,}); over {len(whole)} {self.period}s{self._left_out(every)} "
            f"(n = {self.n:,} in all) it lay between {low['mean']:+.2f} ({self._named(low)}) and "
            f"{top['mean']:+.2f} ({self._named(top)})."
        ]
        if self.dimensions and np.isfinite(last["adjusted"]):
            parts.append(
                f"At the {mix_of(list(self.dimensions))} of the whole time it would have been "
                f"{last['adjusted']:+.2f} "
                f"[{last['adjusted_low']:+.2f}, {last['adjusted_high']:+.2f}]."
            )
        if "rating" in self.measures() and np.isfinite(last["rating_mean"]):
            parts.append(
                f"The mean rating in it was {last['rating_mean']:.0%} of its scale "
                f"[{last['rating_low']:.0%}, {last['rating_high']:.0%}] "
                f"(n = {int(last['rating_n']):,})."
            )
        return [*parts, caveat(self.trusted, self.unlike)]

    def _named(self, row: pd.Series) -> str:
        return period_name(row["period"], self.period, row.get("first_record"))

    def _left_out(self, every: pd.DataFrame) -> str:
        """Which periods between the first and the last are not counted, and why."""
        starts = every["period"]
        span = int(np.ptp(ordinals(starts.to_numpy(), self.period))) + 1
        cut = int(starts.isin(self.partial).sum())
        thin = int((every["mean"].isna() & ~starts.isin(self.partial)).sum())
        parts = []
        if cut:
            parts.append(f"{cut} spanned in part")
        if thin:
            parts.append(f"{thin} with fewer than {self.min_cell} records")
        if span > len(starts):
            parts.append(f"{span - len(starts)} without any")
        return f" (left out: {and_listed(parts)})" if parts else ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Changes(Result, table="comparisons", figure="changes"):
    """Changes between windows, split into true change and mix. `n`: records with a score."""

    comparisons: pd.DataFrame
    alerted: pd.DataFrame
    history: pd.DataFrame
    fdr: float
    period: str
    dimensions: tuple[str, ...]
    trusted: bool | None
    engine: str
    unlike: bool = False  # the texts lie beyond what the prior was tried on

    def alerts(self) -> pd.DataFrame:
        """Return the groups whose last period fell at a fixed mix; often none."""
        return self.alerted

    def digest(self) -> pd.DataFrame:
        """Return every detectable fall of the whole time, with what became of it."""
        return self.history.drop(columns="records")

    def sentences(self) -> list[str]:
        """Say whether sentiment changed, at a fixed mix; 'no detectable change' by default."""
        if self.trusted is False:
            rating = self._halves("rating")
            return [
                "Sentiment is not reported: on this study's own ratings, text does not tell "
                f"negative records from others (n = {self.n:,}).",
                *(_compared(rating) if rating is not None else ()),
            ]
        if self.unlike:
            rating = self._halves("rating")
            return [
                f"Cannot tell whether sentiment changed (n = {self.n:,}): the texts are not like "
                "those that the model which scores them was tried on.",
                *(_compared(rating) if rating is not None else ()),
            ]
        row = self._halves("sentiment")
        if row is None:
            return [
                f"Cannot tell whether sentiment changed: too few records (n = {self.n:,}).",
                "Two periods with records enough are needed.",
            ]
        parts = _compared(row)
        rating = self._halves("rating")
        if rating is not None:
            parts += _compared(rating)
        groups = self._found()
        tested = self.comparisons[self.comparisons["comparison"] == "halves"]["group"].nunique() - 1
        if tested > 0:
            named = f": {', '.join(groups[:4])}" if groups else ""
            parts.append(
                f"Of {tested} group{'s' * (tested > 1)} {len(groups) or 'none'} changed detectably "
                "in sentiment "
                f"(false discovery rate {self.fdr:.0%}){named}."
            )
        if self.trusted is None:
            parts.append(UNMEASURED)
        return parts

    def _halves(self, measure: str) -> pd.Series | None:
        table = self.comparisons
        found = table[
            (table["comparison"] == "halves")
            & (table["group"] == "all")
            & (table["measure"] == measure)
        ]
        return None if found.empty else found.iloc[0]

    def _found(self) -> list[str]:
        table = self.comparisons
        at = (
            (table["comparison"] == "halves")
            & (table["measure"] == "sentiment")
            & (table["group"] != "all")
            & (table["q"] < self.fdr)
        )
        found = table[at].sort_values("q", kind="stable")
        return [f"{row.group} ({row.true_change:+.2f})" for row in found.itertuples()]


def _compared(row: pd.Series) -> list[str]:
    """One comparison in words, what matters most first."""
    name = "mean sentiment" if row["measure"] == "sentiment" else "mean rating"
    n = f"n = {int(row['n_first']):,} and {int(row['n_second']):,}"
    span = [
        f"{row[key]:%Y-%m-%d}" for key in ("first_from", "first_to", "second_from", "second_to")
    ]
    since = f"between {span[0]} to {span[1]} and {span[2]} to {span[3]}"
    raw = f"{row['change']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]"
    if np.isnan(row["low"]):
        return [
            f"Cannot tell whether {name} changed {since}: all that is known comes from one "
            f"customer; as it stands it moved by {row['change']:+.3f} ({n})."
        ]
    if np.isnan(row["true_low"]):
        return [
            f"Cannot tell whether {name} changed {since}: no channel is there in both times, or "
            "too few records are.",
            f"As it stands it moved by {raw} ({n}).",
        ]
    interval = f"{row['true_change']:+.3f} [{row['true_low']:+.3f}, {row['true_high']:+.3f}]"
    interval += " of its scale" if row["measure"] == "rating" else ""
    names = [name for name in row["fixed"].split(", ") if name]
    fixed = f" at a fixed {mix_of(names)}" if names else ""
    if not (row["true_low"] > 0 or row["true_high"] < 0):
        parts = [f"No detectable change of {name}{fixed} {since}: {interval} ({n})."]
    else:
        verb = "rose" if row["true_change"] > 0 else "fell"
        parts = [f"{name.capitalize()}{fixed} {verb} {since}: {interval} ({n})."]
    moved = row["low"] > 0 or row["high"] < 0
    mixed = row["mix_low"] > 0 or row["mix_high"] < 0
    changed = row["true_low"] > 0 or row["true_high"] < 0
    if names and (mixed or moved != changed):
        parts.append(
            f"As it stands it moved by {raw}, of which {row['mix_change']:+.3f} "
            f"[{row['mix_low']:+.3f}, {row['mix_high']:+.3f}] is a change in who writes and where."
        )
    if mixed and len(names) > 1 and row["mix_dimension"]:
        parts.append(
            f"Of these dimensions {row['mix_dimension']} explains the most of it "
            f"({row['mix_of_it']:+.3f})."
        )
    return parts


def mix_of(names: list[str]) -> str:
    """Write 'channel mix', or 'mix of channel and language'."""
    return f"{names[0]} mix" if len(names) == 1 else f"mix of {and_listed(names)}"


def and_listed(names: list[str]) -> str:
    """Write 'a', 'a and b', 'a, b and c'."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
