"""How strong an unmeasured confounder would have to be."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["e_value", "relative_risk_with_silence"]


def e_value(risk_ratio: ArrayLike) -> np.ndarray:
    """Smallest association with both exposure and outcome that would explain a risk ratio away.

    Ratios below 1 are inverted first. 3.9 gives 7.26, 1.8 gives 3.0 (VanderWeele and Ding
    2017, doi 10.7326/M16-2607).
    """
    ratio = np.asarray(risk_ratio, float)
    ratio = np.where(ratio < 1, 1 / np.maximum(ratio, 1e-300), ratio)
    return ratio + np.sqrt(ratio * (ratio - 1))


def relative_risk_with_silence(
    observed: ArrayLike, reporters: ArrayLike, reporting: ArrayLike
) -> np.ndarray:
    """True relative risk behind an observed one, given which share of the affected reports.

    RR 2, a fifth affected and a tenth of them reporting look like 1.68966. Not-a-number where
    more would have to be affected than there are, or no true ratio could look so large.

    Parameters
    ----------
    observed
        Ratio of reporters to all others.
    reporters
        Share of customers who report.
    reporting
        Share of the affected who report.
    """
    ratio, heard, rho = (np.asarray(v, float) for v in (observed, reporters, reporting))
    q = heard / rho
    spread = ratio * (q - heard) / (1 - heard)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = ratio * (1 - q) / ((1 - heard) * (1 - spread))
    return np.where((q <= 1) & (spread < 1), found, np.nan)
