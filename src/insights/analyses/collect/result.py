"""What collecting claims: the balance, and what was found on the way."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from insights.errors import listed
from insights.result import Result

__all__ = ["Balance", "Coverage", "Languages", "Quality", "Redactions", "Repeats", "Screening"]


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


@dataclass(frozen=True, kw_only=True)
class Balance(Result, table="sources", figure="balance"):
    """Rows in = kept + quarantined + duplicates + screened, for each source; n is rows in."""

    sources: pd.DataFrame

    def sentences(self) -> list[str]:
        """Say how many rows came in and what became of them."""
        sums = self.sources[["kept", "quarantined", "duplicates", "screened"]].sum()
        share = sums["kept"] / self.n if self.n else 0
        return [
            f"Of {_count(self.n, 'row')} from {_count(len(self.sources), 'source')}, "
            f"{sums['kept']:,} ({share:.1%}) were kept; {sums['quarantined']:,} were "
            f"quarantined, {sums['duplicates']:,} were exact duplicates and "
            f"{sums['screened']:,} were screened out.",
            "Every row is accounted for.",
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
            f"{_count(len(verdict), 'check')} against the study's thresholds on "
            f"{_count(self.n, 'row')}: {passed} passed, {failed} failed, {unsure} cannot be told "
            f"({self.level:.0%} intervals)."
        ]
        below = self.lines["passed"].eq(False).fillna(False).astype(bool)
        measured = self.lines["threshold"].notna()
        for lead, rows in (
            ("Failed", self.lines[below & measured]),
            ("Also found, by rules without a threshold", self.lines[below & ~measured]),
        ):
            if len(rows):
                names = listed((f"{row.check} of {row.source}" for row in rows.itertuples()), 4)
                parts.append(f"{lead}: {names}.")
        return parts


@dataclass(frozen=True, kw_only=True)
class Screening(Result, table="reasons", figure="screening"):
    """Rows set aside as no feedback, by source and reason; n is feedback rows in."""

    reasons: pd.DataFrame
    examples: pd.DataFrame

    def sentences(self) -> list[str]:
        """Say how many rows were set aside and why."""
        total = int(self.reasons["rows"].sum())
        if not total:
            return [f"None of {_count(self.n, 'row')} was quarantined or screened out."]
        by = self.reasons.groupby("reason")["rows"].sum().sort_values(ascending=False)
        parts = listed((f"{reason} ({count:,})" for reason, count in by.items()), 4)
        return [
            f"{total:,} of {_count(self.n, 'row')} ({total / self.n:.1%}) were set aside: {parts}."
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
            return ["0 pieces of feedback: this study has none."]
        who = ""
        if len(self.customers):
            who = f", from {_count(len(self.customers), 'known customer')}"
        return [
            f"{_count(self.merged, 'exact duplicate')} (same source, customer, time and text) "
            f"were merged{who}.",
            f"Of {_count(self.n, 'row')} kept, {self.recurring:,} share their "
            "text with another row and stay, as different people may say the same.",
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
                f"No personal data were found in {_count(self.n, 'row')}.",
                "Names in running text are not recognised.",
            ]
        by = self.counts.groupby("kind")["findings"].sum().sort_values(ascending=False)
        parts = listed((f"{kind} {count:,}" for kind, count in by.items()), 6)
        verb = "was" if total == 1 else "were"
        return [
            f"{_count(total, 'finding')} of personal data in {_count(self.n, 'row')} {verb} "
            f"replaced by marks before any text left this notebook: {parts}.",
            "Names in running text are not recognised.",
        ]


@dataclass(frozen=True, kw_only=True)
class Languages(Result, table="shares", figure="languages"):
    """Share of each language; n is pieces of feedback."""

    shares: pd.DataFrame
    level: float

    def sentences(self) -> list[str]:
        """Name the languages with their shares."""
        if not self.n:
            return ["0 pieces of feedback: this study has none."]
        parts = [
            f"{row.language} {row.share:.1%} [{row.low:.1%}, {row.high:.1%}]"
            for row in self.shares.itertuples()
        ]
        return [
            f"Languages of {_count(self.n, 'piece', 'pieces')} of feedback "
            f"({self.level:.0%} intervals): {', '.join(parts)}."
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
            return ["0 pieces of feedback: this study has none."]
        number = self.periods["period"].nunique()
        say = (
            f"{_count(self.n, 'piece')} of feedback from {self.first:%Y-%m-%d} to "
            f"{self.last:%Y-%m-%d}, in {_count(number, 'calendar ' + self.period)}"
        )
        say += f", {self.holes} of them without any." if self.holes else ", none of them empty."
        return [say]
