"""What is held equal: plan and segment, tenure, calendar month, usage, prior contact."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from insights.analyses.churn.leaks import gives_away
from insights.analyses.churn.periods import PersonPeriods
from insights.stats.logit import independent_columns
from insights.stats.spline import natural_spline

__all__ = ["Design", "adjustment", "joined"]

_SPARSE = 10  # leavers that a level of a dimension must hold
_MONTHS = 15  # leavers that a group of months must hold
_RICH = 400  # leavers from which smooth terms may bend freely
_SOME = 100  # and from which they may bend once


@dataclass(frozen=True)
class Design:
    """Columns with a name each; the first is the intercept."""

    x: np.ndarray
    names: tuple[str, ...]
    giveaways: tuple[str, ...] = ()  # dimensions left out because they give the outcome away
    offset: np.ndarray | None = None  # log exposure of each row

    def index(self, name: str) -> int:
        """Position of a column."""
        return self.names.index(name)


def adjustment(
    periods: PersonPeriods,
    *,
    gap_days: int | None = None,
    months: bool = True,
    leavers: int | None = None,
) -> Design:
    """Build the columns that are held equal, linearly independent.

    Parameters
    ----------
    periods
        Customers x months at risk.
    gap_days
        Of the prior contacts; the setting by default.
    months
        Whether calendar months get a level of their own (they cannot in a split by time).
    leavers
        How many the model is fitted to, when not all: with fewer, fewer columns.
    """
    events = periods.events if leavers is None else leavers
    sparse = _SPARSE * periods.events / max(events, 1)
    bends = 4 if events >= _RICH else 2 if events >= _SOME else 1
    parts: list[tuple[str, np.ndarray]] = [("intercept", np.ones(periods.rows))]
    parts += _columns("tenure", natural_spline(np.log1p(periods.tenure), bends))
    fresh = periods.tenure == 0
    if fresh.any() and periods.event[fresh].sum() >= sparse:
        parts.append(("month of joining", fresh.astype(float)))
    if months:
        groups = month_groups(periods)
        parts += _levels("months", groups, periods, sparse)
    giveaways = []
    for name in periods.dimensions:
        if gives_away(periods.people[name], periods.people["leaves"].to_numpy()):
            giveaways.append(name)
            continue
        labels = periods.people[name].astype("string").fillna("unknown")
        codes, _ = pd.factorize(labels, sort=True)
        parts += _levels(name, codes[periods.customer], periods, sparse)
    revenue = periods.people["revenue"].to_numpy(float)
    if np.isfinite(revenue).any():
        money = np.log1p(np.maximum(revenue, 0))
        money = np.where(np.isfinite(money), money, np.nanmean(money))
        parts += _columns("revenue", natural_spline(money[periods.customer], 1))
    for name in periods.usage.columns:
        values = periods.usage[name].to_numpy()
        smooth = name.endswith(" level") and events >= _RICH
        parts += _columns(name, natural_spline(values, 3 if smooth else 1))
    contacts = periods.prior_contacts(gap_days)
    if (contacts[periods.event] > 0).sum() >= sparse:
        parts += _columns("prior contacts", natural_spline(np.log1p(contacts), 1))
    return replace(joined(parts, giveaways=tuple(giveaways)), offset=periods.offset)


def joined(
    parts: list[tuple[str, np.ndarray]],
    base: Design | None = None,
    *,
    giveaways: tuple[str, ...] = (),
) -> Design:
    """Put columns behind those of `base`; what the earlier ones already say is dropped."""
    columns = [values for _, values in parts]
    names = [name for name, _ in parts]
    if base is not None:
        columns = [base.x, *columns]
        names = [*base.names, *names]
        giveaways = base.giveaways
    offset = None if base is None else base.offset
    x = np.asfortranarray(np.column_stack(columns), dtype=float)
    keep = independent_columns(x)
    independent = tuple(name for name, good in zip(names, keep, strict=True) if good)
    return Design(np.ascontiguousarray(x[:, keep]), independent, giveaways, offset)


def month_groups(periods: PersonPeriods) -> np.ndarray:
    """Group of each row's calendar month: neighbours are joined until each holds leavers."""
    left = np.bincount(periods.month[periods.event], minlength=len(periods.starts))
    group, leavers, groups = 0, 0, list[int]()
    for count in left:
        groups.append(group)
        leavers += int(count)
        if leavers >= _MONTHS:
            group, leavers = group + 1, 0
    # a last group that holds too few is given to its neighbour
    groups = np.minimum(groups, max(group - 1, 0)).tolist()
    return np.array(groups)[periods.month]


def _columns(name: str, basis: np.ndarray) -> list[tuple[str, np.ndarray]]:
    if basis.shape[1] == 1:
        return [(name, basis[:, 0])]
    return [(f"{name} {k + 1}", basis[:, k]) for k in range(basis.shape[1])]


def _levels(
    name: str, codes: np.ndarray, periods: PersonPeriods, sparse: float
) -> list[tuple[str, np.ndarray]]:
    """One column a level with enough leavers and stayers; the commonest, and the rare, are base."""
    rows = np.bincount(codes)
    left = np.bincount(codes[periods.event], minlength=len(rows))
    base = int(rows.argmax())
    return [
        (f"{name} {code}", (codes == code).astype(float))
        for code in range(len(rows))
        if code != base and left[code] >= sparse and rows[code] - left[code] >= sparse
    ]
