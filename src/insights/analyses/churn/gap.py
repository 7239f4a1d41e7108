"""Talk of customers already leaving: what remains of a topic as the gap before the month grows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.churn.design import adjustment
from insights.analyses.churn.leaks import written_knowingly
from insights.analyses.churn.mentions import OTHER
from insights.analyses.churn.model import MIN_EVENTS, Fitted, candidates, fit_topics
from insights.analyses.churn.periods import PersonPeriods
from insights.analyses.churn.tables import OUTPUTS
from insights.messages import _, items, number, plural
from insights.result import Check, Result
from insights.settings import DEFAULT_LEVEL

__all__ = ["GAPS", "GapCurve", "gap_curve"]

GAPS = (0, 7, 14, 30, 60)
# each with its reason in docs/methods/churn.md, section Thresholds
_NEAR = 0.2  # share of a topic's mentions within the gap before leaving
_USUAL = 3.0  # times the share of customer-days within the gap before leaving
_FALL = 0.5  # share of the log odds ratio lost from gap 0 to 30 days
_SPOKEN = 0.5  # share of a topic's texts that speak of leaving
_ALL = 0.95  # share that left of those who raised a topic, above which it tells who left
_SOME = 20  # customers who must have raised it then


@dataclass(frozen=True, kw_only=True)
class GapCurve(Result, table="curve", figure="gap_lines"):
    """Log odds ratios by gap, the topics that are talk of leaving, and stated reasons.

    Attributes
    ----------
    curve
        topic_id, label, gap_days (-1: the month itself), log_odds, low, high,
        exposed_churners.
    flags
        One row a topic: mentions, near (within the gap before leaving, or after it), cancelling
        (in a cancellation channel), farewells (texts that speak of leaving), log_odds at 0 and
        30 days, log_odds_set and log_odds_quiet (with the gap as set, with all texts and without
        those that speak of leaving; not-a-number where no such text is counted), leak, why.
    stated
        What customers said while leaving: mentions in cancellation channels or within the gap.
    """

    curve: pd.DataFrame
    flags: pd.DataFrame
    stated: pd.DataFrame
    level: float
    gap_days: int

    @property
    def leaks(self) -> tuple[str, ...]:
        """Topic ids that are talk of customers already leaving."""
        return tuple(self.flags.loc[self.flags["leak"], "topic_id"])

    def sentences(self) -> list[str]:
        """Say which topics are talk of customers who were already leaving."""
        if self.curve.empty:
            return [
                _(
                    "Adjusted association by gap: cannot tell, too few of {n} customers "
                    "left or raised a topic.",
                    n=number(self.n),
                )
            ]
        names = self.flags.loc[self.flags["leak"], "label"].tolist()
        topics = self.curve["topic_id"].nunique()
        if not names:
            return [
                _(
                    "Adjusted association by gap ({topics} topics, {customers} customers, 95% "
                    "intervals): no topic looks like talk of customers who were already leaving.",
                    topics=topics,
                    customers=number(self.n),
                )
            ]
        return [
            plural(
                "Adjusted association by gap ({topics} topics, {customers} customers, 95% "
                "intervals): {names} is talk of customers who were already leaving, and not "
                "counted as a finding; see the stated reasons.",
                "Adjusted association by gap ({topics} topics, {customers} customers, 95% "
                "intervals): {names} are talk of customers who were already leaving, and not "
                "counted as a finding; see the stated reasons.",
                len(names),
                topics=topics,
                customers=number(self.n),
                names=items((f"“{name}”" for name in names), len(names)),
            )
        ]


def gap_curve(periods: PersonPeriods) -> GapCurve:
    """Refit the joint model with the gap at 0, 7, 14, 30 and 60 days and flag what collapses.

    A topic is a 'leak' when more than a fifth of its mentions (and three times what chance would
    bring there) fall within the gap before or after its customers left, when four fifths come
    from cancellation channels, or when its log odds ratio is above 0 at no gap and falls by more
    than half, by more than sampling noise, until 30 days. Texts give the outcome away, too, when
    more than half of a topic's speak of leaving and their writers left twice as often as others;
    when their writers left oftener than others who raised the topic, and its log odds ratio
    falls by more than half, by more than noise, without them; or
    when all but a twentieth of those who raised it left with it in their window. The thresholds
    and their reasons stand in `docs/methods/churn.md`.
    """
    found = candidates(periods)
    flags = _near(periods, found)
    curve = OUTPUTS["gap_curve"].empty()
    if periods.events >= MIN_EVENTS and len(found):
        curve, falls = _curve(periods, found, flags)
        at = curve.set_index(["topic_id", "gap_days"])
        none, month = (at.xs(gap, level="gap_days").reindex(flags["topic_id"]) for gap in (0, 30))
        flags["log_odds_0"] = none["log_odds"].to_numpy()
        flags["log_odds_30"] = month["log_odds"].to_numpy()
        fallen = _fallen(none["log_odds"], none["low"], month["log_odds"], falls)
        flags = _flagged(flags, fallen, _("falls by more than half from a gap of 0 to 30 days"))
        flags = _quiet(periods, flags)
    return GapCurve(
        n=periods.n,
        checks=(_check(flags, periods),),
        curve=curve,
        flags=flags,
        stated=_stated(periods, set(flags.loc[flags["leak"], "topic_id"])),
        level=DEFAULT_LEVEL,
        gap_days=periods.params.gap_days,
    )


def _near(periods: PersonPeriods, found: pd.DataFrame) -> pd.DataFrame:
    """Count, of each topic, mentions close to leaving and mentions in cancellation channels."""
    seen = periods.mentions
    close = close_to_leaving(periods)
    counted = ~seen["excluded"] & ~after_the_end(periods)
    count = pd.DataFrame(
        {
            "topic_id": seen["topic_id"],
            "mentions": 1,
            "cancelling": seen["excluded"].astype(int),
            "near": (close & counted).astype(int),
            "kept": counted.astype(int),
            "mentions_leaving": (seen["mentions_leaving"] & counted).astype(int),
        }
    )
    totals = count.groupby("topic_id").sum()
    flags = found[["topic_id", "label"]].merge(totals.reset_index(), on="topic_id", how="left")
    near = flags["near"] / flags["kept"].clip(lower=1)
    channel = flags["cancelling"] / flags["mentions"].clip(lower=1)
    usual = periods.events * periods.params.gap_days / periods.days.sum()
    by_near = (near > max(_NEAR, _USUAL * usual)) & (flags["near"] >= periods.params.min_cell)
    by_channel = channel > 1 - _NEAR
    most = flags["mentions_leaving"] > _SPOKEN * flags["kept"].clip(lower=1)
    by_text = np.where(most, _knowing(periods, flags["topic_id"]), "")
    flags["leak"] = by_near | by_channel | (by_text != "")
    flags["why"] = np.select(
        [by_channel, by_near],
        [_in_cancelling(), _("said within the gap before leaving")],
        by_text,
    )
    return flags.drop(columns="kept")


def _in_cancelling() -> str:
    return _("said in cancellation channels")


def _knowing(periods: PersonPeriods, topics: pd.Series) -> np.ndarray:
    """Why the texts of each topic that speak of leaving knew the end; or nothing."""
    bye, topic, left = _spoken(periods)
    reasons = [written_knowingly(bye & (topic == name), ~bye, left) for name in topics]
    return np.array(reasons, dtype=object)


def _telling(periods: PersonPeriods, topics: pd.Series) -> np.ndarray:
    """Whether writers who spoke of leaving left oftener than others who raised the same topic."""
    bye, topic, left = _spoken(periods)
    likelier = []
    for name in topics:
        own = topic == name
        likelier.append(bool(written_knowingly(bye & own, ~bye & own, left, times=1.0)))
    return np.array(likelier)


def _spoken(periods: PersonPeriods) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each mention that counts: does its text speak of leaving, its topic, did its writer."""
    seen = periods.mentions[~periods.mentions["excluded"] & ~after_the_end(periods)]
    left = periods.people["leaves"].to_numpy()[seen["code"].to_numpy()]
    return seen["mentions_leaving"].to_numpy(bool), seen["topic_id"].to_numpy(), left


def close_to_leaving(periods: PersonPeriods) -> np.ndarray:
    """Whether each mention falls within the gap before, or after, its customer left."""
    person = periods.people.iloc[periods.mentions["code"].to_numpy()]
    before = person["ended"].to_numpy() - periods.mentions["time"].to_numpy()
    gap = np.timedelta64(max(periods.params.gap_days, 1), "D")
    return person["voluntary"].to_numpy() & (before <= gap) & (before >= -gap)


def after_the_end(periods: PersonPeriods) -> np.ndarray:
    """Whether each mention comes more than the gap after its customer left."""
    ended = periods.people["ended"].to_numpy()[periods.mentions["code"].to_numpy()]
    gap = np.timedelta64(max(periods.params.gap_days, 1), "D")
    return periods.mentions["time"].to_numpy() - ended > gap


def _stated(periods: PersonPeriods, leaks: set[str]) -> pd.DataFrame:
    """What was said in cancellation channels or on the way out, by topic."""
    seen = periods.mentions
    late = seen[seen["excluded"] | close_to_leaving(periods)]
    left = periods.people["leaves"].to_numpy()[late["code"].to_numpy()]
    frame = (
        late.assign(left=np.where(left, late["code"], -1))
        .groupby("topic_id")
        .agg(
            label=("label", "first"),
            mentions=("topic_id", "size"),
            customers=("code", "nunique"),
            leavers=("left", lambda codes: codes[codes >= 0].nunique()),
        )
        .reset_index()
    )
    frame.loc[frame["topic_id"] == OTHER, "label"] = _("no topic")
    frame["share_of_leavers"] = frame["leavers"] / max(periods.events, 1)
    frame["leak"] = frame["topic_id"].isin(leaks)
    return frame.sort_values(["leavers", "topic_id"], ascending=[False, True], ignore_index=True)


def _curve(
    periods: PersonPeriods, found: pd.DataFrame, flags: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Refit at every gap; also how many standard errors each topic falls from 0 to 30 days."""
    by_channel = set(flags.loc[flags["why"] == _in_cancelling(), "topic_id"])
    names = found["topic_id"].tolist()
    label = dict(zip(found["topic_id"], found["label"], strict=True))
    z = stats.norm.ppf(0.5 + DEFAULT_LEVEL / 2)
    rows, influence, model = [], {}, None
    for gap in (-1, *GAPS):
        exposed = periods.exposed(names, gap_days=gap)
        for column, name in enumerate(names):
            if name in by_channel:  # shown with the cancellation talk, so that it can be seen
                exposed[:, column] = periods.exposed([name], gap_days=gap, excluded=True)[:, 0]
        counts = periods.churners(exposed)
        enough = counts >= periods.params.min_cell
        topics = [name for name, good in zip(names, enough, strict=True) if good]
        base = adjustment(periods, gap_days=gap)
        model = fit_topics(periods, topics, exposed[:, enough], base, gap_days=gap, near=model)
        for column, name in enumerate(names):
            row = {
                "topic_id": name,
                "label": label[name],
                "gap_days": gap,
                "log_odds": np.nan,
                "low": np.nan,
                "high": np.nan,
                "exposed_churners": int(counts[column]),
            }
            if name in model.columns:
                fit, cov = model.of(name, few=counts[column] < 10)
                place = model.columns[name]
                log, half = fit.coef[place], z * np.sqrt(cov[place, place])
                row |= {"log_odds": log, "low": log - half, "high": log + half}
                influence[name, gap] = fit.influence[:, place]
            rows.append(row)
    falls = {}
    for name in names:
        if (name, 0) in influence and (name, 30) in influence:
            falls[name] = float(np.linalg.norm(influence[name, 0] - influence[name, 30]))
    return pd.DataFrame(rows), falls


def _fallen(
    before: pd.Series, low: pd.Series, after: pd.Series, spread: dict[str, float]
) -> np.ndarray:
    """Which log odds ratios, by topic, are above 0 and lose more than half, and than noise."""
    fall = before - after
    noise = 1.96 * before.index.to_series().map(spread).astype(float)
    return ((low > 0) & (fall > _FALL * before) & (fall > noise)).to_numpy()


def _flagged(flags: pd.DataFrame, found: np.ndarray, why: str) -> pd.DataFrame:
    """Mark what is found; a topic keeps the first reason it was flagged for."""
    fresh = found & ~flags["leak"].to_numpy(bool)
    return flags.assign(leak=flags["leak"] | found, why=flags["why"].mask(fresh, why))


def _quiet(periods: PersonPeriods, flags: pd.DataFrame) -> pd.DataFrame:
    """Flag what rests on texts that speak of leaving, and what tells who left by itself."""
    names = flags["topic_id"].tolist()
    exposed = periods.exposed(names)
    raised, left = periods.customers(exposed), periods.churners(exposed)
    others = (periods.events - left) / np.maximum(periods.n - raised, 1)
    share = left / np.maximum(raised, 1)
    every = (raised >= _SOME) & (share >= _ALL) & (share >= 2 * others)
    flags = _flagged(flags, every, _("all but a twentieth of those who raised it left"))
    flags["log_odds_set"] = flags["log_odds_quiet"] = np.nan
    seen = periods.mentions
    bye = seen["mentions_leaving"].to_numpy(bool) & seen["topic_id"].isin(names).to_numpy()
    if (bye & ~seen["excluded"].to_numpy(bool)).sum() < periods.params.min_cell:
        return flags
    silent = replace(periods, mentions=seen[~bye].reset_index(drop=True))
    fits, base, model = [], adjustment(periods), None
    for study in (periods, silent):
        exposed = study.exposed(names)
        enough = study.churners(exposed) >= periods.params.min_cell
        topics = [name for name, good in zip(names, enough, strict=True) if good]
        model = fit_topics(study, topics, exposed[:, enough], base, near=model)
        few = study.churners(exposed) < periods.params.few
        fits.append((model, dict(zip(names, few, strict=True))))
    rows = {name: [_log_odds(*fit, name) for fit in fits] for name in names}
    ratios = pd.DataFrame(
        {name: (first[0], first[1], second[0]) for name, (first, second) in rows.items()},
        index=["set", "low", "quiet"],
    ).T.astype(float)
    spread = {
        name: float(np.linalg.norm(first[2] - second[2]))
        for name, (first, second) in rows.items()
        if first[2] is not None and second[2] is not None
    }
    spoken = flags["mentions_leaving"].to_numpy() >= periods.params.min_cell
    flags["log_odds_set"] = np.where(spoken, ratios["set"], np.nan)
    flags["log_odds_quiet"] = np.where(spoken, ratios["quiet"], np.nan)
    fallen = spoken & _fallen(ratios["set"], ratios["low"], ratios["quiet"], spread)
    fallen &= _telling(periods, flags["topic_id"])  # else it may have fallen with any texts
    flags = _flagged(
        flags, fallen, _("falls by more than half without texts that speak of leaving")
    )
    nothing = (ratios["low"] > 0).to_numpy() & ratios["quiet"].isna().to_numpy() & spoken
    why = np.where(nothing, _knowing(periods, flags["topic_id"]), "")
    return flags.assign(
        leak=flags["leak"] | (why != ""), why=flags["why"].where(flags["leak"], why)
    )


def _log_odds(
    model: Fitted, few: dict[str, bool], topic: str
) -> tuple[float, float, np.ndarray | None]:
    """Log odds ratio, its lower limit, and what each cluster adds to it."""
    if topic not in model.columns:
        return float("nan"), float("nan"), None
    fit, cov = model.of(topic, few=few[topic])
    place = model.columns[topic]
    z = stats.norm.ppf(0.5 + DEFAULT_LEVEL / 2)
    log = float(fit.coef[place])
    return log, log - z * float(np.sqrt(cov[place, place])), fit.influence[:, place]


def _check(flags: pd.DataFrame, periods: PersonPeriods) -> Check:
    excluded = int(periods.mentions["excluded"].sum())
    late = int(after_the_end(periods).sum())
    leaks = flags[flags["leak"]]
    parts = [
        _("{excluded} mentions in cancellation channels are kept apart", excluded=number(excluded))
    ]
    spoken = int((periods.mentions["mentions_leaving"] & ~periods.mentions["excluded"]).sum())
    if spoken:
        parts.append(_("{spoken} of the others speak of leaving", spoken=number(spoken)))
    if late:
        parts.append(
            _("{late} come more than the gap after their customer left", late=number(late))
        )
    if len(leaks):
        pairs = zip(leaks["label"], leaks["why"], strict=True)
        parts += [f"“{label}”: {why}" for label, why in pairs]
    return Check(_("topics are said before, not on the way out"), None, "; ".join(parts))
