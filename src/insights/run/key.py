"""The key that turns customer ids into pseudonyms, one for all tables of a project."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from insights.run.study import Study

__all__ = ["pseudonym_key"]

_PUBLIC = b"a published key, for generated data only"


def pseudonym_key(study: Study, project: Path) -> bytes:
    """Return the study's key: the public one, INSIGHTS_KEY, or `.insights/key` (made once)."""
    if study.privacy.key == "public":
        return _PUBLIC
    given = os.environ.get("INSIGHTS_KEY")
    if given:
        return given.encode()
    path = project / ".insights" / "key"
    if not path.is_file():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_bytes()
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_hex(32).encode())
    return path.read_bytes()
