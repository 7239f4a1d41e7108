"""How many alerts would be false: the study's own records, shuffled in time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from insights.messages import _, fixed, interval, number, percent
from insights.result import Check, Result
from insights.stats.intervals import wilson_bounds

from .alerts import alert_history
from .panel import Panel
from .params import Params
from .result import Classified

__all__ = ["FalseAlerts", "false_alerts", "shuffled_alerts"]

_COMPARISONS = 2_000  # in all replays of shuffled records
_RECORDS = 4_000_000  # that all replays go through, at most
_ALLOWED = 0.05  # share of periods with an alert where nothing changes


@dataclass(frozen=True, kw_only=True, eq=False)
class FalseAlerts(Result, table="null"):
    """Alerts of the same records when nothing changes. `n`: periods replayed.

    Attributes
    ----------
    null
        One row: replays, periods, falls, raised, raised_a_replay, share_of_periods, low, high.
    reason
        Why nothing could be replayed, or empty.
    """

    null: pd.DataFrame
    reason: str = ""

    def sentences(self) -> list[str]:
        """Say how often an alert would be false."""
        row = self.null.iloc[0]
        if not self.n:
            why = self.reason or _("fewer than two periods")
            return [_("How many alerts would be false cannot be told: {why} (n = 0).", why=why)]
        return [
            _(
                "Shuffled so that nothing changes, the same records raise an alert in "
                "{share_of_periods} {interval} of periods (n = {n} replayed), "
                "{raised_a_replay} alerts in the whole time.",
                share_of_periods=percent(row["share_of_periods"], 1),
                interval=interval(row["low"], row["high"], ".1%"),
                n=number(self.n),
                raised_a_replay=fixed(row["raised_a_replay"]),
            )
        ]


def false_alerts(panel: Panel, classified: Classified, *, params: Params) -> FalseAlerts:
    """Measure the false alerts that the study's rules would raise on its own records."""
    measures = () if classified.trusted is False or classified.unlike else ("score",)
    why = _("fewer than two periods")
    if not measures and not classified.rating_varies:
        why = _("text is not relied on here and no rating varies")
    null = shuffled_alerts(
        panel,
        (*measures, *(("rating",) if classified.rating_varies else ())),
        np.random.default_rng(params.seed),
        least=params.min_cell,
        fdr=params.fdr,
        cooldown=params.cooldown,
        budget=params.alert_budget,
    )
    row = null.iloc[0]
    detail = (
        _(
            "{share_of_periods} {interval} of periods with values shuffled within "
            "channels, {allowed} are allowed",
            share_of_periods=percent(row["share_of_periods"], 1),
            interval=interval(row["low"], row["high"], ".1%"),
            allowed=percent(_ALLOWED),
        )
        if row["periods"]
        else _("{why}: no alert can be raised", why=why)
    )
    passed = bool(row["low"] <= _ALLOWED) if row["periods"] else None
    return FalseAlerts(
        n=int(row["periods"]),
        checks=(Check(_("alerts are rare when nothing changes"), passed, detail),),
        null=null,
        reason="" if row["periods"] else why,
    )


def shuffled_alerts(
    panel: Panel, measures: tuple[str, ...], rng: np.random.Generator, **rules: Any
) -> pd.DataFrame:
    """Count the alerts that the same records raise when nothing changes; one row.

    The values are shuffled within each channel, so that no period differs from another but by
    chance, while dates, groups, customers and the mix of channels stay as they are; then every
    period is replayed by the same `rules`. As many replays as make about 2,000 comparisons, 2 to
    40, fewer where they would go through more than four million records. The interval of the share
    is Wilson's, and takes periods as independent.
    """
    frame = panel.frame
    periods = frame["period"].nunique()
    pairs = max(len(measures) * len(panel.groups) * (periods - 1), 1)
    most = int(np.clip(_RECORDS // max(len(frame), 1), 2, 40))
    replays = int(np.clip(_COMPARISONS // pairs, 2, most)) if periods > 1 and measures else 0
    raised = shuffled = alarmed = 0
    for _replay in range(replays):
        again = frame.copy()
        for stratum in np.unique(frame["stratum"]):
            rows = np.flatnonzero(frame["stratum"] == stratum)
            order = rng.permutation(rows)
            for measure in measures:
                # a known value stays where there was one, so that no cell grows or shrinks
                known = rows[frame[measure].notna().to_numpy()[rows]]
                moved = order[frame[measure].notna().to_numpy()[order]]
                values = frame[measure].to_numpy(float)
                again.iloc[known, frame.columns.get_loc(measure)] = values[moved]
        found = alert_history(replace(panel, frame=again), measures, **rules)
        sure = found[found["status"] == "raised"]
        raised, shuffled = raised + len(sure), shuffled + len(found)
        alarmed += sure["period"].nunique()
    compared = replays * (periods - 1) if replays else 0
    low, high = wilson_bounds(alarmed, compared)
    return pd.DataFrame(
        {
            "replays": [replays],
            "periods": [compared],
            "falls": [shuffled],
            "raised": [raised],
            "raised_a_replay": [raised / replays if replays else np.nan],
            "share_of_periods": [alarmed / compared if compared else np.nan],
            "low": [float(low)],
            "high": [float(high)],
        }
    )
