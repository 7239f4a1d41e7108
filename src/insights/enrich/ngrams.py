"""Words, pairs of words and parts of words as hashed columns, counted for many texts at once.

What a linear model reads of a text. All texts are laid end to end as one array of characters and
cut by array operations, so that a text costs microseconds: words and pairs of neighbouring words
of alphabetic scripts, four characters in a row of them (across borders of words), one, two and
three Chinese characters in a row, marks and emoji. Columns are hashes (Weinberger et al. 2009, doi
10.1145/1553374.1553516), so nothing is fitted and any partition of the texts gives the same rows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

__all__ = ["COLUMNS", "Occurrences", "occurrences"]

COLUMNS = 1 << 18
LONGEST = 1_200  # characters of a text that are read
_OTHER, _LETTER, _HAN, _MARK = range(4)
_ADDRESS = re.compile(r"https?://[^\s\0]+|@\w+")  # never across the end of a text
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT = np.uint64(64 - 18)
_LONGEST_WORD = 32
_END = 0  # the character that stands between two texts


@dataclass(frozen=True, eq=False)
class Occurrences:
    """Every occurrence of a feature in n texts, texts in order.

    Attributes
    ----------
    row, column
        Shape (occurrences,): which text, which column.
    n
        Number of texts.
    """

    row: np.ndarray
    column: np.ndarray
    n: int

    def counts(self) -> sparse.csr_matrix:
        """How often each feature occurs in each text; shape (n, COLUMNS), float32."""
        ones = np.ones(len(self.row), np.float32)
        return sparse.coo_matrix((ones, (self.row, self.column)), shape=(self.n, COLUMNS)).tocsr()

    def weighted(self, idf: np.ndarray) -> sparse.csr_matrix:
        """Counts times `idf`, shape (COLUMNS,), each row over the root of its summed squares."""
        made = self.counts()
        made.data *= idf[made.indices]
        return sparse.csr_matrix(sparse.diags_array(1 / self.length(idf)) @ made)

    def length(self, idf: np.ndarray) -> np.ndarray:
        """Root of the summed squares of `idf` over the occurrences of each text; shape (n,)."""
        squares = np.bincount(self.row, np.square(idf)[self.column], minlength=self.n)
        return np.sqrt(np.maximum(squares, 1e-12))

    def product(self, idf: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """`weighted(idf) @ weights` without the matrix; `weights` (COLUMNS, k), result (n, k)."""
        folded = weights * idf[:, None]
        sums = [np.bincount(self.row, w[self.column], minlength=self.n) for w in folded.T]
        return np.column_stack(sums) / self.length(idf)[:, None]


def occurrences(texts: Sequence[str]) -> Occurrences:
    """Find every feature of every text; a text without letters or marks has none."""
    if not len(texts):
        return Occurrences(np.zeros(0, int), np.zeros(0, int), 0)
    joined = "\0".join([text[:LONGEST].replace("\0", " ") for text in texts]) + "\0"
    code = _codes(_ADDRESS.sub(" ", joined.lower()).replace("’", "'"))
    kind = _kinds(code)
    # a run of spaces and punctuation counts as one space; the end of a text always stays
    other = (kind == _OTHER) & (code != _END)
    first = ~(other & np.r_[True, (kind[:-1] == _OTHER)])
    code, kind = np.where(other, 32, code)[first].astype(np.uint64), kind[first]
    end = code == _END
    row = np.cumsum(end) - end
    parts = [_words(code, kind, row), _letters(code, kind, row), *_chinese(code, kind, row)]
    at = np.flatnonzero(kind == _MARK)
    parts.append((row[at], code[at] * _PRIME + np.uint64(7)))
    column = np.concatenate([_column(key) for _, key in parts])
    return Occurrences(np.concatenate([where for where, _ in parts]), column, len(texts))


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)


def _kinds(code: np.ndarray) -> np.ndarray:
    """Kind of each character, looked up once a distinct character."""
    present = np.flatnonzero(np.bincount(code))
    table = np.zeros(int(present[-1]) + 1 if len(present) else 1, np.uint8)
    table[present] = [_kind(chr(c)) for c in present]
    return table[code]


def _kind(character: str) -> int:
    if "\u3400" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff":
        return _HAN
    if character.isalpha() or character == "'":
        return _LETTER
    if character in "!?！？" or unicodedata.category(character) == "So":
        return _MARK
    return _OTHER


def _powers() -> np.ndarray:
    return np.cumprod(np.full(_LONGEST_WORD, _PRIME, np.uint64), dtype=np.uint64)


def _column(key: np.ndarray) -> np.ndarray:
    mixed = (key ^ (key >> np.uint64(29))) * _MIX
    return (mixed >> _SHIFT).astype(np.int64)


def _words(code: np.ndarray, kind: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hash of each run of letters, and of each pair of neighbouring runs of one text."""
    letter = kind == _LETTER
    start = np.flatnonzero(letter & ~np.r_[False, letter[:-1]])
    if not len(start):
        return np.zeros(0, int), np.zeros(0, np.uint64)
    at = np.flatnonzero(letter)
    first = np.cumsum(np.isin(at, start, assume_unique=True)) - 1
    place = at - start[first]
    term = np.where(place < _LONGEST_WORD, code[at] * _powers()[place % _LONGEST_WORD], 0)
    word = np.add.reduceat(term.astype(np.uint64), np.searchsorted(at, start))
    together = row[start][1:] == row[start][:-1]
    pair = (word[:-1] * _MIX + word[1:])[together] * _PRIME + np.uint64(2)
    return np.r_[row[start], row[start][1:][together]], np.r_[word, pair]


def _letters(code: np.ndarray, kind: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hash of four characters in a row, letters and spaces, of one text."""
    if len(code) < 4:
        return np.zeros(0, int), np.zeros(0, np.uint64)
    usable = (kind == _LETTER) | (code == 32)
    whole = usable[:-3] & usable[1:-2] & usable[2:-1] & usable[3:]
    whole &= (kind[1:-2] == _LETTER) | (kind[2:-1] == _LETTER)
    at = np.flatnonzero(whole)
    key = code[at]
    for step in (1, 2, 3):
        key = key * _PRIME + code[at + step]
    return row[at], key * _PRIME + np.uint64(4)


def _chinese(
    code: np.ndarray, kind: np.ndarray, row: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Hashes of one, two and three Chinese characters in a row."""
    han = kind == _HAN
    found = []
    whole = han
    for size in (1, 2, 3):
        if size > 1:
            whole = whole[:-1] & han[size - 1 :]
        at = np.flatnonzero(whole)
        runs = np.stack([code[at + step] for step in range(size)], axis=1)
        found.append((row[at], _gram(runs, size)))
    return found


def _gram(runs: np.ndarray, size: int) -> np.ndarray:
    """Hash of Chinese characters, shape (…, size) or (size,); shape (k,)."""
    rows = np.atleast_2d(runs)
    key = rows[:, 0]
    for step in range(1, size):
        key = key * _PRIME + rows[:, step]
    return key * _PRIME + np.uint64(100 + size)
