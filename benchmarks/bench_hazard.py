"""The pooled logit with clustered errors: ours beside statsmodels, on the same customer-months."""

import time

import numpy as np
import statsmodels.api as sm

from insights.stats.logit import logit


def main() -> None:
    rng = np.random.default_rng(1)
    customers, months, columns = 10_000, 18, 30
    n = customers * months
    x = np.column_stack([np.ones(n), rng.normal(size=(n, columns - 1))])
    who = np.repeat(np.arange(customers), months)
    chance = 1 / (1 + np.exp(-(x @ np.r_[-3.5, rng.normal(0, 0.1, columns - 1)])))
    y = (rng.uniform(size=n) < chance).astype(float)
    for _ in range(3):
        started = time.process_time()
        ours = logit(x, y, clusters=who)
        middle = time.process_time()
        peer = sm.Logit(y, x).fit(disp=0, cov_type="cluster", cov_kwds={"groups": who})
        ended = time.process_time()
        gap = np.abs(ours.coef - peer.params).max()
        ratio = (ended - middle) / (middle - started)
        print(f"{n:,} rows, {columns} columns: ours {middle - started:.2f} CPU s, statsmodels "
              f"{ended - middle:.2f} CPU s, ratio {ratio:.1f}; largest gap {gap:.1e}")  # fmt: skip


if __name__ == "__main__":
    main()
