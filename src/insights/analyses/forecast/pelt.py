"""Change points of a series by PELT: a second look at what the model's shocks say."""

from __future__ import annotations

import numpy as np
import ruptures

from insights.analyses.forecast.rolling import Rolling

__all__ = ["agrees", "bends", "segments"]


def segments(one: Rolling) -> list[int]:
    """Places where the mean of the shocks changes by PELT (Killick et al. 2012), as a second look.

    Run on the seasonally differenced working scale; penalty 3 log n in units of its variance.
    """
    z = one.scale.work(one.series.values)
    m = one.series.season
    rest = z[m:] - z[:-m] if m > 1 else z
    spread = 1.4826 * np.median(np.abs(np.diff(rest) - np.median(np.diff(rest)))) / np.sqrt(2)
    if spread <= 0 or len(rest) < 12:
        return []
    algorithm = ruptures.Pelt(model="l2", jump=1, min_size=4).fit((rest / spread)[:, None])
    ends = algorithm.predict(pen=3 * np.log(len(rest)))[:-1]
    return [end + (m if m > 1 else 0) for end in ends]


def bends(one: Rolling) -> list[int]:
    """Places where a continuous line through a series bends, by PELT.

    With a season: where its differences on the year change, which a bend does over one season.
    """
    if one.series.season > 1:
        return [place - one.series.season // 2 for place in segments(one)]
    z = one.scale.work(one.series.values)
    spread = 1.4826 * np.median(np.abs(np.diff(z) - np.median(np.diff(z)))) / np.sqrt(2)
    if spread <= 0 or len(z) < 16:
        return []
    jump = 1 + len(z) // 200
    algorithm = ruptures.Pelt(model="clinear", jump=jump, min_size=4).fit((z / spread)[:, None])
    return algorithm.predict(pen=6 * np.log(len(z)))[:-1]


def agrees(one: Rolling, kind: str, first: int, last: int) -> bool:
    """Whether PELT puts a change near an event: within half a season, for a bend a season."""
    if kind == "trend change":
        near, places = max(4, one.series.season), bends(one)
    else:
        near, places = max(2, one.series.season // 2), segments(one)
    return any(first - near <= other <= last + near for other in places)
