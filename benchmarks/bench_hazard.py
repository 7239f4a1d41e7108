"""The pooled logit and Cox beside their peers, on the same 200,000 customer-months.

statsmodels: GLM, binomial, clustered covariance; PHReg with a stratum a month and Efron's ties.
Then the cost of both of ours as rows grow.
"""

import time

import numpy as np
import statsmodels.api as sm

from insights.stats.cox import cox
from insights.stats.logit import logit

COLUMNS = 30


def customer_months(rows: int) -> tuple[np.ndarray, ...]:
    """Covariates, customer, month and event."""
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
    return x[keep], who[keep], month[keep].astype(int), event[keep]


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
    x, who, _, event = customer_months(200_000)
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


def cox_beside_phreg() -> None:
    x, who, month, event = customer_months(200_000)

    def peer(groups=None):
        model = sm.PHReg(np.ones(len(x)), x, status=event.astype(int), strata=month, ties="efron")
        return model.fit(groups=groups)

    ours, clustered, first, second, ratio = beside(
        lambda: cox(x, month, event, clusters=who), lambda: peer(who), rounds=3
    )
    plain, third = seconds(peer)
    print(f"Cox, {len(x):,} rows, {x.shape[1]} columns, {month.max() + 1} months: ours {first:.2f} "
          f"CPU s with clustered errors, PHReg {second:.2f}, ratio {ratio:.1f}, without them "
          f"{third:.2f}; gap of a coefficient {np.abs(ours.coef - plain.params).max():.0e}, "
          f"of a model-based error {np.abs(_se(ours.model_cov) / plain.bse - 1).max():.0e} "
          f"(relative), of a clustered one {np.abs(ours.se / clustered.bse - 1).max():.0e}: the "
          "peer's residuals are not those of Efron's ties")  # fmt: skip


def _se(cov: np.ndarray) -> np.ndarray:
    return np.sqrt(np.diag(cov))


def growth() -> None:
    for rows in (250_000, 500_000, 1_000_000):
        x, who, month, event = customer_months(rows)
        design = np.column_stack([np.ones(len(x)), x])
        _, first = seconds(lambda: logit(design, event, who))  # noqa: B023
        _, second = seconds(lambda: cox(x, month, event, clusters=who))  # noqa: B023
        print(f"{len(x):,} rows: logit {first:.2f} CPU s ({first / len(x) * 1e6:.2f} a million), "
              f"Cox {second:.2f} ({second / len(x) * 1e6:.2f} a million)")  # fmt: skip


if __name__ == "__main__":
    logit_beside_glm()
    cox_beside_phreg()
    growth()
