"""The runs of a study in time: which were missed, and which may be removed."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from insights.errors import ParamsError
from insights.messages import _
from insights.run import folder

__all__ = ["PERIODS", "duration", "good_times", "missed", "period", "prunable"]

PERIODS = {
    "hourly": dt.timedelta(hours=1),
    "daily": dt.timedelta(days=1),
    "weekly": dt.timedelta(weeks=1),
    "monthly": dt.timedelta(days=31),
}
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_RUN = re.compile(r"(\d{8}T\d{6})Z-[0-9a-f]{8}")
_LOOK_BACK = 4  # periods
_GRACE = 0.25  # of a period: queues, retries, a change to summer time

Runs = Sequence[tuple[Path, Mapping[str, Any]]]


def period(text: str) -> dt.timedelta:
    """Read 'weekly' or '36h', '10d', '2w'."""
    if text in PERIODS:
        return PERIODS[text]
    found = re.fullmatch(r"([1-9]\d{0,3})([hdw])", text)
    if not found:
        raise ParamsError(
            _(
                "--expect {text}: allowed are {names}, or a number of hours, days or weeks such as "
                "36h, 10d, 2w.",
                text=text,
                names=", ".join(PERIODS),
            )
        )
    return dt.timedelta(**{_UNITS[found[2]]: int(found[1])})


def good_times(runs: Runs) -> list[dt.datetime]:
    """Return when the study ended well, oldest first: runs, and reruns that changed nothing."""
    found = []
    for place, values in runs:
        if values.get("exit_code") == 0:
            found += [_moment(values.get("finished")) or _moment(values.get("started"))]
            found += _unchanged(place / "run.log")
    return sorted(filter(None, found))


def _unchanged(log: Path) -> list[dt.datetime | None]:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        if '"unchanged"' in line:
            try:
                found.append(_moment(json.loads(line).get("at")))
            except (ValueError, AttributeError):
                continue  # torn by a crash
    return found


def _moment(text: object) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def duration(values: Mapping[str, Any]) -> float | None:
    """Return the seconds from a run's start to its end."""
    started, finished = (_moment(values.get(key)) for key in ("started", "finished"))
    return (finished - started).total_seconds() if started and finished else None


def missed(times: Sequence[dt.datetime], every: dt.timedelta, now: dt.datetime) -> list[str]:
    """Say each gap of the last four periods in which a good run should have been and was not.

    A run may be late by a quarter of a period.
    """
    begin = now - _LOOK_BACK * every
    if not times:
        return [_("no run has ended well yet")]
    found = []
    for start, end in zip(times, [*times[1:], now], strict=True):
        if end > begin and end - start > (1 + _GRACE) * every:
            last = _("now") if end is now else f"{end:%Y-%m-%d %H:%M}"
            found.append(
                _(
                    "no good run between {start} and {end} UTC",
                    start=f"{start:%Y-%m-%d %H:%M}",
                    end=last,
                )
            )
    return found


def prunable(study_folder: Path, *, keep: int, monthly: bool = False) -> list[Path]:
    """Return the runs that may be removed, oldest first.

    Kept are the newest `keep`, with `monthly` the last good run of every month, whatever `latest`
    points to, and all that is no run (the state that runs hand on, pages, interactive work).
    """
    latest = (study_folder / "latest").resolve()
    runs = [(place, values) for place, values in folder.manifests(study_folder)
            if _RUN.fullmatch(place.name) and not place.is_symlink()]  # fmt: skip
    kept = {place for place, _values in runs[:keep]}
    months: set[str] = set()
    for place, values in runs if monthly else ():
        if values["exit_code"] == 0 and place.name[:6] not in months:
            months.add(place.name[:6])
            kept.add(place)
    return [place for place, _values in reversed(runs)
            if place not in kept and place.resolve() != latest]  # fmt: skip
