"""Which words one body of text uses more than another."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["log_odds", "period_dispersion"]


def log_odds(
    first: ArrayLike, second: ArrayLike, *, prior: float, pooled: ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted log-odds-ratio with an informative Dirichlet prior, first against second.

    With counts y and totals n of the two, and prior counts a = `prior` times the term's share of
    `pooled`, the estimate is the difference of ``log((y + a) / (n + a0 - y - a))`` and its
    variance about ``1/(y1 + a) + 1/(y2 + a)`` (Monroe, Colaresi and Quinn 2008, equations 15,
    16, 19 and 23, doi 10.1093/pan/mpn018). A rare term is drawn to 0, so it cannot come first
    by a single use.

    Parameters
    ----------
    first, second
        Shape (terms,): uses of each term.
    prior
        Sum of the prior counts; larger draws harder to 0.
    pooled
        Shape (terms,): counts whose shares are the prior's; first + second unless given. A term
        without any is given half a count.

    Returns
    -------
    estimate, variance
        Shape (terms,) each.
    """
    a, b = np.asarray(first, float), np.asarray(second, float)
    if not prior > 0:
        raise ValueError(f"prior must be above 0, got {prior}")
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"first and second must be vectors alike: {a.shape}, {b.shape}")
    if np.any(a < 0) or np.any(b < 0):
        raise ValueError("counts must not be negative")
    base = np.maximum(a + b if pooled is None else np.asarray(pooled, float), 0.5)
    alpha = prior * base / base.sum()
    ya, yb = a + alpha, b + alpha
    na, nb = a.sum() + prior, b.sum() + prior
    estimate = np.log(ya / (na - ya)) - np.log(yb / (nb - yb))
    return estimate, 1 / ya + 1 / yb


def period_dispersion(counts: ArrayLike, total: ArrayLike, after: ArrayLike) -> np.ndarray:
    """Pearson's dispersion of each term's counts over periods, around one share a side; at least 1.

    Parameters
    ----------
    counts
        Shape (periods, terms).
    total
        Shape (periods,): what the counts are shares of.
    after
        Shape (periods,): whether the period is on the second side.
    """
    n, t = np.asarray(counts, float), np.asarray(total, float)
    side = np.asarray(after, bool)
    expected = np.empty_like(n)
    for part in (side, ~side):
        if part.any():
            expected[part] = t[part, None] * (n[part].sum(axis=0) / max(t[part].sum(), 1))
    spread = expected * (
        1 - np.divide(expected, t[:, None], where=t[:, None] > 0, out=expected * 0)
    )
    square = np.divide((n - expected) ** 2, spread, out=np.zeros_like(n), where=spread > 0)
    return np.maximum(1.0, square.sum(axis=0) / max(len(t) - 2, 1))
