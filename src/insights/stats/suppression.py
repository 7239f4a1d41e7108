"""Small cells hidden so that no total gives them away."""

from __future__ import annotations

import heapq

import numpy as np

__all__ = ["suppressed"]


def suppressed(counts: np.ndarray, small: np.ndarray) -> np.ndarray | None:
    """Choose the cells to hide when the totals of rows and columns are known.

    Around each small cell a cycle of hidden cells is closed along which counts can be moved
    without changing any total: every second cell of it is not small, so the small cell could be
    larger by the least of those. A reader who knows all totals and all shown cells therefore
    cannot rule out that the cell is above the limit (Cox 1980, Journal of the American
    Statistical Association 75, 377-385). Of all cycles the one that hides least anew is taken,
    cell by cell; the whole is near the least possible, not always equal to it.

    Parameters
    ----------
    counts
        Shape (rows, columns): the additive counts that would be shown.
    small
        Same shape: cells that must not be known (primary suppression).

    Returns
    -------
    numpy.ndarray or None
        Same shape: cells to hide, the small ones and those that protect them; None when some
        small cell cannot be protected, and the table should not be shown.
    """
    counts, small = np.asarray(counts), np.asarray(small, bool)
    if counts.shape != small.shape or counts.ndim != 2:
        raise ValueError(f"counts and small must be tables alike: {counts.shape}, {small.shape}")
    hidden = small.copy()
    for row, column in np.argwhere(small):
        path = _cheapest(counts, small, hidden, int(row), int(column))
        if path is None:
            return None
        for cell in path:
            hidden[cell] = True
    return hidden


def _cheapest(
    counts: np.ndarray, small: np.ndarray, hidden: np.ndarray, row: int, column: int
) -> list[tuple[int, int]] | None:
    """Cells that lead from `column` back to `row`, by turns down (not small) and up (any)."""
    rows, columns = counts.shape
    cost = np.where(hidden, 0, counts) + 1e-6  # ties: the shorter way
    start, goal = rows + column, row  # nodes: rows first, then columns
    best = {start: 0.0}
    before: dict[int, int] = {}
    queue = [(0.0, start)]
    while queue:
        paid, node = heapq.heappop(queue)
        if node == goal:
            break
        if paid > best[node]:
            continue
        if node >= rows:
            steps = [(r, r, node - rows) for r in np.flatnonzero(~small[:, node - rows])]
        else:
            steps = [(rows + c, node, c) for c in range(columns)]
        for to, r, c in steps:
            price = paid + float(cost[r, c])
            if price < best.get(int(to), np.inf):
                best[int(to)], before[int(to)] = price, node
                heapq.heappush(queue, (price, int(to)))
    if goal not in before:
        return None
    path = []
    node = goal
    while node != start:
        last = before[node]
        path.append((node, last - rows) if node < rows else (last, node - rows))
        node = last
    return path
