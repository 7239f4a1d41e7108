"""Grouped proportional hazards: a complementary log-log model of leaving within a period."""

from __future__ import annotations

import numpy as np
from scipy import linalg

__all__ = ["cloglog"]


def cloglog(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit P(y = 1) = 1 - exp(-exp(x @ coef)); return coefficients and model-based covariance.

    With a level for each period the coefficients are log hazard ratios of a Cox model that was
    observed in periods only (Prentice and Gloeckler 1978, doi 10.2307/2529588).

    Parameters
    ----------
    x
        Design with its intercept, shape (n, p), columns linearly independent; a level without
        an event has no finite coefficient and must be left out with its rows.
    y
        Outcome, shape (n,), 0 or 1.

    Raises
    ------
    ValueError
        When Fisher scoring does not settle in 50 steps.
    """
    outcome = np.asarray(y, float)
    share = np.clip(outcome.mean(), 1e-12, 1 - 1e-12)
    coef = linalg.lstsq(x, np.full(len(x), np.log(-np.log1p(-share))))[0]
    for _ in range(50):
        rate = np.exp(np.clip(x @ coef, -30, 3.4))
        chance = -np.expm1(-rate)
        slope = rate * np.exp(-rate)
        weight = slope**2 / (chance * (1 - chance))
        information = (x * weight[:, None]).T @ x
        score = ((outcome - chance) * slope / (chance * (1 - chance))) @ x
        step = linalg.solve(information, score, assume_a="pos")
        coef = coef + step * min(1.0, 5.0 / np.max(np.abs(step)))
        if np.max(np.abs(step)) < 1e-9:
            return coef, np.linalg.inv(information)
    raise ValueError("the complementary log-log model did not settle; is a level without events?")
