"""What collecting claims: the balance, and what was found on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from insights.analyses.collect.tables import shown
from insights.claim import Claim
from insights.messages import _, interval, items, number, percent, plural
from insights.result import Result
from insights.stats.intervals import wilson

__all__ = ["Balance", "Coverage", "Languages", "Quality", "Redactions", "Repeats", "Screening"]


def _rows(n: int) -> str:
    return plural("{n} row", "{n} rows", n)


def _none() -> list[str]:
    return [_("0 pieces of feedback: this study has none.")]


@dataclass(frozen=True, kw_only=True)
class Balance(Result, table="sources", figure="balance"):
    """Rows in = kept + quarantined + duplicates + screened, for each source; n is rows in."""

    sources: pd.DataFrame

    def claims(self) -> list[Claim]:
        """Say what part of the rows was kept."""
        if not self.n:
            return []
        kept = wilson(int(self.sources["kept"].sum()), self.n)
        claim = Claim(key="", text=self.headline(), n=self.n, estimate=kept.estimate, low=kept.low,
                      high=kept.high, unit="share", nothing=1.0, better="up", main=True,
                      data=True)  # fmt: skip
        return [claim]

    def sentences(self) -> list[str]:
        """Say how many rows came in and what became of them."""
        sums = self.sources[["kept", "quarantined", "duplicates", "screened"]].sum()
        share = sums["kept"] / self.n if self.n else 0
        return [
            _(
                "Of {rows} from {sources}, {kept} ({share}) were kept; {quarantined} were "
                "quarantined, {duplicates} were exact duplicates and {screened} were screened out.",
                rows=_rows(self.n),
                sources=plural("{n} source", "{n} sources", len(self.sources)),
                share=percent(share, 1),
                **{name: number(value) for name, value in sums.items()},
            ),
            _("Every row is accounted for."),
        ]


@dataclass(frozen=True, kw_only=True)
class Quality(Result, table="lines", figure="quality"):
    """Validity, coverage and timeliness against thresholds; n is rows in."""

    lines: pd.DataFrame
    level: float

    @property
    def judged(self) -> pd.DataFrame:
        """The lines that are held to a threshold."""
        return self.lines[self.lines["threshold"].notna()]

    def sentences(self) -> list[str]:
        """Count what passes, fails and cannot be told; name the failures."""
        verdict = self.judged["passed"]
        passed, failed = int(verdict.eq(True).sum()), int(verdict.eq(False).sum())
        unsure = len(verdict) - passed - failed
        parts = [
            _(
                "{checks} against the study's thresholds on {rows}: {passed} passed, {failed} "
                "failed, {unsure} cannot be told ({level} intervals).",
                checks=plural("{n} check", "{n} checks", len(verdict)),
                rows=_rows(self.n),
                passed=passed,
                failed=failed,
                unsure=unsure,
                level=percent(self.level),
            )
        ]
        below = self.lines["passed"].eq(False).fillna(False).astype(bool)
        measured = self.lines["threshold"].notna()
        if (below & measured).any():
            parts.append(_("Failed: {checks}.", checks=_named(self.lines[below & measured])))
        if (below & ~measured).any():
            found = _named(self.lines[below & ~measured])
            parts.append(_("Also found, by rules without a threshold: {checks}.", checks=found))
        return parts

    def doubts(self) -> str:
        """Return nothing: the finding itself names what fails."""
        return ""

    def claims(self) -> list[Claim]:
        """Name each threshold that is missed."""
        missed = self.judged["passed"].eq(False).fillna(False).astype(bool)
        return [_missed(row, self.level) for row in self.judged[missed].itertuples()]


def _missed(row: Any, level: float) -> Claim:
    name = _("{check} of {source}", check=shown(row.check), source=row.source)
    return Claim(
        key=f"{row.source}:{row.check}",
        text=_(
            "{name}: {value} {interval} of {n} rows, where the study wants {threshold}.",
            name=name,
            value=percent(row.value, 1),
            interval=interval(row.low, row.high, ".1%"),
            n=number(row.n),
            threshold=percent(row.threshold, 1),
        ),
        n=int(row.n),
        act="mend",
        estimate=row.value,
        low=row.low,
        high=row.high,
        level=level,
        unit="share",
        nothing=row.threshold,
        better="up" if row.value < row.threshold else "down",
        chance=level,
        main=True,
        data=True,
        records={"table": "quality", "filter": {"source": [row.source], "check": [row.check]}},
    )


def _named(lines: pd.DataFrame) -> str:
    return items(
        (
            _("{check} of {source}", check=shown(x.check), source=x.source)
            for x in lines.itertuples()
        ),
        4,
    )


@dataclass(frozen=True, kw_only=True)
class Screening(Result, table="reasons", figure="screening"):
    """Rows set aside as no feedback, by source and reason; n is feedback rows in."""

    reasons: pd.DataFrame
    examples: pd.DataFrame

    def sentences(self) -> list[str]:
        """Say how many rows were set aside and why."""
        total = int(self.reasons["rows"].sum())
        if not total:
            return [_("None of {rows} was quarantined or screened out.", rows=_rows(self.n))]
        by = self.reasons.groupby("reason")["rows"].sum().sort_values(ascending=False)
        listed = [_("{name} ({detail})", name=name, detail=number(n)) for name, n in by.items()]
        return [
            _(
                "{total} of {rows} ({share}) were set aside: {reasons}.",
                total=number(total),
                rows=_rows(self.n),
                share=percent(total / self.n, 1),
                reasons=items(listed, 4),
            )
        ]


@dataclass(frozen=True, kw_only=True)
class Repeats(Result, table="messages", figure="repeats"):
    """Merged duplicates per message and per customer, and texts that recur; n is kept rows."""

    messages: pd.DataFrame
    customers: pd.DataFrame
    merged: int
    recurring: int

    def sentences(self) -> list[str]:
        """Say how many duplicates were merged and how many texts recur."""
        if not self.n:
            return _none()
        merged = plural("{n} exact duplicate", "{n} exact duplicates", self.merged)
        first = _("{merged} (same source, customer, time and text) were merged.", merged=merged)
        if known := len(self.customers):
            first = _(
                "{merged} (same source, customer, time and text) were merged, from {customers}.",
                merged=merged,
                customers=plural("{n} known customer", "{n} known customers", known),
            )
        return [
            first,
            _(
                "Of {rows} kept, {recurring} share their text with another row and stay, as "
                "different people may say the same.",
                rows=_rows(self.n),
                recurring=number(self.recurring),
            ),
        ]


@dataclass(frozen=True, kw_only=True)
class Redactions(Result, table="counts", figure="redactions"):
    """Personal data that were replaced by marks; n is rows of all tables."""

    counts: pd.DataFrame

    def sentences(self) -> list[str]:
        """Count the findings by kind."""
        total = int(self.counts["findings"].sum())
        if not total:
            return [
                _("No personal data were found in {rows}.", rows=_rows(self.n)),
                _("Names in running text are not recognised."),
            ]
        by = self.counts.groupby("kind")["findings"].sum().sort_values(ascending=False)
        return [
            plural(
                "{n} finding of personal data in {rows} was replaced by marks before any text "
                "left this notebook: {kinds}.",
                "{n} findings of personal data in {rows} were replaced by marks before any text "
                "left this notebook: {kinds}.",
                total,
                rows=_rows(self.n),
                kinds=items((f"{kind} {count:,}" for kind, count in by.items()), 6),
            ),
            _("Names in running text are not recognised."),
        ]


@dataclass(frozen=True, kw_only=True)
class Languages(Result, table="shares", figure="languages"):
    """Share of each language; n is pieces of feedback."""

    shares: pd.DataFrame
    level: float

    def sentences(self) -> list[str]:
        """Name the languages with their shares."""
        if not self.n:
            return _none()
        parts = [
            f"{row.language} {percent(row.share, 1)} {interval(row.low, row.high, '.1%')}"
            for row in self.shares.itertuples()
        ]
        return [
            _(
                "Languages of {pieces} of feedback ({level} intervals): {shares}.",
                pieces=plural("{n} piece", "{n} pieces", self.n),
                level=percent(self.level),
                shares=items(parts, len(parts)),
            )
        ]


@dataclass(frozen=True, kw_only=True)
class Coverage(Result, table="periods", figure="coverage"):
    """Pieces of feedback per period and source, holes included; n is pieces of feedback.

    `first` and `last` are the days of the first and the last record, in the study's zone.
    """

    periods: pd.DataFrame
    period: str
    holes: int
    first: pd.Timestamp | None = None
    last: pd.Timestamp | None = None

    def sentences(self) -> list[str]:
        """Say what span is covered and where nothing was collected."""
        if not self.n:
            return _none()
        fields = {
            "pieces": plural("{n} piece", "{n} pieces", self.n),
            "first": f"{self.first:%Y-%m-%d}",
            "last": f"{self.last:%Y-%m-%d}",
            "periods": _calendar(self.period, self.periods["period"].nunique()),
        }
        if self.holes:
            return [
                _(
                    "{pieces} of feedback from {first} to {last}, in {periods}, "
                    "{holes} of them without any.",
                    holes=self.holes,
                    **fields,
                )
            ]
        return [
            _(
                "{pieces} of feedback from {first} to {last}, in {periods}, none of them empty.",
                **fields,
            )
        ]


def _calendar(period: str, n: int) -> str:
    forms = {
        "day": plural("{n} calendar day", "{n} calendar days", n),
        "week": plural("{n} calendar week", "{n} calendar weeks", n),
        "month": plural("{n} calendar month", "{n} calendar months", n),
        "quarter": plural("{n} calendar quarter", "{n} calendar quarters", n),
        "year": plural("{n} calendar year", "{n} calendar years", n),
    }
    return forms[period]
