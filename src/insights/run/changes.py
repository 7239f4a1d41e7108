"""What became of each finding between two runs, and whether that is more than noise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from insights.ingest.schema import TABLES
from insights.messages import _, items, plural
from insights.report import SinceLast, render_changes
from insights.report.finding import estimate, mappings, moment, template
from insights.run import folder
from insights.run.publish import read_results

__all__ = ["Change", "Rows", "Verdict", "changes", "page", "rows", "since_last"]

Verdict = Literal[
    "real change", "within noise", "definition changed", "data changed", "unexplained", "new",
    "gone",
]  # fmt: skip
_DATA = ("input ", "database")  # parts of a notebook's key that are data


@dataclass(frozen=True)
class Change:
    """A finding that reads differently in the second run: headline then and now, and a verdict."""

    notebook: str
    finding: str
    before: str
    after: str
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True)
class Rows:
    """Rows of a canonical table by their key: added, changed and gone since the first run."""

    table: str
    added: int
    changed: int
    gone: int

    def text(self) -> str:
        """Write 'feedback: 120 rows added, 3 changed, 1 gone'."""
        return _(
            "{table}: {added} added, {changed} changed, {gone} gone",
            table=self.table,
            added=plural("{n} row", "{n} rows", self.added),
            changed=f"{self.changed:,}",
            gone=f"{self.gone:,}",
        )


def changes(first: Path, second: Path, after: Mapping[str, Any] | None = None) -> list[Change]:
    """Return the findings that differ between two runs; those that read the same are left out.

    Of the claims of a finding those are returned whose number changed by more than noise, or that
    ask for another step. `after` is the manifest of the second run, where it is not yet written.

    A finding whose notebook, or one that it reads, was made by another definition (code, settings,
    edited files, packages) is not compared as a number. Otherwise two estimates differ by more
    than noise when the distance is larger than both intervals allow together (MOVER, Zou and
    Donner 2008, doi:10.1002/sim.3095), as if the runs shared no record; they often do, so a real
    change may pass for noise, seldom the other way round.
    """
    before, after = folder.read_manifest(first), after or folder.read_manifest(second)
    found = []
    for name in dict.fromkeys([*after["plan"], *before["plan"]]):
        old, new = _findings(first / name), _findings(second / name)
        definition, data = _causes(name, before["notebooks"], after["notebooks"])
        for key in dict.fromkeys([*new, *old]):
            was, now = (str(item.get(key, {}).get("headline", "")) for item in (old, new))
            if was != now or _saved(old, key) != _saved(new, key):
                verdict, why = _verdict(old.get(key), new.get(key), definition, data)
                found.append(Change(name, key, was, now, verdict, why))
        old, new = _claims(old), _claims(new)
        for key in dict.fromkeys([*new, *old]):
            verdict, why = _verdict(old.get(key), new.get(key), definition, data)
            if verdict == "real change" or _asks(old.get(key)) != _asks(new.get(key)):
                was, now = (str(item.get(key, {}).get("text", "")) for item in (old, new))
                found.append(Change(name, key, was, now, verdict, why))
    return found


def since_last(study_folder: Path, stage: Path, manifest: Mapping[str, Any]) -> SinceLast | None:
    """Return what reads differently in a run that is being made from the latest good one."""
    last = (study_folder / "latest").resolve()
    if not (last / "manifest.json").is_file():
        return None
    told = folder.read_manifest(last)
    found = changes(last, stage, manifest)
    return SinceLast(
        run=last.name,
        when=moment(told["finished"] or told["started"]),
        changes=tuple((one.verdict, one.before, one.after) for one in found),
    )


def _claims(findings: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Claims by id, but for those that stand for their finding."""
    listed = [claim for one in findings.values() for claim in mappings(one.get("claims"))]
    return {str(one.get("id")): one for one in listed if one.get("id") not in findings}


def _asks(claim: Mapping[str, Any] | None) -> str:
    return str((claim or {}).get("next_step") or "leave")


def page(first: Path, second: Path, found: list[Change], data: list[Rows]) -> Path:
    """Write the page that shows the changes, beside the second run; return its path."""
    about = folder.read_manifest(second)
    shown = [(c.notebook, c.verdict, c.why, c.before, c.after) for c in found]
    path = second.parent / "diff.html"
    text = render_changes(
        about["title"] or about["study"],
        runs=(first.name, second.name),
        rows=[one.text() for one in data],
        changes=shown,
    )
    folder.write_atomically(path, text)
    return path


def _saved(findings: Mapping[str, Mapping[str, Any]], key: str) -> list[Any]:
    return [findings.get(key, {}).get(name) for name in ("estimate", "low", "high")]


def _findings(place: Path) -> dict[str, Mapping[str, Any]]:
    listed = mappings((read_results(place) or {}).get("findings"))
    return {str(item.get("id") or item.get("kind")): item for item in listed}


def _causes(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[list[str], bool]:
    """Say what changed in the definition of a notebook and those it reads, and whether data did."""
    definition: list[str] = []
    data, queue, seen = False, [name], set()
    while queue:
        one = queue.pop()
        if one in seen:
            continue
        seen.add(one)
        old, new = (run.get(one, {}) for run in (before, after))
        parts = [entry.get("parts") or {} for entry in (old, new)]
        for part in dict.fromkeys([*parts[0], *parts[1]]):
            if part.startswith("upstream "):
                queue.append(part.removeprefix("upstream "))
            elif parts[0].get(part) != parts[1].get(part):
                if part.startswith(_DATA):
                    data = True
                elif part == "parameters":
                    definition += _settings(one, old, new)
                else:
                    definition.append(part)
    return list(dict.fromkeys(definition)), data


def _settings(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    was, now = (entry.get("parameters") or {} for entry in (old, new))
    return [f"{name}.{key}: {was.get(key)} → {now.get(key)}"
            for key in dict.fromkeys([*was, *now]) if was.get(key) != now.get(key)]  # fmt: skip


def _verdict(
    old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, definition: list[str], data: bool
) -> tuple[Verdict, str]:
    if definition:
        return "definition changed", items(definition)
    if old is None or new is None:
        return ("new" if old is None else "gone"), ""
    if not data:
        return "unexplained", _("neither data nor definition changed: see insights verify")
    was, now = estimate(old), estimate(new)
    if was is None or now is None or template(old) != template(new):
        return "data changed", ""
    (a, a_low, a_high), (b, b_low, b_high) = was, now
    allowed = math.hypot(a_high - a, b - b_low) if b > a else math.hypot(a - a_low, b_high - b)
    return ("real change" if abs(b - a) > allowed else "within noise"), ""


def rows(first: Path, second: Path) -> list[Rows]:
    """Return how the canonical tables of two runs differ, those that do not left out."""
    found = []
    for name, table in TABLES.items():
        paths = [next(iter(sorted(run.glob(f"*/tables/{name}.parquet"))), None)
                 for run in (first, second)]  # fmt: skip
        if all(paths) and folder.file_hash(paths[0]) == folder.file_hash(paths[1]):  # type: ignore[arg-type]
            continue
        old, new = (_row_hashes(path, table.key) for path in paths)
        both = old.keys() & new.keys()
        change = Rows(name, len(new) - len(both), sum(old[key] != new[key] for key in both),
                      len(old) - len(both))  # fmt: skip
        if change.added or change.changed or change.gone:
            found.append(change)
    return found


def _row_hashes(path: Path | None, key: tuple[str, ...]) -> dict[Any, int]:
    """Return a hash of each row's content by its key; where it was read from does not count."""
    if path is None:
        return {}
    import pandas as pd  # slow to load, and equal tables are not opened

    frame = pd.read_parquet(path)
    names = [name for name in key if name in frame.columns]
    content = frame.drop(columns=[name for name in ("source", "line") if name in frame.columns])
    hashes = pd.util.hash_pandas_object(content.astype(str), index=False)
    keys = frame[names].astype(str).agg("\x1f".join, axis=1) if names else frame.index
    return dict(zip(keys, hashes, strict=True))
