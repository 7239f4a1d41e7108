"""The pooled logit and Cox beside their peers, on the same 200,000 customer-months.

statsmodels: GLM, binomial, clustered covariance. lifelines (not a dependency: put it on the path
to see it): CoxTimeVaryingFitter. Then the cost of both of ours as rows grow.
"""

import importlib.util
import time
import warnings

import numpy as np
import pandas as pd
import statsmodels.api as sm

from insights.stats.cox import cox
from insights.stats.logit import logit

COLUMNS = 30


def customer_months(rows: int, *, days: bool) -> tuple[np.ndarray, ...]:
    """Covariates, customer, start, stop and event; who leaves does so on a day, or a month."""
    rng = np.random.default_rng(1)
    months = 18
    who = np.repeat(np.arange(rows // 14), months)
    month = np.tile(np.arange(months), rows // 14).astype(float)
    x = rng.normal(size=(len(who), COLUMNS - 1))
    x[:, COLUMNS // 2 :] = x[:, COLUMNS // 2 :] > 1
    event = rng.uniform(size=len(who)) < 1 / (1 + np.exp(4.5 - 0.1 * x.sum(axis=1)))
    last = np.full(rows // 14, months)
    np.minimum.at(last, who[event], month[event].astype(int))
    keep = np.flatnonzero(month <= last[who])[:rows]
    start, stop = 30 * month[keep], 30 * month[keep] + 30
    if days:
        stop = np.where(event[keep], start + rng.integers(1, 31, len(keep)), stop)
    return x[keep], who[keep], start, stop, event[keep]


def seconds(call):
    begun = time.process_time()
    found = call()
    return found, time.process_time() - begun


def beside(ours, theirs, rounds: int = 5):
    """Both results, the median CPU seconds of each over turns, and the median ratio."""
    turns = []
    for _ in range(rounds):
        mine, first = seconds(ours)
        peer, second = seconds(theirs)
        turns.append((first, second, second / first))
    return mine, peer, *np.median(turns, axis=0)


def logit_beside_glm() -> None:
    x, who, _, _, event = customer_months(200_000, days=True)
    design, y = np.column_stack([np.ones(len(x)), x]), event.astype(float)
    ours, peer, mine, theirs, ratio = beside(
        lambda: logit(design, y, who),
        lambda: sm.GLM(y, design, family=sm.families.Binomial()).fit(
            cov_type="cluster", cov_kwds={"groups": who}
        ),
    )
    errors = np.abs(ours.se / peer.bse - 1).max()
    print(f"logit, {len(x):,} rows, {COLUMNS} columns, {int(y.sum()):,} events: ours {mine:.2f} "
          f"CPU s, statsmodels GLM {theirs:.2f}, ratio {ratio:.1f}; largest gap of a "
          f"coefficient {np.abs(ours.coef - peer.params).max():.0e}, of an error {errors:.0e} "
          "(relative; the peer also has (n-1)/(n-p))")  # fmt: skip


def cox_beside_lifelines() -> None:
    if importlib.util.find_spec("lifelines") is None:
        print("Cox: lifelines is not installed, so it is not shown beside ours")
        return
    from lifelines import CoxTimeVaryingFitter

    warnings.simplefilter("ignore")
    for days in (True, False):
        x, who, start, stop, event = customer_months(200_000, days=days)
        frame = pd.DataFrame(x, columns=[f"x{k}" for k in range(x.shape[1])])
        frame = frame.assign(who=who, start=start, stop=stop, event=event)
        ours, peer, mine, theirs, ratio = beside(
            lambda x=x, s=start, t=stop, e=event, w=who: cox(x, s, t, e, clusters=w),
            lambda frame=frame: CoxTimeVaryingFitter().fit(
                frame, id_col="who", start_col="start", stop_col="stop", event_col="event"
            ),
            rounds=2 if days else 9,
        )
        gap = np.abs(ours.coef - peer.params_.to_numpy()).max()
        times = len(np.unique(stop[event]))
        print(f"Cox, {len(x):,} rows, {x.shape[1]} columns, {times} event times: ours {mine:.2f} "
              f"CPU s with clustered errors, lifelines {theirs:.2f} without, ratio "
              f"{ratio:.1f}; largest gap of a coefficient {gap:.0e}")  # fmt: skip


def growth() -> None:
    for rows in (250_000, 500_000, 1_000_000, 2_000_000):
        x, who, start, stop, event = customer_months(rows, days=True)
        design = np.column_stack([np.ones(len(x)), x])
        _, first = seconds(lambda: logit(design, event, who))  # noqa: B023
        _, second = seconds(lambda: cox(x, start, stop, event, clusters=who))  # noqa: B023
        print(f"{len(x):,} rows: logit {first:.2f} CPU s ({first / len(x) * 1e6:.2f} a million), "
              f"Cox {second:.2f} ({second / len(x) * 1e6:.2f} a million)")  # fmt: skip


if __name__ == "__main__":
    logit_beside_glm()
    cox_beside_lifelines()
    growth()
