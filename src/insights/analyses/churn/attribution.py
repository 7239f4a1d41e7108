"""How many leavers, and how much revenue, go with a topic: g-computation on the fitted hazard."""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.special import expit

from insights.result import Estimate

__all__ = ["attached", "chances"]


def attached(
    x: np.ndarray,
    coef: np.ndarray,
    cov: np.ndarray,
    columns: list[int],
    weights: np.ndarray,
    level: float,
) -> Estimate:
    """Return sum_i weights_i (p_i as observed - p_i with `columns` set to 0), delta method.

    Only rows where one of the columns is not 0 can differ. The interval carries the
    uncertainty of the coefficients; the customers observed are taken as they are. Robins
    (1986), doi 10.1016/0270-0255(86)90088-6.
    """
    touched = np.flatnonzero((x[:, columns] != 0).any(axis=1) & np.isfinite(weights))
    seen = x[touched]
    off = seen.copy()
    off[:, columns] = 0.0
    with_topic, without = expit(seen @ coef), expit(off @ coef)
    weight = weights[touched]
    total = float(weight @ (with_topic - without))
    slope = (weight * with_topic * (1 - with_topic)) @ seen
    slope = slope - (weight * without * (1 - without)) @ off
    half = stats.norm.ppf(0.5 + level / 2) * float(np.sqrt(max(slope @ cov @ slope, 0.0)))
    return Estimate(total, total - half, total + half, level, len(touched))


def chances(x: np.ndarray, coef: np.ndarray, column: int, *, months: float) -> tuple[float, float]:
    """Mean chance of leaving within `months` where `column` is on, and the same with it off.

    1 - (1 - p)^months at the monthly hazard of the row: the exposure and everything held equal
    are kept as they are in that month.
    """
    seen = x[x[:, column] != 0]
    off = seen.copy()
    off[:, column] = 0.0
    within = [1 - (1 - expit(rows @ coef)) ** months for rows in (seen, off)]
    return float(within[0].mean()), float(within[1].mean())
