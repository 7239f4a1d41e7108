"""Whether feedback predicts leaving in later months beyond what usage and plan already tell."""

from __future__ import annotations

import numpy as np

from insights.analyses.churn.design import adjustment, joined
from insights.analyses.churn.model import MIN_EVENTS
from insights.analyses.churn.periods import PersonPeriods
from insights.analyses.churn.result import ChurnRisk, Prediction
from insights.result import Check, Estimate
from insights.settings import DEFAULT_LEVEL
from insights.stats.logit import independent_columns, logit

__all__ = ["out_of_time"]

_LATE = 0.3  # share of the leavers that lie in the months of testing
_DRAWS = 999


def out_of_time(periods: PersonPeriods, risk: ChurnRisk) -> Prediction:
    """Fit on early months, test on later ones, with an embargo of window plus gap between.

    The difference of the two log losses is paired by row; its interval comes from a bootstrap
    of whole customers. Rows are never split at random, and months have no level of their own.
    """
    topics = sorted(risk.topics.loc[risk.topics["q"].notna(), "topic_id"])
    months = len(periods.starts)
    left = np.bincount(periods.month[periods.event], minlength=months)
    reason, train, test = "", np.zeros(0, bool), np.zeros(0, bool)
    if not topics:
        reason = "no topic was tested"
    elif periods.events < 2 * MIN_EVENTS:
        reason = f"only {periods.events} customers left"
    else:
        begin = int(np.searchsorted(np.cumsum(left), (1 - _LATE) * left.sum()))
        days = np.timedelta64(periods.params.window_days + periods.params.gap_days, "D")
        early = periods.starts <= periods.starts[min(begin, months - 1)] - days
        train, test = early[periods.month], periods.month >= begin
        counts = int(periods.event[train].sum()), int(periods.event[test].sum())
        if min(counts) < MIN_EVENTS:
            reason = f"{counts[0]} leavers before the split and {counts[1]} after, 20 wanted each"
    if reason:
        return Prediction(
            n=periods.n, gain=None, loss_without=np.nan, loss_with=np.nan, slope=np.nan,
            train=0, test=0, reason=reason,
        )  # fmt: skip
    exposed = periods.exposed(topics)
    base = adjustment(periods, months=False, leavers=int(periods.event[train].sum()))
    full = joined([(topic, exposed[:, k]) for k, topic in enumerate(topics)], base)
    without, _ = _later(periods, base.x, train, test)
    with_topics, slope = _later(periods, full.x, train, test)
    gain = _paired(without - with_topics, periods.customer[test], periods.params.seed)
    return Prediction(
        n=len(np.unique(periods.customer[test])),
        checks=(
            Check(
                "calibrated on later months",
                0.8 <= slope <= 1.25,
                f"calibration slope {slope:.2f}, .80 to 1.25 wanted",
            ),
        ),
        gain=gain,
        loss_without=float(without.mean()),
        loss_with=float(with_topics.mean()),
        slope=slope,
        train=int(periods.event[train].sum()),
        test=int(periods.event[test].sum()),
        reason="",
    )


def _later(
    periods: PersonPeriods, x: np.ndarray, train: np.ndarray, test: np.ndarray
) -> tuple[np.ndarray, float]:
    """Log loss of each later row, and the calibration slope there."""
    x = x[:, independent_columns(x[train])]
    fit = logit(x[train], periods.event[train], periods.customer[train])
    if not fit.converged or fit.separated:
        fit = logit(x[train], periods.event[train], periods.customer[train], firth=True)
    eta, seen = x[test] @ fit.coef, periods.event[test].astype(float)
    loss = np.logaddexp(0.0, eta) - seen * eta
    line = np.column_stack([np.ones(len(eta)), eta])
    slope = logit(line, seen, periods.customer[test]).coef[1] if eta.std() > 0 else np.nan
    return loss, float(slope)


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
