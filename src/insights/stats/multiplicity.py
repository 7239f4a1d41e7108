"""False discoveries: p-values in, q-values out."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

__all__ = ["q_values"]


def q_values(p: ArrayLike, method: Literal["bh", "by"] = "bh") -> np.ndarray:
    """Adjusted p-values of one family; a test with p not-a-number stays so and is not counted.

    Parameters
    ----------
    p
        Shape (m,), values in [0, 1]; not-a-number marks a test that was not made.
    method
        'bh' (Benjamini and Hochberg 1995, independent or positively dependent tests) or
        'by' (Benjamini and Yekutieli 2001, any dependence; for overlapping segments).
    """
    values = np.asarray(p, float)
    made = ~np.isnan(values)
    q = np.full(values.shape, np.nan)
    if made.any():
        q[made] = stats.false_discovery_control(values[made], method=method)
    return q
