"""Changes of topics' shares at a fixed mix: what changed for the same writers, what by mix."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from insights.analyses.topics.changes import (
    TopicChange,
    TopicTrend,
    day,
    left_out,
    plural,
    recent_periods,
    usable_periods,
    usable_records,
)
from insights.analyses.topics.result import TopicModel
from insights.analyses.topics.segments import customer_codes
from insights.ingest.schema import TABLES
from insights.result import Check, Result
from insights.settings import DEFAULT_FDR
from insights.stats.calendar import Calendar
from insights.stats.decomposition import mix_of, split_change
from insights.stats.dimensions import fixed_dimensions
from insights.stats.multiplicity import q_values

__all__ = ["TopicMix", "topic_mix"]

_COLUMNS = {
    "topic_id": "str",
    "label": "str",
    **dict.fromkeys(["change", "low", "high", "within", "within_low", "within_high"], "float64"),
    **dict.fromkeys(["mix", "mix_low", "mix_high", "p", "q"], "float64"),
}


_OWN = {"source", "repeat_group", "copies", "repeats", "line", "kind"}
_WINDOW = ("topic_id", "subtopic_id", "at")


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicMix(Result, table="parts", figure="mix_parts"):
    """Each topic's change split into change at a fixed mix and change of mix; n counts records.

    Attributes
    ----------
    parts
        change = within + mix, exactly, each with its interval; p and q are of *within*.
    dimensions
        Names of what is held fixed: the channel and the study's own dimensions that have values
        in both times.
    left_out
        Dimensions that are not held fixed, and why.
    thin
        Periods without records enough between the first and the last that are compared.
    moved
        The value whose share moved most: dimension, value, earlier, recent; one row.
    """

    parts: pd.DataFrame
    period: str
    recent: int
    since: pd.Timestamp | None = None
    dimensions: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    thin: int = 0
    moved: tuple[str, str, float, float] = ("", "", 0.0, 0.0)
    fdr: float = DEFAULT_FDR

    def own_checks(self) -> tuple[Check, ...]:
        """Return what the fields themselves tell."""
        detail = (
            f"held fixed: {', '.join(self.dimensions)}; the interaction is shared equally between "
            "the two, and a channel of one time only counts as mix"
        )
        if not self.dimensions:
            detail = "nothing to hold fixed: a change in who writes cannot be told from a true one"
        if self.left_out:
            detail += "; left out: " + ", ".join(f"{k} ({v})" for k, v in self.left_out.items())
        found = Check("mix and change at a fixed mix told apart", None, detail)
        return (found,)

    @property
    def found(self) -> pd.DataFrame:
        """Topics whose share changed at a fixed mix, largest change first."""
        rows = self.parts[self.parts["q"] <= self.fdr]
        return rows.sort_values("within", key=abs, ascending=False, kind="stable")

    def sentences(self) -> list[str]:
        """Say how much of the largest change is only a change of mix."""
        if self.parts.empty:
            why = "no channel or dimension can be held fixed"
            if self.since is None:
                why = f"fewer than 4 {self.period}s are complete"
            return [f"No change of topics' shares is split: {why} (n = {self.n:,})."]
        tested = f"{len(self.parts)} topics, n = {self.n:,}"
        fixed = (
            f"{self.dimensions[0]} mix"
            if len(self.dimensions) == 1
            else f"mix of {', '.join(self.dimensions[:-1])} and {self.dimensions[-1]}"
        )
        since = f"the last {self.recent} complete {plural(self.period, self.recent)} (since "
        since += f"{day(self.since, self.period)}{left_out(self.thin, self.period)})"
        name, value, earlier, recent = self.moved
        mix = f"The mix moved most at {name} {value}, from {earlier:.1%} to {recent:.1%} of records"
        if self.found.empty:
            return [
                f"At a fixed {fixed} no topic's share changed detectably in {since} ({tested}).",
                f"{mix}.",
            ]
        top = self.found.iloc[0]
        more = f"{len(self.found) - 1} more changed." if len(self.found) > 1 else ""
        return [
            f"At a fixed {fixed} the share of “{top['label']}” changed by "
            f"{100 * top['within']:+.1f} percentage points [{100 * top['within_low']:+.1f}, "
            f"{100 * top['within_high']:+.1f}] in {since}; of the raw change of "
            f"{100 * top['change']:+.1f} points, {100 * top['mix']:+.1f} are the mix ({tested}).",
            more,
            f"{mix}.",
        ]


def topic_mix(
    model: TopicModel,
    feedback: pd.DataFrame,
    trend: TopicTrend,
    change: TopicChange,
    *,
    calendar: Calendar,
) -> TopicMix:
    """Split each change of `topic_changes` at a fixed mix (`stats.decomposition`).

    Held fixed are the channel and the study's own dimensions, but not the language, on which it
    depends how a topic was found. Variances are taken over customers and widened by the same
    dispersion between periods as there; q after Benjamini and Hochberg over the topics.
    """
    _, total = usable_periods(trend)
    empty = TopicMix(
        n=int(total.sum()),
        parts=pd.DataFrame(columns=list(_COLUMNS)).astype(_COLUMNS),
        period=trend.period,
        recent=change.recent,
        since=change.since,
        fdr=change.fdr,
    )
    if change.changes.empty:
        return empty
    frame = usable_records(model, feedback, trend, calendar)
    writer = customer_codes(frame)
    late = recent_periods(len(total))[frame["at"].to_numpy()]
    skipped = (set(TABLES["feedback"].names) - {"channel"}) | _OWN | set(_WINDOW)
    fixed = fixed_dimensions(
        frame,
        skipped=skipped,
        outcomes=[pd.factorize(frame["topic_id"])[0].astype(float), _ratings(frame)],
    )
    fixed_mix = mix_of(fixed.codes[~late], fixed.codes[late])
    names = tuple(n for n, used in zip(fixed.names, fixed_mix.fixed, strict=True) if used)
    if not names:
        return replace(empty, left_out=fixed.left_out, checks=())
    rows = []
    for row in change.changes.itertuples():
        hit = (frame["topic_id"] == row.topic_id).to_numpy(float)
        windows = [(hit[w], fixed.codes[w], writer[w]) for w in (~late, late)]
        split = split_change(
            windows[0], windows[1], dispersion=row.dispersion, freedom=len(total) - 2, mix=fixed_mix
        )
        rows.append(
            {
                "topic_id": row.topic_id,
                "label": row.label,
                "change": split.raw,
                "low": split.raw_low,
                "high": split.raw_high,
                "within": split.true,
                "within_low": split.true_low,
                "within_high": split.true_high,
                "mix": split.mix,
                "mix_low": split.mix_low,
                "mix_high": split.mix_high,
                "p": split.p,
            }
        )
    found = pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)
    return TopicMix(
        n=len(frame),
        parts=found.assign(q=q_values(found["p"])),
        period=trend.period,
        recent=change.recent,
        since=change.since,
        dimensions=names,
        left_out=fixed.left_out,
        thin=change.thin_recent,
        moved=_most_moved(frame, late, names),
        fdr=change.fdr,
    )


def _most_moved(
    frame: pd.DataFrame, late: np.ndarray, names: tuple[str, ...]
) -> tuple[str, str, float, float]:
    """The value of a dimension whose share moved most, and its shares before and lately."""
    found = ("", "", 0.0, 0.0)
    for name in names:
        values = frame[name].astype("string").fillna("not given")
        earlier = values[~late].value_counts(normalize=True)
        recent = values[late].value_counts(normalize=True)
        step = recent.sub(earlier, fill_value=0.0)
        value = str(step.abs().idxmax())
        if abs(float(step[value])) > abs(found[3] - found[2]):
            found = (name, value, float(earlier.get(value, 0.0)), float(recent.get(value, 0.0)))
    return found


def _ratings(frame: pd.DataFrame) -> np.ndarray:
    if "rating" not in frame:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame["rating"], errors="coerce").to_numpy(float, na_value=np.nan)
