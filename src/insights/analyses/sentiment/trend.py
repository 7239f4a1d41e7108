"""Mean sentiment per period and group, as it is and at a fixed mix."""

from __future__ import annotations

import numpy as np
import pandas as pd

from insights.messages import _
from insights.result import Check
from insights.stats.calendar import ordinals, period_name
from insights.stats.clusters import Mean, cluster_mean
from insights.stats.decomposition import level_effects, standardised_mean
from insights.stats.intervals import mean_t

from .movement import Trend
from .panel import Panel
from .params import Params
from .result import PREDICTS, Classified

__all__ = ["trend"]

_VALUES = (
    "mean",
    "low",
    "high",
    "adjusted",
    "adjusted_low",
    "adjusted_high",
    "customer_mean",
    "customer_low",
    "customer_high",
)

_CELL = ["period", "group", "n", *_VALUES[:6], "customers", *_VALUES[6:]]
_CELL += ["first_record", "last_record"]


def trend(panel: Panel, classified: Classified, *, params: Params) -> Trend:
    """Mean score and mean rating of every period and group, small cells suppressed.

    `adjusted` is the mean the period would have had if each channel, language and value of the
    study's own dimensions had held its pooled share; it is blank where the channels present hold
    under half of that mix. `customer_mean` gives each customer one vote a period, so that nobody
    moves it by writing much. `first_record` and `last_record` are days of records.

    Cells of fewer than `min_cell` records show their number only.
    """
    score = pd.concat(
        [_group(panel, "score", name, params.min_cell) for name in panel.groups],
        ignore_index=True,
    )
    if classified.rating_varies:
        rating = pd.concat(
            [_group(panel, "rating", name, params.min_cell) for name in panel.groups],
            ignore_index=True,
        )
        rating = rating.drop(columns=["first_record", "last_record"])
        renamed = rating.rename(columns={c: f"rating_{c}" for c in rating.columns[2:]})
        score = score.merge(renamed, on=["period", "group"], how="outer")
        counts = ["n", "rating_n", "customers", "rating_customers"]
        score[counts] = score[counts].fillna(0).astype(int)
    order = {name: i for i, name in enumerate(panel.groups)}
    score = score.sort_values(
        ["group", "period"], key=lambda s: s.map(order) if s.name == "group" else s
    ).reset_index(drop=True)
    score = _complemented(score, params.min_cell)
    hidden = int(score["mean"].isna().sum())
    every = panel.codes(np.arange(len(panel.frame)))
    varying = [n for n, c in zip(panel.dimensions, every.T, strict=True) if len(np.unique(c)) > 1]
    return Trend(
        n=int(panel.frame["score"].notna().sum()),
        checks=_checks(panel, hidden, len(score), params.min_cell) + _doubt(classified),
        cells=score,
        period=panel.period,
        min_cell=params.min_cell,
        dimensions=tuple(varying),
        partial=panel.partial,
        engine=classified.engine,
        trusted=classified.trusted,
        unlike=classified.unlike,
    )


def _group(panel: Panel, measure: str, name: str, min_cell: int) -> pd.DataFrame:
    rows_of = np.flatnonzero(
        panel.groups[name] & (panel.frame[measure].notna() & panel.frame["period"].notna())
    )
    frame = panel.frame.iloc[rows_of]
    values, codes = frame[measure].to_numpy(float), _varying(panel.codes(rows_of))
    weights = [np.bincount(code) / max(len(code), 1) for code in codes.T]
    usual = level_effects(values, codes, frame["period"].to_numpy()) if len(codes) else []
    fixed_mix = any(np.sum(w > 0) > 1 for w in weights)
    rows = []
    for start, positions in sorted(frame.groupby("period").indices.items()):
        part, days = values[positions], frame["at"].iloc[positions]
        clusters = frame["cluster"].to_numpy()[positions]
        raw, voters, *people = _counted(part, clusters, min_cell)
        fixed = raw
        if fixed_mix and not np.isnan(raw.mean):
            fixed = standardised_mean(
                part, codes[positions], clusters, weights=weights, levels=usual
            )
        means = (raw.n, raw.mean, raw.low, raw.high, fixed.mean, fixed.low, fixed.high)
        days = (days.min().normalize(), days.max().normalize())
        rows.append((start, name, *means, voters, *people, *days))
    made = pd.DataFrame(rows, columns=_CELL)
    floor = -1.0 if measure == "score" else 0.0  # bounds beyond the scale say nothing more
    ends = ["low", "high", *_VALUES[3:]]
    made[ends] = made[ends].astype(float).clip(floor, 1.0)
    for column in ("period", "first_record", "last_record"):
        made[column] = pd.to_datetime(made[column])
    floats = ["mean", *ends]
    return made.astype(
        {"group": object, "n": int, "customers": int, **dict.fromkeys(floats, float)}
    )


def _varying(codes: np.ndarray) -> np.ndarray:
    """Codes of the channel and of every dimension that varies; not given is a value of its own."""
    if len(codes):
        varies = [0, *(d for d in range(1, codes.shape[1]) if np.ptp(codes[:, d], axis=0))]
        codes = codes[:, varies]
    return np.where(codes < 0, codes.max(axis=0, initial=0) + 1, codes)


def _counted(
    values: np.ndarray, clusters: np.ndarray, min_cell: int
) -> tuple[Mean, int, float, float, float]:
    """Mean of the records, number of customers, and their mean with its interval."""
    votes = pd.Series(values).groupby(clusters).mean().to_numpy(float)
    raw, people = Mean(np.nan, np.nan, np.nan, len(values)), (np.nan, np.nan, np.nan)
    if len(votes) >= min_cell:
        each = mean_t(votes)
        people = (each.estimate, each.low, each.high)
    if len(values) >= min_cell and 2 * len(votes) >= min_cell:
        raw = cluster_mean(values, clusters)
    return raw, len(votes), *people


def _complemented(cells: pd.DataFrame, least: int) -> pd.DataFrame:
    """Hide the smallest shown cell where the hidden rest of a column could be subtracted.

    The mean of all less those of the shown values of one column gives the mean of the rest; a rest
    of fewer than `least` records is as much hidden as a cell of that size.
    """
    made = cells.copy()
    column = made["group"].str.split(": ", n=1).str[0]
    for prefix in ("", "rating_"):
        if f"{prefix}mean" not in made:
            continue
        values = [c for c in _VALUES if f"{prefix}{c}" in made]
        whole = made[made["group"] == "all"].set_index("period")[f"{prefix}n"]
        shown = made[(made["group"] != "all") & made[f"{prefix}mean"].notna()]
        for (at, _column), part in shown.groupby(["period", column[shown.index]]):
            sizes = part[f"{prefix}n"].sort_values(kind="stable")
            rest = int(whole.get(at, 0)) - int(sizes.sum())
            for row, size in sizes.items():
                if not 0 < rest < least:
                    break
                made.loc[row, [f"{prefix}{c}" for c in values]] = np.nan
                rest += int(size)
    return made


def _checks(panel: Panel, hidden: int, cells: int, min_cell: int) -> tuple[Check, ...]:
    undated = int(panel.frame["period"].isna().sum())
    found = [
        Check(
            _("small cells hidden"),
            None,
            _(
                "{hidden} of {cells} cells show n only: they hold fewer than {min_cell} "
                "records, or those of fewer than {customers} customers, or would give "
                "such a cell away by subtraction",
                hidden=hidden,
                cells=cells,
                min_cell=min_cell,
                customers=-(-min_cell // 2),
            ),
        ),
        Check(
            _("repeat customers"),
            None,
            _("intervals count customers, not records")
            if panel.clustered
            else _("no customer is known to have written twice: each record counts for itself"),
        ),
    ]
    if undated:
        found.append(
            Check(
                _("dates"),
                None,
                _("{undated} records without a date are left out", undated=undated),
            )
        )
    days = panel.frame["at"].dropna().dt.normalize().drop_duplicates().sort_values()
    starts = panel.frame["period"].dropna().drop_duplicates().sort_values()
    if len(starts) > 2 and ordinals(starts.to_numpy(), panel.period).size:
        place = np.diff(ordinals(starts.to_numpy(), panel.period))
        if place.max() > 1:
            gap = days.diff()
            at = days[gap == gap.max()].iloc[0]
            detail = _(
                "nothing between {last} and {next} ({days} days); no line is drawn across",
                last=f"{days[days < at].max():%Y-%m-%d}",
                next=f"{at:%Y-%m-%d}",
                days=gap.max().days,
            )
            found.append(Check(_("no hole in time"), False, detail))
    if panel.partial:
        named = _(" and ").join(_cut(panel, start) for start in panel.partial)
        detail = _(
            "{named}; never taken for a highest, lowest or last one, and raises no alert",
            named=named,
        )
        name = {
            "day": _("days that the records span in part"),
            "week": _("weeks that the records span in part"),
            "month": _("months that the records span in part"),
            "quarter": _("quarters that the records span in part"),
            "year": _("years that the records span in part"),
        }[panel.period]
        found.append(Check(name, None, detail))
    return tuple(found)


def _cut(panel: Panel, start: pd.Timestamp) -> str:
    inside = panel.frame.loc[panel.frame["period"] == start, "at"]
    name = period_name(start, panel.period, inside.min())
    return _(
        "{name} (records of {first} to {last})",
        name=name,
        first=f"{inside.min():%Y-%m-%d}",
        last=f"{inside.max():%Y-%m-%d}",
    )


def _doubt(classified: Classified) -> tuple[Check, ...]:
    return tuple(check for check in classified.checks if check.id == PREDICTS)
