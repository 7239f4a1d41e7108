"""Changes of topics' shares at a fixed mix: what changed for the same writers, what by mix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from insights.analyses.topics.changes import (
    TopicChange,
    TopicTrend,
    day,
    dispersion,
    left_out,
    plural,
    recent_periods,
    usable_periods,
    usable_records,
)
from insights.analyses.topics.result import TopicModel
from insights.analyses.topics.segments import customer_codes
from insights.analyses.topics.tables import OUTPUTS
from insights.ingest.schema import TABLES
from insights.result import Check, Result
from insights.settings import DEFAULT_FDR
from insights.stats.calendar import Calendar
from insights.stats.decomposition import mix_of, split_change
from insights.stats.dimensions import fixed_dimensions
from insights.stats.multiplicity import q_values

__all__ = ["NOT_SPLIT", "TopicMix", "mix_words", "topic_mix", "with_fixed_mix", "within_text"]

_COLUMNS = dict(OUTPUTS["topic_mix"].dtypes)


_OWN = {"source", "repeat_group", "copies", "repeats", "line", "kind"}
_WINDOW = ("topic_id", "subtopic_id", "at")


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicMix(Result, table="parts", figure="mix_parts", needs_rows=True):
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
    change
        The same changes as records came.
    records
        What other changes are split with: surges, warnings.
    """

    parts: pd.DataFrame
    period: str
    recent: int
    since: pd.Timestamp | None = None
    dimensions: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    thin: int = 0
    moved: tuple[str, str, float, float] = ("", "", 0.0, 0.0)
    change: TopicChange | None = None
    records: FixedMix | None = field(default=None, repr=False)
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
        """Say what changed at a fixed mix and, in the same sentence, as records came."""
        raw = [] if self.change is None else self.change.sentences()
        if self.parts.empty and self.since is None:
            return raw or [f"Fewer than 4 {self.period}s are complete (n = {self.n:,})."]
        if self.parts.empty:
            return [
                "No channel or dimension can be held fixed, so that a change in who writes cannot "
                f"be told from a change in what they write (n = {self.n:,}).",
                *raw,
            ]
        tested = f"{len(self.parts)} topics, n = {self.n:,}"
        fixed = mix_words(self.dimensions)
        since = f"the last {self.recent} complete {plural(self.period, self.recent)} (since "
        since += f"{day(self.since, self.period)}{left_out(self.thin, self.period)})"
        name, value, earlier, recent = self.moved
        mix = f"The mix moved most at {name} {value}, from {earlier:.1%} to {recent:.1%} of records"
        if self.found.empty:
            return [
                f"At a fixed {fixed} no topic's share changed detectably in {since} ({tested})"
                f"{self._moved_by_mix()}.",
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

    def _moved_by_mix(self) -> str:
        """Name the largest change that stands only as records came; '' for none."""
        if self.change is None or self.change.found.empty:
            return ""
        top = self.change.found.iloc[0]
        part = self.parts.set_index("topic_id").loc[top["topic_id"]]
        return (
            f"; as records came, that of “{top['label']}” went from {top['earlier_share']:.1%} to "
            f"{top['recent_share']:.1%}, where a fixed mix leaves {within_text(part)}"
        )


@dataclass(frozen=True, eq=False)
class FixedMix:
    """Records of the usable periods, and codes of the dimensions that may be held fixed.

    Attributes
    ----------
    frame
        topic_id, at (number of the period) and the records' own columns.
    writer
        Shape (n,): code of who wrote each.
    codes
        Shape (n, dimensions), by `names`.
    """

    frame: pd.DataFrame
    writer: np.ndarray
    codes: np.ndarray
    names: tuple[str, ...]
    left_out: dict[str, str]

    def within(self, topic: str, shares: pd.DataFrame, late: np.ndarray) -> dict[str, object]:
        """Change of a topic's share at a fixed mix, last of some periods against the first.

        Parameters
        ----------
        shares
            The topic's records `n` and all, `total`, by period; those after the last one that is
            looked at left out.
        late
            Shape (periods,): whether the period is on the second side.
        """
        at = self.frame["at"].to_numpy()
        known = at < len(late)
        late_record = np.append(late, False)[np.minimum(at, len(late))]
        first, second = known & ~late_record, known & late_record
        held = mix_of(self.codes[first], self.codes[second])
        names = [name for name, used in zip(self.names, held.fixed, strict=True) if used]
        if not names:
            return dict(NOT_SPLIT)
        hit = (self.frame["topic_id"] == topic).to_numpy(float)
        split = split_change(
            (hit[first], self.codes[first], self.writer[first]),
            (hit[second], self.codes[second], self.writer[second]),
            dispersion=dispersion(shares["n"].to_numpy(), shares["total"].to_numpy(), late),
            freedom=max(len(late) - 2, 1),
            mix=held,
        )
        if not np.isfinite(split.true):
            return dict(NOT_SPLIT)
        found = (split.true, split.true_low, split.true_high, ", ".join(names))
        return dict(zip(NOT_SPLIT, found, strict=True))


NOT_SPLIT: dict[str, object] = {
    "within": np.nan, "within_low": np.nan, "within_high": np.nan, "held_fixed": "",
}  # fmt: skip


def with_fixed_mix(
    table: pd.DataFrame,
    counts: pd.DataFrame,
    total: np.ndarray,
    spans: Sequence[tuple[int, int, int] | None],
    mix: TopicMix | None,
) -> pd.DataFrame:
    """Add to each row of a table its difference at a fixed mix: within, its ends, held_fixed.

    Parameters
    ----------
    counts, total
        What `usable_periods` returned.
    spans
        Of each row: first period of its second side, the one after its last, and the number of
        periods that are looked at; None: it is not split.
    """
    rows = []
    for topic, span in zip(table["topic_id"], spans, strict=True):
        if mix is None or mix.records is None or span is None:
            rows.append(dict(NOT_SPLIT))
            continue
        start, end, looked = span
        late = np.zeros(looked, bool)
        late[start:end] = True
        shares = pd.DataFrame({"n": counts[topic].to_numpy(), "total": total}).head(looked)
        rows.append(mix.records.within(topic, shares, late))
    added = pd.DataFrame(rows, columns=list(NOT_SPLIT), index=table.index)
    kinds = dict.fromkeys(list(NOT_SPLIT)[:3], "float64") | {"held_fixed": "str"}
    return table.assign(**{name: added[name].astype(kind) for name, kind in kinds.items()})


def mix_words(names: Sequence[str]) -> str:
    """Write 'channel mix', or 'mix of channel, plan and region'."""
    if len(names) == 1:
        return f"{names[0]} mix"
    return f"mix of {', '.join(names[:-1])} and {names[-1]}"


def within_text(row: pd.Series) -> str:
    """Write a difference at a fixed mix and its interval, and whether it is one."""
    none = ", no detectable difference" if row["within_low"] <= 0 <= row["within_high"] else ""
    return (
        f"{100 * row['within']:+.1f} percentage points [{100 * row['within_low']:+.1f}, "
        f"{100 * row['within_high']:+.1f}]{none}"
    )


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
        change=change,
        fdr=change.fdr,
    )
    if change.changes.empty:
        return empty
    fixed = _fixed(usable_records(model, feedback, trend, calendar))
    frame = fixed.frame
    late = recent_periods(len(total))[frame["at"].to_numpy()]
    fixed_mix = mix_of(fixed.codes[~late], fixed.codes[late])
    names = tuple(n for n, used in zip(fixed.names, fixed_mix.fixed, strict=True) if used)
    if not names:
        return replace(empty, left_out=fixed.left_out, checks=())
    rows = []
    for row in change.changes.itertuples():
        hit = (frame["topic_id"] == row.topic_id).to_numpy(float)
        windows = [(hit[w], fixed.codes[w], fixed.writer[w]) for w in (~late, late)]
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
        change=change,
        dimensions=names,
        left_out=fixed.left_out,
        records=fixed,
        thin=change.thin_recent,
        moved=_most_moved(frame, late, names),
        fdr=change.fdr,
    )


def _fixed(frame: pd.DataFrame) -> FixedMix:
    skipped = (set(TABLES["feedback"].names) - {"channel"}) | _OWN | set(_WINDOW)
    fixed = fixed_dimensions(
        frame,
        skipped=skipped,
        outcomes=[pd.factorize(frame["topic_id"])[0].astype(float), _ratings(frame)],
    )
    return FixedMix(frame, customer_codes(frame), fixed.codes, tuple(fixed.names), fixed.left_out)


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
