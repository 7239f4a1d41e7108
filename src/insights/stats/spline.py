"""Smooth terms: a value in, a few columns out."""

from __future__ import annotations

import numpy as np

__all__ = ["natural_spline"]


def natural_spline(x: np.ndarray, columns: int) -> np.ndarray:
    """Natural cubic spline of `x` with knots at its quantiles; shape (n, at most `columns`).

    Linear beyond the outer knots. Falls back to fewer columns, at last to `x` itself, when
    the quantiles coincide. Columns are scaled to mean 0 and spread 1.

    Hastie, Tibshirani and Friedman (2009), *Elements of Statistical Learning*, eq. 5.4-5.5.
    """
    value = np.asarray(x, float)
    spread = value.std()
    if spread == 0 or not np.isfinite(spread):
        return np.zeros((len(value), 0))
    value = (value - value.mean()) / spread
    knots = np.unique(np.quantile(value, np.linspace(0.05, 0.95, columns + 1)))
    if columns < 2 or len(knots) < 3:
        return value[:, None]
    last, before = knots[-1], knots[-2]

    def ramp(knot: float) -> np.ndarray:
        return np.maximum(value - knot, 0.0) ** 3

    def bend(knot: float) -> np.ndarray:
        return (ramp(knot) - ramp(last)) / (last - knot)

    basis = np.column_stack([value] + [bend(knot) - bend(before) for knot in knots[:-2]])
    sd = basis.std(axis=0)
    return (basis - basis.mean(axis=0)) / np.where(sd > 0, sd, 1)
