"""What the ROI notebook claims: returns, what they hang on, and the order they give."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from insights.errors import listed
from insights.result import Result

__all__ = ["Priorities", "Ranking", "RoiDistribution", "Sensitivity", "money", "named_ratios"]

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
    return f"{text.replace('-', '−')} {currency}".strip()


def _percent(share: float) -> str:
    """Write a share of draws in per cent; they show nothing nearer to 0 or 1 than 1 %."""
    if share < 0.01:
        return "below 1 %"
    if share > 0.99:
        return "above 99 %"
    return f"{share:.0%}".replace("%", " %")


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
    """

    estimates: pd.DataFrame
    samples: Mapping[str, np.ndarray] = field(repr=False)
    overlap: pd.DataFrame
    draws: int
    horizon_months: int
    discount_rate: float
    currency: str = ""

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
            return [f"For none of {total} initiatives can a return be told: {self._reasons()}."]
        top = self.known.iloc[0]
        ratio = (
            f"benefit–cost ratio {top['bcr']:.2f} (B / C), "
            f"net ROI {top['net_roi']:.2f} ((B − C) / C)".replace("-", "−")
            if math.isfinite(top["bcr"])
            else "no ratio, as it costs nothing"
        )
        shrunk = (
            f"; {money(top['npv_mean'], unit)} on average, where churn's estimates taken at "
            f"face value would give {money(top['npv_unshrunk'], unit)}: the highest of several "
            "is picked partly by luck"
            if top["source"] == "churn"
            else ""
        )
        likely = int((self.known["p_positive"] > 0.5).sum())
        sentences = [
            f"{self.n} of {total} initiatives could be valued over {self.horizon_months} months "
            f"({self.draws:,} draws each); of these, {likely} "
            f"{'is' if likely == 1 else 'are'} more likely than not to return more than the cost.",
            f"Highest median net present value: “{top['title']}” ({top['initiative_id']}) with "
            f"{money(top['npv_p50'], unit)}, 5–95 % range {money(top['npv_p5'], unit)} to "
            f"{money(top['npv_p95'], unit)}, P(NPV > 0) {_is(top['p_positive'])}, {ratio}"
            f"{shrunk}.",
        ]
        if len(self.unknown):
            sentences.append(f"Cannot tell: {self._reasons()}.")
        return [named_ratios(sentence) for sentence in sentences]

    def _reasons(self) -> str:
        rows = self.unknown[["initiative_id", "reason"]].itertuples(index=False, name=None)
        return listed((f"{key} ({reason.rstrip('.')})" for key, reason in rows), 3)

    def alt(self) -> str:
        """Describe the interval of each initiative."""
        rows = self.known.head(8)
        each = "; ".join(
            f"{row.title} {money(row.npv_p50)} ({money(row.npv_p5)} to {money(row.npv_p95)})"
            for row in rows.itertuples()
        )
        return named_ratios(f"Net present value by initiative, median and 5–95 % range: {each}.")


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
            return ["No initiative could be valued, so there is nothing to be sensitive to."]
        first = self.bars.iloc[0]
        sentences = [
            f"The net present value of “{self.title}” ({self.top}) hangs most on "
            f"{_readable(first['input'])}: from {money(first['tornado_low'], self.currency)} to "
            f"{money(first['tornado_high'], self.currency)} between its P10 and P90, all else at "
            f"its mean (then {money(self.base, self.currency)})."
        ]
        shares = self.bars.dropna(subset=["total"]).sort_values("total", ascending=False)
        if len(shares):
            top = shares.iloc[0]
            sentences.append(
                f"Alone and together with others, {_readable(top['input'])} has a part in "
                f"{_percent(min(top['total'], 1.0))} of the variance (total Sobol index, base "
                f"sample n = {self.n:,}, inputs taken as "
                "independent)."
            )
        even = self.bars[self.bars["input"].isin(["effect", "benefit_monthly"])]
        if len(even):
            sentences.append(self._break_even(even.iloc[0]))
        return [named_ratios(sentence) for sentence in sentences]

    def _break_even(self, row: pd.Series) -> str:
        name = _readable(row["input"])
        if not math.isfinite(row["break_even"]):
            return f"No {name} within its possible range makes it break even."
        level = (
            f"{row['break_even']:.1%}".replace("%", " %")
            if row["input"] == "effect"
            else money(row["break_even"], self.currency)
        )
        return f"It breaks even when {name} is {level}."


def _readable(name: str) -> str:
    return name.replace("_", " ")


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
            return [f"A ranking needs at least 2 initiatives with a known benefit; found {self.n}."]
        top = self.order.iloc[0]
        pairs = self.n * (self.n - 1) // 2
        sentences = [
            f"Of {self.n} initiatives ({self.draws:,} draws), “{top['title']}” "
            f"({top['initiative_id']}) comes first with probability {_percent(top['p_first'])} "
            f"(90 % range of its rank {top['rank_low']:.0f} to {top['rank_high']:.0f})."
        ]
        if self.unseparated:
            named = listed((f"{a}–{b}" for a, b in self.unseparated), 6)
            sentences.append(
                f"{len(self.unseparated)} of {pairs} pairs cannot be separated (the better one is "
                f"ahead with probability below 90 %): {named}."
            )
        else:
            sentences.append(f"All {pairs} pairs are separated with probability 90 % or more.")
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
            parts.append(f"{name} ({rule}): {listed(members, 8) if len(members) else 'none'}")
        unknown = self.estimates.loc[self.estimates["priority"] == "cannot tell", "initiative_id"]
        tail = f"Cannot tell: {listed(unknown, 8)}." if len(unknown) else ""
        lead = f"Priorities of {self.n} initiatives, by cut-offs that are a judgement: "
        return [named_ratios(f"{lead}{'; '.join(parts)}."), tail]
