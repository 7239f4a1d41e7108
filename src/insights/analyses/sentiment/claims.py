"""What changes of sentiment and ratings ask for: one claim over all, one a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from insights.analyses.sentiment.tables import shown
from insights.claim import Claim, unknown
from insights.messages import _, interval, number, signed

if TYPE_CHECKING:
    from collections.abc import Callable

    from insights.analyses.sentiment.movement import Changes

__all__ = ["change_claims"]


def change_claims(changes: Changes, mix_of: Callable[[list[str]], str]) -> list[Claim]:
    """Return what halves of the time tell, all records before groups, sentiment before ratings.

    Parameters
    ----------
    mix_of
        Writes the names of what is held fixed.
    """
    found: list[Claim] = []
    rows = changes.comparisons[changes.comparisons["comparison"] == "halves"]
    scored = changes.trusted is not False and not changes.unlike
    if not scored or not (rows["measure"] == "sentiment").any():
        found.append(unknown("", _unknown(changes), changes.n))
    rows = rows[(rows["measure"] == "rating") | scored]
    rows = rows.assign(part=rows["group"] != "all", rated=rows["measure"] == "rating")
    rows = rows.sort_values(["part", "rated"], kind="stable")
    for index in rows.index:
        row = rows.loc[index]
        if np.isfinite(row["true_low"]):
            found.append(_compared(row, changes, mix_of))
        elif not row["part"]:
            measure = _measure(row)
            text = _(
                "Whether {measure} changed at a fixed mix: too few records lie in both times.",
                measure=measure,
            )
            found.append(unknown(measure, text, changes.n))
    return found


def _measure(row: pd.Series) -> str:
    return _("the mean rating") if row["measure"] == "rating" else _("mean sentiment")


def _unknown(changes: Changes) -> str:
    if changes.trusted is False:
        return _("How customers feel: on this study's own ratings, text does not tell.")
    if changes.unlike:
        return _("How customers feel: the texts are not like those the model was tried on.")
    return _("Whether mean sentiment changed: two periods with records enough are needed.")


def _compared(row: pd.Series, changes: Changes, mix_of: Callable[[list[str]], str]) -> Claim:
    rated, part = row["measure"] == "rating", row["group"] != "all"
    key = ":".join(filter(None, [row["measure"] if rated else "", row["group"] if part else ""]))
    half = 1.43 * (row["true_high"] - row["true_low"]) / 2
    sure = rated or changes.trusted is True
    claim = Claim(
        key=key,
        text="",
        n=int(row["n_first"] + row["n_second"]),
        act="mend" if sure else "know",
        estimate=row["true_change"],
        low=row["true_low"],
        high=row["true_high"],
        unit="rating" if rated else "score",
        whole=1.0 if rated else 2.0,
        better="up",
        chance=1 - row["q"],
        since=f"{row['second_from']:%Y-%m-%d}",
        doubt=_(
            "A change of less than {least} would have been missed more often than in one case of "
            "five.",
            least=f"{half:.3f}",
        )
        if sure
        else _("How wrong the scores are could not be measured on this study."),
        records={"table": "sentiment_changes", "filter": {"group": [row["group"]]}},
        main=not part,
    )
    return type(claim)(**{**vars(claim), "text": _text(row, claim, mix_of)})


def _text(row: pd.Series, claim: Claim, mix_of: Callable[[list[str]], str]) -> str:
    fixed = [name for name in str(row["fixed"] or "").split(", ") if name]
    fields = {
        "measure": _measure(row),
        "where": _(" where {group}", group=shown(row["group"])) if row["group"] != "all" else "",
        "points": f"{signed(row['true_change'], 3)} "
        f"{interval(row['true_low'], row['true_high'], '+.3f')}",
        "raw": signed(row["change"], 3),
        "since": f"{row['second_from']:%Y-%m-%d}",
        "n": _("n = {first} and {second}", first=number(int(row["n_first"])),
               second=number(int(row["n_second"]))),
        "mix": mix_of(fixed) if fixed else "",
    }  # fmt: skip
    if not claim.shown and fixed:
        return _(
            "No change of {measure}{where} is seen once the {mix} is held: {points} since {since}, "
            "where as records came it moved by {raw} ({n}).",
            **fields,
        )
    if not claim.shown:
        return _("No change of {measure}{where} is seen: {points} since {since} ({n}).", **fields)
    moved = _("rose") if row["true_change"] > 0 else _("fell")
    if fixed:
        return _(
            "At a fixed {mix} {measure}{where} {moved} by {points} since {since} ({n}).",
            moved=moved,
            **fields,
        )
    return _(
        "As records came, {measure}{where} {moved} by {points} since {since} ({n}).",
        moved=moved,
        **fields,
    )
