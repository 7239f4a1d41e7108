"""Curves of staying and leaving with delayed entry and exact ties: arrays in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from insights.settings import DEFAULT_LEVEL

__all__ = [
    "Incidence",
    "LogRank",
    "SurvivalCurve",
    "aalen_johansen",
    "kaplan_meier",
    "log_rank",
]


@dataclass(frozen=True)
class SurvivalCurve:
    """A Kaplan-Meier curve: a step at each distinct event time.

    Attributes
    ----------
    times, at_risk, events, survival, se
        Shape (steps,). `se` is Greenwood's, on the scale of the curve.
    """

    times: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    survival: np.ndarray
    se: np.ndarray

    def at(self, when: float, level: float = DEFAULT_LEVEL) -> tuple[float, float, float, float]:
        """Survival, its standard error, and an interval on the log-log scale, at a time."""
        place = int(np.searchsorted(self.times, when, side="right")) - 1
        if place < 0:
            return 1.0, 0.0, 1.0, 1.0
        s, se = float(self.survival[place]), float(self.se[place])
        if not 0 < s < 1 or se == 0:
            return s, se, s, s
        half = stats.norm.ppf(0.5 + level / 2) * se / (s * np.log(s))
        bounds = s ** np.exp(half), s ** np.exp(-half)
        return s, se, float(min(bounds)), float(max(bounds))


@dataclass(frozen=True)
class LogRank:
    """Leavers observed and expected in each group, and the distance between the two."""

    groups: tuple[object, ...]
    observed: np.ndarray
    expected: np.ndarray
    statistic: float
    degrees: int
    p: float


@dataclass(frozen=True)
class Incidence:
    """Share that left by each time, by cause; the causes and staying sum to one.

    Attributes
    ----------
    times
        Distinct event times, shape (steps,).
    causes
        Names of the causes.
    share, se
        Cumulative incidence and its standard error, shape (steps, causes).
    staying
        Share still there, shape (steps,).
    """

    times: np.ndarray
    causes: tuple[int, ...]
    share: np.ndarray
    se: np.ndarray
    staying: np.ndarray


def kaplan_meier(
    time: np.ndarray, event: np.ndarray, entry: np.ndarray | None = None
) -> SurvivalCurve:
    """Return the share still there after each time.

    Parameters
    ----------
    time, event
        When each unit was last seen, and whether it left then; shape (n,).
    entry
        When each unit came under observation; at risk at t when entry < t <= time. Without it
        all are taken to be seen from the beginning, which a one-off export never does.

    Notes
    -----
    Kaplan and Meier (1958), doi 10.1080/01621459.1958.10501452; Greenwood's variance. A unit
    that leaves and one that is lost at the same time are both at risk then.
    """
    time, event = np.asarray(time, float), np.asarray(event, bool)
    times = np.unique(time[event])
    n, d = _at_risk(times, time, entry), np.bincount(
        np.searchsorted(times, time[event]), minlength=len(times)
    )  # fmt: skip
    survival = np.cumprod(1 - d / n)
    rest = n > d
    greenwood = np.cumsum(np.where(rest, d / np.where(rest, n * (n - d), 1), 0.0))
    return SurvivalCurve(times, n, d, survival, survival * np.sqrt(greenwood))


def log_rank(
    time: np.ndarray, event: np.ndarray, group: np.ndarray, entry: np.ndarray | None = None
) -> LogRank:
    """Test whether groups leave alike: chi-squared on (groups - 1) degrees of freedom.

    Mantel (1966). Raises ValueError with fewer than two groups.
    """
    time, event, group = np.asarray(time, float), np.asarray(event, bool), np.asarray(group)
    names = np.unique(group)
    if len(names) < 2:
        raise ValueError(f"a log-rank test needs at least 2 groups, got {len(names)}")
    times = np.unique(time[event])
    n = np.empty((len(names), len(times)))
    d = np.empty_like(n)
    for k, name in enumerate(names):
        inside = group == name
        n[k] = _at_risk(times, time[inside], None if entry is None else np.asarray(entry)[inside])
        left = np.searchsorted(times, time[inside & event])
        d[k] = np.bincount(left, minlength=len(times))
    total, left = n.sum(axis=0), d.sum(axis=0)
    share = n / total
    expected = (share * left).sum(axis=1)
    factor = left * (total - left) / np.maximum(total - 1, 1)
    variance = np.diag((share * factor).sum(axis=1)) - (share * factor) @ share.T
    apart = (d.sum(axis=1) - expected)[:-1]
    statistic = float(apart @ np.linalg.pinv(variance[:-1, :-1]) @ apart)
    degrees = len(names) - 1
    return LogRank(
        tuple(names.tolist()), d.sum(axis=1), expected, statistic, degrees,
        float(stats.chi2.sf(statistic, degrees)),
    )  # fmt: skip


def aalen_johansen(
    time: np.ndarray, cause: np.ndarray, entry: np.ndarray | None = None
) -> Incidence:
    """Return the share that left by each time, by cause (0: still there when last seen).

    Ties are exact: all causes at one time share one risk set; nothing is jittered. One less the
    Kaplan-Meier curve of a single cause, which takes the others for lost, is too large.

    Notes
    -----
    Aalen and Johansen (1978); variance by the delta method (Marubini and Valsecchi 1995,
    section 10.5).
    """
    time, cause = np.asarray(time, float), np.asarray(cause, int)
    times = np.unique(time[cause > 0])
    causes = tuple(int(c) for c in np.unique(cause[cause > 0]))
    n = _at_risk(times, time, entry).astype(float)
    d = np.stack(
        [
            np.bincount(np.searchsorted(times, time[cause == c]), minlength=len(times))
            for c in causes
        ],
        axis=1,
    ).astype(float) if causes else np.zeros((0, 0))  # fmt: skip
    left = d.sum(axis=1)
    staying = np.cumprod(1 - left / n)
    before = np.concatenate([[1.0], staying[:-1]]) if len(times) else staying
    share = np.cumsum(before[:, None] * d / n[:, None], axis=0)
    se = np.zeros_like(share)
    rest = n > left
    all_causes = np.where(rest, left / np.where(rest, n * (n - left), 1), 0.0)
    for k in range(len(causes)):
        own = before**2 * d[:, k] * (n - d[:, k]) / n**3
        both = before * d[:, k] / n**2
        # sums over s <= t of (F(t) - F(s))^2 a_s + b_s - 2 (F(t) - F(s)) c_s, by running sums
        f = share[:, k]
        a0, a1, a2 = (np.cumsum(all_causes * f**power) for power in (0, 1, 2))
        c0, c1 = (np.cumsum(both * f**power) for power in (0, 1))
        variance = f**2 * a0 - 2 * f * a1 + a2 + np.cumsum(own) - 2 * (f * c0 - c1)
        se[:, k] = np.sqrt(np.maximum(variance, 0.0))
    return Incidence(times, causes, share, se, staying)


def _at_risk(times: np.ndarray, time: np.ndarray, entry: np.ndarray | None) -> np.ndarray:
    """Units with entry < t <= time at each of the sorted times; shape (times,)."""
    count = len(time) - np.searchsorted(np.sort(time), times, side="left")
    if entry is not None:
        count = count - (len(time) - np.searchsorted(np.sort(entry), times, side="left"))
    return count
