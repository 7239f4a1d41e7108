"""The index of a run: what it says in one look, one card a notebook, and where it comes from."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from insights.messages import _
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
from insights.report.template import render

__all__ = ["render_index"]

_PNG = b"\x89PNG\r\n\x1a\n"
_WITHOUT_PAGE = ("skipped", "blocked", "pending", "locked", "secret")
_MAIN = ("python", "insights", "pandas", "numpy", "scipy", "scikit-learn", "statsmodels")


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
    thumbnails: Mapping[str, bytes | tuple[bytes, str]] | None = None,
    links: Mapping[str, str] | None = None,
    project: Path | None = None,
) -> str:
    """Return the index page of a run.

    Parameters
    ----------
    manifest
        manifest.json; a missing field leaves its line out. Beside the run's fields it may hold
        `period` (text, or [first, last]) and a `title` for each notebook.
    results
        Notebook name to its results.json.
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
    return render(
        "index.html.j2",
        title=str(manifest.get("title") or manifest.get("study") or "Study"),
        study=str(manifest.get("study") or ""),
        description=str(manifest.get("description") or ""),
        period=_period(manifest.get("period")),
        run=run,
        status=str(manifest.get("status") or ""),
        exit_code=manifest.get("exit_code"),
        finished=moment(manifest.get("finished") or manifest.get("started")),
        cards=cards,
        said=[card for card in cards if card.state.fine and card.headline],
        doubtful=[card for card in cards if card.state.fine and card.failed],
        broken=[card for card in cards if card.state.tone in ("bad", "warn")],
        inputs=_hashes(manifest.get("inputs"), project),
        outputs=_hashes(manifest.get("outputs"), project),
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


def _period(value: object) -> str:
    if isinstance(value, list | tuple) and len(value) == 2:
        return f"{str(value[0])[:10]} to {str(value[1])[:10]}"
    return str(value or "")


def _hashes(value: Mapping[str, str] | None, project: Path | None) -> list[tuple[str, str]]:
    return [
        (safe.short_paths(str(path), project), str(digest)[:12])
        for path, digest in sorted((value or {}).items())
    ]
