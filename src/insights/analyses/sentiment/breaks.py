"""When a level changed: dates with intervals, limits of a stable process, marked releases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insights.errors import ParamsError
from insights.result import Check, Result
from insights.settings import Period
from insights.stats.breaks import level_breaks, process_limits
from insights.stats.calendar import Calendar

from .params import Params
from .result import Trend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Breaks", "breaks", "marked_releases"]

_FEWEST = 8  # periods below which no change of level is looked for
_ALPHA = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class Breaks(Result):
    """Changes of level with the interval of their date. `n`: records with a score.

    Attributes
    ----------
    points
        measure, period (first of the new level), low, high (of that date), before, after, p.
    limits
        One row a measure and period: value, centre, low, high, outside, run_of_eight.
    releases
        date, name.
    """

    points: pd.DataFrame
    limits: pd.DataFrame
    releases: pd.DataFrame
    period: Period

    def table(self) -> pd.DataFrame:
        """Return one row a change of level."""
        return self.points

    def text(self) -> str:
        """Name the changes and their dates; 'no detectable change of level' by default."""
        looked = self.limits.groupby("measure", sort=False).size()
        if looked.empty:
            text = f"Cannot tell when anything changed: too few periods (n = {self.n:,})."
            return f"{text} {self.doubts()}".strip()
        parts = []
        for name, periods in looked.items():
            mine = self.points[self.points["measure"] == name]
            over = f"over {periods} periods of a {self.period}"
            subject = "the number of records" if name == "records" else f"mean {name}"
            if mine.empty:
                parts.append(f"No detectable change of level of {subject} {over}.")
            parts.extend(self._said(subject, row) for row in mine.head(3).itertuples())
            if len(mine) > 3:
                parts.append(f"{len(mine) - 3} more changes of {subject} stand in the table.")
        out = int((self.limits["outside"] & (self.limits["measure"] != "records")).sum())
        means = int((self.limits["measure"] != "records").sum())
        if means:
            parts.append(f"{out} of {means} period means lie outside the limits of a stable level.")
        parts.append(f"(n = {self.n:,})")
        return " ".join(filter(None, [*parts, self.doubts()]))

    def _said(self, subject: str, row: Any) -> str:
        form = "{:,.0f}" if subject == "the number of records" else "{:+.2f}"
        inside = self.releases[self.releases["date"].between(row.low, row.high)]
        near = f" Marked within that interval: {', '.join(inside['name'])}." if len(inside) else ""
        return (
            f"The level of {subject} moved from {form.format(row.before)} to "
            f"{form.format(row.after)} a {self.period}, in the {self.period} of "
            f"{row.period:%Y-%m-%d} [{row.low:%Y-%m-%d}, {row.high:%Y-%m-%d}].{near}"
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the values with limits, changes and releases."""
        from .plots import breaks

        return breaks(self, ax)


def breaks(trend: Trend, *, calendar: Calendar, params: Params) -> Breaks:
    """Look for changes of level in sentiment, rating and the number of records of all groups.

    Means are taken at a fixed channel mix where there is one. The first and the last period are
    left out of the number of records, since they are seldom whole; a period without any record
    counts as 0 there and is left out of the means. Numbers are compared as square roots, so that
    large ones do not vary more (Anscombe 1948, doi 10.2307/2332343).
    """
    whole = trend.cells[trend.cells["group"] == "all"].sort_values("period")
    points: list[dict] = []
    limits, short = [], []
    for measure, series in _series(whole, calendar.frequency(trend.period)).items():
        if len(series) < _FEWEST:
            short.append(f"{measure} {len(series)}")
            continue
        bounds = process_limits(series.to_numpy())
        limits.append(
            pd.DataFrame(
                {
                    "measure": measure,
                    "period": series.index,
                    "value": series.to_numpy(),
                    "centre": bounds.centre,
                    "low": bounds.low,
                    "high": bounds.high,
                    "outside": bounds.outside,
                    "run_of_eight": bounds.run,
                }
            )
        )
        scaled = np.sqrt(series) if measure == "records" else series
        for found in level_breaks(scaled.to_numpy(), np.random.default_rng(params.seed)):
            near = [0, *(p["_at"] for p in points if p["measure"] == measure)]
            points.append(
                {
                    "measure": measure,
                    "period": series.index[found.at],
                    "low": series.index[found.low],
                    "high": series.index[min(found.high, len(series) - 1)],
                    "before": float(series.iloc[near[-1] : found.at].mean()),
                    "after": np.nan,
                    "p": found.p,
                    "_at": found.at,
                }
            )
        _fill_after(points, measure, series)
    columns = ["measure", "period", "low", "high", "before", "after", "p"]
    table = pd.DataFrame(points, columns=[*columns, "_at"])[columns]
    frame = (
        pd.concat(limits, ignore_index=True)
        if limits
        else pd.DataFrame(
            columns=[
                "measure",
                "period",
                "value",
                "centre",
                "low",
                "high",
                "outside",
                "run_of_eight",
            ]
        )
    )
    releases = marked_releases(params.releases)
    return Breaks(
        n=int(whole["n"].sum()),
        checks=_checks(short, releases),
        points=table,
        limits=frame,
        releases=releases,
        period=trend.period,
    )


def marked_releases(written: str) -> pd.DataFrame:
    """Read '2024-03-01 name; 2024-06-15 other name'; columns date and name.

    Raises
    ------
    ParamsError
        A mark does not begin with a date.
    """
    rows = []
    for part in filter(None, (piece.strip() for piece in written.split(";"))):
        found = re.match(r"(\d{4}-\d{2}-\d{2})\s*(.*)$", part)
        date = pd.to_datetime(found[1], errors="coerce") if found else pd.NaT
        if found is None or pd.isna(date):
            raise ParamsError(
                f"sentiment: 'releases' holds {part!r}; each mark is a date and a name, such as "
                "'2024-03-01 version 2', and marks are parted by ';'."
            )
        rows.append((date, found[2] or found[1]))
    return pd.DataFrame(rows, columns=["date", "name"]).sort_values("date", ignore_index=True)


def _series(whole: pd.DataFrame, frequency: str) -> dict[str, pd.Series]:
    """The values of each measure by period, known ones only."""
    at = whole.set_index("period")
    found = {"sentiment": at["adjusted"].fillna(at["mean"]).dropna()}
    if "rating_mean" in at and at["rating_mean"].notna().any():
        found["rating"] = at["rating_adjusted"].fillna(at["rating_mean"]).dropna()
    if len(at):
        every = pd.period_range(at.index.min(), at.index.max(), freq=frequency).start_time
        found["records"] = at["n"].reindex(every, fill_value=0).astype(float).iloc[1:-1]
    return found


def _fill_after(points: list[dict], measure: str, series: pd.Series) -> None:
    mine = [p for p in points if p["measure"] == measure]
    for i, point in enumerate(mine):
        end = mine[i + 1]["_at"] if i + 1 < len(mine) else len(series)
        point["after"] = float(series.iloc[point["_at"] : end].mean())


def _checks(short: list[str], releases: pd.DataFrame) -> tuple[Check, ...]:
    found = [
        Check(
            "periods are exchangeable between two changes",
            None,
            "a slow trend, a season and what carries over from one period to the next look like "
            "changes of level; a change is called when at most one of twenty random orders of the "
            "periods shows as large a one",
        )
    ]
    if short:
        detail = f"fewer than {_FEWEST} periods: {', '.join(short)}"
        found.append(Check("periods enough to date a change", None, detail))
    if len(releases):
        detail = "a release inside the interval of a date coincides with it, no more is claimed"
        found.append(Check("marked releases", None, detail))
    return tuple(found)
