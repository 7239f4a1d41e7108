"""Which initiative comes first, how surely, and what to do with it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pandas as pd

from insights.analyses.roi.params import Params
from insights.analyses.roi.result import Priorities, Ranking, RoiDistribution
from insights.analyses.roi.tables import OUTPUTS
from insights.messages import _, percent
from insights.result import Check

__all__ = ["priorities", "rank_probabilities"]

SURE = 0.9


def rules() -> tuple[tuple[str, str], ...]:
    """Return each priority with its rule, in words."""
    return (
        ("P0", _("P(NPV > 0) ≥ 90 %, P(top 3) ≥ 50 %, and no amount a number without a range")),
        ("P1", _("P(NPV > 0) ≥ 75 %")),
        ("P2", _("value of perfect information above the cost of a test: test first")),
        ("P3", _("the rest")),
    )


def rank_probabilities(returns: RoiDistribution, *, params: Params) -> Ranking:
    """P(rank = r) of each initiative; equal draws are ordered by lot.

    The draws are those of the returns: estimates were shrunk before they were valued, so that
    the highest needs no correction. Draws of one number belong together: initiatives that address
    one topic share its draws, so what they have in common does not blur their order.
    """
    keys = sorted(returns.samples)
    if not keys:
        return _nothing()
    table = returns.estimates.set_index("initiative_id").loc[keys]
    x = np.array([returns.samples[key] for key in keys])
    ranks = _ranks(x, np.random.default_rng([params.seed, 1]))
    count = len(keys)
    matrix = np.array([(ranks == r).mean(axis=1) for r in range(1, count + 1)]).T
    low, high = np.quantile(ranks, [0.05, 0.95], axis=1, method="inverted_cdf")
    order = pd.DataFrame(
        {
            "initiative_id": keys,
            "title": table["title"].to_list(),
            "npv_mean": table["npv_mean"].to_numpy(),
            "npv_unshrunk": table["npv_unshrunk"].to_numpy(),
            "mean_rank": ranks.mean(axis=1),
            "rank_low": low.astype(float),
            "rank_high": high.astype(float),
            "p_first": matrix[:, 0],
            "p_top3": matrix[:, :3].sum(axis=1),
            "expected_regret": (x.max(axis=0) - x).mean(axis=1),
        }
    ).sort_values(["mean_rank", "initiative_id"], ignore_index=True)
    estimates = pd.DataFrame(
        [
            (key, rank + 1, float(matrix[i, rank]))
            for i, key in enumerate(keys)
            for rank in range(count)
        ],
        columns=OUTPUTS["ranking"].names,
    )
    return Ranking(
        n=count,
        estimates=estimates,
        order=order,
        unseparated=_unseparated(keys, ranks),
        draws=returns.draws,
    )


def _ranks(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rank 1 for the largest in each column; ties by lot. Shape as `x`."""
    lots = rng.random(x.shape)
    order = np.lexsort((lots, -x), axis=0)
    ranks = np.empty(x.shape, int)
    np.put_along_axis(ranks, order, np.arange(1, len(x) + 1)[:, None], axis=0)
    return ranks


def _unseparated(keys: list[str], ranks: np.ndarray) -> tuple[tuple[str, str], ...]:
    pairs = []
    for i, j in itertools.combinations(range(len(keys)), 2):
        ahead = float((ranks[i] < ranks[j]).mean())
        if 1 - SURE < ahead < SURE:
            first, second = (i, j) if ahead >= 0.5 else (j, i)
            pairs.append((keys[first], keys[second]))
    return tuple(pairs)


def priorities(returns: RoiDistribution, ranking: Ranking, *, params: Params) -> Priorities:
    """P0 to P3: the first rule that holds. Cut-offs are a judgement, shown beside the result."""
    top3 = dict(zip(ranking.order["initiative_id"], ranking.order["p_top3"], strict=True))
    by_name = dict(rules())
    rows = []
    for row in returns.estimates.to_dict("records"):
        test = params.test_cost_share * row["cost_mean"]
        name = _priority(row, top3.get(row["initiative_id"], np.nan), test)
        rows.append(
            {
                "initiative_id": row["initiative_id"],
                "title": row["title"],
                "priority": name,
                "rule": by_name.get(name, row["reason"]),
                "p_positive": row["p_positive"],
                "p_top3": top3.get(row["initiative_id"], np.nan),
                "alone": row["alone"],
                "evpi": row["evpi"],
                "test_cost": test,
                "npv_p5": row["npv_p5"],
                "npv_p50": row["npv_p50"],
                "npv_p95": row["npv_p95"],
                "effort": row["effort"],
                "cost_mean": row["cost_mean"],
            }
        )
    table = pd.DataFrame(rows)
    known = table[table["priority"] != "cannot tell"]
    full = len(known) > 0 and bool(known["effort"].notna().all())
    share = float((known["priority"] == "P0").mean()) if len(known) else 0.0
    crowded = Check(
        _("P0 stays rare"),
        None if len(known) < 5 else share <= 0.2,
        _(
            "{share} of the valued initiatives are P0 (above 20 % the label says little)",
            share=percent(share),
        ),
    )
    return Priorities(
        n=len(known),
        estimates=table,
        rules=rules(),
        effort="effort" if full else "cost_mean",
        currency=params.currency,
        checks=(crowded,),
    )


def _priority(row: Mapping, top3: float, test: float) -> str:
    if row["source"] == "unknown":
        return "cannot tell"
    if row["p_positive"] >= 0.9 and top3 >= 0.5 and not row["alone"]:
        return "P0"
    if row["p_positive"] >= 0.75:
        return "P1"
    return "P2" if row["evpi"] > test else "P3"


def _nothing() -> Ranking:
    return Ranking(n=0, estimates=OUTPUTS["ranking"].empty(), order=OUTPUTS["order"].empty())
