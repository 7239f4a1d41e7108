"""The command line: arguments in, one call out.

Each command imports what it calls, so that help and a refusal wait for nothing else.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

import typer

from insights.cli import past, run, studies
from insights.cli.options import code_of, err
from insights.errors import InsightsError
from insights.messages import _
from insights.run.outcome import EXIT_CODES

__all__ = ["app", "main"]


app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Customer feedback and market data into decisions people can defend.",
)

for _command in (
    studies.new, studies.demo, studies.check, run.run, past.history, past.prune, past.diff,
    past.verify, past.export, studies.params, studies.label, studies.lab,
):  # fmt: skip
    app.command()(_command)


def main() -> None:
    """Run the command line; every refusal is one message and its exit code."""
    # a shell starts background jobs with SIGINT ignored, and schedulers end them with SIGTERM
    _on_signals(signal.default_int_handler)
    try:
        code = app(standalone_mode=False) or 0
    except (Exception, KeyboardInterrupt) as error:
        _on_signals(signal.SIG_IGN)
        if hasattr(error, "show"):  # a usage error of the command line itself
            error.show()
            sys.exit(EXIT_CODES["invalid"])
        _refuse(_said(error), code_of(error))
    _on_signals(signal.SIG_IGN)  # all is written: one more Ctrl-C must not change how it ended
    sys.exit(code)


def _on_signals(handler: Any) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def _said(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return _("interrupted")
    if isinstance(error, OSError):
        return _("storage: {error}", error=error)
    return str(error) if isinstance(error, InsightsError) else _unforeseen(error)


def _unforeseen(error: BaseException) -> str:
    """Say what happened where; with INSIGHTS_TRACEBACK set, all of how it came to that."""
    if os.environ.get("INSIGHTS_TRACEBACK"):
        return "".join(traceback.format_exception(error))
    last = traceback.extract_tb(error.__traceback__)[-1]
    return _(
        "a fault of this program at {file}:{line}: {kind}: {text}. Set INSIGHTS_TRACEBACK=1 to see "
        "how it came to that.",
        file=Path(last.filename).name, line=last.lineno, kind=type(error).__name__, text=error,
    )  # fmt: skip


def _refuse(message: str, code: int) -> NoReturn:
    err.print(f"insights: {message}", markup=False, style="red")
    sys.exit(code)
