"""Draws of every input, as many as make the error of P(NPV > 0) small."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from insights.analyses.roi.cases import Case
from insights.analyses.roi.params import Params
from insights.analyses.roi.result import RoiDistribution
from insights.analyses.roi.tables import OUTPUTS
from insights.messages import _, fixed, items, number, percent, plural
from insights.result import Check
from insights.stats.distributions import Distribution, Point, Tabulated, uniforms
from insights.stats.sensitivity import evpi

__all__ = ["returns"]

NUMBERS = (
    "benefit_mean", "benefit_sd", "bcr", "net_roi", "bcr_p5", "bcr_p95", "npv_mean",
    "npv_unshrunk", "npv_sd", "npv_se", "npv_p5", "npv_p25", "npv_p50", "npv_p75", "npv_p95",
    "p_positive", "p_positive_se", "payback_months", "p_payback", "evpi",
)  # fmt: skip
Drawn = dict[tuple[str, Distribution], np.ndarray]  # by key of an input and what it is drawn from
STANDARD_ERROR = 0.005
MOST_DRAWS = 65_536


def returns(
    cases: Sequence[Case],
    *,
    params: Params,
    draws: int | None = None,
    before: Drawn | None = None,
) -> RoiDistribution:
    """What each initiative returns, as a distribution.

    B and C are discounted benefits and costs over the horizon, by draw. `npv` is B - C, `bcr`
    the benefit-cost ratio E[B] / E[C], `net_roi` E[B - C] / E[C] = bcr - 1, `payback_months` the
    median over draws of the first month by which net flows have paid back (null when half of the
    draws or more never do), `evpi` the value of perfect information on going ahead or not.
    Estimates that the benefits rest on are shrunk before; `npv_unshrunk` is the mean without.

    Each input has a stream of random numbers of its own, named after the seed and the input, and
    all initiatives the same number of draws: what is said of one does not change by a bit when
    others are added, and initiatives on one topic share the topic's draws. Draws are doubled
    until the standard error of any P(NPV > 0) is below .005.

    Parameters
    ----------
    draws
        So many, whatever the error; by default as above.
    before
        Draws of the last call, for live controls: inputs that did not change are not drawn again.
        It is left with those of this call, and no overlap is computed.
    """
    known = [case for case in cases if case.source != "unknown"]
    n = draws or params.draws
    while draws is None and n * 2 <= MOST_DRAWS and 0.5 / np.sqrt(n) >= STANDARD_ERROR:
        n *= 2
    made: Drawn = {}
    outcomes = {}
    for case in cases:
        values = drawn(case, n, params.seed, before, made if before is not None else None)
        outcomes[case.initiative_id] = _outcome(case, values, n)
    if before is not None:
        before.clear()
        before.update(made)
    table = pd.DataFrame([_row(case, outcomes[case.initiative_id]) for case in cases])
    return RoiDistribution(
        n=len(known),
        estimates=table.astype({"initiative_id": "str", "reason": "str", "alone": "str"}),
        samples={case.initiative_id: outcomes[case.initiative_id].npv for case in known},
        overlap=_overlap(known if before is None else [], n, params.seed),
        draws=n,
        horizon_months=params.horizon_months,
        discount_rate=params.discount_rate,
        currency=params.currency,
        checks=_checks(cases, table["p_positive_se"].max(), n, params),
        topics={case.initiative_id: tuple(dict(case.topics)) for case in known},
        owners={case.initiative_id: case.owner for case in cases if case.owner},
    )


def drawn(
    case: Case, n: int, seed: int, before: Drawn | None = None, made: Drawn | None = None
) -> dict[str, np.ndarray]:
    """Draws of every input of a case, by name; shape (1,) where it is a known number.

    Parameters
    ----------
    before, made
        Draws to take where the input is in them, and where to note those that were used.
    """
    found = {}
    for item in case.inputs:
        if isinstance(item.dist, Point):
            found[item.name] = np.array([item.dist.value])
            continue
        name = (item.key, item.dist)
        values = None if before is None else (made or {}).get(name, before.get(name))
        if values is None or values.size != n:
            rng = np.random.default_rng([seed, zlib.crc32(item.key.encode())])
            values = item.dist.ppf(uniforms(rng, n))
        if made is not None:
            made[name] = values
        found[item.name] = values
    return found


@dataclass(frozen=True, eq=False)
class Outcome:
    """Discounted benefit and cost, and the month of payback, by draw; benefit unshrunk, mean."""

    benefit: np.ndarray
    cost: np.ndarray
    payback: np.ndarray
    unshrunk: float

    @property
    def npv(self) -> np.ndarray:
        """B - C."""
        return self.benefit - self.cost


def _outcome(case: Case, values: dict[str, np.ndarray], n: int) -> Outcome:
    flows = case.flows(values)
    estimated = {
        item.name: np.array([item.estimated]) for item in case.inputs if item.estimated is not None
    }
    # a benefit is linear in them, and they are independent of the rest
    scale = case.scale(values | estimated) if estimated else flows.scale
    unshrunk = (scale * flows.months_kept).mean()
    benefit, cost, payback = (
        np.broadcast_to(x, (n,)) for x in (flows.benefit, flows.cost, flows.payback)
    )
    return Outcome(benefit, cost, payback, float(unshrunk))


def _row(case: Case, found: Outcome) -> dict:
    cost = found.cost
    row = {
        "initiative_id": case.initiative_id,
        "title": case.title,
        "source": case.source,
        "topics": ", ".join(label for _, label in case.topics),
        "cost_mean": float(cost.mean()),
    }
    if case.source == "unknown":
        nothing = dict.fromkeys(NUMBERS, float("nan"))
        return row | nothing | {"effort": case.effort, "alone": "", "reason": case.reason}
    npv, benefit, payback = found.npv, found.benefit, found.payback
    positive = float((npv > 0).mean())
    free = cost.mean() == 0
    ratio = float("nan") if free else float(benefit.mean() / cost.mean())
    spread = [np.nan, np.nan] if (cost == 0).any() else np.quantile(benefit / cost, [0.05, 0.95])
    median = float(np.quantile(payback, 0.5, method="higher"))
    numbers = (
        float(benefit.mean()), float(benefit.std()), ratio, ratio - 1, *map(float, spread),
        float(npv.mean()), found.unshrunk - float(cost.mean()), float(npv.std()),
        float(npv.std() / np.sqrt(npv.size)),
        *map(float, np.quantile(npv, [0.05, 0.25, 0.5, 0.75, 0.95])),
        positive, float(np.sqrt(positive * (1 - positive) / npv.size)),
        median if np.isfinite(median) else float("nan"), float(np.isfinite(payback).mean()),
        evpi(npv),
    )  # fmt: skip
    texts = {"effort": case.effort, "alone": ", ".join(case.alone), "reason": ""}
    return row | dict(zip(NUMBERS, numbers, strict=True)) | texts


def _overlap(known: Sequence[Case], n: int, seed: int) -> pd.DataFrame:
    """Topics that several initiatives address: benefits added up, and from one shared pool.

    Of what remains after one initiative only the rest can be saved by the next:
    1 - prod(1 - effect_k), not the sum of effects.
    """
    shared: dict[tuple[str, str], list[Case]] = {}
    for case in known:
        for named in case.topics:
            shared.setdefault(named, []).append(case)
    rows = []
    for (topic, label), members in sorted(shared.items()):
        if len(members) < 2:
            continue
        values = [drawn(case, n, seed) for case in members]
        effects = np.array([np.broadcast_to(value["effect"], (n,)) for value in values])
        tail = members[0].suffix(label)
        whole = dict(values[0]) | {"effect": np.ones(1)}
        for other, other_label in members[0].topics:
            if other != topic:
                whole[f"revenue_at_risk{members[0].suffix(other_label)}"] = np.zeros(1)
        worth = members[0].flows(whole).benefit
        rows.append(
            {
                "topic_id": topic,
                "label": label,
                "initiatives": ", ".join(case.initiative_id for case in members),
                "benefit_added_up": float((worth * effects.sum(axis=0)).mean()),
                "benefit_together": float((worth * (1 - np.prod(1 - effects, axis=0))).mean()),
                "kappa_mean": float(values[0][f"kappa{tail}"].mean()),
            }
        )
    return pd.DataFrame(rows, columns=OUTPUTS["overlap"].names)


def _checks(cases: Sequence[Case], error: float, n: int, params: Params) -> tuple[Check, ...]:
    error = 0.0 if np.isnan(error) else float(error)
    found = [
        Check(
            _("Monte Carlo error"),
            error < STANDARD_ERROR,
            _(
                "standard error of P(NPV > 0) at most {error} with {n} draws",
                error=fixed(error, 4),
                n=number(n),
            ),
        ),
        Check(
            _("kappa is a judgement"),
            None,
            _(
                "the share of the churn association that is causal is stated, not "
                "estimated; see its row in the tornado"
            ),
        ),
    ]
    linked = [case for case in cases if case.source == "churn"]
    if linked:
        counted = _(
            "customers who raised a topic; those who met the same problem in silence are "
            "not, nor is any benefit but retention"
        )
        found += [_shrinkage(linked), Check(_("who is counted"), None, counted)]
    for case in cases:
        found += _case_checks(case, params)
    return tuple(found)


def _case_checks(case: Case, params: Params) -> list[Check]:
    """Say what of an initiative is not known, or rests on somebody's word."""
    found = []
    name = case.initiative_id
    if case.notes:
        found.append(Check(_("{name}: incomplete inputs", name=name), False, "; ".join(case.notes)))
    if case.joined:
        joined = "; ".join(case.joined)
        detail = _("{joined}; its effect is taken to be on all of them", joined=joined)
        found.append(Check(_("{name}: topics that cannot be told apart", name=name), False, detail))
    if case.owners:
        found.append(
            Check(_("{name}: owners of its topics", name=name), None, "; ".join(case.owners))
        )
    if case.alone:
        found.append(
            Check(
                _("{name}: numbers without a range", name=name),
                None,
                _(
                    "{amounts}: taken as known to ±{guess_width} (setting guess_width), "
                    "whatever is known of them; P0 needs a range",
                    amounts=items(case.alone, 99),
                    guess_width=percent(params.guess_width),
                ),
            )
        )
    if case.exploratory:
        labels = items(case.exploratory, 99)
        detail = _(
            "{labels}: few leavers, or no finding; its interval is used uncut, also below 0",
            labels=labels,
        )
        found.append(Check(_("{name}: exploratory link", name=name), None, detail))
    if case.source == "stated":
        found.append(
            Check(
                _("{name}: stated benefit", name=name),
                None,
                _("its owner's figure, not seen in data"),
            )
        )
    return [replace(check, about=(name,)) for check in found]


def _shrinkage(linked: Sequence[Case]) -> Check:
    """Say what the estimates behind the benefits were pulled by."""
    family, between = linked[0].family
    bare = [
        item.name
        for case in linked
        for item in case.inputs
        if item.name.startswith("revenue_at_risk") and not isinstance(item.dist, Tabulated | Point)
    ]
    if bare:
        return Check(
            _("estimates are shrunk before they are valued"),
            False,
            plural(
                "{n} topic has no odds ratio with an interval in the churn notebook; its benefit "
                "is as estimated, so that it is likely too high if it is the highest",
                "{n} topics have no odds ratio with an interval in the churn notebook; their "
                "benefits are as estimated, so that the highest of them is likely too high",
                len(bare),
            ),
        )
    return Check(
        _("estimates are shrunk before they are valued"),
        True,
        _(
            "log odds ratios of all {family} topics tested are pulled together by "
            "their own standard errors (true ones differ by about {between}); "
            "priors of kappa and effects have no part in it",
            family=family,
            between=fixed(between),
        ),
    )
