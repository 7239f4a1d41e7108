"""The records as the comparisons need them: period, groups, channel mix, who wrote them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.ingest.schema import TABLES
from insights.settings import Period
from insights.stats.calendar import Calendar

__all__ = ["Panel", "build_panel", "dimension_names", "one_vote"]

_OWN = {"source", "repeat_group", "copies", "line", "kind", "topic_id"}
_MOST_VALUES = 12  # distinct values above which a column is no dimension
_MOST_GROUPS = 40


@dataclass(frozen=True, eq=False)
class Panel:
    """Aligned columns of the n records, sorted by feedback_id.

    Attributes
    ----------
    frame
        feedback_id, period (naive midnight, NaT without a date), score, rating, stratum (code of
        the channel), cluster (code of the customer; a record of its own where unknown).
    groups
        Name ('all', 'channel: email', …) to a mask of shape (n,).
    strata
        Names of the strata.
    period
        The length of a period that was chosen.
    clustered
        Whether some customer wrote twice.
    """

    frame: pd.DataFrame
    groups: dict[str, np.ndarray]
    strata: tuple[str, ...]
    period: Period
    clustered: bool


def build_panel(
    feedback: pd.DataFrame,
    records: pd.DataFrame,
    *,
    calendar: Calendar,
    period: Period,
    min_cell: int,
) -> Panel:
    """Join scores to their records and find the groups with enough of them."""
    ordered = feedback.sort_values("feedback_id", kind="stable").reset_index(drop=True)
    times = pd.to_datetime(ordered["created_at"], utc=True)
    chosen = calendar.resolve(times.dropna(), period)
    scores = records.set_index("feedback_id")["score"]
    channel = _labels(ordered, "channel", "unknown")
    strata, stratum = np.unique(channel, return_inverse=True)
    cluster = _clusters(ordered)
    frame = pd.DataFrame(
        {
            "feedback_id": ordered["feedback_id"],
            "period": calendar.period_start(times, chosen).astype("datetime64[ns]"),
            "score": scores.reindex(ordered["feedback_id"]).to_numpy(float),
            "rating": _numbers(ordered, "rating"),
            "stratum": stratum,
            "cluster": cluster,
        }
    )
    return Panel(
        frame=frame,
        groups=_groups(ordered, frame, min_cell),
        strata=tuple(strata.tolist()),
        period=chosen,
        clustered=bool(np.unique(cluster).size < len(cluster)),
    )


def one_vote(part: pd.DataFrame, measure: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean of each customer in each channel of a window: values, strata, clusters.

    However many messages an author sends, the author counts once a channel.
    """
    each = part.groupby(["cluster", "stratum"], sort=True)[measure].mean()
    return (
        each.to_numpy(float),
        each.index.get_level_values("stratum").to_numpy(int),
        each.index.get_level_values("cluster").to_numpy(int),
    )


def _labels(frame: pd.DataFrame, column: str, missing: str) -> np.ndarray:
    if column not in frame:
        return np.full(len(frame), missing, dtype=object)
    return frame[column].astype(object).where(frame[column].notna(), missing).astype(str).to_numpy()


def _numbers(frame: pd.DataFrame, column: str) -> np.ndarray:
    if column not in frame:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame[column], errors="coerce").to_numpy(float, na_value=np.nan)


def _clusters(frame: pd.DataFrame) -> np.ndarray:
    """Code of the customer, else of the repeated text, else of the record itself."""
    keys = ("r:" + frame["feedback_id"].astype(str)).to_numpy(object)
    for column in ("repeat_group", "customer_id"):
        if column in frame:
            named = [f"{column}:{value}" for value in frame[column]]
            keys = np.where(frame[column].notna(), np.array(named, dtype=object), keys)
    return np.unique(keys.astype(str), return_inverse=True)[1]


def _groups(ordered: pd.DataFrame, frame: pd.DataFrame, min_cell: int) -> dict[str, np.ndarray]:
    """'all', and every value of channel, language and dimension with two cells' worth."""
    usable = frame["period"].notna().to_numpy() & (
        frame["score"].notna() | frame["rating"].notna()
    ).to_numpy(bool)
    found = {"all": np.ones(len(ordered), bool)}
    named = {"channel", "language"}
    declared = set(TABLES["feedback"].names) - named
    for column in sorted(set(ordered.columns) - declared - _OWN, key=lambda c: (c not in named, c)):
        if not _is_dimension(ordered[column]):
            continue
        values = _labels(ordered, column, "")
        for value in sorted(set(values) - {""}):
            mask = values == value
            enough = np.sum(mask & usable) >= 2 * min_cell
            if enough and not mask.all() and len(found) < _MOST_GROUPS:
                found[f"{column}: {value}"] = mask
    return found


def dimension_names(frame: pd.DataFrame, declared: Iterable[str]) -> list[str]:
    """Name the columns beside the declared ones that hold two to twelve labels."""
    return [c for c in sorted(set(frame.columns) - set(declared)) if _is_dimension(frame[c])]


def _is_dimension(values: pd.Series) -> bool:
    kind = values.dtype
    if pd.api.types.is_bool_dtype(kind):
        return True
    if not (pd.api.types.is_string_dtype(kind) or isinstance(kind, pd.CategoricalDtype)):
        return False
    known = values.dropna()
    if known.empty or not known.map(lambda value: isinstance(value, str)).all():
        return False
    return 2 <= known.nunique() <= _MOST_VALUES
