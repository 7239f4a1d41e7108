"""The exception tree of the package.

::

    InsightsError
      ParamsError      a setting is unknown or out of range
      DataError        the data cannot answer the question
        SchemaError    columns or types are not as declared (carries its failures)
      MissingExtra     an optional dependency is needed (says the install command)

A message says where, what was found, what is allowed and what to do.
"""

from __future__ import annotations

import difflib
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence

__all__ = [
    "ARCHIVE_ERRORS",
    "DataError",
    "InsightsError",
    "MissingExtra",
    "ParamsError",
    "SchemaError",
    "did_you_mean",
    "listed",
]


# what Python's readers raise on archives and packed streams whose bytes are damaged
ARCHIVE_ERRORS = (OSError, EOFError, ValueError, RuntimeError, zlib.error, zipfile.BadZipFile,
                  lzma.LZMAError, struct.error)  # fmt: skip


class InsightsError(Exception):
    """Anything this package refuses, with a message meant for its user."""


class ParamsError(InsightsError):
    """A setting is unknown, ill-typed or out of range."""


class DataError(InsightsError):
    """The data cannot answer the question."""


class SchemaError(DataError):
    """Columns or types are not as declared; `failures` holds every one of them."""

    def __init__(self, message: str, failures: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.failures = tuple(failures)


class MissingExtra(InsightsError):
    """An optional dependency is needed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is not installed; it belongs to the optional extra '{extra}'. "
            f"Install it with: pip install 'insights[{extra}]'"
        )
        self.package = package
        self.extra = extra


def listed(items: Iterable[object], limit: int = 5) -> str:
    """Write items in bounded text: five examples, then '… and 37 more'."""
    texts = [str(item) for item in items]
    shown = ", ".join(texts[:limit])
    return shown if len(texts) <= limit else f"{shown}, … and {len(texts) - limit} more"


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """Write ' Did you mean 'x'?' for the nearest allowed word, or nothing."""
    choices = {str(choice).lower(): str(choice) for choice in allowed}
    near = difflib.get_close_matches(str(word).lower(), choices, n=1, cutoff=0.6)
    return f" Did you mean '{choices[near[0]]}'?" if near else ""
