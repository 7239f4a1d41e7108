"""Overlapping exports of one sampled index, brought to one scale or refused."""

from __future__ import annotations

import numpy as np
import pandas as pd

from insights.errors import DataError
from insights.messages import _

__all__ = ["spliced"]

LEAST = 8  # dates in common, with values above zero
AGREE = 0.9  # correlation of the two on them
APART = 0.15  # relative standard error of the ratio from which the scale is not known


def spliced(table: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Bring exports of one index (each 0-100 by its own maximum) to the scale of the latest.

    Every export is multiplied by the ratio of the sums on the dates that it shares with what is
    spliced already, latest first; on shared dates the later export is kept. A ratio of sums is
    used since single values are rounded to whole numbers.

    Parameters
    ----------
    table
        Columns date, value, source; further columns are kept.

    Returns
    -------
    Rows with one value a date, without `source`, and a note for each export that was rescaled.

    Raises
    ------
    DataError
        Fewer than eight shared dates with values, they do not move together (correlation under
        .9), or their ratio is not known to 15 %.
    """
    exports = [part for _source, part in table.groupby("source", sort=True)]
    exports.sort(key=lambda part: (part["date"].max(), part["date"].min()), reverse=True)
    joined, notes = exports[0].drop_duplicates("date"), []
    for part in exports[1:]:
        part = part.drop_duplicates("date")
        ratio, n = _ratio(joined, part)
        older = part[~part["date"].isin(joined["date"])]
        older = older.assign(value=older["value"] * ratio)
        joined = pd.concat([older, joined], ignore_index=True)
        notes.append(
            _(
                "export {export} multiplied by {ratio}, from {n} dates in common",
                export=part["source"].iloc[0],
                ratio=f"{ratio:.3g}",
                n=n,
            )
        )
    return joined.drop(columns="source").sort_values("date", ignore_index=True), tuple(notes)


def _ratio(joined: pd.DataFrame, part: pd.DataFrame) -> tuple[float, int]:
    both = joined[["date", "value"]].merge(part[["date", "value"]], on="date").dropna()
    both = both[(both["value_x"] > 0) & (both["value_y"] > 0)]
    a, b, n = both["value_x"].to_numpy(), both["value_y"].to_numpy(), len(both)
    name = part["source"].iloc[0]
    if n < LEAST:
        raise DataError(
            _(
                "export {export} shares {n} dates with values with the others; at least "
                "{least} are needed to bring two exports to one scale",
                export=name,
                n=n,
                least=LEAST,
            )
        )
    ratio = float(a.sum() / b.sum())
    error = float(np.sqrt(((a - ratio * b) ** 2).sum() / (n - 1) * n) / b.sum() / ratio)
    together = 1.0 if np.ptp(a) == 0 or np.ptp(b) == 0 else float(np.corrcoef(a, b)[0, 1])
    equal = bool(np.allclose(a, ratio * b, atol=1.0))  # as equal as whole numbers can be
    if error > APART or (together < AGREE and not equal):
        raise DataError(
            _(
                "export {export} does not move with the others on {n} dates in common "
                "(correlation {correlation}, ratio known to {error}), so no scale can be told; "
                "keep one",
                export=name,
                n=n,
                correlation=f"{together:.2f}",
                error=f"{error:.0%}",
            )
        )
    return ratio, n
