"""One notebook in one process: `python -m insights.run.worker JOB.json`.

The job says what to run and where; progress goes to standard output, one JSON line an event; what
became of it is the last line. The parent is asked nothing and trusted with nothing.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

# nbformat loads jsonschema, which would load grammars for formats of addresses and of durations
# that no notebook has; that is half of what a worker takes to start
for _format in ("rfc3987_syntax", "isoduration"):
    sys.modules.setdefault(_format, None)  # type: ignore[arg-type]

import nbformat  # noqa: E402
import papermill  # noqa: E402
from nbclient.exceptions import CellTimeoutError, DeadKernelError  # noqa: E402
from papermill.exceptions import PapermillExecutionError  # noqa: E402
from papermill.execute import remove_error_markers  # noqa: E402

from insights.messages import _  # noqa: E402
from insights.run.engine import ENGINE, WaitingKernel, register  # noqa: E402
from insights.run.folder import write_atomically  # noqa: E402
from insights.run.outcome import Outcome, from_error  # noqa: E402

__all__ = ["Interrupted", "WaitingKernel", "execute", "main"]

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


class Interrupted(BaseException):
    """The parent, or a person, asked this process to stop."""


def execute(job: dict[str, Any], waiting: WaitingKernel | None = None) -> dict[str, Any]:
    """Run the job's notebook and return outcome, cell and error; never raises for a bad cell."""
    register()
    started = time.monotonic()
    outcome, cell, error, name = _attempt(job, waiting)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "outcome": outcome,
        "cell": cell,
        "error": error,
        "error_name": name,
        "seconds": round(time.monotonic() - started, 3),
        "peak_memory_mb": round(usage / 1024, 1),
    }


def _attempt(
    job: dict[str, Any], waiting: WaitingKernel | None
) -> tuple[Outcome, int | None, str | None, str | None]:
    output = Path(job["output"])
    try:
        papermill.execute_notebook(
            job["notebook"],
            output,
            parameters=job["parameters"],
            engine_name=ENGINE,
            kernel_name="python3",
            progress_bar=False,
            cell_seconds=job["cell_seconds"],
            total_seconds=job["total_seconds"],
            tell=_tell,
            waiting=waiting,
        )
    except PapermillExecutionError as error:
        _drop_marks(output)
        place = _failed_cell(output)
        text = _ANSI.sub("", str(error.evalue))
        return from_error(error.ename, text), place, text, error.ename
    except CellTimeoutError:
        text = _(
            "the time limit was reached ({cell} s a cell, {total} s in all; 0 is none)",
            cell=job["cell_seconds"],
            total=job["total_seconds"],
        )
        return "timeout", _failed_cell(output), text, "Timeout"
    except DeadKernelError:
        text = _("the kernel died (killed, or out of memory)")
        return "dead", _failed_cell(output), text, "DeadKernel"
    except Interrupted:
        return "interrupted", _failed_cell(output), "interrupted", "Interrupted"
    except OSError as error:
        return from_error("OSError", str(error)), None, str(error), "OSError"
    place = _failed_cell(output, also=("pending",))  # sys.exit(0), which papermill lets pass
    if place is not None:
        text = _("the cell ended the program (sys.exit or SystemExit), and later cells did not run")
        return "failed", place, text, "SystemExit"
    return "ok", None, None, None


def _failed_cell(path: Path, also: tuple[str, ...] = ()) -> int | None:
    """Return the position (from 1) of the first cell that did not complete."""
    if not path.is_file():
        return None
    for index, cell in enumerate(nbformat.read(path, as_version=4).cells):
        status = cell.metadata.get("papermill", {}).get("status")
        if status in ("failed", "running", *also):
            return index + 1
    return None


def _drop_marks(path: Path) -> None:
    """Take out the cells that papermill puts in to mark a failure: the page marks it."""
    executed = remove_error_markers(nbformat.read(path, as_version=4))
    write_atomically(path, nbformat.writes(executed) + "\n")


def _tell(done: int, total: int) -> None:
    print(json.dumps({"event": "cell", "done": done, "total": total}), flush=True)


def _follow(parent: int) -> None:
    """End this process group when the parent is gone, so that no kernel outlives a run."""
    while os.getppid() == parent:
        time.sleep(1)
    os.killpg(0, signal.SIGKILL)


def _stop(_signum: int, _frame: Any) -> None:
    raise Interrupted


def main(path: str, waiting: WaitingKernel | None = None) -> None:
    """Read the job, run it, write the outcome as the last line."""
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    threading.Thread(target=_follow, args=(os.getppid(),), daemon=True).start()
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    print(json.dumps({"event": "done", **execute(job, waiting)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
