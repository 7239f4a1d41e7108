"""Coverage of the interval of a trend, by kind of error, length and what stands beside the line.

Run with ``python benchmarks/bench_trend.py [--runs 2000]``. The constants of the widening were
set on autoregressions of one lag (0, .5, .8, .95, 1) with other seeds; every other kind of error
is one on which nothing was chosen. Beside it stands the interval from a long-run variance
(equal-weighted cosine terms, Student's t), and the ratio of the median widths.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from scipy import signal, stats

from insights.stats.trend import slopes

BURN = 300


def process(shocks: np.ndarray, ar: list[float], ma: list[float] | None = None) -> np.ndarray:
    """Autoregressive moving average of shocks, the first 300 left out."""
    return signal.lfilter(np.r_[1.0, ma or []], np.r_[1.0, -np.array(ar)], shocks, axis=1)[:, BURN:]


def worlds(n: int, runs: int, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Name and errors, shape (runs, n), of each kind."""
    e = rng.normal(size=(runs, n + BURN))
    heavy = rng.standard_t(3, size=(runs, n + BURN))
    growing = np.linspace(0.5, 2, n)
    for phi in (1.0, 0.95, 0.9, 0.8, 0.5, 0.0, -0.5):
        yield f"AR {phi:g}" if phi < 1 else "random walk", process(e, [phi])
    yield "MA +.5", process(e, [0.0], [0.5])
    yield "MA -.5", process(e, [0.0], [-0.5])
    yield "AR(2) with a cycle (1.2, -.5)", process(e, [1.2, -0.5])
    yield "AR(2) (1.3, -.35)", process(e, [1.3, -0.35])
    yield "walk with AR .5 steps", process(e, [1.5, -0.5])
    yield "walk with MA -.4 steps", process(e, [1.0], [-0.4])
    yield "walk with MA -.6 steps", process(e, [1.0], [-0.6])
    yield "walk with MA -.8 steps", process(e, [1.0], [-0.8])
    yield "seasonal AR .5 at lag 12", process(e, [*np.zeros(11), 0.5])
    yield "random walk, Student 3", process(heavy, [1.0])
    yield "AR .5, Student 3", process(heavy, [0.5])
    yield "AR .5, spread fourfold by the end", process(e, [0.5]) * growing
    yield "random walk, steps fourfold by the end", np.cumsum(e[:, BURN:] * growing, axis=1)
    shift = 3.0 * (np.arange(n) >= n // 2)
    yield "AR .5 and a shift of 3 halfway (slope 0)", process(e, [0.5]) + shift


def cosine(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope and half-width by least squares and a long-run variance."""
    n = y.shape[1]
    x = np.arange(n) - (n - 1) / 2
    slope = y @ x / (x @ x)
    rest = y - slope[:, None] * x
    rest -= rest.mean(axis=1, keepdims=True)
    terms = max(int(0.4 * n ** (2 / 3)), 2)
    angle = np.pi * np.outer(np.arange(1, terms + 1), np.arange(n) + 0.5) / n
    projections = np.sqrt(2 / n) * ((x * rest) @ np.cos(angle).T)
    error = np.sqrt(n * np.mean(projections**2, axis=1)) / (x @ x)
    return slope, stats.t.ppf(0.975, terms) * error


def main() -> None:
    """Print a table: coverage here, coverage of the other interval, ratio of widths, by n."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--lengths", default="30,60,104,150")
    parser.add_argument("--seed", type=int, default=20261130)
    told = parser.parse_args()
    lengths = [int(one) for one in told.lengths.split(",")]
    rows: dict[str, list[str]] = {}
    for n in lengths:
        rng = np.random.default_rng([told.seed, n])
        for name, errors in worlds(n, told.runs, rng):
            found, (slope, half) = slopes(errors), cosine(errors)
            own = np.mean((found.low <= 0) & (found.high >= 0))
            other = np.mean(np.abs(slope) <= half)
            ratio = np.median(found.high - found.low) / np.median(2 * half)
            rows.setdefault(name, []).append(f"{own:.3f} ({other:.2f}, ×{ratio:.1f})")
    print(f"| errors ({told.runs} runs) | " + " | ".join(f"n = {n}" for n in lengths) + " |")
    print("|---|" + "---|" * len(lengths))
    for name, cells in rows.items():
        print(f"| {name} | " + " | ".join(cells) + " |")
    month = np.eye(12)[:, 1:]
    for n in lengths:
        if n < 36:
            continue
        beside = month[np.arange(n) % 12]
        covered = []
        for phi in (1.0, 0.8, 0.5, 0.0):
            e = np.random.default_rng([told.seed, n, 2]).normal(size=(told.runs, n + BURN))
            found = slopes(process(e, [phi]), beside=beside)
            covered.append(f"AR {phi:g} {np.mean((found.low <= 0) & (found.high >= 0)):.3f}")
        print(f"with a season of twelve, n = {n}: " + ", ".join(covered))


if __name__ == "__main__":
    main()
