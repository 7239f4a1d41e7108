"""Moves of a level that take so long that nothing tells them from a level that wanders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

__all__ = ["SlowMove", "season_columns", "slow_move"]

SHORTEST, LONGEST = 4, 0.5  # periods that a move may take: at least; at most, as a share of them
SHARE = 0.5  # of what a constant or a steady line leaves, that a move has to explain
LARGE = 4.0  # size of a move in robust spreads of what it leaves


@dataclass(frozen=True)
class SlowMove:
    """A level that goes from one height to another in a straight line.

    Attributes
    ----------
    place, periods
        Number of the first value that has moved, and of values until the last one does.
    before, size
        Height before, and what is added to it by the last value, in the unit of the values.
    """

    place: int
    periods: int
    before: float
    size: float


def slow_move(values: np.ndarray, beside: np.ndarray | None = None) -> SlowMove | None:
    """Describe the largest slow move of a level by least squares; None where there is none.

    A description without an interval: how much a level has moved, not whether it wanders. It has
    to leave at most half of the squares that a steady line leaves, and to be four robust spreads of
    the rest. A move may be under way at the end.

    Parameters
    ----------
    values
        The series; shape (n,).
    beside
        Columns of a season; shape (n, k).
    """
    n = len(values)
    place = np.arange(n)
    ones = np.ones((n, 1))
    basis = ones if beside is None else np.column_stack([ones, beside])
    q = np.linalg.qr(basis)[0]
    y = values - q @ (q.T @ values)
    best: tuple[float, int, int, float] | None = None
    for periods in _lengths(n):
        starts = np.arange(2, n - min(periods, SHORTEST), max(1, periods // 6))
        ramps = np.clip((place - starts[:, None] + 1) / periods, 0.0, 1.0)
        ramps = ramps - (ramps @ q) @ q.T
        sums = np.einsum("ij,ij->i", ramps, ramps)
        fit = np.where(sums > 1e-9, ramps @ y, 0.0)
        gain = fit**2 / np.maximum(sums, 1e-9)
        top = int(np.argmax(gain))
        if best is None or gain[top] > best[0]:
            slope = float(fit[top] / max(sums[top], 1e-9))
            best = float(gain[top]), int(starts[top]), periods, slope
    if best is None:
        return None
    line = place - place.mean() * 1.0
    line = line - q @ (q.T @ line)
    steady = float(y @ y) - float(line @ y) ** 2 / float(line @ line)
    explained, start, periods, size = best
    ramp = size * np.clip((place - start + 1) / periods, 0.0, 1.0)
    rest = y - (ramp - q @ (q.T @ ramp))
    spread = 1.4826 * float(np.median(np.abs(rest - np.median(rest))))
    if float(y @ y) - explained > SHARE * steady or abs(ramp[-1]) < LARGE * spread:
        return None
    return SlowMove(start, periods, float((values - ramp).mean()), float(ramp[-1]))


def season_columns(n: int, lengths: Iterable[float]) -> np.ndarray | None:
    """Indicators of the place in short seasons, two waves of long ones seen twice."""
    parts, place = [], np.arange(n)
    for length in lengths:
        if length <= 24:
            parts.append(np.eye(int(length))[place % int(length)][:, 1:])
        elif n >= 2 * length:
            angle = 2 * np.pi * np.outer(place / length, [1, 2])
            parts += [np.sin(angle), np.cos(angle)]
    return np.column_stack(parts) if parts else None


def _lengths(n: int) -> list[int]:
    """Lengths of moves, each about a quarter longer than the one before."""
    found, longest = [SHORTEST], int(LONGEST * n)
    while found[-1] < longest:
        found.append(max(found[-1] + 1, round(1.25 * found[-1])))
    return [one for one in found if one <= longest]
