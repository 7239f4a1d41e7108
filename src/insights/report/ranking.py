"""The findings of a run in one order: what to do, to watch, to leave, and what nobody knows."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from insights.messages import _, items
from insights.report import safe
from insights.report.finding import mappings, state

__all__ = ["Ranked", "Step", "findings_json", "ranked"]

Step = Literal["do", "watch", "leave", "unknown"]
_ORDER: tuple[Step, ...] = ("do", "watch", "leave", "unknown")
_NUMBERS = ("estimate", "low", "high", "level", "certainty", "money")


@dataclass(frozen=True)
class Ranked:
    """A claim in its place: what it says, the step it allows, and what goes with that step.

    `place` is where its finding stands on the notebook's page; `doubts` begins with the `failed`
    checks that touch it; `open`: nothing is shown, and much could be; `values` are the numbers as
    saved.
    """

    id: str
    notebook: str
    place: str
    kind: str
    text: str
    about: str
    step: Step
    doubts: tuple[str, ...] = ()
    failed: int = 0
    n: int | None = None
    weight: float = 0.0
    act: str = "know"
    main: bool = False
    open: bool = False
    data: bool = False
    direction: str = "none"
    since: str = ""
    owner: str = ""
    topics: tuple[str, ...] = ()
    action: str = ""
    values: Mapping[str, Any] | None = None

    @property
    def doubt(self) -> str:
        """The one doubt that would change the decision: a failed check, else its limit."""
        return self.doubts[0] if self.doubts else ""

    @property
    def estimate(self) -> float:
        """The number, or not a number."""
        value = (self.values or {}).get("estimate")
        return float(value) if isinstance(value, int | float) else math.nan


def ranked(
    manifest: Mapping[str, Any],
    results: Mapping[str, Mapping[str, Any]],
    *,
    project: Path | None = None,
) -> list[Ranked]:
    """Return every claim of the notebooks that ended well, best first.

    In order: to do, to watch, to leave, unknown, each by what is at stake at least; what is about
    the data comes last. Of two claims of a notebook on one thing the later one stays, which knows
    more. An owner is taken from another claim on the same topic, else from the offer to start with.
    """
    entries = manifest.get("notebooks") or {}
    found: dict[tuple[str, str], Ranked] = {}
    for name, saved in results.items():
        if not state((entries.get(name) or {}).get("outcome")).fine:
            continue
        for number, finding in enumerate(mappings((saved or {}).get("findings")), 1):
            for claim in mappings(finding.get("claims")):
                one = _read(name, number, finding, claim, project)
                subject = one.id.rpartition(":")[2] if ":" in one.id else one.id
                found.pop((name, subject), None)
                found[name, subject] = one
    listed = sorted(found.values(), key=_place)
    owners = {topic: one.owner for one in listed if one.owner and one.act != "start"
              for topic in one.topics}  # fmt: skip
    offers = [one for one in listed if one.act == "start" and one.step != "unknown"]
    return [_advised(one, owners, offers) for one in listed]


def _place(one: Ranked) -> tuple[Any, ...]:
    """What stands first within a step.

    To watch: offers, then what may be mended, then what is only known. To leave: answers to a
    question, then offers, the dearest first, then details.
    """
    inside: tuple[Any, ...] = ()
    if one.step == "watch":
        inside = (("start", "mend", "know").index(one.act),)
    elif one.step == "leave":
        inside = (not one.main, one.act == "start")
    size = one.weight
    if one.act == "start" and math.isfinite(one.estimate):
        size = abs(one.estimate)
    return (one.data, _ORDER.index(one.step), *inside, -size)


def _read(
    name: str,
    number: int,
    finding: Mapping[str, Any],
    claim: Mapping[str, Any],
    project: Path | None,
) -> Ranked:
    known = claim.get("estimate") is not None
    step = claim.get("next_step")
    n, weight, failed = claim.get("n"), claim.get("weight"), claim.get("failed")
    doubts = claim.get("doubts")
    topics = claim.get("topics")
    return Ranked(
        id=f"{name}.{claim.get('id')}",
        notebook=name,
        place=f"finding-{number}",
        kind=str(finding.get("kind") or ""),
        text=safe.scrub(str(claim.get("text") or ""), project).strip(),
        about=safe.scrub(str(finding.get("text") or ""), project).strip(),
        step="unknown" if not known else step if step in ("do", "watch") else "leave",
        doubts=tuple(safe.scrub(str(text), project)
                     for text in (doubts if isinstance(doubts, list) else ())),
        failed=failed if isinstance(failed, int) else 0,
        n=n if isinstance(n, int) and not isinstance(n, bool) else None,
        weight=float(weight) if isinstance(weight, int | float) else 0.0,
        act=str(act) if (act := claim.get("act")) in ("start", "mend") else "know",
        main=claim.get("main") is True,
        open=claim.get("open") is True,
        data=claim.get("data") is True,
        direction=str(claim.get("direction") or "none"),
        since=str(claim.get("since") or ""),
        owner=str(claim.get("owner") or ""),
        topics=tuple(map(str, topics if isinstance(topics, list) else ())),
        values={key: claim.get(key) for key in (*_NUMBERS, "unit", "records")},
    )  # fmt: skip


def _advised(one: Ranked, owners: Mapping[str, str], offers: Sequence[Ranked]) -> Ranked:
    owner = one.owner or items(dict.fromkeys(owners[t] for t in one.topics if t in owners))
    answers = [offer for offer in offers if set(offer.topics) & set(one.topics)]
    if not owner and answers and answers[0].step != "leave":
        owner = answers[0].owner
    return replace(one, owner=owner, action=_action(one, answers))


def _action(one: Ranked, answers: Sequence[Ranked]) -> str:
    """Say in a few words what the step means here."""
    if one.act == "start":
        return {
            "do": _("Start it."),
            "watch": _("Try it small first: it may lose."),
            "leave": _("Do not start it for this."),
        }.get(one.step, "")
    if one.act != "mend" or one.step not in ("do", "watch"):
        return ""
    if one.data:
        return _("Mend the source.")
    best = answers[0] if answers else None
    if best is None:
        return _("Find the cause; no initiative is listed for it.")
    fields = {"offer": _title(best)}
    if best.step == "do":
        return _("Start {offer}.", **fields)
    if best.step == "watch":
        return _("Start with {offer}.", **fields)
    if len(answers) == 1:
        return _("Find a cheaper answer: {offer}, the only one listed, does not pay.", **fields)
    return _("Find another answer: none of those listed pays, not even {offer}.", **fields)


def _title(offer: Ranked) -> str:
    """Return what names an offer in its sentence: the words in quotation marks, else its id."""
    start, end = offer.text.find("“"), offer.text.find("”")
    return offer.text[start : end + 1] if 0 <= start < end else offer.id.rpartition(":")[2]


def findings_json(manifest: Mapping[str, Any], findings: Sequence[Ranked]) -> str:
    """Return findings.json: every finding of a run in its order, as the schema beside declares."""
    known = [one for one in findings if one.step != "unknown"]
    saved = {
        "study": str(manifest.get("study") or ""),
        "title": str(manifest.get("title") or ""),
        "period": manifest.get("period"),
        "looked_at": len(known),
        "unknown": len(findings) - len(known),
        "findings": [_entry(rank, one) for rank, one in enumerate(findings, 1)],
    }
    return json.dumps(saved, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _entry(rank: int, one: Ranked) -> dict[str, Any]:
    values = dict(one.values or {})
    named = {key: value for key, value in asdict(one).items() if key in _SAVED}
    return {
        **named,
        **{key: values.get(key) for key in (*_NUMBERS, "unit", "records")},
        "rank": rank,
        "headline": one.text,
        "text": one.about,
        "doubts": list(one.doubts),
        "topics": list(one.topics),
        "since": one.since or None,
        "owner": one.owner or None,
        "next_step": "leave" if one.step == "unknown" else one.step,
        "known": one.step != "unknown",
    }


_SAVED = ("id", "notebook", "kind", "n", "weight", "direction", "action", "data")
