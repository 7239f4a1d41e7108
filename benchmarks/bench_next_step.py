"""How often the step of a finding is right: topics whose shares are drawn, with a planted change.

.venv/bin/python benchmarks/bench_next_step.py

Fourteen topics in records before and lately (three to one), drawn anew a thousand times; one
topic's share is raised by a known number of points, all being complaints. Shown is the share of
repeats in which the raised topic is to do, to watch and to leave, and in which any of the others
is to do, which is false.
"""

import numpy as np
from scipy import stats

from insights.claim import Claim
from insights.stats.intervals import newcombe
from insights.stats.multiplicity import q_values

REPEATS, SEED = 1_000, 11
SHARES = np.array([12, 10, 9, 8, 7, 7, 6, 6, 6, 6, 5, 4, 3, 2]) / 100


def steps(rng: np.random.Generator, n: int, points: float) -> list[str]:
    """Return the step of each topic, the raised one first."""
    late = n // 4
    raised = SHARES.copy()
    raised[0] += points
    before, now = (rng.binomial(size, p) for size, p in ((n - late, SHARES), (late, raised)))
    pooled = (before + now) / n
    change = now / late - before / (n - late)
    error = np.sqrt(pooled * (1 - pooled) * (1 / late + 1 / (n - late)))
    q = np.asarray(q_values(2 * stats.norm.sf(np.abs(change / error))))
    found = []
    for k in range(len(SHARES)):
        gap = newcombe((int(now[k]), late), (int(before[k]), n - late))
        claim = Claim(key=str(k), text="", n=n, act="mend", estimate=gap.estimate, low=gap.low,
                      high=gap.high, better="down", chance=1 - q[k])  # fmt: skip
        found.append(claim.next_step())
    return found


def main() -> None:
    """Print a row for each number of records and planted change."""
    print("| records | planted | do | watch | leave | another to do |\n|--:|--:|--:|--:|--:|--:|")
    for n in (2_000, 5_000, 20_000):
        for points in (0.0, 0.01, 0.02, 0.03, 0.05):
            rng = np.random.default_rng([SEED, n, round(1000 * points)])
            drawn = [steps(rng, n, points) for _ in range(REPEATS)]
            own = [one[0] for one in drawn]
            others = np.mean(["do" in one[1:] for one in drawn])
            shares = " | ".join(f"{own.count(s) / REPEATS:.1%}" for s in ("do", "watch", "leave"))
            print(f"| {n:,} | {100 * points:.0f} points | {shares} | {others:.1%} |")


if __name__ == "__main__":
    main()
