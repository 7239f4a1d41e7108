"""Shares of topics through time, and whether they changed lately."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.topics.params import Params
from insights.analyses.topics.result import TopicModel
from insights.analyses.topics.tables import OUTPUTS
from insights.errors import DataError
from insights.messages import _, interval, items, number, percent, plural
from insights.result import Check, Result
from insights.settings import DEFAULT_CELL, DEFAULT_FDR
from insights.stats.calendar import Calendar, ordinals, period_name, whole_periods
from insights.stats.intervals import newcombe, wilson_bounds
from insights.stats.multiplicity import q_values

__all__ = [
    "SMALL_PERIOD",
    "TopicChange",
    "TopicTrend",
    "day",
    "mix_check",
    "more_changed",
    "named",
    "p_text",
    "periods_text",
    "points_text",
    "recent_periods",
    "topic_changes",
    "topic_trend",
    "usable_records",
]

SMALL_PERIOD = 30  # records of a period below which its shares are not shown
_COMPARED = 4  # periods below which recent ones are not compared with those before
_RECENT = 0.25  # share of the complete periods that counts as recent


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicTrend(Result, table="trend", figure="trend_panels"):
    """Share of each topic in each period; n counts dated records.

    Attributes
    ----------
    trend
        Contract table `topic_trend`, and total (records of the period) and complete.
    names
        Topic id to label, largest topic first, '-1' last.
    fdr, min_cell
        What findings that rest on the trend must stand, as in `settings.Evidence`.
    owners
        Topic id to who answers for it, where the codebook says so.
    """

    trend: pd.DataFrame
    period: str
    names: Mapping[str, str]
    fdr: float = DEFAULT_FDR
    min_cell: int = DEFAULT_CELL
    owners: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def counts(self) -> pd.DataFrame:
        """Records by period and topic, of the complete periods that are not small."""
        rows = self.trend[self.trend["complete"] & (self.trend["total"] >= SMALL_PERIOD)]
        counts = rows.pivot(index="period", columns="topic_id", values="n")
        return counts.reindex(columns=list(self.names), fill_value=0)

    @cached_property
    def total(self) -> np.ndarray:
        """All records of each of these periods."""
        each = self.trend.drop_duplicates("period").set_index("period")["total"]
        return each[self.counts.index].to_numpy()

    @property
    def tested(self) -> pd.DataFrame:
        """The counts of what has a name: what no topic explains is not tested."""
        return self.counts.drop(columns="-1", errors="ignore")

    @property
    def after(self) -> np.ndarray:
        """Which of these periods count as recent."""
        return recent_periods(len(self.total))

    @property
    def since(self) -> pd.Timestamp | None:
        """First recent period; none where too few are there to compare."""
        enough = len(self.total) >= _COMPARED
        return pd.Timestamp(self.counts.index[self.after][0]) if enough else None

    def recent_text(self, *, thin: bool = True) -> str:
        """Name the recent periods, and say how many thin ones between them are left out."""
        count = int(self.after.sum())
        return _(
            "the last {count} complete {periods} (since {since}{thin})",
            count=count,
            periods=periods_text(self.period, count),
            since=day(self.since, self.period),
            thin=self._thin_text(self.counts.index[self.after]) if thin else "",
        )

    def earlier_text(self) -> str:
        """Say how many periods lie before the recent ones."""
        late = self.counts.index[self.after]
        early = self.counts.index[~self.after]
        return _(
            "{count} before{thin}",
            count=len(early),
            thin=self._thin_text(early.append(late[:1])),
        )

    def _thin_text(self, starts: pd.Index) -> str:
        """Count the periods between the first and the last of these that are not among them."""
        place = ordinals(pd.DatetimeIndex(starts), self.period)
        thin = int(place[-1] - place[0] + 1 - len(place))
        if not thin:
            return ""
        return _(
            ", {count} {periods} of fewer than 30 records left out",
            count=thin,
            periods=periods_text(self.period, thin),
        )

    def own_checks(self) -> tuple[Check, ...]:
        """Name the periods that the data cover in part, or with few records."""
        each = self.trend.drop_duplicates("period")
        cut = [day(value, self.period) for value in each.loc[~each["complete"], "period"]]
        return (
            Check(
                _("periods the data cover only in part"),
                None,
                _(
                    "{periods}; left out of the tests, hollow in the figure",
                    periods=items(cut, len(cut)) or _("none"),
                ),
            ),
            Check(
                _("periods with few records"),
                None,
                _(
                    "{small} of {count} {periods} have fewer than 30 records; their shares are "
                    "not shown",
                    small=int((each["total"] < SMALL_PERIOD).sum()),
                    count=len(each),
                    periods=periods_text(self.period),
                ),
            ),
        )

    def sentences(self) -> list[str]:
        """Say over which periods the shares run."""
        each = self.trend.drop_duplicates("period")
        return [
            _(
                "Shares of {topics} topics in {count} {periods} from {first} to {last}, {n} "
                "records, half of the {periods} with {usual} or more; bands are 95 % intervals.",
                topics=len(self.names) - 1,
                count=len(each),
                periods=periods_text(self.period),
                first=day(each["period"].iloc[0], self.period),
                last=day(each["period"].iloc[-1], self.period),
                n=number(self.n),
                usual=number(each["total"].median()),
            )
        ]


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicChange(Result, table="changes", figure="change_intervals"):
    """Recent shares of `trend` against earlier ones; n counts records of the periods compared."""

    changes: pd.DataFrame
    trend: TopicTrend

    def own_checks(self) -> tuple[Check, ...]:
        """Say what raw shares cannot tell."""
        return (mix_check(),)

    @property
    def found(self) -> pd.DataFrame:
        """The changes that stand after the correction, largest first."""
        rows = self.changes[self.changes["q"] <= self.trend.fdr]
        return rows.sort_values("estimate", key=abs, ascending=False, kind="stable")

    def sentences(self) -> list[str]:
        """Name the largest change, or say that there is none to be seen."""
        n, trend = number(self.n), self.trend
        if self.changes.empty and trend.since:
            return [_("There is no topic whose change could be tested (n = {n}).", n=n)]
        if self.changes.empty:
            return [
                _(
                    "Cannot tell whether topics changed: {count} complete {periods} with at least "
                    "30 records each (n = {n}), and {needed} are needed.",
                    count=len(trend.total),
                    periods=periods_text(trend.period),
                    n=n,
                    needed=_COMPARED,
                )
            ]
        span = {"recent": trend.recent_text(), "earlier": trend.earlier_text()}
        tested = _("{count} topics tested, n = {n}", count=len(self.changes), n=n)
        if self.found.empty:
            return [
                _(
                    "No detectable change of any topic's share between {recent} and {earlier} "
                    "({tested}).",
                    tested=tested,
                    **span,
                )
            ]
        top = self.found.iloc[0]
        fields = span | {
            "topic": named(top, trend.owners),
            "before": percent(top["earlier_share"], 1),
            "now": percent(top["recent_share"], 1),
            "points": points_text(top),
            "q": p_text(top["q"]),
            "tested": tested,
        }
        rose = _(
            "As records came, the share of {topic} rose from {before} to {now} between {recent} "
            "and {earlier}: a difference of {points}, q {q} ({tested}).",
            **fields,
        )
        fell = _(
            "As records came, the share of {topic} fell from {before} to {now} between {recent} "
            "and {earlier}: a difference of {points}, q {q} ({tested}).",
            **fields,
        )
        return [rose if top["estimate"] > 0 else fell, more_changed(self.found)]


def mix_check() -> Check:
    """Say that shares as records came move with who writes."""
    return Check(
        _("who writes and where"),
        None,
        _(
            "shares are of all records as they came; when one channel or group writes more than "
            "before, shares move although no group's feedback changed"
        ),
    )


def more_changed(found: pd.DataFrame) -> str:
    """Count the changes beside the first; '' for none."""
    if len(found) < 2:
        return ""
    return plural("{n} more changed.", "{n} more changed.", len(found) - 1)


def points_text(
    row: pd.Series, name: str = "estimate", low: str = "low", high: str = "high"
) -> str:
    """Write a difference of shares and its interval in percentage points."""
    return _(
        "{points} percentage points {interval}",
        points=f"{100 * row[name]:+.1f}",
        interval=interval(100 * row[low], 100 * row[high], "+.1f"),
    )


def p_text(value: float) -> str:
    """Write a probability without its leading zero."""
    return "< .001" if value < 0.001 else f"= {value:.3f}".replace("0.", ".", 1)


def day(start: pd.Timestamp, period: str) -> str:
    """Name a period as people do; a week by its first day."""
    return period_name(start, "day" if period == "week" else period)


def named(row: pd.Series, owners: Mapping[str, str]) -> str:
    """Write the label of a topic, and who answers for it where that is known."""
    owner = owners.get(row["topic_id"], "")
    if not owner:
        return _("“{label}”", label=row["label"])
    return _("“{label}” (owner: {owner})", label=row["label"], owner=owner)


def periods_text(period: str, n: int = 2) -> str:
    """Write the word for one period of that length, or for several."""
    return {
        "day": plural("day", "days", n),
        "week": plural("week", "weeks", n),
        "month": plural("month", "months", n),
        "quarter": plural("quarter", "quarters", n),
        "year": plural("year", "years", n),
    }[period]


def topic_trend(
    model: TopicModel, feedback: pd.DataFrame, *, params: Params, calendar: Calendar
) -> TopicTrend:
    """Share of each topic among all records of each period, with Wilson intervals.

    Periods with fewer than 30 records keep their counts and lose their shares. The first and
    the last period are marked when the data begin or end inside them.

    Parameters
    ----------
    feedback
        Columns feedback_id and created_at; undated records are left out.
    params
        Its period, and what findings must stand.
    calendar
        Time zone and first day of the week.

    Raises
    ------
    DataError
        No record has a date.
    """
    dated = feedback.loc[feedback["created_at"].notna(), ["feedback_id", "created_at"]]
    if dated.empty:
        raise DataError(
            "topics: no record has a date in created_at; a trend needs dates. "
            "Map a date column in the study."
        )
    joined = model.joined(dated)
    length = calendar.resolve(joined["created_at"], params.period)
    start = calendar.period_start(joined["created_at"], length)
    names = {**dict(model.topics[["topic_id", "label"]].itertuples(index=False)), "-1": model.rest}
    counts = pd.crosstab(start, joined["topic_id"]).reindex(columns=list(names), fill_value=0)
    every = pd.period_range(start.min(), start.max(), freq=calendar.frequency(length))
    counts = counts.reindex(every.start_time, fill_value=0).rename_axis("period")
    whole = whole_periods(calendar.local(joined["created_at"]), every)
    total = counts.sum(axis=1)
    table = counts.stack().rename("n").reset_index()
    table["total"] = table["period"].map(total)
    table["complete"] = table["period"].map(dict(zip(counts.index, whole, strict=True)))
    known = table.loc[table["total"] >= SMALL_PERIOD, ["n", "total"]]
    bounds = wilson_bounds(known["n"], known["total"])
    for column, values in zip(
        ("share", "low", "high"), (known["n"] / known["total"], *bounds), strict=True
    ):
        table[column] = pd.Series(values, known.index, dtype=float)
    owner = model.topics.set_index("topic_id").get("owner", pd.Series(dtype="str")).fillna("")
    return TopicTrend(
        n=int(total.sum()),
        trend=OUTPUTS["topic_trend"].frame(table),
        period=length,
        names=names,
        fdr=params.fdr,
        min_cell=params.min_cell,
        owners=owner[owner != ""].to_dict(),
    )


def topic_changes(trend: TopicTrend) -> TopicChange:
    """Which topics' shares differ between the recent periods and those before.

    Recent is the last quarter of the complete periods with at least 30 records. The difference
    has Newcombe's interval, the test is the score test of two shares; both are widened by the
    spread of the shares between periods (Pearson's dispersion, at least 1), for shares wander
    more than counts alone would let them, and the test takes Student's quantiles. q-values
    after Benjamini and Hochberg over the topics.
    """
    total, after = trend.total, trend.after
    na, nb = int(total[after].sum()), int(total[~after].sum())
    rows = []
    for topic, n in trend.tested.items() if trend.since else ():
        wide = dispersion(n.to_numpy(), total, after)
        a, b = int(n[after].sum()), int(n[~after].sum())
        gap = newcombe((_scaled(a, wide), _scaled(na, wide)), (_scaled(b, wide), _scaled(nb, wide)))
        pooled, estimate = (a + b) / (na + nb), a / na - b / nb
        error = np.sqrt(wide * pooled * (1 - pooled) * (1 / na + 1 / nb))
        z = estimate / error if error > 0 else np.nan
        rows.append(
            {
                "topic_id": topic,
                "label": trend.names[str(topic)],
                "recent_n": a,
                "recent_share": a / na,
                "earlier_n": b,
                "earlier_share": b / nb,
                "estimate": estimate,
                "low": min(gap.low, estimate),
                "high": max(gap.high, estimate),
                "dispersion": wide,
                "p": float(2 * stats.t.sf(abs(z), len(total) - 2)),
            }
        )
    changes = OUTPUTS["topic_changes"].frame(rows)
    return TopicChange(
        n=int(total.sum()), changes=changes.assign(q=q_values(changes["p"])), trend=trend
    )


def usable_records(
    model: TopicModel, feedback: pd.DataFrame, trend: TopicTrend, calendar: Calendar
) -> pd.DataFrame:
    """Records of the usable periods with their topic, their channel, and their period's place."""
    joined = model.joined(feedback[feedback["created_at"].notna()])
    start = calendar.period_start(joined["created_at"], trend.period)  # type: ignore[arg-type]
    channel = joined.get("channel", pd.Series("unknown", index=joined.index))
    frame = joined.assign(
        channel=channel.astype("string").fillna("unknown").astype(object),
        at=trend.counts.index.get_indexer(pd.DatetimeIndex(start)),
    )
    return frame[frame["at"] >= 0].reset_index(drop=True)


def recent_periods(periods: int) -> np.ndarray:
    """Which periods count as recent: the last quarter; shape (periods,)."""
    return np.arange(periods) >= periods - max(1, round(_RECENT * periods))


def dispersion(n: np.ndarray, total: np.ndarray, after: np.ndarray) -> float:
    """Pearson's dispersion of the shares around one share before and one after; at least 1."""
    share = np.where(
        after, n[after].sum() / total[after].sum(), n[~after].sum() / total[~after].sum()
    )
    expected = total * share
    spread = expected * (1 - share)
    square = np.divide((n - expected) ** 2, spread, out=np.zeros(len(n)), where=spread > 0)
    return float(max(1.0, square.sum() / max(len(n) - 2, 1)))


def _scaled(count: int, wide: float) -> int:
    return max(round(count / wide), 1 if count else 0)
