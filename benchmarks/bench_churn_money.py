"""Revenue at risk: the delta method beside a bootstrap of accounts, each refitted.

`python benchmarks/bench_churn_money.py [draws] [studies]`: 500 draws and 3 studies by default, of
3,000 customers in 600 accounts that speak and leave together. "As observed" holds the customers
as they are, which is what the interval claims; "drawn" draws them anew with their revenue, which
is what would be seen with other customers.
"""

import sys
from pathlib import Path

import numpy as np

from insights.analyses import churn
from insights.analyses.churn.attribution import Odds, attributable
from insights.analyses.churn.design import adjustment
from insights.analyses.churn.model import fit_topics
from insights.stats.logit import logit

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "analyses" / "churn"))
from planted_leavers import planted_leavers

TOPICS = list("ABCDEF")
Z = 1.959964


def one_study(seed: int, draws: int, customers: int = 3000) -> dict[str, np.ndarray]:
    """Standard errors of each topic's revenue: delta method, as observed, drawn."""
    rng = np.random.default_rng(seed)
    frames, _ = planted_leavers(customers, 18, rng, world="accounts")
    params = churn.Params(account="account_id")
    said = churn.mentions(frames["feedback"], params=params)
    periods = churn.person_periods(frames["customers"], said, frames["usage"], params=params)
    model = fit_topics(periods, TOPICS, periods.exposed(TOPICS), adjustment(periods))
    revenue = periods.people["revenue"].to_numpy(float)[periods.customer]
    x, columns = model.design.x, [model.columns[topic] for topic in TOPICS]

    def money(rows, weights, coef, cov):
        odds = Odds(rows, coef, cov, columns)
        return [attributable(odds, [k], weights, 0.95) for k in range(len(TOPICS))]

    told = money(x, revenue, model.fit.coef, model.fit.cov)
    delta = np.array([(estimate.high - estimate.low) / (2 * Z) for estimate in told])
    order = np.argsort(periods.cluster, kind="stable")
    ends = np.cumsum(np.bincount(periods.cluster))
    begins = np.concatenate([[0], ends[:-1]])
    held, drawn = [], []
    for _ in range(draws):
        taken = rng.integers(0, len(ends), len(ends))
        rows = np.concatenate([order[begins[k] : ends[k]] for k in taken])
        fit = logit(x[rows], periods.event[rows], periods.cluster[rows], start=model.fit.coef)
        held.append([one.estimate for one in money(x, revenue, fit.coef, fit.cov)])
        drawn.append([one.estimate for one in money(x[rows], revenue[rows], fit.coef, fit.cov)])
    return {
        "delta method": delta,
        "as observed": np.std(held, axis=0, ddof=1),
        "drawn": np.std(drawn, axis=0, ddof=1),
    }


def main() -> None:
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    studies = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    found = [one_study(70_000 + seed, draws) for seed in range(studies)]
    for seed, errors in enumerate(found):
        for way, values in errors.items():
            shown = ", ".join(f"{t} {v:,.0f}" for t, v in zip(TOPICS, values, strict=True))
            print(f"study {seed}, {way}: {shown}")
    for way in ("as observed", "drawn"):
        ratio = np.mean([errors["delta method"] / errors[way] for errors in found], axis=0)
        shown = ", ".join(f"{t} {r:.3f}" for t, r in zip(TOPICS, ratio, strict=True))
        print(f"delta method over bootstrap, {way} ({draws} draws, {studies} studies): {shown}")


if __name__ == "__main__":
    main()
