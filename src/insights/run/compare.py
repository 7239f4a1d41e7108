"""Two runs side by side, and one run made again."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from insights.errors import DataError, did_you_mean
from insights.messages import _
from insights.run import equality, folder
from insights.run.execute import NOT_ASKED, Options, prepare, run_study
from insights.run.progress import Teller

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
                  *sorted(outputs.glob(f"*/{word}*")),
                  *sorted(outputs.glob(f"*/zh/{word}*"))]  # fmt: skip
    for place in candidates:
        if (place / "manifest.json").is_file():
            return place.resolve()
    known = [path.parent.name for path in sorted(outputs.glob("*/[0-9]*/manifest.json"))]
    raise DataError(
        f"there is no run '{word}'.{did_you_mean(word, known)} "
        f"Give a run's folder, its id, or a study's name (its latest run)."
    )


def differences(first: Path, second: Path, *, pages: bool = False) -> list[Difference]:
    """Compare two runs: inputs, code, settings, versions, then what each notebook saved.

    With `pages` also notebooks (in their normal form) and pages.
    """
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
        places = equality.places(first / name, second / name, pages=pages)
        found += [Difference(name, *place) for place in places]
    if pages:
        found += [Difference("", *place) for place in equality.pages_beside(first, second)]
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

    Inputs that changed since are named first, because then the numbers must differ, and reads
    outside the declared inputs, because then they may. Notebooks that the run left out are left
    out again.
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
            language=old["language"],
        )
        again = run_study(prepare(run / "study.yml", project, options), teller)
        found = differences(run, again.folder, pages=True)
    outside = {name: again.manifest["notebooks"][name].get("undeclared_reads") for name in ran}
    found[:0] = [
        Difference(name, _("read outside the declared inputs"), path, "")
        for name, paths in outside.items()
        for path in paths or ()
    ]
    reused = ("cached", "carried")
    return [
        item
        for item in found
        if not (item.what == "outcome" and item.before in reused and item.after == "ok")
    ]
