"""Samples that change little when their frame grows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

__all__ = ["stable_sample"]


def stable_sample(texts: Sequence[str], size: int, *, seed: int) -> np.ndarray:
    """Draw `size` of the texts by their content; sorted positions.

    Taken are the texts with the smallest keyed hashes: a uniform sample that does not depend on
    order, and of which a share p / (1 + p) changes when the table grows by a share p (bottom-k
    sampling; Cohen and Kaplan 2007, doi 10.1145/1281100.1281133). A smaller sample lies within a
    larger one of the same seed. A further copy of a text is drawn for itself, by its number.
    """
    if len(texts) <= size:
        return np.arange(len(texts))
    key = f"{seed}".encode()
    copies: dict[str, int] = {}
    hashes = []
    for text in texts:
        copies[text] = number = copies.get(text, -1) + 1
        content = text.encode() + b"\0%d" % number if number else text.encode()
        hashes.append(hashlib.blake2b(content, digest_size=8, key=key).digest())
    value = np.frombuffer(b"".join(hashes), ">u8")
    return np.sort(np.argsort(value, kind="stable")[:size])
