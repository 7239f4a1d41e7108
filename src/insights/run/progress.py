"""How a run is told: a live bar a notebook on a terminal, elsewhere one JSON line an event."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

__all__ = ["Bars", "Lines", "Log", "Teller", "teller"]

_COLOURS = {"ok": "green", "cached": "green", "carried": "green", "skipped": "dim"}


class Teller(Protocol):
    """What a run reports to."""

    def tell(self, event: str, **fields: Any) -> None:
        """Take note of an event of the run."""

    def close(self) -> None:
        """End the report."""


class Lines:
    """One JSON line an event."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.lock = threading.Lock()

    def tell(self, event: str, **fields: Any) -> None:
        """Write the event; progress of single cells is left out."""
        if event == "cell":
            return
        with self.lock:
            print(json.dumps({"event": event, **fields}, ensure_ascii=False), file=self.stream)
            self.stream.flush()

    def close(self) -> None:
        """Nothing is left open."""


class Log(Lines):
    """The same lines, kept in the run's folder."""

    def __init__(self, path: Path) -> None:
        super().__init__(open(path, "a", encoding="utf-8"))  # noqa: SIM115 - closed by close()

    def close(self) -> None:
        """Close the file."""
        self.stream.close()


class Bars:
    """A live bar a notebook."""

    def __init__(self, names: Sequence[str]) -> None:
        self.progress = Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            TextColumn("{task.completed:>3.0f}/{task.total:<3.0f}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[said]}"),
            console=Console(stderr=True),
        )
        self.bars: dict[str, TaskID] = {
            name: self.progress.add_task(name, total=1, start=False, said="waits") for name in names
        }
        self.progress.start()

    def tell(self, event: str, **fields: Any) -> None:
        """Move the bar of the event's notebook."""
        bar = self.bars.get(fields.get("notebook", ""))
        if bar is None:
            return
        if event == "start":
            self.progress.start_task(bar)
            self.progress.update(bar, said="runs")
        elif event == "cell":
            self.progress.update(bar, completed=fields["done"], total=fields["total"])
        elif event == "end":
            outcome = fields["outcome"]
            colour = _COLOURS.get(outcome, "red")
            said = f"[{colour}]{outcome}[/] {(fields.get('reason') or '')[:80]}"
            total = next(task.total for task in self.progress.tasks if task.id == bar) or 1
            done = total if outcome in _COLOURS else None
            self.progress.update(bar, said=said, completed=done)
            self.progress.stop_task(bar)

    def close(self) -> None:
        """Leave the bars as they are."""
        self.progress.stop()


def teller(names: Sequence[str]) -> Teller:
    """Return bars on a terminal, JSON lines elsewhere (both on standard error)."""
    return Bars(names) if sys.stderr.isatty() else Lines(sys.stderr)
