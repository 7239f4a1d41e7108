"""What is kept when fewer leave, month by month, and what it is worth today.

Arrays of draws in, arrays of draws out. Months run along axis 0, draws along axis 1. An input
that is known may have shape (1,): what depends on known inputs alone is then computed once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Flows", "adoption", "cohort_kept", "monthly_rate", "stock_kept"]


def monthly_rate(annual: ArrayLike) -> np.ndarray:
    """Discount rate a month: (1 + annual)^(1/12) - 1."""
    return (1 + np.asarray(annual, float)) ** (1 / 12) - 1


def adoption(month: ArrayLike, ramp: ArrayLike) -> np.ndarray:
    """Share of the full effect in a month 1, 2 …: min(1, month / (ramp + 1))."""
    return np.minimum(1.0, np.asarray(month, float) / (np.asarray(ramp, float) + 1))


def cohort_kept(base: ArrayLike, reduction: ArrayLike, ramp: ArrayLike, months: int) -> np.ndarray:
    """Customers kept per customer affected at the start: S1(t) - S0(t), t = 1 … months.

    S0 falls by `base` a month, S1 by base x (1 - adoption x reduction): a closed group that
    nobody joins.

    Parameters
    ----------
    base
        Share of the affected who leave in a month, by draw.
    reduction
        Share of that leaving which the initiative ends at full effect, by draw.
    ramp
        Months until the full effect.
    months
        How many months are counted.
    """
    base, reduction = np.asarray(base, float), np.asarray(reduction, float)
    shape = np.broadcast_shapes(base.shape, reduction.shape, np.shape(ramp))
    staying = np.empty((months, *shape))
    with_it, without, averted = np.ones(shape), np.ones(base.shape), base * reduction
    for month in range(1, months + 1):
        with_it = with_it * (1 - base + adoption(month, ramp) * averted)
        without = without * (1 - base)
        np.subtract(with_it, without, out=staying[month - 1, ...])
    return staying


def stock_kept(
    leaving: ArrayLike, ramp: ArrayLike, months: int, *, replaced: bool = False
) -> np.ndarray:
    """Revenue a month that is there thanks to one unit saved a month, t = 1 … months.

    K(t) = K(t-1) x (1 - leaving) + adoption(t) x G(t): what is saved in a month stays, and leaves
    later at the usual rate. G(t) = (1 - leaving)^(t-1) is what is left of today's group, as in
    `cohort_kept` for a small reduction; when those who leave are `replaced` by others who meet
    the same problem, G(t) = 1.

    Parameters
    ----------
    leaving
        Share of the revenue that leaves in a month, by draw.
    ramp
        Months until the full effect.
    months
        How many months are counted.
    replaced
        Whether others come to meet the problem as the affected leave.
    """
    stays = 1 - np.asarray(leaving, float)
    shape = np.broadcast_shapes(stays.shape, np.shape(ramp))
    staying = np.empty((months, *shape))
    stock, group = np.zeros(shape), np.ones(stays.shape)
    for month in range(1, months + 1):
        stock = np.add(stock * stays, adoption(month, ramp) * group, out=staying[month - 1, ...])
        group = group if replaced else group * stays
    return staying


@dataclass(frozen=True)
class Flows:
    """Money in and out, by draw.

    Attributes
    ----------
    scale, kept
        Benefit at the end of each month: `scale`, shape (draws,), times `kept`, shape
        (months, draws).
    once, monthly
        Cost at the start, and at the end of each month; shape (draws,).
    discount
        Rate a year, shape (draws,).
    horizon
        Months counted, shape (draws,); of a started month the started share counts.
    """

    scale: np.ndarray
    kept: np.ndarray
    once: np.ndarray
    monthly: np.ndarray
    discount: np.ndarray
    horizon: np.ndarray

    @cached_property
    def weights(self) -> np.ndarray:
        """Worth today of one unit at the end of each month, shape (months, draws)."""
        month = np.arange(1, len(self.kept) + 1)[:, None]
        counted = np.clip(self.horizon - month + 1, 0, 1)
        return counted * (1 + monthly_rate(self.discount)) ** -month

    @cached_property
    def months_kept(self) -> np.ndarray:
        """Discounted months of `scale` that the benefit is worth, shape (draws,)."""
        return np.einsum("ij,ij->j", *np.broadcast_arrays(self.weights, self.kept))

    @cached_property
    def benefit(self) -> np.ndarray:
        """B, discounted."""
        return self.scale * self.months_kept

    @cached_property
    def cost(self) -> np.ndarray:
        """C, discounted."""
        return self.once + self.monthly * self.weights.sum(axis=0)

    @property
    def npv(self) -> np.ndarray:
        """Net present value, B - C."""
        return self.benefit - self.cost

    @property
    def payback(self) -> np.ndarray:
        """First month by which the discounted net flows add up to 0 or more; inf when none."""
        shape = np.broadcast_shapes(self.benefit.shape, self.cost.shape)
        balance, month = -self.once * np.ones(shape), np.full(shape, np.inf)
        for at, (weight, kept) in enumerate(zip(self.weights, self.kept, strict=True), start=1):
            balance += weight * (self.scale * kept - self.monthly)
            month[(balance >= 0) & (month > at)] = at
        return np.where((self.once == 0) & (self.monthly == 0), 0.0, month)
