"""Mean of AutoETS, DynamicOptimizedTheta and AutoCES: the default forecast, quick and accurate."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from insights.analyses.forecast.predictive import student_widening

__all__ = ["Combination", "combine"]

LONGEST_SEASON = 24  # beyond it the parts are fitted without a season
HALF_LIFE = 4.0  # seasons after which an error weighs half in the spread
WILD = 5.0  # ranges of the history beyond which a part's forecast is left out
# what the library raises on data it cannot fit; it also raises plain Exception
_FAILURES = (ArithmeticError, ValueError, RuntimeError, IndexError, np.linalg.LinAlgError)


@dataclass
class _Tolerant:
    """Let a part fail on its data, and remember it; errors of other kinds go through."""

    failed: str = ""

    def __enter__(self) -> _Tolerant:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        if kind is None:
            return False
        self.failed = str(error) or kind.__name__
        return kind is Exception or issubclass(kind, _FAILURES)


@dataclass(frozen=True)
class Combination:
    """Fitted parts, whose forecasts are averaged on the scale of the values.

    Attributes
    ----------
    parts
        Name of each part to its fitted model.
    unit
        Divisor of the values, so that 1e-9 and 1e12 can be fitted as well.
    season
        Periods in a season.
    left_out
        Name of each part that could not be used to the reason.
    """

    parts: dict[str, Any]
    unit: float
    season: int
    left_out: dict[str, str]

    def text(self) -> str:
        """Write 'mean of ETS(M,A,M), Theta and CES'."""
        names = [_written(name, part) for name, part in self.parts.items()]
        return f"mean of {', '.join(names[:-1])} and {names[-1]}" if names[1:] else names[0]

    def forecast(
        self, values: np.ndarray, origins: np.ndarray, horizon: int, *, relative: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Means, standard deviations and psi at every origin, and the parts, in the values' unit.

        Coefficients stay and the parts are run over the values before each origin only. The
        spread is that of their mean's one-step errors there. The weights psi of a shock are the
        answer of the mean at the first origin to a small change of the last value: no part has
        to say its own.

        Parameters
        ----------
        values
            The series in its unit; shape (n,).
        origins
            Number of values known at each origin, ascending; shape (k,).
        relative
            Whether errors grow with the level, so that their spread is a share of the forecast.

        Returns
        -------
        Means (k, horizon), standard deviations (k, horizon), psi (horizon,), and the forecasts of
        the parts in the unit of the series (k, parts, horizon), not-a-number where left out.
        """
        y = values / self.unit
        parts = np.empty((len(origins), len(self.parts), horizon))
        sigma = np.empty(len(origins))
        for row, origin in enumerate(origins):
            parts[row], within = self._run(y[:origin], horizon)
            sigma[row] = self._spread(y[:origin], within, relative)
        means = _mean(parts)
        psi = self._psi(y[: origins[0]], means[0])
        sd = sigma[:, None] * np.sqrt(np.cumsum(psi**2))
        if relative:
            sd = sd * np.maximum(means, 0.01 * y.min())
        return means * self.unit, sd * self.unit, psi, parts * self.unit

    def _run(self, y: np.ndarray, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """Forecasts of the parts, a wild one left out, and the one-step fits of their mean."""
        ahead = np.full((len(self.parts), horizon), np.nan)
        within = np.full((len(self.parts), len(y)), np.nan)
        reach = WILD * np.ptp(y)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            for row, part in enumerate(self.parts.values()):
                with _Tolerant():
                    found = part.forward(y=y, h=horizon, fitted=True)
                    mean = found["mean"]
                    # not-a-number compares false, and is left out too
                    if mean.min() > y.min() - reach and mean.max() < y.max() + reach:
                        ahead[row], within[row] = mean, found["fitted"]
        return ahead, _mean(within)

    def _spread(self, y: np.ndarray, within: np.ndarray, relative: bool) -> float:
        """Root mean square one-step error, or share of the fit; recent ones weigh more."""
        burn = min(max(self.season, 3), len(y) // 3)
        known, fitted = y[burn:], within[burn:]
        usable = np.isfinite(fitted) & ((fitted > 0) | (not relative))
        errors = known[usable] - fitted[usable]
        if relative:
            errors = errors / fitted[usable]
        weight = 0.5 ** (np.arange(len(errors))[::-1] / (HALF_LIFE * max(self.season, 8)))
        # the number of equal weights that these are worth, less what was fitted: two smoothing
        # weights and a start for each place in the season, which few values cannot fill
        worth = float(weight.sum() ** 2 / (weight @ weight))
        spent = min(self.season + 2.0, worth / 3)
        free = max(worth - spent, 2.0)
        mean = float(weight @ errors**2 / weight.sum())
        return float(np.sqrt(mean * (free + spent) / free) * student_widening(np.array(free)))

    def _psi(self, y: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Weights of past shocks in the level: 1, then what a change of the last value does."""
        changed = y.copy()
        nudge = 0.1 * float(np.abs(np.diff(y)).mean())
        changed[-1] += nudge
        answer = (_mean(self._run(changed, len(mean))[0]) - mean) / nudge
        # multiplicative parts answer in proportion: bounded, so that one season cannot explode
        return np.concatenate([[1.0], np.clip(answer[:-1], -1.5, 1.5)])


def _unit(values: np.ndarray) -> float:
    """1 for values of usual size, else the power of ten that makes their size 1 to 10.

    The library's optimisers stop at absolute tolerances, so a tiny unit would end them early; yet
    another unit also moves them a little, so that usual values are left as they are.
    """
    size = float(np.abs(values).mean())
    return 1.0 if 1.0 <= size <= 1e7 else float(10.0 ** np.floor(np.log10(size)))


def _mean(parts: np.ndarray) -> np.ndarray:
    """Mean over the parts that are there, the last axis but one; not-a-number without any."""
    there = np.isfinite(parts)
    total = np.where(there, parts, 0.0).sum(axis=-2)
    count = there.sum(axis=-2)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _written(name: str, part: Any) -> str:
    return str(part.model_["method"]) if name == "ETS" else name


def combine(values: np.ndarray, season: int) -> Combination:
    """Fit the three parts to the values, each alone: one that fails is left out with its reason.

    Hyndman et al. 2008 (ETS), doi 10.1007/978-3-540-71918-2; Fiorucci et al. 2016 (dynamic
    optimised theta), doi 10.1016/j.ijforecast.2016.02.005; Svetunkov, Kourentzes and Ord 2022
    (complex exponential smoothing), doi 10.1002/nav.22074.
    """
    from statsforecast.models import AutoCES, AutoETS, DynamicOptimizedTheta

    unit = _unit(values)
    y = values / unit
    # a season of 52 has more states than the parts can learn from two or three years
    length = season if season <= LONGEST_SEASON else 1
    kinds = {"ETS": AutoETS, "Theta": DynamicOptimizedTheta, "CES": AutoCES}
    parts: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    for name, kind in kinds.items():
        attempt = _Tolerant()
        with warnings.catch_warnings(), np.errstate(all="ignore"), attempt:
            warnings.simplefilter("ignore")
            parts[name] = kind(season_length=length).fit(y)
        if attempt.failed:
            left_out[name] = attempt.failed
    return Combination(parts, unit, length, left_out)
