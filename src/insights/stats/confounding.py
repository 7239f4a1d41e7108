"""How strong an unmeasured confounder would have to be."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["e_value", "observed_with_silence", "relative_risk_with_silence"]


def e_value(risk_ratio: ArrayLike) -> np.ndarray:
    """Smallest association with both exposure and outcome that would explain a risk ratio away.

    Ratios below 1 are inverted first. 3.9 gives 7.26, 1.8 gives 3.0 (VanderWeele and Ding
    2017, doi 10.7326/M16-2607).
    """
    ratio = np.asarray(risk_ratio, float)
    ratio = np.where(ratio < 1, 1 / np.maximum(ratio, 1e-300), ratio)
    return ratio + np.sqrt(ratio * (ratio - 1))


def observed_with_silence(
    relative_risk: ArrayLike, affected: ArrayLike, reporting: ArrayLike
) -> np.ndarray:
    """Relative risk seen between those who report and all others, when some suffer unheard.

    RR 2, a fifth affected, a tenth of them reporting: 1.68966.

    Parameters
    ----------
    relative_risk
        True ratio of the affected to the unaffected.
    affected
        Share of customers affected, reported or not.
    reporting
        Share of the affected who report.
    """
    ratio, q, rho = (np.asarray(v, float) for v in (relative_risk, affected, reporting))
    silent = q * (1 - rho)
    return ratio * (1 - q * rho) / (silent * ratio + 1 - q)


def relative_risk_with_silence(
    observed: ArrayLike, reporters: ArrayLike, reporting: ArrayLike
) -> np.ndarray:
    """True relative risk behind an observed one, given which share of the affected reports.

    The inverse of `observed_with_silence`. Not-a-number where more would have to be affected
    than there are, or no true ratio could look so large.

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
