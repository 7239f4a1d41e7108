"""Whether sentiment changed, and how much of it is only a change of channel mix."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from insights.result import Check
from insights.stats.calendar import Calendar
from insights.stats.decomposition import split_change
from insights.stats.multiplicity import q_values

from .alerts import alert_history
from .panel import Panel, build_panel
from .params import Params
from .result import Changes, Classified

__all__ = ["changes"]

_COLUMNS = [
    "comparison",
    "measure",
    "group",
    "first_period",
    "second_period",
    "n_first",
    "n_second",
    "change",
    "low",
    "high",
    "true_change",
    "true_low",
    "true_high",
    "mix_change",
    "mix_low",
    "mix_high",
    "interaction",
    "p",
    "q",
]
_POWER = 1.43  # (1.96 + 0.84) / 1.96: half-width to the change found in four cases of five


def changes(
    feedback: pd.DataFrame, classified: Classified, *, calendar: Calendar, params: Params
) -> Changes:
    """Compare the first half with the second, and the last period with the one before.

    Every group is compared; the false discovery rate is held over the groups of one comparison
    and measure (Benjamini and Hochberg). `alert_history` says when a group is alerted on.
    """
    panel = build_panel(
        feedback,
        classified.records,
        calendar=calendar,
        period=params.period,
        min_cell=params.min_cell,
    )
    measures = ("score", "rating") if classified.rating_varies else ("score",)
    rows: list[dict] = []
    for measure in measures:
        for comparison in ("halves", "last"):
            for name in panel.groups:
                row = _compared(panel, measure, comparison, name, params.min_cell)
                if row:
                    rows.append(row)
    table = pd.DataFrame(rows, columns=_COLUMNS)
    for _, at in sorted(table.groupby(["comparison", "measure"]).groups.items()):
        table.loc[at, "q"] = q_values(table.loc[at, "p"].to_numpy(float))
    table["q"] = table["q"].astype(float)
    watched = tuple(m for m in measures if m == "rating" or classified.trusted is not False)
    history = alert_history(
        panel,
        watched,
        least=params.min_cell,
        fdr=params.fdr,
        cooldown=params.cooldown,
        budget=params.alert_budget,
    )
    now = history["period"] == panel.frame["period"].max()
    return Changes(
        n=int(panel.frame["score"].notna().sum()),
        checks=_checks(classified, panel, table),
        comparisons=table,
        alerted=history[now & (history["status"] == "raised")].reset_index(drop=True),
        history=history,
        fdr=params.fdr,
        period=panel.period,
        channels=len(panel.strata),
        trusted=classified.trusted,
        engine=classified.engine,
    )


def _compared(
    panel: Panel, measure: str, comparison: Literal["halves", "last"] | str, name: str, least: int
) -> dict:
    """One comparison of one group."""
    dated = panel.frame["period"].notna() & panel.frame[measure].notna()
    periods = np.sort(panel.frame.loc[dated, "period"].unique())
    if len(periods) < 2:
        return {}
    cut = (len(periods) + 1) // 2 if comparison == "halves" else len(periods) - 1
    begin = 0 if comparison == "halves" else len(periods) - 2
    frame = panel.frame[panel.groups[name] & dated.to_numpy()]
    early = frame[(frame["period"] >= periods[begin]) & (frame["period"] < periods[cut])]
    late = frame[frame["period"] >= periods[cut]]
    if min(len(early), len(late)) < least:
        return {}
    split = split_change(*(_window(part, measure) for part in (early, late)))
    return {
        "comparison": comparison,
        "measure": "sentiment" if measure == "score" else "rating",
        "group": name,
        "first_period": pd.Timestamp(periods[begin]),
        "second_period": pd.Timestamp(periods[cut]),
        "n_first": split.n_first,
        "n_second": split.n_second,
        "change": split.raw,
        "low": split.raw_low,
        "high": split.raw_high,
        "true_change": split.true,
        "true_low": split.true_low,
        "true_high": split.true_high,
        "mix_change": split.mix,
        "mix_low": split.mix_low,
        "mix_high": split.mix_high,
        "interaction": split.interaction,
        "p": split.p,
        "q": np.nan,
    }


def _window(part: pd.DataFrame, measure: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        part[measure].to_numpy(float),
        part["stratum"].to_numpy(int),
        part["cluster"].to_numpy(int),
    )


def _checks(classified: Classified, panel: Panel, table: pd.DataFrame) -> tuple[Check, ...]:
    found = [c for c in classified.checks if c.name == "text predicts the ratings"]
    if classified.trusted is None:
        detail = f"scores by {classified.engine}, whose error on this study is not known"
        found.append(Check("error of the scores is known", None, detail))
    whole = table[(table["comparison"] == "halves") & (table["group"] == "all")]
    if len(panel.strata) > 1:
        found.append(
            Check(
                "mix and true change told apart",
                None,
                f"by {len(panel.strata)} channels; the interaction "
                f"({', '.join(f'{v:+.3f}' for v in whole['interaction']) or 'none'}) is shared "
                "equally between the two",
            )
        )
    else:
        detail = "one channel only: a change in who writes cannot be told from a true change"
        found.append(Check("mix and true change told apart", None, detail))
    seen = ", ".join(
        f"{row.measure} {_POWER * (row.true_high - row.true_low) / 2:.3f}"
        for row in whole.itertuples()
    )
    if seen:
        detail = f"true change found in four cases of five, first half to second: {seen}"
        found.append(Check("smallest change that would be seen", None, detail))
    return tuple(found)
