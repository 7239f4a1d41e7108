"""Changes of topics' shares at a fixed channel mix: what changed within channels, what by mix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from insights.analyses.topics.movement import FDR, TopicChange, TopicTrend, day, plural
from insights.analyses.topics.result import TopicModel
from insights.analyses.topics.trend import recent_periods, usable_periods
from insights.analyses.topics.writers import writers_of
from insights.result import Check, Result
from insights.stats.calendar import Calendar
from insights.stats.decomposition import split_change
from insights.stats.multiplicity import q_values

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["TopicMix", "topic_mix"]

_COLUMNS = {
    "topic_id": "str",
    "label": "str",
    "change": "float64",
    "low": "float64",
    "high": "float64",
    "within": "float64",
    "within_low": "float64",
    "within_high": "float64",
    "mix": "float64",
    "mix_low": "float64",
    "mix_high": "float64",
    "p": "float64",
    "q": "float64",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicMix(Result):
    """Each topic's change split into change within channels and change of mix; n counts records.

    Attributes
    ----------
    parts
        change = within + mix, exactly, each with its interval; p and q are of *within*.
    channels
        Share of each channel before and lately: channel, earlier, recent.
    """

    parts: pd.DataFrame
    channels: pd.DataFrame
    period: str
    recent: int
    since: pd.Timestamp | None = None

    def __post_init__(self) -> None:
        detail = (
            f"by {len(self.channels)} channels; the interaction is shared equally between the two, "
            "and a channel of one time only counts as mix"
        )
        if len(self.channels) < 2:
            detail = "one channel only: a change in who writes cannot be told from a true change"
        found = Check("mix and change within channels told apart", None, detail)
        object.__setattr__(self, "checks", (*self.checks, found))

    @property
    def found(self) -> pd.DataFrame:
        """Topics whose share changed within channels, largest change first."""
        kept = self.parts[self.parts["q"] <= FDR]
        return kept.sort_values("within", key=abs, ascending=False, kind="stable")

    def table(self) -> pd.DataFrame:
        """Return one row a topic."""
        return self.parts

    def text(self) -> str:
        """Say how much of the largest change is only a change of mix."""
        if self.parts.empty:
            return (
                f"No change of topics' shares is split: fewer than 4 {self.period}s are complete, "
                f"or there is one channel only (n = {self.n:,})."
            )
        tested = f"{len(self.parts)} topics, {len(self.channels)} channels, n = {self.n:,}"
        since = f"the last {self.recent} complete {plural(self.period, self.recent)} (since "
        since += f"{day(self.since, self.period)})"
        moved = self.channels.assign(by=self.channels["recent"] - self.channels["earlier"])
        most = moved.loc[moved["by"].abs().idxmax()]
        mix = (
            f"The channel mix moved most at {most['channel']}, from {most['earlier']:.1%} to "
            f"{most['recent']:.1%} of records"
        )
        if self.found.empty:
            return (
                f"At a fixed channel mix no topic's share changed detectably in {since} "
                f"({tested}). {mix}."
            )
        top = self.found.iloc[0]
        more = f" {len(self.found) - 1} more changed." if len(self.found) > 1 else ""
        return (
            f"At a fixed channel mix the share of “{top['label']}” changed by "
            f"{100 * top['within']:+.1f} percentage points [{100 * top['within_low']:+.1f}, "
            f"{100 * top['within_high']:+.1f}] in {since}; of the raw change of "
            f"{100 * top['change']:+.1f} points, {100 * top['mix']:+.1f} are the mix ({tested})."
            f"{more} {mix}."
        )

    def html(self) -> str:
        """Return a note in the figure's place when there is nothing to draw."""
        return "" if len(self.parts) else '<p class="note">There is nothing to draw.</p>'

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw both parts of each change."""
        from insights.analyses.topics.plots import mix_parts

        return mix_parts(self, ax)


def topic_mix(
    model: TopicModel,
    feedback: pd.DataFrame,
    trend: TopicTrend,
    change: TopicChange,
    *,
    calendar: Calendar,
) -> TopicMix:
    """Split each change of `topic_changes` by channel (Kitagawa 1955; `stats.decomposition`).

    Variances are taken over customers and widened by the same dispersion between periods as
    there; q after Benjamini and Hochberg over the topics.
    """
    counts, total = usable_periods(trend)
    empty = TopicMix(
        n=int(total.sum()),
        parts=pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _COLUMNS.items()}),
        channels=pd.DataFrame({"channel": [], "earlier": [], "recent": []}),
        period=trend.period,
        recent=change.recent,
        since=change.since,
    )
    if change.changes.empty or "channel" not in feedback:
        return empty
    frame = _windowed(model, feedback, counts.index, trend.period, calendar)
    channels = sorted(set(frame["channel"]))
    if len(channels) < 2:
        return empty
    late = recent_periods(len(total))[frame["at"].to_numpy()]
    strata = pd.Index(channels).get_indexer(frame["channel"])
    rows = []
    for row in change.changes.itertuples():
        hit = (frame["topic_id"] == row.topic_id).to_numpy(float)
        windows = [(hit[w], strata[w], frame["writer"].to_numpy()[w]) for w in (~late, late)]
        split = split_change(
            windows[0], windows[1], dispersion=row.dispersion, freedom=len(total) - 2
        )
        rows.append(
            (
                row.topic_id,
                row.label,
                split.raw,
                split.raw_low,
                split.raw_high,
                split.true,
                split.true_low,
                split.true_high,
                split.mix,
                split.mix_low,
                split.mix_high,
                split.p,
            )
        )
    found = pd.DataFrame(rows, columns=list(_COLUMNS)[:-1])
    share = {w: np.bincount(strata[m], minlength=len(channels)) / m.sum()
             for w, m in (("earlier", ~late), ("recent", late))}  # fmt: skip
    return TopicMix(
        n=len(frame),
        parts=found.assign(q=q_values(found["p"])).astype(_COLUMNS),
        channels=pd.DataFrame({"channel": channels, **share}),
        period=trend.period,
        recent=change.recent,
        since=change.since,
    )


def _windowed(
    model: TopicModel, feedback: pd.DataFrame, starts: pd.Index, period: str, calendar: Calendar
) -> pd.DataFrame:
    """Records of the usable periods: topic_id, channel, at, writer."""
    dated = feedback[feedback["created_at"].notna()]
    start = calendar.period_start(dated["created_at"], period)  # type: ignore[arg-type]
    frame = pd.DataFrame(
        {
            "feedback_id": dated["feedback_id"].astype(str).to_numpy(),
            "channel": dated["channel"].astype("string").fillna("unknown").to_numpy(object),
            "at": starts.get_indexer(pd.DatetimeIndex(start)),
            "writer": writers_of(dated),
        }
    )
    frame = frame.merge(model.documents[["feedback_id", "topic_id"]], on="feedback_id")
    return frame[frame["at"] >= 0].sort_values("feedback_id", kind="stable", ignore_index=True)
