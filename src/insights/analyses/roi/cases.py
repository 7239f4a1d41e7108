"""Business cases: each initiative with its inputs, and where its benefit is known from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from insights.analyses.roi.amounts import BOUNDS, Amount, amounts
from insights.analyses.roi.benefit import Flows, adoption, cohort_kept, stock_kept
from insights.analyses.roi.matching import Links, NamedTopics
from insights.analyses.roi.params import Params
from insights.analyses.roi.retention import Pool, leaving, mean_revenue, observed_months
from insights.errors import DataError, SchemaError, listed
from insights.messages import _
from insights.stats.distributions import Beta, Distribution, Point

__all__ = ["Case", "History", "Input", "business_cases"]

Source = Literal["churn", "reach", "stated", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Input:
    """One input of a case.

    Attributes
    ----------
    key
        Inputs of one key are one quantity: initiatives that share it share its draws.
    between
        The values it may take at all; a break-even is looked for among them.
    estimated
        Its mean before shrinkage, where it is an estimate that was shrunk.
    """

    name: str
    key: str
    dist: Distribution
    between: tuple[float, float]
    estimated: float | None = None


@dataclass(frozen=True, kw_only=True)
class Case:
    """One initiative with all its inputs; `source` says where its benefit is known from."""

    initiative_id: str
    title: str
    source: Source
    inputs: tuple[Input, ...]
    topics: tuple[tuple[str, str], ...] = ()  # (topic_id, label) that the benefit rests on
    reason: str = ""  # why the benefit cannot be told
    notes: tuple[str, ...] = ()
    exploratory: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()  # topics counted together, since they cannot be told apart
    owners: tuple[str, ...] = ()  # who answers for the topics, in words
    alone: tuple[str, ...] = ()  # amounts given as a number alone, whose width is a setting
    family: tuple[int, float] = (0, float("nan"))  # topics shrunk together, and their spread
    effort: float = float("nan")
    owner: str = ""  # who answers for it
    replaced: bool = False  # whether others come to meet the problem as the affected leave

    @property
    def means(self) -> dict[str, float]:
        """The mean of every input, by name."""
        return {item.name: item.dist.mean for item in self.inputs}

    def suffix(self, label: str) -> str:
        """Write what tells the inputs of several topics apart."""
        return f" ({label})" if len(self.topics) > 1 else ""

    def scale(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """Benefit of a month at full effect (of one customer kept, where reach is stated)."""
        if self.source == "churn":
            tails = [self.suffix(label) for _, label in self.topics]
            saved = sum(values[f"revenue_at_risk{end}"] * values[f"kappa{end}"] for end in tails)
            return np.asarray(saved * values["effect"] * values["margin"], float)
        if self.source == "reach":
            reached = values["affected_customers"] * values["monthly_revenue"]
            return np.asarray(reached * values["margin"], float)
        if self.source == "stated":
            return np.asarray(values["benefit_monthly"], float)
        return np.full(1, np.nan)

    def flows(self, values: Mapping[str, np.ndarray]) -> Flows:
        """Money in and out for values of every input, arrays of one shape (known ones: (1,))."""
        horizon = np.asarray(values["horizon_months"], float)
        months = int(np.ceil(horizon.max() - 1e-12))
        ramp = values["ramp_months"]
        if self.source == "churn":
            kept = stock_kept(values["monthly_churn"], ramp, months, replaced=self.replaced)
        elif self.source == "reach":
            reduction = values["kappa"] * values["effect"]
            kept = cohort_kept(values["monthly_churn"], reduction, ramp, months)
        elif self.source == "stated":
            kept = adoption(np.arange(1, months + 1)[:, None], ramp)
        else:
            kept = np.ones((months, 1))
        return Flows(
            scale=self.scale(values),
            kept=kept,
            once=values["cost_once"],
            monthly=values["cost_monthly"],
            discount=values["discount_rate"],
            horizon=horizon,
        )

    def npv(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """Net present value for values of every input."""
        return self.flows(values).npv

    def changed(self, name: str, dist: Distribution) -> Case:
        """Return the case with another distribution of the inputs called `name`, of any topic."""
        inputs = tuple(
            replace(item, dist=dist) if item.name.split(" (")[0] == name else item
            for item in self.inputs
        )
        return replace(self, inputs=inputs)


@dataclass(frozen=True, kw_only=True)
class History:
    """What other notebooks know; every part may be missing."""

    churn_topics: pd.DataFrame | None = None
    topics: pd.DataFrame | None = None
    customers: pd.DataFrame | None = None
    feedback: pd.DataFrame | None = None


def business_cases(
    initiatives: pd.DataFrame, history: History, *, params: Params
) -> tuple[Case, ...]:
    """One case an initiative, in order of id.

    The benefit comes from one of these: the churn attached to the topics it addresses (`churn`),
    a stated `benefit_monthly` (`stated`), a stated number of `affected_customers` (`reach`).
    With none of them it cannot be told, and says why.

    Raises
    ------
    DataError
        When there is no initiative, an id occurs twice, an amount cannot be read, a name of a
        topic is several topics, or a benefit is known from two of the sources above.
    """
    if initiatives.empty:
        raise DataError(
            "table 'initiatives' has no rows; at least one initiative is needed. Add a source "
            "'initiatives' with initiative_id, title, topics, cost_once, cost_monthly and effect."
        )
    table = initiatives.assign(initiative_id=initiatives["initiative_id"].astype(str))
    twice = sorted(table.loc[table["initiative_id"].duplicated(), "initiative_id"].unique())
    if twice:
        raise DataError(
            f"table 'initiatives': the ids {listed(twice)} occur more than once; "
            "one row an initiative is needed"
        )
    given = amounts(table, params.guess_width)
    months, _ = observed_months(history.feedback, history.customers)
    links = Links.of(history.churn_topics, history.topics, months)
    settings = _settings(params, history)
    rows = table.sort_values("initiative_id", kind="stable").to_dict("records")
    found = {row["initiative_id"]: links.of_initiative(row) for row in rows}
    _refuse(found, given)
    cases = (
        _case(row, given[row["initiative_id"]], found[row["initiative_id"]], settings)
        for row in rows
    )
    return tuple(replace(case, replaced=params.replaced, family=links.family) for case in cases)


def _refuse(
    found: Mapping[str, NamedTopics], given: Mapping[str, Mapping[str, Amount | None]]
) -> None:
    """Stop where it is not said what a benefit rests on."""
    failures = []
    for key, topics in found.items():
        failures += [
            f"initiative '{key}', column 'topics': {how}. Write the exact label or id of each "
            "that is meant"
            for how in topics.unclear
        ]
        named = [f"topic '{label}', which the churn notebook values" for _, label in topics.labels]
        stated = [name for name in ("benefit_monthly", "affected_customers") if given[key][name]]
        sources = [*named[:1], *stated]
        if len(sources) > 1:
            failures.append(
                f"initiative '{key}': its benefit is told by {' and by '.join(sources)}; one of "
                "them is allowed, as the others would be ignored. Empty the cells of the others"
            )
    if failures:
        more = f"\n… and {len(failures) - 5} more" if len(failures) > 5 else ""
        head = "table 'initiatives' leaves open what benefits rest on:\n"
        raise SchemaError(head + "\n".join(failures[:5]) + more, failures)


def _settings(params: Params, history: History) -> dict[str, Input]:
    """Inputs that all cases share."""
    found = leaving(history.customers, history.feedback)
    if params.monthly_churn > 0:
        found = Point(params.monthly_churn)
    kappa = Beta.from_mean(params.kappa_mean, params.kappa_weight)
    revenue = mean_revenue(history.customers)
    known: dict[str, tuple[Distribution | None, tuple[float, float]]] = {
        "kappa": (kappa, (0.0, 1.0)),
        "margin": (Point(params.margin), (0.0, 1.0)),
        "discount_rate": (Point(params.discount_rate), (0.0, 1.0)),
        "horizon_months": (Point(float(params.horizon_months)), (1.0, 240.0)),
        "ramp_months": (Point(float(params.ramp_months)), (0.0, 60.0)),
        "monthly_churn": (found, (0.0, 0.5)),
        "monthly_revenue": (
            Point(revenue) if np.isfinite(revenue) else None,
            (0.0, 100 * revenue),
        ),
    }
    return {
        name: Input(name=name, key=name, dist=dist, between=between)
        for name, (dist, between) in known.items()
        if dist is not None
    }


def _case(
    row: Mapping, given: Mapping[str, Amount | None], found: NamedTopics, settings: dict
) -> Case:
    key = row["initiative_id"]
    notes = list[str]()
    known = {name: amount.dist for name, amount in given.items() if amount is not None}
    if "cost_once" not in known and "cost_monthly" not in known:
        reason = _("neither cost_once nor cost_monthly is given")
        return _unknown(row, reason, settings, [Point(float("nan"))] * 2)
    costs = list[Distribution]()
    for column in ("cost_once", "cost_monthly"):
        if column not in known:
            notes.append(_("{column} is not given and counted as none", column=column))
        costs.append(known.get(column, Point(0.0)))
    inputs = _cost_inputs(key, costs)
    common = [settings[name] for name in ("margin", "discount_rate", "horizon_months",
                                          "ramp_months")]  # fmt: skip
    case = Case(initiative_id=key, title=_title(row), source="unknown", inputs=(),
                notes=tuple(notes), effort=_effort(row), owner=_owner(row))  # fmt: skip

    def valued(source: Source, names: Sequence[str], more: Sequence[Input], **extra: Any) -> Case:
        own = [_own(key, name, known[name]) for name in names]
        alone = tuple(
            name for name in ("cost_once", "cost_monthly", *names)
            if (amount := given[name]) is not None
            and (amount.alone or (name in names and isinstance(amount.dist, Point)))
        )  # fmt: skip
        return replace(case, source=source, inputs=(*inputs, *own, *more), alone=alone, **extra)

    if found.pools and "effect" in known and "monthly_churn" in settings:
        case = replace(case, topics=found.labels, owners=found.owners)
        more = [*_topic_inputs(case, found.pools, settings["kappa"]), settings["monthly_churn"]]
        missing = (found.reason,) if found.reason else ()
        return valued("churn", ["effect"], [*more, *common], exploratory=found.exploratory,
                      joined=found.joined, notes=(*notes, *missing))  # fmt: skip
    if "benefit_monthly" in known:
        return valued("stated", ["benefit_monthly"], common[1:])
    customers = {"monthly_churn", "monthly_revenue"} <= set(settings)
    if {"affected_customers", "effect"} <= set(known) and customers:
        more = [settings[name] for name in ("kappa", "monthly_churn", "monthly_revenue")]
        return valued("reach", ["affected_customers", "effect"], [*more, *common])
    reason = found.reason
    if found.pools:
        reason = (
            _("no table of customers is there") if "effect" in known else _("no effect is given")
        )
    return _unknown(row, reason, settings, costs)


def _topic_inputs(case: Case, pools: Mapping[str, Pool], kappa: Input) -> list[Input]:
    """Revenue at risk and kappa of each topic; initiatives on one topic share both."""
    found = []
    for topic, label in case.topics:
        dist, tail = pools[topic].dist, case.suffix(label)
        size = max(abs(float(dist.ppf(0.005))), abs(float(dist.ppf(0.995))), 1e-9)
        at_risk = Input(
            name=f"revenue_at_risk{tail}",
            key=f"revenue_at_risk|{topic}",
            dist=dist,
            between=(-20 * size, 20 * size),
            estimated=pools[topic].estimated.mean,
        )
        found += [
            at_risk,
            replace(kappa, name=f"kappa{tail}", key=f"kappa|{topic}"),
        ]
    return found


def _own(initiative: str, name: str, dist: Distribution) -> Input:
    least, most = BOUNDS[name]
    size = 20 * max(abs(float(dist.ppf(0.005))), abs(float(dist.ppf(0.995))), 1e-9)
    between = (max(least, -size), min(most, size))
    return Input(name=name, key=f"{name}|{initiative}", dist=dist, between=between)


def _cost_inputs(initiative: str, costs: Sequence[Distribution]) -> list[Input]:
    return [
        Input(
            name=name,
            key=f"{name}|{initiative}",
            dist=dist,
            between=(0.0, 20 * max(float(dist.ppf(0.995)), 1.0)),
        )
        for name, dist in zip(("cost_once", "cost_monthly"), costs, strict=True)
    ]


def _unknown(row: Mapping, reason: str, settings: dict, costs: Sequence[Distribution]) -> Case:
    key = row["initiative_id"]
    common = [settings[name] for name in ("discount_rate", "horizon_months", "ramp_months")]
    return Case(
        initiative_id=key,
        title=_title(row),
        source="unknown",
        inputs=(*_cost_inputs(key, costs), *common),
        reason=reason,
        effort=_effort(row),
        owner=_owner(row),
    )


def _title(row: Mapping) -> str:
    title = row.get("title")
    known = title is not None and title is not pd.NA and title == title and str(title).strip()
    return str(title).strip() if known else str(row["initiative_id"])


def _owner(row: Mapping) -> str:
    owner = row.get("owner")
    return "" if owner is None or owner is pd.NA or owner != owner else str(owner).strip()


def _effort(row: Mapping) -> float:
    value = pd.to_numeric(row.get("effort"), errors="coerce")
    return float(value) if pd.notna(value) else float("nan")
