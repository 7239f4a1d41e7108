"""What is said of the initiative that comes first: how far from its true return, and how surely.

``python benchmarks/bench_roi.py [WORLDS]`` draws worlds of ten initiatives, each on a churn topic
of its own, values them from the churn table alone, and compares the first with its true net
present value. Truth: a log odds ratio by topic from the kind of world; effect, kappa, costs and
the rate of leaving from the distributions that are stated. *Naive* takes the estimates at face
value.
``python benchmarks/bench_roi.py time`` times 50 initiatives with 65,536 draws and a slider.
"""

import json
import sys
import time

import numpy as np
import pandas as pd

from insights import drawing
from insights.analyses import roi
from insights.analyses.roi.amounts import amount
from insights.analyses.roi.montecarlo import drawn
from insights.analyses.roi.retention import monthly_pools
from insights.stats.distributions import SplitNormal

Z, MONTHS, TEN = 1.959964, 24.0, 10
PARAMS = roi.Params(draws=1000, sobol_power=13)
PEOPLE = pd.DataFrame(
    {
        "customer_id": [str(i) for i in range(2000)],
        "started_at": pd.Timestamp("2023-01-01"),
        "ended_at": [
            pd.Timestamp("2023-02-01") + pd.Timedelta(days=i) if i < 600 else pd.NaT
            for i in range(2000)
        ],
        "monthly_revenue": 80.0,
    }
)
# log odds ratios of ten topics, by kind of world
WORLDS = {
    "normal": lambda rng: rng.normal(0.25, 0.3, TEN),
    "normal, wide": lambda rng: rng.normal(0.2, 0.6, TEN),
    "normal, narrow": lambda rng: rng.normal(0.2, 0.1, TEN),
    "nothing": lambda rng: np.zeros(TEN),
    "a quarter matters": lambda rng: np.where(rng.random(TEN) < 0.25, rng.normal(0.6, 0.2, TEN), 0),
    "one clear, nine none": lambda rng: np.r_[1.1, np.zeros(TEN - 1)],
}


def pert(mode):
    return json.dumps({"low": 0.6 * mode, "mode": mode, "high": 1.6 * mode})


def world(rng, logs, sizes, errors):
    """Return the churn table of ten topics, and the initiatives that address one each.

    Of a case, only what is estimated and the cost depend on the world.
    """
    seen = logs + rng.normal(0, errors)
    mrr = sizes * np.expm1(seen)
    half = Z * sizes * np.exp(seen) * errors
    keys = [str(k) for k in range(TEN)]
    churn = pd.DataFrame(
        {
            "topic_id": keys, "label": [f"topic {k}" for k in keys], "odds_ratio": np.exp(seen),
            "low": np.exp(seen - Z * errors), "high": np.exp(seen + Z * errors),
            "mrr_at_risk": mrr, "mrr_low": mrr - half, "mrr_high": mrr + half,
            "status": "exploratory", "observed_months": MONTHS,
        }
    )  # fmt: skip
    initiatives = pd.DataFrame(
        {
            "initiative_id": keys, "title": keys, "topics": [[k] for k in keys],
            "cost_once": [pert(0.3 * size) for size in sizes], "cost_monthly": [pert(1.0)] * TEN,
            "effect": [pert(0.4)] * TEN,
        }
    )  # fmt: skip
    return churn, initiatives


def first(npvs, truths):
    """Return stated mean and true mean of the first, and whether its 90 % range holds the truth.

    A true mean is over effect, kappa and costs, at the true log odds ratio; a truth has them drawn.
    """
    k = int(np.argmax(npvs.mean(axis=1)))
    low, high = np.quantile(npvs[k], [0.05, 0.95])
    expected, came = truths[k]
    return npvs[k].mean(), expected, low <= came <= high


def winners(kind, unlike, worlds, seed=20_000):
    rng = np.random.default_rng([seed, list(WORLDS).index(kind), unlike])
    rows = []
    churn, initiatives = world(np.random.default_rng(0), np.zeros(TEN), np.ones(TEN), np.ones(TEN))
    history = roi.History(churn_topics=churn, customers=PEOPLE)
    alike = roi.business_cases(initiatives, history, params=PARAMS)
    for _ in range(worlds):
        logs = WORLDS[kind](rng)
        sizes = 40_000 * (np.exp(rng.uniform(np.log(0.3), np.log(3), TEN)) if unlike else 1.0)
        sizes = np.broadcast_to(sizes, TEN)
        churn, _ = world(rng, logs, sizes, rng.uniform(0.12, 0.3, TEN))
        pools, _ = monthly_pools(churn, MONTHS)
        cases = [
            case.changed("revenue_at_risk", pools[case.initiative_id].dist).changed(
                "cost_once", amount(pert(0.3 * size)).dist
            )
            for case, size in zip(alike, sizes, strict=True)
        ]
        truths, naive, ours, number = [], [], [], int(rng.integers(1 << 30))
        money = churn[["mrr_at_risk", "mrr_low", "mrr_high"]].to_numpy(float) / MONTHS
        for case, log, size, estimate in zip(cases, logs, sizes, money, strict=True):
            pool = {"revenue_at_risk": np.array([size * np.expm1(log) / MONTHS])}
            middle = {name: np.array([mean]) for name, mean in case.means.items()}
            values = {item.name: item.dist.ppf(rng.random(1)) for item in case.inputs}
            truths.append([float(case.npv(each | pool)[0]) for each in (middle, values)])
            draws = drawn(case, PARAMS.draws, number)
            ours.append(case.npv(draws))
            face = SplitNormal(*estimate).ppf(rng.random(PARAMS.draws))
            naive.append(case.npv(draws | {"revenue_at_risk": face}))
        rows.append((*first(np.array(naive), truths), *first(np.array(ours), truths)))
    table = np.array(rows, float)
    bias = table[:, [0, 3]] - table[:, [1, 4]]
    held = table[:, [2, 5]].mean(axis=0)
    gain = table[:, 4] - table[:, 1]
    error = bias.std(axis=0) / np.sqrt(worlds)
    print(
        f"{kind}, {'tenfold unlike' if unlike else 'alike'}: bias of the first naive "
        f"{bias[:, 0].mean():,.0f} ± {error[0]:,.0f}, ours {bias[:, 1].mean():,.0f} ± "
        f"{error[1]:,.0f} ({bias[:, 1].mean() / bias[:, 0].mean():.2f}); 90 % range holds "
        f"{held[0]:.3f}, ours {held[1]:.3f}; true value of the chosen {table[:, 1].mean():,.0f}, "
        f"ours {table[:, 4].mean():,.0f} (difference ± {gain.std() / np.sqrt(worlds):,.0f})",
        flush=True,
    )


def timing(count=50):
    rng = np.random.default_rng(1)
    logs = rng.normal(0.25, 0.3, TEN)
    churn, ten = world(rng, logs, np.full(TEN, 40_000.0), np.full(TEN, 0.2))
    many = pd.concat([ten] * (count // TEN)).assign(
        initiative_id=[f"I{k:03d}" for k in range(count)]
    )
    params = PARAMS.model_copy(update={"draws": 65_536})
    wall, cpu = time.perf_counter(), time.process_time()
    cases = roi.business_cases(many, roi.History(churn_topics=churn, customers=PEOPLE),
                               params=params)  # fmt: skip
    found = roi.returns(cases, params=params)
    roi.sensitivities(cases, params=params)
    ranking = roi.rank_probabilities(found, params=params)
    roi.priorities(found, ranking, params=params)
    print(
        f"{count} initiatives, {params.draws:,} draws, Sobol 2^{params.sobol_power} and values "
        f"of information: {time.process_time() - cpu:.1f} CPU s, "
        f"{time.perf_counter() - wall:.1f} s"
    )
    drawing.theme()  # as in a notebook
    for few in (cases[:6], cases):
        box = roi.explore(found, few, PARAMS)
        spent = []
        for value in (0.5, 0.6, 0.3, 0.45, 0.55):
            begin = time.process_time()
            box.children[0].value = value
            spent.append(time.process_time() - begin)
        print(f"slider, {len(few)} initiatives: {1000 * np.median(spent):.0f} CPU ms")


if __name__ == "__main__":
    if sys.argv[1:] == ["time"]:
        timing()
    else:
        for kind in WORLDS:
            for unlike in (False, True):
                winners(kind, unlike, int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
