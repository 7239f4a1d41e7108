"""What became of a notebook, and the one table from outcome to exit code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

__all__ = ["EXIT_CODES", "Outcome", "exit_code", "fine", "from_error"]

Outcome = Literal[
    "interrupted", "secret", "invalid", "locked", "refused", "storage", "dead", "timeout",
    "failed", "blocked", "ok", "cached", "carried", "skipped",
]  # fmt: skip

# the first cause wins, in this order
EXIT_CODES: dict[str, int] = {
    "interrupted": 130,
    "secret": 7,
    "invalid": 2,
    "locked": 6,
    "refused": 8,
    "storage": 9,
    "dead": 5,
    "timeout": 4,
    "failed": 3,
}
_FINE = ("ok", "cached", "carried", "skipped")


def fine(outcome: str) -> bool:
    """Whether descendants of a notebook with this outcome may run."""
    return outcome in _FINE


def exit_code(outcomes: Iterable[str]) -> int:
    """Return the exit code of a run; 'blocked' follows from another notebook's cause."""
    seen = set(outcomes)
    unknown = seen - set(get_args(Outcome))
    if unknown:
        raise ValueError(f"unknown outcome: {', '.join(sorted(unknown))}")
    return next((code for name, code in EXIT_CODES.items() if name in seen), 0)


def from_error(name: str, message: str) -> Outcome:
    """Classify an exception raised in a cell by its class name and message."""
    if name in ("DataError", "SchemaError"):
        return "refused"
    if name == "ParamsError":
        return "invalid"
    if name in ("OSError", "PermissionError") and any(
        sign in message for sign in ("[Errno 28]", "[Errno 30]", "[Errno 13]", "[Errno 122]")
    ):
        return "storage"
    return "failed"
