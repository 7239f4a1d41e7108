"""Surveillance of counts: the run of periods that stands out, and warnings as periods come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from insights.stats.multiplicity import q_values

__all__ = ["BASELINE", "Scan", "best_run", "warnings_of"]

BASELINE = 6  # periods before the watch can begin
_WIDEST = 0.5  # of the periods: a run is shorter, or lasts to the end
_WIDTHS = (1, 2, 3)  # last periods looked at together
_LEAST = 5  # counts of the last periods below which no warning is given


@dataclass(frozen=True)
class Scan:
    """The periods `start` to `end` (not itself in the run) whose share stands out most, and p."""

    start: int
    end: int
    p: float


def best_run(counts: np.ndarray, total: np.ndarray, orders: np.ndarray) -> Scan:
    """Search all runs of up to half of the periods, and those that last to the end.

    p is the share of random orders of the periods whose best run is at least as good: a temporal
    scan statistic (Kulldorff 1997, doi 10.1080/03610929708831995).

    Parameters
    ----------
    counts, total
        Shape (periods,): the counts, and what they are shares of.
    orders
        Shape (draws, periods): random orders of the periods.
    """
    starts, ends = _runs(len(total))
    score = _scores(counts[None], total[None], starts, ends)[0]
    best = int(np.argmax(score))
    null = _scores(counts[orders], total[orders], starts, ends).max(axis=1)
    p = (1 + int((null >= score[best] - 1e-12).sum())) / (1 + len(orders))
    return Scan(int(starts[best]), int(ends[best]), p)


def _runs(periods: int) -> tuple[np.ndarray, np.ndarray]:
    widest = int(_WIDEST * periods)
    pairs = [
        (start, end)
        for start in range(periods)
        for end in range(start + 1, periods + 1)
        if end - start <= widest or (end == periods and start >= 2)
    ]
    return np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])


def _scores(n: np.ndarray, total: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Score z of each run being above the rest; shapes (orders, periods) to (orders, runs)."""
    zero = np.zeros((len(n), 1))
    cn = np.hstack([zero, np.cumsum(n, axis=1)])
    ct = np.hstack([zero, np.cumsum(total, axis=1)])
    a, na = cn[:, ends] - cn[:, starts], ct[:, ends] - ct[:, starts]
    b, nb = cn[:, -1:] - a, ct[:, -1:] - na
    pooled = cn[:, -1:] / ct[:, -1:]
    error = np.sqrt(pooled * (1 - pooled) * (1 / na + 1 / nb))
    return np.divide(a / na - b / nb, error, out=np.zeros_like(a), where=error > 0)


def warnings_of(
    counts: np.ndarray, total: np.ndarray, *, level: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Look at the end of every period; returns whether each topic warns, p and q.

    The mean logit share of the last one, two or three periods is compared with that of all
    periods before them, by Student's t for a new value; the variance is that of the earlier
    periods around their mean, and at least what counting alone makes it. The smallest of the
    three p-values is multiplied by three; q after Benjamini and Hochberg over the topics of one
    look. No later period enters a look.

    Parameters
    ----------
    counts
        Shape (periods, topics).
    total
        Shape (periods,).

    Returns
    -------
    fired, p, q
        Shape (periods, topics) each; no look (p not-a-number) before seven periods are there.
    """
    n, t = np.asarray(counts, float), np.asarray(total, float)[:, None]
    logit = np.log((n + 0.5) / (t - n + 0.5))
    p = np.full(n.shape, np.nan)
    q = np.full(n.shape, np.nan)
    for at in range(BASELINE, len(n)):
        looks = [
            _risen(logit, n, t, slice(0, at + 1 - width), slice(at + 1 - width, at + 1))
            for width in _WIDTHS
            if at + 1 - width >= BASELINE
        ]
        p[at] = np.minimum(len(looks) * np.min(looks, axis=0), 1.0)
        q[at] = q_values(p[at])
    return q <= level, p, q


def _risen(
    logit: np.ndarray, n: np.ndarray, t: np.ndarray, before: slice, last: slice
) -> np.ndarray:
    """One-sided p of the last periods' mean logit lying above that of the periods before."""
    periods, width = len(logit[before]), len(logit[last])
    share = np.clip(n[before].sum(axis=0) / t[before].sum(), 0.5 / t[before].sum(), 1.0)
    counting = 1 / (t * share * (1 - np.minimum(share, 0.999)))
    usual = np.maximum(logit[before].var(axis=0, ddof=1), counting[before].mean(axis=0))
    recent = np.maximum(logit[before].var(axis=0, ddof=1), counting[last].mean(axis=0))
    error = np.sqrt(usual / periods + recent / width)
    p = stats.t.sf((logit[last].mean(axis=0) - logit[before].mean(axis=0)) / error, periods - 1)
    return np.where(n[last].sum(axis=0) >= _LEAST, p, 1.0)
