"""What a net present value hangs on: one input at a time, all together, and in money."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from insights.analyses.roi.cases import Case
from insights.analyses.roi.params import Params
from insights.analyses.roi.result import Sensitivity
from insights.analyses.roi.tables import OUTPUTS
from insights.messages import _, fixed, percent
from insights.result import Check
from insights.stats.distributions import Distribution
from insights.stats.sensitivity import break_even, elasticity, evppi, one_at_a_time, sobol

__all__ = ["sensitivities"]


def sensitivities(cases: Sequence[Case], *, params: Params) -> Sensitivity:
    """Tornado at P10 / P90 and at ±20 %, Sobol indices, break-even and value of information.

    Inputs that are settings or known numbers have bars at ±20 % and a break-even, but share no
    variance. The inputs of one initiative are independent by construction, which the indices
    need; correlated inputs would need grouped indices or Shapley effects.
    """
    known = [case for case in cases if case.source != "unknown"]
    rows = [row for case in known for row in _rows(case, params)]
    means = {case.initiative_id: float(_npv_at_means(case)) for case in known}
    top = max(sorted(means), key=lambda key: means[key], default="")
    table = pd.DataFrame(rows, columns=OUTPUTS["sensitivity"].names)
    return Sensitivity(
        n=2**params.sobol_power if known else 0,
        estimates=table.astype({"initiative_id": "str", "input": "str"}),
        top=top,
        title=next((case.title for case in known if case.initiative_id == top), ""),
        base=means.get(top, float("nan")),
        currency=params.currency,
        checks=_checks(table),
    )


def _rows(case: Case, params: Params) -> list[dict]:
    base = case.means
    inputs = {item.name: item.dist for item in case.inputs}
    seed = [params.seed, zlib.crc32(case.initiative_id.encode())]
    shares = sobol(case.npv, inputs, np.random.default_rng(seed), power=params.sobol_power)
    tails = {name: (_quantile(d, 0.1), _quantile(d, 0.9)) for name, d in inputs.items()}
    fifths = {name: (0.8 * value, 1.2 * value) for name, value in base.items()}
    bars = one_at_a_time(case.npv, base, tails)
    swings = one_at_a_time(case.npv, base, fifths)
    worth = evppi(case.npv, inputs, np.random.default_rng(seed))

    def ratio(at: Mapping[str, np.ndarray]) -> np.ndarray:
        flows = case.flows(at)
        return flows.benefit / flows.cost

    free = not case.flows({k: np.array([v]) for k, v in base.items()}).cost[0] > 0
    return [
        {
            "initiative_id": case.initiative_id,
            "input": item.name,
            "first_order": shares.first_order[item.name],
            "total": shares.total[item.name],
            "tornado_low": min(bars[item.name]),
            "tornado_high": max(bars[item.name]),
            "break_even": break_even(case.npv, base, item.name, between=item.between),
            "mean": base[item.name],
            "p10": tails[item.name][0],
            "p90": tails[item.name][1],
            "npv_at_p10": bars[item.name][0],
            "npv_at_p90": bars[item.name][1],
            "npv_minus20": swings[item.name][0],
            "npv_plus20": swings[item.name][1],
            "bcr_elasticity": np.nan if free else elasticity(ratio, base, item.name),
            "evppi": worth[item.name],
        }
        for item in case.inputs
    ]


def _quantile(dist: Distribution, q: float) -> float:
    return float(dist.ppf(q))


def _npv_at_means(case: Case) -> np.ndarray:
    return case.npv({name: np.array([value]) for name, value in case.means.items()})[0]


def _checks(table: pd.DataFrame) -> tuple[Check, ...]:
    if table.empty:
        return ()
    gap = float((table["first_order"] - table["total"]).max())
    found = [
        Check(
            _("Sobol sample large enough"),
            None if np.isnan(gap) else gap <= 0.02,
            _("no indices: no input varies")
            if np.isnan(gap)
            else _(
                "first order exceeds total by at most {gap} (allowed .02)",
                gap=fixed(max(gap, 0), 3),
            ),
        ),
        Check(
            _("inputs independent"),
            None,
            _(
                "taken as such within an initiative; cost and effect estimates made by "
                "one person may well move together"
            ),
        ),
    ]
    mixed = table.groupby("initiative_id")[["first_order"]].sum(min_count=1)["first_order"].dropna()
    if len(mixed):
        found.append(
            Check(
                _("interactions"),
                None,
                _(
                    "single inputs account for {least} to {most} of the variance; the "
                    "rest is interaction, which one-at-a-time bars do not show",
                    least=percent(mixed.min()),
                    most=percent(mixed.max()),
                ),
            )
        )
    return tuple(found)
