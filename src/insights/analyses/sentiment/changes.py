"""Whether sentiment changed, and how much of it is only a change of who writes and where."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from insights.analyses.sentiment.tables import OUTPUTS, shown
from insights.messages import _, items, signed, translated
from insights.result import Check
from insights.stats.calendar import ordinals
from insights.stats.decomposition import Split, split_change
from insights.stats.multiplicity import q_values

from .alerts import alert_history
from .movement import Changes
from .panel import Panel
from .params import Params
from .result import PREDICTS, Classified

__all__ = ["changes"]

_POWER = 1.43  # (1.96 + 0.84) / 1.96: half-width to the change found in four cases of five


def changes(panel: Panel, classified: Classified, *, params: Params) -> Changes:
    """Compare the first half with the second, and the last whole period with the one before.

    The mix that is held fixed is that of the channel, the language and the study's own dimensions
    (`split_change`), but for those that follow from a rating or name the time. `fixed` lists them,
    `mix_dimension` is the one that explains most of the mix, `mix_of_it` what it explains.
    Every group is compared; the false discovery rate is held over the groups of one comparison
    and measure (Benjamini and Hochberg). `alert_history` says when a group is alerted on.

    `params` gives `min_cell` (records on each side), `fdr`, and `cooldown` (periods) and
    `alert_budget` of the alerts.
    """
    measures = ("score", "rating") if classified.rating_varies else ("score",)
    rows: list[dict] = []
    for measure in measures:
        for comparison in ("halves", "last"):
            for name in panel.groups:
                row = _compared(panel, measure, comparison, name, params.min_cell)
                if row:
                    rows.append(row)
    table = pd.DataFrame(rows, columns=OUTPUTS["sentiment_changes"].names)
    for _key, at in sorted(table.groupby(["comparison", "measure"]).groups.items()):
        table.loc[at, "q"] = q_values(table.loc[at, "p"].to_numpy(float))
    table["q"] = table["q"].astype(float)
    scored = classified.trusted is not False and not classified.unlike
    watched = tuple(m for m in measures if m == "rating" or scored)
    history = alert_history(
        panel,
        watched,
        least=params.min_cell,
        fdr=params.fdr,
        cooldown=params.cooldown,
        budget=params.alert_budget,
    )
    now = history["period"] == _last_whole(panel)
    return Changes(
        n=int(panel.frame["score"].notna().sum()),
        checks=_checks(classified, panel, table),
        comparisons=table,
        alerted=history[now & (history["status"] == "raised")].reset_index(drop=True),
        history=history,
        fdr=params.fdr,
        period=panel.period,
        dimensions=tuple(n for n, d in zip(panel.dimensions, _varying(panel), strict=True) if d),
        trusted=classified.trusted,
        unlike=classified.unlike,
        engine=classified.engine,
    )


def _last_whole(panel: Panel) -> pd.Timestamp:
    known = panel.frame["period"].dropna()
    return known[~known.isin(panel.partial)].max()


def _compared(
    panel: Panel, measure: str, comparison: Literal["halves", "last"] | str, name: str, least: int
) -> dict:
    """One comparison of one group."""
    dated = (panel.frame["period"].notna() & panel.frame[measure].notna()).to_numpy()
    period = panel.frame["period"]
    periods = np.sort(period[dated].unique())
    if comparison == "last":
        periods = periods[~np.isin(periods, np.array(panel.partial, dtype=periods.dtype))]
        number = ordinals(periods, panel.period)
        if len(periods) < 2 or number[-1] - number[-2] > 1:
            return {}  # the period before the last whole one holds nothing
    if len(periods) < 2:
        return {}
    cut = (len(periods) + 1) // 2 if comparison == "halves" else len(periods) - 1
    begin = 0 if comparison == "halves" else len(periods) - 2
    among = panel.groups[name] & dated & (period >= periods[begin]).to_numpy()
    among &= (period <= periods[-1]).to_numpy()
    late = (period >= periods[cut]).to_numpy()
    early, late = np.flatnonzero(among & ~late), np.flatnonzero(among & late)
    if min(len(early), len(late)) < least:
        return {}
    windows = [panel.window(rows, measure) for rows in (early, late)]
    split = split_change(*windows)
    at = panel.frame["at"].dt.normalize()
    fixed = [d for d, used in zip(panel.dimensions, split.fixed, strict=True) if used]
    most, of_it = _explained(split, windows, panel.dimensions)
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
        "first_from": at.iloc[early].min(),
        "first_to": at.iloc[early].max(),
        "second_from": at.iloc[late].min(),
        "second_to": at.iloc[late].max(),
        "fixed": ", ".join(fixed),
        "mix_dimension": most,
        "mix_of_it": of_it,
    }


def _explained(
    split: Split, windows: list[tuple[np.ndarray, np.ndarray, np.ndarray]], names: tuple[str, ...]
) -> tuple[str, float]:
    """The dimension that explains most of the mix, and what it explains; '' without one.

    Where dimensions cannot be told apart (a store that only reviews have), it is what each alone
    would explain, the first that comes within a tenth of the most.
    """
    parts = np.array(split.parts)
    fixed = [d for d, used in enumerate(split.fixed) if used]
    if not fixed or np.isnan(split.true):
        return "", np.nan
    if np.isnan(parts[fixed]).any():
        for d in fixed:
            parts[d] = split_change(*((v, codes[:, d], who) for v, codes, who in windows)).mix
    size = np.abs(np.nan_to_num(parts[fixed]))
    most = fixed[int(np.argmax(size >= 0.9 * size.max()))]
    return names[most], float(parts[most])


def _varying(panel: Panel) -> list[bool]:
    every = panel.codes(np.arange(len(panel.frame)))
    return [bool(np.ptp(column)) if len(column) else False for column in every.T]


def _told_apart(panel: Panel, whole: pd.DataFrame) -> str:
    """What was held fixed, what was not and why."""
    fixed = list(dict.fromkeys(whole["fixed"]))
    if any(fixed) and any(_varying(panel)):
        parts = [
            _(
                "held fixed: {dimensions}",
                dimensions=_("; ").join(
                    items(map(translated, names.split(", ")), 99) for names in fixed if names
                ),
            ),
            _(
                "the interaction ({shared}) is shared equally between true change and mix",
                shared=items((signed(v, 3) for v in whole["interaction"]), 9) or _("none"),
            ),
        ]
    else:
        parts = [
            _(
                "no dimension to hold fixed: a change in who writes cannot be told from a "
                "true change"
            )
        ]
    used = {name for names in fixed for name in names.split(", ")}
    known = zip(panel.dimensions, _varying(panel), strict=True)
    short = [name for name, varies in known if varies and fixed and name not in used]
    if short:
        parts.append(
            _(
                "not held fixed, too few records or levels of one time only: {names}",
                names=items(map(translated, short), len(short)),
            )
        )
    if panel.left_out:
        named = (
            _("{name} ({detail})", name=name, detail=why) for name, why in panel.left_out.items()
        )
        parts.append(_("left out: {names}", names=items(named, len(panel.left_out))))
    return _("; ").join(parts)


def _checks(classified: Classified, panel: Panel, table: pd.DataFrame) -> tuple[Check, ...]:
    found = [check for check in classified.checks if check.id == PREDICTS]
    if classified.trusted is None:
        detail = _(
            "scores by {engine}, whose error on this study is not known", engine=classified.engine
        )
        found.append(Check(_("error of the scores is known"), None, detail))
    whole = table[(table["comparison"] == "halves") & (table["group"] == "all")]
    detail = _told_apart(panel, whole)
    found.append(Check(_("mix and true change told apart"), None, detail))
    seen = _(", ").join(
        f"{shown(row.measure)} {_POWER * (row.true_high - row.true_low) / 2:.3f}"
        for row in whole.itertuples()
    )
    if seen:
        detail = _(
            "true change found in four cases of five, first half to second: {seen}", seen=seen
        )
        found.append(Check(_("smallest change that would be seen"), None, detail))
    return tuple(found)
