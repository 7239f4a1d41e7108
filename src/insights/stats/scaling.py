"""Points on a plane whose distances follow given ones as well as two dimensions allow."""

from __future__ import annotations

import numpy as np

__all__ = ["classical_scaling"]


def classical_scaling(distance: np.ndarray, dimensions: int = 2) -> tuple[np.ndarray, float]:
    """Classical multidimensional scaling (Torgerson 1952, doi 10.1007/BF02288916).

    The signs of the axes, which the method leaves open, are fixed: the coordinate of largest
    size is positive, so that the same distances give the same picture.

    Parameters
    ----------
    distance
        Shape (n, n): symmetric, zero on the diagonal.

    Returns
    -------
    points : shape (n, dimensions), centred at 0
    share : share of the positive part of the squared distances that the points keep, 0 to 1
    """
    d = np.asarray(distance, float)
    if d.ndim != 2 or d.shape[0] != d.shape[1] or not np.allclose(d, d.T):
        raise ValueError(f"distance must be square and symmetric, got shape {d.shape}")
    n = len(d)
    points = np.zeros((n, dimensions))
    if n < 2:
        return points, 1.0
    centring = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(-0.5 * centring @ (d**2) @ centring)
    order = np.argsort(-values, kind="stable")[:dimensions]
    kept = np.maximum(values[order], 0.0)
    axes = vectors[:, order]
    largest = np.abs(np.round(axes, 9)).argmax(axis=0)  # of equals the first, rounding apart
    axes = axes * np.where(axes[largest, np.arange(axes.shape[1])] < 0, -1.0, 1.0)
    points[:, : len(order)] = axes * np.sqrt(kept)
    positive = values[values > 0].sum()
    return points, float(kept.sum() / positive) if positive > 1e-12 else 1.0
