"""Two runs side by side, and one run made again."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from insights.errors import DataError, did_you_mean
from insights.run import folder
from insights.run.execute import NOT_ASKED, Options, prepare, run_study
from insights.run.progress import Teller
from insights.run.publish import read_results

__all__ = ["Difference", "differences", "find_run", "intact", "verify"]


@dataclass(frozen=True)
class Difference:
    """One thing in which two runs differ."""

    notebook: str
    what: str
    before: str
    after: str


def find_run(word: str, outputs: Path) -> Path:
    """Find a run's folder by path, by id, or as STUDY or STUDY/latest."""
    direct = Path(word)
    candidates = [direct, outputs / word, outputs / word / "latest",
                  *sorted(outputs.glob(f"*/{word}*"))]  # fmt: skip
    for place in candidates:
        if (place / "manifest.json").is_file():
            return place.resolve()
    known = [path.parent.name for path in sorted(outputs.glob("*/[0-9]*/manifest.json"))]
    raise DataError(
        f"there is no run '{word}'.{did_you_mean(word, known)} "
        f"Give a run's folder, its id, or a study's name (its latest run)."
    )


def differences(first: Path, second: Path) -> list[Difference]:
    """Compare two runs: inputs, code, settings, versions, headlines and tables."""
    before, after = folder.read_manifest(first), folder.read_manifest(second)
    found = [
        *_mapped("", "input", before.get("inputs", {}), after.get("inputs", {})),
        *_mapped("", "version of", before.get("versions", {}), after.get("versions", {})),
    ]
    names = dict.fromkeys([*before.get("notebooks", {}), *after.get("notebooks", {})])
    for name in names:
        old, new = before["notebooks"].get(name, {}), after["notebooks"].get(name, {})
        if old.get("outcome") != new.get("outcome"):
            found.append(
                Difference(name, "outcome", str(old.get("outcome")), str(new.get("outcome")))
            )
        made = ("code", "lock", "notebook")
        found += [
            Difference(name, f"{part} it was made with", _short(was), _short(new["parts"][part]))
            for part, was in (old.get("parts") or {}).items()
            if part in made and new.get("parts", {}).get(part, was) != was
        ]
        found += _mapped(name, "parameter", old.get("parameters", {}), new.get("parameters", {}))
        found += _mapped(name, "state left behind:", _left(old), _left(new))
        found += _results(name, first / name, second / name)
    return found


def _left(entry: Mapping[str, Any]) -> dict[str, str]:
    return {item: str(told.get("after")) for item, told in (entry.get("state") or {}).items()}


def _mapped(
    name: str, what: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference]:
    keys = dict.fromkeys([*before, *after])
    return [
        Difference(name, f"{what} {key}", _short(before.get(key)), _short(after.get(key)))
        for key in keys
        if before.get(key) != after.get(key)
    ]


def _short(value: Any) -> str:
    text = "absent" if value is None else str(value)
    return text if len(text) < 40 else text[:12]


def _results(name: str, before: Path, after: Path) -> list[Difference]:
    old, new = read_results(before) or {}, read_results(after) or {}
    found = []
    if old.get("headline") != new.get("headline"):
        found.append(Difference(name, "headline", old.get("headline", ""), new.get("headline", "")))
    tables = {path.name for place in (before, after) for path in place.glob("tables/*.parquet")}
    for table in sorted(tables):
        found += _table(name, before / "tables" / table, after / "tables" / table)
    return found


def _table(name: str, before: Path, after: Path) -> list[Difference]:
    what = f"table {before.stem}"
    if not (before.is_file() and after.is_file()):
        there = {True: "present", False: "absent"}
        return [Difference(name, what, there[before.is_file()], there[after.is_file()])]
    if folder.file_hash(before) == folder.file_hash(after):
        return []
    import pandas as pd  # slow to load, and most commands compare nothing

    old, new = pd.read_parquet(before), pd.read_parquet(after)
    if old.equals(new):
        return []
    if old.shape == new.shape and list(old.columns) == list(new.columns):
        same = (old == new) | (old.isna() & new.isna())
        changed = [column for column in old.columns if not same[column].all()]
        detail = f"{int((~same).any(axis=1).sum())} rows differ in {', '.join(changed)}"
        return [Difference(name, what, f"{len(old)} rows", detail)]
    return [Difference(name, what, _shape(old), _shape(new))]


def _shape(frame: Any) -> str:
    return f"{len(frame)} rows, {len(frame.columns)} columns"


def intact(run: Path) -> list[Difference]:
    """Return the files of a run that are no longer what its manifest says."""
    outputs = folder.read_manifest(run).get("outputs", {})
    found = []
    for path, value in outputs.items():
        place = run / path
        now = folder.file_hash(place) if place.is_file() else None
        if now != value:
            found.append(Difference(path.split("/")[0], path, _short(value), _short(now)))
    return found


def verify(run: Path, project: Path, teller: Teller) -> list[Difference]:
    """Make a run again from its stored study and settings, and compare what comes out.

    Tables are compared by content and notebooks by their normal form; inputs that changed since
    are named first, because then the numbers must differ. Notebooks that the run left out are
    left out again.
    """
    old = folder.read_manifest(run)
    entries = old["notebooks"].items()
    left_out = any(entry.get("reason") == NOT_ASKED for _, entry in entries)
    ran = tuple(name for name, entry in entries if entry["outcome"] != "skipped")
    given = tuple(
        f"{name}.{key}={value}"
        for name, entry in entries
        for key, value in (entry.get("parameters") or {}).items()
    )
    with tempfile.TemporaryDirectory(prefix="insights-verify-") as scratch:
        options = Options(
            extra=given,
            only=ran if left_out else (),
            output=Path(scratch),
            force=True,
            command="verify",
            states_of=run,
        )
        again = run_study(prepare(run / "study.yml", project, options), teller)
        found = differences(run, again.folder)
        for name, entry in entries:
            new = again.manifest["notebooks"].get(name, {}).get("normal_form")
            if entry.get("normal_form") and new != entry["normal_form"]:
                found.append(
                    Difference(name, "notebook", _short(entry["normal_form"]), _short(new))
                )
    reused = ("cached", "carried")
    return [
        item
        for item in found
        if not (item.what == "outcome" and item.before in reused and item.after == "ok")
    ]
