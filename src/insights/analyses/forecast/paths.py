"""The forecast of one series: a fan of intervals, and chances computed over whole paths."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.forecast.calibration import LEVELS, Widths
from insights.analyses.forecast.naming import share, units
from insights.analyses.forecast.predictive import error_correlation
from insights.analyses.forecast.rolling import Rolling
from insights.messages import _, plural
from insights.result import Estimate

__all__ = ["Chance", "chance_above", "fan", "path_mean", "paths"]

DRAWS = 4000
_TOGETHER = {"daily": 7, "business-daily": 5, "weekly": 4, "monthly": 3, "quarterly": 1}


def _named(frequency: str) -> tuple[str, str]:
    """Write the next few periods, and as many before."""
    return {
        "daily": (_("the next 7 days"), _("the 7 days before")),
        "business-daily": (_("the next 5 business days"), _("the 5 before")),
        "weekly": (_("the next 4 weeks"), _("the 4 weeks before")),
        "monthly": (_("the next 3 months"), _("the 3 months before")),
        "quarterly": (_("the next quarter"), _("the quarter before")),
    }.get(frequency, (_("the next year"), _("the year before")))


@dataclass(frozen=True)
class Chance:
    """Probability that the next few periods together exceed earlier ones; `periods` of them.

    `ahead` is their mean, `past` that of the earlier ones.
    """

    probability: float
    subject: str
    compared: str
    periods: int = 1
    ahead: Estimate | None = None
    past: float = float("nan")

    def text(self) -> str:
        """Write '70 % chance that the next quarter is above the quarter before'."""
        p = self.probability
        return plural(
            "{chance} chance that {subject} is above {compared}",
            "{chance} chance that {subject} are above {compared}",
            self.periods,
            chance=_("under 1 %") if p < 0.01 else _("over 99 %") if p > 0.99 else share(p),
            subject=self.subject,
            compared=self.compared,
        )


def fan(roll: Rolling, model: str, widths: Widths, level: float) -> pd.DataFrame:
    """Median and intervals of each date ahead, within the limits of the series."""
    future, spread = roll.future[model], widths.points[roll.series.series_id]
    back, clip = roll.scale_of(model).back, roll.series.bounds.clip
    columns = {"estimate": clip(back(future.mean))}
    for suffix, part in [*((f"_{round(one * 100)}", one) for one in LEVELS), ("", level)]:
        half = spread.at(part) * future.sd * roll.unseen_widening
        columns[f"low{suffix}"] = clip(back(future.mean - half))
        columns[f"high{suffix}"] = clip(back(future.mean + half))
    head = {"series_id": roll.series.series_id, "date": roll.series.future, "model": model}
    return pd.DataFrame({**head, **columns})


def paths(roll: Rolling, model: str, widths: Widths, seed: int) -> np.ndarray:
    """Draw whole futures whose mean has the spread that was learned; shape (draws, horizon).

    Errors hang together as the model says; each path has its own variance, so that its mean
    follows Student's t with the degrees of freedom that were learned.
    """
    future, spread = roll.future[model], widths.means[roll.series.series_id]
    sd = future.sd * spread.factor * roll.unseen_widening
    rng = np.random.default_rng([seed, zlib.crc32(roll.series.series_id.encode())])
    values, vectors = np.linalg.eigh(error_correlation(future.psi))
    normal = rng.standard_normal((DRAWS, len(sd))) * np.sqrt(np.maximum(values, 0))
    student = normal * np.sqrt(spread.free / rng.chisquare(spread.free, DRAWS))[:, None]
    drawn = roll.scale_of(model).back(future.mean + (student @ vectors.T) * sd)
    return roll.series.bounds.clip(drawn)


def path_mean(drawn: np.ndarray, level: float, n: int) -> Estimate:
    """Mean over the horizon, with the quantiles of its paths."""
    means = drawn.mean(axis=1)
    low, centre, high = np.quantile(means, [0.5 - level / 2, 0.5, 0.5 + level / 2])
    return Estimate(float(centre), float(low), float(high), level, n)


def chance_above(roll: Rolling, drawn: np.ndarray, level: float = 0.95) -> Chance:
    """Chance that the next few periods exceed the same ones a season ago, or the last ones.

    Within the season's reach the comparison is with the same periods a year (for days: a week)
    earlier, so that the season itself is not taken for growth.
    """
    series = roll.series
    name = series.frequency.name if series.frequency else "yearly"
    together = min(_TOGETHER.get(name, 1), drawn.shape[1])
    subject, before = _named(name)
    if together < _TOGETHER.get(name, 1):
        unit = series.frequency.unit if series.frequency else "period"
        subject = _("the next {n} {units}", n=together, units=units(unit))
        before = _("the {n} {units} before", n=together, units=units(unit))
    past = series.values[-together:]
    if series.season > together and name not in ("daily", "business-daily"):
        past = series.values[len(series.values) - series.season :][:together]
        before = plural(
            "the same period a year earlier", "the same periods a year earlier", together
        )
    chance = float((drawn[:, :together].mean(axis=1) > past.mean()).mean())
    ahead = path_mean(drawn[:, :together], level, len(series.values))
    return Chance(chance, subject, before, together, ahead, float(past.mean()))
