"""Low, base and high futures of each series, each a whole path and each with its chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.forecast.calibration import learn
from insights.analyses.forecast.naming import number, series_name
from insights.analyses.forecast.paths import paths
from insights.analyses.forecast.result import Forecast
from insights.analyses.forecast.rolling import Prediction, Rolling
from insights.analyses.forecast.tables import OUTPUTS
from insights.messages import _, percent
from insights.result import Check, Result

__all__ = ["Scenarios", "given", "path_at", "scenarios"]

SHARES = {"low": 0.1, "base": 0.5, "high": 0.9}
NEAR = 0.05  # share of the paths around a quantile that are averaged to one


@dataclass(frozen=True, kw_only=True)
class Scenarios(Result, figure="scenarios", needs_rows=True):
    """Futures a reader can plan with; n counts series.

    Attributes
    ----------
    rows
        One row a series, scenario and date; `about` says what the scenario is. Series whose
        forecast beats naive come first.
    shown
        Series whose forecast is shown to beat naive.
    """

    rows: pd.DataFrame
    shown: frozenset[str]

    def table(self) -> pd.DataFrame:
        """One row a series and scenario: mean and total over the horizon, and against base."""
        grouped = self.rows.groupby(["series_id", "scenario", "about"], sort=False)["value"]
        frame = grouped.agg(mean="mean", total="sum", periods="size").reset_index()
        base = frame[frame["scenario"] == "base"].set_index("series_id")["mean"]
        frame["against_base"] = frame["mean"] - frame["series_id"].map(base)
        return frame

    def sentences(self) -> list[str]:
        """Give the three means of the first series."""
        if not self.n:
            return [
                _("No series is forecast date by date, so there is no scenario (n = 0 series).")
            ]
        frame = self.table()
        key = frame["series_id"].iloc[0]
        part = frame[frame["series_id"] == key].set_index("scenario")["mean"]
        return [
            _(
                "{series}: mean of the periods ahead {low} in the low, {base} in the base and "
                "{high} in the high scenario; one path in ten lies below the low one and one in "
                "ten above the high one (n = {n} series).",
                series=series_name(key),
                low=number(part["low"]),
                base=number(part["base"]),
                high=number(part["high"]),
                n=self.n,
            ),
            "" if key in self.shown else _("No model is shown to beat naive there."),
        ]


def path_at(drawn: np.ndarray, share: float) -> np.ndarray:
    """Median of the twentieth of paths whose mean lies nearest the quantile; shape (horizon,).

    Pointwise quantiles would be a future in which everything goes wrong in every period.
    """
    means = drawn.mean(axis=1)
    place = np.argsort(np.abs(means - np.quantile(means, share)), kind="stable")
    return np.median(drawn[place[: max(1, int(NEAR * len(drawn)))]], axis=0)


def given(roll: Rolling, factors: dict[str, float]) -> np.ndarray | None:
    """Median path when regressors ahead are multiplied by factors; None when none enters.

    Only where their future is given (lag 0): lagged ones have happened already. The change is
    what the model predicts with them, not what setting them would cause.
    """
    found = roll.regressed
    if found is None or found.lag or "arimax" not in roll.future:
        return None
    series = roll.series
    centre, spread = series.regressors.mean(axis=0), series.regressors.std(axis=0)
    names = series.regressor_names
    changed = series.known_ahead * np.array([factors.get(name, 1.0) for name in names])
    x_ahead = ((changed - centre) / spread)[None]
    end = np.array([len(found.z)])
    mean, sd, psi = found.whole.forecast(found.z, end, series.horizon, found.x, x_ahead)
    return roll.scale.back(Prediction(mean[0], sd[0], psi).mean)


def scenarios(forecast: Forecast, *, change: float = 0.1) -> Scenarios:
    """One path a series and scenario: one in ten below, even chance, one in ten above.

    Where regressors are given ahead and help, two more: all of them lower and higher by `change`.
    """
    backtest = forecast.backtest
    learned = {m: learn(list(backtest.rolls), m) for m in
               dict.fromkeys(c.model for c in backtest.choices.values())}  # fmt: skip
    parts = []
    place = {key: i for i, key in enumerate(forecast.leading())}
    for one in sorted(backtest.rolls, key=lambda r: place[r.series.series_id]):
        model = backtest.choices[one.series.series_id].model
        drawn = paths(one, model, learned[model], backtest.seed)
        for name, share in SHARES.items():
            about = _("{share} of paths lie below", share=percent(share))
            parts.append(_rows(one, name, path_at(drawn, share), about))
        abouts = (
            _("regressors lower by {change}", change=percent(change)),
            _("regressors higher by {change}", change=percent(change)),
        )
        names = ("regressors lower", "regressors higher")
        for sign, name, about in zip((-1, 1), names, abouts, strict=True):
            factors = dict.fromkeys(one.series.regressor_names, 1 + sign * change)
            path = given(one, factors) if model == "arimax" else None
            if path is not None:
                parts.append(_rows(one, name, path, about))
    doubt = Check(
        _("scenarios"),
        None,
        _("paths of the kept model; a scenario of regressors is a prediction, not an effect"),
    )
    shown = frozenset(key for key, choice in backtest.choices.items() if choice.headlined)
    return Scenarios(
        n=len(backtest.rolls),
        rows=pd.concat(parts, ignore_index=True) if parts else OUTPUTS["scenarios"].empty(),
        shown=shown,
        checks=(doubt,),
    )


def _rows(one: Rolling, name: str, path: np.ndarray, about: str) -> pd.DataFrame:
    head = {"series_id": one.series.series_id, "scenario": name, "date": one.series.future}
    return pd.DataFrame({**head, "value": path, "about": about})
