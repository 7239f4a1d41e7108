"""Alerts that can be lived with: falls at a fixed mix, few false ones, none repeated."""

from __future__ import annotations

import numpy as np
import pandas as pd

from insights.analyses.sentiment.tables import OUTPUTS
from insights.stats.calendar import ordinals
from insights.stats.decomposition import split_change
from insights.stats.multiplicity import q_values

from .panel import Panel

__all__ = ["alert_history"]


def alert_history(
    panel: Panel, measures: tuple[str, ...], *, least: int, fdr: float, cooldown: int, budget: int
) -> pd.DataFrame:
    """Compare every period with the one before in every group; one row a detectable fall.

    A customer counts once a period and channel, so that nobody raises an alert by writing much;
    `least` counts these votes. A fall is a true change, mix held fixed, whose interval lies below
    0 and whose q over the groups of that period and measure is under `fdr`. A group that was
    alerted on in the last `cooldown` periods is 'cooling'; of the others the `budget` with the
    least q are 'raised', the rest go to the 'digest'. Only raised ones begin a cool-down. A
    first or last period that the records span in part is not compared, nor is one after a hole.
    Since every period is replayed, the same records give the same alerts whenever they are run.

    Parameters
    ----------
    panel
        Records with their periods, groups and channel mix.
    measures
        'score', 'rating' or both.
    least
        Votes that both periods must hold.
    fdr
        False discovery rate over the groups of a period and measure, 0 to 1.
    cooldown
        Periods for which a group is silent after an alert.
    budget
        Alerts at most a period and measure.
    """
    rows = [row for measure in measures for row in _falls(panel, measure, least, fdr)]
    found = pd.DataFrame(rows, columns=OUTPUTS["alerts"].names)
    found = found.sort_values(["period", "q", "measure", "group"], ignore_index=True)
    periods = np.sort(panel.frame["period"].dropna().unique())
    place = {pd.Timestamp(p): i for i, p in enumerate(periods)}
    last: dict[tuple[str, str], int] = {}
    used: dict[int, int] = {}
    status = []
    for row in found.itertuples(index=False):
        at, key = place[row.period], (row.group, row.measure)
        if at - last.get(key, -cooldown - 1) <= cooldown:
            status.append("cooling")
        elif used.get(at, 0) >= budget:
            status.append("digest")
        else:
            status.append("raised")
            last[key], used[at] = at, used.get(at, 0) + 1
    found["status"] = pd.Series(status, dtype=object)
    kinds = {"group": object, "measure": object, "n": int, "status": object}
    columns = OUTPUTS["alerts"].names
    floats = dict.fromkeys(columns[3:6] + columns[7:12], float)
    found["period"] = pd.to_datetime(found["period"])
    return found.astype({**kinds, **floats})


def _falls(panel: Panel, measure: str, least: int, fdr: float) -> list[dict]:
    frame = panel.frame
    dated = (frame["period"].notna() & frame[measure].notna()).to_numpy()
    periods, code = np.unique(frame.loc[dated, "period"], return_inverse=True)
    number = ordinals(periods, panel.period)
    cut = np.isin(periods, np.array(panel.partial, dtype=periods.dtype))
    place = np.full(len(frame), -1)
    place[dated] = code
    tested: list[tuple[int, dict, np.ndarray]] = []
    for name, mask in panel.groups.items():
        order = np.flatnonzero(mask & dated)
        parts = {p: order[place[order] == p] for p in np.unique(place[order])}
        for at in range(1, len(periods)):
            one, two = parts.get(at - 1), parts.get(at)
            if one is None or two is None or cut[at - 1] or cut[at]:
                continue
            if number[at] - number[at - 1] > 1:
                continue  # the period before holds nothing
            windows = [panel.votes(rows, measure) for rows in (one, two)]
            if min(len(window[0]) for window in windows) < least:
                continue
            split = split_change(*windows)
            row = {
                "period": pd.Timestamp(periods[at]),
                "group": name,
                "measure": "sentiment" if measure == "score" else "rating",
                "change": split.raw,
                "low": split.raw_low,
                "high": split.raw_high,
                "n": len(two),
                "q": split.p,
                "true_change": split.true,
                "true_low": split.true_low,
                "true_high": split.true_high,
                "mix_change": split.mix,
            }
            tested.append((at, row, two))
    q = np.full(len(tested), np.nan)
    when = np.array([at for at, _, _ in tested], int)
    p = np.array([row["q"] for _, row, _ in tested], float)
    for at in np.unique(when):
        q[when == at] = q_values(p[when == at])
    falls = []
    for (_, row, rows), adjusted in zip(tested, q, strict=True):
        if row["true_high"] < 0 and adjusted < fdr:
            ids = frame["feedback_id"].iloc[rows].astype(str).tolist()
            falls.append({**row, "q": float(adjusted), "records": ids})
    return falls
