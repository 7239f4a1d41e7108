"""Whom the answers speak for: respondents beside the customer base, raw beside post-stratified."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.sentiment.tables import OUTPUTS, shown
from insights.ingest.segments import DEFAULT_SEGMENTS, Segments, largest
from insights.messages import _, items, number, percent, translated
from insights.result import Check, Result
from insights.settings import DEFAULT_LEVEL
from insights.stats.intervals import mean_t, wilson_bounds
from insights.stats.raking import rake, weighted_mean

from .params import Params
from .result import score_text
from .scores import points_of

__all__ = ["Respondents", "respondents"]

_FEWEST = 30  # respondents with a known customer below which nothing is weighted


@dataclass(frozen=True, kw_only=True, eq=False)
class Respondents(Result, table="values", figure="respondents"):
    """Respondents beside the customer base. `n`: customers of the base who gave a score.

    Attributes
    ----------
    values
        measure, mode, n, raw, raw_low, raw_high, weighted, low, high, design_effect: one vote a
        customer.
    margins
        measure, dimension, value, base, respondents, base_share, respondent_share, answered, low,
        high: `answered` is the share of the base that gave a score.
    base
        Customers in the base.
    """

    values: pd.DataFrame
    margins: pd.DataFrame
    base: int

    def sentences(self) -> list[str]:
        """Give each score raw and weighted to the customer base."""
        whole = self.values[self.values["mode"] == "all"]
        if whole.empty:
            reason = self.checks[0].detail if self.checks else _("no score is known")
            return [
                _(
                    "Respondents cannot be set against the customer base: {reason} (n = {n}).",
                    reason=reason,
                    n=number(self.n),
                )
            ]
        parts = []
        for row in whole.itertuples():
            answered = row.n / self.base
            raw = score_text(row.measure, row.raw, row.raw_low, row.raw_high)
            if row.measure == "rating":
                raw = _("{score} of the scale", score=raw)
            parts.append(
                _(
                    "{n} of {base} customers ({answered}) gave a score for {measure}: "
                    "{raw} as they answered, {weighted} weighted to the base.",
                    n=number(row.n),
                    base=number(self.base),
                    answered=percent(answered),
                    measure=shown(row.measure),
                    raw=raw,
                    weighted=score_text(row.measure, row.weighted, row.low, row.high),
                )
            )
        return parts


def respondents(
    feedback: pd.DataFrame,
    customers: pd.DataFrame | None,
    *,
    params: Params,
    segments: Segments = DEFAULT_SEGMENTS,
) -> Respondents:
    """Weight those who answered to the customer base by its plan, segment, region and the like.

    Base: customers active at some time between the first and the last feedback. Every customer has
    one vote, the mean of what they gave. Weights are raked to all segments of the customer table;
    they undo what these dimensions explain and nothing else, and where
    they do not explain it, weighting only adds noise: both values are given.

    Parameters
    ----------
    feedback
        Records with customer_id, created_at and scores: nps, csat, ces, rating.
    customers
        Customer rows with started_at, ended_at and dimensions; None where there is no table.
    params
        `ces_good`, the end of the effort scale that is good, and `min_cell` customers that a
        share of a margin must rest on.
    segments
        Which columns of the customers the weights are raked to.
    """
    base = None if customers is None else _base(feedback, customers)
    if base is None or base.empty or "customer_id" not in feedback:
        detail = _("the study has no customer table, or no feedback names a customer")
        return _nothing(Check(_("customer base is known"), None, detail), 0)
    labels = {name: largest(values) for name, values in segments.of(base, "customers").items()}
    base, dimensions = base.assign(**labels), list(labels)
    if not dimensions:
        detail = _("the customer table has no dimension such as plan, segment or region")
        return _nothing(Check(_("customer base is known"), None, detail), len(base))
    rows, margins, checks, reached = [], [], [], set()
    for measure, points, mode in _measured(feedback, params):
        known = points.index[feedback.loc[points.index, "customer_id"].isin(base.index)]
        if not len(known):
            continue
        ways = [("all", known)]
        if mode.loc[known].nunique() > 1:
            ways += [(str(m), ids) for m, ids in known.groupby(mode.loc[known]).items()]
        for name, index in ways:
            each = points.loc[index].groupby(feedback.loc[index, "customer_id"]).mean()
            if len(each) < max(_FEWEST, params.min_cell):
                continue
            row, note = _weighted(each, base, dimensions)
            rows.append((measure, name, *row))
            if name == "all":
                margins.append(_margins(measure, each.index, base, dimensions, params.min_cell))
                checks += _checks(measure, note, len(points) - len(known), margins[-1])
                reached |= set(each.index)
    if not rows:
        detail = _("fewer than {fewest} customers of the base gave a score", fewest=_FEWEST)
        return _nothing(Check(_("respondents enough to be weighted"), None, detail), len(base))
    return Respondents(
        n=len(reached),
        checks=tuple(checks),
        values=pd.DataFrame(rows, columns=_VALUES),
        margins=pd.concat(margins, ignore_index=True),
        base=len(base),
    )


_VALUES = ["measure", "mode", "n", "raw", "raw_low", "raw_high", "weighted", "low", "high",
           "design_effect"]  # fmt: skip


def _nothing(check: Check, base: int) -> Respondents:
    return Respondents(
        n=0,
        checks=(check,),
        values=pd.DataFrame(columns=_VALUES),
        margins=OUTPUTS["respondents"].empty(),
        base=base,
    )


def _base(feedback: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """Customers active at some time while feedback came in, by their id."""
    times = pd.to_datetime(feedback["created_at"], utc=True).dropna()
    known = customers.drop_duplicates("customer_id").set_index("customer_id").sort_index()
    if times.empty:
        return known
    first, last = times.min(), times.max()
    started = pd.to_datetime(known["started_at"], utc=True)
    there = ~(started > last)
    if "ended_at" in known:
        there &= ~(pd.to_datetime(known["ended_at"], utc=True) < first)
    return known[there]


def _measured(feedback: pd.DataFrame, params: Params):
    """Each measure that was asked: its name, what each answer counts, and its survey mode."""
    mode = pd.Series("all", index=feedback.index)
    if "channel" in feedback:
        mode = feedback["channel"].astype(object).where(feedback["channel"].notna(), "unknown")
    for measure in ("nps", "csat", "ces", "rating"):
        if measure not in feedback or (measure == "ces" and params.ces_good == "undeclared"):
            continue
        values = pd.to_numeric(feedback[measure], errors="coerce").dropna().astype(float)
        if not len(values) or values.nunique() < 2:
            continue
        points = values if measure == "rating" else points_of(measure, values, params.ces_good)
        yield measure, points, mode


def _weighted(each: pd.Series, base: pd.DataFrame, dimensions: list[str]) -> tuple[tuple, list]:
    """Raw and weighted mean of one vote a customer; which margins could not be met."""
    codes, targets, missed = [], [], []
    for name in dimensions:
        named = base[name].astype(object).where(base[name].notna(), "unknown").astype(str)
        values, code = np.unique(named.to_numpy(str), return_inverse=True)
        target = np.bincount(code) / len(code)
        inside = pd.Series(code, index=base.index).loc[each.index].to_numpy()
        unheard = target[np.bincount(inside, minlength=len(values)) == 0].sum()
        if unheard:
            missed.append((name, float(unheard)))
        codes.append(inside)
        targets.append(target)
    raked = rake(codes, targets)
    y = each.to_numpy(float)
    raw, found = mean_t(y), weighted_mean(y, raked, codes)
    floor = -1.0 if y.min() < 0 else 0.0
    ends = [float(np.clip(v, floor, 1.0)) for v in (raw.low, raw.high, found.low, found.high)]
    row = (len(y), raw.estimate, *ends[:2], found.estimate, *ends[2:], raked.design_effect)
    return row, [*missed, *([] if raked.settled else [("", np.nan)])]


def _margins(
    measure: str, who: pd.Index, base: pd.DataFrame, dimensions: list[str], least: int
) -> pd.DataFrame:
    rows = []
    for name in dimensions:
        named = base[name].astype(object).where(base[name].notna(), "unknown").astype(str)
        size, heard = named.value_counts().sort_index(), named.loc[who].value_counts()
        for value, n in size.items():
            k = int(heard.get(value, 0))
            low, high = wilson_bounds(k, n)
            shown = n >= least
            rows.append(
                (measure, name, str(value), int(n), k, n / len(base), k / len(who))
                + ((k / n, float(low), float(high)) if shown else (np.nan,) * 3)
            )
    return pd.DataFrame(rows, columns=OUTPUTS["respondents"].names)


def _checks(measure: str, missed: list, strangers: int, margins: pd.DataFrame) -> list[Check]:
    """Whether those who answered resemble the base, and what weighting could not reach."""
    p = {}
    for name, part in margins.groupby("dimension", sort=False):
        heard = part["respondents"].to_numpy(float)
        silent = part["base"].to_numpy(float) - heard
        table = np.array([heard, silent])
        table = table[:, table.sum(axis=0) > 0]
        if (table.sum(axis=1) > 0).all() and table.shape[1] > 1:
            p[name] = float(stats.chi2_contingency(table).pvalue)
    apart = [name for name, value in p.items() if value * len(p) < 1 - DEFAULT_LEVEL]
    detail = (
        _(
            "customers who gave {measure} differ from the others in {apart}: quote "
            "the weighted value beside the raw one",
            measure=shown(measure),
            apart=items(map(translated, apart), len(apart)),
        )
        if apart
        else _(
            "in {dimensions} no difference is detected for {measure}",
            dimensions=items(map(translated, p), len(p)) or _("no dimension"),
            measure=shown(measure),
        )
    )
    found = [
        Check(
            _("{measure}: respondents resemble the base", measure=shown(measure)), not apart, detail
        )
    ]
    if strangers:
        detail = _(
            "{strangers} answers are of nobody in the customer base and are left out here",
            strangers=strangers,
        )
        found.append(
            Check(_("{measure}: answers without a customer", measure=shown(measure)), None, detail)
        )
    for name, share in missed:
        detail = _("all margins at once do not converge")
        if not np.isnan(share):
            detail = _(
                "{dimension} hold {share} that nobody answered for",
                dimension=name,
                share=percent(share, 1),
            )
        title = _("{measure}: weights reach the base", measure=shown(measure))
        found.append(Check(title, False, detail))
    return found
