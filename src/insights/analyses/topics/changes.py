"""Shares of topics through time, and which of them changed lately."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.topics.params import Params
from insights.analyses.topics.result import TopicModel
from insights.analyses.topics.tables import OUTPUTS
from insights.errors import DataError
from insights.result import Check, Result
from insights.settings import DEFAULT_CELL, DEFAULT_FDR
from insights.stats.calendar import Calendar, ordinals, whole_periods
from insights.stats.intervals import newcombe, wilson_bounds
from insights.stats.multiplicity import q_values

__all__ = [
    "MIX",
    "SMALL_PERIOD",
    "TopicChange",
    "TopicTrend",
    "day",
    "framed",
    "left_out",
    "named",
    "p_text",
    "plural",
    "points_text",
    "recent_periods",
    "topic_changes",
    "topic_trend",
    "usable_periods",
    "usable_records",
]

MIX = Check(
    "who writes and where",
    None,
    "shares are of all records as they came; when one channel or group writes more than before, "
    "shares move although no group's feedback changed",
)
SMALL_PERIOD = 30  # records of a period below which its shares are not shown
_RECENT = 0.25  # share of the complete periods that counts as recent
_CHANGES = dict(OUTPUTS["topic_changes"].dtypes)


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

    def own_checks(self) -> tuple[Check, ...]:
        """Return what the fields themselves tell."""
        return tuple(_trend_checks(self))

    def sentences(self) -> list[str]:
        """Say over which periods the shares run."""
        periods = self.trend["period"].drop_duplicates()
        usual = self.trend.drop_duplicates("period")["total"].median()
        return [
            f"Shares of {len(self.names) - 1} topics in {len(periods)} {self.period}s from "
            f"{day(periods.iloc[0], self.period)} to {day(periods.iloc[-1], self.period)}, "
            f"{self.n:,} records, half of the {self.period}s with {usual:,.0f} or more; bands are "
            "95 % intervals."
        ]


@dataclass(frozen=True, kw_only=True, eq=False)
class TopicChange(Result, table="changes", figure="change_intervals"):
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
    fdr: float = DEFAULT_FDR
    owners: Mapping[str, str] = field(default_factory=dict)

    def own_checks(self) -> tuple[Check, ...]:
        """Return what the fields themselves tell."""
        return (MIX,)

    @property
    def found(self) -> pd.DataFrame:
        """The changes that stand after the correction, largest first."""
        rows = self.changes[self.changes["q"] <= self.fdr]
        return rows.sort_values("estimate", key=abs, ascending=False, kind="stable")

    def sentences(self) -> list[str]:
        """Name the largest change, or say that there is none to be seen."""
        if self.changes.empty and self.periods >= 4:
            return [f"There is no topic whose change could be tested (n = {self.n:,})."]
        if self.changes.empty:
            return [
                f"Cannot tell whether topics changed: {self.periods} complete {self.period}s with "
                f"at least 30 records each (n = {self.n:,}), and 4 are needed."
            ]
        span = f"the last {self.recent} complete {plural(self.period, self.recent)} (since "
        earlier = self.periods - self.recent
        span += f"{day(self.since, self.period)}{left_out(self.thin_recent, self.period)}) and "
        span += f"{earlier} before{left_out(self.thin_earlier, self.period)}"
        tested = f"{len(self.changes)} topics tested, n = {self.n:,}"
        if self.found.empty:
            return [f"No detectable change of any topic's share between {span} ({tested})."]
        top = self.found.iloc[0]
        verb = "rose" if top["estimate"] > 0 else "fell"
        more = f"{len(self.found) - 1} more changed." if len(self.found) > 1 else ""
        return [
            f"As records came, the share of {named(top, self.owners)} {verb} from "
            f"{top['earlier_share']:.1%} to {top['recent_share']:.1%} between {span}: a difference "
            f"of {points_text(top)}, q {p_text(top['q'])} ({tested}).",
            more,
        ]


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


def points_text(row: pd.Series) -> str:
    """Write a difference of shares and its interval in percentage points."""
    return (
        f"{100 * row['estimate']:+.1f} percentage points "
        f"[{100 * row['low']:+.1f}, {100 * row['high']:+.1f}]"
    )


def p_text(value: float) -> str:
    """Write a probability without its leading zero."""
    return "< .001" if value < 0.001 else f"= {value:.3f}".replace("0.", ".", 1)


def day(value, period: str) -> str:
    """Write the first day of a period as people name the period."""
    stamp = pd.Timestamp(value)
    forms = {"month": "%B %Y", "year": "%Y"}
    if period == "quarter":
        return f"{stamp.year} Q{stamp.quarter}"
    return stamp.strftime(forms.get(period, "%Y-%m-%d"))


def named(row: pd.Series, owners: Mapping[str, str]) -> str:
    """Write the label of a topic, and who answers for it where that is known."""
    owner = owners.get(row["topic_id"], "")
    return f"“{row['label']}” (owner: {owner})" if owner else f"“{row['label']}”"


def owners_of(model: TopicModel) -> dict[str, str]:
    """Return topic id to who answers for it, of the topics that have an owner."""
    if "owner" not in model.topics:
        return {}
    owned = model.topics[model.topics["owner"].fillna("") != ""]
    return dict(zip(owned["topic_id"], owned["owner"], strict=True))


def plural(word: str, n: int) -> str:
    """Write the word for one or for several."""
    return word if n == 1 else f"{word}s"


def left_out(thin: int, period: str) -> str:
    """Say how many periods among those named were left out for too few records; '' for none."""
    return f", {thin} {plural(period, thin)} of fewer than 30 records left out" if thin else ""


def topic_trend(
    model: TopicModel, feedback: pd.DataFrame, *, params: Params, calendar: Calendar
) -> TopicTrend:
    """Share of each topic among all records of each period, with Wilson intervals.

    Periods with fewer than 30 records keep their counts and lose their shares. The first and
    the last period are marked when the data begin or end inside them.
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
    ids = [*model.topics["topic_id"], "-1"]
    counts = pd.crosstab(start, joined["topic_id"]).reindex(columns=ids, fill_value=0)
    every = pd.period_range(start.min(), start.max(), freq=calendar.frequency(length))
    counts = counts.reindex(every.start_time, fill_value=0)
    total = counts.sum(axis=1).to_numpy()
    whole = whole_periods(calendar.local(joined["created_at"]), every)
    n = counts.to_numpy()
    enough = (total >= SMALL_PERIOD)[:, None] & np.ones_like(n, bool)
    low, high = wilson_bounds(n, total[:, None])
    share = np.divide(n, total[:, None], out=np.zeros(n.shape), where=total[:, None] > 0)
    table = pd.DataFrame(
        {
            "period": np.repeat(every.start_time.to_numpy(), len(ids)),
            "topic_id": pd.Series(np.tile(np.array(ids, dtype=object), len(every)), dtype="str"),
            "n": n.ravel(),
            "share": np.where(enough, share, np.nan).ravel(),
            "low": np.where(enough, low, np.nan).ravel(),
            "high": np.where(enough, high, np.nan).ravel(),
            "total": np.repeat(total, len(ids)),
            "complete": np.repeat(whole, len(ids)),
        }
    )
    names = {
        **dict(zip(model.topics["topic_id"], model.topics["label"], strict=True)),
        "-1": model.rest,
    }
    return TopicTrend(
        n=int(total.sum()),
        trend=table,
        period=length,
        names=names,
        fdr=params.fdr,
        min_cell=params.min_cell,
        owners=owners_of(model),
    )


def topic_changes(trend: TopicTrend) -> TopicChange:
    """Which topics' shares differ between the recent periods and those before.

    Recent is the last quarter of the complete periods with at least 30 records. The difference
    has Newcombe's interval, the test is the score test of two shares; both are widened by the
    spread of the shares between periods (Pearson's dispersion, at least 1), for shares wander
    more than counts alone would let them, and the test takes Student's quantiles. q-values
    after Benjamini and Hochberg over the topics.
    """
    counts, total = usable_periods(trend)
    after = recent_periods(len(total))
    enough = len(total) >= 4
    rows = []
    for topic, n in counts.drop(columns="-1", errors="ignore").items() if enough else ():
        wide = dispersion(n.to_numpy(), total, after)
        a, b = int(n[after].sum()), int(n[~after].sum())
        na, nb = int(total[after].sum()), int(total[~after].sum())
        gap = newcombe((_scaled(a, wide), _scaled(na, wide)), (_scaled(b, wide), _scaled(nb, wide)))
        pooled = (a + b) / (na + nb)
        error = np.sqrt(wide * pooled * (1 - pooled) * (1 / na + 1 / nb))
        z = (a / na - b / nb) / error if error > 0 else np.nan
        p = float(2 * stats.t.sf(abs(z), len(total) - 2))
        estimate = a / na - b / nb
        rows.append(
            {
                "topic_id": topic,
                "label": trend.names[topic],
                "recent_n": a,
                "recent_share": a / na,
                "earlier_n": b,
                "earlier_share": b / nb,
                "estimate": estimate,
                "low": min(gap.low, estimate),
                "high": max(gap.high, estimate),
                "dispersion": wide,
                "p": p,
            }
        )
    found = framed(rows, _CHANGES)
    early, late = counts.index[~after], counts.index[after]
    return TopicChange(
        n=int(total.sum()),
        changes=found.assign(q=q_values(found["p"])),
        periods=len(total),
        recent=int(after.sum()) if enough else 0,
        period=trend.period,
        fdr=trend.fdr,
        owners=trend.owners,
        since=pd.Timestamp(late[0]) if enough else None,
        thin_recent=_thin(late, trend.period) if enough else 0,
        thin_earlier=_thin(early.append(late[:1]), trend.period) if enough else 0,
    )


def _thin(starts: pd.Index, period: str) -> int:
    """Periods between the first and the last of these that are not among them."""
    place = ordinals(pd.DatetimeIndex(starts), period)
    return int(place[-1] - place[0] + 1 - len(place))


def usable_periods(trend: TopicTrend) -> tuple[pd.DataFrame, np.ndarray]:
    """Counts (periods by topics) and totals of the complete periods that are not small."""
    usable = trend.trend["complete"] & (trend.trend["total"] >= SMALL_PERIOD)
    rows = trend.trend[usable]
    counts = rows.pivot(index="period", columns="topic_id", values="n")
    total = rows.groupby("period")["total"].first().to_numpy()
    return counts.reindex(columns=list(trend.names), fill_value=0), total


def framed(rows: list[dict], kinds: Mapping[str, str]) -> pd.DataFrame:
    """Return rows as a frame with the declared columns; without a row, of the declared types."""
    frame = pd.DataFrame(rows, columns=list(kinds))
    return frame if rows else frame.astype(dict(kinds))


def usable_records(
    model: TopicModel, feedback: pd.DataFrame, trend: TopicTrend, calendar: Calendar
) -> pd.DataFrame:
    """Records of the usable periods with their topic, their channel, and their period's place."""
    starts = usable_periods(trend)[0].index
    joined = model.joined(feedback[feedback["created_at"].notna()])
    start = calendar.period_start(joined["created_at"], trend.period)  # type: ignore[arg-type]
    channel = joined.get("channel", pd.Series("unknown", index=joined.index))
    frame = joined.assign(
        channel=channel.astype("string").fillna("unknown").astype(object),
        at=starts.get_indexer(pd.DatetimeIndex(start)),
    )
    return frame[frame["at"] >= 0].reset_index(drop=True)


def recent_periods(periods: int) -> np.ndarray:
    """Which periods count as recent: the last quarter; shape (periods,)."""
    return np.arange(periods) >= periods - max(1, round(_RECENT * periods))


def dispersion(n: np.ndarray, total: np.ndarray, after: np.ndarray) -> float:
    """Pearson's dispersion of the shares around one share before and one after; at least 1."""
    expected = np.empty(len(n))
    share = np.empty(len(n))
    for part in (after, ~after):
        share[part] = n[part].sum() / total[part].sum()
        expected[part] = total[part] * share[part]
    spread = expected * (1 - share)
    square = np.divide((n - expected) ** 2, spread, out=np.zeros(len(n)), where=spread > 0)
    return float(max(1.0, square.sum() / max(len(n) - 2, 1)))


def _scaled(count: int, wide: float) -> int:
    return max(round(count / wide), 1 if count else 0)
