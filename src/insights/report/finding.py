"""Findings, checks and outcomes as the pages word them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from insights.messages import _
from insights.report import safe

__all__ = ["Doubt", "Finding", "State", "doubts", "duration", "estimate", "findings", "lead",
           "mappings", "moment", "sentence", "state", "template"]  # fmt: skip


def _states() -> dict[str, tuple[str, str]]:
    """The words and the tone of each outcome."""
    return {
        "ok": (_("Done"), "good"),
        "cached": (_("Unchanged, taken from the cache"), "good"),
        "carried": (_("Carried over from an earlier run"), "quiet"),
        "skipped": (_("Not part of this study"), "quiet"),
        "failed": (_("Failed"), "bad"),
        "refused": (_("Data refused"), "bad"),
        "invalid": (_("Settings refused"), "bad"),
        "blocked": (_("Blocked"), "warn"),
        "interrupted": (_("Interrupted"), "warn"),
        "timeout": (_("Ran out of time"), "bad"),
        "dead": (_("Its process died"), "bad"),
        "storage": (_("Could not be stored"), "bad"),
        "secret": (_("Withheld: an output held a secret"), "bad"),
        "locked": (_("Locked by another run"), "warn"),
        "running": (_("Running"), "quiet"),
        "pending": (_("Not started"), "quiet"),
    }


_NUMBER = r"[-+−]?\d[\d,]*(?:\.\d+)?"
_UNIT = r"(?: ?%| [^\W\d]+(?: [^\W\d]+)?)?"
_INTERVAL = re.compile(rf"({_NUMBER}){_UNIT} \[({_NUMBER}){_UNIT}, ({_NUMBER})")


@dataclass(frozen=True)
class State:
    """What became of a notebook, in words, and its tone: good, quiet, warn or bad."""

    outcome: str
    words: str
    tone: str

    @property
    def fine(self) -> bool:
        """Whether what the notebook says may be read as a finding of this run."""
        return self.outcome in ("ok", "cached", "carried")


@dataclass(frozen=True)
class Doubt:
    """One check."""

    name: str
    passed: bool | None
    detail: str

    @property
    def verdict(self) -> str:
        """The check's verdict in words, which no colour has to carry."""
        return {True: _("passed"), False: _("failed"), None: _("for information")}[self.passed]

    @property
    def tone(self) -> str:
        """The class of the verdict's mark."""
        return {True: "passed", False: "failed", None: "information"}[self.passed]


@dataclass(frozen=True)
class Finding:
    """A claim: headline, what follows it, doubts, n, checks and the cell of its evidence."""

    kind: str
    headline: str
    details: str
    doubts: str
    n: int | None
    checks: tuple[Doubt, ...]
    anchor: str = ""

    @property
    def passed(self) -> int:
        """Number of checks that passed."""
        return sum(check.passed is True for check in self.checks)

    @property
    def failed(self) -> tuple[Doubt, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if check.passed is False)

    @property
    def information(self) -> int:
        """Number of checks that could not tell, or only inform."""
        return sum(check.passed is None for check in self.checks)


def findings(
    results: Mapping[str, Any] | None,
    places: Mapping[str, str] | None = None,
    project: Path | None = None,
) -> tuple[Finding, ...]:
    """Read the findings of a results.json; `places` maps the id of a finding to its cell."""
    places = places or {}
    found = []
    for item in mappings((results or {}).get("findings")):
        kind, n = str(item.get("kind") or ""), item.get("n")
        headline, details, doubts = (
            _unbroken(safe.scrub(part, project).strip())
            for part in (
                str(item.get("headline") or item.get("text") or ""),
                str(item.get("details") or ""),
                _("; ").join(map(str, _listed(item.get("doubts")))),
            )
        )
        found.append(
            Finding(
                kind=kind.replace("_", " "),
                headline=headline,
                details=details,
                doubts=_("{doubts}.", doubts=doubts) if doubts else "",
                n=n if isinstance(n, int) and not isinstance(n, bool) else None,
                checks=tuple(
                    Doubt(
                        str(check.get("name", "")),
                        check.get("passed") if isinstance(check.get("passed"), bool) else None,
                        _unbroken(safe.scrub(str(check.get("detail", "")), project)),
                    )
                    for check in mappings(item.get("checks"))
                ),
                anchor=places.get(str(item.get("id") or kind), ""),
            )
        )
    return tuple(found)


def estimate(finding: Mapping[str, Any]) -> tuple[float, float, float] | None:
    """Return a finding's estimate, low and high: as saved, else as its headline writes them.

    Only a finding without claims is read by its headline, as those of older runs are; one with no
    interval, or with more than one, says nothing here.
    """
    values = [finding.get(key) for key in ("estimate", "low", "high")]
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        if finding.get("claims"):
            return None
        hits = _INTERVAL.findall(str(finding.get("headline") or ""))
        if len(hits) != 1:
            return None
        values = [text.replace(",", "").replace("−", "-") for text in hits[0]]
    number, low, high = (float(value) for value in values)  # type: ignore[arg-type]
    return (number, low, high) if all(map(math.isfinite, (number, low, high))) else None


def template(finding: Mapping[str, Any]) -> str:
    """Return what a finding's number is of: its leading claim, else its headline without numbers.

    In other words a headline is another claim.
    """
    claims = mappings(finding.get("claims"))
    if claims:
        return str(claims[0].get("id"))
    return re.sub(_NUMBER, "0", str(finding.get("headline") or ""))


def sentence(finding: Mapping[str, Any]) -> str:
    """Return the sentence that a finding's number stands in."""
    claims = mappings(finding.get("claims"))
    return str((claims[0].get("text") if claims else finding.get("headline")) or "")


def lead(results: Mapping[str, Any] | None) -> str:
    """Return the kind of the finding that leads a results.json, or nothing."""
    first = next(iter(mappings((results or {}).get("findings"))), {})
    return str(first.get("kind") or "")


def _listed(value: object) -> list[Any]:
    """Other people's files are read as they are: what is no list holds nothing."""
    return value if isinstance(value, list) else []


def mappings(value: object) -> list[Mapping[str, Any]]:
    """Return the mappings of a list; of anything else nothing."""
    return [item for item in _listed(value) if isinstance(item, Mapping)]


def _unbroken(text: str) -> str:
    """Keep a number and its sign of per cent on one line."""
    return re.sub(r"(?<=\d) %", "\u00a0%", text)


def doubts(items: Sequence[Finding]) -> tuple[Doubt, ...]:
    """Return every check once, failures first, then what could not be told, then the rest."""
    checks = dict.fromkeys(check for item in items for check in item.checks)
    order = {False: 0, None: 1, True: 2}
    return tuple(sorted(checks, key=lambda check: order[check.passed]))


def state(outcome: object) -> State:
    """Return the words and tone of an outcome; an unknown one is shown as it is."""
    name = str(outcome or "pending")
    words, tone = _states().get(name, (name, "warn"))
    return State(name, words, tone)


def duration(seconds: object) -> str:
    """Write a duration as a person says it: '4.2 s', '3 min 20 s', '2 h 5 min'."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return ""
    if not 0 <= seconds < math.inf:
        return ""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    hours, left = divmod(minutes, 60)
    return f"{hours} h {left} min" if hours else f"{minutes} min {rest} s"


def moment(text: object) -> str:
    """Write an ISO time as '2026-11-22 05:13 UTC'; anything else as it is."""
    found = re.match(
        r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?\s*(Z|[+-]00:?00)?$", str(text or "")
    )
    if not found:
        return str(text or "")
    return f"{found.group(1)} {found.group(2)}{' UTC' if found.group(3) else ''}"
