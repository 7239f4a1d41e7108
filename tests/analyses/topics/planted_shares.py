"""Counts of topics period by period in which one topic may surge from a known start."""

import numpy as np


def counts(seed, *, periods=24, topics=12, n=400, wander=0.0, lasting=0.0, surge=None):
    """Draw counts (periods, topics), totals (periods,) and the topics' base shares.

    `wander` is the standard deviation of the log shares from period to period, `lasting` its
    correlation with the period before; `surge` is (topic, first period, factor).
    """
    rng = np.random.default_rng(seed)
    base = np.sort(rng.dirichlet(np.full(topics, 4.0)) * 0.9)[::-1]
    moved = np.zeros((periods, topics))
    for at in range(periods):
        news = np.sqrt(1 - lasting**2) * rng.standard_normal(topics)
        moved[at] = lasting * moved[at - 1] * (at > 0) + wander * news
    share = base * np.exp(moved)
    if surge is not None:
        topic, first, factor = surge
        share[first:, topic] *= factor
    share = share / np.maximum(1, share.sum(axis=1, keepdims=True) / 0.99)
    total = rng.poisson(n, periods)
    found = [rng.multinomial(m, [*p, 1 - p.sum()])[:topics]
             for m, p in zip(total, share, strict=True)]  # fmt: skip
    return np.array(found), total, base
