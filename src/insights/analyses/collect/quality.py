"""Collected tables against thresholds: pass, fail or cannot tell."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pandas as pd

from insights.analyses.collect.gather import Collected
from insights.analyses.collect.result import Quality
from insights.analyses.collect.tables import OUTPUTS, shown
from insights.ingest.schema import TABLES
from insights.messages import _, interval, items, number, percent
from insights.result import Check
from insights.settings import DEFAULT_LEVEL
from insights.stats.intervals import wilson_bounds

__all__ = ["Thresholds", "quality"]

# a scale declared at twice its length or more: ratings of several values fill its lower half up
_HALF, _RATED, _MOSTLY, _FINE, _HEAPED = 0.5, 50, 0.95, 4, 0.1
_OWN = ("source", "line", "copies", "repeats", "repeat_group", "language")


class Thresholds(Protocol):
    """What the study demands of its data: two shares and a number of hours."""

    validity: float
    coverage: float
    timeliness_hours: float


def quality(
    collected: Collected, thresholds: Thresholds, *, level: float = DEFAULT_LEVEL
) -> Quality:
    """Hold validity, coverage and timeliness of each source to the study's thresholds.

    A check passes when the lower bound of the share's Wilson interval reaches the threshold,
    fails when the upper bound stays below it, and cannot tell in between.
    """
    lines = [
        *_validity(collected, thresholds, level),
        *_coverage(collected, thresholds, level),
        *_timeliness(collected, thresholds, level),
        *_customers(collected, thresholds, level),
        *_ratings(collected),
        *_market(collected),
        *(
            _line(source, note.check, value=note.value, n=note.n, passed=note.passed,
                  detail=note.detail)
            for source, note in collected.notes
        ),
    ]  # fmt: skip
    frame = OUTPUTS["quality"].frame(lines)
    checks = tuple(
        Check(
            _("{check} of {source}", check=shown(row.check), source=row.source),
            None if pd.isna(row.passed) else bool(row.passed),
            row.detail,
        )
        for row in frame.itertuples()
    )
    return Quality(n=int(collected.balance["rows_in"].sum()), checks=checks, lines=frame,
                   level=level)  # fmt: skip


def _line(source: str, check: str, *, value=None, threshold=np.nan, passed=None, n=0,
          low=np.nan, high=np.nan, detail="") -> tuple:  # fmt: skip
    return (source, check, np.nan if value is None else value, threshold, passed, n, low, high,
            detail)  # fmt: skip


def _share(source: str, check: str, good: int, n: int, threshold: float, level: float,
           what: str) -> tuple:  # fmt: skip
    """Judge a share by its interval."""
    if n == 0:
        detail = _("cannot tell: no {what}", what=what)
        return _line(source, check, threshold=threshold, detail=detail)
    low, high = (float(bound) for bound in wilson_bounds(good, n, level))
    passed = True if low >= threshold else False if high < threshold else None
    verdict = {True: _("passes"), False: _("fails"), None: _("cannot tell")}[passed]
    detail = _(
        "{verdict}: {good} of {n} {what}, {share} {interval}, threshold {threshold}",
        verdict=verdict,
        good=good,
        n=n,
        what=what,
        share=percent(good / n, 1),
        interval=interval(low, high, ".1%"),
        threshold=percent(threshold),
    )
    return _line(source, check, value=good / n, threshold=threshold, passed=passed, n=n, low=low,
                 high=high, detail=detail)  # fmt: skip


def _validity(collected: Collected, thresholds: Thresholds, level: float) -> list[tuple]:
    return [
        _share(row.source, "validity", row.rows_in - row.quarantined, row.rows_in,
               thresholds.validity, level, _("rows are readable and free of faults"))
        for row in collected.balance.itertuples()
    ]  # fmt: skip


def _coverage(collected: Collected, thresholds: Thresholds, level: float) -> list[tuple]:
    """Count required columns over all rows, optional ones over kept rows and for information."""
    lines = []
    aside = pd.concat([collected.quarantine, collected.screened], ignore_index=True)
    for row in collected.balance.itertuples():
        table = collected.tables[row.table]
        accepted = table[table["source"] == row.source]
        reasons = aside.loc[aside["source"] == row.source, "reason"]
        schema = TABLES[row.table]
        required = schema.required
        for column in required:
            gone = reasons == _("{name} is missing", name=column)
            if column == schema.prose:
                gone |= reasons == _("empty text")
            silent = int(accepted[column].isna().sum())
            present = row.rows_in - int(gone.sum()) - silent
            what = _("rows have {column}", column=column)
            lines.append(_share(row.source, f"coverage: {column}", present, row.rows_in,
                                thresholds.coverage, level, what))  # fmt: skip
        for column in accepted.columns:
            if (
                column in required
                or column in _OWN
                or (column.endswith("_id") and column != "customer_id")
            ):
                continue
            there, n = int(accepted[column].notna().sum()), len(accepted)
            if there == 0 and schema.prose:
                continue  # a column of another source
            name = f"coverage: {column}"
            if column == "customer_id":
                what = _("rows name a customer")
                lines.append(_share(row.source, name, there, n, thresholds.coverage, level, what))
            elif n:
                low, high = (float(bound) for bound in wilson_bounds(there, n, level))
                detail = _(
                    "for information: {there} of {n} rows have {column}",
                    there=there,
                    n=n,
                    column=column,
                )
                lines.append(
                    _line(row.source, name, value=there / n, n=n, low=low, high=high, detail=detail)
                )
    return lines


def _timeliness(collected: Collected, thresholds: Thresholds, level: float) -> list[tuple]:
    feedback = collected.tables.get("feedback")
    if feedback is None:
        return []
    hours = thresholds.timeliness_hours
    what = _("pieces of feedback arrived within {hours} hours", hours=f"{hours:g}")
    if "ingested_at" not in feedback:
        return [_line("feedback", "timeliness", threshold=thresholds.coverage,
                      detail=_("cannot tell: no source has a column ingested_at"))]  # fmt: skip
    lines = []
    for source, part in feedback.groupby("source"):
        delay = (part["ingested_at"] - part["created_at"]).dropna()
        good = int(delay.between(pd.Timedelta(0), pd.Timedelta(hours=hours)).sum())
        lines.append(_share(str(source), "timeliness", good, len(delay), thresholds.coverage,
                            level, what))  # fmt: skip
    return lines


def _customers(collected: Collected, thresholds: Thresholds, level: float) -> list[tuple]:
    customers = collected.tables.get("customers")
    lines = []
    for table, frame in collected.tables.items():
        whose = "customer_id" in frame and TABLES[table].key != ("customer_id",)
        if customers is None or not whose:
            continue
        ids = frame["customer_id"].dropna().unique()
        known = int(pd.Series(ids).isin(customers["customer_id"]).sum())
        what = _("customers of {table} are in the customers table", table=table)
        lines.append(_share(table, "customers known", known, len(ids), thresholds.coverage, level,
                            what))  # fmt: skip
    return lines


def _ratings(collected: Collected) -> list[tuple]:
    feedback = collected.tables.get("feedback")
    if feedback is None or "rating" not in feedback:
        return []
    lines = []
    for source, part in feedback.groupby("source"):
        known = part["rating"].dropna()
        if len(known) > 1 and known.nunique() == 1:
            detail = _(
                "all {n} ratings are equal: nothing about rating may be claimed", n=len(known)
            )
            lines.append(_line(str(source), "rating varies", value=1, n=len(known), passed=False,
                               detail=detail))  # fmt: skip
        lower = known[known <= _HALF]
        if len(known) < _RATED or len(lower) < _MOSTLY * len(known) or lower.nunique() < _FINE:
            continue
        top = float((lower == lower.max()).mean())
        if top >= _HEAPED:
            share = len(lower) / len(known)
            detail = _(
                "{share} of {n} ratings lie in the lower half of the declared scale and {top} of "
                "these at the largest value there: another scale was perhaps used",
                share=percent(share),
                n=number(len(known)),
                top=percent(top),
            )
            lines.append(_line(str(source), "ratings use their scale", value=share, n=len(known),
                               passed=False, detail=detail))  # fmt: skip
    return lines


def _market(collected: Collected) -> list[tuple]:
    """Tell of gaps, constants and short series; forecasting has its own gate."""
    market = collected.tables.get("market")
    if market is None:
        return []
    gaps, constants, short = [], [], []
    for series, part in market.groupby("series_id"):
        gap = part["date"].sort_values().diff().dropna()
        if len(part) < 4:
            short.append(_("{series} has {n} points", series=series, n=len(part)))
        elif gap.max() > 1.6 * gap.median():
            days = gap.max().days
            gaps.append(_("{series} (longest step {days} days)", series=series, days=days))
        if len(part) > 1 and part["value"].nunique() == 1:
            constants.append(str(series))
    n = market["series_id"].nunique()
    about = {
        "market gaps": (gaps, _("{found} of {n} series with missing dates: {series}")),
        "market constants": (constants, _("{found} of {n} series that never change: {series}")),
        "market length": (short, _("{found} of {n} series too short to forecast: {series}")),
    }
    return [
        _line("market", check, value=len(found), n=n,
              detail=text.format(found=len(found), n=n, series=items(found)))
        for check, (found, text) in about.items()
        if found
    ]  # fmt: skip
