"""Changes of topics' shares at a fixed mix: what changed for the same writers, what by mix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from insights.analyses.topics.changes import (
    TopicChange,
    TopicTrend,
    dispersion,
    more_changed,
    points_text,
    usable_records,
)
from insights.analyses.topics.claims import Tone, change_claims, tones
from insights.analyses.topics.result import TopicModel
from insights.analyses.topics.segments import customer_codes
from insights.analyses.topics.tables import OUTPUTS
from insights.claim import Claim
from insights.ingest.schema import TABLES
from insights.messages import _, number, percent, translated
from insights.result import Check, Result
from insights.stats.calendar import Calendar
from insights.stats.decomposition import Mix, Split, mix_of, split_change
from insights.stats.dimensions import fixed_dimensions
from insights.stats.multiplicity import q_values

__all__ = ["TopicMix", "mix_text", "topic_mix", "with_fixed_mix", "within_text"]

_OWN = {"source", "repeat_group", "copies", "repeats", "line", "kind"}
_WINDOW = {"topic_id", "subtopic_id", "at"}
_WITHIN = ("within", "within_low", "within_high")


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicMix(Result, table="parts", figure="mix_parts", needs_rows=True):
    """Each topic's change split into change at a fixed mix and change of mix; n counts records.

    Attributes
    ----------
    parts
        change = within + mix, exactly, each with its interval; p and q are of *within*.
    change
        The same changes as records came.
    dimensions
        Names of what is held fixed: the channel and the study's own dimensions that have values
        in both times.
    left_out
        Dimensions that are not held fixed, and why.
    moved
        The value whose share moved most: dimension, value, earlier, recent; one row.
    records
        What other changes are split with: surges, warnings.
    tones
        Topic id to whether its records are complaints or praise, where ratings tell.
    """

    parts: pd.DataFrame
    change: TopicChange
    dimensions: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    moved: tuple[str, str, float, float] = ("", "", 0.0, 0.0)
    records: FixedMix | None = field(default=None, repr=False)
    tones: dict[str, Tone] = field(default_factory=dict)

    def own_checks(self) -> tuple[Check, ...]:
        """Say what is held fixed."""
        detail = (
            _(
                "held fixed: {names}; the interaction is shared equally between the two, and a "
                "channel of one time only counts as mix",
                names=_(", ").join(map(translated, self.dimensions)),
            )
            if self.dimensions
            else _("nothing to hold fixed: a change in who writes cannot be told from a true one")
        )
        if self.left_out:
            reasons = _(", ").join(
                _("{name} ({detail})", name=name, detail=why) for name, why in self.left_out.items()
            )
            detail = _("{fixed}; left out: {reasons}", fixed=detail, reasons=reasons)
        return (Check(_("mix and change at a fixed mix told apart"), None, detail),)

    @property
    def found(self) -> pd.DataFrame:
        """Topics whose share changed at a fixed mix, largest change first."""
        rows = self.parts[self.parts["q"] <= self.change.trend.fdr]
        return rows.sort_values("within", key=abs, ascending=False, kind="stable")

    def sentences(self) -> list[str]:
        """Say what changed at a fixed mix and, in the same sentence, as records came."""
        raw = self.change.sentences()
        if self.parts.empty and not self.change.trend.since:
            return raw
        if self.parts.empty:
            return [
                _(
                    "No channel or dimension can be held fixed, so that a change in who writes "
                    "cannot be told from a change in what they write (n = {n}).",
                    n=number(self.n),
                ),
                *raw,
            ]
        name, value, earlier, recent = self.moved
        mix = _(
            "The mix moved most at {name} {value}, from {before} to {now} of records.",
            name=translated(name),
            value=value,
            before=percent(earlier, 1),
            now=percent(recent, 1),
        )
        fields = {
            "mix": mix_text(self.dimensions),
            "recent": self.change.trend.recent_text(),
            "tested": _("{count} topics, n = {n}", count=len(self.parts), n=number(self.n)),
        }
        if self.found.empty:
            return [self._none_found(fields), mix]
        top = self.found.iloc[0]
        return [
            _(
                "At a fixed {mix} the share of “{label}” changed by {points} in {recent}; of the "
                "raw change of {raw} points, {by_mix} are the mix ({tested}).",
                label=top["label"],
                points=points_text(top, *_WITHIN),
                raw=f"{100 * top['change']:+.1f}",
                by_mix=f"{100 * top['mix']:+.1f}",
                **fields,
            ),
            more_changed(self.found),
            mix,
        ]

    def claims(self) -> list[Claim]:
        """Say of each topic whether it grew, and whether that asks for a step."""
        return self.dated({})

    def dated(self, began: dict[str, pd.Timestamp]) -> list[Claim]:
        """Return the claims of the topics that began to rise then; of none given, of all."""
        words = mix_text(self.dimensions) if self.dimensions else ""
        return change_claims(self, words, began or None)

    def _none_found(self, fields: dict[str, str]) -> str:
        """Say that nothing changed at a fixed mix, and what stands only as records came."""
        if self.change.found.empty:
            return _(
                "At a fixed {mix} no topic's share changed detectably in {recent} ({tested}).",
                **fields,
            )
        top = self.change.found.iloc[0]
        return _(
            "At a fixed {mix} no topic's share changed detectably in {recent} ({tested}); as "
            "records came, that of “{label}” went from {before} to {now}, where a fixed mix leaves "
            "{within}.",
            label=top["label"],
            before=percent(top["earlier_share"], 1),
            now=percent(top["recent_share"], 1),
            within=within_text(self.parts.set_index("topic_id").loc[top["topic_id"]]),
            **fields,
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

    def sides(self, late: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the records of the first and of the second side.

        Parameters
        ----------
        late
            Shape (periods,): whether the period is on the second side; later ones are on neither.
        """
        at = self.frame["at"].to_numpy()
        known = np.flatnonzero(at < len(late))
        second = late[at[known]]
        return known[~second], known[second]

    def held(self, sides: tuple[np.ndarray, np.ndarray]) -> tuple[Mix, tuple[str, ...]]:
        """Return the mix of both sides, and what of it is held fixed."""
        mix = mix_of(*(self.codes[rows] for rows in sides))
        return mix, tuple(n for n, used in zip(self.names, mix.fixed, strict=True) if used)

    def split(
        self, topic: str, sides: tuple[np.ndarray, np.ndarray], mix: Mix, wide: float, periods: int
    ) -> Split:
        """Split the change of a topic's share between two sides of so many periods.

        Parameters
        ----------
        wide
            Dispersion of the topic's share between periods.
        """
        hit = (self.frame["topic_id"] == topic).to_numpy(float)
        first, second = ((hit[rows], self.codes[rows], self.writer[rows]) for rows in sides)
        return split_change(first, second, dispersion=wide, freedom=max(periods - 2, 1), mix=mix)


def with_fixed_mix(
    table: pd.DataFrame,
    trend: TopicTrend,
    spans: Sequence[tuple[int, int, int] | None],
    mix: TopicMix | None,
) -> pd.DataFrame:
    """Add to each row of a table its difference at a fixed mix: within, its ends, held_fixed.

    Parameters
    ----------
    table
        With a column topic_id.
    spans
        Of each row: first period of its second side, the one after its last, and the number of
        periods that are looked at; None: it is not split.
    mix
        None: nothing is split, and the columns hold no value.
    """
    rows, known = [], {}  # alarms of one period are split by the same mix
    for topic, span in zip(table["topic_id"], spans, strict=True):
        rows.append((np.nan, np.nan, np.nan, ""))
        if mix is None or mix.records is None or span is None:
            continue
        start, end, looked = span
        late = (np.arange(looked) >= start) & (np.arange(looked) < end)
        if span not in known:
            sides = mix.records.sides(late)
            known = {span: (sides, *mix.records.held(sides))}
        sides, held, names = known[span]
        if not names:
            continue
        wide = dispersion(trend.counts[topic].to_numpy()[:looked], trend.total[:looked], late)
        split = mix.records.split(topic, sides, held, wide, looked)
        if np.isfinite(split.true):
            rows[-1] = (split.true, split.true_low, split.true_high, ", ".join(names))
    added = pd.DataFrame(rows, table.index, [*_WITHIN, "held_fixed"])
    kinds = dict.fromkeys(_WITHIN, "float64") | {"held_fixed": "str"}
    return table.assign(**added.astype(kinds))


def mix_text(names: Sequence[str]) -> str:
    """Write 'channel mix', or 'mix of channel, plan and region'."""
    if len(names) == 1:
        return _("{name} mix", name=translated(names[0]))
    *first, last = map(translated, names)
    return _("mix of {names} and {last}", names=_(", ").join(first), last=last)


def within_text(row: pd.Series) -> str:
    """Write a difference at a fixed mix and its interval, and whether it is one."""
    points = points_text(row, *_WITHIN)
    if row["within_low"] <= 0 <= row["within_high"]:
        return _("{points}, no detectable difference", points=points)
    return points


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

    Parameters
    ----------
    model, feedback
        Topics, and the records with their dimensions.
    trend, change
        `topic_trend` of both, and `topic_changes` of that.
    calendar
        Time zone and first day of the week.
    """
    empty = TopicMix(n=int(trend.total.sum()), parts=OUTPUTS["topic_mix"].empty(), change=change)
    if change.changes.empty:
        return empty
    records = usable_records(model, feedback, trend, calendar)
    fixed, empty = _fixed(records), replace(empty, tones=tones(records), checks=())
    sides = fixed.sides(trend.after)
    mix, names = fixed.held(sides)
    if not names:
        return replace(empty, left_out=fixed.left_out, checks=())
    rows = []
    for row in change.changes.itertuples():
        split = fixed.split(row.topic_id, sides, mix, row.dispersion, len(trend.total))
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
    parts = OUTPUTS["topic_mix"].frame(rows)
    return TopicMix(
        n=len(fixed.frame),
        parts=parts.assign(q=q_values(parts["p"])),
        change=change,
        dimensions=names,
        left_out=fixed.left_out,
        records=fixed,
        tones=empty.tones,
        moved=_most_moved(fixed.frame, sides, names),
    )


def _fixed(frame: pd.DataFrame) -> FixedMix:
    skipped = (set(TABLES["feedback"].names) - {"channel"}) | _OWN | _WINDOW
    rating = pd.to_numeric(frame.get("rating", pd.Series(np.nan, frame.index)), errors="coerce")
    fixed = fixed_dimensions(
        frame,
        skipped=skipped,
        outcomes=[
            pd.factorize(frame["topic_id"])[0].astype(float),
            rating.to_numpy(float, na_value=np.nan),
        ],
    )
    return FixedMix(frame, customer_codes(frame), fixed.codes, tuple(fixed.names), fixed.left_out)


def _most_moved(
    frame: pd.DataFrame, sides: tuple[np.ndarray, np.ndarray], names: tuple[str, ...]
) -> tuple[str, str, float, float]:
    """The value of a dimension whose share moved most, and its shares before and lately."""
    found = ("", "", 0.0, 0.0)
    for name in names:
        values = frame[name].astype("string").fillna(_("not given"))
        earlier, recent = (values.iloc[rows].value_counts(normalize=True) for rows in sides)
        step = recent.sub(earlier, fill_value=0.0)
        value = str(step.abs().idxmax())
        if abs(float(step[value])) > abs(found[3] - found[2]):
            found = (name, value, float(earlier.get(value, 0.0)), float(recent.get(value, 0.0)))
    return found
