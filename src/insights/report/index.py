"""The index of a run: what to do, watch and leave, what nobody knows, and what it rests on."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from insights.claim import LIKELY, SURE, WORTH
from insights.messages import _, items, percent, plural
from insights.report import safe
from insights.report.finding import (
    Doubt,
    Finding,
    State,
    doubts,
    duration,
    findings,
    moment,
    state,
)
from insights.report.ranking import Ranked, Step, ranked
from insights.report.template import render

__all__ = ["SinceLast", "render_index"]

_PNG = b"\x89PNG\r\n\x1a\n"
_WITHOUT_PAGE = ("skipped", "blocked", "pending", "locked", "secret")
# shown before the rest is folded
_MOST: dict[Step, int] = {"do": 4, "watch": 2, "leave": 2, "unknown": 4}
_MAIN = ("python", "insights", "pandas", "numpy", "scipy", "scikit-learn", "statsmodels")


@dataclass(frozen=True)
class SinceLast:
    """What reads differently from the run before: its name, and verdict, then and now of each."""

    run: str
    when: str
    changes: tuple[tuple[str, str, str], ...]

    @property
    def real(self) -> list[str]:
        """What a changed number, or a new finding, says now."""
        kept = [(verdict, now) for verdict, _was, now in self.changes]
        return [now for verdict, now in kept if verdict in ("real change", "new") and now]

    @property
    def counts(self) -> str:
        """How many findings read differently, by verdict."""
        words = {
            "real change": _("{n} by more than noise"),
            "within noise": _("{n} within noise"),
            "new": _("{n} new"),
            "gone": _("{n} gone"),
            "definition changed": _("{n} by another definition"),
            "data changed": _("{n} by other data, not comparable as a number"),
            "unexplained": _("{n} without an explanation"),
        }
        verdicts = [verdict for verdict, *_texts in self.changes]
        told = {verdict: verdicts.count(verdict) for verdict in words if verdict in verdicts}
        return items((words[key].format(n=n) for key, n in told.items()), len(words))


@dataclass(frozen=True)
class FailedCheck:
    """A failed check of a notebook, and the findings of the list that it touches."""

    notebook: str
    name: str
    detail: str
    touches: tuple[Ranked, ...]


@dataclass(frozen=True)
class StepFindings:
    """Findings of one step: those shown, and those folded."""

    step: Step
    shown: Sequence[Ranked]
    folded: Sequence[Ranked] = field(default=())


@dataclass(frozen=True)
class Card:
    """One notebook on the index."""

    name: str
    title: str
    state: State
    note: str
    findings: tuple[Finding, ...]
    checks: tuple[Doubt, ...]
    page: str
    picture: str
    alt: str
    seconds: str
    memory: str

    @property
    def headline(self) -> Finding | None:
        """The first finding."""
        return self.findings[0] if self.findings else None

    @property
    def summary(self) -> str:
        """The headline of the first finding."""
        return self.findings[0].headline if self.findings else ""

    def count(self, passed: bool | None) -> int:
        """Return the number of checks with this verdict."""
        return sum(check.passed is passed for check in self.checks)

    @property
    def failed(self) -> tuple[Doubt, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if check.passed is False)


def render_index(
    manifest: Mapping[str, Any],
    results: Mapping[str, Mapping[str, Any]],
    *,
    since: SinceLast | None = None,
    thumbnails: Mapping[str, bytes | tuple[bytes, str]] | None = None,
    links: Mapping[str, str] | None = None,
    project: Path | None = None,
) -> str:
    """Return the index page of a run.

    Parameters
    ----------
    manifest
        manifest.json; a missing field leaves its line out. Beside the run's fields it may hold
        `period` (table to [first, last] day) and a `title` for each notebook.
    results
        Notebook name to its results.json.
    since
        What reads differently from the run before; None: there is none.
    thumbnails
        Notebook name to a PNG, or to a PNG and its alternative text (`key_figure`).
    links
        Notebook name to the address of its page, and 'history'; both have defaults.
    """
    entries = manifest.get("notebooks") or {}
    plan = list(manifest.get("plan") or ())
    names = [*plan, *(name for name in entries if name not in plan)]
    pictures = thumbnails or {}
    addresses = {key: value for key, value in (links or {}).items() if safe.file_path(value)}
    cards = [
        _card(name, entries.get(name) or {}, results.get(name), project=project,
              picture=pictures.get(name), page=addresses.get(name))
        for name in names
    ]  # fmt: skip
    versions = {str(key): str(value) for key, value in (manifest.get("versions") or {}).items()}
    run = str(manifest.get("run") or "")
    listed = ranked(manifest, results, project=project)
    about_data = {one.notebook for one in listed if one.data}
    cards.sort(key=lambda card: card.name in about_data)
    return render(
        "index.html.j2",
        title=str(manifest.get("title") or manifest.get("study") or "Study"),
        study=str(manifest.get("study") or ""),
        description=str(manifest.get("description") or ""),
        period=_period(manifest.get("period")),
        age=_age(manifest),
        listed=listed,
        page_of={card.name: card.page for card in cards},
        groups=[_group(listed, step) for step in _MOST],
        data=[one for one in listed if one.data and one.step != "leave"],
        counts=_counts(listed),
        since=since,
        failing=_failing(cards, listed),
        rule=_rule(),
        run=run,
        status=str(manifest.get("status") or ""),
        exit_code=manifest.get("exit_code"),
        finished=moment(manifest.get("finished") or manifest.get("started")),
        cards=cards,
        said=[card for card in cards if card.state.fine and card.headline],
        broken=[card for card in cards if card.state.tone in ("bad", "warn")],
        inputs=_hashes(manifest.get("inputs"), project),
        outputs=len(manifest.get("outputs") or ()),
        versions=dict(sorted(versions.items())),
        main={key: versions[key] for key in _MAIN if key in versions},
        seed=manifest.get("seed"),
        commit=str(manifest.get("commit") or ""),
        dirty=bool(manifest.get("dirty")),
        command=safe.scrub(str(manifest.get("command") or ""), project),
        verify=f"insights verify {run}" if run else "",
        history=addresses.get("history", "../history.html"),
        other=_other_language(manifest),
    )


def _card(
    name: str,
    entry: Mapping[str, Any],
    saved: Mapping[str, Any] | None,
    *,
    picture: bytes | tuple[bytes, str] | None,
    page: str | None,
    project: Path | None,
) -> Card:
    about = state(entry.get("outcome"))
    note = entry.get("error") if about.tone == "bad" else entry.get("reason")
    found = findings(saved, project=project)
    data, alt = picture if isinstance(picture, tuple) else (picture or b"", "")
    if page is None and about.outcome not in _WITHOUT_PAGE:
        page = f"{quote(name)}/report.html"
    memory = entry.get("peak_memory_mb")
    return Card(
        name=name,
        title=str(entry.get("title") or name.replace("_", " ").capitalize()),
        state=about,
        note=safe.short_paths(str(note or entry.get("reason") or ""), project),
        findings=found,
        checks=doubts(found),
        page=page or "",
        picture=base64.b64encode(data).decode("ascii") if data.startswith(_PNG) else "",
        alt=alt or (found[0].headline if found else _("Figure of {name}", name=name)),
        seconds=duration(entry.get("seconds")),
        memory=f"{memory:,.0f} MB" if isinstance(memory, int | float) else "",
    )


def _other_language(manifest: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Return language, its name and the address of the latest run in it, of a study in both."""
    if len(manifest.get("languages") or ()) < 2:
        return None
    if manifest.get("language") == "zh":
        return "en", "English", "../../latest/index.html"
    return "zh", "中文", "../zh/latest/index.html"


def _group(listed: Sequence[Ranked], step: Step) -> StepFindings:
    """Findings of a step: what is shown at once and what is folded.

    Of those to leave only answers to a question are told: of all that showed nothing, a number.
    """
    found = [one for one in listed if one.step == step and not one.data]
    if step == "leave":
        found = [one for one in found if one.main]
        first = {(one.notebook, one.place): one for one in reversed(found)}
        found.sort(key=lambda one: one.act != "start" and first[one.notebook, one.place] is not one)
    found = [_told_once(one, found[:k]) for k, one in enumerate(found)]
    most = _MOST[step]
    return StepFindings(step, found[:most], found[most:])


def _told_once(one: Ranked, before: Sequence[Ranked]) -> Ranked:
    """Leave a limit out that the finding before has too; a failed check is always told."""
    again = not one.failed and one.doubt in [other.doubt for other in before]
    return replace(one, doubts=()) if again else one


def _counts(listed: Sequence[Ranked]) -> str:
    """Say how many things were looked at, and what became of them."""
    steps = [one.step for one in listed]
    known = len(steps) - steps.count("unknown")
    return _(
        "{looked}: {do} to do, {watch} to watch, {leave} to leave ({open} may hide something "
        "worth a step), {unknown} unknown.",
        looked=plural("{n} claim looked at", "{n} claims looked at", known),
        open=sum(one.open and one.step == "leave" for one in listed),
        **{step: steps.count(step) for step in _MOST},
    )


def _rule() -> list[str]:
    """Say how a step is chosen, with its numbers."""
    worth = {"worth": percent(WORTH), "sure": percent(SURE), "likely": percent(LIKELY)}
    return [
        _(
            "Do: shown to be worse, or an offer shown to pay. The interval leaves out “nothing "
            "changed”, its near end is at least {worth} of all there is (records, leavers, scale, "
            "costs), the certainty is {sure} or more, counting how many were tested, and no check "
            "that touches it failed.",
            **worth,
        ),
        _(
            "Watch: shown, but perhaps smaller than that, doubted by a failed check, or neither "
            "good nor bad; or an offer that pays with probability {likely} or more and may lose.",
            **worth,
        ),
        _(
            "Leave: nothing is shown, or it is good news, or smaller than {worth} for sure.",
            **worth,
        ),
        _("Within a step they stand by what is at stake at the near end, times certainty."),
    ]


def _failing(cards: Sequence[Card], listed: Sequence[Ranked]) -> list[FailedCheck]:
    """Return every failed check, those that touch a finding first."""
    found = []
    for card in cards:
        for check in card.failed if card.state.fine else ():
            text = safe.plain_text(f"{check.name} ({check.detail})")
            touched = tuple(
                one
                for one in listed
                if one.notebook == card.name
                and one.step != "leave"
                and any(_same(text, doubt) for doubt in one.doubts[: one.failed])
            )
            found.append(FailedCheck(card.name, check.name, check.detail, touched))
    return sorted(found, key=lambda one: not one.touches)


def _same(text: str, other: str) -> bool:
    return text.replace("\u00a0", " ") == other.replace("\u00a0", " ")


def _period(value: object) -> str:
    """Write which days the data cover, by table."""
    if isinstance(value, Mapping):
        spans = [(str(k), v) for k, v in value.items() if isinstance(v, list | tuple)]
        return "; ".join(
            _("{table} {first} to {last}", table=table, first=str(span[0])[:10],
              last=str(span[-1])[:10])
            for table, span in spans if len(span) == 2
        )  # fmt: skip
    if isinstance(value, list | tuple) and len(value) == 2:
        return _("{first} to {last}", first=str(value[0])[:10], last=str(value[1])[:10])
    return str(value or "")


def _age(manifest: Mapping[str, Any]) -> str:
    """Say how old the newest record is at the time of the run."""
    period = manifest.get("period")
    spans = period.values() if isinstance(period, Mapping) else [period]
    try:
        newest = max(dt.date.fromisoformat(str(span[-1])[:10]) for span in spans if span)
        now = dt.date.fromisoformat(str(manifest.get("finished") or "")[:10])
    except (ValueError, TypeError):
        return ""
    days = (now - newest).days
    return plural("newest record {n} day old", "newest record {n} days old", max(days, 0))


def _hashes(value: Mapping[str, str] | None, project: Path | None) -> list[tuple[str, str]]:
    return [
        (safe.short_paths(str(path), project), str(digest)[:12])
        for path, digest in sorted((value or {}).items())
    ]
