"""The records as the comparisons need them: period, groups, channel mix, who wrote them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from insights.ingest.schema import TABLES
from insights.ingest.segments import DEFAULT_SEGMENTS, Segments, largest
from insights.settings import Period
from insights.stats.calendar import Calendar, whole_periods
from insights.stats.dimensions import fixed_dimensions

from .params import Params
from .result import Classified

__all__ = ["Panel", "panel"]

_OWN = {"source", "repeat_group", "copies", "line", "kind", "topic_id"}
_MOST_GROUPS = 40


@dataclass(frozen=True, eq=False)
class Panel:
    """Aligned columns of the n records, sorted by feedback_id.

    Attributes
    ----------
    frame
        feedback_id, at (local time), period (naive midnight, NaT without a date), score, rating,
        stratum (code of the channel), cluster (code of the customer; a record of its own where
        unknown).
    groups
        Name ('all', 'channel: email', …) to a mask of shape (n,).
    strata
        Names of the strata.
    period
        The length of a period that was chosen.
    clustered
        Whether some customer wrote twice.
    mix
        Code of each record in each dimension that is held fixed, shape (n, dimensions), the
        channel first.
    dimensions
        Names of these dimensions.
    left_out
        Name of a dimension that is not held fixed, and why.
    partial
        Starts of the periods that the records span in part only: the first or the last.
    """

    frame: pd.DataFrame
    groups: dict[str, np.ndarray]
    strata: tuple[str, ...]
    period: Period
    clustered: bool
    mix: np.ndarray | None = None
    dimensions: tuple[str, ...] = ("channel",)
    left_out: dict[str, str] = field(default_factory=dict)
    partial: tuple[pd.Timestamp, ...] = ()

    def codes(self, rows: np.ndarray) -> np.ndarray:
        """Return the codes of these rows in the dimensions that are held fixed."""
        if self.mix is None:
            return self.frame["stratum"].to_numpy(int)[rows][:, None]
        return self.mix[rows]

    def window(self, rows: np.ndarray, measure: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return values, codes and clusters of these rows, one vote a record."""
        return (
            self.frame[measure].to_numpy(float)[rows],
            self.codes(rows),
            self.frame["cluster"].to_numpy(int)[rows],
        )

    def votes(self, rows: np.ndarray, measure: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the mean of each customer in each channel: values, codes, clusters.

        However many messages an author sends, the author counts once a channel; the other
        dimensions are those of the first of the records.
        """
        if not self.clustered:
            return self.window(rows, measure)
        cluster = self.frame["cluster"].to_numpy(int)[rows]
        key = cluster * len(self.strata) + self.frame["stratum"].to_numpy(int)[rows]
        _, first, vote = np.unique(key, return_index=True, return_inverse=True)
        values = np.bincount(vote, self.frame[measure].to_numpy(float)[rows]) / np.bincount(vote)
        return values, self.codes(rows[first]), cluster[first]


def panel(
    feedback: pd.DataFrame,
    classified: Classified,
    *,
    calendar: Calendar,
    params: Params,
    segments: Segments = DEFAULT_SEGMENTS,
) -> Panel:
    """Join scores to their records and find the groups with enough of them.

    Parameters
    ----------
    feedback
        Records: feedback_id, created_at, and channel, language, customer_id where they are known.
    classified
        What `classify` made of the same records.
    calendar
        Time zone and week of the study, by which periods begin.
    params
        `period`, its length or 'auto'; `min_cell`, the records that a period of a group must
        hold: a group must hold twice as many.
    segments
        Which columns divide the records into groups; by default the study's own few-valued ones.
    """
    ordered = feedback.sort_values("feedback_id", kind="stable").reset_index(drop=True)
    times = pd.to_datetime(ordered["created_at"], utc=True)
    chosen = calendar.resolve(times.dropna(), params.period)
    scores = classified.records.set_index("feedback_id")["score"]
    channel = _labels(ordered, "channel", "unknown")
    strata, stratum = np.unique(channel, return_inverse=True)
    cluster = _clusters(ordered)
    frame = pd.DataFrame(
        {
            "feedback_id": ordered["feedback_id"],
            "at": calendar.local(times).astype("datetime64[ns]"),
            "period": calendar.period_start(times, chosen).astype("datetime64[ns]"),
            "score": scores.reindex(ordered["feedback_id"]).to_numpy(float),
            "rating": _numbers(ordered, "rating"),
            "stratum": stratum,
            "cluster": cluster,
        }
    )
    skipped = (set(TABLES["feedback"].names) - {"channel", "language"}) | _OWN
    outcomes = [frame[m].to_numpy(float) for m in ("rating", "score")]
    fixed = fixed_dimensions(ordered, skipped=skipped, outcomes=outcomes)
    return Panel(
        frame=frame,
        groups=_groups(segments.of(ordered, "feedback"), frame, params.min_cell),
        strata=tuple(strata.tolist()),
        period=chosen,
        clustered=bool(np.unique(cluster).size < len(cluster)),
        mix=fixed.codes,
        dimensions=fixed.names,
        left_out=fixed.left_out,
        partial=_partial(frame["at"].dropna(), calendar.frequency(chosen)),
    )


def _partial(local: pd.Series, frequency: str) -> tuple[pd.Timestamp, ...]:
    if local.empty:
        return ()
    starts = local.dt.to_period(frequency)
    every = pd.period_range(starts.min(), starts.max(), freq=frequency)
    return tuple(every[~whole_periods(local, every)].start_time)


def _labels(frame: pd.DataFrame, column: str, missing: str) -> np.ndarray:
    if column not in frame:
        return np.full(len(frame), missing, dtype=object)
    return frame[column].astype(object).where(frame[column].notna(), missing).astype(str).to_numpy()


def _numbers(frame: pd.DataFrame, column: str) -> np.ndarray:
    if column not in frame:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame[column], errors="coerce").to_numpy(float, na_value=np.nan)


def _clusters(frame: pd.DataFrame) -> np.ndarray:
    """Code of the customer, else of the record itself: equal wordings are nobody."""
    keys = ("r:" + frame["feedback_id"].astype(str)).to_numpy(object)
    if "customer_id" in frame:
        named = ("c:" + frame["customer_id"].astype("string").fillna("")).to_numpy(object)
        keys = np.where(frame["customer_id"].notna(), named, keys)
    return np.unique(keys.astype(str), return_inverse=True)[1]


def _groups(
    labels: dict[str, pd.Series], frame: pd.DataFrame, min_cell: int
) -> dict[str, np.ndarray]:
    """'all', and every value of the segments with two cells' worth of records."""
    usable = frame["period"].notna().to_numpy() & (
        frame["score"].notna() | frame["rating"].notna()
    ).to_numpy(bool)
    found = {"all": np.ones(len(frame), bool)}
    for column, values in labels.items():
        merged = largest(values)
        for value in sorted(merged.dropna().unique()):
            mask = merged.eq(value).fillna(False).to_numpy(bool)
            enough = np.sum(mask & usable) >= 2 * min_cell
            if enough and not mask.all() and len(found) < _MOST_GROUPS:
                found[f"{column}: {value}"] = mask
    return found
