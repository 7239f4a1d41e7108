"""Collected tables to findings."""

from __future__ import annotations

import numpy as np
import pandas as pd

from insights.analyses.collect.gather import Collected
from insights.analyses.collect.result import (
    Balance,
    Coverage,
    Languages,
    Redactions,
    Repeats,
    Screening,
)
from insights.enrich.language import LANGUAGES
from insights.messages import _, percent
from insights.result import Check
from insights.settings import DEFAULT_LEVEL
from insights.stats.calendar import Calendar
from insights.stats.intervals import wilson_bounds

__all__ = ["balance", "coverage", "languages", "redactions", "repeats", "set_aside"]

_TOP = 15
_SURGE = 3.0  # last fifth of the periods against the median before, above which a note is due


def balance(collected: Collected) -> Balance:
    """Account for every row of every source."""
    frame = collected.balance
    parts = frame[["kept", "quarantined", "duplicates", "screened"]].sum(axis=1)
    holds = bool((parts == frame["rows_in"]).all())
    empty = frame.loc[frame["kept"] == 0, "source"]
    sums = _("kept + quarantined + duplicates + screened = rows in")
    checks = [Check(_("balance"), holds, sums)]
    checks += [
        Check(_("rows left"), False, _("nothing is left of {source}", source=name))
        for name in empty
    ]
    return Balance(n=int(frame["rows_in"].sum()), checks=tuple(checks), sources=frame)


def set_aside(collected: Collected, examples: int = 8) -> Screening:
    """List why rows were quarantined or screened out, with an example of each reason first."""
    both = pd.concat(
        [
            collected.quarantine.assign(kind="quarantined"),
            collected.screened.assign(kind="screened"),
        ],
        ignore_index=True,
    )
    plain = both["reason"].str.replace(r"^\d+ fields?", "other number of fields", regex=True)
    counted = both.assign(reason=plain).groupby(["source", "kind", "reason"]).size()
    reasons = (
        counted.rename("rows")
        .reset_index()
        .sort_values(["rows", "source", "reason"], ascending=[False, True, True], ignore_index=True)
    )
    turn = both.groupby(["kind", "reason"]).cumcount()
    shown = both.assign(turn=turn).sort_values(["turn", "source", "line"], kind="stable")
    columns = ["source", "line", "kind", "reason", "raw"]
    return Screening(
        n=int(collected.balance["rows_in"].sum()), reasons=reasons,
        examples=shown[columns].head(examples).reset_index(drop=True),
    )  # fmt: skip


def repeats(collected: Collected) -> Repeats:
    """Count merged duplicates per message and per customer, and texts that recur."""
    feedback = collected.tables.get("feedback")
    gone = collected.duplicates[collected.duplicates["table"] == "feedback"]
    if feedback is None:
        empty = pd.DataFrame({"text": [], "rows": [], "copies": []})
        return Repeats(n=0, messages=empty, customers=gone[[]], merged=0, recurring=0)
    again = feedback[(feedback["copies"] > 1) | feedback["repeat_group"].notna()]
    again = again[again["text"].notna()]
    group = again["repeat_group"].fillna(again["feedback_id"])
    messages = (
        again.groupby(group)
        .agg(text=("text", "first"), rows=("text", "size"), copies=("copies", "sum"))
        .sort_values(["copies", "text"], ascending=[False, True], ignore_index=True)
        .head(_TOP)
    )
    customers = gone["customer_id"].dropna().value_counts().rename_axis("customer_id")
    return Repeats(
        n=len(feedback), messages=messages, customers=customers.rename("merged").reset_index(),
        merged=len(gone), recurring=int(feedback["repeat_group"].notna().sum()),
    )  # fmt: skip


def redactions(collected: Collected) -> Redactions:
    """Count the personal data that were replaced, by table, column and kind."""
    rows = sum(len(frame) for frame in collected.tables.values())
    return Redactions(n=int(rows), counts=collected.redactions)


def languages(collected: Collected, *, level: float = DEFAULT_LEVEL) -> Languages:
    """Estimate the share of each language among pieces of feedback with a text."""
    feedback = collected.tables.get("feedback", pd.DataFrame({"language": []}))
    if "text" in feedback:
        feedback = feedback[feedback["text"].notna()]
    n = len(feedback)
    count = feedback["language"].value_counts().reindex(list(LANGUAGES), fill_value=0)
    count = count[count > 0].sort_values(ascending=False, kind="stable")
    low, high = wilson_bounds(count.to_numpy(), max(n, 1), level)
    shares = pd.DataFrame(
        {
            "language": count.index.to_numpy(),
            "n": count.to_numpy(),
            "share": count.to_numpy() / max(n, 1),
            "low": low,
            "high": high,
        }
    )
    unserved = float(shares.loc[shares["language"] == "other", "share"].sum())
    detail = _(
        "{share} of texts are in a language other than English and Chinese",
        share=percent(unserved, 1),
    )
    check = Check(_("languages served"), unserved <= 0.05, detail)
    return Languages(n=n, checks=(check,) if n else (), shares=shares, level=level)


def coverage(collected: Collected, calendar: Calendar) -> Coverage:
    """Count pieces of feedback per period and source; periods without any are shown as zero."""
    feedback = collected.tables.get("feedback")
    if feedback is None or feedback.empty:
        empty = pd.DataFrame({"period": pd.to_datetime([]), "source": [], "n": []})
        return Coverage(n=0, periods=empty, period="month", holes=0)
    period = calendar.resolve(feedback["created_at"], "auto")
    starts = calendar.period_start(feedback["created_at"], period)
    frequency = calendar.frequency(period)
    every = pd.period_range(starts.min(), starts.max(), freq=frequency).start_time
    wide = pd.crosstab(starts, feedback["source"]).reindex(every, fill_value=0)
    long = wide.rename_axis("period").rename_axis("source", axis=1).stack().rename("n")
    total = wide.sum(axis=1).to_numpy()
    holes = int((total == 0).sum())
    detail = {
        "day": _("{holes} of {all} days hold no feedback", holes=holes, all=len(total)),
        "week": _("{holes} of {all} weeks hold no feedback", holes=holes, all=len(total)),
        "month": _("{holes} of {all} months hold no feedback", holes=holes, all=len(total)),
        "quarter": _("{holes} of {all} quarters hold no feedback", holes=holes, all=len(total)),
        "year": _("{holes} of {all} years hold no feedback", holes=holes, all=len(total)),
    }[period]
    checks = [Check(_("no holes"), holes == 0, detail)]
    if len(total) >= 10:
        cut = len(total) - max(2, len(total) // 5)
        before = np.median(total[:cut])
        late = np.median(total[cut:])
        steep = bool(late > _SURGE * max(before, 1))
        detail = _(
            "median of the last {n} periods is {late}, before it {before}; a steep rise is often "
            "how the data were collected, not what customers did",
            n=len(total) - cut,
            late=f"{late:g}",
            before=f"{before:g}",
        )
        checks.append(Check(_("steady collection"), not steep, detail))
    written = calendar.local(feedback["created_at"])
    return Coverage(
        n=len(feedback),
        checks=tuple(checks),
        periods=long.reset_index(),
        period=period,
        holes=holes,
        first=written.min(),
        last=written.max(),
    )
