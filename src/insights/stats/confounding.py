"""How strong an unmeasured confounder would have to be."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["e_value"]


def e_value(risk_ratio: ArrayLike) -> np.ndarray:
    """Smallest association with both exposure and outcome that would explain a risk ratio away.

    Ratios below 1 are inverted first. 3.9 gives 7.26, 1.8 gives 3.0 (VanderWeele and Ding
    2017, doi 10.7326/M16-2607).
    """
    ratio = np.asarray(risk_ratio, float)
    ratio = np.where(ratio < 1, 1 / np.maximum(ratio, 1e-300), ratio)
    return ratio + np.sqrt(ratio * (ratio - 1))
