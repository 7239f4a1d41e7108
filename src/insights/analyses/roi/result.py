"""What the ROI notebook claims: returns, what they hang on, and the order they give."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from insights.analyses.roi.claims import initiative_claims
from insights.claim import Claim
from insights.messages import _, fixed, items, number, percent, plural
from insights.result import Result

__all__ = [
    "Priorities",
    "Ranking",
    "RoiDistribution",
    "Sensitivity",
    "input_text",
    "money",
    "named_ratios",
]

_BARE = re.compile(r"(?<!net )(?<!net_)\bROI\b", re.I)


def named_ratios(text: str) -> str:
    """Return the text, unless it says a bare 'ROI': two formulas go by that name.

    B / C is the benefit-cost ratio, (B - C) / C the net ROI; they differ by exactly 1.

    Raises
    ------
    ValueError
        When a bare 'ROI' is found.
    """
    bare = _BARE.search(text)
    if bare:
        raise ValueError(
            f"'{text[max(bare.start() - 20, 0) : bare.end() + 20].strip()}': a bare 'ROI' is "
            "either of two numbers that differ by 1; write 'benefit–cost ratio' (B / C) or "
            "'net ROI' ((B − C) / C)"
        )
    return text


def money(value: float, currency: str = "") -> str:
    """Write an amount to three significant digits: 123,000 EUR; '–' when it is not known."""
    if not math.isfinite(value):
        return "–"
    size = float(f"{value:.3g}")
    text = f"{size:,.0f}" if abs(size) >= 100 or size == 0 else f"{size:.3g}"
    return f"{_minus(text)} {currency}".strip()


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _percent(share: float) -> str:
    """Write a share of draws in per cent; they show nothing nearer to 0 or 1 than 1 %."""
    if share < 0.01:
        return _("below 1 %")
    if share > 0.99:
        return _("above 99 %")
    return _spaced(percent(share))


def _spaced(text: str) -> str:
    return _("{number} %", number=text.rstrip("%"))


def _is(share: float) -> str:
    """Write '= 88 %', or 'below 1 %'."""
    text = _percent(share)
    return f"= {text}" if text[0].isdigit() else text


@dataclass(frozen=True, kw_only=True, eq=False)
class RoiDistribution(Result, table="estimates", figure="net_present_values"):
    """Net present value, both ratios and payback of each initiative; `n` could be valued.

    Attributes
    ----------
    estimates
        One row an initiative; null numbers where the benefit cannot be told.
    samples
        Draws of the net present value, by initiative.
    overlap
        Topics that several initiatives address: benefits added up and from one shared pool.
    topics, owners
        Initiative to the ids of the topics that its benefit rests on, and to who answers for it.
    """

    estimates: pd.DataFrame
    samples: Mapping[str, np.ndarray] = field(repr=False)
    overlap: pd.DataFrame
    draws: int
    horizon_months: int
    discount_rate: float
    currency: str = ""
    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)

    def claims(self) -> list[Claim]:
        """Say of each initiative whether to start it."""
        return initiative_claims(self, money, _percent)

    @property
    def known(self) -> pd.DataFrame:
        """The initiatives that could be valued, highest median first."""
        rows = self.estimates[self.estimates["source"] != "unknown"]
        return rows.sort_values(["npv_p50", "initiative_id"], ascending=[False, True])

    @property
    def unknown(self) -> pd.DataFrame:
        """The initiatives whose benefit cannot be told."""
        return self.estimates[self.estimates["source"] == "unknown"]

    def sentences(self) -> list[str]:
        """Say how many pay, the highest median with its range, and what cannot be told."""
        total, unit = len(self.estimates), self.currency
        if not self.n:
            return [
                _(
                    "For none of {total} initiatives can a return be told: {reasons}.",
                    total=total,
                    reasons=self._reasons(),
                )
            ]
        top = self.known.iloc[0]
        ratio = (
            _(
                "benefit–cost ratio {bcr} (B / C), net ROI {net_roi} ((B − C) / C)",
                bcr=_minus(fixed(top["bcr"])),
                net_roi=_minus(fixed(top["net_roi"])),
            )
            if math.isfinite(top["bcr"])
            else _("no ratio, as it costs nothing")
        )
        shrunk = (
            _(
                "; {npv_mean} on average, where churn's estimates taken at face value "
                "would give {npv_unshrunk}: the highest of several is picked partly by "
                "luck",
                npv_mean=money(top["npv_mean"], unit),
                npv_unshrunk=money(top["npv_unshrunk"], unit),
            )
            if top["source"] == "churn"
            else ""
        )
        likely = int((self.known["p_positive"] > 0.5).sum())
        sentences = [
            plural(
                "{valued} of {total} initiatives could be valued over {months} months ({draws} "
                "draws each); of these, {n} is more likely than not to return more than the cost.",
                "{valued} of {total} initiatives could be valued over {months} months ({draws} "
                "draws each); of these, {n} are more likely than not to return more than the cost.",
                likely,
                valued=self.n,
                total=total,
                months=self.horizon_months,
                draws=number(self.draws),
            ),
            _(
                "Highest median net present value: “{title}” ({initiative_id}) with "
                "{npv_p50}, 5–95 % range {npv_p5} to {npv_p95}, P(NPV > 0) "
                "{p_positive}, {ratio}{shrunk}.",
                title=top["title"],
                initiative_id=top["initiative_id"],
                npv_p50=money(top["npv_p50"], unit),
                npv_p5=money(top["npv_p5"], unit),
                npv_p95=money(top["npv_p95"], unit),
                p_positive=_is(top["p_positive"]),
                ratio=ratio,
                shrunk=shrunk,
            ),
        ]
        if len(self.unknown):
            sentences.append(_("Cannot tell: {reasons}.", reasons=self._reasons()))
        return [named_ratios(sentence) for sentence in sentences]

    def _reasons(self) -> str:
        rows = self.unknown[["initiative_id", "reason"]].itertuples(index=False, name=None)
        return items(
            (_("{name} ({detail})", name=key, detail=reason.rstrip(".")) for key, reason in rows), 3
        )

    def alt(self) -> str:
        """Describe the interval of each initiative."""
        rows = self.known.head(8)
        each = _("; ").join(
            _(
                "{title} {npv_p50} ({npv_p5} to {npv_p95})",
                title=row.title,
                npv_p50=money(row.npv_p50),
                npv_p5=money(row.npv_p5),
                npv_p95=money(row.npv_p95),
            )
            for row in rows.itertuples()
        )
        return named_ratios(
            _("Net present value by initiative, median and 5–95 % range: {each}.", each=each)
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Sensitivity(Result, table="estimates", figure="tornado"):
    """What each net present value hangs on; `n` is the base sample of the Sobol indices.

    Attributes
    ----------
    estimates
        One row an initiative and input; `tornado_low` and `tornado_high` are the lower and the
        higher net present value with the input at its P10 and its P90, all others at their mean.
    top
        The initiative of the figure: the one with the highest mean net present value.
    """

    estimates: pd.DataFrame
    top: str = ""
    title: str = ""
    base: float = float("nan")
    currency: str = ""

    @property
    def bars(self) -> pd.DataFrame:
        """The inputs of the figure, widest bar first, at most ten."""
        rows = self.estimates[self.estimates["initiative_id"] == self.top]
        width = (rows["tornado_high"] - rows["tornado_low"]).where(
            rows["tornado_high"] > rows["tornado_low"], 0
        )
        swing = (rows["npv_plus20"] - rows["npv_minus20"]).abs()
        order = rows.assign(width=width, swing=swing).sort_values(
            ["width", "swing", "input"], ascending=[False, False, True]
        )
        kappa = order[order["input"].str.startswith("kappa")]
        return pd.concat([order.head(10), kappa]).drop_duplicates("input")

    def sentences(self) -> list[str]:
        """Name the inputs that matter most for the top initiative, and its break-even."""
        if self.estimates.empty:
            return [_("No initiative could be valued, so there is nothing to be sensitive to.")]
        first = self.bars.iloc[0]
        sentences = [
            _(
                "The net present value of “{title}” ({top}) hangs most on {input}: from "
                "{tornado_low} to {tornado_high} between its P10 and P90, all else at "
                "its mean (then {base}).",
                title=self.title,
                top=self.top,
                input=input_text(first["input"]),
                tornado_low=money(first["tornado_low"], self.currency),
                tornado_high=money(first["tornado_high"], self.currency),
                base=money(self.base, self.currency),
            )
        ]
        shares = self.bars.dropna(subset=["total"]).sort_values("total", ascending=False)
        if len(shares):
            top = shares.iloc[0]
            sentences.append(
                _(
                    "Alone and together with others, {input} has a part in {total} of the "
                    "variance (total Sobol index, base sample n = {n}, inputs taken as "
                    "independent).",
                    input=input_text(top["input"]),
                    total=_percent(min(top["total"], 1.0)),
                    n=number(self.n),
                )
            )
        even = self.bars[self.bars["input"].isin(["effect", "benefit_monthly"])]
        if len(even):
            sentences.append(self._break_even(even.iloc[0]))
        return [named_ratios(sentence) for sentence in sentences]

    def _break_even(self, row: pd.Series) -> str:
        name = input_text(row["input"])
        if not math.isfinite(row["break_even"]):
            return _("No {name} within its possible range makes it break even.", name=name)
        level = (
            _spaced(percent(row["break_even"], 1))
            if row["input"] == "effect"
            else money(row["break_even"], self.currency)
        )
        return _("It breaks even when {name} is {level}.", name=name, level=level)


def input_text(name: str) -> str:
    """Write the name of an input, and in brackets the topic that it is of, if one is named."""
    kind, bracket, topic = name.partition(" (")
    names = {
        "affected_customers": _("affected customers"),
        "benefit_monthly": _("benefit monthly"),
        "cost_monthly": _("cost monthly"),
        "cost_once": _("cost once"),
        "discount_rate": _("discount rate"),
        "effect": _("effect"),
        "horizon_months": _("horizon months"),
        "margin": _("margin"),
        "monthly_churn": _("monthly churn"),
        "monthly_revenue": _("monthly revenue"),
        "ramp_months": _("ramp months"),
        "revenue_at_risk": _("revenue at risk"),
    }
    return f"{names.get(kind, kind)}{bracket}{topic}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Ranking(Result, table="estimates", figure="rank_matrix"):
    """Probability of each rank; `n` initiatives are ranked.

    Attributes
    ----------
    estimates
        One row an initiative and rank: initiative_id, rank, probability.
    order
        One row an initiative, lowest mean rank first.
    unseparated
        Pairs of which neither is ahead with probability .9.
    """

    estimates: pd.DataFrame
    order: pd.DataFrame
    unseparated: tuple[tuple[str, str], ...] = ()
    draws: int = 0

    def sentences(self) -> list[str]:
        """Say who comes first how surely, and which pairs cannot be separated."""
        if self.n < 2:
            return [
                _(
                    "A ranking needs at least 2 initiatives with a known benefit; found {n}.",
                    n=self.n,
                )
            ]
        top = self.order.iloc[0]
        pairs = self.n * (self.n - 1) // 2
        sentences = [
            _(
                "Of {n} initiatives ({draws} draws), “{title}” ({initiative_id}) comes "
                "first with probability {p_first} (90 % range of its rank {rank_low} to "
                "{rank_high}).",
                n=self.n,
                draws=number(self.draws),
                title=top["title"],
                initiative_id=top["initiative_id"],
                p_first=_percent(top["p_first"]),
                rank_low=fixed(top["rank_low"], 0),
                rank_high=fixed(top["rank_high"], 0),
            )
        ]
        if self.unseparated:
            sentences.append(
                _(
                    "{n} of {pairs} pairs cannot be separated (the better one is ahead with "
                    "probability below 90 %): {named}.",
                    n=len(self.unseparated),
                    pairs=pairs,
                    named=items((f"{a}–{b}" for a, b in self.unseparated), 6),
                )
            )
        else:
            sentences.append(
                _("All {pairs} pairs are separated with probability 90 % or more.", pairs=pairs)
            )
        return [named_ratios(sentence) for sentence in sentences]


@dataclass(frozen=True, kw_only=True, eq=False)
class Priorities(Result, table="estimates", figure="impact_effort"):
    """P0 to P3 by stated rules; `n` initiatives have one."""

    estimates: pd.DataFrame
    rules: tuple[tuple[str, str], ...]
    effort: str = "cost_mean"
    currency: str = ""

    def sentences(self) -> list[str]:
        """List the initiatives of each priority, with the rule."""
        parts = []
        for name, rule in self.rules:
            members = self.estimates.loc[self.estimates["priority"] == name, "initiative_id"]
            shown = items(members, 8) if len(members) else _("none")
            parts.append(_("{name} ({rule}): {shown}", name=name, rule=rule, shown=shown))
        unknown = self.estimates.loc[self.estimates["priority"] == "cannot tell", "initiative_id"]
        tail = _("Cannot tell: {reasons}.", reasons=items(unknown, 8)) if len(unknown) else ""
        head = _(
            "Priorities of {n} initiatives, by cut-offs that are a judgement: {parts}.",
            n=self.n,
            parts=_("; ").join(parts),
        )
        return [named_ratios(head), tail]
