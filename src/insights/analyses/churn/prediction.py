"""Whether feedback predicts leaving in later months beyond what usage and plan already tell."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit

from insights.analyses.churn.design import adjustment, joined
from insights.analyses.churn.model import MIN_EVENTS
from insights.analyses.churn.periods import PersonPeriods
from insights.analyses.churn.result import ChurnRisk, OutOfTimePrediction
from insights.messages import _, fixed
from insights.result import Check, Estimate
from insights.settings import DEFAULT_LEVEL
from insights.stats.discrimination import area_under_curve
from insights.stats.intervals import wilson_bounds
from insights.stats.logit import independent_columns, logit

__all__ = ["out_of_time"]

_WANTED = (0.8, 1.25)  # calibration slope
_LATE = 0.3  # share of the leavers that lie in the months of testing
_DRAWS = 999


def out_of_time(periods: PersonPeriods, risk: ChurnRisk) -> OutOfTimePrediction:
    """Fit on early months, test on later ones, with an embargo of window plus gap between.

    The difference of the two log losses is paired by row; its interval comes from a bootstrap
    of whole customers. Rows are never split at random, and months have no level of their own.
    """
    topics = sorted(risk.topics.loc[risk.topics["q"].notna(), "topic_id"])
    periods = periods.without(risk.leaks)
    months = len(periods.starts)
    left = np.bincount(periods.month[periods.event], minlength=months)
    reason, train, test = "", np.zeros(0, bool), np.zeros(0, bool)
    if not topics:
        reason = _("no topic was tested")
    elif periods.events < 2 * MIN_EVENTS:
        reason = _("only {events} customers left", events=periods.events)
    else:
        begin = int(np.searchsorted(np.cumsum(left), (1 - _LATE) * left.sum()))
        days = np.timedelta64(periods.params.window_days + periods.params.gap_days, "D")
        early = periods.starts <= periods.starts[min(begin, months - 1)] - days
        train, test = early[periods.month], periods.month >= begin
        counts = int(periods.event[train].sum()), int(periods.event[test].sum())
        if min(counts) < MIN_EVENTS:
            reason = _(
                "{before} leavers before the split and {after} after, 20 wanted each",
                before=counts[0],
                after=counts[1],
            )
    if reason:
        return OutOfTimePrediction(
            n=periods.n, gain=None, loss_without=np.nan, loss_with=np.nan, slope=None,
            intercept=None, brier=np.nan, auc_without=np.nan, auc_with=np.nan,
            deciles=_deciles(np.zeros(0), np.zeros(0)),
            train=0, test=0, reason=reason,
        )  # fmt: skip
    exposed = periods.exposed(topics)
    base = adjustment(periods, months=False, leavers=int(periods.event[train].sum()))
    full = joined([(topic, exposed[:, k]) for k, topic in enumerate(topics)], base)
    before = _later(periods, base.x, train, test)
    after = _later(periods, full.x, train, test)
    seen = periods.event[test].astype(float)
    without, with_topics = _loss(before, seen), _loss(after, seen)
    line = _line(after, seen, periods.cluster[test])
    gain = _paired(without - with_topics, periods.cluster[test], periods.params.seed)
    return OutOfTimePrediction(
        n=len(np.unique(periods.customer[test])),
        checks=(_calibrated(line),),
        gain=gain,
        loss_without=float(without.mean()),
        loss_with=float(with_topics.mean()),
        slope=line[1] if line else None,
        intercept=line[0] if line else None,
        brier=float(np.mean((expit(after) - seen) ** 2)),
        auc_without=area_under_curve(before, seen),
        auc_with=area_under_curve(after, seen),
        deciles=_deciles(expit(after), seen),
        train=int(periods.event[train].sum()),
        test=int(periods.event[test].sum()),
        reason="",
    )


def _later(
    periods: PersonPeriods, x: np.ndarray, train: np.ndarray, test: np.ndarray
) -> np.ndarray:
    """Predicted log odds of each later row."""
    x = x[:, independent_columns(x[train])]
    rows = x[train], periods.event[train], periods.cluster[train]
    fit = logit(*rows, offset=periods.offset[train])
    if not fit.converged or fit.separated:
        fit = logit(*rows, firth=True, offset=periods.offset[train])
    return x[test] @ fit.coef + periods.offset[test]


def _loss(eta: np.ndarray, seen: np.ndarray) -> np.ndarray:
    return np.logaddexp(0.0, eta) - seen * eta


def _line(
    eta: np.ndarray, seen: np.ndarray, cluster: np.ndarray
) -> tuple[Estimate, Estimate] | None:
    """Calibration intercept and slope: 0 and 1 when later months are as foretold.

    Intervals by customer, for the model as fitted: of the later months' chance alone.
    """
    if eta.std() == 0:
        return None
    fit = logit(np.column_stack([np.ones(len(eta)), eta]), seen, cluster)
    half = stats.norm.ppf(0.5 + DEFAULT_LEVEL / 2) * fit.se
    n = len(np.unique(cluster))
    intercept, slope = (
        Estimate(float(b), float(b - h), float(b + h), DEFAULT_LEVEL, n)
        for b, h in zip(fit.coef, half, strict=True)
    )
    return intercept, slope


def _calibrated(line: tuple[Estimate, Estimate] | None) -> Check:
    """Whether the slope lies within what is wanted; None when its interval leaves that open."""
    name, (low, high) = _("calibrated on later months"), _WANTED
    if line is None:
        return Check(name, None, _("cannot tell: the model foretells the same chance for all"))
    intercept, slope = line
    inside = low <= slope.low and slope.high <= high
    outside = slope.high < low or slope.low > high
    parts = [
        _(
            "calibration slope {slope}, {low} to {high} wanted",
            slope=slope.text("{:.2f}"),
            low=fixed(low),
            high=fixed(high),
        ),
        _("intercept {intercept}", intercept=intercept.text("{:.2f}")),
    ]
    open_ = _("the slope's interval reaches in and out of it, so that it cannot be told")
    return Check(
        name,
        True if inside else False if outside else None,
        _("; ").join([*parts, *([] if inside or outside else [open_])]),
    )


def _deciles(chance: np.ndarray, seen: np.ndarray) -> pd.DataFrame:
    """Foretold and seen share of leavers, by tenth of the foretold chance."""
    rows = []
    order = np.argsort(chance, kind="stable")
    for tenth, members in enumerate(np.array_split(order, 10) if len(order) else [], start=1):
        low, high = wilson_bounds(int(seen[members].sum()), len(members), DEFAULT_LEVEL)
        share = float(seen[members].mean())
        rows.append(
            (tenth, len(members), float(chance[members].mean()), share, float(low), float(high))
        )
    return pd.DataFrame(rows, columns=["tenth", "rows", "foretold", "seen", "low", "high"])


def _paired(difference: np.ndarray, customer: np.ndarray, seed: int) -> Estimate:
    """Mean difference in thousandths, with a percentile interval over whole customers."""
    _, code = np.unique(customer, return_inverse=True)
    total = np.bincount(code, weights=difference)
    rows = np.bincount(code).astype(float)
    rng = np.random.default_rng(seed)
    draws = np.empty(_DRAWS)
    for k in range(_DRAWS):
        weight = np.bincount(rng.integers(0, len(total), len(total)), minlength=len(total))
        draws[k] = (weight @ total) / (weight @ rows)
    low, high = np.quantile(draws, [0.5 - DEFAULT_LEVEL / 2, 0.5 + DEFAULT_LEVEL / 2]) * 1000
    centre = float(difference.mean()) * 1000
    return Estimate(
        centre, min(float(low), centre), max(float(high), centre), DEFAULT_LEVEL, len(total)
    )
