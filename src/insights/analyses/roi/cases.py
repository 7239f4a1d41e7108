"""Business cases: each initiative with its inputs, and where its benefit is known from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from insights.analyses.roi.amounts import BOUNDS, amounts
from insights.analyses.roi.benefit import Flows, cohort_kept, stock_kept
from insights.analyses.roi.matching import match_topics, topic_catalogue
from insights.analyses.roi.params import Params
from insights.analyses.roi.retention import leaving, mean_revenue, monthly_pool, observed_months
from insights.errors import DataError, listed
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
    """

    name: str
    key: str
    dist: Distribution
    between: tuple[float, float]


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
    effort: float = float("nan")
    replaced: bool = False  # whether others come to meet the problem as the affected leave

    @property
    def means(self) -> dict[str, float]:
        """The mean of every input, by name."""
        return {item.name: item.dist.mean for item in self.inputs}

    def suffix(self, label: str) -> str:
        """Write what tells the inputs of several topics apart."""
        return f" ({label})" if len(self.topics) > 1 else ""

    def flows(self, values: Mapping[str, np.ndarray]) -> Flows:
        """Money in and out for values of every input, arrays of one shape."""
        horizon = np.asarray(values["horizon_months"], float)
        months = int(np.ceil(horizon.max() - 1e-12))
        ramp = values["ramp_months"]
        zero = np.zeros_like(horizon)
        if self.source == "churn":
            saved = sum(
                values[f"revenue_at_risk{tail}"] * values[f"kappa{tail}"]
                for tail in (self.suffix(label) for _, label in self.topics)
            )
            unit = saved * values["effect"] * values["margin"]
            leave = values["monthly_churn"]
            path = unit * stock_kept(leave, ramp, months, replaced=self.replaced)
        elif self.source == "reach":
            reduction = values["kappa"] * values["effect"]
            kept = cohort_kept(values["monthly_churn"], reduction, ramp, months)
            path = (
                values["affected_customers"] * values["monthly_revenue"] * values["margin"] * kept
            )
        elif self.source == "stated":
            month = np.arange(1, months + 1)[:, None]
            path = values["benefit_monthly"] * np.minimum(1.0, month / (ramp + 1.0))
        else:
            path = np.full((months, *zero.shape), np.nan)
        return Flows(
            margin=path,
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

    The benefit comes from the first of these that is there: the churn attached to the topics it
    addresses (`churn`), a stated `benefit_monthly` (`stated`), a stated number of
    `affected_customers` (`reach`). Otherwise it cannot be told, and says why.

    Raises
    ------
    DataError
        When there is no initiative, an id occurs twice, or an amount cannot be read.
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
    given = amounts(table)
    settings = _settings(params, history)
    rows = table.sort_values("initiative_id", kind="stable").to_dict("records")
    cases = (_case(row, given[row["initiative_id"]], history, settings) for row in rows)
    return tuple(replace(case, replaced=params.replaced) for case in cases)


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
    row: Mapping, given: Mapping[str, Distribution | None], history: History, settings: dict
) -> Case:
    key = row["initiative_id"]
    notes, costs = [], []
    if given["cost_once"] is None and given["cost_monthly"] is None:
        reason = "neither cost_once nor cost_monthly is given"
        return _unknown(row, reason, settings, [Point(float("nan"))] * 2)
    for column in ("cost_once", "cost_monthly"):
        if given[column] is None:
            notes.append(f"{column} is not given and counted as none")
        costs.append(given[column] or Point(0.0))
    pools, labels, exploratory, reason = _pools(row, history)
    inputs = _cost_inputs(key, costs)
    common = [settings[name] for name in ("margin", "discount_rate", "horizon_months",
                                          "ramp_months")]  # fmt: skip
    effect = given["effect"]
    case = Case(
        initiative_id=key,
        title=_title(row),
        source="churn",
        inputs=(),
        topics=labels,
        notes=tuple(notes) + ((reason,) if reason and pools else ()),
        exploratory=exploratory,
        effort=_effort(row),
    )
    if pools and effect is not None and "monthly_churn" in settings:
        inputs += [_own(key, "effect", effect), *_topic_inputs(case, pools, settings["kappa"])]
        return replace(case, inputs=(*inputs, settings["monthly_churn"], *common))
    case = replace(case, topics=(), exploratory=(), notes=tuple(notes))
    if given["benefit_monthly"] is not None:
        inputs += [_own(key, "benefit_monthly", given["benefit_monthly"])]
        return replace(case, source="stated", inputs=(*inputs, *common[1:]))
    reach = given["affected_customers"]
    if (
        reach is not None
        and effect is not None
        and {"monthly_churn", "monthly_revenue"} <= set(settings)
    ):
        inputs += [_own(key, "affected_customers", reach), _own(key, "effect", effect)]
        inputs += [settings["kappa"], settings["monthly_churn"], settings["monthly_revenue"]]
        return replace(case, source="reach", inputs=(*inputs, *common))
    if pools:
        reason = "no effect is given" if effect is None else "no table of customers is there"
    return _unknown(row, reason, settings, costs)


def _pools(row: Mapping, history: History) -> tuple[dict, tuple, tuple, str]:
    """Monthly revenue at risk by topic, the topics used, the exploratory ones, what is missing."""
    names = _names(row.get("topics"))
    churn = history.churn_topics
    if not names:
        return {}, (), (), "it names no topic"
    if churn is None or churn.empty:
        return {}, (), (), "no churn notebook links its topics to money"
    months, _ = observed_months(history.feedback, history.customers)
    by_id = {str(item["topic_id"]): item for _, item in churn.iterrows()}
    pools: dict[str, Distribution] = {}
    labels, exploratory, reasons = [], [], []
    for match in match_topics(names, topic_catalogue(history.topics, churn)):
        found: Distribution | str = match.how
        if match.topic_id is not None:
            item = by_id.get(match.topic_id)
            missing = f"the churn notebook did not test topic '{match.label}'"
            found = missing if item is None else monthly_pool(item, months)
        if isinstance(found, str):
            reasons.append(found)
            continue
        pools[str(match.topic_id)] = found
        labels.append((str(match.topic_id), match.label))
        if str(by_id[str(match.topic_id)].get("status")) == "exploratory":
            exploratory.append(match.label)
    return pools, tuple(labels), tuple(exploratory), "; ".join(reasons)


def _topic_inputs(case: Case, pools: Mapping[str, Distribution], kappa: Input) -> list[Input]:
    """Revenue at risk and kappa of each topic; initiatives on one topic share both."""
    found = []
    for topic, label in case.topics:
        dist, tail = pools[topic], case.suffix(label)
        size = max(abs(float(dist.ppf(0.005))), abs(float(dist.ppf(0.995))), 1e-9)
        key = f"revenue_at_risk|{topic}"
        between = (-20 * size, 20 * size)
        found += [
            Input(name=f"revenue_at_risk{tail}", key=key, dist=dist, between=between),
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
    )


def _names(value: object) -> list[str]:
    """Return the topics that an initiative names: a list, or text with ; or , between them."""
    if value is None or isinstance(value, float) or value is pd.NA:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.replace(",", ";").split(";") if part.strip()]
    return [str(part) for part in np.ravel(np.asarray(value, dtype=object))]


def _title(row: Mapping) -> str:
    title = row.get("title")
    known = title is not None and title is not pd.NA and title == title and str(title).strip()
    return str(title).strip() if known else str(row["initiative_id"])


def _effort(row: Mapping) -> float:
    value = pd.to_numeric(row.get("effort"), errors="coerce")
    return float(value) if pd.notna(value) else float("nan")
