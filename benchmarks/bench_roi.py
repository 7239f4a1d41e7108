"""What is said of the initiative that comes first: how far from its true return, and how surely.

``python benchmarks/bench_roi.py [WORLDS [SEED [KIND …]]]`` draws worlds of ten initiatives, each on
a churn topic of its own, values them from the churn table alone, and compares the first with its
true net present value. Truth: a log odds ratio by topic from the kind of world; effect, kappa,
costs and the rate of leaving from the distributions that are stated. *Naive* takes the estimates
at face value; *law known* shrinks them by the law that drew the world, which nobody knows: the
best that could be done.
``python benchmarks/bench_roi.py time`` times 50 initiatives with 65,536 draws and a slider.
"""

import json
import sys
import time

import numpy as np
import pandas as pd
from scipy import stats

from insights import drawing
from insights.analyses import roi
from insights.analyses.roi.amounts import amount
from insights.analyses.roi.retention import monthly_pools
from insights.stats.distributions import Tabulated

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
# share of nulls, mean and standard deviation of the others, where they are drawn alike
LAWS = {
    "normal": (0.0, 0.25, 0.3),
    "normal, wide": (0.0, 0.2, 0.6),
    "normal, narrow": (0.0, 0.2, 0.1),
    "nothing": (1.0, 0.0, 1.0),
    "a quarter matters": (0.75, 0.6, 0.2),
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


def truths(kind, betas, estimate, errors):
    """Chance of each possible true value of each topic, were the law of the world known.

    Nobody knows it; what is said with it is the best that can be said of these estimates.
    """
    likelihood = stats.norm.pdf(estimate[:, None], betas, errors[:, None])
    if kind == "one clear, nine none":
        odds = stats.norm.pdf(estimate, 1.1, errors) / stats.norm.pdf(estimate, 0, errors)
        clear = (odds / odds.sum())[:, None]
        return clear * (betas == 1.1) + (1 - clear) * (betas == 0)
    null, mean, sd = LAWS[kind]
    prior = stats.norm.pdf(betas, mean, sd) if null < 1 else np.zeros(betas.size)
    prior = (1 - null) * prior / max(prior.sum(), 1e-300) + null * (betas == 0)
    chance = prior * likelihood
    return chance / chance.sum(axis=1, keepdims=True)


def first(means, pools, cost, factor, came, expected):
    """True mean of the one with the highest stated mean, that mean, and whether its range holds.

    A true mean is over effect, kappa and costs, at the true log odds ratio; what came has them
    drawn.
    """
    k = int(np.argmax(means))
    npv = pools(k) * factor[:, k] - cost[:, k]
    low, high = np.quantile(npv, [0.05, 0.95])
    return means[k], expected[k], low <= came[k] <= high


def winners(kind, unlike, worlds, seed=20_000, draws=2000):
    """Compare the first at face value, as here, and as it would be were the law known."""
    rng = np.random.default_rng([seed, list(WORLDS).index(kind), unlike])
    churn, initiatives = world(np.random.default_rng(0), np.zeros(TEN), np.ones(TEN), np.ones(TEN))
    case = roi.business_cases(initiatives, roi.History(churn_topics=churn, customers=PEOPLE),
                              params=PARAMS)[0]  # fmt: skip
    known = {item.name: item.dist for item in case.inputs}

    def drawn_values(n):
        values = {name: dist.ppf(rng.random((TEN, n)).ravel()) for name, dist in known.items()
                  if name not in ("revenue_at_risk", "cost_once")}  # fmt: skip
        values |= {"revenue_at_risk": np.ones(1), "cost_once": np.zeros(1)}
        flows = case.flows(values)
        shape = (TEN, n)
        return flows.benefit.reshape(shape).T, flows.cost.reshape(shape).T

    # what is not estimated is the same in every world: a year's worth of one unit of revenue
    factor, running = drawn_values(draws)
    once = amount(pert(0.3)).dist.ppf(rng.random((draws, TEN)))
    came_factor, came_running = drawn_values(worlds)
    came_once = amount(pert(0.3)).dist.ppf(rng.random((worlds, TEN)))
    many, costs = drawn_values(20_000)
    unit, fixed, started = many.mean(), costs.mean(), amount(pert(0.3)).dist.mean
    lots = rng.random((draws, TEN))
    betas = np.union1d(np.linspace(-2.5, 3.5, 1201), [0.0, 1.1])
    rows = []
    for place in range(worlds):
        logs = WORLDS[kind](rng)
        sizes = 40_000 * (np.exp(rng.uniform(np.log(0.3), np.log(3), TEN)) if unlike else 1.0)
        sizes, errors = np.broadcast_to(sizes, TEN), rng.uniform(0.12, 0.3, TEN)
        churn, _ = world(rng, logs, sizes, errors)
        estimate = np.log(churn["odds_ratio"].to_numpy())
        own, _ = monthly_pools(churn, MONTHS)
        dists = [own[str(k)].dist for k in range(TEN)]
        faces = [own[str(k)].estimated for k in range(TEN)]
        values = sizes[:, None] * np.expm1(betas) / MONTHS
        best = truths(kind, betas, estimate, errors)
        law = [Tabulated(values[k], best[k]) for k in range(TEN)]
        true = sizes * np.expm1(logs) / MONTHS
        cost = started * sizes + fixed
        came = true * came_factor[place] - came_running[place] - sizes * came_once[place]
        paid = running + sizes * once
        row = []
        for each in (faces, dists, law):
            means = np.array([dist.mean for dist in each]) * unit - cost
            row += first(means, lambda k, each=each: each[k].ppf(lots[:, k]), paid, factor, came,
                         true * unit - cost)  # fmt: skip
        rows.append(row)
    table = np.array(rows, float)
    bias = table[:, [0, 3, 6]] - table[:, [1, 4, 7]]
    held = table[:, [2, 5, 8]].mean(axis=0)
    chosen = table[:, [1, 4, 7]]
    error = bias.std(axis=0) / np.sqrt(worlds)
    gain = (chosen[:, 1:] - chosen[:, :1]).std(axis=0) / np.sqrt(worlds)
    print(
        f"{kind}, {'tenfold unlike' if unlike else 'alike'} ({worlds}): bias of the first naive "
        f"{bias[:, 0].mean():,.0f} ± {error[0]:,.0f}, ours {bias[:, 1].mean():,.0f} ± "
        f"{error[1]:,.0f} ({bias[:, 1].mean() / bias[:, 0].mean():.2f}), law known "
        f"{bias[:, 2].mean():,.0f}; 90 % range holds {held[0]:.3f}, ours {held[1]:.3f}, law known "
        f"{held[2]:.3f}; true value of the chosen {chosen[:, 0].mean():,.0f}, ours "
        f"{chosen[:, 1].mean():,.0f} (difference ± {gain[0]:,.0f}), law known "
        f"{chosen[:, 2].mean():,.0f} (± {gain[1]:,.0f})",
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
        count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
        seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
        for kind in sys.argv[3:] or WORLDS:
            for unlike in (False, True):
                winners(kind, unlike, count, seed)
