"""Points on a plane whose distances follow given ones as well as two dimensions allow."""

from __future__ import annotations

import numpy as np
from sklearn.manifold import ClassicalMDS

__all__ = ["classical_scaling"]


def classical_scaling(distance: np.ndarray) -> tuple[np.ndarray, float]:
    """Classical multidimensional scaling (Torgerson 1952, doi 10.1007/BF02288916).

    The signs of the axes, which the method leaves open, are fixed by scikit-learn: the
    coordinate of largest size is positive, so that the same distances give the same picture.

    Parameters
    ----------
    distance
        Shape (n, n): symmetric, zero on the diagonal, Euclidean.

    Returns
    -------
    points : shape (n, 2), centred at 0
    share : share of the squared distances that the points keep, 0 to 1
    """
    n = len(distance)
    whole = float(np.square(distance).sum()) / (2 * n) if n else 0.0
    if whole < 1e-12:
        return np.zeros((n, 2)), 1.0
    scaling = ClassicalMDS(2, metric="precomputed")
    points = scaling.fit_transform(distance)
    return points, float(scaling.eigenvalues_.sum() / whole)
